"""The script: what is to be said, by whom, and where people cut in, listen aloud, or pause.

A script has no times. `script/` reads, writes and checks scripts (its notation is text);
`stage/` gives them times. The parts of a turn stand in the order in which they happen:

```
A: So we take the early train [B: mm-hm] and then [interrupt] walk to the harbour.
   └──── Words ─────────────┘ └ Listen ┘ └ Words ┘ └ Cut ──┘ └─ Words, never said ─┘
```
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import msgspec

from interactspeech.records.notebook import one_line

Style = Literal["competitive", "cooperative", ""]

#: Speakers of a script, at most.
MAX_SPEAKERS = 6
#: Talk that is not for the other speakers ("non-directed speech"): to a third person in the room,
#: to oneself, read aloud from a page, from a television or a loudspeaker, from people nearby, and
#: the "hmm" of thinking (a "vocal tic").
AsideKind = Literal["side-talk", "self-talk", "reading", "television", "bystander", "thinking"]
#: The same as a tuple.
ASIDE_KINDS: tuple[AsideKind, ...] = get_args(AsideKind)
#: Asides that another voice than the speaker's says, on the speaker's track.
BACKGROUND_KINDS = frozenset[str](("television", "bystander"))

#: Sounds that are no words; each is a type of event too.
SoundKind = Literal["laugh", "breath", "sigh", "cough", "throat_clearing", "click"]
#: The same as a tuple, in the order of the event types.
SOUND_KINDS: tuple[SoundKind, ...] = get_args(SoundKind)
#: Names of the marks at which a turn's speaker is silent.
SILENT_MARKS = frozenset[str](("pause", *SOUND_KINDS))


class Words(msgspec.Struct, frozen=True, tag="words", forbid_unknown_fields=True):
    """Words of the turn's speaker, with punctuation; after an `Interruption`, the words that
    are never said.
    """

    text: str


class Interruption(
    msgspec.Struct, frozen=True, tag="interrupt", omit_defaults=True, forbid_unknown_fields=True
):
    """The speaker is cut off here by the next turn, and stops. At most one a turn."""

    kind: str = ""  #: of the catalogue of interruptions ("clarify", "disagree", ...)
    style: Style = ""


class Backchannel(msgspec.Struct, frozen=True, tag="backchannel", forbid_unknown_fields=True):
    """The other says `text` ("mm-hm") while the turn's speaker keeps the floor."""

    speaker: str
    text: str


class FailedInterruption(
    msgspec.Struct, frozen=True, tag="attempt", omit_defaults=True, forbid_unknown_fields=True
):
    """The other tries to take the floor with `text` and fails: the turn goes on."""

    speaker: str
    text: str
    kind: str = ""
    style: Style = ""


class Pause(
    msgspec.Struct, frozen=True, tag="pause", omit_defaults=True, forbid_unknown_fields=True
):
    """The speaker is silent and goes on; `seconds` is drawn from people where it is None."""

    seconds: float | None = None


class Overlap(
    msgspec.Struct, frozen=True, tag="overlap", omit_defaults=True, forbid_unknown_fields=True
):
    """The next turn begins here, while this one is finished to its last word."""

    kind: str = ""  #: of the catalogue of interruptions ("choral", "complete", ...)


class Aside(msgspec.Struct, frozen=True, tag="aside", forbid_unknown_fields=True):
    """On `speaker`'s track, `text` is said that is not for the others: nobody has to react.

    The turn's own speaker falls silent for it; another says it while the turn goes on or, after the
    turn's last word, in the silence that follows.
    """

    speaker: str
    text: str
    kind: AsideKind


class Sound(
    msgspec.Struct, frozen=True, tag="sound", omit_defaults=True, forbid_unknown_fields=True
):
    """A sound that is no word, of the turn's speaker; or of `speaker`, who laughs along with the
    laugh that stands before it.
    """

    sound: SoundKind
    speaker: str = ""


Part = Words | Interruption | Backchannel | FailedInterruption | Pause | Overlap | Aside | Sound


class Turn(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One line of a script. `written` keeps the source's text where the parts differ from it."""

    speaker: str
    parts: tuple[Part, ...]
    written: str = ""

    @property
    def cut(self) -> Interruption | None:
        """The mark at which this turn is cut off, if it is."""
        return next((part for part in self.parts if isinstance(part, Interruption)), None)

    @property
    def said(self) -> str:
        """The words that are spoken."""
        words: list[str] = []
        for part in self.parts:
            if isinstance(part, Interruption):
                break
            if isinstance(part, Words):
                words.append(part.text)
        return " ".join(words)

    @property
    def unsaid(self) -> str:
        """The words that are planned after the cut and never spoken."""
        after = False
        words: list[str] = []
        for part in self.parts:
            if isinstance(part, Interruption):
                after = True
            elif after and isinstance(part, Words):
                words.append(part.text)
        return " ".join(words)


class Script(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An interactive dialogue of two to six people before it has a sound.

    Attributes:
        id: unique in its source, and fit to name a file (see `Dialogue.id`).
        turns: in the order of their onsets.
        names: speaker id -> the name the source gave.
        corpus, source_id, licence, split: see `Provenance`.
        writer: what made the script ("" for a script that was written by hand).
        file, line: where it was read, for messages.
        voices: speaker id -> ``engine:voice`` that has to speak, where the source settles it
            (recorded speech); casting chooses where it is empty.
        roles: speaker id -> role ("agent", "user"; see `interactspeech.scripts.roles`).
    """

    id: str
    turns: tuple[Turn, ...]
    names: dict[str, str] = {}
    corpus: str = ""
    source_id: str = ""
    licence: str = ""
    split: str = ""
    writer: str = ""
    file: str = ""
    line: int = 0
    voices: dict[str, str] = {}
    roles: dict[str, str] = {}

    def __repr__(self) -> str:
        text = " / ".join(f"{turn.speaker}: {turn.said}" for turn in self.turns[:2])
        return one_line(f"Script({self.id!r}, {len(self.turns)} turns: {text[:60]!r})")

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("id", self.id), ("turns", len(self.turns)), ("speakers", self.speakers)]

    @property
    def speakers(self) -> tuple[str, ...]:
        """Ids of the speakers, sorted."""
        found = {turn.speaker for turn in self.turns}
        found |= {
            part.speaker
            for turn in self.turns
            for part in turn.parts
            if isinstance(part, Backchannel | FailedInterruption | Aside)
            or (isinstance(part, Sound) and part.speaker)
        }
        return tuple(sorted(found))


class PlainTurn(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A line of a text dialogue: `text` is ready to be spoken, `written` is the source's own."""

    speaker: str
    text: str
    written: str = ""


class PlainDialogue(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A text dialogue as a corpus has it, before a writer makes it interactive (see `Script`).

    `summary` is the source's own, in the third person, with the speakers as ``#A#`` and ``#B#``
    where the source's labels or names are in it; "" where it has none.
    """

    id: str
    turns: tuple[PlainTurn, ...]
    names: dict[str, str] = {}
    corpus: str = ""
    source_id: str = ""
    licence: str = ""
    split: str = ""
    file: str = ""
    line: int = 0
    summary: str = ""
    roles: dict[str, str] = {}

    @property
    def speakers(self) -> tuple[str, ...]:
        """Ids of the speakers, sorted."""
        return tuple(sorted({turn.speaker for turn in self.turns}))
