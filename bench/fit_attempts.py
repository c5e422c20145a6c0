"""Fit what tells feedback from short attempts to take the floor, by the embedding of a whole stretch.

    python bench/fit_attempts.py MRDA_FOLDER [--spoken NAME=VOICES*FEEDBACK*ATTEMPTS] [--corpus NAME=FOLDER]
        [--test VOICES] [--unseen CORPUS] [--people FOLDER --ami FOLDER --words FOLDER] [--calls FOLDER] [--keep FOLDER] [--write]

Texts are what people said at once with another in ICSI's meetings, by their dialogue acts (`people_attempts`); every fifth
meeting is kept for tests. Engines speak them (--spoken; a fifth of feedback is of the lexicon, three twentieths hums), each
is recorded twice with other disturbances (as in bench/fit_feedback_onset.py); --corpus adds stretches and cuts of made
dialogues of the same engine, as beginnings of longer talk. Fitted: a logistic score of three embeddings and the length
(`listener.feedback_embedding`). Measured with each engine left out; on --test voices and the meetings for tests, by
length; on --unseen, stretches and cuts of a corpus of an engine that nothing here was fitted on; on people (as in
bench/fit_floor_bids.py); and, with --calls, on short talk in overlap as the listener finds it in a corpus of people's
attempts (bench/bench_calls.py builds one), in the decision as it ships and as it was. --write stores the weights and
docs/bench/attempts.md; --keep what was heard, for the next run.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soxr
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from interactspeech.corpus.reader import read_shard
from interactspeech.evaluation.events.metrics import bootstrap
from interactspeech.listener import Listener, speech_activity
from interactspeech.listener.backchannel_classifier import may_be_feedback, stretches_until
from interactspeech.listener.feedback_embedding import stretch_features
from interactspeech.listener.feedback_onset import onset_log_odds
from interactspeech.listener.feedback_sound import sound_log_odds
from interactspeech.listener.levelled_feedback import (
    SOUND_COUNTS,
    levelled_log_odds,
    stretch_frames,
)
from interactspeech.seeds import generator
from interactspeech.signal.log_mel import HOP, RATE
from interactspeech.tts import SpeechCache, Synthesizer, select_voices
from interactspeech.turntaking import DEFAULT
from interactspeech.turntaking.annotator import analyse
from interactspeech.turntaking.timing_decision import timing_scorecard

sys.path.insert(0, str(Path(__file__).parent))
from clip_sound import frames_of, hear, two_channels, under
from fit_feedback_onset import Clip, any_style, disturbed
from fit_feedback_sound import AROUND, HUMS, LISTS, Stretch, people, stretches
from fit_joint_feedback import CONDITIONS, FAILED, FEEDBACK, kind_of
from people_attempts import people_said

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "src/interactspeech/listener/data/feedback-embedding-1.json"
PAGE = ROOT / "docs/bench/attempts.md"
#: Copies of each clip with other disturbances; strength of the prior on weights; how much each engine counts.
COPIES, PRIOR = 2, 0.003
SHARES = {"hibari": 1.0, "flite": 0.45, "espeak": 0.35}
#: Attempts that the meetings have seldom, and everybody says.
ALSO = {"no": 5, "yeah but": 5, "wait": 4, "no wait": 2, "hang on": 2, "sorry": 6}
#: Of a corpus: feedback and other stretches at most; those of hibari twice as many.
TAKEN = (250, 700)
#: Seconds: lengths that are told apart.
LENGTHS = ((0.1, 0.3), (0.3, 0.45), (0.45, 0.7), (0.7, 3.0))
#: Weights in overlap before there was the embedding: network, sound, embedding, intercept.
BEFORE = (0.5, 0.8, 0.0, 0.75)


@dataclass
class Heard:
    """What is known of sounds: features ``(n, 289)``, whether feedback, seconds, log-odds of two networks, whose."""

    features: np.ndarray
    feedback: np.ndarray
    seconds: np.ndarray
    sound: np.ndarray
    onset: np.ndarray
    group: list[str] = field(default_factory=list)

    def save(self, path: Path) -> None:
        np.savez_compressed(path, **vars(self))


def read(path: Path) -> Heard:
    data = np.load(path)
    return Heard(**{k: data[k] if k != "group" else data[k].tolist() for k in data.files})


def spoken(
    name: str, voices: str, counts: tuple[int, int], said: tuple[Counter, Counter], *, lexicon: bool
) -> list[Clip]:
    """What people said, by an engine."""
    feedback = {k: v for k, v in said[0].items() if v > 1}
    attempts = {**said[1], **{k: v + said[1].get(k, 0) for k, v in ALSO.items()}}
    pools = [list(feedback), list(attempts)]
    shares = [
        np.array([v**0.6 for v in feedback.values()]),
        np.array([min(v, 30) ** 0.7 for v in attempts.values()]),
    ]
    listed = tuple(phrase for kind in LISTS for phrase in kind if phrase != "well")
    rng, speaking, chosen = generator(3, "attempts " + name), Synthesizer(SpeechCache()), select_voices(voices)  # fmt: skip
    found = []
    for kind in rng.permutation([1] * counts[0] + [0] * counts[1]).tolist():
        drawn = rng.random() if kind else 0.0
        if drawn < 0.65 or not lexicon:
            pool, share = pools[1 - kind], shares[1 - kind]
            text = pool[rng.choice(len(pool), p=share / share.sum())]
        else:
            pool = listed if drawn < 0.85 else HUMS
            text = pool[int(rng.integers(len(pool)))]
        voice = chosen[int(rng.integers(len(chosen)))]
        speech = speaking.speak(text, voice, any_style(rng))
        sound = soxr.resample(speech.samples, speech.rate, RATE).astype(np.float32)
        if 0.12 * RATE <= len(sound) <= 1.2 * RATE and np.abs(sound).max() > 0.01:
            found.append(Clip(name, voice.name, text, bool(kind), sound))
    return found


def cuts(name: str, folder: Path, counts: tuple[int, int]) -> list[Clip]:
    """Feedback of a corpus, and stretches and cuts of other talk."""
    rng = generator(8, "cuts " + name)
    found = stretches(str(folder), rng)
    feedback = [s for s in found if s.feedback]
    other = [s for s in found if not s.feedback and len(s.sound) / RATE - 2 * AROUND < 1.0]
    some = [feedback[i] for i in rng.permutation(len(feedback))[: counts[0]]]
    some += [other[i] for i in rng.permutation(len(other))[: counts[1]]]
    edge = round(AROUND * RATE)
    return [
        Clip(name, s.voice, s.text, s.feedback, s.sound[edge - 320 : len(s.sound) - edge + 320])
        for s in some
    ]


def heard(clips: list[Clip], seed: str, copies: int, *, plain: bool = False, cut: float = 0.0) -> Heard:  # fmt: skip
    """Recordings of clips with other disturbances, as a detector of speech finds them."""
    rng = generator(6, seed)
    rows = []
    for _ in range(copies):
        for clip in clips:
            mel, a, b = disturbed(clip, clips, rng, plain=plain)
            if not plain:
                a = max(a + int(rng.integers(-6, 6)), 5)
                b = min(max(b + int(rng.integers(-5, 9)), a + 10), len(mel))
            if rng.random() < cut:
                b = min(b, a + int(rng.integers(20, 60)))
            elif not plain and rng.random() < 0.4:  # a detector may have silenced what lies before
                mel[: a - 3] = -10.0
            rows.append((stretch_features(mel, a, b), clip.feedback, (b - a) / 100, sound_log_odds(mel, a, b),
                         onset_log_odds(mel, a, min(b + 6, len(mel))), clip.text))  # fmt: skip
    return Heard(*(np.array(column) for column in list(zip(*rows, strict=True))[:5]), [r[5] for r in rows])  # fmt: skip


def still(rows: list[Stretch]) -> Heard:
    """Stretches as they are, in a little noise."""
    rng, found = generator(4, "x"), []
    for one in rows:
        x = one.sound / (np.sqrt(np.mean(one.sound**2)) + 1e-9) * 0.05
        x = x + 1e-4 * rng.standard_normal(len(x))
        mel = frames_of(x)
        a = round(AROUND * RATE / HOP)
        b = len(mel) - a
        found.append((stretch_features(mel, a, b), one.feedback, (b - a) / 100, sound_log_odds(mel, a, b),
                      onset_log_odds(mel, a, min(b + 6, len(mel))), one.group or one.text))  # fmt: skip
    return Heard(*(np.array(column) for column in list(zip(*found, strict=True))[:5]), [r[5] for r in found])  # fmt: skip


def in_calls(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Short talk in overlap as the listener finds it: (condition, kind, timing, network, sound), and features."""
    listener, rows, features = Listener.load(), [], []
    for shard in sorted(folder.glob("shards/[0-9]*.tar")):
        for item in read_shard(shard):
            d = item.dialogue
            sound = two_channels(item)
            for place, name in enumerate(CONDITIONS):
                output = hear(listener, under(name, sound, d.id))
                found = analyse(speech_activity(output, listener.card), DEFAULT)[1].candidates
                timing = timing_scorecard().log_odds(found)
                wanted = may_be_feedback(found) & found.partner_talking
                for i in np.flatnonzero(wanted).tolist():
                    kind = kind_of(d, found, i)
                    if kind is None:
                        continue
                    side, start, end = (int(c[i]) for c in (found.speaker, found.start, found.end))
                    network = levelled_log_odds(
                        listener, output.mel, side, stretches_until(found, i)
                    )
                    frames = stretch_frames(output.mel, side, start, end)
                    rows.append((place, kind, timing[i], network, sound_log_odds(*frames)))
                    features.append(stretch_features(*frames))
    return np.array(rows), np.array(features)


