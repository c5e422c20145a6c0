"""Predictions for TurnBench and eot-bench, on stand-ins of their exact layout."""

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
import soxr
from click.testing import CliRunner
from spoken import spoken

from interactspeech.cli import cli
from interactspeech.corpus import Corpus
from interactspeech.errors import InputError
from interactspeech.evaluation.duplex.turnbench import read_predictions, score_predictions
from interactspeech.evaluation.duplex.turnbench_gold import gold_of_dialogue
from interactspeech.evaluation.events.turn_predictions import (
    EotBenchAdapter,
    TurnPredictor,
    conversations,
)
from interactspeech.listener import Listener
from interactspeech.signal.log_mel import RATE


@pytest.fixture(scope="module")
def item():
    return list(Corpus.open(spoken()))[1]


@pytest.fixture(scope="module")
def sound(item):
    return np.asarray(soxr.resample(item.audio().T, item.dialogue.rate, RATE).T, np.float32)


def flac(channel):
    held = io.BytesIO()
    soundfile.write(held, channel, RATE, format="FLAC")
    return held.getvalue()


@pytest.fixture
def table(sound, tmp_path):
    """The data set as the Hub has it: a row a conversation, a sound a speaker."""
    rows = [
        {
            "conversation_id": "20",
            "speaker_1_audio": {"bytes": flac(sound[0]), "path": "1.flac"},
            "speaker_2_audio": {"bytes": flac(sound[1][: -RATE // 2]), "path": "2.flac"},
        },
        {
            "conversation_id": "21",
            "speaker_1_audio": {"bytes": flac(np.zeros(RATE)), "path": "1.flac"},
            "speaker_2_audio": {"bytes": flac(np.zeros(RATE)), "path": "2.flac"},
        },
    ]
    path = tmp_path / "dev-00000-of-00001.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def test_a_submission_of_the_data_set_is_scored_above_nothing(table, item, sound, tmp_path):
    out = tmp_path / "predictions.json"
    given = ["evaluate", "events", "turnbench", str(table.parent), "-o", str(out), "-q"]
    found = CliRunner().invoke(cli, given)
    assert found.exit_code == 0, found.output
    plain = json.loads(out.read_text())
    assert plain["schema_version"] == 1
    assert [p["conversation_id"] for p in plain["predictions"]] == ["20", "21"]
    assert set(plain["predictions"][0]) == {"conversation_id", "speaker_1", "speaker_2"}
    assert plain["predictions"][1]["speaker_1"] == {"eot": [], "interruption": []}
    seconds = sound.shape[1] / RATE
    for side in ("speaker_1", "speaker_2"):
        for times in plain["predictions"][0][side].values():
            assert times == sorted(set(times))
            assert all(0.0 <= t <= seconds + 0.05 for t in times)
    predictions = read_predictions(out)
    score = score_predictions(predictions, {"20": gold_of_dialogue(item.dialogue)})
    assert score.scored == 1
    assert score.eot.recall > 0.5


def test_two_channels_give_what_the_table_gives(table, sound, tmp_path):
    (tmp_path / "calls").mkdir()
    padded = sound.copy()
    padded[1, -RATE // 2 :] = 0.0
    soundfile.write(tmp_path / "calls" / "20.flac", padded.T, RATE)
    predict = TurnPredictor(Listener.load())
    ((name, blocks),) = conversations([tmp_path / "calls"])
    assert name == "20"
    theirs = predict(name, blocks)
    rows = dict(conversations([table]))
    assert predict("20", rows["20"]) == theirs


def test_no_time_uses_sound_that_comes_later(sound):
    predict = TurnPredictor(Listener.load())
    half = sound.shape[1] // 2
    whole, first = predict("x", [sound]), predict("x", [sound[:, :half]])
    for side in ("speaker_1", "speaker_2"):
        for task in ("eot", "interruption"):
            until = [t for t in getattr(getattr(whole, side), task) if t <= half / RATE]
            assert list(getattr(getattr(first, side), task)) == until


def test_bad_input_is_named_and_the_rest_goes_on(table, tmp_path):
    (tmp_path / "other").mkdir()
    pq.write_table(pa.table({"id": ["1"]}), tmp_path / "other" / "no.parquet")
    out = tmp_path / "some.json"
    given = ["evaluate", "events", "turnbench", str(tmp_path / "other" / "no.parquet"), str(table)]
    found = CliRunner().invoke(cli, [*given, "-o", str(out), "-q"])
    assert found.exit_code == 1
    assert "conversation_id" in found.stderr
    assert len(json.loads(out.read_text())["predictions"]) == 2
    soundfile.write(tmp_path / "mono.wav", np.zeros(RATE), RATE)
    with pytest.raises(InputError, match="channel"):
        next(next(iter(conversations([tmp_path / "mono.wav"])))[1])
    card = Listener.load().without_levelling()
    with pytest.raises(InputError, match="operating"):
        TurnPredictor(card)


def test_eot_bench_asks_about_sound_so_far(sound, item):
    adapter = EotBenchAdapter()
    assert adapter.display_name
    assert adapter.adapter_id
    assert adapter.supports_language("en-US")
    assert not adapter.supports_language("de")
    turn = next(u for u in item.dialogue.utterances if u.kind == "turn" and u.speech)
    side = [s.id for s in item.dialogue.speakers].index(turn.speaker)
    last = turn.speech[-1].end * RATE // item.dialogue.rate
    first = turn.start * RATE // item.dialogue.rate
    said = np.pad(sound[side, first:last], (RATE // 2, 2 * RATE))

    def asked(seconds):
        count = RATE // 2 + last - first + round(seconds * RATE)
        return {"audio": {"array": said[:count], "sampling_rate": RATE}}

    early, soon, late = adapter.predict_batch([asked(-0.3), asked(0.5), asked(1.2)])
    assert early < soon < late
    assert adapter.predict_batch([{"audio": {"array": np.zeros(0), "sampling_rate": RATE}}]) == [
        0.0
    ]
    with pytest.raises(InputError, match="shape"):
        adapter.predict_batch([{"audio": {"array": np.zeros((2, 9)), "sampling_rate": RATE}}])
