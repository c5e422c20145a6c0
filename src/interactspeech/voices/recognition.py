"""Checking speech by ear: whisper-base writes down what it hears, and errors are counted.

The recogniser is a check, not a truth: a few percent of its errors are its own.
"""
# ruff: noqa: RUF001 -- dashes and apostrophes of all kinds are mapped here

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from interactspeech.dialogue import Samples
from interactspeech.errors import MissingExtraError
from interactspeech.voices.catalogue import WHISPER_BASE
from interactspeech.voices.weights import WeightStore

_RATE = 16_000
#: Seconds of silence put before and after what is recognised: short clips are misheard without.
_PAD = 0.4


@dataclass(frozen=True)
class Heard:
    """A recognised word and its time in seconds."""

    text: str
    start: float
    end: float


class Recogniser:
    """whisper-base through faster-whisper, on one thread by default.

    Args:
        store: where the weights are; the user's cache by default.
        threads: of the recogniser.
        beam: width of the search. With 1 (greedy) it is faster and leaves nothing out in pieces
            longer than ten seconds; with more it is a little better in short ones.
    """

    def __init__(self, store: WeightStore | None = None, threads: int = 1, beam: int = 5) -> None:
        self._store = store or WeightStore()
        self._threads = threads
        self._beam = beam

    def transcribe(self, samples: Samples, rate: int, prompt: str | None = None) -> str:
        """What is said in mono `samples`, shape ``(n,)``; `prompt` shows the spelling expected."""
        return " ".join(text.strip() for text, _ in self._segments(samples, rate, prompt, False))

    def words(self, samples: Samples, rate: int, prompt: str | None = None) -> list[Heard]:
        """The words heard, with times (35 to 40 ms median error, see docs/bench/voices.md)."""
        heard: list[Heard] = []
        for _, words in self._segments(samples, rate, prompt, True):
            heard += [
                Heard(word.word.strip(), max(word.start - _PAD, 0.0), max(word.end - _PAD, 0.0))
                for word in words
            ]
        return heard

    def _segments(
        self, samples: Samples, rate: int, prompt: str | None, times: bool
    ) -> list[tuple[str, Any]]:
        import soxr

        sound = samples if rate == _RATE else soxr.resample(samples, rate, _RATE)
        pad = np.zeros(int(_PAD * _RATE), np.float32)
        segments, _ = self._model.transcribe(
            np.concatenate([pad, np.asarray(sound, np.float32), pad]),
            language="en",
            beam_size=self._beam,
            temperature=0.0,
            condition_on_previous_text=False,
            word_timestamps=times,
            initial_prompt=prompt,
        )
        return [(segment.text, segment.words or []) for segment in segments]

    @cached_property
    def _model(self) -> Any:
        try:
            from faster_whisper import WhisperModel
        except ImportError:
            raise MissingExtraError("faster-whisper", "asr", "Recognition") from None
        self._store.fetch(WHISPER_BASE)
        files = [self._store.path(weight) for weight in WHISPER_BASE]
        return WhisperModel(
            str(files[0].parent),
            device="cpu",
            compute_type="int8",
            cpu_threads=self._threads,
            local_files_only=True,
        )


def normal_words(text: str) -> list[str]:
    """The words of `text` in one spelling: lower case, no punctuation, numbers and contractions.

    Written and recognised text go through the same, so that "7:30" against "seven thirty" or
    "I'm" against "I am" is no error, and "colour" is no error against "color".
    """
    text = text.lower().replace("’", "'")
    text = re.sub(r"\b(mm+)[ -]?h+m+\b|\bm+h+m+\b", "mhm", text)
    text = re.sub(r"\buh[ -]huh\b", "uhhuh", text)
    for pattern, plain in _CONTRACTIONS:
        text = re.sub(pattern, plain, text)
    text = re.sub(r"[-–—/]", " ", text)
    text = re.sub(r"(?<=\d),(?=\d)", "", text)
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)*", re.sub(r"\$(\d+)", r"\1 dollars", text))
    spoken: list[str] = []
    for word in words:
        spoken += (
            _number(word) if word.isascii() and word.isdigit() else [_SPELLING.get(word, word)]
        )
    return spoken


def word_errors(reference: Sequence[str], heard: Sequence[str]) -> int:
    """Substitutions, deletions and insertions that turn `reference` into `heard` (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for i, expected in enumerate(reference, start=1):
        before, row[0] = row[0], i
        for j, found in enumerate(heard, start=1):
            before, row[j] = (
                row[j],
                min(row[j] + 1, row[j - 1] + 1, before + (expected != found)),
            )
    return row[-1]


_CONTRACTIONS = (
    (r"\bcan't\b", "cannot"),
    (r"\bcan not\b", "cannot"),
    (r"\bwon't\b", "will not"),
    (r"n't\b", " not"),
    (r"'re\b", " are"),
    (r"'ve\b", " have"),
    (r"'ll\b", " will"),
    (r"'m\b", " am"),
    (r"\b(it|that|he|she|there|what|where|who|here)'s\b", r"\1 is"),
)

_SPELLING = {
    "alright": "all right", "colour": "color", "favourite": "favorite", "grey": "gray",
    "licence": "license",
    "neighbours": "neighbors", "ok": "okay", "yea": "yeah", "dr": "doctor", "mr": "mister",
    "hm": "hmm", "mmm": "mm", "ohh": "oh",
}  # fmt: skip


def _number(digits: str) -> list[str]:
    """A number in words, as the engines read it; long ones digit by digit."""
    try:
        from hibari.g2p import numbers
    except ImportError:
        raise MissingExtraError("hibari-tts", "tts", "Reading numbers") from None
    if len(digits) > 6:
        return [str(numbers.cardinal(int(digit))) for digit in digits]
    said: str = numbers.cardinal(int(digits))
    return re.split(r"[^a-z]+", said.replace(" and ", " "))
