"""What is counted in a call: the table of incidents, and the incidents of one labelled dialogue.

Every figure of a report is made of incidents, so every figure can be listed, heard and checked.
Their definitions are those of docs/framework.md: an incident is read off the events of a rule set
or of the listener, and only what is about calls (dead air, monologues, questions without an answer)
is defined here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from interactspeech._typing import Int64Array
from interactspeech.records import Dialogue, Event, EventOrigin, Utterance
from interactspeech.signal.intervals import difference, intervals, pairs, union

IncidentKind = Literal[
    "response",
    "yield",
    "interruption_taken",
    "interruption_failed",
    "talk_over",
    "backchannel",
    "turn",
    "monologue",
    "gap",
    "dead_air",
    "pause",
    "question_unanswered",
]


@dataclass(frozen=True)
class IncidentInfo:
    """What a report must know about a kind of incident.

    Attributes:
        label: as the page heads it.
        speaker: what the incident's speaker does in it, and `partner` the other.
        value: what the incident's value is ("" where it is only counted), in seconds.
        needs: what it is measured from: "talk" of each speaker, "floor" (who has it), "overlap",
            "silence", "words".
        notable: whether its list comes in the page (a turn is no incident to look at).
        limit: seconds (or a count, where there is no value) that a pinned check allows by default.
    """

    label: str
    speaker: str
    value: str
    needs: tuple[str, ...]
    notable: bool = True
    limit: float = 0.0


#: Kind -> what is known about it, in the order of the page.
INCIDENTS: Final[dict[IncidentKind, IncidentInfo]] = {
    "response": IncidentInfo(
        "Response latency", "answers", "from the end of the other's talk to the answer",
        ("talk", "floor", "silence"), limit=1.5,
    ),
    "yield": IncidentInfo(
        "Yield latency", "stops when interrupted", "from the interruption's start to the stop",
        ("talk", "floor", "overlap"), limit=1.0,
    ),
    "interruption_taken": IncidentInfo(
        "Interruptions that take the floor", "interrupts", "talk of both before the floor passes",
        ("talk", "floor", "overlap"),
    ),
    "interruption_failed": IncidentInfo(
        "Interruptions that fail", "tries to interrupt", "talk of both before one gives up",
        ("talk", "floor", "overlap"),
    ),
    "talk_over": IncidentInfo(
        "Talk-over", "starts while the other talks", "talk of both", ("talk", "overlap"), limit=1.0,
    ),
    "backchannel": IncidentInfo(
        "Backchannels", "signals attention", "", ("talk", "floor", "overlap"), notable=False,
    ),
    "turn": IncidentInfo("Turns", "has the floor", "", ("talk", "floor"), notable=False),
    "monologue": IncidentInfo(
        "Monologues", "keeps the floor", "length", ("talk", "floor"), limit=60.0,
    ),
    "gap": IncidentInfo(
        "Gaps", "keeps the other waiting", "silence of both", ("talk", "floor", "silence"),
        notable=False, limit=2.0,
    ),
    "dead_air": IncidentInfo(
        "Dead air", "talks next after a long silence", "silence of both",
        ("talk", "floor", "silence"), limit=2.0,
    ),
    "pause": IncidentInfo(
        "Pauses", "is silent inside a turn", "silence", ("talk", "silence"), notable=False,
        limit=1.0,
    ),
    "question_unanswered": IncidentInfo(
        "Questions without an answer", "does not answer", "until somebody talks again",
        ("talk", "floor", "words"),
    ),
}  # fmt: skip


#: Types that a label of a person tells alone: what somebody does, and what lies between people.
_ACTS: Final = ("backchannel", "interruption")
_SPANS: Final = ("gap", "pause", "overlap")
#: What a label of a type rules out at its place, beside other acts.
_RIVALS: Final[dict[str, tuple[str, ...]]] = {
    "backchannel": ("turn", "terminal_overlap"),
    "interruption": ("terminal_overlap",),
}


class CallIncident(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One incident of a call; times are seconds from the recording's start.

    Attributes:
        kind: see `INCIDENTS`.
        start, end: where.
        speaker: who does it.
        partner: to whom; "" where nobody else is concerned.
        value: seconds; None where it is only counted.
        sure: the listener's probability, where it has one.
        text: words said around it, where words are known.
    """

    kind: IncidentKind
    start: float
    end: float
    speaker: str
    partner: str = ""
    value: float | None = None
    sure: float | None = None
    text: str = ""


