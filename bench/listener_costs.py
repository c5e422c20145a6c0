"""What the listener costs, beside others: time, steps, memory."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from interactspeech.evaluation.events.benchmark import Benchmark
from interactspeech.listener import Listener, Stream, dialogue_from_output, run_listener
from interactspeech.models.vad import speech_spans
from interactspeech.signal.log_mel import RATE, STEP


def speed(listener: Listener, work: Path, smart_turn: Path | None) -> list[list[str]]:
    """Processor time of one thread; best of several rounds, so that other work counts little."""
    rng = np.random.default_rng(0)
    minutes = 5
    sound = (0.05 * rng.normal(0, 1, (2, minutes * 60 * RATE))).astype(np.float32)
    case = next(iter(Benchmark(work / "synthetic-clean").cases.values()))
    speech = case.audio()
    sound = np.tile(speech, (1, -(-sound.shape[1] // speech.shape[1])))[:, : sound.shape[1]]
    seconds = sound.shape[1] / RATE

    def best(run: Callable[[], object], rounds: int = 3) -> float:
        found = []
        for _ in range(rounds):
            begun = time.process_time()
            run()
            found.append(time.process_time() - begun)
        return min(found)

    offline = (
        best(lambda: dialogue_from_output(run_listener(listener, [sound]), listener)) / seconds
    )
    short = sound[:, : 60 * RATE]

    def live() -> list[float]:
        stream, times = Stream(listener=listener), []
        for i in range(0, short.shape[1], STEP):
            begun = time.process_time()
            stream(short[:, i : i + STEP])
            times.append(time.process_time() - begun)
        return times

    times = np.min([live() for _ in range(5)], axis=0)
    silero = best(lambda: [speech_spans(c, RATE, "silero") for c in short], 1) / 60
    energy = best(lambda: [speech_spans(c, RATE, "energy") for c in short], 1) / 60
    rows = [
        ("the listener, a recording of two channels", f"{offline:.4f}", "-", "-"),
        (
            "the listener, live, steps of 40 ms, events included", f"{times.sum() / 60:.4f}",
            f"{np.median(times) * 1e3:.2f} ms", f"{np.percentile(times, 99) * 1e3:.2f} ms",
        ),
        ("Silero VAD 6, two channels (activity only)", f"{silero:.4f}", "-", "-"),
        ("energy detector, two channels (activity only)", f"{energy:.4f}", "-", "-"),
    ]  # fmt: skip
    if smart_turn is not None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(smart_turn, options)
        given = {"input_features": rng.normal(0, 1, (1, 80, 800)).astype(np.float32)}
        call = best(lambda: session.run(None, given), 5)
        rows.append(
            (
                "smart-turn v3.2, one call (is a pause the end of a turn?)",
                "-",
                f"{call * 1e3:.0f} ms",
                "-",
            )
        )
    return [list(row) for row in rows]


def costs(rows: list[list[str]]) -> list[str]:
    """The section of the page."""
    lines = [
        "## What it costs",
        "",
        "Processor time, one thread of a noisy machine, best of several rounds.",
        "",
        "| what | real-time factor | a step, median | a step, p99 |",
        "|---|---:|---:|---:|",
    ]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    peak, long = memory(), memory(600)
    lines += [
        "",
        (
            f"Memory of a process that detects: {peak:.0f} MB at its peak for one minute of two "
            f"channels, {long:.0f} MB for ten (Python, NumPy and onnxruntime included)."
        ),
    ]
    return lines


def memory(seconds: int = 60) -> float:
    """Peak resident size of a fresh process that detects in so much sound, in MB."""
    # Not getrusage: a child's ru_maxrss begins with what its parent had.
    program = (
        "import numpy as np, interactspeech as i;"
        f"x = np.zeros((2, {seconds} * 16000), np.float32);"
        "x[0, ::3] = 0.01; x[1, ::5] = 0.01; i.detect(x, 16000);"
        "print(next(l for l in open('/proc/self/status') if l.startswith('VmHWM')).split()[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return int(done.stdout) / 1024
