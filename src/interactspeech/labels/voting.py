"""One set of events from several people's: TurnBench's rule, and the votes of everybody kept.

Events of one type on one track are the same event where their onsets are near. Groups are made by
linking the nearest pairs of different people first (at most one event of a person in a group), so
that the result does not depend on the order of the people. A group that more than half of the
people made is kept, at the median of its times (TurnBench, arXiv 2608.25218: two of three within
0.2 s); the others are returned with their votes, for nothing that somebody heard is thrown away.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Annotated

import msgspec

from interactspeech.records import Event, EventType
from interactspeech.settings import Settings


class ConsensusSettings(Settings, frozen=True):
    """How near, and how many.

    Attributes:
        tolerance: how far apart two onsets of one event may be, in seconds.
        share: more than this share of the people must have the event; with 0.5, two of three.
    """

    tolerance: Annotated[float, msgspec.Meta(gt=0, le=10)] = 0.2
    share: Annotated[float, msgspec.Meta(ge=0, lt=1)] = 0.5


class VotedEvent(msgspec.Struct, frozen=True):
    """An event that one or more people labelled.

    Attributes:
        type, speaker: what and whose.
        start, end: medians of the votes, in samples.
        votes: person -> (start, end) as they labelled it.
        people: how many people labelled the dialogue.
        majority: whether it is kept by the rule.
    """

    type: EventType
    speaker: str
    start: int
    end: int
    votes: dict[str, tuple[int, int]]
    people: int
    majority: bool

    def event(self) -> Event:
        """As an event of origin "human", with its votes in the attributes."""
        attributes: dict[str, str | int | float | bool] = {
            "votes": len(self.votes),
            "people": self.people,
            "annotators": " ".join(sorted(self.votes)),
        }
        return Event(
            self.type, self.speaker, self.start, self.end, origin="human", attributes=attributes
        )


def consensus(
    events: Mapping[str, Sequence[Event]], rate: int, settings: ConsensusSettings | None = None
) -> list[VotedEvent]:
    """Everything that anybody labelled, once, with its votes; in order of time.

    Args:
        events: person -> their events of one dialogue; people without events count, too.
        rate: samples a second.
        settings: see `ConsensusSettings`.
    """
    chosen = settings or ConsensusSettings()
    by_kind: dict[tuple[EventType, str], list[tuple[str, Event]]] = defaultdict(list)
    for person, mine in sorted(events.items()):
        for event in mine:
            by_kind[event.type, event.speaker].append((person, event))
    found = []
    for (kind, speaker), given in by_kind.items():
        for group in _groups(given, chosen.tolerance * rate):
            # Of one person's two events in reach of the group only one is in it.
            votes = {person: (event.start, event.end) for person, event in group}
            found.append(
                VotedEvent(
                    kind,
                    speaker,
                    round(median(start for start, _ in votes.values())),
                    round(median(end for _, end in votes.values())),
                    votes,
                    len(events),
                    len(votes) > chosen.share * len(events),
                ),
            )
    return sorted(found, key=lambda one: (one.start, one.end, one.type, one.speaker))


def _groups(given: Sequence[tuple[str, Event]], reach: float) -> list[list[tuple[str, Event]]]:
    """Link the nearest onsets of different people first; within a group all are within `reach`."""
    order = sorted(
        range(len(given)), key=lambda i: (given[i][1].start, given[i][1].end, given[i][0])
    )
    links: list[tuple[int, int, int]] = []
    for at, i in enumerate(order):
        for j in order[at + 1 :]:
            distance = given[j][1].start - given[i][1].start
            if distance > reach:
                break
            if given[i][0] != given[j][0]:
                heapq.heappush(links, (distance, i, j))
    group = {i: [i] for i in range(len(given))}
    while links:
        _, i, j = heapq.heappop(links)
        one, other = group[i], group[j]
        if one is other:
            continue
        joined = one + other
        people = [given[k][0] for k in joined]
        starts = [given[k][1].start for k in joined]
        if len(set(people)) == len(people) and max(starts) - min(starts) <= reach:
            for k in joined:
                group[k] = joined
    unique = {id(members): members for members in group.values()}
    return [[given[k] for k in sorted(members)] for members in unique.values()]
