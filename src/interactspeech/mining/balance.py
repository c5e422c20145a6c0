"""Which candidates become clips: no second of a recording twice, categories in proportion.

All recordings are looked through first, then the clips are chosen, then cut. The rarest category is
served first, for a clip that is cut for it holds plenty of the commoner ones; what clips hold
anyway counts towards a category's share before clips are cut for it.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from interactspeech import seeds
from interactspeech.mining.event_categories import CATEGORIES
from interactspeech.mining.selection import Candidate, overlaps
from interactspeech.mining.settings import MineSettings


@dataclass(frozen=True)
class Offer:
    """The candidates of one recording.

    Attributes:
        recording: its number.
        id: of the recording; decides chance, so that the order of the inputs does not.
        candidates: in order of time.
    """

    recording: int
    id: str
    candidates: Sequence[Candidate]


@dataclass
class Choice:
    """What was chosen.

    Attributes:
        clips: number of the recording -> its clips, in order of time, without overlap.
        held: category -> how many of its events lie in the clips.
        made_for: category -> clips that were cut for it.
        overlapping: category -> candidates left out because a clip lies there already (the event is
            in that clip, or cut off by it).
        surplus: category -> candidates left out for the balance.
        duplicates: category -> clips taken out again because their sound was there before.
        limits: category -> its share.
    """

    clips: dict[int, list[Candidate]] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CATEGORIES, 0))
    made_for: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CATEGORIES, 0))
    overlapping: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CATEGORIES, 0))
    surplus: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CATEGORIES, 0))
    duplicates: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CATEGORIES, 0))
    limits: dict[str, float] = field(default_factory=dict)

    def in_order(self) -> list[tuple[int, Candidate]]:
        """Number of the recording and clip, in the order in which they are stored."""
        return [(number, one) for number in sorted(self.clips) for one in self.clips[number]]

    def take_out(self, recording: int, one: Candidate) -> None:
        """Take a clip out again: a near-duplicate of another."""
        self.clips[recording].remove(one)
        self.made_for[one.category] -= 1
        self.duplicates[one.category] += 1
        for name, count in zip(CATEGORIES, one.counts, strict=True):
            self.held[name] -= count


def choose(offers: Iterable[Offer], settings: MineSettings) -> Choice:
    """Choose clips: a function of the offers and settings, not of their order.

    Recordings take turns within a category, so that one long one does not fill a share alone.
    """
    offers = sorted(offers, key=lambda offer: offer.id)
    by_category: dict[str, list[tuple[int, bytes, int, Candidate]]] = {c: [] for c in CATEGORIES}
    for offer in offers:
        drawn: dict[str, list[tuple[bytes, Candidate]]] = {}
        for one in offer.candidates:
            key = seeds.digest(settings.seed, offer.id, one.at, one.category)
            drawn.setdefault(one.category, []).append((key, one))
        for category, mine in drawn.items():
            mine.sort(key=lambda pair: pair[0])
            by_category[category] += [
                (rank, key, offer.recording, one) for rank, (key, one) in enumerate(mine)
            ]
    available = {category: len(found) for category, found in by_category.items()}
    choice = Choice(limits=limits(available, settings))
    names = list(CATEGORIES)
    taken: dict[int, list[tuple[int, int]]] = {}
    for category in sorted(names, key=lambda name: (available[name], names.index(name))):
        for _, _, recording, one in sorted(by_category[category], key=lambda row: row[:2]):
            there = taken.setdefault(recording, [])
            if overlaps(there, one.start, one.end):
                choice.overlapping[category] += 1
            elif choice.held[category] >= choice.limits[category]:
                choice.surplus[category] += 1
            else:
                insort(there, (one.start, one.end))
                insort(choice.clips.setdefault(recording, []), one)
                choice.made_for[category] += 1
                for name, count in zip(names, one.counts, strict=True):
                    choice.held[name] += count
    return choice


def limits(available: dict[str, int], settings: MineSettings) -> dict[str, float]:
    """How many events of each category clips are cut for; infinity for all there are."""
    if settings.per_event is not None:
        return dict.fromkeys(available, float(settings.per_event))
    if settings.balance is None:
        return dict.fromkeys(available, math.inf)
    reference = available["interruption"] + available["silent_interruption"]
    share = float(max(settings.least, math.ceil(settings.balance * reference)))
    # What everything else is measured by is kept whole.
    return {
        name: math.inf if name in ("interruption", "silent_interruption") else share
        for name in available
    }
