"""The interface between stages of work and executors.

A stage is a small picklable description; `open` turns it, once in each process, into the function
that does the work. Expensive parts (an engine, a model) are loaded in `open`. The local
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


@dataclass(frozen=True)
class Resources:
    """Resources of one worker in a cluster; the local executor ignores them.

    Attributes:
        cpus, gpus: may be fractions (``gpus=0.25``: four workers share one).
        memory: bytes that are reserved for it, or 0.
    """

    cpus: float = 1.0
    gpus: float = 0.0
    memory: int = 0


class Stage(Protocol[TaskIn_contra, ResultOut_co]):
    """The work that an executor runs. Tasks, results and the stage itself must pickle.

    A stage may have an attribute `resources` (see `Resources`); without it, a worker takes one CPU.
    """

    def open(self) -> Callable[[TaskIn_contra], ResultOut_co]:
        """Load what the work needs, once in a process; return the function that does one task."""
        ...


class TaskError(InteractSpeechError):
    """A task failed for a reason other than its input; the message names the task.

    Attributes:
        task: that failed.
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
    """Result or error of one task.

    Attributes:
        task: the task as it was given.
        error: None, or why there is no result. An `InteractSpeechError` of the work comes as it
            was raised, anything else as a `TaskError`.
        attempts: number of tries (2 after a worker died).
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


def resources_of(stage: Stage[Any, Any]) -> Resources:
    """`resources` of the stage, or one CPU."""
    declared: Resources = getattr(stage, "resources", Resources())
    return declared


def run_task(work: Callable[[Task], Result], task: Task) -> Outcome[Task, Result]:
    """Run one task; errors become part of the outcome, so that they pickle with their message."""
    try:
        return Outcome(task, value=work(task))
    except InteractSpeechError as error:
        return Outcome(task, error=error)
    except Exception as error:  # noqa: BLE001 - reported with its task by whoever reads outcomes
        problem = f"{type(error).__name__}: {error}"
        return Outcome(task, error=TaskError(task, problem, traceback.format_exc()))
