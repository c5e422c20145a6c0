"""Symbols, features and smoothed n-grams of the floor process, against their definitions."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactspeech.turntaking.distribution import constant
from interactspeech.turntaking.timing.floor_process import (
    BETWEEN,
    CHANGES,
    EFFECTS,
    FEATURES,
    OVERLAPS,
    SIDES,
    START,
    SYMBOLS,
    TRANSITIONS,
    WITHIN,
    Chain,
    FloorProcess,
    features,
    split_symbols,
    symbol_index,
)


def test_symbols_count_solos_kinds_and_lengths():
    assert SYMBOLS == 7 * 4 * 4
    every = [
        int(symbol_index(np.array(solo), np.array(kind), np.array(length)))
        for solo in range(7)
        for kind in range(4)
        for length in range(4)
    ]
    assert every == list(range(SYMBOLS))
    solo, kind, length = split_symbols(np.arange(SYMBOLS))
    assert (symbol_index(solo, kind, length) == np.arange(SYMBOLS)).all()
    assert (solo.max(), kind.max(), length.max()) == (6, 3, 3)


def test_overlaps_and_changes_are_those_of_their_names():
    for place, name in enumerate(TRANSITIONS):
        assert OVERLAPS[place] == name.startswith("overlap")
        assert CHANGES[place] == (name in {"gap", "overlap_between"})
    assert TRANSITIONS[BETWEEN] == "overlap_between"
    assert TRANSITIONS[WITHIN] == "overlap_within"
    for place, name in enumerate(SIDES):
        before, after = name.split("-")
        assert place == 2 * (before == "overlap") + (after == "overlap")


def test_features_are_their_definitions():
    table = features()
    assert table.shape == (SYMBOLS, FEATURES) == (112, 8)
    assert EFFECTS == 16
    for symbol in range(SYMBOLS):
        solo, kind, length = (int(part) for part in split_symbols(np.array(symbol)))
        longer = {0: -1.05, 1: -0.35, 2: 0.35, 3: 1.05}[length]
        middle = (solo - 3) * 2 / 7
        expected = [
            kind == 1, kind == 2, kind == 3, middle, middle**2,
            longer * (kind == 0), longer * (kind == 1), longer * (kind == 2),
        ]  # fmt: skip
        assert table[symbol] == pytest.approx(np.array(expected, float))


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(START, 3), st.integers(START, 3), st.integers(0, 4), st.integers(1, 5)
        ),
        min_size=1,
        max_size=12,
        unique_by=lambda row: row[:3],
    ),
    st.floats(0.1, 3.0),
)
def test_probabilities_are_witten_and_bells(rows, discount):
    chain = Chain(np.array(rows), discount)
    assert chain.order == 2

    def expected(context):
        lower = expected(context[1:]) if context else np.full(SYMBOLS, 1 / SYMBOLS)
        counts = {}
        for first, second, symbol, count in rows:
            if (first, second)[2 - len(context) :] == context:
                counts[symbol] = counts.get(symbol, 0) + count
        if not counts:
            return lower
        seen = np.zeros(SYMBOLS)
        for symbol, count in counts.items():
            seen[symbol] = count
        if not context:
            return (seen + 1e-6 * seen.sum() / SYMBOLS) / (seen.sum() * (1 + 1e-6))
        return (seen + discount * len(counts) * lower) / (seen.sum() + discount * len(counts))

    for context in ((), (0,), (1, 2), (START, START), rows[0][:2], (9, 9)):
        found = chain.probabilities(context)
        assert found == pytest.approx(expected(context), abs=1e-12)
        assert found.sum() == pytest.approx(1.0)
        assert (found > 0).all()
        assert chain.probabilities(context) is found


def process(**changes):
    zeros = tuple((0.0,) * EFFECTS for _ in range(EFFECTS))
    given = {
        "solo": {side: constant(1.0) for side in SIDES},
        "transitions": {kind: constant(0.3) for kind in TRANSITIONS},
        "ngrams": ((START, 0, 1), (0, SYMBOLS - 1, 2)),
        "discount": 1.0,
        "first": 0.5,
        "mean": (0.0,) * EFFECTS,
        "between": zeros,
        "within": zeros,
        "episode": 120.0,
    }
    return FloorProcess(**(given | changes))


def test_a_process_at_the_edges_of_what_it_may_be():
    assert process(first=0.0).first == 0.0
    assert process(first=1.0, discount=1e-9, episode=1e-9).first == 1.0
    assert msgspec.json.decode(msgspec.json.encode(process()), type=FloorProcess) == process()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"transitions": {"gap": constant(0.3)}}, "transitions"),
        ({"solo": {"silence-silence": constant(0.3)}}, "time alone"),
        ({"ngrams": ((0, 1), (0, 1, 1))}, "one length"),
        ({"ngrams": ((1,), (2,))}, "at least 2"),
        ({"ngrams": ((-2, 0, 1),)}, "symbols"),
        ({"ngrams": ((0, SYMBOLS, 1),)}, "symbols"),
        ({"ngrams": ((0, -1, 1),)}, "symbols"),
        ({"ngrams": ((0, 0, 0),)}, "counts"),
        ({"mean": (0.0,) * (EFFECTS - 1)}, "tendencies"),
        ({"between": ((0.0,) * EFFECTS,)}, "tendencies"),
        ({"within": ((0.0,) * EFFECTS,)}, "tendencies"),
        ({"discount": 0.0}, "above 0"),
        ({"episode": 0.0}, "above 0"),
        ({"first": -0.01}, "first"),
        ({"first": 1.01}, "first"),
    ],
)
def test_what_is_no_process_is_refused(changes, says):
    with pytest.raises(ValueError, match=says):
        process(**changes)
