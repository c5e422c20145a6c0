"""Calls as files."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from made_calls import RATE, RTTM, TALK, sound


@pytest.fixture
def make_call(tmp_path: Path) -> Callable[..., Path]:
    """Write a call and its annotation; returns the sound file."""

    def make(name: str = "call_1", samples: np.ndarray | None = None, rttm: str = RTTM) -> Path:
        folder = tmp_path / "calls"
        folder.mkdir(exist_ok=True)
        path = folder / f"{name}.wav"
        soundfile.write(path, (sound(TALK) if samples is None else samples).T, RATE)
        if rttm:
            (folder / f"{name}.rttm").write_text(rttm.replace("NAME", name))
        return path

    return make
