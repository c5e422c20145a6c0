"""Ids of dialogues: how long they may be, and how a long name becomes one."""

from __future__ import annotations

import hashlib

#: The size of an id at most: a tar member's name has 100 bytes, five of them are the ending.
MAX_ID = 95
_DIGEST = 10


def id_size(name: str) -> int:
    """The bytes that an id takes in the name of a shard's member: a dot takes three (``%2E``)."""
    return len(name) + 2 * name.count(".")


def fitting_id(name: str, ending: str = "") -> str:
    """The id ``name + ending``, shortened where it is over `MAX_ID`: then a digest of the name
    stands for its end, so that different names stay different.

    >>> fitting_id("call", "-00001500")
    'call-00001500'
    >>> len(fitting_id("call" * 50, "-00001500"))
    95
    """
    if id_size(name + ending) <= MAX_ID:
        return name + ending
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    room = MAX_ID - id_size(ending) - _DIGEST - 1
    kept = name[:room]
    while id_size(kept) > room:
        kept = kept[:-1]
    return f"{kept.rstrip('._-')}-{digest}{ending}"
