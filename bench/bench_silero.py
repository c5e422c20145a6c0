"""What does it cost to hear a recording with Silero in one pass, side by side with other ways?

    python bench/bench_silero.py RECORDING... [--write]

Each way is run over the same sound in turn, three times; the ratio is of the medians. Needs the
extra vad.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from interactspeech.models import silero
from interactspeech.models.onnx_session import inference_session
from interactspeech.signal.recording import Recording

PAGE = Path(__file__).parents[1] / "docs/bench/silero.md"
RATE, WINDOW, CONTEXT = silero.RATE, silero.WINDOW, silero.CONTEXT


def window_by_window(session: object, sound: np.ndarray) -> np.ndarray:
    """The published graph, a call a window, the channels as a batch."""
    return _lanes(session, sound, len(sound[0]), 0)


def _lanes(session: object, sound: np.ndarray, length: int, warm: int) -> np.ndarray:
    """The published graph on lanes of `length` samples side by side, each begun `warm` early."""
    windows = -(-sound.shape[1] // WINDOW)
    steps = max(length // WINDOW, 1)
    count = -(-windows // steps)
    early = warm // WINDOW
    padded = np.zeros((len(sound), (count * steps + early) * WINDOW + CONTEXT), np.float32)
    first = early * WINDOW + CONTEXT
    padded[:, first : first + sound.shape[1]] = sound
    row, sample = padded.strides
    view = np.lib.stride_tricks.as_strided(
        padded,
        (len(sound), count, steps + early, CONTEXT + WINDOW),
        (row, steps * WINDOW * sample, WINDOW * sample, sample),
    )
    state = np.zeros((2, len(sound) * count, 128), np.float32)
    found = []
    for step in range(steps + early):
        piece = np.ascontiguousarray(view[:, :, step]).reshape(-1, CONTEXT + WINDOW)
        given = {"input": piece, "state": state, "sr": np.array(RATE, np.int64)}
        chance, state = session.run(None, given)
        if step >= early:
            found.append(chance[:, 0].reshape(len(sound), count))
    return np.stack(found, axis=2).reshape(len(sound), -1)[:, :windows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("recordings", nargs="+", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    sounds = []
    for path in options.recordings:
        with Recording.open(path, rate=RATE) as recording:
            sounds.append(np.asarray(recording.read(0, recording.samples), np.float32))
    session = inference_session(silero.published_model(), "Voice activity", "vad")
    ways: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "one pass, this package": silero.speech_probability,
        "one pass, a call a window": lambda sound: window_by_window(session, sound),
        "lanes of 16 s, 2 s early (before)": lambda s: _lanes(session, s, 16 * RATE, 2 * RATE),
        "lanes of 16 s, 32 s early": lambda s: _lanes(session, s, 16 * RATE, 32 * RATE),
    }
    truth = [ways["one pass, a call a window"](sound) for sound in sounds]
    times: dict[str, list[float]] = {name: [] for name in ways}
    differ = dict.fromkeys(ways, 0)
    for turn in range(3):
        for name, way in ways.items():
            start = time.process_time()
            found = [way(sound) for sound in sounds]
            times[name].append(time.process_time() - start)
            if turn == 0:
                differ[name] = sum(
                    int(((a >= 0.5) != (b >= 0.5)).sum()) for a, b in zip(found, truth, strict=True)
                )
    windows = sum(chance.size for chance in truth)
    base = float(np.median(times["one pass, this package"]))
    seconds = sum(sound.shape[1] for sound in sounds) / RATE
    lines = [
        "# Silero over whole recordings",
        "",
        f"Written by `bench/bench_silero.py` on {len(sounds)} real recordings,",
        f"{seconds / 60:.1f} min, two channels. Cost is",
        "a ratio of processor time on one core, measured in turn in one run; the second column",
        "counts windows of 32 ms whose decision (.5) differs from Silero's own way, a call a window",
        "from the first sample to the last.",
        "",
        "| way | cost | windows that differ |",
        "|---|---:|---:|",
    ]
    for name in ways:
        ratio = float(np.median(times[name])) / base
        lines.append(f"| {name} | {ratio:.2f} | {differ[name]:,} of {windows:,} |")
    lines += [
        "",
        f"In this run one pass took {seconds / base:.0f} times less than the sound lasts.",
    ]
    text = "\n".join(lines)
    print(text)
    if options.write:
        PAGE.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
