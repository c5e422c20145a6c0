"""Full-Duplex-Bench v3's turn-taking: by hand, from its layout, and against a plain count."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
import soundfile

from interactspeech.errors import InputError
from interactspeech.evaluation.duplex.full_duplex_bench_v3 import (
    ToolUse,
    ToolUseTiming,
    tool_use_timing,
)
from interactspeech.evaluation.duplex.recording_reader import read_recordings
from interactspeech.evaluation.duplex.recordings import RecordingSettings
from interactspeech.evaluation.duplex.scoring import score_recordings
from interactspeech.evaluation.duplex.timed_words import TimedWord


def words(*rows: tuple[float, float]) -> tuple[TimedWord, ...]:
    return tuple(TimedWord("w", *row) for row in rows)


ASKED = words((0.5, 1.0), (1.1, 4.0))


def test_an_answer_after_the_user() -> None:
    run = ToolUse(4.0, ASKED, words((4.5, 5.0), (7.25, 8.0)), True, ((5.0, 6.5),), True)
    assert tool_use_timing(run) == ToolUseTiming(True, False, 0.5, 1.0, True, 3.25)
    waits = ToolUse(4.0, ASKED, words((6.5, 8.0)), True, ((5.0, 6.5),), True)
    assert tool_use_timing(waits) == ToolUseTiming(True, False, 2.5, 1.0, False, 2.5)


@pytest.mark.parametrize(("first", "interrupted"), [(3.999, True), (4.0, False), (3.9996, False)])
def test_an_answer_before_the_users_end_is_an_interruption(first: float, interrupted: bool) -> None:
    found = tool_use_timing(ToolUse(4.0, ASKED, words((first, 6)), True, ((4.1, 4.2),), True))
    assert (found.turn_taken, found.interrupted) == (True, interrupted)
    assert (found.latency is None, found.tool_latency is None) == (interrupted, interrupted)


def test_no_answer_and_an_answer_without_times() -> None:
    silent = ToolUse(4.0, ASKED)
    assert tool_use_timing(silent) == tool_use_timing(silent, "corrected") == ToolUseTiming(False)
    untimed = ToolUse(4.0, ASKED, (), True)
    assert tool_use_timing(untimed).turn_taken is False
    assert tool_use_timing(untimed, "corrected").turn_taken is None


def test_a_long_thought_is_no_end() -> None:
    """The published end is before the first silence over 2 s: an answer to the request is late."""
    asked = words((0.5, 1.0), (3.5, 6.0))
    run = ToolUse(1.0, asked, words((6.4, 8.0)), True)
    assert tool_use_timing(run).latency == 5.4
    assert tool_use_timing(run, "corrected").latency == pytest.approx(0.4)
    early = ToolUse(1.0, asked, words((2.0, 3.0)), True)
    assert tool_use_timing(early).interrupted is False
    assert tool_use_timing(early, "corrected").interrupted is True


def test_a_first_call_without_a_time_gives_no_latency() -> None:
    run = ToolUse(4.0, ASKED, words((5, 6)), True, ((5.5, 5.75),), False)
    found = tool_use_timing(run)
    assert (found.tool_latency, found.early) == (None, True)


def result(folder: Path, name: str = "mine", **changes: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    chunk = {"text": "w", "timestamp": [0.5, 4.0]}
    data = {
        "user_speech_end_rel": 4.0, "input_asr_chunks": [chunk], "transcript": "w w",
        "asr_chunks": [{"text": "w", "timestamp": [4.8, 6.0]}],
        "actual_tool_calls": [{"function": "f", "timestamp_start": 5.0, "timestamp_end": 5.5}],
        "status": "completed",
    }  # fmt: skip
    (folder / f"result_{name}.json").write_text(json.dumps({**data, **changes}))
    return folder


def test_the_layout_with_sound_and_without(tmp_path: Path) -> None:
    folder = result(tmp_path / "travel_01_5f")
    (folder / "metadata.json").write_text('{"id": "travel_01", "expected_tool_calls": []}')
    scores = score_recordings(read_recordings([tmp_path]))
    (item,) = scores.items
    assert item.name == "travel_01_5f"
    assert len(item.notes) == 2
    assert scores.measure("fdb.v3.turn_take_rate").value == 1.0
    assert scores.measure("fdb.v3.latency").value == pytest.approx(0.8)
    assert scores.measure("answer.latency_median").value == pytest.approx(0.8, abs=0.001)
    tone = 0.1 * np.sin(np.arange(16_000 * 3) / 9).astype(np.float32)
    soundfile.write(folder / "input.wav", np.pad(tone, (8000, 48_000)), 16_000)
    soundfile.write(folder / "output_mine.wav", np.pad(tone, (80_000, 16_000)), 16_000)
    (heard,) = score_recordings(read_recordings([tmp_path])).items
    assert not heard.notes
    assert heard.outcomes[-1].answer == pytest.approx(5.0, abs=0.02)


def test_results_of_several_systems_want_a_choice(tmp_path: Path) -> None:
    result(result(tmp_path / "a"), "other", asr_chunks=[])
    (found,) = read_recordings([tmp_path])
    assert isinstance(found, InputError)
    assert found.reason == "many-systems"
    assert "mine, other" in found.remedy
    chosen = RecordingSettings(provider="other")
    scores = score_recordings(read_recordings([tmp_path], chosen))
    assert scores.measure("fdb.v3.turn_take_rate").value == 0.0
    (gone,) = read_recordings([tmp_path], RecordingSettings(provider="third"))
    assert isinstance(gone, InputError)
    assert gone.reason == "missing-file"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"user_speech_end_rel": None, "status": "inference_failed"}, "missing-output"),
        ({"user_speech_end_rel": "4"}, "bad-time"),
        ({"asr_chunks": [{"text": 3, "timestamp": [1, 2]}]}, "bad-annotation"),
        ({"asr_chunks": {"a": 1}}, "bad-annotation"),
        ({"actual_tool_calls": [3]}, "bad-annotation"),
        ({"actual_tool_calls": [{"timestamp_start": -1}]}, "negative-time"),
    ],
)
def test_bad_results_are_named_and_the_rest_goes_on(
    changes: dict[str, object], reason: str, tmp_path: Path
) -> None:
    result(tmp_path / "a")
    result(tmp_path / "b", **changes)
    scores = score_recordings(read_recordings([tmp_path]))
    assert (len(scores.items), scores.total) == (1, 2)
    assert scores.lost[0].reason == reason


def test_rates_over_random_items_are_a_plain_count(tmp_path: Path) -> None:
    rng = random.Random(4)
    taken = cut = 0
    latencies = []
    for k in range(60):
        end, said = round(rng.uniform(1, 5), 2), []
        if rng.random() < 0.8:
            first = round(rng.uniform(0.5, 9), 2)
            said = [{"text": "w", "timestamp": [first, first + 0.3]}]
            taken += 1
            cut += first < end
            latencies += [first - end] * (first >= end)
        result(tmp_path / f"i{k}", user_speech_end_rel=end, asr_chunks=said)
    scores = score_recordings(read_recordings([tmp_path]))
    assert scores.measure("fdb.v3.turn_take_rate").value == pytest.approx(taken / 60)
    assert scores.measure("fdb.v3.interruption_rate").value == pytest.approx(cut / taken)
    assert scores.measure("fdb.v3.latency").value == pytest.approx(np.mean(latencies))
