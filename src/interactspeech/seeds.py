"""Keyed randomness: draws depend on what is generated, never on when or where.

Every random draw in a build comes from a generator keyed by (corpus seed, dialogue id, purpose), so
the order of work, the number of workers and a crash in between cannot change a single bit
(the habit is MMS-MSG's, see the architecture page).
"""

from __future__ import annotations

import hashlib

import numpy as np


def digest(seed: int, *keys: str | int) -> bytes:
    """32 bytes that identify ``(seed, *keys)``; equal keys give equal bytes on every machine."""
    # Length-prefixed, so that ("ab", "c") and ("a", "bc") differ.
    message = hashlib.sha256()
    for key in (seed, *keys):
        data = str(key).encode()
        message.update(f"{type(key).__name__}:{len(data)}:".encode())
        message.update(data)
    return message.digest()


def generator(seed: int, *keys: str | int) -> np.random.Generator:
    """A NumPy generator for one purpose, for example ``generator(7, dialogue_id, "timing")``."""
    # As an array of this type SeedSequence takes it as it is; a list of the same words costs twice
    # as much and seeds alike.
    words = np.frombuffer(digest(seed, *keys), dtype="<u4").astype(np.uint32)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))
