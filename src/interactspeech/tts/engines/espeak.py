"""espeak-ng: robotic, instant, with word events. GPL-3: an extra that no other module imports.

Each utterance is spoken by a process of its own (see `espeak_child`).
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import numpy as np

from interactspeech.errors import MissingExtraError, install_command
from interactspeech.models.phonemes import readable, unspeakable
from interactspeech.records import Samples, Speech, Voice, spoken_tokens
from interactspeech.signal.samples import fade_edges, quantize_int16
from interactspeech.signal.speech_energy import active_spans, activity
from interactspeech.tts.interface import Engine, Style, words_from_bounds
from interactspeech.tts.word_times import move_to_silences

#: Words a minute at speed 1: espeak's own default of 175 is slower than conversation.
_WORDS_A_MINUTE = 190
_TIMEOUT = 60

#: Our name -> espeak's voice and variant, and the sex that the variant sounds like. Variants with
#: breath in them (f2, f3, f5) draw it anew each time and are left out.
_VARIANTS = {
    "us-m3": ("en-us+m3", "male"),
    "us-f1": ("en-us+f1", "female"),
    "us-m7": ("en-us+m7", "male"),
    "us-f4": ("en-us+f4", "female"),
    "gb-m1": ("en+m1", "male"),
    "gb-f4": ("en+f4", "female"),
}


class EspeakEngine(Engine):
    """See the module's docstring."""

    name: ClassVar[str] = "espeak"
    rate: ClassVar[int] = 22_050
    licence: ClassVar[str] = "GPL-3.0-or-later"
    languages: ClassVar[tuple[str, ...]] = ("en-US", "en-GB")

    @property
    def version(self) -> str:
        return f"{_installed() or 'none'}+1"

    @property
    def missing(self) -> str:
        return "" if _installed() else install_command("espeak")

    def voices(self) -> tuple[Voice, ...]:
        return tuple(
            Voice(
                engine=self.name,
                name=name,
                engine_version=self.version,
                language="en",
                accent=name[:2].upper(),
                sex="male" if sex == "male" else "female",
                licence=self.licence,
            )
            for name, (_, sex) in _VARIANTS.items()
        )

    def _synthesise(self, text: str, voice: Voice, style: Style) -> Speech:
        spoken = spoken_tokens(text)
        for token in spoken:
            if not readable(token):
                raise unspeakable(token, self.name)
        plain = " ".join(text.split())
        samples, events = _speak(plain, _VARIANTS[voice.name][0], style.speed)
        spans = active_spans(activity(samples, self.rate), self.rate)
        if not spans:
            raise unspeakable(spoken[0], self.name)
        begin, end = spans[0][0], min(spans[-1][1], len(samples))
        onsets = [begin, *_onsets(plain, events, begin, end)[1:], end]
        for index in range(1, len(onsets)):  # in order, a sample at least for each
            onsets[index] = max(onsets[index], onsets[index - 1] + 1)
        bounds = list(pairwise(onsets))
        move_to_silences(
            bounds, spans, self.rate, [not token[-1].isalnum() for token in spoken[:-1]]
        )
        bounds = [(start - begin, stop - begin) for start, stop in bounds]
        trimmed = quantize_int16(fade_edges(samples[begin:end], self.rate))
        return Speech(trimmed, self.rate, words_from_bounds(spoken, bounds), "engine", voice)


def _onsets(text: str, events: list[tuple[int, int]], begin: int, end: int) -> list[int]:
    """First sample of each spoken token, from ``(character, sample)`` of the words espeak read.

    espeak reads some pairs of small words as one ("on the"); a token without an event of its own
    begins where its first letter would, were its neighbours' sounds spread evenly over letters.
    """
    places = sorted({(0, begin), *events, (len(text), end)})
    characters, samples = zip(*places, strict=True)
    onsets: list[int] = []
    position = 0
    for token in text.split(" "):
        if any(c.isalnum() for c in token):
            inside = [s for c, s in events if position <= c < position + len(token)]
            between = int(np.interp(position, characters, samples))
            onsets.append(inside[0] if inside else between)
        position += len(token) + 1
    return onsets


def _speak(text: str, voice: str, speed: float) -> tuple[Samples, list[tuple[int, int]]]:
    """Samples, and ``(character index, sample)`` of each word espeak began."""
    library, data = _paths()
    asked = {
        "text": text,
        "voice": voice,
        "words_a_minute": round(_WORDS_A_MINUTE * speed),
        "library": library,
        "data": data,
    }
    done = subprocess.run(
        [sys.executable, "-I", str(Path(__file__).with_name("espeak_child.py"))],
        input=json.dumps(asked).encode(),
        capture_output=True,
        timeout=_TIMEOUT,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace").strip() or "espeak-ng died")
    head, _, pcm = done.stdout.partition(b"\n")
    said = json.loads(head)
    if said["rate"] != EspeakEngine.rate:
        raise RuntimeError(f"espeak-ng speaks at {said['rate']} samples a second")
    samples = np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32768)
    return samples, [(int(c), int(s)) for c, s in said["words"]]


@lru_cache(maxsize=1)
def _paths() -> tuple[str, str]:
    try:
        import espeakng_loader
    except ImportError:
        raise MissingExtraError("espeakng-loader", "espeak", "The engine 'espeak'") from None
    return str(espeakng_loader.get_library_path()), str(espeakng_loader.get_data_path())


def _installed() -> str:
    try:
        return version("espeakng-loader")
    except PackageNotFoundError:
        return ""
