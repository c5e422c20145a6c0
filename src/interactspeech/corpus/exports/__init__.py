"""Ways out: a corpus in the formats of training stacks and of people's tools."""

from interactspeech.corpus.exports.base import Options
from interactspeech.corpus.exports.job import Exported, chosen, export
from interactspeech.corpus.exports.licences import is_free
from interactspeech.corpus.exports.registry import EXPORTS, Info

__all__ = ["EXPORTS", "Exported", "Info", "Options", "chosen", "export", "is_free"]
