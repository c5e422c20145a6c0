"""One dialogue of a build, from text to tracks and record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

import interactspeech
from interactspeech.errors import InputError, UsageError
from interactspeech.pipelines.building.gated_synthesizer import GatedSynthesizer
from interactspeech.pipelines.building.rate_presets import RATE_PRESETS
from interactspeech.pipelines.building.settings import BuildSettings
from interactspeech.records import (
    Dialogue,
    PlainDialogue,
    Samples,
    Script,
    Sound,
    Speech,
    Turn,
    Voice,
    Words,
)
from interactspeech.rendering import (
    ORIGINAL,
    Plan,
    SoundRates,
    SpeechPlan,
    SpokenLine,
    acoustics,
    backchannel_speed,
    dialogue_from_plan,
    draw_dyad,
    engine_text,
    lengthen_hesitations,
    place_sounds,
    plan_dialogue,
    plan_provenance,
    plan_speech,
    render,
    resample,
)
from interactspeech.rendering.role_timing import scenario_settings
from interactspeech.scripts import format_script, parse_script, write_offline
from interactspeech.scripts.checks import check, refusal_error
from interactspeech.scripts.role_checks import check_roles
from interactspeech.scripts.roles import Scenario
from interactspeech.scripts.writers.act_model import ActModel
from interactspeech.scripts.writers.role_writer import write_with_roles
from interactspeech.seeds import generator
from interactspeech.signal.samples import quantize_int16
from interactspeech.signal.time_stretch import stretched
from interactspeech.tts import Style, Synthesizer, cast, select_voices
from interactspeech.tts.sounds import (
    FirstOf,
    SoundSource,
    SpeakerSounds,
    VoiceSounds,
    load_sound_bank,
)
from interactspeech.turntaking import label
from interactspeech.turntaking.timing import Dyad, TimingModel

T = TypeVar("T")

GENERATOR = f"interactspeech {interactspeech.__version__}"


@dataclass(frozen=True, eq=False)
class BuiltDialogue:
    """A rendered dialogue with its record.

    Attributes:
        dialogue: the record, with planned events and those of the rules.
        samples: float32, shape ``(speakers, dialogue.length)``, with the record's scene applied.
    """

    dialogue: Dialogue
    samples: Samples


class DialogueBuilder:
    """Builds dialogues one after the other; keep one in a process, its engines stay loaded.

    Args:
        settings: of the build.
        voices: to cast from.
        synthesizer: speaks.

    Attributes:
        synthesizer: the given one behind the quality gate; counts what the gate does.
        timing: the timing model.
    """

    def __init__(
        self, settings: BuildSettings, voices: Sequence[Voice], synthesizer: Synthesizer
    ) -> None:
        self.settings, self.voices = settings, voices
        self.synthesizer = GatedSynthesizer(synthesizer, settings)
        self.timing = TimingModel.load(settings.timing)
        self._rates = RATE_PRESETS[settings.rates]
        self._writing = msgspec.structs.replace(self._rates.writer, telling=settings.telling)
        self._plan_settings = ORIGINAL if settings.timing == "original" else self._rates.plan()
        self._scenario = settings.roles_asked_for()
        self._places = ActModel.named(settings.places) if self._scenario is not None else None
        if self._scenario is not None and settings.timing != "original":
            self._plan_settings = scenario_settings(
                self._scenario.timings(), self._plan_settings, unmarked=self._scenario.unmarked
            )
        if not settings.styles and settings.timing != "original":
            self._plan_settings = msgspec.structs.replace(self._plan_settings, delivery=None)
        self._rules = settings.rules()
        self._cast_voices = voices_by_name(settings, voices)
        self._noises = noise_files(settings.noises) if settings.noises else ()
        self._sounds: SoundSource = VoiceSounds()
        if settings.sound_bank:
            self._sounds = FirstOf(load_sound_bank(settings.sound_bank), self._sounds)

    def build(self, source: PlainDialogue | Script) -> BuiltDialogue:
        """Write, cast, speak, plan, render and label one dialogue.

        Raises:
            InputError: the text cannot be used (its `reason` says why), or a word cannot be spoken.
        """
        seed = self.settings.seed
        dyad = draw_dyad(source.id, seed, self.timing, speakers=len(source.speakers))
        script = self._write_script(source, dyad)
        casting = self._cast(script)
        plan, tracks = self._speak_and_render(script, casting, dyad)
        provenance = plan_provenance(
            script, plan, generator=GENERATOR, notation=format_script(script)
        )
        scene = None
        if self.settings.acoustics != "off":
            scene = acoustics.draw(
                self.settings.acoustics, seed, script.id, len(tracks), files=self._noises
            )
            # Quantised as a corpus without acoustics stores them, so that both start from the same.
            tracks = acoustics.apply(
                quantize_int16(tracks), plan.rate, scene, noises=self._noise_folder
            )
        dialogue = dialogue_from_plan(
            plan,
            voices=casting,
            names=script.names,
            roles=script.roles,
            provenance=provenance,
            scene=scene,
        )
        return BuiltDialogue(label(dialogue, self._rules), tracks)

    def rebuild_clean_tracks(self, dialogue: Dialogue) -> Samples:
        """The tracks of a dialogue before acoustics, built again from its record.

        Args:
            dialogue: the record, of a build with the same settings; its script, voices and seed
                decide what is spoken.

        Returns:
            float32, shape ``(speakers, dialogue.length)``.

        Raises:
            InputError: the record is of another generator or of other settings, or an engine or a
                voice has changed since (reason ``not-reproduced``).
        """
        voices = {speaker.id: speaker.voice for speaker in dialogue.speakers}
        provenance = dialogue.provenance
        if (
            not provenance.script
            or provenance.seed != self.settings.seed
            or None in voices.values()
        ):
            raise _not_reproduced_error(
                dialogue, "its script, seed or voices are not in the record"
            )
        script = parse_script(provenance.script, dialogue.id)
        casting = {name: voice for name, voice in voices.items() if voice is not None}
        dyad = draw_dyad(
            dialogue.id, self.settings.seed, self.timing, speakers=len(dialogue.speakers)
        )
        plan, tracks = self._speak_and_render(script, casting, dyad)
        times = [(u.id, u.speech, u.words) for u in plan.utterances]
        if times != [(u.id, u.speech, u.words) for u in dialogue.utterances]:
            raise _not_reproduced_error(dialogue, "its words come at other times")
        return quantize_int16(tracks)

    @property
    def _noise_folder(self) -> Path | None:
        return Path(self.settings.noises) if self.settings.noises else None

    def _write_script(self, source: PlainDialogue | Script, dyad: Dyad) -> Script:
        if isinstance(source, Script):
            return source
        if self.settings.writer == "none" or self._plan_settings is ORIGINAL:
            return script_without_marks(source)
        if self._scenario is not None:
            return self._write_in_roles(source, self._scenario)
        script = write_offline(source, self.settings.seed, dyad, self._writing)
        failures = check(script)
        if failures:
            raise refusal_error(script, failures)
        return script

    def _write_in_roles(self, source: PlainDialogue, scenario: Scenario) -> Script:
        script = write_with_roles(
            source,
            self.settings.seed,
            scenario,
            in_order=bool(self.settings.roles),
            places=self._places,
        )
        failures = check(script) + check_roles(script, scenario)
        if failures:
            raise refusal_error(script, failures)
        return script

    def _cast(self, script: Script) -> dict[str, Voice]:
        if not script.voices:
            return cast(
                script.id,
                script.speakers,
                self.voices,
                self.settings.seed,
                script.names,
                held_out=self.settings.held_out,
                fixed=_by_speaker(script, self._cast_voices),
                sexes=_by_speaker(script, self.settings.named_sexes()),
            )
        casting = {}
        for speaker in script.speakers:
            engine, _, voice = script.voices[speaker].partition(":")
            casting[speaker] = self.synthesizer.engine(engine).voice(voice)
        return casting

    def _speak_and_render(
        self, script: Script, casting: Mapping[str, Voice], dyad: Dyad
    ) -> tuple[Plan, Samples]:
        seed, settings = self.settings.seed, self._plan_settings
        if all(voice.engine == "recorded" for voice in casting.values()):
            # People's own pauses stay where they made them.
            settings = msgspec.structs.replace(settings, retime=False)
        speech_plan = plan_speech(script, dyad, seed=seed, settings=settings)
        speeches = self._speak(speech_plan, casting)
        plan = plan_dialogue(speech_plan, speeches, dyad, seed=seed, settings=settings)
        asked = self.settings.sounds or (self._scenario is not None and _has_sound(script))
        if not asked or self._plan_settings is ORIGINAL:
            return plan, render(plan, speeches)
        rates = SoundRates().times(self.settings.sounds) if self.settings.sounds else None
        makers = {
            speaker: SpeakerSounds(
                self._sounds,
                [speeches[line.id] for line in speech_plan.lines if line.speaker == speaker],
            )
            for speaker in plan.speakers
        }
        plan, sounds = place_sounds(plan, script, speeches, makers, seed=seed, rates=rates)
        return plan, render(plan, {**speeches, **sounds})

    def _speak(self, speech_plan: SpeechPlan, casting: Mapping[str, Voice]) -> dict[str, Speech]:
        """Line id -> speech that passed the gate, at the corpus's rate."""
        script, lines = speech_plan.script, speech_plan.lines
        background = self._background_voice(script, casting)

        def speak_line(line: SpokenLine) -> Speech:
            delivery = speech_plan.deliveries[line.id]
            style = Style(
                speed=delivery.speed,
                pitch=delivery.pitch,
                rise=delivery.rise,
                slope=delivery.slope,
                end=delivery.end,
            )
            duration = speech_plan.durations.get(line.id)
            holds = speech_plan.holds.get(line.id, ())
            text = engine_text(line, holds)
            voice = background if line.background else casting[line.speaker]
            speech = self._synthesize(line, text, voice, style, duration)
            speech = lengthen_hesitations(
                line,
                speech,
                holds,
                script_id=script.id,
                seed=self.settings.seed,
                settings=self._plan_settings,
            )
            return resample(speech, self.settings.rate)

        speeches = {line.id: speak_line(line) for line in lines}
        return self.synthesizer.check_dialogue(script.id, lines, speeches, speak_line)

    def _background_voice(self, script: Script, casting: Mapping[str, Voice]) -> Voice:
        """The voice of a television or of somebody nearby: another one, where there is another."""
        others = [voice for voice in self.voices if voice not in casting.values()]
        known = others or list(casting.values())
        rng = generator(self.settings.seed, script.id, "background")
        return known[int(rng.integers(len(known)))]

    def _synthesize(
        self, line: SpokenLine, text: str, voice: Voice, style: Style, seconds: float | None
    ) -> Speech:
        """Speak a line, at the speed that gives its target duration where it has one."""
        try:
            if seconds is None:
                return self.synthesizer.speak(text, voice, style)
            expected = self.synthesizer.expected_seconds(text, voice, style)
            speech = None
            if expected is None:  # spoken to learn its length
                speech = self.synthesizer.speak(text, voice, style)
                expected = speech.seconds
            speed = backchannel_speed(expected, seconds)
            if speech is None or speed != 1.0:
                adjusted = msgspec.structs.replace(style, speed=speed)
                speech = self.synthesizer.speak(text, voice, adjusted)
            return stretched(speech, seconds)
        except InputError as error:
            raise InputError(
                f"turn {line.turn + 1}: {error.problem}", remedy=error.remedy, reason=error.reason
            ) from None


