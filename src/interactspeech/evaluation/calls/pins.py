"""Pinned incidents: a small check of its own that stays red until a fresh recording clears it.

A pin is two files: the sound around an incident, and what is expected of it, with the rule set.
Checking a pin measures a recording again, by the same settings, and asks for the kind of incident
that was pinned, of the same speaker: none may be longer than the limit. The recording is a fresh
one of the same call where there is one, else the pin's own sound, which is red by nature.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from interactspeech.atomic_files import write_file
from interactspeech.errors import InputError
from interactspeech.evaluation.calls.analysis import CallAnalysis, CallModels, analyse_call
from interactspeech.evaluation.calls.excerpts import incident_id, masked
from interactspeech.evaluation.calls.incidents import INCIDENTS, CallIncident, IncidentKind
from interactspeech.evaluation.calls.settings import ReportSettings
from interactspeech.evaluation.calls.trust import withheld
from interactspeech.mining.source import RecordingSource, SourceFile
from interactspeech.records.dialogue import Attribute
from interactspeech.signal.flac import encode_flac
from interactspeech.signal.recording import Recording

FORMAT = "interactspeech-pin-1"
#: Seconds of sound kept around an incident: the first that suffices to measure it again.
_AROUND = (8.0, 16.0, 32.0)
#: Seconds by which the value may differ when the excerpt alone is measured.
_SAME = 0.25
_LARGEST = 1 << 20

PinState = Literal["red", "clear", "unknown"]


class PinnedIncident(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is expected.

    Attributes:
        format: `FORMAT`.
        id: of the incident, and `call` that of its recording.
        kind: of incident.
        speaker: who must not do it; `partner`: to whom they did.
        value: seconds that were measured.
        limit: seconds that are allowed; 0: it must not happen.
        at: second of the pin's sound at which the incident begins.
        sound: name of the sound beside this file, and `sha256` of its bytes.
        settings: by which it was measured and is measured again.
        rules: the rule set, for whoever reads the pin.
    """

    format: str
    id: str
    call: str
    kind: IncidentKind
    speaker: str
    partner: str
    value: float
    limit: float
    at: float
    sound: str
    sha256: str
    settings: ReportSettings
    rules: dict[str, Attribute | list[str]]


@dataclass(frozen=True)
class PinOutcome:
    """What became of a pin.

    Attributes:
        pin: that was checked.
        state: "red": it still happens; "clear"; or "unknown".
        because: in words.
        fresh: whether a fresh recording was measured.
    """

    pin: PinnedIncident
    state: PinState
    because: str
    fresh: bool


def write_pin(
    source: RecordingSource,
    call: CallAnalysis,
    incident: CallIncident,
    folder: Path,
    settings: ReportSettings,
    models: CallModels,
    limit: float | None = None,
) -> Path:
    """Write a pin: ``NAME.json`` and ``NAME.flac`` in `folder`.

    Args:
        source: the recording.
        call: its analysis.
        incident: one of the call's.
        folder: of pins; made where it is missing.
        settings: by which the call was measured.
        models: of the run.
        limit: seconds that are allowed; by default those of `INCIDENTS`.

    Returns:
        The JSON file.

    Raises:
        InputError: the excerpt alone does not show the incident, or the kind has no length.
    """
    if incident.value is None:
        raise InputError(
            f"{INCIDENTS[incident.kind].label} cannot be pinned: they are only counted",
            reason="bad-pin",
        )
    order = {s.channel: s.name for s in call.speakers}
    again = msgspec.structs.replace(
        settings,
        source="listener" if settings.source in ("auto", "annotation") else settings.source,
        names=tuple(order[c] for c in sorted(order)) if len(order) == len(call.speakers) else (),
        redact=False,
    )
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", incident_id(call.id, incident)).lstrip(".")[:120]
    tracks = [piece.track() for piece in source.pieces]
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{name}.flac"
    allowed = INCIDENTS[incident.kind].limit if limit is None else limit
    with Recording.open(tracks, tolerance=settings.tolerance) as recording:
        for around in _AROUND:
            start = max(incident.start - around, 0.0)
            end = min(incident.end + around, recording.seconds)
            sound = encode_flac(masked(recording, call, start, end), recording.rate)
            write_file(place, sound)
            found = _measured(place, call.id, again, models)
            same = [
                one for one in found.incidents
                if one.kind == incident.kind and one.speaker == incident.speaker
                and abs(one.start + start - incident.start) <= _SAME
                and abs((one.value or 0.0) - (incident.value or 0.0)) <= _SAME
            ]  # fmt: skip
            if same:
                pin = PinnedIncident(
                    FORMAT, incident_id(call.id, incident), call.id, incident.kind,
                    incident.speaker, incident.partner, incident.value, allowed,
                    round(incident.start - start, 3), place.name,
                    hashlib.sha256(sound).hexdigest(), again, again.rules().to_dict(),
                )  # fmt: skip
                data = msgspec.json.format(msgspec.json.encode(pin, order="deterministic"))
                write_file(folder / f"{name}.json", data + b"\n")
                return folder / f"{name}.json"
    place.unlink(missing_ok=True)
    raise InputError(
        f"{incident_id(call.id, incident)}: the excerpt alone does not show the incident, so it "
        "cannot be pinned", source.path,
        remedy="pin another one, or keep the whole recording as the check", reason="bad-pin",
    )  # fmt: skip


