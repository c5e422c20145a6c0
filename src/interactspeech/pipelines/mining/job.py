"""Mining as a whole: recordings to analyses, analyses to a choice of clips, clips to a corpus.

```
inputs ─ recordings ─► executor ─► analysis of each ─► choice (balance) ─► shards ─► executor
                        (activity, words, events)       in this process      (cut, label, write)
```
Analyses are kept in the corpus folder while it is being made, each whole or absent; shards are as a
build's. So a run that was ended in whatever way goes on where it stopped, and neither the number of
workers nor an interruption changes a byte.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from interactspeech.corpus import CorpusWriter
from interactspeech.corpus.files import (
    explained,
    partial_name,
    publish,
    remove_leftovers,
    require_space,
    write_atomically,
)
from interactspeech.diarization import DIARIZERS
from interactspeech.errors import InputError, UsageError
from interactspeech.ledger import Ledger, Loss
from interactspeech.mining.duplicates import Duplicates
from interactspeech.mining.inputs import find
from interactspeech.mining.models import MiningModels
from interactspeech.mining.report import AnalysisOutcome, Counts, MineReport, NothingMinedError
from interactspeech.mining.selection import Candidate, ClipSelection, RecordingOffer, choose_clips
from interactspeech.mining.settings import MineSettings
from interactspeech.mining.source import RecordingSource
from interactspeech.models.recognition import RECOGNISERS
from interactspeech.paths import Paths
from interactspeech.pipelines.executors import ray
from interactspeech.pipelines.executors.local import run
from interactspeech.pipelines.executors.stage import Outcome, TaskError
from interactspeech.pipelines.mining.stages import (
    AnalysisStage,
    AnalysisTask,
    ClipPart,
    CutStage,
    CutTask,
    FingerprintStage,
    FingerprintTask,
    StoredAnalysis,
    stored_path,
)
from interactspeech.progress import Progress, ShowProgress
from interactspeech.records import encode

Executor = Literal["local", "ray"]

#: In the corpus folder: the analyses, the report, and a record without sound of each recording.
WORK, REPORT, RECORDS = "mining", "mining.json", "recordings.jsonl"
_LEAST_SPACE = 64 * 1024 * 1024
_SHARD, _SMALL_SHARDS = 64, 8


def mine(
    inputs: Paths,
    out: str | os.PathLike[str],
    settings: MineSettings | None = None,
    *,
    layout: str | None = None,
    group_by: str | None = None,
    separate: bool = False,
    annotations: Paths = (),
    workers: int = 1,
    isolated: bool = False,
    executor: Executor = "local",
    address: str | None = None,
    progress: ShowProgress = False,
) -> MineReport:
    """Make a corpus of clips from recordings.

    Args:
        inputs: one or many: audio files, folders, patterns, manifests, roots of corpora: see
            `interactspeech.mining.inputs.find`.
        out: folder of the corpus; a run that was interrupted there goes on.
        settings: what to look for.
        layout: of corpora; see `inputs.find`.
        group_by: which files are one recording; see `inputs.find`.
        separate: every file is a recording of its own.
        annotations: files of timing formats about any of the recordings, by name.
        workers: processes; the bytes do not depend on it.
        isolated: one worker, too, is a process of its own, which a decoder may take along without
            ending the run; as for several, the calling script needs its ``__main__`` guard then.
        executor: "local", or "ray": actors of a cluster whose machines all see inputs and `out`.
        address: of the cluster.
        progress: see `interactspeech.progress.ShowProgress`.

    Returns:
        What was made, and what was lost and why.

    Raises:
        NothingMinedError: there is not one clip.
        InputError: wrong usage (a layout, a pattern).
        MissingExtraError: a detector or recogniser is not installed.
        StoreError: the folder is in use, of another configuration, or cannot be written.
        TaskError: a worker failed for a reason that is no input's.
    """
    settings = settings or MineSettings()
    _known(settings)
    notes: list[str] = []
    found = find(
        inputs, layout, group_by=group_by, separate=separate, annotations=annotations,
        on_note=notes.append,
    )  # fmt: skip
    sources = [one for one in found if isinstance(one, RecordingSource)]
    lost = [one for one in found if isinstance(one, InputError)]
    out = Path(out)
    require_space(out, _LEAST_SPACE)
    isolated = isolated and len(sources) > 1
    execute = (
        partial(run, isolated=isolated)
        if executor == "local"
        else partial(ray.run, address=address)
    )
    shown = Progress(len(sources), "listening", show=progress)
    execute = partial(
        execute, workers=workers,
        on_retry=lambda error: shown.log(f"{error}; trying once more"),
    )  # fmt: skip
    if not sources:
        counts = Counts.of_losses(lost)
        counts.notes += notes
        raise NothingMinedError(counts)
    with CorpusWriter(out, settings.configuration(_stamps(sources))) as writer:
        report = out / REPORT
        if writer.is_finished and report.exists():
            return MineReport(out, Counts.load(report))
        work = out / WORK
        work.mkdir(exist_ok=True)
        remove_leftovers(work)
        if any(not stored_path(work, number).exists() for number in range(len(sources))):
            MiningModels(settings).prepare()
        counts = Counts.of_losses(lost)
        counts.notes += notes
        offers: list[RecordingOffer] = []
        with shown:
            for number, done in _analyse(execute, sources, work, settings):
                usable = int(done.found is not None)
                count = shown.skip if done.resumed else shown.update
                count(1, done.seconds, usable, 1 - usable)
                counts.add_recording(sources[number], done)
                if done.found is not None:
                    offers.append(RecordingOffer(number, sources[number].id, done.found.candidates))
        choice = choose_clips(offers, settings)
        if settings.checks:
            _take_out_duplicates(execute, choice, sources, work, settings)
        tasks = _tasks(choice, settings)
        clips = sum(len(part.clips) for task in tasks for part in task.parts)
        with Progress(clips, "cutting", show=progress) as cutting:
            _cut(execute, writer, tasks, work, settings, cutting)
        writer.discard_from(len(tasks))
        counts.add_choice(choice)
        counts.clips = Ledger.merged(Ledger.from_json(info.ledger) for info in writer.infos())
        if not counts.clips.kept:
            raise NothingMinedError(counts)
        if not settings.redact:
            _write_records(out / RECORDS, len(sources), work)
        write_atomically(report, counts.encode())
        writer.finish(len(tasks))
        shutil.rmtree(work)
    return MineReport(out, counts)


def _known(settings: MineSettings) -> None:
    """Refuse engines that do not exist before any recording is opened."""
    for what, name, known in (
        ("diarizer", settings.diarizer, ("none", *DIARIZERS)),
        ("recogniser", settings.words, ("none", "auto", *RECOGNISERS)),
    ):
        if name not in known:
            raise UsageError(
                f"no {what} is called {name!r}", remedy=f"use one of {', '.join(known)}",
            )  # fmt: skip


def _analyse(
    execute: Callable[..., Iterator[Outcome[AnalysisTask, AnalysisOutcome]]],
    sources: list[RecordingSource],
    work: Path,
    settings: MineSettings,
) -> Iterator[tuple[int, AnalysisOutcome]]:
    """What was found in every recording, in order; what an earlier run found is read again."""
    there = {n for n in range(len(sources)) if stored_path(work, n).exists()}
    fresh = execute(
        (AnalysisTask(n, source) for n, source in enumerate(sources) if n not in there),
        AnalysisStage(str(work.absolute()), settings),
    )
    for number in range(len(sources)):
        if number in there:
            stored = msgspec.json.decode(
                stored_path(work, number).read_bytes(), type=StoredAnalysis
            )
            yield number, stored.summary(resumed=True)
            continue
        outcome = next(fresh)
        if isinstance(outcome.error, TaskError):
            # A recording that breaks a detector, or kills its process, must not end the others'.
            # It is not stored: the next run tries it again.
            loss = Loss(f"could not be listened to: {outcome.error.problem}", sources[number].path)
            yield number, AnalysisOutcome(0.0, None, loss, "failed")
        else:
            yield number, outcome.result()


def _take_out_duplicates(
    execute: Callable[..., Iterator[Outcome[FingerprintTask, tuple[bytes, ...]]]],
    choice: ClipSelection,
    sources: list[RecordingSource],
    work: Path,
    settings: MineSettings,
) -> None:
    """Take out clips whose sound is that of an earlier one: a recording that is there twice, a
    message that is played in every call.
    """
    clips = {number: tuple(mine) for number, mine in sorted(choice.clips.items()) if mine}
    tasks = (FingerprintTask(ClipPart(number, mine)) for number, mine in clips.items())
    seen = Duplicates()
    done = execute(tasks, FingerprintStage(str(work.absolute()), settings))
    for (number, mine), outcome in zip(clips.items(), done, strict=True):
        for place, (one, prints) in enumerate(zip(mine, outcome.result(), strict=True)):
            name = f"{sources[number].id} {place}"
            if seen.add(name, np.frombuffer(prints, np.uint32)) is not None:
                choice.take_out(number, one)


def _tasks(choice: ClipSelection, settings: MineSettings) -> list[CutTask]:
    """Shards of work: clips in the order of recordings and time, so many to a shard."""
    clips = choice.in_order()
    size = settings.shard or max(1, min(_SHARD, -(-len(clips) // _SMALL_SHARDS)))
    tasks = []
    for shard, first in enumerate(range(0, len(clips), size)):
        parts: dict[int, list[Candidate]] = {}
        for number, one in clips[first : first + size]:
            parts.setdefault(number, []).append(one)
        tasks.append(CutTask(shard, tuple(ClipPart(n, tuple(mine)) for n, mine in parts.items())))
    return tasks


def _cut(
    execute: Callable[..., Iterator[Outcome[CutTask, Ledger]]],
    writer: CorpusWriter,
    tasks: list[CutTask],
    work: Path,
    settings: MineSettings,
    shown: Progress,
) -> None:
    missing = set(writer.missing(len(tasks)))
    for info in writer.infos():
        if info.shard < len(tasks):
            ledger = Ledger.from_json(info.ledger)
            shown.skip(ledger.kept + ledger.lost, ledger.seconds, ledger.kept, ledger.lost)
    stage = CutStage(str(writer.root.absolute()), str(work.absolute()), settings)
    for outcome in execute((task for task in tasks if task.shard in missing), stage):
        ledger = outcome.result()
        shown.update(ledger.kept + ledger.lost, ledger.seconds, ledger.kept, ledger.lost)


def _write_records(path: Path, count: int, work: Path) -> None:
    """Everything that was found in the recordings, one record a line: for annotate and stats."""
    partial_path = partial_name(path)
    with explained(path):
        try:
            with partial_path.open("wb") as file:
                for number in range(count):
                    there = stored_path(work, number)
                    if not there.exists():
                        continue
                    stored = msgspec.json.decode(there.read_bytes(), type=StoredAnalysis)
                    if stored.analysis is not None:
                        file.write(encode(stored.analysis.dialogue()) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            publish(partial_path, path)
        finally:
            partial_path.unlink(missing_ok=True)


def _stamps(sources: Iterable[RecordingSource]) -> dict[str, str]:
    """Each file -> its size and the time it was changed: what a resumed run must find again.

    Sums over hundreds of gigabytes of sound would take as long as listening to them.
    """
    stamps = {}
    for source in sources:
        for name in (*(piece.path for piece in source.pieces), *source.annotation):
            try:
                stat = Path(name).stat()
            except OSError:
                stamps[name] = "missing"
            else:
                stamps[name] = f"{stat.st_size} {stat.st_mtime_ns}"
    return stamps
