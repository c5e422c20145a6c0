"""Agreement of two annotators' units, on cases that can be counted by hand."""

import json
import math

import pytest

from interactspeech.evaluation.agreement.units import TwoAnnotators, unit_agreement
from interactspeech.evaluation.events.derived_events import AnnotatorUnits
from interactspeech.evaluation.events.labelled_recordings import LabelledUnit


def marked(*rows, **more):
    return AnnotatorUnits("call", tuple(LabelledUnit(*row) for row in rows), **more)


ONE = marked(
    ("A", 0.5, 6.0, "talk"), ("B", 2.0, 2.4, "bc"), ("B", 4.0, 4.4, "bc"), ("A", 6.5, 9.0, "talk"),
    ("B", 9.3, 9.6, "speech?"),
)  # fmt: skip
OTHER = marked(
    ("A", 0.5, 6.0, "talk"), ("B", 2.15, 2.6, "bc"), ("B", 4.0, 4.4, "talk"),
    ("A", 6.5, 7.0, "talk"), ("A", 7.5, 9.0, "talk"),
)  # fmt: skip


def test_annotators_who_agree():
    found = unit_agreement([TwoAnnotators(ONE, ONE, 10)])
    assert found.units == (4, 4)
    assert {value.value for value in found.onsets.values()} == {1}
    assert (found.paired, found.start_difference, found.end_difference) == (4, 0, 0)
    assert found.classes == {("bc", "bc"): 2, ("talk", "talk"): 2}
    assert found.kappa.value == 1
    assert found.events["backchannel"].value == found.sure_events["backchannel"].value == 1
    assert found.events["mean"].n == 3  # two backchannels and a pause
    assert math.isnan(found.events["gap"].value)
    assert json.loads(json.dumps(found.to_json()))["classes"] == {"bc bc": 2, "talk talk": 2}


def test_units_are_counted_by_their_onsets():
    found = unit_agreement([TwoAnnotators(ONE, OTHER, 10)])
    assert found.units == (4, 5)
    # Within .2 s all four of one have a partner; within .1 s the first of B has none.
    assert found.onsets[0.2].value == pytest.approx(2 * 4 / (4 + 5))
    assert found.onsets[0.1].value == pytest.approx(2 * 3 / (4 + 5))
    # "6.5 to 9" shares more with "7.5 to 9".
    assert found.paired == 4
    assert found.start_difference == pytest.approx((0 + 0.15) / 2)  # of 0, 0, .15, 1
    assert found.start_within == 0.5
    assert found.end_difference == pytest.approx(0)  # of 0, 0, 0, .2
    assert found.end_within == 0.75


def test_a_unit_is_paired_once():
    split = marked(("A", 0.5, 2.0, "talk"), ("A", 2.2, 6.0, "talk"))
    whole = marked(("A", 0.5, 6.0, "talk"))
    found = unit_agreement([TwoAnnotators(split, whole, 10)])
    assert found.paired == 1
    assert found.start_difference == pytest.approx(1.7)  # of the longer part
    assert unit_agreement([TwoAnnotators(whole, split, 10)]).paired == 1


def test_feedback_and_talk_are_told_apart():
    found = unit_agreement([TwoAnnotators(ONE, OTHER, 10)])
    assert found.classes == {("bc", "bc"): 1, ("bc", "talk"): 1, ("talk", "talk"): 2}
    # Three of four agree; by chance (2 * 1 + 2 * 3) / 16 would.
    assert found.kappa.value == pytest.approx((3 / 4 - 1 / 2) / (1 - 1 / 2))
    assert found.kappa.n == 4


def test_doubt_of_one_counts_neither_way_among_the_sure():
    doubt = marked(*((u.speaker, u.start, u.end, u.kind) for u in ONE.units[:2]),
                   ("B", 4.0, 4.4, "doubt"), ("A", 6.5, 9.0, "talk"))  # fmt: skip
    found = unit_agreement([TwoAnnotators(ONE, doubt, 10)])
    # As it stands the doubt is talk: one of three backchannels has a partner less.
    assert found.events["backchannel"].value == pytest.approx(2 / 3)
    # The second backchannel of one is near a doubtful one of the other; the other way it is missed.
    assert found.sure_events["backchannel"].value == pytest.approx(2 * 2 / (2 * 2 + 1))
    assert found.sure_events["pause"].value == 1


def test_zones_are_left_out():
    messy = marked(*((u.speaker, u.start, u.end, u.kind) for u in ONE.units), zones=((3.9, 4.5),))
    found = unit_agreement([TwoAnnotators(messy, OTHER, 10)])
    # "0.5 to 6" lies in it, too.
    assert found.units == (2, 3)
    assert found.classes == {("bc", "bc"): 1, ("talk", "talk"): 1}
    assert found.events["interruption"].n == 0


def test_nothing_to_compare():
    nothing = marked()
    found = unit_agreement([TwoAnnotators(nothing, nothing, 10)])
    assert found.units == (0, 0)
    assert math.isnan(found.start_difference)
    assert math.isnan(found.kappa.value)
    silent = unit_agreement([TwoAnnotators(ONE, nothing, 10)])
    assert silent.onsets[0.2].value == 0
