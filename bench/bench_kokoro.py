"""Kokoro against kokoro-onnx used plainly, and where the time goes.

    python bench/bench_kokoro.py [--write] [--only engines,loss,build,before,profile] [--sentences 16]
        [--dialogues 4] [--texts 400]
    git worktree add --detach ../before 2510696
    python bench/bench_kokoro.py --only before --before ../before --sentences 28 --dialogues 2 --write

Needs the extras tts and asr, weights (`interactspeech voices install --asr`) and, for the first three
sections, kokoro-onnx beside us (pip install kokoro-onnx). What is compared speaks in turn, so other
work on the machine meets all alike; for ratios by the clock the machine should be calm nevertheless.
Without --before, the section that compares with another commit is left out.
"""

import argparse
import os
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from bench_voices import SENTENCES, put, voices_of
from kokoro_build import build
from kokoro_commits import before
from kokoro_loss import loss
from kokoro_processes import (
    OURS,
    PLAIN,
    Tally,
    compared,
    group,
    our_worker,
    plain_files,
    plain_worker,
)
from kokoro_profile import profile

from interactspeech.tts import Style

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "kokoro.md"


def engines(options: argparse.Namespace) -> str:
    """Sentence by sentence."""
    texts = [text for text in SENTENCES if len(text) > 30][: options.sentences]
    voices = voices_of("kokoro")
    calls = [(text, voices[i % len(voices)], Style()) for i, text in enumerate(texts)]
    with plain_files() as files, group(plain_worker, *files) as plain:
        tallies = {PLAIN: Tally()} | {name: Tally() for name in OURS.values()}
        with (
            group(our_worker, "published", "", count=2) as published,
            group(our_worker, "float", "", count=2) as floats,
            group(our_worker, "integer", "", count=2) as integers,
        ):
            ours = dict(zip(OURS.values(), (published, floats, integers), strict=True))
            for first, second in zip(calls[::2], calls[1::2], strict=True):
                tallies[PLAIN].speak(plain, [[first, second]])
                for name, pipes in ours.items():
                    tallies[name].speak(pipes, [[first], [second]])
    return f"""The same weights and {len(calls)} sentences, each by another voice, in one run on two cores, two
sentences at a time: kokoro-onnx {version("kokoro-onnx")} as its README has it (one process, onnxruntime's defaults: two
threads) one after the other, ours one in each of two processes with one thread. Nothing is cached. Ratios are
of seconds of speech a second; the bar is 1.3. Load while this ran: {os.getloadavg()[0]:.1f}. Words are counted by
whisper-base.

{compared(tallies, len(calls))}
The integers that are multiplied are the published graph's own, so what it loses against floats
(the rounding of activations to 8 bits) is lost here too, and no more.
"""


SECTIONS: dict[str, tuple[str, Callable[[argparse.Namespace], str]]] = {
    "engines": ("Engine against engine", engines),
    "loss": ("Is anything lost?", loss),
    "build": ("As a build uses it", build),
    "before": ("Another commit beside this one", before),
    "profile": ("Where the time goes", profile),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    parser.add_argument("--only", default=",".join(SECTIONS), help="sections")
    parser.add_argument("--sentences", type=int, default=16)
    parser.add_argument("--dialogues", type=int, default=4, help="spoken by both; an even number")
    parser.add_argument("--texts", type=int, default=45, help="dialogues whose lines are counted")
    parser.add_argument("--before", type=Path, help="a working tree of another commit")
    options = parser.parse_args()
    head = (
        "# Kokoro, measured\n\nWritten by `python bench/bench_kokoro.py --write`. How it is made fast: "
        "[voices](../voices.md#how-kokoro-is-made-fast).\n"
    )
    for key in options.only.split(","):
        if key == "before" and options.before is None:
            continue
        title, measure = SECTIONS[key]
        print(title, flush=True)
        body = measure(options).strip()
        print(body, flush=True)
        if options.write:
            put(head, title, body, page=PAGE, sections=SECTIONS)


if __name__ == "__main__":
    main()
