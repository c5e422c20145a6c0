"""How long a voice takes for a text: the expectation that tells a line cut off, or rambling.

What is said takes time by its letters and syllables; by the pauses at commas and, twice as long, at
the ends of sentences inside; and by letters that are called by their names ("PCC", "J-U-D-Y"). How
near that comes is in the file of an engine's limits: ``measured.length``, logarithms of the ratio.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec.structs import astuple

FloatArray = npt.NDArray[np.float64]

#: Letters that a digit is read as, on average ("7": seven, "15": fifteen).
_DIGIT = 3.5
_STOPS, _COMMAS = frozenset(".!?…"), frozenset(",;:—-")
_VOWELS = re.compile(r"[aeiouy]+")
#: An "e" that is written and not said: "come", "asked"; but "table", "wanted".
_SILENT = re.compile(r"(?<=[^l])e$|(?<=[^td])ed$")
_ONE_LETTER_WORDS = frozenset("AIO")
_ADDED = 0.5  # seconds


class Extent(NamedTuple):
    """How much there is to say.

    Attributes:
        letters: those of words, and 3.5 for a digit.
        syllables: of words, by their spelling; one for a digit.
        initials: letters that are called by their names.
        commas, stops: words with such a mark behind them, inside the text; the last mark ends
            the utterance, and its silence is cut off.
    """

    letters: float
    syllables: int
    initials: int
    commas: int
    stops: int


class Pace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds that a voice takes at speed 1: `base`, and so many for each unit of an `Extent`."""

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
        """How long `text` took, over what it was expected to: half a second is added to both.

        Without that, ratios of short texts scatter more widely than those of long ones.
        """
        return (seconds * speed + _ADDED) / (self.expected(text) + _ADDED)

    def times(self, factor: float) -> Pace:
        """A voice so many times slower."""
        return Pace(*(round(factor * value, 4) for value in astuple(self)))


#: English at its usual pace. A fit is held to its proportions where the texts say too little.
USUAL = Pace(base=0.1, letter=0.035, syllable=0.07, initial=0.15, comma=0.2, stop=0.4)
#: Weight of these proportions: values half as large again are as likely as residuals of a tenth.
_HOLD = 0.2


def extent(text: str) -> Extent:
    """How much there is to say in `text`."""
    tokens = text.split()
    shouted = text.upper() == text  # then capitals say nothing
    letters, syllables, initials = 0.0, 0, 0
    for token in tokens:
        word = "".join(c for c in token if c.isalnum())
        if not shouted and _by_name(word):
            initials += sum(map(str.isalpha, word))
            word = "".join(filter(str.isdecimal, word))
        digits = sum(map(str.isdecimal, word))
        letters += len(word) - digits + _DIGIT * digits
        syllables += digits + _syllables(word)
    inside = [token[-1] for token in tokens[:-1]]
    return Extent(
        letters, syllables, initials,
        sum(mark in _COMMAS for mark in inside), sum(mark in _STOPS for mark in inside),
    )  # fmt: skip


def fitted(texts: Sequence[str], seconds: FloatArray) -> Pace:
    """The pace that explains the lengths of texts best, relative errors squared.

    Args:
        texts: what was said.
        seconds: how long each took at speed 1, ``(n,)``.
    """
    rows = np.array([_row(text) for text in texts])
    usual = np.array(astuple(USUAL))
    usual *= np.median(seconds / (rows @ usual))
    values, *_ = np.linalg.lstsq(
        np.vstack((rows / seconds[:, None], np.diag(_HOLD / usual))),
        np.append(np.ones(len(rows)), np.full(len(usual), _HOLD)),
        None,
    )
    return Pace(*(round(max(float(value), 0.0), 4) for value in values))


def mean(paces: Sequence[Pace]) -> Pace:
    """The mean of several voices' paces."""
    return Pace(*np.mean([astuple(pace) for pace in paces], axis=0).tolist())


def _row(text: str) -> tuple[float, ...]:
    return (1.0, *extent(text))


def _by_name(word: str) -> bool:
    """Whether letters are said one by one: "PCC", "US" for "U.S.", "N"; but "I", "A"."""
    return word.isupper() and word not in _ONE_LETTER_WORDS


def _syllables(word: str) -> int:
    word = word.lower()
    if not any(map(str.isalpha, word)):
        return 0
    groups = len(_VOWELS.findall(word))
    return max(groups - (groups > 1 and _SILENT.search(word) is not None), 1)
