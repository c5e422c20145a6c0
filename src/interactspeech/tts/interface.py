"""What a speech engine is: text, a voice and a style in; samples and the times of the words out.

An engine is a transport. It is cheap to construct and to query for its voices; heavy parts
(weights, a session) are loaded at the first `Engine.speak`, inside the process that speaks.
`Engine.speak` checks the contract of every engine, so that its callers need not.
"""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from importlib.resources.abc import Traversable
from typing import ClassVar

import msgspec

from interactspeech.errors import InputError
from interactspeech.lexicon.feedback import SHORT_FEEDBACK
from interactspeech.models.phonemes import unspeakable
from interactspeech.models.weights import Weight
from interactspeech.records import Speech, Voice, Word, spoken_tokens
from interactspeech.signal.samples import quantize_int16
from interactspeech.tts.mixing import is_mixture, mixed_voice, mixture_shares
from interactspeech.tts.prosody import (
    bend_pitch,
    frequency_factor,
    raise_end,
    raise_onset,
    shift_pitch,
)

#: Speech slower or faster than this is refused: engines leave the range they were trained for.
SPEED_RANGE = (0.5, 2.0)
#: Semitones up or down; formants move with the pitch, so more would be another person.
PITCH_RANGE = (-4.0, 4.0)
RISE_RANGE = (-3.0, 3.0)
SLOPE_RANGE = (-6.0, 6.0)


