"""The events that the planner meant, with the attribute names of the rule annotator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from interactspeech.dialogue import Event, Utterance
from interactspeech.dialogue.records import Attribute, EventType
from interactspeech.stage.placing import Other, Placing
from interactspeech.stage.settings import Settings

#: Shortest pause and gap that is an event (framework.md section 3), seconds.
_SHORTEST = 0.2


def events(
    placed: Sequence[Placing],
    others: Sequence[Other],
    utterances: Mapping[str, Utterance],
    settings: Settings,
) -> tuple[Event, ...]:
    """Events of origin "planned", sorted.

    A change that the script does not force and that overlaps by more than `Settings.terminal` is an
    interruption by the framework's definition; the one before finished the sentence all the same,
    so it is marked ``cut=False`` and cooperative.
    """
    rate = placed[0].layout.outline.rate
    terminal, shortest = round(settings.terminal * rate), -(-round(_SHORTEST * 1000) * rate // 1000)
    found: list[Event] = []
    for index, turn in enumerate(placed):
        before = placed[index - 1] if index else None
        found.append(_turn(turn, before, shortest))
        if before is not None and turn.kind != "same":
            found += _change(turn, before, terminal, shortest)
        found += _pauses(utterances[turn.line.id], others, shortest)
    for other in others:
        found.append(_other(other, utterances))
    found.sort(key=lambda e: (e.start, e.end, e.type, e.speaker))
    return tuple(found)


def _turn(turn: Placing, before: Placing | None, shortest: int) -> Event:
    attributes: dict[str, Attribute] = {"onset": "first"}
    partner = ""
    if before is not None:
        offset = turn.start - before.end
        if turn.kind == "same":
            attributes = {"onset": "resume", "silence": offset}
        else:
            partner = before.line.speaker
            onset = "overlapped" if offset < 0 else "gap" if offset >= shortest else "smooth"
            attributes = {"onset": onset, "fto": offset}
    return _event("turn", turn, turn.start, turn.end, partner, attributes)


def _change(turn: Placing, before: Placing, terminal: int, shortest: int) -> list[Event]:
    offset, partner = turn.start - before.end, before.line.speaker
    if offset >= shortest:
        return [_event("gap", turn, before.end, turn.start, partner, {"fto": offset})]
    if offset >= 0:
        return []
    overlap = min(-offset, turn.end - turn.start)
    end = turn.start + overlap
    cut = before.line.cut if turn.kind == "cut" else None
    if overlap <= terminal and cut is None:
        return [
            _event(
                "terminal_overlap",
                turn,
                turn.start,
                end,
                partner,
                {"outcome": "taken", "fto": offset},
            )
        ]
    attributes: dict[str, Attribute] = {
        "outcome": "taken",
        "overlap": overlap,
        "floor_transfer": end,
        "complete": cut is None,
        "style": (cut.style if cut else "cooperative") or "competitive",
    }
    if cut and cut.label:
        attributes["kind"] = cut.label
    return [_event("interruption", turn, turn.start, end, partner, attributes)]


def _pauses(utterance: Utterance, others: Sequence[Other], shortest: int) -> list[Event]:
    found: list[Event] = []
    for left, right in pairwise(utterance.speech):
        if right.start - left.end < shortest:
            continue
        attributes: dict[str, Attribute] = {"fill": "silent"}
        inside = sum(
            left.end <= other.start < right.start and other.line.role == "backchannel"
            for other in others
        )
        if inside:
            attributes["backchannels"] = inside
        found.append(
            Event(
                type="pause",
                speaker=utterance.speaker,
                start=left.end,
                end=right.start,
                origin="planned",
                utterance=utterance.id,
                attributes=attributes,
            )
        )
    return found


def _other(other: Other, utterances: Mapping[str, Utterance]) -> Event:
    said = utterances[other.line.id]
    if other.line.role == "backchannel":
        kind: EventType = "backchannel"
        attributes: dict[str, Attribute] = {"placement": other.place}
    else:
        kind = "interruption"
        attributes = {"outcome": "failed", "overlap": said.end - said.start}
        if other.mark.style:
            attributes["style"] = other.mark.style
        if other.mark.label:
            attributes["kind"] = other.mark.label
    return Event(
        type=kind,
        speaker=said.speaker,
        start=said.start,
        end=said.end,
        partner=other.during.speaker,
        origin="planned",
        utterance=said.id,
        attributes=attributes,
    )


def _event(
    kind: EventType,
    turn: Placing,
    start: int,
    end: int,
    partner: str,
    attributes: dict[str, Attribute],
) -> Event:
    return Event(
        type=kind,
        speaker=turn.line.speaker,
        start=start,
        end=end,
        partner=partner,
        origin="planned",
        utterance=turn.line.id,
        attributes=attributes,
    )
