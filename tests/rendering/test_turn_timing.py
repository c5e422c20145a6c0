"""Positions in a turn against a list of every sample, and the rules of overlaps."""

from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactspeech.rendering import HUMAN, draw_dyad, spoken_lines
from interactspeech.rendering.holds import Hold
from interactspeech.rendering.speech_outline import outline_from_words
from interactspeech.rendering.turn_timing import (
    TimedTurn,
    TurnTiming,
    draw_transitions,
    lay_out_turn,
)
from interactspeech.scripts import parse_script
from interactspeech.turntaking.timing import Dyad

RATE = 1000
SILENT = -1


@st.composite
def timings(draw):
    """A turn of up to six words with any gaps; rate 1000, so that breaks begin at 90."""
    at, words = 0, []
    for _ in range(draw(st.integers(1, 6))):
        length = draw(st.integers(2, 40))
        words.append((at, at + length))
        at += length + draw(st.sampled_from([0, 0, 10, 89, 90, 200]))
    count = draw(st.integers(1, len(words)))
    outline = outline_from_words(words, RATE)
    end = outline.length if count == len(words) else outline.cuts[count]
    at_break = [b.start for b in outline.breaks if b.token == count]
    timing = TurnTiming(outline, count, at_break[0] if at_break else end)
    for token in draw(st.sets(st.integers(1, 6))):
        if token < count:
            timing.set_gap(token, draw(st.integers(-1, 400)))
    for token in draw(st.sets(st.sampled_from(sorted(timing.gaps) or [0]))):
        if token:
            timing.fixed.add(token)
    return timing


def every_sample(timing):
    """The turn sample by sample: an index into the source, or silence."""
    breaks = {b.token: b for b in timing.outline.breaks}
    made, last = [], 0
    for token in range(1, timing.spoken_count):
        found = breaks.get(token)
        left = found.start if found else timing.outline.cuts[token]
        right = found.end if found else left
        if token in timing.gaps:
            made += [*range(last, left), *[SILENT] * timing.gaps[token]]
        else:
            made += [*range(last, left), *[SILENT] * (right - left)]
        last = right
    return [*made, *range(last, timing.source_end)]


def stretches(made):
    edges = np.flatnonzero(np.diff(np.r_[0, np.array(made) != SILENT, 0]))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


@settings(max_examples=150)
@given(timings())
def test_positions_are_those_of_the_samples(timing):
    made = every_sample(timing)
    assert timing.duration == len(made)
    speech = stretches(made)
    assert [span for span in timing.spans() if span[0] < span[1]] == speech
    for token in range(timing.spoken_count):
        own = [
            place for place, source in enumerate(made)
            if timing.outline.starts[token] <= source < timing.outline.ends[token]
        ]  # fmt: skip
        # The engine's word may go over the cut between two words that it ran together.
        assert timing.start(token) <= own[0] <= own[-1] < max(timing.end(token), own[0] + 1)
    silences = {}
    for token in range(1, timing.spoken_count):
        stop = timing.speech_end_before(token)
        length = timing.silence(token)
        assert made[stop : stop + length] == [SILENT] * length
        assert length == 0 or made[stop - 1] != SILENT
        if length:
            silences[token] = (stop, stop + length)
    assert timing.tokens_with_silence() == sorted(silences)
    assert timing.speech_end_before(timing.spoken_count) == timing.duration


@settings(max_examples=80)
@given(timings(), st.integers(0, 300))
def test_units_are_stretches_joined_over_short_silences(timing, bridge):
    speech = stretches(every_sample(timing))
    joined = [speech[0]]
    for start, end in speech[1:]:
        if start - joined[-1][1] < bridge:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    assert timing.runs(bridge) == joined


