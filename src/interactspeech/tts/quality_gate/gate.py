"""The quality gate: checks of synthesised utterances against the limits of their engine.

Two tiers. The quick tier measures every utterance as it comes from its engine, in about a
millisecond each; the model tier runs a recogniser, two predictors of opinion scores and a
speaker-verification model, at about 7 s of speech a second of one core.

- quick: `clipping`, `pause` (a long silence inside), `level` (nearly silent), `length` (truncated,
  or rambling);
- models: `words` (says something else), `overall` and `p808` (noise and artefacts), `speaker`
  (another voice).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from interactspeech.lexicon.feedback import FILLERS
from interactspeech.models.dnsmos import DnsmosModel
from interactspeech.models.embeddings import Embedding, SpeakerEncoder, similarities
from interactspeech.models.recognition import BatchTranscriber, HeardUtterance, normal_words
from interactspeech.records import Samples, Speech, spoken_tokens
from interactspeech.tts.quality_gate.limits import EngineLimits, UtteranceLimits, limits_of
from interactspeech.tts.quality_gate.measures import measure_quality

#: Fewest words for the word check: recognition of shorter texts is unreliable ("Hmm" for "Mm.").
MIN_WORDS = 4
#: Fewest letters for the length check.
MIN_LETTERS = 12
#: Shortest speech for opinion scores (a shorter one is repeated to fill their window), and for
#: embeddings, in seconds.
LEAST_SCORED, LEAST_EMBEDDED = 2.0, 1.5
#: Decibels by which short texts may be softer ("mm-hm") or louder (a single stressed word).
_SHORT_QUIETER, _SHORT_LOUDER = 10.0, 6.0
#: Seconds of an utterance that are embedded.
_EMBEDDED = 3.0
#: Seconds that a window of DNSMOS holds.
_WINDOW = 9.01
#: Word errors from which on a line is recognised again, alone, and from which on it can fail: one
#: or two may be the recogniser's ("came and done" for "came undone").
_SUSPICIOUS, _LEAST_ERRORS = 2, 3
#: A hesitation is left out of what a recogniser takes for an edited text, or heard as a part of the
#: word beside it ("your arm never" for "you're um never"): so many errors are laid to it.
_HESITATION_ERRORS = 2


class GateFailure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One measure of one utterance outside of its limit.

    Attributes:
        id: of the utterance.
        measure: its name (see the module's docstring); the loss is counted as ``gate-<measure>``.
        value, limit: the measured value, and the limit that it exceeds.
        heard: the recogniser's text, for `words`.
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
    """An utterance to check: its text, and its speaker in the dialogue."""

    id: str
    speaker: str
    text: str
    speech: Speech


def quick_check(
    text: str,
    speech: Speech,
    speed: float = 1.0,
    name: str = "",
    limits: EngineLimits | None = None,
) -> list[GateFailure]:
    """The quick tier, on speech as it comes from an engine.

    Args:
        text: that was requested.
        speech: of the engine.
        speed: that was requested.
        name: id of the utterance, for the failures.
        limits: of the engine; those of `limits_of` by default.
    """
    measured = limits or limits_of(speech.voice.engine)
    allowed = measured.of(speech.voice.name)
    found = measure_quality(speech.samples, speech.rate, mos=None)
    pace = measured.pace(speech.voice.name)
    short = sum(map(str.isalnum, text)) < MIN_LETTERS
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
    """The model tier; its models are loaded at first use. Keep one.

    Args:
        folder: of limits that take precedence over those that ship (see `limits_of`).
        ear, scores, encoder: the models; those of the package by default.
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
        """Check the utterances of one dialogue.

        Args:
            spoken: all of them, at one rate.
            only: ids of those to check (after a retry); the others serve to compare voices. All by
                default.

        Returns:
            Failures in the order of `spoken`; an utterance may fail in several measures.
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
        """Recognised text of each; those with many errors are recognised again, alone."""
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
        long = [s for s in spoken if len(spoken_tokens(s.text)) >= MIN_WORDS]
        for s, heard in zip(long, self.hear(long), strict=True):
            limit = self._limits(s).word_errors
            excused = _HESITATION_ERRORS * sum(w in FILLERS for w in normal_words(s.text))
            errors = heard.errors - excused
            rate = errors / max(heard.words, 1)
            if errors >= _LEAST_ERRORS and rate > limit:
                yield GateFailure(s.id, "words", rate, limit, heard.text)

    def _sound(self, spoken: Sequence[SpokenUtterance]) -> Iterable[GateFailure]:
        """P.808 of each utterance; P.835, which is expensive, of windows of one speaker."""
        for s in spoken:
            if s.speech.seconds < LEAST_SCORED:
                continue
            limit = self._limits(s).p808
            value = self.p808(s)
            if value < limit:
                yield GateFailure(s.id, "p808", value, limit)
        for window in scoring_windows(spoken):
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
        """Similarity of each utterance to the speaker's others (median cosine of embeddings)."""
        speakers: dict[str, list[SpokenUtterance]] = defaultdict(list)
        for s in spoken:
            if s.speech.seconds >= LEAST_EMBEDDED:
                speakers[s.speaker].append(s)
        for own in speakers.values():
            if len(own) < 3:  # of two that differ, either may be wrong
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


def scoring_windows(spoken: Sequence[SpokenUtterance]) -> list[list[SpokenUtterance]]:
    """Groups of utterances of one speaker, each as long as a window of DNSMOS."""
    filled: list[list[SpokenUtterance]] = []
    speakers: dict[str, list[SpokenUtterance]] = {}
    for s in spoken:
        window = speakers.setdefault(s.speaker, [])
        window.append(s)
        if sum(one.speech.seconds for one in window) >= _WINDOW:
            filled.append(speakers.pop(s.speaker))
    return filled + list(speakers.values())
