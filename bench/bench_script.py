"""Benchmark of the script room: speed of readers and the offline writer, and what it writes.

    python bench/bench_script.py [--beside SRC] [--write] [INPUT...]

INPUT: text corpora (files or folders); the shipped dialogues alone where none is given. Speeds are
CPU time of one process, best of three; ratios are taken in the same run. SRC is the folder "src" of
another commit (`git worktree add`), whose writers take turns with these, twenty dialogues each; of
every twenty the best of six times counts.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from interactspeech.errors import InputError
from interactspeech.records import PlainDialogue
from interactspeech.scripts import (
    check,
    demo_dialogues,
    find_files,
    format_script,
    parse_script,
    write_offline,
)
from interactspeech.scripts import read as read_file
from interactspeech.scripts.measures import Measures
from interactspeech.turntaking.timing import TimingModel

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "script.md"
SCRIPTS = 1000
#: Dialogues of a turn beside another commit, of how many, and how often each is timed.
TURN, BESIDE, ROUNDS = 20, 200, 6


PLANNED = """\
Plans make people's rates of these ([rates](rates.md)): overlapping changes of floor add interruptions, and some feedback
finds no room."""
#: What the last comparison was for; kept here, as it belongs to the figures under it.
REMARKS = """\
The other commit is 489aa13, before writers looked at each turn's words once. That change left the scripts as they were, byte
by byte (500 dialogues each of DialogSum and DailyDialog and 68 of Schema-Guided Dialogue, nine ways of writing); laughing
together and questions for the word that has not come, which change scripts, came after it and are in the column "this".

Expected was half as fast again, from one analysis of a turn that all steps read, tables of tokens in place of caches that keep
an order, one table of the turns in which words were first said in place of a set for each turn, and what was heard
looked for only when a phrase needs it. Found was the ratio below. It stops there because the profile is flat: hesitations take a
sixth of the time, places to cut in a third in the livelier scenarios, what was just mentioned a tenth, and no single line a
thirtieth. What is left is Python that compares and joins a few words at a time.
"""


def best(work) -> float:
    times = []
    for _ in range(3):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def load(names: list[str]) -> tuple[list[PlainDialogue], Counter, list[str]]:
    items: list[PlainDialogue] = []
    counts: Counter = Counter()
    rows = []
    for name in names:
        for path in find_files(name):
            start = time.process_time()
            found = list(read_file(path))
            spent = time.process_time() - start
            lost = Counter(item.reason for item in found if isinstance(item, InputError))
            kept = [item for item in found if isinstance(item, PlainDialogue)]
            items += kept
            counts.update(lost)
            losses = ", ".join(f"{n} {reason}" for reason, n in lost.items()) or "none"
            rows.append(f"| {path.name} | {len(kept):,} | {losses} | {len(found) / spent:,.0f} |")
    return items, counts, rows


def repeated(items: list[PlainDialogue], count: int) -> list[PlainDialogue]:
    """At least `count` dialogues, evenly from all, under names of their own."""
    step = max(1, len(items) // count)
    chosen = items[::step][:count]
    rounds = -(-count // len(chosen))
    return [
        msgspec.structs.replace(item, id=f"{item.id}.{n}") for n in range(rounds) for item in chosen
    ][:count]


def speeds(items: list[PlainDialogue]) -> list[str]:
    scripts = [write_offline(item, 1) for item in items]
    texts = [format_script(script) for script in scripts]
    split = best(lambda: [turn.text.split() for item in items for turn in item.turns])
    human = TimingModel.human()
    dyad = human.dyad()
    rows = [
        "| step | dialogues a second | times the cost of `str.split` on the words |",
        "|---|---|---|",
    ]
    for name, work in (
        ("offline writer", lambda: [write_offline(item, 1) for item in items]),
        ("offline writer, dyad given", lambda: [write_offline(item, 1, dyad) for item in items]),
        ("checks", lambda: [check(script) for script in scripts]),
        ("print in the notation", lambda: [format_script(script) for script in scripts]),
        ("parse the notation", lambda: [parse_script(text) for text in texts]),
    ):
        spent = best(work)
        rows.append(f"| {name} | {len(items) / spent:,.0f} | {spent / split:,.0f} |")
    return rows


def writers() -> dict[str, Callable[[Any], object]]:
    """The writers of the package as it is imported now."""
    scripts = importlib.import_module("interactspeech.scripts")
    roles = importlib.import_module("interactspeech.scripts.roles").SCENARIOS
    model = importlib.import_module("interactspeech.scripts.writers.act_model").ActModel.people()
    write = importlib.import_module("interactspeech.scripts.writers.role_writer").write_with_roles
    found: dict[str, Callable[[Any], object]] = {
        "offline writer": lambda item: scripts.write_offline(item, 1)
    }
    for name, scenario in roles.items():
        found[f"roles: {name}"] = lambda item, s=scenario: write(item, 1, s)
    found["roles: friends, feedback by the model"] = lambda item: write(
        item, 1, roles["friends"], places=model
    )
    return found


def other_version(source: Path, items: list[PlainDialogue]) -> tuple[dict, list]:
    """The writers of another commit, and the dialogues as records of it."""
    mine = {name: module for name, module in sys.modules.items() if _is_ours(name)}
    for name in mine:
        del sys.modules[name]
    sys.path.insert(0, str(source))
    try:
        theirs = writers()
        plain = importlib.import_module("interactspeech.records").PlainDialogue
        return theirs, [
            msgspec.json.decode(msgspec.json.encode(item), type=plain) for item in items
        ]
    finally:
        sys.path.remove(str(source))
        for name in [name for name in sys.modules if _is_ours(name)]:
            del sys.modules[name]
        sys.modules.update(mine)


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == "interactspeech"


def beside(source: Path, items: list[PlainDialogue]) -> list[str]:
    """Dialogues a second of these writers and of another commit's, taken in turn."""
    old, theirs = other_version(source, items)
    rows = ["| writer | the other commit | this | ratio |", "|---|---|---|---|"]
    for name, write in writers().items():
        spent = [0.0, 0.0]
        for start in range(0, len(items), TURN):
            versions = ((old[name], theirs), (write, items))
            times: list[list[float]] = [[], []]
            for _ in range(ROUNDS):
                for which, (work, those) in enumerate(versions):
                    began = time.process_time()
                    for item in those[start : start + TURN]:
                        work(item)
                    times[which].append(time.process_time() - began)
            spent = [total + min(some) for total, some in zip(spent, times, strict=True)]
        before, now = (len(items) / total for total in spent)
        rows.append(f"| {name} | {before:,.0f} | {now:,.0f} | {now / before:.2f} |")
    return rows


