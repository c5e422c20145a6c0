"""A mixed channel as a diarizer would split it: true activity with simulated diarization errors.

Each speaker's channel holds the mixture while the diarizer finds that speaker, and silence
elsewhere (see `interactspeech.listener.diarized_source`). A diarizer's boundaries are some tens of
milliseconds off; it fills short silences, misses short speech in overlap, and finds two speakers
where one talks. A listener that is trained on such channels learns what hard edges are, and whose
voice a channel is for.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from interactspeech._typing import BoolArray, Int8Array
from interactspeech.signal.intervals import runs, union, widened
from interactspeech.signal.log_mel import STACK

_HALF: Final = STACK // 2  # frames of 10 ms in a half step
#: Frames: range of the standard deviation of boundaries, and the margin that speech keeps.
_SCATTER, _MARGIN = (2.0, 10.0), 5
#: Frames: range of the length below which silences are filled.
_BRIDGED: Final = (0, 40)
#: Speech in overlap of at most so many frames is missed, and speech of one speaker is assigned to
#: the other as well, with these probabilities.
_SHORT, _MISSED, _DOUBLED = 80, 0.12, 0.04


def simulated_diarization(active: Int8Array, rng: np.random.Generator) -> BoolArray:
    """The frames that a simulated diarizer assigns to each speaker.

    Args:
        active: true activity, shape ``(2, halves)``, by 20 ms.
        rng: source of the errors.

    Returns:
        Shape ``(2, 2 halves)``, by frames of 10 ms.
    """
    talk = np.repeat(active > 0, _HALF, axis=1)
    scatter = rng.uniform(*_SCATTER)
    bridged = int(rng.integers(*_BRIDGED))
    given = np.zeros_like(talk)
    for side in range(2):
        for start, end in union(runs(talk[side]), bridged).tolist():
            if end - start <= _SHORT and talk[1 - side, start:end].all():
                if rng.random() < _MISSED:
                    continue
            elif rng.random() < _DOUBLED:
                first = int(rng.integers(start, end))
                given[1 - side, first : first + int(rng.integers(15, 80))] = True
            shift = rng.normal(0.0, scatter, 2).round().astype(int)
            begin = max(start + int(shift[0]), 0)
            given[side, begin : max(end + int(shift[1]), begin + 1)] = True
    wide = np.stack([widened(row, _MARGIN) for row in given])
    return given | (wide & ~given[::-1])


def drop_inaudible(
    active: Int8Array, kind: Int8Array, given: BoolArray
) -> tuple[Int8Array, Int8Array]:
    """Targets without the speech of which less than a quarter was assigned: it is inaudible."""
    active, kind = active.copy(), kind.copy()
    for side in range(2):
        row = np.repeat(active[side] > 0, _HALF)
        for start, end in runs(row).tolist():
            if given[side, start:end].mean() < 1 / 4:
                active[side, start // _HALF : end // _HALF] = 0
                kind[side, start // STACK : -(-end // STACK)] = -1
    return active, kind


__all__ = ["drop_inaudible", "simulated_diarization"]
