"""Tracklets: local speakers of neighbouring windows linked by the audio that they share.

Whoever talks in the shared stretch has the same pattern of talk in both windows, so speakers are
linked by the permutation under which the patterns agree best. A link holds where they agree well;
a chain of links is a tracklet, one voice for half a minute at most, so that a wrong link stays a
local error. `clustering` finds which tracklets are one person.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from interactspeech._typing import BoolArray, Int64Array
from interactspeech.diarization.segmentation import LOCAL, Windows

#: Seconds of talk in the shared stretch without which there is nothing to link by.
_LEAST_TALK = 0.4
#: Shared time of two patterns over the time of either, from which they are one speaker's.
_AGREE = 0.6
#: Windows in a row that a tracklet runs through, in seconds of recording.
_LONGEST_SECONDS = 30.0
_FRAME_SECONDS = 270 / 16_000

_PERMUTATIONS = [list(p) for p in permutations(range(LOCAL))]


@dataclass(frozen=True, eq=False)
class Tracklets:
    """Which tracklet each speaker of each window belongs to.

    Attributes:
        of: shape ``(windows, 3)``; -1 for a speaker who does not talk in the window.
        count: number of tracklets.
    """

    of: Int64Array
    count: int

    def cannot_link(self) -> Int64Array:
        """Pairs of tracklets that are in one window, so are two persons; shape ``(n, 2)``."""
        pairs = {
            (min(a, b), max(a, b))
            for row in self.of.tolist()
            for a in row
            for b in row
            if a >= 0 and b >= 0 and a != b
        }
        return np.array(sorted(pairs), np.int64).reshape(-1, 2)


def link_windows(windows: Windows, talks: float = 0.5) -> Tracklets:
    """Link the speakers of neighbouring windows.

    Args:
        windows: output of the segmentation.
        talks: probability from which a speaker talks in a frame.
    """
    active = windows.scores >= talks
    of = np.full((len(active), LOCAL), -1, np.int64)
    count = 0
    born: list[int] = []  # first frame of each tracklet
    longest = _LONGEST_SECONDS / _FRAME_SECONDS
    for number in range(len(active)):
        present = active[number].sum(axis=0) * _FRAME_SECONDS >= 0.08
        before = _matches(windows, active, number) if number else [-1] * LOCAL
        for speaker in range(LOCAL):
            if not present[speaker]:
                continue
            earlier = of[number - 1, before[speaker]] if before[speaker] >= 0 else -1
            if earlier >= 0 and windows.starts[number] - born[earlier] < longest:
                of[number, speaker] = earlier
            else:
                of[number, speaker] = count
                born.append(int(windows.starts[number]))
                count += 1
    return Tracklets(of, count)


def _matches(windows: Windows, active: BoolArray, number: int) -> list[int]:
    """For each speaker of a window, the same speaker in the window before; -1 where unsure."""
    shift = int(windows.starts[number] - windows.starts[number - 1])
    length = active.shape[1] - shift
    if length <= 0:
        return [-1] * LOCAL
    one = windows.scores[number - 1, shift:].astype(np.float32)
    two = windows.scores[number, :length].astype(np.float32)
    both = np.minimum(one[:, :, None], two[:, None]).sum(axis=0)  # (before, now)
    either = np.maximum(one[:, :, None], two[:, None]).sum(axis=0)
    best = max(_PERMUTATIONS, key=lambda p: sum(both[p[k], k] for k in range(LOCAL)))
    matches = []
    for speaker in range(LOCAL):
        earlier = best[speaker]
        talk = min(
            active[number - 1, shift:, earlier].sum(), active[number, :length, speaker].sum()
        )
        sure = talk * _FRAME_SECONDS >= _LEAST_TALK
        share = both[earlier, speaker] / max(either[earlier, speaker], 1e-6)
        matches.append(earlier if sure and share >= _AGREE else -1)
    return matches
