"""Lhotse: cut manifests (``.jsonl``, ``.jsonl.gz``) with audio files; without the library.

A manifest is JSON: recordings, supervisions, cuts. Other people's are read too: whole recordings on
local files only. What names a command or an address is refused, because a manifest may come from
anywhere.

Times are seconds as the nearest double, so ``round(seconds * rate)`` is the sample again; Lhotse
itself rounds sums to eight decimals, which is finer than a sample below 50 MHz. What Lhotse has no
field for goes into `custom`, in samples.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from interactspeech.corpus.exchange.data_files import MAX_LINE, UNUSABLE, JsonLines
from interactspeech.corpus.exchange.interface import (
    ExportedDialogue,
    Exporter,
    ExportOptions,
    Found,
    provenance,
    provenance_of,
    require_any,
)
from interactspeech.errors import InputError
from interactspeech.formats.assembly import fit_id
from interactspeech.records import (
    Dialogue,
    Samples,
    Span,
    Speaker,
    Track,
    Utterance,
    Word,
)
from interactspeech.records.dialogue import Delivery
from interactspeech.signal.flac import describe_flac


def recording(
    dialogue: Dialogue, channels: Sequence[int], kind: str, source: str
) -> dict[str, Any]:
    """A `Recording`; `kind` is ``"file"``, or ``"shar"`` for audio that lies in a tar."""
    return {
        "id": dialogue.id,
        "sources": [{"type": kind, "channels": list(channels), "source": source}],
        "sampling_rate": dialogue.rate,
        "num_samples": dialogue.length,
        "duration": dialogue.seconds,
        "channel_ids": list(channels),
    }


def supervisions(
    dialogue: Dialogue, channels: Mapping[str, int], names: Mapping[str, str]
) -> list[dict[str, Any]]:
    """One `SupervisionSegment` an utterance; `names` are what speakers are to be called."""
    speakers = {speaker.id: speaker for speaker in dialogue.speakers}
    return [
        _supervision(
            dialogue,
            utterance,
            speakers[utterance.speaker],
            channels[utterance.speaker],
            names[utterance.speaker],
        )
        for utterance in dialogue.utterances
    ]


def _supervision(
    dialogue: Dialogue, utterance: Utterance, speaker: Speaker, channel: int, name: str
) -> dict[str, Any]:
    rate = dialogue.rate
    plain: dict[str, Any] = {
        "id": f"{dialogue.id}-{utterance.id}",
        "recording_id": dialogue.id,
        "start": utterance.start / rate,
        "duration": (utterance.end - utterance.start) / rate,
        "channel": channel,
        "text": utterance.text,
        "speaker": name,
        "custom": {
            "utterance": utterance.id,
            "kind": utterance.kind,
            "times": utterance.times,
            "speech": [[span.start, span.end] for span in utterance.speech],
            "unsaid": list(utterance.unsaid),
            "written": utterance.written,
            "fragments": [place for place, word in enumerate(utterance.words) if word.fragment],
        },
    }
    if speaker.voice is not None:
        plain["language"] = speaker.voice.language
        if speaker.voice.sex:
            plain["gender"] = speaker.voice.sex
    if utterance.delivery is not None:
        plain["custom"]["delivery"] = msgspec.to_builtins(utterance.delivery)
    if utterance.words:
        plain["alignment"] = {
            "word": [
                [word.text, word.start / rate, (word.end - word.start) / rate, None]
                for word in utterance.words
            ]
        }
    return plain


def custom(dialogue: Dialogue) -> dict[str, Any]:
    """What of a record has no field in a cut, as plain data; times in samples."""
    plain = msgspec.to_builtins(dialogue)
    found: dict[str, Any] = {"provenance": provenance(dialogue)}
    for key in ("speakers", "events", "rule_sets", "scene"):
        if key in plain:
            found[key] = plain[key]
    if dialogue.provenance.script:
        found["script"] = dialogue.provenance.script
    return found


def multi_cut(
    dialogue: Dialogue, channels: Mapping[str, int], audio: Mapping[str, Any]
) -> dict[str, Any]:
    """A `MultiCut` over the whole recording `audio`."""
    return {
        "id": dialogue.id,
        "start": 0.0,
        "duration": dialogue.seconds,
        "channel": audio["channel_ids"],
        "supervisions": supervisions(
            dialogue, channels, {speaker.id: speaker.id for speaker in dialogue.speakers}
        ),
        "recording": dict(audio),
        "custom": custom(dialogue),
        "type": "MultiCut",
    }


class LhotseExporter(Exporter):
    """``cuts``, ``recordings``, ``supervisions`` as ``.jsonl.gz``; ``audio/`` as it is stored."""

    def __init__(self, folder: Path, options: ExportOptions) -> None:
        super().__init__(folder, options)
        (folder / "audio").mkdir()
        self._cuts = JsonLines(folder / "cuts.jsonl.gz")
        self._recordings = JsonLines(folder / "recordings.jsonl.gz")
        self._supervisions = JsonLines(folder / "supervisions.jsonl.gz")

    def add(self, piece: ExportedDialogue) -> None:
        """Write one dialogue."""
        channels = piece.channels()
        data = piece.item.flac()
        name = f"audio/{piece.item.id}.flac"
        audio = recording(piece.dialogue, range(describe_flac(data)[0]), "file", name)
        cut = multi_cut(piece.dialogue, channels, audio)
        (self.folder / name).write_bytes(data)
        self._recordings.write(audio)
        self._cuts.write(cut)
        for supervision in cut["supervisions"]:
            self._supervisions.write(supervision)

    def close(self) -> None:
        """Finish the manifests."""
        for lines in (self._cuts, self._recordings, self._supervisions):
            lines.close()


def manifests(path: Path) -> list[Path]:
    """The cut manifests at `path`: itself, or those in the folder."""
    if path.is_file():
        return [path]
    return sorted(path.glob("cuts*.jsonl*"))


def read(path: Path, rate: int | None = None) -> Iterator[Found | InputError]:
    """Dialogues with their audio, a FLAC file or samples; what cannot be used, as its error."""
    del rate  # recordings have their own
    return _cuts(require_any(manifests(path), path, "cuts*.jsonl or cuts*.jsonl.gz"))


def _cuts(found: list[Path]) -> Iterator[Found | InputError]:
    for manifest in found:
        opened = gzip.open if manifest.suffix == ".gz" else open
        try:
            with opened(manifest, "rb") as lines:
                number = 0
                while line := lines.readline(MAX_LINE + 1):
                    number += 1
                    try:
                        yield _cut(line, manifest)
                    except InputError as error:
                        error.path, error.line = error.path or manifest, number
                        yield error
                    except UNUSABLE as error:
                        problem = f"not a cut that can be used: {type(error).__name__}: {error}"
                        yield InputError(problem, manifest, number, reason="bad-cut")
        except (OSError, EOFError, zlib.error) as error:
            yield InputError(f"cannot be read: {error}", manifest, reason="unreadable")


def _cut(line: bytes, manifest: Path) -> Found:
    if len(line) > MAX_LINE:
        raise InputError("a line is too long for a cut", reason="bad-cut")
    cut = json.loads(line)
    audio = cut.get("recording")
    if not isinstance(audio, dict):
        raise InputError(f"a cut of type {cut.get('type')!r} without recording", reason="bad-cut")
    rate, length = int(audio["sampling_rate"]), int(audio["num_samples"])
    if cut["start"] != 0 or round(cut["duration"] * rate) != length:
        raise InputError(
            "a cut of a part of its recording",
            remedy="save the parts as recordings of their own first",
            reason="partial-cut",
        )
    return dialogue_of(cut, rate, length), _audio(audio, manifest.parent, rate, length)


def dialogue_of(cut: Mapping[str, Any], rate: int, length: int) -> Dialogue:
    """The record that a cut of a whole recording means."""
    custom = cut.get("custom") or {}
    channels: dict[str, int] = {}
    utterances = []
    for place, one in enumerate(cut["supervisions"]):
        channel = one.get("channel", 0)
        channel = channel[0] if isinstance(channel, list) else channel
        name = one.get("speaker") or f"channel {channel}"
        channels.setdefault(name, channel)
        utterances.append(_utterance(one, name, place, rate, length))
    speakers = custom.get("speakers") or [{"id": name} for name in channels]
    for speaker in speakers:
        # Who never speaks is in no supervision; the channel that is left is theirs.
        rest = sorted(set(range(len(cut["recording"]["channel_ids"]))) - set(channels.values()))
        if speaker["id"] not in channels and rest:
            channels[speaker["id"]] = rest[0]
    stated = dict(custom.get("provenance") or {}) | {"script": custom.get("script", "")}
    plain = {
        "id": fit_id(str(cut["id"])),
        "rate": rate,
        "length": length,
        "speakers": speakers,
        "utterances": msgspec.to_builtins(sorted(utterances, key=_order)),
        "events": custom.get("events") or [],
        "rule_sets": custom.get("rule_sets") or {},
        "tracks": msgspec.to_builtins([Track(name, "", at) for name, at in channels.items()]),
        "provenance": msgspec.to_builtins(provenance_of(stated)),
        **({"scene": custom["scene"]} if custom.get("scene") else {}),
    }
    return msgspec.convert(plain, Dialogue)


def _order(utterance: Utterance) -> tuple[int, int]:
    return utterance.start, utterance.end


def _utterance(
    one: Mapping[str, Any], speaker: str, place: int, rate: int, length: int
) -> Utterance:
    custom = one.get("custom") or {}
    start = round(one["start"] * rate)
    end = min(round((one["start"] + one["duration"]) * rate), length)
    fragments = set(custom.get("fragments") or ())
    aligned = (one.get("alignment") or {}).get("word") or []
    words = tuple(
        Word(
            word[0],
            round(word[1] * rate),
            min(round((word[1] + word[2]) * rate), end),
            number in fragments,
        )
        for number, word in enumerate(aligned)
    )
    speech = custom.get("speech") or [[start, end]]
    text = str(one.get("text") or "")
    return Utterance(
        str(custom.get("utterance") or f"u{place}"),
        speaker,
        start,
        end,
        tuple(Span(*span) for span in speech),
        words,
        tuple(custom.get("unsaid") or ()),
        custom.get("kind") or "turn",
        custom.get("times") or ("aligned" if words else "none"),
        str(custom.get("written", "" if words else text)),
        msgspec.convert(custom.get("delivery"), Delivery | None),
    )


def _audio(audio: Mapping[str, Any], folder: Path, rate: int, length: int) -> bytes | Samples:
    import soundfile

    sources = audio["sources"]
    if any(source["type"] != "file" for source in sources) or audio.get("transforms"):
        kinds = ", ".join(sorted({str(source["type"]) for source in sources}))
        raise InputError(
            f"audio of type {kinds} or with transforms",
            remedy="save the audio to files first (CutSet.save_audios)",
            reason="unsafe-source",
        )
    rows: dict[int, Any] = {}
    for source in sources:
        path = Path(folder, str(source["source"]))
        if not path.is_file():
            raise InputError("does not exist", path, reason="missing-file")
        if len(sources) == 1 and path.suffix.lower() == ".flac":
            data = path.read_bytes()
            if describe_flac(data)[1:] == (length, rate) and source["channels"] == sorted(
                range(describe_flac(data)[0])
            ):
                return data
        try:
            samples, found = soundfile.read(str(path), dtype="float32", always_2d=True)
        except (soundfile.LibsndfileError, RuntimeError) as error:
            raise InputError(f"is no audio: {error}", path, reason="bad-audio") from None
        if found != rate or len(samples) != length:
            raise InputError(
                f"has {len(samples)} samples at {found} Hz, the manifest says {length} at {rate}",
                path,
                reason="bad-audio",
            )
        for column, channel in enumerate(source["channels"]):
            rows[channel] = samples[:, column]
    stacked: Samples = np.stack([rows[channel] for channel in sorted(rows)])
    return stacked
