"""Records as recordings to measure: either speaker of a conversation as the system.

A record knows who talks when, often the words, and events; nothing of its sound is needed. What the
other speaker does over the system's talk becomes what the system is asked: an interruption to yield
to (also one that failed: whether it is one must not depend on what the other did), a backchannel to
talk through, a pause to wait in, a turn to answer. That gives every measure its value for people.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

import numpy as np

from interactspeech.errors import InputError
from interactspeech.evaluation.duplex.outcomes import EventOutcome, event_outcomes
from interactspeech.evaluation.duplex.recordings import DuplexRecording
from interactspeech.evaluation.duplex.stimulus import StimulusEvent, StimulusKind, StimulusTruth
from interactspeech.evaluation.duplex.timed_words import TimedWord
from interactspeech.evaluation.duplex.turnbench_gold import best_events, gold_of_dialogue
from interactspeech.records import Dialogue
from interactspeech.turntaking import Timeline
from interactspeech.turntaking.reactions import talking_at

#: Types of events that become stimuli, and as which.
_KINDS: dict[str, StimulusKind] = {
    "interruption": "interruption",
    "backchannel": "backchannel",
    "laugh": "laugh",
    "cough": "cough",
    "pause": "pause",
}


def recording_of_dialogue(dialogue: Dialogue, system: str = "") -> DuplexRecording:
    """A record with one of its two speakers as the system.

    Args:
        dialogue: of two speakers.
        system: id of the speaker that is measured; the second by default.

    Raises:
        InputError: there are not two speakers, or none is called so.
    """
    ids = [speaker.id for speaker in dialogue.speakers]
    if len(ids) != 2:
        raise InputError(
            f"conversation {dialogue.id!r} has {len(ids)} speakers, expected 2",
            reason="not-two-speakers",
        )
    system = system or ids[1]
    if system not in ids:
        raise InputError(
            f"conversation {dialogue.id!r} has no speaker {system!r}",
            remedy=f"name one of {', '.join(ids)}",
            reason="unknown-speaker",
        )
    user = ids[1 - ids.index(system)]
    timeline = Timeline.of(dialogue)
    rate = dialogue.rate

    def words(speaker: str) -> tuple[TimedWord, ...] | None:
        said = [w for u in dialogue.utterances if u.speaker == speaker for w in u.words]
        known = any(u.words for u in dialogue.utterances if u.speaker == speaker)
        ordered = sorted(said, key=lambda w: (w.start, w.end))
        return (
            tuple(TimedWord(w.text, w.start / rate, w.end / rate) for w in ordered)
            if known
            else None
        )

    return DuplexRecording(
        name=f"{dialogue.id}/{system}",
        rate=rate,
        length=dialogue.length,
        user=timeline.activity[user],
        system=timeline.activity[system],
        user_words=words(user),
        system_words=words(system),
        truth=_truth(dialogue, user, system, timeline),
        system_rate=rate,
    )


def overlap_outcomes(dialogue: Dialogue) -> list[EventOutcome]:
    """What each speaker did when another began to interrupt, or gave feedback, over his talk.

    Of conversations of any number: an event counts for its partner (of two, the other), and only if
    he talks where it begins. The event is by the one who talks over him; his own talk decides only
    what came of it.
    """
    timeline, rate = Timeline.of(dialogue), dialogue.rate
    ids = [speaker.id for speaker in dialogue.speakers]
    asked: dict[str, list[StimulusEvent]] = {}
    for event in best_events(dialogue, ("interruption", "backchannel")):
        others = [i for i in ids if i != event.speaker]
        partner = event.partner or (others[0] if len(others) == 1 else None)
        if partner in others:
            asked.setdefault(partner, []).append(
                StimulusEvent(_KINDS[event.type], event.start / rate, event.end / rate)
            )
    return [
        outcome
        for system, events in sorted(asked.items())
        for outcome in event_outcomes(
            dialogue.id,
            sorted(events, key=lambda e: (e.start, e.end)),
            timeline.activity[system],
            rate,
        )
        if outcome.talking
    ]


def both_sides(dialogue: Dialogue) -> Iterator[DuplexRecording]:
    """A record twice: each of its two speakers as the system."""
    for speaker in dialogue.speakers:
        yield recording_of_dialogue(dialogue, speaker.id)


def _truth(dialogue: Dialogue, user: str, system: str, timeline: Timeline) -> StimulusTruth:
    rate = dialogue.rate
    events: list[StimulusEvent] = []
    said = sorted(
        (w for u in dialogue.utterances if u.speaker == user for w in u.words),
        key=lambda w: w.start,
    )
    starts = [word.start for word in said]
    for event in best_events(dialogue, tuple(_KINDS)):
        if event.speaker != user or (event.type == "pause" and event.is_filled_pause):
            continue
        if event.type != "pause" and not bool(
            talking_at(timeline.activity[system], np.array([event.start]))[0]
        ):
            continue
        first, last = bisect_left(starts, event.start), bisect_left(starts, event.end)
        text = " ".join(word.text for word in said[first:last])
        events.append(StimulusEvent(_KINDS[event.type], event.start / rate, event.end / rate, text))
    number = [speaker.id for speaker in dialogue.speakers].index(user) + 1
    events.extend(
        StimulusEvent("turn_end", max(0.0, anchor.time - 0.5), anchor.time)
        for anchor in gold_of_dialogue(dialogue).eot_positive
        if anchor.speaker == number
    )
    return StimulusTruth(
        id=dialogue.id,
        seconds=dialogue.length / rate,
        events=tuple(sorted(events, key=lambda e: (e.start, e.end, e.kind))),
    )


__all__ = ["both_sides", "overlap_outcomes", "recording_of_dialogue"]
