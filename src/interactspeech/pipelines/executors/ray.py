"""The Ray executor: tasks on actors, on this machine or a cluster, by the interface of `run`.

Each actor opens the stage once and runs one task at a time. A task is sent to an actor only when it
is ready, and no task waits inside the cluster: tasks in flight are bounded by the number of actors,
and the loss of a machine loses only the tasks of its own actors. Results are small (a shard is
written where it is built, on a file system that all machines share).
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from math import ceil
from typing import Any

from interactspeech.errors import InteractSpeechError, MissingExtraError
from interactspeech.pipelines.executors.scheduler import Job, Scheduler
from interactspeech.pipelines.executors.stage import (
    Outcome,
    Resources,
    Result,
    Stage,
    Task,
    TaskError,
    WorkerDiedError,
    resources_of,
    run_task,
)
from interactspeech.pipelines.executors.worker import NotStarted, WorkerStartError, report_to

#: Timeout of one poll of the cluster, in seconds.
_POLL = 0.2
#: Interval between two requests for a busy actor's reports, in seconds.
_REPORT_INTERVAL = 0.5
#: Timeout for the reports of an actor that has just answered, or is dead, in seconds.
_REPORT_TIMEOUT = 10.0
#: Bytes for Ray's object store on this machine: only small results pass through it.
_OBJECT_STORE = 100 * 1024 * 1024


def run(
    tasks: Iterable[Task],
    stage: Stage[Task, Result],
    *,
    workers: int = 1,
    ordered: bool = True,
    retries: int = 1,
    on_report: Callable[[Any], None] | None = None,
    on_retry: Callable[[WorkerDiedError], None] | None = None,
    address: str | None = None,
    patience: float = 300.0,
) -> Iterator[Outcome[Task, Result]]:
    """Run tasks on Ray actors and yield the outcome of each.

    As `interactspeech.pipelines.executors.local.run`, but with one worker, too, the work is done in
    another process. Actors without room in the cluster wait for it while the others work.
    Closing the iterator, or Ctrl-C, ends the actors at once.

    Args:
        tasks: inputs of the stage; they must pickle.
        stage: the work; its `resources` are those of each actor.
        workers: number of actors.
        ordered: outcomes in the order of the tasks; otherwise in the order of completion.
        retries: how often a task whose actor died is retried, on another actor.
        on_report: called in this process with each message that the work sends with `report`.
        on_retry: called when an actor died and its task is going to be retried.
        address: of the cluster (``auto``, ``host:port``); without it, the connection that this
            process has, the cluster that RAY_ADDRESS names, or else Ray on this machine only.
        patience: seconds to wait for the first actor to be placed in the cluster.

    Raises:
        MissingExtraError: Ray is not installed.
        WorkerStartError: no cluster at the address, no room in it, or the stage cannot be opened.
        InteractSpeechError: what opening the stage raised.
    """
    if workers < 1:
        raise ValueError(f"{workers} workers")
    ray = _ray()
    need = resources_of(stage)
    with _connect(ray, address, workers, need):
        scheduler = _RayScheduler(
            ray, tasks, stage, workers, retries, on_report, on_retry, patience
        )
        try:
            yield from (
                scheduler.in_order() if ordered else (one for _, one in scheduler.as_completed())
            )
        finally:
            scheduler.end()


def _ray() -> Any:
    # Ray reports the use of each cluster that it starts to its developers by default.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # What later versions do by default: actors without a GPU see the machine as it is.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
        import ray.exceptions
    except ImportError:
        raise MissingExtraError("ray", "ray", "the Ray executor") from None
    return ray


@contextmanager
def _connect(ray: Any, address: str | None, workers: int, need: Resources) -> Iterator[None]:
    """A connection to a cluster; closed afterwards if it was opened here."""
    if ray.is_initialized():
        yield
        return
    address = address or os.environ.get("RAY_ADDRESS")
    # Standard output belongs to the caller: what actors print stays in Ray's own logs.
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address is None:
        address = "local"
        options |= {
            "num_cpus": max(1, ceil(workers * need.cpus)),
            "include_dashboard": False,
            "object_store_memory": _OBJECT_STORE,
        }
    try:
        ray.init(address=address, **options)
    except Exception as error:
        raise WorkerStartError(
            f"no Ray cluster at {address}: {type(error).__name__}: {error}"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


class _Actor:
    """The actor in the cluster: the opened stage, and reports that were not fetched yet."""

    def __init__(self, stage: Stage[Any, Any]) -> None:
        self._stage = stage
        self._work: Callable[[Any], Any] | None = None
        self._reports: list[Any] = []
        self._lock = threading.Lock()

    def where(self) -> str:
        """Process and host; returns as soon as the actor is placed in the cluster."""
        return f"worker process {os.getpid()} on {socket.gethostname()}"

    def open(self) -> NotStarted | None:
        """Load the stage; the error if that fails, or None."""
        try:
            self._work = self._stage.open()
        except InteractSpeechError as error:
            return NotStarted(error)
        except Exception as error:  # noqa: BLE001 - raised again where the run was started
            return NotStarted(
                WorkerStartError(f"a worker cannot start: {type(error).__name__}: {error}")
            )
        return None

    def perform(self, task: Any) -> tuple[Outcome[Any, Any], list[Any]]:
        """Outcome of the task, and the reports since the last call of `reports`."""
        assert self._work is not None
        with report_to(self._note):
            outcome = run_task(self._work, task)
        return outcome, self.reports()

    def reports(self) -> list[Any]:
        """The reports since the last call; runs concurrently with `perform`."""
        with self._lock:
            fresh, self._reports = self._reports, []
        return fresh

    def _note(self, message: Any) -> None:
        with self._lock:
            self._reports.append(message)


class _RayWorker:
    """The driver's handle of one actor, and its current job."""

    def __init__(self, actor: Any) -> None:
        self.actor = actor
        self.name = "a worker process"
        self.job: Job | None = None  # number, task, tries


