"""The work of mining's workers: analyse a recording, fingerprint clips, cut a shard of clips."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import msgspec

from interactspeech.corpus import ShardWriter, finished_shard
from interactspeech.corpus.files import write_atomically
from interactspeech.errors import InputError
from interactspeech.ledger import Ledger, Loss
from interactspeech.mining.analysis import Analysis, analyse
from interactspeech.mining.clip import clip_rate, cut
from interactspeech.mining.duplicates import fingerprint
from interactspeech.mining.models import MiningModels
from interactspeech.mining.report import AnalysisOutcome
from interactspeech.mining.selection import Candidate
from interactspeech.mining.settings import MineSettings
from interactspeech.mining.source import RecordingSource
from interactspeech.pipelines.executors.stage import Resources
from interactspeech.signal.recording import Recording


class AnalysisTask(msgspec.Struct, frozen=True):
    """One recording to analyse."""

    number: int
    source: RecordingSource

    def __str__(self) -> str:
        return str(self.source)


class StoredAnalysis(msgspec.Struct, frozen=True):
    """The file of a recording's analysis: the analysis, or why there is none."""

    analysis: Analysis | None = None
    loss: Loss | None = None
    reason: str = ""

    def summary(self, *, resumed: bool = False) -> AnalysisOutcome:
        """The part of the analysis that the job needs."""
        if self.analysis is None:
            return AnalysisOutcome(0.0, None, self.loss, self.reason, resumed)
        return AnalysisOutcome(
            self.analysis.seconds, self.analysis.found, resumed=resumed, notes=self.analysis.notes
        )


class ClipPart(msgspec.Struct, frozen=True):
    """The clips of one recording in a shard."""

    recording: int
    clips: tuple[Candidate, ...]


class FingerprintTask(msgspec.Struct, frozen=True):
    """Clips to take fingerprints of."""

    part: ClipPart

    def __str__(self) -> str:
        return f"fingerprints of recording {self.part.recording}"


class CutTask(msgspec.Struct, frozen=True):
    """A shard of clips."""

    shard: int
    parts: tuple[ClipPart, ...]

    def __str__(self) -> str:
        return f"shard {self.shard}"


def stored_path(work: Path, number: int) -> Path:
    """Where the analysis of a recording lies."""
    return work / f"{number:07d}.json"


def analysis_of(work: Path, number: int) -> Analysis:
    """The stored analysis of a recording that could be used."""
    analysis = msgspec.json.decode(
        stored_path(work, number).read_bytes(), type=StoredAnalysis
    ).analysis
    assert analysis is not None
    return analysis


@dataclass(frozen=True)
class AnalysisStage:
    """The stage of `interactspeech.pipelines.executors` that analyses recordings."""

    work: str
    settings: MineSettings
    resources: ClassVar[Resources] = Resources(cpus=1.0)

    def open(self) -> Callable[[AnalysisTask], AnalysisOutcome]:
        """Detectors are loaded when the first recording needs them."""
        models = MiningModels(self.settings)

        def listen(task: AnalysisTask) -> AnalysisOutcome:
            try:
                stored = StoredAnalysis(analyse(task.source, self.settings, models))
            except InputError as error:
                place = str(error.path) if error.path is not None else task.source.path
                loss = Loss(error.problem, place, error.line, error.remedy)
                stored = StoredAnalysis(None, loss, error.reason)
            path = stored_path(Path(self.work), task.number)
            write_atomically(path, msgspec.json.encode(stored))
            return stored.summary()

        return listen


@dataclass(frozen=True)
class FingerprintStage:
    """The stage that takes acoustic fingerprints of the chosen clips."""

    work: str
    settings: MineSettings
    resources: ClassVar[Resources] = Resources(cpus=1.0)

    def open(self) -> Callable[[FingerprintTask], tuple[bytes, ...]]:
        """Nothing is loaded."""
        return self._fingerprints

    def _fingerprints(self, task: FingerprintTask) -> tuple[bytes, ...]:
        """The fingerprint of each clip, as bytes; empty where the recording is gone."""
        analysis = analysis_of(Path(self.work), task.part.recording)
        tracks = [piece.track() for piece in analysis.source.pieces]
        try:
            with Recording.open(tracks, mix=True, tolerance=self.settings.tolerance) as recording:
                return tuple(
                    fingerprint(recording.read(one.start, one.end)[0], recording.rate).tobytes()
                    for one in task.part.clips
                )
        except InputError:  # who cuts it will say so
            return tuple(b"" for _ in task.part.clips)


@dataclass(frozen=True)
class CutStage:
    """The stage of `interactspeech.pipelines.executors` that cuts clips into shards."""

    root: str
    work: str
    settings: MineSettings
    resources: ClassVar[Resources] = Resources(cpus=1.0)

    def open(self) -> Callable[[CutTask], Ledger]:
        """Nothing is loaded."""
        return self._work

    def _work(self, task: CutTask) -> Ledger:
        root = Path(self.root)
        if (info := finished_shard(root, task.shard)) is not None:
            # A worker finished this one and then was lost.
            return Ledger.from_json(info.ledger)
        ledger = Ledger()
        with ShardWriter(root, task.shard) as shard:
            for part in task.parts:
                self._cut(shard, analysis_of(Path(self.work), part.recording), part, ledger)
            shard.finish(ledger.to_json())
        return ledger

    def _cut(self, shard: ShardWriter, analysis: Analysis, part: ClipPart, ledger: Ledger) -> None:
        done = 0
        try:
            with Recording.open(
                [piece.track() for piece in analysis.source.pieces],
                clip_rate(analysis, self.settings), mix=analysis.mix,
                tolerance=self.settings.tolerance,
            ) as recording:  # fmt: skip
                for one in part.clips:
                    done += 1
                    try:
                        clip = cut(recording, analysis, one, self.settings)
                        shard.add(clip.dialogue, clip.samples)
                    except InputError as error:
                        ledger.drop(_placed(error, analysis))
                    else:
                        ledger.keep(clip.dialogue.seconds)
        except InputError as error:  # it was there when it was listened to
            if error.reason == "missing-file":
                error = InputError(
                    "vanished after it was listened to", error.path, remedy=error.remedy,
                    reason="vanished-file",
                )  # fmt: skip
            for _ in part.clips[done:]:
                ledger.drop(error)


def _placed(error: InputError, analysis: Analysis) -> InputError:
    """The error with the recording's file, where it has none of its own."""
    if error.path is not None:
        return error
    return InputError(error.problem, analysis.source.path, remedy=error.remedy, reason=error.reason)
