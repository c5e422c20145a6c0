"""Engines by name: ours, and those of other packages through an entry point.

Another package adds an engine with::

    [project.entry-points."interactspeech.engines"]
    mine = "mypackage.speech:MyEngine"     # a subclass of interactspeech.tts.Engine
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from interactspeech.errors import InputError, UsageError
from interactspeech.records import Voice
from interactspeech.tts.interface import Engine

GROUP = "interactspeech.engines"

_OURS = {
    "kokoro": "interactspeech.tts.engines.kokoro:KokoroEngine",
    "hibari": "interactspeech.tts.engines.hibari:HibariEngine",
    "piper": "interactspeech.tts.engines.piper:PiperEngine",
    "flite": "interactspeech.tts.engines.flite:FliteEngine",
    "espeak": "interactspeech.tts.engines.espeak:EspeakEngine",
    "endpoint": "interactspeech.tts.engines.endpoint:EndpointEngine",
    "pocket": "interactspeech.tts.engines.cloning:PocketEngine",
    "chatterbox": "interactspeech.tts.engines.cloning:ChatterboxEngine",
    "qwen": "interactspeech.tts.engines.cloning:QwenEngine",
    "recorded": "interactspeech.tts.engines.recorded:RecordedEngine",
    "fake": "interactspeech.tts.engines.fake:FakeEngine",
}


def engine_names() -> tuple[str, ...]:
    """Names that `engine` knows: ours first (the default one leads), then others', sorted."""
    others = {point.name for point in entry_points(group=GROUP)} - _OURS.keys()
    return (*_OURS, *sorted(others))


def engine(name: str, **options: Any) -> Engine:
    """The engine called `name`, constructed with `options`.

    Raises:
        InputError: no such engine (reason ``unknown-engine``).
    """
    if name in _OURS:
        module, _, attribute = _OURS[name].partition(":")
        kind = getattr(import_module(module), attribute)
    else:
        points = list(entry_points(group=GROUP, name=name))
        if not points:
            raise UsageError(
                f"no speech engine is called {name!r}",
                remedy=f"there are: {', '.join(engine_names())}",
                reason="unknown-engine",
            )
        kind = points[0].load()
    made = kind(**options)
    if not isinstance(made, Engine):
        raise TypeError(f"the entry point {name!r} gave {type(made).__name__}, not an Engine")
    return made


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
