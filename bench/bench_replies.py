"""The classifier of replies: trained on scripts of texts, judged on texts and lines it never saw.

    python bench/bench_replies.py TEXT... [--limit 1200] [--beside ONNX] [--ship] [--write]

TEXT are files of text dialogues. Nine tenths of the dialogues are trained on, a tenth is held out; the
lines of bench/replies_handwritten.tsv were written by hand, without a look at the writer's lists.
--beside is another model, judged on the lines written by hand. --ship stores the model as package
data; --write stores docs/bench/replies.md.
"""

import argparse
import time
from itertools import islice
from pathlib import Path

import numpy as np

from interactspeech.records import PlainDialogue
from interactspeech.scripts import read_all, write_offline
from interactspeech.scripts.roles import SCENARIOS
from interactspeech.scripts.writers.role_writer import write_with_roles
from interactspeech.training.replies.classifier import ReplyClassifier, as_onnx
from interactspeech.training.replies.examples import (
    REPLY_CLASSES,
    ReplyExample,
    reply_examples,
)
from interactspeech.training.replies.fitting import ReplyScores, fit_replies, score_replies

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "bench" / "replies.md"
HAND = Path(__file__).with_name("replies_handwritten.tsv")
SHIPPED = ROOT / "src/interactspeech/training/replies/data/replies-1.onnx"


def scripts_of(texts: list[PlainDialogue]):
    for number, text in enumerate(texts):
        yield write_offline(text, 1)
        names = list(SCENARIOS)
        for step in (0, 2, 4):
            yield write_with_roles(text, 1, SCENARIOS[names[(number + step) % len(names)]])


def by_hand() -> list[ReplyExample]:
    lines = HAND.read_text("utf-8").splitlines()
    return [ReplyExample(*line.split("\t")) for line in lines if line]


def table(scores: dict[str, ReplyScores]) -> str:
    heads = " | ".join(f"{name}: precision, recall, n" for name in scores)
    rows = [f"| class | {heads} |", "|---|" + "---|" * len(scores)]
    for label in REPLY_CLASSES:
        cells = []
        for one in scores.values():
            precision, recall, count = one.by_class[label]
            cells.append(f"{precision:.2f}, {recall:.2f}, {count:,}")
        rows.append(f"| {label} | {' | '.join(cells)} |")
    cells = [
        f"{s.accuracy:.3f} ({s.low:.3f} to {s.high:.3f}), {s.examples:,}" for s in scores.values()
    ]
    rows.append(f"| **right**, n | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("texts", nargs="+")
    parser.add_argument("--limit", type=int, default=1200)
    parser.add_argument("--beside", type=Path)
    parser.add_argument("--ship", action="store_true")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    texts: list[PlainDialogue] = []
    for name in given.texts:
        items = (item for item in read_all([name]) if isinstance(item, PlainDialogue))
        texts += islice(items, given.limit // len(given.texts))
    train = list(reply_examples(scripts_of([t for n, t in enumerate(texts) if n % 10])))
    held = list(reply_examples(scripts_of([t for n, t in enumerate(texts) if n % 10 == 0])))
    hand = by_hand()
    beside = ReplyClassifier(given.beside.read_bytes()) if given.beside else None
    fitted = fit_replies(train)
    data = as_onnx(fitted.weights, fitted.names)
    if given.ship:
        SHIPPED.write_bytes(data)
    scores = {
        "held-out texts": score_replies(held, fitted.predict(held)),
        "written by hand": score_replies(hand, fitted.predict(hand)),
    }
    if beside is not None:
        verdicts = [beside.classify(one.reply, one.said, one.unsaid).label for one in hand]
        scores["written by hand, the model of before"] = score_replies(
            hand, [REPLY_CLASSES.index(label) for label in verdicts]
        )
    classifier = ReplyClassifier(data)
    times = []
    for example in (hand * 8)[:500]:
        began = time.perf_counter()
        classifier.classify(example.reply, example.said, example.unsaid)
        times.append(1000 * (time.perf_counter() - began))
    middle, late = np.percentile(times, [50, 99])
    page = f"""# The classifier of replies

`python bench/bench_replies.py dialogsum.dev.jsonl dialogues_test.txt dev_dialogues_007.json --limit {given.limit}
--beside before.onnx --ship --write`: {len(texts):,} dialogues, nine tenths of them trained on; each is written four times, by the offline writer
and in three scenarios, {len(train):,} examples. The ONNX file has {len(data) / 1024:.0f} kB,
{len(fitted.names):,} features.

{table(scores)}
One reply takes {middle:.2f} ms (median; 99th percentile {late:.2f} ms) on one thread of a CPU under other
load, features included.

What the writer's interrupters say comes from lists, and the held-out texts have the same lists: that column
says that the classifier knows the lists, not that it knows people. The lines written by hand are the fairer
judge: {scores["written by hand"].examples} of them, eight of each class, without a look at the lists. The model of before was
trained on the scripts of an earlier writer with fewer phrases; between the two there is next to nothing. Of four
times as many texts (`--limit 1200`) the classifier learns the lists better and people worse: .39 of these lines right.
"""
    print(page)
    if given.write:
        PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
