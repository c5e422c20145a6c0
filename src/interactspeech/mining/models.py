"""The models of mining: activity, diarization, recognition, checks; loaded once, when needed.

The pipeline reaches all detectors through `MiningModels`, so that tests can replace them. Times are
samples of the recording.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from operator import itemgetter
from typing import Any

import msgspec
import numpy as np

from interactspeech._typing import Int64Array
from interactspeech.errors import InputError, MissingExtraError
from interactspeech.lexicon.language import base_language
from interactspeech.listener.model import Listener
from interactspeech.listener.recorded_channels import HeardFeedback, HeardStretch, hear_channels
from interactspeech.mining.settings import MineSettings
from interactspeech.records import Word
from interactspeech.signal.recording import Recording


class SpeakerActivity(msgspec.Struct, frozen=True):
    """One speaker of a recording.

    Attributes:
        id: in the records.
        name: to show.
        channel: of the sound.
        spans: stretches of speech, samples.
        words: text, start, end and whether it is a fragment.
        heard: what a listener heard of stretches that may be feedback.
    """

    id: str
    name: str
    channel: int
    spans: tuple[tuple[int, int], ...]
    words: tuple[tuple[str, int, int, bool], ...] = ()
    heard: tuple[HeardStretch, ...] = ()

    def activity(self) -> Int64Array:
        """The spans as an array, shape ``(n, 2)``."""
        return np.array(self.spans, np.int64).reshape(-1, 2)

    def said(self) -> tuple[Word, ...]:
        """The words as records."""
        return tuple(Word(*word) for word in self.words)


class ExcludedSpan(msgspec.Struct, frozen=True, array_like=True):
    """A stretch that may be in no clip, and why: a key such as ``music``, ``other-voice``."""

    start: int
    end: int
    reason: str


Spans = tuple[tuple[int, int], ...]


def heard_feedback(
    voices: Sequence[SpeakerActivity],
    place: Callable[[int], int] = int,
) -> HeardFeedback | None:
    """What the listener heard of the voices, as a decision; None where it heard nothing of them.

    Args:
        voices: of a recording.
        place: from samples of the recording to samples of the record that is labelled.
    """
    if not any(voice.heard for voice in voices):
        return None
    rows = {
        voice.id: [
            HeardStretch(place(one.start), place(one.end), one.evidence) for one in voice.heard
        ]
        for voice in voices
    }
    return HeardFeedback(rows, Listener.load().card)


#: Silence at either end of a clip, in seconds, that is none too much.
_EDGE = 1.0
#: Seconds of speech that a voice must have before another one can be called a mismatch.
_KNOWN = 8.0


class MiningModels:
    """The engines that the settings name.

    Args:
        settings: of the run.
    """

    def __init__(self, settings: MineSettings) -> None:
        self.settings = settings
        self._loaded: dict[str, Any] = {}

    def channels(self, recording: Recording) -> tuple[Spans, ...]:
        """Speech on each channel, in samples, where every speaker has one.

        Raises:
            MissingExtraError: the detector is not installed.
        """
        from interactspeech.mining.activity import channel_activity

        found = channel_activity(recording)
        return tuple(span_tuples(rows) for rows in found.spans)

    def listen(self, recording: Recording) -> tuple[tuple[Spans, tuple[HeardStretch, ...]], ...]:
        """Speech on each of two channels and what may be feedback in it, as the listener hears
        them.

        Raises:
            MissingExtraError: a package that the listener needs is not installed.
        """
        found = hear_channels(recording, Listener.load())
        return tuple(
            (span_tuples(rows), heard)
            for rows, heard in zip(found.spans, found.stretches, strict=True)
        )

    def diarize(self, recording: Recording) -> tuple[tuple[Spans, ...], str]:
        """Speech of each speaker on a recording of one channel, in samples, and the name of the
        diarizer.

        Raises:
            InputError: the settings name no diarizer, or it cannot be had.
            MissingExtraError: its package is not installed.
        """
        if self.settings.diarizer == "none":
            raise InputError(
                "has one channel, and no diarizer separates its speakers", recording.path,
                remedy="name one with --diarizer", reason="one-channel",
            )  # fmt: skip
        from interactspeech.diarization import diarizer

        if "diarizer" not in self._loaded:
            self._loaded["diarizer"] = diarizer(self.settings.diarizer)
        found = self._loaded["diarizer"].diarize(recording, self.settings.speakers)
        return tuple(span_tuples(rows) for rows in found.spans), found.engine

    def words(
        self, recording: Recording, voices: Sequence[SpeakerActivity]
    ) -> list[SpeakerActivity]:
        """The voices with words, where a recogniser is there.

        Raises:
            InputError: there is no recogniser of that name, or its weights cannot be had.
            MissingExtraError: its package is not installed. ("auto" goes on without words.)
        """
        engine = self.recogniser()
        if engine is None:
            return list(voices)
        from interactspeech.models.spoken_words import recognise

        done = []
        for voice in voices:
            others = [v.spans for v in voices if v.channel == voice.channel and v.id != voice.id]
            said = recognise(recording, voice.channel, voice.spans, engine, others)
            rows = tuple((w.text, w.start, w.end, w.fragment) for w in said)
            done.append(msgspec.structs.replace(voice, words=rows))
        return done

    def recogniser(self) -> Any:
        """The recogniser, or None where there is none ("auto", "none"); asked for once.

        Raises:
            InputError: there is none of that name, or it cannot be used.
        """
        if "recogniser" not in self._loaded:
            self._loaded["recogniser"] = self._found()
        return self._loaded["recogniser"]

    def _found(self) -> Any:
        name = self.settings.words
        if name == "none" or (name == "auto" and find_spec("faster_whisper") is None):
            return None
        from interactspeech.models.recognition import (
            DEFAULT_RECOGNISER,
            Recogniser,
            recogniser,
        )

        language = base_language(self.settings.language)
        if name not in ("auto", DEFAULT_RECOGNISER):
            return recogniser(name)
        engine = Recogniser(language=language)
        if name != "auto":
            return engine
        try:
            engine.words(np.zeros(1600, np.float32), 16_000)
        except (InputError, MissingExtraError):
            return None  # no weights here, and no way to fetch them
        return engine

    def findings(
        self, recording: Recording, voices: Sequence[SpeakerActivity]
    ) -> tuple[ExcludedSpan, ...]:
        """Stretches whose sound or voices do not fit, in order of time.

        Raises:
            InputError: the weights of the voice embeddings cannot be had.
            MissingExtraError: a package is not installed.
        """
        from interactspeech.mining.artifacts import find_artifacts
        from interactspeech.mining.speaker_mismatch import LabelledSpeaker, find_speaker_mismatches

        spans = [voice.activity() for voice in voices]
        own = len({voice.channel for voice in voices}) == len(voices) == recording.channels
        by_channel = sorted(zip((v.channel for v in voices), spans, strict=True), key=itemgetter(0))
        edge = round(_EDGE * recording.rate)
        found = []
        for one in find_artifacts(recording, [rows for _, rows in by_channel] if own else ()):
            # Every clip begins and ends in silence; only what lies further inside is too much.
            inner = edge if one.reason == "silence" else 0
            if one.end - one.start > 2 * inner:
                found.append(ExcludedSpan(one.start + inner, one.end - inner, one.reason))
        talkers = [LabelledSpeaker(v.channel, rows) for v, rows in zip(voices, spans, strict=True)]
        long = [sum(end - start for start, end in v.spans) for v in voices]
        found += [
            ExcludedSpan(mismatch.start, mismatch.end, mismatch.reason)
            for mismatch in find_speaker_mismatches(recording, talkers, _encoder())
            if long[mismatch.speaker] >= _KNOWN * recording.rate
        ]
        return tuple(sorted(found, key=lambda one: (one.start, one.end, one.reason)))

    def prepare(self) -> None:
        """Load what every recording needs, so that what is missing is reported before the first.

        Raises:
            InputError: weights cannot be had.
            MissingExtraError: a package is not installed.
        """
        if self.settings.checks:
            _encoder().embed(np.linspace(-0.5, 0.5, 16_000, dtype=np.float32), 16_000)
        if self.settings.words not in ("auto", "none"):
            self.recogniser().words(np.zeros(1600, np.float32), 16_000)


@lru_cache(maxsize=1)
def _encoder() -> Any:
    """The voice embeddings of this process; loading them takes most of a second."""
    from interactspeech.models.embeddings import SpeakerEncoder

    return SpeakerEncoder()


def span_tuples(rows: Any) -> Spans:
    """An array of shape ``(n, 2)`` as tuples."""
    return tuple((int(start), int(end)) for start, end in rows.tolist())
