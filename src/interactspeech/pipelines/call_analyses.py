"""Analyses of calls, each kept in a file of its own, so that a report goes on where it stopped.

An analysis is found again by what decides it: files, settings, version (`task_key`).
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import msgspec

from interactspeech.atomic_files import remove_abandoned, write_file
from interactspeech.corpus import StoreError
from interactspeech.errors import InputError, MissingResourceError
from interactspeech.evaluation.calls.analysis import CallAnalysis, CallModels, analyse_call
from interactspeech.evaluation.calls.same_calls import middle_print
from interactspeech.evaluation.calls.settings import ReportSettings
from interactspeech.ledger import Ledger, Loss, Losses
from interactspeech.mining.source import RecordingSource
from interactspeech.pipelines.call_inputs import CallTask, on_disk
from interactspeech.pipelines.executors.local import run
from interactspeech.pipelines.executors.stage import Resources, TaskError
from interactspeech.progress import Progress, ShowProgress
from interactspeech.signal.recording import Recording


class StoredCall(msgspec.Struct, frozen=True):
    """The file of a call's analysis: the analysis, or why there is none."""

    key: str
    analysis: CallAnalysis | None = None
    loss: Loss | None = None
    reason: str = ""


@dataclass(frozen=True)
class CallStage:
    """The stage of `interactspeech.pipelines.executors` that measures calls."""

    work: str
    settings: ReportSettings
    resources: ClassVar[Resources] = Resources(cpus=1.0)

    def open(self) -> Callable[[CallTask], StoredCall]:
        """Models are loaded when the first call needs them."""
        models = CallModels(self.settings)

        def measure(task: CallTask) -> StoredCall:
            key = task_key(task, self.settings)
            try:
                stored = StoredCall(key, _analysis(task, self.settings, models))
            except (InputError, StoreError) as error:
                stored = StoredCall(key, None, *_loss(error, task))
            write_file(stored_path(Path(self.work), key), msgspec.json.encode(stored), sweep=False)
            return stored

        return measure


@contextmanager
def work_folder(cache: Path | str | None, targets: Sequence[Path]) -> Iterator[Path]:
    """Where analyses lie: in the cache for good, else beside the output until it is written."""
    if cache is not None:
        Path(cache).mkdir(parents=True, exist_ok=True)
        remove_abandoned(Path(cache))
        yield Path(cache)
    elif targets:
        work = targets[0].absolute().with_name(f".{targets[0].name}.work")
        work.mkdir(parents=True, exist_ok=True)
        remove_abandoned(work)
        yield work
        shutil.rmtree(work, ignore_errors=True)
    else:
        with tempfile.TemporaryDirectory(prefix="interactspeech-") as folder:
            yield Path(folder)


def task_key(task: CallTask, settings: ReportSettings) -> str:
    """What decides an analysis, as a hash: files, sizes, times of change, settings, version."""
    stamps = []
    for name in (*(piece.path for piece in task.source.pieces), *task.source.annotation):
        try:
            stat = Path(name).stat()
        except OSError:
            stamps.append((name, "missing"))
        else:
            stamps.append((name, f"{stat.st_size} {stat.st_mtime_ns}"))
    plain = [
        msgspec.to_builtins(task.source), task.corpus, task.date, task.names, stamps,
        settings.configuration(),
    ]  # fmt: skip
    data = msgspec.json.encode(plain, order="deterministic")
    return hashlib.sha256(data).hexdigest()[:32]


def stored_path(work: Path, key: str) -> Path:
    """Where an analysis lies."""
    return work / f"{key}.json"


def _stored(work: Path, key: str) -> StoredCall | None:
    try:
        found = msgspec.json.decode(stored_path(work, key).read_bytes(), type=StoredCall)
    except (OSError, msgspec.DecodeError, ValueError):
        return None
    return found if found.key == key else None


def analysed_calls(
    tasks: Sequence[CallTask],
    work: Path,
    settings: ReportSettings,
    ledger: Ledger,
    notes: list[str],
    workers: int,
    isolated: bool,
    progress: ShowProgress,
) -> list[CallAnalysis]:
    """The analyses of calls in order; those that are in the folder `work` are not made again.

    Args:
        tasks: the calls.
        work: folder of analyses.
        settings: what to measure by.
        ledger: takes up what was kept, and what could not be measured.
        notes: takes up what is said of the calls.
        workers: processes.
        isolated: as for `mine`.
        progress: see `interactspeech.progress.ShowProgress`.
    """
    keys = [task_key(task, settings) for task in tasks]
    there = {task.number: found for task, key in zip(tasks, keys, strict=True)
             if (found := _stored(work, key)) is not None}  # fmt: skip
    missing = [task for task in tasks if task.number not in there]
    calls: list[CallAnalysis] = []
    with Progress(len(tasks), "listening", show=progress) as shown:
        fresh = run(
            missing, CallStage(str(work.absolute()), settings),
            workers=min(workers, len(missing) or 1), isolated=isolated and len(missing) > 1,
            on_retry=lambda error: shown.log(f"{error}; trying once more"),
        )  # fmt: skip
        for task in tasks:
            stored = there.get(task.number)
            if stored is None:
                outcome = next(fresh)
                if isinstance(outcome.error, TaskError):
                    loss = Loss(f"could not be measured: {outcome.error.problem}", task.source.path)
                    stored = StoredCall("", None, loss, "failed")
                else:
                    stored = outcome.result()
            count = shown.update if task.number not in there else shown.skip
            if stored.analysis is None:
                ledger.add(_dropped(stored))
                count(1, 0.0, 0, 1)
                continue
            ledger.keep(stored.analysis.seconds)
            notes += stored.analysis.notes
            calls.append(stored.analysis)
            count(1, stored.analysis.seconds, 1, 0)
    return calls


def _dropped(stored: StoredCall) -> Ledger:
    entry = Losses(1, [stored.loss] if stored.loss is not None else [])
    return Ledger(dropped={stored.reason or "other": entry})


def _loss(error: InputError | StoreError, task: CallTask) -> tuple[Loss, str]:
    if isinstance(error, StoreError):
        return Loss(str(error), task.corpus), "bad-corpus"
    place = str(error.path) if error.path is not None else task.source.path
    return Loss(error.problem, place, error.line, error.remedy), error.reason


def _analysis(task: CallTask, settings: ReportSettings, models: CallModels) -> CallAnalysis:
    if task.names:
        settings = msgspec.structs.replace(settings, names=task.names)
    try:
        with on_disk(task.source, task.corpus) as source:
            found = analyse_call(source, settings, models)
            prints = _print_of(source, settings.tolerance)
    except MissingResourceError as error:
        if settings.source == "rules":
            raise
        raise InputError(
            f"has one channel for both speakers, and the diarizer cannot be had: {error}",
            task.source.path, reason="one-channel",
        ) from None  # fmt: skip
    files = (task.corpus,) if task.corpus else found.files
    return msgspec.structs.replace(found, date=task.date, files=files, fingerprint=prints)


def _print_of(source: RecordingSource, tolerance: float) -> str:
    tracks = [piece.track() for piece in source.pieces]
    with Recording.open(tracks, tolerance=tolerance) as recording:
        return middle_print(recording)


__all__ = ["CallStage", "StoredCall", "analysed_calls", "stored_path", "task_key", "work_folder"]
