"""What was asked and answered, on disk: a run that is killed goes on without asking twice.

An entry is named by the hash of what was asked (model, messages, parameters) and appears under its
name whole or not at all.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from interactspeech.errors import InputError


class Recorded(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer, with the tokens it cost when it was asked."""

    text: str
    finish: str
    refusal: str
    prompt_tokens: int
    answer_tokens: int


class Cache:
    """A folder of answers; None keeps nothing.

    Args:
        folder: made if it is not there.

    Raises:
        InputError: the folder cannot be made.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        if folder is not None:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InputError(
                    f"no folder for answers: {error.strerror}", folder, reason="unwritable"
                ) from None

    def get(self, key: str) -> Recorded | None:
        """The recorded answer; None where there is none, or where its file is damaged."""
        data = self.read("answers", key)
        if data is None:
            return None
        try:
            return msgspec.json.decode(data, type=Recorded)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def put(self, key: str, answer: Recorded) -> None:
        """Record an answer."""
        self.write("answers", key, msgspec.json.encode(answer))

    def read(self, kind: str, key: str) -> bytes | None:
        """The bytes of an entry, if it is there."""
        if self._folder is None:
            return None
        try:
            return self._path(kind, key).read_bytes()
        except OSError:
            return None

    def write(self, kind: str, key: str, data: bytes) -> None:
        """Store an entry under its name, whole.

        Raises:
            InputError: it cannot be written.
        """
        if self._folder is None:
            return
        path = self._path(kind, key)
        part = path.with_name(f".{key[:16]}.{os.getpid()}.{uuid.uuid4().hex[:8]}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(data)
            part.replace(path)
        except OSError as error:
            raise InputError(
                f"cannot be written: {error.strerror}", path, reason="unwritable"
            ) from None
        finally:
            with suppress(OSError):
                part.unlink()

    def _path(self, kind: str, key: str) -> Path:
        assert self._folder is not None
        return self._folder / kind / key[:2] / f"{key}.json"


def key_of(*parts: Any) -> str:
    """The name of what was asked: a hash of its JSON."""
    return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()
