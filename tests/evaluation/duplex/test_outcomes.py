"""What a system did at an event, at the boundaries of every threshold; and the curve of it."""

import math

import numpy as np
import pytest

from interactspeech.evaluation.duplex.curve import (
    TAU_VOICE,
    YIELD_RULES,
    hull_area,
    yield_curve,
    yield_point,
)
from interactspeech.evaluation.duplex.curve_plot import curve_svg
from interactspeech.evaluation.duplex.outcomes import EventOutcome, event_outcomes
from interactspeech.evaluation.duplex.stimulus import StimulusEvent, StimulusKind, SystemEvent
from interactspeech.signal.intervals import intervals

RATE = 1000


def outcome(
    kind: StimulusKind,
    system: list[tuple[int, int]],
    start: float = 10.0,
    end: float = 11.0,
    log: list[SystemEvent] | None = None,
) -> EventOutcome:
    (found,) = event_outcomes("i", [StimulusEvent(kind, start, end)], intervals(system), RATE, log)
    return found


@pytest.mark.parametrize(("stop", "right"), [(10_001, True), (12_000, True), (12_001, False)])
def test_a_yield_is_silence_within_two_seconds(stop: int, right: bool) -> None:
    found = outcome("interruption", [(5000, stop)])
    assert (found.right, found.yield_latency) == (right, pytest.approx(stop / RATE - 10))


def test_a_system_that_is_silent_is_not_interrupted() -> None:
    assert outcome("interruption", [(5000, 10_000)]).right is None
    assert outcome("interruption", [(11_500, 13_000)]).right is None


@pytest.mark.parametrize(("gap", "right"), [(499, False), (500, True)])
def test_a_breath_is_no_yield(gap: int, right: bool) -> None:
    assert outcome("interruption", [(5000, 10_400), (10_400 + gap, 20_000)]).right is right


@pytest.mark.parametrize(("stop", "right"), [(11_000, False), (11_001, True)])
def test_what_is_to_be_ignored_is_talked_through_for_a_second(stop: int, right: bool) -> None:
    for kind in ("backchannel", "cough", "side_talk", "noise"):
        assert outcome(kind, [(5000, stop)]).right is right


@pytest.mark.parametrize(("start", "right"), [(13_000, False), (13_001, True), (30_000, True)])
def test_what_is_to_be_ignored_wants_no_answer_for_two_seconds(start: int, right: bool) -> None:
    assert outcome("cough", [(start, start + 2000)]).right is right
    assert outcome("backchannel", [(start, start + 2000)]).right is None


@pytest.mark.parametrize(
    ("start", "right"), [(9_900, False), (10_500, False), (10_999, False), (11_000, True)]
)
def test_a_pause_is_waited_in(start: int, right: bool) -> None:
    assert outcome("pause", [(start, start + 2000)]).right is right


@pytest.mark.parametrize(
    ("start", "right"),
    [
        (10_000, False),
        (10_749, False),
        (10_750, True),
        (11_600, True),
        (16_000, True),
        (16_001, False),
    ],
)
def test_a_turn_is_answered_in_time(start: int, right: bool) -> None:
    found = outcome("turn_end", [(start, start + 3000)])
    assert (found.right, found.answer_latency) == (right, pytest.approx(start / RATE - 11))


def test_an_answer_that_ended_before_the_turn_did_is_none() -> None:
    assert outcome("turn_end", [(3000, 5000)]).right is False


def test_the_log_tells_the_model_from_the_player() -> None:
    late = [(5000, 13_000)]
    decided = [SystemEvent(10.4, "yield")]
    assert outcome("interruption", late, log=decided).cause == "player went on"
    assert outcome("interruption", late, log=[]).cause == "model did not yield"
    assert outcome("interruption", late).cause == ""
    assert (
        outcome("interruption", late, log=[SystemEvent(9.0, "yield")]).cause
        == "model did not yield"
    )
    slow = outcome("interruption", [(5000, 11_000)], log=decided)
    assert (slow.right, slow.cause) == (True, "player went on")
    assert outcome("interruption", [(5000, 10_500)], log=decided).cause == ""


