"""The language of the words that labels depend on."""

from pathlib import Path

import av
import numpy as np
import pytest

from interactspeech.formats import Report
from interactspeech.pipelines.labelling import annotate, choose_rules, detect

DUTCH = (
    "ja nee ik weet het niet maar we gaan morgen naar de markt en dan zien we wel wat er is dat is "
    "goed hoor ik vind het ook wel leuk om daar te zijn"
)
ENGLISH = "well I think that we should go there because it is nice and you know it " * 3


def ctm(path: Path, text: str) -> Path:
    lines = (f"a {1 + k % 2} {0.4 * k:.2f} 0.35 {word}\n" for k, word in enumerate(text.split()))
    path.write_text("".join(lines), encoding="utf-8")
    return path


def test_words_of_another_language_are_noted_once_with_numbers(tmp_path: Path) -> None:
    report = Report()
    annotate([ctm(tmp_path / "a.ctm", DUTCH)], report=report)
    (note,) = [note for note in report.notes if note.reason == "not-english"]
    assert "14% of 35 words" in note.message
    assert not report.lost
    for text, options in ((ENGLISH, {}), (DUTCH, {"backchannels": "rule"})):
        report = Report()
        annotate([ctm(tmp_path / "b.ctm", text)], report=report, **options)
        assert not [note for note in report.notes if note.reason == "not-english"]


def test_phrases_that_the_user_brings_win_over_the_fitted_decision(tmp_path: Path) -> None:
    assert choose_rules()[1] is not None
    path = tmp_path / "dutch.json"
    path.write_text('{"continuers": ["hm"], "acknowledgements": ["ja"], "reactions": ["oh"]}')
    rules, decision = choose_rules(path)
    assert decision is None
    assert rules.acknowledgements == ("ja",)


ENDINGS = {"wav": "pcm_s16le", "m4a": "aac", "webm": "libopus", "mp3": "mp3", "ogg": "libopus",
           "flac": "flac", "mka": "pcm_s16le"}  # fmt: skip


def test_detect_takes_every_recording_of_a_folder_and_names_the_rest(tmp_path: Path) -> None:
    """Each recording is heard as if it were named, whatever its container."""
    rng = np.random.default_rng(1)
    for ending, codec in ENDINGS.items():
        with av.open(str(tmp_path / f"{ending}-call.{ending}"), "w") as out:
            stream = out.add_stream(codec, rate=48_000)
            stream.layout = "stereo"
            convert = av.AudioResampler(format=stream.format.name, layout="stereo", rate=48_000)
            noise = rng.normal(0, 0.05, (2, 48_000)).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(noise, format="fltp", layout="stereo")
            frame.sample_rate = 48_000
            for one in [*convert.resample(frame), *convert.resample(None)]:
                out.mux(stream.encode(one))
            out.mux(stream.encode())
    (tmp_path / "notes.pdf").write_bytes(b"%PDF-1.4")
    report = Report()
    found = detect([tmp_path], report=report)
    assert sorted(dialogue.id for dialogue in found) == sorted(f"{e}-call" for e in ENDINGS)
    assert [note.reason for note in report.notes] == ["passed-over"]
    assert "notes.pdf" in report.notes[0].message
    assert not report.lost


def test_the_shared_case_of_a_folder_of_recordings(shared_data: Path) -> None:
    folder = shared_data / "cases" / "28-detect-folder" / "calls"
    if not folder.is_dir():
        pytest.skip("the cases are not here")
    assert sorted(dialogue.id for dialogue in detect([folder])) == ["monday", "tuesday", "wednesday"]  # noqa: E501
