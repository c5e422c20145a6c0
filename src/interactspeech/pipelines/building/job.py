"""The build as a whole: inputs to shards of work, shards to workers, workers' shards to a corpus.

```
inputs ─ tasks ─► executor ─┬─ worker: write, cast, speak, plan, render, label ─► shard 0
                            └─ worker: ...                                      ─► shard 1
                 ledger, progress ◄─ outcomes in order              finish ─► index, checksums
```
A shard that is finished is never made again: killed and started once more, a build goes on where it
stopped, and its bytes are those of a build that was not interrupted.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Literal

from interactspeech.corpus import Corpus, CorpusWriter, require_space
from interactspeech.corpus.remote import is_remote, place
from interactspeech.errors import InputError
from interactspeech.ledger import Ledger
from interactspeech.paths import Paths, as_paths
from interactspeech.pipelines.building.inputs import ShardTask, Source, checksums, tasks
from interactspeech.pipelines.building.recorded_dialogues import (
    engine_options,
    recorded_scripts,
    split_inputs,
)
from interactspeech.pipelines.building.settings import BuildSettings
from interactspeech.pipelines.building.worker import BuildStage, DialogueDone, ShardReport
from interactspeech.pipelines.executors import ray
from interactspeech.pipelines.executors.local import run
from interactspeech.pipelines.executors.stage import Outcome
from interactspeech.progress import Progress, ShowProgress
from interactspeech.scripts import read_all, resolve
from interactspeech.scripts.recombination import recombine
from interactspeech.tts import engine, select_voices

#: A two-track FLAC at 24 kHz takes about 60 kB a second of dialogue; below this much free space a
#: build does not start.
_LEAST_SPACE = 64 * 1024 * 1024


Executor = Literal["local", "ray"]


@dataclass(frozen=True)
class BuildReport:
    """What a build made.

    Attributes:
        path: of the corpus.
        dialogues, seconds: kept, in all and over all runs.
        ledger: what was kept and dropped, and why.
        complete: whether everything that was asked for is there (False: the inputs ended before
            the hours were full).
    """

    path: Path
    dialogues: int
    seconds: float
    ledger: Ledger
    complete: bool = True

    def corpus(self) -> Corpus:
        """The corpus, opened."""
        return Corpus.open(self.path)

    def __repr__(self) -> str:
        lost = f", {self.ledger.lost:,} dropped" if self.ledger.lost else ""
        more = "" if self.complete else ", incomplete"
        return (
            f"BuildReport({str(self.path)!r}, {self.dialogues:,} dialogues, "
            f"{self.seconds / 60:.1f} min{lost}{more})"
        )


def build(
    inputs: Paths,
    out: str | os.PathLike[str],
    settings: BuildSettings | None = None,
    *,
    workers: int = 1,
    executor: Executor = "local",
    address: str | None = None,
    input_format: str | None = None,
    cache: bool = True,
    progress: ShowProgress = False,
) -> BuildReport:
    """Turn text dialogues into a corpus of interactive two-track speech.

    Args:
        inputs: one or many: files, folders or globs of text dialogues and scripts (any format of
            `interactspeech.scripts.read`), or ``"@demo"`` for the dialogues that ship, or recorded
            speech: ``librispeech:FOLDER``, ``vctk:FOLDER``, ``recorded:FOLDER``.
        out: folder of the corpus, or the URL of one in an object store; a build that was
            interrupted there goes on.
        settings: what to make.
        workers: processes; the bytes do not depend on it.
        executor: ``"local"``, processes of this machine, or ``"ray"``, actors of a Ray cluster
            whose machines all see `out` under the same path; nor do the bytes depend on that.
        address: of the cluster (``auto``, ``host:port``); without it, Ray on this machine.
        input_format: of the inputs, where it cannot be guessed.
        cache: whether speech is kept for the next build, a file a line (see `SpeechCache`).
        progress: see `interactspeech.progress.ShowProgress`.

    Returns:
        What was made. Dialogues that could not be used are in its ledger.

    Raises:
        MissingExtraError: Ray is asked for and not installed.
        WorkerStartError: workers cannot be started, or there is no cluster at the address.
        InputError: an input does not exist, a voice is unknown, weights are missing.
        StoreError: the target is in use, of another configuration, or cannot be written.
        TaskError: a worker failed for a reason that is no input's.
    """
    settings = settings or BuildSettings()
    shown = Progress(None, "building", show=progress)
    trees, named = split_inputs([os.fspath(name) for name in as_paths(inputs)])
    files = [file for name in named for file in resolve(name)]
    # Recorded speech brings its voices.
    voices = select_voices(settings.voices) if files or not trees else ()
    for name in dict.fromkeys(voice.engine for voice in voices):
        engine(name).prepare(_Fetching(shown))
    items: Iterator[Source | InputError] = chain(
        recorded_scripts(trees, settings.seed), read_all(files, input_format)
    )
    if settings.recombine:
        items = recombine(items, settings.seed)
    work, total = tasks(items, settings)
    configuration = settings.configuration(
        {**checksums(files), **{str(tree.root): tree.digest() for tree in trees}},
        [f"{v.engine}:{v.name} {v.engine_version} {v.weights}" for v in voices],
    )
    out = place(out)
    require_space(out, _LEAST_SPACE)
    with CorpusWriter(out, configuration) as writer, shown:
        shown.total = total
        target = None if settings.hours is None else settings.hours * 3600
        ledger, shards = Ledger(), 0
        # Absolute: a worker on another machine works in another folder.
        stage = BuildStage(
            str(out if is_remote(out) else out.absolute()),
            settings,
            cache=cache,
            engines=engine_options(trees),
        )
        execute = run if executor == "local" else partial(ray.run, address=address)
        for report in _reports(writer, work, partial(execute, stage=stage, workers=workers), shown):
            ledger.add(report.ledger)
            shards += 1
            if target is not None and ledger.seconds >= target:
                break
        if ledger.kept == 0:
            raise NothingBuiltError(ledger)
        writer.discard_from(shards)
        writer.finish(shards)
    complete = target is None or ledger.seconds >= target
    return BuildReport(out, ledger.kept, ledger.seconds, ledger, complete)


class _Fetching:
    """Shows a line for each quarter of a large file of weights that is fetched."""

    #: Bytes below which a file is not worth a line.
    LARGE = 1_000_000

    def __init__(self, shown: Progress) -> None:
        self._shown = shown
        self._quarters: dict[str, int] = {}

    def __call__(self, file: str, done: int, total: int) -> None:
        quarter = 4 * done // max(total, 1)
        if total > self.LARGE and self._quarters.get(file) != quarter:
            self._quarters[file] = quarter
            self._shown.log(f"fetching {file}: {done / 1e6:.0f} of {total / 1e6:.0f} MB")


class NothingBuiltError(InputError):
    """No dialogue could be made of the inputs.

    Attributes:
        ledger: why.
    """

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(
            "no dialogue could be built from the inputs",
            remedy="the table of what was dropped says why" if ledger.lost else "they are empty",
            reason="nothing-built",
        )
        self.ledger = ledger


def _reports(
    writer: CorpusWriter,
    work: Iterator[ShardTask],
    execute: Callable[..., Iterator[Outcome[ShardTask, ShardReport]]],
    shown: Progress,
) -> Iterator[ShardReport]:
    """Reports of all shards in order: of those that an earlier run finished, and of new ones."""
    done = {info.shard: info for info in writer.infos()}
    resumed: dict[int, ShardReport] = {
        number: ShardReport(number, Ledger.from_json(info.ledger), resumed=True)
        for number, info in done.items()
    }
    fresh = (task for task in work if task.shard not in done)

    def on_report(done: DialogueDone) -> None:
        shown.update(1, done.seconds, kept=int(done.kept), dropped=int(not done.kept))

    outcomes = execute(
        fresh,
        on_report=on_report,
        on_retry=lambda error: shown.log(f"{error}; trying once more"),
    )
    due = 0
    with closing(outcomes):  # type: ignore[type-var]
        while True:
            # Before waiting for the workers: what is there may be all that is needed.
            while due in resumed:
                ledger = resumed[due].ledger
                shown.skip(ledger.kept + ledger.lost, ledger.seconds, ledger.kept, ledger.lost)
                yield resumed.pop(due)
                due += 1
            outcome = next(outcomes, None)
            if outcome is None:
                return
            yield outcome.result()
            due += 1
