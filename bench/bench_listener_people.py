"""What a training of the listener's network brings on people: an earlier network and the one that ships, side by side.

    python bench/bench_listener_people.py LABELLED --ami FOLDER --words FOLDER --corpus CORPUS --before COMMIT [--write]

Both networks are asked in the package as it is, with today's share of Silero and today's decision about feedback; COMMIT
is one whose `listener/data` holds the earlier network. Asked are: recordings that people labelled (LABELLED, a folder for
`evaluate events real`): onsets of gaps and pauses, missed and false speech, with Silero's share and without; short talk
of people laid on other people's talk (as in bench/fit_floor_bids.py; beginnings of bids of .3 to .8 s for attempts):
how well feedback is told from attempts; and feedback of a made CORPUS turned down by 9 to 15 dB, with noise at -62 dB:
how much of it is heard. Intervals by bootstrap over sounds, 95 %. --write writes docs/bench/listener_people.md.
"""

from __future__ import annotations

import argparse
import subprocess
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path

import numpy as np
from clip_sound import two_channels
from people_talk import Found, laid_on, onset_on, sounds
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from interactspeech.corpus import Corpus
from interactspeech.evaluation.events.labelled_recordings import labelled_recordings
from interactspeech.evaluation.events.real_benchmark import evaluate_real
from interactspeech.evaluation.events.real_systems import ListenerSystem
from interactspeech.listener import Listener, run_listener, speech_activity
from interactspeech.listener.feedback_embedding import embedding_log_odds
from interactspeech.listener.levelled_feedback import (
    SOUND_COUNTS,
    levelled_log_odds,
    stretch_frames,
    stretch_log_odds,
)
from interactspeech.seeds import generator
from interactspeech.signal.log_mel import RATE

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/bench/listener_people.md"
DATA = "src/interactspeech/listener/data"
LAYS = {"feedback": 5, "bid": 2}
NOISE = 10 ** (-62 / 20)


def earlier(commit: str, shipped: Listener) -> Listener:
    """The network for two channels of a commit, with the card that ships."""
    files = [f"{DATA}/listener-1{end}.onnx" for end in ("", "-mixed", "-diarized")]
    data = subprocess.run(
        ["git", "archive", commit, *files], cwd=ROOT, check=True, capture_output=True
    ).stdout
    with tempfile.TemporaryDirectory() as folder, tarfile.open(fileobj=BytesIO(data)) as archive:
        archive.extractall(folder, filter="data")
        place = Path(folder, DATA, "listener-1.onnx")
        place.with_suffix(".json").write_bytes((ROOT / DATA / "listener-1.json").read_bytes())
        found = Listener.load(place)
    found.card = shipped.card
    return found


def labelled_rows(folder: Path, networks: dict[str, Listener]) -> list[str]:
    recordings = labelled_recordings(folder)
    rows = []
    for name, listener in networks.items():
        for how, one in (("", listener), (", without Silero", listener.without_silero())):
            found = evaluate_real(recordings, ListenerSystem(one), questions=0)
            rows.append(
                f"| {name}{how} | {found.onset['gap']} | {found.onset['pause']} | "
                f"{found.missed_speech:.2%} | {found.false_speech:.2%} |"
            )
    return rows


