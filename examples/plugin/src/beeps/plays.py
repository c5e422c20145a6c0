"""A text corpus: plays as JSON lines, ``{"play", "scene", "lines": [{"role", "says"}]}``."""

from __future__ import annotations

from typing import Any

from interactspeech.scripts.readers.corpora import TextCorpus, raw_dialogue
from interactspeech.scripts.readers.raw_dialogue import RawDialogue


def detect(row: Any) -> bool:
    """Whether a JSON value is a scene of a play."""
    return isinstance(row, dict) and "play" in row and "lines" in row


def read(row: Any) -> RawDialogue:
    """The dialogue of a scene; the names of the roles are kept."""
    turns = [(str(line["role"]), str(line["says"])) for line in row["lines"]]
    raw = raw_dialogue("plays", f"{row['play']}-{row['scene']}", turns)
    raw.names = {role: role for role, _ in turns}
    return raw


CORPUS = TextCorpus("plays", "plays as JSON lines", "CC0-1.0", detect, read, endings=(".play",))
