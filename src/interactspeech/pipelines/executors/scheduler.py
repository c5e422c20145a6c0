"""Scheduling shared by executors: the next task, the order of outcomes, retries."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from interactspeech.pipelines.executors.stage import Outcome, WorkerDiedError

#: With ordered outcomes, one slow task delays others: tasks per worker that may start meanwhile.
LOOKAHEAD = 16

#: A task's number, the task, and how often it was started before.
Job = tuple[int, Any, int]


class Scheduler(ABC):
    """Workers of one run and their jobs; subclasses know how a job is run."""

    def __init__(
        self,
        tasks: Iterable[Any],
        workers: int,
        retries: int,
        on_report: Callable[[Any], None] | None,
        on_retry: Callable[[WorkerDiedError], None] | None,
    ) -> None:
        self._tasks = enumerate(tasks)
        self._limit = workers
        self._retries = retries
        self._on_report = on_report
        self._on_retry = on_retry
        self._due = 0  # the next to be yielded, with ordered outcomes
        self._ahead: int | None = None  # how many may start from there on
        self._begun = 0
        self._again: deque[Job] = deque()

    @abstractmethod
    def as_completed(self) -> Iterator[tuple[int, Outcome[Any, Any]]]:
        """Each task's number and outcome, in the order of completion."""

    @abstractmethod
    def end(self) -> None:
        """End all workers at once."""

    def in_order(self) -> Iterator[Outcome[Any, Any]]:
        """The outcomes in the order of the tasks; those held back are bounded by `LOOKAHEAD`."""
        self._ahead = LOOKAHEAD * self._limit
        early: dict[int, Outcome[Any, Any]] = {}
        for number, outcome in self.as_completed():
            early[number] = outcome
            while self._due in early:
                yield early.pop(self._due)
                self._due += 1

    def _next(self) -> Job | None:
        """The job to start now; None if there is none, or none may start yet."""
        if self._again:
            return self._again.popleft()
        if self._ahead is not None and self._begun >= self._due + self._ahead:
            return None
        following = next(self._tasks, None)
        if following is None:
            return None
        self._begun += 1
        return *following, 0

    def _lost(self, job: Job, died: WorkerDiedError) -> tuple[int, Outcome[Any, Any]] | None:
        """The outcome of a job whose worker died, or None if it is retried."""
        number, task, tried = job
        if tried > self._retries:
            return number, Outcome(task, error=died, attempts=tried)
        if self._on_retry is not None:
            self._on_retry(died)
        self._again.append(job)
        return None
