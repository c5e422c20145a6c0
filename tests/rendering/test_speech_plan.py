import numpy as np
import pytest

from interactspeech.errors import InputError
from interactspeech.records import (
    Backchannel,
    FailedInterruption,
    Interruption,
    Script,
    Sound,
    Turn,
    Words,
    spoken_tokens,
)
from interactspeech.rendering import draw_dyad, plan_speech, spoken_lines
from interactspeech.rendering.speech_plan import (
    backchannel_speed,
    draw_target_durations,
)
from interactspeech.scripts import parse_script


def script_of(*parts, speaker="A") -> Script:
    return Script(id="s", turns=(Turn(speaker, parts),))


def test_the_whole_planned_sentence_is_spoken():
    script = parse_script("A: We could [interrupt] walk there.\nB: No.", "s")
    line = spoken_lines(script)[0]
    assert line.text == "We could walk there."
    assert (line.spoken_count, line.tokens) == (2, ("We", "could", "walk", "there."))
    assert line.cut is not None
    assert line.cut.token == 2


def test_others_have_lines_of_their_own():
    script = parse_script(
        "A: We could [B: yeah] walk [B tries: but I] there [B: right] or so.", "s"
    )
    assert [(line.id, line.speaker, line.role, line.text) for line in spoken_lines(script)] == [
        ("t0", "A", "turn", "We could walk there or so."),
        ("t0.b0", "B", "backchannel", "yeah"),
        ("t0.a0", "B", "attempt", "but I"),
        ("t0.b1", "B", "backchannel", "right"),
    ]
    marks = spoken_lines(script)[0].marks
    assert [(m.kind, m.token, m.line) for m in marks] == [
        ("listen", 2, "t0.b0"),
        ("attempt", 3, "t0.a0"),
        ("listen", 4, "t0.b1"),
    ]


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("A: and then [pause] walk.", "and then walk."),
        ("A: and then, [pause] walk.", "and then, walk."),
        ("A: and then. [pause] Walk.", "and then. Walk."),
        ("A: and then - [laugh] walk.", "and then - walk."),
        ("A: and [breath] then walk.", "and, then walk."),
        ("A: [pause] and then.", "and then."),
    ],
)
def test_sounds_are_breaks_for_the_engine_and_pauses_are_not(text, heard):
    script = parse_script(text, "s")
    line = spoken_lines(script)[0]
    assert line.text == heard
    plain = " ".join(part.text for part in script.turns[0].parts if isinstance(part, Words))
    assert line.tokens == tuple(spoken_tokens(plain))
    assert len(spoken_tokens(line.text)) == len(line.tokens)


def test_a_turn_without_words_has_no_line():
    assert spoken_lines(script_of(Sound("laugh"))) == ()


@pytest.mark.parametrize(
    "parts",
    [
        (Interruption(), Words("never")),
        (Words("a"), Interruption(), Words("b"), Interruption()),
        (Words("a"), Interruption(), Backchannel("B", "yeah")),
        (Words("a"), Backchannel("A", "yeah")),
        (Words("a"), FailedInterruption("B", "...")),
        (Backchannel("B", "yeah"),),
    ],
)
def test_a_script_that_cannot_be_spoken_names_its_turn(parts):
    with pytest.raises(InputError, match="turn 1") as caught:
        spoken_lines(script_of(*parts))
    assert caught.value.reason == "bad-script"


def test_what_is_asked_of_engines_is_round_so_that_their_speech_is_found_again():
    script = parse_script(
        "A: So we take [B: mm-hm] the train and [interrupt] walk.\n"
        "B: Wait, [A tries: but the] let us think about it for a while longer.",
        "round",
    )
    for seed in range(20):
        plan = plan_speech(script, draw_dyad("round", seed), seed=seed)
        for delivery in plan.deliveries.values():
            assert delivery.speed == round(delivery.speed, 2)
            for value in (delivery.pitch, delivery.rise, delivery.level, delivery.onset):
                assert value == round(value, 1)
        assert all(value == round(value, 4) for value in plan.durations.values())
        assert plan.durations.keys() == {"t0.b0", "t1.a0"}


@pytest.mark.parametrize(
    ("natural", "target", "speed"),
    [(1.0, 1.0, 1.0), (0.6, 0.5, 1.2), (0.6, 0.1, 1.3), (0.1, 0.6, 0.7), (1.0, 0.0, 1.3),
     (1.04, 1.0, 1.05), (1.02, 1.0, 1.0)],
)  # fmt: skip
def test_speeds_are_steps_of_a_twentieth(natural, target, speed):
    assert backchannel_speed(natural, target) == speed


def test_a_mark_after_a_closing_quote_makes_no_comma():
    (line, _) = spoken_lines(parse_script('A: She said "yes" [laugh] and left.\nB: Oh.', "quote"))
    assert line.text == 'She said "yes" and left.'


def test_longer_texts_get_longer_durations_but_for_noise_of_a_third():
    """Four letters and six: 1 + e/3 times each, so their order turns round in 20 % of cases."""
    script = parse_script("A: one two [B: yeah] three [B: really] four.\nB: Oh.", "ranks")
    lines = spoken_lines(script)
    turned = []
    for seed in range(500):
        found = draw_target_durations(script, lines, draw_dyad("ranks", seed), seed=seed)
        turned.append(found["t0.b0"] > found["t0.b1"])
    assert np.mean(turned) == pytest.approx(0.203, abs=0.054)
