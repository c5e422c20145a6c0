"""The annotator on small conversations whose answer a person can see, and its edges."""

import json

import msgspec
import pytest

from interactspeech.errors import InputError
from interactspeech.lexicon.feedback import feedback_kind
from interactspeech.records import Dialogue, Event, Span, Speaker, Utterance, Word, decode, encode
from interactspeech.turntaking import (
    DEFAULT,
    RULE_SETS,
    OnlineAnnotator,
    RuleSet,
    Timeline,
    annotate,
    annotate_table,
    label,
    rule_set,
    runs,
)


def drawn(words=None, **lines):
    """A timeline from drawings: one character is 100 ms, `#` is talk."""
    activity = {
        name: [(i * 100, i * 100 + 100) for i, c in enumerate(line) if c == "#"]
        for name, line in lines.items()
    }
    length = 100 * max(map(len, lines.values()))
    return Timeline.build(1000, activity, length=length, words=words)[0]


def found(timeline, *types, **kwargs):
    return [
        (e.type, e.speaker, e.start // 100, e.end // 100, e.attributes)
        for e in annotate(timeline, **kwargs)
        if e.type in types
    ]


def test_smooth_switch_and_gap():
    timeline = drawn(
        A="############                   ########",
        B="            ############               ",
    )
    assert found(timeline, "turn", "gap", "shift") == [
        ("turn", "A", 0, 12, {"onset": "first"}),
        ("turn", "B", 12, 24, {"onset": "smooth", "fto": 0}),
        ("gap", "A", 24, 31, {"fto": 700}),
        ("turn", "A", 31, 39, {"onset": "gap", "fto": 700}),
    ]


def test_backchannels_do_not_end_a_turn():
    timeline = drawn(
        A="############   ###########################     ",
        B="             #                 ###             ",
    )
    assert found(timeline, "turn", "backchannel", "pause", "interruption") == [
        ("turn", "A", 0, 42, {"onset": "first"}),
        ("pause", "A", 12, 15, {"fill": "silent", "backchannels": 1}),
        ("backchannel", "B", 13, 14, {"placement": "silence"}),
        ("backchannel", "B", 31, 34, {"placement": "overlap"}),
    ]


def test_words_tell_an_answer_from_feedback():
    lines = {
        "A": "############             #################",
        "B": "             ####                         ",
    }
    said = {"B": [Word("tomorrow", 1300, 1700)]}
    assert found(drawn(said, **lines), "backchannel") == []
    said = {"B": [Word("Uh-huh.", 1300, 1700)]}
    assert found(drawn(said, **lines), "backchannel") == [
        ("backchannel", "B", 13, 17, {"kind": "continuer", "placement": "silence"})
    ]


def test_interruption_taken_failed_and_terminal():
    timeline = drawn(
        A="####################                    ######################     ",
        B="               #################            ###########               ",
    )
    assert found(timeline, "interruption", "terminal_overlap") == [
        ("interruption", "B", 15, 20, {"outcome": "taken", "overlap": 500, "floor_transfer": 2000}),
        ("interruption", "B", 44, 55, {"outcome": "failed", "overlap": 1100}),
    ]
    timeline = drawn(A="####################           ", B="                  ############")
    assert found(timeline, "interruption", "terminal_overlap") == [
        ("terminal_overlap", "B", 18, 20, {"outcome": "taken", "fto": -200})
    ]


def test_failed_interruption_is_no_turn():
    timeline = drawn(
        A="####################################",
        B="          ############              ",
    )
    assert found(timeline, "turn", "interruption", "backchannel") == [
        ("turn", "A", 0, 36, {"onset": "first"}),
        ("interruption", "B", 10, 22, {"outcome": "failed", "overlap": 1200}),
    ]


def test_a_hesitation_under_competition_does_not_end_the_unit():
    timeline = drawn(
        A="############   ########################",
        B="        #############                   ",
    )
    assert found(timeline, "turn", "interruption") == [
        ("turn", "A", 0, 39, {"onset": "first"}),
        ("interruption", "B", 8, 21, {"outcome": "failed", "overlap": 1300}),
    ]
    strict = RuleSet(id="strict-1", overlap_pause_ms=0)
    assert [e[1] for e in found(timeline, "interruption", rules=strict)] == ["B", "A"]


def test_silent_interruption_needs_words_that_do_not_end_a_unit():
    lines = {"A": "###########               ", "B": "              ############"}
    assert found(drawn(**lines), "silent_interruption") == []
    said = {"A": [Word("give", 0, 500), Word("it", 500, 700), Word("to", 700, 1100)]}
    assert found(drawn(said, **lines), "silent_interruption") == [
        ("silent_interruption", "B", 11, 14, {"fto": 300})
    ]
    said = {"A": [Word("give", 0, 500), Word("it", 500, 700), Word("to.", 700, 1100)]}
    assert found(drawn(said, **lines), "silent_interruption") == []


def test_a_silent_interruption_looks_at_the_words_before_the_silence_only():
    # Both start at 15: A's unit goes on, and its last word, cut off later, says nothing about 11.
    lines = {"A": "###########    ############", "B": "               ############"}
    said = {"A": [Word("done", 0, 1100), Word("go-", 2000, 2700, fragment=True)]}
    assert found(drawn(said, **lines), "silent_interruption") == []


def test_filled_pauses_and_hesitations():
    said = {"A": [Word("I", 0, 200), Word("um,", 300, 600), Word("think", 1000, 1300)]}
    assert found(drawn(said, A="######    #######"), "pause", "filled_pause") == [
        ("filled_pause", "A", 3, 6, {}),
        ("pause", "A", 6, 10, {"fill": "silent", "hesitation": True}),
    ]


def test_hold_and_shift():
    timeline = drawn(A="############   ############            ", B=" " * 30 + "############")
    assert found(timeline, "hold", "shift") == [
        ("hold", "A", 12, 15, {}),
        ("shift", "B", 27, 30, {"fto": 300}),
    ]


def test_three_speakers():
    timeline = drawn(
        A="############                      ",
        B="             ####################",
        C="                  ###             ",
    )
    assert found(timeline, "turn", "backchannel", "overlap") == [
        ("turn", "A", 0, 12, {"onset": "first"}),
        ("turn", "B", 13, 33, {"onset": "smooth", "fto": 100}),
        ("backchannel", "C", 18, 21, {"placement": "overlap"}),
        ("overlap", "C", 18, 21, {"class": "overlap_within"}),
    ]


def test_nobody_no_length_and_very_many():
    empty, _ = Timeline.build(10, {})
    assert annotate(empty) == ()
    assert len(annotate_table(Timeline.build(10, {"A": []}, length=50)[0])) == 0
    crowd, _ = Timeline.build(10, {f"s{i}": [(i, i + 1)] for i in range(100)})
    assert runs(crowd).runs.state.max() == 1 << 99
    assert len(runs(crowd).transitions.kind) == 99


@pytest.fixture
def dialogue():
    return Dialogue(
        id="d",
        rate=1000,
        length=6000,
        speakers=(Speaker("A"), Speaker("B")),
        utterances=(
            Utterance("u1", "A", 0, 2000, (Span(0, 2000),), unsaid=("train",)),
            Utterance("u2", "B", 2300, 6000, (Span(2300, 6000),)),
        ),
        events=(
            Event("turn", "A", 0, 2000, origin="planned"),
            Event("turn", "A", 0, 1000, origin="rule", rules="old"),
        ),
        rule_sets={"old": {"x": 1}},
    )


def test_label_replaces_rule_events_and_keeps_the_rest(dialogue):
    labelled = label(dialogue)
    assert [e for e in labelled.events if e.origin == "planned"] == [dialogue.events[0]]
    new = [e for e in labelled.events if e.origin == "rule"]
    assert {e.rules for e in new} == {DEFAULT.id}
    assert {(e.type, e.utterance) for e in new} == {
        ("turn", "u1"),
        ("turn", "u2"),
        ("gap", ""),
        ("shift", ""),
    }
    assert set(labelled.rule_sets) == {DEFAULT.id}
    assert RuleSet.from_dict(DEFAULT.id, labelled.rule_sets[DEFAULT.id]) == DEFAULT
    assert decode(encode(labelled)) == labelled
    assert label(labelled) == labelled


def test_an_event_names_the_utterance_it_shares_most_time_with():
    spans = [("u1", 0, 3000), ("u2", 500, 900), ("u3", 3000, 3600), ("u4", 9000, 9900)]
    dialogue = Dialogue(
        id="d",
        rate=1000,
        length=10000,
        speakers=(Speaker("A"),),
        utterances=tuple(Utterance(i, "A", a, b, (Span(a, b),)) for i, a, b in spans),
    )
    assert [(e.type, e.utterance) for e in annotate(dialogue)] == [("turn", "u1"), ("turn", "u4")]


def test_only_planned_knows_what_was_not_said(dialogue):
    assert not [e for e in annotate(dialogue) if e.type == "silent_interruption"]
    (event,) = [e for e in annotate(dialogue, planned=True) if e.type == "silent_interruption"]
    assert (event.speaker, event.start, event.end) == ("B", 2000, 2300)


def test_columns_can_be_asked_by_attribute():
    table = annotate_table(drawn(A="############   ######   ", B=" " * 22 + "##########"))
    turns = table["turn"]
    assert turns.select(turns.where(onset="gap")).start.tolist() == []
    assert turns.select(turns.where(fto=100)).speaker.tolist() == [1]
    assert turns.where(onset="unheard of").sum() == 0
    assert [e.start for e in table.events()] == sorted(e.start for e in table.events())


def test_rule_sets_are_named_strict_and_stored():
    for name, rules in RULE_SETS.items():
        assert rule_set(name) is rules
        stored = json.loads(msgspec.json.encode(rules.to_dict()))
        assert RuleSet.from_dict(rules.id, stored) == rules
    with pytest.raises(InputError, match="no rule set"):
        rule_set("mine")
    with pytest.raises(InputError, match="bridge"):
        RuleSet.from_dict("x", {"bridge_ms": "long"})
    with pytest.raises(InputError, match="unknown field"):
        RuleSet.from_dict("x", {"brigde_ms": 100})
    with pytest.raises(InputError, match="negative"):
        RuleSet.from_dict("x", {"bridge_ms": -1})


def test_a_rule_set_and_its_decision_go_together():
    timeline = drawn(A="####")
    with pytest.raises(InputError, match="names the backchannel decision"):
        annotate(timeline, RuleSet(id="x", backchannel="fitted-1"))
    with pytest.raises(InputError, match="names the backchannel decision"):
        annotate(timeline, backchannel=lambda c: c.isolated)


def test_thresholds_are_exact_at_any_rate():
    at = RuleSet(id="x", bridge_ms=200, turn_pause_ms=200).at(22_050)
    assert (at.bridge, at.turn_pause) == (4410, 4410)
    at = RuleSet(id="x", bridge_ms=181, turn_pause_ms=181).at(22_050)  # 3991.05 samples
    assert (at.bridge, at.turn_pause) == (3992, 3991)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Oh my goodness!", "reaction"),
        ("mm-hm mm-hm", "continuer"),
        ("Yeah, right.", "acknowledgement"),
        ("I see", "acknowledgement"),
        ("I", ""),
        ("yeah but", ""),
        ("", ""),
        ("...", ""),
    ],
)
def test_feedback_phrases(words, expected):
    assert feedback_kind(words.split()) == expected


def test_the_online_annotator_refuses_what_cannot_be():
    annotator = OnlineAnnotator(1000, ["A", "B"])
    annotator.start("A", 100)
    with pytest.raises(InputError, match="talks since"):
        annotator.start("A", 200)
    with pytest.raises(InputError, match="order of time"):
        annotator.end("A", 150)
    with pytest.raises(InputError, match="without having started"):
        annotator.end("B", 300)
    with pytest.raises(InputError, match="unknown speaker"):
        annotator.start("C", 300)
    annotator.advance(5000)
    with pytest.raises(InputError, match="the clock is at"):
        annotator.word("A", Word("late", 100, 400))