class _RayScheduler(Scheduler):
    """The actors of one run."""

    def __init__(
        self,
        ray: Any,
        tasks: Iterable[Any],
        stage: Stage[Any, Any],
        workers: int,
        retries: int,
        on_report: Callable[[Any], None] | None,
        on_retry: Callable[[WorkerDiedError], None] | None,
        patience: float,
    ) -> None:
        super().__init__(tasks, workers, retries, on_report, on_retry)
        self._ray = ray
        self._need = resources_of(stage)
        self._patience = patience
        self._workers: set[_RayWorker] = set()
        self._free: list[_RayWorker] = []
        self._placing: dict[Any, _RayWorker] = {}
        self._opening: dict[Any, _RayWorker] = {}
        self._busy: dict[Any, _RayWorker] = {}
        self._report_calls: dict[_RayWorker, Any] = {}
        self._reports_fetched = 0.0
        self._failed_starts = 0  # workers in a row that died while they opened the stage
        self._class = ray.remote(
            num_cpus=self._need.cpus,
            num_gpus=self._need.gpus,
            memory=self._need.memory or None,
            max_restarts=0,  # a new actor is made here, where the task is known
            max_task_retries=0,
            concurrency_groups={"reports": 1},
        )(_Actor)
        try:
            self._stage = ray.put(stage)
        except Exception as error:
            raise WorkerStartError(
                f"a worker cannot start: {type(error).__name__}: {error}"
            ) from error

    def as_completed(self) -> Iterator[tuple[int, Outcome[Any, Any]]]:
        worked = time.monotonic()
        following = self._next()
        while True:
            if following is not None:
                self._request_actors()
            while following is not None and self._free:
                refused = self._send(self._free.pop(), following)
                if refused is not None:
                    yield refused
                following = self._next()
            if following is None and not self._busy:
                return
            for ref in self._wait():
                if ref in self._busy:
                    outcome = self._receive(ref)
                    if outcome is not None:
                        yield outcome
                else:
                    self._handle_started(ref)
            if following is None:
                following = self._next()
            if self._free or self._busy or self._opening:
                worked = time.monotonic()
            elif time.monotonic() - worked > self._patience:
                raise WorkerStartError(
                    f"the cluster had no room for a worker ({self._need}) "
                    f"in {self._patience:.0f} s; `ray status` shows what it has"
                )

    def end(self) -> None:
        for one in list(self._workers):
            self._end_worker(one)

    def _request_actors(self) -> None:
        """Request actors up to the limit; those without room wait for it."""
        while len(self._workers) < self._limit:
            one = _RayWorker(self._class.remote(self._stage))
            self._workers.add(one)
            self._placing[one.actor.where.remote()] = one

    def _send(self, one: _RayWorker, job: Job) -> tuple[int, Outcome[Any, Any]] | None:
        """Send a task to an actor; the outcome where the task cannot be sent."""
        number, task, tried = job
        try:
            ref = one.actor.perform.remote(task)
        except Exception as error:  # noqa: BLE001 - a task that does not pickle
            self._free.append(one)
            return number, _failed_outcome(task, error, tried + 1)
        one.job = number, task, tried + 1
        self._busy[ref] = one
        return None

    def _wait(self) -> list[Any]:
        """The calls that returned; reports of busy actors are fetched meanwhile."""
        calls = [*self._busy, *self._opening, *self._placing]
        done, _ = self._ray.wait(calls, num_returns=1, timeout=_POLL)
        if (
            self._on_report is not None
            and time.monotonic() - self._reports_fetched >= _REPORT_INTERVAL
        ):
            self._reports_fetched = time.monotonic()
            for one in self._busy.values():
                if one not in self._report_calls:
                    group = one.actor.reports.options(concurrency_group="reports")
                    self._report_calls[one] = group.remote()
            for one, ref in list(self._report_calls.items()):
                if self._ray.wait([ref], timeout=0)[0]:
                    self._forward_reports(one)
        answered: list[Any] = done
        return answered

    def _forward_reports(self, one: _RayWorker) -> None:
        """Forward the reports that an actor returned."""
        ref = self._report_calls.pop(one, None)
        if ref is None:
            return
        with suppress(self._ray.exceptions.RayError):  # it died; its task says so
            self._emit(self._ray.get(ref, timeout=_REPORT_TIMEOUT))

    def _emit(self, reports: list[Any]) -> None:
        if self._on_report is not None:
            for message in reports:
                self._on_report(message)

    def _handle_started(self, ref: Any) -> None:
        """Handle an actor that was placed, opened the stage, or died doing so."""
        one = self._placing.pop(ref, None)
        placed = one is not None
        if one is None:
            one = self._opening.pop(ref)
        try:
            answer = self._ray.get(ref)
        except self._ray.exceptions.RayError as error:
            self._end_worker(one)
            self._failed_starts += 1
            # Single failures are tolerated; when all actors and their replacements fail, it is an
            # error.
            if self._failed_starts > self._limit + self._retries:
                raise WorkerStartError(
                    f"workers die while they start: {_death_cause(error)}"
                ) from error
            return
        if placed:
            one.name = answer
            self._opening[one.actor.open.remote()] = one
        elif isinstance(answer, NotStarted):
            raise answer.error
        else:
            self._failed_starts = 0
            self._free.append(one)

    def _receive(self, ref: Any) -> tuple[int, Outcome[Any, Any]] | None:
        one = self._busy.pop(ref)
        assert one.job is not None
        job, one.job = one.job, None
        number, task, tried = job
        self._forward_reports(one)  # earlier reports come first
        try:
            outcome, reports = self._ray.get(ref)
        except self._ray.exceptions.RayTaskError as error:  # a result that does not pickle
            self._free.append(one)
            return number, _failed_outcome(task, error, tried)
        except self._ray.exceptions.RayError as error:
            # Also where it is only unreachable: two actors must not write one shard.
            self._end_worker(one)
            died = WorkerDiedError(task, f"{one.name} is lost ({_death_cause(error)})")
            return self._lost(job, died)
        self._free.append(one)
        self._emit(reports)
        return number, replace(outcome, attempts=tried)

    def _end_worker(self, one: _RayWorker) -> None:
        self._workers.discard(one)
        self._report_calls.pop(one, None)
        try:
            self._ray.kill(one.actor, no_restart=True)
        except Exception:  # it is gone already, or the whole cluster is
            logging.getLogger(__name__).debug("%s could not be ended", one.name, exc_info=True)


def _failed_outcome(task: Any, error: Exception, tried: int) -> Outcome[Any, Any]:
    return Outcome(task, error=TaskError(task, f"{type(error).__name__}: {error}"), attempts=tried)


def _death_cause(error: Exception) -> str:
    """The line of Ray's message with the reason of an actor's death."""
    lines = str(error).splitlines()
    told = next((line for line in lines if line.startswith("The actor is dead")), lines[0])
    return told.partition(" Some common causes")[0].strip()[:300]
