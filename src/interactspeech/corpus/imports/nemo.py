"""NeMo's manifest: mono audio of all speakers, with words (CTM) or turns (RTTM) beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec

from interactspeech import formats
from interactspeech.corpus import remote
from interactspeech.corpus.imports.lhotse import MAX_LINE, UNUSABLE, Found, provenance_of
from interactspeech.corpus.imports.moshi import inside, lists, sound
from interactspeech.dialogue import Dialogue, Track
from interactspeech.errors import InputError
from interactspeech.formats import Report

__all__ = ["lists", "read"]


def read(path: Path) -> Iterator[Found | InputError]:
    """Dialogues with their audio, one channel for all; what cannot be used, as its error."""
    for listing in lists(path):
        if listing.name == "provenance.jsonl":
            continue
        with remote.opened(listing, in_order=True) as lines:
            number = 0
            while line := lines.readline(MAX_LINE + 1):
                number += 1
                try:
                    yield _dialogue(line, listing.parent)
                except InputError as error:
                    error.path, error.line = error.path or listing, error.line or number
                    yield error
                except (*UNUSABLE, OSError) as error:
                    problem = f"cannot be used: {type(error).__name__}: {error}"
                    yield InputError(problem, listing, number, reason="bad-record")


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
