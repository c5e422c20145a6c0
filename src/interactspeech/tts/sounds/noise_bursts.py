"""Coughs, throat clearing and clicks of the tongue: short bursts of noise, some with voice.

A cough is an explosive burst, a weaker flow of air, and often a voiced end (Korpáš, Sadloňová and
Vrabec 1996, Pulmonary Pharmacology 9); throat clearing is a low, rough voice through noise. A click
is the ring of the mouth's cavity, between one and three kilohertz, for a few milliseconds.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from interactspeech.records import Samples
from interactspeech.tts.sounds.voice_noise import swell, voice_noise
from interactspeech.tts.sounds.voice_portrait import VoicePortrait
from interactspeech.tts.sounds.vowel_bursts import vowel_burst


def cough(portrait: VoicePortrait, seconds: float, rng: np.random.Generator) -> Samples:
    """One or two coughs in a length in seconds, mono float32; the level is arbitrary."""
    rate, length = portrait.rate, round(seconds * portrait.rate)
    out = np.zeros(length, np.float32)
    bursts = 2 if seconds > 0.42 else 1
    edges = np.linspace(0, length, bursts + 1).round().astype(int)
    for index, (low, high) in enumerate(pairwise(edges.tolist())):
        count = high - low
        time = np.arange(count) / rate
        burst = voice_noise(count, rate, portrait.envelope, rng)
        flow = np.exp(-time / 0.035) + 0.22 * np.exp(-time / 0.11)
        burst *= (flow * np.minimum(time / 0.004, 1.0)).astype(np.float32)
        if portrait.vowels and rng.random() < 0.7:
            burst += 0.35 * _rough_voice(portrait, count, 1.15, rng) * swell(count, 0.35, 0.5)
        out[low:high] = burst * swell(count, 0.01, 0.2) * np.float32(0.75**index)
    return out


def throat_clearing(portrait: VoicePortrait, seconds: float, rng: np.random.Generator) -> Samples:
    """A cleared throat of a length in seconds, mono float32; the level is arbitrary."""
    count = round(seconds * portrait.rate)
    noise = voice_noise(count, portrait.rate, portrait.envelope, rng, formants=0.8)
    made = 0.45 * noise
    if portrait.vowels:
        made = made + 0.8 * _rough_voice(portrait, count, 0.72, rng)
    time = np.arange(count) / portrait.rate
    # The folds are pressed and let go some 25 times a second.
    flutter = 0.6 + 0.4 * np.sin(2 * np.pi * (24 + 4 * rng.standard_normal()) * time)
    return np.asarray(made * flutter * swell(count, 0.15, 0.4, hold=0.7), np.float32)


def click(portrait: VoicePortrait, seconds: float, rng: np.random.Generator) -> Samples:
    """A click of the tongue of a length in seconds, mono float32; the level is arbitrary."""
    rate, count = portrait.rate, round(seconds * portrait.rate)
    time = np.arange(count) / rate
    made = np.zeros(count)
    # A smaller mouth rings higher, as its voice does.
    size = (portrait.pitch / 150) ** 0.25 if portrait.pitch else 1.0
    for low, high, gain in ((1100, 1600, 1.0), (2200, 3100, 0.5), (4200, 5500, 0.2)):
        hertz = min(rng.uniform(low, high) * size, 0.45 * rate)
        ring = np.exp(-time / rng.uniform(0.0025, 0.005))
        made += gain * ring * np.sin(2 * np.pi * hertz * time + rng.uniform(0, 2 * np.pi))
    noise = voice_noise(count, rate, portrait.envelope, rng, formants=0.3)
    made += 0.35 * noise * np.exp(-time / 0.003)
    return np.asarray(made * swell(count, 0.03, 0.3), np.float32)


def _rough_voice(
    portrait: VoicePortrait, count: int, height: float, rng: np.random.Generator
) -> Samples:
    """A rough, falling voice of mean square 1."""
    vowel = portrait.vowels[0]
    time = (np.arange(count) + 0.5) / max(count, 1)
    track = np.maximum(portrait.pitch * height * 2 ** (-3 * time / 12), 45.0)
    made = vowel_burst(vowel, portrait.rate, track, rng, jitter=0.08)
    power = float(np.square(made).mean())
    return np.asarray(made * np.float32(power**-0.5 if power > 0 else 0.0), np.float32)
