"""One dialogue, from text to tracks and record: the main job for a single script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

import interactspeech
from interactspeech.builder.gate import GatedSynthesizer
from interactspeech.builder.settings import BuildSettings
from interactspeech.dialogue import (
    Dialogue,
    PlainDialogue,
    Samples,
    Script,
    Speech,
    Turn,
    Voice,
    Words,
)
from interactspeech.dynamics import label
from interactspeech.dynamics.timing import Dyad, TimingModel
from interactspeech.errors import InputError
from interactspeech.script import format_script, write_offline
from interactspeech.script.checks import check, refusal
from interactspeech.stage import (
    HUMAN,
    ORIGINAL,
    Line,
    at_rate,
    backchannel_speed,
    deliveries,
    draw_dyad,
    hesitated,
    lines,
    plan,
    provenance_of,
    record,
    render,
    stretched,
    wanted_durations,
)
from interactspeech.voices import Style, Synthesizer, cast

GENERATOR = f"interactspeech {interactspeech.__version__}"


@dataclass(frozen=True, eq=False)
class Made:
    """A dialogue that can be heard.

    Attributes:
        dialogue: the record, with planned events and those of the rules.
        samples: float32, shape ``(speakers, dialogue.length)``.
    """

    dialogue: Dialogue
    samples: Samples


class Maker:
    """Makes dialogues one after the other; keep one in a process, for its engines stay loaded.

    Args:
        settings: of the build.
        voices: to cast from.
        synthesizer: speaks.
    """

    def __init__(
        self, settings: BuildSettings, voices: Sequence[Voice], synthesizer: Synthesizer
    ) -> None:
        self.settings, self.voices = settings, voices
        #: Also counts what the quality gate does.
        self.gate = self._synthesizer = GatedSynthesizer(synthesizer, settings)
        self.timing = TimingModel.load(settings.timing)
        self._planning = ORIGINAL if settings.timing == "original" else HUMAN
        if not settings.styles:
            self._planning = msgspec.structs.replace(self._planning, manners=None)

    def make(self, source: PlainDialogue | Script) -> Made:
        """Make one dialogue.

        Raises:
            InputError: the text cannot be used (its `reason` says why), or a word cannot be spoken.
        """
        seed = self.settings.seed
        dyad = draw_dyad(source.id, seed, self.timing)
        script = self._script(source, dyad)
        casting = cast(script.id, script.speakers, self.voices, seed, script.names)
        speeches = self._speak(script, casting, dyad)
        planned = plan(script, speeches, dyad, seed=seed, settings=self._planning, styled=True)
        provenance = provenance_of(
            script, planned, generator=GENERATOR, notation=format_script(script)
        )
        made = record(planned, voices=casting, names=script.names, provenance=provenance)
        return Made(label(made), render(planned, speeches))

    def _script(self, source: PlainDialogue | Script, dyad: Dyad) -> Script:
        if isinstance(source, Script):
            return source
        if self.settings.writer == "none" or self._planning is ORIGINAL:
            return as_it_is(source)
        script = write_offline(source, self.settings.seed, dyad)
        failures = check(script)
        if failures:
            raise refusal(script, failures)
        return script

    def _speak(self, script: Script, casting: Mapping[str, Voice], dyad: Dyad) -> dict[str, Speech]:
        seed = self.settings.seed
        wanted = wanted_durations(script, dyad, seed=seed)
        manners = deliveries(script, seed=seed, settings=self._planning)

        def say(line: Line) -> Speech:
            how = manners[line.id]
            style = Style(speed=how.speed, pitch=how.pitch, rise=how.rise)
            speech = self._say(line, casting[line.speaker], style, wanted.get(line.id))
            speech = hesitated(
                line, speech, script_id=script.id, seed=seed, settings=self._planning
            )
            return at_rate(speech, self.settings.rate)

        spoken = lines(script)
        return self.gate.passed(script.id, spoken, {line.id: say(line) for line in spoken}, say)

    def _say(self, line: Line, voice: Voice, style: Style, seconds: float | None) -> Speech:
        """Speak a line; listeners' lines at the speed that gives the length drawn for them."""
        try:
            speech = self._synthesizer.speak(line.text, voice, style)
            if seconds is None:
                return speech
            speed = backchannel_speed(speech.seconds, seconds)
            if speed != 1.0:
                hurried = msgspec.structs.replace(style, speed=speed)
                speech = self._synthesizer.speak(line.text, voice, hurried)
            return stretched(speech, seconds)
        except InputError as error:
            raise InputError(
                f"turn {line.turn + 1}: {error.problem}", remedy=error.remedy, reason=error.reason
            ) from None


def as_it_is(plain: PlainDialogue) -> Script:
    """A script of the same turns, without a mark."""
    return Script(
        id=plain.id,
        turns=tuple(Turn(t.speaker, (Words(t.text),), t.written) for t in plain.turns),
        names=plain.names,
        corpus=plain.corpus,
        source_id=plain.source_id,
        licence=plain.licence,
        split=plain.split,
    )
