"""What executors with workers share: which task is next, the order of outcomes, who tries again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from interactspeech.pipelines.executors.stage import Outcome, WorkerDiedError

#: In order, one slow task makes others wait: so many tasks for each worker may be begun meanwhile.
AHEAD = 16

#: A task's number, the task, and how often it was begun before.
Job = tuple[int, Any, int]


class Scheduler(ABC):
    """The workers of one run and what each is doing; says what follows, not how it is done."""

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
        self._due = 0  # the next to be yielded, where that is in order
        self._ahead: int | None = None  # how many may be begun from there on
        self._begun = 0
        self._again: deque[Job] = deque()

    @abstractmethod
    def as_they_come(self) -> Iterator[tuple[int, Outcome[Any, Any]]]:
        """Each task's number and outcome."""

    @abstractmethod
    def end(self) -> None:
        """End all workers, whatever they are doing."""

    def in_order(self) -> Iterator[Outcome[Any, Any]]:
        """The outcomes in the order of the tasks; few wait, because few tasks run ahead."""
        self._ahead = AHEAD * self._limit
        early: dict[int, Outcome[Any, Any]] = {}
        for number, outcome in self.as_they_come():
            early[number] = outcome
            while self._due in early:
                yield early.pop(self._due)
                self._due += 1

    def _next(self) -> Job | None:
        """The job to begin now; None if there is none, or none may be begun yet."""
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
        """A worker died over `job`: what became of its task, or None if it is tried again."""
        number, task, tried = job
        if tried > self._retries:
            return number, Outcome(task, error=died, attempts=tried)
        if self._on_retry is not None:
            self._on_retry(died)
        self._again.append(job)
        return None
