"""Gains of a plan: levels of speakers and lines, the peak limit, envelopes between their points."""

import msgspec
import numpy as np
import pytest

from interactspeech.records import Delivery, Span, Speech, Utterance, Voice, Word
from interactspeech.rendering import (
    HUMAN,
    Outline,
    PlannedClip,
    SpokenLine,
    outline_from_words,
    plan_dialogue,
    render,
    spoken_lines,
)
from interactspeech.rendering.plan_assembly import (
    PEAK,
    PlacedOverlay,
    PlacedTurn,
    _plan_utterance,
    clip_envelope,
    gain_envelopes,
    line_gains,
    planned_events,
)
from interactspeech.rendering.script_lines import (
    LineMark,
)
from interactspeech.rendering.turn_timing import TurnTiming
from interactspeech.scripts import parse_script

LEVEL = msgspec.structs.replace(HUMAN, speaker_spread=0.0)


def line(name, speaker="A", role="turn"):
    return SpokenLine(name, speaker, "Yes.", role, ("Yes.",), 1)


def outline(power, peak, length=1000):
    return Outline(1000, length, (0,), (length,), (0, length), (), power, peak)


def gains_of(lines, outlines, deliveries=None, settings=LEVEL):
    deliveries = {one.id: Delivery() for one in lines} | (deliveries or {})
    return line_gains(lines, outlines, deliveries, np.random.default_rng(0), settings)


def test_speakers_get_the_same_level_whatever_the_engine_gave() -> None:
    lines = [line("a"), line("b", "B")]
    gains = gains_of(lines, {"a": outline(1e-3, 0.1), "b": outline(1e-5, 0.01)})
    for name, power in (("a", 1e-3), ("b", 1e-5)):
        assert 10 * np.log10(gains[name] ** 2 * power) == pytest.approx(LEVEL.level)


def test_no_line_exceeds_the_peak_and_levels_in_a_voice_keep_their_differences() -> None:
    """One line with a high crest factor attenuates all of its speaker, and nobody else."""
    lines = [line("a"), line("quiet"), line("b", "B")]
    outlines = {
        "a": outline(1e-4, 1.0),
        "quiet": outline(0.5e-4, 0.03),
        "b": outline(1e-4, 0.03),
    }
    gains = gains_of(lines, outlines)
    boost = 10 ** (LEVEL.delivery.resist / 20)
    assert gains["a"] * boost == pytest.approx(PEAK)
    assert gains["quiet"] == pytest.approx(gains["a"])
    assert 10 * np.log10(gains["b"] ** 2 * 1e-4) == pytest.approx(LEVEL.level)
    louder_onset = gains_of(lines, outlines, {"a": Delivery(onset=6.0)})
    assert louder_onset["a"] * boost * 10 ** (6.0 / 20) == pytest.approx(PEAK)


def test_rendered_speech_with_one_extreme_sample_stays_below_the_peak() -> None:
    """Sparse pulses have little power: without the limit they would be raised above full scale."""
    samples = np.zeros(24_000, np.float32)
    samples[::400] = 0.9
    script = parse_script("A: Yes.\nB: No.", "s")
    words = (Word("Yes.", 0, 24_000),)
    speech = Speech(samples, 24_000, words, "engine", Voice("fake", "x"))
    speeches = {"t0": speech, "t1": speech}
    tracks = render(plan_dialogue(script, speeches, seed=1), speeches)
    assert 0.3 < np.abs(tracks).max() <= PEAK + 1e-6


def test_envelopes_are_linear_between_points_and_add_up_where_clips_split_them() -> None:
    slope = [(100, 0.0), (200, 6.0)]
    assert clip_envelope([slope], 150, 180) == ((0, 3.0), (30, 4.8))
    assert clip_envelope([slope], 0, 300) == ((0, 0.0), (100, 0.0), (200, 6.0))
    assert clip_envelope([slope], 0, 100) == ()
    assert clip_envelope([slope, [(150, 2.0), (160, 0.0)]], 150, 180) == (
        (0, 5.0),
        (10, 3.6),
        (30, 4.8),
    )


