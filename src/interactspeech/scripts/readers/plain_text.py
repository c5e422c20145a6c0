"""Plain text: dialogues of lines ``A: ...``, separated by blank lines, with marks or without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from interactspeech.errors import InputError
from interactspeech.records import PlainDialogue, Script
from interactspeech.scripts.notation import parse_header, parse_label, parse_script
from interactspeech.scripts.readers.raw_dialogue import DialogueLimits, RawDialogue, plain, safe_id

Lines = Iterator[tuple[int, str | InputError]]
_LETTER = re.compile(r"[A-Z]")


def text_dialogues(
    lines: Lines, path: Path, limits: DialogueLimits
) -> Iterator[PlainDialogue | Script | InputError]:
    """The dialogues of a text file; a dialogue with a mark is a script, the others are plain.

    A line that cannot be read loses its dialogue, because what follows would answer nothing.
    """
    index = 0
    stem = safe_id(path.name.split(".")[0])
    for block in _blocks(lines, path, limits.lines):
        lost = [line for _, line in block if isinstance(line, InputError)]
        texts = [(number, line) for number, line in block if isinstance(line, str)]
        if lost:
            yield from lost
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


def _blocks(lines: Lines, path: Path, most: int) -> Iterator[list[tuple[int, str | InputError]]]:
    """Lines between empty ones; of a block that is too long, an error in its place."""
    block: list[tuple[int, str | InputError]] = []
    count = 0
    for number, line in lines:
        if isinstance(line, str) and not line.strip():
            if block:
                yield block
            block, count = [], 0
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
        yield block


def _script(lines: list[tuple[int, str]], name: str, path: Path) -> Script:
    first = lines[0][0]
    script = parse_script("\n".join(line for _, line in lines), name, path, first)
    if len(script.speakers) != 2:
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
