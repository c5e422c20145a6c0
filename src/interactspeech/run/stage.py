"""One stage of work, as every executor sees it.

A stage is a small picklable description; `open` turns it, once in each process, into the function
that does the work. Whatever is expensive (an engine, a model) is loaded in `open`. The local
executor opens a stage in each worker process; a cluster's opens it in each actor.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from interactspeech.errors import InteractSpeechError

Task = TypeVar("Task")
Result = TypeVar("Result")
TaskIn_contra = TypeVar("TaskIn_contra", contravariant=True)
ResultOut_co = TypeVar("ResultOut_co", covariant=True)


class Stage(Protocol[TaskIn_contra, ResultOut_co]):
    """What an executor runs. Tasks, results and the stage itself must pickle."""

    def open(self) -> Callable[[TaskIn_contra], ResultOut_co]:
        """Load what the work needs, once in a process; the function that does one task."""
        ...


class TaskError(InteractSpeechError):
    """A task failed for a reason that is not its input's: the message names the task.

    Attributes:
        task: which.
        detail: the traceback in the worker, for the log.
    """

    def __init__(self, task: Any, problem: str, detail: str = "") -> None:
        super().__init__(f"{task}: {problem}")
        self.task, self.problem, self.detail = task, problem, detail

    def __reduce__(self) -> tuple[Any, ...]:
        return (TaskError, (self.task, self.problem, self.detail))


class WorkerDiedError(TaskError):
    """The process that worked on a task ended without an answer (killed, out of memory, crash)."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (WorkerDiedError, (self.task, self.problem, self.detail))


@dataclass(frozen=True)
class Outcome(Generic[Task, Result]):
    """What became of one task.

    Attributes:
        task: the task as it was given.
        error: None, or why there is no result. An `InteractSpeechError` of the work comes as it
            was raised, anything else as a `TaskError`.
        attempts: how often it was tried (2 after a worker died).
    """

    task: Task
    value: Result | None = None
    error: InteractSpeechError | None = None
    attempts: int = 1

    @property
    def ok(self) -> bool:
        """Whether there is a result."""
        return self.error is None

    def result(self) -> Result:
        """The result.

        Raises:
            InteractSpeechError: the task failed.
        """
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]


def attempt(work: Callable[[Task], Result], task: Task) -> Outcome[Task, Result]:
    """Do one task; errors become part of the outcome, so that they cross processes whole."""
    try:
        return Outcome(task, value=work(task))
    except InteractSpeechError as error:
        return Outcome(task, error=error)
    except Exception as error:  # noqa: BLE001 - reported with its task by whoever reads outcomes
        problem = f"{type(error).__name__}: {error}"
        return Outcome(task, error=TaskError(task, problem, traceback.format_exc()))