def read_pins(folder: Path) -> list[PinnedIncident | InputError]:
    """The pins of a folder, in order of their names; what is none is an error.

    Raises:
        InputError: the folder does not exist or holds no pin.
    """
    if not folder.is_dir():
        raise InputError("is no folder of pins", folder, reason="missing-file")
    found: list[PinnedIncident | InputError] = []
    for path in sorted(folder.glob("*.json")):
        try:
            if path.stat().st_size > _LARGEST:
                found.append(InputError("is too large for a pin", path, reason="bad-pin"))
                continue
            pin = msgspec.json.decode(path.read_bytes(), type=PinnedIncident)
        except (OSError, msgspec.DecodeError, ValueError, InputError) as error:
            found.append(
                InputError(
                    f"is no pin: {error}", path, remedy="write it again with report --pin",
                    reason="bad-pin",
                )
            )  # fmt: skip
            continue
        if pin.format != FORMAT:
            found.append(InputError(f"is of format {pin.format!r}", path, reason="bad-pin"))
        elif Path(pin.sound).name != pin.sound or pin.sound.startswith("."):
            found.append(InputError("names a sound outside its folder", path, reason="unsafe-path"))
        else:
            found.append(pin)
    if not found:
        raise InputError(
            "holds no pins", folder, remedy="write some with report --pin", reason="empty"
        )
    return found


def check_pin(
    pin: PinnedIncident,
    folder: Path,
    models: CallModels,
    fresh: Mapping[str, RecordingSource] | None = None,
) -> PinOutcome:
    """Measure a pin again: a fresh recording of its call, or its own sound."""
    source = (fresh or {}).get(pin.call)
    try:
        if source is not None:
            found = analyse_call(source, pin.settings, models)
        else:
            found = _measured(folder / pin.sound, pin.call, pin.settings, models)
    except InputError as error:
        return PinOutcome(pin, "unknown", str(error), source is not None)
    spoilt = withheld(found.findings).get(pin.kind, ())
    if spoilt and not pin.settings.keep_untrusted:
        why = f"cannot be trusted: {', '.join(spoilt)}"
        return PinOutcome(pin, "unknown", why, source is not None)
    state, because = _judged(pin, found)
    return PinOutcome(pin, state, because, source is not None)


def _judged(pin: PinnedIncident, found: CallAnalysis) -> tuple[PinState, str]:
    mine = [one for one in found.incidents if one.kind == pin.kind and one.speaker == pin.speaker]
    values = [one.value or 0.0 for one in mine]
    if pin.kind == "yield":
        # Who never stops does not yield: an attempt that fails against them is worse than late.
        values += [
            one.value or 0.0 for one in found.incidents
            if one.kind == "interruption_failed" and one.partner == pin.speaker
        ]  # fmt: skip
    if not any(s.name == pin.speaker for s in found.speakers):
        return "unknown", f"nobody is called {pin.speaker!r} in it"
    label = INCIDENTS[pin.kind].label.lower()
    if not values:
        if pin.kind in ("yield", "response"):
            what = "is interrupted" if pin.kind == "yield" else "answers"
            return "unknown", f"{pin.speaker} never {what} in it"
        return "clear", f"no {label} of {pin.speaker}"
    worst = max(values)
    said = (
        f"{label} of {pin.speaker}: {worst:.2f} s at most in {len(values)}, allowed {pin.limit:g}"
    )
    return ("red" if worst > pin.limit else "clear"), said


def _measured(sound: Path, call: str, settings: ReportSettings, models: CallModels) -> CallAnalysis:
    channels = "auto" if settings.channels == "auto" else settings.channels
    source = RecordingSource(call, (SourceFile(str(sound)),), channels=channels)
    return analyse_call(source, settings, models)
