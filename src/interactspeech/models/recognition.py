"""Checking speech by recognition: whisper-base transcribes it, and word errors are counted.

The recogniser is a check, not a truth: a few percent of its errors are its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np

from interactspeech.errors import MissingExtraError
from interactspeech.lexicon.digit_forms import digit_words
from interactspeech.lexicon.language import LANGUAGE
from interactspeech.models.catalogue import WHISPER_BASE
from interactspeech.models.weights import WeightStore
from interactspeech.plugins import FactoryRegistry
from interactspeech.records import Samples

# ruff: noqa: RUF001 -- dashes and apostrophes of all kinds are mapped here


#: The recogniser that ships.
DEFAULT_RECOGNISER = "whisper-base"
_RATE = 16_000
#: Seconds of silence put before and after what is recognised: short clips are misheard without.
_PAD = 0.4
#: What is shown to whisper before words are asked for, so that it writes hesitations and feedback
#: as they are said: without it whisper-base leaves two of five out, or writes other words.
_AS_SPOKEN = {"en": "Um, uh, uh-huh, mm-hmm. Yeah, okay, right. So, well, I mean,"}
#: A recogniser that runs out of sound may go round in a loop ("two three two three ..."): up to so
#: many words, so often at least, so many words in all.
_LOOP_WORDS, _LOOP_TIMES, _LOOP_LENGTH = 4, 4, 8


_Word = TypeVar("_Word")


@dataclass(frozen=True)
class RecognisedWord:
    """A recognised word and its time in seconds.

    Attributes:
        text: as written.
        start, end: seconds.
        probability: that the recogniser gives it; 1 where it gives none.
    """

    text: str
    start: float
    end: float
    probability: float = 1.0


@runtime_checkable
class WordEngine(Protocol):
    """A recogniser: words with times in seconds, of mono samples of shape ``(n,)``."""

    def words(self, samples: Samples, rate: int) -> list[RecognisedWord]:
        """The words heard, in order of time.

        Raises:
            MissingExtraError: its package is not installed.
            InputError: it cannot be used here (weights that cannot be fetched, say).
        """
        ...


class Recogniser:
    """whisper-base through faster-whisper, on one thread by default.

    Args:
        store: where the weights are; the user's cache by default.
        threads: of the recogniser.
        beam: width of the search. With 1 (greedy) it is faster and leaves nothing out in pieces
            longer than ten seconds; with more it is a little better in short ones.
        language: of the speech (ISO 639-1); whisper-base knows 99.
    """

    def __init__(
        self,
        store: WeightStore | None = None,
        threads: int = 1,
        beam: int = 5,
        language: str = LANGUAGE,
    ) -> None:
        self._language = language
        self._store = store or WeightStore()
        self._threads = threads
        self._beam = beam

    def transcribe(self, samples: Samples, rate: int, prompt: str | None = None) -> str:
        """What is said in mono `samples`, shape ``(n,)``; `prompt` shows the spelling expected."""
        return " ".join(text.strip() for text, _ in self._segments(samples, rate, prompt, False))

    def words(self, samples: Samples, rate: int, prompt: str | None = None) -> list[RecognisedWord]:
        """The words heard, with times (35 to 40 ms median error, see docs/bench/voices.md).

        Without a prompt of yours, English is written as it is spoken, with "um" and "uh-huh".
        """
        heard: list[RecognisedWord] = []
        prompt = _AS_SPOKEN.get(self._language) if prompt is None else prompt
        for _, words in self._segments(samples, rate, prompt, True):
            heard += [
                RecognisedWord(
                    word.word.strip(),
                    max(word.start - _PAD, 0.0),
                    max(word.end - _PAD, 0.0),
                    float(word.probability),
                )
                for word in words
            ]
        return with_hyphens(heard)

    def _segments(
        self, samples: Samples, rate: int, prompt: str | None, times: bool
    ) -> list[tuple[str, Any]]:
        import soxr

        sound = samples if rate == _RATE else soxr.resample(samples, rate, _RATE)
        pad = np.zeros(int(_PAD * _RATE), np.float32)
        segments, _ = self._model.transcribe(
            np.concatenate([pad, np.asarray(sound, np.float32), pad]),
            language=self._language,
            beam_size=self._beam,
            temperature=0.0,
            condition_on_previous_text=False,
            word_timestamps=times,
            initial_prompt=prompt,
        )
        return [
            (
                " ".join(without_loops(segment.text.split(), str)),
                without_loops(segment.words or [], lambda word: word.word),
            )
            for segment in segments
        ]

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


#: Recognisers by name, those of other packages after ours; what they need is loaded at first use.
RECOGNISERS: FactoryRegistry[WordEngine] = FactoryRegistry(
    "interactspeech.recognisers",
    "recogniser",
    WordEngine,
    {DEFAULT_RECOGNISER: f"{__name__}:Recogniser"},
    reason="unknown-recogniser",
)


def recogniser(name: str) -> WordEngine:
    """The recogniser of a name.

    Raises:
        InputError: there is none of that name (reason ``unknown-recogniser``), or that of another
            package cannot be used (reason ``bad-plugin``).
    """
    return RECOGNISERS.make(name)


def with_hyphens(words: Sequence[RecognisedWord]) -> list[RecognisedWord]:
    """Words in one piece that whisper gives in two, "uh" and "-huh", "high" and "-end".

    >>> heard = [RecognisedWord("Uh", 0.0, 0.2, 0.9), RecognisedWord("-huh.", 0.2, 0.4, 0.7)]
    >>> with_hyphens(heard)
    [RecognisedWord(text='Uh-huh.', start=0.0, end=0.4, probability=0.8)]
    """
    joined: list[RecognisedWord] = []
    parts: list[float] = []
    for word in words:
        if joined and re.match(r"-\w", word.text) and joined[-1].text[-1:].isalnum():
            parts.append(word.probability)
            mean = round(sum(parts) / len(parts), 6)
            joined[-1] = replace(
                joined[-1], text=joined[-1].text + word.text, end=word.end, probability=mean
            )
        else:
            joined.append(word)
            parts = [word.probability]
    return joined


def without_loops(words: Sequence[_Word], text: Callable[[_Word], str]) -> list[_Word]:
    """Words without what a recogniser writes when it goes round in a loop: one round is left.

    People say a word four times over, too; so only eight words and more in all are a loop. Speech
    that really goes round so long is cut as well; the quality gate finds that by its length.

    >>> " ".join(without_loops("so two-three, two-three, two-three, two-three,".split(), str))
    'so two-three, two-three, two-three, two-three,'
    >>> " ".join(without_loops(("down to " + "two three " * 9 + "two").split(), str))
    'down to two three'
    """
    plain = [re.sub(r"\W+", "", text(word)).lower() for word in words]
    kept: list[_Word] = []
    at = 0
    while at < len(words):
        for size in range(1, _LOOP_WORDS + 1):
            end = at + size
            while end < len(words) and plain[end] == plain[end - size]:
                end += 1
            if end - at >= max(_LOOP_TIMES * size, _LOOP_LENGTH):
                kept += words[at : at + size]
                # What begins another round and goes on otherwise is no part of the loop.
                at = end if end == len(words) else end - (end - at) % size
                break
        else:
            kept.append(words[at])
            at += 1
    return kept


def normal_words(text: str) -> list[str]:
    """The words of `text` in one spelling: lower case, no punctuation, numbers and contractions.

    Written and recognised text go through the same, so that "7:30" against "seven thirty", "4471b"
    against "four thousand four hundred seventy-one B", or "I'm" against "I am" is no error, and
    "colour" is no error against "color". Numbers are digits, one a word (`lexicon.digit_forms`).
    """
    text = text.lower().replace("’", "'")
    text = re.sub(r"\b(mm+)[ -]?h+m+\b|\bm+h+m+\b", "mhm", text)
    text = re.sub(r"\buh[ -]huh\b", "uhhuh", text)
    for pattern, plain in _CONTRACTIONS:
        text = re.sub(pattern, plain, text)
    text = re.sub(r"[-–—/]", " ", text)
    text = re.sub(r"(?<=\d),(?=\d)", "", text)
    text = re.sub(r"\b([ap])\.\s?m\b\.?", r"\1m", text)
    for sign, unit in _MONEY.items():
        text = re.sub(rf"{re.escape(sign)}(\d+)\.(\d\d)\b", rf"\1 {unit} \2", text)
        text = re.sub(rf"{re.escape(sign)}(\d+(?:\.\d+)?(?: [mbt]r?illion)?)", rf"\1 {unit}", text)
    text = re.sub(r"(?<=\d)\.(?=\d)", " point ", text.replace("%", " percent"))
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)*", text)
    return digit_words([_SPELLING.get(word, word) for word in words])


def word_errors(reference: Sequence[str], heard: Sequence[str]) -> int:
    """Substitutions, deletions and insertions that turn `reference` into `heard` (Levenshtein).

    Raises:
        MissingExtraError: rapidfuzz is not installed.
    """
    return _distance()(reference, heard)


def _distance() -> Callable[[Sequence[str], Sequence[str]], int]:
    """Levenshtein distance of two lists of words."""
    try:
        from rapidfuzz.distance import Levenshtein
    except ImportError:
        raise MissingExtraError("rapidfuzz", "asr", "Counting word errors") from None
    return Levenshtein.distance


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

_MONEY = {"$": "dollars", "\u00a3": "pounds", "\u20ac": "euros"}

_SPELLING = {
    "alright": "all right", "colour": "color", "favourite": "favorite", "grey": "gray",
    "licence": "license",
    "neighbours": "neighbors", "ok": "okay", "yea": "yeah", "dr": "doctor", "mr": "mister",
    "hm": "hmm", "mmm": "mm", "ohh": "oh",
}  # fmt: skip


# What a recogniser makes of utterances, many at a time.
#
# Whisper reads windows of 30 s whatever they hold, so utterances are put one after the other into
# pieces that fill one, and the errors in what was heard are given back to the utterances they
# belong
# to. A greedy search is used: with a beam, whisper-base now and then leaves out all that follows a
# pause in a long piece (20 % of the words, measured), greedily it does not.
#
# ```
# utterances   |-- u0 --|..|-- u1 --|..|- u2 -|          .. half a second of silence
# reference     a  b  c     d  e  f     g  h
# heard         a  b  c     d  X  f     g  h  i          u1: one error, u2: one error
# ```


#: Seconds of sound in a piece, and of silence between two utterances.
_PIECE, _GAP = 24.0, 0.5


@dataclass(frozen=True)
class HeardUtterance:
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


class BatchTranscriber:
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

    def hear(self, spoken: Sequence[tuple[str, Samples]], rate: int) -> list[HeardUtterance]:
        """What is heard of each ``(text, samples)``, samples mono at `rate`."""
        found: list[HeardUtterance] = []
        gap = np.zeros(round(_GAP * rate), np.float32)
        for batch in _batches(spoken, rate, self._seconds):
            sound = np.concatenate([part for _, samples in batch for part in (samples, gap)])
            heard = self._recogniser.transcribe(sound, rate, self._prompt)
            wanted = [normal_words(text) for text, _ in batch]
            found += attribute(wanted, normal_words(heard))
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


def attribute(references: Sequence[Sequence[str]], heard: Sequence[str]) -> list[HeardUtterance]:
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
        HeardUtterance(len(reference), errors[index], " ".join(texts[index]))
        for index, reference in enumerate(references)
    ]


def _alignment(words: Sequence[str], heard: Sequence[str]) -> list[tuple[int | None, int | None]]:
    """Pairs of indices in order; None on one side for what has nothing on the other.

    Of several alignments with the fewest errors it is the one that, from the end, prefers two words
    to a deletion and a deletion to an insertion. The library's own (``editops``) prefers otherwise,
    so only its distances are used: what an utterance is found to hold stays the same.
    """
    distance = _distance()
    pairs: list[tuple[int | None, int | None]] = []
    i, j = len(words), len(heard)
    left = distance(words, heard)
    while i and j:
        if words[i - 1] == heard[j - 1]:
            pair = True, True
        else:
            left -= 1
            if distance(words[: i - 1], heard[: j - 1]) == left:
                pair = True, True
            else:
                deleted = distance(words[: i - 1], heard[:j]) == left
                pair = deleted, not deleted
        i, j = i - pair[0], j - pair[1]
        pairs.append((i if pair[0] else None, j if pair[1] else None))
    pairs += [(k, None) for k in reversed(range(i))] + [(None, k) for k in reversed(range(j))]
    return pairs[::-1]
