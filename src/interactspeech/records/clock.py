"""A record on another clock: every time of it at another number of samples a second."""

from __future__ import annotations

from typing import Final

import msgspec

from interactspeech.records.dialogue import Dialogue, Event, Span, Utterance, Word

#: Attributes of events that are times or lengths in samples (docs/framework.md).
SAMPLE_ATTRIBUTES: Final = frozenset({"fto", "floor_transfer", "overlap", "silence"})


def at_rate(dialogue: Dialogue, rate: int) -> Dialogue:
    """The record at `rate` samples a second; itself if it is there already.

    Sample t becomes the nearest sample to ``t * rate / dialogue.rate``. No word and no stretch of
    speech becomes empty, words stay in order, and stretches that come to touch become one.
    Attributes of events that are samples (`SAMPLE_ATTRIBUTES`) move with them.

    Raises:
        ValueError: `rate` is not positive.
    """
    if rate <= 0:
        raise ValueError(f"rate {rate} must be positive")
    old = dialogue.rate
    if rate == old:
        return dialogue

    def to(time: int) -> int:
        return round(time * rate / old)

    def moved(utterance: Utterance) -> Utterance:
        words: list[Word] = []
        last = to(utterance.start)
        for word in utterance.words:
            start = max(to(word.start), last)
            last = max(to(word.end), start + 1)
            words.append(Word(word.text, start, last, word.fragment))
        stretches: list[tuple[int, int]] = []
        for span in utterance.speech:
            start, end = to(span.start), max(to(span.end), to(span.start) + 1)
            if stretches and start <= stretches[-1][1]:
                start = stretches.pop()[0]
            stretches.append((start, end))
        begin, end = stretches[-1]
        stretches[-1] = begin, max(end, last if words else end)
        return msgspec.structs.replace(
            utterance,
            start=stretches[0][0],
            end=stretches[-1][1],
            speech=tuple(Span(*one) for one in stretches),
            words=tuple(words),
        )

    def event(one: Event) -> Event:
        attributes = {
            name: to(value)
            if name in SAMPLE_ATTRIBUTES and isinstance(value, int) and not isinstance(value, bool)
            else value
            for name, value in one.attributes.items()
        }
        return msgspec.structs.replace(
            one, start=to(one.start), end=to(one.end), attributes=attributes
        )

    utterances = tuple(moved(one) for one in dialogue.utterances)
    events = tuple(event(one) for one in dialogue.events)
    length = max([to(dialogue.length), *(u.end for u in utterances), *(e.end for e in events)])
    return msgspec.structs.replace(
        dialogue, rate=rate, length=length, utterances=utterances, events=events
    )
