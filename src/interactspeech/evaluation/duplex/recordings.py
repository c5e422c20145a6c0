"""A recording of a user and a system on one clock, ready to be measured, and how it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import numpy as np

from interactspeech._typing import Int64Array
from interactspeech.evaluation.duplex.channels import ActivityDetector
from interactspeech.evaluation.duplex.full_duplex_bench_v3 import ToolUse
from interactspeech.evaluation.duplex.stimulus import StimulusTruth, SystemEvent
from interactspeech.evaluation.duplex.timed_words import TimedWord
from interactspeech.records import Samples
from interactspeech.settings import NonNegative, Settings
from interactspeech.signal.intervals import union
from interactspeech.signal.recording import Recording

#: Samples a second of all measures.
RATE: Final = 16_000
#: Task of Full-Duplex-Bench; "" for other recordings.
FdbTask = Literal[
    "",
    "pause_handling",
    "smooth_turn_taking",
    "user_interruption",
    "backchannel",
    "overlap",
    "tool_use",
]


class RecordingSettings(Settings, frozen=True):
    """How recordings are read.

    Attributes:
        user_channel: of a file with two channels, 0 or 1; the system has the other.
        activity: how talk is found on a channel without words' times.
        from_words: talk is where a side's words are, if they are known; no sound is read.
        word_gap: seconds between words that count as talk then.
        check_channels: look for crosstalk and for the same sound on both.
        provider: of the results of several systems on an item (Full-Duplex-Bench v3), the one.
        unequal: seconds by which lengths may differ without a note.
    """

    user_channel: Literal[0, 1] = 0
    activity: ActivityDetector = "auto"
    from_words: bool = False
    word_gap: NonNegative = 0.2
    check_channels: bool = True
    provider: str = ""
    unequal: NonNegative = 0.5


@dataclass(frozen=True, eq=False)
class DuplexRecording:
    """A recording of a user and a system on one clock, ready to be measured.

    Attributes:
        name: of the item.
        rate: samples a second of all intervals.
        length: in samples.
        user, system: who talks when, samples, shape ``(n, 2)``, sorted and disjoint.
        user_words, system_words: with times, where they are known.
        truth: what the user's track asks.
        log: the system's own account.
        task: of Full-Duplex-Bench.
        reference: where the user's turn ends, for FDB's latency; seconds.
        subset: of FDB, or the item's group.
        human: when people gave backchannels on this item, a share a bin (FDB's ICC).
        system_rate: samples a second of the system's file (FDB's detector takes any for 16 kHz).
        detector_segments: what Silero finds in the system's samples taken for 16 kHz, seconds;
            only for FDB's backchannel task.
        clean_system_words: the answer to the user's track without the overlap (FDB v1.5).
        tool_use: what the harness recorded (FDB v3).
        notes: what is unusual, a sentence each.
        files: of the user and of the system, for a page; channels beside them.
    """

    name: str
    rate: int
    length: int
    user: Int64Array
    system: Int64Array
    user_words: tuple[TimedWord, ...] | None = None
    system_words: tuple[TimedWord, ...] | None = None
    truth: StimulusTruth | None = None
    log: tuple[SystemEvent, ...] | None = None
    task: FdbTask = ""
    reference: float | None = None
    subset: str = ""
    human: tuple[float, ...] | None = None
    system_rate: int = RATE
    detector_segments: tuple[tuple[float, float], ...] | None = None
    clean_system_words: tuple[TimedWord, ...] | None = None
    tool_use: ToolUse | None = None
    notes: tuple[str, ...] = ()
    files: tuple[tuple[Path, int], ...] = field(default=())

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.length / self.rate

    def stretches(self, side: Literal["user", "system"]) -> list[tuple[float, float]]:
        """A side's talk in seconds."""
        rows: Int64Array = getattr(self, side)
        return [(a / self.rate, b / self.rate) for a, b in rows.tolist()]

    def sound(self) -> Samples:
        """Both sides' sound at `rate`, float32, shape ``(2, length)``; silence where there is none.

        Raises:
            InputError: a file has vanished or is damaged.
        """
        both = np.zeros((2, self.length), np.float32)
        for row, (path, channel) in enumerate(self.files):
            with Recording.open(path, rate=self.rate) as opened:
                read = opened.read(0, min(opened.samples, self.length))[channel]
            both[row, : len(read)] = read
        return both


def activity_of_words(
    words: Sequence[TimedWord], rate: int, gap: float, length: int | None = None
) -> Int64Array:
    """Talk where there are words, silences shorter than `gap` seconds filled; samples."""
    rows = np.array([(w.start, w.known_end) for w in words], np.float64).reshape(-1, 2) * rate
    spans = np.rint(rows).astype(np.int64)
    if length is not None:
        spans = np.minimum(spans, length)
    spans = spans[spans[:, 1] > spans[:, 0]]
    return union(spans, max(1, round(gap * rate)))


__all__ = ["RATE", "DuplexRecording", "FdbTask", "RecordingSettings", "activity_of_words"]
