"""The notation: scripts as plain text that people can write and read.

```
A: So we take the early train [B: mm-hm] and then [interrupt] walk to the harbour.
B: Wait, isn't the harbour closed?
```

`parse_script` reads it, `format_script` prints it, and ``parse_script(format_script(x)) == x``. The
grammar is in docs/notation.md. Spaces around marks and runs of spaces carry no meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import cast, get_args

import msgspec

from interactspeech.errors import InputError
from interactspeech.records import (
    Aside,
    Backchannel,
    FailedInterruption,
    Interruption,
    Overlap,
    Part,
    Pause,
    Script,
    Sound,
    Turn,
    Words,
    spoken_tokens,
)
from interactspeech.records.script import ASIDE_KINDS, MAX_SPEAKERS, SOUND_KINDS, AsideKind, Style
from interactspeech.scripts.kinds import KINDS

#: Range of a pause that a script can ask for, in seconds.
SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 10.0

#: A speaker's label: a letter, then letters, digits and a few signs, at most 40 characters.
LABEL = re.compile(r"[^\W\d_][\w .'\-]{0,39}?(?=\s*:)")

_NAMES = ("interrupt", "overlap", "pause", *SOUND_KINDS)
_MARKS = f"{', '.join(_NAMES)}, 'B: mm-hm', 'B tries: but', 'B aside side-talk: not now'"
_STYLES = tuple(style for style in get_args(Style) if style)
_HEADER = re.compile(r"#\s+(id|corpus|source|licence|split|writer|(?:role )?[A-Z]):\s*(.*)")
_HEADER_FIELDS = {
    "id": "id",
    "corpus": "corpus",
    "source": "source_id",
    "licence": "licence",
    "split": "split",
    "writer": "writer",
}
_TRIES = re.compile(r"^(?P<who>.+?)\s+tries(?:\s+(?P<attributes>[^:]*))?$")
_ASIDE = re.compile(r"^(?P<who>.+?)\s+aside(?:\s+(?P<kind>\S+))?$")
#: "(laughs)", "*sighs heavily*": sounds as people write them where the notation has marks.
_DIRECTION = re.compile(
    r"(?P<open>\(|\*)\s*(?:(?!not\b)[a-z]+ly\s+)?(?:"
    r"(?P<laugh>laugh(?:s|ing|ter)?|chuckl(?:es?|ing)|giggl(?:es?|ing)|snicker(?:s|ing)?)|"
    r"(?P<sigh>sigh(?:s|ing)?)|(?P<cough>cough(?:s|ing)?)|"
    r"(?:breath(?:es?|ing)?|inhal(?:es?|ing)|exhal(?:es?|ing)|gasp(?:s|ing)?)"
    r")(?:\s+[a-z]+){0,2}\s*(?(open)[)*])",
    re.IGNORECASE,
)
_CLOSING = tuple(",.;:?!…)")


#: Ids that names get, one more than there are speakers.
_IDS = "ABCDEFG"


class _LinePlace(msgspec.Struct, frozen=True):
    """File and number of a line, for errors."""

    path: Path | str | None
    line: int

    def error(self, problem: str, column: int, remedy: str, reason: str) -> InputError:
        return InputError(problem, self.path, self.line, column + 1, remedy, reason=reason)


class _Speakers:
    """Labels to ids: a capital letter is its own id; names get A, B, ... as they appear."""

    def __init__(self) -> None:
        self.ids: dict[str, str] = {}
        self.names: dict[str, str] = {}

    def id_of(self, label: str, place: _LinePlace, column: int) -> str:
        label = " ".join(label.split())
        if label not in self.ids:
            if len(self.ids) == MAX_SPEAKERS:
                raise place.error(
                    f"one speaker more, {label!r}, beside {', '.join(self.ids)}",
                    column,
                    f"a script has two to {MAX_SPEAKERS} speakers; check the spelling of the label",
                    "speakers",
                )
            self.ids[label] = self._new(label)
        return self.ids[label]

    def _new(self, label: str) -> str:
        if len(label) == 1 and "A" <= label <= "Z" and label not in self.ids.values():
            return label
        free = next(letter for letter in _IDS if letter not in self.ids.values())
        self.names[free] = label
        return free


def parse_script(
    text: str, script_id: str = "script", path: Path | str | None = None, first_line: int = 1
) -> Script:
    """Read one script in the notation.

    Args:
        text: the lines of one dialogue. Lines that begin with ``# `` are comments; the header lines
            ``# id:``, ``# corpus:``, ``# source:``, ``# licence:``, ``# split:``, ``# writer:`` and
            ``# A: name`` fill the fields of the script.
        script_id: used where no header gives one.
        path: named in errors.
        first_line: number of the text's first line in that file.

    Raises:
        InputError: the text is not a script; with line, column and remedy. Reasons: ``bad-line``,
            ``unknown-mark``, ``unknown-kind``, ``bad-bracket``, ``bad-pause``, ``empty-mark``,
            ``empty-turn``, ``no-turns``, ``speakers``, ``same-speaker``, ``own-listener``,
            ``two-interrupts``, ``interrupt-place``, ``after-interrupt``, ``mark-at-end``,
            ``last-turn``.
    """
    speakers = _Speakers()
    fields: dict[str, str] = {}
    names: dict[str, str] = {}
    roles: dict[str, str] = {}
    turns: list[Turn] = []
    places: list[_LinePlace] = []
    for number, raw in enumerate(text.split("\n"), first_line):
        line = raw.strip()
        if not line:
            continue
        place = _LinePlace(path, number)
        if header := parse_header(line):
            key, value = header
            if key.startswith("role "):
                roles[key[-1]] = value
            else:
                (names if len(key) == 1 else fields)[key] = value
            continue
        if line.startswith("# "):
            continue
        turns.append(_turn(raw.rstrip(), place, speakers))
        places.append(place)
    if not turns:
        raise InputError(
            "no turns", path, first_line, remedy="write lines like 'A: hello'", reason="no-turns"
        )
    _check_sequence(turns, places)
    return Script(
        id=fields.get("id", script_id),
        turns=tuple(turns),
        names={**speakers.names, **names},
        corpus=fields.get("corpus", ""),
        source_id=fields.get("source_id", ""),
        licence=fields.get("licence", ""),
        split=fields.get("split", ""),
        writer=fields.get("writer", ""),
        roles=roles,
    )


def parse_header(line: str) -> tuple[str, str] | None:
    """Field of `Script` (or a speaker's letter, or "role A") and value, of a header's line."""
    found = _HEADER.fullmatch(line.strip())
    return (_HEADER_FIELDS.get(found[1], found[1]), found[2]) if found else None


def parse_label(line: str, path: Path | str | None, number: int) -> tuple[str, str]:
    """Label and rest of a turn's line. Raises `InputError` (``bad-line``) where it has none."""
    found = LABEL.match(line, len(line) - len(line.lstrip()))
    if found is None:
        raise _no_label(line, _LinePlace(path, number))
    return " ".join(found.group().split()), line[line.index(":", found.end()) + 1 :]


def _no_label(line: str, place: _LinePlace) -> InputError:
    return place.error(
        f"not a turn: {_short(line)!r}",
        len(line) - len(line.lstrip()),
        "begin the line with 'A: ' or 'B: '",
        "bad-line",
    )


def _turn(line: str, place: _LinePlace, speakers: _Speakers) -> Turn:
    start = len(line) - len(line.lstrip())
    label = LABEL.match(line, start)
    if label is None:
        raise _no_label(line, place)
    speaker = speakers.id_of(label.group(), place, start)
    begin = line.index(":", label.end()) + 1
    parts: list[Part] = []
    columns: list[int] = []
    for kind, piece, column in _pieces(line, begin, place):
        part = (
            Words(" ".join(piece.split()))
            if kind == "words"
            else _mark(piece, column, place, speakers, speaker)
        )
        if line[column] != "[" and isinstance(part, Sound) and _is_cut(parts):
            continue  # a direction among words that are never said
        if isinstance(part, Words) and parts and isinstance(parts[-1], Words):
            parts[-1] = Words(f"{parts[-1].text} {part.text}")
            continue
        parts.append(part)
        columns.append(column)
    if not any(isinstance(part, Words | Sound) for part in parts):
        raise place.error(
            "an empty turn", start, "write what is said, or leave the line out", "empty-turn"
        )
    _check_order(parts, columns, place, speaker)
    return Turn(speaker, tuple(parts))


def _is_cut(parts: list[Part]) -> bool:
    return any(isinstance(part, Interruption) for part in parts)


def _pieces(line: str, begin: int, place: _LinePlace) -> Iterator[tuple[str, str, int]]:
    """Stretches of words and insides of brackets, with their columns (0-based)."""
    at = begin
    while at < len(line):
        opening, closing = line.find("[", at), line.find("]", at)
        if closing >= 0 and (opening < 0 or closing < opening):
            raise place.error("']' without '['", closing, f"marks: {_MARKS}", "bad-bracket")
        words = line[at:] if opening < 0 else line[at:opening]
        yield from _directions(words, at)
        if opening < 0:
            return
        again = line.find("[", opening + 1)
        if closing < 0 or 0 <= again < closing:
            raise place.error("'[' without ']'", opening, "close the bracket", "bad-bracket")
        yield "mark", line[opening + 1 : closing], opening
        at = closing + 1


def _directions(words: str, at: int) -> Iterator[tuple[str, str, int]]:
    """Words, and laughs and breaths that are written as stage directions between them."""
    place = 0
    for found in _DIRECTION.finditer(words):
        if (before := words[place : found.start()]).strip():
            yield "words", before, at + place + len(before) - len(before.lstrip())
        sound = next((name for name in ("laugh", "sigh", "cough") if found[name]), "breath")
        yield "mark", sound, at + found.start()
        place = found.end()
    if (rest := words[place:]).strip():
        yield "words", rest, at + place + len(rest) - len(rest.lstrip())


def _mark(inside: str, column: int, place: _LinePlace, speakers: _Speakers, speaker: str) -> Part:
    head, colon, text = inside.partition(":")
    head, text = " ".join(head.split()), " ".join(text.split())
    if colon and (aside := _ASIDE.match(head)):
        return _aside(aside, text, column, place, speakers)
    if colon:
        return _others(head, text, column, place, speakers, speaker)
    name, _, rest = head.partition(" ")
    match name:
        case "interrupt":
            kind, style = _attributes(rest, column, place)
            return Interruption(kind, style)
        case "pause":
            return Pause(_seconds(rest, column, place) if rest else None)
        case "overlap":
            kind, style = _attributes(rest, column, place)
            if not style:
                return Overlap(kind)
    for sound in SOUND_KINDS:
        if name == sound and not rest:
            return Sound(sound)
    label, _, last = head.rpartition(" ")
    if last == "laugh" and LABEL.match(f"{label}:"):
        return _laugh_along(label, column, place, speakers, speaker)
    close = get_close_matches(name.lower(), _NAMES, n=1)
    remedy = f"did you mean [{close[0]}]?" if close else f"marks: {_MARKS}"
    raise place.error(f"unknown mark [{_short(inside)}]", column, remedy, "unknown-mark")


def _laugh_along(
    label: str, column: int, place: _LinePlace, speakers: _Speakers, speaker: str
) -> Sound:
    who = speakers.id_of(label, place, column)
    if who == speaker:
        raise place.error(
            f"{label} laughs along with themselves", column, "write [laugh]", "own-listener"
        )
    return Sound("laugh", who)


def _aside(
    found: re.Match[str], text: str, column: int, place: _LinePlace, speakers: _Speakers
) -> Aside:
    known = ", ".join(ASIDE_KINDS)
    kind = found["kind"] or ""
    if kind not in ASIDE_KINDS:
        close = get_close_matches(kind, ASIDE_KINDS, n=1)
        remedy = f"did you mean {close[0]!r}?" if close else f"one of {known}"
        raise place.error(f"unknown kind of aside {kind!r}", column, remedy, "unknown-kind")
    if not LABEL.match(f"{found['who']}:"):
        raise place.error(
            f"unknown mark [{_short(found.group())}: ...]",
            column,
            f"marks: {_MARKS}",
            "unknown-mark",
        )
    if not spoken_tokens(text):
        raise place.error(
            f"nothing said in [{_short(found.group())}:]",
            column,
            "write what is said",
            "empty-mark",
        )
    return Aside(speakers.id_of(found["who"], place, column), text, cast(AsideKind, kind))


def _others(
    head: str, text: str, column: int, place: _LinePlace, speakers: _Speakers, speaker: str
) -> Part:
    tries = _TRIES.match(head)
    label = tries["who"] if tries else head
    if not LABEL.match(f"{label}:"):
        raise place.error(
            f"unknown mark [{_short(head)}: ...]", column, f"marks: {_MARKS}", "unknown-mark"
        )
    first = label.split()[0]
    if first != label and first in speakers.ids:  # "[A cries: ...]" names nobody new
        raise place.error(
            f"unknown mark [{_short(head)}: ...]; {first!r} is a speaker, {label!r} is none",
            column,
            f"write [{first}: ...], or one of the marks; or check the spelling of the label",
            "speakers",
        )
    who = speakers.id_of(label, place, column)
    if who == speaker:
        raise place.error(
            f"{label} listens to their own turn", column, "name the other speaker", "own-listener"
        )
    if not spoken_tokens(text):
        raise place.error(
            f"nothing said in [{_short(head)}:]", column, "write what is said", "empty-mark"
        )
    if tries is None:
        return Backchannel(who, text)
    kind, style = _attributes(tries["attributes"] or "", column, place)
    return FailedInterruption(who, text, kind, style)


def _attributes(text: str, column: int, place: _LinePlace) -> tuple[str, Style]:
    kind = ""
    style: Style = ""
    for word in text.split():
        if word in _STYLES and not style:
            style = "competitive" if word == "competitive" else "cooperative"
        elif word in KINDS and not kind:
            kind = word
        else:
            known = [*KINDS, *_STYLES]
            close = get_close_matches(word, known, n=1)
            remedy = f"did you mean {close[0]!r}?" if close else f"one of {', '.join(known)}"
            raise place.error(f"unknown kind {word!r}", column, remedy, "unknown-kind")
    return kind, style


def _seconds(text: str, column: int, place: _LinePlace) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not SHORTEST_PAUSE <= seconds <= LONGEST_PAUSE:
        raise place.error(
            f"a pause of {_short(text)!r}",
            column,
            f"seconds from {SHORTEST_PAUSE} to {LONGEST_PAUSE}, like [pause 0.8]",
            "bad-pause",
        )
    return seconds


def _check_order(parts: list[Part], columns: list[int], place: _LinePlace, speaker: str) -> None:
    """Check that marks are in possible positions."""
    spoken = [isinstance(part, Words) and bool(spoken_tokens(part.text)) for part in parts]
    cut: int | None = None
    overlap = False
    for index, (part, column) in enumerate(zip(parts, columns, strict=True)):
        if isinstance(part, Words):
            continue
        if isinstance(part, Interruption) and cut is not None:
            raise place.error(
                "two interrupts in a turn", column, "keep the first", "two-interrupts"
            )
        if cut is not None:
            raise place.error(
                "a mark after [interrupt]",
                column,
                "what follows [interrupt] is never said: put the mark before it",
                "after-interrupt",
            )
        if isinstance(part, Interruption):
            cut = index
            if overlap:
                raise place.error(
                    "[overlap] and [interrupt] in a turn", column, "keep one", "interrupt-place"
                )
            if not any(spoken[:index]):
                raise place.error(
                    "[interrupt] before the first word",
                    column,
                    "let the speaker say a word first",
                    "interrupt-place",
                )
            if not any(spoken[index:]):
                raise place.error(
                    "[interrupt] with nothing unsaid after it",
                    column,
                    "write the rest of the sentence as planned, or use [overlap] earlier",
                    "interrupt-place",
                )
        elif isinstance(part, Overlap):
            if overlap:
                raise place.error("two overlaps in a turn", column, "keep one", "interrupt-place")
            overlap = True
            if not any(spoken[:index]):
                raise place.error(
                    "[overlap] before the first word", column, "move it", "interrupt-place"
                )
        own = isinstance(part, Aside) and part.speaker == speaker
        if isinstance(part, Aside) and not any(spoken[:index]):
            raise place.error(
                "an aside before the first word", column, "move it", "interrupt-place"
            )
        if (
            not isinstance(part, Sound | Interruption)
            and not (isinstance(part, Aside) and not own)
            and not any(spoken[index:])
        ):
            raise place.error(
                "the speaker does not go on after this mark",
                column,
                "put it before words of the same turn, or make it a turn",
                "mark-at-end",
            )


def _check_sequence(turns: list[Turn], places: list[_LinePlace]) -> None:
    for index, (turn, place) in enumerate(zip(turns, places, strict=True)):
        if index and turns[index - 1].speaker == turn.speaker:
            raise place.error(
                f"two turns of {turn.speaker} in a row",
                0,
                "write them in one line, with [pause] between",
                "same-speaker",
            )
    for name, kind in (("interrupt", Interruption), ("overlap", Overlap)):
        if any(isinstance(part, kind) for part in turns[-1].parts):
            raise places[-1].error(
                f"[{name}] in the last turn", 0, "no turn follows: remove it", "last-turn"
            )


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:39] + "…"