def test_rendering_follows_an_envelope_sample_by_sample() -> None:
    script = parse_script("A: Yes.\nB: No.", "s")
    speech = Speech(
        np.full(1000, 0.1, np.float32), 1000, (Word("Yes.", 0, 1000),), "engine", Voice("f", "x")
    )
    plan = plan_dialogue(script, {"t0": speech, "t1": speech}, seed=1)
    clip = PlannedClip("t0", 0, Span(0, 1000), 0, gain_envelope=((200, 0.0), (600, -20.0)))
    plan = msgspec.structs.replace(plan, clips=(clip,), length=1000)
    track = render(plan, {"t0": speech})[0]
    factors = np.interp(np.arange(1000), [200, 600], [1.0, 0.1])
    assert np.allclose(track, 0.1 * factors, atol=1e-6)
    louder = msgspec.structs.replace(clip, gain_envelope=((200, 6.0), (600, -20.0)))
    track = render(msgspec.structs.replace(plan, clips=(louder,)), {"t0": speech})[0]
    factors = np.interp(np.arange(1000), [200, 600], [10 ** (6 / 20), 0.1])
    assert np.allclose(track, 0.1 * factors, atol=1e-6)
    assert plan.seconds == 1.0


# Gains by role


@pytest.mark.parametrize(
    ("power", "difference"), [(1e-4, 0.0), (1.5e-4, 1.761), (1e-2, 3.0), (1e-6, -3.0)]
)
def test_a_line_keeps_its_difference_from_the_speakers_mean_up_to_3_db(power, difference) -> None:
    lines = [line("long"), line("short")]
    # The short one is too short to move the mean.
    outlines = {"long": outline(1e-4, 0.01, 10**9), "short": outline(power, 0.01, 1)}
    gains = gains_of(lines, outlines)
    level = 10 * np.log10(gains["short"] ** 2 * power)
    assert level - LEVEL.level == pytest.approx(difference, abs=0.01)


def test_the_mean_is_weighted_by_length_and_of_turns_alone() -> None:
    lines = [line("a"), line("b"), line("c", role="backchannel")]
    outlines = {
        "a": outline(1e-4, 0.01, 3000), "b": outline(2e-4, 0.01, 1000), "c": outline(1.0, 0.01)
    }  # fmt: skip
    gains = gains_of(lines, outlines)
    mean = (3 * 1e-4 + 2e-4) / 4
    for name in "ab":
        assert 20 * np.log10(gains[name]) == pytest.approx(LEVEL.level - 10 * np.log10(mean))


@pytest.mark.parametrize(
    ("power", "difference"), [(1e-4, 0.0), (1.1e-4, 0.414), (1e-2, 1.0), (1e-6, -1.0)]
)
def test_backchannels_are_softer_by_their_own_level(power, difference) -> None:
    lines = [line("a"), line("bc", role="backchannel"), line("try", role="attempt")]
    outlines = {
        "a": outline(1e-4, 0.01), "bc": outline(power, 0.01), "try": outline(1e-4, 0.01)
    }  # fmt: skip
    gains = gains_of(lines, outlines, {"bc": Delivery(level=-2.0), "try": Delivery(level=1.5)})
    level = 10 * np.log10(gains["bc"] ** 2 * power)
    expected = LEVEL.level + LEVEL.backchannel_level - 2.0 + difference
    assert level == pytest.approx(expected, abs=0.01)
    assert 10 * np.log10(gains["try"] ** 2 * 1e-4) == pytest.approx(LEVEL.level + 1.5)


def test_speakers_levels_differ_by_the_spread_up_to_two_and_a_half_db() -> None:
    lines = [line("a", "A"), line("b", "B")]
    outlines = {"a": outline(1e-4, 0.01), "b": outline(1e-4, 0.01)}
    drawn = []
    for seed in range(300):
        settings = msgspec.structs.replace(LEVEL, speaker_spread=2.0)
        deliveries = {"a": Delivery(), "b": Delivery()}
        gains = line_gains(lines, outlines, deliveries, np.random.default_rng(seed), settings)
        drawn += [10 * np.log10(gains[name] ** 2 * 1e-4) - LEVEL.level for name in "ab"]
    assert max(drawn) == pytest.approx(2.5)
    assert min(drawn) == pytest.approx(-2.5)
    assert np.mean(drawn) == pytest.approx(0.0, abs=3 * 1.7 / 600**0.5)
    assert np.std(drawn) == pytest.approx(1.66, rel=0.1)


