"""Likeness to people's talk: each measure on dialogues whose answer can be counted by hand."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.evaluation.likeness import (
    HUMAN_LAST,
    Judged,
    PauseCensus,
    Silence,
    likeness,
    silences,
    wilson,
)
from interactspeech.records import Dialogue, Span, Speaker, Track, Utterance, Word
from interactspeech.turntaking.timing.pause_places import PAUSE_PLACES, PausePlaces

RATE = 1000


def utterance(name, speaker, *said, kind="turn", unsaid=()):
    """Words as (text, start, end) in milliseconds; speech is where there are words."""
    words = tuple(Word(*word) for word in said)
    speech = []
    for word in words:
        if speech and word.start <= speech[-1].end:
            speech[-1] = Span(speech[-1].start, word.end)
        else:
            speech.append(Span(word.start, word.end))
    return Utterance(
        name, speaker, words[0].start, words[-1].end, tuple(speech), words, unsaid, kind, "engine"
    )


def talk(*utterances, length=20_000, name="talk"):
    return Dialogue(
        name,
        RATE,
        length,
        (Speaker("A"), Speaker("B")),
        tuple(utterances),
        tracks=(Track("A", "x.flac", 0), Track("B", "x.flac", 1)),
    )


#: A pauses inside a sentence (0.5 s) and between two (0.8 s), B answers after 0.4 s.
USUAL = (
    utterance(
        "a",
        "A",
        ("We", 0, 300),
        ("take", 300, 600),
        ("the", 600, 1000),
        ("train.", 1500, 2100),
        ("Then", 2900, 3200),
        ("um", 3200, 3500),
        ("walk.", 3500, 4000),
    ),
    utterance("b", "B", ("That", 4400, 4700), ("sounds", 4700, 5000), ("fine.", 5000, 5600)),
)


def test_silences_are_held_or_end_a_turn():
    assert list(silences(talk(*USUAL))) == [
        Silence("A", 1000, 1500, held=True),
        Silence("A", 2100, 2900, held=True),
        Silence("A", 4000, 4400, held=False),
    ]


def test_a_turn_that_was_cut_off_has_no_end():
    first, second = USUAL
    cut = utterance(
        "a", "A", *((w.text, w.start, w.end) for w in first.words), unsaid=("to", "town.")
    )
    assert [silence.held for silence in silences(talk(cut, second))] == [True, True]


def test_silences_shorter_than_200_ms_do_not_count():
    near = utterance("b", "B", ("That", 4150, 4700), ("sounds", 4700, 5600))
    assert [s.held for s in silences(talk(USUAL[0], near))] == [True, True]
    at = utterance("b", "B", ("That", 4200, 4700), ("sounds", 4700, 5600))
    assert [s.held for s in silences(talk(USUAL[0], at))] == [True, True, False]


class Listens:
    """A judge that answers by the seconds it was given, and notes what it heard."""

    def __init__(self, answers):
        self.answers, self.heard = answers, []

    def complete(self, samples):
        self.heard.append(samples)
        return self.answers[len(self.heard) - 1]


def test_the_judge_hears_one_speaker_up_to_200_ms_into_the_silence():
    sound = np.zeros((2, 20_000), np.float32)
    sound[0] = 0.5
    judge, judged = Listens([0.2, 0.3, 0.9]), Judged()
    judged.add(talk(*USUAL), sound, judge)
    assert (judged.holds, judged.ends) == ([0.2, 0.3], [0.9])
    # 16 kHz, whatever the rate of the dialogue; the silences begin at 1, 2.1 and 4 s.
    assert [len(heard) for heard in judge.heard] == [19_200, 36_800, 67_200]
    assert all(np.median(heard) == pytest.approx(0.5, abs=0.01) for heard in judge.heard)


@given(
    st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.5, 1.0]), min_size=1, max_size=8),
    st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.5, 1.0]), min_size=1, max_size=8),
)
def test_auc_is_the_share_of_pairs_in_order(holds, ends):
    judged = Judged(holds, ends)
    pairs = [(end > hold) + (end == hold) / 2 for hold in holds for end in ends]
    assert judged.auc == pytest.approx(np.mean(pairs))
    low, high = judged.auc_interval(rounds=50)
    assert 0 <= low <= high <= 1


def test_auc_of_nothing_is_not_a_number():
    for judged in (Judged(), Judged([0.1], []), Judged([], [0.1])):
        assert math.isnan(judged.auc)
        assert all(map(math.isnan, judged.auc_interval()))


def test_the_interval_of_auc_holds_what_many_draws_give():
    """95 % of the samples of 60 holds and 40 ends from a known law: of their means within it."""
    rng = np.random.default_rng(1)
    judged = Judged(list(rng.normal(0, 1, 60)), list(rng.normal(1, 1, 40)))
    low, high = judged.auc_interval()
    others = [
        Judged(list(rng.normal(0, 1, 60)), list(rng.normal(1, 1, 40))).auc for _ in range(400)
    ]
    expected = np.percentile(others, 97.5) - np.percentile(others, 2.5)
    assert high - low == pytest.approx(expected, rel=0.25)
    assert judged.auc_interval() == (low, high)
    assert judged.auc_interval(seed=1) != (low, high)


def test_pauses_are_counted_by_place_and_the_word_before():
    census = PauseCensus()
    census.add(talk(*USUAL))
    assert census.pauses == 2
    assert census.inside == 0.5
    assert census.lengths == {"inside an act": [0.5], "between acts": [0.8]}
    assert census.last["inside an act"] == {"other function word": 1}
    assert census.last["between acts"] == {"content word": 1}
    assert census.shares("inside an act")["other function word"] == 1.0
    assert sum(census.shares("between acts").values()) == 1.0
    assert (census.words, census.filled) == (10, 1)


@pytest.mark.parametrize(("gap", "count"), [(199, 0), (200, 1), (3000, 1), (3001, 0)])
def test_pauses_last_from_200_ms_to_3_s(gap, count):
    census = PauseCensus()
    census.add(talk(utterance("a", "A", ("the", 0, 500), ("train.", 500 + gap, 1000 + gap))))
    assert census.pauses == count


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [(1000, 1600, 0), (0, 600, 0), (700, 800, 0), (0, 500, 1), (1500, 1800, 1), (1499, 1800, 0)],
)
def test_a_silence_in_which_the_other_speaks_is_no_pause(start, end, count):
    census = PauseCensus()
    first = utterance("a", "A", ("the", 0, 500), ("train", 1500, 2500), ("left.", 2500, 3000))
    census.add(talk(first, utterance("b", "B", ("Which", start, end))))
    assert census.pauses == count


def test_the_others_backchannels_do_not_end_a_pause():
    first = utterance("a", "A", ("the", 0, 1500), ("train", 2500, 4500))
    census = PauseCensus()
    census.add(talk(first, utterance("b", "B", ("But", 1700, 2000), kind="backchannel")))
    assert census.pauses == 1


def test_stretch_is_over_the_usual_length_of_the_same_word():
    """A word is usual from five occurrences; one of the five here is drawn out before a pause."""
    words, time = [], 0
    for length in (100, 100, 100, 100, 250):
        words += [("the", time, time + length), ("town", time + length + 0, time + length + 300)]
        time += length + 300
    words[-1] = ("town", words[-1][1] + 600, words[-1][2] + 600)
    census = PauseCensus()
    census.add(talk(utterance("a", "A", *words)))
    stretch = census.stretch()
    assert list(stretch) == [("inside an act", "other function word")]
    assert stretch["inside an act", "other function word"] == pytest.approx([2.5])
    fewer = PauseCensus()
    fewer.add(talk(utterance("a", "A", *words[2:])))
    assert fewer.stretch() == {}


def test_lengths_drawn_as_people_pause_are_near_and_others_are_far():
    rng = np.random.default_rng(3)
    model = PausePlaces.human()
    for place in PAUSE_PLACES:
        near, far = PauseCensus(), PauseCensus()
        for kind, share in HUMAN_LAST[place].items():
            distribution = model.length[place].get(kind)
            if distribution is not None:
                count = round(4000 * share)
                near.lengths[place] += [float(distribution.quantile(x)) for x in rng.random(count)]
        far.lengths[place] = [3.0 * length for length in near.lengths[place]]
        assert near.length_ks(place) < 0.03
        assert far.length_ks(place) > 0.3
        assert PauseCensus().length_ks(place) == 1.0


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    # From Wilson's formula with z = 1.96 by hand, and as Newcombe (1998) tabulates them.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611),
     (1, 29, 0.0061, 0.1718), (29, 29, 0.8830, 1.0)],
)  # fmt: skip
def test_wilsons_interval_is_newcombes(count, n, low, high):
    assert wilson(count / n, n) == pytest.approx((low, high), abs=1e-4)


def test_nothing_counted_says_nothing():
    assert wilson(0.0, 0) == (0.0, 1.0)
    found = likeness([])
    assert (found.dialogues, found.minutes, found.judged) == (0, 0.0, None)
    assert found.census.inside == 0.0


def test_the_report_holds_what_was_counted():
    sound = np.zeros((2, 20_000), np.float32)
    judge = Listens([0.2, 0.7, 0.9] * 3)
    found = likeness(
        [(talk(*USUAL, name=f"d{k}"), sound if k else None) for k in range(3)], judge=judge
    )
    data = json.loads(json.dumps(found.to_json()))
    assert data["dialogues"] == 3
    assert data["minutes"] == 1.0
    assert data["pauses"]["n"] == 6
    assert data["pauses"]["inside"] == 0.5
    assert data["pauses"]["inside_interval"] == [round(x, 4) for x in wilson(0.5, 6)]
    assert data["pauses"]["filled_pauses_in_100_words"] == 10.0
    # The first had no sound.
    assert data["judge"] == {
        "holds": 4,
        "holds_complete": 0.5,
        "ends": 2,
        "ends_complete": 1.0,
        "auc": 1.0,
        "auc_interval": [1.0, 1.0],
    }
    assert "told_apart_auc" not in data
    page = found.markdown()
    assert page.startswith("3 dialogues, 1.0 minutes.\n")
    low, high = wilson(0.5, 4)
    assert f"| holds that sound complete (smart-turn v3.2) | 0.500 | 4 | {low:.3f} to" in page
    low, high = wilson(0.5, 6)
    assert f"| pauses inside a sentence | 0.500 | 6 | {low:.3f} to {high:.3f} | 0.606 |" in page
    low, high = wilson(0.1, 30)
    rate = f"| filled pauses in 100 words | 10.00 | 30 | {100 * low:.2f} to {100 * high:.2f} |"
    assert rate in page
    assert "told from real ones" not in page
    assert "judge" not in likeness([(talk(*USUAL), sound)]).to_json()
