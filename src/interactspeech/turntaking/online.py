"""The online annotator: boundaries of speech in, events out, each within a bounded delay.

Every event is decided by what happened up to its end plus the delay of its type. So the annotator
runs the code of `annotate` on a window of the conversation, and returns what is decided:

```
   ----------|=====================|~~~~~~~~~~~~|   clock
   forgotten |  window: units that |  undecided
             |  may still matter   |  (delay)
```

The window holds whole units, so its length is that of the turns in play plus about 25 s; what came
before is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from interactspeech._typing import Int64Array
from interactspeech.errors import InputError
from interactspeech.records.dialogue import Event, Word
from interactspeech.records.event_types import EVENT_TYPES, EventType
from interactspeech.signal.intervals import union
from interactspeech.turntaking.annotator import analyse
from interactspeech.turntaking.backchannel_candidates import Decision
from interactspeech.turntaking.event_table import EventTable, event_order
from interactspeech.turntaking.rules import DEFAULT, RuleSet
from interactspeech.turntaking.timeline import Timeline, WordTrack
from interactspeech.turntaking.units import Units

_TYPES: Final = tuple(name for name, info in EVENT_TYPES.items() if info.annotated)


def delays(rules: RuleSet, rate: int, *, word_lag: int = 0) -> dict[EventType, int]:
    """How long after its end an event of each type is decided, at most, in samples.

    ============================================  =================================  ==========
    type                                          waits for                          by default
    ============================================  =================================  ==========
    overlap                                       the end of the IPU                 0.2 s
    backchannel                                   what the partner does next         2.2 s
    hold, shift                                   talk alone after it                2.2 s
    pause, filled_pause, gap,                     whether what follows, or holds     3.2 s
    silent_interruption                           the filler, is feedback
    turn, interruption, terminal_overlap          whether the turn goes on           6.2 s
    ============================================  =================================  ==========

    Most are in fact decided sooner; the bounds hold for every conversation and every decision
    about backchannels.
    """
    t = rules.at(rate)
    ended = t.bridge + word_lag  # until the end of speech and its words are certain
    feedback = ended + max(t.backchannel_max + max(t.isolation, t.bridge), t.turn_pause, t.horizon)
    short = t.backchannel_max + feedback
    unit = t.longest_pause + short
    alone = ended + t.hold_after + t.turn_pause
    return {
        "turn": unit,
        "interruption": unit,
        "terminal_overlap": unit,
        "silent_interruption": short,
        "pause": short,
        "filled_pause": short,
        "gap": short,
        "backchannel": feedback,
        "hold": alone,
        "shift": alone,
        "overlap": ended,
    }


class OnlineAnnotator:
    """Takes boundaries of speech in order of time, and returns each event once, when it is decided.

    All events together are exactly those of `annotate` on the whole conversation.

    Args:
        rate: samples a second.
        speakers: ids of all speakers.
        rules, backchannel: as for `annotate`.
        step: the annotator looks for decided events at most once in so many samples of the
            conversation (a tenth of a second by default); it adds to the delay.
        word_lag: how long after its end a word may be reported, in samples; it adds to the delay.

    Attributes:
        delay: type -> samples from an event's end within which it is given, provided that the
            clock is moved on (by any call).
    """

    def __init__(
        self,
        rate: int,
        speakers: Sequence[str],
        rules: RuleSet = DEFAULT,
        *,
        backchannel: Decision | None = None,
        step: int | None = None,
        word_lag: int = 0,
    ) -> None:
        self._rate = rate
        self._rules = rules
        self._decision = backchannel
        self._step = rate // 10 if step is None else step
        self._lag = word_lag
        self._decided = delays(rules, rate, word_lag=word_lag)
        self.delay = {name: bound + self._step for name, bound in self._decided.items()}
        self._keep = 2 * max(self._decided.values())
        t = rules.at(rate)
        # How far before a unit's first IPU its beginning may depend: an own silence, a backchannel
        # in it, the talk of that one's partner, and the silence before that talk.
        reach = max(t.turn_pause, t.horizon, t.isolation)
        self._margin = (
            t.longest_pause + 2 * t.backchannel_max + 2 * reach + t.hold_before + t.bridge
        )
        self._segments: dict[str, list[tuple[int, int]]] = {name: [] for name in speakers}
        self._open: dict[str, int] = {}
        self._words: dict[str, list[Word]] = {name: [] for name in speakers}
        self._clock = 0
        self._last_poll = 0
        self._released = dict.fromkeys(_TYPES, -1)

    @property
    def clock(self) -> int:
        """The sample up to which the conversation is known."""
        return self._clock

    def start(self, speaker: str, time: int) -> list[Event]:
        """Add an onset: `speaker` begins to talk at sample `time`."""
        self._advance_clock(speaker, time)
        if speaker in self._open:
            raise InputError(
                f"speaker {speaker!r} starts at {time} and talks since {self._open[speaker]}",
                reason="bad-boundary",
            )
        mine = self._segments[speaker]
        if mine and mine[-1][1] == time:  # touches: goes on
            time = mine.pop()[0]
        self._open[speaker] = time
        return self._poll()

    def end(self, speaker: str, time: int) -> list[Event]:
        """Add an end: `speaker` stops at sample `time` (the first sample of silence)."""
        self._advance_clock(speaker, time)
        if speaker not in self._open:
            raise InputError(
                f"speaker {speaker!r} stops at {time} without having started", reason="bad-boundary"
            )
        start = self._open.pop(speaker)
        if time > start:
            self._segments[speaker].append((start, time))
        return self._poll()

    def word(self, speaker: str, word: Word) -> None:
        """Add a word of `speaker`, before the clock passes its end by more than `word_lag`."""
        self._check_speaker(speaker)
        if word.end + self._lag < self._clock:
            raise InputError(
                f"word {word.text!r} ended at {word.end}, the clock is at {self._clock}",
                remedy="report words earlier, or give the annotator a longer word_lag",
                reason="late-word",
            )
        self._words[speaker].append(word)

    def advance(self, time: int) -> list[Event]:
        """Advance the clock to sample `time` without a boundary."""
        self._advance_clock(None, time)
        return self._poll()

    def finish(self, length: int | None = None) -> list[Event]:
        """End the conversation at sample `length` (default: the clock): the remaining events."""
        self._advance_clock(None, self._clock if length is None else length)
        table, _ = self._annotate()
        return self._release(table, dict.fromkeys(_TYPES, self._clock))

    def _check_speaker(self, speaker: str) -> None:
        if speaker not in self._segments:
            raise InputError(
                f"unknown speaker {speaker!r} (known: {sorted(self._segments)})",
                reason="unknown-speaker",
            )

    def _advance_clock(self, speaker: str | None, time: int) -> None:
        if speaker is not None:
            self._check_speaker(speaker)
        if time < self._clock:
            raise InputError(
                f"a boundary at {time}, after one at {self._clock}",
                remedy="give boundaries in order of time",
                reason="bad-boundary",
            )
        self._clock = time

    def _poll(self) -> list[Event]:
        if self._clock - self._last_poll < max(1, self._step):
            return []
        self._last_poll = self._clock
        table, units = self._annotate()
        given = self._release(
            table, {name: self._clock - bound for name, bound in self._decided.items()}
        )
        self._drop_decided(table, units)
        return given

    def _annotate(self) -> tuple[EventTable, Units]:
        activity: dict[str, Int64Array] = {}
        for name, mine in self._segments.items():
            begun = self._open.get(name, self._clock)
            rows = [*mine, (begun, self._clock)] if begun < self._clock else mine
            activity[name] = union(np.array(rows, np.int64))
        words = {name: WordTrack.of(said) for name, said in self._words.items() if said}
        timeline = Timeline(self._rate, self._clock, activity, words)
        return analyse(timeline, self._rules, backchannel=self._decision)

    def _release(self, table: EventTable, until: dict[EventType, int]) -> list[Event]:
        found: list[Event] = []
        for name in _TYPES:
            c = table[name]
            pick = (c.end > self._released[name]) & (c.end <= until[name])
            self._released[name] = max(self._released[name], until[name])
            if pick.any():
                found += table.records(c.select(pick))
        return sorted(found, key=event_order)

    def _drop_decided(self, table: EventTable, units: Units) -> None:
        """Drop what can no longer change an event: see the proof in docs/framework.md."""
        low = self._clock - self._keep
        live = units.start[units.end > low]
        overlaps = table["overlap"]
        cut = min([low, *live.tolist(), *overlaps.start[overlaps.end > low].tolist()])
        c = units.candidates
        for pick in (c.end <= cut, (c.end <= cut) & ~units.backchannel):
            if pick.any():  # the last talk before, and the last that is no backchannel
                cut = min(cut, int(c.start[pick][np.argmax(c.end[pick])]))
        cut -= self._margin
        for speaker, name in enumerate(self._segments):
            # Whole IPUs only: a part of one would look short.
            ipu = c.layer1.ipus[speaker]
            gone = ipu[ipu[:, 1] <= cut]
            limit = int(gone[-1, 1]) if len(gone) else 0
            self._segments[name] = [s for s in self._segments[name] if s[1] > limit]
            self._words[name] = [w for w in self._words[name] if w.end > limit]
