"""Two-track recordings of a user and a system, from the layouts in which they lie on disk.

```
ours        ITEM/  user.wav  truth.json     system.wav  [system.json  log.jsonl]
benchmark   ITEM/  input.wav  pause.json, turn_taking.json, interrupt.json or metadata.json
                   output.wav  output.json  [clean_input.json  input.json  clean_output.json]
tools       ITEM/  input.wav  metadata.json  result_SYSTEM.json  [output_SYSTEM.wav]    (its v3)
one file    call.wav (two channels: the user, the system)   [call.truth.json  call.system.json]
pair        call.user.wav  call.system.wav                  [the same beside them]
```

Any audio that the package reads will do (WAV, FLAC, MP3, ...). What is wrong with an item is named
with its reason, and the rest goes on. Words are in Full-Duplex-Bench's form (`timed_words`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from interactspeech._typing import Int64Array
from interactspeech.errors import InputError
from interactspeech.evaluation.duplex.channels import (
    ActivityDetector,
    channel_activity_of,
    channel_fault,
    look_swapped,
)
from interactspeech.evaluation.duplex.full_duplex_bench_v3 import (
    ToolUse,
    providers,
    read_tool_use,
    result_of,
)
from interactspeech.evaluation.duplex.stimulus import (
    StimulusEvent,
    StimulusKind,
    StimulusTruth,
    SystemEvent,
    read_log,
    read_truth,
)
from interactspeech.evaluation.duplex.timed_words import (
    TimedWord,
    read_json,
    read_timed_words,
    seconds,
)
from interactspeech.records import Samples
from interactspeech.settings import NonNegative, Settings
from interactspeech.signal.intervals import union
from interactspeech.signal.recording import Recording

#: Samples a second of all measures.
RATE: Final = 16_000
#: Subsets of Full-Duplex-Bench v1.5, and what their overlap is.
SUBSETS: Final[dict[str, StimulusKind]] = {
    "user_interruption": "interruption",
    "user_backchannel": "backchannel",
    "talking_to_other": "side_talk",
    "background_speech": "background_speech",
}
#: Files that say what an item of v1 is, and the task.
_MARKS: Final = {
    "pause.json": "pause_handling",
    "turn_taking.json": "smooth_turn_taking",
    "interrupt.json": "user_interruption",
}
AUDIO: Final = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".sph")
#: An output that is so many times as long as the input was written at another rate than it says.
_RATIOS: Final = (1.5, 2 / 3, 2.0, 0.5, 3.0, 1 / 3, 48 / 44.1, 44.1 / 48, 44.1 / 24, 24 / 44.1)
_RATIO_TOLERANCE: Final = 0.002

#: Task of Full-Duplex-Bench; "" for other recordings.
FdbTask = Literal[
    "",
    "pause_handling",
    "smooth_turn_taking",
    "user_interruption",
    "backchannel",
    "overlap",
    "tool_use",
]
#: Silences of a user's words that are so long are pauses to wait in (v3), seconds.
_PAUSE: Final = 0.5


class RecordingSettings(Settings, frozen=True):
    """How recordings are read.

    Attributes:
        user_channel: of a file with two channels, 0 or 1; the system has the other.
        activity: how talk is found on a channel without words' times.
        from_words: talk is where a side's words are, if they are known; no sound is read.
        word_gap: seconds between words that count as talk then.
        check_channels: look for crosstalk and for the same sound on both.
        provider: of the results of several systems on an item (Full-Duplex-Bench v3), the one.
        unequal: seconds by which lengths may differ without a note.
    """

    user_channel: Literal[0, 1] = 0
    activity: ActivityDetector = "auto"
    from_words: bool = False
    word_gap: NonNegative = 0.2
    check_channels: bool = True
    provider: str = ""
    unequal: NonNegative = 0.5


@dataclass(frozen=True, eq=False)
class DuplexRecording:
    """A recording of a user and a system on one clock, ready to be measured.

    Attributes:
        name: of the item.
        rate: samples a second of all intervals.
        length: in samples.
        user, system: who talks when, samples, shape ``(n, 2)``, sorted and disjoint.
        user_words, system_words: with times, where they are known.
        truth: what the user's track asks.
        log: the system's own account.
        task: of Full-Duplex-Bench.
        reference: where the user's turn ends, for FDB's latency; seconds.
        subset: of FDB, or the item's group.
        human: when people gave backchannels on this item, a share a bin (FDB's ICC).
        system_rate: samples a second of the system's file (FDB's detector takes any for 16 kHz).
        detector_segments: what Silero finds in the system's samples taken for 16 kHz, seconds;
            only for FDB's backchannel task.
        clean_system_words: the answer to the user's track without the overlap (FDB v1.5).
        tool_use: what the harness recorded (FDB v3).
        notes: what is unusual, a sentence each.
        files: of the user and of the system, for a page; channels beside them.
    """

    name: str
    rate: int
    length: int
    user: Int64Array
    system: Int64Array
    user_words: tuple[TimedWord, ...] | None = None
    system_words: tuple[TimedWord, ...] | None = None
    truth: StimulusTruth | None = None
    log: tuple[SystemEvent, ...] | None = None
    task: FdbTask = ""
    reference: float | None = None
    subset: str = ""
    human: tuple[float, ...] | None = None
    system_rate: int = RATE
    detector_segments: tuple[tuple[float, float], ...] | None = None
    clean_system_words: tuple[TimedWord, ...] | None = None
    tool_use: ToolUse | None = None
    notes: tuple[str, ...] = ()
    files: tuple[tuple[Path, int], ...] = field(default=())

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.length / self.rate

    def stretches(self, side: Literal["user", "system"]) -> list[tuple[float, float]]:
        """A side's talk in seconds."""
        rows: Int64Array = getattr(self, side)
        return [(a / self.rate, b / self.rate) for a, b in rows.tolist()]

    def sound(self) -> Samples:
        """Both sides' sound at `rate`, float32, shape ``(2, length)``; silence where there is none.

        Raises:
            InputError: a file has vanished or is damaged.
        """
        both = np.zeros((2, self.length), np.float32)
        for row, (path, channel) in enumerate(self.files):
            with Recording.open(path, rate=self.rate) as opened:
                read = opened.read(0, min(opened.samples, self.length))[channel]
            both[row, : len(read)] = read
        return both


