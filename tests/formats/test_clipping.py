"""Stretches of a dialogue as dialogues of their own, against every tick of the whole."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from interactspeech.formats import Report
from interactspeech.formats.clipping import cut, cut_regions
from interactspeech.records import Dialogue, Event, Span, Speaker, Utterance, Word


@st.composite
def dialogues(draw):
    """Utterances of one speaker with stretches, words inside them, and events."""
    time, made = draw(st.integers(0, 3)), []
    for number in range(draw(st.integers(1, 3))):
        spans, words = [], []
        for _ in range(draw(st.integers(1, 3))):
            length = draw(st.integers(1, 5))
            spans.append(Span(time, time + length))
            middle = time + draw(st.integers(0, length - 1))
            words += [
                Word("so", a, b) for a, b in ((time, middle), (middle, time + length)) if a < b
            ]
            time += length + draw(st.integers(1, 3))
        made.append(
            Utterance(
                f"u{number}",
                "A",
                spans[0].start,
                spans[-1].end,
                tuple(spans),
                tuple(words),
                unsaid=("more",),
                times="human",
                written="So!",
            )
        )
    events = tuple(
        Event("pause", "A", start, min(start + length, time), utterance=f"u{number}")
        for start, length, number in draw(
            st.lists(
                st.tuples(st.integers(0, time), st.integers(0, 4), st.integers(0, len(made) - 1)),
                max_size=4,
            )
        )
    )
    return Dialogue("call", 1000, time, (Speaker("A"),), tuple(made), events)


def ticks(spans, start=0):
    return {tick - start for span in spans for tick in range(span.start, span.end)}


@settings(max_examples=120, deadline=None)
@given(dialogues(), st.integers(0, 20), st.integers(1, 20))
def test_a_cut_holds_the_ticks_of_its_stretch(dialogue, start, length):
    end = min(start + length, dialogue.length)
    if start >= end:
        return
    part = cut(dialogue, start, end)
    assert part.length == end - start
    inside = set(range(start, end))
    whole = {u.id: u for u in dialogue.utterances}
    for utterance in dialogue.utterances:
        kept = [u for u in part.utterances if u.id == utterance.id]
        heard = {tick - start for tick in ticks(utterance.speech) & inside}
        assert bool(kept) is bool(heard)
    for utterance in part.utterances:
        before = whole[utterance.id]
        heard = {tick - start for tick in ticks(before.speech) & inside}
        assert ticks(utterance.speech) == heard
        assert (utterance.start, utterance.end) == (min(heard), max(heard) + 1)
        expected = [w for w in before.words if ticks([w]) & {tick + start for tick in heard}]
        assert len(utterance.words) == len(expected)
        for word, source in zip(utterance.words, expected, strict=True):
            assert ticks([word]) <= ticks([source], start)
            assert word.fragment is (source.start < start or source.end > end)
        complete = start <= before.start and before.end <= end
        assert utterance.written == ("So!" if complete else "")
        assert utterance.unsaid == (("more",) if before.end <= end else ())
    names = {utterance.id for utterance in part.utterances}
    expected_events = [
        event
        for event in dialogue.events
        if (event.start < end and event.end > start)
        or (event.start == event.end and start <= event.start < end)
    ]
    assert [(event.start, event.end, event.utterance) for event in part.events] == [
        (
            max(e.start - start, 0),
            min(e.end, end) - start,
            e.utterance if e.utterance in names else "",
        )
        for e in expected_events
    ]


def test_several_regions_are_numbered_and_what_lies_outside_is_counted_once():
    utterances = tuple(
        Utterance(f"u{k}", "A", 10 * k, 10 * k + 5, (Span(10 * k, 10 * k + 5),)) for k in range(4)
    )
    dialogue = Dialogue("call", 1000, 50, (Speaker("A"),), utterances)
    report = Report()
    parts = list(cut_regions(dialogue, [(0, 12), (15, 21)], report))
    assert [part.id for part in parts] == ["call-0", "call-1"]
    assert [[u.id for u in part.utterances] for part in parts] == [["u0", "u1"], ["u2"]]
    (note,) = report.notes
    assert (note.reason, note.message[0]) == ("outside-region", "1")
    report = Report()
    (whole,) = cut_regions(dialogue, [(0, 60)], report)
    assert whole == msgspec.structs.replace(dialogue, length=60)
    assert not report.notes
    # A region that only touches a stretch does not hold it.
    report = Report()
    list(cut_regions(dialogue, [(5, 10)], report))
    assert report.notes[0].message.startswith("4 ")
