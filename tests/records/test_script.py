import pickle

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.records import (
    Backchannel,
    FailedInterruption,
    Interruption,
    Pause,
    Script,
    Sound,
    Turn,
    Words,
    spoken_tokens,
)


def test_what_is_said_ends_at_the_cut():
    turn = Turn(
        "A",
        (
            Words("we take"),
            Backchannel("B", "mm-hm"),
            Words("the"),
            Interruption("ask"),
            Words("train now"),
        ),
    )
    assert (turn.said, turn.unsaid, turn.cut) == ("we take the", "train now", Interruption("ask"))
    whole = Turn("A", (Words("all"), Pause(0.5), Sound("laugh"), Words("of it")))
    assert (whole.said, whole.unsaid, whole.cut) == ("all of it", "", None)


def test_everyone_who_opens_their_mouth_is_a_speaker():
    turns = (Turn("C", (Words("hm"), Backchannel("A", "yes"), FailedInterruption("B", "but"))),)
    assert Script("s", turns).speakers == ("A", "B", "C")


def test_scripts_travel_between_processes_and_as_json():
    turns = (Turn("A", (Words("x"), Interruption(), Words("y"))), Turn("B", (Pause(), Words("z"))))
    script = Script("s", turns, {"A": "Ann"}, corpus="c", licence="MIT")
    assert pickle.loads(pickle.dumps(script)) == script
    assert msgspec.json.decode(msgspec.json.encode(script), type=Script) == script


@pytest.mark.parametrize(
    "part", ['{"type":"shout","text":"x"}', '{"type":"words"}', '{"type":"sound","sound":"hiccup"}']
)
def test_unknown_parts_are_refused(part):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(f'{{"speaker":"A","parts":[{part}]}}', type=Turn)


@given(st.lists(st.text("ab'-.,!", min_size=1, max_size=4)))
def test_tokens_that_are_only_marks_are_not_spoken(tokens):
    spoken = spoken_tokens(" ".join(tokens))
    assert spoken == [token for token in tokens if set(token) & set("ab")]
