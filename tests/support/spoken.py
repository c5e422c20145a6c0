"""Small spoken corpora for tests that listen: built once a process."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soxr

from interactspeech.corpus import Corpus
from interactspeech.pipelines.building import BuildSettings, build
from interactspeech.signal.log_mel import RATE

_FOLDERS = []


@lru_cache(maxsize=4)
def spoken(voices: str = "hibari", limit: int = 2, seed: int = 1) -> Path:
    """A corpus of the first demo dialogues."""
    folder = TemporaryDirectory(prefix="interactspeech-spoken-")
    _FOLDERS.append(folder)
    path = Path(folder.name) / "corpus"
    build(["@demo"], path, BuildSettings(voices=(voices,), limit=limit, seed=seed), workers=1)
    return path


def turns_end_to_end(number: int = 1) -> list[np.ndarray]:
    """What each speaker of a spoken dialogue says in turns, without the pauses, 16 kHz."""
    item = list(Corpus.open(spoken()))[number]
    audio = soxr.resample(item.audio().T, item.dialogue.rate, RATE).T
    parts = []
    for channel, speaker in zip(audio, item.dialogue.speakers, strict=True):
        spans = [
            (s.start * RATE // item.dialogue.rate, s.end * RATE // item.dialogue.rate)
            for u in item.dialogue.utterances
            if u.speaker == speaker.id and u.kind == "turn"
            for s in u.speech
        ]
        parts.append(np.concatenate([channel[a:b] for a, b in spans]))
    return parts
