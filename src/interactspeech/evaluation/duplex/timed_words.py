"""Words with times in seconds, as recognisers for benchmarks write them.

```json
{"text": "So we", "chunks": [{"text": "So", "timestamp": [0.52, 0.7]},
                             {"text": "we", "timestamp": [0.7, null]}]}
```

The form is Full-Duplex-Bench's ``output.json`` (that of Hugging Face's recognition pipelines). An
end, and with other recognisers a start, may be missing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from interactspeech.errors import InputError


class TimedWord(msgspec.Struct, frozen=True):
    """A word, or a chunk of several.

    Attributes:
        text: as it was recognised.
        start: seconds.
        end: seconds; None where the recogniser gave none.
    """

    text: str
    start: float
    end: float | None = None

    @property
    def known_end(self) -> float:
        """The end; the start where there is none."""
        return self.start if self.end is None else self.end


def read_timed_words(path: Path, notes: list[str] | None = None) -> tuple[TimedWord, ...]:
    """The words of a file, in the order in which they stand; those without a start are left out.

    A list without ``chunks`` around it is taken too, and ``[start, end, text]`` rows or objects
    with ``start``, ``end`` and ``text`` or ``word``.

    Args:
        path: the file.
        notes: takes up how many words were left out.

    Raises:
        InputError: the file is missing, is no JSON (the message has the line), or holds a row that
            is no word, or a time that is none.
    """
    data = read_json(path)
    rows = data.get("chunks") if isinstance(data, dict) else data
    if not isinstance(rows, list):
        raise InputError(
            'holds no list of words ("chunks")',
            path,
            remedy='write {"chunks": [{"text": "hi", "timestamp": [0.5, 0.8]}]}',
            reason="bad-annotation",
        )
    if rows and all(isinstance(row, dict) and "item" in row for row in rows):
        # Full-Duplex-Bench's transcriptions: a list of speakers with their words.
        rows = rows[0]["item"] if isinstance(rows[0]["item"], list) else [None]
    return words_of_rows(rows, path, notes)


def words_of_rows(
    rows: Sequence[Any], path: Path, notes: list[str] | None = None
) -> tuple[TimedWord, ...]:
    """Words of JSON's rows, in their order; those without a start are left out.

    Args:
        rows: each ``{"text", "timestamp": [start, end]}``, or another of `read_timed_words`' forms.
        path: the file they are from, for messages.
        notes: takes up how many words were left out.

    Raises:
        InputError: a row is no word, or a time is none.
    """
    words = [_word(row, number, path) for number, row in enumerate(rows, 1)]
    untimed = sum(word is None for word in words)
    if untimed and notes is not None:
        notes.append(f"{path.name}: {untimed} of {len(words)} words have no time")
    return tuple(word for word in words if word is not None)


def write_timed_words(words: Iterable[TimedWord]) -> bytes:
    """Words in Full-Duplex-Bench's form."""
    chunks = [{"text": w.text, "timestamp": [w.start, w.end]} for w in words]
    text = " ".join(str(chunk["text"]).strip() for chunk in chunks)
    return json.dumps({"text": text, "chunks": chunks}, ensure_ascii=False).encode() + b"\n"


def read_json(path: Path) -> Any:
    """A JSON file.

    Raises:
        InputError: it is missing, unreadable or malformed, with line and column.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError("is missing", path, reason="missing-file") from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path, reason="unreadable") from None
    except UnicodeDecodeError as error:
        raise InputError(f"is no UTF-8 text: {error.reason}", path, reason="bad-encoding") from None
    try:
        return json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise InputError(
            f"is no JSON: {error.msg}", path, error.lineno, error.colno, reason="bad-json"
        ) from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"is no JSON: {error}", path, reason="bad-json") from None


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is no number")


def seconds(value: Any, what: str, path: Path) -> float:
    """A time of a JSON file.

    Raises:
        InputError: it is no finite number of 0 or more.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"{what}: {value!r} is no time", path, reason="bad-time")
    if value < 0:
        raise InputError(f"{what}: {value} is before 0", path, reason="negative-time")
    return float(value)


def _word(row: Any, number: int, path: Path) -> TimedWord | None:
    place = f"word {number}"
    if isinstance(row, dict):
        text = row.get("text", row.get("word", ""))
        times = row.get("timestamp", (row.get("start"), row.get("end")))
    elif isinstance(row, Sequence) and not isinstance(row, str) and len(row) == 3:
        times, text = row[:2], row[2]
    else:
        text, times = None, ()
    if not isinstance(text, str) or not isinstance(times, Sequence) or len(times) != 2:
        raise InputError(f"{place}: {row!r:.80} is no word", path, reason="bad-annotation")
    if times[0] is None:
        return None  # recognisers give words without a time where they lost their place
    start = seconds(times[0], place, path)
    end = None if times[1] is None else seconds(times[1], place, path)
    if end is not None and end < start:
        raise InputError(f"{place} ends before it begins", path, reason="reversed-time")
    return TimedWord(text, start, end)


__all__ = [
    "TimedWord",
    "read_json",
    "read_timed_words",
    "seconds",
    "words_of_rows",
    "write_timed_words",
]
