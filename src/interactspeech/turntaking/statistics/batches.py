"""Many small conversations measured at once, and kept in little memory.

An annotator on arrays costs a millisecond a conversation, however short it is. So short ones are
put one after another on one clock, with silence between that is longer than what a rule looks at:

```
   conversation 0        silence          conversation 1         silence
   |##  ###  ####|.........................|####   ####|...................
```
Nothing that is measured inside one depends on another then (a decision looks at its own row and
words, rows are cut at the horizon), and what reaches across a silence is left out. The samples are
those of `conversation` for each of them (a test holds that).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from interactspeech._typing import BoolArray, Float64Array, Int64Array
from interactspeech.records.dialogue import Dialogue
from interactspeech.turntaking.activity import (
    GAP,
    LATCH,
    OVERLAP_BETWEEN,
    OVERLAP_WITHIN,
    PAUSE,
    Layer1,
    layer1,
)
from interactspeech.turntaking.annotator import annotate_table
from interactspeech.turntaking.backchannel_candidates import Decision
from interactspeech.turntaking.backchannel_decision import feedback_decision, feedback_rules
from interactspeech.turntaking.rules import RuleSet
from interactspeech.turntaking.statistics.collection import (
    ConversationTable,
    Statistics,
    conversation,
    placement,
    without_backchannels,
)
from interactspeech.turntaking.timeline import Timeline, WordTrack

#: Conversations of at most so many speakers and stretches of speech are measured in batches, of at
#: most so many conversations.
MOST_SPEAKERS, MOST_STRETCHES, BATCH = 8, 200, 512


def is_small(timeline: Timeline) -> bool:
    """Whether a conversation is measured in a batch."""
    stretches = sum(map(len, timeline.activity.values()))
    return (
        len(timeline.activity) <= MOST_SPEAKERS
        and stretches <= MOST_STRETCHES
        and 0 < timeline.length < 1 << 40
    )


def measure_batch(
    batch: Sequence[tuple[str, Timeline]],
    rules: RuleSet,
    table: ConversationTable,
    *,
    backchannel: Decision | None = None,
) -> None:
    """Measure conversations of one rate, all small, and put them into a table in order."""
    if not batch:
        return
    rate = batch[0][1].rate
    t = rules.at(rate)
    apart = 2 * max(
        rate, t.longest_pause, t.horizon, t.isolation, t.hold_before, t.hold_after, t.hold_silence,
        t.overlap_pause, t.bridge,
    )  # fmt: skip
    lengths = np.array([timeline.length for _, timeline in batch], np.int64)
    offsets = np.concatenate(([0], np.cumsum(lengths + apart)[:-1]))
    whole = _joined([timeline for _, timeline in batch], offsets, int(offsets[-1] + lengths[-1]))
    n = len(batch)

    def of(start: Int64Array) -> Int64Array:
        found: Int64Array = np.searchsorted(offsets, start, side="right") - 1
        return found

    samples: dict[str, tuple[Float64Array, Int64Array]] = {}

    def put(name: str, values: Int64Array | Float64Array, start: Int64Array) -> None:
        place = of(start)
        order = np.argsort(place, kind="stable")
        samples[name] = values[order] / rate, np.bincount(place, minlength=n)

    def count(start: Int64Array) -> Int64Array:
        found: Int64Array = np.bincount(of(start), minlength=n)
        return found

    layer = layer1(whole, rules)
    events = annotate_table(whole, rules, backchannel=backchannel)
    interruptions, feedback, turns = events["interruption"], events["backchannel"], events["turn"]
    taken = interruptions.where(outcome="taken")
    floor = without_backchannels(layer, events)
    changes, where = _floor(floor, "", "silence_within", put, of)
    _floor(layer, "layer1_", "pause", put, of)
    pauses = events["pause"]
    put("pause", pauses.end - pauses.start, pauses.start)
    put("turn", turns.end - turns.start, turns.start)
    units = np.concatenate([np.zeros((0, 2), np.int64), *layer.ipus])
    put("ipu", units[:, 1] - units[:, 0], units[:, 0])
    put(
        "interruption_overlap",
        interruptions.attributes["overlap"][taken],
        interruptions.start[taken],
    )
    put("backchannel", feedback.end - feedback.start, feedback.start)
    offset, inside, onset = placement(layer, feedback)
    put("backchannel_offset", offset, onset)
    counts = {
        "backchannels": count(feedback.start),
        "interruptions": count(interruptions.start[taken]),
        "failed": count(interruptions.start[~taken]),
        "pauses": count(pauses.start),
        "filled_pauses": count(events["filled_pause"].start),
        **_transitions(floor, of, n, {"silences_within": (PAUSE,)}),
        "floor_changes": np.bincount(where, minlength=n),
        **_transitions(layer, of, n, {
            "layer1_pauses": (PAUSE,), "layer1_gaps": (GAP, LATCH),
            "layer1_overlaps_between": (OVERLAP_BETWEEN,),
            "layer1_overlaps_within": (OVERLAP_WITHIN,),
        }),
    }  # fmt: skip
    runs = layer.runs
    talk = []
    for pick in (runs.active == 1, runs.active > 1):
        long = (runs.end - runs.start)[pick]
        talk.append(np.bincount(of(runs.start[pick]), long, minlength=n).astype(np.float64))
    total = lengths.astype(np.float64)
    onset_counts = np.bincount(of(onset), minlength=n).astype(np.float64)
    shares = {
        "one": (talk[0], total),
        "overlap": (talk[1], total),
        "silence": (total - talk[0] - talk[1], total),
        "overlapped_changes": (
            np.bincount(where, changes < 0, minlength=n).astype(np.float64),
            np.bincount(where, minlength=n).astype(np.float64),
        ),
        "backchannels_in_overlap": (
            np.bincount(of(onset), offset < 0, minlength=n).astype(np.float64), onset_counts,
        ),
        "backchannels_inside": (
            np.bincount(of(onset), inside, minlength=n).astype(np.float64), onset_counts,
        ),
    }  # fmt: skip
    table.extend([name for name, _ in batch], lengths / rate / 60, samples, counts, shares)


def _alike(one: Timeline, other: Timeline) -> bool:
    """Whether two conversations can share a batch: one rate, and both of two speakers or neither.

    The decision about backchannels treats talk of two speakers by itself.
    """
    pairs = {len(timeline.activity) == 2 for timeline in (one, other)}
    return one.rate == other.rate and len(pairs) == 1


def _joined(timelines: Sequence[Timeline], offsets: Int64Array, length: int) -> Timeline:
    """All conversations on one clock; a speaker's place stands for the speaker."""
    most = max(len(timeline.activity) for timeline in timelines)
    rows: list[list[Int64Array]] = [[np.zeros((0, 2), np.int64)] for _ in range(most)]
    texts: list[list[str]] = [[] for _ in range(most)]
    times: list[list[Int64Array]] = [[np.zeros((0, 2), np.int64)] for _ in range(most)]
    cuts: list[list[BoolArray]] = [[np.zeros(0, np.bool_)] for _ in range(most)]
    for timeline, offset in zip(timelines, offsets.tolist(), strict=True):
        for place, (name, activity) in enumerate(timeline.activity.items()):
            rows[place].append(activity + offset)
            if name in timeline.words:
                track = timeline.words[name]
                texts[place] += track.texts
                times[place].append(track.times + offset)
                cuts[place].append(track.fragment)
    return Timeline(
        timelines[0].rate,
        length,
        {str(place): np.concatenate(found) for place, found in enumerate(rows)},
        {
            str(place): WordTrack(
                tuple(texts[place]), np.concatenate(times[place]), np.concatenate(cuts[place])
            )
            for place in range(most)
            if texts[place]
        },
    )


