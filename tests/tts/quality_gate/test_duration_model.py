"""How long a voice takes for a text."""

import numpy as np
import pytest

from interactspeech.records import PlainDialogue
from interactspeech.scripts import demo_dialogues
from interactspeech.tts import engine
from interactspeech.tts.quality_gate.duration_model import (
    USUAL,
    TextExtent,
    fit_duration_model,
    mean_duration_model,
    text_extent,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Yes, at 7.", TextExtent(5 + 3.5, 3, 0, 1, 0)),
        ("OK. Let's go and see.", TextExtent(12, 4, 2, 0, 1)),
        ("My name is Tony Chan. T-O-N-Y.", TextExtent(16, 6, 4, 0, 1)),
        ("I have a table.", TextExtent(11, 5, 0, 0, 0)),
        ("NO, NOT HERE.", TextExtent(9, 3, 0, 1, 0)),  # capitals throughout say nothing
        ("Asked, wanted, played", TextExtent(17, 4, 0, 2, 0)),
        ("-- ...", TextExtent(0, 0, 0, 1, 0)),
        ("", TextExtent(0, 0, 0, 0, 0)),
    ],
)
def test_how_much_there_is_to_say(text: str, expected: TextExtent) -> None:
    assert text_extent(text) == expected


def test_a_fit_finds_the_pace_that_made_the_lengths() -> None:
    plain = [one for one in demo_dialogues() if isinstance(one, PlainDialogue)]
    texts = [turn.text for one in plain for turn in one.turns][:200]
    slow = USUAL.times(1.7)
    seconds = np.array([slow.expected(text) for text in texts])
    found = fit_duration_model(texts, seconds)
    for text in ("I'm going to buy it.", "Yes, sir. Now.", "We ask for PCC."):
        assert found.expected(text) == pytest.approx(slow.expected(text), rel=0.05)


@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0])
def test_as_long_as_expected_is_one_at_any_speed(speed: float) -> None:
    text = "So nobody says this twice."
    assert USUAL.ratio(text, USUAL.expected(text) / speed, speed) == pytest.approx(1.0)


def test_half_as_long_again_is_too_long_and_a_pause_more_is_not() -> None:
    short, long = "Your ex?", "So nobody says this twice, and nobody ever will, because it is late."
    assert USUAL.ratio(short, USUAL.expected(short) + 0.3) < 1.4
    assert USUAL.ratio(long, 1.5 * USUAL.expected(long)) > 1.4
    assert USUAL.ratio(long, 0.6 * USUAL.expected(long)) < 0.71


def test_few_texts_leave_the_usual_proportions() -> None:
    found = fit_duration_model(["Yes."], np.array([2 * USUAL.expected("Yes.")]))
    assert found.stop == pytest.approx(2 * USUAL.stop, rel=0.1)
    assert found.initial == pytest.approx(2 * USUAL.initial, rel=0.1)


def test_the_mean_of_paces() -> None:
    assert mean_duration_model([USUAL, USUAL.times(2)]).letter == pytest.approx(1.5 * USUAL.letter)


@pytest.mark.parametrize(
    "text",
    [
        "Oh, what happened, Carole?",
        "My name is Tony Chan. T-O-N-Y.",
        "OK. Let's go and see.",
        "My first name is J-U-D-Y, and my last name is W-A-N-G.",
        "Did you take TOEFL or GRE?",
        "Fine, thank you, and, um, how are you?",
        "Where are you meeting your friend?",
    ],
)
def test_good_lines_are_as_long_as_expected(text: str) -> None:
    """Of 150 hours, the quick gate dropped 256 dialogues for lines like these."""
    from interactspeech.tts.quality_gate.gate import quick_check

    made = engine("hibari").speak(text, "f_agnes")
    assert quick_check(text, made) == []
