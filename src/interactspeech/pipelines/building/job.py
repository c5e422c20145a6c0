"""The build: inputs to shards of work, shards to workers, finished shards to a corpus.

```
inputs ─ shard_tasks ─► executor ─┬─ worker: write, cast, speak, plan, render, label ─► shard 0
                                  └─ worker: ...                                      ─► shard 1
                 ledger, progress ◄─ reports in order                finish ─► index, checksums
```
A finished shard is never built again: a build that was killed and is started once more goes on
where it stopped, and its bytes are those of a build without interruption.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from html import escape
from itertools import chain, islice
from pathlib import Path
from typing import Any, ClassVar, Literal

import msgspec

from interactspeech.corpus import (
    Corpus,
    CorpusWriter,
    ShardWriter,
    finished_shard,
    require_space,
)
from interactspeech.corpus.remote import is_remote, place
from interactspeech.errors import InputError, UsageError
from interactspeech.ledger import Ledger
from interactspeech.lexicon.language import LANGUAGE, LanguageCheck, base_language
from interactspeech.paths import Paths, as_paths
from interactspeech.pipelines.building.dialogue_builder import DialogueBuilder, voices_by_name
from interactspeech.pipelines.building.recorded_dialogues import (
    engine_options,
    recorded_scripts,
    split_inputs,
)
from interactspeech.pipelines.building.settings import LARGE_SHARD, BuildSettings, shard_size
from interactspeech.pipelines.executors import ray
from interactspeech.pipelines.executors.local import run
from interactspeech.pipelines.executors.stage import Outcome, Resources
from interactspeech.pipelines.executors.worker import report
from interactspeech.progress import Progress, ShowProgress
from interactspeech.records import PlainDialogue, Script, Voice
from interactspeech.scripts import DEMO, demo_dialogues, read_all, resolve
from interactspeech.scripts.readers.hf_datasets import PREFIX
from interactspeech.scripts.readers.raw_dialogue import DialogueLimits
from interactspeech.scripts.recombination import recombine
from interactspeech.tts import SpeechCache, Synthesizer, engine, select_voices
from interactspeech.tts.sounds import load_sound_bank

#: A two-track FLAC at 24 kHz takes about 60 kB a second of dialogue; below this much free space a
#: build does not start.
_MIN_FREE_BYTES = 64 * 1024 * 1024
Executor = Literal["local", "ray"]
Source = PlainDialogue | Script
#: Dialogues that are read before the first shard, to find out whether the build is a small one.
_READ_AHEAD = 8 * LARGE_SHARD


@dataclass(frozen=True)
class BuildReport:
    """The result of a build.

    Attributes:
        path: of the corpus.
        dialogues, seconds: kept, over all runs.
        ledger: what was kept and dropped, and why.
        complete: False if the inputs ended before `BuildSettings.hours` were reached.
        notes: what to know about the inputs: texts that are not in the language.
    """

    path: Path
    dialogues: int
    seconds: float
    ledger: Ledger
    complete: bool = True
    notes: tuple[str, ...] = ()

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

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>{self.corpus()._repr_html_()}"


class NothingBuiltError(InputError):
    """No dialogue could be built from the inputs.

    Attributes:
        ledger: what was dropped, and why.
    """

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(
            "no dialogue could be built from the inputs",
            remedy="the table of what was dropped says why" if ledger.lost else "they are empty",
            reason="nothing-built",
        )
        self.ledger = ledger


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
        settings: everything that decides the bytes of the corpus.
        workers: processes; the bytes do not depend on it.
        executor: ``"local"``, processes of this machine, or ``"ray"``, actors of a Ray cluster
            whose machines all see `out` under the same path; nor do the bytes depend on that.
        address: of the cluster (``auto``, ``host:port``); without it, Ray on this machine.
        input_format: of the inputs, where it cannot be guessed.
        cache: whether speech is kept for the next build, a file a line (see `SpeechCache`).
        progress: see `interactspeech.progress.ShowProgress`.

    Returns:
        The corpus's place and counts. Dialogues that could not be used are in the ledger.

    Raises:
        MissingExtraError: Ray is asked for and not installed.
        WorkerStartError: workers cannot be started, or there is no cluster at the address.
        InputError: an input does not exist, a voice is unknown, weights are missing.
        StoreError: the target is in use, of another configuration, or cannot be written.
        TaskError: a worker failed for a reason other than its input.
    """
    settings = settings or BuildSettings()
    shown = Progress(None, "building", show=progress)
    trees, named = split_inputs([os.fspath(name) for name in as_paths(inputs)])
    files = [file for name in named for file in resolve(name)]
    # Recorded speech has its own voices.
    voices = select_voices(settings.voices) if files or not trees else ()
    asked = voices_by_name(settings, voices).values()
    voices = (*voices, *(voice for voice in asked if voice not in voices))
    _require_language(voices, settings.language)
    for name in dict.fromkeys(voice.engine for voice in voices):
        engine(name).prepare(_WeightsProgress(shown))
    items: Iterator[Source | InputError] = chain(
        recorded_scripts(trees, settings.seed),
        read_all(files, input_format, DialogueLimits(language=settings.language)),
    )
    check = LanguageCheck(base_language(settings.language))
    items = _looked_at(items, check)
    if settings.recombine:
        items = recombine(items, settings.seed)
    bank = load_sound_bank(settings.sound_bank) if settings.sound_bank else None
    if bank is not None:  # what cannot be used is counted with the dialogues that cannot
        items = chain(bank.losses, items)
    work, total = shard_tasks(items, settings)
    configuration = settings.configuration(
        {
            **checksums(files),
            **{str(tree.root): tree.digest() for tree in trees},
            **({settings.sound_bank: bank.digest()} if bank is not None else {}),
        },
        [f"{v.engine}:{v.name} {v.engine_version} {v.weights}" for v in voices],
    )
    out = place(out)
    require_space(out, _MIN_FREE_BYTES)
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
        execute_stage = partial(execute, stage=stage, workers=workers)
        for shard_report in _shard_reports(writer, work, execute_stage, shown):
            ledger.add(shard_report.ledger)
            shards += 1
            if target is not None and ledger.seconds >= target:
                break
        if ledger.kept == 0:
            raise NothingBuiltError(ledger)
        writer.discard_from(shards)
        writer.finish(shards)
    complete = target is None or ledger.seconds >= target
    message = check.message()
    notes = (message,) if message else ()
    return BuildReport(out, ledger.kept, ledger.seconds, ledger, complete, notes)


