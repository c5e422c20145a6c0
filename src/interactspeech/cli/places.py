"""A corpus folder as an argument: a path, or a URL of an object store."""

from __future__ import annotations

import re
from pathlib import Path


def folder(value: str) -> Path:
    """A path, or a URL such as ``s3://bucket/corpus`` (`interactspeech.corpus.remote.place`)."""
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", value):
        return Path(value)
    from interactspeech.corpus.remote import place

    return place(value)
