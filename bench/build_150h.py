"""150 hours from a few thousand texts, killed three times on the way, verified at the end.

    python bench/build_150h.py TEXTS... -o FOLDER [--hours 150] [--voices hibari] [--write]

The build is the ordinary command, `interactspeech build ... --recombine`, run as a process of its
own. Here it is watched (time of all its processes, their memory, the folder's size), ended with
SIGKILL when a quarter, a half and three quarters of the hours are there, and started again with the
same words. What was measured is kept in FOLDER.measured.json, so this program may be killed too and
started again. Then the corpus is verified (every checksum, every sample decoded), compared with
people, and a smaller build shows that a killed one has the checksums of one that was left alone.

With --so-far nothing is built: the finished shards of a build that is under way are made a corpus
of their own beside it (FOLDER.so-far; hard links, no copies), verified and reported.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from interactspeech.corpus import Corpus, summarise, verify
from interactspeech.corpus.split import sources_of
from interactspeech.errors import InputError
from interactspeech.scripts import read_all
from interactspeech.scripts.recombination import Recombined, recombine
from interactspeech.turntaking import DEFAULT
from interactspeech.turntaking.statistics import collect, compare

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "corpus_150h.md"
TICK = os.sysconf("SC_CLK_TCK")
#: Seconds between two looks at the processes.
LOOK = 2.0
SEED = 7
#: Rows of `compare` that the page shows, with the words for them.
MEASURES = {
    "fto": "floor-transfer offset",
    "silence_within": "silence after which the same speaker goes on",
    "backchannel": "backchannel, length",
    "backchannel_offset": "backchannel, onset after the partner's talk",
    "interruption_overlap": "overlap at an interruption",
}


def command(options, folder: Path, *more: str) -> list[str]:
    voices = [word for voice in options.voices for word in ("--voices", voice)]
    return [
        sys.executable, "-m", "interactspeech", "build", *options.texts, "-o", str(folder), *voices,
        "--recombine", "--no-cache", "--no-page", "--workers", str(options.workers), "--seed", str(SEED),
        "--json", *more,
    ]  # fmt: skip


def shown(options) -> str:
    """The command as a person would type it."""
    voices = " ".join(f"--voices {voice}" for voice in options.voices)
    return (
        f"interactspeech build TEXTS -o FOLDER {voices} --hours {options.hours:g} --recombine "
        f"--no-cache --workers {options.workers} --seed {SEED}"
    )


def family(root: int) -> list[int]:
    """The process and all below it."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            after = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(after[1]), []).append(int(path.parent.name))
    found, waiting = [], [root]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += parents.get(one, [])
    return found


