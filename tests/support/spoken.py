"""Small spoken corpora for tests that listen: built once a process."""

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from interactspeech.pipelines.building import BuildSettings, build

_FOLDERS = []


@lru_cache(maxsize=4)
def spoken(voices: str = "hibari", limit: int = 2, seed: int = 1) -> Path:
    """A corpus of the first demo dialogues."""
    folder = TemporaryDirectory(prefix="interactspeech-spoken-")
    _FOLDERS.append(folder)
    path = Path(folder.name) / "corpus"
    build(["@demo"], path, BuildSettings(voices=(voices,), limit=limit, seed=seed), workers=1)
    return path
