"""Samples of conversations: durations, offsets, rates and shares, for each conversation.

Two floors are measured. Names that begin with `layer1_` take all talk as it is (Heldner and Edlund
2010). The others first take the backchannels out of the floor, so that "mm-hm" neither ends a turn
nor begins one: what dialogue models are compared with.

A pause is the event of that name, a silence inside a turn. `silence_within` is Heldner and Edlund's
within-speaker silence: the pauses, and the longer silences after which the speaker begins a new
turn. It is what the human reference knows.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, overload

import numpy as np

from interactspeech._typing import BoolArray, Float64Array, Int64Array
from interactspeech.turntaking.activity import (
    GAP,
    LATCH,
    OVERLAP_BETWEEN,
    OVERLAP_WITHIN,
    PAUSE,
    Layer1,
    layer1,
    layer1_of_ipus,
)
from interactspeech.turntaking.annotator import annotate_table
from interactspeech.turntaking.backchannel_candidates import Decision
from interactspeech.turntaking.event_table import Columns, EventTable
from interactspeech.turntaking.rules import DEFAULT, RuleSet
from interactspeech.turntaking.timeline import Timeline

#: What is sampled, in seconds, and what it means.
MEASURES: Final[dict[str, str]] = {
    "fto": "floor-transfer offset, backchannels taken out of the floor",
    "pause": "pause: silence inside a turn",
    "silence_within": "silence after which the same speaker goes on, backchannels taken out",
    "gap": "silence where the floor changes, backchannels taken out",
    "overlap_between": "overlap where the floor changes, backchannels taken out",
    "overlap_within": "overlap after which the floor stays, backchannels taken out",
    "turn": "length of a turn",
    "ipu": "length of an inter-pausal unit",
    "interruption_overlap": "overlap of an interruption that takes the floor",
    "backchannel": "length of a backchannel",
    "backchannel_offset": "backchannel's onset after the partner's talk ends; negative: before",
    "layer1_fto": "floor-transfer offset of all talk",
    "layer1_pause": "pause (one speaker before and after), all talk",
    "layer1_gap": "gap (two speakers), all talk",
    "layer1_overlap_between": "overlap between (two speakers), all talk",
    "layer1_overlap_within": "overlap within (one speaker), all talk",
}

#: What is counted, a minute of dialogue.
RATES: Final[dict[str, str]] = {
    "backchannels": "backchannels",
    "interruptions": "interruptions that take the floor",
    "failed": "interruptions that fail",
    "pauses": "pauses: silences inside a turn",
    "filled_pauses": "filled pauses (where words are known)",
    "silences_within": "silences after which the same speaker goes on, backchannels taken out",
    "floor_changes": "changes of floor, backchannels taken out",
    "layer1_pauses": "pauses, all talk",
    "layer1_gaps": "gaps, all talk",
    "layer1_overlaps_between": "overlaps between, all talk",
    "layer1_overlaps_within": "overlaps within, all talk",
}

#: Shares, between 0 and 1.
SHARES: Final[dict[str, str]] = {
    "one": "of the time, one speaker",
    "overlap": "of the time, two or more speakers",
    "silence": "of the time, no speaker",
    "overlapped_changes": "of the changes of floor, those in overlap (backchannels taken out)",
    "backchannels_in_overlap": "of the backchannels, those that begin in the partner's talk",
    "backchannels_inside": "of the backchannels, those wholly inside the partner's talk",
}


@dataclass(frozen=True, eq=False)
class Conversation:
    """The samples of one conversation.

    Attributes:
        name: of the conversation.
        minutes: its length.
        samples: measure -> values in seconds, float64, shape ``(n,)``; see `MEASURES`.
        counts: name of a rate -> number of events; see `RATES`.
        shares: name -> (part, whole), for pooling; see `SHARES`.
    """

    name: str
    minutes: float
    samples: dict[str, Float64Array]
    counts: dict[str, int]
    shares: dict[str, tuple[float, float]]

    def per_minute(self, rate: str) -> float:
        """Events a minute of dialogue."""
        return self.counts[rate] / self.minutes

    def share(self, name: str) -> float:
        """The share, NaN where its whole is empty."""
        part, whole = self.shares[name]
        return part / whole if whole else float("nan")


class ConversationTable(Sequence[Conversation]):
    """The samples of any number of conversations in flat arrays: a few hundred bytes for each.

    A sequence of `Conversation`, made when they are asked for.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self._minutes = array("d")
        self._counts = {name: array("q") for name in RATES}
        self._parts = {name: array("d") for name in SHARES}
        self._wholes = {name: array("d") for name in SHARES}
        self._values = {name: array("d") for name in MEASURES}
        #: For each measure where each conversation's values begin, and where the last one's end.
        self._edges = {name: array("q", [0]) for name in MEASURES}

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, which: int) -> Conversation: ...
    @overload
    def __getitem__(self, which: slice) -> list[Conversation]: ...
    def __getitem__(self, which: int | slice) -> Conversation | list[Conversation]:
        """One by its place, or several."""
        if isinstance(which, slice):
            return [self[i] for i in range(*which.indices(len(self)))]
        place = range(len(self))[which]
        samples = {}
        for name, values in self._values.items():
            edges = self._edges[name]
            samples[name] = np.array(values[edges[place] : edges[place + 1]], np.float64)
        return Conversation(
            self.names[place],
            self._minutes[place],
            samples,
            {name: values[place] for name, values in self._counts.items()},
            {name: (self._parts[name][place], self._wholes[name][place]) for name in SHARES},
        )

    def append(self, conversation: Conversation) -> None:
        """Take up one conversation."""
        self.names.append(conversation.name)
        self._minutes.append(conversation.minutes)
        for name in RATES:
            self._counts[name].append(conversation.counts[name])
        for name in SHARES:
            part, whole = conversation.shares[name]
            self._parts[name].append(part)
            self._wholes[name].append(whole)
        for name in MEASURES:
            self._values[name].frombytes(conversation.samples[name].astype(np.float64).tobytes())
            self._edges[name].append(len(self._values[name]))

    def extend(
        self,
        names: Sequence[str],
        minutes: Float64Array,
        samples: Mapping[str, tuple[Float64Array, Int64Array]],
        counts: Mapping[str, Int64Array],
        shares: Mapping[str, tuple[Float64Array, Float64Array]],
    ) -> None:
        """Take up a batch: for each measure its values, and how many each conversation has."""
        self.names += names
        self._minutes.frombytes(minutes.astype(np.float64).tobytes())
        for name in RATES:
            self._counts[name].frombytes(counts[name].astype(np.int64).tobytes())
        for name in SHARES:
            part, whole = shares[name]
            self._parts[name].frombytes(part.astype(np.float64).tobytes())
            self._wholes[name].frombytes(whole.astype(np.float64).tobytes())
        for name in MEASURES:
            values, sizes = samples[name]
            last = self._edges[name][-1]
            self._values[name].frombytes(values.astype(np.float64).tobytes())
            self._edges[name].frombytes((last + np.cumsum(sizes)).astype(np.int64).tobytes())

    @property
    def minutes(self) -> float:
        """Of all conversations."""
        return float(sum(self._minutes))

    def samples(self, measure: str) -> Float64Array:
        """All values of a measure, seconds."""
        return np.array(self._values[measure], np.float64)

    def count(self, rate: str) -> int:
        """All events of a rate."""
        return sum(self._counts[rate])

    def share(self, name: str) -> tuple[float, float]:
        """Part and whole of a share, over all."""
        return sum(self._parts[name]), sum(self._wholes[name])


