import msgspec
import numpy as np
import pytest

from interactspeech.errors import InputError
from interactspeech.records import Word
from interactspeech.turntaking import Timeline, layer1
from interactspeech.turntaking.statistics import collect, compare
from interactspeech.turntaking.timing import TimingModel, fit, simulate
from interactspeech.turntaking.timing.fitting import variance_between
from interactspeech.turntaking.timing.floor_process import (
    FEATURES,
    SYMBOLS,
    features,
    split_symbols,
    symbol_index,
)
from interactspeech.turntaking.timing.process_fitting import fit_floor_process, steps_of

RATE = 1000


def made(n=40, seconds=400, seed=0, model=None):
    return [
        (f"d{i}", simulate(model or TimingModel.human(), seconds, seed, f"d{i}", rate=RATE))
        for i in range(n)
    ]


@pytest.fixture(scope="module")
def corpus():
    return made()


@pytest.fixture(scope="module")
def model(corpus):
    return fit(corpus, name="made-1")


def test_symbols_and_parts_are_inverse():
    every = np.arange(SYMBOLS)
    assert (symbol_index(*split_symbols(every)) == every).all()
    assert features().shape == (SYMBOLS, FEATURES)


def test_simulation_is_seeded_and_in_bounds():
    one = simulate(TimingModel.human(), 60, 1, "x")
    again = simulate(TimingModel.human(), 60, 1, "x")
    other = simulate(TimingModel.human(), 60, 2, "x")
    assert one.rate == 16_000
    assert one.length == 960_000
    for speaker in ("A", "B"):
        rows = one.activity[speaker]
        assert rows.dtype == np.int64
        assert (rows == again.activity[speaker]).all()
        assert (rows[:, 0] < rows[:, 1]).all()
        assert (rows[1:, 0] > rows[:-1, 1]).all()
        assert rows[0, 0] >= 0
        assert rows[-1, 1] <= one.length
    assert not np.array_equal(one.activity["A"], other.activity["A"])


def test_simulation_says_what_it_cannot_do():
    with pytest.raises(InputError, match="no floor process"):
        simulate(TimingModel.original(), 60, 0)
    for seconds in (0, -1, float("nan")):
        with pytest.raises(InputError, match="cannot simulate"):
            simulate(TimingModel.human(), seconds, 0)


def test_human_conversations_have_human_activity():
    found = compare(collect(made(120, seconds=200)))
    for measure, bound in {
        "layer1_fto": 0.06,
        "layer1_pause": 0.06,
        "layer1_gap": 0.06,
        "layer1_overlap_between": 0.07,
        "layer1_overlap_within": 0.07,
        "ipu": 0.07,
        "silence_within": 0.06,
    }.items():
        assert found.ks(measure) < bound, measure
    for name in ("one", "overlap", "silence"):
        row = found[name]
        assert row.value == pytest.approx(row.other, abs=0.03)


def test_fit_simulate_annotate_gives_the_statistics_back(corpus, model):
    truth = collect(corpus)
    again = collect(made(80, seed=9, model=model))
    found = compare(again, truth)
    # Two samples of these sizes differ by chance by 0.03 (the least of them has 900).
    for measure in ("layer1_fto", "layer1_pause", "fto", "silence_within", "backchannel"):
        assert found.ks(measure) < 0.06, measure
    for rate in ("layer1_pauses", "layer1_gaps", "backchannels"):
        assert found[rate].value == pytest.approx(found[rate].other, rel=0.15)


def test_fit_keeps_what_dyads_are_like(corpus, model):
    truth = collect(corpus)
    assert model.fto.median == pytest.approx(np.median(truth.samples("fto")), abs=0.01)
    assert model.pause.median == pytest.approx(np.median(truth.samples("silence_within")), abs=0.01)
    rate = model.backchannels_per_minute
    assert rate.mean == pytest.approx(truth.per_minute("backchannels"), rel=0.1)
    assert sum(model.backchannel_places.values()) == pytest.approx(1)
    assert set(model.borrowed) >= {"after", "backchannel_words", "words_per_second"}
    assert np.linalg.eigvalsh(np.array(model.correlation)).min() > -1e-6
    assert "40 conversations" in model.source


def test_a_fitted_model_survives_its_file(tmp_path, model):
    model.save(tmp_path / "timing.json")
    again = TimingModel.load(tmp_path / "timing.json")
    assert again == model
    one, other = (simulate(m, 60, 0).activity["A"] for m in (model, again))
    assert np.array_equal(one, other)


def test_fitting_twice_gives_the_same_bytes(corpus, model):
    assert fit(corpus, name="made-1").encode() == model.encode()


