"""The tensors of a PyTorch checkpoint, read without torch and without unpickling anything.

A checkpoint (since PyTorch 1.6) is a zip archive: ``data.pkl`` describes a dictionary of tensors,
and each tensor's numbers lie, raw and little-endian, in a member of their own. Of the description
only the strings are looked at (`pickletools.genops` reads opcodes and runs none): a tensor's name
is followed by the key of its storage. Shapes are for the caller to know, who knows the model.
"""

from __future__ import annotations

import io
import pickletools
import zipfile

import numpy as np

from interactspeech._typing import Float32Array

_STRINGS = frozenset(("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "UNICODE"))


def tensors(data: bytes) -> dict[str, Float32Array]:
    """Name -> numbers, flat, of the float32 tensors of a checkpoint that holds one dictionary.

    Raises:
        ValueError: `data` is no such file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read(archive)
    except (zipfile.BadZipFile, StopIteration, KeyError) as error:
        raise ValueError(f"no PyTorch checkpoint ({error})") from None


def _read(archive: zipfile.ZipFile) -> dict[str, Float32Array]:
    listing = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
    folder = listing.removesuffix("data.pkl") + "data/"
    keys = {name.removeprefix(folder) for name in archive.namelist() if name.startswith(folder)}
    found: dict[str, Float32Array] = {}
    name, kind = "", ""
    for opcode, argument, _ in pickletools.genops(archive.read(listing)):
        if opcode.name == "GLOBAL" and str(argument).startswith("torch "):
            kind = str(argument)  # of storages; written once, then referred to
        elif opcode.name in _STRINGS:
            if argument in keys:
                raw = archive.read(folder + str(argument))
                if len(raw) % 4 == 0:
                    found[name] = np.frombuffer(raw, "<f4")
            elif "." in str(argument):
                name = str(argument)
    if not found or not kind:
        raise KeyError("no tensors")
    return found
