"""The systems that are measured side by side on labelled real recordings.

Each takes clips of a recording with a channel a speaker, and gives events and speech. The last two
are no systems but bounds: they are given who talks when, or that and the words, as people marked
them, so that what is left is the rules' own error.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import msgspec
import numpy as np

from interactspeech._typing import Int64Array
from interactspeech.errors import InputError
from interactspeech.evaluation.events.labelled_recordings import SPEAKERS, LabelledRecording
from interactspeech.listener import Listener, detect
from interactspeech.listener.recorded_channels import HeardFeedback, hear_channels
from interactspeech.models.recognition import WordEngine
from interactspeech.models.spoken_words import HeardWord
from interactspeech.models.vad import Detector as Vad
from interactspeech.models.vad import speech_spans
from interactspeech.records import Dialogue, Event, Word
from interactspeech.signal.intervals import union
from interactspeech.signal.log_mel import RATE
from interactspeech.signal.pages import InMemoryAudio
from interactspeech.turntaking import Timeline, annotate

Words = Mapping[str, Sequence[Word]]
Activity = Mapping[str, Int64Array]


@dataclass(frozen=True)
class FoundInClip:
    """What a system found in a clip; samples at 16 kHz from its start.

    Attributes:
        events: of the types that are asked for, and others.
        activity: speech of each speaker, shape ``(n, 2)``.
    """

    events: tuple[Event, ...]
    activity: Activity


#: Finds events between two samples (16 kHz) of the recording that it was made for.
ClipDetector = Callable[[int, int], FoundInClip]


class RealSystem(Protocol):
    """Something that finds events in real recordings."""

    @property
    def name(self) -> str:
        """As tables call it."""

    def prepare(self, recording: LabelledRecording) -> ClipDetector:
        """What is measured on a recording; its labels are for bounds only."""


@dataclass(frozen=True, eq=False)
class ListenerSystem:
    """`interactspeech.listener.detect`.

    Args:
        listener: the model.
        called: as tables call it.
        words: with them, what they say decides too.
    """

    listener: Listener
    called: str = "listener"
    words: WordCache | None = None

    @property
    def name(self) -> str:
        """As tables call it."""
        return self.called + (" + recognised words" if self.words else "")

    def prepare(self, recording: LabelledRecording) -> ClipDetector:
        """See `RealSystem`."""

        def clip(start: int, end: int) -> FoundInClip:
            sound = recording.audio[:, start:end]
            words = _cut(self.words.of(recording), start, end) if self.words else None
            return _of_dialogue(
                detect(sound, RATE, layout="two", listener=self.listener, words=words)
            )

        return clip


@dataclass(frozen=True, eq=False)
class DetectorRules:
    """A voice activity detector on each channel, and the framework's rules.

    Args:
        vad: the detector.
        words: with them, what they say decides too.
    """

    vad: Vad
    words: WordCache | None = None

    @property
    def name(self) -> str:
        """As tables call it."""
        return f"{self.vad} + rules" + (" + recognised words" if self.words else "")

    def prepare(self, recording: LabelledRecording) -> ClipDetector:
        """See `RealSystem`."""

        def clip(start: int, end: int) -> FoundInClip:
            activity = {}
            for name, channel in zip(SPEAKERS, recording.audio[:, start:end], strict=True):
                spans = np.array(speech_spans(channel, RATE, self.vad), np.int64).reshape(-1, 2)
                rows = union(np.minimum(spans, len(channel)))
                activity[name] = rows[rows[:, 1] > rows[:, 0]]
            words = _cut(self.words.of(recording), start, end) if self.words else {}
            return _by_rules(activity, words, end - start)

        return clip


@dataclass(frozen=True, eq=False)
class MiningSystem:
    """`interactspeech mine`: its activity and labels, without what lies in stretches it leaves out.

    Args:
        words: as its recogniser gives them; none without.
        checks: leave out artifacts (music, tones, clipping, leaks), as mining does.
    """

    words: WordCache | None = None
    checks: bool = True

    @property
    def name(self) -> str:
        """As tables call it."""
        return "mine" + (" + recognised words" if self.words else "")

    def prepare(self, recording: LabelledRecording) -> ClipDetector:
        """See `RealSystem`."""
        from interactspeech.mining.artifacts import find_artifacts
        from interactspeech.mining.labelling import compose_dialogue

        listener = Listener.load()

        def clip(start: int, end: int) -> FoundInClip:
            source = InMemoryAudio(recording.audio[:, start:end], RATE)
            found = hear_channels(source, listener)
            activity = dict(zip(SPEAKERS, found.spans, strict=True))
            heard = HeardFeedback(dict(zip(SPEAKERS, found.stretches, strict=True)), listener.card)
            words = _cut(self.words.of(recording), start, end) if self.words else {}
            dialogue = compose_dialogue(
                "recording", RATE, end - start, activity, words, times="recognised", heard=heard
            )
            left_out = find_artifacts(source, list(found.spans)) if self.checks else []
            events = tuple(
                e
                for e in dialogue.events
                if e.origin == "rule"
                and not any(
                    f.start < e.end and f.end > e.start for f in left_out if f.reason != "silence"
                )
            )
            return FoundInClip(events, activity)

        return clip


@dataclass(frozen=True)
class MarkedActivity:
    """The framework's rules on the activity that people marked, a bound.

    Args:
        words: whether the marked words are given too.
    """

    words: bool = False

    @property
    def name(self) -> str:
        """As tables call it."""
        return "hand-marked activity" + (" and words" if self.words else "") + " + rules"

    def prepare(self, recording: LabelledRecording) -> ClipDetector:
        """See `RealSystem`.

        Raises:
            InputError: words are asked for, and none are marked.
        """
        if self.words and not recording.has_words:
            raise InputError(
                "no words are marked", recording.folder, remedy="leave them out", reason="no-words"
            )
        marked = recording.activity()
        words = recording.words() if self.words else {}

        def clip(start: int, end: int) -> FoundInClip:
            activity = {}
            for name, rows in marked.items():
                inside = np.clip(rows, start, end) - start
                activity[name] = inside[inside[:, 1] > inside[:, 0]]
            return _by_rules(activity, _cut(words, start, end), end - start)

        return clip


class WordCache:
    """Words of recordings, recognised once: of the speech that Silero finds on each channel.

    A clip is given those of its words whose middle lies inside.

    Args:
        engine: the recogniser.
        folder: where they are kept for the next run, a file a recording; nowhere by default.
    """

    def __init__(self, engine: WordEngine, folder: Path | None = None) -> None:
        self._engine = engine
        self._folder = folder
        self._known: dict[str, dict[str, list[HeardWord]]] = {}

    def of(self, recording: LabelledRecording) -> Words:
        """The words of each speaker, samples at 16 kHz."""
        if recording.name not in self._known:
            self._known[recording.name] = self._kept(recording) or self._recognised(recording)
        return self._known[recording.name]

    def _kept(self, recording: LabelledRecording) -> dict[str, list[HeardWord]] | None:
        if self._folder is None:
            return None
        try:
            data = self._file(recording).read_bytes()
            return msgspec.json.decode(data, type=dict[str, list[HeardWord]])
        except (OSError, msgspec.DecodeError):
            return None

    def _recognised(self, recording: LabelledRecording) -> dict[str, list[HeardWord]]:
        from interactspeech.models.spoken_words import recognise

        source = cast("Any", InMemoryAudio(recording.audio, RATE))
        found = {
            name: list(recognise(source, side, speech_spans(channel, RATE), self._engine))
            for side, (name, channel) in enumerate(zip(SPEAKERS, recording.audio, strict=True))
        }
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file(recording).write_bytes(msgspec.json.encode(found))
        return found

    def _file(self, recording: LabelledRecording) -> Path:
        # The sound's hash, so that words of another recording are not taken for these.
        digest = hashlib.sha256(recording.audio.tobytes()).hexdigest()[:16]
        return (self._folder or Path()) / f"words-{digest}.json"


def _cut(words: Words, start: int, end: int) -> dict[str, list[Word]]:
    return {
        name: [
            msgspec.structs.replace(w, start=max(w.start - start, 0), end=min(w.end, end) - start)
            for w in said
            if start <= (w.start + w.end) // 2 < end
        ]
        for name, said in words.items()
    }


def _by_rules(activity: Activity, words: Words, length: int) -> FoundInClip:
    timeline, _ = Timeline.build(
        RATE, activity, length=length, words={name: said for name, said in words.items() if said}
    )
    return FoundInClip(annotate(timeline), timeline.activity)


def _of_dialogue(dialogue: Dialogue) -> FoundInClip:
    return FoundInClip(dialogue.events, dict(Timeline.of(dialogue).activity))


__all__ = [
    "ClipDetector",
    "DetectorRules",
    "FoundInClip",
    "ListenerSystem",
    "MarkedActivity",
    "MiningSystem",
    "RealSystem",
    "WordCache",
]
