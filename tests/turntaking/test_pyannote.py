"""Where pyannote.core can say the same, it says the same."""

import pytest
from conversations import facts
from pyannote.core import Segment
from pyannote.core import Timeline as Segments
from pyannote_dynamics import events, silences_and_overlaps

from interactspeech import formats
from interactspeech.turntaking import CLASSES, Timeline, annotate, layer1

SHARED_TYPES = {
    *("turn", "backchannel", "interruption", "terminal_overlap", "pause", "gap"),
}


@pytest.fixture(scope="module")
def pairs(shared_data):
    dialogues = formats.read(
        shared_data / "timing" / "primock57", report=formats.Report(), rate=1000
    )
    dialogues += [
        dialogue
        for dialogue in formats.read(
            shared_data / "timing" / "voxconverse", report=formats.Report(), rate=1000
        )
        if len(dialogue.speakers) == 2
    ]
    timelines = [Timeline.of(dialogue) for dialogue in dialogues]
    assert len(timelines) > 120
    return [Timeline(t.rate, t.length, t.activity) for t in timelines]  # without words


def test_ipus_and_overlap_of_real_conversations(pairs):
    for timeline in pairs[::4]:
        layer = layer1(timeline)
        theirs = [
            Segments([Segment(*row) for row in rows.tolist()]).support(collar=200)
            for rows in timeline.activity.values()
        ]
        assert [[tuple(s) for s in t] for t in theirs] == [
            [tuple(row) for row in rows.tolist()] for rows in layer.ipus
        ]
        both = theirs[0].crop(theirs[1], mode="intersection").support()
        runs = layer.runs
        assert both.duration() == (runs.end - runs.start)[runs.active == 2].sum()


def test_pauses_gaps_and_overlaps_of_real_conversations(pairs):
    for timeline in pairs[::4]:
        layer = layer1(timeline)
        t, names = layer.transitions, layer.speakers
        rows = zip(t.kind, t.before, t.after, t.start, t.end, strict=True)
        ours = [
            (CLASSES[kind], names[before], names[after], int(start), int(end))
            for kind, before, after, start, end in rows
        ]
        assert ours == silences_and_overlaps(timeline)


def test_events_of_real_conversations(pairs):
    seen = set()
    for timeline in pairs[::4]:
        ours = sorted(event[:5] for event in facts(annotate(timeline)) if event[0] in SHARED_TYPES)
        assert ours == events(timeline)
        seen |= {event[0] for event in ours}
    assert seen == SHARED_TYPES
