"""Frames of short talk at one level, and the networks that ship and take them so.

```
 frames, dB   -62 -60 |-41 -33 -38| -60      a stretch among its neighbours
 levelled    -2.6 -2.4|-.5 +.3 -.2|-2.4      about the level of the stretch, in units of 10 dB;
                                             35 dB below it nothing is heard
```

`feedback_sound` hears a whole stretch and its margin, `feedback_onset` the last .76 s of talk that
goes on, `feedback_embedding` three moments of a stretch.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.models.onnx_session import inference_session

#: Fewer frames of 10 ms than this say nothing.
LEAST: Final = 8
#: dB below the level of the talk at which nothing is heard, and dB to a unit.
_DEPTH, _UNIT = 35.0, 10.0
#: What a frame in which nothing is heard holds.
NOTHING: Final = -_DEPTH / _UNIT


def levelled(frames: Float32Array, talk: slice, heard: slice) -> Float32Array:
    """Frames about the level of talk among them.

    Args:
        frames: log10 of mel powers (`signal.log_mel`), shape ``(n, 40)``.
        talk: the frames whose level counts.
        heard: those that are wanted.

    Returns:
        Shape ``(m, 40)``: units of 10 dB about the level of the talk.
    """
    own = np.power(10.0, frames[talk].astype(np.float64))
    level = 10.0 * np.log10(own.mean() + 1e-12)
    return np.asarray(np.clip(10.0 * frames[heard] - level, -_DEPTH, None) / _UNIT, np.float32)


@cache
def network(name: str) -> Any:
    """The session of a network that ships in ``listener/data``.

    Raises:
        MissingExtraError: onnxruntime is not installed.
    """
    data = files("interactspeech.listener").joinpath("data", f"{name}.onnx").read_bytes()
    return inference_session(data, "The listener", "listen")


__all__ = ["LEAST", "NOTHING", "levelled", "network"]
