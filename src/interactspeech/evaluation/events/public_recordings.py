"""Public recordings of people with our labels: the labels ship, the sound is fetched.

```
data/real/sources.json ──► download, or a local folder ──► SHA-256 ──► FOLDER/NAME/audio.flac
data/real/NAME.json    ──────────────────────────────────────────────► FOLDER/NAME/events.json
                                                                       FOLDER/NAME/activity.rttm
                                                                       FOLDER/NAME/SOURCE.txt
```

The sound stays under its own licence, some of it CC BY-NC 4.0, and is not ours to pass on. So
`fetch_recordings` takes each file from where it is published, at a commit that cannot change, and
checks every byte. `interactspeech evaluate events real FOLDER` measures on what it wrote.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import msgspec
import numpy as np
import soundfile

from interactspeech._typing import Int16Array
from interactspeech.atomic_files import write_file
from interactspeech.errors import (
    InputError,
    InteractSpeechError,
    MissingResourceError,
    UsageError,
)
from interactspeech.evaluation.events.labelled_recordings import (
    EventLabels,
    activity_rttm,
    encode_labels,
)
from interactspeech.models import downloads
from interactspeech.signal.sound_bytes import encode_sound

_PACKAGE: Final = "interactspeech.evaluation.events"
#: What a recording's folder holds.
AUDIO, EVENTS, ACTIVITY, SOURCE = "audio.flac", "events.json", "activity.rttm", "SOURCE.txt"

#: Called with a file's name, the bytes that are there, and the bytes that there will be.
Progress = Callable[[str, int, int], None]


class SoundFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A published file of a recording.

    Attributes:
        url: where it is published, at a commit.
        sha256: of the file, lower-case hexadecimal.
        size: in bytes.
        speakers: whose each of its channels is.
    """

    url: str
    sha256: str
    size: int
    speakers: tuple[str, ...]

    @property
    def name(self) -> str:
        """Of the file, without folders."""
        return unquote(urlsplit(self.url).path).rpartition("/")[2]


