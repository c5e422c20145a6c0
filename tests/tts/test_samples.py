"""A sample of each voice, and one text into a file."""

import json

import pytest
import soundfile
from click.testing import CliRunner

from interactspeech.cli import main
from interactspeech.cli.voices import command
from interactspeech.records import Voice
from interactspeech.tts import Synthesizer, engine
from interactspeech.tts.samples import samples_page, write_samples


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.setenv("INTERACTSPEECH_CACHE", str(tmp_path / "cache"))
    return lambda *words: CliRunner().invoke(command, words)


def test_a_sample_for_each_voice_and_a_page(run, tmp_path):
    result = run("list", "fake", "--samples", str(tmp_path / "heard"))
    assert result.exit_code == 0, result.output
    listed = (tmp_path / "heard" / "index.html").read_text("utf-8")
    for voice in engine("fake").voices():
        file = tmp_path / "heard" / f"fake-{voice.name}.wav"
        samples_, rate = soundfile.read(file)
        assert rate == 24_000
        assert len(samples_) > 3 * rate
        assert file.name in listed


def test_a_voice_that_cannot_speak_is_told_and_the_others_go_on(tmp_path):
    voices = (Voice("fake", "nobody"), engine("fake").voices()[0])
    found = list(write_samples(voices, tmp_path, Synthesizer()))
    assert found[0].file is None
    assert "nobody" in found[0].problem
    assert found[1].file is not None
    assert found[1].file.is_file()


def test_names_are_never_markup_nor_paths(tmp_path):
    voice = Voice("fake", '../<img src=x onerror="alert(1)">')
    shown = samples_page(write_samples((voice,), tmp_path / "in", Synthesizer()))
    assert "<img" not in shown
    assert not list(tmp_path.glob("*.wav"))


def test_say_writes_a_file_and_shows_the_words(run, tmp_path):
    file = tmp_path / "new" / "hello.wav"
    result = run("say", "fake:bass", "So, 5 of them?", "-o", str(file), "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)
    assert [word["text"] for word in told["words"]] == ["So,", "5", "of", "them?"]
    assert len(soundfile.read(file)[0]) == told["samples"] == told["words"][-1]["end"]
    fast = run("say", "fake:bass", "So, 5 of them?", "-o", str(file), "--speed", "1.5")
    assert fast.output.count("\n") == 4
    assert len(soundfile.read(file)[0]) < told["samples"]


@pytest.mark.parametrize(
    ("words", "reason", "code"),
    [
        (("fake:bass", "...", "-o", "x.wav"), "nothing to say", 1),
        (("fake:nobody", "Hello.", "-o", "x.wav"), "nobody", 1),
        (("fake:bass", "Hello.", "-o", "x.wav", "--speed", "9"), "speed", 2),
    ],
)
def test_say_names_what_is_wrong(words, reason, code, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["interactspeech", "voices", "say", *words])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == code
    told = capsys.readouterr().err
    assert reason in told
    assert "Traceback" not in told
