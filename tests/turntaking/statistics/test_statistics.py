from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from interactspeech.records import Dialogue, Span, Speaker, Utterance, Word
from interactspeech.turntaking import Timeline, annotate
from interactspeech.turntaking.backchannel_decision import feedback_decision, feedback_rules
from interactspeech.turntaking.distribution import tabulate
from interactspeech.turntaking.statistics import (
    MEASURES,
    RATES,
    SHARES,
    collect,
    compare,
    discriminability,
    distances,
    human,
    save_plots,
    window_features,
)
from interactspeech.turntaking.statistics.windows import FEATURES
from interactspeech.turntaking.timing import TimingModel, simulate

numbers = st.lists(st.integers(-400, 400).map(lambda n: n / 100), min_size=1, max_size=80)


def by_hand():
    """One of everything, at 1000 samples a second.

    A talks 0 to 4.0 with a pause 2.0 to 2.5; B says "mm-hm" 1.0 to 1.4 inside it; B takes the floor
    after a gap of 0.3 and talks to 8.0; A overlaps its end by 0.2 and talks to 11; B says "mm-hm"
    11.2 to 11.6 in the silence, and A goes on from 11.8 to 14.
    """
    talk = {
        "A": [(0, 2000), (2500, 4000), (7800, 11_000), (11_800, 14_000)],
        "B": [(1000, 1400), (4300, 8000), (11_200, 11_600)],
    }
    return Timeline.build(1000, talk, length=15_000)[0]


def test_samples_by_hand():
    found = collect([("x", by_hand())])
    (c,) = found.conversations
    assert c.samples["backchannel"] == pytest.approx([0.4, 0.4])
    assert sorted(c.samples["backchannel_offset"]) == pytest.approx([-1.0, 0.2])
    assert sorted(c.samples["fto"]) == pytest.approx([-0.2, 0.3])
    assert sorted(c.samples["pause"]) == pytest.approx([0.5, 0.8])
    assert sorted(c.samples["layer1_gap"]) == pytest.approx([0.2, 0.2, 0.3])
    assert c.samples["layer1_overlap_within"] == pytest.approx([0.4])
    assert c.samples["overlap_within"].size == 0
    assert len(c.samples["ipu"]) == 7
    assert c.counts["backchannels"] == 2
    assert c.counts["interruptions"] == c.counts["failed"] == 0
    assert c.share("overlap") == pytest.approx((0.4 + 0.2) / 15)
    assert c.share("silence") == pytest.approx((0.5 + 0.3 + 0.2 + 0.2 + 1.0) / 15)
    assert sum(c.share(n) for n in ("one", "overlap", "silence")) == pytest.approx(1)
    assert c.share("overlapped_changes") == 0.5
    assert c.share("backchannels_in_overlap") == c.share("backchannels_inside") == 0.5
    assert found.per_minute("backchannels") == pytest.approx(8)
    assert found.per_dyad("backchannels")[0] == pytest.approx(8)
    assert set(c.samples) == set(MEASURES)
    assert set(c.counts) == set(RATES)
    assert set(c.shares) == set(SHARES)


def test_records_and_timelines_give_the_same():
    timeline = by_hand()
    spoken = tuple(
        Utterance(f"{s}{i}", s, a, b, (Span(a, b),))
        for s, rows in timeline.activity.items()
        for i, (a, b) in enumerate(rows.tolist())
    )
    record = Dialogue("x", 1000, 15_000, (Speaker("A"), Speaker("B")), spoken)
    one, other = collect([record]), collect([("x", timeline)])
    for name in MEASURES:
        assert np.array_equal(one.samples(name), other.samples(name))


@pytest.mark.parametrize("batch", [True, False])
def test_rates_of_events_are_those_of_annotate(batch):
    """A pause is one thing in both; the human reference knows pauses and resumptions together."""
    timeline = simulate(TimingModel.human(), 600, 3)
    if not batch:  # a conversation of its own: more speakers than a batch has room for
        activity = {**timeline.activity, **{f"silent{i}": np.zeros((0, 2), int) for i in range(9)}}
        timeline = Timeline(timeline.rate, timeline.length, activity)
    rules = feedback_rules()
    events = annotate(timeline, rules, backchannel=feedback_decision)
    found = collect([("x", timeline)])
    (c,) = found.conversations
    number = Counter(event.type for event in events)
    assert c.counts["pauses"] == number["pause"] > 50
    lengths = sorted(e.end - e.start for e in events if e.type == "pause")
    assert sorted(c.samples["pause"] * timeline.rate) == pytest.approx(lengths)
    assert c.counts["backchannels"] == number["backchannel"]
    assert c.counts["interruptions"] + c.counts["failed"] == number["interruption"]
    resumed = sum(e.attributes.get("onset") == "resume" for e in events)
    assert c.counts["silences_within"] == number["pause"] + resumed > number["pause"]


def test_fillers_are_filled_pauses_and_no_pauses():
    words = (Word("I", 0, 300), Word("um", 400, 800), Word("think", 1500, 1900))
    said = Utterance("A0", "A", 0, 1900, (Span(0, 800), Span(1500, 1900)), words=words)
    record = Dialogue("x", 1000, 2000, (Speaker("A"), Speaker("B")), (said,))
    counts = collect([record]).conversations[0].counts
    assert (counts["pauses"], counts["filled_pauses"], counts["silences_within"]) == (1, 1, 1)
    assert [(e.type, e.start) for e in annotate(record) if "pause" in e.type] == [
        ("filled_pause", 400),
        ("pause", 800),
    ]


