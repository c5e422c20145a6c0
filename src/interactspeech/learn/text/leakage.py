"""Splits of scripts without leakage: what shares a source or a line of text stays on one side.

Text corpora are made of each other (DialogSum holds dialogues of DailyDialog), and one dialogue can
be written by several writers or seeds. So scripts are grouped by their source's id and by every
line of `SHARED` words or more that they have in common, and whole groups go to one side.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence

from interactspeech.dialogue import Script
from interactspeech.errors import InputError
from interactspeech.script.lexicon import bare
from interactspeech.seeds import digest

#: Words that a line must have to tell a dialogue by; shorter ones are said everywhere.
SHARED = 7
#: A line in more scripts than this is a formula ("How may I help you today?"), no sign of a source.
COMMON = 8


def groups(scripts: Sequence[Script]) -> list[int]:
    """For each script the number of the group that it belongs to, counted from 0 as they appear."""
    parent = list(range(len(scripts)))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    keys = [set(_keys(script)) for script in scripts]
    counts = Counter(key for found in keys for key in found)
    first: dict[str, int] = {}
    for index, found in enumerate(keys):
        for key in sorted(found):
            # One source may give any number of scripts; a line that is everywhere proves nothing.
            if counts[key] > COMMON and not key.startswith("source "):
                continue
            if key in first:
                parent[root(index)] = root(first[key])
            else:
                first[key] = index
    numbers: dict[int, int] = {}
    return [numbers.setdefault(root(index), len(numbers)) for index in range(len(scripts))]


def _keys(script: Script) -> Iterator[str]:
    if script.source_id:
        yield f"source {script.corpus}\0{script.source_id}"
    for turn in script.turns:
        whole = turn.written or f"{turn.said} {turn.unsaid}"
        tokens = [word for word in map(bare, whole.split()) if word]
        if len(tokens) >= SHARED:
            yield hashlib.sha256(" ".join(tokens).encode()).hexdigest()


def split(
    scripts: Sequence[Script], held_out: float, seed: int = 0
) -> tuple[list[Script], list[Script]]:
    """Scripts to learn from, and scripts that are held out.

    Args:
        scripts: in any order; the same scripts and seed give the same sides.
        held_out: share of the scripts, in (0, 1); met to within the size of a group.
        seed: chooses the groups.

    Raises:
        InputError: one side would be empty (reason ``too-few-scripts``).
    """
    number = groups(scripts)
    members: dict[int, list[int]] = {}
    for index, group in enumerate(number):
        members.setdefault(group, []).append(index)
    # By a hash of its ids, so that a group's side does not depend on what else is there.
    order = sorted(
        members, key=lambda group: digest(seed, *sorted(scripts[n].id for n in members[group]))
    )
    wanted = held_out * len(scripts)
    out: set[int] = set()
    for group in order:
        if len(out) + len(members[group]) / 2 <= wanted or not out:
            out.update(members[group])
    kept = [script for index, script in enumerate(scripts) if index not in out]
    held = [script for index, script in enumerate(scripts) if index in out]
    if not kept or not held:
        raise InputError(
            f"{len(scripts)} scripts in {len(members)} groups that share text: too few to hold "
            "any out",
            remedy="bring more dialogues",
            reason="too-few-scripts",
        )
    return kept, held
