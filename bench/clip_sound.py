"""The sound of a corpus's dialogues as the listener hears it: 16 kHz, a channel a speaker."""

import numpy as np
import soxr

from interactspeech.signal.log_mel import RATE


def two_channels(item):
    """The sound of the first two speakers of a corpus's item, shape ``(2, n)``, float32, 16 kHz."""
    return soxr.resample(item.audio().T, item.dialogue.rate, RATE).T.astype(np.float32)[:2]
