"""Sources in pools: only parts of one pool are joined, so that splits can keep sources apart.

If any dialogue could be joined with any other, after a few rounds all sources would hang together,
and no split could keep a source on one side without losing most of the corpus. A pool holds some
forty sources of one corpus, one licence and one kind; a split takes whole pools.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from interactspeech.dialogue import PlainDialogue
from interactspeech.script.recombine.parts import Kind, Part, kind_of, parts
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
    parts: tuple[tuple[Part, ...], ...]


def pools(sources: Sequence[PlainDialogue], seed: int) -> list[Pool]:
    """The pools of some sources; those of which no part can stand beside others are in none."""
    groups: dict[tuple[str, str, str, Kind], list[tuple[Part, ...]]] = defaultdict(list)
    for number, source in enumerate(sources):
        kind = kind_of(source)
        found = parts(number, source, kind)
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
