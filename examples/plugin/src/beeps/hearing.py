"""A diarizer, a recogniser and an aligner for the speech of `beeps.engine`."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from interactspeech.diarization.interface import Diarization, Diarizer, from_seconds, one_channel
from interactspeech.models.recognition import RecognisedWord
from interactspeech.records import Samples, spoken_tokens
from interactspeech.signal.pages import AudioSource
from interactspeech.signal.speech_energy import Bounds

#: Seconds of a frame, and the level from which it is a beep.
FRAME, LOUD = 0.02, 0.01
#: Hertz between the low voice and the high one.
BORDER = 400.0
#: Silences up to this many seconds belong to the talk.
BRIDGE = 0.25


def beeps(samples: Samples, rate: int) -> list[tuple[float, float, float]]:
    """Start, end and pitch of each beep of mono samples; seconds and hertz."""
    size = max(round(FRAME * rate), 1)
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    loud = np.sqrt((frames**2).mean(axis=1)) > LOUD
    edges = np.flatnonzero(np.diff(np.concatenate([[False], loud, [False]]).astype(int)))
    found = []
    for start, end in edges.reshape(-1, 2) * size:
        spectrum = np.abs(np.fft.rfft(samples[start:end]))
        found.append((start / rate, end / rate, spectrum.argmax() * rate / (end - start)))
    return found


class PitchDiarizer(Diarizer):
    """Two speakers, one below `BORDER` and one above."""

    name = "pitch 1"

    def diarize(self, source: AudioSource, speakers: int | None = None) -> Diarization:
        """See `Diarizer.diarize`; it always listens for two."""
        del speakers
        one_channel(source)
        turns: list[tuple[float, float, str]] = []
        sound = source.read(0, source.samples)[0]
        for start, end, pitch in beeps(sound, source.rate):
            who = "low" if pitch < BORDER else "high"
            if turns and turns[-1][2] == who and start - turns[-1][1] <= BRIDGE:
                start = turns.pop()[0]  # noqa: PLW2901
            turns.append((start, end, who))
        return from_seconds(turns, source, self.name)


class BeepRecogniser:
    """Writes "beep" for a low beep and "peep" for a high one."""

    def words(self, samples: Samples, rate: int) -> list[RecognisedWord]:
        """See `interactspeech.models.recognition.WordEngine`."""
        return [
            RecognisedWord("beep" if pitch < BORDER else "peep", start, end)
            for start, end, pitch in beeps(samples, rate)
        ]


class EvenAligner:
    """Gives each word a share of the sound by its letters."""

    def align(self, samples: Samples, rate: int, text: str) -> Bounds | None:
        """See `interactspeech.models.aligners.Aligner`."""
        del rate
        sizes = [1 + sum(map(str.isalnum, token)) for token in spoken_tokens(text)]
        edges = np.rint(np.cumsum([0, *sizes]) / sum(sizes) * len(samples)).astype(int).tolist()
        return list(pairwise(edges))
