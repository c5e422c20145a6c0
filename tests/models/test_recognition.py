"""Counting word errors, and the aligner's way out for unknown words."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.lexicon.number_words import cardinal
from interactspeech.models.aligners import PocketsphinxAligner
from interactspeech.models.recognition import Recogniser, attribute, normal_words, word_errors
from interactspeech.tts import engine


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I'm 25, okay?", "i am twenty five OK"),
        ("It isn't here -- mm-hm.", "It is not here. Mm-hmm!"),
        ("You can't say that's $5.", "you cannot say that is five dollars"),
        ("Uh-huh, well-known colour", "uh huh well known color"),
        ("It is 4471b.", "it is four thousand four hundred seventy-one B"),
        ("It is 4471b.", "It is four four seven one B."),
        ("forty-four seventy-one b", "4471 B"),
        ("Code MUL0484", "code M-U-L zero four eight four"),
        ("at 7:30 p.m.", "at seven thirty PM"),
        ("in 1987 and 2005", "in nineteen eighty-seven and two thousand and five"),
        ("in twenty oh five", "in 2005"),
        ("room 4 0 7", "room four oh seven"),
        ("2 million, 3,500", "two million three thousand five hundred"),
        ("a hundred and five", "105"),
        ("the 21st of May", "the twenty-first of May"),
        ("3.5 percent", "three point five %"),
        ("$2.50", "two dollars fifty"),
        ("one hundred one hundred", "100 100"),
        ("two thousand three thousand", "2,000 3,000"),
        ("seven hundred thousand", "700,000"),
        ("zero seven nine", "079"),
        ("\u00a35 million", "five million pounds"),
    ],
)
def test_spelling_is_no_error(one, other):
    assert word_errors(normal_words(one), normal_words(other)) == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [("four five", "5 4"), ("fourteen", "forty"), ("oh well", "0 well"),
     ("thirteen", "thirty"), ("the first", "the one"), ("two hundred", "two thousand")],
)  # fmt: skip
def test_other_numbers_are_errors(one, other):
    assert word_errors(normal_words(one), normal_words(other)) > 0


@given(st.integers(0, 10**9 - 1))
def test_every_number_is_its_digits(number):
    assert normal_words(cardinal(number)) == list(str(number))
    assert normal_words(f"{number:,}") == list(str(number))


@pytest.mark.parametrize(
    ("reference", "heard", "errors"),
    [
        ("a b c", "a b c", 0),
        ("a b c", "a c", 1),
        ("a b", "a x b y", 2),
        ("", "a b", 2),
        ("a", "", 1),
    ],
)
def test_word_errors(reference, heard, errors):
    assert word_errors(reference.split(), heard.split()) == errors


def test_unknown_words_are_aligned():
    text = "Zorblatt paid $5 to MUL0484, mm-hm."
    speech = engine("hibari").speak(text)
    found = PocketsphinxAligner().align(speech.samples, speech.rate, text)
    assert found is not None
    assert len(found) == len(speech.words)
    apart = [abs(word.start - start) for word, (start, _) in zip(speech.words, found, strict=True)]
    assert max(apart) < 0.15 * speech.rate


def aligned(words: list[str], heard: list[str]) -> list[tuple[int | None, int | None]]:
    """By the textbook's table; back through it both, else a deletion, else an insertion."""
    cost = [[i + j for j in range(len(heard) + 1)] for i in range(len(words) + 1)]
    for i, word in enumerate(words, start=1):
        for j, other in enumerate(heard, start=1):
            both = cost[i - 1][j - 1] + (word != other)
            cost[i][j] = min(cost[i - 1][j] + 1, cost[i][j - 1] + 1, both)
    pairs: list[tuple[int | None, int | None]] = []
    i, j = len(words), len(heard)
    while i or j:
        if i and j and cost[i][j] == cost[i - 1][j - 1] + (words[i - 1] != heard[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif i and cost[i][j] == cost[i - 1][j] + 1:
            i -= 1
            pairs.append((i, None))
        else:
            j -= 1
            pairs.append((None, j))
    return pairs[::-1]


letters = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=8)


@given(st.lists(letters, min_size=1, max_size=4), letters)
def test_errors_are_those_of_the_textbook(references, heard):
    words = [word for reference in references for word in reference]
    pairs = aligned(words, heard)
    wrong = [i is None or j is None or words[i] != heard[j] for i, j in pairs]
    assert word_errors(words, heard) == sum(wrong)
    if not words:
        return
    owners = [number for number, reference in enumerate(references) for _ in reference]
    errors, texts, last = [0] * len(references), [[] for _ in references], 0
    for (i, j), is_wrong in zip(pairs, wrong, strict=True):
        last = last if i is None else i
        errors[owners[last]] += is_wrong
        if j is not None:
            texts[owners[last]].append(heard[j])
    found = attribute(references, heard)
    assert [one.errors for one in found] == errors
    assert [one.text for one in found] == [" ".join(text) for text in texts]


@pytest.mark.parametrize(
    ("heard", "left"),
    [
        ("down to two-three-two", "down to two-three-two"),
        ("no no no no no, not that", "no no no no no, not that"),
        ("Then. " + "Two, three. " * 6 + "Two nights", "Then. Two, three. Two nights"),
        ("a b c " * 2, "a b c a b c"),
        ("uh " * 30, "uh"),
    ],
)
def test_a_loop_is_cut_to_one_round(monkeypatch, heard, left):
    def transcribe(_sound, **_options):
        words = [
            SimpleNamespace(word=f" {w}", start=1.0, end=1.2, probability=0.5)
            for w in heard.split()
        ]
        return [SimpleNamespace(text=heard, words=words)], None

    monkeypatch.setattr(Recogniser, "_model", SimpleNamespace(transcribe=transcribe))
    silence = np.zeros(16_000, np.float32)
    assert Recogniser().transcribe(silence, 16_000) == left
    assert " ".join(word.text for word in Recogniser().words(silence, 16_000)) == left


def test_words_that_whisper_gives_in_two_pieces_are_one(monkeypatch):
    pieces = [
        (" Mm", 0.6),
        ("-hmm,", 0.8),
        (" high", 1.0),
        ("-end", 1.0),
        (" -", 0.1),
        (" so", 1.0),
    ]

    def transcribe(_sound, **_options):
        words = [
            SimpleNamespace(word=text, start=1.0 + i, end=1.5 + i, probability=chance)
            for i, (text, chance) in enumerate(pieces)
        ]
        return [SimpleNamespace(text="".join(t for t, _ in pieces), words=words)], None

    monkeypatch.setattr(Recogniser, "_model", SimpleNamespace(transcribe=transcribe))
    heard = Recogniser().words(np.zeros(16_000, np.float32), 16_000)
    assert [word.text for word in heard] == ["Mm-hmm,", "high-end", "-", "so"]
    assert heard[0].probability == pytest.approx(0.7)
    assert heard[0].end - heard[0].start == pytest.approx(1.5)
