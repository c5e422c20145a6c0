"""The acoustic conditions of a benchmark, one at a time, each made from samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.errors import UsageError
from interactspeech.rendering.acoustics import Preset, apply, draw

Condition = Callable[[Float32Array, int, str], Float32Array]

_RATE: Final = 16_000
_CLEAN: Final = Preset(
    telephone=0.0,
    codecs=("ulaw",),
    together=0.0,
    apart=0.0,
    distance=(0.02, 0.05),
    rt60=(0.2, 0.3),
    noisy=0.0,
    kinds=("pink",),
    snr=(30.0, 40.0),
    bleeding=0.0,
    bleed=(-50.0, -40.0),
)


def _but(**changes: object) -> Preset:
    return msgspec.structs.replace(_CLEAN, **changes)


#: Name -> what is drawn for each dialogue; all of it happens to every dialogue. "noisy": 5 to 15 dB
#: of street, babble and pink noise; "far": one room for all, 0.5 to 1.5 m from the microphones,
#: which pick up every speaker; "bleed": the other channel at -25 to -12 dB; "telephone": mu-law,
#: A-law and GSM at 8 kHz.
CONDITIONS: Final[dict[str, Preset | None]] = {
    "clean": None,
    "telephone": _but(telephone=1.0, codecs=("ulaw", "alaw", "gsm"), noisy=0.5, snr=(20.0, 35.0)),
    "noisy": _but(noisy=1.0, kinds=("street", "babble", "pink"), snr=(5.0, 15.0)),
    "bleed": _but(bleeding=1.0, bleed=(-25.0, -12.0), noisy=1.0, snr=(25.0, 35.0)),
    "far": _but(together=1.0, distance=(0.5, 1.5), rt60=(0.3, 0.6), noisy=1.0, snr=(15.0, 25.0)),
}

#: Here a microphone is near no speaker, often nearer to the other than to its own: the audio does
#: not show which channel is whose. The better assignment of channels to speakers counts.
UNNAMED: Final = frozenset({"far"})


def condition(name: str) -> Condition | None:
    """What happens to tracks at 16 kHz under a condition; None for "clean".

    Raises:
        InputError: there is none of that name.
    """
    if name not in CONDITIONS:
        raise UsageError(f"no condition {name!r}", remedy=f"one of {', '.join(CONDITIONS)}")
    preset = CONDITIONS[name]
    if preset is None:
        return None

    def degraded(tracks: Float32Array, seed: int, dialogue_id: str) -> Float32Array:
        scene = draw(preset, seed, dialogue_id, len(tracks))
        return np.asarray(apply(tracks, _RATE, scene), np.float32)

    return degraded
