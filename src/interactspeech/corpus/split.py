"""Splits that keep voices and source dialogues apart, stored as lists of ids beside the shards.

```
splits/train.txt    one id a line        splits/splits.json    how they were made
```
Dialogues that share a voice or a source hang together. Where the groups that hang together are
small, whole groups go to a split and nothing is lost. Where a few voices talk in every pair (the
usual case for synthetic speech), everything is one group; then the voices are dealt out, and
dialogues whose voices went to different splits are left out, counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from interactspeech.corpus.files import (
    explained,
    make_folder,
    refuse_link,
    remove_abandoned,
    write_atomically,
)
from interactspeech.corpus.reader import Corpus
from interactspeech.errors import InputError, UsageError
from interactspeech.seeds import generator

FOLDER = "splits"
#: What the splits may not share.
APART = ("voices", "sources")
#: Shares may be off by so much of the whole before voices are dealt out instead of groups.
_TOLERANCE = 0.05
#: A split takes voices until it has so much of its share: one voice more would take many dialogues
#: from the largest split and give few.
_ENOUGH = 0.8


@dataclass(frozen=True)
class _SplitEntry:
    id: str
    seconds: float
    voices: tuple[str, ...]
    sources: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        return (
            *(f"voice {voice}" for voice in self.voices),
            *(f"source {source}" for source in self.sources),
        )


@dataclass
class Split:
    """What `split` did.

    Attributes:
        ids: name -> the ids of its dialogues, in the order of the corpus.
        seconds: name -> how long they are together.
        left_out: dialogues in no split: their voices, or their source's other dialogues, are on
            different sides.
        dealt: ``"groups"`` or ``"voices"``: what was dealt out.
        unvoiced: dialogues with a speaker whose voice the record does not name; nothing keeps
            these apart.
    """

    ids: dict[str, list[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    dealt: str = "groups"
    unvoiced: int = 0


def split(
    corpus: Corpus,
    shares: Mapping[str, float],
    *,
    apart: Collection[str] = APART,
    seed: int = 0,
) -> Split:
    """Deal the dialogues of a corpus out to splits and store the lists of ids in it.

    Args:
        corpus: no audio is touched; memory grows with the ids of the index.
        shares: name of the split -> its share of the seconds; positive, together 1.
        apart: what no two splits share: ``"voices"``, ``"sources"``.
        seed: same seed and corpus, same splits.

    Raises:
        InputError: the shares are none, or voices or sources are too few to fill every split.
        StoreError: the corpus folder cannot be written to.
    """
    _check(shares, apart)
    entries, unvoiced = _entries(corpus, apart)
    place, dealt = _groups(entries, shares, seed), "groups"
    if place is None and "voices" in apart:
        place, dealt = _voices(entries, shares, seed), "voices"
    found = Split(dealt=dealt, unvoiced=unvoiced)
    found.ids = {name: [] for name in shares}
    found.seconds = dict.fromkeys(shares, 0.0)
    for entry in entries:
        name = place.get(entry.id) if place else None
        if name is None:
            found.left_out.append(entry.id)
            continue
        found.ids[name].append(entry.id)
        found.seconds[name] += entry.seconds
    empty = [name for name, ids in found.ids.items() if not ids]
    if empty:
        raise InputError(
            f"nothing is left for the split {empty[0]!r}: {' and '.join(apart)} are too few to "
            "be kept apart",
            remedy="use more voices or dialogues, fewer splits, or --apart sources",
            reason="cannot-split",
        )
    _store(corpus, found, shares, apart, seed)
    return found


def split_names(corpus: Corpus) -> list[str]:
    """Names of the stored splits, in the order in which they were asked for.

    Raises:
        InputError: there are none.
    """
    folder = corpus.root / FOLDER
    there = sorted(path.stem for path in folder.glob("*.txt"))
    if not there:
        raise InputError(
            "has no splits", corpus.root, remedy="make some with `corpus split`", reason="no-split"
        )
    try:
        stated = list(msgspec.json.decode((folder / "splits.json").read_bytes())["shares"])
    except (OSError, msgspec.DecodeError, KeyError, TypeError):
        stated = []
    return [name for name in stated if name in there] or there


def read_split(corpus: Corpus, name: str) -> frozenset[str]:
    """The ids of a stored split.

    Raises:
        InputError: there is none of that name.
    """
    folder = corpus.root / FOLDER
    there = sorted(path.stem for path in folder.glob("*.txt"))
    if name not in there:
        raise InputError(
            f"has no split called {name!r}",
            corpus.root,
            remedy=f"there are: {', '.join(there)}" if there else "make some with `corpus split`",
            reason="no-split",
        )
    return frozenset((folder / f"{name}.txt").read_text("utf-8").split())


def sources_of(source_id: str) -> list[str]:
    """The ids of the sources that `Provenance.id` names (several in a recombined dialogue)."""
    return [one for one in source_id.split(" + ") if one]


def _check(shares: Mapping[str, float], apart: Collection[str]) -> None:
    unknown = sorted(set(apart) - set(APART))
    if unknown or not shares:
        raise UsageError(
            f"cannot keep {unknown[0]!r} apart" if unknown else "no split was named",
            remedy=f"use {' or '.join(APART)}",
        )
    if min(shares.values()) <= 0 or abs(sum(shares.values()) - 1) > 1e-6:
        raise UsageError(
            f"the shares {', '.join(f'{n} {s:g}' for n, s in shares.items())} are not positive "
            "and together 1",
        )
    for name in shares:
        if not (name.isascii() and name.replace("_", "").isalnum()):
            raise UsageError(f"{name!r} cannot name a split")


def _entries(corpus: Corpus, apart: Collection[str]) -> tuple[list[_SplitEntry], int]:
    entries: list[_SplitEntry] = []
    unvoiced = 0
    for row in corpus.query("", ["id", "seconds", "voices", "corpus", "source_id"]):
        unvoiced += "" in row["voices"] or not row["voices"]
        entries.append(
            _SplitEntry(
                row["id"],
                row["seconds"],
                tuple(sorted(set(filter(None, row["voices"])))) if "voices" in apart else (),
                tuple(f"{row['corpus']}\t{one}" for one in sources_of(row["source_id"]))
                if "sources" in apart
                else (),
            )
        )
    return entries, unvoiced


def _groups(
    entries: Sequence[_SplitEntry], shares: Mapping[str, float], seed: int
) -> dict[str, str] | None:
    """Whole groups to the split that lacks most; None where the shares come out wrong."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for entry in entries:
        first = root(f"id {entry.id}")
        for key in entry.keys:
            parent[root(key)] = first
    groups: dict[str, list[_SplitEntry]] = defaultdict(list)
    for entry in entries:
        groups[root(f"id {entry.id}")].append(entry)
    total = sum(entry.seconds for entry in entries)
    lacking = {name: share * total for name, share in shares.items()}
    place: dict[str, str] = {}
    # Chance first, so that groups of one size come in no order of the corpus; then the largest.
    by_number = list(groups.values())
    dealt = [by_number[k] for k in _shuffled(len(groups), seed, "groups")]
    dealt.sort(key=lambda group: -sum(entry.seconds for entry in group))
    for group in dealt:
        name = max(lacking, key=lambda one: lacking[one])
        lacking[name] -= sum(entry.seconds for entry in group)
        place |= dict.fromkeys((entry.id for entry in group), name)
    empty = set(shares) - set(place.values())
    off = max(abs(rest) for rest in lacking.values())
    # Few dialogues cannot come out even; one dialogue more or less is no reason to lose others.
    longest = max((entry.seconds for entry in entries), default=0.0)
    return None if empty or off > max(_TOLERANCE * total, longest) else place


