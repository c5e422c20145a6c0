"""What a system did at each event of a stimulus, and whether that was right.

```
 user     question |end            |interruption#####|
 system             |--latency--|##########stop|            |answer ####
                                   |--yield--|
```

`ReactionSettings` hold every threshold. A silence of the system shorter than `bridge` is a breath,
not a yield. Where the system's log says when it decided, "it did not decide to yield" is told from
"it decided, and the sound went on".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec
import numpy as np

from interactspeech._typing import Int64Array
from interactspeech.evaluation.duplex.stimulus import (
    StimulusEvent,
    StimulusKind,
    SystemEvent,
)
from interactspeech.settings import Positive, Settings
from interactspeech.signal.intervals import union
from interactspeech.turntaking.reactions import NEVER, next_start, next_stop, talking_at


class ReactionSettings(Settings, frozen=True):
    """Thresholds in seconds.

    Attributes:
        yield_within: a system that is interrupted must be silent so soon (tau-voice: 2.0).
        ignore_within: a system that falls silent so soon after what it should ignore gave in to it
            (tau-voice: 1.0).
        answer_within: a system that starts so soon after it answered it (tau-voice: 2.0).
        reply_within: an answer to a turn must start so soon.
        early_within: it may begin so long before the turn ends (TurnBench: .25).
        bridge: own silences of the system shorter than this count as talk (Full-Duplex-Bench: 0.5).
        backchannel: talk shorter than this in a pause takes no turn (Full-Duplex-Bench: 1.0).
        player_lag: sound that goes on for longer than this after the decision to stop is the
            player's.
    """

    yield_within: Positive = 2.0
    ignore_within: Positive = 1.0
    answer_within: Positive = 2.0
    reply_within: Positive = 5.0
    early_within: Positive = 0.25
    bridge: Positive = 0.5
    backchannel: Positive = 1.0
    player_lag: Positive = 0.3


#: Seconds by which a silence may begin before the log says so.
_EARLY: Final = 0.1
#: Why a system that should have yielded did not fall silent, where its log is known.
NoYieldCause = Literal["model did not yield", "player went on", ""]


class EventOutcome(msgspec.Struct, frozen=True):
    """What a system did at an event; times in seconds, None where it did not happen.

    Attributes:
        item: the recording.
        kind, start, end: of the event.
        talking: whether the system talked when the event began.
        stop: when that talk ended.
        yield_latency: from the event's start to `stop`.
        answer: when the system started next, after the event began in silence or after it stopped.
        answer_latency: from the event's end to `answer`; negative where it starts before the end.
        right: whether that is the right behaviour; None where the event asks nothing (an
            interruption of a system that is silent).
        decided: when the system decided to stop, by its log.
        cause: why it did not fall silent.
    """

    item: str
    kind: StimulusKind
    start: float
    end: float
    talking: bool
    stop: float | None = None
    yield_latency: float | None = None
    answer: float | None = None
    answer_latency: float | None = None
    right: bool | None = None
    decided: float | None = None
    cause: NoYieldCause = ""


def event_outcomes(
    item: str,
    events: Sequence[StimulusEvent],
    system: Int64Array,
    rate: int,
    log: Sequence[SystemEvent] | None = None,
    settings: ReactionSettings | None = None,
) -> list[EventOutcome]:
    """The outcome of each event of a recording.

    Args:
        item: name of the recording.
        events: what is asked.
        system: when the system talks, samples, shape ``(n, 2)``, sorted and disjoint.
        rate: samples a second.
        log: the system's log, where there is one.
        settings: thresholds.
    """
    chosen = settings or ReactionSettings()
    talk = bridged_talk(system, rate, log, chosen)
    if not events:
        return []
    # A turn that ends is asked about at its end, all else where it begins.
    asked = np.array(
        [round((e.end if e.kind == "turn_end" else e.start) * rate) for e in events], np.int64
    )
    lasting = talk[talk[:, 1] - talk[:, 0] >= chosen.backchannel * rate]
    talking = talking_at(talk, asked)
    stop = next_stop(talk, asked)
    answer = next_start(talk, np.where(talking, stop, asked))
    takes = next_start(lasting, asked)  # feedback in a pause takes no turn
    row = np.searchsorted(talk[:, 0], asked, side="right") - 1
    began = np.append(talk[:, 0], [NEVER])[row]
    return [
        _outcome(
            item, event, chosen, log, rate,
            bool(talking[k]), int(began[k]), int(stop[k]),
            int((takes if event.kind == "pause" else answer)[k]),
        )
        for k, event in enumerate(events)
    ]  # fmt: skip


def bridged_talk(
    system: Int64Array,
    rate: int,
    log: Sequence[SystemEvent] | None,
    settings: ReactionSettings,
) -> Int64Array:
    """A system's talk with its breaths filled, but not silences that its log says it meant.

    A system that yields, and answers .4 s later as the user is done, has yielded; without its log
    such a silence cannot be told from a breath, and is one.
    """
    bridge = round(settings.bridge * rate)
    stops = np.array(
        [e.time * rate for e in log or () if e.event in {"yield", "play_stop"}], np.float64
    )
    if not len(stops) or len(system) < 2:
        return union(system, bridge)
    began = system[:-1, 1, None] - stops[None]
    meant = ((began >= -_EARLY * rate) & (began <= settings.player_lag * rate)).any(axis=1)
    pieces = np.split(system, np.flatnonzero(meant) + 1)
    return np.concatenate([union(piece, bridge) for piece in pieces])


def _outcome(
    item: str,
    event: StimulusEvent,
    settings: ReactionSettings,
    log: Sequence[SystemEvent] | None,
    rate: int,
    talking: bool,
    began: int,
    stop: int,
    answer: int,
) -> EventOutcome:
    if event.kind == "turn_end":
        return _turn_end(item, event, settings, rate, began if talking else answer, talking)
    stopped = stop / rate if talking else None
    answered = answer / rate if answer != NEVER else None
    latency = None if stopped is None else stopped - event.start
    decided = _decision(event, settings, log) if talking and log is not None else None
    right: bool | None
    cause: NoYieldCause = ""
    if event.kind == "interruption":
        right = None if latency is None else latency <= settings.yield_within
        if right is False and log is not None:
            cause = "model did not yield" if decided is None else "player went on"
        elif decided is not None and stopped is not None:
            late = stopped - decided > settings.player_lag
            cause = "player went on" if late else ""
    elif event.kind == "pause":
        right = not talking and (answered is None or answered >= event.end)
    elif talking:
        right = latency is not None and latency > settings.ignore_within
    elif event.kind == "backchannel":
        right = None
    else:
        right = answered is None or answered > event.end + settings.answer_within
    return EventOutcome(
        item, event.kind, event.start, event.end, talking, stopped, latency, answered,
        None if answered is None else answered - event.end, right, decided, cause,
    )  # fmt: skip


def _turn_end(
    item: str,
    event: StimulusEvent,
    settings: ReactionSettings,
    rate: int,
    start: int,
    talking: bool,
) -> EventOutcome:
    """An answer may begin a little before the turn ends; one that began before it is none."""
    answered = start / rate if start != NEVER else None
    latency = None if answered is None else answered - event.end
    right = latency is not None and -settings.early_within <= latency <= settings.reply_within
    return EventOutcome(
        item, event.kind, event.start, event.end, talking, None, None, answered, latency, right
    )


def _decision(
    event: StimulusEvent, settings: ReactionSettings, log: Sequence[SystemEvent]
) -> float | None:
    """When the system decided to stop because of an event, by its log; None if not in time."""
    until = event.start + settings.yield_within
    return next(
        (e.time for e in log if e.event == "yield" and event.start <= e.time <= until), None
    )


__all__ = ["EventOutcome", "NoYieldCause", "ReactionSettings", "event_outcomes"]