def format_script(script: Script, *, header: bool = True) -> str:
    """Print a script in the notation, one line a turn, with a newline at the end.

    Args:
        script: speakers' ids must be capital letters.
        header: write the fields of the script as ``# key: value`` lines.

    Raises:
        InputError: the script holds something that the notation cannot say (reason
            ``not-notation``): brackets in words, an unknown kind, words that are not in normal
            form.
    """
    lines: list[str] = []
    if header:
        fields = {key: getattr(script, field) for key, field in _HEADER_FIELDS.items()}
        fields |= script.names
        fields |= {f"role {speaker}": role for speaker, role in script.roles.items()}
        for key, value in fields.items():
            if value != " ".join(value.split()):
                raise _unprintable(script, f"the {key} {_short(value)!r}")
            if value:
                lines.append(f"# {key}: {value}")
    lines += [f"{turn.speaker}: {format_turn(turn, script)}" for turn in script.turns]
    return "\n".join(lines) + "\n"


def format_turn(turn: Turn, script: Script | None = None) -> str:
    """The parts of a turn in the notation, without the label. Raises as `format_script`."""
    text = ""
    for part in turn.parts:
        piece = _piece(part, script)
        joint = "" if not text or (isinstance(part, Words) and piece.startswith(_CLOSING)) else " "
        text += joint + piece
    return text


