"""Points for timing, where no words are known."""

import numpy as np
import pytest

from interactspeech.records import Word
from interactspeech.turntaking import DEFAULT, Timeline, annotate, layer1
from interactspeech.turntaking.backchannel_candidates import candidates
from interactspeech.turntaking.timing_decision import (
    TIMING_FEATURES,
    TimingScorecard,
    timing_decision,
    timing_features,
    timing_rules,
    timing_scorecard,
)

RATE = 1000


def of(spans, words=None):
    timeline, _ = Timeline.build(RATE, spans, length=20 * RATE, words=words)
    return candidates(timeline, layer1(timeline, DEFAULT), DEFAULT)


def at(found, speaker, start):
    return int(np.flatnonzero((found.speaker == speaker) & (found.start == start))[0])


def test_short_talk_inside_long_talk_is_feedback_and_an_answer_is_not():
    inside = of({"A": [(0, 9000)], "B": [(4000, 4300)]})
    answer = of({"A": [(0, 4000), (8000, 9500)], "B": [(4400, 4900), (5300, 7600)]})
    assert timing_decision(inside)[at(inside, 1, 4000)]
    assert not timing_decision(answer)[at(answer, 1, 4400)]
    assert not timing_decision(inside)[at(inside, 0, 0)]


def test_features_are_what_their_names_say():
    found = of({"A": [(0, 3000), (4200, 9000)], "B": [(3300, 3800)]})
    row = dict(
        zip(TIMING_FEATURES, timing_features(found)[at(found, 1, 3300)].tolist(), strict=True)
    )
    assert row["log_length"] == pytest.approx(np.log(0.5))
    assert row["partner"] == 1.0
    assert row["partner_talking"] == 0.0
    assert row["resumes"] == pytest.approx(0.4)
    assert row["goes_on"] == 1.0
    assert row["isolated"] == 1.0


def test_the_default_rule_decides_where_words_are_known():
    spans = {"A": [(0, 9000)], "B": [(4000, 4300)]}
    said = of(spans, {"B": [Word("stop", 4000, 4300)]})
    assert not timing_decision(said)[at(said, 1, 4000)]
    nod = of(spans, {"B": [Word("mm-hm", 4000, 4300)]})
    assert timing_decision(nod)[at(nod, 1, 4000)]


def test_it_is_named_in_the_rules_and_weights_must_fit():
    rules = timing_rules()
    assert rules.backchannel == timing_scorecard().id
    timeline, _ = Timeline.build(RATE, {"A": [(0, 9000)], "B": [(4000, 4300)]}, length=9000)
    events = annotate(timeline, rules, backchannel=timing_decision)
    assert [e.speaker for e in events if e.type == "backchannel"] == ["B"]
    with pytest.raises(ValueError, match="differ"):
        TimingScorecard("x", "", 0.0, {"log_length": 1.0})
