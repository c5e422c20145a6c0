"""Settings that are checked where they are made, by their annotations alone."""

from __future__ import annotations

import math
import os
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from interactspeech.errors import UsageError

#: What fields often hold.
Positive = Annotated[float, msgspec.Meta(gt=0)]
NonNegative = Annotated[float, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=1)]
Natural = Annotated[int, msgspec.Meta(ge=0)]
SampleRate = Annotated[int, msgspec.Meta(ge=8_000, le=192_000)]


class Settings(msgspec.Struct, frozen=True):
    """Base of all settings: every field is checked against its annotation when an object is made.

    A list becomes the tuple that is asked for, a single text a tuple of one, a path text, and a
    scalar of numpy a number of Python.

    Raises:
        UsageError: a value is of another type, out of its range, or not one of the values allowed;
            it names the field, and what can be given.
    """

    def __post_init__(self) -> None:
        for name, hint in _hints(type(self)).items():
            given = getattr(self, name)
            try:
                value = msgspec.convert(_plain(given, hint), hint)
            except msgspec.ValidationError as error:
                raise UsageError(
                    f"{type(self).__name__}: {name}={_short(given)}: {error}", remedy=_remedy(hint)
                ) from None
            if isinstance(value, float) and not math.isfinite(value):
                raise UsageError(f"{type(self).__name__}: {name}={value}: not a finite number")
            if value != given:
                msgspec.structs.force_setattr(self, name, value)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _plain(value: Any, hint: Any) -> Any:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, str) and get_origin(hint) is tuple:
        return (value,)
    # A scalar of numpy, without importing numpy.
    return value.item() if getattr(value, "ndim", None) == 0 else value


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _remedy(hint: Any) -> str:
    """What a field takes, where there are few values."""
    options = [hint, *get_args(hint)]
    allowed = [value for one in options if get_origin(one) is Literal for value in get_args(one)]
    if not allowed:
        return ""
    more = " or None" if type(None) in options else ""
    return f"use one of {', '.join(map(repr, allowed))}{more}"
