"""The one record that travels: a dialogue on an integer sample clock.

Synthetic and mined dialogues are the same thing to everything downstream. All times are sample
indices at `Dialogue.rate`; all intervals are half-open ``[start, end)``. Seconds exist only where
other people's formats ask for them.

```
Dialogue ── speakers    who talks, with which voice
         ├─ utterances  what each said, when: speech activity, words; and what was planned, unsaid
         ├─ events      backchannel, interruption, pause, gap, ... each with its origin
         ├─ rule_sets   every threshold behind events of origin "rule"
         ├─ tracks      which channel of the audio holds whom
         └─ provenance  where text, voices, seed and licence come from
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from interactspeech.records.event_types import EventType
from interactspeech.records.notebook import one_line, timeline_html
from interactspeech.records.scene import Scene

if TYPE_CHECKING:
    from interactspeech.records.tables import DialogueTable, TableName

SCHEMA_VERSION = 1
#: Ticks a second, and samples of a dialogue, at most (what a double counts exactly).
MAX_RATE, MAX_LENGTH = 1_000_000_000, 2**53

#: Where the times of words come from: the speech engine's own durations, forced alignment, a
#: recogniser, a person, a proportional guess, or nowhere (no word times).
TimesOrigin = Literal["engine", "aligned", "recognised", "human", "estimated", "none"]

#: Where an event comes from. `planned`: the generator knows; `rule`: computed by the rule set named
#: in `Event.rules`; `model`: predicted, with `Event.probability`; `human`: annotated by a person.
EventOrigin = Literal["planned", "rule", "model", "human"]

#: Where several origins label one dialogue, the first of these that has an event of a type counts.
ORIGIN_PREFERENCE: tuple[EventOrigin, ...] = ("human", "planned", "rule", "model")

UtteranceKind = Literal["turn", "backchannel", "attempt", "aside"]

Attribute = str | int | float | bool


class Span(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A half-open interval of samples ``[start, end)``; ``start < end``."""

    start: int
    end: int

    def __post_init__(self) -> None:
        _ordered(self.start, self.end, "span")

    def __len__(self) -> int:
        return self.end - self.start


