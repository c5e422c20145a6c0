"""Recordings for tests of mining: sounds that are no speech; annotation says who talks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

RATE = 8_000

#: Who talks when, in seconds: turns that change over silence, a cut-in that takes the floor, one
#: that fails, feedback in overlap and in silence, a terminal overlap, long pauses.
TALK: dict[str, list[tuple[float, float]]] = {
    "A": [
        (0.5, 4.0), (4.9, 8.0), (13.0, 17.0), (17.9, 20.0), (26.0, 31.0), (31.9, 33.5),
        (41.0, 44.8), (51.2, 55.0), (60.5, 63.0), (70.0, 75.0), (76.0, 78.0),
    ],
    "B": [
        (2.0, 2.4), (8.6, 12.5), (19.2, 25.0), (28.0, 29.5), (34.2, 37.0), (37.9, 40.4),
        (44.6, 50.5), (55.6, 60.0), (64.0, 69.3), (75.3, 75.6), (78.8, 82.0),
    ],
}  # fmt: skip
LENGTH = 83.0


def smooth_noise(seconds: float, rate: int, channels: int = 1, seed: int = 0) -> np.ndarray:
    """Band-limited noise, float32, shape (n, channels): codecs keep it, unlike white noise."""
    n = round(seconds * rate)
    white = np.random.default_rng(seed).standard_normal((n + 20, channels))
    smooth = np.stack([np.convolve(c, np.hanning(21), "valid")[:n] for c in white.T], axis=1)
    return (smooth / np.abs(smooth).max(initial=1e-9) * 0.5).astype(np.float32)


def talk_sound(spans, seed: int, rate: int = RATE, length: float = LENGTH) -> np.ndarray:
    """Noise where somebody talks and next to none elsewhere, shape (n,)."""
    sound = np.random.default_rng(seed + 100).standard_normal(round(length * rate)) * 3e-4
    for place, (start, end) in enumerate(spans):
        a, b = round(start * rate), round(end * rate)
        sound[a:b] += smooth_noise((b - a) / rate, rate, seed=1000 * seed + place)[:, 0][: b - a]
    return sound.astype(np.float32)


def rttm(name: str, talk=None) -> str:
    """The annotation of a recording."""
    return "".join(
        f"SPEAKER {name} 1 {start:.3f} {end - start:.3f} <NA> <NA> {who} <NA> <NA>\n"
        for who, spans in (talk or TALK).items()
        for start, end in spans
    )


def write_call(folder: Path, name: str = "call", *, seed: int = 0, rate: int = RATE) -> Path:
    """A two-channel recording with its annotation beside it; `seed` moves everything a little."""
    folder.mkdir(parents=True, exist_ok=True)
    talk = {w: [(a + seed * 0.01, b + seed * 0.01) for a, b in s] for w, s in TALK.items()}
    sound = np.stack(
        [talk_sound(s, 2 * seed + i, rate) for i, s in enumerate(talk.values())], axis=1
    )
    soundfile.write(folder / f"{name}.wav", sound, rate)
    (folder / f"{name}.rttm").write_text(rttm(name, talk))
    return folder / f"{name}.wav"
