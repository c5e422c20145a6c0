"""Engines that clone a voice from a reference clip: pocket-tts, Chatterbox, Qwen3-TTS.

The code is that of other packages (extras ``pocket``, ``chatterbox``, ``qwen``); weights come from
a hub at the first use. These models sample. The random seed is made of text, voice and speed, so
that one machine always gives the same speech. None can be asked for a speed: `Style.speed` only
leads to another sample, and the speaking rate is the model's own.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import Any, ClassVar

import numpy as np

from interactspeech.errors import InputError, MissingExtraError, install_command
from interactspeech.models.aligners import Aligner, aligner
from interactspeech.records import Samples, Speech, Voice
from interactspeech.seeds import digest
from interactspeech.tts.aligned_speech import align_speech
from interactspeech.tts.interface import NEUTRAL, Engine, Style
from interactspeech.tts.references import VARIABLE, VoiceReference, voice_references


class CloningEngine(Engine):
    """Base of engines that clone; see the module's docstring.

    Args:
        clips: folder of reference clips (see `interactspeech.tts.references`).
        device: of torch: ``cuda`` or ``cpu``; the best available by default.
        align: name of the aligner that finds word times.

    Attributes:
        package: distribution that has to be installed.
        extra: of this package, by which it is installed.
        model: names the weights in the engine's version.
    """

    native_times: ClassVar[bool] = False
    package: ClassVar[str]
    extra: ClassVar[str]
    model: ClassVar[str]

    def __init__(
        self, clips: str | None = None, device: str | None = None, align: str = "pocketsphinx"
    ) -> None:
        self._clips, self._device, self._align = clips, device, align

    @property
    def version(self) -> str:
        return f"{self._installed or 'none'}+{self.model}+{self._align}"

    @property
    def missing(self) -> str:
        if not self._installed:
            return install_command(self.extra)
        return "" if self._references else f"{VARIABLE}=FOLDER with reference clips"

    def voices(self) -> tuple[Voice, ...]:
        return tuple(
            Voice(
                engine=self.name,
                name=reference.name,
                engine_version=self.version,
                weights=reference.digest,
                language=reference.language,
                accent=reference.accent,
                sex=reference.sex,
                licence=" AND ".join(filter(None, (self.licence, reference.licence))),
            )
            for reference in self._references.values()
        )

    def speak(self, text: str, voice: Voice | str | None = None, style: Style = NEUTRAL) -> Speech:
        """As `Engine.speak`.

        Raises:
            InputError: there are no reference clips (reason ``no-reference``).
        """
        if not self._references:
            raise InputError(
                f"the engine {self.name!r} has no voice to clone",
                remedy=f"set {VARIABLE} to a folder with NAME.wav and NAME.txt",
                reason="no-reference",
            )
        return super().speak(text, voice, style)

    def _synthesise(self, text: str, voice: Voice, style: Style) -> Speech:
        reference = self._references[voice.name]
        self._seed(self.name, voice.name, text, repr(style.speed))
        samples, rate = self._say(text, reference)
        sound = np.asarray(samples, np.float32).reshape(-1)
        if not np.isfinite(sound).all():
            raise InputError(
                f"{self.name} gave no sound for {text[:60]!r}",
                remedy="another text or reference clip may work",
                reason="bad-speech",
            )
        return align_speech(sound, rate, text, voice, self._aligner)

    @abstractmethod
    def _say(self, text: str, reference: VoiceReference) -> tuple[Any, int]:
        """Samples (an array, or a tensor on the host) and their rate."""

    def _seed(self, *keys: str) -> None:
        import torch

        number = int.from_bytes(digest(0, *keys)[:4], "little")
        torch.manual_seed(number)
        if torch.cuda.is_available():
            torch.cuda.manual_seed_all(number)

    def _import(self, load: Callable[[], Any]) -> Any:
        try:
            return load()
        except ImportError:
            raise MissingExtraError(self.package, self.extra, f"The engine {self.name!r}") from None

    @property
    def device(self) -> str:
        """Where the model runs."""
        if self._device:
            return self._device
        import torch

        return "cuda" if torch.cuda.is_available() else "cpu"

    @cached_property
    def _references(self) -> dict[str, VoiceReference]:
        return {reference.name: reference for reference in voice_references(self._clips)}

    @cached_property
    def _aligner(self) -> Aligner:
        return aligner(self._align)

    @cached_property
    def _installed(self) -> str:
        try:
            return version(self.package)
        except PackageNotFoundError:
            return ""


class PocketEngine(CloningEngine):
    """Kyutai's pocket-tts: 100M parameters, faster than real time on two cores."""

    name: ClassVar[str] = "pocket"
    rate: ClassVar[int] = 24_000
    licence: ClassVar[str] = "MIT AND CC-BY-4.0"
    package: ClassVar[str] = "pocket-tts"
    extra: ClassVar[str] = "pocket"
    model: ClassVar[str] = "english"

    def _say(self, text: str, reference: VoiceReference) -> tuple[Any, int]:
        model = self._model
        if reference.name not in self._states:
            self._states[reference.name] = model.get_state_for_audio_prompt(reference.sound)
        sound = model.generate_audio(self._states[reference.name], text)
        return _host(sound), int(model.sample_rate)

    @cached_property
    def _states(self) -> dict[str, Any]:
        return {}

    @cached_property
    def _model(self) -> Any:
        def load() -> Any:
            from pocket_tts import TTSModel

            return TTSModel.load_model()

        return self._import(load)


