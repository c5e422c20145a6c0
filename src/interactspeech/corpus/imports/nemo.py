"""NeMo's manifest: mono audio of all speakers, with words (CTM) or turns (RTTM) beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec

from interactspeech import formats
from interactspeech.corpus.imports.lhotse import Found, provenance_of
from interactspeech.corpus.imports.listed import entries, inside, sound
from interactspeech.dialogue import Dialogue, Track
from interactspeech.errors import InputError
from interactspeech.formats import Report


def read(path: Path) -> Iterator[Found | InputError]:
    """Dialogues with their audio, one channel for all; what cannot be used, as its error."""
    return entries(path, _dialogue)


def _dialogue(line: bytes, folder: Path) -> Found:
    row = json.loads(line)
    samples, rate = sound(inside(folder, row["audio_filepath"]))
    length = samples.shape[1]
    if row.get("offset") or round(float(row["duration"]) * rate) != length:
        raise InputError(
            "a part of its recording", remedy="cut the audio first", reason="partial-cut"
        )
    if len(samples) != 1:
        raise InputError(f"{len(samples)} channels, not one", reason="bad-audio")
    kind = "ctm" if row.get("ctm_filepath") else "rttm"
    report = Report()
    found = list(formats.read(inside(folder, row[f"{kind}_filepath"]), kind, rate, report=report))
    if report.errors or len(found) != 1:
        raise (
            report.errors[0]
            if report.errors
            else InputError(
                f"{len(found)} conversations in one {kind.upper()}", reason="bad-record"
            )
        )
    timing = found[0]
    end = max((utterance.end for utterance in timing.utterances), default=0)
    if end > length:
        raise InputError(f"words go on to sample {end} of {length}", reason="bad-record")
    fields = {key: getattr(timing, key) for key in Dialogue.__struct_fields__}
    stated = row.get("provenance") or {}
    name = str(stated.get("id") or timing.id)
    made = Dialogue(
        **(
            fields
            | {
                "id": name,
                "length": length,
                "tracks": tuple(Track(speaker.id, "", 0) for speaker in timing.speakers),
                "provenance": provenance_of(stated),
            }
        )
    )
    return msgspec.structs.replace(made), samples