class Word(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One spoken word. `fragment` marks a word cut off inside (only its beginning was said)."""

    text: str
    start: int
    end: int
    fragment: bool = False

    def __post_init__(self) -> None:
        _ordered(self.start, self.end, f"word {self.text!r}")


class Voice(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A voice of a speech engine, or of a person, with what is needed to hear it again."""

    engine: str
    name: str
    engine_version: str = ""
    weights: str = ""  #: SHA-256 of the weights, where there are any
    language: str = "en"
    accent: str = ""  #: BCP-47 region, for example "US"
    sex: Literal["female", "male", ""] = ""
    licence: str = ""


class Speaker(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Someone who talks. `id` is what utterances and events refer to ("A", "B")."""

    id: str
    name: str = ""
    role: str = ""
    voice: Voice | None = None


class Delivery(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How an utterance is said, against the same voice's plain manner.

    Attributes:
        speed: factor on the pace.
        pitch: semitones, throughout.
        rise: semitones by which it begins higher (and as much faster), fading in the first second.
        slope: semitones by which the pitch moves from its start to its end, beside what the voice
            does by itself.
        end: semitones by which it rises at its end.
        level: dB against the speaker's own level, throughout.
        onset: dB at which it begins besides, while the other is still talking; then it fades.
    """

    speed: float = 1.0
    pitch: float = 0.0
    rise: float = 0.0
    slope: float = 0.0
    end: float = 0.0
    level: float = 0.0
    onset: float = 0.0


class Utterance(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What one speaker says in one go.

    Attributes:
        id: unique in the dialogue.
        speaker: id of the speaker.
        start, end: first sample of speech, and one past the last.
        speech: disjoint, sorted stretches in which the speaker is audible; they begin at `start`
            and finish at `end`. What lies between them is the speaker's own silence.
        words: spoken words, in order of time, inside [start, end).
        unsaid: planned words after the last spoken one that were never said (the speaker was cut
            off). A cut inside a word leaves a `fragment` in `words` and the whole word here.
        kind: a turn, a backchannel, an attempt at the floor that failed, or an aside: talk that is
            not for the other speakers, and no part of the turn-taking.
        times: where the word times come from.
        written: the text before it was normalised for speech, if that differs.
        delivery: how a generated utterance was said, where that was chosen.
    """

    id: str
    speaker: str
    start: int
    end: int
    speech: tuple[Span, ...]
    words: tuple[Word, ...] = ()
    unsaid: tuple[str, ...] = ()
    kind: UtteranceKind = "turn"
    times: TimesOrigin = "none"
    written: str = ""
    delivery: Delivery | None = None

    def __post_init__(self) -> None:
        _ordered(self.start, self.end, f"utterance {self.id!r}")
        if not self.speech:
            raise ValueError(f"utterance {self.id!r}: no speech span")
        if self.speech[0].start != self.start or self.speech[-1].end != self.end:
            raise ValueError(f"utterance {self.id!r}: speech does not reach from start to end")
        for before, after in zip(self.speech, self.speech[1:], strict=False):
            if after.start <= before.end:
                raise ValueError(
                    f"utterance {self.id!r}: speech spans touch or overlap at sample {after.start}"
                )
        last = self.start
        for word in self.words:
            if word.start < last or word.end > self.end:
                raise ValueError(
                    f"utterance {self.id!r}: word {word.text!r} at [{word.start}, {word.end}) is "
                    f"out of order or outside [{self.start}, {self.end})"
                )
            last = word.end

    @property
    def text(self) -> str:
        """The spoken words."""
        return " ".join(word.text for word in self.words)


class Event(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Something that happens between speakers, from `start` up to `end`.

    Attributes:
        type: what it is (the framework page defines each).
        speaker: who does it; for a gap, who takes the floor after it; for a pause, whose it is.
        start, end: ``start <= end``; an event may be a point in time (a latch has length 0).
        partner: the other speaker concerned, where there is one.
        origin: who says so.
        rules: the id of the rule set, for `origin="rule"`; it must be in `Dialogue.rule_sets`.
        probability: for `origin="model"`.
        utterance: id of the utterance that the event belongs to, where known.
        attributes: further facts by name (the framework page lists them for each type).
    """

    type: EventType
    speaker: str
    start: int
    end: int
    partner: str = ""
    origin: EventOrigin = "rule"
    rules: str = ""
    probability: float | None = None
    utterance: str = ""
    attributes: dict[str, Attribute] = {}

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"{self.type}: [{self.start}, {self.end}) is reversed or negative")
        if self.probability is not None and not 0.0 <= self.probability <= 1.0:
            raise ValueError(f"{self.type}: probability {self.probability} is not in [0, 1]")

    @property
    def is_filled_pause(self) -> bool:
        """Whether it is a filler word; older records have it as a pause whose fill is "filled"."""
        return self.type == "filled_pause" or (
            self.type == "pause" and self.attributes.get("fill") == "filled"
        )

    @property
    def is_silent_pause(self) -> bool:
        """Whether it is a silence inside a turn; see `is_filled_pause`."""
        return self.type == "pause" and not self.is_filled_pause


class Track(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where a speaker is heard: `channel` (from 0) of the audio called `audio`.

    `audio` is a name relative to the record (in a shard, a member of the tar).
    """

    speaker: str
    audio: str
    channel: int = 0


class Provenance(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where a dialogue comes from and what may be done with it.

    Attributes:
        corpus: name of the source ("dialogsum", "demo").
        id: the dialogue's id in that source; of a dialogue made of parts of several, their ids
            joined by " + ".
        licence: SPDX expression of the source's licence, or the source's own words.
        split: the source's own split, where it has one.
        seed: the corpus seed of the build.
        generator: this package's name and version.
        writer: what turned the text into a script ("offline 1", a model's name).
        timing: the timing model that was drawn from ("human 1", "original").
        script: the script in the notation of docs/notation.md.
    """

    corpus: str = ""
    id: str = ""
    licence: str = ""
    split: str = ""
    seed: int | None = None
    generator: str = ""
    writer: str = ""
    timing: str = ""
    script: str = ""


class Dialogue(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A dialogue: see the module's docstring.

    Attributes:
        id: unique in a corpus; letters, digits, ``. _ -`` only, so that it can name a file.
        rate: samples a second of the clock (and of the audio, where there is some).
        length: of the dialogue, in samples.
        rule_sets: id of a rule set -> its parameters by name.
        scene: what made the audio of clean tracks, where that was chosen (see
            `interactspeech.rendering.acoustics`).
    """

    id: str
    rate: int
    length: int
    speakers: tuple[Speaker, ...]
    utterances: tuple[Utterance, ...] = ()
    events: tuple[Event, ...] = ()
    rule_sets: dict[str, dict[str, Attribute | list[str]]] = {}
    tracks: tuple[Track, ...] = ()
    provenance: Provenance = Provenance()
    scene: Scene | None = None
    # A factory, because `omit_defaults` leaves out plain defaults and every record must say this.
    schema: int = msgspec.field(default_factory=lambda: SCHEMA_VERSION, name="schema_version")

    def __post_init__(self) -> None:
        if not self.id or not set(self.id) <= _ID_CHARACTERS or self.id.startswith("."):
            raise ValueError(
                f"dialogue id {self.id!r}: use letters, digits, '.', '_', '-', not starting in '.'"
            )
        if self.rate <= 0 or self.length < 0:
            raise ValueError(f"rate {self.rate} and length {self.length} must be positive")
        if self.rate > MAX_RATE or self.length > MAX_LENGTH:
            raise ValueError(
                f"rate {self.rate} and length {self.length} are over {MAX_RATE} and {MAX_LENGTH}"
            )
        known = {speaker.id for speaker in self.speakers}
        if len(known) != len(self.speakers):
            raise ValueError("two speakers share an id")
        seen: set[str] = set()
        for utterance in self.utterances:
            _known(utterance.speaker, known, f"utterance {utterance.id!r}")
            if utterance.id in seen:
                raise ValueError(f"two utterances share the id {utterance.id!r}")
            seen.add(utterance.id)
            _inside(utterance.end, self.length, f"utterance {utterance.id!r}")
        for event in self.events:
            _known(event.speaker, known, f"{event.type} event")
            if event.partner:
                _known(event.partner, known, f"{event.type} event's partner")
            if event.utterance and event.utterance not in seen:
                raise ValueError(f"{event.type} event: no utterance {event.utterance!r}")
            if event.rules and event.rules not in self.rule_sets:
                raise ValueError(f"{event.type} event: rule set {event.rules!r} is not stored")
            _inside(event.end, self.length, f"{event.type} event")
        for track in self.tracks:
            _known(track.speaker, known, "track")

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.length / self.rate

    def events_table(self) -> DialogueTable:
        """The events as a table, for Arrow, pandas or polars; times in seconds and in samples."""
        return _table("events", self)

    def words_table(self) -> DialogueTable:
        """The spoken words as a table (see `events_table`)."""
        return _table("words", self)

    def utterances_table(self) -> DialogueTable:
        """The utterances as a table (see `events_table`)."""
        return _table("utterances", self)

    def __repr__(self) -> str:
        who = "+".join(speaker.id for speaker in self.speakers)
        return one_line(
            f"Dialogue({self.id!r}, {self.seconds:.1f} s, {who[:30]}, "
            f"{len(self.utterances):,} utterances, {len(self.events):,} events)"
        )

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [
            ("id", self.id),
            ("seconds", round(self.seconds, 3)),
            ("speakers", [speaker.id for speaker in self.speakers]),
            ("utterances", len(self.utterances)),
            ("events", len(self.events)),
        ]

    def _repr_html_(self) -> str:
        speech = [
            (
                speaker.name or speaker.id,
                [
                    (span.start, span.end, utterance.text)
                    for utterance in self.utterances
                    if utterance.speaker == speaker.id
                    for span in utterance.speech
                ],
            )
            for speaker in self.speakers
        ]
        events = [(event.type, event.start, event.end, event.speaker) for event in self.events]
        return timeline_html(repr(self), speech, events, self.length, self.rate)


def _table(name: TableName, dialogue: Dialogue) -> DialogueTable:
    from interactspeech.records.tables import DialogueTable

    return DialogueTable.of(name, lambda: (dialogue,))


_ID_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


def _ordered(start: int, end: int, what: str) -> None:
    if not 0 <= start < end:
        raise ValueError(f"{what}: [{start}, {end}) is empty, reversed or negative")


def _known(speaker: str, known: set[str], what: str) -> None:
    if speaker not in known:
        raise ValueError(f"{what}: unknown speaker {speaker!r} (known: {sorted(known)})")


def _inside(end: int, length: int, what: str) -> None:
    if end > length:
        raise ValueError(f"{what}: ends at {end}, after the dialogue's end {length}")
