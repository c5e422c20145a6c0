"""Measures of scripts on examples whose figures are known."""

import math

import pytest

from interactspeech.errors import InputError
from interactspeech.evaluation.scripts import Share, interruptions, measure, perplexity
from interactspeech.records import PlainDialogue
from interactspeech.scripts import (
    OfflineWriterSettings,
    demo_dialogues,
    parse_script,
    write_offline,
)

GOOD = """
A: I left the cat with the neighbour, [B: mm-hm] who said he [interrupt clarify] waters the plants.
B: Hang on, which neighbour?
A: The one with the beard, he waters the plants too.
B: Oh, that one.
"""
LEAKY = """
A: We went to see the [interrupt] lovely big giraffe.
B: A giraffe? Where did you see a giraffe?
"""


def test_shares_have_the_interval_of_wilson():
    # Newcombe (1998), table I, method 3.
    low, high = Share(81, 263).interval
    assert (low, high) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert Share(0, 20).interval == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert Share(0, 0).interval == (0.0, 1.0)
    assert str(Share(1, 2)).startswith("50.0 % [")


def test_each_figure_of_two_known_scripts():
    items = [parse_script(GOOD, "good"), parse_script(LEAKY, "leaky"), InputError("x", reason="y")]
    report = measure(items)
    assert report.valid == Share(1, 3)
    assert report.failures == {"check-ignorance": 1, "y": 1}
    assert report.ignorant == Share(1, 2)
    assert report.interruptions == 2
    assert report.placement.open == Share(2, 2)  # after "he" and after "the"
    assert report.placement.unsaid_words == 3.0
    assert report.placement.backchannels_at_pause == Share(1, 1)
    assert sum(report.placement.bins) == 2
    assert report.kinds == {"clarify": 1, "unnamed": 1}
    assert report.perplexity is None
    assert dict(report.rows())["valid"].startswith("33.3 %")


def test_what_leaks_is_named():
    (one,) = interruptions(parse_script(LEAKY))
    assert [stem[:5] for stem in one.leaked] == ["giraf"]
    (other,) = interruptions(parse_script(GOOD))
    assert other.leaked == ()
    assert other.words == "Hang on, which neighbour?"


def test_even_positions_are_even_and_one_position_is_not():
    spread = [
        parse_script(
            f"A: {' '.join(['we'] + ['take'] * at)} [interrupt] {' '.join(['a'] * (19 - at))} b.\n"
            "B: What is it?",
            f"s{at}",
        )
        for at in range(2, 18)
    ]
    even, same = measure(spread), measure(spread[:1] * 9)
    assert even.placement.evenness > 0.85
    assert same.placement.evenness == 0.0


def test_perplexity_is_that_of_the_likelihoods():
    scripts = [parse_script(GOOD), parse_script(LEAKY)]

    def losses(texts):
        assert "waters the plants.\nB" not in texts[0]  # what was never said is not measured
        return [(math.log(8.0) * len(text.split()), len(text.split())) for text in texts]

    assert perplexity(scripts, losses) == pytest.approx(8.0)


def test_the_offline_writer_is_valid_and_ignorant():
    plains = [one for one in demo_dialogues() if isinstance(one, PlainDialogue)]
    report = measure(
        write_offline(one, 1, settings=OfflineWriterSettings(interruptions=5)) for one in plains
    )
    assert report.valid.value > 0.9
    assert report.ignorant.value == 1.0
    assert report.interruptions > 5
