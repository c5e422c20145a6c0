"""How far a run is: a bar on a terminal, plain lines elsewhere, calls of a function, or silence."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TextIO

_LOG = logging.getLogger(__name__)

#: Seconds between two plain lines.
_EVERY = 10.0

#: What a verb's `progress` may be: shown on standard error or not, or a function that is called
#: with the `Progress` at every step (`done`, `total`, `label`, `seconds`, `kept`, `dropped`).
ShowProgress = bool | Callable[["Progress"], object]


class Progress:
    """Counts what is done and shows it on standard error.

    ```python
    with Progress(100, "building") as progress:
        progress.update(done=1, seconds=42.0, kept=1)
    ```

    Args:
        total: of what is counted by `update(done=...)`; None where it is not known.
        label: what is going on, one word.
        show: False shows nothing; a function is called at every step with this object.
        stream, clock: for tests.
    """

    def __init__(
        self,
        total: float | None,
        label: str = "working",
        *,
        show: ShowProgress = True,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total, self.label = total, label
        self.done = 0.0
        self.seconds = 0.0
        self.kept = self.dropped = 0
        self._skipped = self._skipped_seconds = 0.0
        self._quiet = show is not True
        self._call = show if callable(show) else None
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._started = self._shown = clock()
        self._bar: Any = None
        self._task: Any = None

    def skip(self, done: float, seconds: float = 0.0, kept: int = 0, dropped: int = 0) -> None:
        """Count what an earlier run did: it is done, but says nothing about this run's speed."""
        self._skipped += done
        self._skipped_seconds += seconds
        self.update(done, seconds, kept, dropped)

    def update(
        self, done: float = 0.0, seconds: float = 0.0, kept: int = 0, dropped: int = 0
    ) -> None:
        """Add to the counts; `seconds` is of audio."""
        self.done += done
        self.seconds += seconds
        self.kept += kept
        self.dropped += dropped
        if self._call is not None:
            self._call(self)
        if self._quiet:
            return
        if self._bar is not None:
            # `total` may have become known meanwhile.
            self._bar.update(self._task, total=self.total, completed=self.done, facts=self._facts())
        elif self._clock() - self._shown >= _EVERY:
            self._line()

    @property
    def speed(self) -> float:
        """Seconds of audio made in one second of this run (x real time)."""
        elapsed = self._clock() - self._started
        return (self.seconds - self._skipped_seconds) / elapsed if elapsed > 0 else 0.0

    @property
    def remaining(self) -> float | None:
        """Estimated seconds until all is done; None while nothing is known."""
        fresh = self.done - self._skipped
        if self.total is None or fresh <= 0:
            return None
        return (self._clock() - self._started) / fresh * max(0.0, self.total - self.done)

    def log(self, message: str) -> None:
        """Show one line beside the bar (a retry, a warning), and log it."""
        _LOG.info("%s", message)
        if self._bar is not None:
            # Not markup: the message may quote a file.
            self._bar.console.print(message, markup=False, highlight=False)
        elif not self._quiet:
            self._write(message)

    def __repr__(self) -> str:
        return f"Progress({self.label}: {self._facts()})"

    def __enter__(self) -> Self:
        self._started = self._shown = self._clock()
        if self._call is not None:
            self._call(self)
        if not self._quiet and self._stream.isatty():
            self._bar = self._rich()
            self._task = self._bar.add_task(
                self.label, total=self.total, completed=self.done, facts=self._facts()
            )
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        elif not self._quiet:
            self._line()

    def _rich(self) -> Any:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        return Bar(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[facts]}", markup=False),
            console=Console(file=self._stream),
        )

    def _line(self) -> None:
        self._shown = self._clock()
        self._write(f"{self.label}: {self._facts()}")

    def _write(self, line: str) -> None:
        self._stream.write(f"{line}\n")
        self._stream.flush()

    def _facts(self) -> str:
        of = "" if self.total is None else f"/{self.total:,.0f}"
        facts = [f"{self.done:,.0f}{of}"]
        if self.seconds:
            facts += [f"{_audio(self.seconds)} of audio", f"{self.speed:,.1f}x real time"]
        remaining = self.remaining
        if remaining:
            facts.append(f"{_clock(remaining)} left")
        if self.kept or self.dropped:
            facts.append(f"kept {self.kept:,}, dropped {self.dropped:,}")
        return ", ".join(facts)


def _audio(seconds: float) -> str:
    return f"{seconds / 3600:,.1f} h" if seconds >= 3600 else f"{seconds / 60:.1f} min"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
