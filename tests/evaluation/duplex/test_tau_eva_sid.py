"""tau-voice's panel, EVA's turn score and SID-Bench by hand, and against naive versions."""

import math

import numpy as np
import pytest

from interactspeech.evaluation.duplex import eva, sid_bench, tau_voice
from interactspeech.evaluation.duplex.tau_voice import LabelledSound, tick_counts
from interactspeech.signal.intervals import intervals


def ticks(text: str) -> np.ndarray:
    return np.array([c == "#" for c in text])


def test_a_yield_within_ten_ticks() -> None:
    user = ticks("..####################")
    assert tick_counts(user, ticks("#####.................")).yielded == 1
    found = tick_counts(user, ticks("############.........."))
    assert (found.yielded, found.kept) == (0, 1)  # silent from the tenth tick after the onset on
    found = tick_counts(user, ticks("###########..........."))
    assert found.yield_latencies == (pytest.approx(1.8),)


def test_answers_count_until_the_user_goes_on() -> None:
    found = tick_counts(ticks("###....###...."), ticks(".....##......#"))
    assert (found.answered, found.unanswered) == (2, 0)
    assert found.answer_latencies == (pytest.approx(0.4), pytest.approx(0.6))
    found = tick_counts(ticks("###....###...."), ticks("............##"))
    assert (found.answered, found.unanswered) == (1, 1)
    assert tick_counts(ticks("###....."), ticks("........")).unanswered == 0  # the end asks nothing


def test_the_simulators_last_tick_is_left_out() -> None:
    assert tick_counts(ticks("......#"), ticks("#######")).kept == 0
    assert tick_counts(ticks(".....##"), ticks("#######")).kept == 1


def test_what_is_to_be_ignored() -> None:
    user, sound = ticks("....##............."), LabelledSound("backchannel", 4, 6)
    assert tick_counts(user, ticks("#########.........."), [sound]).right == {"backchannel": 1}
    assert tick_counts(user, ticks("########..........."), [sound]).wrong == {"backchannel": 1}
    tic = LabelledSound("vocal_tic", 4, 6)
    quiet = ticks("...................")
    assert tick_counts(user, quiet, [tic]).right == {"vocal_tic": 1}
    assert tick_counts(user, ticks("................##."), [tic]).wrong == {"vocal_tic": 1}
    assert tick_counts(user, ticks(".................##"), [tic]).right == {"vocal_tic": 1}


def test_effects_between_turns_count_as_published_only_when_they_were_not_ignored() -> None:
    none = ticks("...............")
    tic = [LabelledSound("vocal_tic", 4, 5)]
    assert tick_counts(none, ticks("########......."), (), tic).wrong == {"vocal_tic": 1}
    assert tick_counts(none, ticks("############..."), (), tic) == tau_voice.TauCounts()


def test_the_agent_interrupts_where_it_starts_over_the_user() -> None:
    found = tick_counts(ticks("######........"), ticks("...##....###.."))
    assert found.agent_interrupts == 1
    panel = tau_voice.tau_panel(found)
    assert panel.agent_interruption_rate == 1.0
    assert math.isnan(panel.yield_rate)


def test_exact_counts_have_no_ticks() -> None:
    rate = 1000
    user, agent = intervals([(0, 2000), (5000, 7000)]), intervals([(2300, 5450), (7400, 9000)])
    found = tau_voice.exact_counts(user, agent, [], rate)
    assert found.answer_latencies == (0.3, 0.4)
    assert found.yield_latencies == (0.45,)
    breath = intervals([(2300, 5200), (5500, 9000)])  # .3 s of silence is no yield
    assert tau_voice.exact_counts(user, breath, [], rate).kept == 1


