"""What lies beside the sound of a recording: what the user's track asks, words, the system's log.

Words are in Full-Duplex-Bench's form (`timed_words`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from interactspeech.errors import InputError
from interactspeech.evaluation.duplex.recording_layouts import MARKS, PlacedItem
from interactspeech.evaluation.duplex.recordings import RATE, FdbTask
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
from interactspeech.signal.recording import Recording

#: Subsets of Full-Duplex-Bench v1.5, and what their overlap is.
_SUBSETS: Final[dict[str, StimulusKind]] = {
    "user_interruption": "interruption",
    "user_backchannel": "backchannel",
    "talking_to_other": "side_talk",
    "background_speech": "background_speech",
}
#: Silences of a user's words that are so long are pauses to wait in (v3), seconds.
_PAUSE: Final = 0.5


def tool_use_truth(name: str, words: Sequence[TimedWord], length: int) -> StimulusTruth | None:
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


@dataclass
class ItemAnnotation:
    """What is known of an item beside its sound.

    Attributes:
        truth: what the user's track asks.
        user_words, system_words: with times.
        log: the system's own account.
        task: of Full-Duplex-Bench.
        reference: where the user's turn ends, seconds.
        subset: of FDB, or the item's group.
        human: when people gave backchannels, a share a bin.
        clean_words: the answer to the user's track without the overlap.
    """

    truth: StimulusTruth | None = None
    user_words: tuple[TimedWord, ...] | None = None
    system_words: tuple[TimedWord, ...] | None = None
    log: tuple[SystemEvent, ...] | None = None
    task: FdbTask = ""
    reference: float | None = None
    subset: str = ""
    human: tuple[float, ...] | None = None
    clean_words: tuple[TimedWord, ...] | None = None


def read_annotation(item: PlacedItem, notes: list[str]) -> ItemAnnotation:
    """What lies beside an item's sound; what is unusual about it is added to `notes`.

    Raises:
        InputError: a file of them is damaged.
    """
    return (_full_duplex_bench if item.layout == "fdb" else _beside)(item, notes)


def _beside(item: PlacedItem, notes: list[str]) -> ItemAnnotation:
    """What lies beside a recording in our layouts; of a file ``call.wav``: ``call.truth.json``."""
    stem = "" if item.layout == "ours" else f"{Path(item.name).name}."

    def beside(*names: str) -> Path | None:
        return next((p for n in names if (p := item.folder / f"{stem}{n}").is_file()), None)

    found = ItemAnnotation()
    if path := beside("truth.json"):
        found.truth = read_truth(path)
    if path := beside("user.json", "input.json"):
        found.user_words = read_timed_words(path, notes)
    if path := beside("system.json", "output.json"):
        found.system_words = read_timed_words(path, notes)
    if found.truth is not None:
        found.subset = found.truth.group
        if found.user_words is None and found.truth.words:
            found.user_words = found.truth.words
    if path := beside("log.jsonl", "system.log.jsonl"):
        found.log = read_log(path)
    return found


def _full_duplex_bench(item: PlacedItem, notes: list[str]) -> ItemAnnotation:
    folder = item.folder
    found = ItemAnnotation(subset=folder.parent.name)
    if (folder / "output.json").is_file():
        found.system_words = read_timed_words(folder / "output.json", notes)
    if (folder / "input.json").is_file():
        found.user_words = read_timed_words(folder / "input.json", notes)
    if (folder / "clean_output.json").is_file():
        found.clean_words = read_timed_words(folder / "clean_output.json", notes)
    if found.user_words is None and (folder / "transcription.json").is_file():
        try:
            found.user_words = read_timed_words(folder / "transcription.json", notes)
        except InputError as error:  # nothing of the system is in it
            notes.append(f"transcription.json was not used: {error.problem}")
    events: list[StimulusEvent] = []
    mark = next((m for m in MARKS if (folder / m).is_file()), None)
    if mark is not None:
        found.task = MARKS[mark]
        events, found.reference = _marked_events(folder / mark, found.task)
    elif (folder / "metadata.json").is_file():
        found.task = "overlap"
        events = [_overlap_event(folder / "metadata.json", folder.parent.name)]
    else:
        found.task = "backchannel"
        found.human = _human_distribution(folder)
    if events:
        with Recording.open(item.user[0], rate=RATE) as opened:
            length = opened.samples / RATE
        found.truth = StimulusTruth(
            id=item.name,
            seconds=max(length, *(e.end for e in events)),
            events=tuple(events),
            group=folder.parent.name,
            source="Full-Duplex-Bench",
        )
    if (folder / "log.jsonl").is_file():
        found.log = read_log(folder / "log.jsonl")
    return found


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
    kind = _SUBSETS.get(subset, _SUBSETS.get(str(data.get("subset", "")), "interruption"))
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


__all__ = ["_SUBSETS", "ItemAnnotation", "read_annotation", "tool_use_truth"]
