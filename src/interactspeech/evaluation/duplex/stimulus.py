"""What a user track asks of a system: events with the behaviour that is right, and their truth.

| kind | what the user's track has | right is |
|---|---|---|
| `turn_end` | a turn that wants an answer ends | to answer |
| `interruption` | a claim to the floor while the system talks | to yield within 2 s |
| `backchannel` | "mm-hm" while the system talks | to talk on |
| `vocal_tic`, `cough`, `laugh` | a sound that says nothing | to talk on; to stay silent |
| `side_talk`, `background_speech` | speech that is meant for others | to talk on; to stay silent |
| `noise` | none of the user's | to talk on; to stay silent |
| `pause` | a silence inside the user's turn | to wait |

Truth travels as JSON, times in seconds from the start of the track.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from interactspeech.errors import InputError
from interactspeech.evaluation.duplex.timed_words import TimedWord, read_json

StimulusKind = Literal[
    "turn_end",
    "interruption",
    "backchannel",
    "vocal_tic",
    "cough",
    "laugh",
    "side_talk",
    "background_speech",
    "noise",
    "pause",
]
#: Kinds through which a system should talk on.
TO_IGNORE: Final[frozenset[StimulusKind]] = frozenset(
    {"backchannel", "vocal_tic", "cough", "laugh", "side_talk", "background_speech", "noise"}
)
#: Kinds that are speech meant for others, and sounds of the user that say nothing.
NOT_DIRECTED: Final[frozenset[StimulusKind]] = frozenset({"side_talk", "background_speech"})
TICS: Final[frozenset[StimulusKind]] = frozenset({"vocal_tic", "cough", "laugh", "noise"})

TRUTH_SCHEMA: Final = 1


class StimulusEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that a system is asked to react to, or not to.

    Attributes:
        kind: see the module.
        start, end: seconds.
        text: what is said.
        style: of an interruption: the kind of the catalogue (`interactspeech.scripts.KINDS`).
    """

    kind: StimulusKind
    start: float
    end: float
    text: str = ""
    style: str = ""


class StimulusTruth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a user's track holds.

    Attributes:
        id: of the item.
        seconds: length of the track.
        events: what is asked.
        words: what the user says, to the system or to others.
        speech: stretches in which the user is audible, ``(start, end)``.
        context: what the user says before the event.
        group: of what sort the item is, for tables (``"backchannel/telephone"``).
        condition: "clean", "noise" or "telephone".
        voice, licence, source, seed: where the sound comes from.
        schema_version: of this form.
    """

    id: str
    seconds: float
    events: tuple[StimulusEvent, ...]
    words: tuple[TimedWord, ...] = ()
    speech: tuple[tuple[float, float], ...] = ()
    context: str = ""
    group: str = ""
    condition: str = "clean"
    voice: str = ""
    licence: str = ""
    source: str = ""
    seed: int = 0
    schema_version: int = TRUTH_SCHEMA


class SystemEvent(msgspec.Struct, frozen=True):
    """A line of a system's log: what it decided, and what its player did.

    Attributes:
        time: seconds on the recording's clock.
        event: ``yield`` (it decided to stop), ``answer`` (it decided to speak), ``done`` (what it
            wanted to say is said), ``play_start``, ``play_stop``; others are kept and not used.
    """

    time: float
    event: str


def read_truth(path: Path) -> StimulusTruth:
    """The truth of an item.

    Raises:
        InputError: the file is missing, malformed, of a newer schema, or has an event outside the
            track.
    """
    data = read_json(path)
    if isinstance(data, dict) and data.get("schema_version", 1) != TRUTH_SCHEMA:
        raise InputError(
            f"is truth of schema {data.get('schema_version')!r}, known is {TRUTH_SCHEMA}",
            path,
            reason="newer-schema",
        )
    try:
        truth = msgspec.convert(data, StimulusTruth)
    except msgspec.ValidationError as error:
        raise InputError(f"holds no truth: {error}", path, reason="bad-annotation") from None
    for number, event in enumerate(truth.events, 1):
        if not 0 <= event.start <= event.end <= truth.seconds + 1e-6:
            raise InputError(
                f"event {number} ({event.kind}) lasts from {event.start} to {event.end} s in a "
                f"track of {truth.seconds} s",
                path,
                reason="bad-time",
            )
    return truth


def encode_truth(truth: StimulusTruth) -> bytes:
    """Truth as JSON, times to the microsecond."""
    return msgspec.json.format(msgspec.json.encode(_rounded(msgspec.to_builtins(truth)))) + b"\n"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return value


def read_log(path: Path) -> tuple[SystemEvent, ...]:
    """A system's log: a JSON object a line.

    Raises:
        InputError: a line is no event; the message has its number.
    """
    found = []
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path, reason="unreadable") from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found.append(msgspec.json.decode(line, type=SystemEvent))
            except msgspec.DecodeError as error:
                raise InputError(f"is no event: {error}", path, number, reason="bad-json") from None
    return tuple(sorted(found, key=lambda e: e.time))


__all__ = [
    "NOT_DIRECTED",
    "TICS",
    "TO_IGNORE",
    "StimulusEvent",
    "StimulusKind",
    "StimulusTruth",
    "SystemEvent",
    "encode_truth",
    "read_log",
    "read_truth",
]