Score = Callable[[np.ndarray], np.ndarray]


def fitted(sources: dict[str, Heard]) -> tuple[np.ndarray, float]:
    """Weights and intercept; feedback and other talk count alike in each source."""
    x = np.vstack([one.features for one in sources.values()])
    y = np.concatenate([one.feedback for one in sources.values()]).astype(bool)
    weight = []
    for name, one in sources.items():
        share, true = SHARES[name.split()[0]], one.feedback.astype(bool)
        weight.append(
            np.where(true, 0.5 / true.mean(), 0.5 / (1 - true.mean())) * share / len(true)
        )
    w = np.concatenate(weight)
    w *= len(w) / w.sum()
    scaler = StandardScaler().fit(x, sample_weight=w)
    model = LogisticRegression(C=PRIOR, max_iter=60).fit(scaler.transform(x), y, sample_weight=w)
    weights = model.coef_[0] / scaler.scale_
    return weights, float(model.intercept_[0] - (weights * scaler.mean_).sum())


def area(truth: np.ndarray, score: np.ndarray, groups: list[str]) -> str:
    def value(pick: np.ndarray) -> float:
        if len(set(truth[pick].tolist())) < 2:
            return float("nan")
        return float(roc_auc_score(truth[pick], score[pick]))

    return str(bootstrap(groups, value, draws=200))