@dataclass(frozen=True)
class IncidentLimits:
    """What is long, in seconds.

    Attributes:
        dead_air: a silence of both is dead air from here on.
        monologue: one speaker's stretch on the floor is a monologue from here on.
        answer: a question without an answer for so long has none.
    """

    dead_air: float = 2.0
    monologue: float = 60.0
    answer: float = 5.0


def find_incidents(
    dialogue: Dialogue,
    names: Mapping[str, str],
    limits: IncidentLimits | None = None,
    *,
    origin: EventOrigin = "rule",
) -> list[CallIncident]:
    """The incidents of a dialogue, in order of time.

    Args:
        dialogue: with events.
        names: id of a speaker -> as the report calls them.
        limits: what is long.
        origin: of the events that are read. Of a type that people labelled here (origin "human"),
            theirs are read instead; see `labelled_by_people`.
    """
    limits = limits or IncidentLimits()
    events = _chosen_events(dialogue, origin)
    found = _FoundIncidents(dialogue, names)
    for event in events.get("turn", ()):
        found.add("turn", event, event.start, event.end)
        _response(found, event)
    for event in events.get("terminal_overlap", ()):
        if event.attributes.get("outcome") == "taken":
            late = int(event.attributes.get("fto", 0))
            found.add("response", event, event.start, event.start - late, late)
    for event in events.get("interruption", ()):
        overlap = event.end - event.start
        if event.attributes.get("outcome") == "taken":
            found.add("interruption_taken", event, event.start, event.end, overlap)
            if overlap:  # a person may call it an interruption after the other's last word
                found.add("yield", event, event.start, event.end, overlap, swap=True)
        else:
            found.add("interruption_failed", event, event.start, event.end, overlap)
    for kind, source in (("talk_over", "overlap"), ("gap", "gap"), ("pause", "pause")):
        for event in events.get(source, ()):
            if source != "pause" or event.is_silent_pause:
                found.add(kind, event, event.start, event.end, event.end - event.start)  # type: ignore[arg-type]
    for event in events.get("backchannel", ()):
        found.add("backchannel", event, event.start, event.end)
    _monologues(found, events.get("turn", ()), limits)
    _dead_air(found, dialogue, limits)
    _unanswered(found, dialogue, limits)
    return sorted(found.incidents, key=lambda one: (one.start, one.end, one.kind, one.speaker))


def talk_seconds(dialogue: Dialogue) -> dict[str, float]:
    """Id of a speaker -> seconds of talk."""
    return {
        speaker.id: float(sum(end - start for start, end in pairs(rows))) / dialogue.rate
        for speaker, rows in zip(dialogue.speakers, _activity(dialogue), strict=True)
    }


def both_talk_seconds(dialogue: Dialogue) -> tuple[float, float]:
    """Seconds in which two or more talk, and in which nobody does between first and last word."""
    rows = [row for row in _activity(dialogue) if len(row)]
    if not rows:
        return 0.0, 0.0
    every = union(intervals([span for row in rows for span in pairs(row)]))
    covered = int((every[:, 1] - every[:, 0]).sum())
    total = sum(int((row[:, 1] - row[:, 0]).sum()) for row in rows)
    silent = int(every[-1, 1] - every[0, 0]) - covered
    return (total - covered) / dialogue.rate, silent / dialogue.rate


def labelled_by_people(dialogue: Dialogue) -> tuple[str, ...]:
    """The types of events that are read from people's labels, where a dialogue has some.

    Only types that are told by speaker and times alone, which is all that a label has for sure.
    """
    return tuple(
        sorted({e.type for e in dialogue.events if e.origin == "human"} & {*_ACTS, *_SPANS})
    )


