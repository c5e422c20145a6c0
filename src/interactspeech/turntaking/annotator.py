"""The annotator: a conversation and a rule set in, events out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

import msgspec

from interactspeech.errors import InputError
from interactspeech.records.dialogue import Dialogue, Event, Utterance
from interactspeech.turntaking.activity import Layer1, layer1
from interactspeech.turntaking.backchannel_candidates import Decision, candidates, default_decision
from interactspeech.turntaking.event_table import EventTable, event_order
from interactspeech.turntaking.interaction import events_of
from interactspeech.turntaking.rules import DEFAULT, RuleSet
from interactspeech.turntaking.timeline import Timeline
from interactspeech.turntaking.units import Units, units_of


def annotate_table(
    source: Timeline | Dialogue,
    rules: RuleSet = DEFAULT,
    *,
    backchannel: Decision | None = None,
    planned: bool = False,
) -> EventTable:
    """The events of layer 2 in columns; about a microsecond an IPU.

    Args:
        source: a conversation of any number of speakers.
        rules: the rule set; the table names it.
        backchannel: decides which IPUs are backchannels, in place of the default rule. Name it in
            `RuleSet.backchannel`, so that the stored rule set is right.
        planned: whether `Utterance.unsaid`, which only a generator knows, may show that a unit is
            not complete, beside the words.

    Raises:
        InputError: a rule set that names another decision than the default while none is given.
    """
    timeline = Timeline.of(source) if isinstance(source, Dialogue) else source
    return analyse(timeline, rules, backchannel=backchannel, planned=planned)[0]


def analyse(
    timeline: Timeline,
    rules: RuleSet = DEFAULT,
    *,
    backchannel: Decision | None = None,
    planned: bool = False,
) -> tuple[EventTable, Units]:
    """As `annotate_table`, with the units behind the events (they hold candidates and layer 1)."""
    if (backchannel is None) != (rules.backchannel == "default"):
        raise InputError(
            f"rule set {rules.id!r} names the backchannel decision {rules.backchannel!r}, "
            f"and {'none' if backchannel is None else 'another'} is given",
            remedy="give both or neither",
            reason="bad-rules",
        )
    found = candidates(timeline, layer1(timeline, rules), rules)
    decided = (backchannel or default_decision)(found)
    decided = decided & (found.length <= rules.at(timeline.rate).backchannel_max)
    units = units_of(found, decided)
    return events_of(units, planned=planned), units


def annotate(
    source: Timeline | Dialogue,
    rules: RuleSet = DEFAULT,
    *,
    backchannel: Decision | None = None,
    planned: bool = False,
) -> tuple[Event, ...]:
    """The events of layer 2 as records of origin "rule", sorted; see `annotate_table`.

    Where the source has utterances, each event names the utterance of its speaker that it belongs
    to: the one that shares the most time with it.
    """
    timeline = Timeline.of(source) if isinstance(source, Dialogue) else source
    return _events(
        timeline, annotate_table(timeline, rules, backchannel=backchannel, planned=planned)
    )


def _events(timeline: Timeline, table: EventTable) -> tuple[Event, ...]:
    known = {name: _UtteranceIndex(mine) for name, mine in timeline.utterances.items() if mine}
    if not known:
        return table.events()
    return tuple(
        msgspec.structs.replace(event, utterance=found)
        if event.speaker in known
        and (found := known[event.speaker].most_shared(event.start, event.end))
        else event
        for event in table.events()
    )


def label(
    dialogue: Dialogue,
    rules: RuleSet = DEFAULT,
    *,
    backchannel: Decision | None = None,
    planned: bool = False,
) -> Dialogue:
    """The dialogue with the events of a rule set in it, and with the rule set itself.

    Older events of origin "rule" are replaced, with the rule sets that only they needed; planned,
    predicted and human events stay.
    """
    timeline = Timeline.of(dialogue)
    table, _ = analyse(timeline, rules, backchannel=backchannel, planned=planned)
    return with_rule_events(dialogue, timeline, table, rules)


def with_rule_events(
    dialogue: Dialogue, timeline: Timeline, table: EventTable, rules: RuleSet
) -> Dialogue:
    """The dialogue with a table of its events in it, as `label` gives it.

    Args:
        dialogue: what the events are about.
        timeline: of the dialogue.
        table: its events by `rules`.
        rules: the rule set.
    """
    kept = tuple(event for event in dialogue.events if event.origin != "rule")
    needed = {event.rules for event in kept}
    sets = {name: values for name, values in dialogue.rule_sets.items() if name in needed}
    return msgspec.structs.replace(
        dialogue,
        events=tuple(sorted(kept + _events(timeline, table), key=event_order)),
        rule_sets={**sets, rules.id: rules.to_dict()},
    )


def runs(source: Timeline | Dialogue, rules: RuleSet = DEFAULT) -> Layer1:
    """Layer 1 of a conversation: see `Layer1`."""
    return layer1(Timeline.of(source) if isinstance(source, Dialogue) else source, rules)


class _UtteranceIndex:
    """Finds the utterance of a speaker that shares most time with an event."""

    def __init__(self, utterances: Sequence[Utterance]) -> None:
        self._all = utterances
        self._starts = [u.start for u in utterances]
        self._reach = list(accumulate((u.end for u in utterances), max))

    def most_shared(self, start: int, end: int) -> str:
        """Id of the utterance with most time in [start, end), the first of equals; "" for none."""
        best, most = "", 0
        i = bisect_left(self._starts, end) - 1
        while i >= 0 and self._reach[i] > start:
            time = min(end, self._all[i].end) - max(start, self._all[i].start)
            if time >= most and time > 0:
                best, most = self._all[i].id, time
            i -= 1
        return best