def test_a_line_of_unknown_power_is_left_as_it_is() -> None:
    gains = gains_of([line("a"), line("b")], {"a": outline(0.0, 0.0), "b": outline(1e-4, 0.01)})
    assert gains["a"] == 1.0
    assert gains_of([line("a")], {"a": outline(0.0, 0.0)}) == {"a": 1.0}


# Events, fades and envelopes of a dialogue whose word times are known


def placed(text, starts, *, kinds=None, length=100):
    """Turns with words of `length` ms, each turn at its start."""
    made = []
    for index, (one, start) in enumerate(zip(turn_lines(text), starts, strict=True)):
        words = [(k * length, (k + 1) * length) for k in range(len(one.tokens))]
        shape = outline_from_words(words, 1000)
        end = shape.cuts[one.spoken_count]
        kind = (kinds or {}).get(index, "smooth" if index else "first")
        made.append(PlacedTurn(one, TurnTiming(shape, one.spoken_count, end), start, kind))
    return made


def turn_lines(text):
    return [one for one in spoken_lines(parse_script(text, "made")) if one.role == "turn"]


def events_of(text, starts, **options):
    turns = placed(text, starts, **options)
    utterances = {
        turn.line.id: Utterance(
            turn.line.id, turn.line.speaker, turn.start, turn.end, (Span(turn.start, turn.end),)
        )
        for turn in turns
    }
    return [
        (event.type, event.speaker, event.start, event.end, event.partner, event.attributes)
        for event in planned_events(turns, [], utterances, HUMAN)
    ]


TWO = "A: one two three four five.\nB: one two three four five six."


@pytest.mark.parametrize(
    ("start", "onset", "other"),
    [
        (500, "smooth", []),
        (699, "smooth", []),
        (700, "gap", [("gap", "B", 500, 700, "A", {"fto": 200})]),
        (499, "overlapped",
         [("terminal_overlap", "B", 499, 500, "A", {"outcome": "taken", "fto": -1})]),
        (250, "overlapped",
         [("terminal_overlap", "B", 250, 500, "A", {"outcome": "taken", "fto": -250})]),
        (249, "overlapped",
         [("interruption", "B", 249, 500, "A",
           {"outcome": "taken", "overlap": 251, "floor_transfer": 500, "complete": True,
            "style": "cooperative"})]),
    ],
)  # fmt: skip
def test_changes_of_speaker_are_events_by_their_offset(start, onset, other) -> None:
    found = events_of(TWO, [0, start])
    turn = ("turn", "B", start, start + 600, "A", {"onset": onset, "fto": start - 500})
    first = ("turn", "A", 0, 500, "", {"onset": "first"})
    assert sorted(found, key=str) == sorted([first, turn, *other], key=str)


@pytest.mark.parametrize(
    ("mark", "attributes"),
    [
        ("interrupt", {"style": "competitive"}),
        ("interrupt cooperative", {"style": "cooperative"}),
        ("interrupt clarify", {"style": "competitive", "kind": "clarify"}),
    ],
)
def test_one_who_is_cut_off_is_interrupted_however_late(mark, attributes) -> None:
    text = f"A: one two [{mark}] three.\nB: one two three."
    found = events_of(text, [0, 190], kinds={1: "cut"})
    (event,) = [event for event in found if event[0] == "interruption"]
    expected = {"outcome": "taken", "overlap": 10, "floor_transfer": 200, "complete": False}
    assert event == ("interruption", "B", 190, 200, "A", expected | attributes)


def test_a_turn_inside_the_one_before_overlaps_as_long_as_it_lasts() -> None:
    found = events_of("A: one two three four five six seven eight.\nB: one two three.", [0, 300])
    (event,) = [event for event in found if event[0] == "interruption"]
    assert event[2:4] == (300, 600)
    assert event[5]["overlap"] == 300