def _chosen_events(dialogue: Dialogue, origin: EventOrigin) -> dict[str, list[Event]]:
    """Type -> events: of the origin, or people's where they labelled the type.

    What people call feedback or an interruption is nothing else as well: a turn, an interruption or
    a backchannel of the same speaker that lies mostly in it is left out.
    """
    by_hand = set(labelled_by_people(dialogue))
    labels = [e for e in dialogue.events if e.origin == "human" and e.type in by_hand]
    acts = [label for label in labels if label.type in _ACTS]
    events: dict[str, list[Event]] = {}
    for event in dialogue.events:
        theirs = event.type in by_hand or any(_is_said_otherwise(event, label) for label in acts)
        if event.origin == origin and not theirs:
            events.setdefault(event.type, []).append(event)
    activity = {
        speaker.id: rows
        for speaker, rows in zip(dialogue.speakers, _activity(dialogue), strict=True)
    }
    for label in labels:
        events.setdefault(label.type, []).append(_completed(label, activity))
    return events


def _is_said_otherwise(event: Event, label: Event) -> bool:
    """Whether a person's label says that this event of a rule set or listener is something else."""
    if event.speaker != label.speaker or event.type not in (*_ACTS, *_RIVALS[label.type]):
        return False
    both = min(event.end, label.end) - max(event.start, label.start)
    return both > (event.end - event.start) / 2


def _completed(label: Event, activity: Mapping[str, Int64Array]) -> Event:
    """A label with what its type needs: to whom, and of an interruption how it ended.

    Talk of both ends where one of the two falls silent; the floor is taken if it is the partner.
    """
    others = [who for who in activity if who != label.speaker]
    partner = label.partner or (others[0] if len(others) == 1 else "")
    label = msgspec.structs.replace(label, partner=partner)
    if label.type != "interruption" or not partner or "outcome" in label.attributes:
        return label
    mine = _silent_from(activity[label.speaker], label.start, label.end)
    theirs = _silent_from(activity[partner], label.start, label.start)
    taken = theirs < mine
    return msgspec.structs.replace(
        label, end=min(mine, theirs),
        attributes={**label.attributes, "outcome": "taken" if taken else "failed"},
    )  # fmt: skip


def _silent_from(rows: Int64Array, at: int, default: int) -> int:
    """End of the stretch of talk that goes on at a time, or begins before `default`."""
    for start, end in pairs(rows):
        if end > at:
            return end if start <= max(at, default) else default
    return default


class _FoundIncidents:
    def __init__(self, dialogue: Dialogue, names: Mapping[str, str]) -> None:
        self.incidents: list[CallIncident] = []
        self.rate, self._names = dialogue.rate, names
        # In the order of the utterances: words of two who talk at once do not mix.
        self._words = [
            (w.start, w.end, names[u.speaker], w.text)
            for u in sorted(dialogue.utterances, key=lambda u: (u.start, u.end))
            for w in u.words
        ]

    def add(
        self,
        kind: IncidentKind,
        event: Event,
        start: int,
        end: int,
        value: int | None = None,
        *,
        swap: bool = False,
    ) -> None:
        speaker, partner = event.speaker, event.partner
        if swap:
            speaker, partner = partner, speaker
        self.put(kind, start, end, speaker, partner, value, event.probability)

    def put(
        self, kind: IncidentKind, start: int, end: int, speaker: str, partner: str = "",
        value: int | None = None, sure: float | None = None,
    ) -> None:  # fmt: skip
        low, high = min(start, end), max(start, end)
        self.incidents.append(
            CallIncident(
                kind,
                round(low / self.rate, 3),
                round(high / self.rate, 3),
                self._names.get(speaker, ""),
                self._names.get(partner, ""),
                None if value is None else round(value / self.rate, 3),
                None if sure is None else round(sure, 3),
                self._text(low, high) if INCIDENTS[kind].notable else "",
            )
        )

    def _text(self, start: int, end: int) -> str:
        """What is said from two seconds before to two after, at most 30 words."""
        low, high = start - 2 * self.rate, end + 2 * self.rate
        near = [row for row in self._words if row[1] > low and row[0] < high]
        if len(near) > 30:
            near = [*near[:15], *near[-15:]]
        parts: list[str] = []
        last = ""
        for _, _, who, text in near:
            parts.append(text if who == last else f"{who}: {text}")
            last = who
        return " ".join(parts)


