"""Running work on processes of this machine, or on a Ray cluster: stages, tasks, outcomes."""

from interactspeech.ledger import Ledger, Loss, Reason
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
    "Outcome",
    "Progress",
    "Reason",
    "Resources",
    "Stage",
    "TaskError",
    "WorkerDiedError",
    "WorkerStartError",
    "report",
    "run",
]
