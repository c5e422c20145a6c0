"""Plain text: dialogues of lines ``A: ...``, parted by blank lines, with marks or without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import msgspec

from interactspeech.errors import InputError
from interactspeech.records import PlainDialogue, Script
from interactspeech.scripts.notation import LABEL, parse_header, parse_label, parse_script
from interactspeech.scripts.readers.raw_dialogue import DialogueLimits, RawDialogue, plain, safe_id

Lines = Iterator[tuple[int, str | InputError]]
Block = list[tuple[int, str | InputError]]
_LETTER = re.compile(r"[A-Z]")
#: Before a label: the time of a transcript, or the date and time of a chat's export.
_CLOCK = (
    r"(?:\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4},?\s)?"
    r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?(?:\s?[AaPp]\.?[Mm]\.?)?"
)
_STAMP = re.compile(
    rf"\s*(?:[\[(]{_CLOCK}[\])]|{_CLOCK})\s+(?:[-\u2013]\s+)?\u200e?(?=[^\W\d_][^:\n]{{0,39}}:)"
)
#: A label in Markdown, or with a colon of another script: "**Ann:** ...", "**Ann**: ...".
_MARKED = re.compile(
    r"(\s*)(?:\*\*([^*:\n]{1,40}):\*\*|\*\*([^*:\n]{1,40})\*\*\s?:|([^\W\d_][^:\uff1a\n]{0,39})\uff1a)"
)
#: A line that ends a dialogue: dashes, equals signs, asterisks.
_RULE = re.compile(r"\s*(?:-{3,}|={3,}|\*{3,}|_{3,}|(?:\* ){2,}\*)\s*")


def is_stamped(line: str) -> bool:
    """True for a turn with a time before its label: "[00:01] Ann: ...".

    >>> is_stamped("[12/05/2023, 14:03:05] Ann: hi"), is_stamped('["Ann: hi"]')
    (True, False)
    """
    return _STAMP.match(line) is not None


def _bare(line: str) -> str:
    """A line without a time before its label and without marks around that.

    >>> _bare("14:03 - Ann: hi"), _bare("**Ann:** hi"), _bare("A: at 3:30: yes")
    ('Ann: hi', 'Ann: hi', 'A: at 3:30: yes')
    """
    line = _STAMP.sub("", line, count=1) if _STAMP.match(line) else line
    found = _MARKED.match(line)
    if found is None:
        return line
    label = found[2] or found[3] or found[4]
    return f"{found[1]}{label.strip()}: {line[found.end() :].lstrip()}"


def text_dialogues(
    lines: Lines, path: Path, limits: DialogueLimits
) -> Iterator[PlainDialogue | Script | InputError]:
    """The dialogues of a text file; a dialogue with a mark is a script, the others are plain.

    A line that cannot be read loses its dialogue, because what follows would answer nothing. Where
    blank lines stand inside a dialogue, see `_dialogues`.
    """
    lines = ((number, _bare(line) if isinstance(line, str) else line) for number, line in lines)
    index = 0
    stem = safe_id(path.name.split(".")[0])
    for block in _dialogues(lines, path, limits.lines):
        lost = [line for _, line in block if isinstance(line, InputError)]
        texts = [(number, line) for number, line in block if isinstance(line, str)]
        if lost:
            for error in lost:
                error.path = error.path or path
                yield error
            continue
        if all(line.lstrip().startswith("# ") for _, line in texts):
            continue  # a comment that stands alone
        index += 1
        name = f"{stem}-{index:03d}"
        try:
            if any("[" in line for _, line in texts if not line.lstrip().startswith("# ")):
                yield _script(texts, name, path)
            else:
                raw = _raw(texts, name, path)
                for item in plain(raw, path, limits):
                    yield (
                        item
                        if isinstance(item, InputError)
                        else msgspec.structs.replace(item, id=safe_id(raw.id))
                    )
        except InputError as error:
            yield error


def _dialogues(lines: Lines, path: Path, most: int) -> Iterator[Block]:
    """The lines of each dialogue.

    A blank line ends a dialogue, but not where it only parts turns or paragraphs:

    - Blocks of a single turn, one after the other, are turns of one dialogue.
    - A block without a label goes on with the turn before it. Whether the dialogue goes on behind
      it nothing says, so an error (reason ``blank-line-in-turn``) says where another one was begun.

    Two blank lines, a line of dashes, and a block that begins with a header always end a dialogue.
    """
    held: Block = []
    torn = False  # a turn of the dialogue that is held went on after a blank line
    for block, apart in _blocks(lines, path, most):
        first = _text(block[0])
        labels = sum(_is_turn(line) for _, line in block)
        if held and not apart and labels == 0 and _is_words(block) and _has_turn(held):
            held = _with_paragraph(held, block)
            torn = True
            continue
        single = labels == 1 and not first.startswith("# ")
        if held and not apart and single and _is_single(held) and len(held) < most:
            held += block
            continue
        if held:
            yield held
            if torn and not _is_single(held) and not apart and not first.startswith("# "):
                number, where = held[0][0], block[0][0]
                yield [(where, InputError(
                    "a turn goes on after a blank line, and another dialogue was begun here: the "
                    f"one before it begins in line {number}", None, where,
                    remedy="take out blank lines inside a dialogue, and leave two blank lines "
                    "between dialogues", reason="blank-line-in-turn",
                ))]  # fmt: skip
        held, torn = block, False
    if held:
        yield held


def _blocks(lines: Lines, path: Path, most: int) -> Iterator[tuple[Block, bool]]:
    """Runs of lines that are not blank, and whether what is before each surely ends there.

    Of a block that is too long, there is an error in its place.
    """
    block: Block = []
    count, blank, apart = 0, 0, True
    for number, line in lines:
        rule = isinstance(line, str) and _RULE.fullmatch(line) is not None
        if rule or (isinstance(line, str) and not line.strip()):
            if block:
                yield block, apart
                block, blank, apart = [], 0, False
            count = 0
            blank += 1
            apart = apart or rule or blank > 1
            continue
        count += 1
        if count <= most:
            block.append((number, line))
        elif count == most + 1:
            first = block[0][0]
            error = InputError(
                f"a dialogue of more than {most:,} lines", path, first,
                remedy="an empty line ends a dialogue", reason="too-many-turns",
            )  # fmt: skip
            block = [(first, error)]
    if block:
        yield block, apart


def _text(numbered: tuple[int, str | InputError]) -> str:
    return numbered[1].lstrip() if isinstance(numbered[1], str) else ""


def _is_turn(line: str | InputError) -> bool:
    return isinstance(line, str) and LABEL.match(line.lstrip()) is not None


def _is_words(block: Block) -> bool:
    return all(isinstance(line, str) and not line.lstrip().startswith("# ") for _, line in block)


def _has_turn(block: Block) -> bool:
    return any(_is_turn(line) for _, line in block)


def _is_single(block: Block) -> bool:
    """Whether each turn of a block stood alone: a blank line lies between any two."""
    turns = [number for number, line in block if _is_turn(line)]
    parted = all(after - before > 1 for before, after in pairwise(turns))
    return bool(turns) and parted and not _text(block[0]).startswith("# ")


def _with_paragraph(held: Block, block: Block) -> Block:
    """The dialogue with the words of a block put to its last turn."""
    words = " ".join(line.strip() for _, line in block if isinstance(line, str))
    place = max(k for k, (_, line) in enumerate(held) if _is_turn(line))
    number, line = held[place]
    return [*held[:place], (number, f"{line} {words}"), *held[place + 1 :]]


def _script(lines: list[tuple[int, str]], name: str, path: Path) -> Script:
    first = lines[0][0]
    script = parse_script("\n".join(line for _, line in lines), name, path, first)
    if len(script.speakers) < 2:
        raise InputError("only one speaker", path, first, reason="one-speaker")
    return msgspec.structs.replace(script, id=safe_id(script.id), line=first)


def _raw(lines: list[tuple[int, str]], name: str, path: Path) -> RawDialogue:
    raw = RawDialogue(id=name, turns=[], line=lines[0][0])
    for number, line in lines:
        header = parse_header(line)
        if header:
            key, value = header
            match key:
                case "source_id":
                    pass  # the id names the dialogue; `source` matters for scripts only
                case "id" | "corpus" | "licence" | "split":
                    setattr(raw, key, value)
                case _ if key.startswith("role "):
                    raw.roles[key[-1]] = value
                case _ if _LETTER.fullmatch(key):
                    raw.names[key] = value
            continue
        if line.lstrip().startswith("# "):
            continue
        label, text = parse_label(line, path, number)
        if not _LETTER.fullmatch(label):
            raw.names.setdefault(label, label)
        raw.turns.append((label, text, number))
    return raw
