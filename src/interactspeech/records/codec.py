"""Records to bytes and back: strict, versioned, with errors that name the field."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from interactspeech.errors import InputError
from interactspeech.records.dialogue import SCHEMA_VERSION, Dialogue

#: A record larger than this is refused before it is parsed (a ten-hour dialogue is about 20 MB).
MAX_RECORD_BYTES = 256 * 1024 * 1024

#: Version -> what turns a record of it, as plain data, into one of the next version. Older records
#: pass through here on the way in, so nothing behind the codec knows old versions.
MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}

_LONG_NUMBER = re.compile(rb"\d{19}")
_decoder = msgspec.json.Decoder(Dialogue)
_encoder = msgspec.json.Encoder(order="deterministic")


class _Version(msgspec.Struct):
    schema_version: int = SCHEMA_VERSION


def encode(dialogue: Dialogue) -> bytes:
    """The record as JSON in UTF-8; equal records give equal bytes."""
    return _encoder.encode(dialogue)


def decode(data: bytes | str, path: Path | str | None = None, line: int | None = None) -> Dialogue:
    """Parse and check a record.

    Raises:
        InputError: the JSON is broken, a field is unknown, missing or of the wrong type, an
            invariant of the records does not hold, or a newer version of this package wrote it.
            `path` and `line` only name the place in that error.
    """
    if len(data) > MAX_RECORD_BYTES:
        raise InputError(
            f"a record of {len(data):,} bytes is over the limit of {MAX_RECORD_BYTES:,}",
            path,
            line,
            reason="bad-record",
        )
    try:
        version = msgspec.json.decode(data, type=_Version).schema_version
        if version > SCHEMA_VERSION:
            raise InputError(
                f"record of schema version {version}, this package reads up to {SCHEMA_VERSION}",
                path,
                line,
                remedy="upgrade interactspeech",
                reason="newer-schema",
            )
        if version < SCHEMA_VERSION:
            return msgspec.convert(_migrated(msgspec.json.decode(data), version), Dialogue)
        return _decoded(data)
    except _NoMigrationError as error:
        raise InputError(str(error), path, line, reason="older-schema") from None
    except (msgspec.DecodeError, UnicodeError, RecursionError, OverflowError) as error:
        raise InputError(
            f"not a dialogue record: {error}", path, line, reason="bad-record"
        ) from None


def _decoded(data: bytes | str) -> Dialogue:
    found = _decoder.decode(data)
    if _LONG_NUMBER.search(data if isinstance(data, bytes) else data.encode()):
        _encoder.encode(found)  # numbers beyond 64 bits can be read, and not written
    return found


class _NoMigrationError(Exception):
    """A version that no migration begins at."""


def _migrated(plain: dict[str, Any], version: int) -> dict[str, Any]:
    for step in range(version, SCHEMA_VERSION):
        if step not in MIGRATIONS:
            raise _NoMigrationError(
                f"record of schema version {version}, which no release ever wrote"
            )
        plain = MIGRATIONS[step](plain) | {"schema_version": step + 1}
    return plain


def json_schema() -> dict[str, Any]:
    """The JSON schema (2020-12) of a dialogue record."""
    schema = msgspec.json.schema(Dialogue)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
