"""Casting: clearly different voices in each dialogue, balanced over a corpus.

Half of the dialogues pair a female and a male voice, the others two of one sex, half and half, so
that a model cannot learn "the other speaker" as "the other sex". Within each kind of pair, the
thirds of high, middle and low similarity occur equally often; accents are paired as by chance; and
all voices of a sex occur equally often. The shares that fit all of this at once are found by
iterative proportional fitting (Deming and Stephan 1940).

All draws are keyed by seed and dialogue, so a dialogue's cast depends on nothing else that is
built.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from typing import TypeVar

import numpy as np

from interactspeech._typing import Float64Array, Int64Array
from interactspeech.errors import InputError
from interactspeech.records import Voice
from interactspeech.seeds import digest, generator
from interactspeech.tts.first_names import sex_of_name
from interactspeech.tts.voice_similarity import alike, likeness

#: Share of two-party dialogues by the sexes of the voices.
_SEXES = {("female", "male"): 0.5, ("female", "female"): 0.25, ("male", "male"): 0.25}
_ROUNDS = 200  # of the fitting; shares are then within a thousandth of the limit
#: Of a sex with `_MANY` voices or more, at least `_LEAST` are held out.
_MANY, _LEAST = 5, 2

_FEMALE = re.compile(
    r"\b(?:miss|mrs|ms|madam|lady|mother|mom|aunt|sister|woman|girl)\b", re.IGNORECASE
)
_MALE = re.compile(r"\b(?:mr|mister|sir|lord|father|dad|uncle|brother|man|boy)\b", re.IGNORECASE)

Group = TypeVar("Group", bound=Hashable)


def cast(
    dialogue_id: str,
    speakers: Sequence[str],
    voices: Sequence[Voice],
    seed: int,
    names: Mapping[str, str] | None = None,
    *,
    held_out: float = 0.0,
    fixed: Mapping[str, Voice] | None = None,
    sexes: Mapping[str, str] | None = None,
) -> dict[str, Voice]:
    """A voice for each speaker, clearly different from the others.

    Args:
        dialogue_id: keys the draw together with `seed`.
        speakers: ids.
        voices: to choose from (see `select_voices`).
        seed: of the corpus.
        names: speaker id -> name in the source; a title ("Mrs. Hill") or a common first name
            (`first_names`) settles the voice's sex where `voices` has it.
        held_out: share of the dialogues that are spoken by voices which no other dialogue has
            (`held_out_voices`), so that a corpus can be split by voices without a loss.
        fixed: speaker id -> the voice that speaks, whatever is drawn for the others.
        sexes: speaker id -> sex of the voice, before any name.

    Raises:
        InputError: there are fewer distinct voices than speakers (reason ``too-few-voices``).
    """
    pool = tuple(voices)
    if held_out > 0:
        out = held_out_voices(pool, seed, held_out)
        test = generator(seed, dialogue_id, "held-out").random() < held_out
        pool = tuple(voice for voice in pool if (voice in out) == test)
    rng = generator(seed, dialogue_id, "cast")
    wanted = [
        (sexes or {}).get(speaker) or _sex_from_name((names or {}).get(speaker, ""))
        for speaker in speakers
    ]
    if fixed:
        return _cast_several(speakers, pool, wanted, rng, fixed)
    if len(speakers) == 2:
        return dict(zip(speakers, _draw_pair(pool, wanted, rng), strict=True))
    return _cast_several(speakers, pool, wanted, rng)


def held_out_voices(voices: Sequence[Voice], seed: int, share: float) -> tuple[Voice, ...]:
    """The voices that a corpus keeps for held-out dialogues: of each sex about `share` of them.

    At least two of a sex that has five or more, so that they can talk to each other.
    """
    found: list[Voice] = []
    for sex in sorted({voice.sex for voice in voices}):
        mine = [voice for voice in voices if voice.sex == sex]
        mine.sort(key=lambda v: digest(seed, "held-out", v.engine, v.name))
        least = _LEAST if len(mine) >= _MANY else 1 if len(mine) > 1 else 0
        for voice in mine:
            if len([v for v in found if v.sex == sex]) >= max(least, round(share * len(mine))):
                break
            if not any(alike(voice, other) for other in found):
                found.append(voice)
    return tuple(voice for voice in voices if voice in found)


def _draw_pair(
    voices: tuple[Voice, ...], wanted: list[str], rng: np.random.Generator
) -> tuple[Voice, Voice]:
    """Two voices, of the sexes `wanted` where available."""
    draw, turned = float(rng.random()), bool(rng.random() < 0.5)
    first, second, shares = _pair_shares(voices)
    if len(shares) == 0:
        raise _too_few_voices(voices, 2)
    sexes = np.array([voice.sex for voice in voices])
    # Both orders of each pair, so that a given sex of one speaker can be matched.
    one, other = np.concatenate([first, second]), np.concatenate([second, first])
    both = np.concatenate([shares, shares])
    for place, sex in ((one, wanted[0]), (other, wanted[1])):
        met = both * ((sexes[place] == sex) if sex else 1)
        both = met if met.any() else both
    if not any(wanted):  # the order is a draw of its own
        one, other = (second, first) if turned else (first, second)
        both = shares
    heap = np.cumsum(both)
    k = int(np.searchsorted(heap, draw * heap[-1], side="right"))
    k = min(k, len(heap) - 1)
    return voices[int(one[k])], voices[int(other[k])]


@lru_cache(maxsize=64)
def _pair_shares(
    voices: tuple[Voice, ...],
) -> tuple[Int64Array, Int64Array, Float64Array]:
    """Pairs of voices that are not alike: first, second, share of the dialogues."""
    pairs = [
        (i, j) for i, j in combinations(range(len(voices)), 2) if not alike(voices[i], voices[j])
    ]
    if not pairs:
        none = np.zeros(0, np.int64)
        return none, none, np.zeros(0)
    first, second = np.array(pairs).T
    kinds = [_sorted_pair(voices[i].sex, voices[j].sex) for i, j in pairs]
    accents = [_sorted_pair(voices[i].accent, voices[j].accent) for i, j in pairs]
    kind_shares = _sex_shares(voices, kinds)
    spoken = Counter(voice.accent for voice in voices)
    accent_shares = {
        kind: spoken[kind[0]] * spoken[kind[1]] * (1 if kind[0] == kind[1] else 2)
        for kind in set(accents)
    }
    thirds = _similarity_thirds(voices, pairs, kinds)
    third_shares = {
        (kind, third): kind_shares[kind] / len({t for k, t in thirds if k == kind})
        for kind, third in thirds
    }
    sex_shares: dict[str, float] = defaultdict(float)
    for kind, share in kind_shares.items():
        for sex in kind:
            sex_shares[sex] += share / 2
    talking = Counter(voices[k].sex for k in set(first) | set(second))
    each = np.array([2 * sex_shares[v.sex] / max(talking[v.sex], 1) for v in voices])
    shares = np.full(len(pairs), 1 / len(pairs))
    for _ in range(_ROUNDS):
        shares = _scale_to_shares(shares, accents, accent_shares)
        shares = _scale_to_shares(shares, thirds, third_shares)
        mine = np.bincount(first, shares, len(voices)) + np.bincount(second, shares, len(voices))
        factor = np.sqrt(np.divide(each, mine, out=np.zeros(len(voices)), where=mine > 0))
        shares = shares * factor[first] * factor[second]
        shares = _scale_to_shares(shares, kinds, kind_shares)
    return first, second, shares


def _sorted_pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one <= other else (other, one)


def _sex_shares(
    voices: tuple[Voice, ...], kinds: list[tuple[str, str]]
) -> dict[tuple[str, str], float]:
    """Kind of pair -> share; where a voice's sex is not known, by the number of pairs."""
    there = Counter(kinds)
    if all(voice.sex for voice in voices):
        found = {kind: _SEXES[kind] for kind in there}
    else:
        found = {kind: float(count) for kind, count in there.items()}
    total = sum(found.values())
    return {kind: share / total for kind, share in found.items()}


