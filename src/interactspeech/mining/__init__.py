"""Mining: recordings of real conversations cut into a corpus of labelled clips."""

from interactspeech.mining.report import MineReport, NothingMinedError
from interactspeech.mining.settings import MineSettings

__all__ = ["MineReport", "MineSettings", "NothingMinedError"]
