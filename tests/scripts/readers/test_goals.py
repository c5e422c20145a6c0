"""Schema-Guided Dialogue's annotation as sentences: what the user wants in the end."""

import pytest

from interactspeech.scripts.readers.goals import goals_of


def turn(service, intent, **slots):
    state = {"active_intent": intent, "slot_values": slots}
    return {"frames": [{"service": service, "state": state}]}


def test_the_last_values_count_and_silent_ones_are_left_out():
    turns = [
        turn("Events_1", "FindEvents", city=["Boston"]),
        {"frames": [{"service": "Events_1", "actions": []}]},  # the system's
        turn("Events_1", "FindEvents", city=["New York", "NY"], free=["True"], date=["dontcare"]),
        turn("Hotels_2", "ReserveHotel", number_of_rooms=["2"]),
        turn("Hotels_2", "NONE", number_of_rooms=["2"]),
    ]
    assert goals_of(turns) == (
        "USER wants SYSTEM to find events, and the city is New York. "
        "USER wants SYSTEM to reserve a hotel, and the number of rooms is 2."
    )


@pytest.mark.parametrize(
    "turns",
    [[], [{}], ["text"], [{"frames": None}], [{"frames": ["x"]}], [{"frames": [{"state": 3}]}],
     [turn("S_1", "NONE")], [{"frames": [{"service": "S_1", "state": {"slot_values": []}}]}]],
)  # fmt: skip
def test_without_an_annotation_there_is_nothing_to_tell(turns):
    assert goals_of(turns) == ""