def test_the_same_speaker_resumes() -> None:
    turns = placed(TWO, [0, 900])
    again = PlacedTurn(
        msgspec.structs.replace(turns[1].line, speaker="A"), turns[1].timing, 900, "same"
    )
    utterances = {
        turn.line.id: Utterance(
            turn.line.id, "A", turn.start, turn.end, (Span(turn.start, turn.end),)
        )
        for turn in (turns[0], again)
    }
    events = planned_events([turns[0], again], [], utterances, HUMAN)
    assert [(e.type, e.partner, e.attributes) for e in events] == [
        ("turn", "", {"onset": "first"}),
        ("turn", "", {"onset": "resume", "silence": 400}),
    ]


@pytest.mark.parametrize(("silence", "count"), [(199, 0), (200, 1), (600, 1)])
def test_pauses_count_the_backchannels_that_begin_in_them(silence, count) -> None:
    text = "A: one [B: mm] two [B: mm] three.\nB: one."
    turns = placed(text, [0, 2000])
    end = 300 + silence
    whole = Utterance("t0", "A", 0, end + 100, (Span(0, 300), Span(end, end + 100)))
    other = Utterance("t1", "B", 2000, 2100, (Span(2000, 2100),))
    overlays = [
        PlacedOverlay(
            msgspec.structs.replace(turns[1].line, id=f"b{at}", role=role), at, turns[0].line,
            LineMark("listen", 1, f"b{at}"), "silence",
        )
        for at, role in ((299, "backchannel"), (300, "backchannel"), (end - 1, "backchannel"),
                         (end, "backchannel"), (310, "attempt"))
    ]  # fmt: skip
    spoken = {
        one.line.id: Utterance(one.line.id, "B", one.start, one.start + 50,
                               (Span(one.start, one.start + 50),))
        for one in overlays
    }  # fmt: skip
    events = planned_events(turns, overlays, {"t0": whole, "t1": other} | spoken, HUMAN)
    pauses = [event for event in events if event.type == "pause"]
    assert len(pauses) == count
    for pause in pauses:
        assert (pause.start, pause.end, pause.utterance) == (300, end, "t0")
        assert pause.attributes == {"fill": "silent", "backchannels": 2}
    failed = [event for event in events if event.type == "interruption"]
    assert [(e.start, e.partner, e.attributes) for e in failed] == [
        (310, "A", {"outcome": "failed", "overlap": 50})
    ]


def clips_of(text, seconds=1.0, seed=1, rate=10_000):
    """The clips of a dialogue of even sound, by line."""
    script = parse_script(text, "clips")
    speeches = {}
    for one in spoken_lines(script):
        size = round(seconds * rate)
        words = tuple(Word(token, k * size, (k + 1) * size) for k, token in enumerate(one.tokens))
        samples = np.full(size * len(words), 0.1, np.float32)
        speeches[one.id] = Speech(samples, rate, words, "engine", Voice("f", "x"))
    plan = plan_dialogue(script, speeches, seed=seed)
    found = {}
    for clip in plan.clips:
        found.setdefault(clip.line, []).append(clip)
    return found, plan


def test_edges_are_faded_quickly_and_cuts_slowly() -> None:
    found, _ = clips_of("A: one two three.\nB: one.")
    for clips in found.values():
        assert (clips[0].fade_in, clips[-1].fade_out) == (30, 60)  # 3 and 6 ms at 10 kHz
        assert clips[-1].depth == clips[-1].decay == 0
    paused, _ = clips_of("A: one [pause 1.0] two.\nB: one.")
    first, second = paused["t0"]
    # Cut where words run together: 15 ms down, 6 ms up.
    assert (first.fade_in, first.fade_out) == (30, 150)
    assert (second.fade_in, second.fade_out) == (60, 60)


def test_one_who_is_cut_off_decays_over_most_of_the_overlap() -> None:
    seen = set()
    for seed in range(20):
        found, plan = clips_of("A: one two three [interrupt] four.\nB: one two three.", seed=seed)
        last = found["t0"][-1]
        (event,) = [event for event in plan.events if event.type == "interruption"]
        overlap = event.end - event.start
        assert last.depth == 9.0
        assert last.fade_out == 300
        assert last.decay == max(300, min(round(0.8 * overlap), 3500))
        seen.add(last.decay)
    assert len(seen) > 3
    assert 3500 in seen


