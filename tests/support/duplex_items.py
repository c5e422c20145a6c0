"""Items of a user and a system on disk, for tests of the measures of duplex models."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

RATE = 16_000


def sound(spans: Sequence[tuple[float, float]], seconds: float, seed: int = 0) -> np.ndarray:
    made = np.zeros(round(seconds * RATE), np.float32)
    rng = np.random.default_rng(seed)
    for start, end in spans:
        a, b = round(start * RATE), round(end * RATE)
        made[a:b] = 0.1 * rng.standard_normal(b - a)
    return made


USER, SYSTEM = sound([(0.5, 2), (5, 6)], 10, 1), sound([(2.5, 5.5), (7, 9)], 10, 2)


def item(
    folder: Path,
    user: np.ndarray | None = USER,
    system: np.ndarray | None = SYSTEM,
    names: tuple[str, str] = ("user", "system"),
    **files: object,
) -> Path:
    folder.mkdir(parents=True)
    for name, samples in zip(names, (user, system), strict=True):
        if samples is not None:
            soundfile.write(folder / f"{name}.wav", samples, RATE)
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / f"{name}.json").write_text(text)
    return folder
