import msgspec
import numpy as np
import pytest

from interactspeech.rendering import (
    HUMAN,
    draw_dyad,
    estimate_outlines,
    plan_dialogue,
    plan_speech,
)
from interactspeech.scripts import parse_script
from interactspeech.tts import engine

TEXT = """
A: So I went to the harbour yesterday, and um [B: mm-hm] my brother was there with his boat.
B: Really? And did he take you out to the islands?
A: He did. We saw the light house, and [interrupt] the old church.
B: Wait, which one?
"""


@pytest.fixture
def speech():
    script = parse_script(TEXT, "harbour")
    return plan_speech(script, draw_dyad("harbour", 1), seed=1)


def test_every_line_has_an_outline_of_its_words(speech):
    found = estimate_outlines(speech, seed=1)
    assert found.keys() == {line.id for line in speech.lines}
    for line in speech.lines:
        outline = found[line.id]
        assert len(outline.starts) == len(line.tokens)
        assert np.all(np.diff(np.stack([outline.starts, outline.ends]).ravel("F")) >= 0)
    assert estimate_outlines(speech, seed=1) == found
    assert estimate_outlines(speech, seed=2) != found


def test_the_plan_of_estimated_lines_is_a_plan(speech):
    made = plan_dialogue(speech, estimate_outlines(speech, seed=1), draw_dyad("harbour", 1), seed=1)
    assert [u.id for u in made.utterances if u.kind == "turn"] == ["t0", "t1", "t2", "t3"]


def test_backchannels_are_as_long_as_is_wanted(speech):
    found = estimate_outlines(speech, seed=1, rate=16_000)
    for name, seconds in speech.durations.items():
        assert found[name].length / 16_000 == pytest.approx(seconds, abs=0.01)


def test_estimates_are_about_as_long_as_an_engine_speaks():
    plain = msgspec.structs.replace(HUMAN, delivery=None, pauses=0.0)
    text = "\n".join(
        f"{'AB'[k % 2]}: We took the early train to the harbour, and my brother met us there."
        for k in range(20)
    )
    script = parse_script(text, "long")
    speech = plan_speech(script, draw_dyad("long", 1), seed=1, settings=plain)
    words = sum(
        end - start
        for outline in estimate_outlines(speech, seed=1, settings=plain).values()
        for start, end in zip(outline.starts, outline.ends, strict=True)
    )
    spoken = engine("hibari").speak(speech.lines[0].text, engine("hibari").voices()[0].name)
    seconds = sum(word.end - word.start for word in spoken.words) / spoken.rate
    assert words / 16_000 / 20 == pytest.approx(seconds, rel=0.25)