def _require_language(voices: Iterable[Voice], language: str) -> None:
    """Refuse voices that speak another language than the texts are in.

    Raises:
        UsageError: there is one.
    """
    wanted = base_language(language)
    others = [voice for voice in voices if base_language(voice.language or LANGUAGE) != wanted]
    if others:
        raise UsageError(
            f"the texts are said to be in {language!r}, and {len(others)} of the voices speak "
            f"{others[0].language!r} ({others[0].engine}:{others[0].name})",
            remedy="name voices of that language with --voices; those that ship are English",
        )


def _looked_at(
    items: Iterator[Source | InputError], check: LanguageCheck
) -> Iterator[Source | InputError]:
    """The items, the words of each looked at on the way."""
    for item in items:
        if isinstance(item, PlainDialogue):
            check.add(word for turn in item.turns for word in turn.text.split())
        elif isinstance(item, Script):
            check.add(word for turn in item.turns for word in turn.said.split())
        yield item


def _shard_reports(
    writer: CorpusWriter,
    work: Iterator[ShardTask],
    execute: Callable[..., Iterator[Outcome[ShardTask, ShardReport]]],
    shown: Progress,
) -> Iterator[ShardReport]:
    """Reports of all shards in order, those of an earlier run included."""
    done = {info.shard: info for info in writer.infos()}
    resumed: dict[int, ShardReport] = {
        number: ShardReport(number, Ledger.from_json(info.ledger), resumed=True)
        for number, info in done.items()
    }
    fresh = (task for task in work if task.shard not in done)

    def on_report(dialogue: DialogueReport) -> None:
        shown.update(1, dialogue.seconds, kept=int(dialogue.kept), dropped=int(not dialogue.kept))

    outcomes = execute(
        fresh,
        on_report=on_report,
        on_retry=lambda error: shown.log(f"{error}; trying once more"),
    )
    due = 0
    with closing(outcomes):  # type: ignore[type-var]
        while True:
            # Before waiting for the workers: finished shards may suffice.
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


class _WeightsProgress:
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


class InputLoss(msgspec.Struct, frozen=True):
    """An input that could not be read, as plain data, which pickles (errors do not)."""

    problem: str
    path: str
    line: int | None
    column: int | None
    remedy: str
    reason: str

    @classmethod
    def of(cls, error: InputError) -> InputLoss:
        """From an error."""
        path = str(error.path) if error.path is not None else ""
        return cls(error.problem, path, error.line, error.column, error.remedy, error.reason)

    def error(self) -> InputError:
        """As an error."""
        return InputError(
            self.problem, self.path or None, self.line, self.column, self.remedy, reason=self.reason
        )


class ShardTask(msgspec.Struct, frozen=True):
    """The work of one shard: its dialogues, and the inputs lost before them."""

    shard: int
    sources: tuple[Source, ...]
    losses: tuple[InputLoss, ...] = ()

    def __str__(self) -> str:
        return f"shard {self.shard}"


