"""VAP's events and dGSLM's statistics against sample-by-sample versions of their definitions."""

from itertools import groupby, pairwise

import numpy as np
import pytest
from conversations import conversations
from hypothesis import given, settings
from naive_dynamics import stretches

from interactspeech.errors import InputError
from interactspeech.turntaking import Timeline
from interactspeech.turntaking.dgslm import dgslm_statistics
from interactspeech.turntaking.vap import BIN_EDGES_MS, VapRules, projection_labels, vap_events

EARLY = VapRules(id="test", context_ms=1000)


def grid(timeline):
    on = np.zeros((len(timeline.speakers), timeline.length), bool)
    for row, segments in zip(on, timeline.activity.values(), strict=True):
        for start, end in segments.tolist():
            row[start:end] = True
    return on


def islands(values):
    found, i = [], 0
    for value, group in groupby(values):
        n = len(list(group))
        found.append((i, i + n, value))
        i += n
    return found


def naive_vap(timeline, rules):
    """Shift, hold, long and backchannel as the published code has them."""
    on = grid(timeline)

    def n(ms):
        return -(-ms * timeline.rate // 1000)

    states = islands(tuple(column) for column in on.T.tolist())
    filled = on.copy()
    silent, alone = (False, False), ((True, False), (False, True))
    triads = [
        (states[i - 1], states[i], states[i + 1])
        for i in range(1, len(states) - 1)
        if states[i][2] == silent and states[i - 1][2] in alone and states[i + 1][2] in alone
    ]
    for before, now, after in triads:
        if before[2] == after[2]:
            filled[alone.index(after[2]), now[0] : now[1]] = True
    found = {"shift": [], "hold": [], "long": [], "predict_shift": [], "predict_hold": []}
    for before, (start, end, _), after in triads:
        last, following = alone.index(before[2]), alone.index(after[2])
        pre = filled[:, max(0, start - n(rules.before_ms)) : start]
        post = filled[:, end : end + n(rules.after_ms)]
        if (
            start < n(rules.context_ms)
            or end - start < n(rules.silence_ms)
            or pre[last].sum() != n(rules.before_ms)
            or post[following].sum() != n(rules.after_ms)
            or pre[1 - last].any()
            or post[1 - following].any()
        ):
            continue
        kind = "hold" if last == following else "shift"
        found[kind].append((start, end, following))
        if kind == "shift" and after[1] - after[0] >= n(rules.long_ms):
            found["long"].append((end, end + n(rules.onset_ms), following))
        lead = n(rules.prediction_ms)
        if before[1] - before[0] >= lead and start - lead >= n(rules.context_ms):
            found[f"predict_{kind}"].append((start - lead, start, following))
    found["backchannel"] = []
    for speaker in (0, 1):
        own = islands(filled[speaker].tolist())
        for i in range(1, len(own) - 1):
            start, end, talks = own[i]
            before, after = own[i - 1], own[i + 1]
            if (
                talks
                and start >= n(rules.context_ms)
                and (end - start) * 1000 <= rules.short_ms * timeline.rate
                and before[1] - before[0] >= n(rules.short_before_ms)
                and after[1] - after[0] >= n(rules.short_after_ms)
            ):
                found["backchannel"].append((start, end, speaker))
    return found


@given(conversations(speakers=(2,), words=(False,), most=20))
@settings(max_examples=150, deadline=None)
def test_vap_events_agree_with_the_published_rules(timeline):
    events = vap_events(timeline, EARLY)
    for kind, expected in naive_vap(timeline, EARLY).items():
        regions = getattr(events, kind)
        rows = zip(
            regions.start.tolist(), regions.end.tolist(), regions.speaker.tolist(), strict=True
        )
        assert sorted(rows) == sorted(expected), kind
    assert (
        events.predict_backchannel.end - events.predict_backchannel.start
        == -(-EARLY.prediction_ms * timeline.rate // 1000)
    ).all()


@given(conversations(speakers=(2,), words=(False,)))
@settings(max_examples=50, deadline=None)
def test_projection_labels_count_the_talk_in_each_bin(timeline):
    on = grid(timeline)
    edges = [ms * timeline.rate // 1000 for ms in BIN_EDGES_MS]
    labels = projection_labels(timeline, frame=3)
    assert len(labels) == max(0, (timeline.length - edges[-1]) // 3 + 1)
    for i, label in enumerate(labels.tolist()):
        bits = [
            2 * on[s, 3 * i + a : 3 * i + b].sum() >= b - a
            for s in (0, 1)
            for a, b in pairwise(edges)
        ]
        assert label == int("".join(str(int(bit)) for bit in bits), 2)


@given(conversations(words=(False,)))
@settings(max_examples=100, deadline=None)
def test_dgslm_statistics_agree_with_their_definition(timeline):
    if timeline.length == 0:
        with pytest.raises(InputError):
            dgslm_statistics(timeline)
        return
    on = grid(timeline)
    for row in on:
        inner = [(a, b) for a, b in stretches((~row).tolist()) if a > 0 and b < timeline.length]
        for a, b in inner:
            if (b - a) * 1000 < 200 * timeline.rate:
                row[a:b] = True
    count = on.sum(axis=0)
    found = dgslm_statistics(timeline)
    assert found.events["ipu"] == sum(len(stretches(row.tolist())) for row in on)
    assert found.seconds["ipu"] == pytest.approx(on.sum() / timeline.rate)
    overlaps = stretches((count > 1).tolist())
    assert found.lengths["overlap"].tolist() == [b - a for a, b in overlaps]
    silences = [
        (a, b) for a, b in stretches((count == 0).tolist()) if a > 0 and b < timeline.length
    ]
    pauses = [b - a for a, b in silences if (on[:, a - 1] & on[:, b]).any()]
    assert found.lengths["pause"].tolist() == pauses
    assert found.events["gap"] == len(silences) - len(pauses)
    minutes = timeline.length / timeline.rate / 60
    assert found.events_per_minute["ipu"] == pytest.approx(found.events["ipu"] / minutes)


def test_vap_wants_two_speakers():
    timeline, _ = Timeline.build(100, {"A": [(0, 10)]})
    with pytest.raises(InputError, match="two speakers"):
        vap_events(timeline)
    with pytest.raises(InputError, match="two speakers"):
        projection_labels(timeline, 2)
