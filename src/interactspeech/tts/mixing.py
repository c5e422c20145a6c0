"""Mixtures of voices: ``af_heart*0.6+am_adam*0.4``, or ``af_heart+am_adam`` for equal shares.

An engine whose voices are vectors speaks with any weighted mean of them. A mixture has one name,
however it is written: shares that add up to 1, in hundredths, the largest first. Neither ``+`` nor
``*`` is of the syntax of selections (``kokoro:af_heart,am_adam``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from msgspec import structs

from interactspeech.errors import InputError
from interactspeech.records import Voice

_HUNDREDTHS = 100


def is_mixture(name: str) -> bool:
    """Whether a voice's name is that of a mixture."""
    return "+" in name or "*" in name


def mixture_shares(name: str) -> dict[str, float]:
    """Ingredient -> share, the largest first; multiples of .01 that add up to 1.

    >>> shares("am_adam+af_heart*3")
    {'af_heart': 0.75, 'am_adam': 0.25}
    >>> shares("af_heart")
    {'af_heart': 1.0}

    Raises:
        InputError: the name is no mixture's, or a share is none (reason ``bad-mixture``).
    """
    found: dict[str, float] = {}
    for part in name.split("+"):
        voice, star, weight = (text.strip() for text in part.partition("*"))
        try:
            share = float(weight) if star else 1.0
        except ValueError:
            share = math.nan
        if not voice or not 0 < share < math.inf:
            raise InputError(
                f"{part!r} in the mixture of voices {name!r} is no share of a voice",
                remedy="write one like af_heart*0.6+am_adam*0.4",
                reason="bad-mixture",
            )
        found[voice] = found.get(voice, 0.0) + share
    return _round_shares(found)


def _round_shares(weights: Mapping[str, float]) -> dict[str, float]:
    """In hundredths, by the largest remainders; zero shares are left out."""
    total = sum(weights.values())
    exact = {voice: _HUNDREDTHS * weight / total for voice, weight in weights.items()}
    whole = {voice: math.floor(share) for voice, share in exact.items()}
    by_rest = sorted(exact, key=lambda voice: (whole[voice] - exact[voice], voice))
    for voice in by_rest[: _HUNDREDTHS - sum(whole.values())]:
        whole[voice] += 1
    order = sorted(whole, key=lambda voice: (-whole[voice], voice))
    return {voice: whole[voice] / _HUNDREDTHS for voice in order if whole[voice]}


def mixed_name(mixture: Mapping[str, float]) -> str:
    """The canonical name of a mixture as `mixture_shares` gives it.

    >>> mixed_name(shares("am_adam + af_heart*3"))
    'af_heart*0.75+am_adam*0.25'
    """
    if len(mixture) == 1:
        return next(iter(mixture))
    return "+".join(f"{voice}*{share:g}" for voice, share in mixture.items())


def mixed_voice(ingredients: Sequence[Voice], mixture: Mapping[str, float]) -> Voice:
    """The voice of a mixture; sex and accent are those of its largest share.

    Args:
        ingredients: its voices, in the order of `mixture`.
        mixture: as `mixture_shares` gives it.
    """
    if len(ingredients) == 1:
        return ingredients[0]
    parts = list(zip(ingredients, mixture.values(), strict=True))

    def most(attribute: str) -> str:
        sums: dict[str, float] = {}
        for voice, share in parts:
            kind = str(getattr(voice, attribute))
            sums[kind] = sums.get(kind, 0.0) + share
        return max(sums, key=lambda kind: round(sums[kind], 6))  # the first of equals

    return structs.replace(
        ingredients[0], name=mixed_name(mixture), sex=most("sex"), accent=most("accent")
    )
