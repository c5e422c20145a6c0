"""A whole build beside that of another commit: processor time, where it goes, and the voices.

    git worktree add --detach ../before 2510696
    python bench/bench_fast.py ../before TEXTS... [--limit 150] [--repetitions 3] [--write]

Both commits run `interactspeech build` with hibari's voices, styles and the quick gate as processes of
their own, in turn, on this interpreter's packages; what counts is the processor time of a command and
all its processes. Then each speaks the same lines in all voices, for recognition (whisper-base), DNSMOS
and speaker embeddings (CAM++).
"""

import argparse
import json
import os
import platform
import pstats
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from bench_voices import SENTENCES, dnsmos, heard
from commands import git

from interactspeech.models.embeddings import SpeakerEncoder, similarity

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "bench" / "fast.md"
BAR = 2.5
SEED = "7"

#: What a build is told about the speech cache.
KINDS = {"with the speech cache, empty": (), "without it": ("--no-cache",)}

PROFILED = """
import cProfile, sys, time
sys.argv = ["interactspeech", *sys.argv[2:]]
profile = cProfile.Profile(time.process_time)
profile.enable()
from interactspeech.cli import main
try:
    main()
except SystemExit:
    pass
profile.disable()
profile.dump_stats(PATH)
"""
FIRST_LINE = """
import os, sys, time
begun = float(sys.argv[1])
sys.argv = ["interactspeech", *sys.argv[2:]]
from interactspeech.cli import main
try:
    from interactspeech.tts.interface import Engine
except ImportError:
    from interactspeech.voices.base import Engine
speak = Engine.speak
def first(*given, **named):
    speak(*given, **named)
    print("first line", time.monotonic() - begun, time.process_time(), flush=True)
    os._exit(0)
Engine.speak = first
main()
"""
SPOKEN = """
import json, sys
import numpy as np
try:
    from interactspeech.tts import engine
except ImportError:
    from interactspeech.voices import engine
texts = json.loads(sys.argv[2])
speaker = engine("hibari")
said = {}
for voice in speaker.voices():
    for number, text in enumerate(texts):
        said[f"{voice.name}/{number}"] = speaker.speak(text, voice).samples
np.savez(sys.argv[1], **said)
"""
#: Part of a file's path or name -> what the time in it is for; the first that fits.
PARTS = {
    "onnxruntime": "network",
    "/cache.py": "speech cache",
    "g2p": "text to phonemes",
    "phonemes.py": "text to phonemes",
    "spectral_synthesis.py": "spectrum, and waveform of it",
    "hibari/dsp.py": "spectrum, and waveform of it",
    "hibari.py": "spectrum, and waveform of it",
    "variants.py:pitch": "pitch of the variants",
    "variants.py": "formants of the variants",
    "prosody.py": "resampling and styles",
    "soxr": "resampling and styles",
    "time_stretch.py": "stretching",
    "dynamics/": "stretching",
    "word_times.py": "word times, gate",
    "/times.py": "word times, gate",
    "speech_energy.py": "word times, gate",
    "quality": "word times, gate",
    "gate": "word times, gate",
    "flac.py": "FLAC of the shards",
    "sound_bytes.py": "FLAC of the shards",
    "corpus/audio.py": "FLAC of the shards",
    "interactspeech/scripts": "reading and writing texts",
    "interactspeech/script/": "reading and writing texts",
    "lexicon": "reading and writing texts",
    "rendering": "planning, rendering, labels",
    "interactspeech/stage": "planning, rendering, labels",
    "turntaking": "planning, rendering, labels",
    "<frozen importlib": "imports",
}
_PITCH = (
    "vary_pitch",
    "_overlap_add",
    "_pitch_marks",
    "_marks",
    "_grain",
    "_grains",
    "_half_windows",
)


def environment(tree: Path, cache: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "BYTECODE" not in name}
    return {
        **kept,
        "PYTHONPYCACHEPREFIX": str(cache / "bytecode"),
        "PYTHONPATH": str(tree / "src"),
        "OMP_NUM_THREADS": "1",
        "INTERACTSPEECH_CACHE": str(cache),
    }


def words(options, folder: Path, *more: str) -> list[str]:
    return ["build", *map(str, options.texts), "-o", str(folder), "--voices", "hibari", "--limit",
            str(options.limit), "--no-page", "--workers", "1", "--seed", SEED, "--quiet", *more]  # fmt: skip


def seconds_of(folder: Path) -> float:
    import pyarrow.parquet as pq

    return sum(pq.read_table(folder / "index.parquet", columns=["seconds"])["seconds"].to_pylist())


def spent() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(tree: Path, cache: Path, arguments: list[str]) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], env=environment(tree, cache), cwd=tempfile.gettempdir(),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if done.returncode not in (0, 1):  # 1: some inputs were dropped
        sys.exit(f"{arguments} ended with {done.returncode}:\n{done.stdout[-2000:]}")
    return done.stdout


