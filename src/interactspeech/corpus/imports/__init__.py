"""Ways in: what other tools wrote, as a corpus."""

from interactspeech.corpus.imports.job import IMPORTS, import_corpus

__all__ = ["IMPORTS", "import_corpus"]
