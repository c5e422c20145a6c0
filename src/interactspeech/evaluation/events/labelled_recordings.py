"""Real recordings with events that people have marked, sure and doubtful.

```
recordings/
  NAME/
    audio.flac       a channel a speaker: A on the first, B on the second
    events.json      units of talk, events, stretches that are not scored
    activity.rttm    who talks when
```

The form of ``events.json`` (seconds): ``units`` are what each speaker says, of class ``talk``,
``bc`` (feedback), ``laugh``, ``doubt`` (nobody can say) or ``speech?`` (perhaps no speech
at all); ``events`` follow the package's definitions, each ``sure`` or not; ``zones`` are too
messy to score; ``not_speech`` names sounds that are no talk. A doubtful event is scored neither as
missed nor as wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Literal

import msgspec
import numpy as np

from interactspeech._typing import Float32Array, Int64Array
from interactspeech.errors import InputError
from interactspeech.records import Dialogue, Event, EventType, Span, Speaker, Utterance, Word
from interactspeech.signal.intervals import union
from interactspeech.signal.log_mel import RATE
from interactspeech.signal.recording import Recording
from interactspeech.turntaking import Timeline

SPEAKERS: Final = ("A", "B")
Side = Literal["A", "B"]
UnitClass = Literal["talk", "bc", "laugh", "doubt", "speech?"]


class LabelledUnit(msgspec.Struct, frozen=True, omit_defaults=True, rename={"kind": "class"}):
    """What one speaker says without a pause; seconds."""

    speaker: Side
    start: float
    end: float
    kind: UnitClass
    text: str = ""


class LabelledEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event as a person marked it; seconds.

    Attributes:
        type: as in `interactspeech.records.Event`.
        speaker: whose event it is; of a gap, who takes the floor.
        start, end: where.
        sure: whether it is scored.
        why: what makes it doubtful.
        placement: of a backchannel: "overlap" or "silence".
        outcome: of an interruption.
        onset: of a turn.
    """

    type: EventType
    speaker: Side
    start: float
    end: float
    sure: bool
    why: str = ""
    placement: str = ""
    outcome: str = ""
    onset: str = ""


