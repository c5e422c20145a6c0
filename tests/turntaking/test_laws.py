"""The laws of docs/framework.md on random conversations; test_laws_real.py has the real ones."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from conversations import conversations, facts
from hypothesis import given, settings
from hypothesis import strategies as st
from live import play

from interactspeech.turntaking import (
    DEFAULT,
    Candidates,
    OnlineAnnotator,
    RuleSet,
    Timeline,
    WordTrack,
    annotate,
    layer1,
)
from interactspeech.turntaking.activity import GAP, LATCH, MIXED, OVERLAP_BETWEEN
from interactspeech.turntaking.backchannel_decision import feedback_decision, feedback_rules


def moved(timeline: Timeline, by: int = 0, times: int = 1) -> Timeline:
    return Timeline(
        timeline.rate * times,
        timeline.length * times + by,
        {name: rows * times + by for name, rows in timeline.activity.items()},
        {
            name: WordTrack(track.texts, track.times * times + by, track.fragment)
            for name, track in timeline.words.items()
        },
    )


def moved_facts(events, by: int = 0, times: int = 1) -> list[tuple]:
    """The events as they must be after `moved`."""
    lengths = {"fto", "overlap", "silence"}
    found = []
    for kind, who, partner, start, end, attributes in facts(events):
        more = tuple(
            (name, value * times + by if name == "floor_transfer" else value * times)
            if name in lengths | {"floor_transfer"}
            else (name, value)
            for name, value in attributes
        )
        found.append((kind, who, partner, start * times + by, end * times + by, more))
    return sorted(found, key=repr)


@given(conversations())
@settings(max_examples=50, deadline=None)
def test_law_1_runs_tile_the_conversation(timeline):
    runs = layer1(timeline).runs
    assert (runs.end - runs.start).sum() == timeline.length
    assert (runs.end > runs.start).all()
    assert np.array_equal(runs.start[1:], runs.end[:-1])
    assert (runs.state[1:] != runs.state[:-1]).all()


@given(conversations())
@settings(max_examples=50, deadline=None)
def test_law_2_names_do_not_matter(timeline):
    names = {"A": "zoe", "B": "yan", "C": "xia", "D": "will"}
    renamed = replace(
        timeline,
        activity={names[name]: rows for name, rows in timeline.activity.items()},
        words={names[name]: track for name, track in timeline.words.items()},
    )
    back = {new: old for old, new in names.items()} | {"": ""}
    events = [
        (kind, back[who], back[partner], *rest)
        for kind, who, partner, *rest in facts(annotate(renamed))
    ]
    assert sorted(events, key=repr) == facts(annotate(timeline))


@given(conversations(speakers=(2,)))
@settings(max_examples=50, deadline=None)
def test_law_2_the_order_of_two_speakers_does_not_matter(timeline):
    # Only who "came in" when both start on one sample is a matter of order.
    turned = replace(timeline, activity=dict(reversed(timeline.activity.items())))
    assert [f for f in facts(annotate(turned)) if f[0] != "overlap"] == [
        f for f in facts(annotate(timeline)) if f[0] != "overlap"
    ]


@given(conversations(), st.integers(0, 500))
@settings(max_examples=50, deadline=None)
def test_law_3_shift(timeline, by):
    assert facts(annotate(moved(timeline, by))) == moved_facts(annotate(timeline), by)


@given(conversations(), st.integers(1, 48))
@settings(max_examples=50, deadline=None)
def test_law_3_scale(timeline, times):
    assert facts(annotate(moved(timeline, times=times))) == moved_facts(
        annotate(timeline), times=times
    )


@given(conversations())
@settings(max_examples=50, deadline=None)
def test_law_4_each_change_of_floor_is_one_transition(timeline):
    layer = layer1(timeline)
    single = layer.runs.state[layer.runs.active == 1]
    changes = sum(a != b for a, b in pairwise(single.tolist()))
    t = layer.transitions
    changing = t.before != t.after
    assert changing.sum() == changes
    assert (
        t.of(GAP, OVERLAP_BETWEEN, LATCH)[changing].sum() + ((t.kind == MIXED) & changing).sum()
        == changes
    )
    assert not t.of(GAP, OVERLAP_BETWEEN, LATCH)[~changing].any()
    assert ((t.start == t.end) == (t.kind == LATCH)).all()
    offsets = layer.ftos.offset
    assert len(offsets) == changes - ((t.kind == MIXED) & changing).sum()


def eager(candidates: Candidates) -> np.ndarray:
    """A decision that uses all that a candidate may know, and calls much a backchannel."""
    c = candidates
    return (c.resumes + c.next_length + c.after) % 3 != 0


@given(
    conversations(most=30),
    st.sampled_from(["default", "eager", "fitted"]),
    st.sampled_from([0, 0, 1, 9]),
    st.lists(st.integers(0, 3000), max_size=20),
)
@settings(max_examples=100, deadline=None)
def test_law_5_online_is_offline(timeline, other, step, ticks):
    rules, decision = {
        "default": (DEFAULT, None),
        "eager": (RuleSet(id="eager-1", backchannel="eager"), eager),
        "fitted": (feedback_rules(), feedback_decision),
    }[other]
    offline = annotate(timeline, rules, backchannel=decision)
    annotator = OnlineAnnotator(
        timeline.rate, timeline.speakers, rules, backchannel=decision, step=step
    )
    online = play(timeline, annotator, ticks)
    assert facts(event for _, event in online) == facts(offline)


@given(conversations(), st.lists(st.integers(0, 3000), max_size=20))
@settings(max_examples=50, deadline=None)
def test_law_5_the_delay_is_bounded(timeline, ticks):
    annotator = OnlineAnnotator(timeline.rate, timeline.speakers)
    clocks = sorted({t for t in ticks if t <= timeline.length} | {timeline.length}) + [
        int(t) for rows in timeline.activity.values() for t in rows.ravel()
    ]
    clocks.sort()
    for given_at, event in play(timeline, annotator, ticks):
        due = event.end + annotator.delay[event.type]
        later = [clock for clock in clocks if clock >= due]
        assert given_at <= (later[0] if later else timeline.length)
