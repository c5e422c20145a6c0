import json

import msgspec
import numpy as np
import pytest

from interactspeech.errors import InputError
from interactspeech.turntaking.distribution import constant
from interactspeech.turntaking.statistics import distances, human
from interactspeech.turntaking.statistics.reference import from_switchboard as reference_of
from interactspeech.turntaking.timing import TimingModel
from interactspeech.turntaking.timing.human import from_switchboard


@pytest.fixture(scope="module")
def dyads():
    rng = np.random.default_rng(3)
    return [TimingModel.human().draw_dyad(rng) for _ in range(2000)]


def pooled(dyads, draw):
    rng = np.random.default_rng(4)
    return np.concatenate([draw(dyad, rng) for dyad in dyads])


@pytest.mark.parametrize(
    ("measure", "draw"),
    [
        ("fto", lambda d, rng: d.fto(rng, 5, changes="all")),
        ("silence_within", lambda d, rng: d.pause(rng, 5)),
        ("overlap_within", lambda d, rng: d.attempt_overlap(rng, 5)),
        ("interruption_overlap", lambda d, rng: d.interruption_overlap(rng, 5)),
        ("backchannel", lambda d, rng: d.backchannel_duration(rng, 5)),
    ],
)
def test_ten_thousand_draws_are_as_people(dyads, measure, draw):
    drawn = pooled(dyads, draw)
    assert drawn.size == 10_000
    assert distances(drawn, human().measures[measure]).ks < 0.03


def test_smooth_changes_and_interruptions_together_are_all_changes(dyads):
    share = TimingModel.human().interruption_share

    def mixed(dyad, rng):
        taken = rng.random(5) < share
        offsets = dyad.fto(rng, 5)
        return np.where(taken, -dyad.interruption_overlap(rng, 5), offsets)

    assert distances(pooled(dyads, mixed), human().measures["fto"]).ks < 0.03


def test_dyads_differ_as_calls_do(dyads):
    rng = np.random.default_rng(5)
    # 43 changes a call, as in Switchboard: 0.22 s of spread when paired by onset, whose offsets are
    # 1.3 times as wide.
    medians = [np.median(d.fto(rng, 43, changes="all")) for d in dyads]
    assert 0.12 < np.std(medians) < 0.22
    shares = [np.mean(d.fto(rng, 43, changes="all") < 0) for d in dyads]
    assert np.std(shares) == pytest.approx(0.14, abs=0.02)
    counted = [rng.poisson(6.5 * d.backchannels_per_minute) / 6.5 for d in dyads]
    assert np.mean(counted) == pytest.approx(4.66, abs=0.15)
    assert np.std(counted) == pytest.approx(2.02, abs=0.15)


def test_answers_take_longer_than_comments(dyads):
    question = np.median(pooled(dyads, lambda d, rng: d.fto(rng, 5, "question")))
    statement = np.median(pooled(dyads, lambda d, rng: d.fto(rng, 5, "statement")))
    assert 0.05 < question - statement < 0.15


def test_gaps_and_overlaps_are_the_two_signs_of_the_offsets(dyads):
    rng = np.random.default_rng(6)
    dyad = dyads[0]
    offsets = dyad.fto(rng, 20_000)
    assert distances(dyad.gap(rng, 20_000), offsets[offsets >= 0]).ks < 0.025
    assert distances(dyad.overlap(rng, 20_000), -offsets[offsets < 0]).ks < 0.025
    assert dyad.gap(rng, 0).shape == (0,)


def test_bounds_hold(dyads):
    assert pooled(dyads, lambda d, rng: d.pause(rng, 9)).min() >= 0.2
    assert pooled(dyads, lambda d, rng: d.interruption_overlap(rng, 9)).min() >= 0.25
    assert pooled(dyads, lambda d, rng: d.backchannel_delay(rng, 9)).max() <= 3.0
    duration = pooled(dyads, lambda d, rng: d.backchannel_duration(rng, 9))
    assert duration.min() >= 0.1
    assert duration.max() <= 1.5


def test_places_and_words_come_by_their_shares():
    rng = np.random.default_rng(7)
    dyad = TimingModel.human().dyad()
    places = dyad.backchannel_place(rng, 10_000)
    assert places.count("inside") / 10_000 == pytest.approx(0.261, abs=0.02)
    assert places.count("silence") / 10_000 == pytest.approx(0.548, abs=0.02)
    words = dyad.backchannel_words(rng, 10_000)
    assert words.count("yeah") > words.count("uh-huh") > words.count("right") > 500


def test_the_same_seed_draws_the_same():
    model = TimingModel.human()

    def draw(seed):
        rng = np.random.default_rng(seed)
        dyad = model.draw_dyad(rng)
        return [*dyad.fto(rng, 3), *dyad.pause(rng, 3), dyad.backchannels_per_minute]

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)


def test_the_original_is_a_constant():
    rng = np.random.default_rng(8)
    dyad = TimingModel.original().draw_dyad(rng)
    assert dyad.fto(rng, 50, "question").tolist() == [0.0] * 50
    assert np.rint(dyad.interruption_overlap(rng, 50) * 22_050).tolist() == [10_000] * 50
    assert dyad.gap(rng, 3).tolist() == [0.0] * 3
    assert dyad.overlap(rng, 3).tolist() == [0.0] * 3
    assert dyad.backchannels_per_minute == dyad.pauses_per_minute == dyad.failed_per_minute == 0


def test_a_model_survives_its_file(tmp_path):
    model = msgspec.structs.replace(TimingModel.human(), id="other-1", pause=constant(0.5))
    model.save(tmp_path / "timing.json")
    assert TimingModel.load(tmp_path / "timing.json") == model
    assert TimingModel.load("human") == TimingModel.human()
    assert TimingModel.load("original") == TimingModel.original()


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"pause": {"levels": [0, 1], "values": [2, 1]}}, "pause"),
        ({"pause": None}, "pause"),
        ({"extra": 1}, "extra"),
        ({"interruption_share": "much"}, "interruption_share"),
        ({"backchannel_places": {"inside": 0.5}}, "backchannel_places"),
        ({"backchannel_places": {"above": 1.0}}, "backchannel_places"),
        ({"correlation": [[1.0]]}, "correlation"),
        ({"floor": {"solo": {}}}, "floor"),
    ],
)
def test_a_broken_file_is_refused_by_field(tmp_path, change, names):
    path = tmp_path / "timing.json"
    fields = json.loads(TimingModel.human().encode()) | change
    path.write_text(json.dumps(fields))
    with pytest.raises(InputError, match=names) as refused:
        TimingModel.load(path)
    assert refused.value.path == path
    assert refused.value.reason == "bad-timing-model"


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe\x00"])
def test_no_model_at_all_is_refused(tmp_path, data):
    (tmp_path / "timing.json").write_bytes(data)
    with pytest.raises(InputError, match="not a timing model"):
        TimingModel.load(tmp_path / "timing.json")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="cannot read") as refused:
        TimingModel.load(tmp_path / "none.json")
    assert refused.value.reason == "unreadable"


def test_what_is_shipped_is_what_the_table_says(shared_reference):
    table = json.loads((shared_reference / "human_timing.json").read_text())
    shipped = TimingModel.human()
    assert msgspec.structs.replace(shipped, floor=None) == from_switchboard(table)
    assert human() == reference_of(table)
