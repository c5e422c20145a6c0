"""A synthesizer behind the quality gate: failed speech is retried once, then its dialogue dropped.

```
text ─ engine ─ quick tier ─┬─ passed ──► line     all lines ─ model tier ─┬─ passed ──► plan
                            └─ retry, slower       (a share, or all)       └─ retry, slower
                               └─ failed: dropped                             └─ failed: dropped
```
Another rate is another draw for engines that sample, and another reading for those that do not.
The dialogues of the model tier are drawn by seed and id, so they do not depend on the workers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from interactspeech.errors import InputError
from interactspeech.pipelines.building.settings import BuildSettings
from interactspeech.records import Speech, Voice
from interactspeech.rendering import SpokenLine
from interactspeech.seeds import generator
from interactspeech.tts import NEUTRAL, Engine, Style, Synthesizer
from interactspeech.tts.interface import SPEED_RANGE
from interactspeech.tts.quality_gate.gate import Gate, GateFailure, SpokenUtterance, quick_check
from interactspeech.tts.quality_gate.limits import limits_of

#: Factor on the speed of the retry: enough for another reading, too small to be noticed.
RETRY_SPEED = 0.94


class GatedSynthesizer:
    """A synthesizer whose speech has passed the gate.

    Args:
        synthesizer: speaks.
        settings: of the build.
        gate: the model tier (recognition, DNSMOS, speaker); loaded at first use where None.

    Raises:
        InputError: limits in the folder of `settings` are damaged (reason ``bad-limits``).

    Attributes:
        counts: checks and retries since the last call of `take_counts`, by name.
    """

    def __init__(
        self, synthesizer: Synthesizer, settings: BuildSettings, gate: Gate | None = None
    ) -> None:
        self._synthesizer = synthesizer
        self._settings = settings
        self._folder = Path(settings.gate_limits) if settings.gate_limits else None
        for file in sorted(self._folder.glob("*.json")) if self._folder else ():
            limits_of(file.stem, self._folder)  # fail before the build starts, not in it
        self._gate = gate
        self._speed_factor = 1.0
        self.counts: Counter[str] = Counter()

    def engine(self, name: str) -> Engine:
        """As `Synthesizer.engine`."""
        return self._synthesizer.engine(name)

    def speak(self, text: str, voice: Voice, style: Style = NEUTRAL) -> Speech:
        """As `Synthesizer.speak`, checked by the quick tier.

        Raises:
            InputError: the speech and its retry fail (reasons ``gate-clipping``, ``gate-pause``,
                ``gate-level``, ``gate-length``), or what `Engine.speak` raises.
        """
        style = _slowed_style(style, self._speed_factor)
        speech = self._synthesizer.speak(text, voice, style)
        if self._settings.gate == "off":
            return speech
        limits = limits_of(voice.engine, self._folder)
        failures = quick_check(text, speech, style.speed, limits=limits)
        if not failures:
            return speech
        style = _slowed_style(style, RETRY_SPEED)
        speech = self._synthesizer.speak(text, voice, style)
        self.counts[f"spoken again: {failures[0].measure}"] += 1
        failures = quick_check(text, speech, style.speed, limits=limits)
        if failures:
            raise _gate_error(failures, dict.fromkeys((one.id for one in failures), text))
        return speech

    def expected_seconds(self, text: str, voice: Voice, style: Style = NEUTRAL) -> float | None:
        """As `Synthesizer.expected_seconds`."""
        return self._synthesizer.expected_seconds(text, voice, style)

    def check_dialogue(
        self,
        dialogue_id: str,
        lines: Sequence[SpokenLine],
        speeches: Mapping[str, Speech],
        speak_line: Callable[[SpokenLine], Speech],
    ) -> dict[str, Speech]:
        """The speech of one dialogue after the model tier, if the dialogue is drawn for it.

        Args:
            dialogue_id: keys the draw.
            lines: all of the dialogue.
            speeches: line id -> speech.
            speak_line: speaks a line through this synthesizer as it was spoken before.

        Raises:
            InputError: a line fails twice (reasons ``gate-words``, ``gate-overall``, ``gate-p808``,
                ``gate-speaker``).
        """
        checked = dict(speeches)
        if not self._is_drawn(dialogue_id):
            return checked
        if self._gate is None:
            self._gate = Gate(self._folder)
        self.counts["listened to"] += 1
        failures = self._gate.check(_spoken_utterances(lines, checked))
        failing = {failure.id: failure.measure for failure in failures}
        if not failing:
            return checked
        self._speed_factor = RETRY_SPEED
        try:
            for line in lines:
                if line.id in failing:
                    checked[line.id] = speak_line(line)
                    self.counts[f"spoken again: {failing[line.id]}"] += 1
        finally:
            self._speed_factor = 1.0
        failures = self._gate.check(_spoken_utterances(lines, checked), only=failing)
        if failures:
            texts = {line.id: line.text for line in lines}
            raise _gate_error(failures, texts)
        return checked

    def take_counts(self) -> dict[str, int]:
        """Counts since the last call, for the ledger; resets them."""
        counts = self.counts + self._synthesizer.usage()
        self.counts.clear()
        return dict(counts)

    def _is_drawn(self, dialogue_id: str) -> bool:
        if self._settings.gate == "full":
            return True
        if self._settings.gate != "sample":
            return False
        draw = generator(self._settings.seed, dialogue_id, "gate").random()
        return bool(draw < self._settings.gate_share)


def _slowed_style(style: Style, factor: float) -> Style:
    if factor == 1.0:
        return style
    return msgspec.structs.replace(style, speed=max(style.speed * factor, SPEED_RANGE[0]))


def _spoken_utterances(
    lines: Sequence[SpokenLine], speeches: Mapping[str, Speech]
) -> list[SpokenUtterance]:
    return [SpokenUtterance(line.id, line.speaker, line.text, speeches[line.id]) for line in lines]


def _gate_error(failures: Sequence[GateFailure], texts: Mapping[str, str]) -> InputError:
    """Every measure that failed, with the line that it failed in; counted by the first."""
    lines: dict[str, list[str]] = {}
    for failure in failures:
        text = texts[failure.id]
        start = text if len(text) <= 60 else f"{text[:57]}..."
        lines.setdefault(start, []).append(str(failure))
    every = "; ".join(f"{', '.join(found)}, in {start!r}" for start, found in lines.items())
    return InputError(
        f"speech fails the quality gate twice: {every}",
        remedy="other voices may say it, or measure this one: `interactspeech evaluate voices`",
        reason=f"gate-{failures[0].measure}",
    )
