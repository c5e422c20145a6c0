"""NeMo: a manifest with RTTM and CTM for diarisation and recognition, and duplex cuts.

The manifest's audio is the sum of the speakers in one channel. Duplex cuts are Lhotse Shar and read
by `lhotse_shar`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from interactspeech import formats
from interactspeech._typing import AnyArray
from interactspeech.corpus.exchange.data_files import (
    ListExporter,
    entries,
    flac,
    inside,
    parse,
    sound,
    wav,
)
from interactspeech.corpus.exchange.interface import (
    ExportedDialogue,
    ExportOptions,
    Found,
    Pcm,
    provenance,
    provenance_of,
)
from interactspeech.corpus.exchange.lhotse import custom, recording, supervisions
from interactspeech.corpus.exchange.lhotse_shar import SharExporter
from interactspeech.errors import InputError
from interactspeech.formats import Report
from interactspeech.formats.assembly import fit_id
from interactspeech.formats.clipping import cut
from interactspeech.records import Dialogue, Track


class NemoExporter(ListExporter):
    """``manifest.jsonl``; ``audio/`` both speakers in one channel; ``rttm/`` and ``ctm/``."""

    file = "manifest.jsonl"

    def __init__(self, folder: Path, options: ExportOptions) -> None:
        super().__init__(folder, options)
        (folder / "audio").mkdir(exist_ok=True)

    def add(self, piece: ExportedDialogue) -> None:
        """Write one dialogue."""
        dialogue = piece.dialogue
        names = {kind: f"{kind}/{dialogue.id}.{kind}" for kind in ("rttm", "ctm")}
        mono = mixed(list(piece.pcm().values()))
        report = Report()
        for kind, name in names.items():
            formats.write(dialogue, self.folder / name, kind, report=report)
        self.notes.update(note.reason for note in report.notes if note.severity == "loss")
        name = f"audio/{dialogue.id}.wav"
        (self.folder / name).write_bytes(wav(mono, dialogue.rate))
        self._lines.write(
            {
                "audio_filepath": name,
                "offset": 0.0,
                "duration": dialogue.seconds,
                "label": "infer",
                "text": " ".join(one.text for one in dialogue.utterances) or "-",
                "num_speakers": len({one.speaker for one in dialogue.utterances}),
                "rttm_filepath": names["rttm"],
                "ctm_filepath": names["ctm"],
                "provenance": provenance(dialogue),
            }
        )


def mixed(channels: list[Pcm]) -> Pcm:
    """The sum of channels; turned down where the sum would not fit 16 bits."""
    total: AnyArray = np.stack(channels).sum(axis=0, dtype=np.int32)
    peak = int(np.abs(total).max(initial=0))
    if peak > 32767:
        total = np.rint(total * (32767 / peak))
    mono: Pcm = total.astype(np.int16)
    return mono


#: How far rounded times may lie behind the end of the sound.
_ROUNDED_SECONDS = 0.05


def read(path: Path, rate: int | None = None) -> Iterator[Found | InputError]:
    """Dialogues with their audio, one channel for all; what cannot be used, as its error."""
    del rate  # the audio has its own
    return entries(path, _dialogue)


def _part(row: dict[str, Any], length: int, rate: int) -> tuple[int, int]:
    """The samples of its recording that a row means: all of them, or a part.

    A duration that is absent, null, or only rounded or cut off goes to the end of the sound.
    """
    offset, duration = row.get("offset"), row.get("duration")
    offset = 0.0 if offset is None else float(offset)
    first, last = round(offset * rate), length
    if duration is not None:
        stated = float(duration)
        decimals = len(repr(stated).partition(".")[2].rstrip("0"))
        behind = offset + stated - length / rate
        if not abs(behind) <= max(10.0**-decimals, _ROUNDED_SECONDS):  # NaN is no length
            last = round((offset + stated) * rate)
    if not 0 <= first < last <= length:
        raise InputError(
            f"{duration} s from {offset} s on, of a recording of {length / rate} s",
            remedy="give the offset and the duration in seconds", reason="bad-cut",
        )  # fmt: skip
    return first, last


def _dialogue(line: bytes, folder: Path) -> Found:
    row = parse(line)
    samples, rate = sound(inside(folder, row["audio_filepath"]))
    length = samples.shape[1]
    first, last = _part(row, length, rate)
    if len(samples) != 1:
        raise InputError(
            f"{len(samples)} channels, not one", reason="bad-audio",
            remedy="mix them to one (sox IN OUT remix -), or keep both tracks and cut clips: "
            "interactspeech mine AUDIO --annotation RTTM",
        )  # fmt: skip
    kind = "ctm" if row.get("ctm_filepath") else "rttm"
    if not row.get(f"{kind}_filepath"):
        raise InputError(
            "names neither an RTTM nor a CTM", remedy="add rttm_filepath or ctm_filepath",
            reason="no-timing",
        )  # fmt: skip
    report = Report()
    found = list(formats.read(inside(folder, row[f"{kind}_filepath"]), kind, rate, report=report))
    stem = Path(str(row["audio_filepath"])).stem
    if len(found) > 1:  # one file for the whole data set: the recording's own part
        found = [one for one in found if one.id == fit_id(stem)]
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
    if end > length + round(_ROUNDED_SECONDS * rate):
        raise InputError(f"speech goes on to sample {end} of {length}", reason="bad-record")
    if end > length:  # a rounded time
        timing = cut(timing, 0, length)
    is_part = (first, last) != (0, length)
    if is_part:  # RTTM and CTM count from the recording's start
        timing = cut(timing, first, last)
        samples = np.ascontiguousarray(samples[:, first:last])
        length = last - first
    fields = {key: getattr(timing, key) for key in Dialogue.__struct_fields__}
    stated = row.get("provenance") or {}
    name = str(stated.get("id") or timing.id)
    if is_part:
        name = fit_id(f"{name}-{first}-{last}")
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


class NemoDuplexExporter(SharExporter):
    """Lhotse Shar: `recording` is the user, `target_audio` the agent, both equally long."""

    fields = ("recording", "target_audio")

    def add(self, piece: ExportedDialogue) -> None:
        """Write one dialogue."""
        dialogue = piece.dialogue
        agent, user = piece.sides(self.options.model_speaker, self.options.model_role)
        pcm = piece.pcm()
        source = recording(dialogue, [0], "shar", "")
        target = source | {"id": f"{dialogue.id}-target"}
        cut = {
            "id": dialogue.id,
            "start": 0.0,
            "duration": dialogue.seconds,
            "channel": 0,
            "supervisions": supervisions(
                dialogue, {agent.id: 0, user.id: 0}, {agent.id: "agent", user.id: "user"}
            ),
            "recording": source,
            "custom": custom(dialogue)
            | {"target_audio": target, "roles": {"user": user.id, "agent": agent.id}},
            "type": "MonoCut",
        }
        self._shards.add(
            cut,
            recording=(flac(pcm[user.id], dialogue.rate), source),
            target_audio=(flac(pcm[agent.id], dialogue.rate), target),
        )
