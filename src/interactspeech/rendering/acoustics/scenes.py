"""A scene applied: clean tracks to what was recorded. Pure; times and lengths stay.

```
own talker ─ room ─┐
the others ─ bleed ┼─ + noise at its SNR ─ gain ─ band ─ codec ─► track
```
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from interactspeech.records import Samples
from interactspeech.records.scene import Channel, Scene
from interactspeech.rendering.acoustics.codecs import coded
from interactspeech.rendering.acoustics.noise import noise
from interactspeech.rendering.acoustics.rooms import heard_in
from interactspeech.signal.spectra import band_gain, filtered, speech_power

#: Full scale that no sample exceeds; the whole track is lowered for it.
_PEAK = 0.98
#: The level of speech (mean square, -26 dB) that noise is measured against where no one speaks.
_USUAL = 10**-2.6


def apply(tracks: Samples, rate: int, scene: Scene, *, noises: Path | None = None) -> Samples:
    """What is heard of clean `tracks` in a `scene`.

    Args:
        tracks: float32, shape ``(tracks, samples)``, one speaker each.
        rate: samples a second.
        scene: see `draw`, or make one.
        noises: folder of the noise files, where the scene names some.

    Returns:
        float32, the same shape; the clean tracks are left as they are.

    Raises:
        MissingExtraError: the scene has a room and pyroomacoustics is not installed.
        InputError: a noise file cannot be had (reason ``no-noise``), a room is impossible
            (``bad-room``).
    """
    # One layout in memory: sums in another order would differ in the last bit, and codecs round.
    tracks = np.ascontiguousarray(tracks, np.float32)
    made = tracks.copy()
    rooms = [heard_in(room, tracks, rate) for room in scene.rooms]
    for index, channel in enumerate(scene.channels[: len(tracks)]):
        heard = rooms[channel.room].get(index, made[index]) if channel.room >= 0 else made[index]
        made[index] = _recorded(heard, index, channel, tracks, rate, noises)
    return made


def _recorded(
    heard: Samples,
    index: int,
    channel: Channel,
    tracks: Samples,
    rate: int,
    noises: Path | None,
) -> Samples:
    power = speech_power(heard, rate) or _USUAL
    if channel.bleed is not None:
        factor = np.float32(10 ** (channel.bleed / 20))
        late = round(channel.bleed_delay * rate)
        heard = heard.copy()
        for other, track in enumerate(tracks):
            if other != index:
                heard[late:] += factor * track[: len(track) - late]
    for one in channel.noises:
        sound = noise(one, len(heard), rate, tracks, noises)
        heard = heard + np.float32((power * 10 ** (-one.snr / 10)) ** 0.5) * sound
    if channel.gain:
        heard = heard * np.float32(10 ** (channel.gain / 20))
    if channel.band != (0.0, 0.0):
        heard = filtered(heard, rate, band_gain(*channel.band))
    peak = float(np.abs(heard).max(initial=0.0))
    if peak > _PEAK:
        heard = heard * np.float32(_PEAK / peak)
    # What a codec overshoots is cut, as a sound card would.
    return np.clip(coded(heard, rate, channel.codec), -1.0, 1.0)
