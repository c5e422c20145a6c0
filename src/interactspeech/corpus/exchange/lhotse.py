"""Lhotse: cut manifests (``.jsonl``, ``.jsonl.gz``) with audio files; without the library.

A manifest is JSON: recordings, supervisions, cuts. Other people's are read too: local files only.
What names a command or an address is refused, because a manifest may come from anywhere. A cut of a
part of its recording gives that part: its supervisions count from the cut's start, their alignments
from the recording's (`SupervisionSegment.with_offset` moves the one, not the other), and Shar
forgets where the cut began. So the clock of the alignments is found from how they fit their
supervisions (`_alignment_shift`); words of a cut that fit on no clock are not used.

Times are seconds as the nearest double, so ``round(seconds * rate)`` is the sample again; Lhotse
itself rounds sums to eight decimals, which is finer than a sample below 50 MHz. What Lhotse has no
field for goes into `custom`, in samples.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from interactspeech.corpus.exchange.data_files import (
    MAX_LINE,
    UNUSABLE,
    JsonLines,
    explained,
    parse,
)
from interactspeech.corpus.exchange.interface import (
    PER_SHARD,
    ExportedDialogue,
    Exporter,
    ExportOptions,
    Found,
    provenance,
    provenance_of,
    require_any,
)
from interactspeech.errors import InputError
from interactspeech.formats.assembly import clean_words, fit_id
from interactspeech.formats.clipping import cut as cut_out
from interactspeech.formats.non_speech import is_unknown, label_class
from interactspeech.formats.parsed_file import AnnotationMark, ParsedFile, spoken_words
from interactspeech.formats.report import Report
from interactspeech.records import (
    Dialogue,
    Samples,
    Span,
    Speaker,
    TimesOrigin,
    Track,
    Utterance,
    Word,
)
from interactspeech.records.dialogue import Delivery
from interactspeech.signal.flac import describe_flac
from interactspeech.signal.sound_bytes import decode_sound


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
    """What of a record has no field in a cut, ready to be encoded; times in samples."""
    found: dict[str, Any] = {"provenance": provenance(dialogue)}
    for key in ("speakers", "events", "rule_sets", "scene"):
        value = getattr(dialogue, key)
        if value or key == "speakers":
            found[key] = msgspec.Raw(msgspec.json.encode(value))
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
        (folder / "audio").mkdir(exist_ok=True)
        self._cuts = JsonLines(folder / "cuts.jsonl.gz")
        self._recordings = JsonLines(folder / "recordings.jsonl.gz")
        self._supervisions = JsonLines(folder / "supervisions.jsonl.gz")
        self._count = 0

    def add(self, piece: ExportedDialogue) -> None:
        """Write one dialogue."""
        channels = piece.channels()
        data = piece.flac()
        name = f"audio/{piece.item.id}.flac"
        audio = recording(piece.dialogue, range(describe_flac(data)[0]), "file", name)
        cut = multi_cut(piece.dialogue, channels, audio)
        (self.folder / name).write_bytes(data)
        self._recordings.write(audio)
        rows = [msgspec.Raw(msgspec.json.encode(one)) for one in cut["supervisions"]]
        self._cuts.write({**cut, "supervisions": rows})
        for row in rows:
            self._supervisions.write(row)
        self._count += 1
        if self.is_settled():
            for lines in self._manifests:
                lines.end_member()

    def close(self) -> None:
        """Finish the manifests."""
        for lines in self._manifests:
            lines.close()

    @property
    def _manifests(self) -> tuple[JsonLines, ...]:
        return self._cuts, self._recordings, self._supervisions

    @property
    def growing(self) -> tuple[Path, ...]:
        """The manifests."""
        return tuple(lines.path for lines in self._manifests)

    def is_settled(self) -> bool:
        """Where a member of the compressed manifests ends."""
        return self._count % PER_SHARD == 0

    def flush(self) -> None:
        """Hand the manifests to the system."""
        for lines in self._manifests:
            lines.flush()

    def skip(self, piece: ExportedDialogue) -> None:
        """Count it."""
        del piece
        self._count += 1


#: How far a word may stick out of its supervision, and a rounded duration out of its recording.
_TOLERANCE_SECONDS = 0.05
#: An alignment that is as long as its supervision is, to that, laid out upon it.
_TILED_SECONDS = 0.002


def manifests(path: Path) -> list[Path]:
    """The cut manifests at `path`: itself, or those in the folder."""
    if path.is_file():
        return [path]
    return sorted(path.glob("cuts*.jsonl*"))


def read(path: Path, rate: int | None = None) -> Iterator[Found | InputError]:
    """Dialogues with their audio, a FLAC file or samples; what cannot be used, as its error."""
    del rate  # recordings have their own
    found = manifests(path)
    if not found and path.is_dir() and any(path.glob("supervisions*.jsonl*")):
        raise InputError(
            "holds recordings and supervisions, and no cuts", path,
            remedy="make cuts: lhotse cut simple -r RECORDINGS -s SUPERVISIONS cuts.jsonl.gz",
            reason="no-input",
        )  # fmt: skip
    return _cuts(require_any(found, path, "cuts*.jsonl or cuts*.jsonl.gz"))


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
                        problem = f"is no cut that can be used: it {explained(error)}"
                        yield InputError(problem, manifest, number, reason="bad-cut")
                if not number:
                    yield InputError("holds no cuts", manifest, reason="empty-file")
        except (OSError, EOFError, zlib.error) as error:
            yield InputError(f"cannot be read: {error}", manifest, reason="unreadable")


def _cut(line: bytes, manifest: Path) -> Found:
    if len(line) > MAX_LINE:
        raise InputError("a line is too long for a cut", reason="bad-cut")
    cut = parse(line)
    audio = cut.get("recording")
    if cut.get("tracks"):
        raise InputError(
            f"a mix of {len(cut['tracks'])} cuts, whose sound is in no file of its own",
            remedy="save the mixed sound (CutSet.save_audios), or give the cuts of its tracks",
            reason="bad-cut",
        )
    if not isinstance(audio, dict):
        raise InputError(f"a cut of type {cut.get('type')!r} without recording", reason="bad-cut")
    rate, length = int(audio["sampling_rate"]), int(audio["num_samples"])
    start = float(cut.get("start") or 0.0)
    duration = cut.get("duration")
    first = round(start * rate)
    last = length if duration is None else round((start + float(duration)) * rate)
    if not 0 <= first < last or last > length + max(1, round(_TOLERANCE_SECONDS * rate)):
        raise InputError(
            f"a cut from {start} s on, {duration} s long, of a recording of {length / rate} s",
            reason="bad-cut",
        )
    last = min(last, length)
    whole = dialogue_of(cut, rate, length, start)
    sound = _audio(audio, manifest.parent, rate, length)
    if (first, last) == (0, length):
        return whole, sound
    if isinstance(sound, bytes):
        sound = _decoded(sound)
    return cut_out(whole, first, last), np.ascontiguousarray(sound[:, first:last])


def _decoded(flac: bytes) -> Samples:
    samples, _ = decode_sound(flac)
    rows: Samples = np.ascontiguousarray(samples.T)
    return rows


def dialogue_of(cut: Mapping[str, Any], rate: int, length: int, offset: float = 0.0) -> Dialogue:
    """The record of the whole recording that a cut means.

    Args:
        cut: the cut's plain data.
        rate: samples a second of the recording.
        length: of the recording, in samples.
        offset: where the cut starts in it, in seconds.
    """
    custom = cut.get("custom") or {}
    found: list[tuple[str, int, Mapping[str, Any]]] = []
    for one in cut.get("supervisions") or ():
        channel = one.get("channel", 0)
        channel = channel[0] if isinstance(channel, list) else channel
        speaker = one.get("speaker")
        name = f"channel {channel}" if is_unknown(speaker) else str(speaker)
        found.append((name, channel, one))
    shift = _alignment_shift([one for _, _, one in found], offset)
    double = {name for name, channel, _ in found
              if any(other == name and at != channel for other, at, _ in found)}  # fmt: skip
    channels: dict[str, int] = {}
    utterances = []
    for place, (label, channel, one) in enumerate(found):
        # One label on two channels is two speakers.
        name = f"{label}-{channel}" if label in double else label
        channels.setdefault(name, channel)
        made = _utterance(one, name, place, rate, length, offset, shift)
        if made is not None:
            utterances.append(made)
    speakers = custom.get("speakers") or [{"id": name} for name in channels]
    for speaker in speakers:
        # Who never speaks is in no supervision; the channel that is left is theirs.
        known = cut["recording"].get("channel_ids") or [0]
        rest = sorted(set(range(len(known))) - set(channels.values()))
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
    one: Mapping[str, Any],
    speaker: str,
    place: int,
    rate: int,
    length: int,
    offset: float,
    shift: float | None,
) -> Utterance | None:
    """An utterance on the recording's clock; None for a supervision of silence without length."""
    custom = one.get("custom") or {}
    text = str(one.get("text") or "")
    start = max(0, round((offset + one["start"]) * rate))
    end = min(round((offset + one["start"] + one["duration"]) * rate), length)
    if start >= end:
        if not spoken_words(text):
            return None
        raise InputError(
            f"the supervision {str(one.get('id'))!r} has no length, and its text no time",
            reason="zero-length",
        )
    words, guessed = _words(one, start, end, rate, shift) if shift is not None else ((), False)
    speech = custom.get("speech") or [[start, end]]
    return Utterance(
        str(custom.get("utterance") or f"u{place}"),
        speaker,
        start,
        end,
        tuple(Span(*span) for span in speech),
        words,
        tuple(custom.get("unsaid") or ()),
        custom.get("kind") or "turn",
        custom.get("times") or _origin(words, guessed=guessed),
        str(custom.get("written", "" if words else text)),
        msgspec.convert(custom.get("delivery"), Delivery | None),
    )


