"""What happens to clean tracks on their way to an ear, in the domain of mel powers.

Powers of sounds that do not know of each other add up, so other voices, noise, crosstalk, a room's
late reverberation, band limits, levels and mixing are additions and products on ``(frames, bands)``
arrays: thousands of times faster than real time, and different in every epoch. Conditions that are
*measured* are made from samples instead (the stage's acoustics), so that what is learnt here is not
also what it is tested with.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from interactspeech.signal.log_mel import BANDS, FLOOR, STACK, centres, mel
from interactspeech.training.listener.diarized_targets import parting, without
from interactspeech.training.listener.preparation import ListenerExample

FloatArray = npt.NDArray[np.float32]
_SILENCE: Final = np.float32(FLOOR)


class Conditions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often what happens; shares in [0, 1], ranges in the unit that is named.

    Attributes:
        mono: share of examples in which both speakers are on one channel.
        parted: share of those in which somebody has parted the channel (`parting`).
        warp: range of the factor on a voice's frequencies (pitch and formants together).
        speed: range of the factor on the tempo of the dialogue.
        level, spread: standard deviation of the level of the dialogue, and of a track in it, dB.
        room: share with reverberation.
        bleed: share with crosstalk.
        far: share with both speakers in one room, away from two microphones that hear both nearly
            alike. A side is the speaker whom its microphone is nearer to than the other is.
        telephone: share with a telephone's band.
        noise, babble, music, bursts: shares of channels with steady noise, other voices, tones,
            short knocks.
        silent: share in which one speaker says nothing, and half as often neither does.
    """

    mono: float = 0.3
    parted: float = 0.0
    warp: tuple[float, float] = (0.8, 1.25)
    speed: tuple[float, float] = (0.88, 1.14)
    level: float = 7.0
    spread: float = 4.0
    room: float = 0.35
    bleed: float = 0.35
    far: float = 0.2
    telephone: float = 0.2
    noise: float = 0.7
    babble: float = 0.15
    music: float = 0.06
    bursts: float = 0.15
    silent: float = 0.1


CLEAN: Final = Conditions(
    mono=0.0, warp=(1.0, 1.0), speed=(1.0, 1.0), level=0.0, spread=0.0, room=0.0, bleed=0.0,
    far=0.0, telephone=0.0, noise=0.0, babble=0.0, music=0.0, bursts=0.0, silent=0.0,
)  # fmt: skip