def test_nothing_is_not_a_number():
    empty = Timeline.build(1000, {"A": [], "B": []}, length=1000)[0]
    silent = collect([empty, Timeline.build(1000, {"A": []})[0]])
    assert len(silent.conversations) == 1
    assert silent.share("silence") == 1
    assert np.isnan(silent.share("overlapped_changes"))
    assert np.isnan(silent.per_dyad("fto")[0])
    assert np.isnan(collect([]).per_minute("pauses"))
    table = compare(silent)
    assert table.to_dict()["measures"]["fto"]["ks"] is None
    assert "| fto | 0 | - |" in table.markdown()


@given(numbers, numbers)
def test_two_samples_are_as_far_apart_as_by_definition(one, other):
    a, b = np.array(one), np.array(other)
    found = distances(a, b)
    apart = [abs((a <= x).mean() - (b <= x).mean()) for x in (*one, *other)]
    assert found.ks == pytest.approx(max(apart), abs=1e-12)
    assert found.wasserstein == pytest.approx(stats.wasserstein_distance(a, b), abs=0.02)
    assert 0 <= found.js <= 1
    assert distances(a, a) == pytest.approx((0, 0, 0), abs=1e-9)


def test_distance_from_a_known_distribution():
    rng = np.random.default_rng(0)
    known = tabulate(rng.normal(size=200_000))
    near, far = rng.normal(size=5000), rng.normal(0.5, size=5000)
    expected = stats.ks_1samp(near, known.cdf).statistic
    assert distances(near, known).ks == pytest.approx(expected, abs=1e-9)
    for shift in (-0.3, 0.3):  # the largest distance above the curve, and below it
        expected = stats.ks_1samp(near + shift, known.cdf).statistic
        assert distances(near + shift, known).ks == pytest.approx(expected, abs=1e-9)
    assert distances(far, known).ks == pytest.approx(stats.norm.cdf(0.25) * 2 - 1, abs=0.03)
    assert distances(far, known).wasserstein == pytest.approx(0.5, abs=0.05)
    # Jensen and Shannon's divergence of the same two histograms, by SciPy (which gives its root).
    from scipy.spatial.distance import jensenshannon

    edges = known.quantile(np.arange(1, 50) / 50)
    p = np.bincount(np.searchsorted(edges, far), minlength=50) / 5000
    q = np.full(50, 1 / 50)
    assert distances(far, known).js == pytest.approx(jensenshannon(p, q, 2) ** 2, abs=1e-3)


def test_the_reference_has_the_published_percentiles():
    known = human()
    assert known.measures["fto"].quantile([0.05, 0.5, 0.99]) == pytest.approx([-0.66, 0.16, 2.44])
    assert known.measures["backchannel_offset"].cdf(0.0) == pytest.approx(0.4516, abs=0.002)
    assert known.per_minute["backchannels"] == 4.659
    assert known.shares["one"] + known.shares["overlap"] + known.shares["silence"] == (
        pytest.approx(1, abs=1e-3)
    )


def test_comparing_with_others_and_with_people():
    made = collect(simulate(TimingModel.human(), 300, 0, str(i)) for i in range(4))
    table = compare(made, made)
    assert table.ks("fto") == 0
    assert table["one"].value == table["one"].other
    people = compare(made)
    assert people.other == "human-2"
    assert set(people.to_dict()["values"]) == {*RATES, *SHARES}
    with pytest.raises(StopIteration):
        people["nothing"]


def test_windows_hold_what_happens_in_them():
    timeline = simulate(TimingModel.human(), 200, 0)
    windows = window_features(timeline, 60)
    assert windows.shape == (3, len(FEATURES))
    column = dict(zip(FEATURES, windows.T, strict=True))
    total = sum(column[n] for n in ("silence", "alone_1", "alone_2", "both"))
    assert total == pytest.approx(1)
    everything = collect([("x", timeline)])
    pauses = everything.conversations[0].counts["layer1_pauses"]
    assert 0 < column["pause_count"].sum() <= pauses
    assert window_features(Timeline.build(1000, {"A": [(0, 9)]})[0]).shape == (0, len(FEATURES))
    short = Timeline.build(1000, {"A": [(0, 9)], "B": [(20, 30)]})[0]
    assert window_features(short).shape == (0, len(FEATURES))


def test_a_classifier_tells_different_timing_and_not_the_same():
    def many(seed, slow=1.0, n=12):
        made = [simulate(TimingModel.human(), 200, seed, str(i)) for i in range(n)]
        return [
            Timeline(round(t.rate / slow), t.length, t.activity)  # the same samples, another clock
            for t in made
        ]

    same, _ = discriminability(many(1), many(2), repeats=1)
    apart, alone = discriminability(many(1), many(2, slow=1.6), repeats=1)
    assert same < 0.68
    assert apart > 0.9
    assert max(abs(v - 0.5) for v in alone.values()) > 0.3
    with pytest.raises(ValueError, match="folds"):
        discriminability(many(1, n=2), many(2, n=2))


@pytest.mark.parametrize("other", ["human", "nothing"])
def test_pictures_are_written(tmp_path, other):
    made = collect([by_hand()])
    paths = save_plots(made, tmp_path, human() if other == "human" else collect([]))
    assert all(p.read_bytes().startswith(b"\x89PNG") for p in paths)


@pytest.mark.slow
def test_pictures_are_the_same_each_time(tmp_path):
    made = collect([by_hand()])
    paths = save_plots(made, tmp_path / "one", format="svg")
    assert [p.stem for p in paths] == ["fto", "states", "durations", "backchannels"]
    again = save_plots(made, tmp_path / "two", format="svg")
    for one, other in zip(paths, again, strict=True):
        assert one.read_bytes() == other.read_bytes()
