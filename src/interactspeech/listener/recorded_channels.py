"""What the listener hears on two channels, as plain data that outlives the sound.

Mining analyses a recording once and cuts clips from it later. So what the network says about each
stretch of talk that may be feedback is kept beside the stretch, and decides again wherever the
stretch is labelled: in the recording, and in every clip that holds it whole.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from interactspeech._typing import BoolArray, Float64Array, Int64Array
from interactspeech.listener.backchannel_classifier import (
    BackchannelClassifier,
    joint_probability,
    may_be_feedback,
)
from interactspeech.listener.model import FeedbackDecision, Listener, ListenerCard
from interactspeech.listener.output import run_listener, speech_activity
from interactspeech.signal import pages
from interactspeech.signal.pages import AudioSource
from interactspeech.turntaking import DEFAULT, Candidates
from interactspeech.turntaking.annotator import analyse

#: Seconds that are read at once.
_PAGE: Final = 5


class HeardStretch(msgspec.Struct, frozen=True, array_like=True):
    """A stretch of talk that is short enough to be feedback.

    Attributes:
        start, end: samples of the recording.
        evidence: what levelled sound adds to the log-odds of feedback by timing
            (`listener.levelled_feedback`).
    """

    start: int
    end: int
    evidence: float


@dataclass(frozen=True, eq=False)
class HeardChannels:
    """Speech on two channels, and what may be feedback in it, in samples of the recording.

    Attributes:
        spans: for each channel ``(n, 2)``, sorted and disjoint.
        stretches: for each channel, in order of time.
    """

    spans: tuple[Int64Array, Int64Array]
    stretches: tuple[tuple[HeardStretch, ...], tuple[HeardStretch, ...]]


def hear_channels(source: AudioSource, listener: Listener) -> HeardChannels:
    """Hear a recording with a channel for each of two speakers.

    Args:
        source: any rate, two channels; read in pieces.
        listener: the model.

    Raises:
        MissingExtraError: a package that the listener needs is not installed.
    """
    blocks = (page.core for page in pages.pages(source, _PAGE))
    output = run_listener(listener, blocks, "two_channel")
    timeline = speech_activity(output, listener.card)
    found = analyse(timeline, DEFAULT)[1].candidates
    evidence = BackchannelClassifier(output, listener.card, listener).evidence(found)

    def scaled(rows: Int64Array) -> Int64Array:
        return pages.scaled(rows, source.rate, source.samples)

    stretches: list[tuple[HeardStretch, ...]] = []
    for side in range(2):
        pick = (found.speaker == side) & may_be_feedback(found)
        rows = scaled(np.stack((found.start[pick], found.end[pick]), axis=1)).tolist()
        values = [] if evidence is None else evidence[pick].tolist()
        stretches.append(
            tuple(
                HeardStretch(start, end, round(value, 4))
                for (start, end), value in zip(rows, values, strict=evidence is not None)
            )
        )
    spans = [scaled(timeline.activity[name]) for name in "AB"]
    first, second = (rows[rows[:, 1] > rows[:, 0]] for rows in spans)
    return HeardChannels((first, second), (stretches[0], stretches[1]))


class HeardFeedback:
    """A decision about backchannels (see `turntaking.Decision`) by timing and by what was heard of
    each stretch before. Where nothing was, timing alone decides.

    Args:
        stretches: speaker -> what was heard, in order of time, on the clock of the candidates.
        card: of the listener that heard it: how both are added up.
    """

    def __init__(self, stretches: Mapping[str, Sequence[HeardStretch]], card: ListenerCard) -> None:
        self._stretches = stretches
        self._starts = {who: [one.start for one in rows] for who, rows in stretches.items()}
        self._decision = card.settings("two_channel").feedback or FeedbackDecision(heard=0.0)
        self.card = card

    def probability(self, candidates: Candidates) -> Float64Array:
        """The probability of being a backchannel, shape ``(n,)``; from .5 on it is one."""
        c = candidates
        names = c.timeline.speakers
        near = max(1, c.timeline.rate // 100)  # clocks round, clips may be resampled
        evidence = np.full(len(c), np.nan)
        rows = zip(c.speaker.tolist(), c.start.tolist(), c.end.tolist(), strict=True)
        for i, (who, start, end) in enumerate(rows):
            known = self._stretches.get(names[who], ())
            place = bisect_left(self._starts.get(names[who], []), start - near)
            for one in known[place:]:
                if one.start > start + near:
                    break
                if abs(one.end - end) <= near:
                    evidence[i] = one.evidence
                    break
        return joint_probability(c, evidence, self._decision)

    def __call__(self, candidates: Candidates) -> BoolArray:
        return np.asarray(self.probability(candidates) >= 0.5, np.bool_)


__all__ = ["HeardChannels", "HeardFeedback", "HeardStretch", "hear_channels"]
