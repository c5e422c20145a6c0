"""TurnBench's gold: from three people's labels, or from a record of ours.

```
 annotator a  |--Normal Turn--|          two of three agree on label, start and end (+-.2 s):
 annotator b   |--Normal Turn-|          an event, with median times
 annotator c        |BC|                 no majority, and no event there: excluded
```

Agreement is sought twice: once whether a stretch claims the floor (turns and interruptions that
take it are one class), which gives the ends of turns; once on the label, which gives interruptions,
backchannels and sounds. The rules are those of ``turnbench/gold.py`` (read at commit a87ffac):

- the end of a turn is positive where the other speaks next, speaks already, or nobody goes on; else
  the silence until the speaker goes on is a negative, cut at what makes it doubtful;
- interruptions are positive at their onset if they take the floor; those that do not are excluded;
  backchannels and sounds are negatives.

A record of ours has one annotator, the generator or a person, whose word stands.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from statistics import median
from typing import Final

import msgspec

from interactspeech.records import ORIGIN_PREFERENCE, Dialogue, Event
from interactspeech.signal.intervals import joined

#: Label of an annotator -> class of the label view. Others are ignored.
CLASSES: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("Normal Turn", "Regular Turn", "Strong Floor Hold", "Bounded Response", "Filler",
         "Overlap"), "turn"),
    "Laughter": "laughter",
    "Awkward Silence": "silence",
    "Floor-taking Competitive Interruption": "interruption",
    "Floor-taking Cooperative Interruption": "interruption",
    "Non-floor Taking Competitive Interruption": "attempt",
    "Non-floor Taking Cooperative Interruption": "attempt",
    "Acknowledgement Backchannel": "backchannel",
    "Continuer Backchannel": "backchannel",
    "Reaction Backchannel": "backchannel",
    "Non-Speech Noise": "sound",
    "Channel Bleed": "sound",
    "Speech, Non-Linguistic": "sound",
}  # fmt: skip
#: In the turn view only what claims the floor counts, and it is one class.
_FLOOR: Final = {
    label: "turn" for label, kind in CLASSES.items() if kind in {"turn", "interruption"}
}
#: Types of events that are labels of their own.
_SOUNDING: Final = ("backchannel", "interruption", "laugh", "cough", "breath", "sigh",
                    "throat_clearing", "click")  # fmt: skip
#: How many of three must agree, by how much times may differ, how far apart starts may lie.
AGREE: Final = 2
TOLERANCE: Final = 0.2
REACH: Final = 0.5


class LabelledStretch(msgspec.Struct, frozen=True):
    """What an annotator marked on a speaker's channel; seconds."""

    start: float
    end: float
    label: str


class GoldEvent(msgspec.Struct, frozen=True):
    """A stretch that people agree on."""

    speaker: int
    start: float
    end: float
    kind: str


class GoldAnchor(msgspec.Struct, frozen=True):
    """A moment that is to be found on a speaker's channel."""

    speaker: int
    time: float


class GoldSpan(msgspec.Struct, frozen=True):
    """A stretch of a speaker's channel."""

    speaker: int
    start: float
    end: float


class GoldEvents(msgspec.Struct, frozen=True):
    """What a conversation is scored by."""

    eot_positive: tuple[GoldAnchor, ...] = ()
    eot_negative: tuple[GoldSpan, ...] = ()
    int_positive: tuple[GoldAnchor, ...] = ()
    int_negative: tuple[GoldSpan, ...] = ()
    eot_excluded: tuple[GoldSpan, ...] = ()
    int_excluded: tuple[GoldSpan, ...] = ()


class GoldViews(msgspec.Struct, frozen=True):
    """What is agreed on, and what is not, about the floor and about labels."""

    floor: tuple[GoldEvent, ...]
    floor_excluded: tuple[GoldSpan, ...]
    labels: tuple[GoldEvent, ...]
    labels_excluded: tuple[GoldSpan, ...]


