"""The event rules of voice activity projection (VAP), as a named alternative to our rule set.

Ekstedt & Skantze 2022 ("Voice Activity Projection", Interspeech; "How much does prosody help
turn-taking?", SIGDIAL) judge a model at these events, defined on the activity of two speakers
alone. Computed here on whole samples instead of frames of 20 ms:

```
            pre >= 1 s      silence       post >= 1 s
   A     ##################                                    hold:  A goes on
   B                       |<- >= .25 s ->###############      shift: B alone afterwards
```

"Alone" means that the speaker talks, or pauses and goes on (silence between two stretches of the
same speaker is filled first), while the other is silent.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import msgspec
import numpy as np

from interactspeech._typing import BoolArray, Int64Array
from interactspeech.errors import InputError
from interactspeech.signal.intervals import union
from interactspeech.turntaking.activity import GAP, PAUSE, Layer1, layer1_of_ipus
from interactspeech.turntaking.timeline import Timeline

#: Bins of the projection window (edges in milliseconds from now): 0.2, 0.4, 0.6 and 0.8 s long.
BIN_EDGES_MS: Final = (0, 200, 600, 1200, 2000)


class VapRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Thresholds in milliseconds; the defaults are those of the published event code.

    Attributes:
        silence_ms: shortest mutual silence of a shift or hold (0.2 s of metric and 0.05 s of pad).
        before_ms, after_ms: one speaker alone before and after it.
        prediction_ms: the stretch before a silence (or a backchannel) in which it is predicted; the
            talk that it lies in must be at least this long.
        long_ms: talk after a shift from this length on is a long onset.
        onset_ms: the stretch after an onset in which short and long are distinguished.
        short_ms: longest backchannel (short talk).
        short_before_ms, short_after_ms: own silence that it wants on either side.
        context_ms: nothing counts that begins earlier in the conversation.
    """

    id: str = "vap-2022"
    silence_ms: int = 250
    before_ms: int = 1000
    after_ms: int = 1000
    prediction_ms: int = 500
    long_ms: int = 1000
    onset_ms: int = 200
    short_ms: int = 1000
    short_before_ms: int = 1000
    short_after_ms: int = 1000
    context_ms: int = 3000


@dataclass(frozen=True, eq=False)
class Regions:
    """Stretches of a conversation. All arrays have shape ``(n,)``.

    Attributes:
        start, end: samples.
        speaker: index of the next speaker (shift, hold and their prediction), or of the speaker
            (the others).
    """

    start: Int64Array
    end: Int64Array
    speaker: Int64Array

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True, eq=False)
class VapEvents:
    """The events of one conversation.

    Attributes:
        shift, hold: the mutual silences.
        predict_shift, predict_hold: the last `prediction_ms` of talk before them.
        long: the first `onset_ms` of talk after a shift that lasts `long_ms` or more.
        backchannel: short isolated talk ("short").
        predict_backchannel: the `prediction_ms` before each.
    """

    shift: Regions
    hold: Regions
    predict_shift: Regions
    predict_hold: Regions
    long: Regions
    backchannel: Regions
    predict_backchannel: Regions


