# ruff: noqa: ARG002, ARG003, ARG005 -- stand-ins have the arguments of what they stand for
"""Cloning engines against stand-ins that have the very functions of the packages they stand for.

The signatures are those of pocket-tts 4.0.1, chatterbox-tts 0.1.7 and qwen-tts 0.1.1.
"""

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import soundfile

from interactspeech.errors import InputError, MissingExtraError
from interactspeech.tts import Style, engine
from interactspeech.tts.engines import cloning
from interactspeech.tts.interface import Engine

torch = pytest.importorskip("torch", reason="cloning engines need torch")

TEXT = "We missed the last train, so we walked home."


def spoken(text: str) -> "torch.Tensor":
    """Speech of the text with some noise of torch's generator, as models sample."""
    speech = engine("hibari").speak(text)
    sound = torch.from_numpy(np.pad(speech.samples, 4000))
    return sound + 1e-4 * torch.randn(len(sound))


class TTSModel:
    """pocket_tts.TTSModel."""

    sample_rate = 24_000
    prompts: list[str]

    @classmethod
    def load_model(cls, language=None, config=None) -> "TTSModel":
        made = cls()
        made.prompts = []
        return made

    def get_state_for_audio_prompt(self, audio_conditioning, truncate=False) -> dict:
        self.prompts.append(audio_conditioning)
        return {"voice": soundfile.info(audio_conditioning).frames}

    def generate_audio(self, model_state, text_to_generate, copy_state=True):
        assert model_state["voice"] > 0
        return spoken(text_to_generate)


class ChatterboxTTS:
    """chatterbox.tts.ChatterboxTTS."""

    sr = 24_000

    @classmethod
    def from_pretrained(cls, device) -> "ChatterboxTTS":
        assert device in {"cpu", "cuda"}
        return cls()

    def generate(self, text, repetition_penalty=1.2, min_p=0.05, top_p=1.0, audio_prompt_path=None):
        assert soundfile.info(audio_prompt_path).frames
        return spoken(text).unsqueeze(0)


class Qwen3TTSModel:
    """qwen_tts.Qwen3TTSModel."""

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path, **kwargs) -> "Qwen3TTSModel":
        assert pretrained_model_name_or_path.endswith("-Base")
        assert kwargs["dtype"] in {torch.float32, torch.bfloat16}
        return cls()

    def create_voice_clone_prompt(self, ref_audio, ref_text=None, x_vector_only_mode=False):
        assert ref_text == "This is what I sound like."
        assert soundfile.info(ref_audio).frames
        return [SimpleNamespace(ref_text=ref_text)]

    def generate_voice_clone(self, text, language=None, ref_audio=None, voice_clone_prompt=None):
        assert language == "English"
        assert voice_clone_prompt[0].ref_text
        return [spoken(text).numpy()], 24_000


STAND_INS = {
    "pocket": ("pocket_tts", "TTSModel", TTSModel),
    "chatterbox": ("chatterbox.tts", "ChatterboxTTS", ChatterboxTTS),
    "qwen": ("qwen_tts", "Qwen3TTSModel", Qwen3TTSModel),
}


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    folder = tmp_path / "clips"
    folder.mkdir()
    for name in ("anna", "ben"):
        soundfile.write(folder / f"{name}.wav", np.zeros(24_000), 24_000)
        (folder / f"{name}.txt").write_text("This is  what I\nsound like.\n")
    (folder / "anna.json").write_text(
        json.dumps({"sex": "female", "accent": "GB", "licence": "CC0-1.0"})
    )
    return folder


@pytest.fixture(params=STAND_INS)
def made(request, clips: Path, monkeypatch) -> Engine:
    module, attribute, stand_in = STAND_INS[request.param]
    monkeypatch.setattr(cloning, "version", lambda package: "1.2.3")
    for name in {module, module.partition(".")[0]}:
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    setattr(sys.modules[module], attribute, stand_in)
    monkeypatch.setenv("INTERACTSPEECH_CLIPS", str(clips))
    return engine(request.param)


def test_a_cloned_voice_keeps_the_contract(made: Engine) -> None:
    assert made.installed
    assert [voice.name for voice in made.voices()] == ["anna", "ben"]
    anna = made.voice("anna")
    assert (anna.sex, anna.accent) == ("female", "GB")
    assert anna.licence.endswith("AND CC0-1.0")
    assert "1.2.3" in made.version
    speech = made.speak(TEXT, "anna")
    assert speech.times == "aligned"
    assert [word.text for word in speech.words] == TEXT.split()
    assert speech.voice == anna
    # The same text, voice and speed are the same draw, another speed is another.
    again = made.speak(TEXT, "anna")
    assert (again.samples == speech.samples).all()
    other = made.speak(TEXT, "anna", Style(speed=0.94))
    assert len(other.samples) != len(speech.samples) or (other.samples != speech.samples).any()


def test_a_changed_clip_is_another_voice(made: Engine, clips: Path) -> None:
    before = made.voice("ben").weights
    (clips / "ben.txt").write_text("This is what I sound like, now.\n")
    after = type(made)().voice("ben").weights  # type: ignore[call-arg]
    assert before != after


def test_what_is_missing_is_said(clips: Path, monkeypatch) -> None:
    monkeypatch.delenv("INTERACTSPEECH_CLIPS", raising=False)
    pocket = engine("pocket")
    assert "'.[pocket]'" in pocket.missing
    assert pocket.voices() == ()
    with pytest.raises(InputError) as caught:
        pocket.speak(TEXT)
    assert caught.value.reason == "no-reference"
    with pytest.raises(MissingExtraError, match=r"'\.\[pocket\]'"):
        engine("pocket", clips=str(clips)).speak(TEXT)
    (clips / "ben.txt").unlink()
    with pytest.raises(InputError, match="text beside it") as caught:
        engine("pocket", clips=str(clips)).voices()
    assert caught.value.reason == "bad-reference"
    (clips / "ben.wav").unlink()
    (clips / "anna.json").write_text('{"sex": "soprano"}')
    with pytest.raises(InputError, match="no facts"):
        engine("pocket", clips=str(clips)).voices()
    with pytest.raises(InputError, match="no such folder"):
        engine("pocket", clips=str(clips / "nowhere")).voices()


def test_silence_of_a_model_is_an_error(made: Engine, monkeypatch) -> None:
    monkeypatch.setattr(type(made), "_say", lambda *_: (np.zeros(24_000), 24_000))
    with pytest.raises(InputError) as caught:
        made.speak(TEXT, "anna")
    assert caught.value.reason == "silence"