def agreement(
    tracks: Sequence[Sequence[LabelledStretch]], speaker: int, classes: Mapping[str, str] = CLASSES
) -> tuple[list[GoldEvent], list[GoldSpan]]:
    """What the annotators of one speaker's channel agree on, and where they do not.

    Args:
        tracks: of each annotator, in the order in which they take precedence as the anchor of a
            group.
        speaker: whose channel.
        classes: label -> class; labels that are not in it are ignored.
    """
    rows = [
        [(s.start, s.end, classes[s.label]) for s in track if s.label in classes]
        for track in tracks
    ]
    used: list[set[int]] = [set() for _ in rows]
    events: list[GoldEvent] = []
    for first, track in enumerate(rows):
        for number, (start, _, kind) in enumerate(track):
            if number in used[first]:
                continue
            group = {first: number}
            for other in range(first + 1, len(rows)):
                near = _nearest(rows[other], used[other], start, kind)
                if near is not None:
                    group[other] = near
            agreed = _largest(rows, group, first)
            if len(agreed) < AGREE:
                continue
            times = [rows[who][group[who]] for who in agreed]
            events.append(
                GoldEvent(
                    speaker,
                    round(median(t[0] for t in times), 4),
                    round(median(t[1] for t in times), 4),
                    kind,
                )
            )
            for who in agreed:
                used[who].add(group[who])
    alone = sorted(
        (start, end)
        for track, done in zip(rows, used, strict=True)
        for number, (start, end, _) in enumerate(track)
        if number not in done and not any(e.start < end and start < e.end for e in events)
    )
    return events, [
        GoldSpan(speaker, round(start, 4), round(end, 4)) for start, end in joined(alone)
    ]


def _nearest(
    rows: Sequence[tuple[float, float, str]], used: set[int], start: float, kind: str
) -> int | None:
    best, distance = None, math.inf
    for number, row in enumerate(rows):
        apart = abs(row[0] - start)
        if number not in used and row[2] == kind and apart < distance and apart <= REACH:
            best, distance = number, apart
    return best


def _largest(
    rows: Sequence[Sequence[tuple[float, float, str]]], group: Mapping[int, int], first: int
) -> tuple[int, ...]:
    for size in range(len(group), 0, -1):
        for some in combinations(group, size):
            if first not in some:
                continue
            starts = [rows[who][group[who]][0] for who in some]
            ends = [rows[who][group[who]][1] for who in some]
            if max(starts) - min(starts) <= TOLERANCE and max(ends) - min(ends) <= TOLERANCE:
                return some
    return ()


def gold_of_annotators(
    tracks: Mapping[int, Sequence[Sequence[LabelledStretch]]],
) -> GoldEvents:
    """The gold of a conversation that several people labelled.

    Args:
        tracks: speaker (1 or 2) -> what each annotator marked.
    """
    floor: list[GoldEvent] = []
    labels: list[GoldEvent] = []
    floor_out: list[GoldSpan] = []
    labels_out: list[GoldSpan] = []
    for speaker, of_speaker in tracks.items():
        events, out = agreement(of_speaker, speaker)
        labels += events
        labels_out += out
        events, out = agreement(of_speaker, speaker, _FLOOR)
        floor += events
        floor_out += out
    return gold_events(GoldViews(tuple(floor), tuple(floor_out), tuple(labels), tuple(labels_out)))


def gold_of_dialogue(dialogue: Dialogue) -> GoldEvents:
    """The gold of a record: its events are what one annotator marked, and its word stands.

    Turns are the speakers' stretches of speech; events of the best origin there is say which are
    backchannels, interruptions (taken, failed) and sounds. Channel 1 is the first speaker.
    """
    number = {speaker.id: k for k, speaker in enumerate(dialogue.speakers, 1)}
    known = best_events(dialogue, _SOUNDING)
    labels = [
        GoldEvent(number[e.speaker], e.start / dialogue.rate, e.end / dialogue.rate, kind)
        for e in known
        if (kind := _kind_of(e))
    ]
    quiet = {(e.speaker, e.start) for e in labels if e.kind in {"backchannel", "sound"}}
    floor = [
        GoldEvent(number[u.speaker], s.start / dialogue.rate, s.end / dialogue.rate, "turn")
        for u in dialogue.utterances
        if u.kind != "backchannel"
        for s in u.speech
        if (number[u.speaker], s.start / dialogue.rate) not in quiet
    ]
    return gold_events(GoldViews(tuple(floor), (), tuple(labels), ()))