def test_exact_counts_see_what_is_ignored_while_the_agent_talks() -> None:
    sound = [LabelledSound("vocal_tic", 4000, 4300)]
    agent = intervals([(1000, 9000)])
    found = tau_voice.exact_counts(intervals([]), agent, sound, 1000)
    assert found.right == {"vocal_tic": 1}
    stops = intervals([(1000, 5000)])
    assert tau_voice.exact_counts(intervals([]), stops, sound, 1000).wrong == {"vocal_tic": 1}
    later = intervals([(1000, 5001)])
    assert tau_voice.exact_counts(intervals([]), later, sound, 1000).right == {"vocal_tic": 1}


def test_counts_add_up() -> None:
    one = tau_voice.TauCounts(1, 2, right={"vocal_tic": 1}, answer_latencies=(0.5,))
    both = one + one
    assert (both.answered, both.right, both.answer_latencies) == (2, {"vocal_tic": 2}, (0.5, 0.5))


@pytest.mark.parametrize(
    ("ms", "score", "tool"),
    [(-500, 0, 0.0), (0, 0.5, 0.5), (500, 1, 1.0), (2000, 1, 1.0), (2750, 0.5, 1.0),
     (3500, 0, 0.75), (4000, 0, 0.5), (5000, 0, 0.0)],
)  # fmt: skip
def test_the_latency_curve(ms: float, score: float, tool: float) -> None:
    assert eva.latency_score(ms) == pytest.approx(score)
    assert eva.latency_score(ms, tool=True) == pytest.approx(tool)


def test_evas_own_dual_interrupt() -> None:
    """Turn 2 of the benchmark's unit test: overlap 1 s scores .25, a yield of .5 s .75."""
    turn = eva.EvaTurn(((2.5, 5.0),), ((4.0, 6.0),), 3.0, True, True)
    found = eva.turn_score(turn)
    assert (found.score, found.reason) == (pytest.approx(0.25), "dual_interrupt")
    assert found.parts["yield_ms"] == pytest.approx(500)


def test_cutting_in_three_times_or_late_answers_score_nothing() -> None:
    pieces = ((1.0, 1.1), (2.0, 2.1), (3.0, 3.1))
    assert eva.turn_score(eva.EvaTurn(((0.0, 5.0),), pieces, None, True)).score == 0
    late = eva.turn_score(eva.EvaTurn(((0.0, 5.0),), ((4.9, 4.95), (12.0, 13.0)), None, True))
    assert late.score == 0
    spans = eva.turn_score(eva.EvaTurn(((0.0, 5.0),), ((4.0, 6.0),), None, True))
    assert "post_interrupt_latency_ms" not in spans.parts


def test_a_conversation_that_ends_unanswered_scores_zero() -> None:
    turn = eva.EvaTurn(((0.0, 1.0),), ((1.6, 3.0),))
    assert eva.eva_score([turn]).score == 1.0
    assert eva.eva_score([turn], missed_turn=True).score == 0.0
    assert math.isnan(eva.eva_score([]).score)


def test_turns_of_activity() -> None:
    user, system = [(0.0, 1.0), (1.5, 2.0), (5.0, 6.0)], [(2.6, 5.3), (6.5, 7.0)]
    one, two = eva.turns_of_activity(user, system)
    assert one.user == ((0.0, 1.0), (1.5, 2.0))
    assert one.agent == ((2.6, 5.3),)
    assert two.user_interrupts
    assert eva.turn_score(two).parts["yield_ms"] == pytest.approx(300)


def test_sid_bench() -> None:
    clips = [
        sid_bench.SidClip(4.0, 1.0, 1.5),  # hit: .5
        sid_bench.SidClip(4.0, 1.0, 0.8),  # early: .2
        sid_bench.SidClip(4.0, 1.0, None),  # miss: 3
        sid_bench.SidClip(3.0, None, 1.0),  # false alarm: 3
        sid_bench.SidClip(3.0, None, None),
    ]
    found = sid_bench.sid_score(clips)
    assert (found.fir, found.irl) == (0.5, pytest.approx(0.35))
    assert found.apt == pytest.approx((0.5 + 0.2 + 3 + 3) / 5)
    assert math.isnan(sid_bench.sid_score([]).apt)
