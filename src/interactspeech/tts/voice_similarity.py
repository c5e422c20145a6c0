"""How alike two voices sound: cosines of speaker embeddings, measured once and shipped as a table.

An engine of another package brings its own table (`Engine.voice_similarities`).
`bench/voice_similarity.py` writes the table. Embeddings are CAM++'s; between two halves of what one
voice says the cosine is about .9. Of mixtures of voices it is estimated from the ingredients': the
embedding of a mixture is taken for the weighted mean of theirs (docs/bench/mixing.md tells how near
that comes).
"""

from __future__ import annotations

import math
from functools import cache
from importlib.resources import files

import msgspec

from interactspeech.errors import InputError
from interactspeech.records import Voice
from interactspeech.tts.mixing import is_mixture, mixture_shares
from interactspeech.tts.registry import ENGINES

_FILE = "similarity.json"

#: From here on a listener could take two voices for one.
ALIKE = 0.7


def likeness(one: Voice, other: Voice) -> float | None:
    """Cosine of the embeddings of two voices, in [-1, 1]; None where it was not measured."""
    if is_mixture(one.name) or is_mixture(other.name):
        return _mixed(one, other)
    return _measured(f"{one.engine}:{one.name}", f"{other.engine}:{other.name}")


def _measured(one: str, other: str) -> float | None:
    first, second = sorted((one, other))
    for table in dict.fromkeys(("", first.partition(":")[0], second.partition(":")[0])):
        if (cosine := _table(table).get(first, {}).get(second)) is not None:
            return cosine
    return None


def _mixed(one: Voice, other: Voice) -> float | None:
    """The cosine of two weighted means of embeddings whose cosines are known."""
    ours, theirs = (
        {f"{voice.engine}:{name}": share for name, share in mixture_shares(voice.name).items()}
        for voice in (one, other)
    )
    sums = []
    for left, right in ((ours, theirs), (ours, ours), (theirs, theirs)):
        product = 0.0
        for a, share in left.items():
            for b, weight in right.items():
                cosine = 1.0 if a == b else _measured(a, b)
                if cosine is None:
                    return None
                product += share * weight * cosine
        sums.append(product)
    return float(sums[0] / math.sqrt(sums[1] * sums[2]))


def alike(one: Voice, other: Voice) -> bool:
    """Whether a listener could take the two voices for one."""
    if (one.engine, one.name) == (other.engine, other.name):
        return True
    cosine = likeness(one, other)
    return cosine is not None and cosine >= ALIKE


@cache
def _table(engine: str) -> dict[str, dict[str, float]]:
    """Voice -> voices after it in the alphabet -> cosine.

    Args:
        engine: whose table; ``""`` for the table of the engines that are part of this package.
    """
    if engine and (engine in ENGINES.own or engine not in ENGINES):
        return {}
    file = ENGINES.make(engine).voice_similarities if engine else files(__package__) / _FILE
    if file is None:
        return {}
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, dict[str, float]])
    except (msgspec.DecodeError, OSError) as error:
        raise InputError(
            f"no table of voice similarities: {error}",
            str(file),
            remedy="docs/extending.md says what it holds",
            reason="bad-similarities",
        ) from None