def built(options, tree: Path, cache: Path, work: Path, *more: str) -> tuple[float, float]:
    """Seconds of dialogue, and of processor time."""
    folder = work / "corpus"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(cache / "speech", ignore_errors=True)
    before = spent()
    run(tree, cache, ["-m", "interactspeech", *words(options, folder, *more)])
    return seconds_of(folder), spent() - before


def until_spoken(options, tree: Path, cache: Path, work: Path) -> tuple[float, float]:
    """Seconds from the start of a build to its first spoken line: by the clock, of processor."""
    shutil.rmtree(work / "corpus", ignore_errors=True)
    more = [
        "-c",
        FIRST_LINE,
        repr(time.monotonic()),
        *words(options, work / "corpus", "--no-cache"),
    ]
    told = run(tree, cache, more).split("first line")[1].split()
    return float(told[0]), float(told[1])


def profiled(options, tree: Path, cache: Path, work: Path) -> dict[str, float]:
    """What for -> milliseconds a second of dialogue; the profiler makes Python's own part larger."""
    folder, file = work / "corpus", work / "profile"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(cache / "speech", ignore_errors=True)
    code = PROFILED.replace("PATH", repr(str(file)))
    run(tree, cache, ["-c", code, "-", *words(options, folder)])
    found = pstats.Stats(str(file)).stats  # type: ignore[attr-defined]
    known: dict[tuple, dict[str, float]] = {}

    def shares(function: tuple, depth: int = 0) -> dict[str, float]:
        """For what a function works: by its file, or by its callers where that says nothing."""
        if function in known:
            return known[function]
        name = f"{function[0]}:{function[2]}"
        for part, purpose in PARTS.items():
            file, _, kind = part.partition(":")
            if file in name and (not kind or function[2] in _PITCH):
                known[function] = {purpose: 1.0}
                return known[function]
        callers = found[function][4]
        total = sum(times[2] for times in callers.values())
        if "interactspeech/" in name or not callers or not total or depth > 12:
            return {"all else": 1.0}
        mixed: dict[str, float] = defaultdict(float)
        for caller, times in callers.items():
            for purpose, share in shares(caller, depth + 1).items():
                mixed[purpose] += share * times[2] / total
        known[function] = dict(mixed)
        return known[function]

    result: dict[str, float] = defaultdict(float)
    for function, (_, _, own, _, _) in found.items():
        for purpose, share in shares(function).items():
            result[purpose] += own * share
    audio = seconds_of(folder)
    return {purpose: 1000 * own / audio for purpose, own in result.items()}


def spoken(tree: Path, cache: Path, work: Path, texts: list[str]) -> dict[str, np.ndarray]:
    file = work / "spoken.npz"
    run(tree, cache, ["-c", SPOKEN, str(file), json.dumps(texts)])
    with np.load(file) as kept:
        return {name: kept[name] for name in kept.files}


