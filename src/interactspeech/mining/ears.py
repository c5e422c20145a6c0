"""What listens to recordings: activity, diarization, recognition, checks; loaded once, when needed.

This is the one place where the pipeline meets the detectors, so that tests can put others here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from interactspeech.errors import InputError
from interactspeech.mining.recording import Recording
from interactspeech.mining.settings import MineSettings

if TYPE_CHECKING:
    from interactspeech.mining.analysis import Finding, Voice

Spans = tuple[tuple[int, int], ...]


class Ears:
    """Listens by the engines that the settings name.

    Args:
        settings: of the run.
    """

    def __init__(self, settings: MineSettings) -> None:
        self.settings = settings
        self._loaded: dict[str, Any] = {}

    def channels(self, recording: Recording) -> tuple[Spans, ...]:
        """Speech on each channel, in samples, where every speaker has one.

        Raises:
            MissingExtraError: the detector is not installed.
        """
        from interactspeech.mining.activity import channel_activity

        found = channel_activity(recording)
        return tuple(plain(rows) for rows in found.spans)

    def diarize(self, recording: Recording) -> tuple[tuple[Spans, ...], str]:
        """Speech of each speaker on a recording of one channel, in samples, and who told.

        Raises:
            InputError: the settings name no diarizer, or it cannot be had.
            MissingExtraError: its package is not installed.
        """
        if self.settings.diarizer == "none":
            raise InputError(
                "has one channel, and no diarizer tells its speakers apart", recording.path,
                remedy="name one with --diarizer", reason="one-channel",
            )  # fmt: skip
        from interactspeech.mining.diarization import diarizer

        if "diarizer" not in self._loaded:
            self._loaded["diarizer"] = diarizer(self.settings.diarizer)
        found = self._loaded["diarizer"].diarize(recording, self.settings.speakers)
        return tuple(plain(rows) for rows in found.spans), found.engine

    def words(self, recording: Recording, voices: Sequence[Voice]) -> list[Voice]:
        """The voices with words, where a recogniser is there."""
        del recording
        return list(voices)

    def findings(self, recording: Recording, voices: Sequence[Voice]) -> tuple[Finding, ...]:
        """Stretches whose sound or voices do not fit."""
        del recording, voices
        return ()


def plain(rows: Any) -> Spans:
    """An array of shape ``(n, 2)`` as tuples."""
    return tuple((int(start), int(end)) for start, end in rows.tolist())
