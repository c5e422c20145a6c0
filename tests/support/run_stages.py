"""Stages that tests of the executor hand to worker processes: they must be importable there."""

import os
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from interactspeech.errors import InputError, MissingExtraError
from interactspeech.pipelines.executors.stage import Resources
from interactspeech.pipelines.executors.worker import report


@dataclass(frozen=True)
class Square:
    """Squares numbers; some of them with trouble."""

    folder: str = ""

    def open(self):
        opened = 0

        def work(task):
            nonlocal opened
            opened += 1
            report(("pid", os.getpid(), opened))
            return task * task

        return work


@dataclass(frozen=True)
class Troubled:
    """Does what the task says: return, raise, die once, die always, wait."""

    folder: str

    def open(self):
        return self.work

    def work(self, task):
        kind, number = task
        mark = Path(self.folder) / f"{kind}-{number}"
        tries = len(mark.read_text()) if mark.exists() else 0
        mark.write_text("x" * (tries + 1))
        if kind == "input":
            raise InputError("bad line", "file.txt", 3, reason="bad-line")
        if kind == "bug":
            raise ZeroDivisionError("a bug")
        if kind == "die" or (kind == "die-once" and tries == 0):
            os.kill(os.getpid(), signal.SIGKILL)
        if kind == "exit":
            os._exit(7)
        if kind == "unpicklable":
            return lambda: None
        if kind == "sleep":
            time.sleep(60)
        return number


@dataclass(frozen=True)
class Slow:
    """Takes `delays[task]` seconds."""

    delays: tuple

    def open(self):
        def work(task):
            time.sleep(self.delays[task])
            return task

        return work


class Broken:
    def open(self):
        raise MissingExtraError("nothing", "tts", "this test")


class Buggy:
    def open(self):
        raise ZeroDivisionError("cannot load")


@dataclass(frozen=True)
class Chatty:
    """Sends far more reports than a pipe holds."""

    def open(self):
        def work(task):
            for k in range(2000):
                report((task, k, "x" * 100))
            return task

        return work


@dataclass(frozen=True)
class Unsendable:
    """Answers with what cannot be pickled, where the task is 0."""

    def open(self):
        return lambda task: threading.Lock() if task == 0 else task


@dataclass(frozen=True)
class Greedy:
    """Asks for more than any machine has."""

    resources = Resources(cpus=1.0, gpus=64.0)

    def open(self):
        return abs


class Deadly:
    """Ends its process instead of opening."""

    def open(self):
        os._exit(9)