def _has_sound(script: Script) -> bool:
    return any(isinstance(part, Sound) for turn in script.turns for part in turn.parts)


def voices_by_name(settings: BuildSettings, voices: Sequence[Voice]) -> dict[str, Voice]:
    """Name of a speaker, in lower case -> the voice that the settings give it.

    Args:
        settings: of the build.
        voices: those selected to cast from.

    Raises:
        InputError: there is no such voice.
    """
    return {name: _voice(asked, voices) for name, asked in settings.named_voices().items()}


def _voice(asked: str, voices: Sequence[Voice]) -> Voice:
    """The voice that a user named, ``engine:name`` or one of the selected voices by name alone.

    Raises:
        InputError: there is none.
    """
    if ":" in asked:
        return select_voices((asked,))[0]
    found = [voice for voice in voices if voice.name == asked]
    if len(found) != 1:
        raise UsageError(
            f"{len(found) or 'none'} of the selected voices is called {asked!r}",
            remedy="write ENGINE:VOICE, or see `interactspeech voices`",
        )
    return found[0]


def _by_speaker(script: Script, given: Mapping[str, T]) -> dict[str, T]:
    """What is given for names, by the speakers of a script: whole names, first words, labels."""
    found: dict[str, T] = {}
    for speaker in script.speakers:
        name = script.names.get(speaker, speaker).lower()
        for key in (name, name.split()[0] if name.split() else name, speaker.lower()):
            if key in given:
                found[speaker] = given[key]
                break
    return found


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


def _not_reproduced_error(dialogue: Dialogue, why: str) -> InputError:
    return InputError(
        f"the clean tracks of dialogue {dialogue.id} cannot be made again: {why}",
        remedy="use the settings of the corpus's build.json, and the engines of its records",
        reason="not-reproduced",
    )


def script_without_marks(plain: PlainDialogue) -> Script:
    """A script of the same turns, without marks."""
    return Script(
        id=plain.id,
        turns=tuple(Turn(t.speaker, (Words(t.text),), t.written) for t in plain.turns),
        names=plain.names,
        corpus=plain.corpus,
        source_id=plain.source_id,
        licence=plain.licence,
        split=plain.split,
    )