@dataclass(frozen=True, eq=False)
class Statistics:
    """Samples of any number of conversations, pooled when asked for.

    Attributes:
        conversations: one a file or dialogue.
        rules: id of the rule set that named the events.
    """

    conversations: Sequence[Conversation]
    rules: str = DEFAULT.id

    @property
    def minutes(self) -> float:
        """Of all conversations."""
        known = self.conversations
        if isinstance(known, ConversationTable):
            return known.minutes
        return sum(c.minutes for c in known)

    def samples(self, measure: str) -> Float64Array:
        """All conversations' values of a measure, seconds, shape ``(n,)``."""
        known = self.conversations
        if isinstance(known, ConversationTable):
            return known.samples(measure)
        return np.concatenate([np.zeros(0), *(c.samples[measure] for c in known)])

    def per_minute(self, rate: str) -> float:
        """Events a minute of dialogue, over all conversations; NaN if there is no dialogue."""
        known = self.conversations
        if isinstance(known, ConversationTable):
            total = known.count(rate)
        else:
            total = sum(c.counts[rate] for c in known)
        return total / self.minutes if self.minutes else float("nan")

    def share(self, name: str) -> float:
        """A share over all conversations; NaN where its whole is empty."""
        known = self.conversations
        if isinstance(known, ConversationTable):
            part, whole = known.share(name)
        else:
            part = sum(c.shares[name][0] for c in known)
            whole = sum(c.shares[name][1] for c in known)
        return part / whole if whole else float("nan")

    def per_dyad(self, name: str) -> tuple[float, float]:
        """Mean and standard deviation between conversations: of the median of a measure, of a rate
        a minute, or of a share (conversations without the thing are left out).
        """
        values = np.array(list(self._of_each(name)))
        values = values[np.isfinite(values)]
        if values.size == 0:
            return float("nan"), float("nan")
        return float(values.mean()), float(values.std(ddof=1)) if values.size > 1 else float("nan")

    def _of_each(self, name: str) -> Iterator[float]:
        for c in self.conversations:
            if name in SHARES:
                yield c.share(name)
            elif name in RATES:
                yield c.per_minute(name)
            elif c.samples[name].size:
                yield float(np.median(c.samples[name]))


