"""The laws on real corpora: 57 consultations, 448 clips, 16 meetings; law 5, slow, on a part."""

import numpy as np
import pytest
from conversations import facts
from live import play

from interactspeech import formats
from interactspeech.turntaking import OnlineAnnotator, Timeline, annotate, layer1
from interactspeech.turntaking.activity import GAP, LATCH, MIXED, OVERLAP_BETWEEN

CORPORA = {"primock57": 57, "ami_nxt": 16, "voxconverse": 448}


@pytest.fixture(scope="module", params=CORPORA)
def timelines(request, shared_data):
    dialogues = formats.read(
        shared_data / "timing" / request.param, report=formats.Report(), rate=1000
    )
    assert len(dialogues) >= CORPORA[request.param]
    return [Timeline.of(dialogue) for dialogue in dialogues]


def test_laws_1_and_4(timelines):
    for timeline in timelines:
        layer = layer1(timeline)
        runs, t = layer.runs, layer.transitions
        assert (runs.end - runs.start).sum() == timeline.length
        single = runs.state[runs.active == 1]
        changing = t.before != t.after
        assert changing.sum() == (single[1:] != single[:-1]).sum()
        assert t.of(GAP, OVERLAP_BETWEEN, LATCH, MIXED)[changing].all()
        assert not t.of(GAP, OVERLAP_BETWEEN, LATCH)[~changing].any()


def test_laws_2_and_3(timelines):
    for timeline in timelines[::10]:
        events = facts(annotate(timeline))
        shifted = Timeline(
            timeline.rate,
            timeline.length + 777,
            {f"x{name}": rows + 777 for name, rows in timeline.activity.items()},
            {
                f"x{name}": type(track)(track.texts, track.times + 777, track.fragment)
                for name, track in timeline.words.items()
            },
        )
        back = [
            (
                *(kind, who[1:], partner[1:], start - 777, end - 777),
                tuple((n, v - 777 if n == "floor_transfer" else v) for n, v in attributes),
            )
            for kind, who, partner, start, end, attributes in facts(annotate(shifted))
        ]
        assert sorted(back, key=repr) == events


def test_every_ipu_of_every_file_is_in_a_unit_or_a_backchannel(timelines):
    for timeline in timelines:
        layer = layer1(timeline)
        ipus = {
            (name, int(start))
            for name, rows in zip(layer.speakers, layer.ipus, strict=True)
            for start in rows[:, 0]
        }
        events = annotate(timeline)
        assert {(e.speaker, e.start) for e in events if e.type == "backchannel"} <= ipus
        starts = {(e.speaker, e.start) for e in events if e.type in {"turn", "interruption"}}
        assert starts <= ipus
        spoken = {e.speaker for e in events if e.type == "turn"}
        assert spoken <= {name for name, _ in ipus}
        assert bool(spoken) == bool(ipus)


def test_law_5_online_is_offline(timelines):
    for timeline in timelines[::12]:
        check_online(timeline, step=2 * timeline.rate)


def check_online(timeline: Timeline, step: int) -> None:
    annotator = OnlineAnnotator(timeline.rate, timeline.speakers, step=step)
    online = play(timeline, annotator)
    assert facts(event for _, event in online) == facts(annotate(timeline))
    held = max((int(np.ptp(rows)) for rows in annotator._segments.values() if rows), default=0)
    assert held <= timeline.length
