"""Layouts are read; what is wrong with an item is named and the rest goes on."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from duplex_items import RATE, SYSTEM, USER, item, sound

from interactspeech.errors import InputError
from interactspeech.evaluation.duplex.recording_reader import read_recordings
from interactspeech.evaluation.duplex.recordings import DuplexRecording, RecordingSettings
from interactspeech.evaluation.duplex.stimulus import StimulusEvent, StimulusTruth, encode_truth


def one(path: Path, **settings: object) -> DuplexRecording | InputError:
    (found,) = read_recordings([path], RecordingSettings(**settings))  # type: ignore[arg-type]
    return found


def good(path: Path, **settings: object) -> DuplexRecording:
    found = one(path, **settings)
    assert isinstance(found, DuplexRecording), found
    return found


def bad(path: Path, **settings: object) -> InputError:
    found = one(path, **settings)
    assert isinstance(found, InputError)
    return found


def near(rows: np.ndarray, expected: list[tuple[float, float]]) -> bool:
    return len(rows) == len(expected) and bool(np.allclose(rows / RATE, expected, atol=0.011))


def test_our_layout(tmp_path: Path) -> None:
    truth = StimulusTruth("a", 10.0, (StimulusEvent("interruption", 5.0, 6.0),), group="g")
    folder = item(tmp_path / "a")
    (folder / "truth.json").write_bytes(encode_truth(truth))
    (folder / "log.jsonl").write_text('{"time": 5.4, "event": "yield"}\n\n')
    (folder / "system.json").write_text(
        json.dumps({"text": "", "chunks": [{"text": "hi", "timestamp": [2.5, None]}]})
    )
    found = good(folder)
    assert near(found.user, [(0.5, 2), (5, 6)])
    assert near(found.system, [(2.5, 5.5), (7, 9)])
    assert found.truth == truth
    assert found.log is not None
    assert found.system_words is not None
    assert (found.log[0].event, found.system_words[0].end) == ("yield", None)
    assert found.sound().shape == (2, 10 * RATE)


def test_two_channels_pairs_and_two_files(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "call.wav", np.stack([USER, SYSTEM], axis=1), RATE)
    left = good(tmp_path / "call.wav")
    right = good(tmp_path / "call.wav", user_channel=1)
    assert np.array_equal(left.user, right.system)
    soundfile.write(tmp_path / "b.user.wav", USER, RATE)
    soundfile.write(tmp_path / "b.system.wav", SYSTEM, RATE)
    names = [f.name for f in read_recordings([tmp_path]) if isinstance(f, DuplexRecording)]
    assert names == ["b", "call"]
    (pair,) = read_recordings([tmp_path / "b.user.wav", tmp_path / "b.system.wav"])
    assert isinstance(pair, DuplexRecording)
    assert np.array_equal(pair.user, left.user)


def test_full_duplex_bench_layouts(tmp_path: Path) -> None:
    names = ("input", "output")
    words = {"text": "", "chunks": []}
    item(tmp_path / "v1/candor_pause_handling/1", names=names, output=words,
         pause=[{"text": "[PAUSE]", "timestamp": [2.0, 2.4]}])  # fmt: skip
    item(tmp_path / "v1/turns/1", names=names, output=words,
         turn_taking=[{"text": "[TURN-TAKING]", "timestamp": [2.0, 2.4]}])  # fmt: skip
    item(tmp_path / "v1/cuts/1", names=names, output=words,
         interrupt=[{"context": "c", "interrupt": "wait", "timestamp": [5.0, 6.0]}])  # fmt: skip
    item(tmp_path / "v1_5/user_backchannel/1", names=names, output=words,
         metadata={"current_turn_text": "mm-hm", "timestamps": [5.0, 6.0]})  # fmt: skip
    found = {f.task: f for f in read_recordings([tmp_path]) if isinstance(f, DuplexRecording)}
    assert set(found) == {"pause_handling", "smooth_turn_taking", "user_interruption", "overlap"}
    assert found["smooth_turn_taking"].reference == 2.0
    assert found["user_interruption"].reference == 6.0
    kinds = {task: [e.kind for e in f.truth.events] for task, f in found.items() if f.truth}
    assert kinds["overlap"] == ["backchannel"]
    assert kinds["user_interruption"] == ["interruption", "turn_end"]


def test_missing_output_is_named_and_the_rest_scored(tmp_path: Path) -> None:
    item(tmp_path / "1", names=("input", "output"))
    item(tmp_path / "2", system=None, names=("input", "output"), metadata={})
    first, second = read_recordings([tmp_path])
    assert isinstance(first, DuplexRecording)
    assert isinstance(second, InputError)
    assert (second.reason, Path(str(second.path)).name) == ("missing-file", "2")


@pytest.mark.parametrize(("seconds", "how"), [(7.0, "shorter"), (12.3, "longer")])
def test_other_lengths_are_noted(seconds: float, how: str, tmp_path: Path) -> None:
    found = good(item(tmp_path / "a", system=sound([(2.5, 5)], seconds, 2)))
    assert any(how in note for note in found.notes)
    assert found.seconds == max(10.0, seconds)


def test_a_wrong_rate_is_found_by_the_length(tmp_path: Path) -> None:
    folder = item(tmp_path / "a", system=None)
    soundfile.write(folder / "system.wav", sound([(2.5, 5)], 15, 2), RATE)
    assert bad(folder).reason == "bad-rate"


def test_an_output_of_another_rate_is_no_fault(tmp_path: Path) -> None:
    folder = item(tmp_path / "a", system=None)
    import soxr

    soundfile.write(folder / "system.wav", soxr.resample(SYSTEM, RATE, 24_000), 24_000)
    assert near(good(folder).system, [(2.5, 5.5), (7, 9)])


def test_empty_transcripts_are_noted(tmp_path: Path) -> None:
    folder = item(tmp_path / "a", output={"text": "", "chunks": []})
    assert any("words are empty" in note for note in good(folder).notes)


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [("{", "bad-json", 1), ("{\n\n]", "bad-json", 3), ('{"chunks": 3}', "bad-annotation", None),
     ('{"chunks": [{"text": "a", "timestamp": [NaN, 1]}]}', "bad-json", None),
     ('{"chunks": [{"text": "a", "timestamp": [2, 1]}]}', "reversed-time", None),
     ('{"chunks": [{"text": "a", "timestamp": ["x", 1]}]}', "bad-time", None),
     ('{"chunks": [{"text": "a", "timestamp": [true, 1]}]}', "bad-time", None),
     ('{"chunks": ["a"]}', "bad-annotation", None)],
)  # fmt: skip
def test_malformed_words_have_a_place(
    text: str, reason: str, line: int | None, tmp_path: Path
) -> None:
    error = bad(item(tmp_path / "a", output=text))
    assert error.reason == reason
    assert Path(str(error.path)).name == "output.json"
    if line:
        assert error.line == line


def test_swapped_channels_are_noticed(tmp_path: Path) -> None:
    truth = StimulusTruth("a", 10.0, (), speech=((0.5, 2.0), (5.0, 6.0)))
    folder = item(tmp_path / "a", user=SYSTEM, system=USER)
    (folder / "truth.json").write_bytes(encode_truth(truth))
    assert bad(folder).reason == "swapped-channels"
    straight = item(tmp_path / "b")
    (straight / "truth.json").write_bytes(encode_truth(truth))
    good(straight)


@pytest.mark.parametrize("decibels", [-6, -20, -30])
def test_crosstalk_is_refused(decibels: int, tmp_path: Path) -> None:
    late = np.roll(USER, 800) * np.float32(10 ** (decibels / 20))
    folder = item(tmp_path / "a", system=SYSTEM + late)
    assert bad(folder).reason == "crosstalk"
    good(folder, check_channels=False)


def test_the_same_sound_twice_is_refused(tmp_path: Path) -> None:
    assert bad(item(tmp_path / "a", system=USER.copy())).reason == "crosstalk"


def test_truth_that_cannot_be(tmp_path: Path) -> None:
    folder = item(tmp_path / "a", truth={"id": "a", "seconds": 3, "events": [
        {"kind": "pause", "start": 2, "end": 4}]})  # fmt: skip
    assert bad(folder).reason == "bad-time"
    unknown = item(tmp_path / "b", truth={"id": "a", "seconds": 3, "events": [{"kind": "dance"}]})
    assert bad(unknown).reason == "bad-annotation"
    newer = item(tmp_path / "c", truth={"schema_version": 9})
    assert bad(newer).reason == "newer-schema"


def test_nothing_there(tmp_path: Path) -> None:
    assert bad(tmp_path).reason == "no-recordings"
    assert bad(tmp_path / "gone").reason == "missing-file"
    soundfile.write(tmp_path / "mono.wav", USER, RATE)
    assert bad(tmp_path / "mono.wav").reason == "one-channel"
    (tmp_path / "x").mkdir()
    soundfile.write(tmp_path / "x/a.user.wav", USER, RATE)
    assert bad(tmp_path / "x").reason == "missing-file"


def test_talk_from_words_alone(tmp_path: Path) -> None:
    chunks = [{"text": "a", "timestamp": [1.0, 1.5]}, {"text": "b", "timestamp": [1.6, 2.0]}]
    folder = item(tmp_path / "a", system=sound([(8, 9)], 10), output={"chunks": chunks})
    assert good(folder, from_words=True).system.tolist() == [[RATE, 2 * RATE]]


def test_words_without_a_time_are_left_out_and_counted(tmp_path: Path) -> None:
    chunks = [{"text": "a", "timestamp": [None, 1.0]}, {"text": "b", "timestamp": [3.0, 3.5]}]
    found = good(item(tmp_path / "a", output={"chunks": chunks}))
    assert found.system_words is not None
    assert [w.text for w in found.system_words] == ["b"]
    assert any("1 of 2 words have no time" in note for note in found.notes)


def test_a_transcription_of_the_user_that_is_broken_costs_no_item(tmp_path: Path) -> None:
    folder = item(
        tmp_path / "a", names=("input", "output"), output={"chunks": []}, transcription="{",
        turn_taking=[{"text": "[TURN-TAKING]", "timestamp": [2.0, 2.4]}],
    )  # fmt: skip
    assert any("transcription.json was not used" in note for note in good(folder).notes)


def test_transcriptions_by_speaker(tmp_path: Path) -> None:
    said = [{"speaker": 0, "item": [{"text": "I", "timestamp": [0.5, 0.8]}]}]
    folder = item(
        tmp_path / "a", names=("input", "output"), output={"chunks": []}, transcription=said
    )
    found = good(folder)
    assert found.user_words is not None
    assert [w.text for w in found.user_words] == ["I"]
