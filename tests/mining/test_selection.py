"""Where clips are cut, which are chosen, and how their records are made."""

from itertools import pairwise

import msgspec
import numpy as np
import pytest
from conversations import conversations
from hypothesis import given, settings
from hypothesis import strategies as st

from interactspeech.errors import UsageError
from interactspeech.mining.labelling import compose_dialogue
from interactspeech.mining.selection import Candidate, RecordingOffer, choose_clips, clip_candidates
from interactspeech.mining.settings import CATEGORIES, MineSettings, category_of
from interactspeech.records import Word
from interactspeech.signal.intervals import union
from interactspeech.turntaking import DEFAULT
from interactspeech.turntaking.backchannel_decision import feedback_rules
from interactspeech.turntaking.timing_decision import timing_rules
from interactspeech.turntaking.utterance_words import spread_words

SETTINGS = MineSettings(
    context=2.0, least_context=0.5, min_length=3.0, max_length=15.0, margin=0.25
)


def record(timeline, name="x"):
    words = {
        who: [Word(t, s, e, bool(f)) for t, (s, e), f in
              zip(track.texts, track.times.tolist(), track.fragment.tolist(), strict=True)]
        for who, track in timeline.words.items()
    }  # fmt: skip
    return compose_dialogue(name, timeline.rate, timeline.length, timeline.activity, words)


@settings(max_examples=150, deadline=None)
@given(conversations(speakers=(2, 2, 3), most=20))
def test_clips_are_cut_where_nobody_talks(timeline) -> None:
    dialogue = record(timeline)
    rate, found = timeline.rate, clip_candidates(record(timeline), SETTINGS)
    bridge = max(1, DEFAULT.at(rate).bridge)
    blocks = [tuple(row) for rows in timeline.activity.values() for row in union(rows, bridge)]
    blocks += [(w.start, w.end) for u in dialogue.utterances for w in u.words]
    wanted = {
        (e.start, category_of(e, rate)): e for e in dialogue.events if e.origin == "rule"
    }  # fmt: skip
    least = round(SETTINGS.least_context * rate)
    for one in found.candidates:
        assert 0 <= one.start < one.end <= timeline.length
        assert round(3.0 * rate) <= one.end - one.start <= round(15.0 * rate)
        for start, end in blocks:
            assert not start < one.start < end
            assert not start < one.end < end
        event = wanted[one.at, one.category]
        assert one.start <= max(event.start - least, 0)
        assert one.end >= min(event.end + least, timeline.length)
        inside = [
            name
            for e in dialogue.events
            if e.origin == "rule"
            and (name := category_of(e, rate))
            and one.start <= e.start < one.end
            and e.end <= one.end
        ]
        assert dict(zip(CATEGORIES, one.counts, strict=True)) == {
            name: inside.count(name) for name in CATEGORIES
        }
    counts = {name: sum(c.category == name for c in found.candidates) for name in CATEGORIES}
    for name in CATEGORIES:
        lost = sum(found.dropped.get(name, {}).values())
        assert found.events.get(name, 0) == counts[name] + lost


def test_a_clip_has_its_context_and_a_margin() -> None:
    talk = {
        "A": np.array([(100, 400), (2000, 2600), (4000, 4300)]),
        "B": np.array([(500, 800), (2300, 3000), (3600, 3900)]),
    }  # at 100 samples a second: B cuts in at 23 s and takes the floor
    dialogue = compose_dialogue("x", 100, 5000, talk)
    (one,) = [
        c for c in clip_candidates(dialogue, SETTINGS).candidates if c.category == "interruption"
    ]
    assert one.at == 2300
    # 2 s of context before 23 s lies in A's talk, which is not cut: a quarter second before it.
    assert one.start == 2000 - 25
    # The contest ends at 26 s; 2 s later B's talk is over, nobody talks.
    assert one.end == 3000 + 25


