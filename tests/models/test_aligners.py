# ruff: noqa: ARG001, ARG002, ARG005 -- stand-ins have the arguments of what they stand for
"""Aligners by name; those that are not here are stood in for by programs with their interfaces."""

import stat
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from interactspeech.errors import InputError, MissingExtraError
from interactspeech.models.aligners import MfaAligner, NemoAligner, WhisperxAligner, aligner
from interactspeech.records import Speech, Voice
from interactspeech.tts import engine
from interactspeech.tts.aligned_speech import align_speech, bounds_by_letters

TEXT = "We missed the last train, so we walked home."
VOICE = Voice(engine="test", name="test")


@pytest.fixture(scope="module")
def truth() -> Speech:
    return engine("hibari").speak(TEXT)


def test_names() -> None:
    with pytest.raises(InputError, match="pocketsphinx") as caught:
        aligner("nobody")
    assert caught.value.reason == "unknown-aligner"
    assert aligner() is not aligner()


def test_speech_from_bare_samples(truth: Speech) -> None:
    edge = np.zeros(truth.rate // 2, np.float32)
    sound = np.concatenate([edge, truth.samples, edge])
    found = align_speech(sound, truth.rate, TEXT, VOICE, aligner())
    assert found.times == "aligned"
    assert abs(len(found.samples) - len(truth.samples)) < 0.05 * truth.rate
    apart = [abs(a.start - b.start) for a, b in zip(found.words, truth.words, strict=True)]
    assert np.median(apart) < 0.03 * truth.rate


@pytest.mark.parametrize("strange", ["Ζωή", "日本"])
def test_a_word_without_pronunciation_gets_the_room_between_its_neighbours(
    truth: Speech, strange: str
) -> None:
    """The fifth word is written so that the aligner has no sounds for it."""
    text = TEXT.replace("train,", f"{strange},")
    found = align_speech(truth.samples, truth.rate, text, VOICE, aligner())
    assert [word.text for word in found.words][4] == f"{strange},"
    assert found.times == "aligned"
    apart = [abs(a.start - b.start) for a, b in zip(found.words, truth.words, strict=True)]
    assert np.median(apart) < 0.05 * truth.rate
    here, there = found.words[4], truth.words[4]
    assert min(here.end, there.end) - max(here.start, there.start) > 0.4 * (there.end - there.start)


class Lost:
    def align(self, samples, rate, text):
        return None


def test_where_an_aligner_is_lost_letters_stand_in(truth: Speech) -> None:
    found = align_speech(truth.samples, truth.rate, TEXT, VOICE, Lost())
    assert found.times == "estimated"
    assert found.words[0].start == 0
    assert found.words[-1].end == len(found.samples)
    apart = [abs(a.start - b.start) for a, b in zip(found.words, truth.words, strict=True)]
    assert np.median(apart) < 0.2 * truth.rate


def test_letters_leave_silences_out() -> None:
    assert bounds_by_letters(["abc", "abc"], [(0, 100), (500, 600)]) == [(0, 100), (500, 600)]
    assert bounds_by_letters(["abc", "abc", "abc"], [(10, 310)]) == [
        (10, 110),
        (110, 210),
        (210, 310),
    ]


def test_silence_is_an_error() -> None:
    with pytest.raises(InputError) as caught:
        align_speech(np.zeros(24_000, np.float32), 24_000, TEXT, VOICE, aligner())
    assert caught.value.reason == "silence"


MFA = """#!{python}
import json, sys, wave
command, option, form, sound, text, dictionary, acoustic, out = sys.argv[1:]
assert (command, option, form) == ("align_one", "--output_format", "json"), sys.argv
words = open(text).read().split()
with wave.open(sound) as file:
    seconds = file.getnframes() / file.getframerate()
step = seconds / len(words)
entries = [[0.0, 0.01, ""]] + [[i * step, (i + 1) * step, w] for i, w in enumerate(words)]
tiers = {{"words": {{"entries": entries}}}}
json.dump({{"start": 0, "end": seconds, "tiers": tiers}}, open(out, "w"))
"""

NEMO = """
import json, pathlib, sys
given = dict(argument.split("=", 1) for argument in sys.argv[1:])
assert given["pretrained_name"] and "ctm" in given["save_output_file_formats"], given
row = json.loads(open(given["manifest_filepath"]).readline())
folder = pathlib.Path(given["output_dir"], "ctm", "words")
folder.mkdir(parents=True)
lines = [f"a 1 {i * 0.2:.2f} 0.20 {w} NA lex NA" for i, w in enumerate(row["text"].split())]
(folder / "a.ctm").write_text("\\n".join(lines) + "\\n")
"""


def test_mfa(truth: Speech, tmp_path: Path) -> None:
    program = tmp_path / "mfa"
    program.write_text(MFA.format(python=sys.executable))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    found = MfaAligner(command=[str(program)]).align(truth.samples, truth.rate, TEXT)
    assert found is not None
    assert len(found) == 9
    assert found[-1][1] == pytest.approx(len(truth.samples), abs=10)
    program.write_text("#!/bin/sh\nexit 1\n")
    assert MfaAligner(command=[str(program)]).align(truth.samples, truth.rate, TEXT) is None
    with pytest.raises(InputError, match="conda"):
        MfaAligner(command=["no-such-program"]).align(truth.samples, truth.rate, TEXT)


def test_nemo(truth: Speech, tmp_path: Path, monkeypatch) -> None:
    script = tmp_path / "align.py"
    script.write_text(NEMO)
    monkeypatch.setenv("NEMO_FORCED_ALIGNER", str(script))
    found = NemoAligner().align(truth.samples, truth.rate, TEXT)
    assert found is not None
    assert found[1] == (4800, 9600)
    script.write_text("raise SystemExit(1)")
    assert NemoAligner().align(truth.samples, truth.rate, TEXT) is None
    monkeypatch.delenv("NEMO_FORCED_ALIGNER")
    with pytest.raises(InputError, match="NEMO_FORCED_ALIGNER"):
        NemoAligner().align(truth.samples, truth.rate, TEXT)


def test_whisperx(truth: Speech, monkeypatch) -> None:
    """Stands in for whisperx 3.8.6: `load_align_model` and `align`."""
    if "whisperx" not in sys.modules:
        with pytest.raises(MissingExtraError, match=r"'\.\[whisperx\]'"):
            WhisperxAligner().align(truth.samples, truth.rate, TEXT)
    module = ModuleType("whisperx")

    def align(transcript, model, metadata, audio, device, *, return_char_alignments):
        assert (model, metadata, device) == ("model", {"language": "en"}, "cpu")
        assert audio.dtype == np.float32
        words = transcript[0]["text"].split(" ")
        step = len(audio) / 16_000 / len(words)
        found = [
            {"word": w, "start": i * step, "end": (i + 1) * step, "score": 1.0}
            for i, w in enumerate(words)
        ]
        if "strange" in words:  # a word that it cannot align has no times
            del found[0]["start"]
        return {"segments": [], "word_segments": found}

    module.load_align_model = lambda language_code, device: ("model", {"language": language_code})
    module.align = align
    monkeypatch.setitem(sys.modules, "whisperx", module)
    found = WhisperxAligner().align(truth.samples, truth.rate, TEXT)
    assert found is not None
    assert len(found) == 9
    assert WhisperxAligner().align(truth.samples, truth.rate, f"{TEXT} strange") is None
