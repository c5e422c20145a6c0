"""Running work: stages, the local executor, progress, and the ledger of kept and dropped."""

from interactspeech.run.ledger import Ledger, Loss, Reason
from interactspeech.run.local import run
from interactspeech.run.progress import Progress
from interactspeech.run.stage import Outcome, Resources, Stage, TaskError, WorkerDiedError
from interactspeech.run.worker import WorkerStartError, report

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
