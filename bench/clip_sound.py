"""Sound as the listener's benches take it: of a corpus's items, under a condition, as frames, heard in blocks."""

import numpy as np
import soxr

from interactspeech.evaluation.events.conditions import condition
from interactspeech.listener import Listener, ListenerOutput, run_listener
from interactspeech.signal.log_mel import HOP, RATE, WINDOW, log_mel


def two_channels(item):
    """The sound of the first two speakers of a corpus's item, shape ``(2, n)``, float32, 16 kHz."""
    return soxr.resample(item.audio().T, item.dialogue.rate, RATE).T.astype(np.float32)[:2]


def under(name: str, sound: np.ndarray, key: str) -> np.ndarray:
    """Sound at 16 kHz under a condition of the event benchmark, the same at every call with a `key`."""
    change = condition(name)
    return sound if change is None else change(sound, 7, key)


def hear(listener: Listener, sound: np.ndarray) -> ListenerOutput:
    """What the listener's network makes of two channels, ten seconds at a time."""
    block = 10 * RATE
    return run_listener(
        listener, (sound[:, i : i + block] for i in range(0, sound.shape[1], block))
    )


def frames_of(sound: np.ndarray) -> np.ndarray:
    """Log-mel frames of 10 ms, shape ``(n, 40)``; the first ends 10 ms after the sound begins."""
    whole = np.concatenate((np.zeros(WINDOW - HOP), sound)).astype(np.float32)
    return log_mel(whole[: (len(whole) - WINDOW + HOP) // HOP * HOP + WINDOW - HOP])
