"""New dialogues out of parts of others: more hours from a text corpus, none of them twice."""

from interactspeech.script.recombine.joining import Recombined, recombine

__all__ = ["Recombined", "recombine"]
