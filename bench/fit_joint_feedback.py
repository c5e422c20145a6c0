"""Fit how timing, the network and the sound of a stretch add up where the listener decides about feedback.

    python bench/fit_joint_feedback.py CORPUS [CORPUS ...] [--limit 40] [--without FOLDER] [--keep FOLDER] [--write]

Each CORPUS is a source of its own (`interactspeech build`, voices of one engine, `--rates interruptions` or `dense`,
for failed interruptions are rare). The sound of a source is heard by the network that was fitted without
it, where --without has it (NAME.onnx, of `bench/fit_feedback_sound.py --keep`); the embedding is the one that ships. The listener hears every dialogue clean, by telephone, in noise and with crosstalk; each
stretch of at most a second is feedback if the record says so, by its words. The points for timing are people's
(`turntaking.timing_decision`) and stay; weights of the two sounds and the intercept are fitted by logistic
regression, in overlap and elsewhere, sources with equal weight, one source left out in turn. Measured beside the decision of timing and
network alone, and the one before sound was levelled. --write stores what `SHIPPED` says in the listener's card and the page
as docs/bench/feedback_joint.md.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from clip_sound import hear, two_channels, under
from scipy.optimize import minimize

from interactspeech.corpus.reader import read_shard
from interactspeech.listener import Listener, speech_activity
from interactspeech.listener.backchannel_classifier import (
    BackchannelClassifier,
    features,
    may_be_feedback,
    score,
    stretches_until,
)
from interactspeech.listener.feedback_embedding import embedding_log_odds
from interactspeech.listener.feedback_sound import level_frames
from interactspeech.listener.levelled_feedback import (
    SOUND_COUNTS,
    levelled_log_odds,
    stretch_frames,
)
from interactspeech.models.onnx_session import inference_session
from interactspeech.records import Dialogue
from interactspeech.signal.log_mel import RATE
from interactspeech.turntaking import DEFAULT, Candidates, Timeline
from interactspeech.turntaking.annotator import analyse
from interactspeech.turntaking.timing_decision import timing_scorecard

ROOT = Path(__file__).parents[1]
CARD = ROOT / "src/interactspeech/listener/data/listener-1.json"
SOUND = ROOT / "src/interactspeech/listener/data/feedback-sound-1.onnx"
PAGE = ROOT / "docs/bench/feedback_joint.md"
CONDITIONS = ("clean", "telephone", "noisy", "bleed")
#: Weights of the network's log-odds, of the sound's and of the embedding's, and the intercept, where the stretch begins in the other's
#: talk, and where it does not.
SHIPPED = ((0.5, 0.6, 0.8, 1.25), (0.5, 0.0, 0.0, 1.25))
BEFORE = ((0.5, 0.0, 0.0, 1.25), (0.5, 0.0, 0.0, 1.25))
Weights = tuple[float, float, float, float]
COLUMNS = (
    "dialogue", "condition", "kind", "timing", "network", "sound", "before", "overlaps", "embedding"
)  # fmt: skip
FEEDBACK, FAILED, TAKEN, OTHER = range(4)


@dataclass
class Source:
    name: str
    rows: np.ndarray  # (n, 9): COLUMNS; the sound is filled in by `listened`
    frames: list[np.ndarray]  # levelled, of each stretch

    def column(self, name: str) -> np.ndarray:
        return self.rows[:, COLUMNS.index(name)]


def heard(folder: Path, limit: int, listener: Listener) -> Source:
    """What the listener hears of the short stretches of a corpus."""
    shards = sorted(folder.glob("shards/[0-9]*.tar"))
    items = [item for shard in shards for item in read_shard(shard)][:limit]
    rows, levelled = [], []
    for number, item in enumerate(items):
        d = item.dialogue
        sound = two_channels(item)
        for place, name in enumerate(CONDITIONS):
            output = hear(listener, under(name, sound, d.id))
            found = analyse(speech_activity(output, listener.card), DEFAULT)[1].candidates
            classifier = BackchannelClassifier(output, listener.card, listener)
            before = score(
                features(found, classifier.odds(found)),
                listener.card.settings("two_channel").weights,
            )
            timing, mel = timing_scorecard().log_odds(found), output.mel
            for i in np.flatnonzero(may_be_feedback(found)).tolist():
                kind = kind_of(d, found, i)
                if kind is not None:
                    side, start, end = (int(c[i]) for c in (found.speaker, found.start, found.end))
                    network = levelled_log_odds(listener, mel, side, stretches_until(found, i))
                    frames, a, b = stretch_frames(mel, side, start, end)
                    embedding = (
                        embedding_log_odds(frames, a, b) if found.partner_talking[i] else 0.0
                    )
                    rows.append((number, place, kind, timing[i], network, 0.0, before[i],
                                 found.partner_talking[i], embedding))  # fmt: skip
                    levelled.append(level_frames(frames, a, b).astype(np.float16))
        print(folder.name, number + 1, len(rows), flush=True)
    return Source(folder.name, np.array(rows, np.float64), levelled)


def listened(source: Source, network: Path) -> None:
    """Fill in the log-odds by the sound of each stretch."""
    session = inference_session(network.read_bytes(), "The listener", "listen")
    for row, frames in zip(source.rows, source.frames, strict=True):
        if len(frames):
            found = session.run(None, {"frames": frames.astype(np.float32)[None]})
            row[COLUMNS.index("sound")] = float(found[0][0, 0])


def kind_of(d: Dialogue, found: Candidates, i: int) -> int | None:
    """What the record says of a stretch; None where nobody talks."""
    scale = RATE / d.rate
    who = d.speakers[int(found.speaker[i])].id
    start, end = int(found.start[i]), int(found.end[i])
    spans = Timeline.of(d).activity[who] * scale
    shared = np.minimum(spans[:, 1], end) - np.maximum(spans[:, 0], start)
    if np.maximum(shared, 0).sum() < 0.3 * (end - start):
        return None
    kind = OTHER
    for event in d.events:
        if event.origin != "rule" or event.speaker != who:
            continue
        if event.type == "backchannel":
            both = min(end, event.end * scale) - max(start, event.start * scale)
            if both > 0.5 * (end - start):
                return FEEDBACK
        elif event.type == "interruption" and abs(event.start * scale - start) < RATE / 4:
            kind = FAILED if event.attributes.get("outcome") == "failed" else TAKEN
    return kind


def points(source: Source, weights: tuple[Weights, Weights], card) -> np.ndarray:
    """Log-odds of feedback; weights in overlap and elsewhere."""
    network = np.clip(source.column("network"), card.lowest, card.highest)
    sound = np.clip(source.column("sound"), -SOUND_COUNTS, SOUND_COUNTS)
    overlaps = source.column("overlaps") > 0
    embedding = np.clip(source.column("embedding"), -SOUND_COUNTS, SOUND_COUNTS)
    a, b, c, d = (np.where(overlaps, x, y) for x, y in zip(*weights, strict=True))
    return source.column("timing") + a * network + b * sound + c * embedding + d


def fit(sources: list[Source], card) -> tuple[Weights, Weights]:
    """Weights and intercepts of the least loss, timing as it is, sources with equal weight."""

    def loss(w: np.ndarray) -> float:
        total = 0.0
        for source in sources:
            sign = np.where(source.column("kind") == FEEDBACK, 1, -1)
            z = sign * points(source, (tuple(w[:4]), tuple(w[4:])), card)
            total += float(np.logaddexp(0.0, -z).mean())
        return total + 1e-3 * float(w @ w)

    found = minimize(loss, np.full(8, 0.5)).x.tolist()
    return tuple(found[:4]), tuple(found[4:])


def weights_row(name: str, weights: tuple[Weights, Weights]) -> str:
    return f"| {name} | " + " | ".join(f"{w:.2f}" for part in weights for w in part) + " |"


def measured(source: Source, said: np.ndarray, place: int) -> str:
    here = source.column("condition") == place
    kind = source.column("kind")
    true = here & (kind == FEEDBACK)
    hits, wrong = int((said & true).sum()), int((said & here & ~true).sum())
    precision, recall = hits / max(hits + wrong, 1), hits / max(int(true.sum()), 1)
    f1 = 2 * hits / max(2 * hits + wrong + int(true.sum()) - hits, 1)
    failed = here & (kind == FAILED)
    kept = 1 - int((said & failed).sum()) / max(int(failed.sum()), 1)
    return f"{precision:.2f} | {recall:.2f} | {f1:.2f} | {kept:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--limit", type=int, default=40)
    parser.add_argument("--without", type=Path, help="folder of networks fitted without a source")
    parser.add_argument("--keep", type=Path, help="folder of what was heard, for the next run")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    listener = Listener.load()
    card = listener.card.settings("two_channel").feedback
    sources, unheard = [], []
    for folder in arguments.corpora:
        file = arguments.keep / f"{folder.name}.npz" if arguments.keep else None
        if file and file.exists():
            data = np.load(file)
            frames = np.split(data["frames"], np.cumsum(data["counts"])[:-1])
            sources.append(Source(folder.name, data["rows"], frames))
        else:
            sources.append(heard(folder, arguments.limit, listener))
            if file:
                file.parent.mkdir(parents=True, exist_ok=True)
                one = sources[-1]
                np.savez(file, rows=one.rows, frames=np.concatenate(one.frames),
                         counts=[len(f) for f in one.frames])  # fmt: skip
        network = SOUND
        if arguments.without and (arguments.without / f"{folder.name}.onnx").exists():
            network = arguments.without / f"{folder.name}.onnx"
            unheard.append(folder.name)
        listened(sources[-1], network)
    lines, fits = [], []
    for source in sources:
        others = [s for s in sources if s is not source] or sources
        fitted = fit(others, card)
        fits.append(weights_row(source.name, fitted))
        ways = {
            "before levelling (network and timing, fitted on made talk)": source.column("before")
            >= 0.5,
            "timing and network": points(source, BEFORE, card) >= 0,
            "timing, network and both sounds, fitted on the others": points(source, fitted, card)
            >= 0,
            "**as shipped**": points(source, SHIPPED, card) >= 0,
        }
        for place, name in enumerate(CONDITIONS):
            here = source.column("condition") == place
            kinds = source.column("kind")
            counts = [int((here & (kinds == k)).sum()) for k in (FEEDBACK, FAILED)]
            for way, said in ways.items():
                lines.append(
                    f"| {source.name} | {name} | {counts[0]}, {counts[1]} | {way} | {measured(source, said, place)} |"
                )
    everything = fit(sources, card)
    text = "\n".join([
        "# What decides about feedback on two channels", "", "Written by `bench/fit_joint_feedback.py`.", "",
        ("Stretches of at most a second, as the listener finds them in made talk of "
        f"{', '.join(s.name for s in sources)} (at most {arguments.limit} dialogues each); feedback is what the records call so by the "
        "words. A failed interruption is kept if it is not taken for feedback. The network was trained on voices of hibari; the "
        f"[sound](feedback_sound.md) of {' and '.join(unheard) or 'no source'} is heard by a network fitted without that source, "
        "of the others by the one that ships, which knows them: those rows are too high. So are those of the embedding, fitted on hibari, "
        "flite and espeak ([attempts](attempts.md)), elsewhere than for kokoro. [Calls](calls.md) are of voices that "
        "none of them knows."), "",
        "| source | condition | feedback, failed interruptions | decision | precision | recall | F1 | failed kept |",
        "|---|---|---:|---|---:|---:|---:|---:|", *lines, "",
        "## Weights", "", "Fitted with the source left out; the points for timing are people's and stay.", "",
        "| left out | in overlap: network | sound | embedding | intercept | elsewhere: network | sound | embedding | intercept |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|", *fits, weights_row("none", everything),
        weights_row("**shipped**", SHIPPED), "",
    ])  # fmt: skip
    print(text)
    if arguments.write:
        data = json.loads(CARD.read_text(encoding="utf-8"))
        decision = data["modes"]["two_channel"]["feedback"]
        decision["heard"], decision["sound"], decision["embedding"], in_overlap = SHIPPED[0]
        decision["pair"] = SHIPPED[1][3]
        decision["overlap"] = round(in_overlap - SHIPPED[1][3], 3)
        CARD.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
