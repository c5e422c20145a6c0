"""The original release's layout, with audio: a folder a dialogue, two mono WAV files.

```
<folder>/information.json        turns in samples, and the script (formats.information)
<folder>/dialogue_speakera.wav   22,050 Hz, float32, as long as the dialogue
<folder>/dialogue_speakerb.wav
```
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from interactspeech import formats
from interactspeech.corpus.exchange.interface import ExportedDialogue, Exporter, Found
from interactspeech.corpus.files import explained, write_atomically
from interactspeech.errors import InputError
from interactspeech.records import Dialogue, Event, Samples, Span, Track, Utterance
from interactspeech.signal.sound_bytes import encode_sound

RATE = 22_050
INFORMATION = "information.json"


class OriginalExporter(Exporter):
    """A folder a dialogue."""

    def add(self, piece: ExportedDialogue) -> None:
        """Write one dialogue."""
        piece.channels()
        write_original(piece.dialogue, piece.audio(), self.folder / piece.item.id)


def read(path: Path, rate: int | None = None) -> Iterator[Found | InputError]:
    """Dialogues with their audio; what cannot be used, as its error."""
    del rate  # the layout has its own
    return _dialogues(original_folders(path))


def _dialogues(folders: list[Path]) -> Iterator[Found | InputError]:
    for folder in folders:
        try:
            yield read_original(folder)
        except InputError as error:
            yield error


def original_folders(path: Path | str) -> list[Path]:
    """The dialogue folders in `path` (or `path` itself), sorted.

    Raises:
        InputError: there is none.
    """
    path = Path(path)
    found = sorted(file.parent for file in path.rglob(INFORMATION))
    if not found:
        raise InputError(f"holds no folder with an {INFORMATION}", path, reason="no-input")
    return found


def read_original(folder: Path | str) -> tuple[Dialogue, Samples]:
    """One dialogue of the release: record and audio.

    Word times are a proportional guess and say so (`Utterance.times` is ``"estimated"``); the words
    after ``[interrupt]`` are `Utterance.unsaid`, the turn that cuts in is an `interruption` event
    of origin ``"planned"``.

    Returns:
        The record, and float32 samples of shape ``(2, length)``, speaker A first.

    Raises:
        InputError: a file is missing or damaged, or they do not fit together.
    """
    folder = Path(folder)
    (dialogue,) = formats.read(folder / INFORMATION, "information")
    channels = [_mono(_wav(folder, speaker.id), dialogue.rate) for speaker in dialogue.speakers]
    samples = np.zeros((len(channels), dialogue.length), np.float32)
    for row, channel in zip(samples, channels, strict=True):
        row[: len(channel)] = channel[: len(row)]
    tracks = tuple(
        Track(speaker.id, f"{dialogue.id}.flac", number)
        for number, speaker in enumerate(dialogue.speakers)
    )
    events = tuple(_interruptions(dialogue))
    return msgspec.structs.replace(dialogue, tracks=tracks, events=events), samples


def _interruptions(dialogue: Dialogue) -> Iterator[Event]:
    """The interruptions that the script marks: the turn after a cut one begins inside it."""
    for cut, following in pairwise(dialogue.utterances):
        if cut.unsaid and following.speaker != cut.speaker and following.start < cut.end:
            yield Event(
                "interruption",
                following.speaker,
                following.start,
                cut.end,
                partner=cut.speaker,
                origin="planned",
                utterance=following.id,
                attributes={
                    "outcome": "taken",
                    "overlap": cut.end - following.start,
                    "floor_transfer": cut.end,
                },
            )


def write_original(dialogue: Dialogue, samples: Samples, folder: Path | str) -> None:
    """Write one dialogue in the release's layout, resampled to 22,050 Hz where it has another rate.

    The layout knows turns and their unsaid words; other events, word times and voices are not in
    it.

    Args:
        dialogue: of two speakers at most.
        samples: float32, shape ``(channels, dialogue.length)``.
        folder: to be made, or to be written into.

    Raises:
        InputError: more than two speakers, or one without a track.
        StoreError: the disk is full, not writable, ....
    """
    folder = Path(folder)
    channels = {track.speaker: track.channel for track in dialogue.tracks}
    missing = [speaker.id for speaker in dialogue.speakers if speaker.id not in channels]
    if missing:
        raise InputError(
            f"dialogue {dialogue.id!r}: speaker {missing[0]!r} has no track of their own",
            reason="no-audio",
        )
    record = _at_rate(dialogue)
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for speaker, letter in zip(dialogue.speakers, "AB", strict=False):
        channel = _resampled(samples[channels[speaker.id]], dialogue.rate, record.length)
        write_atomically(_wav(folder, letter), _as_wav(channel))
    with explained(folder):
        formats.write(record, folder / INFORMATION, "information")


def _wav(folder: Path, speaker: str) -> Path:
    return folder / f"dialogue_speaker{speaker.lower()}.wav"


def _mono(path: Path, rate: int) -> Samples:
    import soundfile

    if not path.is_file():
        raise InputError("does not exist", path, reason="missing-file")
    try:
        samples, found = soundfile.read(str(path), dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise InputError(f"is no audio: {error}", path, reason="bad-audio") from None
    if samples.shape[1] != 1 or found != rate:
        raise InputError(
            f"has {samples.shape[1]} channels at {found} Hz, expected one at {rate}",
            path,
            reason="bad-audio",
        )
    mono: Samples = samples[:, 0]
    return mono


def _as_wav(samples: Samples) -> bytes:
    data = bytearray(encode_sound(samples, RATE, "WAV", "FLOAT"))
    # libsndfile notes the time of day in the PEAK chunk (id, size, version, time); equal audio
    # must give equal bytes.
    peak = data.find(b"PEAK", 0, 128)
    if peak >= 0:
        data[peak + 12 : peak + 16] = bytes(4)
    return bytes(data)


def _resampled(samples: Samples, rate: int, length: int) -> Samples:
    if rate == RATE:
        return samples
    import soxr

    out = np.zeros(length, np.float32)
    resampled: Any = soxr.resample(samples, rate, RATE, quality="VHQ")
    out[: len(resampled)] = resampled[:length]
    return out


def _at_rate(dialogue: Dialogue) -> Dialogue:
    """The dialogue's turns on the release's clock: sample t becomes ``floor(t * 22050 / rate)``."""
    if dialogue.rate == RATE:
        return dialogue

    def there(sample: int) -> int:
        return sample * RATE // dialogue.rate

    def turn(utterance: Utterance) -> Utterance:
        start = there(utterance.start)
        end = max(there(utterance.end), start + 1)
        return Utterance(
            utterance.id,
            utterance.speaker,
            start,
            end,
            (Span(start, end),),
            unsaid=utterance.unsaid,
            kind=utterance.kind,
            # `written` may be the whole line as it was planned.
            written=utterance.text if utterance.unsaid else utterance.written or utterance.text,
        )

    return Dialogue(
        dialogue.id,
        RATE,
        -(-dialogue.length * RATE // dialogue.rate),
        dialogue.speakers,
        tuple(turn(utterance) for utterance in dialogue.utterances),
        tracks=dialogue.tracks,
        provenance=dialogue.provenance,
    )