@settings(max_examples=80)
@given(timings(), st.integers(0, 300))
def test_pieces_hold_what_is_heard_and_margins_lie_in_silence(timing, margin):
    timing.margin = margin
    made = every_sample(timing)
    pieces = timing.pieces()
    for piece in pieces:
        for source in range(piece.start, piece.end):
            heard = made[piece.at + source - piece.start]
            assert heard in {source, SILENT}
    for first, second in pairwise(pieces):
        gap = second.at - (first.at + first.end - first.start)
        room = second.start - first.end
        assert first.after == second.before == min(margin, room // 2, gap // 2)
        assert gap in timing.gaps.values()
    assert (pieces[0].before, pieces[-1].after) == (0, 0)


@settings(max_examples=150)
@given(timings(), st.integers(-50, 500), st.integers(0, 500), st.sampled_from([20, 80]))
def test_silences_in_a_stretch_are_closed_and_others_stay(timing, low, length, short):
    before = {token: timing.silence(token) for token in timing.tokens_with_silence()}
    timing.close_silences(low, low + length, short)
    for token, silence in before.items():
        stop, now = timing.speech_end_before(token), timing.silence(token)
        assert now in {silence, short}
        inside = stop < low + length and stop + now > low
        if token in timing.fixed or silence <= short:
            assert now == silence
        elif inside:
            assert now == short
    assert timing.duration == len(every_sample(timing))


@settings(max_examples=80)
@given(timings(), st.integers(0, 600), st.integers(1, 300))
def test_fixed_silences_are_found_where_they_are(timing, low, length):
    silent = set()
    for token in timing.fixed:
        stop = timing.speech_end_before(token)
        silent |= set(range(stop, stop + timing.silence(token)))
    expected = bool(silent & set(range(low, low + length)))
    assert timing.has_fixed_silence(low, low + length) is expected


def test_a_gap_is_at_least_one_sample():
    timing = TurnTiming(outline_from_words([(0, 100), (100, 200)], RATE), 2, 200)
    for asked, made in ((-5, 1), (0, 1), (1, 1), (2, 2)):
        timing.set_gap(1, asked)
        assert timing.silence(1) == made


@pytest.fixture
def transitions(monkeypatch):
    """The transitions of turns where each draw of a dyad's is known."""

    def of(turns, **drawn):
        for name, seconds in drawn.items():
            monkeypatch.setattr(Dyad, name, lambda *given, s=seconds: np.full(given[-1], s))
        return draw_transitions(turns, draw_dyad("turns", 1), np.random.default_rng(1), HUMAN)

    return of


def turns_of(text, *, letters=100, silences=()):
    """Turns with a word every 100 ms a letter; `silences`: (turn, token) -> break before it."""
    made = []
    for index, line in enumerate(spoken_lines(parse_script(text, "turns"))):
        at, words = 0, []
        for place, token in enumerate(line.tokens):
            at += dict(silences).get((index, place), 0)
            length = letters * sum(map(str.isalnum, token))
            words.append((at, at + length))
            at += length
        outline = outline_from_words(words, RATE)
        end = outline.length
        if line.spoken_count < len(line.tokens):
            end = outline.cuts[line.spoken_count]
        made.append(TimedTurn(line, TurnTiming(outline, line.spoken_count, end)))
    return made


@pytest.mark.parametrize(
    ("drawn", "overlap"),
    # The first talks 2,000 alone; 300 of it, and 300 of the second's 1,500 after it, stay alone.
    [(0.5, 500), (1.2, 1200), (1.5, 1200), (9.0, 1200), (0.0, 1)],
)
def test_an_interruption_leaves_talk_alone_on_both_sides(transitions, drawn, overlap):
    turns = turns_of("A: aaaaaaaaaa bbbbbbbbbb [interrupt] cccc.\nB: aaaaaaaaaa bbbbb.")
    found = transitions(turns, interruption_overlap=drawn)
    assert [(t.kind, t.offset) for t in found] == [("first", 0), ("cut", -overlap)]


@pytest.mark.parametrize(
    ("first", "second", "overlap"),
    # A third of the shorter where 300 would leave less; half of 300 is alone in any case.
    [("aaaa", "aaaaaaaaaa", 133), ("aaaaaaaaaa", "aaaa", 133), ("aa", "aaaaaaaaaa", 50),
     ("aaa", "aaa", 100)],
)  # fmt: skip
def test_short_turns_overlap_by_a_third_at_most(transitions, first, second, overlap):
    turns = turns_of(f"A: {first} [interrupt] cccc.\nB: {second}.")
    found = transitions(turns, interruption_overlap=3.0)
    assert found[1].offset == -overlap


def test_silences_in_an_interruption_and_beside_it_are_closed(transitions):
    silences = {(0, 1): 500, (0, 2): 500, (1, 1): 500, (1, 2): 500}
    turns = turns_of(
        "A: aaaaaaaaaaaaaaaaaaaa bbbb cccc [interrupt] dddd.\nB: aaaa bbbb cccccccccccc.",
        silences=silences,
    )
    transitions(turns, interruption_overlap=0.6)
    first, second = turns[0].timing, turns[1].timing
    # 600 of overlap and 300 beside it reach back over both silences of the first turn.
    assert [first.silence(token) for token in (1, 2)] == [80, 80]
    assert [second.silence(token) for token in (1, 2)] == [80, 80]
    turns = turns_of(
        "A: aaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbb cccc [interrupt] dddd.\n"
        "B: aaaa bbbbbbbb cccccccccccc.",
        silences=silences,
    )
    transitions(turns, interruption_overlap=0.2)
    first, second = turns[0].timing, turns[1].timing
    assert [first.silence(token) for token in (1, 2)] == [500, 80]
    assert [second.silence(token) for token in (1, 2)] == [80, 500]


def test_a_marked_overlap_begins_at_the_end_of_the_word_before_the_mark(transitions):
    turns = turns_of("A: aaaaaaaa bbbb [overlap] cccccc.\nB: aaaaaaaaaaaa.")
    assert [(t.kind, t.offset) for t in transitions(turns)][1] == ("overlap", -600)
    short = turns_of("A: aaaaaaaa bbbb [overlap] cccccc.\nB: aaaa.")
    assert transitions(short)[1].offset == -(400 - 120)
    first = turns_of("A: aaaaaaaa [overlap] bbbb.\nB: aaaaaaaaaaaaaaaa.")
    assert transitions(first)[1].offset == -400


def test_the_same_speaker_goes_on_after_a_pause_of_at_least_the_own_silence(transitions):
    for drawn, offset in ((0.1, 250), (0.25, 250), (0.7, 700)):
        first, second, _ = turns_of("A: aaaa.\nB: bbbb.\nA: cccc.")
        again = TimedTurn(msgspec.structs.replace(second.line, speaker="A"), second.timing)
        found = transitions([first, again], pause=drawn)
        assert (found[1].kind, found[1].offset) == ("same", offset)


@pytest.mark.parametrize("seed", range(6))
def test_smooth_changes_get_the_draws_and_no_overlap_is_too_long(seed):
    text = "\n".join(f"{'AB'[k % 2]}: {'a' * (3 + 7 * (k % 3))} {'b' * 5}." for k in range(40))
    turns = turns_of(text)
    every = msgspec.structs.replace(HUMAN, interruptions=None)
    found = draw_transitions(turns, draw_dyad("t", seed), np.random.default_rng(seed), every)
    for index, transition in enumerate(found[1:], 1):
        assert transition.kind == "smooth"
        before, after = turns[index - 1].timing, turns[index].timing
        # 300 of the turn before and 120 of both stay clear of an overlap.
        assert -transition.offset <= max(0, min(before.duration - 300, after.duration) - 120)
    assert any(transition.offset < 0 for transition in found)


def test_holds_and_other_silences_of_a_turn():
    text = "A: one two, [pause] three four, five six.\nB: Oh."
    (line, _) = spoken_lines(parse_script(text, "holds"))
    source = outline_from_words(
        [(0, 100), (100, 200), (500, 600), (600, 700), (1000, 1100), (1100, 1200)], RATE
    )
    holds = [Hold(2, 0.7, 1.0, "inside an act"), Hold(1, 0.4, 1.0, "inside an act")]
    timing = lay_out_turn(line, source, holds, np.random.default_rng(1), HUMAN)
    assert timing.silence(1) == 400
    assert timing.silence(2) == 700
    assert timing.fixed == {2}
    assert 30 <= timing.silence(4) <= 170
    assert timing.margin == 25
    assert (timing.source_end, timing.fragment) == (1200, False)


@pytest.mark.parametrize(("mark", "found"), [(1, 2), (3, 4), (2, 2), (5, 4), (0, 0)])
def test_a_pause_of_the_script_moves_to_the_engines_silence_beside_it(mark, found):
    tokens = ["one", "two", "three", "four", "five", "six"]
    tokens.insert(mark, "[pause]")
    (line, _) = spoken_lines(parse_script(f"A: {' '.join(tokens)}.\nB: Oh.", "marks"))
    source = outline_from_words(
        [(0, 100), (100, 200), (500, 600), (600, 700), (1000, 1100), (1100, 1200)], RATE
    )
    holds = [Hold(mark, 0.7, 1.0, "inside an act")] if mark else []
    timing = lay_out_turn(line, source, holds, np.random.default_rng(1), HUMAN)
    assert timing.fixed == ({found} if mark else set())
    if mark:
        assert timing.silence(found) == 700


def test_a_cut_inside_a_word_leaves_a_third_to_six_tenths_of_it():
    (line, _) = spoken_lines(parse_script("A: one [interrupt] three.\nB: Oh.", "cut"))
    inside = msgspec.structs.replace(HUMAN, fragment_share=1.0)
    for length, found in ((1000, True), (220, True), (219, False)):
        source = outline_from_words([(0, 100), (100, 100 + length)], RATE)
        shares = []
        for seed in range(200):
            timing = lay_out_turn(line, source, [], np.random.default_rng(seed), inside)
            assert timing.fragment is found
            shares.append((timing.source_end - 100) / length)
        if found:
            assert 0.29 < min(shares) < 0.32
            assert 0.58 < max(shares) < 0.61
        else:
            assert set(shares) == {0.0}
    broken = outline_from_words([(0, 100), (300, 1300)], RATE)
    timing = lay_out_turn(line, broken, [], np.random.default_rng(1), inside)
    assert (timing.source_end, timing.fragment) == (100, False)
    never = msgspec.structs.replace(HUMAN, fragment_share=0.0)
    timing = lay_out_turn(line, source, [], np.random.default_rng(1), never)
    assert not timing.fragment


def test_turns_too_short_to_overlap_do_not():
    text = "\n".join(f"{'AB'[k % 2]}: a." for k in range(30))
    found = draw_transitions(turns_of(text), draw_dyad("t", 1), np.random.default_rng(1), HUMAN)
    assert min(transition.offset for transition in found[1:]) == 0