def test_against_one_event_at_a_time() -> None:
    rng = np.random.default_rng(5)
    for _ in range(100):
        edges = np.sort(rng.choice(30_000, 12, replace=False))
        system = [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
        merged: list[list[int]] = []
        for a, b in system:
            if merged and a - merged[-1][1] < 500:
                merged[-1][1] = b
            else:
                merged.append([a, b])
        start = int(rng.integers(0, 28_000))
        found = outcome("interruption", system, start / RATE, start / RATE + 1)
        here = [b for a, b in merged if a <= start < b]
        assert found.talking is bool(here)
        assert found.stop == (here[0] / RATE if here else None)
        assert found.right == (here[0] - start <= 2000 if here else None)


def outcomes(kind: StimulusKind, right: int, of: int) -> list[EventOutcome]:
    return [EventOutcome(f"{kind}{k}", kind, 0, 1, True, right=k < right) for k in range(of)]


def test_a_point_and_its_intervals() -> None:
    point = yield_point([*outcomes("interruption", 8, 10), *outcomes("backchannel", 5, 10),
                         *outcomes("cough", 10, 10)])  # fmt: skip
    assert (point.yielded.value, point.talked_through.value) == (0.8, 0.75)
    assert point.yielded.low < 0.8 < point.yielded.high
    assert point.kinds == {"backchannel": (5, 10), "cough": (10, 10), "interruption": (8, 10)}
    assert yield_curve("s", [point]).area == pytest.approx((0.8 + 0.75) / 2)
    assert math.isnan(yield_curve("s", [yield_point([])]).area)


def test_areas() -> None:
    assert hull_area([(1.0, 1.0)]) == 1.0
    assert hull_area([(0.0, 1.0)]) == hull_area([(1.0, 0.0)]) == hull_area([(0.3, 0.2)]) == 0.5
    assert hull_area([(0.5, 0.9), (0.9, 0.5)]) == pytest.approx(0.95 * 0.5 + 0.7 * 0.4 + 0.25 * 0.1)
    # A point below the line between two others changes nothing.
    assert hull_area([(0.5, 0.9), (0.9, 0.5), (0.7, 0.6)]) == hull_area([(0.5, 0.9), (0.9, 0.5)])


RULES = {rule.name: rule for rule in YIELD_RULES}


@pytest.mark.parametrize(
    ("name", "stop", "credit"),
    [
        ("", 12_000, 1.0),
        ("within_2s", 12_000, 1.0),
        ("within_2s", 12_001, 0.0),
        ("within_1s", 11_000, 1.0),
        ("within_1s", 11_001, 0.0),
        ("within_500ms", 10_500, 1.0),
        ("within_500ms", 10_501, 0.0),
        ("by_latency", 10_500, 0.75),
        ("by_latency", 12_000, 0.0),
        ("by_latency", 20_000, 0.0),
    ],
)
def test_how_much_a_yield_counts(name: str, stop: int, credit: float) -> None:
    assert RULES[name].right(outcome("interruption", [(5000, stop)])) == pytest.approx(credit)


@pytest.mark.parametrize(("stop", "right"), [(11_500, 0.0), (13_500, 0.0), (13_501, 1.0)])
def test_a_strict_rule_watches_the_whole_event_and_a_second_more(stop: int, right: float) -> None:
    found = outcome("side_talk", [(5000, stop)], 10.0, 12.5)
    assert RULES["within_1s"].right(found) == right
    assert RULES["by_latency"].right(found) == right
    assert TAU_VOICE.right(found) == 1.0  # it talked on for a second


def test_a_system_that_waits_a_second_and_yields_to_all_is_seen_through() -> None:
    """Perfect by tau-voice's windows, chance by the strict ones."""

    def area(rule: str, delay: int) -> float:
        found = [
            outcome(kind, [(5000, 10_000 + delay)], 10.0, 12.0)
            for kind in ("interruption", "side_talk", "backchannel")
        ]
        return yield_curve("s", [yield_point(found, rule=RULES[rule])]).area

    assert area("", 1010) == 1.0
    assert [area(r, 1010) for r in ("within_2s", "within_1s", "within_500ms")] == [0.5] * 3
    assert area("by_latency", 1010) == 0.5
    assert area("within_2s", 400) == 0.5


def test_shares_under_a_falling_credit_are_means() -> None:
    found = [outcome("interruption", [(5000, 10_000 + ms)]) for ms in (100, 500, 1000, 4000)]
    point = yield_point(found, rule=RULES["by_latency"])
    assert point.yielded.value == pytest.approx((0.95 + 0.75 + 0.5 + 0) / 4)
    assert point.kinds == {"interruption": (pytest.approx(2.2), 4)}


def test_the_picture_has_people_and_no_markup_of_others() -> None:
    point = yield_point(
        [outcome("interruption", [(5000, 10_400)]), outcome("cough", [(5000, 20_000)])]
    )
    for rule in YIELD_RULES:
        svg = curve_svg([yield_curve("<b>", [point])], rule)
        assert "<b>" not in svg
        assert "PriMock57" in svg
        assert "n=1142, 713" in svg
