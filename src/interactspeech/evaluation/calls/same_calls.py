"""Two recordings of one call: the same sound in the middle, however coded, and wherever cut.

A greeting or hold music that many calls share does not make them one: the whole middle of the
shorter recording must be in the other, at one lag.
"""

from __future__ import annotations

import base64
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from interactspeech._typing import UInt32Array
from interactspeech.mining.duplicates import SAME, fingerprint
from interactspeech.signal.pages import AudioSource

#: Seconds of the middle that are kept, and frames (32 ms) of half of it, which must be found.
_KEPT, _FOUND = 40, 625
#: One in so many values proposes where two recordings may agree, and so many must.
_SAMPLED, _PROPOSED = np.uint32(8), 2


def middle_print(recording: AudioSource) -> str:
    """The acoustic fingerprint of a recording's middle 40 s, all channels mixed, in base64."""
    half = _KEPT * recording.rate // 2
    middle = recording.samples // 2
    sound = recording.read(max(middle - half, 0), min(middle + half, recording.samples))
    found = fingerprint(sound.mean(axis=0), recording.rate)
    return base64.b64encode(found.astype("<u4").tobytes()).decode("ascii")


def same_calls(prints: Sequence[str]) -> list[int | None]:
    """For each recording an earlier one of the same call, or None.

    Args:
        prints: of `middle_print`.
    """
    values = [np.frombuffer(base64.b64decode(text), "<u4") for text in prints]
    places: dict[int, list[int]] = defaultdict(list)
    found: list[int | None] = []
    for number, mine in enumerate(values):
        sampled = np.unique(mine[(mine != 0) & (mine % _SAMPLED == 0)]).tolist()
        near = Counter(other for value in sampled for other in places.get(value, ()))
        first = next(
            (
                other for other, count in near.most_common(20)
                if count >= _PROPOSED and _alike(mine, values[other])
            ),
            None,
        )  # fmt: skip
        found.append(first)
        if first is None:
            for value in sampled:
                places[value].append(number)
    return found


def _alike(one: UInt32Array, other: UInt32Array) -> bool:
    """Whether the middle of the shorter lies in the other at some lag."""
    if len(one) > len(other):
        one, other = other, one
    size = min(_FOUND, len(one))
    if size < 60:
        return False
    first = (len(one) - size) // 2
    part = one[first : first + size]
    heard = part != 0
    if heard.mean() < 0.3:
        return False
    windows = np.lib.stride_tricks.sliding_window_view(other, size)
    differing = np.bitwise_count(windows[:, heard] ^ part[heard]).sum(axis=1, dtype=np.int64)
    return bool(differing.min() < SAME * 32 * int(heard.sum()))
