"""The quality gate: does an utterance sound as it should? Limits are those of `limits`.

Two tiers. The quick one looks at every utterance as it comes from its engine, for about a
millisecond each; the other listens, with a recogniser, two predictors of opinion scores and a
speaker-verification model, and costs as much as 7 s of speech take a second of one core.

- quick: `clipping` (overdriven), `pause` (stopped in the middle), `level` (nearly silent), `length`
  (cut off, or rambling);
- listening: `words` (says something else), `overall` and `p808` (noise and artefacts), `speaker`
  (another voice).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from interactspeech.models.dnsmos import DnsmosModel
from interactspeech.models.embeddings import Embedding, SpeakerEncoder, similarities
from interactspeech.models.recognition import BatchTranscriber, HeardUtterance
from interactspeech.records import Samples, Speech, spoken_tokens
from interactspeech.tts.quality_gate.limits import EngineLimits, UtteranceLimits, limits_of
from interactspeech.tts.quality_gate.measures import quality

#: Of fewer words than this, a recogniser makes too much of too little ("Mm." is written as "Hmm").
LEAST_WORDS = 4
#: Of shorter texts, the length says little.
LEAST_LETTERS = 12
#: Seconds below which opinion scores say little, for a short utterance is repeated to fill their
#: window, and below which embeddings do.
LEAST_SCORED, LEAST_EMBEDDED = 2.0, 1.5
#: Short texts may be so many decibels quieter, as "mm-hm" is, or louder, as a single stressed word.
_SHORT_QUIETER, _SHORT_LOUDER = 10.0, 6.0
#: Seconds of an utterance that are embedded: three are plenty.
_EMBEDDED = 3.0
#: Seconds that a window of DNSMOS holds.
_WINDOW = 9.01
#: A recogniser's slip in a word or two ("came and done" for "came undone") is no failure; two are
#: a reason to hear the line again, alone.
_SUSPICIOUS, _LEAST_ERRORS = 2, 3


class GateFailure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One measure of one utterance outside of its limit.

    Attributes:
        id: of the utterance.
        measure: its name (see the module's docstring); the loss is counted as ``gate-<measure>``.
        value, limit: what was found, and the limit that it is beyond.
        heard: what the recogniser wrote, for `words`.
    """

    id: str
    measure: str
    value: float
    limit: float
    heard: str = ""

    def __str__(self) -> str:
        heard = f", heard: {self.heard!r}" if self.measure == "words" else ""
        return f"{self.measure} {self.value:.3g} (limit {self.limit:.3g}){heard}"


@dataclass(frozen=True, eq=False)
class SpokenUtterance:
    """An utterance that is listened to: its text, and who says it in the dialogue."""

    id: str
    speaker: str
    text: str
    speech: Speech


def quick(
    text: str,
    speech: Speech,
    speed: float = 1.0,
    name: str = "",
    limits: EngineLimits | None = None,
) -> list[GateFailure]:
    """The quick tier on speech as an engine gave it.

    Args:
        text: what was to be said.
        speech: what was said.
        speed: that was asked for.
        name: id of the utterance, for the failures.
        limits: of the engine; those of `limits_of` by default.
    """
    measured = limits or limits_of(speech.voice.engine)
    allowed = measured.of(speech.voice.name)
    found = quality(speech.samples, speech.rate, mos=None)
    pace = measured.pace(speech.voice.name)
    short = sum(map(str.isalnum, text)) < LEAST_LETTERS
    quietest, loudest = allowed.level
    if short:
        quietest, loudest = quietest - _SHORT_QUIETER, loudest + _SHORT_LOUDER
    values = [
        ("clipping", found.clipping, 0.0, allowed.clipping),
        ("pause", found.longest_silence * speed, 0.0, allowed.pause),
        ("level", found.level, quietest, loudest),
    ]
    if not short:
        length = pace.ratio(text, found.seconds, speed)
        values.append(("length", length, *allowed.length))
    return [
        GateFailure(name, measure, value, low if value < low else high)
        for measure, value, low, high in values
        if not low <= value <= high
    ]


