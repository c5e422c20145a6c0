"""Augmentation of clean tracks on log-mel features: rooms, noise, crosstalk, telephones, mixing.

Powers of uncorrelated sounds add up, so other voices, noise, crosstalk, late reverberation, band
limits, levels and mixing are additions and products on ``(frames, bands)`` arrays: thousands of
times faster than real time, and different in every epoch. The conditions of the benchmark are made
from samples instead (`interactspeech.rendering.acoustics`), so that the listener is not tested on
the augmentation that it was trained with.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from interactspeech._typing import Float32Array, Float64Array, Int8Array
from interactspeech.signal.log_mel import BANDS, FLOOR, STACK, centres, mel
from interactspeech.training.listener.diarization_errors import (
    drop_inaudible,
    simulated_diarization,
)
from interactspeech.training.listener.preparation import ListenerExample

_SILENCE: Final = np.float32(FLOOR)
#: Half steps of silence that part two utterances (.3 s).
_PARTS: Final = 15


#: Attributes whose name in files of settings is that of version 0.1.
_SERIALISED: Final = {"mixed": "mono", "diarized": "parted", "crosstalk": "bleed"}


class Conditions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename=_SERIALISED):
    """How often each augmentation is applied; shares in [0, 1], ranges in the unit that is named.

    Attributes:
        mixed: share of examples in which both speakers are on one channel.
        diarized: share of those in which a diarizer has split the channel
            (`simulated_diarization`).
        warp: range of the factor on a voice's frequencies (pitch and formants together).
        speed: range of the factor on the tempo of the dialogue.
        level, spread: standard deviation of the level of the dialogue, and of a track in it, dB.
        utterance: of the level of each utterance in its track, dB: people's feedback spreads by
            some 7 dB, so that level must not tell what it is.
        room: share with reverberation.
        crosstalk: share with crosstalk.
        far: share with both speakers in one room, away from two microphones that pick up both
            nearly alike. A side is the speaker that is nearer to its microphone than the other.
        telephone: share with a telephone's band.
        noise, babble, music, bursts: shares of channels with steady noise, other voices, tones,
            short knocks.
        silent: share in which one speaker is silent; a third as often both are.
        breath: share of tracks whose speaker breathes audibly: in half of the own silences, before
            the next word or after the last one, 8 to 38 dB below the speech. It is no talk.
    """

    mixed: float = 0.3
    diarized: float = 0.0
    warp: tuple[float, float] = (0.8, 1.25)
    speed: tuple[float, float] = (0.88, 1.14)
    level: float = 7.0
    spread: float = 4.0
    utterance: float = 4.0
    room: float = 0.35
    crosstalk: float = 0.35
    far: float = 0.3
    telephone: float = 0.2
    noise: float = 0.7
    babble: float = 0.25
    music: float = 0.06
    bursts: float = 0.15
    silent: float = 0.1
    breath: float = 0.5


CLEAN: Final = Conditions(
    mixed=0.0, warp=(1.0, 1.0), speed=(1.0, 1.0), level=0.0, spread=0.0, utterance=0.0, room=0.0,
    crosstalk=0.0, far=0.0, telephone=0.0, noise=0.0, babble=0.0, music=0.0, bursts=0.0, silent=0.0,
    breath=0.0,
)  # fmt: skip


class Augmenter:
    """Draws conditions and applies them.

    Args:
        conditions: how often each augmentation is applied.
        rng: source of randomness.
    """

    def __init__(self, conditions: Conditions, rng: np.random.Generator) -> None:
        self.conditions = conditions
        self._rng = rng
        self._power_scatter = _power_scatter(rng)

    def __call__(
        self, example: ListenerExample, steps: int, others: Float32Array | None = None
    ) -> tuple[Float32Array, ListenerExample, bool]:
        """One augmented example.

        Args:
            example: at least ``ceil(steps * speed[1])`` steps of it, or it is filled with silence.
            steps: length of the result.
            others: clean log-mel frames of other speakers, shape ``(n, 40)``, for babble.

        Returns:
            Log-mel steps ``(2, steps, 160)``; the targets on the same clock (a `ListenerExample`
            without features), and whether both sides are one mixed channel that was not split.
        """
        c, rng = self.conditions, self._rng
        sped = _at_speed(example, steps, rng.uniform(*c.speed))
        log = sped.features.astype(np.float32).reshape(2, steps * STACK, BANDS)
        active, kind = sped.active.copy(), sped.kind.copy()
        for side in range(2):
            log[side] = _warped(log[side], rng.uniform(*c.warp))
        power = np.power(np.float32(10.0), log) - _SILENCE
        np.maximum(power, 0.0, out=power)
        quiet = rng.random()
        for side in range(2):
            if quiet < c.silent * (1.0 if side == 0 else 0.33):
                power[side], active[side], kind[side] = 0.0, 0, -1
        if c.breath:
            for side in range(2):
                if rng.random() < c.breath:
                    self._breathe(power[side], active[side])
        loud = _level(power, active)
        gain = rng.normal(0.0, c.level) + rng.normal(0.0, c.spread, 2)
        power *= (10 ** (gain / 10)).astype(np.float32)[:, None, None]
        if c.utterance:
            for side in range(2):
                power[side] *= self._utterance_gains(active[side])
        loud *= 10 ** (float(gain.mean()) / 10)
        power *= np.stack([self._band_gains(3.0 if c.noise else 0.0) for _ in range(2)])[:, None, :]
        mixed = bool(rng.random() < c.mixed)
        far = not mixed and rng.random() < c.far
        if far:
            power = self._far(power)
        elif rng.random() < c.room:
            power = self._reverberant(power, together=mixed)
        if mixed:
            power = power.sum(axis=0, keepdims=True)
        elif not far and rng.random() < c.crosstalk:
            power = self._with_crosstalk(power)
        for channel in power:
            self._disturb(channel, loud, others)
        if rng.random() < c.telephone:
            power *= self._telephone()
        # The noise floor of a converter.
        floor = 10 ** rng.uniform(-10.0, -7.0) if c.noise else 0.0
        scatter = self._scatter(power.shape[1], wanted=c.noise > 0)
        mel = np.log10(power + np.float32(floor) * scatter + _SILENCE)
        mel = mel.reshape(len(power), steps, STACK * BANDS).astype(np.float32)
        if mixed:
            mel = np.repeat(mel, 2, axis=0)
        if mixed and rng.random() < c.diarized:
            given = simulated_diarization(active, rng)
            mel.reshape(2, -1, BANDS)[~given] = np.log10(FLOOR)
            active, kind = drop_inaudible(active, kind, given)
            mixed = False
        return mel, ListenerExample(np.zeros((0,), np.float16), active, kind), mixed

    def _breathe(self, power: Float32Array, active: Int8Array) -> None:
        """Breath in half of the silences of a track, added in place; ``active`` is by half steps.

        Drawn in before a word, it ends shortly before it; breathed out, it begins where the talk
        ends. In a short pause it takes nearly all of the silence.
        """
        rng, frames = self._rng, STACK // 2
        talking = active > 0
        if not talking.any():
            return
        loud = float(power[np.repeat(talking, frames)].mean())
        edges = np.flatnonzero(np.diff(np.concatenate(([1], talking.astype(np.int8), [1]))))
        silences = edges.reshape(-1, 2) * frames
        for start, end in silences[rng.random(len(silences)) < 0.5].tolist():
            low, high = start + int(rng.integers(1, 8)), end - int(rng.integers(2, 10))
            long = min(int(rng.integers(12, 60)), high - low)
            if long < 6:
                continue
            at = low if rng.random() < 0.2 else high - long
            rises = rng.uniform(0.15, 0.7) * long
            shape = np.minimum(
                np.arange(1, long + 1) / rises, np.arange(long, 0, -1) / (long - rises)
            )
            spectrum = self._band_gains(6.0) / (1.0 + (rng.uniform(300, 700) / centres()) ** 4)
            strength = loud * 10 ** (-rng.uniform(8.0, 38.0) / 10) / float(spectrum.mean())
            grain = self._scatter(long, wanted=True)
            power[at : at + long] += (
                np.float32(strength)
                * grain
                * (np.minimum(shape, 1.0)[:, None] ** 2 * spectrum).astype(np.float32)
            )

    def _utterance_gains(self, active: Int8Array) -> Float32Array:
        """A gain for each utterance of a track, shape ``(frames, 1)``; it changes in the middle of
        the silence before it. `active` is by half steps; a pause of at most .3 s parts nothing.
        """
        talking = np.flatnonzero(active > 0)
        pauses = np.flatnonzero(np.diff(talking) > _PARTS)
        borders = (talking[pauses] + talking[pauses + 1]) // 2
        gains = self._rng.normal(0.0, self.conditions.utterance, len(borders) + 1)
        which = np.searchsorted(borders, np.arange(len(active)), side="right")
        by_half = (10 ** (gains[which] / 10)).astype(np.float32)
        return np.repeat(by_half, STACK // 2)[:, None]

    def _scatter(self, frames: int, *, wanted: bool) -> Float32Array:
        """The scatter of a noise's power in short windows, shape ``(frames, 40)``, mean 1."""
        if not wanted:
            return np.ones((1, 1), np.float32)
        start = (
            int(self._rng.integers(len(self._power_scatter) - frames))
            if frames < len(self._power_scatter)
            else 0
        )
        return np.resize(self._power_scatter[start : start + frames], (frames, BANDS))

    def _band_gains(self, strength: float) -> Float32Array:
        """Gain of each band: a tilt and a smooth curve, a few dB, shape ``(40,)``."""
        x = np.linspace(0.0, 1.0, BANDS)
        curve = sum(self._rng.normal(0.0, strength / k) * np.cos(np.pi * k * x) for k in (1, 2, 3))
        return np.asarray(10 ** (np.asarray(curve) / 10), np.float32)

    def _reverberant(self, power: Float32Array, *, together: bool) -> Float32Array:
        """Late reverberation: powers smeared by an exponential decay."""
        rng = self._rng
        t60 = rng.uniform(0.15, 0.9, 2)
        ratio = rng.uniform(-2.0, 15.0, 2)
        if together:
            t60[1], ratio[1] = t60[0], ratio[0] + rng.normal(0.0, 2.0)
        gain = (10 ** (-ratio / 10)).astype(np.float32)
        return power + self._tail(power, t60) * gain[:, None, None]

    def _far(self, power: Float32Array) -> Float32Array:
        """Two microphones on a table between two people: direct sound by distance, one room's tail.

        The reverberant tail of a speaker is as loud everywhere in a room, but its powers scatter
        independently at each microphone; so do the spectra of the paths.
        """
        rng = self._rng
        distance = rng.uniform(0.8, 2.4)
        place = np.sort(rng.uniform(0.05, 0.95, 2)) * distance
        beside = rng.uniform(0.1, 0.5, 2)
        tail = self._tail(power, rng.uniform(0.2, 0.8, 2))
        loss = rng.uniform(-6.0, 6.0)  # of the tail against the direct sound at a metre, dB
        out = np.zeros_like(power)
        for microphone in range(2):
            square = (place[microphone] - distance * np.arange(2)) ** 2 + beside[microphone] ** 2
            for side in range(2):
                direct = power[side] * self._band_gains(1.5) / np.float32(square[side])
                late = tail[side] * self._band_gains(2.0) * np.float32(10 ** (-loss / 10))
                out[microphone] += direct + late * self._scatter(power.shape[1], wanted=True)
            out[microphone] *= np.float32(
                square[microphone]
            )  # its own speaker is as loud as before
        return out

    def _tail(self, power: Float32Array, t60: Float64Array) -> Float32Array:
        """Powers smeared by an exponential decay, each side's by its own."""
        from scipy.signal import lfilter

        out = np.empty_like(power)
        for side in range(len(power)):
            keep = 10 ** (-6.0 * 0.01 / t60[side])
            out[side] = lfilter([0.0, 0.0, 1.0 - keep], [1.0, -keep], power[side], axis=0)
        return out

    def _with_crosstalk(self, power: Float32Array) -> Float32Array:
        """The other side added to each: weaker, a little later, and low-passed."""
        rng = self._rng
        out = power.copy()
        for side in range(2):
            delay = int(rng.integers(0, 4))
            other = np.roll(power[1 - side], delay, axis=0)
            other[:delay] = 0.0
            loss = rng.uniform(10.0, 45.0) + np.linspace(0.0, rng.uniform(0.0, 12.0), BANDS)
            out[side] += other * (10 ** (-loss / 10)).astype(np.float32)
        return out

    def _disturb(self, channel: Float32Array, loud: float, others: Float32Array | None) -> None:
        """Noises, added in place; `loud` is the level of speech that signal-to-noise refers to."""
        c, rng = self.conditions, self._rng
        frames = len(channel)
        if rng.random() < c.noise:
            spectrum = self._band_gains(9.0)
            strength = loud * 10 ** (-rng.uniform(2.0, 40.0) / 10) / float(spectrum.mean())
            drift = self._level_drift(frames, rng.uniform(0.0, 4.0))
            channel += np.float32(strength) * drift * spectrum * self._scatter(frames, wanted=True)
        if others is not None and len(others) and rng.random() < c.babble:
            voices = np.zeros_like(channel)
            for _ in range(int(rng.integers(1, 7))):
                start = int(rng.integers(len(others)))
                rolled = np.resize(np.roll(others, -start, axis=0), channel.shape)
                voices += np.power(np.float32(10.0), _warped(rolled, rng.uniform(*c.warp)))
            present = float(voices.mean()) + 1e-12
            channel += voices * np.float32(loud * 10 ** (-rng.uniform(4.0, 28.0) / 10) / present)
        if rng.random() < c.music:
            tones = self._tones(frames)
            channel += tones * np.float32(loud * 10 ** (-rng.uniform(-3.0, 25.0) / 10))
        if rng.random() < c.bursts:
            for _ in range(int(rng.integers(1, 12))):
                at, long = int(rng.integers(frames)), int(rng.integers(1, 9))
                shape = np.power(np.float32(10.0), -rng.uniform(0.05, 0.6) * np.arange(long))
                burst = (
                    shape[:, None]
                    * self._band_gains(6.0)
                    * np.float32(loud * 10 ** (rng.uniform(-15, 8) / 10))
                )
                place = channel[at : at + long]
                place += burst[: len(place)].astype(np.float32)

    def _level_drift(self, frames: int, depth: float) -> Float32Array:
        """A slow change of level of about `depth` dB, shape ``(frames, 1)``."""
        knots = self._rng.normal(0.0, depth, max(2, frames // 150) + 2)
        x = np.linspace(0.0, len(knots) - 1.0, frames)
        return np.asarray(10 ** (np.interp(x, np.arange(len(knots)), knots) / 10), np.float32)[
            :, None
        ]

    def _tones(self, frames: int) -> Float32Array:
        """Notes with harmonics that begin on a beat and decay, as music has."""
        rng = self._rng
        out = np.zeros((frames, BANDS), np.float32)
        beat = int(rng.integers(12, 60))
        centre = centres()
        for at in range(int(rng.integers(beat)), frames, beat):
            for _ in range(int(rng.integers(1, 4))):
                pitch = 110.0 * 2 ** (rng.integers(0, 36) / 12)
                bands = np.unique(
                    np.abs(centre[None] - pitch * np.arange(1, 9)[:, None]).argmin(axis=1)
                )
                long = min(frames - at, int(rng.integers(beat, 4 * beat)))
                decay = 10 ** (-rng.uniform(0.0, 0.03) * np.arange(long))
                out[at : at + long, bands] += (
                    decay[:, None] * rng.uniform(0.1, 1.0, len(bands))
                ).astype(np.float32)
        return out

    def _telephone(self) -> Float32Array:
        """Gain of each band on a telephone: 300 to 3400 Hz, little else."""
        rng = self._rng
        low, high = rng.uniform(150.0, 350.0), rng.uniform(3200.0, 3900.0)
        loss = np.where((centres() < low) | (centres() > high), rng.uniform(25.0, 60.0), 0.0)
        return np.asarray(10 ** (-loss / 10), np.float32)


def _power_scatter(rng: np.random.Generator) -> Float32Array:
    """Gamma-distributed powers, as noise in a window has: one degree of freedom a bin and part."""
    width = np.gradient(centres()) / 31.25  # bins of 31.25 Hz in a band
    shape = np.maximum(1.0, 0.7 * width)
    return np.asarray(rng.gamma(shape, 1.0 / shape, (6000, BANDS)), np.float32)


def _level(power: Float32Array, active: Int8Array) -> float:
    """Mean power of a band during speech."""
    speaking = np.repeat(active > 0, STACK // 2, axis=1)
    return float(power[speaking].mean()) if speaking.any() else 1e-6


def _at_speed(example: ListenerExample, steps: int, speed: float) -> ListenerExample:
    """`steps` steps of the example played at `speed`; silence after its end."""
    features = example.features.reshape(2, -1, BANDS)
    pick = (np.arange(steps * STACK) * speed).astype(np.int64)
    inside = pick < features.shape[1]
    frames = np.full((2, steps * STACK, BANDS), np.log10(FLOOR), np.float16)
    frames[:, inside] = features[:, pick[inside]]
    half = pick[:: STACK // 2] // (STACK // 2)
    whole = pick[::STACK] // STACK
    active = np.zeros((2, steps * 2), np.int8)
    kind = np.full((2, steps), -1, np.int8)
    fits = half < example.active.shape[1]
    active[:, fits] = example.active[:, half[fits]]
    fits = whole < example.kind.shape[1]
    kind[:, fits] = example.kind[:, whole[fits]]
    return ListenerExample(frames.reshape(2, steps, STACK * BANDS), active, kind)


def _warped(log: Float32Array, factor: float) -> Float32Array:
    """Log-mel frames of a voice whose frequencies are multiplied by `factor`."""
    if abs(factor - 1.0) < 1e-3:
        return log
    scale = mel(centres())
    place = np.interp(mel(centres() / factor), scale, np.arange(BANDS))
    low = np.minimum(place.astype(np.int64), BANDS - 2)
    part = (place - low).astype(np.float32)
    return np.asarray(log[:, low] * (1 - part) + log[:, low + 1] * part, np.float32)
