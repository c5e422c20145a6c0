"""The annotator against an independent one, written sample by sample from the definitions."""

import numpy as np
from conversations import conversations, facts
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_dynamics import Naive

from interactspeech.turntaking import CLASSES, DEFAULT, RULE_SETS, annotate, layer1


@given(conversations(words=(False,)), st.sampled_from(sorted(RULE_SETS)))
@settings(max_examples=50, deadline=None)
def test_layer1_agrees_with_the_definitions(timeline, name):
    rules = RULE_SETS[name]
    naive = Naive(timeline, rules)
    layer = layer1(timeline, rules)
    runs = [
        (
            *(int(a), int(b)),
            frozenset(n for i, n in enumerate(layer.speakers) if state >> i & 1),
            CLASSES[kind],
        )
        for a, b, state, kind in zip(
            layer.runs.start, layer.runs.end, layer.runs.state, layer.runs.kind, strict=True
        )
    ]
    assert runs == naive.runs
    t = layer.transitions
    assert [
        (CLASSES[kind], int(a), int(b), layer.speakers[before], layer.speakers[after])
        for kind, a, b, before, after in zip(t.kind, t.start, t.end, t.before, t.after, strict=True)
    ] == naive.transitions
    assert np.array_equal(layer.runs.active, [len(run[2]) for run in naive.runs])


@given(conversations())
@settings(max_examples=150, deadline=None)
def test_layer2_agrees_with_the_definitions(timeline):
    assert facts(annotate(timeline)) == sorted(Naive(timeline, DEFAULT).events, key=repr)
