"""The main job: text dialogues in, a corpus of interactive two-track speech out."""

from interactspeech.builder.job import BuildReport, NothingBuiltError, build
from interactspeech.builder.settings import BuildSettings

__all__ = ["BuildReport", "BuildSettings", "NothingBuiltError", "build"]
