"""The scenario runner: stimuli are played to a system on one clock, and both sides recorded.

```
 virtual clock   frame k of the user ─► system ─► what it plays in frame k + 1        as fast as it goes
 real time       frame k of the user ─► wire at k * 20 ms;  what comes back, where it came
```

A run is a folder of items in this package's layout: the user's track and truth, the system's track,
its log. `interactspeech evaluate duplex` of that folder gives the same report again, byte by byte.
"""  # noqa: E501

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.atomic_files import write_file
from interactspeech.errors import InputError
from interactspeech.evaluation.duplex.stimulus import StimulusTruth, SystemEvent, read_truth
from interactspeech.records import Samples
from interactspeech.signal.recording import Recording
from interactspeech.signal.sound_bytes import encode_sound

RATE: Final = 16_000
#: Seconds of a frame.
FRAME: Final = 0.02


class DuplexSystem(ABC):
    """A system in this process, on a virtual clock.

    Attributes:
        name: as reports call it.
    """

    name: str = "system"

    def play(self, user: Samples, truth: StimulusTruth | None = None) -> Samples:
        """What it plays while it hears a track of 16 kHz, as long as that.

        On a virtual clock; systems elsewhere do it in real time.
        """
        return play_to(self, user, truth)

    @abstractmethod
    def start(self, rate: int, truth: StimulusTruth | None) -> None:
        """A stimulus begins; `truth` is for reference systems, others must not look at it."""

    @abstractmethod
    def step(self, user: Float32Array) -> Float32Array:
        """A frame of the user's sound is over: what is played in the next frame, as long."""

    def log(self) -> Sequence[SystemEvent] | None:
        """What the system decided and its player did; None where it does not say."""
        return None


@dataclass(frozen=True)
class ScenarioItem:
    """A stimulus on disk."""

    name: str
    folder: Path
    truth: StimulusTruth


def scenario_items(folder: Path) -> Iterator[ScenarioItem | InputError]:
    """The stimuli of a scenario: every folder below with ``user.wav`` and ``truth.json``."""
    found = sorted(folder.rglob("truth.json"))
    if not found:
        yield InputError(
            "holds no stimuli",
            folder,
            remedy="make some with `interactspeech evaluate stimuli -o DIR`",
            reason="nothing-to-measure",
        )
    for path in found:
        if not (path.parent / "user.wav").is_file():
            yield InputError("user.wav is missing", path.parent, reason="missing-file")
            continue
        try:
            yield ScenarioItem(
                path.parent.relative_to(folder).as_posix(), path.parent, read_truth(path)
            )
        except InputError as error:
            yield error


def play_to(
    system: DuplexSystem, user: Samples, truth: StimulusTruth | None = None, rate: int = RATE
) -> Samples:
    """What a system plays while it hears `user`, on a virtual clock; as long as `user`.

    Args:
        system: it is started anew.
        user: mono float32.
        truth: for reference systems.
        rate: samples a second.

    Raises:
        InputError: the system gives a frame of another length.
    """
    size = round(FRAME * rate)
    system.start(rate, truth)
    played = np.zeros(len(user) + size, np.float32)
    for start in range(0, len(user), size):
        frame = user[start : start + size]
        answer = system.step(frame)
        if answer.shape != frame.shape:
            raise InputError(
                f"system {system.name!r} gave {answer.shape} samples for {frame.shape}",
                reason="bad-shape",
            )
        played[start + size : start + size + len(answer)] = answer
    return played[: len(user)]


def run_scenario(
    folder: Path | str,
    system: DuplexSystem,
    out: Path | str,
    done: Callable[[ScenarioItem], None] | None = None,
    *,
    limit: int | None = None,
) -> list[InputError]:
    """Play all stimuli of a scenario to a system and write the run.

    Args:
        folder: with the stimuli.
        system: in this process.
        out: folder of the run.
        done: called after each item.
        limit: play the first so many.

    Returns:
        What is wrong with items that could not be played.
    """
    lost = []
    for item in islice(scenario_items(Path(folder)), limit):
        if isinstance(item, InputError):
            lost.append(item)
            continue
        try:
            user = read_user(item)
            system_track = system.play(user, item.truth)
        except InputError as error:
            lost.append(error)
            continue
        write_run_item(Path(out) / item.name, item, system_track, system.log())
        if done is not None:
            done(item)
    return lost


def read_user(item: ScenarioItem) -> Samples:
    """A stimulus's sound, mono at 16 kHz."""
    with Recording.open(item.folder / "user.wav", rate=RATE) as opened:
        return np.asarray(opened.read(0, opened.samples)[0], np.float32)


def write_run_item(
    folder: Path,
    item: ScenarioItem,
    system: Samples,
    log: Sequence[SystemEvent] | None,
    rate: int = RATE,
) -> None:
    """Write what was recorded of an item: both tracks, the truth, the log."""
    write_file(folder / "user.wav", (item.folder / "user.wav").read_bytes())
    write_file(folder / "truth.json", (item.folder / "truth.json").read_bytes())
    write_file(folder / "system.wav", encode_sound(np.clip(system, -1, 1), rate, "WAV", "PCM_16"))
    if log is not None:
        lines = [json.dumps({"time": round(e.time, 6), "event": e.event}) for e in log]
        write_file(folder / "log.jsonl", "".join(f"{line}\n" for line in lines).encode())


__all__ = [
    "FRAME",
    "DuplexSystem",
    "ScenarioItem",
    "play_to",
    "read_user",
    "run_scenario",
    "scenario_items",
    "write_run_item",
]
