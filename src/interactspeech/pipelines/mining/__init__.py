"""Mining as a whole: recordings in, a corpus of clips out, on any executor."""

from interactspeech.pipelines.mining.job import mine

__all__ = ["mine"]
