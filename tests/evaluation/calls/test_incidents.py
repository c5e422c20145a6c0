"""Incidents of a dialogue whose timing is known."""

import msgspec
import pytest
from made_calls import TALK

from interactspeech.evaluation.calls.incidents import (
    INCIDENTS,
    IncidentLimits,
    both_talk_seconds,
    find_incidents,
    labelled_by_people,
    talk_seconds,
)
from interactspeech.mining.labelling import compose_dialogue
from interactspeech.records import Event, Word
from interactspeech.signal.intervals import intervals

RATE = 1000
NAMES = {"A": "agent", "B": "caller"}


def dialogue(talk=TALK, words=None):
    activity = {
        who: intervals([(round(a * RATE), round(b * RATE)) for a, b in spans])
        for who, spans in talk.items()
    }
    return compose_dialogue("call", RATE, 36 * RATE, activity, words, times="human")


def of(kind, found):
    return [(one.speaker, one.partner, one.start, one.value) for one in found if one.kind == kind]


def test_every_incident_of_a_known_call():
    found = find_incidents(dialogue(), NAMES)
    assert of("interruption_taken", found) == [("agent", "caller", 8.4, 0.6)]
    assert of("yield", found) == [("caller", "agent", 8.4, 0.6)]
    assert of("response", found) == [
        ("caller", "agent", 4.0, 0.3),
        ("caller", "agent", 12.0, 0.5),
        ("agent", "caller", 15.0, 3.2),
    ]
    assert of("dead_air", found) == [
        ("agent", "caller", 15.0, 3.2),
        ("agent", "", 21.0, 5.0),  # the same speaker goes on: nobody was waited for
    ]
    assert ("caller", "agent", 8.4, 0.6) not in of("talk_over", found)
    assert ("agent", "caller", 8.4, 0.6) in of("talk_over", found)
    assert [one[:3] for one in of("backchannel", found)] == [
        ("caller", "agent", 19.0),
        ("caller", "agent", 29.0),
    ]
    assert [one.start for one in found] == sorted(one.start for one in found)


def test_talk_and_silence_add_up():
    talk = talk_seconds(dialogue())
    assert talk == pytest.approx({"A": 17.9, "B": 8.4})
    both, silent = both_talk_seconds(dialogue())
    assert both == pytest.approx(0.6 + 0.8 + 0.4)
    assert 33.5 - silent == pytest.approx(17.9 + 8.4 - both)


def test_what_is_long_is_a_setting():
    found = find_incidents(dialogue(), NAMES, IncidentLimits(dead_air=4.0, monologue=7.0))
    assert [one[2] for one in of("dead_air", found)] == [21.0]
    # A's two last turns are one stretch on the floor, whatever silence lies between.
    assert of("monologue", found) == [("agent", "", 18.2, 15.8)]


def said(text, start, end):
    words = text.split()
    step = (end - start) / len(words)
    return [
        Word(w, round((start + i * step) * RATE), round((start + (i + 1) * step) * RATE))
        for i, w in enumerate(words)
    ]


def test_questions_without_an_answer():
    words = {
        "A": [
            *said("How can I help you?", 0.5, 4.0),
            *said("And what else?", 18.2, 21.0),
            *said("Are you still there? I can wait.", 26.0, 34.0),
        ],
        "B": said("My bill is wrong and", 4.3, 9.0),
    }
    talk = {"A": [(0.5, 4.0), (18.2, 21.0), (26.0, 34.0)], "B": [(4.3, 9.0)]}
    found = find_incidents(dialogue(talk, words), NAMES)
    assert of("question_unanswered", found) == [("caller", "agent", 21.0, 5.0)]
    text = next(one.text for one in found if one.kind == "question_unanswered")
    assert text == "agent: And what else? Are you"
    early = find_incidents(dialogue(talk, words), NAMES, IncidentLimits(answer=20.0))
    assert not of("question_unanswered", early)


def test_every_kind_says_what_it_needs():
    assert {need for info in INCIDENTS.values() for need in info.needs} == {
        "talk", "floor", "overlap", "silence", "words",
    }  # fmt: skip


def test_one_speaker_and_nobody():
    assert not [
        one
        for one in find_incidents(dialogue({"A": [(0.5, 4.0)], "B": []}), NAMES)
        if one.kind not in ("turn", "pause")
    ]
    assert both_talk_seconds(dialogue({"A": [], "B": []})) == (0.0, 0.0)


def labelled(*labels: Event, talk=TALK):
    made = dialogue(talk)
    return msgspec.structs.replace(made, events=made.events + labels)


def hand(kind, speaker, start, end, **more):
    return Event(kind, speaker, round(start * RATE), round(end * RATE), origin="human", **more)


def test_a_type_that_people_labelled_is_theirs():
    # By the rules A interrupts B at 8.4 and B's "mm" at 19.0 and 29.0 are feedback.
    made = labelled(hand("interruption", "B", 29.0, 29.4), hand("interruption", "A", 8.4, 9.0))
    assert labelled_by_people(made) == ("interruption",)
    found = find_incidents(made, NAMES)
    assert of("interruption_taken", found) == [("agent", "caller", 8.4, 0.6)]
    assert of("yield", found) == [("caller", "agent", 8.4, 0.6)]
    [(who, whom, start, _)] = of("interruption_failed", found)
    assert (who, whom, start) == ("caller", "agent", 29.0)
    # What a person calls an interruption is no feedback; the other one still is.
    assert [row[2] for row in of("backchannel", found)] == [19.0]


def test_what_people_call_feedback_takes_no_floor():
    before = find_incidents(dialogue(), NAMES)
    first = next(one for one in before if one.kind == "response")
    turn = next(one for one in before if one.kind == "turn" and one.start == first.end)
    found = find_incidents(labelled(hand("backchannel", "B", turn.start, turn.end)), NAMES)
    assert [row[2] for row in of("backchannel", found)] == [turn.start]
    assert of("response", found) == of("response", before)[1:]
    assert len(of("turn", found)) == len(of("turn", before)) - 1
    # Types that nobody labelled stay the rules'.
    assert of("interruption_taken", found) == of("interruption_taken", before)


def test_how_a_labelled_interruption_ended_is_told_by_who_falls_silent():
    talk = {"A": [(0.0, 4.0), (6.0, 8.0)], "B": [(3.0, 5.0), (6.5, 7.0)]}
    made = labelled(
        hand("interruption", "B", 3.0, 5.0), hand("interruption", "B", 6.5, 7.0), talk=talk
    )
    found = find_incidents(made, NAMES)
    assert of("interruption_taken", found) == [("caller", "agent", 3.0, 1.0)]
    assert of("yield", found) == [("agent", "caller", 3.0, 1.0)]
    assert of("interruption_failed", found) == [("caller", "agent", 6.5, 0.5)]
    # After the other's last word nobody has to stop.
    silent = find_incidents(labelled(hand("interruption", "B", 4.5, 5.0), talk=talk), NAMES)
    assert len(of("interruption_taken", silent)) == 1
    assert not of("yield", silent)
