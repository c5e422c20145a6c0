"""Speech activity of one speaker, live: where talk starts and ends, as soon as that is certain.

The segments are those that `output.speech_activity` finds in a whole recording: hysteresis, then
short silences are bridged and short segments dropped. So a boundary waits until no later
probability can move it:

```
 probability   __/~~~~~~____/~~~___________    above `on` it is talk, until it falls below `off`
 segment         |---------------|              a shorter silence than `bridge` does not end it
 known               start           end        after `shortest` of talk; after `bridge` of silence
```
"""

from __future__ import annotations

from collections import deque

from interactspeech.listener.model import HALF
from interactspeech.listener.output import MAX_RISE
from interactspeech.signal.log_mel import RATE


class LiveActivity:
    """Online speech activity of one side: hysteresis, then short silences and segments dropped.

    It gives ``("start", sample)`` and ``("end", sample)`` as soon as they are certain: the segments
    that `output.speech_activity` finds in a whole recording.
    """

    def __init__(self, on: float, off: float, shortest: int, bridge: int, tail: int = 0) -> None:
        self._on, self._off, self._tail = on, off, tail * RATE // 1000
        self._shortest, self._bridge = shortest * RATE // 1000, bridge * RATE // 1000
        self._above: int | None = None  # where the probability last passed `off`
        self._reached = False
        self._start: int | None = None  # of the segment that is open
        self._end: int | None = None  # of a segment that may still be continued
        self._reported = False
        self.talking = False
        #: The last segments that are over, samples at 16 kHz.
        self.over: deque[tuple[int, int]] = deque(maxlen=64)

    @property
    def begun(self) -> int | None:
        """Where the talk that is going on began; None where there is none."""
        return self._start

    def step(self, time: int, chance: float) -> list[tuple[str, int]]:
        """Add a half step that begins at sample `time`."""
        boundaries: list[tuple[str, int]] = []
        if chance > self._off:
            if self._above is None:
                self._above, self._reached = time, False
            if chance >= self._on and not self._reached:
                self._above, self._reached = max(self._above, time - MAX_RISE * HALF), True
            if self._reached:
                boundaries += self._speech(time + HALF)
            else:  # speech that may follow begins here at the earliest
                boundaries += self._silence(max(self._above, time + HALF - MAX_RISE * HALF))
        else:
            if self._above is not None and self._reached:
                self._end = time + self._tail
            self._above, self._reached = None, False
            boundaries += self._silence(time + HALF)
        return boundaries

    def _speech(self, time: int) -> list[tuple[str, int]]:
        assert self._above is not None
        boundaries: list[tuple[str, int]] = []
        if (
            self._start is not None
            and self._end is not None
            and self._above - self._end >= self._bridge
        ):
            boundaries += self._close()
        if self._start is None:
            self._start, self._reported = self._above, False
        self._end = None
        self.talking = True
        if not self._reported and time - self._start >= self._shortest:
            self._reported = True
            boundaries.append(("start", self._start))
        return boundaries

    def _silence(self, time: int) -> list[tuple[str, int]]:
        if self._start is None or self._end is None or time - self._end < self._bridge:
            return []
        return self._close()

    def _close(self) -> list[tuple[str, int]]:
        assert self._start is not None
        assert self._end is not None
        boundaries: list[tuple[str, int]] = []
        if not self._reported and self._end - self._start >= self._shortest:
            self._reported = True
            boundaries.append(("start", self._start))
        if self._reported:
            boundaries.append(("end", self._end))
            self.over.append((self._start, self._end))
        self._start, self._end, self._reported, self.talking = None, None, False, False
        return boundaries

    def finish(self, time: int) -> list[tuple[str, int]]:
        """End the audio at sample `time`."""
        if self._start is None:
            return []
        if self._end is None or self._reached:
            self._end = time + self._tail
        return [(kind, min(at, time)) for kind, at in self._close()]


__all__ = ["LiveActivity"]
