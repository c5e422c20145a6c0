"""Duration model: expected seconds of a text by a voice, to detect truncated or rambling speech.

Duration is linear in letters, syllables, commas, ends of sentences inside the text and spelled
letters ("PCC", "J-U-D-Y"). The fit's accuracy is in the file of an engine's limits:
``measured.length``, logarithms of the ratio.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec
import numpy as np
from msgspec.structs import astuple

from interactspeech._typing import Float64Array

#: Letters of a digit as it is read, on average ("7": seven, "15": fifteen).
_DIGIT = 3.5
_STOPS, _COMMAS = frozenset(".!?…"), frozenset(",;:—-")
_VOWELS = re.compile(r"[aeiouy]+")
#: A silent "e": "come", "asked"; but not "table", "wanted".
_SILENT = re.compile(r"(?<=[^l])e$|(?<=[^td])ed$")
_ONE_LETTER_WORDS = frozenset("AIO")
_RATIO_OFFSET = 0.5  # seconds


class TextExtent(NamedTuple):
    """Counts of what takes time in a text.

    Attributes:
        letters: those of words, and 3.5 for a digit.
        syllables: of words, by their spelling; one for a digit.
        initials: letters that are spelled.
        commas, stops: words followed by such a mark, inside the text; the final mark ends the
            utterance, and its silence is trimmed.
    """

    letters: float
    syllables: int
    initials: int
    commas: int
    stops: int


class DurationModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds of a voice at speed 1: `base`, and a coefficient for each count of `TextExtent`."""

    base: float
    letter: float
    syllable: float
    initial: float
    comma: float
    stop: float

    def expected(self, text: str) -> float:
        """Seconds expected for `text`, at speed 1."""
        return float(np.dot(_row(text), astuple(self)))

    def ratio(self, text: str, seconds: float, speed: float = 1.0) -> float:
        """Actual over expected duration, with half a second added to both.

        The offset makes the spread of the ratio independent of the text's length.
        """
        return (seconds * speed + _RATIO_OFFSET) / (self.expected(text) + _RATIO_OFFSET)

    def times(self, factor: float) -> DurationModel:
        """The model of a voice slower by `factor`."""
        return DurationModel(*(round(factor * value, 4) for value in astuple(self)))


#: English at its usual rate: the prior of fits.
USUAL = DurationModel(base=0.1, letter=0.035, syllable=0.07, initial=0.15, comma=0.2, stop=0.4)
#: Weight of the prior: a coefficient off by a half costs as much as a residual of a tenth.
_PRIOR_WEIGHT = 0.2


def text_extent(text: str) -> TextExtent:
    """The counts of `text`."""
    tokens = text.split()
    all_capitals = text.upper() == text  # then capitals mark no initials
    letters, syllables, initials = 0.0, 0, 0
    for token in tokens:
        word = token if token.isalnum() else "".join(filter(str.isalnum, token))
        if not all_capitals and _is_initialism(word):
            initials += sum(map(str.isalpha, word))
            word = "".join(filter(str.isdecimal, word))
        digits = 0 if word.isalpha() else sum(map(str.isdecimal, word))
        letters += len(word) - digits + _DIGIT * digits
        syllables += digits + _syllables(word)
    inside = [token[-1] for token in tokens[:-1]]
    return TextExtent(
        letters, syllables, initials,
        sum(mark in _COMMAS for mark in inside), sum(mark in _STOPS for mark in inside),
    )  # fmt: skip


def fit_duration_model(texts: Sequence[str], seconds: Float64Array) -> DurationModel:
    """The model with the least squared relative error of durations, with `USUAL` as a prior.

    Args:
        texts: what was said.
        seconds: how long each took at speed 1, ``(n,)``.
    """
    rows = np.array([_row(text) for text in texts])
    usual = np.array(astuple(USUAL))
    usual *= np.median(seconds / (rows @ usual))
    values, *_ = np.linalg.lstsq(
        np.vstack((rows / seconds[:, None], np.diag(_PRIOR_WEIGHT / usual))),
        np.append(np.ones(len(rows)), np.full(len(usual), _PRIOR_WEIGHT)),
        None,
    )
    return DurationModel(*(round(max(float(value), 0.0), 4) for value in values))


def mean_duration_model(paces: Sequence[DurationModel]) -> DurationModel:
    """The mean of several voices' models."""
    return DurationModel(*np.mean([astuple(pace) for pace in paces], axis=0).tolist())


def _row(text: str) -> tuple[float, ...]:
    return (1.0, *text_extent(text))


def _is_initialism(word: str) -> bool:
    """Whether a word is spelled: "PCC", "US" for "U.S.", "N"; but not "I", "A"."""
    return word.isupper() and word not in _ONE_LETTER_WORDS


@lru_cache(maxsize=16_384)
def _syllables(word: str) -> int:
    word = word.lower()
    if not any(map(str.isalpha, word)):
        return 0
    groups = len(_VOWELS.findall(word))
    return max(groups - (groups > 1 and _SILENT.search(word) is not None), 1)