def _piece(part: Part, script: Script | None) -> str:
    match part:
        case Words(text):
            return _plain(text, script)
        case Interruption(kind, style):
            return f"[interrupt{_printed(kind, style, script)}]"
        case Backchannel(speaker, text):
            return f"[{speaker}: {_plain(text, script)}]"
        case FailedInterruption(speaker, text, kind, style):
            return f"[{speaker} tries{_printed(kind, style, script)}: {_plain(text, script)}]"
        case Pause(None):
            return "[pause]"
        case Pause(seconds):
            return f"[pause {seconds!r}]"
        case Overlap(kind):
            return f"[overlap{_printed(kind, '', script)}]"
        case Aside(speaker, text, kind):
            return f"[{speaker} aside {kind}: {_plain(text, script)}]"
        case Sound(sound, ""):
            return f"[{sound}]"
        case Sound(sound, speaker):
            return f"[{speaker} {sound}]"


def _plain(text: str, script: Script | None) -> str:
    if not text or text != " ".join(text.split()) or "[" in text or "]" in text:
        raise _unprintable(script, f"the words {_short(text)!r}")
    return text


def _printed(kind: str, style: str, script: Script | None) -> str:
    if kind and kind not in KINDS:
        raise _unprintable(script, f"the kind {kind!r}")
    return "".join(f" {word}" for word in (kind, style) if word)


def _unprintable(script: Script | None, what: str) -> InputError:
    name = f"script {script.id}: " if script else ""
    return InputError(f"{name}{what} cannot be written in the notation", reason="not-notation")
