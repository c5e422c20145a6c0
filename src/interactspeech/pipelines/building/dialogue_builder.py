"""One dialogue, from text to tracks and record: the main job for a single script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

import interactspeech
from interactspeech.errors import InputError
from interactspeech.pipelines.building.gated_synthesizer import GatedSynthesizer
from interactspeech.pipelines.building.settings import BuildSettings
from interactspeech.records import (
    Dialogue,
    PlainDialogue,
    Samples,
    Script,
    Speech,
    Turn,
    Voice,
    Words,
)
from interactspeech.rendering import (
    HUMAN,
    ORIGINAL,
    Plan,
    SpokenLine,
    acoustics,
    backchannel_speed,
    deliveries,
    draw_dyad,
    hesitated,
    lines,
    plan,
    provenance_of,
    record,
    render,
    resample,
    stretched,
    wanted_durations,
)
from interactspeech.scripts import format_script, parse_script, write_offline
from interactspeech.scripts.checks import check, refusal
from interactspeech.signal.samples import quantize_int16
from interactspeech.tts import Style, Synthesizer, cast
from interactspeech.turntaking import label
from interactspeech.turntaking.timing import Dyad, TimingModel

GENERATOR = f"interactspeech {interactspeech.__version__}"


@dataclass(frozen=True, eq=False)
class BuiltDialogue:
    """A dialogue that can be heard.

    Attributes:
        dialogue: the record, with planned events and those of the rules.
        samples: float32, shape ``(speakers, dialogue.length)``: what is heard in the record's
            scene.
    """

    dialogue: Dialogue
    samples: Samples


class DialogueBuilder:
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
        if not settings.styles and self._planning is HUMAN:
            self._planning = msgspec.structs.replace(HUMAN, manners=None)
        self._noises = noise_files(settings.noises) if settings.noises else ()

    def make(self, source: PlainDialogue | Script) -> BuiltDialogue:
        """Make one dialogue.

        Raises:
            InputError: the text cannot be used (its `reason` says why), or a word cannot be spoken.
        """
        seed = self.settings.seed
        dyad = draw_dyad(source.id, seed, self.timing)
        script = self._script(source, dyad)
        casting = self._cast(script)
        planned, tracks = self._perform(script, casting, dyad)
        provenance = provenance_of(
            script, planned, generator=GENERATOR, notation=format_script(script)
        )
        scene = None
        if self.settings.acoustics != "off":
            scene = acoustics.draw(
                self.settings.acoustics, seed, script.id, len(tracks), files=self._noises
            )
            # As a corpus without acoustics stores them, so that its tracks give the same.
            tracks = acoustics.apply(
                quantize_int16(tracks), planned.rate, scene, noises=self._noise_folder
            )
        made = record(
            planned, voices=casting, names=script.names, provenance=provenance, scene=scene
        )
        return BuiltDialogue(label(made), tracks)

    def _cast(self, script: Script) -> dict[str, Voice]:
        if not script.voices:
            return cast(
                script.id,
                script.speakers,
                self.voices,
                self.settings.seed,
                script.names,
                held_out=self.settings.held_out,
            )
        found = {}
        for speaker in script.speakers:
            name, _, voice = script.voices[speaker].partition(":")
            found[speaker] = self.gate.engine(name).voice(voice)
        return found

    def clean(self, dialogue: Dialogue) -> Samples:
        """The clean tracks of a dialogue that a maker with the same settings made, made again.

        Args:
            dialogue: the record; its script, voices and seed say what is spoken.

        Returns:
            float32, shape ``(speakers, dialogue.length)``, as they were before the acoustics.

        Raises:
            InputError: the record was not made here, or by other settings, or an engine or a voice
                has changed since (reason ``not-reproduced``).
        """
        voices = {speaker.id: speaker.voice for speaker in dialogue.speakers}
        told = dialogue.provenance
        if not told.script or told.seed != self.settings.seed or None in voices.values():
            raise _not_reproduced(dialogue, "its script, seed or voices are not in the record")
        script = parse_script(told.script, dialogue.id)
        casting = {name: voice for name, voice in voices.items() if voice is not None}
        dyad = draw_dyad(dialogue.id, self.settings.seed, self.timing)
        planned, tracks = self._perform(script, casting, dyad)
        times = [(u.id, u.speech, u.words) for u in planned.utterances]
        if times != [(u.id, u.speech, u.words) for u in dialogue.utterances]:
            raise _not_reproduced(dialogue, "its words come at other times")
        return quantize_int16(tracks)

    @property
    def _noise_folder(self) -> Path | None:
        return Path(self.settings.noises) if self.settings.noises else None

    def _perform(
        self, script: Script, casting: Mapping[str, Voice], dyad: Dyad
    ) -> tuple[Plan, Samples]:
        """A script spoken, planned and rendered."""
        seed = self.settings.seed
        speeches = self._speak(script, casting, dyad)
        planned = plan(script, speeches, dyad, seed=seed, settings=self._planning, styled=True)
        return planned, render(planned, speeches)

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

        def say(line: SpokenLine) -> Speech:
            how = manners[line.id]
            style = Style(speed=how.speed, pitch=how.pitch, rise=how.rise)
            speech = self._say(line, casting[line.speaker], style, wanted.get(line.id))
            speech = hesitated(
                line, speech, script_id=script.id, seed=seed, settings=self._planning
            )
            return resample(speech, self.settings.rate)

        spoken = lines(script)
        return self.gate.passed(script.id, spoken, {line.id: say(line) for line in spoken}, say)

    def _say(self, line: SpokenLine, voice: Voice, style: Style, seconds: float | None) -> Speech:
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


def noise_files(folder: str) -> tuple[str, ...]:
    """Names of the sound files in a folder, sorted.

    Raises:
        InputError: it does not exist, or holds none (reason ``no-noise``).
    """
    place = Path(folder)
    names = sorted(
        str(path.relative_to(place))
        for path in place.rglob("*")
        if path.suffix.lower() in {".wav", ".flac", ".ogg"} and path.is_file()
    )
    if not names:
        raise InputError(
            "holds no noise",
            folder,
            remedy="name a folder of WAV, FLAC or Ogg files",
            reason="no-noise",
        )
    return tuple(names)


def _not_reproduced(dialogue: Dialogue, why: str) -> InputError:
    return InputError(
        f"the clean tracks of dialogue {dialogue.id} cannot be made again: {why}",
        remedy="use the settings of the corpus's build.json, and the engines of its records",
        reason="not-reproduced",
    )


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