def usage(pid: int) -> tuple[float, int]:
    """Processor seconds, and bytes of memory; shared pages are divided among their users."""
    try:
        after = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0, 0
    pss = next((line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:")), "0")
    return (int(after[11]) + int(after[12])) / TICK, int(pss) * 1024


def finished_hours(folder: Path) -> float:
    """Hours in finished shards, as the shards themselves tell."""
    from interactspeech.corpus.shard import read_sidecar
    from interactspeech.corpus.writer import shard_numbers

    total = 0.0
    for number in shard_numbers(folder):
        try:
            total += read_sidecar(folder, number)[0].ledger["seconds"]
        except InputError:
            continue
    return total / 3600


def run(words: list[str], state: dict, folder: Path, kill_at: float | None) -> bool:
    """Run a build to its end, or kill it where so many hours are there; whether it ended."""
    started = time.time()
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, start_new_session=True)
    spent: dict[int, float] = {}
    before = dict(state)
    try:
        while True:
            try:
                process.wait(LOOK)
                break
            except subprocess.TimeoutExpired:
                pass
            seen = {pid: usage(pid) for pid in family(process.pid)}
            spent |= {pid: seconds for pid, (seconds, _) in seen.items() if seconds}
            state["memory"] = max(state.get("memory", 0), sum(m for _, m in seen.values()))
            state["wall"] = before.get("wall", 0.0) + time.time() - started
            state["cpu"] = before.get("cpu", 0.0) + sum(spent.values())
            save(state, folder)
            if kill_at is not None and finished_hours(folder) >= kill_at:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                return False
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    # 1: some inputs were dropped, counted in the table.
    if process.returncode not in (0, 1) or not (folder / "index.parquet").exists():
        sys.exit(f"the build ended with exit code {process.returncode}")
    return True


def save(state: dict, folder: Path) -> None:
    path = folder.with_name(f"{folder.name}.measured.json")
    temporary = path.with_suffix(".part")
    temporary.write_text(json.dumps(state, indent=1), "utf-8")
    temporary.replace(path)


def large(options, folder: Path) -> dict:
    """The build itself, killed three times."""
    path = folder.with_name(f"{folder.name}.measured.json")
    state = json.loads(path.read_text("utf-8")) if path.exists() else {}
    state.setdefault("kills", [])
    state.setdefault("begun", time.strftime("%Y-%m-%d %H:%M", time.gmtime()))
    words = command(options, folder, "--hours", str(options.hours))
    while not state.get("ended"):
        left = [share for share in (0.25, 0.5, 0.75) if share > state.get("killed_at", 0.0)]
        kill_at = left[0] * options.hours if left else None
        if run(words, state, folder, kill_at):
            state["ended"] = time.strftime("%Y-%m-%d %H:%M", time.gmtime())
        else:
            state["killed_at"] = left[0]
            state["kills"].append(round(finished_hours(folder), 2))
            print(f"killed at {state['kills'][-1]} h, {state['wall']:.0f} s", flush=True)
        save(state, folder)
    return state


def snapshot(folder: Path) -> Path:
    """The shards that are finished, from the first without a gap, as a corpus of their own."""
    from interactspeech.corpus import CorpusWriter
    from interactspeech.corpus.shard import sidecar_path, tar_path
    from interactspeech.corpus.writer import read_manifest, shard_numbers

    there = shard_numbers(folder)
    count = next((n for n, number in enumerate(there) if n != number), len(there))
    target = folder.with_name(f"{folder.name}.so-far")
    shutil.rmtree(target, ignore_errors=True)
    configuration = {"shards": count, "of": read_manifest(folder).configuration}
    with CorpusWriter(target, configuration) as writer:
        for number in range(count):
            for path in (tar_path, sidecar_path):
                os.link(path(folder, number), path(target, number))
        writer.finish(count)
    return target


def sums(folder: Path) -> str:
    return (folder / "SHA256SUMS").read_text("utf-8")


def identity(options, folder: Path) -> dict:
    """A small build left alone, and one with as many kills: the same checksums?"""
    alone, broken = (folder.with_name(f"{folder.name}.{name}") for name in ("alone", "broken"))
    for one in (alone, broken):
        shutil.rmtree(one, ignore_errors=True)
    more = ("--limit", str(options.identity), "--shard", "4")
    run(command(options, alone, *more), {}, alone, None)
    hours = finished_hours(alone)
    kills = 0
    for share in (0.2, 0.45, 0.7):
        kills += not run(command(options, broken, *more), {}, broken, share * hours)
    run(command(options, broken, *more), {}, broken, None)
    found = {
        "dialogues": options.identity,
        "minutes": round(hours * 60, 1),
        "kills": kills,
        "files": len(sums(alone).splitlines()),
        "same": sums(alone) == sums(broken),
    }
    for one in (alone, broken):
        shutil.rmtree(one)
        one.with_name(f"{one.name}.measured.json").unlink(missing_ok=True)
    return found


def texts(options, corpus: Corpus) -> dict:
    """How much of the corpus is the same text again."""
    report = Recombined()
    there = {row["id"]: row for row in corpus.query("", ["id", "source_id", "corpus", "seconds"])}
    left = {name for name, row in there.items() if " + " in row["source_id"]}
    resemblance = []
    for item in recombine(read_all(options.texts), SEED, report=report):
        if not left:
            break
        # Those that are not there were dropped by the build, or come after its end.
        if not isinstance(item, InputError) and item.id in left:
            left.remove(item.id)
            resemblance.append(report.resemblance[-1])
    uses: Counter[tuple[str, str]] = Counter()
    for row in there.values():
        uses.update((row["corpus"], one) for one in sources_of(row["source_id"]))
    made = [row for row in there.values() if " + " in row["source_id"]]
    resemblance.sort()
    return {
        "as_they_are": len(there) - len(made),
        "made": len(made),
        "hours_as_they_are": (sum(r["seconds"] for r in there.values())
                              - sum(r["seconds"] for r in made)) / 3600,
        "repeats": report.repeats,
        "alike": report.alike,
        "sources": len(uses),
        "uses_mean": statistics.mean(uses.values()),
        "uses_most": max(uses.values()),
        "resemblance_median": statistics.median(resemblance),
        "resemblance_90": resemblance[int(0.9 * len(resemblance))],
        "resemblance_most": resemblance[-1],
    }  # fmt: skip


def begun_and_ended(options, state: dict) -> str:
    if "ended" in state:
        return f"Begun {state['begun']}, ended {state['ended']} (UTC)."
    now = time.strftime("%Y-%m-%d %H:%M", time.gmtime())
    return (
        f"**Not at its end yet**: begun {state['begun']}, this is what was finished of "
        f"{options.hours:g} hours at {now} (UTC)."
    )


def page(options, folder: Path, state: dict) -> str:
    corpus = Corpus.open(folder)
    total = summarise(corpus)
    comparison = compare(collect((item.dialogue for item in corpus), DEFAULT))
    rows = [
        f"| {MEASURES[row.name]} | {row.n:,} | {row.median:.2f} | {row.other_median:.2f} | "
        f"{row.distances.ks:.3f} | {row.distances.wasserstein:.3f} |"
        for row in comparison.measures
        if row.name in MEASURES
    ]
    values = [
        f"| {row.name.replace('_', ' ')}, {'a minute' if row.kind == 'rate' else 'share'} | "
        f"{row.value:.3f} | {row.other:.3f} |"
        for row in comparison.values
        if row.value == row.value and row.other == row.other
    ]
    small, text = state["identity"], state["texts"]
    hours = total.seconds / 3600
    dropped = ", ".join(f"{name} {count:,}" for name, count in total.dropped.items()) or "nothing"
    return f"""\
# 150 hours

Written by `bench/build_150h.py --write`. Machine: {platform.machine()}, {os.cpu_count()} cores with
other work on them, Python {platform.python_version()}. {begun_and_ended(options, state)} The command:

```
{shown(options)}
```

| | |
|---|---:|
| hours | {hours:.2f} |
| dialogues | {total.dialogues:,} |
| words | {total.words:,} |
| shards | {total.shards:,} |
| voices | {total.voices} |
| wall time of the build, its starts included | {state["wall"] / 3600:.2f} h |
| processor time of all its processes | {state["cpu"] / 3600:.2f} h |
| x real time, by the wall | {total.seconds / state["wall"]:.0f} |
| x real time of a core | {total.seconds / state["cpu"]:.0f} |
| size of the folder | {state["bytes"] / 1e9:.2f} GB |
| bytes of a second | {state["bytes"] / total.seconds:,.0f} |
| peak memory of all processes together (proportional set size) | {state["memory"] / 1e6:,.0f} MB |
| ended with SIGKILL, and started again with the same words, at | {", ".join(f"{h:.1f} h" for h in state["kills"]) or "-"} |
| `verify`, every checksum and every sample decoded: problems | {state["problems"]} |
| ... took | {state["verify"] / 60:.1f} min |
| dropped, by reason | {dropped} |

## The same bytes

A build of {small["dialogues"]} dialogues ({small["minutes"]} min) with the same settings, once left alone
and once killed {small["kills"]} times: the {small["files"]} checksums of `SHA256SUMS` are
**{"the same" if small["same"] else "DIFFERENT"}**.

## Events, and human timing

| event | in the corpus | an hour |
|---|---:|---:|
{chr(10).join(f"| {k.replace('_', ' ')} | {n:,} | {n / hours:,.0f} |" for k, n in total.events.items() if n)}

Seconds, beside 1,155 telephone calls (Switchboard); distances are 0 for equal distributions.

| measure | n | median | people's | Kolmogorov-Smirnov | Wasserstein-1 |
|---|---:|---:|---:|---:|---:|
{chr(10).join(rows)}

| | corpus | people |
|---|---:|---:|
{chr(10).join(values)}

## The texts

| | |
|---|---:|
| dialogues of the sources, as they are | {text["as_they_are"]:,} ({text["hours_as_they_are"]:.1f} h) |
| inputs left out: the same words as an earlier one | {text["repeats"]:,} |
| sources of which nothing new was made: too like an earlier one | {text["alike"]:,} |
| new dialogues, of parts of two or three sources | {text["made"]:,} |
| dialogues in which a source is heard: mean, most | {text["uses_mean"]:.1f}, {text["uses_most"]} |
| resemblance of a new dialogue to the one it is most like (runs of four words): median | {text["resemblance_median"]:.2f} |
| ... at the 90th percentile, most | {text["resemblance_90"]:.2f}, {text["resemblance_most"]:.2f} |

Sources: {", ".join(f"{name} {count:,}" for name, count in total.sources.items())}. Licences:
{", ".join(f"{name} {count:,}" for name, count in total.licences.items())}. No dialogue is there
twice, but each text is heard {text["uses_mean"]:.0f} times on average, in other company, other voices
and with other timing ([how](../scripts.md#more-hours-from-the-same-texts)).
"""


def so_far(options, folder: Path) -> None:
    measured = folder.with_name(f"{folder.name}.measured.json")
    state = json.loads(measured.read_text("utf-8"))
    beside = folder.with_name(f"{folder.name}.identity.json")
    if not beside.exists():
        beside.write_text(json.dumps(identity(options, folder)), "utf-8")
    target = snapshot(folder)
    started = time.time()
    problems = [str(problem) for problem in verify(target)]
    state |= {
        "problems": len(problems),
        "verify": time.time() - started,
        "identity": json.loads(beside.read_text("utf-8")),
        "bytes": sum(path.stat().st_size for path in target.rglob("*") if path.is_file()),
        "texts": texts(options, Corpus.open(target)),
    }
    print("\n".join(problems[:20]))
    text = page(options, target, state)
    print(text)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("texts", nargs="+", help="files and folders of text dialogues")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the corpus folder")
    parser.add_argument("--hours", type=float, default=150.0)
    parser.add_argument("--voices", action="append", help="as for `interactspeech build` [hibari]")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--identity", type=int, default=48, help="dialogues of the small builds")
    parser.add_argument("--so-far", action="store_true", help="report a build that is under way")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    options = parser.parse_args()
    options.voices = options.voices or ["hibari"]
    folder = options.output
    if options.so_far:
        so_far(options, folder)
        return
    state = large(options, folder)
    if "problems" not in state:
        started = time.time()
        problems = [str(problem) for problem in verify(folder)]
        state |= {"problems": len(problems), "verify": time.time() - started}
        print("\n".join(problems[:20]))
        save(state, folder)
    if "identity" not in state:
        beside = folder.with_name(f"{folder.name}.identity.json")
        state["identity"] = (
            json.loads(beside.read_text("utf-8")) if beside.exists() else identity(options, folder)
        )
        save(state, folder)
    state["bytes"] = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    state["texts"] = texts(options, Corpus.open(folder))
    save(state, folder)
    text = page(options, folder, state)
    print(text)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
