"""Dialogues through the quality gate: what passes, what is caught, what it costs.

    python bench/bench_gate.py [--write] [--dialogues 200] [--kokoro 12] [--faults 30]

Needs the extras tts, asr and plots, and the weights (`interactspeech voices install --asr`). What
was found of each dialogue is kept under `--state`, so that an interrupted run goes on. Times are
processor time of one thread.
"""

# ruff: noqa: ARG001, ARG005, SLF001 -- faults share one shape; a bench looks inside
import argparse
import json
import platform
import tempfile
import time
from collections import Counter
from pathlib import Path

import msgspec
import numpy as np

from interactspeech.errors import InputError
from interactspeech.models.recognition import BatchTranscriber
from interactspeech.pipelines.building import BuildSettings
from interactspeech.pipelines.building.dialogue_builder import DialogueBuilder
from interactspeech.records import PlainDialogue, Speech, spoken_tokens
from interactspeech.scripts import demo_dialogues
from interactspeech.seeds import generator
from interactspeech.tts import Synthesizer, engine, select_voices
from interactspeech.tts.quality_gate.gate import Gate, SpokenUtterance, quick_check
from interactspeech.viewer import draw_tracks

DOCS = Path(__file__).parents[1] / "docs"
PAGE, PICTURES = DOCS / "bench" / "gate.md", DOCS / "images" / "gate"
TURNS = (6, 3, 3)  # of each dialogue, in turn
DRAWN = 10


def sources(count: int):
    """`count` dialogues: those that ship, shortened, again with another seed when they end."""
    plain = [d for d in demo_dialogues() if isinstance(d, PlainDialogue)]
    for index in range(count):
        seed, which = divmod(index, len(plain))
        turns = plain[which].turns[: TURNS[index % len(TURNS)]]
        yield seed, msgspec.structs.replace(plain[which], turns=turns)


class Counted(Gate):
    """A gate that knows how much it listened to and what that cost."""

    def __init__(self):
        super().__init__()
        self.seconds = self.cost = 0.0

    def check(self, spoken, only=None):
        begin = time.process_time()
        found = super().check(spoken, only)
        self.cost += time.process_time() - begin
        self.seconds += sum(s.speech.seconds for s in spoken if only is None or s.id in only)
        return found


def through_the_gate(name: str, count: int, state: Path, draw: bool) -> list[dict]:
    """What became of each dialogue; those in `state` are not made again."""
    state.mkdir(parents=True, exist_ok=True)
    gate, synthesizer, makers = Counted(), Synthesizer(), {}
    found = []
    for index, (seed, source) in enumerate(sources(count)):
        file = state / f"{name}-{index:04d}.json"
        if not file.exists():
            settings = BuildSettings(seed=seed, voices=(name,), gate="full")
            if seed not in makers:
                makers[seed] = DialogueBuilder(settings, select_voices((name,)), synthesizer)
                makers[seed].synthesizer._gate = gate
            gate.seconds = gate.cost = 0.0
            begin = time.process_time()
            one = dialogue(makers[seed], source, sounds_of(file), draw and index < DRAWN)
            one.update(
                noted=makers[seed].synthesizer.take_counts(),
                listened=gate.seconds,
                listening=gate.cost,
                cost=time.process_time() - begin,
            )
            file.write_text(json.dumps(one))
        found.append(json.loads(file.read_text()))
    return found


def smaller(picture: Path) -> None:
    """Sixty-four colours are enough, at a third of the bytes."""
    from PIL import Image

    Image.open(picture).convert("RGB").quantize(64).save(picture, optimize=True)


def sounds_of(file: Path) -> Path:
    """Where the backchannels of a dialogue are kept until all are listened to."""
    return file.parent / "feedback" / f"{file.stem}.npz"


#: Without it, whisper leaves feedback out, or makes words of it ("I'm" for "mm").
PROMPT = "Mm-hm. Uh-huh. Yeah. Right. Mm-hm. Okay. Oh."


def hear_feedback(found: list[dict], state: Path, name: str) -> None:
    """Add what the recogniser makes of all backchannels, many to a piece."""
    kept = [(index, one) for index, one in enumerate(found) if one.get("feedback")]
    clips = []
    for index, one in kept:
        with np.load(sounds_of(state / f"{name}-{index:04d}.json")) as stored:
            for number, f in enumerate(one["feedback"]):
                sound = np.asarray(stored[f"arr_{number}"], np.float32) / 32768
                clips.append((f["text"], sound))
    heard = iter(BatchTranscriber(prompt=PROMPT, seconds=10.0).hear(clips, 24_000))
    for _, one in kept:
        for f in one["feedback"]:
            h = next(heard)
            f.update(heard=h.text, errors=h.errors, words=h.words)