def vap_events(timeline: Timeline, rules: VapRules | None = None) -> VapEvents:
    """The events of a conversation of two.

    Raises:
        InputError: the timeline has not exactly two speakers.
    """
    _two(timeline)
    rules = rules or VapRules()

    def at_least(ms: int) -> int:
        return -(-ms * timeline.rate // 1000)

    layer = layer1_of_ipus(timeline.rate, timeline.length, timeline.activity)
    single = layer.runs.active == 1
    run_start, run_end = layer.runs.start[single], layer.runs.end[single]
    t = layer.transitions
    since, until = _alone(layer)
    found = t.of(PAUSE, GAP) & (t.end - t.start >= at_least(rules.silence_ms))
    found &= t.start >= at_least(rules.context_ms)
    found &= t.start - since[:-1] >= at_least(rules.before_ms)
    found &= until[1:] - t.end >= at_least(rules.after_ms)
    shift, hold = found & (t.kind == GAP), found & (t.kind == PAUSE)

    lead = at_least(rules.prediction_ms)
    early = (run_end - run_start)[:-1] >= lead
    early &= t.start - lead >= at_least(rules.context_ms)
    lasting = (run_end - run_start)[1:] >= at_least(rules.long_ms)
    backchannel = _backchannels(layer, rules, timeline.rate)
    ahead = backchannel.start - lead >= at_least(rules.context_ms)
    return VapEvents(
        shift=_regions(shift, t.start, t.end, t.after),
        hold=_regions(hold, t.start, t.end, t.after),
        predict_shift=_regions(shift & early, t.start - lead, t.start, t.after),
        predict_hold=_regions(hold & early, t.start - lead, t.start, t.after),
        long=_regions(shift & lasting, t.end, t.end + at_least(rules.onset_ms), t.after),
        backchannel=backchannel,
        predict_backchannel=_regions(
            ahead, backchannel.start - lead, backchannel.start, backchannel.speaker
        ),
    )


def projection_labels(timeline: Timeline, frame: int) -> Int64Array:
    """The class of each frame's future, as VAP is trained on it: shape ``(frames,)``, 0 to 255.

    Each speaker's next two seconds are cut into the bins of `BIN_EDGES_MS`; a bin is on if the
    speaker talks in at least half of it. The eight bits, first speaker and first bin highest, are
    the class. Frames whose window would reach past the end are left out.

    Args:
        timeline: of two speakers.
        frame: samples from one frame to the next.
    """
    _two(timeline)
    edges = [ms * timeline.rate // 1000 for ms in BIN_EDGES_MS]
    now = np.arange(0, max(0, timeline.length - edges[-1] + 1), frame)
    label = np.zeros(len(now), np.int64)
    for rows in timeline.activity.values():
        for a, b in pairwise(edges):
            talk = _talk_until(rows, now + b) - _talk_until(rows, now + a)
            label = 2 * label + (2 * talk >= b - a)
    return label


def _talk_until(rows: Int64Array, time: Int64Array) -> Int64Array:
    """Samples of talk before each time."""
    if len(rows) == 0:
        return np.zeros_like(time)
    total = np.concatenate(([0], np.cumsum(rows[:, 1] - rows[:, 0])))
    i = np.searchsorted(rows[:, 0], time, side="right")  # segments that have begun
    last_end = np.concatenate(([0], rows[:, 1]))[i]
    return total[i] - np.maximum(last_end - time, 0)


def _alone(layer: Layer1) -> tuple[Int64Array, Int64Array]:
    """For each run of single talk, from when until when its speaker is alone (pauses filled)."""
    single = layer.runs.active == 1
    start, end = layer.runs.start[single], layer.runs.end[single]
    apart = layer.transitions.kind != PAUSE
    first = np.append([True], apart)[: len(start)]
    last = np.append(apart, [True])[: len(start)]
    stretch = np.cumsum(first) - 1
    return start[first][stretch], end[last][stretch]


def _backchannels(layer: Layer1, rules: VapRules, rate: int) -> Regions:
    """Short talk of one speaker with own silence around it, pauses filled first."""
    parts: list[tuple[Int64Array, Int64Array, int]] = []
    t = layer.transitions
    for i, own in enumerate(layer.ipus):
        # A pause of this speaker is silence in which all are silent: it counts as talk.
        filled = np.stack((t.start, t.end), axis=1)[(t.kind == PAUSE) & (t.after == i)]
        rows = union(np.concatenate((own, filled)))
        start, end = rows[:, 0], rows[:, 1]
        before = start - np.concatenate(([0], end[:-1]))
        after = np.append(start[1:], [layer.length]) - end
        pick = (end - start) * 1000 <= rules.short_ms * rate
        pick &= before * 1000 >= rules.short_before_ms * rate
        pick &= after * 1000 >= rules.short_after_ms * rate
        pick &= start * 1000 >= rules.context_ms * rate
        parts.append((start[pick], end[pick], i))
    start, end = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
    speaker = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
    order = np.argsort(start, kind="stable")
    return Regions(start[order], end[order], speaker[order])


def _regions(pick: BoolArray, start: Int64Array, end: Int64Array, speaker: Int64Array) -> Regions:
    return Regions(start[pick], end[pick], speaker[pick])


def _two(timeline: Timeline) -> None:
    if len(timeline.speakers) != 2:
        raise InputError(
            f"VAP's rules are for two speakers, not {len(timeline.speakers)}",
            reason="speaker-count",
        )