def test_roles_are_learnt():
    """The first speaker talks three times as long at a time as the second."""

    def interview(seed):
        rng = np.random.default_rng(seed)
        now, talk = 0, {"guest": [], "host": []}
        for _ in range(60):
            for who, mean in (("guest", 4.0), ("host", 1.2)):
                length = int(1000 * rng.gamma(4.0, mean / 4.0)) + 250
                talk[who].append((now, now + length))
                now += length + int(1000 * rng.gamma(2.0, 0.15)) + 10
        return Timeline.build(RATE, talk)[0]

    process = fit_floor_process([steps_of(layer1(interview(seed))) for seed in range(12)])
    floor = msgspec.structs.replace(TimingModel.human(), floor=process)
    shares = [
        [int(np.diff(t.activity[s]).sum()) for s in ("A", "B")]
        for t in (simulate(floor, 300, i) for i in range(12))
    ]
    guest, host = np.sum(shares, axis=0)
    assert guest / host == pytest.approx(4.0 / 1.2, rel=0.35)


def talk_of_whole_units(seed):
    """The guest's units last exactly 1 s or 0.6 s; the host comes in anywhere in their last 0.4 s,
    or after them.
    """
    rng = np.random.default_rng(seed)
    now, talk = 0, {"guest": [], "host": []}
    for _ in range(60):
        end = now + int(rng.choice([600, 1000]))
        talk["guest"].append((now, end))
        onset = end + int(rng.integers(-400, 300))
        now = onset + int(rng.integers(1500, 5000))
        talk["host"].append((onset, now))
        now += int(rng.integers(300, 900))
    return Timeline.build(RATE, talk)[0]


def test_units_whose_end_is_talked_over_keep_their_length():
    people = [steps_of(layer1(talk_of_whole_units(seed))) for seed in range(12)]
    floor = fit_floor_process(people)
    assert floor is not None
    model = msgspec.structs.replace(TimingModel.human(), floor=floor)
    made = [steps_of(layer1(simulate(model, 300, i))) for i in range(40)]

    def talked_over(conversations):
        steps = [s.whole[(s.sides == 1) & (s.who == 0)] for s in conversations]
        found = np.concatenate(steps)
        return found[~np.isnan(found)]

    seen, again = talked_over(people), talked_over(made)
    assert set(seen.tolist()) == {0.6, 1.0}
    assert len(again) > 300
    # Bins of the two durations that no unit of either length fits into leave a twelfth to chance;
    # durations drawn apart from each other would meet neither length.
    for length in (0.6, 1.0):
        assert np.mean(again == length) == pytest.approx(np.mean(seen == length), abs=0.12)
    assert np.mean((again == 0.6) | (again == 1.0)) > 0.88


def test_the_length_of_a_unit_is_known_where_it_has_one_time_alone():
    talk = {
        "A": [(0, 1000), (2500, 6000)],  # silence, alone 0.7, overlap; silence, alone, within, ..
        "B": [(700, 2000), (4000, 4500), (5800, 8000)],
    }
    steps = steps_of(layer1(Timeline.build(RATE, talk)[0]))
    assert steps.kind.tolist() == [2, 1, 3, 2]
    assert steps.whole[:2].tolist() == [1.0, 1.3]
    assert np.isnan(steps.whole[2:]).all()


def test_differences_between_dyads_are_told_from_noise():
    rng = np.random.default_rng(0)
    same = [rng.standard_normal(15) for _ in range(300)]
    assert variance_between(same) < 0.03
    apart = [rng.standard_normal(15) * np.sqrt(0.7) + m for m in rng.normal(0, 0.3**0.5, 300)]
    assert variance_between(apart) == pytest.approx(0.3, abs=0.06)
    assert variance_between([np.zeros(4)]) == 0.0
    assert variance_between([]) == 0.0


def test_words_of_backchannels_are_learnt():
    conversations = []
    for i in range(20):
        talk, words, now = {"A": [], "B": []}, [], 0
        for k in range(8):
            talk["A"].append((now, now + 4000))
            talk["B"].append((now + 2000, now + 2300))
            text = "Mm-hm." if (i + k) % 4 else "Right,"
            words.append(Word(text, now + 2000, now + 2300))
            now += 4300
        talk["B"].append((now, now + 3000))
        timeline, _ = Timeline.build(RATE, talk, words={"B": words})
        conversations.append((str(i), timeline))
    found = fit(conversations).backchannel_words
    assert found == pytest.approx({"mm-hm": 0.75, "right": 0.25})


def test_more_than_two_and_one_alone():
    three = Timeline.build(
        RATE,
        {
            "A": [(t, t + 900) for t in range(0, 60_000, 3000)],
            "B": [(t + 1000, t + 1900) for t in range(0, 60_000, 3000)],
            "C": [(2000, 2900)],
        },
    )[0]
    alone = Timeline.build(RATE, {"A": [(0, 5000)], "B": []})[0]
    done = []
    model = fit(
        [("x", three), ("y", alone)], progress=lambda stage, share: done.append((stage, share))
    )
    assert model.source.startswith("1 conversations")
    assert ("annotate", 2.0) in done
    assert done[-1] == ("learn", 1.0)
    assert simulate(model, 30, 0).length == 480_000
    with pytest.raises(InputError, match="no conversation of two") as refused:
        fit([("y", alone)])
    assert refused.value.reason == "nothing-to-fit"
    with pytest.raises(InputError, match="no conversation of two"):
        fit([])
