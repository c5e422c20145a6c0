"""The synthesizer: engines behind one cache; a text and a voice in, speech out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from interactspeech.records import Speech, Voice
from interactspeech.tts.cache import SpeechCache
from interactspeech.tts.interface import NEUTRAL, Engine, Style
from interactspeech.tts.registry import engine


class Synthesizer:
    """Speaks with any voice of any engine, through a cache.

    Make one in each worker process: engines load at their first use, and one process a core with
    one thread each is fastest (docs/bench/voices.md). Pickling keeps settings, not what is loaded.

    Args:
        cache: of speech; None synthesises everything anew.
        options: engine's name -> options for its constructor.
    """

    def __init__(
        self,
        cache: SpeechCache | None = None,
        options: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self.cache = cache
        self._options = dict(options or {})
        self._engines: dict[str, Engine] = {}
        #: Texts spoken by an engine, and texts that the cache had.
        self.spoken, self.cached = 0, 0

    def engine(self, name: str) -> Engine:
        """The engine called `name`, the same one each time."""
        if name not in self._engines:
            self._engines[name] = engine(name, **self._options.get(name, {}))
        return self._engines[name]

    def speak(self, text: str, voice: Voice, style: Style = NEUTRAL) -> Speech:
        """Say `text`, as `Engine.speak` does and with the same errors.

        The voice is looked up by engine and name, so one of an older version of an engine gives
        speech of the present version, and `Speech.voice` says so.
        """
        made_by = self.engine(voice.engine)
        present = made_by.voice(voice.name)
        if self.cache is not None:
            kept = self.cache.get(text, present, style)
            if kept is not None:
                self.cached += 1
                return kept
        speech = made_by.speak(text, present, style)
        self.spoken += 1
        if self.cache is not None:
            self.cache.put(text, style, speech)
        return speech

    def expected_seconds(self, text: str, voice: Voice, style: Style = NEUTRAL) -> float | None:
        """As `Engine.expected_seconds`."""
        return self.engine(voice.engine).expected_seconds(text, voice, style)

    def usage(self) -> Counter[str]:
        """Counts of the engines (requests to a service, characters) since the last call."""
        total: Counter[str] = Counter()
        for made in self._engines.values():
            counts = getattr(made, "usage", None)
            if counts:
                total.update({f"{made.name}: {name}": count for name, count in counts.items()})
                counts.clear()
        return total

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_engines": {}}
