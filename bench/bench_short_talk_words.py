"""Which words of short talk the recogniser hears: as it is, told to write what is said, and asked again.

    python bench/bench_short_talk_words.py CORPUS [--dialogues N] [--write]

Of each stretch of speech of at most a second of a made CORPUS (its speech is given): whether all its words are feedback,
by the record and by what whisper-base hears there. Plain: without a prompt. As spoken: with the prompt of
`models.recognition`, so that "um" and "uh-huh" are written. Heard again: short stretches without a word once more, among
themselves, as `models.spoken_words` does; that way also in noise and by telephone, for how often the kind of the words is
right where the recogniser gives them a mean probability, which `listener.word_decision.KIND_RIGHT` rests on. --write writes docs/bench/short_talk_words.md.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from clip_sound import two_channels, under

from interactspeech.corpus import Corpus
from interactspeech.listener.word_decision import KIND_RIGHT
from interactspeech.models import spoken_words
from interactspeech.models.recognition import RecognisedWord, Recogniser, normal_words
from interactspeech.signal.intervals import union
from interactspeech.signal.log_mel import RATE
from interactspeech.signal.pages import InMemoryAudio
from interactspeech.turntaking import DEFAULT

PAGE = Path(__file__).parents[1] / "docs/bench/short_talk_words.md"
FEEDBACK = {
    word
    for phrase in (*DEFAULT.continuers, *DEFAULT.acknowledgements, *DEFAULT.reactions)
    for word in normal_words(phrase)
}
CONDITIONS = ("clean", "noisy", "telephone")
BINS = (0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9, 1.01)
WAYS = {"plain": ("", False), "as spoken": (None, False), "as spoken, heard again": (None, True)}
LAST = "as spoken, heard again"


class Prompted:
    """The recogniser with a prompt of its own."""

    def __init__(self, engine: Recogniser, prompt: str | None) -> None:
        self._engine, self._prompt = engine, prompt

    def words(self, samples: np.ndarray, rate: int) -> list[RecognisedWord]:
        return self._engine.words(samples, rate, self._prompt)


def kind(texts: Sequence[str]) -> str:
    words = [word for text in texts for word in normal_words(text)]
    if not words:
        return "nothing"
    return "feedback" if all(word in FEEDBACK for word in words) else "other words"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--dialogues", type=int, default=8)
    parser.add_argument("--about", default="a corpus", help="what CORPUS is, for the page")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    engine = Recogniser()
    counts: dict[str, Counter[tuple[str, str]]] = {way: Counter() for way in WAYS}
    spent = dict.fromkeys(WAYS, 0.0)
    seconds = 0.0
    certain: list[tuple[float, bool]] = []  # mean probability, and whether the kind is right
    for item, _ in zip(Corpus.open(given.corpus), range(given.dialogues), strict=False):
        d = item.dialogue
        sound = two_channels(item)
        seconds += sound.shape[1] / RATE
        sources = {name: InMemoryAudio(under(name, sound, d.id), RATE) for name in CONDITIONS}
        for channel, speaker in enumerate(d.speakers):
            mine = [u for u in d.utterances if u.speaker == speaker.id]
            rows = np.array([(s.start, s.end) for u in mine for s in u.speech]).reshape(-1, 2)
            spans = [tuple(r) for r in union(rows * RATE // d.rate, RATE // 5).tolist()]
            said = [
                (w.text, (w.start + w.end) * RATE // d.rate // 2) for u in mine for w in u.words
            ]
            for way, name in [
                *((way, "clean") for way in WAYS),
                *((LAST, c) for c in CONDITIONS[1:]),
            ]:
                prompt, again = WAYS[way]
                short = spoken_words.SHORT
                spoken_words.SHORT = short if again else 0.0
                began = time.process_time()
                heard = spoken_words.recognise(
                    sources[name], channel, spans, Prompted(engine, prompt)
                )
                if name == "clean":
                    spent[way] += time.process_time() - began
                spoken_words.SHORT = short
                for a, b in (span for span in spans if span[1] - span[0] <= RATE):
                    true = kind([text for text, at in said if a <= at < b])
                    mine_heard = [w for w in heard if a <= (w.start + w.end) // 2 < b]
                    got = kind([w.text for w in mine_heard])
                    if true == "nothing":
                        continue
                    if name == "clean":
                        counts[way][true, got] += 1
                    if way == LAST and got != "nothing":
                        mean = float(np.mean([w.probability for w in mine_heard]))
                        certain.append((mean, true == got))
    lines = []
    for way, table in counts.items():
        cells = [
            table[true, got]
            for true in ("feedback", "other words")
            for got in ("feedback", "other words", "nothing")
        ]
        lines.append(
            f"| {way} | {' | '.join(map(str, cells))} | {spent[way] / spent['plain']:.2f} |"
        )
    shares = []
    for low, high in pairwise(BINS):
        right = [ok for mean, ok in certain if low <= mean < high]
        share = f"{np.mean(right):.2f}" if right else "-"
        shares.append(f"| {low:.2f} to {min(high, 1.0):.2f} | {len(right)} | {share} |")
    slope, base = np.polyfit(*np.array(certain, np.float64).T, 1)
    text = "\n".join([
        "# What is recognised of short talk", "",
        f"Written by `bench/bench_short_talk_words.py` on {given.dialogues} dialogues, {seconds / 60:.1f} min, of {given.about}.", "",
        ("Stretches of speech of at most a second, by their words and by what whisper-base hears there. The decision about "
        "feedback with words rests on these (`detect --words`)."), "",
        "| recogniser | feedback heard as feedback | other words | nothing | other words heard as feedback | other words | nothing | time |",
        "|---|---:|---:|---:|---:|---:|---:|---:|", *lines, "",
        "## Is the kind right?", "",
        (f"As spoken and heard again, {', '.join(CONDITIONS)}: how often words are of the right kind, feedback or other words, by "
        f"the mean probability p that the recogniser gives them. A straight line: {base:.2f} + {slope:.2f} p. The decision takes "
        f"{KIND_RIGHT[0]:.1f} + {KIND_RIGHT[1]:.1f} p, for among people breath and knocks are heard as words too."), "",
        "| p | short talk | kind right |", "|---|---:|---:|", *shares, "",
    ])  # fmt: skip
    print(text)
    if given.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