@dataclass(frozen=True)
class _PlacedItem:
    """Where the parts of an item lie."""

    name: str
    folder: Path
    user: tuple[Path, int]
    system: tuple[Path, int]
    layout: Literal["ours", "fdb", "tools", "file", "pair"]


def find_items(
    paths: Sequence[Path], settings: RecordingSettings | None = None
) -> Iterator[_PlacedItem | InputError]:
    """The items below paths, in order of their names; what is no item is an error.

    Two mono files are a pair: the user's, the system's.
    """
    chosen = settings or RecordingSettings()
    if len(paths) == 2 and all(_mono(p) for p in paths):
        user, system = paths
        yield _PlacedItem(system.stem, system.parent, (user, 0), (system, 0), "pair")
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
) -> Iterator[_PlacedItem | InputError]:
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
        yield _PlacedItem(name, folder, (_audio(folder, "input") or result, 0),
                          (heard or result, 0), "tools")  # fmt: skip
        return
    layout: Literal["ours", "fdb"] | None = None
    if "truth.json" in names or _audio(folder, "user"):
        layout, parts = "ours", ("user", "system")
    elif names & {*_MARKS, "metadata.json", "output.json"} or _audio(folder, "input"):
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
        yield _PlacedItem(name, folder, (user, 0), (system, 0), layout)
        return
    for child in children:
        if child.is_dir() and not child.name.startswith("."):
            yield from _in_folder(child, root, settings)
        elif child.suffix.lower() in AUDIO:
            yield from _of_file(child, root, settings)


def _of_file(
    path: Path, root: Path, settings: RecordingSettings
) -> Iterator[_PlacedItem | InputError]:
    name = path.with_suffix("").name
    if name.endswith(".system"):
        stem = name.removesuffix(".system")
        user = _audio(path.parent, f"{stem}.user")
        if user is None:
            yield InputError(f"{stem}.user.wav is missing", path, reason="missing-file")
        else:
            yield _PlacedItem(_below(path, root, stem), path.parent, (user, 0), (path, 0), "pair")
        return
    if name.endswith(".user"):
        stem = name.removesuffix(".user")
        if _audio(path.parent, f"{stem}.system") is None:
            yield InputError(f"{stem}.system.wav is missing", path, reason="missing-file")
        return
    channel = settings.user_channel
    yield _PlacedItem(
        _below(path, root, path.stem), path.parent, (path, channel), (path, 1 - channel), "file"
    )


def _below(path: Path, root: Path, stem: str) -> str:
    parent = path.parent.relative_to(root).as_posix() if path.is_relative_to(root) else "."
    return stem if parent == "." else f"{parent}/{stem}"


