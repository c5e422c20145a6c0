"""Columns of a table: which one holds what, by the spellings of common tools, and in which unit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: What a column holds -> its names in lower case, words separated by blanks, without a unit.
COLUMNS: dict[str, tuple[str, ...]] = {
    "start": ("start", "start time", "starttime", "st time", "sttime", "begin", "begin time", "beg",
              "onset", "tmin", "xmin", "from", "t start", "tstart", "time start", "start sec",
              "time begin", "segment start", "word start", "turn start", "start offset"),
    "end": ("end", "end time", "endtime", "en time", "entime", "stop", "stop time", "tmax", "xmax",
            "to", "finish", "t end", "tend", "time end", "end sec", "segment end", "word end",
            "turn end", "end offset", "offset time"),
    "duration": ("duration", "dur", "length", "segment duration", "word duration"),
    "speaker": ("speaker", "spkr", "spk", "speaker id", "speaker name", "speaker label",
                "speakerid", "spk id", "spkid", "spkr id", "speakers", "participant",
                "participant id", "who", "talker", "tier", "tier name",
                "role", "agent role", "turn speaker", "person", "subject", "caller"),
    "text": ("text", "content", "transcript", "transcription", "utterance", "words", "label",
             "annotation", "value", "sentence", "said", "orthography", "message", "labels",
             "transcript text", "transcription text", "utterance text", "speech", "caption",
             "normalized text"),
    "word": ("word", "token"),
    "channel": ("channel", "chan", "ch", "side", "track"),
    "conversation": ("conversation", "conversation id", "dialogue", "dialogue id", "dialog",
                     "dialog id", "file", "file name", "filename", "session", "session id",
                     "recording", "recording id", "call", "call id", "meeting", "meeting id",
                     "audio", "audio file", "conv", "conv id"),
}  # fmt: skip
_FIELD_OF = {name: field for field, names in COLUMNS.items() for name in names}
#: Endings of a column's name that say its unit.
_UNITS = {
    "s": "s",
    "sec": "s",
    "secs": "s",
    "second": "s",
    "seconds": "s",
    "ss msec": "s",
    "ss ms": "s",
    "ms": "ms",
    "msec": "ms",
    "msecs": "ms",
    "millisecond": "ms",
    "milliseconds": "ms",
    "millis": "ms",
    "samples": "samples",
    "sample": "samples",
    "frames": "samples",
    "hh mm ss ms": "s",
    "hh mm ss": "s",
    "us": "us",
    "usec": "us",
    "microseconds": "us",
    "ns": "ns",
    "nanoseconds": "ns",
    "min": "min",
    "mins": "min",
    "minutes": "min",
}
Row = tuple[int, list[str]]


@dataclass(frozen=True)
class TableHeader:
    """Place of each known column, and the units that the names of times say."""

    places: Mapping[str, int]
    units: Mapping[str, str]
    count: int
    #: Praat's tables have a row for each silence, without text.
    gapless: bool = False
    #: Names of the columns that are not known.
    unused: tuple[str, ...] = ()
    #: "0,5" is a half.
    decimal_comma: bool = False


def known_columns(header: Sequence[str], named: Mapping[str, str]) -> TableHeader | None:
    """The columns of a header; None where times are missing."""
    places: dict[str, int] = {}
    units: dict[str, str] = {}
    names = [cell.strip().lstrip("\ufeff") for cell in header]
    for field, name in named.items():
        if name.isdigit() and 0 < int(name) <= len(names):
            places[field] = int(name) - 1
        elif name in names:
            places[field] = names.index(name)
    for place, name in enumerate(names):
        plain = " ".join(re.sub(r"[^a-z0-9]+", " ", _split_camel_case(name).lower()).split())
        base, unit = plain, ""
        for ending, meaning in _UNITS.items():
            if plain.endswith(f" {ending}") and len(f" {ending}") > len(plain) - len(base):
                base, unit = plain.removesuffix(f" {ending}"), meaning
        field = _FIELD_OF.get(plain) or _FIELD_OF.get(base, "")
        if plain == "offset":
            field = "end" if "onset" in [n.lower() for n in names] else "start"
        if place in places.values():
            field = next(key for key, at in places.items() if at == place)
        if not field:
            continue
        if places.setdefault(field, place) == place:
            units[field] = unit
    if "start" not in places or not {"end", "duration"} & places.keys():
        return None
    if {"type", "partner", "origin", "rules"} <= set(names):
        return None  # a table of events, as `annotate` writes it
    gapless = names[places["start"]].lower() in {"tmin", "xmin"} and "text" in places
    known = set(places.values())
    unused = tuple(name for place, name in enumerate(names) if place not in known and name)
    return TableHeader(places, units, len(names), gapless, unused)


def _split_camel_case(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)


def cell_of(columns: TableHeader, row: list[str], field: str) -> str:
    """What a row has in a field; "" where there is no such column."""
    place = columns.places.get(field)
    return "" if place is None else row[place].strip()
