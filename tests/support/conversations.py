"""Random conversations for the laws of the framework, on coarse clocks so that ties are common."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st

from interactspeech.records import Event, Word
from interactspeech.turntaking import Timeline

#: At 20 samples a second every default threshold is a whole number of samples; at 7 few are.
RATES = (20, 20, 100, 7)
VOCABULARY = ("mm-hm", "yeah", "oh", "right", "um", "the", "house", "go-", "fine.", "Really?")


@st.composite
def conversations(draw, speakers=(1, 2, 2, 3, 4), words=(True, False), most=14):
    """A timeline of up to `most` segments a speaker; silence and talk from one sample to 4 s."""
    rate = draw(st.sampled_from(RATES))
    length_of = st.one_of(st.integers(1, rate), st.integers(1, 4 * rate))
    activity: dict[str, list[tuple[int, int]]] = {}
    said: dict[str, list[Word]] = {}
    for name in "ABCD"[: draw(st.sampled_from(speakers))]:
        time = draw(st.integers(0, 2 * rate))
        rows = []
        for silence, talk in draw(st.lists(st.tuples(length_of, length_of), max_size=most)):
            rows.append((time, time + talk))
            time += talk + silence
        activity[name] = rows
        if draw(st.sampled_from(words)):
            said[name] = [w for row in rows for w in draw(_words(*row))]
    tail = draw(st.integers(0, 2 * rate))
    end = max((row[-1][1] for row in activity.values() if row), default=0)
    timeline, repairs = Timeline.build(rate, activity, length=end + tail, words=said)
    assert not repairs
    return timeline


@st.composite
def _words(draw, start, end):
    count = draw(st.integers(0, min(3, end - start)))
    if count == 0:
        return []
    cuts = sorted(draw(st.sets(st.integers(start, end), min_size=count + 1, max_size=count + 1)))
    return [
        Word(draw(st.sampled_from(VOCABULARY)), a, b, fragment=draw(st.integers(0, 9)) == 0)
        for a, b in pairwise(cuts)
    ]


def facts(events) -> list[tuple]:
    """Events as plain tuples, in one order."""
    return sorted((_facts(e) for e in events), key=repr)


def _facts(e: Event) -> tuple:
    return (e.type, e.speaker, e.partner, e.start, e.end, tuple(sorted(e.attributes.items())))
