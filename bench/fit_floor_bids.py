"""Fit live bids for the floor on people's feedback and talk, laid on other people's talk.

    python bench/fit_floor_bids.py LABELLED --ami FOLDER --words FOLDER [--write]

LABELLED is a folder for `evaluate events real`, --ami holds trnNN.wav (openings of AMI's meetings, as
pyannote/pyannote-audio keeps them), --words AMI's NXT words. Feedback: stretches of which every word is feedback, shorter
than a second, alone on the channel. Bids: talk of at least three words that does not begin with
feedback. Each is laid on four to six seconds of another speaker's talk, at -2 dB beside it, spread
by 6 dB, a channel each, in noise at -62 dB. What is scored: the highest bid until .4 s after feedback,
and when a bid first reaches the threshold, within 1.5 s. Fitted: a logistic score of how long
the talk lasts and of what three networks hear (`listener.live_bids`). Measured on recordings left out in turn; intervals
by bootstrap over the sounds. --write stores the weights in the listener's card and the page as
docs/bench/floor_bids.md.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from people_talk import Found, Sound, laid_on, onset_on, sounds
from sklearn.linear_model import LogisticRegression

from interactspeech.evaluation.events.metrics import bootstrap
from interactspeech.listener import Listener, Stream
from interactspeech.listener.levelled_feedback import SOUND_COUNTS
from interactspeech.listener.live_bids import HEARD_FOR, bid_evidence
from interactspeech.listener.model import FloorBidDecision, LiveOperatingPoint
from interactspeech.seeds import generator
from interactspeech.signal.log_mel import RATE, STEP

ROOT = Path(__file__).parents[1]
CARD = ROOT / "src/interactspeech/listener/data/listener-1.json"
PAGE = ROOT / "docs/bench/floor_bids.md"
FALSE_ALARMS = (0.05, 0.1, 0.2, 0.3)
#: Ways to score -> whether the listener's network, the sound so far, and the network for whole stretches are asked.
WAYS = {
    "seconds and the listener's network": (True, False, False),
    "seconds and the network for whole stretches": (False, False, True),
    "seconds and the sound so far": (False, True, False),
    "seconds, the sound so far and that for whole stretches": (False, True, True),
    "all": (True, True, True),
}
SHIPPED = "seconds, the sound so far and that for whole stretches"
LAYS = {"feedback": 7, "bid": 2}
WITHIN = 37  # steps: 1.5 s


class Logged(Stream):
    """A stream that keeps what a bid of the second channel is made of."""

    def __init__(self, listener: Listener) -> None:
        super().__init__(listener=listener)
        self.rows: list[tuple[float, float, float, float]] = []

    def _levelled_bid(self, active: Any, decision: FloorBidDecision) -> tuple[float, float]:
        del active
        activity, now = self._activity[1], self._steps * STEP
        begun = activity.begun
        row = (0.0, 0.0, 0.0, 0.0)
        if begun is not None and now > begun:
            spans = np.array([*(s for s in activity.over if s[1] <= begun), (begun, now)], np.int64)
            assert self._mel is not None
            found = bid_evidence(self.listener, self._mel, 1, spans, self._steps, decision)
            row = (found.seconds, found.heard, found.onset, found.sound)
        self.rows.append(row)
        return 0.0, 0.0


@dataclass
class Lay:
    kind: str
    sound: Sound
    onset: int  # step
    until: int
    rows: np.ndarray  # (steps, 4): seconds, heard, onset, sound


def lays(found: Found, listener: Listener) -> list[Lay]:
    rng = generator(1, "floor bids")
    made = []
    for kind in ("feedback", "bid"):
        pool = getattr(found, kind)
        for sound in [pool[i] for i in rng.permutation(len(pool))[:70]]:
            hosts = found.hosts(sound)
            for _ in range(LAYS[kind]):
                host = hosts[int(rng.integers(len(hosts)))]
                gain = rng.normal(-2.0, 6.0)
                onset = onset_on(host, rng)
                mix = laid_on(host, sound.samples, onset, gain)
                mix += rng.normal(0.0, 10 ** (-62 / 20), mix.shape).astype(np.float32)
                stream = Logged(listener)
                stream(mix)
                first = onset // STEP
                last = (
                    first + WITHIN if kind == "bid" else (onset + len(sound.samples)) // STEP + 10
                )
                made.append(Lay(kind, sound, first, last, np.array(stream.rows)))
    return made


def keep(made: list[Lay], path: Path) -> None:
    """What was heard of each sound that was laid, without the sound."""
    np.savez_compressed(
        path,
        kind=[m.kind for m in made],
        recording=[m.sound.recording for m in made],
        text=[f"{m.sound.speaker} {m.sound.text} {len(m.sound.samples)}" for m in made],
        place=np.array([(m.onset, m.until, len(m.rows)) for m in made]),
        rows=np.vstack([m.rows for m in made]),
    )


def kept(path: Path) -> list[Lay]:
    """The same, read again."""
    data = np.load(path)
    known: dict[tuple[str, str], Sound] = {}
    made, first = [], 0
    columns = (data[name].tolist() for name in ("kind", "recording", "text", "place"))
    for kind, recording, text, (onset, until, count) in zip(*columns, strict=True):
        sound = known.setdefault((recording, text), Sound(recording, "", text, np.zeros(0)))
        made.append(Lay(kind, sound, onset, until, data["rows"][first : first + count]))
        first += count
    return made


def known(rows: np.ndarray, w: FloorBidDecision) -> np.ndarray:
    """What the score is linear in, shape ``(steps, 4)``."""
    heard = np.clip(rows[:, 1], w.lowest, w.highest)
    sounds = np.clip(rows[:, 2:], -SOUND_COUNTS, SOUND_COUNTS)
    return np.column_stack((np.minimum(rows[:, 0], w.longest), heard, sounds))


def points(rows: np.ndarray, w: FloorBidDecision) -> np.ndarray:
    """The score of each step; nothing where there is no talk."""
    z = w.intercept + known(rows, w) @ (w.seconds, w.heard, w.onset, w.sound)
    return np.where(rows[:, 0] > 0, 1 / (1 + np.exp(-z)), 0.0)


def fit(made: list[Lay], start: FloorBidDecision, asked: tuple[bool, ...]) -> FloorBidDecision:
    """The weights of those of the three networks that are asked."""
    x, y, weight = [], [], []
    for lay in made:
        end = lay.onset + 25 if lay.kind == "bid" else lay.until - 7
        rows = lay.rows[lay.onset : end]
        rows = rows[(rows[:, 0] > 0.06) & (rows[:, 0] <= HEARD_FOR)]
        x.append(known(rows, start) * (1.0, *asked))
        y.append(np.full(len(rows), lay.kind == "bid"))
        weight.append(np.full(len(rows), 1 / max(len(rows), 1)))
    labels, w = np.concatenate(y), np.concatenate(weight)
    for kind in (True, False):
        w[labels == kind] /= w[labels == kind].sum()
    model = LogisticRegression(C=0.3, max_iter=500).fit(
        np.vstack(x), labels, sample_weight=w * len(w) / 2
    )
    seconds, heard, onset, sound = (round(float(v), 3) for v in model.coef_[0])
    return msgspec.structs.replace(
        start, intercept=round(float(model.intercept_[0]), 3), seconds=seconds, heard=heard,
        onset=onset, sound=sound,
    )  # fmt: skip


def operating(made: list[Lay], scores: list[np.ndarray], share: float) -> LiveOperatingPoint:
    """Threshold, recall and delay at a share of false alarms."""
    top = np.array(
        [
            s[m.onset : m.until].max(initial=0.0)
            for m, s in zip(made, scores, strict=True)
            if m.kind == "feedback"
        ]
    )
    ordered = np.sort(top)[::-1]
    threshold = float(np.nextafter(ordered[int(share * len(top))], np.inf))
    bids = [(m, s[m.onset : m.until]) for m, s in zip(made, scores, strict=True) if m.kind == "bid"]
    hits = np.array([bool((s >= threshold).any()) for _, s in bids])
    delays = [
        (int(np.argmax(s >= threshold)) + 1) * STEP / RATE
        for _, s in bids
        if (s >= threshold).any()
    ]
    figure = bootstrap(
        [m.sound.text + m.sound.recording for m, _ in bids], lambda pick: float(hits[pick].mean())
    )
    return LiveOperatingPoint(share, round(threshold, 4), round(figure.value, 3), round(figure.low, 3), round(figure.high, 3),
                          round(float(np.median(delays)), 2) if delays else float("nan"))  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("labelled", type=Path)
    parser.add_argument("--ami", type=Path)
    parser.add_argument("--words", type=Path)
    parser.add_argument("--keep", type=Path, help="file (.npz) of what was heard, for the next run")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    listener = Listener.load()
    start = FloorBidDecision(-1.4, 2.3, -0.42, onset=-0.3, sound=-0.3)
    listener.card = listener.card.replaced("two_channel", floor_bid=msgspec.structs.replace(
        start, points=(LiveOperatingPoint(0.0, 0.5, 0, 0, 0, 0),)))  # fmt: skip
    if given.keep and given.keep.exists():
        made = kept(given.keep)
    else:
        made = lays(sounds(given.labelled, given.ami, given.words), listener)
        if given.keep:
            keep(made, given.keep)
    recordings = sorted({m.sound.recording for m in made})

    def left_out(asked: tuple[bool, ...]) -> list[np.ndarray]:
        by = {r: fit([m for m in made if m.sound.recording != r], start, asked) for r in recordings}
        return [points(m.rows, by[m.sound.recording]) for m in made]

    ways = {name: left_out(asked) for name, asked in WAYS.items()}
    ways["seconds of talk alone"] = [m.rows[:, 0] for m in made]
    table, ours = [], []
    for name, scores in ways.items():
        for share in FALSE_ALARMS:
            p = operating(made, scores, share)
            table.append(
                f"| {name} | {share:.2f} | {p.threshold:.3f} | {p.recall:.3f} [{p.low:.2f}, {p.high:.2f}] | {p.delay:.2f} s |"
            )
            if name == SHIPPED:
                ours.append(p)
    shipped = fit(made, start, WAYS[SHIPPED])
    sounds_text = f"{len({id(m.sound) for m in made if m.kind == 'feedback'})} feedback sounds laid {LAYS['feedback']} times, {len({id(m.sound) for m in made if m.kind == 'bid'})} bids laid {LAYS['bid']} times, from {len(recordings)} recordings"
    text = "\n".join([
        "# Bids for the floor, live", "", "Written by `bench/fit_floor_bids.py`.", "",
        (f"People's feedback and talk laid on other people's talk: {sounds_text}. Fitted with each recording left out in turn; a threshold is chosen on all "
        "sounds that were scored so. Recall within 1.5 s, with 95 % intervals by bootstrap over sounds; the intervals do not say how "
        "uncertain the false alarms are, which so few sounds leave wide."), "",
        "| score | false alarms on feedback | threshold | bids found | median delay |", "|---|---:|---:|---:|---:|", *table, "",
        (f"Shipped, fitted on all: {shipped.intercept:+.2f}, {shipped.seconds:+.2f} a second of talk (at most {shipped.longest}), "
        f"{shipped.heard:+.2f} for each of the network's log-odds of feedback, {shipped.onset:+.2f} for each of those by the sound so far "
         f"([figures](feedback_onset.md)), {shipped.sound:+.2f} for each by the network for whole stretches ([figures](feedback_sound.md)). "
         "How soon it could be told at all is on [a page of its own](bid_limits.md)."),
    ])  # fmt: skip
    print(text)
    if given.write:
        card = json.loads(CARD.read_text(encoding="utf-8"))
        decision = msgspec.structs.replace(shipped, points=tuple(ours), about=sounds_text)
        card["modes"]["two_channel"]["floor_bid"] = msgspec.to_builtins(decision)
        CARD.write_text(json.dumps(card, indent=1), encoding="utf-8")
        PAGE.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
