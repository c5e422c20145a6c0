"""Held pauses: where they fall, and what the engine is given there."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.lexicon.pace import conversation_minutes
from interactspeech.records import spoken_tokens
from interactspeech.rendering import HUMAN, Hold, draw_dyad, draw_holds, engine_text, spoken_lines
from interactspeech.rendering.holds import words_before_holds
from interactspeech.scripts import parse_script
from interactspeech.turntaking.timing.pause_places import PausePlaces

TURN = (
    "A: I got a car from your dealership. And then um the light came on, and it stayed on.\nB: Oh."
)


def test_the_engine_speaks_on_where_a_pause_is_held():
    line = spoken_lines(parse_script(TURN, "car"))[0]
    token = line.tokens.index("And")
    text = engine_text(line, [Hold(token, 0.5, 1.3, "between acts")])
    assert "dealership and then um" in text
    assert text.endswith("came on, and it stayed on.")
    assert engine_text(line, []) == line.text


def test_pauses_follow_the_classes_of_words():
    tokens = ["we", "thought", "the", "river", "um", "the", "bridge", "rose."] * 40
    holds = PausePlaces.human().draw(tokens, 0.1, np.random.default_rng(1))
    after = [tokens[hold.token - 1] for hold in holds]
    assert after.count("um") > 2 * after.count("thought")
    assert all(0.15 < hold.seconds <= 3.0 for hold in holds)


def test_the_same_seed_holds_the_same_and_retime_holds_nothing():
    script = parse_script(TURN, "car")
    lines, dyad = spoken_lines(script), draw_dyad("car", 1)
    one, two = (draw_holds(script, lines, dyad, seed=1, settings=HUMAN) for _ in range(2))
    assert one == two
    still = HUMAN.__class__(retime=False)
    assert draw_holds(script, lines, dyad, seed=1, settings=still) == {}


def hold(token, stretch=1.0, seconds=0.5):
    return Hold(token, seconds, stretch, "inside an act")


def line_of(text):
    return spoken_lines(parse_script(f"A: {text}\nB: Oh.", "line"))[0]


@pytest.mark.parametrize(
    ("text", "token", "given"),
    [
        ("We came, and left.", 2, "We came and left."),
        ("We came. And left.", 2, "We came and left."),
        ("We came... And left.", 2, "We came and left."),
        ('He said "yes." But no.', 3, 'He said "yes but no.'),
        # A capital that the sentence did not give stays: names, "I", acronyms.
        ("We came. London was cold.", 2, "We came London was cold."),
        ("We came. I left.", 2, "We came I left."),
        ("We came. I've left.", 2, "We came I've left."),
        ("We came. It's cold.", 2, "We came it's cold."),
        ("We saw it, And left.", 3, "We saw it And left."),
        # An unfinished word keeps its hyphen, an apostrophe at the end stays.
        ("We th- we came.", 2, "We th- we came."),
        ("The girls', and boys.", 2, "The girls' and boys."),
        # A dash between the words goes.
        ("We came -- and left.", 2, "We came and left."),
        ("We came -- and left, then.", 4, "We came -- and left then."),
    ],
)
def test_no_mark_stands_at_a_hold_and_others_stay(text, token, given):
    line = line_of(text)
    assert line.text == text
    assert engine_text(line, [hold(token)]) == given


WORDS = st.sampled_from(
    ["we", "The", "came,", "left.", "um", "I", "London", "th-", "--", '"yes."', "(so)", "don't"]
)


@given(st.lists(WORDS, min_size=2, max_size=10), st.data())
def test_the_engine_says_the_same_words(words, data):
    line = line_of(" ".join(["So", *words, "now."]))
    count = len(line.tokens)
    places = data.draw(st.sets(st.integers(1, count - 1), max_size=4))
    text = engine_text(line, [hold(token) for token in sorted(places)])
    said = spoken_tokens(text)
    bare = [token.strip('.,"()').lower() for token in said]
    assert bare == [token.strip('.,"()').lower() for token in line.tokens]
    for token in places:
        assert said[token - 1][-1] not in ".,"
    untouched = set(range(count)) - {t - 1 for t in places} - places
    assert all(said[k] == line.tokens[k] for k in untouched)


def test_the_last_word_is_drawn_out_by_its_class_up_to_a_bound():
    tokens = ["the", "harbour,", "um", "well", "and", "lighthouse"]
    lengths = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]

    def wanted(token, stretch):
        found = words_before_holds(tokens, [hold(token, stretch)], lengths)
        assert set(found) <= {token - 1}
        return found.get(token - 1)

    assert wanted(1, 1.5) == pytest.approx(0.1 * 1.5 * 1.1)
    assert wanted(2, 1.5) == pytest.approx(0.2 * 1.5 * 1.2)
    assert wanted(3, 1.5) is None  # a filled pause has a length of its own
    assert wanted(4, 1.5) == pytest.approx(0.4 * 1.5 * 1.7)
    assert wanted(5, 1.5) == pytest.approx(0.5 * 1.5)
    # Never shorter; at most 3.2 times where the word has up to four letters, else 2.2 times.
    assert wanted(2, 0.5) == pytest.approx(0.2)
    assert wanted(4, 9.0) == pytest.approx(0.4 * 3.2)
    assert wanted(6, 9.0) == pytest.approx(0.6 * 2.2)
    assert words_before_holds(tokens, [hold(1), hold(5)], lengths).keys() == {0, 4}


def draws(text, seed=1, dyad=None, **changes):
    script = parse_script(text, "asked")
    settings = msgspec.structs.replace(HUMAN, **changes)
    lines = spoken_lines(script)
    return draw_holds(script, lines, dyad or draw_dyad("asked", 1), seed=seed, settings=settings)


def test_pauses_that_the_script_asks_for_are_held_where_they_stand():
    text = "A: We came [pause 1.25] and [pause] left [laugh] then.\nB: So did [A: yes] I."
    for seed in range(5):
        holds = {h.token: h for h in draws(text, seed, pauses=0.0)["t0"]}
        assert list(holds) == [2, 3, 4]
        assert holds[2].seconds == 1.25
        assert all(0.15 < holds[token].seconds <= 3.0 for token in (3, 4))
    lengths = {draws(text, seed, pauses=0.0)["t0"][1].seconds for seed in range(5)}
    assert len(lengths) == 5


def test_only_turns_hold_pauses_and_none_lie_after_a_cut_or_at_an_edge():
    text = (
        "A: [pause 1.0] We came here [interrupt] the and um the and um the and um the.\n"
        "B: Wait [A: um the and um the] please.\nA: And um [interrupt] so.\nB: No."
    )
    found = [draws(text, seed, pauses=200.0) for seed in range(30)]
    assert {line for holds in found for line in holds} == {"t0", "t1", "t2", "t3"}
    tokens = {line: {h.token for holds in found for h in holds[line]} for line in found[0]}
    assert tokens["t0"] <= {1, 2}
    assert tokens["t2"] == {1}
    assert tokens["t3"] == set()


def test_the_rate_of_pauses_is_the_dyads():
    text = "A: " + "we thought the river and the bridge would um rise then. " * 60 + "\nB: Oh."
    minutes = conversation_minutes([turn.said.split() for turn in parse_script(text).turns])
    dyad = draw_dyad("asked", 1)
    for factor in (0.25, 0.5, 1.0):
        made = [len(draws(text, seed, dyad, pauses=factor)["t0"]) for seed in range(12)]
        expected = factor * dyad.pauses_per_minute * minutes
        assert np.mean(made) == pytest.approx(expected, rel=0.15)


def test_who_pauses_long_pauses_long_where_the_script_asks_too():
    text = "A: We came [pause] and left [pause] then.\nB: So did I."
    dyad = draw_dyad("asked", 1)
    means = []
    for effect in (-2.0, 2.0):
        shifted = msgspec.structs.replace(dyad, effects={**dyad.effects, "pause": effect})
        means.append(
            np.mean(
                [
                    h.seconds
                    for seed in range(20)
                    for h in draws(text, seed, shifted, pauses=0.0)["t0"]
                ]
            )
        )
    assert means[1] > 1.3 * means[0]
