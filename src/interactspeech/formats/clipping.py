"""A stretch of a dialogue as a dialogue of its own, its clock beginning at 0.

```
                 start          end
  A   #####  ####|####   #####  |
  B          ####|##         ###|###
```
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from interactspeech.formats.report import Report
from interactspeech.records import Dialogue, Event, Span, Utterance, Word


def cut_regions(
    dialogue: Dialogue, regions: Sequence[tuple[int, int]], report: Report
) -> Iterable[Dialogue]:
    """The dialogue inside each region ``[start, end)`` in samples.

    A region that begins at 0 and holds everything changes the length only. With several
    regions each dialogue's id ends in its number (``ES2002a-0``).
    """
    for number, (start, end) in enumerate(regions):
        part = cut(dialogue, start, end)
        if len(regions) > 1:
            part = msgspec.structs.replace(part, id=f"{dialogue.id}-{number}")
        yield part
    whole = sum(len(u.speech) for u in dialogue.utterances)
    kept = sum(
        any(start < span.end and span.start < end for start, end in regions)
        for u in dialogue.utterances
        for span in u.speech
    )
    if kept < whole:
        report.note(
            "outside-region",
            f"{whole - kept} stretch(es) of speech lie outside the regions and are left out",
            dialogue.id,
        )


def cut(dialogue: Dialogue, start: int, end: int) -> Dialogue:
    """What happens in ``[start, end)``. Words that are cut become fragments; ids are kept."""
    utterances = tuple(u for u in (_utterance(u, start, end) for u in dialogue.utterances) if u)
    known = {utterance.id for utterance in utterances}
    events = tuple(
        _event(event, start, end, known)
        for event in dialogue.events
        if event.start < end and (event.end > start or event.start == event.end >= start)
    )
    return msgspec.structs.replace(
        dialogue, length=end - start, utterances=utterances, events=events
    )


def _utterance(utterance: Utterance, start: int, end: int) -> Utterance | None:
    spans = tuple(
        Span(max(span.start, start) - start, min(span.end, end) - start)
        for span in utterance.speech
        if span.start < end and start < span.end
    )
    if not spans:
        return None
    words = tuple(
        _word(word, start, end, spans[0].start, spans[-1].end)
        for word in utterance.words
        if max(word.start, start) - start < spans[-1].end
        and min(word.end, end) - start > spans[0].start
    )
    whole = start <= utterance.start and utterance.end <= end
    return msgspec.structs.replace(
        utterance,
        start=spans[0].start,
        end=spans[-1].end,
        speech=spans,
        words=words,
        unsaid=utterance.unsaid if utterance.end <= end else (),
        written=utterance.written if whole else "",
    )


def _word(word: Word, start: int, end: int, first: int, last: int) -> Word:
    low, high = max(word.start - start, first), min(word.end - start, last)
    cut_off = word.start < start or word.end > end
    return Word(word.text, low, high, word.fragment or cut_off)


def _event(event: Event, start: int, end: int, known: set[str]) -> Event:
    return msgspec.structs.replace(
        event,
        start=max(event.start, start) - start,
        end=min(event.end, end) - start,
        utterance=event.utterance if event.utterance in known else "",
    )
