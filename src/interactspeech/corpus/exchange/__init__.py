"""Corpora in the formats of training stacks and of people's tools: written, and read back."""

from interactspeech.corpus.exchange.exporter import ExportOptions, is_free
from interactspeech.corpus.exchange.exporting import Exported, chosen, export
from interactspeech.corpus.exchange.importing import IMPORTS, import_corpus
from interactspeech.corpus.exchange.registry import EXPORTS, ExchangeFormat

__all__ = [
    "EXPORTS",
    "IMPORTS",
    "ExchangeFormat",
    "ExportOptions",
    "Exported",
    "chosen",
    "export",
    "import_corpus",
    "is_free",
]