def voices(options, trees: list[Path], caches: list[Path], work: Path) -> str:
    lines = [line for line in SENTENCES if len(line) > 30][: options.sentences]
    pair = [spoken(tree, cache, work, lines) for tree, cache in zip(trees, caches, strict=True)]
    encoder = SpeakerEncoder()

    def cosine(one: np.ndarray, other: np.ndarray) -> float:
        return similarity(encoder.embed(one, 24_000), encoder.embed(other, 24_000))

    names = list(dict.fromkeys(name.split("/")[0] for name in pair[0]))
    rows, same, shifted, whole = [], [], [], []
    for name in names:
        keys = [f"{name}/{number}" for number in range(len(lines))]
        same += [cosine(pair[0][key], pair[1][key]) for key in keys]
        # What the measure makes of nothing: the same samples, begun 5 ms later.
        shifted += [cosine(pair[0][key], pair[0][key][120:]) for key in keys]
        whole.append(cosine(*(np.concatenate([said[key] for key in keys]) for said in pair)))
    for label, values in (
        ("a line before, and the same line now", same),
        ("a line before, and the same samples without their first 5 ms", shifted),
        ("all lines of a voice before, and now", whole),
    ):
        low, middle = np.percentile(values, [5, 50])
        rows.append(
            f"| {label} | {len(values)} | {np.mean(values):.3f} | {middle:.3f} | {low:.3f} | "
            f"{min(values):.3f} |"
        )
    quality = []
    for label, said in zip(("before", "now"), pair, strict=True):
        pairs = [
            (lines[int(name.split("/")[1])], SimpleNamespace(samples=samples, rate=24_000))
            for name, samples in said.items()
        ]
        errors, count = heard(pairs)
        quality.append(f"| {label} | {len(pairs)} | {dnsmos(pairs):.3f} | {errors} of {count} |")
        print(quality[-1], flush=True)
    return f"""\
## The voices

{len(lines)} sentences in each of {len(names)} voices, neutral style. Cosines of CAM++ embeddings; the bar is .98
to the same line.

| | n | mean | median | 5th percentile | least |
|---|---:|---:|---:|---:|---:|
{chr(10).join(rows)}

| | lines | DNSMOS, mean | word errors (whisper-base) |
|---|---:|---:|---:|
{chr(10).join(quality)}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path, help="a checkout of the commit to compare with")
    parser.add_argument("texts", type=Path, nargs="+", help="files of text dialogues")
    parser.add_argument("--limit", type=int, default=150, help="dialogues of a build")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--sentences", type=int, default=6, help="that each voice says")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    options = parser.parse_args()
    options.texts = [text.resolve() for text in options.texts]
    trees = [options.before.resolve(), ROOT]
    commit = git(trees[0], "rev-parse", "--short", "HEAD")
    load = [os.getloadavg()[0]]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        caches = [work / "cache-before", work / "cache-now"]
        small = argparse.Namespace(**{**vars(options), "limit": 1})
        for tree, cache in zip(trees, caches, strict=True):
            built(small, tree, cache, work)  # prepared graphs, compiled Python
        measured: dict[tuple[str, int], list[tuple[float, float]]] = defaultdict(list)
        for _ in range(options.repetitions):
            for kind, more in KINDS.items():
                for which, (tree, cache) in enumerate(zip(trees, caches, strict=True)):
                    audio, used = built(options, tree, cache, work, *more)
                    less = built(small, tree, cache, work, *more)
                    measured[kind, which].append((audio, used))
                    measured[f"{kind}, less a build of one dialogue", which].append(
                        (audio - less[0], used - less[1])
                    )
                    print(kind, tree.name, f"{audio:.0f} s, {used:.1f} s, one {less}", flush=True)
            load.append(os.getloadavg()[0])
        starts = [
            [until_spoken(options, tree, cache, work) for _ in range(2 * options.repetitions)]
            for tree, cache in zip(trees, caches, strict=True)
        ]
        first_lines = [
            " | ".join(
                f"{statistics.median(column):.2f} ({min(column):.2f} to {max(column):.2f})"
                for column in zip(*times, strict=True)
            )
            for times in starts
        ]
        small.limit = max(options.limit // 4, 1)
        profiles = [
            profiled(small, tree, cache, work) for tree, cache in zip(trees, caches, strict=True)
        ]
        rows = []
        for kind in dict.fromkeys(kind for kind, _ in measured):
            rates = [[audio / used for audio, used in measured[kind, which]] for which in (0, 1)]
            ratios = [now / old for old, now in zip(*rates, strict=True)]
            cells = [
                f"{statistics.median(one):.0f} ({min(one):.0f} to {max(one):.0f})" for one in rates
            ]
            rows.append(
                f"| {kind} | {cells[0]} | {cells[1]} | **{statistics.median(ratios):.2f}** "
                f"({min(ratios):.2f} to {max(ratios):.2f}) |"
            )
        order = sorted(set(profiles[0]) | set(profiles[1]), key=lambda p: -profiles[0].get(p, 0.0))
        parts = [
            f"| {purpose} | {profiles[0].get(purpose, 0.0):.2f} | {profiles[1].get(purpose, 0.0):.2f} |"
            for purpose in order
        ]
        totals = [sum(one.values()) for one in profiles]
        hours = measured["without it", 1][0][0] / 3600
        heard_before = measured["without it", 0][0][0] / 3600
        text = f"""\
# A build, before and now

Written by `python bench/bench_fast.py BEFORE TEXTS --write`. {time.strftime("%Y-%m-%d", time.gmtime())},
{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}.
The machine was busy with other work (load {min(load):.1f} to {max(load):.1f}); processor time rises under it, so the
two commits ran in turn, and each ratio is of two runs one after the other.

`interactspeech build TEXTS --voices hibari --limit {options.limit} --workers 1`, styles and quick gate on, starts and
reports included (a build of one dialogue is taken away in the rows that say so: what is left is what a long build costs, whose
start does not count): {heard_before:.2f} h of dialogue by {commit}, {hours:.2f} h now. Times real time of a core, by the
processor time of all processes; median of {options.repetitions} (least to most). The bar is {BAR}.

| | {commit} | now | ratio |
|---|---:|---:|---:|
{chr(10).join(rows)}

## Until the first line is spoken

Seconds from the start of `interactspeech build` to its first spoken line, caches of models and bytecode warm; the bar is 2.
Median of {len(starts[0])} (least to most).

| | by the clock, beside other work | of processor |
|---|---:|---:|
| {commit} | {first_lines[0]} |
| now | {first_lines[1]} |

## Where the time goes

Milliseconds of processor a second of dialogue, {small.limit} dialogues with an empty speech cache, under cProfile, which makes
Python's own steps dearer than they are and products of matrices not.

| | {commit} | now |
|---|---:|---:|
{chr(10).join(parts)}
| **all** | **{totals[0]:.2f}** | **{totals[1]:.2f}** |

{voices(options, trees, caches, work)}"""
    print(text)
    if options.write:
        kept = PAGE.read_text("utf-8").partition("\n<!-- by hand -->\n")[2] if PAGE.exists() else ""
        PAGE.write_text(text + (f"\n<!-- by hand -->\n{kept}" if kept else ""), encoding="utf-8")


if __name__ == "__main__":
    main()
