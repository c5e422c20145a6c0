"""Speech engines by name: ours, and those of other packages (see `interactspeech.plugins`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from interactspeech.errors import InputError
from interactspeech.plugins import FactoryRegistry
from interactspeech.records import Voice
from interactspeech.tts.interface import Engine

_HERE = "interactspeech.tts.engines"

#: Engines by name; the first is the default.
ENGINES: FactoryRegistry[Engine] = FactoryRegistry(
    "interactspeech.engines",
    "speech engine",
    Engine,
    {
        "kokoro": f"{_HERE}.kokoro:KokoroEngine",
        "hibari": f"{_HERE}.hibari:HibariEngine",
        "piper": f"{_HERE}.piper:PiperEngine",
        "flite": f"{_HERE}.flite:FliteEngine",
        "espeak": f"{_HERE}.espeak:EspeakEngine",
        "endpoint": f"{_HERE}.endpoint:EndpointEngine",
        "pocket": f"{_HERE}.cloning:PocketEngine",
        "chatterbox": f"{_HERE}.cloning:ChatterboxEngine",
        "qwen": f"{_HERE}.cloning:QwenEngine",
        "recorded": f"{_HERE}.recorded:RecordedEngine",
        "fake": f"{_HERE}.fake:FakeEngine",
    },
    reason="unknown-engine",
)


def engine_names() -> tuple[str, ...]:
    """Names that `engine` knows: ours first (the default one leads), then others', sorted."""
    return tuple(ENGINES)


def engine(name: str, **options: Any) -> Engine:
    """The engine called `name`, constructed with `options`.

    Raises:
        InputError: no such engine (reason ``unknown-engine``), or one of another package that
            cannot be used (reason ``bad-plugin``).
    """
    return ENGINES.make(name, **options)


def select_voices(selection: str | Iterable[str]) -> tuple[Voice, ...]:
    """The voices that a selection such as ``kokoro:af_heart,am_adam,hibari`` names, in order.

    Items are separated by commas or stand apart in an iterable: an engine's name means all its
    voices, ``engine:voice`` one of them, and a voice's name alone belongs to the engine before it.

    Raises:
        InputError: an engine or a voice does not exist, or nothing was selected.
    """
    if isinstance(selection, str):
        selection = [selection]
    items = [item.strip() for part in selection for item in part.split(",")]
    chosen: dict[tuple[str, str], Voice] = {}
    names = engine_names()
    current: Engine | None = None
    for item in filter(None, items):
        head, colon, tail = item.partition(":")
        if colon:
            current = engine(head)
            found: tuple[Voice, ...] = (current.voice(tail),)
        elif item in names or current is None:
            current = engine(item)
            found = current.voices()
        else:
            found = (current.voice(item),)
        chosen.update({(voice.engine, voice.name): voice for voice in found})
    if not chosen:
        raise InputError(
            "no voice is selected",
            remedy=f"name an engine ({', '.join(names)}) or engine:voice",
            reason="no-voice",
        )
    return tuple(chosen.values())
