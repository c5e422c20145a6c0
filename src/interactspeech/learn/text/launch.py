"""Configurations of `accelerate launch` for several devices or machines."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

from interactspeech.errors import InputError

#: Name -> what it does; the files lie in ``accelerate/`` beside this module.
CONFIGS = {
    "ddp": "a whole model on each device, batches divided",
    "fsdp": "PyTorch's FSDP2: weights, gradients and optimizer divided among the devices",
    "zero2": "DeepSpeed: gradients and optimizer divided (needs the package deepspeed)",
    "zero3": "DeepSpeed: weights divided too (needs the package deepspeed)",
}


def config_file(name: str) -> Path:
    """The file behind a name of `CONFIGS`, or a file of one's own.

    Raises:
        InputError: neither.
    """
    if name in CONFIGS:
        with as_file(files(__package__) / "accelerate" / f"{name}.yaml") as path:
            return Path(path)
    path = Path(name)
    if not path.is_file():
        raise InputError(
            f"no accelerate configuration {name!r}",
            remedy=f"one of {', '.join(CONFIGS)}, or a file that `accelerate config` wrote",
            reason="no-file",
        )
    return path
