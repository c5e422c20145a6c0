"""Laughter made of a voice: bursts of its own vowel, breath between them, and the pitch falling.

```
level   █        █                       bursts a fifth of a second apart
        █▇▂  ▆   █▇▂  ▆   █▅▁  ▄   ▅▂    each after its h, softer and lower than the one before
        ha   h   ha   h   ha   h   ha  ~~~ breath drawn in at the end of a long one
```

A laugh has 4 to 5 bursts a second that get softer (Provine 2000, Laughter; Bachorowski, Smoski and
Owren 2001, JASA 110, who also find a third to a half of laughs without voice, and a pitch well
above that of speech that falls in most).
"""

from __future__ import annotations

import numpy as np

from interactspeech.records import Samples
from interactspeech.tts.sounds.voice_noise import swell, voice_noise
from interactspeech.tts.sounds.voice_portrait import VoicePortrait, Vowel
from interactspeech.tts.sounds.vowel_bursts import vowel_burst

#: Bursts a second; the share of laughs that have no voice; the first burst's pitch over the pitch
#: of speech; semitones by which it falls from burst to burst.
PACE = (4.2, 5.2)
_VOICELESS = 0.3
_PITCH = (1.25, 1.7)
_FALL = (0.3, 1.3)
#: dB by which each burst is softer than the one before.
_SOFTER = (0.8, 2.6)
#: Share of a burst's time that is its h; level of the h, and of the breath in the voice, dB.
_H_SHARE, _H_LEVEL, _BREATH_LEVEL = (0.3, 0.42), -15.0, -16.0
#: The breath at the end of laughs longer than this many seconds: its share of the length, dB.
_BREATH_AFTER, _BREATH_SHARE, _LAST_BREATH = 1.1, 0.28, -21.0
_HIGHEST_PITCH = 520.0


def laughter(portrait: VoicePortrait, seconds: float, rng: np.random.Generator) -> Samples:
    """A laugh of a length in seconds, mono float32; its level is arbitrary.

    A voice without a steady vowel laughs without voice.
    """
    rate = portrait.rate
    length = round(seconds * rate)
    out = np.zeros(length, np.float32)
    voiced = bool(portrait.vowels) and rng.random() >= _VOICELESS
    breath = 0
    if seconds > _BREATH_AFTER and rng.random() < 0.6:
        breath = round(_BREATH_SHARE * length)
    pace = rng.uniform(*PACE)
    bursts = max(2, round((length - breath) / rate * pace))
    # Bursts get a little longer towards the end.
    weights = np.linspace(1.0, 1.15, bursts) * (1 + 0.06 * rng.standard_normal(bursts))
    edges = np.concatenate([[0.0], np.cumsum(weights)]) / weights.sum() * (length - breath)
    vowel = portrait.vowels[int(rng.integers(min(3, len(portrait.vowels))))] if voiced else None
    pitch = portrait.pitch * rng.uniform(*_PITCH)
    fall, softer, h_share = rng.uniform(*_FALL), rng.uniform(*_SOFTER), rng.uniform(*_H_SHARE)
    level = -softer if bursts > 2 else 0.0  # the second burst is the loudest of many
    for index in range(bursts):
        low, high = round(edges[index]), round(edges[index + 1])
        gain = np.float32(10 ** (level / 20))
        h = round((high - low) * h_share)
        if vowel is None:
            out[low:high] += gain * _voiceless_burst(portrait, high - low, rng)
        else:
            noise = voice_noise(h + h // 2, rate, portrait.envelope, rng)
            noise *= swell(len(noise), 0.5, 0.5) * np.float32(10 ** (_H_LEVEL / 20))
            out[low : low + len(noise)] += gain * noise[: length - low]
            out[low + h : high] += gain * _voiced_burst(portrait, vowel, high - low - h, pitch, rng)
        pitch = max(pitch * 2 ** (-fall * rng.uniform(0.4, 1.6) / 12), 0.9 * portrait.pitch)
        level += softer if index == 0 and bursts > 2 else -softer * rng.uniform(0.5, 1.5)
    if breath:
        drawn = voice_noise(breath, rate, portrait.envelope, rng, formants=0.6)
        drawn *= swell(breath, 0.5, 0.25) * np.float32(10 ** (_LAST_BREATH / 20))
        out[length - breath :] += drawn
    return out


def _voiced_burst(
    portrait: VoicePortrait,
    vowel: Vowel,
    count: int,
    pitch: float,
    rng: np.random.Generator,
) -> Samples:
    """One ha without its h, of mean square about 1 at its loudest."""
    time = (np.arange(count) + 0.5) / max(count, 1)
    arch = 1.0 * np.sin(np.pi * np.clip(time * 1.6, 0, 1)) - rng.uniform(1.5, 3.5) * time
    track = np.clip(pitch * 2 ** (arch / 12), 50.0, _HIGHEST_PITCH)
    burst = vowel_burst(vowel, portrait.rate, track, rng)
    power = float(np.square(burst).mean())
    if power > 0:
        burst = burst * np.float32(power**-0.5)
    breath = voice_noise(count, portrait.rate, portrait.envelope, rng)
    burst = burst + breath * np.float32(10 ** (_BREATH_LEVEL / 20))
    return np.asarray(burst * swell(count, 0.22, 0.6), np.float32)


def _voiceless_burst(portrait: VoicePortrait, count: int, rng: np.random.Generator) -> Samples:
    noise = voice_noise(count, portrait.rate, portrait.envelope, rng)
    noise *= swell(count, 0.35, 0.55)
    return noise