def _audio(folder: Path, stem: str) -> Path | None:
    return next((p for end in AUDIO if (p := folder / f"{stem}{end}").is_file()), None)


def _natural(name: str) -> tuple[int, int, str]:
    return (0, int(name), name) if name.isdigit() else (1, 0, name)


def read_recordings(
    paths: Iterable[Path | str], settings: RecordingSettings | None = None
) -> Iterator[DuplexRecording | InputError]:
    """Read the recordings below paths, one after the other.

    Args:
        paths: folders, two-channel files, or two mono files (the user's, the system's).
        settings: how.

    Yields:
        A recording, or what is wrong with an item: its path is the item's.
    """
    chosen = settings or RecordingSettings()
    for item in find_items([Path(p) for p in paths], chosen):
        if isinstance(item, InputError):
            yield item
            continue
        try:
            yield (_read_tools if item.layout == "tools" else _read)(item, chosen)
        except InputError as error:
            yield error


def _read(item: _PlacedItem, settings: RecordingSettings) -> DuplexRecording:
    notes: list[str] = []
    extra = (_fdb_extra if item.layout == "fdb" else _own_extra)(item, notes)
    words = extra["user_words"], extra["system_words"]
    user_sound, user_rate = _load(item.user, item)
    system_sound, system_rate = _load(item.system, item)
    if len(system_sound) == 0:
        raise InputError("the output is empty", item.system[0], reason="empty-audio")
    length = len(user_sound)
    if item.layout != "file":
        notes += _lengths(item, len(user_sound), len(system_sound), settings)
        length = max(length, len(system_sound))
    if settings.check_channels:
        fault = channel_fault(user_sound, system_sound, RATE)
        if fault:
            meaning = {
                "same": "both channels hold the same sound",
                "shared": "both channels hold both speakers",
                "crosstalk": "one side is heard on the other's channel",
            }[fault]
            raise InputError(
                f"{meaning}, so that who talks when cannot be trusted",
                item.system[0],
                remedy="record a channel a side, or measure it with --no-check-channels",
                reason="crosstalk",
            )
    user = _activity(user_sound, words[0], settings, length)
    system = _activity(system_sound, words[1], settings, length)
    truth: StimulusTruth | None = extra["truth"]
    if truth is not None and truth.speech:
        expected = union(
            np.rint(np.array(truth.speech, np.float64) * RATE).astype(np.int64).reshape(-1, 2)
        )
        if look_swapped(user, system, expected):
            raise InputError(
                "the channels look swapped: the user's known speech is on the system's channel",
                item.system[0],
                remedy="give --user-channel, or swap the files",
                reason="swapped-channels",
            )
    if words[1] == () and len(system) and int((system[:, 1] - system[:, 0]).sum()) >= RATE:
        notes.append("the output's words are empty though it has speech")
    if not len(system):
        notes.append("the output has no speech")
    segments = None
    if extra["task"] == "backchannel" and user_rate and system_rate != RATE:
        with Recording.open(item.system[0]) as opened:
            raw = opened.read(0, opened.samples)[item.system[1]]
        segments = tuple(
            (a / RATE, b / RATE)
            for a, b in channel_activity_of(raw, RATE, settings.activity).tolist()
        )
    return DuplexRecording(
        name=item.name,
        rate=RATE,
        length=length,
        user=user,
        system=system,
        user_words=words[0],
        system_words=words[1],
        truth=truth,
        log=extra["log"],
        task=extra["task"],
        reference=extra["reference"],
        subset=extra["subset"],
        human=extra["human"],
        system_rate=system_rate,
        detector_segments=segments,
        clean_system_words=extra["clean"],
        notes=tuple(notes),
        files=(item.user, item.system),
    )


def _read_tools(item: _PlacedItem, settings: RecordingSettings) -> DuplexRecording:
    """An item of Full-Duplex-Bench v3; a side without sound talks where its words are."""
    _, result = result_of(item.folder, settings.provider)
    run = read_tool_use(result)
    notes: list[str] = []
    rows, lengths = [], []
    words = {"user": run.input_words, "system": run.output_words}
    for side, (path, channel) in (("user", item.user), ("system", item.system)):
        if path == result:
            lengths.append(round(max((w.known_end for w in words[side]), default=0.0) * RATE))
            rows.append(activity_of_words(words[side], RATE, settings.word_gap))
            notes.append(f"the {side}'s sound is not there; it talks where its words are")
        else:
            sound, _ = _load((path, channel), item)
            lengths.append(len(sound))
            rows.append(_activity(sound, words[side], settings, len(sound)))
    if run.transcribed and not run.output_words:
        notes.append("the output's transcript has no times")
    if not run.input_words:
        notes.append("nothing of the input was recognised, so that its end is not known")
    return DuplexRecording(
        name=item.name,
        rate=RATE,
        length=max(lengths),
        user=rows[0],
        system=rows[1],
        user_words=run.input_words,
        system_words=run.output_words,
        truth=_tools_truth(item.name, run.input_words, max(lengths)),
        task="tool_use",
        subset="tool_use",
        tool_use=run,
        notes=tuple(notes),
        files=(item.user, item.system) if result not in (item.user[0], item.system[0]) else (),
    )


