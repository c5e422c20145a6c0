"""Words said laughing: speech with the tremor, the breath and the raised pitch of a laugh.

A speech-laugh is no laugh beside speech but both at once: voice that pulses as the bursts of a
laugh do, breath that is pressed out between the pulses, a higher pitch (Trouvain 2001, Proceedings
of the Prosody in Speech Recognition and Understanding workshop; Menezes and Igarashi 2006, ISSP).
How deep and how high is ours. The words keep their times.
"""

from __future__ import annotations

import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.records import Samples
from interactspeech.signal.pages import at_rate
from interactspeech.signal.pitch import FRAMES_PER_SECOND, pitch_track
from interactspeech.tts.sounds.laughter import PACE
from interactspeech.tts.sounds.voice_noise import voice_noise
from interactspeech.tts.sounds.voice_portrait import VoicePortrait
from interactspeech.tts.spectral_synthesis import HOP, RATE
from interactspeech.tts.variants import Variant, vary_pitch

#: Depth of the pulses and level of the breath between them beside the words, dB.
_DEPTH, _BREATH = (5.0, 9.0), (-17.0, -12.0)
#: Factor on the pitch.
_PITCH = (1.12, 1.35)
#: The laugh comes over the words in this share of them, at most so many seconds.
_ONSET, _LONGEST_ONSET = 0.3, 0.25
_FADE = 0.02


def speech_laugh(samples: Samples, portrait: VoicePortrait, rng: np.random.Generator) -> Samples:
    """Words of a voice said laughing, mono float32: as many samples, of the same mean power.

    Args:
        samples: the words, at the portrait's rate.
        portrait: of their voice.
        rng: draws pace, depth, pitch and breath.
    """
    rate, count = portrait.rate, len(samples)
    power = float(np.square(samples, dtype=np.float64).mean()) if count else 0.0
    if power <= 0:
        return samples
    pace, depth = rng.uniform(*PACE), rng.uniform(*_DEPTH)
    breath, factor = rng.uniform(*_BREATH), rng.uniform(*_PITCH)
    time = np.arange(count) / rate
    over = np.clip(time / min(_ONSET * count / rate, _LONGEST_ONSET), 0.0, 1.0)
    # Each pulse is a little longer than the one before, as in laughter.
    phase = 2 * np.pi * pace * time / (1 + 0.05 * time) + rng.uniform(0, 2 * np.pi)
    trough = over * (0.5 - 0.5 * np.cos(phase))
    voice = _raised(samples, rate, factor, np.asarray(over, np.float32))
    noise = voice_noise(count, rate, portrait.envelope, rng)
    noise *= np.float32(power**0.5 * 10 ** (breath / 20))
    made = voice * 10 ** (-depth * trough / 20) + noise * (0.35 * over + 0.65 * trough)
    edge = min(round(_FADE * rate), count // 2)
    if edge:
        ramp = (np.arange(edge) + 0.5) / edge
        made[:edge] = samples[:edge] + ramp * (made[:edge] - samples[:edge])
        made[-edge:] = samples[-edge:] + ramp[::-1] * (made[-edge:] - samples[-edge:])
    made *= (power / float(np.square(made).mean())) ** 0.5
    return np.asarray(made, np.float32)


def _raised(samples: Samples, rate: int, factor: float, over: Float32Array) -> Samples:
    """`samples` with a raised pitch, which comes over them as `over` goes from 0 to 1."""
    sound = at_rate(samples[None], rate, RATE)[0]
    hertz, _ = pitch_track(sound, RATE)
    if not hertz.any():
        return samples
    frames = -(-len(sound) // HOP)
    padded = np.pad(sound, (0, frames * HOP - len(sound)))
    # The nearest frame, so that no pitch lies between a voiced and an unvoiced one.
    near = np.rint((np.arange(frames) + 0.5) * HOP / RATE * FRAMES_PER_SECOND - 2).astype(int)
    f0 = hertz[np.clip(near, 0, len(hertz) - 1)].astype(np.float32)
    varied = vary_pitch(padded, f0, Variant(pitch=factor))
    raised = at_rate(varied[None], RATE, rate)[0, : len(samples)]
    raised = np.pad(raised, (0, len(samples) - len(raised)))
    return np.asarray(samples + over * (raised - samples), np.float32)
