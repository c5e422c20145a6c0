"""Calls to report on: a dialogue of known timing, and its sound."""

import numpy as np

from interactspeech.seeds import generator

RATE = 8000
#: Who talks when, in seconds: an answer after .3 s, an interruption that takes the floor (B stops
#: .6 s after A came in), one that fails, 3.2 s of dead air, a backchannel.
TALK = {
    "A": [(0.5, 4.0), (8.4, 12.0), (18.2, 21.0), (26.0, 34.0)],
    "B": [(4.3, 9.0), (12.5, 15.0), (19.0, 19.8), (29.0, 29.4)],
}
RTTM = "".join(
    f"SPEAKER NAME 1 {start:.3f} {end - start:.3f} <NA> <NA> {who} <NA> <NA>\n"
    for who, spans in TALK.items()
    for start, end in spans
)


def noise(key: str, seconds: float, rate: int = RATE) -> np.ndarray:
    """Noise with the rhythm of syllables, so that it is loud and never the same."""
    n = round(seconds * rate)
    drawn = generator(3, key).standard_normal(n)
    rhythm = 0.6 + 0.4 * np.sin(2 * np.pi * 4 * np.arange(n) / rate)
    return (0.12 * rhythm * np.cumsum(drawn - drawn.mean()) / np.sqrt(n)).astype(np.float32) + (
        0.05 * rhythm * drawn
    ).astype(np.float32)


def sound(talk: dict[str, list[tuple[float, float]]], seconds: float = 36.0) -> np.ndarray:
    """Two channels, a speaker each, over a faint noise floor."""
    channels = []
    for who, spans in talk.items():
        row = 1e-4 * generator(4, who).standard_normal(round(seconds * RATE)).astype(np.float32)
        for start, end in spans:
            a, b = round(start * RATE), round(end * RATE)
            row[a:b] += noise(f"{who}{start}", end - start)[: b - a]
        channels.append(row)
    return np.clip(np.stack(channels), -1, 1)