def _inside(layer: Layer1, of: Any) -> BoolArray:
    """Which transitions lie inside one conversation."""
    t = layer.transitions
    found: BoolArray = of(np.minimum(t.start, t.end)) == of(np.maximum(t.start, t.end))
    return found


def _floor(
    layer: Layer1, prefix: str, pause: str, put: Any, of: Any
) -> tuple[Int64Array, Int64Array]:
    """Samples of the transitions; the floor-transfer offsets and whose they are."""
    t = layer.transitions
    inside = _inside(layer, of)
    length = t.end - t.start
    for name, kind in (
        (pause, PAUSE), ("gap", GAP), ("overlap_between", OVERLAP_BETWEEN),
        ("overlap_within", OVERLAP_WITHIN),
    ):  # fmt: skip
        pick = t.of(kind) & inside
        put(f"{prefix}{name}", length[pick], t.start[pick])
    pick = t.of(GAP, OVERLAP_BETWEEN, LATCH) & inside
    kinds, start, end = t.kind[pick], t.start[pick], t.end[pick]
    offset = np.where(kinds == OVERLAP_BETWEEN, start - end, end - start)
    put(f"{prefix}fto", offset, np.minimum(start, end))
    return offset, of(np.minimum(start, end))


def _transitions(
    layer: Layer1, of: Any, n: int, kinds: Mapping[str, tuple[int, ...]]
) -> dict[str, Int64Array]:
    t = layer.transitions
    inside = _inside(layer, of)
    return {
        name: np.bincount(of(t.start[pick]), minlength=n)
        for name, some in kinds.items()
        for pick in [t.of(*some) & inside]
    }