def test_who_never_stops_gives_no_clip() -> None:
    talk = {"A": np.array([(0, 6000)]), "B": np.array([(3000, 3100), (3500, 3700)])}
    found = clip_candidates(compose_dialogue("x", 100, 6000, talk), SETTINGS)
    assert not found.candidates
    reasons = {reason for mine in found.dropped.values() for reason in mine}
    assert reasons == {"no-cut"}


def test_a_pause_that_nobody_else_is_near_is_no_clip() -> None:
    talk = {"A": np.array([(0, 300), (400, 900), (2000, 2200)]), "B": np.array([(2300, 2500)])}
    wide = MineSettings(context=1.0, min_length=2.0, max_length=10.0)
    found = clip_candidates(compose_dialogue("x", 100, 3000, talk), wide)
    assert found.dropped["long_pause"] == {"one-speaker": 1}


@st.composite
def offers(draw):
    made = []
    for number in range(draw(st.integers(1, 4))):
        rows = []
        for _ in range(draw(st.integers(0, 8))):
            start = draw(st.integers(0, 300))
            category = draw(st.sampled_from(list(CATEGORIES)))
            counts = [draw(st.integers(0, 2)) for _ in CATEGORIES]
            counts[list(CATEGORIES).index(category)] += 1
            rows.append(
                Candidate(start, start + draw(st.integers(20, 90)), category, start + 5,
                          tuple(counts))
            )  # fmt: skip
        made.append(RecordingOffer(number, f"call{number}", sorted(rows)))
    return made


@settings(max_examples=200, deadline=None)
@given(offers(), st.sampled_from([None, 0.5, 2.0]), st.sampled_from([None, 1, 3]), st.randoms())
def test_a_choice_is_fair_and_disjoint(made, balance, per_event, chance) -> None:
    wanted = MineSettings(balance=balance, per_event=per_event, least=1)
    choice = choose_clips(made, wanted)
    mixed = list(made)
    chance.shuffle(mixed)
    assert choose_clips(mixed, wanted) == choice, "the order of the inputs does not matter"
    for number, clips in choice.clips.items():
        assert set(clips) <= set(made[number].candidates)
        assert all(a.end <= b.start for a, b in pairwise(clips))
    for place, name in enumerate(CATEGORIES):
        chosen = [c for clips in choice.clips.values() for c in clips]
        assert choice.made_for[name] == sum(c.category == name for c in chosen)
        assert choice.held[name] == sum(c.counts[place] for c in chosen)
        there = sum(c.category == name for offer in made for c in offer.candidates)
        assert there == choice.made_for[name] + choice.overlapping[name] + choice.surplus[name]
        assert choice.made_for[name] <= choice.limits[name]
        if not choice.surplus[name] and balance is None and per_event is None:
            assert choice.limits[name] == float("inf")
    if per_event is not None:
        assert all(count <= per_event for count in choice.made_for.values())


def test_recordings_take_turns_and_the_rare_comes_first() -> None:
    def one(start: int, category: str) -> Candidate:
        counts = tuple(int(name == category) for name in CATEGORIES)
        return Candidate(start, start + 50, category, start + 10, counts)

    long = [one(100 * i, "long_pause") for i in range(40)]
    made = [
        RecordingOffer(0, "long", [*long, one(4010, "interruption")]),
        RecordingOffer(1, "short", [one(100 * i, "long_pause") for i in range(3)]),
        RecordingOffer(2, "clash", [one(0, "interruption"), one(10, "long_pause")]),
    ]
    choice = choose_clips(made, MineSettings(balance=3.0, least=1))
    assert choice.made_for["interruption"] == 2
    assert choice.limits["long_pause"] == 6
    assert choice.made_for["long_pause"] == 6
    assert len(choice.clips[1]) == 3, "the short recording gives all it has"
    assert choice.overlapping["long_pause"] == 1
    assert choose_clips(made, MineSettings(balance=3.0, least=1, seed=5)) != choice


