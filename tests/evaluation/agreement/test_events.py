"""Agreement about events, on labels whose figures are known."""

import numpy as np
import pytest

from interactspeech.evaluation.agreement import JointLabels, event_agreement
from interactspeech.records import Event


def made(who: dict[str, list[tuple[str, str, float, float]]], name: str = "d") -> JointLabels:
    events = {
        one: [Event(k, s, round(a * 1000), round(b * 1000), origin="human") for k, s, a, b in mine]
        for one, mine in who.items()
    }
    return JointLabels(name, 1000, 20_000, ("A", "B"), events)


def by_type(labels: list[JointLabels]) -> dict[str, object]:
    return {one.type: one for one in event_agreement(labels)}


def test_equal_labels_agree_in_everything() -> None:
    same = [("backchannel", "B", 1.0, 1.5), ("laugh", "A", 3.0, 4.0)]
    found = by_type([made({"a": same, "b": same}, f"d{i}") for i in range(3)])
    assert list(found) == ["all", "backchannel", "laugh"]
    for one in found.values():
        assert one.onsets.value == one.cohen.value == one.fleiss.value == one.alpha.value == 1
    assert found["all"].events == 12


def test_onsets_count_within_the_tolerance_and_on_the_same_track() -> None:
    one = [("backchannel", "B", 1.0, 1.5), ("backchannel", "B", 5.0, 5.5), ("laugh", "A", 9, 10)]
    other = [("backchannel", "B", 1.15, 1.5), ("backchannel", "A", 5.0, 5.5), ("laugh", "A", 9, 10)]
    found = by_type([made({"a": one, "b": other})])
    assert found["backchannel"].onsets.value == pytest.approx(0.5)  # one pair of two and two
    assert found["laugh"].onsets.value == 1
    assert found["all"].onsets.value == pytest.approx(2 / 3)


def test_frames_give_the_coefficients_of_their_table() -> None:
    # Of 800 frames of 50 ms, 20 are labelled by both, 10 by one alone, 10 by the other alone.
    one, other = [("laugh", "A", 1.0, 2.5)], [("laugh", "A", 1.5, 3.0)]
    found = by_type([made({"a": one, "b": other})])["laugh"]
    seen, chance = 780 / 800, (30 / 800) ** 2 + (770 / 800) ** 2
    assert found.cohen.value == pytest.approx((seen - chance) / (1 - chance))
    n = 1600
    expected = (n * n - 60**2 - 1540**2) / (n - 1)
    assert found.alpha.value == pytest.approx(1 - 40 / expected)


def test_dialogues_of_one_annotator_say_nothing_and_gaps_leave_out_fleiss() -> None:
    same = [("laugh", "A", 1.0, 2.0)]
    assert event_agreement([made({"a": same})]) == []
    found = by_type([made({"a": same, "b": same}, "x"), made({"a": same, "b": same, "c": []}, "y")])
    assert np.isnan(found["laugh"].fleiss.value)
    assert found["laugh"].alpha.value < 1
    assert found["laugh"].dialogues == 2


def test_a_point_covers_the_frame_in_which_it_is() -> None:
    point = [("turn", "A", 19.999, 19.999), ("turn", "A", 0, 0)]
    found = by_type([made({"a": point, "b": point})])
    assert found["turn"].alpha.value == 1
