"""Audio files as sequences of samples that are decoded when they are asked for.

libsndfile reads WAV, FLAC, MP3, Ogg, AIFF, SPHERE and others; what it cannot, and the sound of
videos, FFmpeg reads through PyAV (extra ``media``). What a file is, its content says, not its name;
how long it is, `signal.containers` measures, because headers leave that open or are wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from interactspeech.errors import InputError, install_command
from interactspeech.signal.containers import Contents, begins_like_audio, inspect
from interactspeech.signal.decoder import Decoder, check_claims, truncated
from interactspeech.signal.soundfile_decoder import ChainedDecoder, SoundFileDecoder

#: What libsndfile estimates, or reads only in part, and FFmpeg does not.
_FOR_FFMPEG = frozenset({"MP1/MP2", "VOC of several blocks"})

#: Endings by which recordings are found in folders; a file that is named itself needs none.
AUDIO_ENDINGS = frozenset(
    (".wav", ".wave", ".flac", ".mp3", ".mp2", ".mpga", ".ogg", ".oga", ".opus", ".spx", ".m4a",
     ".mp4", ".m4b", ".m4v", ".aac", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".sph",
     ".nist", ".w64", ".rf64", ".bwf", ".voc", ".wma", ".webm", ".weba", ".mkv", ".mka", ".mov",
     ".avi", ".3gp", ".3gpp", ".amr", ".ac3", ".wv", ".ape", ".tta", ".ts", ".flv", ".mpg",
     ".mpeg")
)  # fmt: skip


#: Endings of samples without a header -> FFmpeg's name of what they usually are.
HEADERLESS = {
    ".raw": "s16le", ".pcm": "s16le", ".lin": "s16le", ".sln": "s16le", ".s16": "s16le",
    ".s16le": "s16le", ".sw": "s16le", ".f32": "f32le", ".ul": "mulaw", ".ulaw": "mulaw",
    ".mulaw": "mulaw", ".mu": "mulaw", ".al": "alaw", ".alaw": "alaw", ".g722": "g722",
    ".g729": "g729", ".g711": "mulaw",
}  # fmt: skip


def is_audio(path: Path) -> bool:
    """Whether a file in a folder is a recording: by its ending, or by how its content begins."""
    if path.name.startswith(".") or not path.is_file():
        return False
    if path.suffix.lower() in AUDIO_ENDINGS:
        return True
    try:
        with path.open("rb") as file:
            return begins_like_audio(file.read(64))
    except OSError:
        return False


def find_audio(folder: Path) -> tuple[list[Path], list[Path]]:
    """The recordings in a folder and below, and the other files, both sorted.

    Files and folders whose names begin with a dot are in neither.
    """
    files = [
        path for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    ]  # fmt: skip
    recordings = [path for path in files if is_audio(path)]
    taken = set(recordings)
    return recordings, [path for path in files if path not in taken]


def passed_over(paths: Iterable[Path]) -> str:
    """A sentence about files that are no recordings: how many, and the names of the first."""
    names = [path.name for path in paths]
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    return f"passed over {len(names):,} file(s) that are no recordings: {shown}"


def open_audio(path: Path | str) -> Decoder:
    """Open an audio file, or the sound of a video.

    Raises:
        InputError: the file is missing, empty, truncated or damaged, is no audio, or needs a
            decoder that is not installed. The `reason` says which.
    """
    import soundfile

    path = Path(path)
    head = _head(path)
    _refuse_other_content(path, head)
    contents = inspect(path)
    if contents is None or contents.kind not in _FOR_FFMPEG:
        try:
            return _sane(_opened(path, contents))
        except soundfile.LibsndfileError:
            pass
    try:
        from interactspeech.signal.media_decoder import MediaDecoder
    except ImportError:
        problem = "libsndfile cannot read it"
        remedy = f"if it is audio or video, install its decoder: {install_command('media')}"
        raise InputError(problem, path, remedy=remedy, reason="no-decoder") from None
    try:
        return _sane(MediaDecoder(path, contents.notes if contents else ()))
    except InputError as error:
        if error.reason == "not-audio" and path.suffix.lower() in HEADERLESS:
            raise _headerless(path) from None
        if error.reason != "not-audio" or not begins_like_audio(head):
            raise
        raise truncated(
            path, "begins like audio and cannot be decoded: it is truncated or damaged"
        ) from None


def _headerless(path: Path) -> InputError:
    samples = HEADERLESS[path.suffix.lower()]
    return InputError(
        "holds samples without a header, which say neither their type nor their rate", path,
        remedy=f"give it a header: ffmpeg -f {samples} -ar 8000 -ac 1 -i {path.name} "
        f"{path.stem}.wav (with its own rate and channels)",
        reason="no-header",
    )  # fmt: skip


def _refuse_other_content(path: Path, head: bytes) -> None:
    """Refuse what often lies where a recording should: a pointer, a web page, an archive.

    Raises:
        InputError: it is one of these; the remedy says what to do.
    """
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    problem = remedy = ""
    if start.startswith(b"version https://git-lfs"):
        problem, remedy = "is a pointer of Git LFS, not the recording", "fetch it: git lfs pull"
    elif start.startswith((b"<!doctype", b"<html", b"<?xml", b'{"error', b"http/1.")):
        problem, remedy = "is a page or message of a server, not a recording", "fetch it again"
    elif head.startswith((b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ")):
        problem, remedy = "is compressed (an archive), not a recording", "unpack it first"
    if problem:
        raise InputError(problem, path, remedy=remedy, reason="not-audio")


def _opened(path: Path, contents: Contents | None) -> Decoder:
    """The decoder of what libsndfile reads."""
    if contents is None:
        return SoundFileDecoder(path)
    if not contents.parts:
        return SoundFileDecoder(path, length=contents.length, notes=contents.notes)
    decoders: list[SoundFileDecoder] = []
    try:
        for part in contents.parts:
            try:
                decoder = SoundFileDecoder(
                    path, part.stretch, part.raw, kind=contents.kind, samples=part.samples,
                    length=contents.length, notes=contents.notes,
                )  # fmt: skip
            except InputError as error:
                if error.reason != "empty-audio" or len(contents.parts) == 1:
                    raise
                continue
            decoders.append(decoder)
    except BaseException:
        for decoder in decoders:
            decoder.close()
        raise
    if not decoders:
        raise InputError("holds no samples", path, reason="empty-audio")
    if len(decoders) == 1:
        return decoders[0]
    first = decoders[0]
    alike = [
        decoder for decoder in decoders
        if (decoder.channels, decoder.rate) == (first.channels, first.rate)
    ]  # fmt: skip
    notes = list(contents.notes)
    if len(alike) < len(decoders):
        for decoder in decoders:
            if decoder not in alike:
                decoder.close()
        notes.append(f"{len(decoders) - len(alike)} parts of another format are not read")
    return ChainedDecoder(alike, notes)


def _sane(decoder: Decoder) -> Decoder:
    """The decoder, if its header can be true."""
    try:
        check_claims(decoder.path, decoder.channels, decoder.rate)
    except InputError:
        decoder.close()
        raise
    return decoder


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except FileNotFoundError:
        raise InputError("does not exist", path, reason="missing-file") from None
    except IsADirectoryError:
        raise InputError("is a folder, not a file", path, reason="unreadable") from None
    except OSError as error:
        problem = f"cannot be read: {error.strerror or error}"
        raise InputError(problem, path, reason="unreadable") from None
    if not head:
        raise InputError("is empty", path, reason="empty-audio")
    return head
