"""How alike two voices sound: cosines of speaker embeddings, measured once and shipped as a table.

`bench/voice_similarity.py` writes the table. Embeddings are CAM++'s; between two halves of what one
voice says the cosine is about .9.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files

from interactspeech.dialogue import Voice

#: From here on a listener could take two voices for one.
ALIKE = 0.7


def likeness(one: Voice, other: Voice) -> float | None:
    """Cosine of the embeddings of two voices, in [-1, 1]; None where nobody has measured it."""
    first, second = sorted((f"{one.engine}:{one.name}", f"{other.engine}:{other.name}"))
    return _table().get(first, {}).get(second)


def alike(one: Voice, other: Voice) -> bool:
    """Whether a listener could take the two voices for one."""
    if (one.engine, one.name) == (other.engine, other.name):
        return True
    cosine = likeness(one, other)
    return cosine is not None and cosine >= ALIKE


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, float]]:
    """Voice -> voices after it in the alphabet -> cosine."""
    text = (files("interactspeech.voices") / "similarity.json").read_text("utf-8")
    table: dict[str, dict[str, float]] = json.loads(text)
    return table