def cut(sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The beginning of a bid, .3 to .8 s, up to where it is softest nearby."""
    wanted = min(round(rng.uniform(0.3, 0.8) * RATE), len(sound))
    hop = RATE // 100
    places = np.arange(
        max(wanted - 8 * hop, 10 * hop), min(wanted + 8 * hop, len(sound) - hop), hop
    )
    if not len(places):
        return sound[:wanted]
    return sound[: places[int(np.argmin([np.mean(sound[p : p + hop] ** 2) for p in places]))]]


def laid(found: Found) -> list[tuple[str, str, np.ndarray, int, int]]:
    """(kind, sound, mix, start, end): short talk on other people's talk, 16 kHz."""
    rng = generator(1, "short talk of people")
    made = []
    for kind, times in LAYS.items():
        pool = getattr(found, kind)
        for i in rng.permutation(len(pool))[:70]:
            sound = pool[i]
            mine = (sound.recording, sound.speaker)
            hosts = found.hosts(sound)
            for _ in range(times):
                part = cut(sound.samples, rng) if kind == "bid" else sound.samples
                host = hosts[int(rng.integers(len(hosts)))]
                onset = onset_on(host, rng)
                noise = rng.normal(0.0, NOISE, (2, onset + 2 * RATE)).astype(np.float32)
                mix = laid_on(host, part, onset, rng.normal(-2.0, 6.0)) + noise
                made.append((kind, f"{mine} {i}", mix, onset, onset + len(part)))
    return made


def evidence(listener: Listener, mix: np.ndarray, start: int, end: int) -> tuple[float, float]:
    """Log-odds of feedback by the network, and by all sound as the decision adds it; NaN where the
    talk is not heard.
    """
    output = run_listener(listener, [mix])
    talk = speech_activity(output, listener.card).activity["B"]
    talk = talk[(talk[:, 1] > start - RATE // 10) & (talk[:, 0] < end + RATE // 10)]
    if not len(talk) or output.mel is None:
        return np.nan, np.nan
    first, last = int(talk[0, 0]), int(talk[-1, 1])
    decision = listener.card.settings("two_channel").feedback
    assert decision is not None
    heard = levelled_log_odds(listener, output.mel, 1, np.array([[first, last]], np.int64))
    heard = float(np.clip(heard, decision.lowest, decision.highest))
    whole = stretch_log_odds(output.mel, 1, first, last)
    embedded = embedding_log_odds(*stretch_frames(output.mel, 1, first, last))
    whole, embedded = np.clip((whole, embedded), -SOUND_COUNTS, SOUND_COUNTS)
    together = decision.heard * heard + decision.sound * whole + decision.embedding * embedded
    return heard, float(together)


def area(kinds: np.ndarray, who: np.ndarray, score: np.ndarray) -> str:
    """Area under the ROC curve, with its interval over sounds."""
    ok = ~np.isnan(score)
    kinds, who, score = kinds[ok], who[ok], score[ok]
    rng = generator(0, "area")
    pools = {
        kind: [np.flatnonzero(who == name) for name in np.unique(who[kinds == kind])]
        for kind in (True, False)
    }
    drawn = []
    for _ in range(500):
        places = np.concatenate([
            pool[j] for pool in pools.values() for j in rng.integers(len(pool), size=len(pool))
        ])  # fmt: skip
        drawn.append(roc_auc_score(kinds[places], score[places]))
    low, high = np.percentile(drawn, (2.5, 97.5))
    return f"{roc_auc_score(kinds, score):.3f} [{low:.2f}, {high:.2f}]"


def worth(kinds: np.ndarray, score: np.ndarray) -> float:
    """What the log-odds should be multiplied with: the slope of a logistic fit, kinds alike."""
    ok = ~np.isnan(score)
    model = LogisticRegression(C=1e3, class_weight="balanced")
    return float(model.fit(score[ok, None], kinds[ok]).coef_[0, 0])


def kept_alike(kinds: np.ndarray, score: np.ndarray) -> str:
    """Where feedback and bids are told best: the log-odds, and the shares that stay what they are."""
    ok = ~np.isnan(score)
    kinds, score = kinds[ok], score[ok]
    limits = np.sort(score)
    feedback = np.array([np.mean(score[kinds] >= limit) for limit in limits])
    bids = np.array([np.mean(score[~kinds] < limit) for limit in limits])
    best = int(np.argmax(feedback + bids))
    return f"{limits[best]:+.1f}: {feedback[best]:.2f}, {bids[best]:.2f}"


def short_talk_rows(found: Found, networks: dict[str, Listener]) -> tuple[list[str], str]:
    made = laid(found)
    kinds = np.array([one[0] == "feedback" for one in made])
    who = np.array([one[1] for one in made])
    rows = []
    for name, listener in networks.items():
        scores = np.array([evidence(listener, *one[2:]) for one in made])
        rows.append(
            f"| {name} | {area(kinds, who, scores[:, 0])} | {area(kinds, who, scores[:, 1])} | "
            f"{worth(kinds, scores[:, 1]):.2f} | {kept_alike(kinds, scores[:, 1])} |"
        )
    counts = [len(set(who[kinds == kind])) for kind in (True, False)]
    return rows, f"{counts[0]} feedback sounds, {counts[1]} beginnings of bids"


def soft_rows(corpus: Path, limit: int, networks: dict[str, Listener]) -> tuple[list[str], int]:
    rng = generator(1, "soft feedback")
    made, count = [], 0
    for item, _ in zip(Corpus.open(corpus), range(limit), strict=False):
        d = item.dialogue
        sound = two_channels(item)
        names = [s.id for s in d.speakers]
        talks = np.zeros(sound.shape, np.bool_)
        soft = np.zeros(sound.shape, np.bool_)
        for u in d.utterances:
            for span in u.speech:
                place = slice(*(round(t * RATE / d.rate) for t in (span.start, span.end)))
                talks[names.index(u.speaker), place] = True
                if u.kind == "backchannel":
                    soft[names.index(u.speaker), place] = True
                    sound[names.index(u.speaker), place] *= 10 ** (-rng.uniform(9, 15) / 20)
                    count += 1
        made.append(
            (sound + rng.normal(0, NOISE, sound.shape).astype(np.float32), talks, soft & talks)
        )
    rows = []
    for name, listener in networks.items():
        for how, one in (("", listener), (", without Silero", listener.without_silero())):
            missed = {True: [0, 0], False: [0, 0]}
            for sound, talks, soft in made:
                timeline = speech_activity(run_listener(one, [sound]), one.card)
                heard = np.zeros(sound.shape, np.bool_)
                for side, who in enumerate("AB"):
                    for a, b in timeline.activity[who].tolist():
                        heard[side, a:b] = True
                for beside, sums in missed.items():
                    asked = soft & (talks[::-1] == beside)
                    sums[0] += int((asked & ~heard).sum())
                    sums[1] += int(asked.sum())
            cells = " | ".join(f"{missed[k][0] / max(missed[k][1], 1):.1%}" for k in (True, False))
            rows.append(f"| {name}{how} | {cells} |")
    return rows, count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("labelled", type=Path)
    parser.add_argument("--ami", type=Path, required=True)
    parser.add_argument("--words", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--dialogues", type=int, default=12, help="of the corpus, at most")
    parser.add_argument("--before", required=True, metavar="COMMIT")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    shipped = Listener.load()
    networks = {"before": earlier(given.before, shipped), "now": shipped}
    labelled = labelled_rows(given.labelled, networks)
    gaps, pauses = (
        sum(len(one.events(kind, sure=True)) for one in labelled_recordings(given.labelled))
        for kind in ("gap", "pause")
    )
    short, counts = short_talk_rows(sounds(given.labelled, given.ami, given.words), networks)
    soft, feedback = soft_rows(given.corpus, given.dialogues, networks)
    text = "\n".join([
        "# What the training on today's talk brings on people", "",
        f"Written by `bench/bench_listener_people.py --before {given.before}`.", "",
        ("The network before was trained on dialogues of the first version: every utterance as loud as the others of its "
        "speaker. The one that ships heard today's talk, with a level of its own for each utterance, more far rooms and "
        "babble, and Kokoro's voices ([how](../listener_card.md)). Both are asked in the package as it is, with today's "
        "share of Silero and today's decision about feedback."), "",
        "## Labelled recordings", "",
        f"{gaps} gaps and {pauses} pauses that are sure; F1 of onsets within 200 ms, 95 % intervals by bootstrap over pieces of 30 s.", "",
        "| network | gap | pause | missed speech | false speech |", "|---|---:|---:|---:|---:|", *labelled, "",
        "## Feedback, or the beginning of a bid", "",
        (f"People's short talk laid on other people's ({counts}, laid {LAYS['feedback']} and {LAYS['bid']} times; "
        "beginnings last .3 to .8 s). Area under the ROC curve, 95 % intervals by bootstrap over sounds. All sound is what "
        "the decision adds up: the network, the network for whole stretches, the embedding. Timing is left out. Worth: the slope "
        "of a logistic fit, 1 where log-odds are what they say. Told best: from which log-odds on, and the shares of feedback and "
        "of bids that stay what they are there; looked for on these sounds, so that other sounds would give less."), "",
        "| network | the network's evidence | all sound | worth | told best from: feedback, bids |", "|---|---:|---:|---:|---:|", *short, "",
        "## Soft feedback", "",
        (f"{feedback} stretches of feedback of made dialogues, in voices that were not trained on, turned down by 9 to 15 dB. "
        "Share of their speech that is not heard, beside the other's talk and in its silence."), "",
        "| network | beside talk | alone |", "|---|---:|---:|", *soft, "",
    ])  # fmt: skip
    print(text)
    if given.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
