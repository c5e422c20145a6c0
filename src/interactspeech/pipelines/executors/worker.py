"""Code of a worker process: load the stage once, run tasks, report, end with the parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from interactspeech.errors import InteractSpeechError
from interactspeech.pipelines.executors.stage import Outcome, Stage, run_task

_work: Callable[[Any], Any] | None = None
_send: Callable[[Any], None] | None = None
_failure: InteractSpeechError | None = None


class WorkerStartError(InteractSpeechError):
    """A worker process could not be started; the message says why."""


@dataclass(frozen=True)
class NotStarted:
    """Returned instead of an outcome: the stage could not be opened."""

    error: InteractSpeechError


def report(message: Any) -> None:
    """Send a message to the process that started the run, while a task is running (progress).

    The message must pickle. Outside a run it is dropped.
    """
    if _send is not None:
        _send(message)


class report_to:  # noqa: N801 - reads as a verb: `with report_to(send):`
    """Send the reports of this process to `to` while the block runs."""

    def __init__(self, to: Callable[[Any], None] | None) -> None:
        self._to = to

    def __enter__(self) -> None:
        global _send
        self._before, _send = _send, self._to

    def __exit__(self, *_: object) -> None:
        global _send  # noqa: PLW0603
        _send = self._before


def start_worker(stage: Stage[Any, Any], reports: Connection) -> None:
    """Initialise a worker process: called once in it, before any task."""
    global _work, _send, _failure  # noqa: PLW0603 - a worker's state is its process
    # Ctrl-C reaches the whole process group; the parent ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Workers wait on a pipe that they hold open themselves: without this, they would outlive a
    # parent that was killed, and go on writing.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _send = reports.send
    # An error that left this function would break the pool and lose its message.
    try:
        _work = stage.open()
    except InteractSpeechError as error:
        _failure = error
    except Exception as error:  # noqa: BLE001 - carried to the parent by `perform_task`
        _failure = WorkerStartError(f"a worker cannot start: {type(error).__name__}: {error}")


def perform_task(task: Any) -> Outcome[Any, Any] | NotStarted:
    """Run one task in a started worker."""
    if _work is None:
        return NotStarted(_failure or WorkerStartError("the worker was never started"))
    return run_task(_work, task)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
