"""Rates of planned dialogues: as they are, as far as turns can be made longer, and denser.

    python bench/bench_rates.py TEXT... [--untouched TEXT...] [--limit 500] [--write]

TEXT are corpora of text dialogues (DialogSum, DailyDialog, Schema-Guided Dialogue; files or folders); --untouched are others, of which nothing was set. Nothing is spoken.
--write stores the tables of docs/bench/rates.md, and leaves what is written around them.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from interactspeech.evaluation.planned_rates import PlannedRates, rates_table
from interactspeech.pipelines.building.planned import rates_of

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "rates.md"
TELLINGS = ("off", "fold", "narrative")
HOW_LONG = ("floor_changes", "turn", "backchannels", "silences_within", "interruptions", "failed")
DENSER = ("backchannels", "interruptions", "failed", "both talk")


def by_telling(found: dict[str, list[PlannedRates]], names: Sequence[str]) -> str:
    """A row a figure and corpus, a column a way of telling."""
    lines = [
        "| | | as written | folded | folded, and the summary told | people |",
        "|---|---|---|---|---|---|",
    ]
    for name in names:
        for corpora in zip(*found.values(), strict=True):
            row = rates_table(only(corpora, [name])).splitlines()[-1]
            label, rest = row.removeprefix("| ").split(" | ", 1)
            lines.append(f"| {label} | {corpora[0].source} | {rest}")
    return "\n".join(lines) + "\n"


def only(corpora: Sequence[PlannedRates], names: Sequence[str]) -> list[PlannedRates]:
    """Some of the figures."""
    return [replace(corpus, figures=tuple(corpus[name] for name in names)) for corpus in corpora]


def with_table(text: str, name: str, table: str) -> str:
    """The page with what stands between the marks of `name` set anew."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    head, _, rest = text.partition(begin)
    if not rest:
        raise SystemExit(f"{PAGE}: has no mark {begin.strip()!r}")
    return head + begin + "\n" + table + "\n" + end + rest.partition(end)[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("texts", nargs="+")
    parser.add_argument("--untouched", nargs="*", default=[])
    parser.add_argument("--limit", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()

    def found(texts: list[str], **settings) -> list[PlannedRates]:
        seed = given.seed + 10 * (texts is given.untouched)
        corpora, lost = rates_of(texts, limit=given.limit, seed=seed, **settings)
        print(f"{settings}\n{lost}", flush=True)
        return corpora

    told = {name: found(given.texts, telling=name) for name in TELLINGS}
    tables = {
        "rates": rates_table(told["fold"]),
        "tellings": by_telling(told, HOW_LONG),
        "dense": rates_table(only(found(given.texts, rates="dense"), DENSER)),
    }
    if given.untouched:
        others = {name: found(given.untouched, telling=name) for name in TELLINGS}
        tables["untouched"] = rates_table(others["fold"])
        tables["untouched tellings"] = by_telling(others, HOW_LONG[:2])
    text = PAGE.read_text("utf-8")
    for name, table in tables.items():
        print(f"\n## {name}\n\n{table}")
        if given.write:
            text = with_table(text, name, table)
    if given.write:
        PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
