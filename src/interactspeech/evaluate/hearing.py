"""What a recogniser makes of utterances, many at a time.

Whisper reads windows of 30 s whatever they hold, so utterances are put one after the other into
pieces that fill one, and the errors in what was heard are given back to the utterances they belong
to. A greedy search is used: with a beam, whisper-base now and then leaves out all that follows a
pause in a long piece (20 % of the words, measured), greedily it does not.

```
utterances   |-- u0 --|..|-- u1 --|..|- u2 -|          .. half a second of silence
reference     a  b  c     d  e  f     g  h
heard         a  b  c     d  X  f     g  h  i          u1: one error, u2: one error
```
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from interactspeech.dialogue import Samples
from interactspeech.voices.recognition import Recogniser, normal_words

#: Seconds of sound in a piece, and of silence between two utterances.
_PIECE, _GAP = 24.0, 0.5


@dataclass(frozen=True)
class Heard:
    """What was heard of one utterance.

    Attributes:
        words: of its text, in the spelling of `normal_words`.
        errors: substitutions, deletions and insertions.
        text: what was heard in its place.
    """

    words: int
    errors: int
    text: str

    @property
    def rate(self) -> float:
        """Errors a word."""
        return self.errors / max(self.words, 1)


class Ear:
    """Holds a recogniser; keep one.

    Args:
        recogniser: whisper-base, searching greedily, by default.
        prompt: shows the recogniser the spelling that is expected.
        seconds: of sound in a piece.
    """

    def __init__(
        self,
        recogniser: Recogniser | None = None,
        prompt: str | None = None,
        seconds: float = _PIECE,
    ) -> None:
        self._recogniser = recogniser or Recogniser(beam=1)
        self._prompt, self._seconds = prompt, seconds

    def hear(self, spoken: Sequence[tuple[str, Samples]], rate: int) -> list[Heard]:
        """What is heard of each ``(text, samples)``, samples mono at `rate`."""
        found: list[Heard] = []
        gap = np.zeros(round(_GAP * rate), np.float32)
        for batch in _batches(spoken, rate, self._seconds):
            sound = np.concatenate([part for _, samples in batch for part in (samples, gap)])
            heard = self._recogniser.transcribe(sound, rate, self._prompt)
            wanted = [normal_words(text) for text, _ in batch]
            # "4 7 2" may be written as 472, and "nineteen eighty seven" as 1987.
            digits = re.sub(r"(?<=\d)[\s,-]*(?=\d)", " ", heard)
            years = re.sub(r"\b(1\d|20)(\d\d)\b", r"\1 \2", heard)
            readings = (heard, digits, years)
            ways = [attribute(wanted, normal_words(reading)) for reading in readings]
            found += [min(way, key=lambda one: one.errors) for way in zip(*ways, strict=True)]
        return found


def _batches(
    spoken: Sequence[tuple[str, Samples]], rate: int, most: float
) -> list[list[tuple[str, Samples]]]:
    batches: list[list[tuple[str, Samples]]] = []
    seconds = most
    for text, samples in spoken:
        length = len(samples) / rate + _GAP
        if seconds + length > most:
            batches.append([])
            seconds = 0.0
        batches[-1].append((text, samples))
        seconds += length
    return batches


def attribute(references: Sequence[Sequence[str]], heard: Sequence[str]) -> list[Heard]:
    """Give the words of `heard` to the references that they align with (Levenshtein).

    The errors of all together are those of the joined references. A word that was inserted belongs
    to the reference word before it (the first one, where there is none).
    """
    words = [word for reference in references for word in reference]
    owners = [index for index, reference in enumerate(references) for _ in reference]
    errors = [0] * len(references)
    texts: list[list[str]] = [[] for _ in references]
    last = 0
    for i, j in _alignment(words, heard) if owners else []:
        last = last if i is None else i  # what no word is for belongs to the word before
        errors[owners[last]] += i is None or j is None or words[i] != heard[j]
        if j is not None:
            texts[owners[last]].append(heard[j])
    return [
        Heard(len(reference), errors[index], " ".join(texts[index]))
        for index, reference in enumerate(references)
    ]


def _alignment(words: Sequence[str], heard: Sequence[str]) -> list[tuple[int | None, int | None]]:
    """Pairs of indices in order; None on one side for what has nothing on the other."""
    cost = np.zeros((len(words) + 1, len(heard) + 1), np.int32)
    cost[:, 0] = np.arange(len(words) + 1)
    cost[0, :] = np.arange(len(heard) + 1)
    for i, word in enumerate(words, start=1):
        for j, other in enumerate(heard, start=1):
            cost[i, j] = min(
                cost[i - 1, j] + 1, cost[i, j - 1] + 1, cost[i - 1, j - 1] + (word != other)
            )
    pairs: list[tuple[int | None, int | None]] = []
    i, j = len(words), len(heard)
    while i or j:
        if i and j and cost[i, j] == cost[i - 1, j - 1] + (words[i - 1] != heard[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif i and cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
            pairs.append((i, None))
        else:
            j -= 1
            pairs.append((None, j))
    return pairs[::-1]
