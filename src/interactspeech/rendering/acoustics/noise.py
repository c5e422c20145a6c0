"""Noises of unit power, each a pure function of its seed (and, for babble, of the voices).

Long-term spectra: pink noise falls by 3 dB an octave; street noise by 6 dB an octave above 100 Hz,
with the hiss of tyres at 1 kHz, louder as cars pass; hum has the harmonics of a mains frequency.
Babble is the dialogue's own speech at other pitches, backwards, many times over: the
spectrum and the rhythm of voices without intelligible words.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.errors import InputError
from interactspeech.records import Samples
from interactspeech.records.scene import Noise
from interactspeech.seeds import generator
from interactspeech.signal.spectra import fast_length

#: Voices of a babble: with six or more, single words no longer stand out (Simpson and Cooke 2005,
#: JASA 118).
_TALKERS = 8


def noise(
    wanted: Noise, count: int, rate: int, voices: Samples, folder: Path | None = None
) -> Samples:
    """`count` samples of a noise, mean square 1 (0 where the voices of a babble are silent).

    Args:
        wanted: which.
        count: samples.
        rate: samples a second.
        voices: clean tracks, shape ``(tracks, samples)``, for babble.
        folder: where noise files are.

    Raises:
        InputError: a noise file is missing or cannot be read (reason ``no-noise``).
    """
    rng = generator(wanted.seed, "noise", wanted.kind)
    match wanted.kind:
        case "pink":
            made = _coloured(count, rate, rng, _pink)
        case "street":
            made = _coloured(count, rate, rng, _street) * _passing(count, rate, rng)
        case "hum":
            made = _hum(count, rate, rng)
        case "babble":
            made = _babble(count, rate, rng, voices)
        case "file":
            made = _from_file(wanted.file, count, rate, rng, folder)
    power = float(np.einsum("i,i->", made, made, dtype=np.float64)) / max(count, 1)
    if power > 0:
        made *= np.float32(power**-0.5)
    return made


def _coloured(
    count: int, rate: int, rng: np.random.Generator, gain: Callable[[Float32Array], Float32Array]
) -> Float32Array:
    """Gaussian noise with a spectrum: drawn as a spectrum, so one transform makes it."""
    size = fast_length(count)
    bins = size // 2 + 1
    drawn = rng.standard_normal((bins, 2), dtype=np.float32).view(np.complex64)[:, 0]
    hertz = (np.arange(bins) * np.float32(rate / size)).astype(np.float32)
    drawn *= gain(hertz)
    return np.asarray(np.fft.irfft(drawn, size)[:count], np.float32)


def _pink(hertz: Float32Array) -> Float32Array:
    return np.where(hertz > 20, 1 / np.sqrt(np.maximum(hertz, 20)), 0).astype(np.float32)


def _street(hertz: Float32Array) -> Float32Array:
    rumble = 1 / np.maximum(hertz / 100, 1)
    tyres = 0.06 * np.exp(-np.square(np.log2(np.maximum(hertz, 20) / 1000)))
    return np.where(hertz > 20, rumble + tyres, 0).astype(np.float32)


def _passing(count: int, rate: int, rng: np.random.Generator) -> Float32Array:
    """A slow gain between about 0.4 and 1.6: something passes every six seconds or so."""
    step = rate // 10
    slow = np.arange(-(-count // step) + 1) / 10
    gain = np.full(len(slow), 0.4)
    at = float(rng.uniform(-4, 4))
    while at < slow[-1] + 4:
        gain += rng.uniform(0.3, 1.2) * np.exp(-(((slow - at) / rng.uniform(0.6, 2.0)) ** 2))
        at += float(rng.exponential(6.0)) + 1.0
    between = np.interp(np.arange(count) / step, np.arange(len(slow)), gain)
    return np.asarray(between, np.float32)


def _hum(count: int, rate: int, rng: np.random.Generator) -> Float32Array:
    """Mains hum; a second holds whole periods, so one is made and repeated."""
    mains = 50 if rng.random() < 0.5 else 60
    time = np.arange(rate) / rate
    second = np.zeros(rate)
    for harmonic in range(1, 13):
        size = rng.uniform(0.3, 1.0) / harmonic ** rng.uniform(0.6, 1.2)
        second += size * np.sin(2 * np.pi * (harmonic * mains * time + rng.random()))
    return np.resize(second.astype(np.float32), count)


def _babble(count: int, rate: int, rng: np.random.Generator, voices: Samples) -> Float32Array:
    """Many talkers out of the dialogue's few."""
    made = np.zeros(count, np.float32)
    tracks = [_without_silence(track, rate) for track in voices]
    tracks = [track for track in tracks if len(track) > rate // 2]
    if not tracks:
        return made
    import soxr

    for talker in range(_TALKERS):
        track = tracks[talker % len(tracks)]
        factor = float(rng.uniform(0.85, 1.18))
        voice = soxr.resample(track[::-1], rate * factor, rate, quality="LQ")
        start = int(rng.integers(len(voice)))
        level = np.float32(10 ** (rng.uniform(-3, 3) / 20))
        made += level * np.resize(np.roll(voice, -start), count)
    return made


def _without_silence(track: Samples, rate: int) -> Samples:
    """The frames (50 ms) in which there is speech, one after the other, levelled."""
    hop = rate // 20
    frames = track[: len(track) // hop * hop].reshape(-1, hop)
    energy = np.einsum("ij,ij->i", frames, frames)
    spoken: Float32Array = frames[energy > energy.max(initial=0) * 1e-4].reshape(-1)
    power = float(np.einsum("i,i->", spoken, spoken)) / max(len(spoken), 1)
    if power > 0:
        spoken *= np.float32(power**-0.5)  # a copy, for it was picked frame by frame
    return spoken


def _from_file(
    name: str, count: int, rate: int, rng: np.random.Generator, folder: Path | None
) -> Float32Array:
    """A piece of a recorded noise from a drawn place, repeated where it is too short."""
    import soundfile
    import soxr

    if folder is None:
        raise InputError(
            f"the scene has the noise file {name!r}, and no noise folder is given",
            remedy="name the folder it was drawn from",
            reason="no-noise",
        )
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"the noise file {name!r} lies outside of {folder}", reason="no-noise")
    try:
        with soundfile.SoundFile(path) as file:
            total, own = file.frames, file.samplerate
            wanted = min(total, -(-count * own // rate))
            file.seek(int(rng.integers(total - wanted + 1)))
            heard = file.read(wanted, dtype="float32", always_2d=True)[:, 0]
    except (OSError, soundfile.LibsndfileError, ValueError) as error:
        raise InputError(f"cannot be read as a noise: {error}", path, reason="no-noise") from None
    if len(heard) == 0:
        raise InputError("holds no samples", path, reason="no-noise")
    if own != rate:
        heard = soxr.resample(heard, own, rate)
    return np.resize(np.asarray(heard, np.float32), count)
