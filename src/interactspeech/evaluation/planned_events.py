"""Planned events against rendered ones: activity on the tracks, and events found by rule.

Two independent looks at a finished dialogue: the energy of each track against the record's speech
spans, frame by frame; and the rule annotator, which is fed nothing but timing and words, against
the events that the planner meant (framework.md section 4, law 6).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from interactspeech.records import Dialogue, Event, Samples
from interactspeech.signal.intervals import fill_gaps
from interactspeech.turntaking import DEFAULT, RuleSet
from interactspeech.turntaking.annotator import annotate

#: Frames a second of the energy.
_FRAMES = 100
#: Speech is within this (power) of the track's loud frames: -40 dB.
_AUDIBLE = 10 ** (-40 / 10)
#: Types that both the planner and the rules name.
COMPARED = ("backchannel", "interruption", "terminal_overlap", "turn", "pause", "gap")


def activity_agreement(
    dialogue: Dialogue, tracks: Samples, *, bridge: float = 0.1, collar: float = 0.02
) -> float:
    """Share of 10 ms frames, over all tracks, in which energy and speech spans say the same.

    Args:
        dialogue: the record.
        tracks: float32, shape ``(channels, length)``, as in the record's `tracks`.
        bridge: silences up to this many seconds count as speech on both sides: closures of stops.
        collar: frames this near to a boundary of a span are not looked at (a boundary inside a
            frame is neither).
    """
    hop = dialogue.rate // _FRAMES
    channels = {track.speaker: track.channel for track in dialogue.tracks} or {
        speaker.id: index for index, speaker in enumerate(dialogue.speakers)
    }
    agree = total = 0
    for speaker, channel in channels.items():
        count = tracks.shape[1] // hop
        frames = tracks[channel, : count * hop].reshape(count, hop)
        energy = np.einsum("ij,ij->i", frames, frames) / hop
        loud = float(np.quantile(energy[energy > 0], 0.9)) if (energy > 0).any() else 0.0
        audible = fill_gaps(energy > loud * _AUDIBLE, round(bridge * _FRAMES))
        said = np.zeros(count, np.bool_)
        near = np.zeros(count, np.bool_)
        skip = round(collar * _FRAMES)
        for utterance in dialogue.utterances:
            if utterance.speaker != speaker:
                continue
            for span in utterance.speech:
                first, last = span.start // hop, -(-span.end // hop)
                said[first:last] = True
                for edge in (first, last):
                    near[max(0, edge - skip) : edge + skip] = True
        said = fill_gaps(said, round(bridge * _FRAMES))
        looked = ~near
        agree += int((audible == said)[looked].sum())
        total += int(looked.sum())
    return agree / total if total else 1.0


@dataclass(frozen=True)
class Disagreement:
    """An event that only one side has, and what the other has there instead."""

    dialogue: str
    planned: Event | None
    ruled: Event | None
    instead: tuple[str, ...]

    @property
    def kind(self) -> str:
        """``missed backchannel, instead turn``, ``added pause``: to count by."""
        event = self.planned or self.ruled
        assert event is not None
        side = "missed" if self.planned else "added"
        return f"{side} {event.type}" + (
            f", instead {'+'.join(self.instead)}" if self.instead else ""
        )


@dataclass
class EventAgreement:
    """Counts by event type over any number of dialogues.

    Attributes:
        planned, ruled, both: type -> number of events.
        outcomes: of interruptions found by both, how many have the same outcome.
        disagreements: all of them.
    """

    planned: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COMPARED, 0))
    ruled: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COMPARED, 0))
    both: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COMPARED, 0))
    outcomes: int = 0
    disagreements: list[Disagreement] = field(default_factory=list)

    def precision(self, kind: str) -> float:
        """Share of the rule's events that were planned; NaN without any."""
        return self.both[kind] / self.ruled[kind] if self.ruled[kind] else float("nan")

    def recall(self, kind: str) -> float:
        """Share of the planned events that the rule finds; NaN without any."""
        return self.both[kind] / self.planned[kind] if self.planned[kind] else float("nan")

    def markdown(self) -> str:
        """A table by type."""
        rows = ["| event | planned | by rule | precision | recall |", "|---|---:|---:|---:|---:|"]
        rows += [
            f"| {kind} | {self.planned[kind]:,} | {self.ruled[kind]:,} | "
            f"{self.precision(kind):.3f} | {self.recall(kind):.3f} |"
            for kind in COMPARED
            if self.planned[kind] or self.ruled[kind]
        ]
        return "\n".join(rows) + "\n"


def event_agreement(
    dialogues: Iterable[Dialogue], rules: RuleSet = DEFAULT, *, tolerance: float = 0.1
) -> EventAgreement:
    """Planned events against those of the rule annotator, which sees only timing and words.

    Events match one to one if type and speaker are the same and their onsets lie within
    `tolerance` seconds; for pauses and gaps, the overlap must be more than half of the longer one.
    Turns that only resume the speaker's own (by rule: after a pause of more than `turn_pause`) are
    left out: the floor has not changed.
    """
    found = EventAgreement()
    for dialogue in dialogues:
        planned = [e for e in dialogue.events if e.origin == "planned" and _compared(e)]
        ruled = [e for e in annotate(dialogue, rules) if _compared(e)]
        _compare(dialogue, planned, ruled, round(tolerance * dialogue.rate), found)
    return found


def _compared(event: Event) -> bool:
    a = event.attributes
    return event.type in COMPARED and a.get("onset") != "resume" and not event.is_filled_pause


def _compare(
    dialogue: Dialogue,
    planned: Sequence[Event],
    ruled: Sequence[Event],
    near: int,
    into: EventAgreement,
) -> None:
    free = list(ruled)
    alone: list[Event] = []
    for event in planned:
        into.planned[event.type] += 1
        twin = min(
            (e for e in free if _same(event, e, near)),
            key=lambda e: abs(e.start - event.start),
            default=None,
        )
        if twin is None:
            alone.append(event)
            continue
        free.remove(twin)
        into.both[event.type] += 1
        if event.type == "interruption":
            into.outcomes += event.attributes.get("outcome") == twin.attributes.get("outcome")
    for event in ruled:
        into.ruled[event.type] += 1
    into.disagreements += [Disagreement(dialogue.id, e, None, _there(e, free, near)) for e in alone]
    into.disagreements += [Disagreement(dialogue.id, None, e, _there(e, alone, near)) for e in free]


def _same(one: Event, other: Event, near: int) -> bool:
    if one.type != other.type or one.speaker != other.speaker:
        return False
    if one.type in {"pause", "gap"}:
        shared = min(one.end, other.end) - max(one.start, other.start)
        return 2 * shared > max(one.end - one.start, other.end - other.start)
    return abs(one.start - other.start) <= near


def _there(event: Event, others: Sequence[Event], near: int) -> tuple[str, ...]:
    """What the other side has at the same onset."""
    return tuple(
        sorted(
            {
                e.type
                for e in others
                if e.speaker == event.speaker and abs(e.start - event.start) <= near
            }
        )
    )