def _origin(words: Sequence[Word], *, guessed: bool) -> TimesOrigin:
    if not words:
        return "none"
    return "estimated" if guessed else "aligned"


def _alignment_shift(supervisions: Sequence[Mapping[str, Any]], offset: float) -> float | None:
    """Seconds to add to a cut's word times for the recording's clock; None if there is no such.

    Tried are the recording's clock, the cut's, and, where an alignment (its silences included) is
    as long as its supervision, the one that lays it upon it. A clock has to fit every supervision:
    times that are off by the cut's start often fit one that is long enough.
    """
    bounds = []
    tiled = []
    for one in supervisions:
        # Words that an aligner could not place say nothing about the clock.
        aligned = [item for item in _aligned(one) if item[1] is not None]
        if not aligned:
            continue
        low, high = offset + one["start"], offset + one["start"] + one["duration"]
        first, last = _extent(aligned)
        if last - first > high - low + 2 * _TOLERANCE_SECONDS:
            # Silences may go on around the supervision.
            spoken = [item for item in aligned if _is_spoken(item)]
            if not spoken:
                continue
            first, last = _extent(spoken)
        elif abs((last - first) - (high - low)) <= _TILED_SECONDS:
            tiled.append(low - first)
        bounds.append((low, high, first, last))
    clocks = [0.0, offset]
    if tiled and max(tiled) - min(tiled) <= _TILED_SECONDS:
        clocks.append(tiled[0])
    for shift in clocks:
        if all(
            low - _TOLERANCE_SECONDS <= first + shift and last + shift <= high + _TOLERANCE_SECONDS
            for low, high, first, last in bounds
        ):
            return shift
    return None


