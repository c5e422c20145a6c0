"""Where the parts of two-track recordings lie on disk: the layouts of a user and a system.

```
ours        ITEM/  user.wav  truth.json     system.wav  [system.json  log.jsonl]
benchmark   ITEM/  input.wav  pause.json, turn_taking.json, interrupt.json or metadata.json
                   output.wav  output.json  [clean_input.json  input.json  clean_output.json]
tools       ITEM/  input.wav  metadata.json  result_SYSTEM.json  [output_SYSTEM.wav]    (its v3)
one file    call.wav (two channels: the user, the system)   [call.truth.json  call.system.json]
pair        call.user.wav  call.system.wav                  [the same beside them]
```

Any audio that the package reads will do (WAV, FLAC, MP3, ...).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from interactspeech.errors import InputError
from interactspeech.evaluation.duplex.full_duplex_bench_v3 import providers, result_of
from interactspeech.evaluation.duplex.recordings import FdbTask, RecordingSettings
from interactspeech.signal.recording import Recording

#: Files that say what an item of v1 is, and the task.
MARKS: Final[dict[str, FdbTask]] = {
    "pause.json": "pause_handling",
    "turn_taking.json": "smooth_turn_taking",
    "interrupt.json": "user_interruption",
}
AUDIO: Final = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".sph")


@dataclass(frozen=True)
class PlacedItem:
    """Where the parts of an item lie."""

    name: str
    folder: Path
    user: tuple[Path, int]
    system: tuple[Path, int]
    layout: Literal["ours", "fdb", "tools", "file", "pair"]


def find_items(
    paths: Sequence[Path], settings: RecordingSettings | None = None
) -> Iterator[PlacedItem | InputError]:
    """The items below paths, in order of their names; what is no item is an error.

    Two mono files are a pair: the user's, the system's.
    """
    chosen = settings or RecordingSettings()
    if len(paths) == 2 and all(_mono(p) for p in paths):
        user, system = paths
        yield PlacedItem(system.stem, system.parent, (user, 0), (system, 0), "pair")
        return
    for path in paths:
        if path.is_dir():
            found = list(_in_folder(path, path, chosen))
            yield from found or [
                InputError(
                    "holds no recordings of a user and a system",
                    path,
                    remedy="see `interactspeech evaluate duplex --help` for the layouts",
                    reason="no-recordings",
                )
            ]
        elif path.exists():
            yield from _of_file(path, path.parent, chosen)
        else:
            yield InputError("is missing", path, reason="missing-file")


def _mono(path: Path) -> bool:
    if not path.is_file() or path.suffix.lower() not in AUDIO:
        return False
    try:
        with Recording.open(path) as opened:
            return opened.channels == 1
    except InputError:
        return False


def _in_folder(
    folder: Path, root: Path, settings: RecordingSettings
) -> Iterator[PlacedItem | InputError]:
    children = sorted(folder.iterdir(), key=lambda p: _natural(p.name))
    names = {child.name for child in children}
    name = folder.relative_to(root).as_posix() if folder != root else folder.name
    if providers(folder):
        try:
            provider, result = result_of(folder, settings.provider)
        except InputError as error:
            yield error
            return
        heard = _audio(folder, f"output_{provider}")
        yield PlacedItem(name, folder, (_audio(folder, "input") or result, 0),
                          (heard or result, 0), "tools")  # fmt: skip
        return
    layout: Literal["ours", "fdb"] | None = None
    if "truth.json" in names or _audio(folder, "user"):
        layout, parts = "ours", ("user", "system")
    elif names & {*MARKS, "metadata.json", "output.json"} or _audio(folder, "input"):
        layout, parts = "fdb", ("input", "output")
    if layout is not None and (_audio(folder, parts[0]) or _audio(folder, parts[1])):
        user, system = (_audio(folder, part) for part in parts)
        for part, found in zip(parts, (user, system), strict=True):
            if found is None:
                yield InputError(
                    f"{part}.wav is missing", folder, remedy="run the system on it again",
                    reason="missing-file",
                )  # fmt: skip
                return
        assert user is not None
        assert system is not None
        yield PlacedItem(name, folder, (user, 0), (system, 0), layout)
        return
    for child in children:
        if child.is_dir() and not child.name.startswith("."):
            yield from _in_folder(child, root, settings)
        elif child.suffix.lower() in AUDIO:
            yield from _of_file(child, root, settings)


def _of_file(
    path: Path, root: Path, settings: RecordingSettings
) -> Iterator[PlacedItem | InputError]:
    name = path.with_suffix("").name
    if name.endswith(".system"):
        stem = name.removesuffix(".system")
        user = _audio(path.parent, f"{stem}.user")
        if user is None:
            yield InputError(f"{stem}.user.wav is missing", path, reason="missing-file")
        else:
            yield PlacedItem(_below(path, root, stem), path.parent, (user, 0), (path, 0), "pair")
        return
    if name.endswith(".user"):
        stem = name.removesuffix(".user")
        if _audio(path.parent, f"{stem}.system") is None:
            yield InputError(f"{stem}.system.wav is missing", path, reason="missing-file")
        return
    channel = settings.user_channel
    yield PlacedItem(
        _below(path, root, path.stem), path.parent, (path, channel), (path, 1 - channel), "file"
    )


def _below(path: Path, root: Path, stem: str) -> str:
    parent = path.parent.relative_to(root).as_posix() if path.is_relative_to(root) else "."
    return stem if parent == "." else f"{parent}/{stem}"


def _audio(folder: Path, stem: str) -> Path | None:
    return next((p for end in AUDIO if (p := folder / f"{stem}{end}").is_file()), None)


def _natural(name: str) -> tuple[int, int, str]:
    return (0, int(name), name) if name.isdigit() else (1, 0, name)


__all__ = ["AUDIO", "MARKS", "PlacedItem", "find_items"]
