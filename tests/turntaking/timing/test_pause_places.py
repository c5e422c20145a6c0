"""Where pauses are drawn, by the model's risks; how long they are and by whom."""

from itertools import pairwise

import msgspec
import numpy as np
import pytest

from interactspeech.lexicon.word_classes import word_class
from interactspeech.turntaking.distribution import constant, normal_quantile
from interactspeech.turntaking.timing.pause_places import MOST, Hold, PausePlaces, place_of

CLASSES = ("content word", "other function word")
FLAT = PausePlaces(
    "flat", "made",
    {
        "inside an act": {f"{a}|{b}": 2.0 for a in CLASSES for b in CLASSES},
        "between acts": {f"{a}|{b}": 4.0 for a in CLASSES for b in CLASSES},
    },
    {
        "inside an act": {"content word": constant(0.5)},
        "between acts": {"content word": constant(0.9)},
    },
    {
        "inside an act": {"content word": constant(1.4)},
        "between acts": {"content word": constant(1.1)},
    },
)  # fmt: skip


def test_risks_are_those_of_the_two_classes_and_the_place():
    tokens = ["river", "bridge.", "the", "bank", "um", "town"]
    assert FLAT.risks(tokens).tolist() == [0.0, 2.0, 4.0, 2.0, 0.0, 0.0]
    human = PausePlaces.human()
    found = human.risks(tokens)
    for k in range(1, len(tokens)):
        kinds = f"{word_class(tokens[k - 1])}|{word_class(tokens[k])}"
        assert found[k] == human.risk[place_of(tokens[k - 1])].get(kinds, 0.0)


@pytest.mark.parametrize(("per_word", "share"), [(0.05, 0.1), (0.2, 0.4), (0.9, MOST)])
def test_a_pause_comes_with_the_rate_times_the_risk(per_word, share):
    """At every other boundary, so that no pause keeps another away."""
    model = msgspec.structs.replace(FLAT, risk={
        "inside an act": {"content word|other function word": 2.0},
        "between acts": {"x|x": 1.0},
    })  # fmt: skip
    tokens = ["river", "the"] * 2000
    holds = model.draw(tokens, per_word, np.random.default_rng(1))
    assert len(holds) / 2000 == pytest.approx(share, abs=3 * (share * (1 - share) / 2000) ** 0.5)
    assert all(hold.token % 2 == 1 for hold in holds)
    assert {(h.seconds, h.stretch, h.place) for h in holds} == {(0.5, 1.4, "inside an act")}


@pytest.mark.parametrize("inside", [0.2, 0.6])
def test_rates_put_the_wanted_pauses_where_their_share_belongs(inside):
    model = msgspec.structs.replace(FLAT, inside=inside)
    turns = [["river", "bridge.", "town", "bank", "road."] * 40] * 3
    rates = model.rates(turns, 30.0)
    risks = [
        (place_of(last), risk)
        for tokens in turns
        for last, risk in zip(tokens, model.risks(tokens)[1:].tolist(), strict=False)
    ]
    expected = {
        place: sum(rates[place] * risk for where, risk in risks if where == place)
        for place in rates
    }
    assert expected["between acts"] == pytest.approx((1 - inside) * 30, abs=0.01)
    assert expected["inside an act"] == pytest.approx(inside * 30, abs=0.01)


def test_no_pause_comes_beside_another_but_after_a_filled_pause():
    tokens = ["river"] * 300
    places = [hold.token for hold in FLAT.draw(tokens, 1.0, np.random.default_rng(1))]
    assert min(np.diff(places)) == 2
    assert len(places) > 120
    human = PausePlaces.human()
    filled = [hold.token for hold in human.draw(["the", "um"] * 200, 1.0, np.random.default_rng(1))]
    beside = [b for a, b in pairwise(filled) if b - a == 1]
    assert beside
    assert all(["the", "um"][(token - 1) % 2] == "um" for token in beside)


def test_none_comes_at_or_beside_a_pause_that_is_there():
    tokens = ["river"] * 30
    for seed in range(30):
        holds = FLAT.draw(tokens, 1.0, np.random.default_rng(seed), taken=(10, 20))
        assert not {hold.token for hold in holds} & {9, 10, 11, 19, 20, 21}
        assert all(1 <= hold.token < 30 for hold in holds)
    near = {
        hold.token
        for seed in range(30)
        for hold in FLAT.draw(tokens, 1.0, np.random.default_rng(seed), taken=(10, 20))
    }
    assert {8, 12, 18, 22} <= near


def test_too_few_words_hold_none_and_two_may():
    rng = np.random.default_rng(1)
    assert FLAT.draw([], 1.0, rng) == FLAT.draw(["river"], 1.0, rng) == []
    assert any(FLAT.draw(["river", "bridge"], 1.0, rng) for _ in range(20))


def test_what_else_happens_moves_no_draw():
    """Two draws a boundary: the same boundary gets the same length, whatever is taken."""
    tokens = ["the", "river", "and", "the", "bridge."] * 30
    human = PausePlaces.human()
    free = {h.token: h for h in human.draw(tokens, 0.3, np.random.default_rng(3))}
    some = {h.token: h for h in human.draw(tokens, 0.3, np.random.default_rng(3), taken=(7,))}
    shared = free.keys() & some.keys()
    assert len(shared) > 10
    assert all(free[token] == some[token] for token in shared)


@pytest.mark.parametrize("between", [0.0, 0.25, 0.81])
def test_a_dyads_tendency_counts_by_the_share_between_dyads(between):
    human = PausePlaces.human()
    rng = np.random.default_rng(2)

    def scores(effect):
        return np.array([
            human.at(["the", "river"], 1, rng, effect=effect, between=between).seconds
            for _ in range(400)
        ])  # fmt: skip

    low, high = scores(-2.0), scores(2.0)
    law = human.length["inside an act"]["other function word"]
    shift = 2 * between**0.5
    for drawn, sign in ((low, -1), (high, 1)):
        level = law.cdf(np.median(drawn))
        error = 4 * (1 - between) ** 0.5 / 400**0.5
        assert normal_quantile(level) == pytest.approx(sign * shift, abs=error + 0.05)


def test_a_class_without_a_law_of_its_own_takes_the_first():
    hold = FLAT.at(["um", "river"], 1, np.random.default_rng(1))
    assert (hold.seconds, hold.stretch, hold.place) == (0.5, 1.4, "inside an act")
    after = FLAT.at(["river.", "Then"], 1, np.random.default_rng(1))
    assert (after.seconds, after.stretch, after.place) == (0.9, 1.1, "between acts")


def test_a_hold_of_another_length_is_else_the_same():
    hold = Hold(3, 0.5, 1.2, "between acts")
    assert hold.lasting(1.5) == Hold(3, 1.5, 1.2, "between acts")


@pytest.mark.parametrize(
    "changes",
    [{"risk": {"inside an act": {"a|b": 1.0}}}, {"length": {"between acts": {}}},
     {"risk": {"inside an act": {"a|b": -0.1}, "between acts": {"a|b": 1.0}}}],
)  # fmt: skip
def test_a_model_says_something_of_both_places(changes):
    with pytest.raises(ValueError, match=r"nothing about|not negative"):
        msgspec.structs.replace(FLAT, **changes)
    again = msgspec.json.decode(FLAT.encode(), type=PausePlaces)
    assert again == FLAT