def _aligned(supervision: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
    """The words of a supervision's alignment: symbol, start, duration, score."""
    return (supervision.get("alignment") or {}).get("word") or []


def _extent(aligned: Sequence[Sequence[Any]]) -> tuple[float, float]:
    """Where the first item of an alignment starts and the last ends, in seconds."""
    return min(item[1] for item in aligned), max(item[1] + (item[2] or 0.0) for item in aligned)


def _is_spoken(item: Sequence[Any]) -> bool:
    return label_class(item[0] or "", of_word=True) == "words"


def _words(
    one: Mapping[str, Any], start: int, end: int, rate: int, shift: float
) -> tuple[tuple[Word, ...], bool]:
    """The words of a supervision's alignment, and whether a time of theirs is estimated.

    Silences (empty words, ``<eps>``, ...) are no words; a word without length shares the time of
    its neighbour, or gets some of the silence after it.
    """
    custom = one.get("custom") or {}
    fragments = set(custom.get("fragments") or ())
    marks: list[AnnotationMark] = []
    before = start
    for number, item in enumerate(_aligned(one)):
        symbol, low, long = item[:3]
        if low is None:
            first = last = before
        else:
            low += shift
            first, last = max(0, round(low * rate)), round((low + (long or 0.0)) * rate)
        if _is_spoken(item) and last >= 0:
            before = last
            mark = AnnotationMark("", first, last, str(symbol), None, number in fragments)
            mark.estimated = low is None
            marks.append(mark)
    sheet = ParsedFile("", "lhotse", Path(), rate)
    kept: list[Word] = []
    clean = clean_words(marks, sheet, Report())
    for mark in clean:
        first, last = max(mark.start, start), min(mark.end, end)
        if first < last:
            kept.append(Word(mark.text, first, last, mark.fragment))
    return tuple(kept), any(mark.estimated for mark in clean)


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
