"""Running work on processes of this machine, or on a Ray cluster: stages, tasks, outcomes."""

from interactspeech.ledger import Ledger, Loss, Losses
from interactspeech.pipelines.executors.local import run
from interactspeech.pipelines.executors.stage import (
    Outcome,
    Resources,
    Stage,
    TaskError,
    WorkerDiedError,
)
from interactspeech.pipelines.executors.worker import WorkerStartError, report
from interactspeech.progress import Progress

__all__ = [
    "Ledger",
    "Loss",
    "Losses",
    "Outcome",
    "Progress",
    "Resources",
    "Stage",
    "TaskError",
    "WorkerDiedError",
    "WorkerStartError",
    "report",
    "run",
]
