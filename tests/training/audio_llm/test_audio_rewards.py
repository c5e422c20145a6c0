"""What answers say, and what they earn."""

import sys
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.evaluation.audio_llm import ParsedAnswer, Solution, question_text, read_answer
from interactspeech.evaluation.events.benchmark import ASKED
from interactspeech.training.audio_llm import rewards

YES, NO = Solution("yes", 3.0), Solution("no")


@pytest.mark.parametrize(
    ("text", "answer", "onset", "formed"),
    [
        ("<answer>yes</answer>", "yes", None, True),
        ("Let me listen. <answer> NO </answer>\n", "no", None, True),
        ("<answer>yes 3.2</answer>", "yes", 3.2, True),
        ("<answer>yes, at 3.2 s</answer>", "yes", 3.2, True),
        ("<answer>no</answer> or <answer>yes</answer>", "yes", None, False),
        ("<answer>yes</answer> I am sure", "yes", None, False),
        ("Yes.", "yes", None, False),
        ("No, there is no pause.", "no", None, False),
        ("yes and no", "", None, False),
        ("<answer>maybe</answer>", "", None, False),
        ("I know nothing", "", None, False),
        ("", "", None, False),
    ],
)
def test_answers_are_read(text, answer, onset, formed):
    assert read_answer(text) == ParsedAnswer(answer, onset, formed)


def test_exact_and_formed_are_one_or_nothing():
    assert rewards.exact("<answer>yes</answer>", YES) == 1.0
    assert rewards.exact("Yes.", YES) == 1.0
    assert rewards.exact("<answer>no</answer>", YES) == 0.0
    assert rewards.exact("", YES) == 0.0
    assert rewards.formed("<answer>no</answer>", YES) == 1.0
    assert rewards.formed("Yes.", YES) == 0.0


@pytest.mark.parametrize(
    ("text", "true", "earned"),
    [
        ("<answer>yes 3.1</answer>", YES, 1.0),
        ("<answer>yes 4.1</answer>", YES, 0.5),
        ("<answer>yes 9</answer>", YES, 0.0),
        ("<answer>yes</answer>", YES, 0.0),
        ("<answer>no</answer>", YES, 0.0),
        ("<answer>no</answer>", NO, 1.0),
        ("<answer>yes 3</answer>", NO, 0.0),
        ("<answer>yes</answer>", Solution("yes"), 1.0),
    ],
)
def test_the_onset_is_paid_by_its_error(text, true, earned):
    assert rewards.onset(text, true) == pytest.approx(earned)


@given(st.floats(0, 30, allow_nan=False), st.floats(0, 30, allow_nan=False))
def test_nearer_never_earns_less(one, other):
    def earned(at):
        return rewards.onset(f"<answer>yes {at:.2f}</answer>", YES)

    near, far = sorted((round(one, 2), round(other, 2)), key=lambda at: abs(at - 3.0))
    assert 0.0 <= earned(far) <= earned(near) <= 1.0


@given(st.text(max_size=60))
def test_any_text_earns_something_defined(text):
    for reward in rewards.REWARDS.values():
        assert 0.0 <= reward(text, YES) <= 1.0


def test_every_question_says_what_its_event_is_and_how_to_answer():
    texts = {question_text(event, onset=onset) for event in ASKED for onset in (False, True)}
    assert len(texts) == 8
    assert all("<answer>" in text for text in texts)


@pytest.mark.parametrize("place", ["swift.rewards", "swift.plugin"])
def test_the_plugin_registers_rewards_with_either_version_of_the_trainer(monkeypatch, place):
    from importlib.resources import files

    registered: dict[str, type] = {}
    module = types.ModuleType(place)
    module.ORM, module.orms = type("ORM", (), {}), registered
    monkeypatch.setitem(sys.modules, "swift", types.ModuleType("swift"))
    monkeypatch.setitem(sys.modules, place, module)
    code = (files("interactspeech.training.audio_llm") / "recipes" / "plugin.py.txt").read_text()
    exec(compile(code, "plugin.py", "exec"), {"__name__": "plugin"})
    assert set(registered) == {"event_exact", "event_formed", "event_onset"}
    lines = ['{"answer":"yes","onset":3.0}', '{"answer":"no","onset":null}']
    earned = registered["event_onset"]()(
        ["<answer>yes 3.1</answer>", [{"role": "assistant", "content": "<answer>no</answer>"}]],
        lines,
        other=1,
    )
    assert earned == [1.0, 1.0]
