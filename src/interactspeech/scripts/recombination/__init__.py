"""New dialogues out of parts of others: more hours from a text corpus, none of them twice."""

from interactspeech.scripts.recombination.joining import Recombined, recombine

__all__ = ["Recombined", "recombine"]
