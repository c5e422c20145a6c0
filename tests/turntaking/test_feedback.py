"""The backchannel decision: better than word lists on meetings it has not seen, and explainable."""

import importlib.util
from pathlib import Path

import msgspec
import numpy as np
import pytest

from interactspeech import formats
from interactspeech.errors import InputError
from interactspeech.records import Dialogue, Span, Speaker, Utterance, Word
from interactspeech.turntaking import DEFAULT, OnlineAnnotator, Timeline, annotate, layer1
from interactspeech.turntaking.backchannel_candidates import candidates, default_decision
from interactspeech.turntaking.backchannel_decision import (
    FEATURES,
    FeedbackModel,
    PairThresholds,
    common_feedback,
    features,
    feedback_decision,
    feedback_rules,
    load_model,
)

ROOT = Path(__file__).parents[2]
RATE = 1000


def fitting():
    spec = importlib.util.spec_from_file_location("fit_feedback", ROOT / "bench/fit_feedback.py")
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["fit_feedback"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def said(name, speaker, start, end, text):
    """One utterance with its words spread evenly, in milliseconds."""
    words = text.split()
    edges = np.linspace(start, end, len(words) + 1).astype(int).tolist()
    return Utterance(
        name, speaker, start, end, (Span(start, end),),
        tuple(Word(w, a, b) for w, a, b in zip(words, edges, edges[1:], strict=False)),
        times="human",
    )  # fmt: skip


def dialogue(*utterances, speakers="AB", length=20_000):
    return Dialogue("d", RATE, length, tuple(Speaker(s) for s in speakers), utterances)


def found(record, rules=DEFAULT):
    timeline = Timeline.of(record)
    return candidates(timeline, layer1(timeline, rules), rules)


LISTENING = dialogue(
    said("u0", "A", 0, 4000, "so we went all the way down to the harbour to see the boats"),
    said("u1", "B", 4100, 4400, "mm-hmm."),
    said("u2", "A", 4600, 8000, "and then it began to rain of course so we ran back home"),
)
ANSWER = dialogue(
    said("u0", "A", 0, 4000, "so are you going to come with us to the harbour tomorrow?"),
    said("u1", "B", 4200, 4500, "yes"),
    said("u2", "B", 5000, 8000, "but I have to be back before eight because of the dog"),
)


def test_listening_aloud_is_told_from_an_answer():
    model = load_model()
    listening, answer = found(LISTENING), found(ANSWER)
    mine = int(np.flatnonzero(listening.speaker == 1)[0])
    theirs = int(np.flatnonzero(answer.speaker == 1)[0])
    assert model.probability(listening)[mine] > 0.8
    assert model.probability(answer)[theirs] < 0.2
    assert feedback_decision(listening).tolist() == [False, False, True]


def test_between_two_the_list_decides_unless_the_model_is_sure():
    """Thresholds on either side of the probability of a listed word and of another."""
    unlisted = dialogue(
        said("u0", "A", 0, 4000, "so we went all the way down to the harbour to see the boats"),
        said("u1", "B", 4100, 4400, "wonderful"),
        said("u2", "A", 4600, 8000, "and then it began to rain of course so we ran back home"),
    )
    for record, listed in ((LISTENING, True), (unlisted, False)):
        c = found(record)
        row = int(np.flatnonzero(c.speaker == 1)[0])
        assert common_feedback(c)[row] == listed
        chance = float(load_model().probability(c)[row])
        for shift, expected in ((-0.01, True), (0.01, False)):
            pair = {"listed": 2.0, "unlisted": 2.0}
            pair["listed" if listed else "unlisted"] = chance + shift
            model = msgspec.structs.replace(load_model(), pair=PairThresholds(**pair))
            assert bool(model.decide(c)[row]) == expected


def test_among_three_the_models_own_threshold_decides():
    record = msgspec.structs.replace(
        LISTENING, speakers=(*LISTENING.speakers, Speaker("C")),
        utterances=(*LISTENING.utterances, said("u3", "C", 15_000, 17_000, "shall we go on then")),
    )  # fmt: skip
    c = found(record)
    never = msgspec.structs.replace(load_model(), pair=PairThresholds(listed=2.0, unlisted=2.0))
    assert never.decide(c).tolist() == feedback_decision(c).tolist()
    assert never.decide(c).any()
    assert not never.decide(found(LISTENING)).any()


def test_letters_that_are_spelled_out_are_one_word():
    record = dialogue(
        said("u0", "A", 0, 4000, "so we went all the way down to the harbour to see the boats"),
        said("u1", "B", 4100, 4400, "o_k"),
        said("u2", "A", 4600, 8000, "and then it began to rain of course so we ran back home"),
    )
    plain = dialogue(
        *record.utterances[:1], said("u1", "B", 4100, 4400, "ok"), *record.utterances[2:]
    )
    assert features(found(record)).tolist() == features(found(plain)).tolist()


def test_annotate_takes_the_decision_and_stores_its_name():
    rules = feedback_rules()
    events = annotate(LISTENING, rules, backchannel=feedback_decision)
    (feedback,) = [event for event in events if event.type == "backchannel"]
    assert (feedback.speaker, feedback.start, feedback.end) == ("B", 4100, 4400)
    assert feedback.rules == rules.id
    assert rules.to_dict()["backchannel"] == load_model().id


def test_points_add_up_to_the_probability():
    model, c = load_model(), found(LISTENING)
    for i, chance in enumerate(model.probability(c).tolist()):
        points = sum(model.explain(c, i).values())
        assert 1 / (1 + np.exp(-points)) == pytest.approx(chance, abs=1e-12)


def test_without_words_the_default_rule_decides():
    bare = msgspec.structs.replace(
        LISTENING,
        utterances=tuple(
            msgspec.structs.replace(u, words=(), times="none") for u in LISTENING.utterances
        ),
    )
    c = found(bare)
    assert np.isnan(load_model().probability(c)).all()
    assert feedback_decision(c).tolist() == default_decision(c).tolist()


def test_features_are_those_that_are_named():
    table = features(found(ANSWER))
    row = dict(zip(FEATURES, table[1], strict=True))
    assert row["first_yes"] == 1
    assert row["after_question"] == 1
    assert row["self_goes_on"] == pytest.approx(np.log1p(6))  # words that end within 2 s
    assert row["others_before"] == pytest.approx(np.log1p(6))
    assert row["log_length"] == pytest.approx(np.log(0.3))


def test_a_shift_of_the_clock_changes_nothing():
    later = dialogue(
        *(
            msgspec.structs.replace(
                u, start=u.start + 5000, end=u.end + 5000,
                speech=tuple(Span(s.start + 5000, s.end + 5000) for s in u.speech),
                words=tuple(
                    msgspec.structs.replace(w, start=w.start + 5000, end=w.end + 5000)
                    for w in u.words
                ),
            )
            for u in ANSWER.utterances
        )
    )  # fmt: skip
    # Own silence before the first unit is beyond the horizon in both.
    assert np.array_equal(features(found(later)), features(found(ANSWER)))


def test_the_order_of_speakers_changes_nothing():
    swapped = msgspec.structs.replace(LISTENING, speakers=LISTENING.speakers[::-1])
    chances = sorted(load_model().probability(found(LISTENING)).tolist())
    assert sorted(load_model().probability(found(swapped)).tolist()) == pytest.approx(chances)


def test_a_broken_model_is_an_input_error(tmp_path):
    path = tmp_path / "model.json"
    path.write_text('{"id": "x"}')
    with pytest.raises(InputError, match=r"model\.json: is no feedback model"):
        load_model(path)
    with pytest.raises(InputError, match="cannot be read"):
        load_model(tmp_path / "absent.json")
    with pytest.raises(ValueError, match="differ in"):
        FeedbackModel("x", "", 0.0, {"first_yeah": 1.0}, 0.5)


def test_it_fits_again_on_a_few_meetings_and_recovers_a_known_model():
    module = fitting()
    rng = np.random.default_rng(1)
    x = rng.normal(size=(20_000, 3)) * [1, 5, 0.2] + [0, 3, 1]
    true = np.array([1.5, -0.4, 2.0, -1.0])
    chance = 1 / (1 + np.exp(-(x @ true[:-1] + true[-1])))
    y = rng.random(20_000) < chance
    assert module.logistic(x, y, penalty=0.1) == pytest.approx(true, abs=0.15)


@pytest.fixture(scope="module")
def meetings(shared_data):
    module = fitting()
    loaded, report = module.load(shared_data / "timing" / "ami_nxt")
    assert not report.errors
    return module, loaded


def test_it_beats_the_word_list_on_meetings_it_was_not_fitted_on(meetings):
    module, loaded = meetings
    unseen = [m for m in loaded if m.series in module.TEST]
    assert len(unseen) == 9
    truth = np.concatenate([m.truth for m in unseen])

    def f1(decision):
        decided = np.concatenate([decision(m.found)[m.rows] for m in unseen])
        return module.scores(decided, truth)[2]

    fitted = f1(feedback_decision)
    assert fitted >= 0.83
    for name, rule in module.RULES.items():
        assert fitted > f1(rule) + 0.02, name


def test_its_probabilities_are_calibrated_on_unseen_meetings(meetings):
    module, loaded = meetings
    unseen = [m for m in loaded if m.series in module.TEST]
    truth = np.concatenate([m.truth for m in unseen])
    chance = np.concatenate([load_model().probability(m.found)[m.rows] for m in unseen])
    for low, high in ((0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        inside = (chance >= low) & (chance < high)
        assert truth[inside].mean() == pytest.approx(chance[inside].mean(), abs=0.12)


def test_online_is_offline_with_this_decision(shared_data):
    words = sorted((shared_data / "timing" / "ami_nxt" / "words").glob("ES2011a.*"))
    (record,) = formats.read(words)
    timeline, rules = Timeline.of(record), feedback_rules()
    annotator = OnlineAnnotator(
        timeline.rate, timeline.speakers, rules, backchannel=feedback_decision,
        step=5 * timeline.rate,
    )  # fmt: skip
    boundaries = sorted(
        (time, kind, speaker)
        for speaker, rows in timeline.activity.items()
        for row in rows.tolist()
        for kind, time in zip(("start", "end"), row, strict=True)
    )
    pending = sorted(
        (int(end), speaker, text, int(start), bool(fragment))
        for speaker, track in timeline.words.items()
        for text, (start, end), fragment in zip(
            track.texts, track.times.tolist(), track.fragment, strict=True
        )
    )
    events, place = [], 0
    for time, kind, speaker in boundaries:
        while place < len(pending) and pending[place][0] <= time:
            end, who, text, start, fragment = pending[place]
            annotator.word(who, Word(text, start, end, fragment))
            place += 1
        events += getattr(annotator, kind)(speaker, time)
    events += annotator.finish(timeline.length)

    def facts(items):
        return sorted((e.type, e.speaker, e.start, e.end, e.partner) for e in items)

    assert facts(events) == facts(annotate(timeline, rules, backchannel=feedback_decision))