@settings(max_examples=100, deadline=None)
@given(conversations(words=(True,)))
def test_words_stay_in_their_utterances(timeline) -> None:
    dialogue = record(timeline)  # the record's own checks refuse anything else
    given_words = sum(len(track) for track in timeline.words.values())
    kept = sum(len(u.words) for u in dialogue.utterances)
    assert kept <= given_words
    wanted = feedback_rules() if given_words else timing_rules()
    assert set(dialogue.rule_sets) == {wanted.id}


def test_words_go_to_the_nearest_talk_and_are_clipped() -> None:
    words = [Word("so", 90, 130), Word("well", 140, 205), Word("lost", 600, 640),
             Word("you", 295, 299), Word("know", 299, 420)]  # fmt: skip
    words.sort(key=lambda w: w.start)
    first, second = spread_words(words, [(100, 200), (300, 400)], near=40)
    assert [(w.text, w.start, w.end) for w in first] == [("so", 100, 130), ("well", 140, 200)]
    assert [w.text for w in second] == ["you", "know"]
    assert second[0].start >= 300
    assert second[-1].end <= 400


def test_feedback_has_a_probability_where_words_are_known() -> None:
    talk = {
        "A": np.array([(0, 30_000), (31_000, 60_000)]),
        "B": np.array([(15_000, 18_000), (70_000, 100_000)]),
    }
    words = {
        "A": [Word("and", 1000 * i, 1000 * i + 900) for i in range(2, 28)],
        "B": [Word("mm-hm", 15_000, 18_000)],
    }
    dialogue = compose_dialogue("x", 16_000, 100_000, talk, words)
    (predicted,) = [e for e in dialogue.events if e.origin == "model"]
    assert predicted.type == "backchannel"
    assert 0.5 <= predicted.probability <= 1.0
    assert predicted.start == 15_000
    kinds = {u.id: u.kind for u in dialogue.utterances}
    assert kinds[predicted.utterance] == "backchannel"
    assert not [
        e for e in compose_dialogue("x", 16_000, 100_000, talk).events if e.origin == "model"
    ]


def test_settings_that_make_no_sense_are_refused() -> None:
    for wrong in ({"want": ("laughs",)}, {"min_length": 9.0, "max_length": 4.0}, {"context": -1.0},
                  {"rate": 10}, {"want": ()}):  # fmt: skip
        with pytest.raises(UsageError, match=r"want=|min_length=|context=|rate="):
            MineSettings(**wrong)
    assert msgspec.json.decode(msgspec.json.encode(SETTINGS), type=MineSettings) == SETTINGS


def test_words_of_another_language_are_not_for_the_english_scorecard(tmp_path) -> None:
    """A recording's analysis keeps the rule set, and its clips are labelled by it."""
    assert MineSettings().rules() is None
    (tmp_path / "dutch.json").write_text('{"language": "nl", "acknowledgements": ["ja"]}')
    chosen = MineSettings(language="nl", lexicon=str(tmp_path / "dutch.json"))
    rules = chosen.rules()
    assert rules is not None
    talk = {"A": np.array([[0, 40_000], [56_000, 96_000]]), "B": np.array([[44_000, 50_000]])}
    said = {"A": [Word("zo", 0, 4000)], "B": [Word("ja", 44_000, 50_000)]}
    made = compose_dialogue("x", 16_000, 100_000, talk, said, rules=rules)
    assert [one["language"] for one in made.rule_sets.values()] == ["nl"]
    assert [(e.speaker, e.origin) for e in made.events if e.type == "backchannel"] == [
        ("B", "rule")
    ]
    said["B"] = [Word("nee", 44_000, 50_000)]
    made = compose_dialogue("x", 16_000, 100_000, talk, said, rules=rules)
    assert not [e for e in made.events if e.type == "backchannel"]
    assert chosen.configuration({})["rules"]["acknowledgements"] == ["ja"]
    with pytest.raises(UsageError):
        MineSettings(language="dutch")
