"""Between records and labels: what a dialogue starts with, and what it is with its labels.

The words of a record are items before anybody edits them, called after their utterance and place
(``w:u3:0``); so are events of origin "human" (``e:0``). Events of other origins are suggestions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np

from interactspeech.labels.items import LabelItem, Revision
from interactspeech.records import (
    EVENT_TYPES,
    Dialogue,
    Event,
    EventType,
    Span,
    Utterance,
    Word,
)
from interactspeech.signal.intervals import pairs, union

#: Words that were added, and are nearer to each other than this (seconds), are one utterance: the
#: silence that ends an IPU (Koiso et al. 1998).
IPU_GAP = 0.2


class Suggestion(msgspec.Struct, frozen=True):
    """An event that somebody or something proposes, to be accepted or refused.

    Attributes:
        id: the same for the same proposal, today and after a restart.
        item: the event as it would be labelled.
        origin: "planned", "rule", "model", or the annotator's name in adjudication.
        probability: of a model's.
    """

    id: str
    item: LabelItem
    origin: str
    probability: float | None = None


def base_items(dialogue: Dialogue, *, events: bool = True) -> dict[str, LabelItem]:
    """The items that a record starts with."""
    found = {
        f"w:{utterance.id}:{n}": LabelItem(
            "word", utterance.speaker, word.start, word.end, text=word.text[:200],
            utterance=utterance.id, fragment=word.fragment,
        )
        for utterance in dialogue.utterances
        for n, word in enumerate(utterance.words)
    }  # fmt: skip
    human = [event for event in dialogue.events if event.origin == "human"] if events else []
    for n, event in enumerate(human):
        found[f"e:{n}"] = _item(event)
    return found


def _item(event: Event) -> LabelItem:
    note, confidence = event.attributes.get("note", ""), event.attributes.get("confidence")
    return LabelItem(
        "event", event.speaker, event.start, event.end, type=event.type, note=str(note)[:4000],
        confidence=float(confidence) if isinstance(confidence, int | float) else None,
    )  # fmt: skip


def suggestions_of(events: Iterable[Event], origin: str = "") -> list[Suggestion]:
    """Suggestions from events; equal ones of several origins are one.

    Args:
        events: of a record, of rules, of a listener, or of another annotator.
        origin: what to call their origin, in place of their own.
    """
    found: dict[str, Suggestion] = {}
    for event in sorted(events, key=lambda e: (e.start, e.end, e.type, e.speaker, e.origin)):
        name = origin or event.origin
        text = f"{origin}|{event.type}|{event.speaker}|{event.start}|{event.end}"
        key = f"s:{hashlib.sha256(text.encode()).hexdigest()[:16]}"
        if key not in found:
            found[key] = Suggestion(key, _item(event), name, event.probability)
    return list(found.values())


def current_items(dialogue: Dialogue, edited: Mapping[str, Revision]) -> dict[str, LabelItem]:
    """What stands: the record's items, with the edits."""
    items = base_items(dialogue)
    for key, one in edited.items():
        if one.item is None:
            items.pop(key, None)
        else:
            items[key] = one.item
    return items


def labelled_dialogue(
    dialogue: Dialogue, edited: Mapping[str, Revision], annotator: str, *, keep: bool = False
) -> Dialogue:
    """The record with a person's labels: events of origin "human", and the words as they stand.

    Args:
        dialogue: the record that was labelled.
        edited: from `LabelLog.items`.
        annotator: stands in the attributes of each event; "" leaves it out.
        keep: keep the record's other events (planned, rule, model) beside them.

    Returns:
        A record whose utterances are as before where their words are; an utterance whose words
        were changed has `times` "human". Words that were added outside all utterances of their
        speaker make utterances of their own.
    """
    items = current_items(dialogue, edited)
    words_changed = any(
        (one.item or base_items(dialogue).get(key, LabelItem("done"))).kind == "word"
        for key, one in edited.items()
    )
    utterances = _utterances(dialogue, items) if words_changed else dialogue.utterances
    known = {utterance.id for utterance in utterances}
    others = tuple(
        event if event.utterance in known else msgspec.structs.replace(event, utterance="")
        for event in dialogue.events
        if keep and event.origin != "human"
    )
    mine = human_events(items.values(), annotator, tuple(s.id for s in dialogue.speakers))
    events = tuple(sorted(others + mine, key=lambda e: (e.start, e.end, e.type, e.speaker)))
    needed = {event.rules for event in events}
    sets = {name: values for name, values in dialogue.rule_sets.items() if name in needed}
    return msgspec.structs.replace(dialogue, utterances=utterances, events=events, rule_sets=sets)


