"""Recordings of real people into the same corpus, record and events as synthetic dialogues."""

from interactspeech.mining.report import MineReport, NothingMinedError
from interactspeech.mining.settings import MineSettings

__all__ = ["MineReport", "MineSettings", "NothingMinedError"]
