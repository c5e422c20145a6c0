"""Incidents of a dialogue whose timing is known."""

import pytest
from made_calls import TALK

from interactspeech.evaluation.calls.incidents import (
    INCIDENTS,
    IncidentLimits,
    both_talk_seconds,
    find_incidents,
    talk_seconds,
)
from interactspeech.mining.labelling import compose_dialogue
from interactspeech.records import Word
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
