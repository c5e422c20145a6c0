"""The local executor: tasks on worker processes of this machine.

Each worker is a `ProcessPoolExecutor` of one process. A pool that loses a process fails everything
it was given; with one process in it, exactly the task at work is lost and retried, and the other
workers are not affected.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from typing import Any

from interactspeech.pipelines.executors import worker
from interactspeech.pipelines.executors.scheduler import Job, Scheduler
from interactspeech.pipelines.executors.stage import (
    Outcome,
    Result,
    Stage,
    Task,
    TaskError,
    WorkerDiedError,
    run_task,
)
from interactspeech.pipelines.executors.worker import NotStarted, WorkerStartError

#: How often reports are collected while workers work, in seconds.
_POLL = 0.1


def run(
    tasks: Iterable[Task],
    stage: Stage[Task, Result],
    *,
    workers: int = 1,
    ordered: bool = True,
    retries: int = 1,
    isolated: bool = False,
    on_report: Callable[[Any], None] | None = None,
    on_retry: Callable[[WorkerDiedError], None] | None = None,
) -> Iterator[Outcome[Task, Result]]:
    """Run tasks and yield the outcome of each.

    With one worker everything happens in this process, unless `isolated` asks for one that may die
    (a decoder of others may take it along). With more, each worker is a fresh process
    ("spawn": a fork would copy the threads' locks of inference libraries, held or not), which opens
    the stage once. Tasks are taken from `tasks` as workers become free, so it may be endless.
    Closing the iterator, or Ctrl-C, ends the workers at once.

    Args:
        tasks: inputs of the stage; they must pickle where there are several workers.
        stage: the work.
        workers: number of processes.
        ordered: outcomes in the order of the tasks; otherwise in the order of completion.
        retries: how often a task whose worker died is retried, in a new process.
        isolated: one worker, too, is a process of its own.
        on_report: called in this process with each message that the work sends with `report`.
        on_retry: called when a worker died and its task is going to be retried.

    Raises:
        WorkerStartError: the stage cannot be opened in a worker.
        InteractSpeechError: in this process, what opening the stage raised.
    """
    if workers < 1:
        raise ValueError(f"{workers} workers")
    if workers == 1 and not isolated:
        yield from _run_in_process(tasks, stage, on_report)
        return
    scheduler = _LocalScheduler(tasks, stage, workers, retries, on_report, on_retry)
    try:
        yield from scheduler.in_order() if ordered else (one for _, one in scheduler.as_completed())
    finally:
        scheduler.end()


def _run_in_process(
    tasks: Iterable[Task], stage: Stage[Task, Result], on_report: Callable[[Any], None] | None
) -> Iterator[Outcome[Task, Result]]:
    work: Callable[[Task], Result] | None = None
    for task in tasks:
        with worker.report_to(on_report):
            work = work or stage.open()
            outcome = run_task(work, task)
        yield outcome


_Answer = Outcome[Any, Any] | NotStarted


class _LocalWorker:
    """One process, in a pool of its own, and the pipe it reports through."""

    def __init__(self, stage: Stage[Any, Any]) -> None:
        context = multiprocessing.get_context("spawn")
        self.reports, theirs = context.Pipe(duplex=False)
        self._pool = ProcessPoolExecutor(
            1, mp_context=context, initializer=worker.start_worker, initargs=(stage, theirs)
        )
        before = {process.pid for process in multiprocessing.active_children()}
        try:
            # The first submission starts the process; nothing here waits for it.
            self._pool.submit(_initialise_nothing)
        except Exception as error:
            self._pool.shutdown(wait=False)
            raise WorkerStartError(
                f"a worker cannot start: {type(error).__name__}: {error}"
            ) from error
        finally:
            # Only the process holds the sending end now: when it dies, reading ends too.
            theirs.close()
        self._process = next(
            (one for one in multiprocessing.active_children() if one.pid not in before), None
        )

    def submit(self, task: Any) -> Future[_Answer]:
        return self._pool.submit(worker.perform_task, task)

    def forward_reports(self, on_report: Callable[[Any], None] | None) -> None:
        try:
            while self.reports.poll():
                message = self.reports.recv()
                if on_report is not None:
                    on_report(message)
        except (EOFError, OSError):
            pass  # the process died in the middle of a message; its future says so

    def death_cause(self) -> str:
        if self._process is None:
            return "worker process ended as it started"
        # The pool's own thread waits for the process too; the exit code is set by whichever of the
        # two reaps it, which may be a moment later.
        code = None
        for _ in range(200):
            self._process.join(0.01)
            code = self._process.exitcode
            if code is not None:
                break
            time.sleep(0.01)
        how = "ended" if code is None else f"ended with code {code}"
        if code is not None and code < 0:
            how = f"was ended by {signal.Signals(-code).name}"
            if -code == signal.SIGKILL:
                how += " (out of memory, or killed by hand)"
        return f"worker process {self._process.pid} {how}"

    def end(self) -> None:
        if self._process is not None and self._process.is_alive():
            self._process.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self.reports.close()


def _initialise_nothing() -> None:
    """A task without work, so that the pool starts its process."""


class _LocalScheduler(Scheduler):
    """The worker processes of one run."""

    def __init__(
        self,
        tasks: Iterable[Any],
        stage: Stage[Any, Any],
        workers: int,
        retries: int,
        on_report: Callable[[Any], None] | None,
        on_retry: Callable[[WorkerDiedError], None] | None,
    ) -> None:
        super().__init__(tasks, workers, retries, on_report, on_retry)
        self._stage = stage
        self._free: list[_LocalWorker] = []
        self._busy: dict[Future[_Answer], tuple[_LocalWorker, Job]] = {}

    def as_completed(self) -> Iterator[tuple[int, Outcome[Any, Any]]]:
        while True:
            self._assign_tasks()
            if not self._busy:
                return
            done, _ = wait(self._busy, timeout=_POLL, return_when=FIRST_COMPLETED)
            for one, *_ in list(self._busy.values()):
                one.forward_reports(self._on_report)
            for future in done:
                outcome = self._receive(future)
                if outcome is not None:
                    yield outcome

    def end(self) -> None:
        for one in [*self._free, *(one for one, *_ in self._busy.values())]:
            one.end()
        self._free.clear()
        self._busy.clear()

    def _assign_tasks(self) -> None:
        while len(self._busy) < self._limit and (job := self._next()) is not None:
            number, task, tried = job
            one = self._free.pop() if self._free else _LocalWorker(self._stage)
            self._busy[one.submit(task)] = (one, (number, task, tried + 1))

    def _receive(self, future: Future[_Answer]) -> tuple[int, Outcome[Any, Any]] | None:
        one, job = self._busy.pop(future)
        number, task, tried = job
        try:
            answer = future.result()
        except BrokenProcessPool:
            died = WorkerDiedError(task, one.death_cause())
            one.end()
            return self._lost(job, died)
        except Exception as error:  # noqa: BLE001 - a task or a result that does not pickle
            self._free.append(one)
            problem = f"{type(error).__name__}: {error}"
            return number, Outcome(task, error=TaskError(task, problem), attempts=tried)
        self._free.append(one)
        if isinstance(answer, NotStarted):
            raise answer.error
        return number, replace(answer, attempts=tried)
