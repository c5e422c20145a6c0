"""Scripts to learn from: JSON lines of `interactspeech script`, the notation, or a built corpus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from interactspeech.corpus import Corpus
from interactspeech.dialogue import PlainDialogue, Script
from interactspeech.errors import InputError
from interactspeech.script.checks import check, refusal
from interactspeech.script.inputs import read_all
from interactspeech.script.notation import parse_script
from interactspeech.script.source import text_lines

_MARKS = ("corpus.json", "index.parquet")


def read_scripts(names: Iterable[str | Path]) -> Iterator[Script | InputError]:
    """Scripts and losses of all inputs, in order.

    Args:
        names: ``.jsonl`` of `interactspeech script`, files in the notation, folders, ``@demo``, or
            a corpus folder (whose records hold their scripts).

    A script that fails a check (`script.checks`) is one of the losses: nobody should learn from it.
    """
    for item in read_unchecked(names):
        failures = [] if isinstance(item, InputError) else check(item)
        yield refusal(item, failures) if failures and not isinstance(item, InputError) else item


def read_unchecked(names: Iterable[str | Path]) -> Iterator[Script | InputError]:
    """The same, with scripts that fail checks: for whom they are to be measured."""
    for name in names:
        yield from _read(name)


def _read(name: str | Path) -> Iterator[Script | InputError]:
    path = Path(name)
    if path.is_dir() and any((path / mark).exists() for mark in _MARKS):
        yield from _of_corpus(path)
    elif path.suffix == ".jsonl" and path.is_file() and _holds_scripts(path):
        yield from _of_lines(path)
    else:
        plain = 0
        for item in read_all([str(name)]):
            if isinstance(item, PlainDialogue):
                plain += 1
                continue
            yield item
        if plain:
            yield InputError(
                f"{plain:,} plain dialogues, which nobody has made interactive yet",
                path,
                remedy="make scripts of them first: interactspeech script INPUT -o scripts.jsonl",
                reason="no-scripts",
            )


def _holds_scripts(path: Path) -> bool:
    """Whether the first line is a script (a text corpus may be .jsonl too)."""
    for _, line in text_lines(path):
        if isinstance(line, str) and line.strip():
            try:
                msgspec.json.decode(line, type=Script)
            except msgspec.DecodeError:
                return False
            return True
    return False


def _of_lines(path: Path) -> Iterator[Script | InputError]:
    decoder = msgspec.json.Decoder(Script)
    for number, line in text_lines(path):
        if isinstance(line, InputError):
            yield line
        elif line.strip():
            try:
                yield decoder.decode(line)
            except msgspec.DecodeError as error:
                yield InputError(
                    f"no script: {error}", path, number,
                    remedy="each line is a script as `interactspeech script` writes it",
                    reason="bad-script",
                )  # fmt: skip


def _of_corpus(path: Path) -> Iterator[Script | InputError]:
    for item in Corpus.open(path):
        source = item.dialogue.provenance
        if not source.script:
            yield InputError(
                f"dialogue {item.id!r} holds no script", path,
                remedy="recordings have none; learn from a corpus that was built of text",
                reason="no-scripts",
            )  # fmt: skip
            continue
        try:
            script = parse_script(source.script, item.id, path)
        except InputError as error:
            yield error
            continue
        yield msgspec.structs.replace(
            script,
            corpus=script.corpus or source.corpus,
            source_id=script.source_id or source.id,
            licence=script.licence or source.licence,
        )