def dialogue(maker: DialogueBuilder, source, sounds: Path, draw: bool) -> dict:
    try:
        made = maker.build(source)
    except InputError as error:
        return {"reason": error.reason, "problem": error.problem}
    record = made.dialogue
    channels = {track.speaker: track.channel for track in record.tracks}
    feedback = [u for u in record.utterances if u.kind == "backchannel"]
    clips = [made.samples[channels[u.speaker], u.start : u.end] for u in feedback]
    sounds.parent.mkdir(exist_ok=True)
    np.savez_compressed(sounds, *(np.asarray(clip * 32768, np.int16) for clip in clips))
    if draw:
        PICTURES.mkdir(parents=True, exist_ok=True)
        # The stretch with the most events; whole dialogues would not fit a page.
        starts = np.arange(0, max(record.seconds - 10, 0) + 1, 1.0)
        events = [[e.start / record.rate for e in record.events if e.origin == "planned"]]
        best = max(starts, key=lambda s: sum(s <= t < s + 10 for t in events[0]))
        draw_tracks(
            record,
            made.samples,
            PICTURES / f"{record.id}.png",
            start=best,
            end=min(best + 10, record.seconds),
        )
        smaller(PICTURES / f"{record.id}.png")
    return {
        "id": record.id,
        "seconds": record.seconds,
        "lines": len(record.utterances),
        "feedback": [
            {"text": u.text, "seconds": (u.end - u.start) / record.rate} for u in feedback
        ],
    }


# Faults: what engines, services and transfers do to speech.


def _cut(x, rate, rng):
    return x[: int(0.6 * len(x))]


def _stopped(x, rate, rng):
    at = int(rng.uniform(0.3, 0.6) * len(x))
    return np.concatenate([x[:at], np.zeros(int(1.5 * rate), np.float32), x[at:]])


def _noisy(x, rate, rng):
    power = np.mean(np.square(x))
    return x + np.float32(np.sqrt(power / 10**1.5)) * rng.standard_normal(len(x), np.float32)


def _overdriven(x, rate, rng):
    return np.clip(x * np.float32(3 / np.abs(x).max()), -1, 1)


def _faint(x, rate, rng):
    return x * np.float32(0.02)


