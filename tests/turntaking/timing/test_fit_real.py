"""The timing of real consultations: fitted, simulated, annotated again."""

import pytest

from interactspeech.formats import read
from interactspeech.turntaking import Timeline
from interactspeech.turntaking.statistics import collect, compare
from interactspeech.turntaking.timing import fit, simulate


@pytest.mark.slow
def test_consultations_come_back(shared_data):
    people = []
    for dialogue in read(shared_data / "timing" / "primock57"):
        whole = Timeline.of(dialogue)
        # Simulated timing has no words, so both sides are annotated without.
        bare = Timeline(whole.rate, whole.length, whole.activity)
        people.append((dialogue.id, bare))
    assert len(people) == 57
    model = fit(people)
    made = collect(
        simulate(model, timeline.seconds, seed, name)
        for seed in range(8)
        for name, timeline in people
    )
    found = compare(made, collect(people))
    for measure in ("fto", "silence_within", "backchannel", "layer1_fto", "layer1_pause"):
        # 0.05 is measured with 10,000 of each (docs/bench/timing.md); chance adds some here.
        assert found.ks(measure) < 0.065, measure
    for share in ("one", "overlap", "silence"):
        assert found[share].value == pytest.approx(found[share].other, abs=0.015)
