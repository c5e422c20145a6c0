"""Mutation testing: change the code on purpose, one small thing at a time, and see the tests fail.

    python tools/mutants.py sample turntaking --sample 150 --seed 1 --results out/turntaking.json
    python tools/mutants.py again out/turntaking.json --results out/turntaking_again.json
    python tools/mutants.py page out/*.json --write docs/bench/mutants.md

`sample` takes modules or rooms, draws changes from all of them with equal probability, and runs the
room's quick tests against each, those that call the changed function, until one fails. No file is
touched. A mutant that no test notices is printed: either the change makes no difference that can be
seen, and then `tools/equivalent_mutants.toml` says why, or a test is missing. `again` runs the
mutants of a file of results once more, all or those that `--survivors` leaves, against the tests of
today. `page` writes what the files say.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import time
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mutant_page import page
from mutant_runs import Bench
from mutant_sites import ROOT, Mutant, modules_of, mutants

EQUIVALENT = Path(__file__).parent / "equivalent_mutants.toml"


def equivalents() -> dict[tuple[str, str, str, str, str], str]:
    """The reason of each change that is known to make no difference, by what and where it is."""
    if not EQUIVALENT.exists():
        return {}
    rows = tomllib.loads(EQUIVALENT.read_text("utf-8"))["mutant"]
    return {
        (row["module"], row["function"], row["source"], row["before"], row["after"]): row["reason"]
        for row in rows
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    sample = commands.add_parser("sample", help="draw mutants and run the tests against them")
    sample.add_argument("modules", nargs="+", help="rooms or modules, dotted, of one room")
    sample.add_argument("--sample", type=int, default=150, help="how many mutants")
    sample.add_argument("--seed", type=int, default=0)
    sample.add_argument("--skip", type=int, default=0, help="of the drawn ones, so many first")
    again = commands.add_parser("again", help="run the mutants of a file of results once more")
    again.add_argument("earlier", type=Path)
    again.add_argument("--survivors", action="store_true", help="those noticed then are not run")
    for command in (sample, again):
        command.add_argument("--tests", nargs="+", help="files or folders; else the room's")
        command.add_argument("--seconds", type=float, default=3600.0, help="end after so long")
        command.add_argument(
            "--longest", type=float, default=10.0, help="seconds of the longest test run"
        )
        command.add_argument("--budget", type=float, default=60.0, help="seconds of all tests run")
        command.add_argument("--results", type=Path, help="file to write, JSON")
        command.add_argument("--label", default="", help="name of the sample on the page")
    written = commands.add_parser("page", help="write what files of results say, as Markdown")
    written.add_argument("results", type=Path, nargs="+")
    written.add_argument("--write", type=Path)
    given = parser.parse_args()
    if given.command == "page":
        found = [json.loads(path.read_text("utf-8")) for path in given.results]
        text = page(found, equivalents())
        if given.write:
            given.write.write_text(text, "utf-8")
        else:
            print(text)  # noqa: T201
        return
    if given.command == "sample":
        modules = [name for given_name in given.modules for name in modules_of(given_name)]
        drawn = [mutant for module in modules for mutant in mutants(module)]
        sites = len(drawn)
        random.Random(given.seed).shuffle(drawn)  # noqa: S311
        results = {"drawn": " ".join(given.modules), "seed": given.seed, "sites": sites}
        chosen = drawn[given.skip : given.skip + given.sample]
    else:
        earlier = json.loads(given.earlier.read_text("utf-8"))
        results = {**{k: earlier[k] for k in ("drawn", "seed", "sites")}, "again": True}
        kept = [row for row in earlier["mutants"] if given.survivors and row["noticed"]]
        chosen = [Mutant(**row["mutant"]) for row in earlier["mutants"] if row not in kept]
        results["kept"] = kept
    run(chosen, results, given)


def run(chosen: list[Mutant], results: dict[str, Any], given: argparse.Namespace) -> None:
    """Judge the mutants, print the survivors, and the counts of each module."""
    if not chosen:
        raise SystemExit("no mutants")
    room = chosen[0].module.split(".")[0]
    started = time.monotonic()
    bench = Bench(given.tests or [f"tests/{room}"], room)
    tests = bench.census.seconds
    print(f"{len(tests)} tests, {sum(tests.values()):.0f} s", flush=True)  # noqa: T201
    for name in bench.census.failing:
        print(f"fails as things are: {name}", flush=True)  # noqa: T201
    rows, gone = [], 0
    known = equivalents()
    for mutant in chosen:
        if time.monotonic() - started > given.seconds:
            break
        verdict = bench.judge(mutant, given.longest, given.budget)
        if verdict is None:
            gone += 1
            print(f"gone: {mutant}", flush=True)  # noqa: T201
            continue
        row = {"mutant": mutant.as_json(), "noticed": verdict.noticed, "by": verdict.by}
        rows.append({**row, "tests": verdict.tests})
        if len(rows) % 20 == 0:
            print(f"{len(rows)} of {len(chosen)}", flush=True)  # noqa: T201
        if not verdict.noticed:
            reason = known.get(mutant.key[:5])
            label = f"equivalent ({reason})" if reason else f"survived {verdict.tests} tests"
            print(f"{label}: {mutant}", flush=True)  # noqa: T201
        if len(rows) % 10 == 0:
            write(given, results, rows, gone, len(chosen))
    bench.close()
    write(given, results, rows, gone, len(chosen))
    for line in summary(rows):
        print(line)  # noqa: T201


def write(
    given: argparse.Namespace,
    results: dict[str, Any],
    rows: list[dict[str, Any]],
    gone: int,
    chosen: int,
) -> None:
    """Write the file of results, as far as they are known."""
    if given.results is None:
        return
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    found = results | {"commit": commit, "gone": gone, "left": chosen - len(rows) - gone}
    if given.tests:
        found["tests"] = f"only the tests {', '.join(given.tests)}"
    found |= {"label": given.label, "longest": given.longest, "budget": given.budget}
    given.results.parent.mkdir(parents=True, exist_ok=True)
    found["mutants"] = found.pop("kept", []) + rows
    given.results.write_text(json.dumps(found, indent=1), "utf-8")


def summary(rows: Iterable[dict[str, Any]]) -> Iterable[str]:
    """Noticed and all, by module."""
    counts: dict[str, list[bool]] = {}
    for row in rows:
        counts.setdefault(row["mutant"]["module"], []).append(row["noticed"])
        counts.setdefault("all", []).append(row["noticed"])
    for module, noticed in sorted(counts.items()):
        yield f"{module}: {sum(noticed)} of {len(noticed)} mutants noticed"


if __name__ == "__main__":
    main()