class Style(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Speaking style, for any engine (see `interactspeech.tts.prosody`).

    Attributes:
        speed: factor on the engine's own pace; 1.25 takes four fifths of the time.
        pitch: semitones above the voice's own pitch, from the first sample to the last, at the same
            pace.
        rise: semitones, and the pace with them, by which the text begins higher; it fades to
            nothing over the first second.
        slope: semitones by which the pitch moves from the first sample to the last, beside what the
            voice does by itself; for feedback and other short texts.
        end: semitones by which the last 0.45 s rise.
    """

    speed: float = 1.0
    pitch: float = 0.0
    rise: float = 0.0
    slope: float = 0.0
    end: float = 0.0

    def __post_init__(self) -> None:
        for name, value, (low, high) in (
            ("speed", self.speed, SPEED_RANGE),
            ("pitch", self.pitch, PITCH_RANGE),
            ("rise", self.rise, RISE_RANGE),
            ("slope", self.slope, SLOPE_RANGE),
            ("end", self.end, SLOPE_RANGE),
        ):
            if not low <= value <= high:
                raise ValueError(f"{name} {value} is outside [{low}, {high}]")


NEUTRAL = Style()


class Engine(ABC):
    """Base of all speech engines.

    Subclasses set the class attributes and write `voices` and `_synthesise`; callers use `speak`.

    Attributes:
        name: by which the engine is asked for (``kokoro``).
        rate: samples a second of all its speech.
        licence: SPDX expression of code and weights.
        languages: BCP-47 tags.
        native_times: whether word times come from the engine itself, not from an aligner.
        mixes: whether any mixture of its voices is a voice too (see `tts.mixing`).
        gate_limits: the JSON file of its limits in the quality gate, as `interactspeech evaluate
            voices NAME --write` writes it: an engine of another package brings it. Engines that
            are part of this one have theirs in `quality_gate/data`. Without either, wide limits
            hold.
        voice_similarities: a JSON file of the cosines between its voices, and to others':
            ``{"beep:high": {"beep:low": 0.31}}``, the voices of a pair in alphabetical order. See
            `interactspeech.tts.voice_similarity`.
        feedback_pace: factor on the speed of feedback said alone, so that it is as long as people's
            (lognormal, median 0.46 s): engines read "mm-hm" as a sentence, some too slowly.
        shifts_pitch: whether `_synthesise` makes the style's pitch itself, as `prosody.shift_pitch`
            would, because it resamples anyway.
    """

    name: ClassVar[str]
    rate: ClassVar[int] = 24_000
    licence: ClassVar[str] = ""
    languages: ClassVar[tuple[str, ...]] = ("en",)
    native_times: ClassVar[bool] = True
    mixes: ClassVar[bool] = False
    gate_limits: ClassVar[Traversable | None] = None
    voice_similarities: ClassVar[Traversable | None] = None
    feedback_pace: ClassVar[float] = 1.0
    shifts_pitch: ClassVar[bool] = False

    @property
    @abstractmethod
    def version(self) -> str:
        """Changes whenever the same text could sound different or have other word times."""

    @abstractmethod
    def voices(self) -> tuple[Voice, ...]:
        """All voices, the default first; needs no weights and no network."""

    @abstractmethod
    def _synthesise(self, text: str, voice: Voice, style: Style) -> Speech:
        """Speak `text`, which holds at least one spoken token, at `style.speed`.

        Nothing else of the style concerns an engine (but see `shifts_pitch`): `speak` does the rest
        to what comes back.
        """

    @property
    def missing(self) -> str:
        """What has to be installed before the engine can speak; empty if nothing."""
        return ""

    @property
    def weights(self) -> tuple[Weight, ...]:
        """The files that `prepare` fetches; empty if the engine needs none from our store."""
        return ()

    @property
    def installed(self) -> bool:
        """Whether it can speak right now: no package and no weights are wanting."""
        return not self.missing

    def prepare(  # noqa: B027 -- most engines need nothing
        self, progress: Callable[[str, int, int], None] | None = None
    ) -> None:
        """Fetch the weights it needs, if any; `progress` gets (file, bytes there, bytes in all).

        Raises:
            WeightError: they cannot be had.
        """

    def voice(self, name: str) -> Voice:
        """The voice called `name`, or mixed as it says (``af_heart*0.6+am_adam*0.4``).

        Raises:
            InputError: there is none (reason ``unknown-voice``), or the mixture makes no sense
                (reason ``bad-mixture``).
        """
        if self.mixes and is_mixture(name):
            mixture = mixture_shares(name)
            return mixed_voice([self.voice(part) for part in mixture], mixture)
        for voice in self.voices():
            if voice.name == name:
                return voice
        known = ", ".join(voice.name for voice in self.voices())
        raise InputError(
            f"engine {self.name!r} has no voice {name!r}",
            remedy=f"it has: {known}",
            reason="unknown-voice",
        )

    def speak(self, text: str, voice: Voice | str | None = None, style: Style = NEUTRAL) -> Speech:
        """Say `text` (one utterance, spoken tokens separated by white space).

        The samples are multiples of 1/32768, so 16-bit files keep them exactly; the first word
        begins at sample 0 and the last one ends at the last sample.

        Args:
            text: what to say.
            voice: one of `voices`, or its name; the engine's default if None.
            style: how to say it.

        Raises:
            InputError: there is nothing to say (reason ``nothing-to-say``), or a word that this
                engine cannot pronounce (reason ``unspeakable``).
        """
        if voice is None:
            voice = self.voices()[0]
        else:  # by name also where a record of an older version is given
            voice = self.voice(voice if isinstance(voice, str) else voice.name)
        for token in () if text.isascii() and text.isprintable() else text.split():
            # A picture has no sound; dropping it silently would lose what somebody wrote. Control
            # characters and halves of characters are damage, and end texts early in C libraries.
            if any(unicodedata.category(c) in _SILENT and c not in "°©®™" for c in token):
                raise unspeakable(token, self.name)
        tokens = spoken_tokens(text)
        if not tokens:
            raise InputError(
                f"nothing to say in {text!r}",
                remedy="an utterance needs a word",
                reason="nothing-to-say",
            )
        speed, pitch = self._speed(tokens, style), style.pitch
        if self.shifts_pitch:
            speech, pitch = self._synthesise(text, voice, Style(speed=speed, pitch=pitch)), 0.0
        else:
            speech = self._synthesise(text, voice, Style(speed=speed))
        if pitch:
            speech = shift_pitch(speech, pitch)
        if style.rise:
            speech = raise_onset(speech, style.rise)
        if style.slope:
            speech = bend_pitch(speech, style.slope)
        if style.end:
            speech = raise_end(speech, style.end)
        if pitch or style.rise or style.slope or style.end:
            speech = replace(speech, samples=quantize_int16(speech.samples))
        self._check(speech, tokens)
        return speech

    def expected_seconds(self, text: str, voice: Voice, style: Style = NEUTRAL) -> float | None:
        """About how long `speak` will take to say these; None for engines that must speak to know.

        Raises:
            InputError: as `speak`, where a word cannot be read.
        """
        tokens = spoken_tokens(text)
        if not tokens:
            return None
        speed = self._speed(tokens, style)
        seconds = self._expected_seconds(text, self.voice(voice.name), Style(speed=speed))
        return None if seconds is None else seconds / frequency_factor(style.pitch)

    def _expected_seconds(
        self,
        text: str,  # noqa: ARG002 -- most engines must speak to know
        voice: Voice,  # noqa: ARG002
        style: Style,  # noqa: ARG002
    ) -> float | None:
        """How long `_synthesise` will speak; None if the engine cannot tell without speaking."""
        return None

    def _speed(self, tokens: list[str], style: Style) -> float:
        """The speed that `_synthesise` is asked for."""
        speed = engine_speed(style)
        if self.feedback_pace != 1.0 and is_feedback(tokens):
            speed = min(max(speed * self.feedback_pace, SPEED_RANGE[0]), SPEED_RANGE[1])
        return speed

    def _check(self, speech: Speech, tokens: list[str]) -> None:
        """Hold an engine to the contract; a breach is a bug of the engine, so no InputError."""
        said = [word.text for word in speech.words]
        if said != tokens:
            raise RuntimeError(f"engine {self.name!r} said {said} for {tokens}")
        last = 0
        for word in speech.words:
            if word.start < last:
                raise RuntimeError(
                    f"engine {self.name!r}: word {word.text!r} overlaps its neighbour"
                )
            last = word.end
        if speech.words[0].start != 0 or last != len(speech.samples):
            raise RuntimeError(
                f"engine {self.name!r}: words span [{speech.words[0].start}, {last}), "
                f"not [0, {len(speech.samples)})"
            )


def engine_speed(style: Style) -> float:
    """The speed an engine is asked for, so that after a change of pitch the pace is `style.speed`.

    At the ends of `SPEED_RANGE` it stays inside, and the pace gives way.
    """
    if not style.pitch:
        return style.speed
    low, high = SPEED_RANGE
    return min(max(style.speed / frequency_factor(style.pitch), low), high)


#: Unicode categories without a sound: symbols, control characters, surrogates, private and unknown.
_SILENT = frozenset(("So", "Cc", "Cs", "Co", "Cn"))


def is_feedback(tokens: list[str]) -> bool:
    """Whether the spoken tokens are nothing but feedback or a hesitation, three words at most.

    >>> is_feedback(["Mm-hm,", "right."]), is_feedback(["Right", "there."])
    (True, False)
    """
    plain = ["".join(filter(str.isalpha, token.lower())) for token in tokens]
    return len(plain) <= 3 and all(word in SHORT_FEEDBACK for word in plain)


def words_from_bounds(tokens: list[str], bounds: list[tuple[int, int]]) -> tuple[Word, ...]:
    """Word records from tokens and their ``(start, end)`` samples."""
    return tuple(
        Word(text=token, start=start, end=end)
        for token, (start, end) in zip(tokens, bounds, strict=True)
    )
