"""moshi-finetune's data: a stereo WAV and word times a dialogue; the left channel is the model.

The format knows words only, so utterances are made of words as for every timing format that has no
others (words closer than 0.2 s are one utterance).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import msgspec

from interactspeech.corpus.imports.lhotse import Found, provenance_of
from interactspeech.corpus.imports.listed import entries, inside, sound
from interactspeech.dialogue import Speaker, Track
from interactspeech.errors import InputError
from interactspeech.formats.assemble import assemble, fit_id
from interactspeech.formats.fields import word_of
from interactspeech.formats.report import Report
from interactspeech.formats.sheet import Mark, Sheet

#: Speaker of a record -> label of the format, in the order of the channels.
SIDES = {"A": "SPEAKER_MAIN", "B": "SPEAKER_OTHER"}
_MAX_JSON = 256 * 1024**2


def read(path: Path) -> Iterator[Found | InputError]:
    """Dialogues with their audio; what cannot be used, as its error."""
    return entries(path, _dialogue)


def _dialogue(line: bytes, folder: Path) -> Found:
    name = json.loads(line)["path"]
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