def table(items: list[PlainDialogue]) -> list[str]:
    measures = Measures()
    failures: Counter = Counter()
    for item in items:
        script = write_offline(item, 1)
        failed = check(script)
        failures.update(failure.check for failure in failed[:1])
        measures.add(script)
    human = TimingModel.human().dyad()
    bc = sum(len(item.turns) for item in items)
    words = sum(len(turn.text.split()) for item in items for turn in item.turns)
    cuts = sum(measures.positions)
    histogram = " ".join(f"{100 * count / max(1, cuts):.0f}" for count in measures.positions)
    lost = sum(failures.values())
    return [
        f"| measure, {len(items):,} scripts | written | people |",
        "|---|---|---|",
        (
            f"| pass every check | {100 * (len(items) - lost) / len(items):.1f} % "
            f"({dict(failures) or 'none failed'}) | |"
        ),
        (
            "| ignorance of the unsaid part | "
            f"{100 - 100 * failures['ignorance'] / max(1, cuts):.1f} % of {cuts:,} cuts | |"
        ),
        f"| words a turn | {words / bc:.1f} | 24.8 |",
        (
            f"| interruptions a minute | {measures.a_minute('interrupt'):.2f} "
            f"| {human.interruptions_per_minute:.2f} |"
        ),
        (
            f"| failed attempts a minute | {measures.a_minute('attempt'):.2f} "
            f"| {human.failed_per_minute:.2f} |"
        ),
        (
            f"| backchannels a minute | {measures.a_minute('backchannel'):.2f} "
            f"| {human.backchannels_per_minute:.2f} |"
        ),
        f"| scripts with an interruption | {100 * measures.interrupted / len(items):.0f} % | |",
        f"| position of cuts in their sentence, tenths, % | {histogram} | |",
        (
            f"| distinct openings (three words) of interrupting turns "
            f"| {len(measures.openings):,} of {cuts:,} | |"
        ),
        f"| most common opening | {_top(measures.openings)} | |",
        f"| kinds | {_shares(measures.kinds)} | |",
        (
            f"| backchannels | {_shares(measures.heard)} "
            "| yeah 24, uh-huh 19, um-hum 18, right 8, oh 4, okay 2 |"
        ),
    ]


def _top(counts: Counter) -> str:
    return ", ".join(f"“{text}” {count}" for text, count in counts.most_common(3))


def _shares(counts: Counter) -> str:
    total = max(1, counts.total())
    return ", ".join(f"{text} {100 * n / total:.0f}" for text, n in counts.most_common(8))


def samples() -> str:
    """The twenty scripts of docs/scripts.md."""
    plain = [item for item in demo_dialogues() if isinstance(item, PlainDialogue)]
    scripts = [write_offline(item, 21) for item in plain[:20]]
    return "\n".join(
        f"### {script.id}\n\n```text\n{format_script(script, header=False)}```\n"
        for script in scripts
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inputs", nargs="*")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    parser.add_argument("--beside", type=Path, help="src of another commit")
    parser.add_argument("--samples", action="store_true", help="only print the docs' scripts")
    options = parser.parse_args()
    if options.samples:
        print(samples())
        return
    demo = [item for item in demo_dialogues() if isinstance(item, PlainDialogue)]
    items, _, read_rows = load(options.inputs)
    lines = ["# Scripts: speed, and what the offline writer writes", ""]
    lines += ["Written by `bench/bench_script.py`. CPU time of one process, best of three.", ""]
    if read_rows:
        lines += ["## Readers", "", "| file | dialogues | lost | a second |", "|---|---|---|---|"]
        lines += [*read_rows, ""]
    for name, source in (("the given corpora", items), ("the shipped dialogues", demo)):
        if source:
            chosen = repeated(source, SCRIPTS)
            lines += [f"## Speed on {name}", "", *speeds(chosen), ""]
            lines += [f"## What is written from {name}", "", *table(chosen), "", PLANNED, ""]
    if options.beside:
        compared = beside(options.beside, repeated(items or demo, BESIDE))
        lines += ["## Beside another commit", "", REMARKS, *compared, ""]
    text = "\n".join(lines)
    print(text)
    if options.write:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