def best_events(dialogue: Dialogue, kinds: Sequence[str]) -> list[Event]:
    """Of each type the events of the first origin in `ORIGIN_PREFERENCE` that has some."""
    found: list[Event] = []
    for kind in kinds:
        for origin in ORIGIN_PREFERENCE:
            some = [e for e in dialogue.events if e.type == kind and e.origin == origin]
            if some:
                found += some
                break
    return found


def _kind_of(event: Event) -> str:
    if event.type == "backchannel":
        return "backchannel"
    if event.type == "interruption":
        return "attempt" if event.attributes.get("outcome") == "failed" else "interruption"
    return "laughter" if event.type == "laugh" else "sound"


def gold_events(views: GoldViews) -> GoldEvents:
    """Positives, negatives and what is excluded, from what is agreed on."""
    speakers = sorted({e.speaker for e in views.floor} | {1, 2})
    turns = {
        s: sorted((e for e in views.floor if e.speaker == s), key=lambda e: e.start)
        for s in speakers
    }
    positive: list[GoldAnchor] = []
    negative: list[GoldSpan] = []
    for speaker in speakers:
        own = turns[speaker]
        others = sorted(
            (e for s in speakers if s != speaker for e in turns[s]), key=lambda e: e.start
        )
        own_starts, other_starts = [e.start for e in own], [e.start for e in others]
        for turn in own:
            if any(e is not turn and e.start < turn.end < e.end for e in own):
                continue  # inside a longer turn of the same speaker: no boundary
            again, other = _after(own_starts, turn.end), _after(other_starts, turn.end)
            over = any(e.start < turn.end < e.end for e in others)
            if again == math.inf or other < again or over:
                anchor = GoldAnchor(speaker, turn.end)
                if anchor not in positive:
                    positive.append(anchor)
                continue
            pause = _believable(GoldSpan(speaker, turn.end, again), views)
            if pause is not None and pause not in negative:
                negative.append(pause)
    labels = views.labels
    return GoldEvents(
        eot_positive=tuple(positive),
        eot_negative=tuple(negative),
        int_positive=tuple(
            GoldAnchor(e.speaker, e.start) for e in labels if e.kind == "interruption"
        ),
        int_negative=tuple(
            GoldSpan(e.speaker, e.start, e.end)
            for e in labels
            if e.kind in {"backchannel", "sound"}
        ),
        eot_excluded=views.floor_excluded,
        int_excluded=views.labels_excluded
        + tuple(GoldSpan(e.speaker, e.start, e.end) for e in labels if e.kind == "attempt"),
    )


def _after(starts: Sequence[float], time: float) -> float:
    index = bisect.bisect_right(starts, time)
    return starts[index] if index < len(starts) else math.inf


def _believable(span: GoldSpan, views: GoldViews) -> GoldSpan | None:
    """A pause until the first thing that makes it doubtful; None if nothing of it is left."""
    cuts = [span.end]
    cuts += [
        out.start
        for out in views.floor_excluded + views.labels_excluded
        if out.start < span.end and out.end > span.start
    ]
    for event in views.labels:
        own_sound = event.speaker == span.speaker and event.kind != "turn"
        other_cuts_in = event.speaker != span.speaker and event.kind in {"interruption", "attempt"}
        if (own_sound or other_cuts_in) and span.start < event.start < span.end:
            cuts.append(event.start)
    end = min(cuts)
    return GoldSpan(span.speaker, span.start, end) if end > span.start else None


__all__ = [
    "CLASSES",
    "GoldAnchor",
    "GoldEvent",
    "GoldEvents",
    "GoldSpan",
    "GoldViews",
    "LabelledStretch",
    "agreement",
    "best_events",
    "gold_events",
    "gold_of_annotators",
    "gold_of_dialogue",
]
