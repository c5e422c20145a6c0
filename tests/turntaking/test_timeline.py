import math

import numpy as np
import pytest

from interactspeech.errors import InputError
from interactspeech.records import Dialogue, Span, Speaker, Utterance, Word
from interactspeech.turntaking import Timeline


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((-1, 5), "negative-time"),
        ((9, 5), "reversed-time"),
        ((101, 120), "past-end"),
        ((math.nan, 5), "bad-segment"),
        ((0, math.inf), "bad-segment"),
        ((0, 5.5), "bad-segment"),
        (("0", "5"), "bad-segment"),
        ((1, 2, 3), "bad-segment"),
        ((None, 5), "bad-segment"),
    ],
)
def test_what_cannot_be_mended_is_refused_by_name(row, reason):
    with pytest.raises(InputError) as error:
        Timeline.build(100, {"anna": [(0, 5), row]}, length=100, path="a.rttm")
    assert error.value.reason == reason
    assert "anna" in str(error.value)
    assert "a.rttm" in str(error.value)


def test_repairs_are_made_and_reported():
    timeline, repairs = Timeline.build(
        100, {"A": [(50, 60), (0, 10), (5, 20), (30, 30), (20, 25), (90, 140)], "B": []}, length=100
    )
    assert timeline.activity["A"].tolist() == [[0, 25], [50, 60], [90, 100]]
    assert timeline.activity["B"].shape == (0, 2)
    assert sorted((r.kind, r.start, r.end) for r in repairs) == [
        ("empty", 30, 30),
        ("overlapping", 5, 20),
        ("past-end", 90, 140),
    ]
    assert "merged" in str(next(r for r in repairs if r.kind == "overlapping"))


def test_whole_numbers_of_any_type_are_samples():
    rows = np.array([[0, 5], [7, 9]], np.uint32)
    timeline, repairs = Timeline.build(10, {"A": rows, "B": [(0.0, np.int16(3))]})
    assert timeline.activity["A"].tolist() == rows.tolist()
    assert timeline.activity["B"].tolist() == [[0, 3]]
    assert timeline.length == 9
    assert not repairs


def test_bad_shapes_rates_and_strangers():
    with pytest.raises(InputError, match="shape"):
        Timeline.build(10, {"A": np.arange(3)})
    with pytest.raises(InputError, match="rate"):
        Timeline.build(0, {})
    with pytest.raises(InputError, match="no speaker"):
        Timeline.build(10, {"A": [(0, 5)]}, words={"C": [Word("hi", 0, 5)]})


def test_of_a_record_joins_utterances_that_touch_and_keeps_their_words():
    dialogue = Dialogue(
        id="d",
        rate=100,
        length=500,
        speakers=(Speaker("A"), Speaker("B")),
        utterances=(
            Utterance("2", "A", 100, 200, (Span(100, 200),), words=(Word("then", 110, 150),)),
            Utterance("1", "A", 0, 100, (Span(0, 40), Span(60, 100)), words=(Word("so", 0, 40),)),
        ),
    )
    timeline = Timeline.of(dialogue)
    assert timeline.activity["A"].tolist() == [[0, 40], [60, 200]]
    assert timeline.words["A"].texts == ("so", "then")
    assert "B" not in timeline.words
    assert timeline.speakers == ("A", "B")
    assert timeline.seconds == 5


def test_it_says_on_a_line_who_talks_for_how_long():
    activity = {"A": np.array([[0, 150], [300, 350]]), "B": np.array([[150, 300]])}
    assert repr(Timeline(100, 400, activity)) == "Timeline(4.0 s at 100 Hz; A 2.0 s, B 1.5 s)"
