"""Recombination: new dialogues from parts of others, by pools of sources.

```
dialogues ─ without repeats ─► sources ─ unchanged ──────────────────────────────────► out
                                  └─► pools ─ rounds: parts ─ swap, vary, bridge ─ new? ─► out
```
Every round uses each source of a pool about once: the pool is shuffled and cut into groups of two
or three, and one part of each source is taken. Speakers are swapped, values vary (`slots`), and a
bridge connects the parts (`bridges`). Two sources meet at most once, and a dialogue that is too
similar to an earlier one is dropped.

Only parts of one pool are joined, so that splits can keep sources apart: if any dialogue could be
joined with any other, after a few rounds all sources would be connected, and no split could keep a
source on one side without losing most of the corpus. A pool holds some forty sources of one corpus,
one licence and one kind; a split takes whole pools.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from interactspeech.errors import InputError
from interactspeech.records import PlainDialogue, PlainTurn, Script
from interactspeech.scripts.recombination import names, slots
from interactspeech.scripts.recombination.bridges import BridgePhrases, bridge_turns
from interactspeech.scripts.recombination.novelty import NoveltyIndex
from interactspeech.scripts.recombination.parts import (
    DialoguePart,
    Kind,
    can_follow,
    dialogue_parts,
    is_kin,
    kind_of,
    without_lead,
)
from interactspeech.scripts.writers.draws import Draws
from interactspeech.seeds import generator

#: Sources of a pool, about.
POOL = 40


@dataclass(frozen=True)
class Pool:
    """Sources that may be joined with each other.

    Attributes:
        kind: of all of them.
        parts: for each source, the whole dialogue first, then shorter parts of it.
    """

    kind: Kind
    parts: tuple[tuple[DialoguePart, ...], ...]


def draw_pools(sources: Sequence[PlainDialogue], seed: int) -> list[Pool]:
    """Sources of two speakers divided into pools; those without a usable part are left out."""
    groups: dict[tuple[str, str, str, Kind], list[tuple[DialoguePart, ...]]] = defaultdict(list)
    for number, source in enumerate(sources):
        if len({turn.speaker for turn in source.turns}) > _PAIR:
            continue
        kind = kind_of(source)
        found = dialogue_parts(number, source, kind)
        if found:
            groups[source.corpus, source.licence, source.split, kind].append(tuple(found))
    made: list[Pool] = []
    for (corpus, licence, split, kind), members in groups.items():
        order = generator(seed, "recombine", corpus, licence, split, kind).permutation(len(members))
        count = max(1, round(len(members) / POOL))
        if len(members) < 2:
            continue
        made += [
            Pool(kind, tuple(members[k] for k in sorted(order[number::count])))
            for number in range(count)
        ]
    return made


Item = PlainDialogue | Script | InputError

#: Between the ids of the sources of one dialogue in `source_id`.
JOINT = " + "
#: Sources whose resemblance to (or containment in) an earlier one is larger are not used; nor are
#: new dialogues whose resemblance to an earlier one is larger.
_ALIKE_SOURCES, ALIKE = 0.5, 0.6
#: Share of groups of three; of parts that are shorter than their source, where there are such.
_THREE, _SHORTER = 0.4, 0.45
#: Words of a new dialogue, at most.
_WORDS = 600
#: Speakers of the dialogues that are recombined.
_PAIR = 2
#: Tries at a group before it is given up.
_TRIES = 3


@dataclass
class Recombined:
    """Counts of `recombine`, updated while dialogues are taken.

    Attributes:
        sources: dialogues that were taken as they are.
        repeats: inputs that were left out because an earlier one has the same words.
        alike: inputs that are taken as they are but not recombined: they resemble an earlier one.
        made: new dialogues.
        refused: new dialogues that were too similar to an earlier one.
        resemblance: of each new dialogue to the earlier one that it resembles most.
        uses: source id -> number of dialogues that use it, itself included.
    """

    sources: int = 0
    repeats: int = 0
    alike: int = 0
    made: int = 0
    refused: int = 0
    resemblance: list[float] = field(default_factory=list)
    uses: Counter[str] = field(default_factory=Counter)


def recombine(
    items: Iterable[Item], seed: int = 0, *, rounds: int = 16, report: Recombined | None = None
) -> Iterator[Item]:
    """All dialogues once, without repeats; then new ones of their parts, as long as there are any.

    Scripts and losses pass unchanged. The same items and seed give the same dialogues, whatever is
    taken of them.

    Args:
        items: as `interactspeech.scripts.read_all` gives them; they are kept in memory.
        seed: of the corpus.
        rounds: how many times each source may be used in a new dialogue, about.
        report: is filled while dialogues are taken.

    Yields:
        Dialogues whose `source_id` names all sources, joined by ``" + "``; `licence`, `corpus` and
        `split` are those of the sources, which are the same for all parts.
    """
    report = report if report is not None else Recombined()
    sources: list[PlainDialogue] = []
    seen = NoveltyIndex()
    for item in items:
        if not isinstance(item, PlainDialogue):
            yield item
            continue
        if seen.repeats(item.turns):
            report.repeats += 1
            continue
        report.sources += 1
        report.uses[_key(item)] += 1
        found = seen.shingles(item.turns)
        if max(seen.likeness(found)) > _ALIKE_SOURCES:
            report.alike += 1
        else:
            sources.append(item)
        seen.take(found)
        yield item
    made = draw_pools(sources, seed)
    met: set[frozenset[int]] = set()
    counts: Counter[str] = Counter()
    for number in range(rounds):
        before = report.made
        for index, pool in enumerate(made):
            for group in _groups(sources, pool, seed, number, index, met):
                new = _new(sources, pool, group, seed, counts, seen, report)
                if new is not None:
                    yield new
        if report.made == before:
            return


def _key(source: PlainDialogue) -> str:
    return f"{source.corpus}\t{source.source_id or source.id}"


def _groups(
    sources: Sequence[PlainDialogue],
    pool: Pool,
    seed: int,
    number: int,
    index: int,
    met: set[frozenset[int]],
) -> list[tuple[tuple[DialoguePart, ...], ...]]:
    """The pool in groups of two or three whose sources have not met, this round's order."""
    rng = generator(seed, "recombine", "round", number, index)
    # Those of about one length together: a long one would make all its dialogues alike.
    lengths = [len(sources[parts[0].source].turns) for parts in pool.parts]
    order = np.argsort(np.log(lengths) + rng.normal(0.0, 0.4, len(lengths)), kind="stable")
    waiting = [pool.parts[int(k)] for k in order]
    groups: list[tuple[tuple[DialoguePart, ...], ...]] = []
    while len(waiting) > 1:
        group = [waiting.pop(0)]
        size = 3 if rng.random() < _THREE else 2
        for other in list(waiting):
            pairs = [frozenset((one[0].source, other[0].source)) for one in group]
            if not any(pair in met for pair in pairs):
                group.append(other)
                waiting.remove(other)
                met.update(pairs)
            if len(group) == size:
                break
        if len(group) > 1:
            groups.append(tuple(group))
    return groups


