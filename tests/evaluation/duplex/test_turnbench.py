"""TurnBench's gold and scores: by hand at the boundaries, and against a naive scorer."""

from pathlib import Path

import numpy as np
import pytest

from interactspeech.errors import InputError
from interactspeech.evaluation.duplex.turnbench import (
    OperatingPoint,
    SpeakerTimes,
    TaskCounts,
    TurnPrediction,
    candidate_thresholds,
    commits,
    operating_point,
    read_predictions,
    score_predictions,
    score_task,
    sweep,
    write_predictions,
)
from interactspeech.evaluation.duplex.turnbench_gold import (
    GoldAnchor,
    GoldEvents,
    GoldSpan,
    LabelledStretch,
    agreement,
    gold_of_annotators,
)

A, S = GoldAnchor, GoldSpan


@pytest.mark.parametrize(
    ("time", "hit"), [(9.75, True), (9.749, False), (10.0, True), (13.0, True), (13.001, False)]
)
def test_the_window_of_a_positive(time: float, hit: bool) -> None:
    found = score_task([A(1, 10.0)], [], {1: [time]})
    assert (found.hits, found.misses) == (int(hit), int(not hit))
    if hit:
        assert found.latencies == (pytest.approx((time - 10) * 1000),)


def test_the_next_event_of_the_speaker_ends_the_window() -> None:
    both = [A(1, 10.0), A(1, 11.0)]
    found = score_task(both, [], {1: [11.5]})
    assert (found.hits, found.latencies) == (1, (pytest.approx(500),))
    assert score_task([A(1, 10.0), A(2, 11.0)], [], {1: [11.5]}).hits == 1


def test_one_prediction_claims_one_event_and_a_burst_is_one() -> None:
    assert score_task([A(1, 10.0), A(1, 10.1)], [], {1: [10.05]}).hits == 1
    found = score_task([A(1, 10.0)], [S(1, 10.5, 12.0)], {1: [10.1, 10.6, 11.0]})
    assert (found.hits, found.false_alarms) == (1, 0)  # inside the positive's window


@pytest.mark.parametrize(
    ("time", "alarm"), [(9.75, 1), (9.74, 0), (10.0, 1), (12.0, 1), (12.01, 0)]
)
def test_a_negative_and_its_tolerance(time: float, alarm: int) -> None:
    found = score_task([], [S(1, 10.0, 12.0)], {1: [time]})
    assert (found.false_alarms, found.quiet) == (alarm, 1 - alarm)


def test_at_most_one_false_alarm_a_span_and_none_where_nobody_is_sure() -> None:
    assert score_task([], [S(1, 10, 12)], {1: [10, 11, 12]}).false_alarms == 1
    assert score_task([], [S(1, 10, 12)], {1: [11]}, [S(1, 10.5, 11.5)]).false_alarms == 0
    assert score_task([], [S(1, 10, 12)], {1: [11]}, [S(2, 10.5, 11.5)]).false_alarms == 1


def naive(
    positives: list, negatives: list, times: dict, excluded: list
) -> tuple[int, int, int, list]:
    """The rules as the paper's text has them, in quadratic time."""
    left = {
        s: [
            t
            for t in sorted(x)
            if not any(e.speaker == s and e.start <= t <= e.end for e in excluded)
        ]
        for s, x in times.items()
    }
    taken: set[tuple[int, int]] = set()
    windows = []
    hits, latencies = 0, []
    for p in sorted(positives, key=lambda p: p.time):
        later = [q.time for q in positives if q.speaker == p.speaker and q.time > p.time]
        low, high = p.time - 0.25, min([p.time + 3.0, *later])
        windows.append((p.speaker, low, high))
        for k, t in enumerate(left[p.speaker]):
            if low <= t <= high and (p.speaker, k) not in taken:
                taken.add((p.speaker, k))
                hits += 1
                latencies.append((t - p.time) * 1000)
                break
    alarms = 0
    for n in negatives:
        alarms += any(
            n.start - 0.25 <= t <= n.end
            and (n.speaker, k) not in taken
            and not any(s == n.speaker and a <= t <= b for s, a, b in windows)
            for k, t in enumerate(left[n.speaker])
        )
    return hits, len(positives) - hits, alarms, latencies


def test_against_a_naive_scorer() -> None:
    rng = np.random.default_rng(1)
    for _ in range(300):

        def spans(n: int) -> list:
            start = rng.uniform(0, 60, n)
            return [
                S(int(rng.integers(1, 3)), a, a + d)
                for a, d in zip(start, rng.uniform(0.1, 3, n), strict=True)
            ]

        positives = [A(int(rng.integers(1, 3)), round(t, 1)) for t in rng.uniform(0, 60, 12)]
        negatives, excluded = spans(10), spans(3)
        times = {s: sorted(np.round(rng.uniform(0, 60, 20), 1).tolist()) for s in (1, 2)}
        found = score_task(positives, negatives, times, excluded)
        assert (
            found.hits, found.misses, found.false_alarms, list(found.latencies)
        ) == naive(positives, negatives, times, excluded)  # fmt: skip


def label(*rows: tuple[float, float, str]) -> list[LabelledStretch]:
    return [LabelledStretch(*row) for row in rows]


def test_two_of_three_agree_within_two_tenths() -> None:
    tracks = [label((1.0, 2.0, "Normal Turn")), label((1.18, 2.18, "Normal Turn")), []]
    events, excluded = agreement(tracks, 1)
    assert [(e.start, e.end) for e in events] == [(1.09, 2.09)]
    assert excluded == []
    apart = [label((1.0, 2.0, "Normal Turn")), label((1.21, 2.0, "Normal Turn")), []]
    events, excluded = agreement(apart, 1)
    assert events == []
    assert [(x.start, x.end) for x in excluded] == [(1.0, 2.0)]


