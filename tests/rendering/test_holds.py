"""Held pauses: where they fall, and what the engine is given there."""

import numpy as np

from interactspeech.rendering import HUMAN, Hold, draw_dyad, draw_holds, engine_text, spoken_lines
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