def _new(
    sources: Sequence[PlainDialogue],
    pool: Pool,
    group: tuple[tuple[DialoguePart, ...], ...],
    seed: int,
    counts: Counter[str],
    seen: NoveltyIndex,
    report: Recombined,
) -> PlainDialogue | None:
    first = sources[group[0][0].source]
    counts[first.corpus] += 1
    name = f"{first.corpus or 'texts'}-new-{counts[first.corpus]:05d}"
    draws = Draws(generator(seed, "recombine", name))
    for _ in range(_TRIES if any(len(choices) > 1 for choices in group) else 1):
        chosen = [
            draws.choose(choices[1:]) if len(choices) > 1 and draws.chance(_SHORTER) else choices[0]
            for choices in group
        ]
        chosen = _in_order(sources, chosen, pool.kind)
        if len(chosen) < 2:
            report.refused += 1
            continue
        turns, called = _join_parts(sources, chosen, pool, draws)
        found = seen.shingles(turns)
        likeness, _ = seen.likeness(found)
        if likeness > ALIKE or sum(turn.text.count(" ") + 1 for turn in turns) > _WORDS:
            report.refused += 1
            continue
        seen.take(found)
        report.made += 1
        report.resemblance.append(likeness)
        origins = [sources[part.source] for part in chosen]
        report.uses.update(_key(origin) for origin in origins)
        return msgspec.structs.replace(
            first,
            id=name,
            turns=tuple(turns),
            names=first.names if pool.kind == "assistant" else called,
            source_id=JOINT.join(origin.source_id or origin.id for origin in origins),
            file=first.file,
            line=0,
            summary="",  # of a part, with other names and days
        )
    return None


def _in_order(
    sources: Sequence[PlainDialogue], chosen: list[DialoguePart], kind: Kind
) -> list[DialoguePart]:
    """The parts in a plausible order; those without a possible position are left out."""

    def turns(part: DialoguePart) -> Sequence[PlainTurn]:
        return sources[part.source].turns[part.start : part.end]

    if kind == "talk":
        # Parts with terms of kinship come first, so that the relation does not change.
        chosen = sorted(chosen, key=lambda p: (not is_kin(turns(p)), can_follow(kind, turns(p))))
    rest = [part for part in chosen[1:] if can_follow(kind, turns(part))]
    return [chosen[0], *rest]


def _join_parts(
    sources: Sequence[PlainDialogue], chosen: Sequence[DialoguePart], pool: Pool, draws: Draws
) -> tuple[list[PlainTurn], dict[str, str]]:
    """The turns of a new dialogue, and speaker -> name."""
    speakers = ("A", "B")
    turns: list[PlainTurn] = []
    called: dict[str, str] = {}
    taken: dict[str, str] = {}
    phrases = BridgePhrases(draws)
    for part in chosen:
        mine = list(sources[part.source].turns[part.start : part.end])
        owned = names.name_owners(sources[part.source].turns)
        swap = _swap_slots(mine, turns, pool, draws)
        there = {"A": "B", "B": "A"} if swap else {"A": "A", "B": "B"}
        mine = [msgspec.structs.replace(turn, speaker=there[turn.speaker]) for turn in mine]
        if pool.kind == "scene":
            taken = {}  # other people are played in the next scene
        else:
            # Names of earlier parts stay with their speakers.
            for name, speaker in owned.items():
                if there[speaker] in called:
                    taken[name] = called[there[speaker]]
        if turns and pool.kind != "scene":
            lead = without_lead(mine[0].text, owned)
            if lead != mine[0].text:
                mine[0] = PlainTurn(mine[0].speaker, lead)
        mine = slots.vary_slots(mine, taken, draws)
        if pool.kind == "talk":
            for name, speaker in owned.items():
                if name in taken:
                    called.setdefault(there[speaker], taken[name])
        if turns:
            led = bridge_turns(pool.kind, turns[-1], mine[0], speakers, phrases)
            mine = [*led, *mine[1:]]
        turns += mine
    return turns, called


def _swap_slots(mine: list[PlainTurn], turns: list[PlainTurn], pool: Pool, draws: Draws) -> bool:
    if pool.kind == "assistant":
        return False  # roles are fixed
    if turns and pool.kind == "talk" and draws.chance(0.8):
        # Mostly the one who did not speak last begins with something new.
        return mine[0].speaker == turns[-1].speaker
    return draws.chance(0.5)
