"""Measure how the package is built, before and after a change: files, names, the way of a text.

    python tools/house.py                      # this checkout
    python tools/house.py --before 2510696     # beside an older commit
    python tools/house.py --before 2510696 --write    # the page docs/bench/house.md

What is counted in the source (`src/interactspeech`):

- files of Python and their lines;
- names of classes that more than one module defines at its top (a leading underscore aside);
- places that find the runs of a mask, or join intervals, by code of their own.

What is traced while a command runs on one short dialogue or one small annotation: the functions of
the package that are given the whole of it in one argument (a dialogue, a script, a plan, a record,
the lines of all turns; not one line or one word), in the order of their first calls. Those that
return it too, in the same or another form, *hand it on*: they are the way of the dialogue, and
their modules are what a reader opens who follows it. The others look at it, check it or count it. A
stay is a stretch of such functions in one module.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "bench" / "house.md"
#: Words that nothing but the text that is followed holds, one for each turn and each speaker.
MARKS = ("zebrafish", "terrarium", "axolotl", "paludarium")
TEXT = f"""\
A: So the {MARKS[0]} in the second tank stopped eating on Tuesday morning, and it got worse.
B: Did you check the water of the {MARKS[1]} beside it before you went home last night?
A: I did, the {MARKS[2]} had fresh water, and the temperature was just the same as always.
B: Then I would move them all to the {MARKS[3]} in the hall and clean the filter first.
"""
FILE = "-".join(MARKS) + ".rttm"
RTTM = "".join(
    f"SPEAKER pond 1 {3 * i}.0 {2.5 + 0.4 * (i % 3)} <NA> <NA> {MARKS[i % 4]} <NA> <NA>\n"
    for i in range(12)
)
COMMANDS = {
    "build": ["build", "text.txt", "-o", "corpus", "--voices", "fake", "--gate", "off", "--seed",
              "1", "--workers", "1", "--no-page", "-q"],
    "annotate": ["annotate", FILE, "-o", "events.csv", "-q"],
}  # fmt: skip
#: Own ways to find the runs of a mask, and to join intervals in a loop.
HOMES = {"intervals.py", "timeline.py"}  # where both belong, now and before
RUNS = re.compile(
    r"concatenate\(\(?\[?\(?\[(?:False|True|0)\], [\w.]+(?:\([^)]*\))?, \[(?:False|True|0)\]"
    r"|np\.diff\(\w+(?:\.\w+\([^)]*\))?, prepend"
)
JOINED = re.compile(r"(\w+)\[-1\] = \(\1\[-1\]\[0\], max\(")


class Step(NamedTuple):
    """A function that is given the whole text.

    Attributes:
        file: in the package.
        name: of the function.
        handed_on: it returns the whole text too, in the same or another form.
    """

    file: str
    name: str
    handed_on: bool


#: About the figures, for the page.
NOTE = """\
The aim was that a dialogue goes through `build` in at most 20 stays in 10 modules. There are fewer
stays and more modules: reading a dialogue is two (the text format, and what all share), rendering
four (lines, placement, assembly, the record), labelling three (which `annotate` shares). Merged,
they would be modules of more than 800 lines. `annotate` takes more modules than before, not fewer:
reading any format, grouping the files of one conversation, duplicates and names are modules of
their own."""


def modules(root: Path) -> Iterator[Path]:
    """The files of the package in a checkout."""
    yield from sorted((root / "src" / "interactspeech").rglob("*.py"))


def makes_intervals(text: str) -> bool:
    """Whether a module finds runs, or joins intervals, by code of its own."""
    return bool(RUNS.search(text) or JOINED.search(text))


def counts(root: Path) -> dict[str, int]:
    """What is counted in the source of a checkout."""
    texts = {path: path.read_text("utf-8") for path in modules(root)}
    classes = Counter(
        node.name.lstrip("_")
        for text in texts.values()
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef)
    )
    return {
        "files": len(texts),
        "lines": sum(text.count("\n") for text in texts.values()),
        "files under 80 lines": sum(text.count("\n") < 80 for text in texts.values()),
        "class names with a second meaning": sum(number > 1 for number in classes.values()),
        "intervals by code of their own": sum(
            makes_intervals(text) for path, text in texts.items() if path.name not in HOMES
        ),
    }


def marks_in(value: Any, depth: int = 5) -> set[str]:
    """Which of the marks a value holds."""
    if isinstance(value, str):
        return {mark for mark in MARKS if mark in value}
    if isinstance(value, Path):
        return marks_in(value.name)
    if depth == 0 or value is None or isinstance(value, int | float | type):
        return set()
    parts: Any = ()
    if isinstance(value, list | tuple | set | frozenset):
        parts = list(value)[:50]
    elif isinstance(value, dict):
        parts = [*list(value)[:50], *list(value.values())[:50]]
    else:
        kind = type(value)
        names = getattr(kind, "__struct_fields__", None) or getattr(
            kind, "__dataclass_fields__", ()
        )
        parts = [getattr(value, name, None) for name in names]
    return set().union(*(marks_in(part, depth - 1) for part in parts))


def trace(command: str, package: Path) -> list[Step]:
    """The functions that are given the whole text, in the order of their first calls.

    It runs here and now, in the current folder, with the package that this process imports.
    """
    from interactspeech.cli import cli

    found: dict[tuple[str, str], bool] = {}

    def look(frame: FrameType, event: str, result: Any) -> None:
        code = frame.f_code
        if event not in {"call", "return"} or not code.co_filename.startswith(str(package)):
            return
        name = code.co_qualname
        key = (Path(code.co_filename).relative_to(package).as_posix(), name)
        if "<" in name.rpartition(".")[2]:  # comprehensions, lambdas
            return
        if event == "return":  # of a generator: what it yields
            if key in found and not found[key]:
                found[key] = marks_in(result) == set(MARKS)
            return
        if key in found:
            return
        given = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        values = [frame.f_locals.get(one) for one in given if one not in {"self", "cls"}]
        if any(marks_in(value) == set(MARKS) for value in values):
            found[key] = False

    sys.setprofile(look)
    try:
        cli.main(COMMANDS[command], standalone_mode=False)
    except SystemExit as end:
        assert not end.code, end.code  # noqa: PT017
    finally:
        sys.setprofile(None)
    return [Step(*key, handed_on) for key, handed_on in found.items()]


def traced(command: str, root: Path) -> list[Step]:
    """`trace` in a process of its own, with the package of a checkout."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "text.txt").write_text(TEXT, "utf-8")
        (place / FILE).write_text(RTTM, "utf-8")
        code = (
            f"import sys, json; sys.path.insert(0, {str(ROOT / 'tools')!r})\n"
            "from pathlib import Path; import house, interactspeech\n"
            f"found = house.trace({command!r}, Path(interactspeech.__file__).parent)\n"
            "Path('trace.json').write_text(json.dumps(found))\n"
        )
        environment = {
            **os.environ, "PYTHONPATH": str(root / "src"), "INTERACTSPEECH_CACHE": folder,
        }  # fmt: skip
        subprocess.run(
            [sys.executable, "-c", code], cwd=folder, env=environment, check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        return [Step(*step) for step in json.loads((place / "trace.json").read_text())]


def measure(root: Path) -> tuple[dict[str, int], dict[str, list[Step]]]:
    """All figures of a checkout, and the traces behind them."""
    figures = counts(root)
    traces = {command: traced(command, root) for command in COMMANDS}
    for command, steps in traces.items():
        way = [step for step in steps if step.handed_on]
        figures[f"`{command}`: modules that hand it on"] = len({step.file for step in way})
        figures[f"`{command}`: stays in them"] = len(list(groupby(step.file for step in way)))
        figures[f"`{command}`: modules that are given it"] = len({step.file for step in steps})
        figures[f"`{command}`: stays in those"] = len(list(groupby(s.file for s in steps)))
    return figures, traces


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--before", help="a commit to compare with")
    parser.add_argument("--write", action="store_true", help="write docs/bench/house.md")
    options = parser.parse_args()
    columns = {"now": measure(ROOT)}
    if options.before:
        with tempfile.TemporaryDirectory() as folder:
            place = str(Path(folder) / "before")
            git = ["git", "-C", str(ROOT), "worktree"]
            subprocess.run([*git, "add", "--quiet", "--detach", place, options.before], check=True)
            try:
                columns = {"before": measure(Path(place)), **columns}
            finally:
                subprocess.run([*git, "remove", "--force", place], check=True)
    text = page(columns, options.before)
    if options.write:
        PAGE.write_text(text, "utf-8")
    sys.stdout.write(text)


def page(columns: dict[str, Any], before: str | None) -> str:
    """The figures as Markdown."""
    lines = ["# How the package is built", ""]
    call = "python tools/house.py" + (f" --before {before} --write" if before else "")
    lines += [f"Written by `{call}`, which says what is counted.", ""]
    if before:
        lines += [f"*Before* is commit {before}.", ""]
    lines += [f"| | {' | '.join(columns)} |", f"|---|{'---:|' * len(columns)}"]
    names = columns["now"][0]
    lines += [
        f"| {name} | {' | '.join(f'{figures[name]:,}' for figures, _ in columns.values())} |"
        for name in names
    ]
    if before:
        lines += ["", NOTE]
    for command, steps in columns["now"][1].items():
        lines += ["", f"## The way through `{command}`", "", f"`{' '.join(COMMANDS[command])}`", ""]
        lines += ["In **bold**: functions that hand the text on.", ""]
        for number, (file, run) in enumerate(groupby(steps, key=lambda step: step.file), 1):
            names = (f"**`{s.name}`**" if s.handed_on else f"`{s.name}`" for s in run)
            lines.append(f"{number}. `{file}`: {', '.join(names)}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
