"""Play a conversation to the online annotator, boundary by boundary, and hold it to its word."""

from __future__ import annotations

from collections.abc import Iterable

from interactspeech.records import Event, Word
from interactspeech.turntaking import OnlineAnnotator, Timeline


def play(
    timeline: Timeline, annotator: OnlineAnnotator, ticks: Iterable[int] = ()
) -> list[tuple[int, Event]]:
    """All events, each with the clock at which it came out.

    Args:
        ticks: further times at which the clock is moved on.
    """
    inputs: list[tuple[int, int, str, Word | None]] = []
    for name, rows in timeline.activity.items():
        for start, end in rows.tolist():
            inputs += [(start, 2, name, None), (end, 1, name, None)]
    for name, track in timeline.words.items():
        for text, (start, end), fragment in zip(
            track.texts, track.times.tolist(), track.fragment.tolist(), strict=True
        ):
            inputs.append((end, 0, name, Word(text, start, end, fragment)))
    inputs += [(tick, 3, "", None) for tick in ticks if tick <= timeline.length]
    found: list[tuple[int, Event]] = []
    for time, what, name, word in sorted(inputs, key=lambda i: (i[0], i[1])):
        if what == 0:
            assert word is not None
            annotator.word(name, word)
            continue
        if what == 3:
            events = annotator.advance(time)
        else:
            events = (annotator.end if what == 1 else annotator.start)(name, time)
        found += [(time, event) for event in events]
    return found + [(timeline.length, event) for event in annotator.finish(timeline.length)]