def _similarity_thirds(
    voices: tuple[Voice, ...], pairs: list[tuple[int, int]], kinds: list[tuple[str, str]]
) -> list[tuple[tuple[str, str], int]]:
    """Of each pair: its kind, and which third of that kind it is in by likeness."""
    cosines = [likeness(voices[i], voices[j]) for i, j in pairs]
    found: list[tuple[tuple[str, str], int]] = []
    for cosine, kind in zip(cosines, kinds, strict=True):
        known = sorted(
            c for c, k in zip(cosines, kinds, strict=True) if k == kind and c is not None
        )
        if cosine is None or len(known) < 3:
            found.append((kind, 3))  # similarity unknown: a class of its own
        else:
            found.append((kind, min(2, 3 * known.index(cosine) // len(known))))
    return found


def _scale_to_shares(
    shares: Float64Array, groups: Sequence[Group], wanted: Mapping[Group, float]
) -> Float64Array:
    """`shares` scaled so that each group has its share of `wanted`."""
    names = list(dict.fromkeys(groups))
    index = np.array([names.index(group) for group in groups])
    have = np.bincount(index, shares, len(names))
    want = np.array([wanted[name] for name in names], np.float64)
    want /= want.sum()
    factor = np.divide(want, have, out=np.zeros(len(names)), where=have > 0)
    return np.asarray(shares * factor[index])


def _cast_several(
    speakers: Sequence[str],
    voices: tuple[Voice, ...],
    wanted: list[str],
    rng: np.random.Generator,
    fixed: Mapping[str, Voice] | None = None,
) -> dict[str, Voice]:
    chosen: dict[str, Voice] = {who: v for who, v in (fixed or {}).items() if who in speakers}
    for speaker, hint in zip(speakers, wanted, strict=True):
        if speaker in chosen:
            continue
        sex = hint or ("female", "male")[int(rng.integers(2))]
        free = [v for v in voices if not any(alike(v, other) for other in chosen.values())]
        if not free:
            raise _too_few_voices(voices, len(speakers))
        fitting = [v for v in free if v.sex == sex] or free
        chosen[speaker] = fitting[int(rng.integers(len(fitting)))]
    return {speaker: chosen[speaker] for speaker in speakers}


def _too_few_voices(voices: Sequence[Voice], speakers: int) -> InputError:
    return InputError(
        f"{len(voices)} selected voice(s) cannot play {speakers} speakers clearly",
        remedy="select more voices, for example --voices kokoro",
        reason="too-few-voices",
    )


def _sex_from_name(name: str) -> str:
    if _FEMALE.search(name):
        return "female"
    return "male" if _MALE.search(name) else sex_of_name(name)
