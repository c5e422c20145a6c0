"""Who talks next: questions about the future."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from spoken import spoken

from interactspeech.cli.evaluate_events import command
from interactspeech.errors import InputError
from interactspeech.evaluation.events.benchmark import RATE, Benchmark, from_corpus, make
from interactspeech.evaluation.events.shifts import (
    AFTER,
    backchannel_questions,
    evaluate_predictor,
    listener_predictor,
    roc_auc,
    shift_questions,
)
from interactspeech.listener import Listener


@pytest.fixture(scope="module")
def benchmark(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    make(from_corpus(spoken(limit=4)), folder / "b", name="b", questions=8, seed=3)
    return Benchmark(folder / "b")


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=30))
def test_the_area_is_the_share_of_pairs_in_order(rows):
    scores = np.array([s for s, _ in rows], np.float64)
    answers = np.array([a for _, a in rows], np.bool_)
    high, low = scores[answers], scores[~answers]
    if not len(high) or not len(low):
        assert np.isnan(roc_auc(scores, answers))
        return
    pairs = [1.0 if h > k else 0.5 if h == k else 0.0 for h in high for k in low]
    assert roc_auc(scores, answers) == pytest.approx(np.mean(pairs))


def test_questions_are_asked_in_silences_after_the_one_who_talked(benchmark):
    shifts = 0
    for case in benchmark.cases.values():
        asked = list(shift_questions(case.dialogue))
        shifts += sum(m.answer for m in asked)
        for moment in asked:
            start = moment.time - round(AFTER * RATE)
            kinds = {e.type for e in case.dialogue.events if e.start == start}
            assert ("gap" if moment.answer else "pause") in kinds
            name = case.dialogue.speakers[moment.speaker].id
            said = [s for u in case.dialogue.utterances if u.speaker == name for s in u.speech]
            assert any(s.end == start for s in said)
            everybody = [s for u in case.dialogue.utterances for s in u.speech]
            assert not any(s.start < moment.time and s.end > start for s in everybody)
        for moment in backchannel_questions(case.dialogue):
            soon = [
                e.start - moment.time
                for e in case.dialogue.events
                if e.type == "backchannel"
                and e.speaker == case.dialogue.speakers[1 - moment.speaker].id
            ]
            near = any(0 <= t <= RATE // 2 for t in soon)
            assert near == moment.answer
    assert shifts > 3


def test_who_knows_the_future_is_always_right_and_who_does_not_guesses(benchmark):
    def knows(samples, moments):
        assert samples.shape[0] == 2
        return [float(m.answer) for m in moments]

    found = evaluate_predictor(benchmark, knows, "oracle", "shift")
    assert found.area.value == found.accuracy.value == 1.0
    assert found.yes + found.no == found.area.n
    silent = evaluate_predictor(benchmark, lambda _, moments: [0.0] * len(moments), "none", "shift")
    assert silent.area.value == silent.accuracy.value == 0.5


@pytest.mark.parametrize("what", ["shift", "backchannel"])
def test_the_listener_looks_back_only(benchmark, what):
    case = next(iter(benchmark.cases.values()))
    sound = case.audio()
    moments = list((shift_questions if what == "shift" else backchannel_questions)(case.dialogue))
    score = listener_predictor(Listener.load(), what)
    for moment, value in zip(moments[:4], score(sound, moments), strict=False):
        other = sound.copy()
        other[:, moment.time :] = np.random.default_rng(0).normal(
            0, 0.1, other[:, moment.time :].shape
        )
        assert score(other, [moment])[0] == pytest.approx(value, abs=1e-5)
        assert 0.0 <= value <= 1.0


def test_the_command(benchmark):
    done = CliRunner().invoke(command, ["shifts", str(benchmark.folder), "--json"])
    assert done.exit_code == 0, done.output
    assert [row["what"] for row in json.loads(done.output)] == ["shift", "backchannel"]
    table = CliRunner().invoke(command, ["shifts", str(benchmark.folder)])
    assert "turn shifts and backchannels to come" in table.output


@pytest.mark.parametrize("ask", ["shifts", "bids"])
def test_one_channel_is_refused_with_what_to_do(ask, tmp_path):
    make(from_corpus(spoken(limit=1)), tmp_path / "one", name="one", mono=True, questions=0)
    with pytest.raises(InputError, match=r"one.*a channel a speaker.*--mono") as caught:
        CliRunner().invoke(command, [ask, str(tmp_path / "one")], catch_exceptions=False)
    assert caught.value.reason == "one-channel"
