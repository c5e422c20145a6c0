"""Conditions: what is one, and logic with what cannot be told."""

import pytest

from interactspeech.errors import UsageError
from interactspeech.evaluation.calls.conditions import call_condition, figure_lookup
from interactspeech.evaluation.calls.overall import CallFigure, figure_names

TABLE = {
    ("", "yield_p95"): CallFigure("yield_p95", 1.2, n=20, calls=5),
    ("", "response_p50"): CallFigure("response_p50", 0.4, n=20, calls=5),
    ("", "dead_air_count"): CallFigure("dead_air_count", 3.0, n=3, calls=4, left_out=1),
    ("", "pause_p90"): CallFigure("pause_p90", None, calls=5),
    ("my agent", "talk_share"): CallFigure("talk_share", 0.7, calls=5),
}


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("yield_p95 > 1.0", True),
        ("yield_p95>1.2", False),
        ("yield_p95 >= 1.2", True),
        ("response_p50 < .5 and yield_p95 > 1", True),
        ("response_p50 > .5 or yield_p95 < 1", False),
        ("response_p50 > .5 or yield_p95 > 1 and response_p50 < 1", True),
        ("(response_p50 < .5 or yield_p95 > 1) and response_p50 > 1", False),
        ("not response_p50 > .5", True),
        ('"my agent".talk_share > 60%', True),
        ("pause_p90 > 1", None),
        ("not pause_p90 > 1", None),
        ("pause_p90 > 1 or yield_p95 > 1", True),
        ("pause_p90 > 1 and yield_p95 > 2", False),
        ("pause_p90 > 1 and yield_p95 > 1", None),
        ("dead_air_count > 1", None),  # one of five calls is withheld
        ("yield_p95 != 1.2", False),
        ("response_p50 > -1", True),
        ("response_p50 < 4.1e-1", True),
    ],
)
def test_logic(text, met):
    assert call_condition(text).check(figure_lookup(TABLE)).met is met


def test_coverage_lets_calls_be_withheld():
    condition = call_condition("dead_air_count > 1")
    assert condition.check(figure_lookup(TABLE, coverage=0.8)).met is True
    assert "withheld in 1 of 5" in condition.check(figure_lookup(TABLE)).because


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("yield_p96 > 1", "did you mean yield_p9"),
        ("yield_p95", "character 10: a comparison"),
        ("yield_p95 > ", "a number"),
        ("yield_p95 > 1 and", "a figure"),
        ("yield_p95 > 1)", "'and', 'or' or the end"),
        ("(yield_p95 > 1", "')'"),
        ("__import__('os') > 1", "no meaning here"),
        ("yield_p95 > 1; import os", "no meaning here"),
        ("", "a figure is wanted"),
        ("1 > yield_p95", "a figure is wanted"),
        ("not " * 60 + "yield_p95 > 1", "deep"),
        ("(" * 60 + "yield_p95 > 1", "deep"),
        ("x" * 2000, "2000 characters"),
        ("a.b.yield_p95 > 1", "no figure is called"),
    ],
)
def test_what_is_no_condition_is_explained(text, said):
    with pytest.raises(UsageError) as caught:
        call_condition(text)
    assert said in str(caught.value)


def test_a_speaker_whom_no_call_has():
    with pytest.raises(UsageError, match="there are my agent"):
        call_condition("nobody.yield_p95 > 1").check(figure_lookup(TABLE))


def test_every_figure_has_a_name_that_parses():
    for name in figure_names():
        call_condition(f"{name} > 1")