class Gate:
    """The listening tier; its models are loaded at their first use. Keep one.

    Args:
        folder: of limits that stand before those that ship (see `limits_of`).
        ear, scores, encoder: the models; the usual ones by default.
    """

    def __init__(
        self,
        folder: Path | None = None,
        ear: BatchTranscriber | None = None,
        scores: DnsmosModel | None = None,
        encoder: SpeakerEncoder | None = None,
    ) -> None:
        self._folder = folder
        self._ear = ear or BatchTranscriber()
        self._scores = scores or DnsmosModel()
        self._encoder = encoder or SpeakerEncoder()

    def check(
        self, spoken: Sequence[SpokenUtterance], only: Collection[str] | None = None
    ) -> list[GateFailure]:
        """Listen to the utterances of one dialogue.

        Args:
            spoken: all of them, at one rate.
            only: ids of those that are judged (after they were spoken again); the others are there
                to compare voices with. All by default.

        Returns:
            What fails, in the order of `spoken`; one utterance may fail in several measures.
        """
        judged = [s for s in spoken if only is None or s.id in only]
        order = {s.id: index for index, s in enumerate(spoken)}
        failures = [
            *self._words(judged),
            *self._sound(judged),
            *self._speaker(spoken, {s.id for s in judged}),
        ]
        return sorted(failures, key=lambda failure: order[failure.id])

    def hear(self, spoken: Sequence[SpokenUtterance]) -> list[HeardUtterance]:
        """What the recogniser makes of each; suspicious ones are heard a second time, alone."""
        if not spoken:
            return []
        rate = spoken[0].speech.rate
        heard = self._ear.hear([(s.text, s.speech.samples) for s in spoken], rate)
        for index, one in enumerate(heard):
            if one.errors >= _SUSPICIOUS:
                s = spoken[index]
                alone = self._ear.hear([(s.text, s.speech.samples)], rate)[0]
                heard[index] = min(one, alone, key=lambda h: h.errors)
        return heard

    def _words(self, spoken: Sequence[SpokenUtterance]) -> Iterable[GateFailure]:
        long = [s for s in spoken if len(spoken_tokens(s.text)) >= LEAST_WORDS]
        for s, heard in zip(long, self.hear(long), strict=True):
            limit = self._limits(s).word_errors
            if heard.errors >= _LEAST_ERRORS and heard.rate > limit:
                yield GateFailure(s.id, "words", heard.rate, limit, heard.text)

    def _sound(self, spoken: Sequence[SpokenUtterance]) -> Iterable[GateFailure]:
        """P.808 of each utterance; P.835, which is dear, of windows full of one speaker's."""
        for s in spoken:
            if s.speech.seconds < LEAST_SCORED:
                continue
            limit = self._limits(s).p808
            value = self.p808(s)
            if value < limit:
                yield GateFailure(s.id, "p808", value, limit)
        for window in windows(spoken):
            limit = self._limits(window[0]).overall
            if self.overall(window) >= limit:
                continue
            for s in window:
                value = self.overall([s])
                if value < limit and s.speech.seconds >= LEAST_SCORED:
                    yield GateFailure(s.id, "overall", value, limit)

    def p808(self, spoken: SpokenUtterance) -> float:
        """P.808 score of one utterance."""
        return self._scores.p808(spoken.speech.samples, spoken.speech.rate, hop=9.0)

    def overall(self, window: Sequence[SpokenUtterance]) -> float:
        """P.835 overall of utterances one after the other."""
        sound = np.concatenate([s.speech.samples for s in window])
        return self._scores.score(sound, window[0].speech.rate, hop=9.0).overall

    def _speaker(
        self, spoken: Sequence[SpokenUtterance], judged: Collection[str]
    ) -> Iterable[GateFailure]:
        for s, value in self.likeness(spoken):
            limit = self._limits(s).similarity
            if s.id in judged and value < limit:
                yield GateFailure(s.id, "speaker", value, limit)

    def likeness(
        self, spoken: Sequence[SpokenUtterance]
    ) -> Iterable[tuple[SpokenUtterance, float]]:
        """How like each utterance's voice is to the speaker's others (median of the cosines)."""
        speakers: dict[str, list[SpokenUtterance]] = defaultdict(list)
        for s in spoken:
            if s.speech.seconds >= LEAST_EMBEDDED:
                speakers[s.speaker].append(s)
        for own in speakers.values():
            if len(own) < 3:  # of two that differ, nobody knows which is wrong
                continue
            vectors = np.stack([self._embedding(s.speech.samples, s.speech.rate) for s in own])
            cosines = similarities(vectors, vectors)
            for index, s in enumerate(own):
                yield s, float(np.median(np.delete(cosines[index], index)))

    def _embedding(self, samples: Samples, rate: int) -> Embedding:
        return self._encoder.embed(samples[: round(_EMBEDDED * rate)], rate)

    def _limits(self, spoken: SpokenUtterance) -> UtteranceLimits:
        voice = spoken.speech.voice
        return limits_of(voice.engine, self._folder).of(voice.name)


def windows(spoken: Sequence[SpokenUtterance]) -> list[list[SpokenUtterance]]:
    """Utterances of one speaker after the other, as many as fill a window of DNSMOS."""
    filled: list[list[SpokenUtterance]] = []
    speakers: dict[str, list[SpokenUtterance]] = {}
    for s in spoken:
        window = speakers.setdefault(s.speaker, [])
        window.append(s)
        if sum(one.speech.seconds for one in window) >= _WINDOW:
            filled.append(speakers.pop(s.speaker))
    return filled + list(speakers.values())
