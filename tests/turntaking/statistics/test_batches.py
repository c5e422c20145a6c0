"""Conversations measured in batches have the samples of each measured alone."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from interactspeech.records import Word
from interactspeech.turntaking.backchannel_decision import feedback_decision, feedback_rules
from interactspeech.turntaking.rules import DEFAULT
from interactspeech.turntaking.statistics.batches import Collector
from interactspeech.turntaking.statistics.collection import MEASURES, Conversation, conversation
from interactspeech.turntaking.timeline import Timeline

RATE = 1000


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    """One to three speakers with or without words, of a few seconds."""
    activity, words = {}, {}
    for speaker in "ABC"[: draw(st.integers(1, 3))]:
        time, spans = draw(st.integers(0, 900)), []
        for _ in range(draw(st.integers(0, 6))):
            long = draw(st.integers(1, 1500))
            spans.append((time, time + long))
            time += long + draw(st.integers(1, 1500))
        activity[speaker] = spans
        if draw(st.booleans()):
            said = draw(
                st.lists(
                    st.sampled_from(["yeah", "mm-hm", "so", "um"]),
                    min_size=len(spans),
                    max_size=len(spans),
                )
            )
            words[speaker] = [Word(w, *span) for w, span in zip(said, spans, strict=True)]
    end = max((e for spans in activity.values() for _, e in spans), default=0)
    return Timeline.build(RATE, activity, length=end + draw(st.integers(1, 2000)), words=words)[0]


def same(one: Conversation, other: Conversation) -> None:
    assert one.name == other.name
    assert np.isclose(one.minutes, other.minutes)
    assert one.counts == other.counts
    for measure in MEASURES:
        assert np.allclose(one.samples[measure], other.samples[measure]), measure
    for name, pair in one.shares.items():
        assert np.allclose(pair, other.shares[name]), name


@settings(max_examples=25, deadline=None)
@given(st.lists(timelines(), min_size=1, max_size=6), st.booleans())
def test_a_batch_gives_what_each_gives_alone(some, fitted):
    rules, decision = (feedback_rules(DEFAULT), feedback_decision) if fitted else (DEFAULT, None)
    collector = Collector(rules, decision)
    for number, timeline in enumerate(some):
        collector.add(f"c{number}", timeline)
    table = collector.finish()
    assert len(table) == len(some)
    for number, timeline in enumerate(some):
        same(conversation(timeline, f"c{number}", rules, backchannel=decision), table[number])


def test_large_and_small_ones_keep_their_order():
    small = Timeline.build(RATE, {"A": [(0, 500)], "B": [(600, 900)]})[0]
    large = Timeline.build(RATE, {"A": [(2 * i, 2 * i + 1) for i in range(0, 3000, 50)],
                                  "B": [(10 * i, 10 * i + 5) for i in range(500)]})[0]  # fmt: skip
    slow = Timeline.build(2 * RATE, {"A": [(0, 500)]})[0]
    collector = Collector(DEFAULT)
    for name, timeline in (("a", small), ("b", large), ("c", small), ("d", slow), ("e", small)):
        collector.add(name, timeline)
    assert collector.finish().names == list("abcde")


def test_more_than_sixty_two_speakers():
    many = {f"s{i}": [(100 * i, 100 * i + 150)] for i in range(100)}
    found = conversation(Timeline.build(RATE, many)[0])
    assert found.counts["layer1_overlaps_between"] == 99
    few = conversation(Timeline.build(RATE, {k: many[k] for k in list(many)[:62]})[0])
    assert few.counts["layer1_overlaps_between"] == 61