def _tools_truth(name: str, words: Sequence[TimedWord], length: int) -> StimulusTruth | None:
    """What a request asks, by its recognised words: to wait in its pauses, and then an answer."""
    if not words:
        return None
    pauses = [
        StimulusEvent("pause", word.known_end, following.start)
        for word, following in pairwise(words)
        if following.start - word.known_end >= _PAUSE
    ]
    end = max(w.known_end for w in words)
    return StimulusTruth(
        id=name,
        seconds=max(length / RATE, end),
        events=(*pauses, StimulusEvent("turn_end", max(0.0, end - 0.5), end)),
        group="tool_use",
        source="Full-Duplex-Bench v3",
    )


def _load(place: tuple[Path, int], item: _PlacedItem) -> tuple[Samples, int]:
    path, channel = place
    with Recording.open(path, rate=RATE) as opened:
        if item.layout == "file" and opened.channels != 2:
            raise InputError(
                f"has {opened.channels} channel{'s' * (opened.channels != 1)}, expected 2",
                path,
                remedy="give two channels, the user's and the system's, or two files",
                reason="one-channel" if opened.channels == 1 else "many-channels",
            )
        if opened.channels <= channel:
            raise InputError(f"has no channel {channel}", path, reason="no-such-channel")
        sound = opened.read(0, opened.samples)
        native = opened.native
    return np.asarray(sound[channel], np.float32), native


def _lengths(item: _PlacedItem, user: int, system: int, settings: RecordingSettings) -> list[str]:
    if abs(user - system) <= settings.unequal * RATE:
        return []
    ratio = system / max(user, 1)
    if user > 2 * RATE and any(abs(ratio / r - 1) < _RATIO_TOLERANCE for r in _RATIOS):
        raise InputError(
            f"the output is {ratio:.3f} times as long as the input: its samples are of another "
            "rate than its header says",
            item.system[0],
            remedy="write the output with the rate at which it was made",
            reason="bad-rate",
        )
    how = "longer" if system > user else "shorter"
    return [f"the output is {abs(system - user) / RATE:.2f} s {how} than the input"]


def _activity(
    sound: Samples,
    words: Sequence[TimedWord] | None,
    settings: RecordingSettings,
    length: int,
) -> Int64Array:
    if settings.from_words and words is not None:
        return activity_of_words(words, RATE, settings.word_gap, length)
    return channel_activity_of(sound, RATE, settings.activity)


def activity_of_words(
    words: Sequence[TimedWord], rate: int, gap: float, length: int | None = None
) -> Int64Array:
    """Talk where there are words, silences shorter than `gap` seconds filled; samples."""
    rows = np.array([(w.start, w.known_end) for w in words], np.float64).reshape(-1, 2) * rate
    spans = np.rint(rows).astype(np.int64)
    if length is not None:
        spans = np.minimum(spans, length)
    spans = spans[spans[:, 1] > spans[:, 0]]
    return union(spans, max(1, round(gap * rate)))


def _own_extra(item: _PlacedItem, notes: list[str]) -> dict[str, Any]:
    """What lies beside a recording in our layouts; of a file ``call.wav``: ``call.truth.json``."""
    stem = "" if item.layout == "ours" else f"{Path(item.name).name}."

    def beside(*names: str) -> Path | None:
        return next((p for n in names if (p := item.folder / f"{stem}{n}").is_file()), None)

    truth_file = beside("truth.json")
    truth = read_truth(truth_file) if truth_file else None
    words = {}
    for side, other in (("user", "input"), ("system", "output")):
        path = beside(f"{side}.json", f"{other}.json")
        words[side] = read_timed_words(path, notes) if path else None
    if words["user"] is None and truth is not None and truth.words:
        words["user"] = truth.words
    log = beside("log.jsonl", "system.log.jsonl")
    return {
        "truth": truth,
        "user_words": words["user"],
        "system_words": words["system"],
        "log": read_log(log) if log else None,
        "task": "",
        "reference": None,
        "subset": truth.group if truth else "",
        "human": None,
        "clean": None,
    }