def clipped(x: np.ndarray) -> np.ndarray:
    return np.clip(x, -SOUND_COUNTS, SOUND_COUNTS)


def kept(folder: Path | None, name: str, make: Callable[[], Heard]) -> Heard:
    path = folder / f"{name.replace(' ', '_')}.npz" if folder else None
    if path and path.exists():
        return read(path)
    found = make()
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        found.save(path)
    print(name, len(found.feedback), int(found.feedback.sum()), flush=True)
    return found


def shipped() -> tuple[float, ...]:
    """Weights in overlap: network, sound, embedding, intercept."""
    decision = Listener.load().card.settings("two_channel").feedback
    assert decision is not None
    return (
        decision.heard, decision.sound, decision.embedding, round(decision.pair + decision.overlap, 3)
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("mrda", type=Path)
    parser.add_argument("--spoken", action="append", default=[], metavar="NAME=VOICES*FEEDBACK*ATTEMPTS")  # fmt: skip
    parser.add_argument("--corpus", action="append", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--test", default="hibari:f_ella,f_gwen,f_hazel,m_caleb,m_gavin,m_hugo")
    parser.add_argument("--unseen", type=Path)
    parser.add_argument("--people", type=Path)
    parser.add_argument("--ami", type=Path)
    parser.add_argument("--words", type=Path)
    parser.add_argument("--calls", type=Path)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    keep, said = arguments.keep, people_said(arguments.mrda, tests=False)
    sources: dict[str, Heard] = {}
    for given in arguments.spoken:
        name, _, rest = given.partition("=")
        voices, feedback, attempts = rest.split("*")
        counts = (int(feedback), int(attempts))
        sources[name] = kept(keep, name, lambda n=name, v=voices, c=counts: heard(
            spoken(n, v, c, said, lexicon=True), "heard " + n, COPIES))  # fmt: skip
    for given in arguments.corpus:
        name, _, folder = given.partition("=")
        counts = tuple((2 if name == "hibari" else 1) * n for n in TAKEN)
        sources[f"{name} cuts"] = kept(keep, f"{name} cuts", lambda n=name, f=folder, c=counts: heard(
            cuts(n, Path(f), c), "cuts " + n, 1, cut=0.25))  # fmt: skip
    tests = people_said(arguments.mrda, tests=True)
    pool: list[Clip] = []

    def tested(*, plain: bool) -> Heard:
        if not pool:
            pool.extend(spoken("test", arguments.test, (400, 600), tests, lexicon=False))
        return heard(pool, f"test {plain}", 1 if plain else 2, plain=plain)

    lines = []

    def rows(name: str, one: Heard, scores: dict[str, np.ndarray]) -> None:
        true = one.feedback.astype(bool)
        cells = {}
        for low, high in ((0.0, 9.0), *LENGTHS):
            pick = np.flatnonzero((one.seconds >= low) & (one.seconds < high))
            for way, score in scores.items():
                enough = min(true[pick].sum(), (~true[pick]).sum()) >= 10
                figure = (
                    area(true[pick], score[pick], [one.group[i] for i in pick]) if enough else "-"
                )
                cells.setdefault(way, []).append(figure)  # fmt: skip
        for way, row in cells.items():
            lines.append(
                f"| {name} | {int(true.sum())}, {int((~true).sum())} | {way} | {' | '.join(row)} |"
            )
            print(lines[-1], flush=True)

    def ways(one: Heard, weights: np.ndarray, intercept: float) -> dict[str, np.ndarray]:
        embedding = one.features @ weights + intercept
        return {
            "network for whole stretches (before)": one.sound,
            "talk so far, at its end": one.onset,
            "embedding": embedding,
            "both, as the decision adds them": shipped()[1] * clipped(one.sound) + shipped()[2] * clipped(embedding),
        }  # fmt: skip

    weights, intercept = fitted(sources)
    for name, plain in (("voices and meetings left out", True), ("the same, disturbed", False)):
        one = kept(keep, f"test {plain}", lambda p=plain: tested(plain=p))
        rows(name, one, ways(one, weights, intercept))
    for engine in SHARES:
        own = [name for name in sources if name.split()[0] == engine]
        if own:
            others = {k: v for k, v in sources.items() if k not in own}
            one = sources[own[0]]
            rows(
                f"{engine} left out, disturbed",
                one,
                {"embedding": one.features @ fitted(others)[0]},
            )
    if arguments.unseen:
        one = kept(keep, "unseen", lambda: still(stretches(str(arguments.unseen), generator(1, "k"))))  # fmt: skip
        rows(f"{arguments.unseen.name}, an engine never fitted", one, ways(one, weights, intercept))
    if arguments.people:
        one = kept(keep, "people", lambda: still(people(arguments)))
        rows("people, never fitted", one, ways(one, weights, intercept))
    decided = calls_table(arguments, weights, intercept) if arguments.calls else []
    text = page(sources, lines, decided)
    print(text)
    if arguments.write:
        about = "; ".join(f"{k}: {int(v.feedback.sum())} feedback, {int((1 - v.feedback).sum())} other" for k, v in sources.items())  # fmt: skip
        stored = {"id": "feedback-embedding-1", "about": about, "weights": [round(float(w), 5) for w in weights],
                  "intercept": round(intercept, 5)}  # fmt: skip
        MODEL.write_text(json.dumps(stored) + "\n", encoding="utf-8")
        PAGE.write_text(text, encoding="utf-8")


def calls_table(arguments, weights: np.ndarray, intercept: float) -> list[str]:
    """Decisions on short talk in overlap as the listener finds it, before and now."""
    path = arguments.keep / "calls.npz" if arguments.keep else None
    if path and path.exists():
        data = np.load(path)
        table, features = data["table"], data["features"]
    else:
        table, features = in_calls(arguments.calls)
        if path:
            np.savez_compressed(path, table=table, features=features)
    place, kind, timing, network, sound = table.T
    card = Listener.load().card.settings("two_channel").feedback
    assert card is not None
    heard_, embedding = np.clip(network, card.lowest, card.highest), features @ weights + intercept
    lines = []
    for number, name in enumerate(CONDITIONS):
        for way, w in (("before", BEFORE), ("**as shipped**", shipped())):
            z = timing + w[0] * heard_ + w[1] * clipped(sound) + w[2] * clipped(embedding) + w[3]
            here = place == number
            both = here & ((kind == FEEDBACK) | (kind == FAILED))
            auc = roc_auc_score(kind[both] == FEEDBACK, z[both])
            shares = [(z[here & (kind == k)] >= 0).mean() for k in (FEEDBACK, FAILED)]
            counts = [int((here & (kind == k)).sum()) for k in (FEEDBACK, FAILED)]
            lines.append(
                f"| {name} | {counts[0]}, {counts[1]} | {way} | {auc:.3f} | {shares[0]:.2f} | {1 - shares[1]:.2f} |"
            )
    return lines


def page(sources: dict[str, Heard], lines: list[str], decided: list[str]) -> str:
    sizes = "; ".join(
        f"{name}: {int(one.feedback.sum()):,} times feedback, {int((1 - one.feedback).sum()):,} others"
        for name, one in sources.items()
    )
    out = [
        "# Feedback, or an attempt to take the floor", "", "Written by `bench/fit_attempts.py`.", "",
        ("Where short talk begins in the other's, timing says little: \"yeah\" and \"but I\" last as long and end as soon. What "
        "people say there was taken from ICSI's meetings by their dialogue acts: attempts (floor grabbers, acts given up or "
        "interrupted, statements and questions of at most five words) and feedback. Engines spoke them, in speeds, pitches, rooms, "
        "microphones, telephones and noise. A logistic score of the embedding at three moments of a stretch "
        f"(`listener.feedback_embedding`) was fitted on recordings of these sources: {sizes}. Cuts are beginnings and pieces of longer talk of made "
        "dialogues. Beside it: the network for whole stretches ([its page](feedback_sound.md); it knows kokoro, flite and espeak), and the one "
        "for talk so far. Area under the ROC curve, brackets are 95 % by bootstrap over texts (people: recordings); - where fewer "
        "than ten of a kind are."), "",
        "| measured on | feedback, others | heard by | all | .1 to .3 s | .3 to .45 s | .45 to .7 s | longer |",
        "|---|---:|---|---:|---:|---:|---:|---:|", *lines, "",
    ]  # fmt: skip
    if decided:
        w, before = shipped(), BEFORE
        out += [
            "## In the decision", "",
            (f"Short talk in overlap as the listener finds it in the calls with people's attempts ([calls](calls.md), voices, texts and "
            "meetings left out). The decision adds the points for timing and weights of the listener's network, the network for whole "
            f"stretches and the embedding, and an intercept: before {before[0]:g}, {before[1]:g}, {before[2]:g}, {before[3]:+g}; now {w[0]:g}, {w[1]:g}, {w[2]:g}, {w[3]:+g}. "
            "The fit on made talk, where two of five short stretches in overlap are attempts, asks for an intercept of -0.4, which keeps "
            "three quarters of them; among people feedback is far more frequent, and the intercept that ships is where [people's sounds]"
            "(listener_people.md) are told best. Kept: shares "
            "of feedback that stays feedback, and of attempts that are not taken for it."), "",
            "| condition | feedback, attempts | decision | AUC | feedback kept | attempts kept |",
            "|---|---:|---|---:|---:|---:|", *decided, "",
        ]  # fmt: skip
    return "\n".join(out)


if __name__ == "__main__":
    main()
