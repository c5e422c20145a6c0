"""Seamless Interaction (Meta, 2025): a file for each participant of an interaction.

```
improvised/train/0000/0005/V00_S0809_I00000582_P0947.wav    48 kHz, one participant
improvised/train/0000/0005/V00_S0809_I00000582_P0947.json   metadata:vad, metadata:transcript
```
or, as in the documented tree, ``{split}/audio/*.wav`` with ``vad/*.jsonl`` and
``transcript/*.jsonl`` of the same names. Files that share vendor, session and interaction are one
recording. ``vad`` says when someone talks, ``transcript`` holds words with times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from interactspeech.errors import InputError
from interactspeech.formats.parsed_file import AnnotationMark
from interactspeech.mining.layouts.common import any_of, dialogue, json_of, text, ticks
from interactspeech.mining.layouts.interface import RecordingLayout
from interactspeech.mining.source import RecordingSource, SourceFile
from interactspeech.records import Dialogue

_NAME = re.compile(r"^(V\d+_S\d+_I\d+)_(P\d+\w*)$")
_SPLITS = frozenset({"train", "dev", "test"})

LICENCE = "CC-BY-NC-4.0"


def fits(root: Path) -> bool:
    """Whether the folder looks like Seamless Interaction's."""
    name = "V*_S*_I*_P*.wav"
    return any_of(root, *("*/" * depth + name for depth in range(6)))


def read(root: Path) -> Iterator[RecordingSource | InputError]:
    """One recording an interaction."""
    groups: dict[tuple[Path, str], list[tuple[str, Path]]] = {}
    for path in sorted(root.rglob("V*_S*_I*_P*.wav")):
        if match := _NAME.match(path.stem):
            groups.setdefault((path.parent, match[1]), []).append((match[2], path))
    for (folder, name), members in groups.items():
        if len(members) < 2:
            yield InputError(
                f"the other participant of {name} is not there", members[0][1],
                remedy="fetch all files of an interaction", reason="one-speaker",
            )  # fmt: skip
            continue
        split = next((part for part in reversed(folder.parts) if part in _SPLITS), "")
        there = [path for _, file in members for path in _beside(file)]
        yield RecordingSource(
            id=name, pieces=tuple(SourceFile(str(path)) for _, path in members),
            speakers=tuple(who for who, _ in members), channels="speakers",
            annotation=tuple(map(str, there)), reader="seamless",
            people=True, corpus="seamless-interaction",
            licence=LICENCE, split=split,
        )  # fmt: skip


def _beside(audio: Path) -> list[Path]:
    whole = audio.with_suffix(".json")
    if whole.is_file():
        return [whole]
    parts = [audio.parent.parent / kind / f"{audio.stem}.jsonl" for kind in ("vad", "transcript")]
    return [path for path in parts if path.is_file()]


def annotation(source: RecordingSource, rate: int) -> Dialogue:
    """Activity and words of all participants."""
    segments: list[AnnotationMark] = []
    words: list[AnnotationMark] = []
    for path in source.annotation:
        match = _NAME.match(Path(path).stem)
        who = match[2] if match else source.speakers[0]
        vad, said = _layers(path)
        segments += _marks(vad, who, rate, path)
        words += [mark for one in said for mark in _marks(one.get("words", []), who, rate, path)]
    times = "recognised"
    return dialogue(source.id, source.annotation[0], rate, source.speakers, segments=segments,
                    words=words, times=times)  # type: ignore[arg-type]  # fmt: skip


def _layers(path: str) -> tuple[list[Any], list[Any]]:
    if path.endswith(".jsonl"):
        try:
            rows = [msgspec.json.decode(line) for line in text(path).splitlines() if line.strip()]
        except msgspec.DecodeError as error:
            raise InputError(f"no JSON: {error}", path, reason="bad-json") from None
        return (rows, []) if Path(path).parent.name == "vad" else ([], rows)
    found = json_of(path)
    if not isinstance(found, dict):
        raise InputError("no JSON object", path, reason="bad-json")
    return list(found.get("metadata:vad") or []), list(found.get("metadata:transcript") or [])


def _marks(rows: list[Any], who: str, rate: int, path: str) -> list[AnnotationMark]:
    """Marks of rows with a start and an end; words that were not aligned have none and are out."""
    marks = []
    for row in rows:
        if not isinstance(row, dict) or row.get("start") is None or row.get("end") is None:
            continue
        start, end = (ticks(row[key], rate, path) for key in ("start", "end"))
        if end > start:
            marks.append(AnnotationMark(who, start, end, str(row.get("word") or "")))
    return marks


LAYOUT = RecordingLayout(
    "seamless", "Seamless Interaction: a file a participant, words, activity",
    LICENCE, fits, read, annotation,
)  # fmt: skip