class OtherSound(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sound that is no speech; seconds."""

    speaker: Side
    start: float
    end: float
    what: str = ""


class EventLabels(msgspec.Struct, frozen=True):
    """The content of ``events.json``."""

    name: str
    seconds: float
    units: tuple[LabelledUnit, ...]
    events: tuple[LabelledEvent, ...]
    group: str = ""
    zones: tuple[tuple[float, float], ...] = ()
    not_speech: tuple[OtherSound, ...] = ()


@dataclass(frozen=True, eq=False)
class LabelledRecording:
    """A recording and its labels.

    Attributes:
        folder: where it lies.
        labels: what was marked.
    """

    folder: Path
    labels: EventLabels

    @property
    def name(self) -> str:
        """Of the recording."""
        return self.labels.name

    @cached_property
    def audio(self) -> Float32Array:
        """The sound at 16 kHz, shape ``(2, n)``.

        Raises:
            InputError: it is missing, damaged, or has not two channels.
        """
        path = self.folder / "audio.flac"
        with Recording.open(path, rate=RATE) as recording:
            if recording.channels != len(SPEAKERS):
                raise InputError(
                    f"has {recording.channels} channels, expected a channel for A and one for B",
                    path,
                    reason="one-channel",
                )
            return np.asarray(recording.read(0, recording.samples), np.float32)

    @property
    def samples(self) -> int:
        """Length at 16 kHz."""
        return int(self.audio.shape[1])

    def activity(self) -> dict[str, Int64Array]:
        """Who talks when: spans at 16 kHz, shape ``(n, 2)`` a speaker, doubtful talk included.

        Raises:
            InputError: the annotation is missing or damaged.
        """
        from interactspeech.formats import read

        (dialogue,) = read([self.folder / "activity.rttm"])
        found = {name: np.zeros((0, 2), np.int64) for name in SPEAKERS}
        for name, spans in Timeline.of(dialogue).activity.items():
            if name in found:
                rows = np.rint(spans * (RATE / dialogue.rate)).astype(np.int64)
                found[name] = np.minimum(rows, self.samples)
        return found

    @property
    def has_words(self) -> bool:
        """Whether it was marked what is said, anywhere."""
        return any(unit.text for unit in self.labels.units)

    def words(self) -> dict[str, list[Word]]:
        """The words of each speaker, spread evenly over the units that they were heard in."""
        said: dict[str, list[Word]] = {name: [] for name in SPEAKERS}
        for unit in sorted(self.labels.units, key=lambda u: u.start):
            texts = unit.text.split()
            edges = np.linspace(unit.start, unit.end, len(texts) + 1) * RATE
            for text, start, end in zip(texts, edges, edges[1:], strict=False):
                first = round(float(start))
                said[unit.speaker].append(Word(text, first, max(round(float(end)), first + 1)))
        return said

    def unscored(self, speaker: str = "") -> Int64Array:
        """Spans at 16 kHz in which nothing is scored: zones, and a speaker's doubtful units.

        Args:
            speaker: whose; of both by default.
        """
        rows = list(self.labels.zones)
        rows += [
            (u.start, u.end)
            for u in self.labels.units
            if u.kind in {"doubt", "speech?"} and speaker in ("", u.speaker)
        ]
        return union(to_samples(rows))

    def events(self, kind: str, *, sure: bool, speaker: str = "") -> tuple[LabelledEvent, ...]:
        """The marked events of a type outside the zones, in order of their onsets."""
        zones = self.labels.zones
        return tuple(
            sorted(
                (
                    e
                    for e in self.labels.events
                    if e.type == kind
                    and e.sure == sure
                    and speaker in ("", e.speaker)
                    and not any(a <= e.start < b for a, b in zones)
                ),
                key=lambda e: e.start,
            )
        )


def marked_dialogue(recording: LabelledRecording) -> Dialogue:
    """The record of a recording with the sure events as people marked them, at 16 kHz."""
    length = recording.samples
    utterances = [
        Utterance(id=f"u{number}", speaker=name, start=start, end=end, speech=(Span(start, end),))
        for number, (start, end, name) in enumerate(
            sorted(
                (start, end, name)
                for name, rows in recording.activity().items()
                for start, end in rows.tolist()
                if end > start
            )
        )
    ]
    kinds = {e.type for e in recording.labels.events}
    sure = [e for kind in kinds for e in recording.events(kind, sure=True)]
    return Dialogue(
        id=recording.name,
        rate=RATE,
        length=length,
        speakers=tuple(Speaker(name) for name in SPEAKERS),
        utterances=tuple(utterances),
        events=tuple(_event(e, length) for e in sorted(sure, key=lambda e: (e.start, e.end))),
    )


def doubtful_events(recording: LabelledRecording) -> list[Event]:
    """What may or may not be: doubtful events, and every type of event in a stretch not scored."""
    length = recording.samples
    found = [_event(e, length) for e in recording.labels.events if not e.sure]
    kinds: tuple[EventType, ...] = ("backchannel", "interruption", "gap", "pause")
    for start, end in recording.unscored().tolist():
        found += [
            Event(kind, SPEAKERS[0], min(start, length), min(end, length), origin="human")
            for kind in kinds
        ]
    return found


def _event(marked: LabelledEvent, length: int) -> Event:
    (row,) = to_samples([(marked.start, marked.end)])
    start, end = np.minimum(row, length).tolist()
    attributes = {
        name: value for name in ("placement", "outcome") if (value := getattr(marked, name))
    }
    return Event(
        marked.type, marked.speaker, start, end, origin="human", attributes=dict(attributes)
    )


def encode_labels(labels: msgspec.Struct) -> bytes:
    """The content of ``events.json``, or of another file of labels: a unit, an event, a sound on
    each line.
    """
    lines = []
    for name, value in msgspec.to_builtins(labels).items():
        text = json.dumps(value, ensure_ascii=False)
        if isinstance(value, list | tuple) and value:
            rows = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in value)
            text = f"[\n  {rows}\n ]"
        lines.append(f' "{name}": {text}')
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def activity_rttm(labels: EventLabels) -> bytes:
    """The content of ``activity.rttm``: units, those left out that are perhaps no speech."""
    rows = sorted((u.start, u.end, u.speaker) for u in labels.units if u.kind != "speech?")
    return "".join(
        f"SPEAKER {labels.name} 1 {start:.6f} {end - start:.6f} <NA> <NA> {who} <NA> <NA>\n"
        for start, end, who in rows
    ).encode()


def to_samples(rows: Iterable[Sequence[float]]) -> Int64Array:
    """Spans in seconds as samples at 16 kHz, shape ``(n, 2)``."""
    seconds = np.array([tuple(row) for row in rows], np.float64).reshape(-1, 2)
    return np.rint(seconds * RATE).astype(np.int64)


def labelled_recordings(folder: Path | str) -> tuple[LabelledRecording, ...]:
    """The labelled recordings of a folder, by name.

    Raises:
        InputError: there are none, or the labels of one cannot be read.
    """
    found = tuple(_read(path) for path in sorted(Path(folder).glob("*/events.json")))
    if not found:
        raise InputError(
            "holds no labelled recordings",
            folder,
            remedy="give a folder of folders, each with audio.flac, events.json and activity.rttm",
            reason="nothing-to-measure",
        )
    return found


def _read(path: Path) -> LabelledRecording:
    try:
        labels = msgspec.json.decode(path.read_bytes(), type=EventLabels)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path, reason="unreadable") from None
    except msgspec.DecodeError as error:
        raise InputError(f"holds no event labels: {error}", path, reason="bad-annotation") from None
    for problem in _problems(labels):
        raise InputError(problem, path, reason="bad-annotation")
    return LabelledRecording(path.parent, labels)


def _problems(labels: EventLabels) -> Iterator[str]:
    rows = [("unit", n, u.start, u.end) for n, u in enumerate(labels.units, 1)]
    rows += [("event", n, e.start, e.end) for n, e in enumerate(labels.events, 1)]
    for what, number, start, end in rows:
        if not 0 <= start <= end <= labels.seconds + 0.5:
            yield (
                f"{what} {number} lasts from {start} to {end} s in a recording of "
                f"{labels.seconds} s"
            )


__all__ = [
    "SPEAKERS",
    "EventLabels",
    "LabelledEvent",
    "LabelledRecording",
    "LabelledUnit",
    "OtherSound",
    "activity_rttm",
    "doubtful_events",
    "encode_labels",
    "labelled_recordings",
    "marked_dialogue",
    "to_samples",
]
