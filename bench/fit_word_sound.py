"""Fit how recognised words, timing and sound add up where the listener decides about feedback with words.

    python bench/fit_word_sound.py CORPUS [CORPUS ...] [--limit 16] [--keep FOLDER] [--write]

Each CORPUS is a source of its own: voices of one engine, other texts than docs/bench/calls.md is measured on
(`interactspeech build ... --rates dense`). The listener hears the dialogues clean, by telephone, in noise and with
crosstalk in turn; whisper-base recognises the speech that it finds, as `detect --words` does. Each stretch of at most a
second is feedback if the record says so. Weights are fitted by logistic regression, sources with equal weight, one
source left out in turn. The points for words and timing that people's meetings gave (`turntaking.backchannel_decision`)
and the log-odds of sound and timing (`listener.backchannel_classifier`) stay as they are. --write stores the weights in
`listener/data/word-sound-1.json` and the page docs/bench/word_sound.md.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from clip_sound import hear, two_channels, under
from scipy.optimize import minimize

from interactspeech.corpus.reader import Item, read_shard
from interactspeech.evaluation.events.benchmark import true_events
from interactspeech.listener import Listener, speech_activity
from interactspeech.listener.backchannel_classifier import may_be_feedback, stretches_until
from interactspeech.listener.feedback_embedding import embedding_log_odds
from interactspeech.listener.levelled_feedback import (
    SOUND_COUNTS,
    levelled_log_odds,
    stretch_frames,
    stretch_log_odds,
)
from interactspeech.listener.model import FeedbackDecision
from interactspeech.listener.word_decision import (
    WordSoundWeights,
    WordWeights,
    joint_log_odds,
    kind_certainty,
    spoken_words,
)
from interactspeech.models.recognition import Recogniser
from interactspeech.records import Dialogue
from interactspeech.signal.log_mel import RATE
from interactspeech.signal.pages import InMemoryAudio
from interactspeech.turntaking import DEFAULT, Candidates, Timeline
from interactspeech.turntaking.activity import layer1
from interactspeech.turntaking.backchannel_candidates import candidates
from interactspeech.turntaking.backchannel_decision import common_feedback, load_model
from interactspeech.turntaking.timeline import WordTrack
from interactspeech.turntaking.timing_decision import timing_scorecard

ROOT = Path(__file__).parents[1]
WEIGHTS = ROOT / "src/interactspeech/listener/data/word-sound-1.json"
PAGE = ROOT / "docs/bench/word_sound.md"
#: The points for words are people's: made talk moves them little.
STIFF = 0.1
#: The networks know these voices. What they say of people's short talk is worth less: a logistic fit there gives all
#: sound together a weight of this (bench/bench_listener_people.py), so it counts no more beside words.
PEOPLE = 0.46
#: Where there is little material the weights stay near these: words and sound as evidence of their own.
PRIOR = np.array([PEOPLE, 0.0, PEOPLE, 0.0])
BOUNDS = ((0.0, PEOPLE), (None, None), (0.0, PEOPLE), (None, None))
CONDITIONS = ("clean", "telephone", "noisy", "bleed")
FEEDBACK, FAILED, TAKEN, OTHER = range(4)
COLUMNS = ("dialogue", "condition", "kind", "timing", "network", "stretch", "embedding", "words", "limit", "known", "listed",
           "lexicon", "probability", "count", "overlaps", "length")  # fmt: skip


@dataclass
class Source:
    name: str
    rows: np.ndarray  # (n, len(COLUMNS))
    said: list[str]  # what was recognised of each

    def column(self, name: str) -> np.ndarray:
        return self.rows[:, COLUMNS.index(name)]


def heard(folder: Path, limit: int, listener: Listener, keep: Path) -> Source:
    """What the listener and the recogniser hear of the short stretches of a corpus.

    It is kept by dialogue, so that a run goes on where one was ended.
    """
    engine = Recogniser()
    shards = sorted(folder.glob("shards/[0-9]*.tar"))
    items = [item for shard in shards for item in read_shard(shard)][:limit]
    parts = []
    for number, item in enumerate(items):
        file = keep / f"{folder.name}-{item.dialogue.id}.npz"
        if not file.exists():
            rows, said = heard_dialogue(item, number, listener, engine)
            np.savez(
                file,
                rows=np.array(rows, np.float64).reshape(-1, len(COLUMNS)),
                said=np.array(said, str),
            )
            print(folder.name, number + 1, len(rows), flush=True)
        data = np.load(file)
        parts.append((data["rows"], data["said"].tolist()))
    rows = np.concatenate([rows for rows, _ in parts])
    return Source(folder.name, rows, [text for _, texts in parts for text in texts])


def heard_dialogue(
    item: Item, number: int, listener: Listener, engine: Recogniser
) -> tuple[list, list]:
    """Rows of `COLUMNS`, and what was recognised of each, in one dialogue."""
    model = load_model()
    rows, said = [], []
    d = item.dialogue
    place = number % len(CONDITIONS)
    changed = under(CONDITIONS[place], two_channels(item), d.id)
    output = hear(listener, changed)
    plain = speech_activity(output, listener.card)
    words = spoken_words(engine, plain, InMemoryAudio(changed, RATE), (0, 1))
    timeline = Timeline(plain.rate, plain.length, plain.activity,
                        {name: WordTrack.of(w) for name, w in words.items() if w})  # fmt: skip
    found = candidates(timeline, layer1(timeline, DEFAULT), DEFAULT)
    by_timing = timing_scorecard().log_odds(found)
    by_words = model.probability(found)
    limits, listed = model.thresholds(found), common_feedback(found)
    for i in np.flatnonzero(may_be_feedback(found)).tolist():
        kind = kind_of(d, found, i)
        if kind is None:
            continue
        texts = found.words(i)
        track = timeline.words.get(timeline.speakers[int(found.speaker[i])])
        sure = track.probability[found.first_word[i] : found.last_word[i]] if texts else [0.0]
        side, start, end = (int(c[i]) for c in (found.speaker, found.start, found.end))
        network = levelled_log_odds(listener, output.mel, side, stretches_until(found, i))
        rows.append((number, place, kind, by_timing[i], network,
                     stretch_log_odds(output.mel, side, start, end),
                     embedding_log_odds(*stretch_frames(output.mel, side, start, end)),
                     log_odds(by_words[i]) if texts else 0.0, log_odds(limits[i]), bool(texts), listed[i],
                     found.feedback[i] > 0, float(np.mean(sure)), len(texts), found.partner_talking[i],
                     found.length[i] / RATE))  # fmt: skip
        said.append(" ".join(texts))
    return rows, said


def log_odds(chance):
    clipped = np.clip(chance, 1e-6, 1 - 1e-6)
    return np.log(clipped / (1 - clipped))


def kind_of(d: Dialogue, found: Candidates, i: int) -> int | None:
    """What the record says of a stretch; None where nobody talks."""
    scale = RATE / d.rate
    who = d.speakers[int(found.speaker[i])].id
    start, end = int(found.start[i]), int(found.end[i])
    mine = [u for u in d.utterances if u.speaker == who]
    shared = {True: 0.0, False: 0.0}
    for u in mine:
        for span in u.speech:
            both = min(end, span.end * scale) - max(start, span.start * scale)
            shared[u.kind == "backchannel"] += max(both, 0.0)
    if shared[True] + shared[False] < 0.3 * (end - start):
        return None
    if shared[True] > shared[False]:
        return FEEDBACK
    for event in true_events(d)[0]:
        if (
            event.type == "interruption"
            and event.speaker == who
            and abs(event.start * scale - start) < RATE / 4
        ):
            return FAILED if event.attributes.get("outcome") == "failed" else TAKEN
    return OTHER


def sound_log_odds(source: Source, card: FeedbackDecision) -> np.ndarray:
    """Log-odds by sound and timing, as the listener has them without words."""
    points = source.column("timing") + card.pair
    points = points + card.heard * np.clip(source.column("network"), card.lowest, card.highest)
    stretch = np.clip(source.column("stretch"), -SOUND_COUNTS, SOUND_COUNTS)
    embedding = np.clip(source.column("embedding"), -SOUND_COUNTS, SOUND_COUNTS)
    sound = card.overlap + card.sound * stretch + card.embedding * embedding
    return points + (source.column("overlaps") > 0) * sound


def joint(source: Source, heard: np.ndarray, weights: WordSoundWeights) -> np.ndarray:
    """Log-odds by words and sound; by sound where no words were recognised."""
    known = source.column("known") > 0
    points = source.column("words") - source.column("limit")
    certain = kind_certainty(np.where(known, source.column("probability"), 1.0))
    found = joint_log_odds(
        points, heard, source.column("timing"), source.column("lexicon") > 0, certain, weights
    )
    return np.where(known, found, heard)


def named(values) -> WordSoundWeights:
    a, b, c, d = (round(float(v), 2) for v in values)
    return WordSoundWeights("word-sound-1", "", WordWeights(a, b), WordWeights(c, d))


def fit(sources: list[Source], card: FeedbackDecision) -> WordSoundWeights:
    """Weights of the least loss, sources with equal weight."""
    heard = [sound_log_odds(source, card) for source in sources]

    def loss(w: np.ndarray) -> float:
        total = 0.0
        weights = WordSoundWeights("", "", WordWeights(w[0], w[1]), WordWeights(w[2], w[3]))
        for source, sound in zip(sources, heard, strict=True):
            sign = np.where(source.column("kind") == FEEDBACK, 1, -1)
            total += float(np.logaddexp(0.0, -sign * joint(source, sound, weights)).mean())
        return total + STIFF * float(np.square(w - PRIOR).sum())

    return named(minimize(loss, PRIOR, bounds=BOUNDS).x)


def by_hand(source: Source, heard: np.ndarray) -> np.ndarray:
    """The decision before: words, and a quarter of all that sound and timing say, certain or not."""
    points = source.column("words") - source.column("limit") + 0.25 * np.clip(heard, -3, 3)
    return np.where(source.column("known") > 0, points, heard)


def measured(kind: np.ndarray, said: np.ndarray) -> str:
    true, claims = kind == FEEDBACK, (kind == FAILED) | (kind == TAKEN)
    hits, wrong = int((said & true).sum()), int((said & ~true).sum())
    precision, recall = hits / max(hits + wrong, 1), hits / max(int(true.sum()), 1)
    f1 = 2 * hits / max(hits + wrong + int(true.sum()), 1)
    kept = 1 - int((said & claims).sum()) / max(int(claims.sum()), 1)
    return f"{precision:.2f} | {recall:.2f} | {f1:.2f} | {kept:.2f}"


def row(name: str, weights: WordSoundWeights) -> str:
    listed, unlisted = weights.listed, weights.unlisted
    return (
        f"| {name} | {listed.sound:.2f} | {listed.intercept:.2f} | {unlisted.sound:.2f} | "
        f"{unlisted.intercept:.2f} |"
    )


def page(sources: list[Source], card: FeedbackDecision, shipped: WordSoundWeights) -> str:
    lines, fits = [], []
    for source in sources:
        others = [s for s in sources if s is not source] or sources
        fitted = fit(others, card)
        fits.append(row(source.name, fitted))
        heard = sound_log_odds(source, card)
        words = np.where(
            source.column("known") > 0, source.column("words") - source.column("limit"), heard
        )
        ways = {
            "without words": heard,
            "words and timing, sound where there are none": words,
            "words and a quarter of the sound, by hand (before)": by_hand(source, heard),
            "words and sound, fitted on the others": joint(source, heard, fitted),
            "**as shipped**": joint(source, heard, shipped),
        }
        kinds = source.column("kind")
        count = [int((kinds == k).sum()) for k in (FEEDBACK, FAILED, TAKEN)]
        for way, points in ways.items():
            figures = measured(kinds, points >= 0)
            lines.append(
                f"| {source.name} | {count[0]}, {count[1] + count[2]} | {way} | {figures} |"
            )
    return "\n".join([
        "# Words and sound in one decision about feedback", "", "Written by `bench/fit_word_sound.py`.", "",
        ("Stretches of at most a second, as the listener finds them in made talk (clean, by telephone, in noise and with crosstalk "
        "in turn): "
        + ", ".join(f"{s.name} {len(set(s.column('dialogue').tolist()))} dialogues" for s in sources)
        + ". Words are what whisper-base recognised in the speech found, feedback is what the records plan as such. An interruption "
        "is kept if it is not taken for feedback. The [sound](feedback_sound.md) of these voices is known to the network that hears "
        "it, so rows without words are too high. The points for words and timing are people's ([AMI and MRDA](feedback.md)), and "
        "stay."), "",
        "| source | feedback, interruptions | decision | precision | recall | F1 | kept |",
        "|---|---:|---|---:|---:|---:|---:|", *lines, "",
        "## Weights", "", ("Fitted with the source left out, near to .46 and 0 where there is little to fit on. The decision with "
        "words counts as much as their kind is certain, the one without for the rest. Sound counts no "
        "more than it is worth on [people's short talk](listener_people.md) (.46), for the networks know these voices."), "",
        "| left out | words of the lexicon: sound | intercept | other words: sound | intercept |",
        "|---|---:|---:|---:|---:|", *fits, row("**none: shipped**", shipped), "",
    ])  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--limit", type=int, default=16)
    parser.add_argument("--keep", type=Path, help="folder of what was heard, for the next run")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    listener = Listener.load()
    with tempfile.TemporaryDirectory() as scratch:
        keep = arguments.keep or Path(scratch)
        keep.mkdir(parents=True, exist_ok=True)
        for count in range(1, arguments.limit):  # sources by turns, for a run that is ended early
            for folder in arguments.corpora:
                heard(folder, count, listener, keep)
        sources = [heard(folder, arguments.limit, listener, keep) for folder in arguments.corpora]
    decision = listener.card.settings("two_channel").feedback
    about = f"{', '.join(s.name for s in sources)}: made talk with words recognised by whisper-base"
    shipped = msgspec.structs.replace(fit(sources, decision), about=about)
    text = page(sources, decision, shipped)
    print(text)
    if arguments.write:
        WEIGHTS.write_bytes(msgspec.json.format(msgspec.json.encode(shipped), indent=1) + b"\n")
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