class Collector:
    """Takes up conversations one by one and measures them, small ones in batches.

    Args:
        rules: the rule set that names the events.
        backchannel: see `interactspeech.turntaking.annotator.annotate_table`.

    Attributes:
        table: what was measured; complete after `finish`.
    """

    def __init__(self, rules: RuleSet, backchannel: Decision | None = None) -> None:
        self.table = ConversationTable()
        self._rules, self._backchannel = rules, backchannel
        self._waiting: list[tuple[str, Timeline]] = []

    def add(self, name: str, timeline: Timeline) -> None:
        """Take up a conversation; one of length 0 is left out.

        Raises:
            InputError: see `annotate_table`; the others are not concerned.
        """
        if not timeline.length:
            return
        small = is_small(timeline)
        waiting = self._waiting
        if waiting and (not small or len(waiting) == BATCH or not _alike(waiting[0][1], timeline)):
            self.finish()
        if small:
            self._waiting.append((name, timeline))
        else:
            self.table.append(
                conversation(timeline, name, self._rules, backchannel=self._backchannel)
            )

    def finish(self) -> ConversationTable:
        """Measure what waits, and return everything."""
        waiting, self._waiting = self._waiting, []
        measure_batch(waiting, self._rules, self.table, backchannel=self._backchannel)
        return self.table


def collect(
    sources: Iterable[Timeline | Dialogue | tuple[str, Timeline]],
    rules: RuleSet | None = None,
    *,
    backchannel: Decision | None = None,
) -> Statistics:
    """The statistics of conversations.

    Args:
        sources: records, timelines, or timelines with names (a timeline alone is numbered).
        rules: the rule set that names the events. Without one, the default rules with the fitted
            backchannel decision, as for `interactspeech stats`: `stats`, the table of a build and
            the page show the same numbers, because all of them come from here.
        backchannel: the decision that goes with `rules`; see
            `interactspeech.turntaking.annotator.annotate_table`.

    Conversations of length 0 are left out.

    Raises:
        InputError: see `annotate_table`.
    """
    if rules is None:
        rules, backchannel = feedback_rules(), backchannel or feedback_decision
    collector = Collector(rules, backchannel)
    for i, source in enumerate(sources):
        if isinstance(source, Dialogue):
            collector.add(source.id, Timeline.of(source))
        elif isinstance(source, tuple):
            collector.add(*source)
        else:
            collector.add(str(i), source)
    return Statistics(collector.finish(), rules.id)