def human_events(
    items: Iterable[LabelItem], annotator: str, speakers: Sequence[str]
) -> tuple[Event, ...]:
    """The events among items, as records."""
    made = []
    for item in items:
        if item.kind != "event":
            continue
        attributes: dict[str, str | int | float | bool] = {}
        if annotator:
            attributes["annotator"] = annotator
        if item.confidence is not None:
            attributes["confidence"] = item.confidence
        if item.note:
            attributes["note"] = item.note
        kind: EventType = item.type  # type: ignore[assignment]  # checked when it was written
        others = [name for name in speakers if name != item.speaker]
        partner = others[0] if len(others) == 1 and EVENT_TYPES[kind].between else ""
        made.append(
            Event(
                kind,
                item.speaker,
                item.start,
                item.end,
                partner=partner,
                origin="human",
                attributes=attributes,
            ),
        )
    return tuple(sorted(made, key=lambda e: (e.start, e.end, e.type, e.speaker)))


def _utterances(dialogue: Dialogue, items: Mapping[str, LabelItem]) -> tuple[Utterance, ...]:
    kept = {u.id: u for u in dialogue.utterances}
    words: dict[str, list[LabelItem]] = {key: [] for key in kept}
    loose: dict[str, list[LabelItem]] = {}
    for item in sorted(items.values(), key=lambda item: (item.start, item.end)):
        if item.kind != "word":
            continue
        home = kept.get(item.utterance) or next(
            (
                u
                for u in dialogue.utterances
                if u.speaker == item.speaker and u.start < item.end and item.start < u.end
            ),
            None,
        )
        if home and home.speaker == item.speaker:
            words[home.id].append(item)
        else:
            loose.setdefault(item.speaker, []).append(item)
    found = [_with_words(kept[key], mine) for key, mine in words.items()]
    for mine in loose.values():
        found += _new_utterances(mine, dialogue.rate, {u.id for u in found})
    return tuple(sorted(found, key=lambda u: (u.start, u.end, u.speaker)))


def _plain_words(items: Iterable[LabelItem]) -> tuple[Word, ...]:
    return tuple(Word(i.text, i.start, i.end, i.fragment) for i in items)


def _with_words(utterance: Utterance, items: Sequence[LabelItem]) -> Utterance:
    words = _plain_words(items)
    if words == utterance.words:
        return utterance
    spans = [(span.start, span.end) for span in utterance.speech]
    spans += [(word.start, word.end) for word in words]
    joined = pairs(union(np.array(spans, np.int64)))
    return msgspec.structs.replace(
        utterance,
        start=joined[0][0],
        end=joined[-1][1],
        speech=tuple(Span(*span) for span in joined),
        words=words,
        times="human",
    )


def _new_utterances(items: Sequence[LabelItem], rate: int, taken: set[str]) -> list[Utterance]:
    groups: list[list[LabelItem]] = []
    for item in items:
        if groups and item.start - groups[-1][-1].end < IPU_GAP * rate:
            groups[-1].append(item)
        else:
            groups.append([item])
    made = []
    number = 0
    for group in groups:
        while f"h{number}" in taken:
            number += 1
        taken.add(f"h{number}")
        spans = pairs(union(np.array([(i.start, i.end) for i in group], np.int64)))
        made.append(
            Utterance(
                f"h{number}",
                group[0].speaker,
                group[0].start,
                spans[-1][1],
                tuple(Span(*span) for span in spans),
                _plain_words(group),
                times="human",
            ),
        )
    return made
