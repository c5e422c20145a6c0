"""JSON from strangers, with the place of what is wrong."""

from __future__ import annotations

import json
from typing import Any

from interactspeech.errors import InputError
from interactspeech.formats.sheet import Source


def parse_json(source: Source) -> Any:
    """The value of a JSON file. NaN and infinities come through as numbers: times refuse them.

    Raises:
        InputError: it is no JSON (cut off, for example), or nests too deep.
    """
    text = source.text()
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f"is not JSON: {error.msg}",
            source.path,
            error.lineno,
            error.colno,
            remedy="the file may be cut off",
            reason="bad-json",
        ) from None
    except RecursionError:
        raise source.error("nests too deep", reason="bad-json") from None
