"""Where backchannels and failed interruptions may lie, to the sample."""

from types import SimpleNamespace

import msgspec
import numpy as np
import pytest

from interactspeech.rendering import HUMAN, draw_dyad, outline_from_words, planner
from interactspeech.rendering.planner import (
    TalkWindow,
    _DrawnPause,
    _OverlayDraws,
    _partner_silence,
    place_attempt,
    place_backchannel,
)
from interactspeech.rendering.script_lines import (
    LineMark,
)
from interactspeech.rendering.turn_timing import TurnTiming
from interactspeech.turntaking.timing import Dyad

RATE = 1000


def turn(words=20, length=200, breaks=()):
    """Words of 200 ms; `breaks`: token -> silence of the source before it."""
    at, made = 0, []
    for token in range(words):
        at += dict(breaks).get(token, 0)
        made.append((at, at + length))
        at += length
    outline = outline_from_words(made, RATE)
    return TurnTiming(outline, words, outline.length)


def window(timing, *, silent_since=-10_000, until=10_000, head=0):
    return TalkWindow(timing, silent_since, until, head, RATE)


def attempt(timing, token, duration=400, **options):
    room = window(timing, **options)
    found = place_attempt(LineMark("attempt", token, "t0.a0"), duration, room, HUMAN)
    assert found is None or found.placement == "overlap"
    return None if found is None else found.onset, room


def test_an_attempt_begins_with_the_marked_word():
    onset, room = attempt(turn(), 8)
    assert onset == 1600
    assert room.silent_since == 2000


def test_it_keeps_clear_of_the_turns_beginning_and_of_its_end():
    # 300 ms in; and the speaker goes on for 350 ms after it.
    assert attempt(turn(), 0)[0] == 300
    assert attempt(turn(), 1)[0] == 300
    assert attempt(turn(), 2)[0] == 400
    assert attempt(turn(), 19)[0] == 4000 - 350 - 400


def test_it_keeps_its_own_silence_before_and_after():
    # The listener's last talk ended at 1,500: half a second of own silence.
    assert attempt(turn(), 4, silent_since=1500)[0] == 2000
    # Their next turn begins 1,000 before the end: the attempt ends 500 earlier.
    assert attempt(turn(), 19, until=-1000)[0] == 4000 - 1000 - 500 - 400
    # Where there is too little room, a third of the silence will do.
    tight = {"silent_since": 1500, "until": -1500}
    onset, _ = attempt(turn(), 10, duration=600, **tight)
    assert onset >= 1500 + 150
    assert onset + 600 <= 2500 - 150
    assert attempt(turn(), 10, duration=701, **tight)[0] is None
    assert attempt(turn(), 10, duration=700, **tight)[0] == 1650


def test_silences_around_an_attempt_are_closed_but_not_those_of_the_script():
    timing = turn(breaks={8: 500, 9: 500, 14: 500})
    onset, _ = attempt(timing, 8)
    assert timing.silence(8) == timing.silence(9) == 80
    assert timing.silence(14) == 500
    assert timing.start(8) - 80 <= onset <= timing.start(8) + 500
    fixed = turn(breaks={8: 500})
    fixed.set_gap(8, 500)
    fixed.fixed.add(8)
    onset, _ = attempt(fixed, 8)
    assert fixed.silence(8) == 500
    # From 150 ms before it to 350 after it there is talk.
    stop = fixed.speech_end_before(8)
    assert onset - 150 >= stop + 500 or onset + 400 + 350 <= stop


def test_a_turn_that_is_too_short_has_no_room():
    assert attempt(turn(words=5), 2)[0] is None
    assert attempt(turn(words=6), 2, duration=400)[0] == 400
    assert attempt(turn(words=6), 2, duration=550)[0] == 300
    assert attempt(turn(words=6), 2, duration=551)[0] is None


@pytest.fixture
def dyad(monkeypatch):
    """A dyad whose backchannels lie where they are asked for, with known times."""

    def of(place, *, delay=0.2, lead=0.1, pause=0.6):
        for name, seconds in (
            ("backchannel_delay", delay), ("backchannel_lead", lead), ("pause", pause)
        ):  # fmt: skip
            monkeypatch.setattr(Dyad, name, lambda *given, s=seconds: np.full(given[-1], s))
        made = draw_dyad("x", 1)
        model = msgspec.structs.replace(made.model, backchannel_places={place: 1.0})
        return msgspec.structs.replace(made, model=model)

    return of