def _voices(
    entries: Sequence[_SplitEntry], shares: Mapping[str, float], seed: int
) -> dict[str, str]:
    """Voices to splits: the small ones in turn take voices from the largest, while they lack.

    A split's dialogues are those whose voices are all in it; of one source's dialogues those that
    lie in the split where most of them lie.
    """
    names = sorted({voice for entry in entries for voice in entry.voices})
    names = [names[k] for k in _shuffled(len(names), seed, "voices")]
    largest = max(shares, key=lambda one: shares[one])
    side = dict.fromkeys(names, largest)
    pairs: dict[tuple[str, ...], float] = defaultdict(float)
    for entry in entries:
        pairs[entry.voices] += entry.seconds
    inside = dict.fromkeys((name for name in shares if name != largest), 0.0)
    free = dict.fromkeys(names)  # in their order, which chance gave them
    lacking = {name: {who: len(who) for who in pairs} for name in inside}
    gains: dict[str, dict[str, float]] = {name: defaultdict(float) for name in inside}
    with_voice: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for who, seconds in pairs.items():
        for voice in who:
            with_voice[voice].append(who)
        for gain in gains.values():
            if len(who) == 1:
                gain[who[0]] += seconds
    still = sum(seconds for who, seconds in pairs.items() if who)  # between voices still free
    while inside and len(free) > 1:
        # Shares of what is in some split: what lies between two of them is lost.
        kept = sum(inside.values()) + still
        name = min(inside, key=lambda one: inside[one] / shares[one])
        if inside[name] >= _ENOUGH * shares[name] * kept:
            break
        gain = gains[name]
        best = max(free, key=lambda voice: gain[voice])
        inside[name] += gain[best]
        still -= sum(pairs[who] for who in with_voice[best] if free.keys() >= set(who))
        side[best] = name
        del free[best]
        for who in with_voice[best]:
            lacking[name][who] -= 1
            if lacking[name][who] == 1:
                last = next(voice for voice in who if side[voice] != name)
                gain[last] += pairs[who]
    place = {}
    for entry in entries:
        sides = {side[voice] for voice in entry.voices} or {largest}
        if len(sides) == 1:
            place[entry.id] = sides.pop()
    return _one_side(entries, place)


