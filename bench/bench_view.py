"""Speed and size of the page, measured side by side in one run.

    python bench/bench_view.py [--write]

The audio is made up: tones in noise, half of each channel silent. Work is measured in processor
time, best of three. What the page costs over its FLAC is the part that is ours.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np

from interactspeech.records import Dialogue, Event, Span, Speaker, Utterance, Word
from interactspeech.seeds import generator
from interactspeech.signal.flac import encode_flac
from interactspeech.viewer import write_page
from interactspeech.viewer.peaks import measure_peaks
from interactspeech.viewer.record import page_record

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "view.md"
RATE = 24_000


def talk(number: int, seconds: int) -> tuple[Dialogue, np.ndarray]:
    """A turn of 8 words every 3 s, an event for each, and its audio."""
    random = generator(1, "bench-view", number)
    length, turn = seconds * RATE, 3 * RATE
    samples = np.zeros((2, length), np.float32)
    utterances, events = [], []
    shape = np.hanning(turn) * 0.3
    for i, start in enumerate(range(0, length - turn, turn)):
        tone = np.sin(2 * np.pi * random.uniform(90, 300) * np.arange(turn) / RATE)
        samples[i % 2, start : start + turn] = tone * shape + random.normal(0, 0.005, turn)
        edges = [start + k * turn // 8 for k in range(9)]
        words = tuple(Word("word", a, b - 10) for a, b in pairwise(edges))
        span = (Span(start, words[-1].end),)
        utterances.append(Utterance(f"u{i}", "AB"[i % 2], start, span[0].end, span, words))
        events.append(Event("gap", "AB"[i % 2], start, start + 10))
    people = (Speaker("A"), Speaker("B"))
    return Dialogue(f"d{number}", RATE, length, people, tuple(utterances), tuple(events)), samples


def best(work: Callable[[], object]) -> float:
    """Processor seconds of the fastest of three runs."""
    found = []
    for _ in range(3):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--write", action="store_true", help="write docs/bench/view.md")
    write = arguments.parse_args().write
    rows = []
    for what, items in (
        ("60 dialogues of 50 s", [talk(i, 50) for i in range(60)]),
        ("one dialogue of an hour", [talk(0, 3600)]),
    ):
        seconds = sum(dialogue.seconds for dialogue, _ in items)
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "page"
            page = best(lambda items=items, out=out: write_page(items, out))
            size = {
                suffix: sum(p.stat().st_size for p in out.rglob(f"*{suffix}"))
                for suffix in (".flac", ".js")
            }
        stereo = sum(len(encode_flac(audio, RATE)) for _, audio in items)
        flac = best(
            lambda items=items: [
                encode_flac(part, RATE) for _, a in items for part in (a, a[:1], a[1:])
            ]
        )
        peaks = best(lambda items=items: [measure_peaks(audio) for _, audio in items])
        record = best(lambda items=items: [page_record(d, None, {}) for d, _ in items])
        rows.append(
            f"| {what} | {seconds / page:,.0f}x | {flac / page:.0%} | {peaks / page:.0%} | "
            f"{record / page:.0%} | {size['.flac'] / stereo:.2f} | "
            f"{size['.js'] / seconds * 60 / 1000:,.0f} kB |"
        )
    text = f"""# Speed of the page

`python bench/bench_view.py --write`, on one core of {platform.machine()}, Python
{platform.python_version()}; processor time, best of three, made-up audio at 24 kHz.

| what | times real time | of that, FLAC | outlines | records | FLAC / corpus | data a minute |
|---|---:|---:|---:|---:|---:|---:|
{chr(10).join(rows)}

Nearly all the time goes into FLAC: the three files of a dialogue (both voices, and each alone).
Shares are of separate runs on a noisy machine and need not add up to 100 %.
"""
    print(text)
    if write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
