"""`interactspeech stats` over a hundred thousand tiny conversations: time and memory.

```
python bench/bench_many_files.py --old PATH/TO/OLDER/src -o docs/bench/many_files.md
```

The conversations (two speakers, six turns, about ten seconds) lie in one RTTM, and in a file each.
With `--old`, an older version measures the first few thousand of the same conversations in the same
run, and the ratio is that of processor time less what a single conversation costs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]


class Run(NamedTuple):
    """Processor seconds, largest memory in MB, and what was printed."""

    seconds: float
    memory: float
    output: str


def make(folder: Path, count: int) -> tuple[Path, Path]:
    """One RTTM of `count` conversations, and a folder of as many."""
    draw = random.Random(1)
    files = folder / "files"
    files.mkdir()
    with (folder / "one.rttm").open("w") as one:
        for number in range(count):
            time, lines = 0.0, []
            for turn in range(6):
                long = draw.uniform(0.5, 3)
                lines.append(
                    f"SPEAKER c{number:06d} 1 {time:.3f} {long:.3f} <NA> <NA> {'AB'[turn % 2]} "
                    "<NA> <NA>\n"
                )
                time += long + draw.uniform(-0.3, 0.6)
            one.writelines(lines)
            (files / f"c{number:06d}.rttm").write_text("".join(lines))
    return folder / "one.rttm", files


def measure(source: Path, path: Path) -> Run:
    """`stats --json` of a path, with the sources in `source`."""
    words = ["stats", str(path), "--json"]
    environment = os.environ | {"PYTHONPATH": str(source), "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "interactspeech", *words],
            env=environment, stdout=output, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"stats {path} ended with {process.returncode}")
        output.seek(0)
        said = output.read().decode()
    return Run(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said)


def shared(before: str, now: str) -> str:
    """How many of the measures that both outputs name have the same number and quartiles.

    Names and definitions of others changed between the versions.
    """
    old, new = (json.loads(output)["measures"] for output in (before, now))
    names = old.keys() & new.keys()
    equal = sum(all(old[one][key] == new[one][key] for key in ("n", "quartiles")) for one in names)
    return f"{equal} of {len(names)}"


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--old", type=Path, help="the src folder of an older version")
    parser.add_argument("--old-count", type=int, default=5000)
    parser.add_argument("-o", "--output", type=Path)
    chosen = parser.parse_args()
    new = ROOT / "src"
    lines = [
        "# Many small conversations", "",
        (f"Written by `python bench/bench_many_files.py --count {chosen.count}`: processor seconds "
         "of `interactspeech stats`, and its largest memory."), "",
        "| conversations | as | processor s | each, ms | memory, MB |", "|---:|---|---:|---:|---:|",
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "all").mkdir()
        for path, kind in zip(
            make(folder / "all", chosen.count), ("one RTTM", "files"), strict=True
        ):
            run = measure(new, path)
            lines.append(
                f"| {chosen.count:,} | {kind} | {run.seconds:.1f} | "
                f"{1000 * run.seconds / chosen.count:.3f} | {run.memory:.0f} |"
            )
            print(lines[-1], flush=True)
        shutil.rmtree(folder / "all")
        if chosen.old is not None:
            (folder / "part").mkdir()
            lines += ["", (f"The same {chosen.old_count:,} conversations by both versions in one run, "
                       "less the seconds that one conversation takes:"), "",
                      "| as | before, ms each | now, ms each | ratio | measures that both versions have, and are equal |",
                      "|---|---:|---:|---:|---|"]  # fmt: skip
            (folder / "first").mkdir()
            one, _ = make(folder / "first", 1)
            start = {source: measure(source, one).seconds for source in (chosen.old, new)}
            paths = make(folder / "part", chosen.old_count)
            for path, kind in zip(paths, ("one RTTM", "files"), strict=True):
                before, now = measure(chosen.old, path), measure(new, path)
                each = [
                    1000 * max(run.seconds - start[source], 1e-3) / chosen.old_count
                    for run, source in ((before, chosen.old), (now, new))
                ]
                same = shared(before.output, now.output)
                lines.append(
                    f"| {kind} | {each[0]:.3f} | {each[1]:.3f} | {each[0] / each[1]:.0f} | {same} |"
                )
                print(lines[-1], flush=True)
    if chosen.output is not None:
        chosen.output.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
