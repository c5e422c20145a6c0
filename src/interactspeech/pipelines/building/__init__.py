"""The main job: text dialogues in, a corpus of interactive two-track speech out."""

from interactspeech.pipelines.building.job import BuildReport, NothingBuiltError, build
from interactspeech.pipelines.building.settings import BuildSettings

__all__ = ["BuildReport", "BuildSettings", "NothingBuiltError", "build"]
