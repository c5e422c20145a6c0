"""Do the words of a short stretch of talk sound like feedback? A small network, deaf to level.

The listener's network hears how talk sits in a conversation; it does not tell "yeah" from "but I".
This one hears nothing but the stretch itself: log-mel frames from a little before it to a little
after, at one level, so that what is left is which sounds follow each other. What it was fitted on,
and how well it does on voices left out, is on docs/bench/feedback_sound.md.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.models.onnx_session import inference_session

#: Frames of 10 ms before and after a stretch that are heard with it.
MARGIN: Final = 5
#: dB below the level of the stretch at which nothing is heard, and dB to a unit.
_DEPTH, _UNIT = 35.0, 10.0
#: Fewer frames than this say nothing.
_LEAST: Final = 8


def level_frames(frames: Float32Array, start: int, end: int) -> Float32Array:
    """The frames of a stretch and its margin at one level, as the network takes them.

    Args:
        frames: log10 of mel powers (`signal.log_mel`), shape ``(n, 40)``.
        start: first frame of the stretch.
        end: one past its last.

    Returns:
        Shape ``(m, 40)``: units of 10 dB about the level of the stretch.
    """
    own = frames[start:end]
    level = 10.0 * np.log10(np.power(10.0, own.astype(np.float64)).mean() + 1e-12)
    heard = 10.0 * frames[max(start - MARGIN, 0) : end + MARGIN] - level
    return np.asarray(np.clip(heard, -_DEPTH, None) / _UNIT, np.float32)


def sound_log_odds(frames: Float32Array, start: int, end: int) -> float:
    """Log-odds that a stretch of talk is feedback, by its sound; 0 where it is too short to say.

    Args:
        frames: of its channel, shape ``(n, 40)``.
        start: first frame of the stretch.
        end: one past its last.
    """
    if end - start < _LEAST:
        return 0.0
    found = _session().run(None, {"frames": level_frames(frames, start, end)[None]})
    return float(found[0][0, 0])


@lru_cache(maxsize=1)
def _session() -> Any:
    data = files("interactspeech.listener").joinpath("data", "feedback-sound-1.onnx").read_bytes()
    return inference_session(data, "The listener", "listen")


__all__ = ["MARGIN", "level_frames", "sound_log_odds"]