def test_who_is_outvoted_excludes_nothing() -> None:
    turn = (1.0, 2.0, "Normal Turn")
    tracks = [label(turn), label(turn), label((1.0, 2.0, "Continuer Backchannel"))]
    events, excluded = agreement(tracks, 1)
    assert len(events) == 1
    assert excluded == []


def test_turns_and_pauses_of_a_conversation() -> None:
    def thrice(*rows: tuple[float, float, str]) -> list:
        return [label(*rows)] * 3

    gold = gold_of_annotators({
        1: thrice((0, 2, "Normal Turn"), (3, 5, "Normal Turn"), (9, 9.4, "Continuer Backchannel")),
        2: thrice((5.5, 8, "Normal Turn"), (8.5, 12, "Normal Turn"),
                  (3.5, 4.0, "Floor-taking Competitive Interruption")),
    })  # fmt: skip
    # 1's first end is a pause; its second passes the floor; 2's first is a pause, its last an end;
    # the interruption is talk of 2 inside 1's turn, so its end hands the floor back.
    assert (1, 5) in {(a.speaker, a.time) for a in gold.eot_positive}
    assert [(s.speaker, s.start, s.end) for s in gold.eot_negative] == [(1, 2, 3), (2, 8, 8.5)]
    assert [(a.speaker, a.time) for a in gold.int_positive] == [(2, 3.5)]
    assert [(s.speaker, s.start, s.end) for s in gold.int_negative] == [(1, 9, 9.4)]


def test_a_pause_is_cut_at_what_makes_it_doubtful_and_an_attempt_is_excluded() -> None:
    track = [
        label((0, 2, "Normal Turn"), (2.4, 2.6, "Continuer Backchannel"), (4, 5, "Normal Turn"))
    ] * 3
    other = [
        label((6, 7, "Normal Turn"), (0.5, 1, "Non-floor Taking Competitive Interruption"))
    ] * 3
    gold = gold_of_annotators({1: track, 2: other})
    assert [(s.start, s.end) for s in gold.eot_negative] == [(2, 2.4)]
    assert [(s.speaker, s.start) for s in gold.int_excluded] == [(2, 0.5)]
    assert gold.int_positive == ()


def test_submissions_come_back_and_what_is_missing_is_named(tmp_path: Path) -> None:
    made = [TurnPrediction("7", SpeakerTimes((2.0, 1.0), ()), SpeakerTimes((), (3.25,)))]
    path = tmp_path / "p.json"
    path.write_bytes(write_predictions(made))
    (read,) = read_predictions(path)
    assert (read.speaker_1.eot, read.speaker_2.interruption) == ((1.0, 2.0), (3.25,))
    score = score_predictions([read], {"7": GoldEvents((A(1, 1.0),)), "8": GoldEvents()})
    assert (score.scored, score.missing, score.eot.hits) == (1, ("8",), 1)


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"schema_version": 2, "predictions": []}', '{"schema_version": 1}',
     '{"schema_version": 1, "predictions": [{"conversation_id": 3}]}',
     ('{"schema_version": 1, "predictions": [{"conversation_id": "3", "speaker_1": {"eot": [-1]},'
     ' "speaker_2": {}}]}'),
     ('{"schema_version": 1, "predictions": [{"conversation_id": "3", "speaker_1": {"eot": [NaN]},'
     ' "speaker_2": {}}]}')],
)  # fmt: skip
def test_bad_submissions_are_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_predictions(path)
    assert caught.value.path == path


def test_commits_at_rising_edges_with_a_refractory() -> None:
    scores = np.array([0, 0.6, 0.7, 0, 0.6, 0, 0, 0, 0.9, 0.5])
    assert commits(scores, 2.0, 0.5) == [1.0, 4.5]  # the edge at frame 4 comes within 2 s
    assert commits(scores, 2.0, 0.5, 0.0) == [1.0, 2.5, 4.5]
    assert commits(np.zeros(0), 2.0, 0.5) == []
    assert commits(np.array([0.5]), 2.0, 0.5) == []  # the threshold must be exceeded


def test_the_operating_point_has_the_highest_recall_that_the_budget_allows() -> None:
    points = [
        OperatingPoint(0.1, TaskCounts(10, 0, 2, 8)),
        OperatingPoint(0.5, TaskCounts(8, 2, 1, 9)),
        OperatingPoint(0.9, TaskCounts(2, 8, 0, 10)),
    ]
    best = operating_point(points)
    assert best is not None
    assert best.threshold == 0.5
    assert operating_point(points[:1]) is None


def test_a_sweep_finds_where_a_score_tells_ends_from_pauses() -> None:
    scores = np.zeros(40)
    scores[4], scores[20] = 0.4, 0.8  # the pause at 1 s, the end at 5 s; 4 frames a second
    gold = {"c": GoldEvents((A(1, 5.0),), (S(1, 1.0, 2.0),))}
    points = sweep({"c": {1: scores, 2: np.zeros(40)}}, gold, "eot", 4.0)
    best = operating_point(points)
    assert best is not None
    assert 0.4 <= best.threshold < 0.8
    assert (best.counts.recall, best.counts.fp_rate) == (1.0, 0.0)
    assert len(candidate_thresholds([np.zeros(3)])) == 99