class PublicRecording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A recording of people that others publish.

    Attributes:
        name: ours.
        language: ISO 639-1.
        talk: what kind of talk it is.
        seconds: how long.
        licence: of the sound, as SPDX.
        licence_url: its text.
        attribution: who made it, as the licence asks.
        page: where it is described.
        samples_sha256: of the joined channels (16 bit, little-endian, interleaved), whatever
            container they are kept in.
        files: in the order of the channels, A first.
    """

    name: str
    language: str
    talk: str
    seconds: float
    licence: str
    licence_url: str
    attribution: str
    page: str
    samples_sha256: str
    files: tuple[SoundFile, ...]

    @property
    def size(self) -> int:
        """Bytes to download."""
        return sum(file.size for file in self.files)

    @property
    def commercial(self) -> bool:
        """Whether the licence allows commercial use."""
        return "-NC" not in self.licence


@dataclass(frozen=True)
class FetchedRecording:
    """A recording that is in a folder.

    Attributes:
        recording: which.
        folder: of it.
        kept: whether the sound was there already.
    """

    recording: PublicRecording
    folder: Path
    kept: bool


@functools.cache
def public_recordings() -> tuple[PublicRecording, ...]:
    """The public recordings that labels ship for, by name."""
    data = _data("sources.json")
    found = msgspec.json.decode(data, type=tuple[PublicRecording, ...])
    return tuple(sorted(found, key=lambda one: one.name))


def public_labels(name: str) -> EventLabels:
    """The labels of a public recording: of two annotators, without what was said.

    Raises:
        UsageError: no labels ship for a recording of that name.
    """
    _chosen([name], public_recordings())
    return msgspec.json.decode(_data(f"{name}.json"), type=EventLabels)


def _data(name: str) -> bytes:
    return resources.files(_PACKAGE).joinpath("data", "real", name).read_bytes()


def fetch_recordings(
    folder: Path | str,
    names: Sequence[str] = (),
    *,
    source: Path | str | None = None,
    progress: Progress | None = None,
    on_lost: Callable[[PublicRecording, InteractSpeechError], None] | None = None,
) -> tuple[FetchedRecording, ...]:
    """Put public recordings and their labels into a folder; what is there already is kept.

    Args:
        folder: made where it is missing.
        names: of recordings; all by default.
        source: a folder that holds the published files, at any depth, in place of the network.
        progress: called as bytes come in.
        on_lost: called with each recording that is not to be had, and why; by default the first
            such error is raised.

    Raises:
        UsageError: an unknown name.
        MissingResourceError: a file cannot be downloaded.
        InputError: the local folder has not the file, or another one of its name; or `folder`
            holds labels that are not these.
    """
    return fetch_from(
        _chosen(names, public_recordings()),
        public_labels,
        Path(folder),
        source=None if source is None else Path(source),
        progress=progress,
        on_lost=on_lost,
    )


def fetch_from(
    recordings: Sequence[PublicRecording],
    labels: Callable[[str], EventLabels],
    folder: Path,
    *,
    source: Path | None = None,
    progress: Progress | None = None,
    on_lost: Callable[[PublicRecording, InteractSpeechError], None] | None = None,
) -> tuple[FetchedRecording, ...]:
    """As `fetch_recordings`, of recordings that others have labelled.

    Args:
        recordings: where their files are.
        labels: of a recording by its name.
        folder: see `fetch_recordings`.
        source: see there.
        progress: see there.
        on_lost: see there.
    """
    if source is not None and not source.is_dir():
        raise InputError("is no folder", source, reason="no-file")
    silent: set[str] = set()
    found = []
    for recording in recordings:
        try:
            place = folder / recording.name
            mine = labels(recording.name)
            _refuse_other_labels(place, mine)
            kept = _has_sound(place / AUDIO, recording)
            if not kept:
                files = [
                    _local(file, source)
                    if source is not None
                    else _downloaded(file, place, silent, progress)
                    for file in recording.files
                ]
                samples, rate = _joined(recording, files)
                write_file(place / AUDIO, encode_sound(samples, rate, "FLAC", "PCM_16"))
                if source is None:
                    for path in files:
                        path.unlink(missing_ok=True)
            _write_labels(place, recording, mine)
        except InteractSpeechError as error:
            if on_lost is None:
                raise
            on_lost(recording, error)
        else:
            found.append(FetchedRecording(recording, place, kept))
    return tuple(found)


def _chosen(
    names: Sequence[str], recordings: Sequence[PublicRecording]
) -> tuple[PublicRecording, ...]:
    known = {one.name: one for one in recordings}
    for name in names:
        if name not in known:
            raise UsageError(f"no public recording {name!r}", remedy=f"one of {', '.join(known)}")
    return tuple(known[name] for name in dict.fromkeys(names)) or tuple(recordings)


def _has_sound(path: Path, recording: PublicRecording) -> bool:
    """Whether the sound is there, to the sample."""
    try:
        samples, _ = soundfile.read(path, dtype="int16", always_2d=True)
    except (OSError, soundfile.LibsndfileError):
        return False
    return _samples_digest(samples) == recording.samples_sha256


def _samples_digest(samples: Int16Array) -> str:
    return hashlib.sha256(np.ascontiguousarray(samples, "<i2").tobytes()).hexdigest()


def _local(file: SoundFile, source: Path) -> Path:
    """The published file in a local folder."""
    found = sorted(path for path in source.rglob(file.name) if path.is_file())
    for path in found:
        if path.stat().st_size == file.size and downloads.digest(path) == file.sha256:
            return path
    if found:
        raise InputError(
            f"is not the published file (SHA-256 {downloads.digest(found[0])[:12]}..., "
            f"{file.sha256[:12]}... is pinned)",
            found[0],
            remedy=f"get it from {file.url}",
            reason="bad-checksum",
        )
    raise InputError(
        f"holds no {file.name}", source, remedy=f"get it from {file.url}", reason="missing-file"
    )


def _downloaded(file: SoundFile, place: Path, silent: set[str], progress: Progress | None) -> Path:
    """The published file beside what will be made of it; a broken transfer is taken up again."""

    def report(done: int) -> None:
        if progress:
            progress(file.name, done, file.size)

    partial = place / f".{file.name}.partial"
    place.mkdir(parents=True, exist_ok=True)
    try:
        downloads.download(file.url, partial, file.size, silent, report)
    except downloads.TransferError as error:
        raise _not_had(file, str(error)) from None
    found = downloads.digest(partial)
    if found != file.sha256:
        partial.unlink()
        raise _not_had(
            file, f"has a file with SHA-256 {found[:12]}..., not the pinned {file.sha256[:12]}..."
        )
    return partial


def _not_had(file: SoundFile, problem: str) -> MissingResourceError:
    return MissingResourceError(
        f"could not get {file.url}: {downloads.host(file.url)} {problem}\n"
        "run the same command again to go on; or, on a machine without a network, bring the file "
        f"({file.size / 1e6:.1f} MB) in a folder and give that with --from"
    )


def _joined(recording: PublicRecording, paths: Sequence[Path]) -> tuple[Int16Array, int]:
    """The channels side by side, shape ``(n, 2)``, and their rate."""
    parts, rates = [], set()
    for file, path in zip(recording.files, paths, strict=True):
        samples, rate = soundfile.read(path, dtype="int16", always_2d=True)
        if samples.shape[1] != len(file.speakers):
            raise InputError(
                f"has {samples.shape[1]} channels, expected {len(file.speakers)}",
                path,
                reason="bad-audio",
            )
        parts.append(samples)
        rates.add(int(rate))
    length = max(len(part) for part in parts)
    padded = [np.pad(part, ((0, length - len(part)), (0, 0))) for part in parts]
    joined = np.concatenate(padded, axis=1)
    if len(rates) != 1 or _samples_digest(joined) != recording.samples_sha256:
        raise InputError(
            f"{recording.name}: its files do not make the sound that was labelled",
            paths[0],
            reason="bad-audio",
        )
    return joined, rates.pop()


def _refuse_other_labels(place: Path, labels: EventLabels) -> None:
    """Never write over labels that somebody else made, or changed."""
    path = place / EVENTS
    if not path.exists():
        return
    digest = downloads.digest(path)
    try:
        told = (place / SOURCE).read_text("utf-8")
    except OSError:
        told = ""
    if digest not in told and digest != hashlib.sha256(encode_labels(labels)).hexdigest():
        raise InputError(
            "holds labels that this command did not write",
            path,
            remedy="name another folder, or remove it",
            reason="output-exists",
        )


def _write_labels(place: Path, recording: PublicRecording, labels: EventLabels) -> None:
    data = encode_labels(labels)
    lines = [
        f"{recording.name}: {recording.talk} ({recording.language}).",
        f"Sound: {recording.attribution}, {recording.page}",
        f"Licence of the sound: {recording.licence}, {recording.licence_url}"
        + ("" if recording.commercial else " (not for commercial use)"),
        *(f"  {file.url}\n    SHA-256 {file.sha256}" for file in recording.files),
        f"{AUDIO}: the same samples, {' and '.join(_channels(recording))}.",
        f"{EVENTS}, {ACTIVITY}: labels by two annotators, of interactspeech, under its licence.",
        f"  {EVENTS} SHA-256 {hashlib.sha256(data).hexdigest()}",
    ]
    write_file(place / ACTIVITY, activity_rttm(labels))
    write_file(place / EVENTS, data)
    write_file(place / SOURCE, ("\n".join(lines) + "\n").encode())


def _channels(recording: PublicRecording) -> list[str]:
    names = [name for file in recording.files for name in file.speakers]
    return [f"{name} on channel {number}" for number, name in enumerate(names, 1)]


__all__ = [
    "FetchedRecording",
    "PublicRecording",
    "SoundFile",
    "fetch_from",
    "fetch_recordings",
    "public_labels",
    "public_recordings",
]