def test_a_failed_interruption_decays_at_its_end() -> None:
    text = f"A: {'one ' * 12}[B tries: but the] {'two ' * 12}.\nB: one."
    found, _ = clips_of(text, 0.4)
    (clip,) = found["t0.a0"]
    assert (clip.depth, clip.decay, clip.fade_out) == (5.0, 2000, 60)


def test_fades_take_at_most_half_of_a_clip() -> None:
    found, _ = clips_of("A: one.\nB: one.", seconds=0.004)
    for (clip,) in found.values():
        assert len(clip.source) == 40
        assert clip.fade_in == clip.fade_out == 20


def envelopes_of(text, starts, deliveries, overlays=(), lengths=None, settings=HUMAN):
    turns = placed(text, starts)
    deliveries = {turn.line.id: Delivery() for turn in turns} | deliveries
    return turns, dict(gain_envelopes(turns, list(overlays), deliveries, lengths or {}, settings))


def test_an_onset_holds_until_the_other_is_silent_and_then_returns() -> None:
    _, found = envelopes_of(TWO, [0, 300], {"t1": Delivery(onset=3.0)})
    assert found == {"t1": [[(300, 3.0), (500, 3.0), (1100, 0.0)]]}
    # The other is silent before it begins; the other goes on beyond its end.
    _, found = envelopes_of(TWO, [0, 700], {"t1": Delivery(onset=3.0)})
    assert found == {"t1": [[(700, 3.0), (700, 3.0), (1300, 0.0)]]}
    long = "A: one two three four five six seven eight nine ten.\nB: one two."
    _, found = envelopes_of(long, [0, 300], {"t1": Delivery(onset=3.0)})
    assert found == {"t1": [[(300, 3.0), (500, 3.0), (1100, 0.0)]]}
    # The first turn interrupts nobody.
    assert envelopes_of(TWO, [0, 300], {"t0": Delivery(onset=3.0)})[1] == {}
    plain = msgspec.structs.replace(HUMAN, delivery=None)
    assert envelopes_of(TWO, [0, 300], {"t1": Delivery(onset=3.0)}, settings=plain)[1] == {}


@pytest.mark.parametrize(
    ("style", "length", "points"),
    [
        ("", 400, [(200, 0.0), (350, 2.0), (600, 2.0), (950, 0.0)]),
        ("competitive", 100, [(200, 0.0), (300, 2.0), (300, 2.0), (650, 0.0)]),
        ("cooperative", 400, None),
    ],
)
def test_who_resists_gets_louder_while_it_lasts(style, length, points) -> None:
    turns = placed(TWO, [0, 2000])
    overlay = PlacedOverlay(
        msgspec.structs.replace(turns[1].line, id="try", role="attempt"), 200, turns[0].line,
        LineMark("attempt", 1, "try", style=style), "overlap",
    )  # fmt: skip
    _, found = envelopes_of(TWO, [0, 2000], {}, [overlay], {"try": length})
    assert found == ({"t0": [points]} if points else {})
    listens = PlacedOverlay(
        msgspec.structs.replace(overlay.line, role="backchannel"), 200, turns[0].line,
        overlay.mark, "overlap",
    )  # fmt: skip
    assert envelopes_of(TWO, [0, 2000], {}, [listens], {"try": length})[1] == {}


@pytest.mark.parametrize(
    ("share", "text"), [(0.05, "h-"), (0.3, "ha-"), (0.5, "harb-"), (0.9, "harbour-")]
)
def test_a_word_that_is_cut_keeps_the_letters_that_are_heard(share, text) -> None:
    (one, _) = turn_lines("A: the [interrupt] harbour.\nB: one.")
    shape = outline_from_words([(0, 100), (100, 1100)], 1000)
    timing = TurnTiming(shape, 1, 100 + round(1000 * share), fragment=True)
    utterance = _plan_utterance(one, timing, 5000, {"t0": Delivery()})
    last = utterance.words[-1]
    assert (last.text, last.fragment) == (text, True)
    assert (last.start, last.end) == (5100, 5100 + round(1000 * share))
    assert utterance.unsaid == ("harbour.",)
    assert [word.fragment for word in utterance.words] == [False, True]