def checksums(files: Iterable[str]) -> dict[str, str]:
    """Name of each input -> SHA-256 of its bytes (of the shipped dialogues, for ``@demo``).

    A data set of the Hugging Face hub has no bytes before it is read; its sum is "".
    """
    sums = {}
    for name in files:
        if name.startswith(PREFIX):
            sums[name] = ""
            continue
        if name == DEMO:
            sums[name] = hashlib.sha256(msgspec.json.encode(demo_dialogues())).hexdigest()
            continue
        try:
            with Path(name).open("rb") as file:
                sums[name] = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise InputError(
                f"cannot be read: {error.strerror or error}", name, reason="unreadable"
            ) from None
    return sums


def shard_tasks(
    items: Iterator[Source | InputError], settings: BuildSettings
) -> tuple[Iterator[ShardTask], int | None]:
    """Shards of work, and the number of their dialogues (None where it is not known)."""
    head: list[Source | InputError] = []
    found = 0
    enough = _READ_AHEAD if settings.limit is None else settings.limit
    for item in islice(items, _READ_AHEAD):
        head.append(item)
        found += not isinstance(item, InputError)
        if found >= enough:  # what comes after does not count
            break
    known = found if len(head) < _READ_AHEAD else None
    size = shard_size(settings, known)
    total = known
    if settings.limit is not None:
        total = settings.limit if known is None else min(known, settings.limit)
    return _split_into_shards(chain(head, items), size, settings.limit), total


def _split_into_shards(
    items: Iterator[Source | InputError], size: int, limit: int | None
) -> Iterator[ShardTask]:
    shard = taken = 0
    batch: list[Source] = []
    losses: list[InputLoss] = []
    for item in items:
        if isinstance(item, InputError):
            losses.append(InputLoss.of(item))
            continue
        if limit is not None and taken >= limit:
            break
        if len(batch) == size:
            yield ShardTask(shard, tuple(batch), tuple(losses))
            shard, batch, losses = shard + 1, [], []
        batch.append(item)
        taken += 1
    if batch or losses:
        yield ShardTask(shard, tuple(batch), tuple(losses))


@dataclass(frozen=True)
class ShardReport:
    """The outcome of a shard.

    Attributes:
        shard: its number.
        ledger: what was kept and dropped.
        resumed: finished by an earlier run.
    """

    shard: int
    ledger: Ledger
    resumed: bool = False


@dataclass(frozen=True)
class DialogueReport:
    """Progress inside a shard: one more dialogue was kept or dropped."""

    seconds: float
    kept: bool


@dataclass(frozen=True)
class BuildStage:
    """The stage that executors run: opened once in each worker process.

    Attributes:
        root: folder or URL of the corpus.
        settings: of the build.
        cache: whether speech is kept for the next build.
        engines: engine's name -> options for its constructor.
        resources: engines run on one thread, so that any number of workers gives the same bytes.
    """

    root: str
    settings: BuildSettings
    cache: bool = True
    engines: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    resources: ClassVar[Resources] = Resources(cpus=1.0)

    def open(self) -> Callable[[ShardTask], ShardReport]:
        """Load voices and the timing model."""
        voices = select_voices(self.settings.voices)
        synthesizer = Synthesizer(SpeechCache() if self.cache else None, self.engines)
        builder = DialogueBuilder(self.settings, voices, synthesizer)
        return _ShardBuilder(place(self.root), builder).build


@dataclass(frozen=True)
class _ShardBuilder:
    """Builds and writes the dialogues of a shard."""

    root: Path
    builder: DialogueBuilder

    def build(self, task: ShardTask) -> ShardReport:
        if (info := finished_shard(self.root, task.shard)) is not None:
            # Only missing shards are assigned: a worker finished it and died before reporting.
            return ShardReport(task.shard, Ledger.from_json(info.ledger))
        ledger = Ledger()
        for loss in task.losses:
            ledger.drop(loss.error())
        with ShardWriter(self.root, task.shard) as shard:
            for source in task.sources:
                try:
                    built = self.builder.build(source)
                    shard.add(built.dialogue, built.samples)
                except InputError as error:
                    ledger.drop(_located_error(error, source))
                    report(DialogueReport(0.0, kept=False))
                    continue
                ledger.keep(built.dialogue.seconds)
                report(DialogueReport(built.dialogue.seconds, kept=True))
            ledger.note(self.builder.synthesizer.take_counts())
            shard.finish(ledger.to_json())
        return ShardReport(task.shard, ledger)


def _located_error(error: InputError, source: Source) -> InputError:
    """The error with the file and line of its dialogue, unless it has its own."""
    if error.path is not None:
        return error
    return InputError(
        f"dialogue {source.id}: {error.problem}",
        source.file or None,
        source.line or None,
        remedy=error.remedy,
        reason=error.reason,
    )
