"""The quality gate inside a build: bad speech is spoken once more, then its dialogue is dropped.

```
text ─ engine ─ quick checks ─┬─ good ──► line        all lines ─ listening ─┬─ good ──► plan
                              └─ again, slower        (drawn, or all)        └─ again, slower
                                 └─ bad: dropped                                └─ bad: dropped
```
Another rate is another draw for engines that sample, and another reading for those that do not.
What is listened to is drawn by seed and dialogue: a corpus is the same for any number of workers.
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
from interactspeech.tts import PLAIN, Engine, Style, Synthesizer
from interactspeech.tts.interface import SPEED_RANGE
from interactspeech.tts.quality_gate.gate import Gate, GateFailure, SpokenUtterance, quick
from interactspeech.tts.quality_gate.limits import limits_of

#: Factor on the speed of the second try: enough for another reading, too little to be heard.
AGAIN = 0.94


class GatedSynthesizer:
    """A synthesizer whose speech has passed the gate.

    Args:
        synthesizer: speaks.
        settings: of the build.
        gate: the listening tier; made when it is first needed, by default.

    Raises:
        InputError: limits in the folder of `settings` are damaged (reason ``bad-limits``).

    Attributes:
        counts: what was done since the last call of `taken`, by name.
    """

    def __init__(
        self, synthesizer: Synthesizer, settings: BuildSettings, gate: Gate | None = None
    ) -> None:
        self._synthesizer = synthesizer
        self._settings = settings
        self._folder = Path(settings.gate_limits) if settings.gate_limits else None
        for file in sorted(self._folder.glob("*.json")) if self._folder else ():
            limits_of(file.stem, self._folder)  # damaged ones end the build before it begins
        self._gate = gate
        self._rate = 1.0
        self.counts: Counter[str] = Counter()

    def engine(self, name: str) -> Engine:
        """As `Synthesizer.engine`."""
        return self._synthesizer.engine(name)

    def speak(self, text: str, voice: Voice, style: Style = PLAIN) -> Speech:
        """As `Synthesizer.speak`, and checked by the quick tier.

        Raises:
            InputError: twice not as it should be (reasons ``gate-clipping``, ``gate-pause``,
                ``gate-level``, ``gate-length``), or what `Engine.speak` raises.
        """
        style = _slower(style, self._rate)
        speech = self._synthesizer.speak(text, voice, style)
        if self._settings.gate == "off":
            return speech
        limits = limits_of(voice.engine, self._folder)
        failures = quick(text, speech, style.speed, limits=limits)
        if not failures:
            return speech
        style = _slower(style, AGAIN)
        speech = self._synthesizer.speak(text, voice, style)
        self.counts[f"spoken again: {failures[0].measure}"] += 1
        failures = quick(text, speech, style.speed, limits=limits)
        if failures:
            raise _dropped(failures[0], text)
        return speech

    def passed(
        self,
        dialogue_id: str,
        lines: Sequence[SpokenLine],
        speeches: Mapping[str, Speech],
        say: Callable[[SpokenLine], Speech],
    ) -> dict[str, Speech]:
        """The lines of one dialogue after the listening tier, where that is drawn.

        Args:
            dialogue_id: keys the draw.
            lines: what is said.
            speeches: by the lines' ids.
            say: speaks a line through this synthesizer as it was spoken before.

        Raises:
            InputError: a line fails twice (reasons ``gate-words``, ``gate-overall``, ``gate-p808``,
                ``gate-speaker``).
        """
        found = dict(speeches)
        if not self._listens(dialogue_id):
            return found
        if self._gate is None:
            self._gate = Gate(self._folder)
        self.counts["listened to"] += 1
        failures = self._gate.check(_spoken(lines, found))
        failing = {failure.id: failure.measure for failure in failures}
        if not failing:
            return found
        self._rate = AGAIN
        try:
            for line in lines:
                if line.id in failing:
                    found[line.id] = say(line)
                    self.counts[f"spoken again: {failing[line.id]}"] += 1
        finally:
            self._rate = 1.0
        failures = self._gate.check(_spoken(lines, found), only=failing)
        if failures:
            texts = {line.id: line.text for line in lines}
            raise _dropped(failures[0], texts[failures[0].id])
        return found

    def taken(self) -> dict[str, int]:
        """What was counted since the last call, for the ledger."""
        counts = self.counts + self._synthesizer.usage()
        self.counts.clear()
        return dict(counts)

    def _listens(self, dialogue_id: str) -> bool:
        if self._settings.gate == "full":
            return True
        if self._settings.gate != "sample":
            return False
        draw = generator(self._settings.seed, dialogue_id, "gate").random()
        return bool(draw < self._settings.gate_share)


def _slower(style: Style, factor: float) -> Style:
    if factor == 1.0:
        return style
    return msgspec.structs.replace(style, speed=max(style.speed * factor, SPEED_RANGE[0]))


def _spoken(lines: Sequence[SpokenLine], speeches: Mapping[str, Speech]) -> list[SpokenUtterance]:
    return [SpokenUtterance(line.id, line.speaker, line.text, speeches[line.id]) for line in lines]


def _dropped(failure: GateFailure, text: str) -> InputError:
    start = text if len(text) <= 60 else f"{text[:57]}..."
    return InputError(
        f"speech fails the quality gate twice: {failure}, in {start!r}",
        remedy="other voices may say it, or measure this one: `interactspeech evaluate voices`",
        reason=f"gate-{failure.measure}",
    )
