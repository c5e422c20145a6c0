"""The lines of a script: what each voice has to speak, and the marks between its words.

A voice speaks the whole planned sentence, including words after a cut. Where the script asks for a
laugh or a breath and the text has no punctuation, the engine's text gets a comma there, so that the
engine makes a phrase break by itself; the tokens keep the script's own spelling.

```
A: So we take [B: mm-hm] the train [pause] and [interrupt] walk.
   line t0   text    "So we take the train and walk."
             tokens   So we take the train  and walk.
             marks    listen at 3 ──┘  pause at 5┘    └ cut at 6 (= spoken_count)
   line t0.b0 (B)  text "mm-hm"
```
"""

from __future__ import annotations

from typing import Literal

import msgspec

from interactspeech.errors import InputError
from interactspeech.records import (
    Aside,
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
from interactspeech.records.script import BACKGROUND_KINDS, SoundKind

Role = Literal["turn", "backchannel", "attempt", "aside"]
MarkKind = (
    Literal["cut", "listen", "attempt", "pause", "overlap", "aside", "laugh-along"] | SoundKind
)

#: A token that ends in one of these already makes an engine break.
_BREAKING = tuple(",.;:?!—…-")
#: Text that begins with one of these belongs to the word before it.
_CLOSING = tuple(",.;:?!…)")


#: Kind of a failed interruption that begins with the turn, and the words of the turn before its
#: mark at most: a later mark is an attempt like others.
_SIMULTANEOUS, _SIMULTANEOUS_WITHIN = "simultaneous-start", 2
#: Silence of somebody's own before they start together with another (s).
SILENCE_BEFORE_START = 0.1


class LineMark(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An event in a turn before its token number `token` (0: before the first).

    Attributes:
        kind: "cut" and "overlap" concern the next turn; "listen", "attempt" and "aside" name the
            `line` that is said there; those of `SoundKind` are its own speaker's sounds, and
            "laugh-along" is another's laugh.
        token: number of tokens of the line before the mark.
        line: id of the line that is spoken there, for "listen", "attempt" and "aside".
        seconds: duration of a "pause", where the script gives one.
        label: kind of a cut, an attempt, an overlap or an aside in the script ("clarify", ...); who
            laughs along.
        style: of a cut or an attempt ("competitive", "cooperative").
    """

    kind: MarkKind
    token: int
    line: str = ""
    seconds: float | None = None
    label: str = ""
    style: str = ""

    @property
    def starts_together(self) -> bool:
        """Whether another begins with the turn, and yields."""
        return self.label == _SIMULTANEOUS and self.token <= _SIMULTANEOUS_WITHIN


class SpokenLine(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One text that one speaker's voice has to speak.

    Attributes:
        id: unique in the script; becomes the id of the utterance.
        speaker: id of the speaker.
        text: input of the engine.
        role: turn, backchannel, failed interruption ("attempt"), or aside.
        background: another voice than the speaker's says it (television, people nearby).
        tokens: the script's own spelling of the spoken tokens of `text`, in order.
        spoken_count: number of `tokens` before the cut; all of them where there is no cut.
        marks: of a turn, in order.
        turn: index of the script's turn in which the line is spoken.
        written: the source's text where it differs.
    """

    id: str
    speaker: str
    text: str
    role: Role
    tokens: tuple[str, ...]
    spoken_count: int
    marks: tuple[LineMark, ...] = ()
    turn: int = 0
    written: str = ""
    background: bool = False

    @property
    def cut(self) -> LineMark | None:
        """The mark at which the turn is cut off, if there is one."""
        return next((mark for mark in self.marks if mark.kind == "cut"), None)


def spoken_lines(script: Script) -> tuple[SpokenLine, ...]:
    """Everything that must be spoken for `script`, in the order of the script.

    Ids are ``t<turn>`` for turns, ``t<turn>.b<k>`` for backchannels, ``t<turn>.a<k>`` for failed
    interruptions and ``t<turn>.n<k>`` for asides. A turn without a spoken word (only a laugh) has
    no line.

    Raises:
        InputError: a turn is cut off before its first word, twice, or goes on with marks after the
            cut; a backchannel or a failed interruption has no word, or belongs to the turn's own
            speaker (reason ``bad-script``).
    """
    lines: list[SpokenLine] = []
    for index, turn in enumerate(script.turns):
        lines.extend(_turn_lines(script, index, turn))
    return tuple(lines)


class _TurnText:
    """Text of a turn under construction: as the engine gets it, and as the script spells it."""

    def __init__(self) -> None:
        self.engine_text = ""
        self.script_text = ""  # without the commas added by `add_comma`

    def append(self, text: str) -> None:
        joint = "" if not self.engine_text or text.startswith(_CLOSING) else " "
        if joint == "" and self.engine_text.endswith(",") and not self.script_text.endswith(","):
            self.engine_text = self.engine_text[:-1]  # the script has its own punctuation here
        self.engine_text += joint + text
        self.script_text += joint + text

    def add_comma(self) -> None:
        text = self.engine_text
        if text and not text.endswith(_BREAKING) and text[-1].isalnum():
            self.engine_text += ","

    @property
    def token_count(self) -> int:
        return len(spoken_tokens(self.script_text))


def _turn_lines(script: Script, index: int, turn: Turn) -> list[SpokenLine]:
    """The line of a turn, then those that the other speaker says during it."""
    text = _TurnText()
    marks: list[LineMark] = []
    overlays: list[SpokenLine] = []
    cut_at: int | None = None

    def script_error(problem: str, remedy: str) -> InputError:
        return InputError(
            f"script {script.id}, turn {index + 1}: {problem}", remedy=remedy, reason="bad-script"
        )

    for part in turn.parts:
        if isinstance(part, Words):
            text.append(part.text.strip())
            continue
        at = text.token_count
        if cut_at is not None:
            raise script_error("a mark after [interrupt]", "after it, only the words never said")
        match part:
            case Interruption():
                if at == 0:
                    raise script_error(
                        "[interrupt] before the first word", "let the speaker say a word"
                    )
                cut_at = at
                marks.append(LineMark("cut", at, label=part.kind, style=part.style))
            case Overlap():
                marks.append(LineMark("overlap", at, label=part.kind))
            case Pause():
                marks.append(LineMark("pause", at, seconds=part.seconds))
            case Sound() if part.speaker:
                if part.speaker == turn.speaker:
                    raise script_error(
                        f"{part.speaker} laughs along with themselves", "name the other speaker"
                    )
                marks.append(LineMark("laugh-along", at, label=part.speaker))
            case Sound():
                text.add_comma()
                marks.append(LineMark(part.sound, at))
            case Backchannel() | FailedInterruption() | Aside():
                role = _role(part)
                count = sum(line.role == role for line in overlays)
                line_id = f"t{index}.{'n' if role == 'aside' else role[0]}{count}"
                tokens = tuple(spoken_tokens(part.text))
                if role != "aside" and part.speaker == turn.speaker:
                    raise script_error(
                        f"{part.speaker} answers their own turn", "name the other speaker"
                    )
                if not tokens:
                    raise script_error(f"nothing to say in {part.text!r}", "write a word")
                overlays.append(
                    SpokenLine(
                        id=line_id,
                        speaker=part.speaker,
                        text=part.text.strip(),
                        role=role,
                        tokens=tokens,
                        spoken_count=len(tokens),
                        turn=index,
                        background=isinstance(part, Aside) and part.kind in BACKGROUND_KINDS,
                    )
                )
                marks.append(_overlay_mark(part, at, line_id))
    tokens = tuple(spoken_tokens(text.script_text))
    if not tokens:
        if overlays:
            raise script_error("a turn without a word has a listener", "let the speaker say a word")
        return []
    main = SpokenLine(
        id=f"t{index}",
        speaker=turn.speaker,
        text=text.engine_text.strip(),
        role="turn",
        tokens=tokens,
        spoken_count=len(tokens) if cut_at is None else cut_at,
        marks=tuple(marks),
        turn=index,
        written=turn.written,
    )
    return [main, *overlays]


def _role(part: Backchannel | FailedInterruption | Aside) -> Role:
    match part:
        case Backchannel():
            return "backchannel"
        case FailedInterruption():
            return "attempt"
        case Aside():
            return "aside"


def _overlay_mark(
    part: Backchannel | FailedInterruption | Aside, at: int, line_id: str
) -> LineMark:
    match part:
        case Backchannel():
            return LineMark("listen", at, line_id)
        case FailedInterruption():
            return LineMark("attempt", at, line_id, label=part.kind, style=part.style)
        case Aside():
            return LineMark("aside", at, line_id, label=part.kind)
