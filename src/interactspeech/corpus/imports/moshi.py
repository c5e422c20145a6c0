"""moshi-finetune's data: a stereo WAV and word times a dialogue; the left channel is the model.

The format knows words only, so utterances are made of words as for every timing format that has no
others (words closer than 0.2 s are one utterance).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
import numpy as np

from interactspeech.corpus import remote
from interactspeech.corpus.imports.lhotse import MAX_LINE, UNUSABLE, Found, provenance_of
from interactspeech.dialogue import Speaker, Track
from interactspeech.errors import InputError
from interactspeech.formats.assemble import assemble, fit_id
from interactspeech.formats.fields import word_of
from interactspeech.formats.report import Report
from interactspeech.formats.sheet import Mark, Sheet

#: Speaker of a record -> label of the format, in the order of the channels.
SIDES = {"A": "SPEAKER_MAIN", "B": "SPEAKER_OTHER"}
_MAX_JSON = 256 * 1024**2


def lists(path: Path) -> list[Path]:
    """The lists of dialogues at `path`: itself, or those in the folder."""
    return [path] if path.is_file() else sorted(path.glob("*.jsonl"))


def read(path: Path) -> Iterator[Found | InputError]:
    """Dialogues with their audio; what cannot be used, as its error."""
    for listing in lists(path):
        if listing.name == "provenance.jsonl":
            continue
        with remote.opened(listing, in_order=True) as lines:
            number = 0
            while line := lines.readline(MAX_LINE + 1):
                number += 1
                try:
                    yield _dialogue(json.loads(line)["path"], listing.parent)
                except InputError as error:
                    error.path, error.line = error.path or listing, error.line or number
                    yield error
                except (*UNUSABLE, OSError) as error:
                    problem = f"cannot be used: {type(error).__name__}: {error}"
                    yield InputError(problem, listing, number, reason="bad-record")


def inside(folder: Path, name: str) -> Path:
    """A file of the data set by the name that its list gives it: below the folder, nowhere else.

    Raises:
        InputError: the name leads out of the folder (reason ``"unsafe-path"``).
    """
    parts = PurePosixPath(str(name).replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or ":" in str(name):
        raise InputError(
            f"the path {str(name)[:120]!r} leads out of the folder", folder,
            remedy="lists name files beside them", reason="unsafe-path",
        )  # fmt: skip
    found = folder / str(parts)
    if not remote.is_remote(found) and not found.resolve().is_relative_to(folder.resolve()):
        raise InputError(
            f"the link {str(name)[:120]!r} leads out of the folder", folder, reason="unsafe-path"
        )
    if not found.is_file():
        raise InputError("does not exist", found, reason="missing-file")
    return found


def sound(path: Path) -> tuple[Any, int]:
    """Samples of a sound file, float32 of shape ``(channels, n)``, and its rate."""
    import soundfile

    try:
        with remote.opened(path) as file:
            samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise InputError(f"is no audio: {error}", path, reason="bad-audio") from None
    return np.ascontiguousarray(samples.T), int(rate)


def _dialogue(name: str, folder: Path) -> Found:
    audio = inside(folder, name)
    samples, rate = sound(audio)
    beside = inside(folder, str(PurePosixPath(str(name).replace("\\", "/")).with_suffix(".json")))
    if beside.stat().st_size > _MAX_JSON:
        raise InputError("is too large for word times", beside, reason="too-large")
    content = json.loads(beside.read_bytes())
    sheet = Sheet(
        audio.stem, "moshi", beside, rate, speech_from_words=True, times="engine",
        speakers=dict.fromkeys(SIDES, ""), length=samples.shape[1],
    )  # fmt: skip
    labels = {label: speaker for speaker, label in SIDES.items()}
    for text, (start, end), label in content["alignments"]:
        _, fragment = word_of(str(text))  # "upst-": the format keeps the text as it is
        span = round(start * rate), round(end * rate)
        sheet.words.append(Mark(labels.get(label, "B"), *span, str(text), None, fragment))
    made = assemble(fit_id(audio.stem), [sheet], Report())
    stated = content.get("provenance") or {}
    made = msgspec.structs.replace(
        made,
        speakers=tuple(Speaker(speaker) for speaker in SIDES),
        tracks=tuple(Track(speaker, "", channel) for channel, speaker in enumerate(SIDES)),
        provenance=provenance_of(stated),
    )
    return made, samples
