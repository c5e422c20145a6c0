"""Prepared models: graphs built from weights or edited once, then kept beside the weights.

A kept model's name holds the recipe and three hashes: of the weights, of the code of this package
that prepares (so that a change of it makes the model anew), and of the model's own bytes, which are
checked each time that it is read. One model is kept of a recipe and weights.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

#: The code that prepares.
_CODE = (
    "campplus.py",
    "hibari_graph.py",
    "kokoro_graph.py",
    "onnx_graph.py",
    "onnx_passes.py",
    "pyannet.py",
    "silero.py",
    "torchfile.py",
)


def prepared(root: Path, weights: str, recipe: str, make: Callable[[], bytes]) -> bytes:
    """The model that `make` gives, made once and read from `root` after that.

    Args:
        root: the folder of the weights; models are kept in its folder ``prepared``. Where that
            cannot be written, the model is made each time.
        weights: SHA-256 of the weights, lower-case hexadecimal.
        recipe: names what is done to them: ``kokoro-integer``.
        make: builds or edits the graph.
    """
    folder = root / "prepared"
    origin = f"{recipe}-{weights[:16]}"
    stem = f"{origin}-{_code()[:16]}"
    for file in sorted(folder.glob(f"{stem}-*.onnx")):
        with suppress(OSError):
            data = file.read_bytes()
            if file.name == _name(stem, data):
                return data
            file.unlink()  # damaged
    data = make()
    with suppress(OSError):  # read-only or full
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f"{stem}.{os.getpid()}.partial"
        try:
            partial.write_bytes(data)
            partial.replace(folder / _name(stem, data))
            for file in folder.glob(f"{origin}-*"):  # by other code, or left by a killed process
                if file.name != _name(stem, data):
                    file.unlink(missing_ok=True)
        finally:
            partial.unlink(missing_ok=True)
    return data


def _name(stem: str, data: bytes) -> str:
    return f"{stem}-{hashlib.sha256(data).hexdigest()[:32]}.onnx"


@lru_cache(maxsize=1)
def _code() -> str:
    here = files("interactspeech.models")
    parts = (here.joinpath(name).read_bytes() for name in _CODE)
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