def _holes(x, rate, rng):
    x = x.copy()
    for _ in range(4):
        at = int(rng.integers(len(x)))
        x[at : at + rate // 8] = 0
    return x


def _coarse(x, rate, rng):
    return np.round(x * 48) / np.float32(48)


def _again(x, rate, rng):
    half = len(x) // 2
    return np.concatenate([x[:half], x[:half], x[half:]])


def _backwards(x, rate, rng):
    return x[::-1].copy()


def _fast(x, rate, rng):
    return x[::2].copy()


FAULTS = {
    "none": lambda x, rate, rng: x,
    "cut off at 60 %": _cut,
    "1.5 s of silence inside": _stopped,
    "half of it said twice": _again,
    "twice as fast and high": _fast,
    "34 dB too quiet": _faint,
    "overdriven by three times": _overdriven,
    "noise at 15 dB SNR": _noisy,
    "six bits": _coarse,
    "four holes of 125 ms": _holes,
    "backwards": _backwards,
}


def caught(name: str, count: int) -> list[list[str]]:
    """Share of utterances with a fault that each tier refuses."""
    texts = [turn.text for _, source in sources(40) for turn in source.turns]
    texts = [text for text in texts if 6 <= len(spoken_tokens(text)) <= 14][: 3 * count : 3]
    made, gate = engine(name), Gate()
    voices = [voice.name for voice in made.voices()]
    speeches = [made.speak(text, voices[i % len(voices)]) for i, text in enumerate(texts)]
    rows = []

    def judge(label: str, said: list[str], broken: list[Speech]) -> None:
        rng_ids = [str(index) for index in range(len(broken))]
        spoken = [
            SpokenUtterance(i, i, text, speech)
            for i, text, speech in zip(rng_ids, said, broken, strict=True)
        ]
        at_once = [f for s in spoken for f in quick_check(s.text, s.speech, name=s.id)]
        fast = {f.id for f in at_once}
        rest = [s for s in spoken if s.id not in fast]
        by_ear = gate.check(rest)
        listening = {f.id for f in by_ear}
        measures = Counter(f.measure for f in (*at_once, *by_ear))
        total = len(spoken)
        rows.append(
            [
                label,
                f"{len(fast) / total:.0%}",
                f"{len(listening) / len(rest):.0%}" if rest else "",
                f"{len(fast | listening) / total:.0%}",
                ", ".join(m for m, _ in measures.most_common(3)),
            ]
        )

    for label, fault in FAULTS.items():
        rng = generator(0, "faults", label)
        judge(
            label,
            texts,
            [
                Speech(
                    np.asarray(fault(s.samples, s.rate, rng), np.float32),
                    s.rate,
                    (),
                    "none",
                    s.voice,
                )
                for s in speeches
            ],
        )
    # Not the next one, which the recogniser hears in the same piece.
    far = len(texts) // 2
    judge("another sentence", texts[far:] + texts[:far], speeches)
    rows.append(["another voice", *other_voice(name, gate, texts, voices)])
    return rows


def other_voice(name: str, gate: Gate, texts: list[str], voices: list[str]) -> list[str]:
    """One utterance in five is said by the next voice: share of those that are refused."""
    made, missed, alarms, total = engine(name), 0, 0, 0
    for start in range(0, len(texts) - 4, 5):
        one, two = voices[start % len(voices)], voices[(start + 1) % len(voices)]
        spoken = [
            SpokenUtterance(text, "A", text, made.speak(text, two if text == texts[start] else one))
            for text in texts[start : start + 5]
        ]
        failing = {f.id for f in gate._speaker(spoken, {s.id for s in spoken})}
        total += 1
        missed += texts[start] not in failing
        alarms += len(failing - {texts[start]})
    share = f"{1 - missed / total:.0%}"
    return ["0%", share, share, f"speaker ({total} groups of five, {alarms} false alarms)"]


def quick_cost(name: str) -> tuple[float, float]:
    """Milliseconds a line: to speak it, and to check it."""
    texts = [turn.text for _, source in sources(8) for turn in source.turns]
    made = engine(name)
    made.speak("Hello.")
    begin = time.process_time()
    spoken = [made.speak(text) for text in texts]
    middle = time.process_time()
    for text, speech in zip(texts, spoken, strict=True):
        quick_check(text, speech)
    end = time.process_time()
    return 1000 * (middle - begin) / len(texts), 1000 * (end - middle) / len(texts)


def whole_cost(name: str, rounds: int = 3) -> float:
    """What the quick tier adds to making dialogues, as a share; measured in turns."""
    makers = {
        gate: DialogueBuilder(
            BuildSettings(voices=(name,), gate=gate), select_voices((name,)), Synthesizer()
        )
        for gate in ("off", "quick")
    }
    took = dict.fromkeys(makers, 0.0)
    for index in range(rounds + 1):
        for gate, maker in makers.items():
            begin = time.process_time()
            for _, source in sources(6):
                maker.build(source)
            if index:  # the first round loads
                took[gate] += time.process_time() - begin
    return took["quick"] / took["off"] - 1


def passing(name: str, found: list[dict]) -> list[str]:
    kept = [one for one in found if "id" in one]
    noted = Counter()
    for one in found:
        noted.update(one["noted"])
    again = sum(n for what, n in noted.items() if what.startswith("spoken again"))
    lines = sum(one["lines"] for one in kept)
    reasons = Counter(one["reason"] for one in found if "reason" in one)
    listened = sum(one["listened"] for one in found)
    return [
        f"| {name} | {len(found)} | {sum(one['seconds'] for one in kept) / 60:.0f} min | {len(kept) / len(found):.1%} "
        f"| {', '.join(f'{r} {n}' for r, n in reasons.most_common()) or 'none'} "
        f"| {again} ({again / max(lines, 1):.1%}): "
        + ", ".join(
            f"{what.removeprefix('spoken again: ')} {n}"
            for what, n in noted.most_common()
            if what.startswith("spoken")
        )
        + f" | x {listened / max(sum(one['listening'] for one in found), 1e-9):.1f} |"
    ]


def feedback_rows(found: list[dict]) -> list[str]:
    feedback = [f for one in found for f in one.get("feedback", ())]
    kinds = Counter(f["text"].lower().strip(".,!?") for f in feedback)
    rows = []
    for text, count in kinds.most_common(12):
        own = [f for f in feedback if f["text"].lower().strip(".,!?") == text]
        right = sum(f["errors"] == 0 for f in own)
        heard = Counter(f["heard"] or "(nothing)" for f in own if f["errors"]).most_common(2)
        rows.append(
            f"| {text} | {count} | {right / count:.0%} | {', '.join(f'{h[:40]} ({n})' for h, n in heard)} "
            f"| {np.median([f['seconds'] for f in own]):.2f} s |"
        )
    rows.append(
        f"| all | {len(feedback)} | {sum(f['errors'] == 0 for f in feedback) / len(feedback):.0%} | "
        f"| {np.median([f['seconds'] for f in feedback]):.2f} s |"
    )
    return rows


def lengths(found: list[dict]) -> str:
    """Feedback's length against the lognormal fit of Switchboard's (framework.md, section 6)."""
    from scipy import stats

    seconds = [f["seconds"] for one in found for f in one.get("feedback", ())]
    human = stats.lognorm(s=0.41, scale=np.exp(-0.78))
    ks = stats.kstest(seconds, human.cdf).statistic
    ours = np.percentile(seconds, (10, 25, 50, 75, 90))
    theirs = human.ppf((0.1, 0.25, 0.5, 0.75, 0.9))
    return (
        f"Percentiles 10, 25, 50, 75, 90 of the length: {', '.join(f'{v:.2f}' for v in ours)} s; of people: "
        f"{', '.join(f'{v:.2f}' for v in theirs)} s (lognormal with mu -0.78, sigma 0.41 of 1,155 Switchboard calls). "
        f"Kolmogorov-Smirnov distance {ks:.3f} over {len(seconds)}; by chance, samples of people themselves would "
        f"lie about {0.87 / len(seconds) ** 0.5:.3f} apart."
    )


def page(arguments) -> str:
    hibari = through_the_gate("hibari", arguments.dialogues, arguments.state, draw=True)
    kokoro = (
        through_the_gate("kokoro", arguments.kokoro, arguments.state, draw=False)
        if arguments.kokoro
        else []
    )
    fault_file = arguments.state / "faults.json"
    if not fault_file.exists():
        fault_file.write_text(json.dumps(caught("hibari", arguments.faults)))
    faults = json.loads(fault_file.read_text())
    speak, check = quick_cost("hibari")
    whole = whole_cost("hibari")
    hear_feedback(hibari, arguments.state, "hibari")
    dropped = [one["problem"] for one in hibari + kokoro if "problem" in one]
    lines = [
        "# The quality gate, measured",
        "",
        "Written by `bench/bench_gate.py --write`: the dialogues that ship, the first three turns of each (of one in",
        f"three, six), with several seeds; `--gate full`. Machine: {platform.machine()}, Python {platform.python_version()}, one thread.",
        "",
        "| engine | dialogues | kept | pass | dropped for | lines spoken again | listening, x real time |",
        "|---|---:|---:|---:|---|---|---:|",
        *passing("hibari", hibari),
        *(passing("kokoro", kokoro) if kokoro else []),
        "",
        f"The quick tier takes {check:.2f} ms a line, of which hibari speaks one in {speak:.1f} ms: {check / speak:.1%} of the",
        f"fastest engine's time; making whole dialogues takes {whole:+.1%} with it, measured in turns with it off.",
        "",
        *(["Dropped, for example:", "", *(f"- {p}" for p in dropped[:8]), ""] if dropped else []),
        "## What is caught",
        "",
        f"{arguments.faults} utterances of six to fourteen words by hibari's voices, each broken on purpose: share refused.",
        "",
        "| fault | quick tier | listening, of the rest | either | by |",
        "|---|---:|---:|---:|---|",
        *("| " + " | ".join(row) + " |" for row in faults),
        "",
        "## Backchannels, by recognition",
        "",
        "Cut out of the rendered tracks, several in a piece, and written down by the recogniser, which was shown only that",
        "people say such things (a prompt of seven of them, without which it makes words of them).",
        "",
        "| backchannel | n | heard as written | else heard | median length |",
        "|---|---:|---:|---|---:|",
        *feedback_rows(hibari),
        "",
        lengths(hibari),
        "",
        "## Ten dialogues",
        "",
        "The ten seconds with the most events of the first ten dialogues: both tracks, words, and what happens.",
        "",
        *(f"![{file.stem}](../images/gate/{file.name})" for file in sorted(PICTURES.glob("*.png"))),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--dialogues", type=int, default=200)
    parser.add_argument("--kokoro", type=int, default=12)
    parser.add_argument("--faults", type=int, default=30)
    parser.add_argument(
        "--state", type=Path, default=Path(tempfile.gettempdir()) / "interactspeech-gate"
    )
    asked = parser.parse_args()
    text = page(asked)
    if asked.write:
        PAGE.write_text(text, "utf-8")
    print(text)
