"""Reading timing files: ours beside the libraries that read the same files.

    python bench/bench_formats.py [--write]

Writes simulated conversations (20 x 10 min with words) in each format, reads each with our reader
and with the library in one run, alternating, and prints the ratio of the medians. Ours gives
checked records with one clock; the libraries give lists of numbers.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from interactspeech import formats
from interactspeech.records import Dialogue, Span, Speaker, Utterance, Word
from interactspeech.turntaking.timing import TimingModel, simulate

PAGE = Path(__file__).parents[1] / "docs/bench/formats.md"
ROUNDS = 5


def conversation(number: int) -> Dialogue:
    """Simulated timing, with a word every 0.3 s of talk."""
    timeline = simulate(TimingModel.human(), 600.0, 7, f"c{number}", rate=16_000)
    utterances = []
    for speaker, rows in timeline.activity.items():
        for start, end in rows.tolist():
            n = max(1, round((end - start) / 4800))
            edges = [start + (end - start) * i // n for i in range(n + 1)]
            words = tuple(
                Word(f"word{i}", a, b) for i, (a, b) in enumerate(pairwise(edges)) if a < b
            )
            utterances.append(
                Utterance("", speaker, start, end, (Span(start, end),), words, times="engine")
            )
    utterances.sort(key=lambda u: (u.start, u.end))
    named = tuple(
        Utterance(f"u{i}", u.speaker, u.start, u.end, u.speech, u.words, times=u.times)
        for i, u in enumerate(utterances)
    )
    speakers = tuple(Speaker(name) for name in timeline.speakers)
    return Dialogue(f"c{number}", timeline.rate, timeline.length, speakers, named)


def praatio(path: Path) -> object:
    from praatio import textgrid

    return textgrid.openTextgrid(str(path), includeEmptyIntervals=False)


def pympi(path: Path) -> object:
    from pympi.Elan import Eaf

    eaf = Eaf(str(path))
    return {tier: eaf.get_annotation_data_for_tier(tier) for tier in eaf.get_tier_names()}


def rttm_into_pyannote(path: Path) -> object:
    from pyannote.core import Annotation, Segment

    annotation = Annotation()
    for line in path.read_text().splitlines():
        fields = line.split()
        start, length = float(fields[3]), float(fields[4])
        annotation[Segment(start, start + length), fields[7]] = fields[7]
    return annotation


def seconds(read: Callable[[Path], object], paths: list[Path]) -> float:
    started = time.perf_counter()
    for path in paths:
        read(path)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    dialogues = [conversation(i) for i in range(20)]
    words = sum(len(u.words) for d in dialogues for u in d.utterances)
    lines = [
        f"{len(dialogues)} conversations, {words:,} words; median of {ROUNDS} alternating rounds.",
        "", "| format | library | ours, s | library, s | ours / library |",
        "|---|---|---:|---:|---:|",
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        for name, ending, library, other in (
            ("textgrid", "TextGrid", "praatio", praatio),
            ("elan", "eaf", "pympi", pympi),
            ("rttm", "rttm", "pyannote.core", rttm_into_pyannote),
        ):
            paths = [Path(folder) / f"{d.id}.{ending}" for d in dialogues]
            for dialogue, path in zip(dialogues, paths, strict=True):
                formats.write(dialogue, path)
            mine, theirs = [], []
            for _ in range(ROUNDS):
                mine.append(seconds(formats.read, paths))
                theirs.append(seconds(other, paths))
            a, b = statistics.median(mine), statistics.median(theirs)
            lines.append(f"| {name} | {library} | {a:.3f} | {b:.3f} | {a / b:.2f} |")
    text = "\n".join(lines)
    print(text)
    if arguments.write:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        head = "# Reading timing formats, measured\n\nWritten by `bench/bench_formats.py`.\n\n"
        PAGE.write_text(f"{head}{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
