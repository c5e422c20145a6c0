"""What a worker does: all dialogues of a shard, made, written, counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from interactspeech.corpus import ShardWriter, finished_shard
from interactspeech.corpus.remote import place
from interactspeech.errors import InputError
from interactspeech.ledger import Ledger
from interactspeech.pipelines.building.dialogue_builder import DialogueBuilder
from interactspeech.pipelines.building.inputs import ShardTask, Source
from interactspeech.pipelines.building.settings import BuildSettings
from interactspeech.pipelines.executors.stage import Resources
from interactspeech.pipelines.executors.worker import report
from interactspeech.tts import SpeechCache, Synthesizer, select_voices


@dataclass(frozen=True)
class ShardReport:
    """What became of a shard.

    Attributes:
        shard: its number.
        ledger: what was kept and dropped.
        resumed: an earlier run had finished it.
    """

    shard: int
    ledger: Ledger
    resumed: bool = False


@dataclass(frozen=True)
class DialogueDone:
    """Sent home while a shard is being made: one more dialogue was kept or dropped."""

    seconds: float
    kept: bool


@dataclass(frozen=True)
class BuildStage:
    """The stage of `interactspeech.pipelines.executors`: opened once in each worker process."""

    root: str
    settings: BuildSettings
    cache: bool = True
    #: Engine's name -> options for its constructor.
    engines: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    #: Engines run on one thread, so that any number of workers gives the same bytes.
    resources: ClassVar[Resources] = Resources(cpus=1.0)

    def open(self) -> Callable[[ShardTask], ShardReport]:
        """Load voices and timing."""
        voices = select_voices(self.settings.voices)
        synthesizer = Synthesizer(SpeechCache() if self.cache else None, self.engines)
        return _BuildWorker(
            place(self.root), DialogueBuilder(self.settings, voices, synthesizer)
        ).work


@dataclass(frozen=True)
class _BuildWorker:
    root: Path
    maker: DialogueBuilder

    def work(self, task: ShardTask) -> ShardReport:
        if (info := finished_shard(self.root, task.shard)) is not None:
            # Only missing shards are given out: a worker finished this one and then was lost.
            return ShardReport(task.shard, Ledger.from_json(info.ledger))
        ledger = Ledger()
        for loss in task.losses:
            ledger.drop(loss.error())
        with ShardWriter(self.root, task.shard) as shard:
            for source in task.sources:
                try:
                    made = self.maker.make(source)
                    shard.add(made.dialogue, made.samples)
                except InputError as error:
                    ledger.drop(_placed(error, source))
                    report(DialogueDone(0.0, kept=False))
                    continue
                ledger.keep(made.dialogue.seconds)
                report(DialogueDone(made.dialogue.seconds, kept=True))
            ledger.note(self.maker.gate.taken())
            shard.finish(ledger.to_json())
        return ShardReport(task.shard, ledger)


def _placed(error: InputError, source: Source) -> InputError:
    """The error with the place of the dialogue it happened in, where it has none of its own."""
    if error.path is not None:
        return error
    return InputError(
        f"dialogue {source.id}: {error.problem}",
        source.file or None,
        source.line or None,
        remedy=error.remedy,
        reason=error.reason,
    )
