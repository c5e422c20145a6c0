"""Fit what tells feedback words from other short talk by their sound alone, whatever its level.

    python bench/fit_feedback_sound.py CORPUS [CORPUS ...] [--spoken SOURCE=VOICES*COUNT] [--leave-out SOURCE]
        [--keep FOLDER] [--people FOLDER --ami FOLDER --words FOLDER] [--write]

Each CORPUS is a source of its own (voices of one engine: `interactspeech build` of DailyDialog's test set with
`--rates dense`). Positive: what a record calls a backchannel, and, with --spoken, the lexicon's feedback in other
deliveries. Negative: short stretches of other words, and beginnings of turns that are cut at a word's end; a stretch of
nothing but feedback words that is a turn is left out, for timing decides about it. Sounds are moved in speed,
equalised, put in rooms, noise, other voices and telephones, at margins that vary as detected boundaries do; every
fourth is cut to its beginning, for live sound. The network is four convolutions
over log-mel frames at one level, and a mean and a maximum over time. It is measured on each source left out, and on
people's feedback and talk (as in bench/fit_floor_bids.py), which it is never fitted on. --write stores the network
that is fitted on all sources, and docs/bench/feedback_sound.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
import torch
from clip_sound import frames_of, two_channels
from people_talk import sounds
from scipy import signal as dsp
from sklearn.metrics import roc_auc_score
from torch import nn

from interactspeech.corpus.reader import Item, read_shard
from interactspeech.evaluation.events.metrics import bootstrap
from interactspeech.lexicon.feedback import feedback_kind
from interactspeech.listener.feedback_sound import level_frames
from interactspeech.models.onnx_graph import Graph
from interactspeech.seeds import generator
from interactspeech.signal.log_mel import BANDS, HOP, RATE, WINDOW, log_mel
from interactspeech.tts import SpeechCache, Synthesizer, select_voices
from interactspeech.tts.interface import Style
from interactspeech.turntaking import DEFAULT

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "src/interactspeech/listener/data/feedback-sound-1.onnx"
PAGE = ROOT / "docs/bench/feedback_sound.md"
#: Seconds of a stretch, at least and at most, and of sound kept before and after it.
SHORTEST, LONGEST, AROUND = 0.14, 1.05, 0.3
#: Cut beginnings for each turn, and copies of each sound with other disturbances.
CUTS, COPIES = 2, 3
SIZES = (48, 64, 64, 96)
LISTS = (DEFAULT.continuers, DEFAULT.acknowledgements, DEFAULT.reactions)


@dataclass
class Stretch:
    source: str
    voice: str
    text: str
    feedback: bool
    sound: np.ndarray  # with AROUND on both sides
    group: str = ""


def stretches(folder: str, rng: np.random.Generator) -> list[Stretch]:
    """What a corpus holds."""
    found = []
    source = Path(folder).name
    for item in items(folder):
        d, scale = item.dialogue, RATE / item.dialogue.rate
        tracks = two_channels(item)
        voices = {s.id: (i, s.voice.name if s.voice else "") for i, s in enumerate(d.speakers)}
        for u in d.utterances:
            channel, voice = voices[u.speaker]
            track = tracks[channel]
            for span in u.speech:
                words = [w for w in u.words if span.start <= (w.start + w.end) // 2 < span.end]
                if not words:
                    continue
                whole = (span.start, span.end, words)
                parts = [(whole, u.kind == "backchannel")]
                if u.kind != "backchannel":
                    parts += [(cut, False) for cut in cuts(span, words, d.rate, rng)]
                for (start, end, said), feedback in parts:
                    texts = [w.text for w in said]
                    if not SHORTEST <= (end - start) / d.rate <= LONGEST:
                        continue
                    if not feedback and feedback_kind(texts, *LISTS):
                        continue
                    a, b = round(start * scale), round(end * scale)
                    found.append(
                        Stretch(source, voice, " ".join(texts), feedback, around(track, a, b))
                    )
    return found


#: Said more often: the commonest in English, and hums of other languages, as English letters give them.
COMMON = (
    *("mm-hm", "uh-huh", "mm", "hmm", "yeah", "yes", "yep", "right", "okay", "sure", "I see"),
    *("oh", "ah", "aha", "wow", "really", "huh", "great", "all right", "exactly", "of course"),
)
HUMS = ("un", "nn", "ng", "uhn", "hun", "mn", "hai", "ja", "eh", "ah ha")


def spoken(source: str, voices: str, count: int, rng: np.random.Generator) -> list[Stretch]:
    """Feedback in many deliveries: a fifth of it anything in the lexicon, three tenths hums."""
    speaking = Synthesizer(SpeechCache())
    chosen = select_voices(voices)
    lexicon = tuple(phrase for kind in LISTS for phrase in kind if phrase != "well")
    found = []
    for _ in range(count):
        pool = (lexicon, HUMS, COMMON)[int(np.digitize(rng.random(), (0.2, 0.5)))]
        text, voice = pool[int(rng.integers(len(pool)))], chosen[int(rng.integers(len(chosen)))]
        style = Style(
            speed=round(float(rng.uniform(0.85, 1.25)), 1),
            pitch=round(float(np.clip(rng.normal(0.0, 1.2), -3.0, 3.0))),
            slope=round(float(rng.uniform(-4.0, 4.0))),
        )
        speech = speaking.speak(text, voice, style)
        sound = soxr.resample(speech.samples, speech.rate, RATE).astype(np.float32)
        if SHORTEST <= len(sound) / RATE <= LONGEST:
            found.append(Stretch(source, voice.name, text, True, around(sound, 0, len(sound))))
    return found


def items(folder: str) -> Iterator[Item]:
    """The dialogues of a corpus, or of the finished shards of one that is being built."""
    for shard in sorted(Path(folder).glob("shards/[0-9]*.tar")):
        yield from read_shard(shard)


def cuts(span, words, rate, rng):
    """Beginnings of a stretch, and pieces of it, that end with a word."""
    for _ in range(CUTS):
        first = 0 if rng.random() < 0.7 else int(rng.integers(len(words)))
        start = span.start if first == 0 else words[first].start
        lengths = [(w.end - start) / rate for w in words[first:]]
        fit = [i for i, s in enumerate(lengths) if 0.2 <= s <= LONGEST]
        if fit:
            last = first + int(fit[int(rng.integers(len(fit)))])
            if last + 1 < len(words):
                yield start, words[last].end, words[first : last + 1]


def around(track: np.ndarray, a: int, b: int) -> np.ndarray:
    edge = round(AROUND * RATE)
    low, high = a - edge, b + edge
    inside = track[max(low, 0) : min(high, len(track))]
    return np.pad(inside, (max(-low, 0), max(high - len(track), 0)))


def disturbed(one: Stretch, others: list[Stretch], rng: np.random.Generator) -> np.ndarray:
    """Another recording of a stretch: the frames that the network is given."""
    x = one.sound.astype(np.float64)
    edge = AROUND * RATE
    if rng.random() < 0.8:  # what lies beside it is no part of it
        fade = round(0.05 * RATE)
        silent = np.zeros(len(x))
        a, b = round(edge) - fade // 2, len(x) - round(edge) + fade // 2
        silent[a:b] = 1.0
        x = x * silent
    if rng.random() < 0.7:
        speed = rng.uniform(0.84, 1.2)
        x = soxr.resample(x, speed * RATE, RATE, "LQ")
        edge /= speed
    x = x / (np.sqrt(np.mean(x[round(edge) : len(x) - round(edge)] ** 2)) + 1e-9) * 0.05
    if rng.random() < 0.3:  # a room: decaying noise after the direct sound
        length = round(rng.uniform(0.1, 0.4) * RATE)
        tail = rng.standard_normal(length) * 10 ** (-3 * np.arange(length) / length)
        tail *= 10 ** (rng.uniform(-18, -4) / 20) / np.sqrt(np.sum(tail**2))
        tail[0] = 1.0
        x = dsp.fftconvolve(x, tail)[: len(x)]
    if rng.random() < 0.7:  # microphone and channel
        tilt = rng.uniform(-0.6, 0.6)
        x = dsp.lfilter([1, tilt], [1], x)
    if rng.random() < 0.35:
        low, high = rng.uniform(100, 350), rng.uniform(3000, 3700)
        x = dsp.sosfilt(dsp.butter(4, (low, high), "bandpass", fs=RATE, output="sos"), x)
        x = np.sign(x) * np.log1p(255 * np.abs(x)) / np.log(256)
        x = np.rint(x * 128) / 128
        x = np.sign(x) * np.expm1(np.abs(x) * np.log(256)) / 255
    level = np.sqrt(np.mean(x**2)) + 1e-9
    if rng.random() < 0.8:
        noise = rng.standard_normal(len(x))
        if rng.random() < 0.6:
            noise = dsp.lfilter([1], [1, -rng.uniform(0.5, 0.98)], noise)
        if rng.random() < 0.25:
            other = others[int(rng.integers(len(others)))].sound
            noise = np.resize(other, len(x)) + 0.05 * noise * np.sqrt(np.mean(other**2))
        x = x + noise / (np.sqrt(np.mean(noise**2)) + 1e-9) * level * 10 ** (
            -rng.uniform(4, 45) / 20
        )
    padded = np.concatenate((np.zeros(WINDOW - HOP), x)).astype(np.float32)
    padded += 1e-5 * rng.standard_normal(len(padded)).astype(np.float32)
    frames = log_mel(padded[: (len(padded) - WINDOW + HOP) // HOP * HOP + WINDOW - HOP])
    start = round(edge / HOP) + int(rng.integers(-6, 5))
    end = len(frames) - round(edge / HOP) + int(rng.integers(-4, 9))
    if rng.random() < 0.25:  # live: only its beginning is there
        end = min(end, start + int(rng.integers(20, 60)))
        return level_frames(frames[:end], max(start, 0), end)
    return level_frames(frames, max(start, 0), min(end, len(frames)))


class SoundNet(nn.Module):
    """Levelled frames ``(n, time, 40)`` and how many of each count, to log-odds ``(n,)``."""

    def __init__(self) -> None:
        super().__init__()
        layers, before = [], BANDS
        for place, size in enumerate(SIZES):
            layers.append(nn.Conv1d(before, size, 5, stride=2 if place in (1, 2) else 1, padding=2))
            before = size
        self.layers = nn.ModuleList(layers)
        self.last = nn.Linear(2 * before, 1)
        self.drop = nn.Dropout(0.3)

    def forward(self, x: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
        x = x.transpose(1, 2)
        for layer in self.layers:
            keep = (torch.arange(x.shape[2]) < count[:, None])[:, None]
            x = torch.relu(layer(x * keep))
            count = torch.div(count - 1, layer.stride[0], rounding_mode="floor") + 1
        keep = (torch.arange(x.shape[2]) < count[:, None])[:, None]
        mean = (x * keep).sum(2) / count[:, None]
        peak = (x - 1e9 * ~keep).amax(2)
        return self.last(self.drop(torch.cat((mean, peak), 1)))[:, 0]


def batch(rows: list[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor]:
    count = torch.tensor([len(row) for row in rows])
    x = torch.zeros(len(rows), int(count.max()), BANDS)
    for place, row in enumerate(rows):
        x[place, : len(row)] = torch.from_numpy(row)
    return x, count


def trained(
    rows: list[np.ndarray], y: np.ndarray, weight: np.ndarray, epochs: int, seed: int
) -> SoundNet:
    torch.manual_seed(seed)
    net = SoundNet()
    order = np.argsort([len(row) for row in rows], kind="stable")
    blocks = [order[i : i + 128] for i in range(0, len(order), 128)]
    optimiser = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, 3e-3, total_steps=epochs * len(blocks)
    )
    rng = generator(seed, "feedback sound batches")
    made = [batch([rows[i] for i in block]) for block in blocks]
    for epoch in range(epochs):
        total = 0.0
        for place in rng.permutation(len(blocks)):
            x, count = made[place]
            shift = torch.randn(len(x), 1, BANDS).cumsum(2) * 0.04  # a colour of its own
            points = net(x + shift + 0.05 * torch.randn_like(x), count)
            wanted = torch.from_numpy(y[blocks[place]]).float() * 0.96 + 0.02
            loss = nn.functional.binary_cross_entropy_with_logits(
                points, wanted, torch.from_numpy(weight[blocks[place]]).float()
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        print(f"  epoch {epoch + 1}: {total / len(blocks):.4f}", flush=True)
    return net.eval()


def scores(net: SoundNet, rows: list[np.ndarray]) -> np.ndarray:
    with torch.no_grad():
        parts = [net(*batch(rows[i : i + 256])).numpy() for i in range(0, len(rows), 256)]
    return np.concatenate(parts) if parts else np.zeros(0)


def graph_of(net: SoundNet) -> bytes:
    """The network for one stretch: frames ``(1, time, 40)`` to log-odds ``(1, 1)``."""
    graph = Graph()
    x = graph.add("Transpose", graph.input("frames", (1, "time", BANDS)), perm=[0, 2, 1])
    for layer in net.layers:
        weights = [graph.constant(p.detach().numpy()) for p in (layer.weight, layer.bias)]
        x = graph.add("Conv", x, *weights, kernel_shape=[5], pads=[2, 2], strides=[layer.stride[0]])
        x = graph.add("Relu", x)
    mean = graph.add("ReduceMean", x, axes=[2], keepdims=0)
    peak = graph.add("ReduceMax", x, axes=[2], keepdims=0)
    x = graph.add("Concat", mean, peak, axis=1)
    weights = [graph.constant(p.detach().numpy()) for p in (net.last.weight, net.last.bias)]
    return graph.model(graph.add("Gemm", x, *weights, transB=1), (1, 1))


def people(arguments) -> list[Stretch]:
    """Feedback and beginnings of talk of people."""
    found = sounds(arguments.people, arguments.ami, arguments.words)
    rng = generator(3, "people")
    rows = []
    for feedback, pool in ((True, found.feedback), (False, found.bid)):
        for one in pool:
            lead = round((0.06 if feedback else 0.02) * RATE)
            sound = one.samples[lead:]
            if feedback:
                sound = sound[: len(sound) - lead]
            else:  # a beginning as long as feedback is
                sound = sound[: round(rng.lognormal(-0.78, 0.41) * RATE)]
            edge = np.zeros(round(AROUND * RATE), np.float32)
            rows.append(Stretch("people", one.speaker, one.text, feedback,
                                np.concatenate((edge, sound, edge)), one.recording))  # fmt: skip
    return rows


def plain(rows: list[Stretch]) -> list[np.ndarray]:
    """Frames as they are, in a little noise."""
    rng = generator(4, "plain")
    out = []
    for one in rows:
        x = one.sound / (np.sqrt(np.mean(one.sound**2)) + 1e-9) * 0.05
        x = x + 1e-4 * rng.standard_normal(len(x))
        frames = frames_of(x)
        edge = round(AROUND * RATE / HOP)
        out.append(level_frames(frames, edge, len(frames) - edge))
    return out


def auc(truth: np.ndarray, score: np.ndarray, groups: list[str]) -> str:
    def value(pick):
        if len(set(truth[pick].tolist())) < 2:
            return float("nan")
        return float(roc_auc_score(truth[pick], score[pick]))

    return str(bootstrap(groups, value))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("corpora", nargs="+")
    parser.add_argument("--people", type=Path)
    parser.add_argument("--ami", type=Path)
    parser.add_argument("--words", type=Path)
    parser.add_argument("--spoken", action="append", default=[], metavar="SOURCE=VOICES*COUNT",
                        help="more feedback of the voices of a source")  # fmt: skip
    parser.add_argument("--leave-out", action="append", metavar="SOURCE", help="all, by default")
    parser.add_argument("--keep", type=Path, help="folder for the networks fitted without a source")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rng = generator(1, "feedback sound")
    found = [one for folder in arguments.corpora for one in stretches(folder, rng)]
    for given in arguments.spoken:
        name, _, rest = given.partition("=")
        voices, _, count = rest.partition("*")
        found += spoken(name, voices, int(count), rng)
        print(given, len(found), flush=True)
    y = np.array([one.feedback for one in found])
    source = np.array([one.source for one in found])
    for name in dict.fromkeys(source.tolist()):
        print(
            name, int(y[source == name].sum()), "feedback", int((~y[source == name]).sum()), "other"
        )
    rows, owner = [], []
    for copy in range(COPIES):
        for place, one in enumerate(found):
            rows.append(disturbed(one, found, rng))
            owner.append(place)
        print("copy", copy + 1, flush=True)
    owner = np.array(owner)
    weight = np.zeros(len(found))
    for name in set(source.tolist()):
        for kind in (True, False):
            pick = (source == name) & (y == kind)
            weight[pick] = 1 / max(pick.sum(), 1)
    weight *= len(found) / weight.sum()
    tested = people(arguments) if arguments.people else []
    heard = plain(tested)
    lines = []

    def row(name: str, net: SoundNet, on: list[Stretch], frames: list[np.ndarray]) -> None:
        truth, score = np.array([o.feedback for o in on]), scores(net, frames)
        figure = auc(truth, score, [o.group or o.text for o in on])
        line = f"| {name} | {int(truth.sum())} | {int((~truth).sum())} | {figure} |"
        print(line, flush=True)
        lines.append(line)

    names = list(dict.fromkeys(source.tolist()))
    net = trained(rows, y[owner], weight[owner], arguments.epochs, 5)
    if arguments.write:
        MODEL.write_bytes(graph_of(net))
    if tested:
        row("people, never fitted on", net, tested, heard)
    for name in arguments.leave_out if arguments.leave_out is not None else names:
        inside = source[owner] != name
        without = trained([r for r, k in zip(rows, inside, strict=True) if k], y[owner][inside],
                          weight[owner][inside], arguments.epochs, 5)  # fmt: skip
        if arguments.keep:
            arguments.keep.mkdir(parents=True, exist_ok=True)
            (arguments.keep / f"{name}.onnx").write_bytes(graph_of(without))
        out = np.flatnonzero(source == name)
        row(f"{name}, left out", without, [found[i] for i in out], plain([found[i] for i in out]))
        row(f"{name}, left out, disturbed", without, [found[i] for i in out],
            [rows[i] for i in out])  # fmt: skip
    if arguments.write:
        size = sum(p.numel() for p in net.parameters())
        PAGE.write_text(page(lines, found, names, size), encoding="utf-8")


def page(lines: list[str], found: list[Stretch], names: list[str], size: int) -> str:
    voices = {name: len({o.voice for o in found if o.source == name}) for name in names}
    counts = "; ".join(
        f"{name}: {sum(o.feedback for o in found if o.source == name):,} times feedback and "
        f"{sum(not o.feedback for o in found if o.source == name):,} other stretches of {voices[name]} voices"
        for name in names
    )
    return "\n".join([
        "# Feedback by its sound, whatever its level", "", "Written by `bench/fit_feedback_sound.py`.", "",
        (f"A network of {size:,} parameters over levelled log-mel frames tells feedback words from other short talk. {counts}, "
        f"{COPIES} recordings of each with other disturbances. People: feedback, and beginnings of other talk cut as long as "
        "feedback is, of the recordings of [bids for the floor](floor_bids.md), by recording. 95 % intervals by "
        "bootstrap over texts, and over recordings for people. Hums as other languages have them were added to the made "
        'feedback after a first version missed the "un" of the Japanese recording among these.'), "",
        "| measured on | feedback | other | AUC |", "|---|---:|---:|---:|", *lines, "",
    ])  # fmt: skip


if __name__ == "__main__":
    main()