class Augmenter:
    """Draws conditions and applies them.

    Args:
        conditions: how often what happens.
        rng: of everything random here.
    """

    def __init__(self, conditions: Conditions, rng: np.random.Generator) -> None:
        self.conditions = conditions
        self._rng = rng
        self._flutter = _flutter(rng)

    def __call__(
        self, example: ListenerExample, steps: int, others: FloatArray | None = None
    ) -> tuple[FloatArray, ListenerExample, bool]:
        """One example as it is heard.

        Args:
            example: at least ``ceil(steps * speed[1])`` steps of it, or it is filled with silence.
            steps: wanted.
            others: clean log-mel frames of somebody else, shape ``(n, 40)``, for babble.

        Returns:
            Log-mel steps ``(2, steps, 160)``; the targets on the same clock (an `ListenerExample`
            without features), and whether both sides hear one mixed channel that nobody has parted.
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
        loud = _level(power, active)
        gain = rng.normal(0.0, c.level) + rng.normal(0.0, c.spread, 2)
        power *= (10 ** (gain / 10)).astype(np.float32)[:, None, None]
        loud *= 10 ** (float(gain.mean()) / 10)
        power *= np.stack([self._colour(3.0 if c.noise else 0.0) for _ in range(2)])[:, None, :]
        mono = bool(rng.random() < c.mono)
        far = not mono and rng.random() < c.far
        if far:
            power = self._far(power)
        elif rng.random() < c.room:
            power = self._reverberant(power, together=mono)
        if mono:
            power = power.sum(axis=0, keepdims=True)
        elif not far and rng.random() < c.bleed:
            power = self._bled(power)
        for channel in power:
            self._disturb(channel, loud, others)
        if rng.random() < c.telephone:
            power *= self._telephone()
        # What a converter leaves at the bottom.
        floor = 10 ** rng.uniform(-10.0, -7.0) if c.noise else 0.0
        tremble = self._tremble(power.shape[1], wanted=c.noise > 0)
        heard = np.log10(power + np.float32(floor) * tremble + _SILENCE)
        heard = heard.reshape(len(power), steps, STACK * BANDS).astype(np.float32)
        if mono:
            heard = np.repeat(heard, 2, axis=0)
        if mono and rng.random() < c.parted:
            given = parting(active, rng)
            heard.reshape(2, -1, BANDS)[~given] = np.log10(FLOOR)
            active, kind = without(active, kind, given)
            mono = False
        return heard, ListenerExample(np.zeros((0,), np.float16), active, kind), mono

    def _tremble(self, frames: int, *, wanted: bool) -> FloatArray:
        """The scatter of a noise's power in short windows, shape ``(frames, 40)``, mean 1."""
        if not wanted:
            return np.ones((1, 1), np.float32)
        start = (
            int(self._rng.integers(len(self._flutter) - frames))
            if frames < len(self._flutter)
            else 0
        )
        return np.resize(self._flutter[start : start + frames], (frames, BANDS))

    def _colour(self, strength: float) -> FloatArray:
        """Gain of each band: a tilt and a smooth curve, a few dB, shape ``(40,)``."""
        x = np.linspace(0.0, 1.0, BANDS)
        curve = sum(self._rng.normal(0.0, strength / k) * np.cos(np.pi * k * x) for k in (1, 2, 3))
        return np.asarray(10 ** (np.asarray(curve) / 10), np.float32)

    def _reverberant(self, power: FloatArray, *, together: bool) -> FloatArray:
        """Late reverberation: powers smeared by an exponential decay."""
        rng = self._rng
        t60 = rng.uniform(0.15, 0.9, 2)
        ratio = rng.uniform(-2.0, 15.0, 2)
        if together:
            t60[1], ratio[1] = t60[0], ratio[0] + rng.normal(0.0, 2.0)
        heard = (10 ** (-ratio / 10)).astype(np.float32)
        return power + self._tail(power, t60) * heard[:, None, None]

    def _far(self, power: FloatArray) -> FloatArray:
        """Two microphones on a table between two people: direct sound by distance, one room's tail.

        The tail of a speaker is as loud everywhere in a room, but its powers scatter, and by
        themselves at each microphone; so do the colours of the paths.
        """
        rng = self._rng
        apart = rng.uniform(0.8, 2.4)
        place = np.sort(rng.uniform(0.05, 0.95, 2)) * apart
        beside = rng.uniform(0.1, 0.5, 2)
        tail = self._tail(power, rng.uniform(0.2, 0.8, 2))
        loss = rng.uniform(-6.0, 6.0)  # of the tail against the direct sound at a metre, dB
        out = np.zeros_like(power)
        for ear in range(2):
            square = (place[ear] - apart * np.arange(2)) ** 2 + beside[ear] ** 2
            for side in range(2):
                direct = power[side] * self._colour(1.5) / np.float32(square[side])
                late = tail[side] * self._colour(2.0) * np.float32(10 ** (-loss / 10))
                out[ear] += direct + late * self._tremble(power.shape[1], wanted=True)
            out[ear] *= np.float32(square[ear])  # its own speaker is as loud as before
        return out

    def _tail(self, power: FloatArray, t60: npt.NDArray[np.float64]) -> FloatArray:
        """Powers smeared by an exponential decay, each side's by its own."""
        from scipy.signal import lfilter

        out = np.empty_like(power)
        for side in range(len(power)):
            keep = 10 ** (-6.0 * 0.01 / t60[side])
            out[side] = lfilter([0.0, 0.0, 1.0 - keep], [1.0, -keep], power[side], axis=0)
        return out

    def _bled(self, power: FloatArray) -> FloatArray:
        """Each side hears the other, weakly, a little later, and darker."""
        rng = self._rng
        out = power.copy()
        for side in range(2):
            delay = int(rng.integers(0, 4))
            other = np.roll(power[1 - side], delay, axis=0)
            other[:delay] = 0.0
            loss = rng.uniform(10.0, 45.0) + np.linspace(0.0, rng.uniform(0.0, 12.0), BANDS)
            out[side] += other * (10 ** (-loss / 10)).astype(np.float32)
        return out

    def _disturb(self, channel: FloatArray, loud: float, others: FloatArray | None) -> None:
        """Noises, added in place; `loud` is the level of speech that signal-to-noise refers to."""
        c, rng = self.conditions, self._rng
        frames = len(channel)
        if rng.random() < c.noise:
            spectrum = self._colour(9.0)
            strength = loud * 10 ** (-rng.uniform(2.0, 40.0) / 10) / float(spectrum.mean())
            swell = self._swell(frames, rng.uniform(0.0, 4.0))
            channel += np.float32(strength) * swell * spectrum * self._tremble(frames, wanted=True)
        if others is not None and len(others) and rng.random() < c.babble:
            voices = np.zeros_like(channel)
            for _ in range(int(rng.integers(1, 5))):
                start = int(rng.integers(len(others)))
                rolled = np.resize(np.roll(others, -start, axis=0), channel.shape)
                voices += np.power(np.float32(10.0), _warped(rolled, rng.uniform(*c.warp)))
            present = float(voices.mean()) + 1e-12
            channel += voices * np.float32(loud * 10 ** (-rng.uniform(10.0, 30.0) / 10) / present)
        if rng.random() < c.music:
            tones = self._tones(frames)
            channel += tones * np.float32(loud * 10 ** (-rng.uniform(-3.0, 25.0) / 10))
        if rng.random() < c.bursts:
            for _ in range(int(rng.integers(1, 12))):
                at, long = int(rng.integers(frames)), int(rng.integers(1, 9))
                shape = np.power(np.float32(10.0), -rng.uniform(0.05, 0.6) * np.arange(long))
                burst = (
                    shape[:, None]
                    * self._colour(6.0)
                    * np.float32(loud * 10 ** (rng.uniform(-15, 8) / 10))
                )
                place = channel[at : at + long]
                place += burst[: len(place)].astype(np.float32)

    def _swell(self, frames: int, depth: float) -> FloatArray:
        """A slow change of level of about `depth` dB, shape ``(frames, 1)``."""
        knots = self._rng.normal(0.0, depth, max(2, frames // 150) + 2)
        x = np.linspace(0.0, len(knots) - 1.0, frames)
        return np.asarray(10 ** (np.interp(x, np.arange(len(knots)), knots) / 10), np.float32)[
            :, None
        ]

    def _tones(self, frames: int) -> FloatArray:
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

    def _telephone(self) -> FloatArray:
        """Gain of each band on a telephone: 300 to 3400 Hz, little else."""
        rng = self._rng
        low, high = rng.uniform(150.0, 350.0), rng.uniform(3200.0, 3900.0)
        loss = np.where((centres() < low) | (centres() > high), rng.uniform(25.0, 60.0), 0.0)
        return np.asarray(10 ** (-loss / 10), np.float32)


def _flutter(rng: np.random.Generator) -> FloatArray:
    """Gamma-distributed powers, as noise in a window has: one degree of freedom a bin and part."""
    width = np.gradient(centres()) / 31.25  # bins of 31.25 Hz in a band
    shape = np.maximum(1.0, 0.7 * width)
    return np.asarray(rng.gamma(shape, 1.0 / shape, (6000, BANDS)), np.float32)


def _level(power: FloatArray, active: npt.NDArray[np.int8]) -> float:
    """Mean power of a band while somebody speaks."""
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


def _warped(log: FloatArray, factor: float) -> FloatArray:
    """Log-mel frames of a voice whose frequencies are multiplied by `factor`."""
    if abs(factor - 1.0) < 1e-3:
        return log
    scale = mel(centres())
    place = np.interp(mel(centres() / factor), scale, np.arange(BANDS))
    low = np.minimum(place.astype(np.int64), BANDS - 2)
    part = (place - low).astype(np.float32)
    return np.asarray(log[:, low] * (1 - part) + log[:, low + 1] * part, np.float32)