class ChatterboxEngine(CloningEngine):
    """Resemble AI's Chatterbox: 500M parameters; its speech carries a watermark."""

    name: ClassVar[str] = "chatterbox"
    rate: ClassVar[int] = 24_000
    licence: ClassVar[str] = "MIT"
    package: ClassVar[str] = "chatterbox-tts"
    extra: ClassVar[str] = "chatterbox"
    model: ClassVar[str] = "chatterbox"

    def _say(self, text: str, reference: VoiceReference) -> tuple[Any, int]:
        model = self._model
        return _host(model.generate(text, audio_prompt_path=reference.sound)), int(model.sr)

    @cached_property
    def _model(self) -> Any:
        def load() -> Any:
            from chatterbox.tts import ChatterboxTTS

            return ChatterboxTTS.from_pretrained(device=self.device)

        return self._import(load)


class QwenEngine(CloningEngine):
    """Alibaba's Qwen3-TTS (Base): needs the reference's text as well as its sound."""

    name: ClassVar[str] = "qwen"
    rate: ClassVar[int] = 24_000
    licence: ClassVar[str] = "Apache-2.0"
    package: ClassVar[str] = "qwen-tts"
    extra: ClassVar[str] = "qwen"
    model: ClassVar[str] = "Qwen/Qwen3-TTS-12Hz-0.6B-Base"

    def _say(self, text: str, reference: VoiceReference) -> tuple[Any, int]:
        model = self._model
        if reference.name not in self._prompts:
            self._prompts[reference.name] = model.create_voice_clone_prompt(
                ref_audio=reference.sound, ref_text=reference.text, x_vector_only_mode=False
            )
        sounds, rate = model.generate_voice_clone(
            text=text, language="English", voice_clone_prompt=self._prompts[reference.name]
        )
        return _host(sounds[0]), int(rate)

    @cached_property
    def _prompts(self) -> dict[str, Any]:
        return {}

    @cached_property
    def _model(self) -> Any:
        def load() -> Any:
            import torch
            from qwen_tts import Qwen3TTSModel

            on_gpu = self.device.startswith("cuda")
            return Qwen3TTSModel.from_pretrained(
                self.model,
                device_map="cuda:0" if on_gpu else "cpu",
                dtype=torch.bfloat16 if on_gpu else torch.float32,
            )

        return self._import(load)


def _host(sound: Any) -> Samples:
    """An array of what may be a tensor on a device."""
    for step in ("detach", "float", "cpu", "numpy"):
        if hasattr(sound, step):
            sound = getattr(sound, step)()
    return np.asarray(sound, np.float32)
