"""Two-track recordings of a user and a system, read, checked and with their talk found.

What is wrong with an item is named with its reason, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from interactspeech._typing import Int64Array
from interactspeech.errors import InputError
from interactspeech.evaluation.duplex.channels import (
    channel_activity_of,
    channel_fault,
    look_swapped,
)
from interactspeech.evaluation.duplex.full_duplex_bench_v3 import read_tool_use, result_of
from interactspeech.evaluation.duplex.recording_annotation import read_annotation, tool_use_truth
from interactspeech.evaluation.duplex.recording_layouts import PlacedItem, find_items
from interactspeech.evaluation.duplex.recordings import (
    RATE,
    DuplexRecording,
    RecordingSettings,
    activity_of_words,
)
from interactspeech.evaluation.duplex.timed_words import TimedWord
from interactspeech.records import Samples
from interactspeech.signal.intervals import union
from interactspeech.signal.recording import Recording

#: An output that is so many times as long as the input was written at another rate than it says.
_RATIOS: Final = (1.5, 2 / 3, 2.0, 0.5, 3.0, 1 / 3, 48 / 44.1, 44.1 / 48, 44.1 / 24, 24 / 44.1)
_RATIO_TOLERANCE: Final = 0.002


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


def _read(item: PlacedItem, settings: RecordingSettings) -> DuplexRecording:
    notes: list[str] = []
    known = read_annotation(item, notes)
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
    user = _activity(user_sound, known.user_words, settings, length)
    system = _activity(system_sound, known.system_words, settings, length)
    if known.truth is not None and known.truth.speech:
        speech = np.array(known.truth.speech, np.float64)
        expected = union(np.rint(speech * RATE).astype(np.int64).reshape(-1, 2))
        if look_swapped(user, system, expected):
            raise InputError(
                "the channels look swapped: the user's known speech is on the system's channel",
                item.system[0],
                remedy="give --user-channel, or swap the files",
                reason="swapped-channels",
            )
    talks = int((system[:, 1] - system[:, 0]).sum()) >= RATE
    if known.system_words == () and talks:
        notes.append("the output's words are empty though it has speech")
    if not len(system):
        notes.append("the output has no speech")
    segments = None
    if known.task == "backchannel" and user_rate and system_rate != RATE:
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
        user_words=known.user_words,
        system_words=known.system_words,
        truth=known.truth,
        log=known.log,
        task=known.task,
        reference=known.reference,
        subset=known.subset,
        human=known.human,
        system_rate=system_rate,
        detector_segments=segments,
        clean_system_words=known.clean_words,
        notes=tuple(notes),
        files=(item.user, item.system),
    )


def _read_tools(item: PlacedItem, settings: RecordingSettings) -> DuplexRecording:
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
        truth=tool_use_truth(item.name, run.input_words, max(lengths)),
        task="tool_use",
        subset="tool_use",
        tool_use=run,
        notes=tuple(notes),
        files=(item.user, item.system) if result not in (item.user[0], item.system[0]) else (),
    )


def _load(place: tuple[Path, int], item: PlacedItem) -> tuple[Samples, int]:
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


def _lengths(item: PlacedItem, user: int, system: int, settings: RecordingSettings) -> list[str]:
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


__all__ = ["read_recordings"]