def conversation(
    timeline: Timeline,
    name: str = "",
    rules: RuleSet = DEFAULT,
    *,
    backchannel: Decision | None = None,
) -> Conversation:
    """The samples of one conversation (of a length above 0)."""
    layer = layer1(timeline, rules)
    table = annotate_table(timeline, rules, backchannel=backchannel)
    floor = without_backchannels(layer, table)
    interruptions, feedback = table["interruption"], table["backchannel"]
    taken = interruptions.where(outcome="taken")
    offsets, inside, _ = placement(layer, feedback)
    samples = {
        **_floor_samples(floor, "", "silence_within"),
        "pause": _lengths(table["pause"]),
        "turn": _lengths(table["turn"]),
        "ipu": np.concatenate([np.zeros(0), *(np.diff(u, axis=1)[:, 0] for u in layer.ipus)]),
        "interruption_overlap": interruptions.attributes["overlap"][taken],
        "backchannel": _lengths(feedback),
        "backchannel_offset": offsets,
        **_floor_samples(layer, "layer1_", "pause"),
    }
    states = layer.runs
    time = np.bincount(np.minimum(states.active, 2), states.end - states.start, minlength=3)
    total = float(timeline.length)
    changes = floor.ftos.offset
    kinds = layer.transitions
    counts = {
        "backchannels": len(feedback),
        "interruptions": int(taken.sum()),
        "failed": int((~taken).sum()),
        "pauses": len(table["pause"]),
        "filled_pauses": len(table["filled_pause"]),
        "silences_within": int(floor.transitions.of(PAUSE).sum()),
        "floor_changes": len(changes),
        "layer1_pauses": int(kinds.of(PAUSE).sum()),
        "layer1_gaps": int(kinds.of(GAP, LATCH).sum()),
        "layer1_overlaps_between": int(kinds.of(OVERLAP_BETWEEN).sum()),
        "layer1_overlaps_within": int(kinds.of(OVERLAP_WITHIN).sum()),
    }
    shares = {
        "one": (float(time[1]), total),
        "overlap": (float(time[2]), total),
        "silence": (float(time[0]), total),
        "overlapped_changes": (float((changes < 0).sum()), float(len(changes))),
        "backchannels_in_overlap": (float((offsets < 0).sum()), float(len(offsets))),
        "backchannels_inside": (float(inside.sum()), float(len(offsets))),
    }
    return Conversation(
        name,
        timeline.seconds / 60,
        {measure: np.asarray(values) / timeline.rate for measure, values in samples.items()},
        counts,
        shares,
    )


def without_backchannels(layer: Layer1, table: EventTable) -> Layer1:
    """Layer 1 of all talk but the backchannels of the table."""
    feedback = table["backchannel"]
    floor: dict[str, Int64Array] = {}
    for i, (speaker, units) in enumerate(zip(layer.speakers, layer.ipus, strict=True)):
        starts = feedback.start[feedback.speaker == i]
        floor[speaker] = units[~np.isin(units[:, 0], starts)]
    return layer1_of_ipus(layer.rate, layer.length, floor)


def _floor_samples(layer: Layer1, prefix: str, pause: str) -> dict[str, Int64Array]:
    t = layer.transitions
    length = t.end - t.start
    return {
        f"{prefix}fto": layer.ftos.offset,
        f"{prefix}{pause}": length[t.of(PAUSE)],
        f"{prefix}gap": length[t.of(GAP)],
        f"{prefix}overlap_between": length[t.of(OVERLAP_BETWEEN)],
        f"{prefix}overlap_within": length[t.of(OVERLAP_WITHIN)],
    }


def _lengths(columns: Columns) -> Int64Array:
    return columns.end - columns.start


def placement(layer: Layer1, feedback: Columns) -> tuple[Int64Array, BoolArray, Int64Array]:
    """Onset of each backchannel after the partner's talk, whether it is wholly inside it, and where
    it is.

    Backchannels without a partner, or before the partner's first word, are left out.
    """
    offsets = [np.zeros(0, np.int64)]
    inside = [np.zeros(0, np.bool_)]
    onsets = [np.zeros(0, np.int64)]
    for partner, units in enumerate(layer.ipus):
        mine = feedback.partner == partner
        start, end = feedback.start[mine], feedback.end[mine]
        last = np.searchsorted(units[:, 0], start, side="right") - 1
        start, end, last = start[last >= 0], end[last >= 0], last[last >= 0]
        offsets.append(start - units[last, 1])
        inside.append(end <= units[last, 1])
        onsets.append(start)
    return np.concatenate(offsets), np.concatenate(inside), np.concatenate(onsets)