def _one_side(entries: Sequence[_SplitEntry], place: dict[str, str]) -> dict[str, str]:
    """Each source's dialogues in one split: the one that has most of them."""
    sources: dict[str, Counter[str]] = defaultdict(Counter)
    for entry in entries:
        if entry.id in place:
            for source in entry.sources:
                sources[source][place[entry.id]] += 1
    side = {source: max(sorted(count), key=count.__getitem__) for source, count in sources.items()}
    for entry in entries:
        if any(place.get(entry.id) != side.get(source) for source in entry.sources):
            place.pop(entry.id, None)
    return place


def _shuffled(count: int, seed: int, purpose: str) -> list[int]:
    return [int(k) for k in generator(seed, "split", purpose).permutation(count)]


def _store(
    corpus: Corpus, found: Split, shares: Mapping[str, float], apart: Collection[str], seed: int
) -> None:
    folder = corpus.root / FOLDER
    refuse_link(folder)
    with explained(folder):
        make_folder(folder)
        remove_abandoned(folder)
        for path in folder.glob("*.txt"):  # of an earlier split: never two divisions side by side
            path.unlink()
    for name, ids in found.ids.items():
        write_atomically(folder / f"{name}.txt", "".join(f"{one}\n" for one in ids).encode())
    facts: dict[str, Any] = {
        "shares": dict(shares),
        "apart": sorted(apart),
        "seed": seed,
        "dealt": found.dealt,
        "dialogues": {name: len(ids) for name, ids in found.ids.items()},
        "seconds": found.seconds,
        "left_out": len(found.left_out),
        "left_out_ids": found.left_out,
        "without_voice": found.unvoiced,
    }
    write_atomically(
        folder / "splits.json", msgspec.json.format(msgspec.json.encode(facts)) + b"\n"
    )