def listen(timing, token, dyad, duration=250, seed=0, **options):
    room = window(timing, **options)
    mark = LineMark("listen", token, "t0.b0")
    found = place_backchannel(mark, duration, room, dyad, np.random.default_rng(seed), HUMAN)
    return found, room


def test_a_backchannel_in_silence_comes_its_delay_after_the_word(dyad):
    timing = turn()
    found, room = listen(timing, 8, dyad("silence"))
    assert (found.placement, found.onset) == ("silence", 1600 + 200)
    assert room.silent_since == 1800 + 250
    # The partner waits for it, and resumes about when it ends.
    assert timing.silence(8) >= 200
    assert 8 in timing.fixed


def test_one_in_overlap_leads_the_end_of_the_word(dyad):
    timing = turn()
    found, _ = listen(timing, 8, dyad("overlap", lead=0.15))
    assert found.placement == "overlap"
    # Of the ends of words the one that brings it nearest to the mark.
    assert timing.fixed == {9}
    assert found.onset == timing.speech_end_before(9) - 150 == 1650


def test_one_that_ends_before_the_partner_stops_leaves_the_partners_pause(dyad, monkeypatch):
    monkeypatch.setattr(planner._DrawnPause, "before", lambda *_: 700)
    timing = turn()
    found, _ = listen(timing, 8, dyad("overlap", lead=0.4))
    assert found.onset == 2000 - 400
    assert timing.silence(10) == 700


def test_a_backchannel_keeps_its_own_silence(dyad):
    found, _ = listen(turn(), 4, dyad("silence"), silent_since=1500)
    assert found.onset >= 1500 + 500
    timing = turn()
    found, _ = listen(timing, 19, dyad("silence"), until=-600)
    assert found.onset + 250 <= timing.duration - 600 - 500
    assert found.onset > 2000


def test_nothing_fits_into_a_turn_that_the_listener_has_just_talked_in(dyad):
    found, room = listen(turn(words=4), 2, dyad("silence"), silent_since=700, until=-100)
    assert found is None
    assert room.silent_since == 700


def test_the_limits_of_a_window():
    timing = turn()
    assert window(timing, until=700).limit == 4700
    assert window(timing, until=-700).limit == 3300
    assert window(timing, until=700).tail == 4000 - 350
    assert window(timing, until=-700).tail == 3300 - 350


def test_of_two_silences_as_near_the_earlier_one_is_taken(dyad):
    timing = turn(breaks={7: 300, 9: 300})
    found, _ = listen(timing, 8, dyad("silence"))
    assert timing.fixed == {7}
    assert found.onset == timing.speech_end_before(7) + 200


def test_the_partner_waits_from_the_first_sample_that_goes_over():
    pause = SimpleNamespace(before=lambda token: 100 * token)
    draws = _OverlayDraws(delay=0, lead=0, resume=50, pause=pause)
    assert _partner_silence(0, 7, draws, RATE) == 700
    assert _partner_silence(-5, 3, draws, RATE) == 300
    assert _partner_silence(1, 7, draws, RATE) == 200
    assert _partner_silence(150, 7, draws, RATE) == 200
    assert _partner_silence(400, 7, draws, RATE) == 450


def test_a_pause_for_a_backchannel_is_as_long_as_peoples_at_that_place():
    tokens = ["We", "take", "the", "train.", "Then", "um", "we", "walk."]
    dyad = draw_dyad("t", 1)
    short, long = (_DrawnPause(dyad, seconds, tokens, RATE) for seconds in (0.3, 1.2))
    # Between sentences people pause for longer than inside one.
    assert short.before(4) > short.before(2)
    assert long.before(4) > long.before(2) > short.before(2)


def test_a_backchannel_at_the_turns_end_may_fill_its_room_to_the_sample(dyad):
    # 250 long, begun 100 before the end, half a second before the listener's next turn.
    found, _ = listen(turn(), 20, dyad("overlap"), until=650)
    assert found.onset == 4000 - 100