def _fdb_extra(item: _PlacedItem, notes: list[str]) -> dict[str, Any]:
    folder = item.folder
    extra: dict[str, Any] = dict.fromkeys(
        ("truth", "user_words", "system_words", "log", "reference", "human", "clean")
    )
    extra["task"], extra["subset"] = "", folder.parent.name
    for side, name in (("system_words", "output.json"), ("user_words", "input.json"),
                       ("clean", "clean_output.json")):  # fmt: skip
        if (folder / name).is_file():
            extra[side] = read_timed_words(folder / name, notes)
    if extra["user_words"] is None and (folder / "transcription.json").is_file():
        try:
            extra["user_words"] = read_timed_words(folder / "transcription.json", notes)
        except InputError as error:  # nothing of the system is in it
            notes.append(f"transcription.json was not used: {error.problem}")
    events: list[StimulusEvent] = []
    mark = next((m for m in _MARKS if (folder / m).is_file()), None)
    if mark is not None:
        extra["task"] = _MARKS[mark]
        events, extra["reference"] = _marked_events(folder / mark, extra["task"])
    elif (folder / "metadata.json").is_file():
        extra["task"] = "overlap"
        events = [_overlap_event(folder / "metadata.json", folder.parent.name)]
    else:
        extra["task"] = "backchannel"
        extra["human"] = _human_distribution(folder)
    if events:
        with Recording.open(item.user[0], rate=RATE) as opened:
            length = opened.samples / RATE
        extra["truth"] = StimulusTruth(
            id=item.name,
            seconds=max(length, *(e.end for e in events)),
            events=tuple(events),
            group=folder.parent.name,
            source="Full-Duplex-Bench",
        )
    if (folder / "log.jsonl").is_file():
        extra["log"] = read_log(folder / "log.jsonl")
    return extra


def _marked_events(path: Path, task: str) -> tuple[list[StimulusEvent], float | None]:
    data = read_json(path)
    if not isinstance(data, list) or not data or not all(isinstance(r, dict) for r in data):
        raise InputError("holds no list of marks", path, reason="bad-annotation")
    events: list[StimulusEvent] = []
    reference = None
    for row in data:
        times = row.get("timestamp")
        if not isinstance(times, list) or len(times) != 2:
            raise InputError(
                'a mark has no "timestamp": [start, end]', path, reason="bad-annotation"
            )
        start, end = (seconds(t, "timestamp", path) for t in times)
        if end < start:
            raise InputError("a mark ends before it begins", path, reason="reversed-time")
        if task == "pause_handling":
            events.append(StimulusEvent("pause", start, end))
        elif task == "smooth_turn_taking":
            events.append(StimulusEvent("turn_end", max(0.0, start - 0.5), start))
            reference = start if reference is None else reference
        else:
            text = str(row.get("interrupt", ""))
            events.append(StimulusEvent("interruption", start, end, text))
            events.append(StimulusEvent("turn_end", start, end, text))
            reference = end if reference is None else reference
    return events, reference


def _overlap_event(path: Path, subset: str) -> StimulusEvent:
    data = read_json(path)
    times = data.get("timestamps") if isinstance(data, dict) else None
    if not isinstance(times, list) or len(times) != 2:
        raise InputError(
            'has no "timestamps": [start, end] of the overlap', path, reason="bad-annotation"
        )
    start, end = (seconds(t, "timestamps", path) for t in times)
    if end < start:
        raise InputError("the overlap ends before it begins", path, reason="reversed-time")
    kind = SUBSETS.get(subset, SUBSETS.get(str(data.get("subset", "")), "interruption"))
    return StimulusEvent(kind, start, end, str(data.get("current_turn_text", "")))


def _human_distribution(folder: Path) -> tuple[float, ...] | None:
    """When people gave backchannels on an item: ``icc_gt_distribution.json`` beside or above."""
    for place in (folder, folder.parent, folder.parent.parent):
        path = place / "icc_gt_distribution.json"
        if path.is_file():
            data = read_json(path)
            row = data.get(folder.name) if isinstance(data, dict) else None
            if isinstance(row, list) and row:
                return tuple(seconds(v, "distribution", path) for v in row)
    return None


__all__ = [
    "RATE",
    "SUBSETS",
    "DuplexRecording",
    "FdbTask",
    "RecordingSettings",
    "activity_of_words",
    "find_items",
    "read_recordings",
]
