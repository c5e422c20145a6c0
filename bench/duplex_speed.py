"""How long an hour takes with words, and minutes of sound without, beside other programs."""

from __future__ import annotations

import importlib
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from duplex_page import append

from interactspeech.evaluation.duplex import score_recordings
from interactspeech.evaluation.duplex.bots import BotSettings, ReferenceBot
from interactspeech.evaluation.duplex.live import RATE, play_to
from interactspeech.evaluation.duplex.recordings import DuplexRecording, activity_of_words
from interactspeech.evaluation.duplex.stimulus import StimulusEvent, StimulusTruth
from interactspeech.evaluation.duplex.timed_words import TimedWord


def speed(write: bool, peers: str = "") -> None:
    """An hour with words given, and minutes of sound without."""
    rng = np.random.default_rng(0)
    length = 3600 * RATE

    def said() -> tuple[TimedWord, ...]:
        """About 9,000 words: stretches of 2 to 30 words with silences between."""
        words, at = [], float(rng.uniform(0, 2))
        while at < 3590:
            for _ in range(int(rng.integers(2, 30))):
                size = float(rng.uniform(0.12, 0.4))
                words.append(TimedWord("word", at, at + size))
                at += size
            at += float(rng.uniform(0.3, 7.0))
        return tuple(w for w in words if w.known_end < 3600)

    words = said(), said()
    talk = [activity_of_words(w, RATE, 0.2, length) for w in words]
    events = tuple(
        StimulusEvent("interruption" if k % 2 else "backchannel", t, t + 0.5)
        for k, t in enumerate(np.sort(rng.uniform(0, 3590, 400)).tolist())
    )
    truth = StimulusTruth("hour", 3600.0, events)
    recording = DuplexRecording("hour", RATE, length, *talk, *words, truth=truth)
    times = []
    for _ in range(5):
        began = time.process_time()
        score_recordings([recording])
        times.append(time.process_time() - began)
    lines = [
        "",
        "## Speed",
        "",
        f"An hour of two tracks with words given ({len(words[0]):,} and {len(words[1]):,}), 400 events:",
        f"{np.median(times):.2f} s of one core (median of {len(times)}; {min(times):.2f} to {max(times):.2f}; bar: 1 s).",
    ]
    minutes = 10
    bot = ReferenceBot(BotSettings(answer_seconds=40.0))
    asked = tuple(StimulusEvent("turn_end", t, t + 2.0) for t in range(1, minutes * 60 - 50, 50))
    user = np.zeros(minutes * 60 * RATE, np.float32)
    voice = np.resize(play_to(bot, np.zeros(20 * RATE, np.float32),
                              StimulusTruth("v", 20.0, (StimulusEvent("turn_end", 0.0, 0.1),)))[RATE:],
                      2 * RATE)  # fmt: skip
    for event in asked:
        user[round(event.start * RATE) : round(event.end * RATE)] = voice
    user += 1e-3 * rng.standard_normal(len(user)).astype(np.float32)
    system = play_to(bot, user, StimulusTruth("s", minutes * 60.0, asked))
    began = time.process_time()
    activity = importlib.import_module("interactspeech.evaluation.duplex.channels")
    activity.channel_fault(user, system, RATE)
    rows = [activity.channel_activity_of(x, RATE) for x in (user, system)]
    score_recordings([DuplexRecording("m", RATE, len(user), *rows,
                                      truth=StimulusTruth("m", minutes * 60.0, asked))])  # fmt: skip
    spent = time.process_time() - began
    lines += [
        f"{minutes} minutes of sound without words, the user's channel by Silero, the system's by",
        f"level, channels checked: {minutes * 60 / spent:.0f} times real time in processor time (bar: 60).",
    ]
    if peers:
        lines += ["", *beside(Path(peers), np.stack((user, system), axis=1), minutes)]
    append("## Speed", lines, write)


CALL_AI = """
import sys
from call_ai_metrics import CallAnalyzer
print(CallAnalyzer().analyze(sys.argv[1], speakers=["user", "system"]).turns[:1])
"""


def beside(python: Path, sound: np.ndarray, minutes: int) -> list[str]:
    """Processor time of whole processes on one two-channel file, three runs each in turn."""
    import soundfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "call.wav"
        soundfile.write(path, sound, RATE)
        hotato = python.with_name("hotato")
        ways = {
            "interactspeech evaluate duplex": [
                sys.executable, "-m", "interactspeech", "evaluate", "duplex", str(path)
            ],
            "the same, --activity energy --no-check-channels": [
                sys.executable, "-m", "interactspeech", "evaluate", "duplex", str(path),
                "--activity", "energy", "--no-check-channels",
            ],
            "call-ai-metrics 0.1.0": [str(python), "-c", CALL_AI, str(path)],
            "hotato 1.20.0, scan": [
                str(hotato), "scan", "--stereo", str(path), "--caller-channel", "0",
                "--agent-channel", "1", "--format", "json", "--out", f"{folder}/found.json",
            ],
        }  # fmt: skip
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(3):
            for name, command in ways.items():
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                subprocess.run(command, check=False, capture_output=True, cwd=folder)
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                times[name].append(
                    after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
                )
    return [
        f"The same {minutes} minutes as one file, whole processes, processor time (median of three,",
        "in turn in one run); each measures other things:",
        "",
        "| program | seconds | times real time |",
        "|---|---:|---:|",
        *(
            f"| {name} | {np.median(t):.1f} | {minutes * 60 / np.median(t):.0f} |"
            for name, t in times.items()
        ),
    ]
