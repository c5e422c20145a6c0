"""Short talk in silence, by voices that no network was fitted on: what tells feedback hears it."""

from collections.abc import Sequence

import numpy as np
import soxr

from interactspeech.signal.log_mel import HOP, RATE, WINDOW, log_mel
from interactspeech.tts import Synthesizer, select_voices


def frames_of(sound: np.ndarray) -> np.ndarray:
    """Log-mel frames of 10 ms; half a second are 50."""
    whole = np.concatenate((np.zeros(WINDOW - HOP, np.float32), sound))
    return log_mel(whole[: (len(whole) - WINDOW + HOP) // HOP * HOP + WINDOW - HOP])


def in_silence(sound: np.ndarray, level: float = 0.05) -> np.ndarray:
    """A sound at a level between half a second of faint noise on both sides."""
    edge = np.zeros(RATE // 2, np.float32)
    sound = sound / np.sqrt(np.mean(sound**2)) * level
    noise = np.random.default_rng(1).normal(0, 1e-5, len(sound) + RATE).astype(np.float32)
    return np.concatenate((edge, sound, edge)).astype(np.float32) + noise * level / 0.05


def short_talk(
    voices: str, feedback: Sequence[str], other: Sequence[str], *, from_onset: bool = False
) -> list[tuple[bool, np.ndarray]]:
    """(whether it is feedback, sound at 16 kHz) of each text by each voice.

    Args:
        voices: as for `build`.
        feedback: texts that are feedback.
        other: texts that are none.
        from_onset: leave out what is soft before the first sound.
    """
    speaking, rows = Synthesizer(None), []
    for voice in select_voices(voices):
        for text in (*feedback, *other):
            speech = speaking.speak(text, voice)
            sound = soxr.resample(speech.samples, speech.rate, RATE).astype(np.float32)
            if from_onset:
                sound = sound[np.argmax(np.abs(sound) > 0.03 * np.abs(sound).max()) :]
            rows.append((text in feedback, in_silence(sound)))
    return rows
