"""What must be spoken: one line for each turn, backchannel and attempt of a script.

A voice speaks the whole planned sentence, the part that is never said included, so that what is
heard of an interrupted turn does not sound finished. Where the script asks for a pause and the
text has no punctuation, the spoken text gets a comma: the engine then breaks there by itself, with
the melody of a break, instead of being cut in the middle of a breath group.

```
A: So we take [B: mm-hm] the train [pause] and [interrupt] walk.
   line t0   text    "So we take the train, and walk."
             tokens   So we take the train  and walk.
             marks    listen at 3 ──┘  pause at 5┘    └ cut at 6 (= said)
   line t0.b0 (B)  text "mm-hm"
```
"""

from __future__ import annotations

from typing import Literal

import msgspec

from interactspeech.errors import InputError
from interactspeech.records import (
    Backchannel,
    FailedInterruption,
    Interruption,
    Overlap,
    Pause,
    Script,
    Sound,
    Turn,
    Words,
    spoken_tokens,
)

Role = Literal["turn", "backchannel", "attempt"]
MarkKind = Literal["cut", "listen", "attempt", "pause", "overlap", "laugh", "breath"]

#: A token that ends in one of these already makes an engine break.
_BREAKING = tuple(",.;:?!—…-")
#: Text that begins with one of these belongs to the word before it.
_CLOSING = tuple(",.;:?!…)")


class LineMark(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Something that happens in a turn before its token number `token` (0: before the first).

    Attributes:
        kind: "cut" and "overlap" concern the next turn; "listen" and "attempt" name the `line`
            that the other speaks; "laugh" and "breath" are sounds of the turn's own speaker.
        token: how many tokens of the line come before the mark.
        line: id of the line that is spoken there, for "listen" and "attempt".
        seconds: length of a "pause", where the script gives one.
        label: what the script says of a cut or an attempt ("clarify", "disagree", ...).
        style: of a cut or an attempt ("competitive", "cooperative").
    """

    kind: MarkKind
    token: int
    line: str = ""
    seconds: float | None = None
    label: str = ""
    style: str = ""


class SpokenLine(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One text that one speaker's voice has to speak.

    Attributes:
        id: unique in the script; becomes the id of the utterance.
        speaker: whose voice.
        text: what the engine is given.
        role: what the line is in the dialogue.
        tokens: the script's own spelling of the spoken tokens of `text`, in order.
        said: how many of `tokens` are spoken before the speaker is cut off; all, if nobody cuts.
        marks: of a turn, in order.
        turn: index of the script's turn in which the line is spoken.
        written: the source's text where it differs.
    """

    id: str
    speaker: str
    text: str
    role: Role
    tokens: tuple[str, ...]
    said: int
    marks: tuple[LineMark, ...] = ()
    turn: int = 0
    written: str = ""

    @property
    def cut(self) -> LineMark | None:
        """The mark at which the turn is cut off, if it is."""
        return next((mark for mark in self.marks if mark.kind == "cut"), None)


def lines(script: Script) -> tuple[SpokenLine, ...]:
    """Everything that must be spoken for `script`, in the order of the script.

    Ids are ``t<turn>`` for turns, ``t<turn>.b<k>`` for backchannels and ``t<turn>.a<k>`` for failed
    attempts. A turn without a spoken word (only a laugh) has no line.

    Raises:
        InputError: a turn is cut off before its first word, twice, or goes on with marks after the
            cut; a backchannel or an attempt has no word, or belongs to the turn's own speaker
            (reason ``bad-script``).
    """
    found: list[SpokenLine] = []
    for index, turn in enumerate(script.turns):
        found.extend(_of_turn(script, index, turn))
    return tuple(found)


class _Text:
    """The text of a turn as it grows."""

    def __init__(self) -> None:
        self.text = ""  # as the engine gets it
        self.plain = ""  # without the commas added here

    def add(self, text: str) -> None:
        joint = "" if not self.text or text.startswith(_CLOSING) else " "
        if joint == "" and self.text.endswith(",") and not self.plain.endswith(","):
            self.text = self.text[:-1]  # the script brings its own mark after all
        self.text += joint + text
        self.plain += joint + text

    def breathe(self) -> None:
        if self.text and not self.text.endswith(_BREAKING) and self.text[-1].isalnum():
            self.text += ","

    @property
    def count(self) -> int:
        return len(spoken_tokens(self.plain))


def _of_turn(script: Script, index: int, turn: Turn) -> list[SpokenLine]:
    text = _Text()
    marks: list[LineMark] = []
    others: list[SpokenLine] = []
    cut_at: int | None = None

    def wrong(problem: str, remedy: str) -> InputError:
        return InputError(
            f"script {script.id}, turn {index + 1}: {problem}", remedy=remedy, reason="bad-script"
        )

    for part in turn.parts:
        if isinstance(part, Words):
            text.add(part.text.strip())
            continue
        at = text.count
        if cut_at is not None:
            raise wrong("a mark after [interrupt]", "after it, only the words never said")
        match part:
            case Interruption():
                if at == 0:
                    raise wrong("[interrupt] before the first word", "let the speaker say a word")
                cut_at = at
                marks.append(LineMark("cut", at, label=part.kind, style=part.style))
            case Overlap():
                marks.append(LineMark("overlap", at))
            case Pause():
                text.breathe()
                marks.append(LineMark("pause", at, seconds=part.seconds))
            case Sound():
                text.breathe()
                marks.append(LineMark(part.sound, at))
            case Backchannel() | FailedInterruption():
                listening = isinstance(part, Backchannel)
                count = sum(
                    line.role == ("backchannel" if listening else "attempt") for line in others
                )
                name = f"t{index}.{'b' if listening else 'a'}{count}"
                tokens = tuple(spoken_tokens(part.text))
                if part.speaker == turn.speaker:
                    raise wrong(f"{part.speaker} answers their own turn", "name the other speaker")
                if not tokens:
                    raise wrong(f"nothing to say in {part.text!r}", "write a word")
                others.append(
                    SpokenLine(
                        id=name,
                        speaker=part.speaker,
                        text=part.text.strip(),
                        role="backchannel" if listening else "attempt",
                        tokens=tokens,
                        said=len(tokens),
                        turn=index,
                    )
                )
                marks.append(
                    LineMark("listen", at, name)
                    if isinstance(part, Backchannel)
                    else LineMark("attempt", at, name, label=part.kind, style=part.style)
                )
    tokens = tuple(spoken_tokens(text.plain))
    if not tokens:
        if others:
            raise wrong("a turn without a word has a listener", "let the speaker say a word")
        return []
    main = SpokenLine(
        id=f"t{index}",
        speaker=turn.speaker,
        text=text.text.strip(),
        role="turn",
        tokens=tokens,
        said=len(tokens) if cut_at is None else cut_at,
        marks=tuple(marks),
        turn=index,
        written=turn.written,
    )
    return [main, *others]
