"""The page of mutation testing, from files of results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import sqrt
from typing import Any

from mutant_sites import LEFT_OUT

Key = tuple[str, str, str, str, str]

_TOP = """# Mutation testing

The code is changed on purpose, one small thing at a time, and the tests are to fail. Changes are
drawn at random, each place of a room with the same probability, so a share here is an estimate for
the room; its interval is Wilson's, 95 %. Only the room's own quick tests run (`tests/ROOM`, not
those marked `slow`), in one process; what tests see of a command that they start is not changed.

- **before**: a sample, with the tests as they were; **again**: the same changes after tests were
  written for what survived. Those tests were written for these very changes, so the second share
  is no estimate for the room.
- **fresh**: another sample, of places that no test was written for; the estimate for the room.
- Of the tests that call the changed function those run that need at most `longest` seconds of
  processor time each and `budget` together, quickest first. A longer test might notice more.
- An **equivalent** change makes no difference that can be seen; why is said below. Shares are of
  all others.

Written by `python tools/mutants.py page RESULTS... --write docs/bench/mutants.md` from the results
of `sample` and `again` (see the head of that file).

"""


def page(results: Iterable[Mapping[str, Any]], known: Mapping[Key, str]) -> str:
    """Markdown of the counts of each file, of each module, and of the survivors.

    Args:
        results: what `sample` and `again` wrote, in the order in which it is shown.
        known: the reason of each change that is known to be equivalent.
    """
    found = list(results)
    return _TOP + "\n".join(_lines(found, known)) + "\n"


def _lines(found: list[Mapping[str, Any]], known: Mapping[Key, str]) -> Iterator[str]:
    yield (
        "| room | sample | commit | longest, budget | places | tried | noticed | equivalent "
        "| share | 95 % interval |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for result in found:
        noticed, equivalent, total = _counts(result["mutants"], known)
        low, high = _wilson(noticed, total - equivalent)
        yield (
            f"| {result['drawn']} | {_name(result)} | {result['commit']} | {result['longest']:g}, "
            f"{result['budget']:g} | {result['sites']} | "
            f"{total} | {noticed} | {equivalent} | {noticed / max(total - equivalent, 1):.3f} | "
            f"{low:.3f} to {high:.3f} |"
        )
    for result in found:
        if result.get("tests"):
            yield ""
            yield f"{result['drawn']}, {_name(result)}: {result['tests']}."
        if result.get("gone"):
            yield ""
            yield (
                f"{result['drawn']}, {_name(result)}: {result['gone']} changes had no place in the "
                "source any more."
            )
    yield from _modules(found, known)
    yield from _survivors(found, known)
    yield from _left_out()


def _name(result: Mapping[str, Any]) -> str:
    label = result.get("label", "")
    return f"{label}, seed {result['seed']}" if label else f"seed {result['seed']}"


def _modules(found: list[Mapping[str, Any]], known: Mapping[Key, str]) -> Iterator[str]:
    yield ""
    yield "## Modules"
    yield ""
    yield "Noticed of those that are not equivalent."
    yield ""
    labels = list(dict.fromkeys(result.get("label", "") for result in found))
    yield f"| module | {' | '.join(labels)} |"
    yield f"|---|{'---|' * len(labels)}"
    modules = sorted({row["mutant"]["module"] for result in found for row in result["mutants"]})
    for module in modules:
        cells = []
        for label in labels:
            rows = [
                row
                for result in found
                if result.get("label", "") == label
                for row in result["mutants"]
                if row["mutant"]["module"] == module
            ]
            noticed, equivalent, total = _counts(rows, known)
            cells.append(f"{noticed} of {total - equivalent}")
        yield f"| {module} | {' | '.join(cells)} |"


def _survivors(found: list[Mapping[str, Any]], known: Mapping[Key, str]) -> Iterator[str]:
    rows = {_key(row): row for result in found for row in result["mutants"] if not row["noticed"]}
    last = {_key(row): row["noticed"] for result in found for row in result["mutants"]}
    equivalent = {key: row for key, row in rows.items() if key in known}
    open_ = {key: row for key, row in rows.items() if key not in known and not last[key]}
    yield ""
    yield "## Survivors that are equivalent"
    yield ""
    yield "| module | function | change | in | why it makes no difference |"
    yield "|---|---|---|---|---|"
    for key, row in sorted(equivalent.items()):
        yield f"{_cells(row)} {known[key]} |"
    yield ""
    yield "## Survivors that are not"
    yield ""
    if not open_:
        yield "None is left."
        return
    yield "A test that would notice them is missing."
    yield ""
    yield "| module | function | change | in |"
    yield "|---|---|---|---|"
    for _, row in sorted(open_.items()):
        yield _cells(row)


def _left_out() -> Iterator[str]:
    yield ""
    yield "## Places that are never changed"
    yield ""
    for place, reason in LEFT_OUT.items():
        yield f"- {place}: {reason}."


def _cells(row: Mapping[str, Any]) -> str:
    mutant = row["mutant"]
    return (
        f"| {mutant['module']} | {mutant['function'] or '(module)'} | "
        f"{_code(mutant['before'])} -> {_code(mutant['after'])} | {_code(mutant['source'])} |"
    )


def _code(text: str) -> str:
    text = " ".join(text.split()).replace("|", "\\|")
    return f"`{text if len(text) <= 90 else text[:87] + '...'}`"


def _key(row: Mapping[str, Any]) -> Key:
    mutant = row["mutant"]
    return (
        mutant["module"],
        mutant["function"],
        mutant["source"],
        mutant["before"],
        mutant["after"],
    )


def _counts(rows: Iterable[Mapping[str, Any]], known: Mapping[Key, str]) -> tuple[int, int, int]:
    """Noticed, equivalent among the others, and all."""
    rows = list(rows)
    noticed = sum(row["noticed"] for row in rows)
    equivalent = sum(not row["noticed"] and _key(row) in known for row in rows)
    return noticed, equivalent, len(rows)


def _wilson(count: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    if n == 0:
        return 0.0, 1.0
    z, share = 1.96, count / n
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return (share + z * z / (2 * n) - half) / scale, (share + z * z / (2 * n) + half) / scale