def _response(found: _FoundIncidents, turn: Event) -> None:
    """A turn that follows the other's talk after a silence (or none) is an answer to it."""
    late = turn.attributes.get("fto")
    if turn.attributes.get("onset") in ("gap", "smooth") and isinstance(late, int):
        found.add("response", turn, turn.start - late, turn.start, late)


def _monologues(found: _FoundIncidents, turns: Sequence[Event], limits: IncidentLimits) -> None:
    """Turns of one speaker in a row: nobody else has the floor between them."""
    for speaker, start, end in _stretches(turns):
        if (end - start) >= limits.monologue * found.rate:
            found.put("monologue", start, end, speaker, value=end - start)


def _stretches(turns: Sequence[Event]) -> Iterator[tuple[str, int, int]]:
    held: tuple[str, int, int] | None = None
    for turn in sorted(turns, key=lambda one: (one.start, one.end)):
        if held is not None and turn.speaker == held[0]:
            held = (held[0], held[1], max(held[2], turn.end))
        else:
            if held is not None:
                yield held
            held = (turn.speaker, turn.start, turn.end)
    if held is not None:
        yield held


def _dead_air(found: _FoundIncidents, dialogue: Dialogue, limits: IncidentLimits) -> None:
    """Long silences of all, by who talks after them: that one kept the other waiting.

    Where the same speaker talks before and after, nobody can be said to have been waited for, and
    the partner is "".
    """
    rows = _activity(dialogue)
    talk = sorted(
        (start, end, speaker.id)
        for speaker, spans in zip(dialogue.speakers, rows, strict=True)
        for start, end in pairs(spans)
    )
    if not talk:
        return
    every = union(intervals([(start, end) for start, end, _ in talk]))
    whole = intervals([(int(every[0, 0]), int(every[-1, 1]))])
    ends = {end: who for _, end, who in talk}
    starts = {start: who for start, _, who in reversed(talk)}
    for start, end in pairs(difference(whole, every)):
        if end - start >= limits.dead_air * dialogue.rate:
            after, before = starts[end], ends[start]
            partner = before if before != after else ""
            found.put("dead_air", start, end, after, partner, end - start)


def _unanswered(found: _FoundIncidents, dialogue: Dialogue, limits: IncidentLimits) -> None:
    """A turn that ends with a question mark, after which the other says nothing in time.

    A backchannel ("yeah") is an answer. Where the asker goes on first, the question was dropped,
    and counts where the other stays silent for the whole of `IncidentLimits.answer`.
    """
    longest = round(limits.answer * dialogue.rate)
    said = sorted(dialogue.utterances, key=lambda u: (u.start, u.end))
    for utterance in said:
        if not _asks(utterance):
            continue
        others = [u for u in said if u.speaker != utterance.speaker and u.end > utterance.end]
        answer = min((u.start for u in others), default=dialogue.length)
        if answer - utterance.end < longest:
            continue
        partner = next((s.id for s in dialogue.speakers if s.id != utterance.speaker), "")
        again = min((u.start for u in said if u.start >= utterance.end), default=dialogue.length)
        if partner and dialogue.length - utterance.end >= longest:
            end = max(again, utterance.end)
            found.put(
                "question_unanswered", utterance.end, end, partner, utterance.speaker,
                end - utterance.end,
            )  # fmt: skip


def _asks(utterance: Utterance) -> bool:
    return bool(utterance.words) and utterance.words[-1].text.rstrip("\"')\u201d\u2019 ").endswith(
        "?"
    )


def _activity(dialogue: Dialogue) -> list[Int64Array]:
    spans: dict[str, list[tuple[int, int]]] = {speaker.id: [] for speaker in dialogue.speakers}
    for utterance in dialogue.utterances:
        spans[utterance.speaker] += [(span.start, span.end) for span in utterance.speech]
    return [union(intervals(rows)) for rows in spans.values()]
