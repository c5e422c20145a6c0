"""What a build costs beside its speech synthesis, and how long imports take.

    python bench/bench_build.py [--dialogues 4] [--write]

Dialogues that ship are built on one core without a cache, once with each engine. The time inside
`Synthesizer.speak` is the bare synthesis; everything else (script, casting, plan, rendering, labels,
FLAC, tar, index) is the overhead.
"""

import argparse
import platform
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from interactspeech.corpus import CorpusWriter
from interactspeech.pipelines.building import BuildSettings
from interactspeech.pipelines.building.dialogue_builder import DialogueBuilder
from interactspeech.scripts import demo_dialogues
from interactspeech.tts import Synthesizer, select_voices

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "build.md"
ENGINES = ("kokoro", "hibari", "fake")
MODULES = ("interactspeech.records", "interactspeech.turntaking", "interactspeech.rendering",
           "interactspeech.cli")  # fmt: skip


class Timed(Synthesizer):
    """Counts the processor time of synthesis."""

    seconds = 0.0

    def speak(self, *arguments, **options):
        start = time.process_time()
        try:
            return super().speak(*arguments, **options)
        finally:
            self.seconds += time.process_time() - start


def build(engine: str, count: int) -> tuple[float, float, float]:
    """Seconds of audio, of bare synthesis, and of everything, for one engine."""
    speaker = Timed()
    maker = DialogueBuilder(BuildSettings(seed=1, voices=(engine,)), select_voices(engine), speaker)
    sources = list(islice(demo_dialogues(), count + 1))
    maker.build(sources.pop())  # loads the engine
    speaker.seconds = 0.0
    audio = 0.0
    start = time.process_time()
    with (
        tempfile.TemporaryDirectory() as folder,
        CorpusWriter(folder, {}) as writer,
        writer.shard(0) as shard,
    ):
        for source in sources:
            made = maker.build(source)
            shard.add(made.dialogue, made.samples)
            audio += made.dialogue.seconds
        shard.finish()
        writer.finish(1)
    return audio, speaker.seconds, time.process_time() - start


def import_time(module: str) -> float:
    """Seconds until a module is imported in a new interpreter, best of seven, less the bare start."""

    def run(code: str) -> float:
        best = float("inf")
        for _ in range(7):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            best = min(best, time.perf_counter() - start)
        return best

    return run(f"import {module}") - run("pass")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dialogues", type=int, default=4)
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    options = parser.parse_args()
    rows = []
    for engine in ENGINES:
        audio, bare, whole = build(engine, options.dialogues)
        rows.append(
            f"| {engine} | {audio / 60:.1f} | {audio / bare:,.1f} | {audio / whole:,.1f} | "
            f"{(whole - bare) / bare:.1%} | {audio / (whole - bare):,.0f} |"
        )
        print(rows[-1], flush=True)
    imports = [f"| `{module}` | {import_time(module):.2f} |" for module in MODULES]
    text = f"""\
# What a build costs

Written by `bench/bench_build.py --write`: {options.dialogues} dialogues that ship, one core, no
cache, processor time. Machine: {platform.machine()}, Python {platform.python_version()}. The
overhead is all that a build does beside synthesis: script, casting, plan, rendering, labels, FLAC,
tar and index.

| engine | minutes of dialogue | x real time, bare synthesis | x real time, whole build | overhead | x real time, overhead alone |
|---|---:|---:|---:|---:|---:|
{chr(10).join(rows)}

The bar is an overhead of 3 % over the default engine. A fast engine leaves little to be over, so the
last column says what the overhead itself would allow. `fake` is no synthesis at all.

## Imports

Seconds in a new interpreter beyond its bare start, best of seven; NumPy included. The bar is 0.3 s.

| module | seconds |
|---|---:|
{chr(10).join(imports)}
"""
    print(text)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
