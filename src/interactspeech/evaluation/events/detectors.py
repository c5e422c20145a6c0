"""The detectors of the event benchmark: the listener and baselines.

A detector takes a clip and gives events; all that it knows is whether a channel holds one speaker
or two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.diarization import Diarizer
from interactspeech.listener import Listener, detect
from interactspeech.listener.detection import ChannelLayout
from interactspeech.listener.diarized_source import DownmixedSource
from interactspeech.models.recognition import Recogniser
from interactspeech.models.vad import Detector as Vad
from interactspeech.models.vad import speech_spans
from interactspeech.records import Dialogue, Event, Word
from interactspeech.signal.intervals import union
from interactspeech.signal.log_mel import RATE
from interactspeech.signal.pages import InMemoryAudio
from interactspeech.turntaking import Timeline, annotate

WordRecogniser = Callable[[Float32Array, int], Sequence[Word]]


class EventDetector(Protocol):
    """Finds the events of a clip."""

    @property
    def name(self) -> str:
        """As tables call it."""

    def __call__(self, samples: Float32Array) -> tuple[Event, ...]:
        """Events of a clip at 16 kHz, shape ``(1, n)`` for both speakers on one channel, or
        ``(2, n)`` for a speaker a channel; speakers are called A and B.
        """


@dataclass(frozen=True)
class MajorityDetector:
    """Finds no event, the majority class.

    In balanced questions this is the answer "no", which is right half of the time.
    """

    name: str = "majority"

    def __call__(self, samples: Float32Array) -> tuple[Event, ...]:
        del samples
        return ()


@dataclass(frozen=True, eq=False)
class ActivityRules:
    """A voice activity detector on each channel, and the framework's rules.

    Args:
        vad: whose.
        recogniser: gives the words of a channel; with it, words decide about backchannels too.

    On one channel the speakers are not separated, so all talk is one speaker's: pauses
    are found, the rest is not.
    """

    vad: Vad
    recogniser: WordRecogniser | None = None

    @property
    def name(self) -> str:
        """As tables call it."""
        return f"{self.vad} + rules" + (" + words" if self.recogniser else "")

    def __call__(self, samples: Float32Array) -> tuple[Event, ...]:
        words = {}
        if self.recogniser is not None:
            words = {n: list(self.recogniser(c, RATE)) for n, c in zip("AB", samples, strict=False)}
        return _by_rules(self.vad, samples, words)


def _by_rules(
    vad: Vad, samples: Float32Array, words: Mapping[str, Sequence[Word]]
) -> tuple[Event, ...]:
    """Events that follow from a detector of speech and, where there are any, words."""
    activity = {}
    for name, channel in zip("AB", samples, strict=False):
        spans = np.array(speech_spans(channel, RATE, vad), np.int64).reshape(-1, 2)
        rows = union(np.minimum(spans, len(channel)))
        activity[name] = rows[rows[:, 1] > rows[:, 0]]
    timeline, _ = Timeline.build(RATE, activity, length=samples.shape[1], words=words)
    return annotate(timeline)


@dataclass(frozen=True, eq=False)
class OracleWordsDetector:
    """`ActivityRules` whose words are those of the record: what perfect recognition would give.

    It is no `EventDetector`, for it must know which clip it gets: see `about`.
    """

    vad: Vad

    @property
    def name(self) -> str:
        """As tables call it."""
        return f"{self.vad} + rules + true words"

    def about(self, dialogue: Dialogue, start: int, end: int) -> EventDetector:
        """The detector of the clip ``[start, end)`` of a dialogue at 16 kHz.

        A word belongs to the clip that holds its middle.
        """
        words: dict[str, list[Word]] = {}
        for name, speaker in zip("AB", dialogue.speakers, strict=False):
            said = [w for u in dialogue.utterances if u.speaker == speaker.id for w in u.words]
            words[name] = [
                Word(w.text, max(w.start - start, 0), min(w.end, end) - start)
                for w in sorted(said, key=lambda w: w.start)
                if start <= (w.start + w.end) // 2 < end
            ]
        return _WithWords(self.name, self.vad, words)


@dataclass(frozen=True, eq=False)
class _WithWords:
    name: str
    vad: Vad
    words: Mapping[str, Sequence[Word]]

    def __call__(self, samples: Float32Array) -> tuple[Event, ...]:
        return _by_rules(self.vad, samples, self.words)


@dataclass(frozen=True, eq=False)
class ListenerDetector:
    """The listener.

    Args:
        listener: the model.
        diarizer: splits one channel by speaker first; "auto": the one that `detect` takes.
        layout: see `detect`; with "mono" two channels are added up to one.
    """

    listener: Listener
    diarizer: Diarizer | Literal["auto"] | None = None
    layout: ChannelLayout = "auto"

    @property
    def name(self) -> str:
        """As tables call it."""
        return "diarizer + listener" if self.diarizer else "listener"

    def __call__(self, samples: Float32Array) -> tuple[Event, ...]:
        return detect(
            samples, RATE, layout=self.layout, listener=self.listener, diarizer=self.diarizer
        ).events


@dataclass(frozen=True, eq=False)
class DiarizerRules:
    """What a diarizer finds on one channel (several are added up), and the framework's rules."""

    diarizer: Diarizer
    name: str = "diarizer + rules"

    def __call__(self, samples: Float32Array) -> tuple[Event, ...]:
        found = self.diarizer.diarize(DownmixedSource(InMemoryAudio(samples, RATE)), 2).spans
        activity = dict(zip("AB", found, strict=False))
        timeline, _ = Timeline.build(RATE, activity, length=samples.shape[1])
        return annotate(timeline)


def word_recogniser() -> Callable[[Float32Array, int], Sequence[Word]]:
    """whisper-base, as the package fetches it for its own checks.

    Raises:
        MissingExtraError: faster-whisper is not installed.
    """
    model = Recogniser()

    def words(samples: Float32Array, rate: int) -> Sequence[Word]:
        return [
            Word(word.text, start, max(round(word.end * rate), start + 1))
            for word in model.words(samples, rate)
            if (start := round(word.start * rate)) >= 0 and word.text
        ]

    return words
