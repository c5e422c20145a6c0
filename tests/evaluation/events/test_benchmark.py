import json
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner
from spoken import spoken

from interactspeech.cli.evaluate_events import command
from interactspeech.corpus import Corpus
from interactspeech.errors import InputError
from interactspeech.evaluation.events.benchmark import (
    ASKED,
    RATE,
    Benchmark,
    at_rate,
    from_corpus,
    make,
    true_events,
)
from interactspeech.evaluation.events.conditions import CONDITIONS, UNNAMED, condition
from interactspeech.evaluation.events.detectors import (
    ActivityRules,
    MajorityDetector,
    OracleWordsDetector,
)
from interactspeech.evaluation.events.floor_bids import (
    duration_scorer,
    evaluate_floor_bids,
    single_speaker_stretches,
)
from interactspeech.evaluation.events.recordings import annotated_recording
from interactspeech.evaluation.events.running import evaluate, match_events
from interactspeech.records import Dialogue, Event, Speaker

pytestmark = pytest.mark.xdist_group("benchmark")  # made once for all


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    make(from_corpus(spoken(limit=4)), folder / "b", name="b", questions=64, seed=3)
    return folder / "b"


@pytest.fixture(scope="module")
def benchmark(folder):
    return Benchmark(folder)


class Oracle:
    """Knows the benchmark, and which clip it is given by its samples."""

    name = "oracle"

    def __init__(self, benchmark):
        cases = benchmark.cases
        clips = [(q.dialogue, q.start, q.end) for q in benchmark.questions]
        clips += [(name, 0, case.audio().shape[1]) for name, case in cases.items()]
        self.known = {
            cases[name].audio(start, end).tobytes(): (cases[name].dialogue, start, end)
            for name, start, end in clips
        }

    def __call__(self, samples):
        dialogue, start, end = self.known[samples.tobytes()]
        names = {s.id: n for s, n in zip(dialogue.speakers, "AB", strict=True)}
        return tuple(
            Event(e.type, names[e.speaker], max(0, e.start - start), max(0, e.end - start))
            for e in dialogue.events
            if e.start < end and e.end >= start
        )


def test_who_knows_all_is_right_always(benchmark):
    found = evaluate(benchmark, Oracle(benchmark))
    assert found.accuracy["mean"].value == 1.0
    assert found.onset["mean"].value == 1.0


def test_who_says_no_is_right_half_of_the_time(benchmark):
    found = evaluate(benchmark, MajorityDetector())
    assert all(found.accuracy[kind].value == 0.5 for kind in ASKED)
    assert found.onset["mean"].value == 0.0


def test_energy_and_rules_do_well_on_clean_tracks(benchmark):
    found = evaluate(benchmark, ActivityRules("energy"))
    assert found.accuracy["mean"].value > 0.75
    assert found.onset["mean"].value > 0.75


class Crossed:
    """Knows all, and calls A B."""

    name = "crossed"

    def __init__(self, benchmark):
        self.oracle = Oracle(benchmark)

    def __call__(self, samples):
        return tuple(
            msgspec.structs.replace(e, speaker="BA"["AB".index(e.speaker)])
            for e in self.oracle(samples)
        )


def test_names_count_where_the_channels_say_who_is_who(benchmark, tmp_path):
    wrong = evaluate(benchmark, Crossed(benchmark), questions=False)
    assert wrong.onset["mean"].value < 0.1
    assert UNNAMED.issubset(CONDITIONS)
    make(
        from_corpus(spoken(limit=4)), tmp_path / "far", name="far", condition=condition("far"),
        condition_name="far", questions=8, seed=3,
    )  # fmt: skip
    far = Benchmark(tmp_path / "far")
    assert evaluate(far, Oracle(far), questions=False).onset["mean"].value == 1.0
    assert evaluate(far, Crossed(far), questions=False).onset["mean"].value == 1.0
    # Bids in a far room: the scores of a scorer that calls A B are as good as the true ones.
    oracle = Scorer(far)
    straight, crossed = (
        evaluate_floor_bids(far, oracle, "x"),
        evaluate_floor_bids(far, lambda s: oracle(s)[::-1], "x"),
    )
    assert straight.recall.value == crossed.recall.value > 0.9
    assert straight.delay == crossed.delay


class Scorer:
    """Knows who talks; a bid is talk that is no backchannel."""

    def __init__(self, benchmark):
        self.known = {c.audio().tobytes(): c.dialogue for c in benchmark.cases.values()}

    def __call__(self, samples):
        dialogue = self.known[samples.tobytes()]
        score = np.zeros((2, -(-samples.shape[1] // 640)), np.float32)
        for side, speaker in enumerate(dialogue.speakers):
            for u in dialogue.utterances:
                if u.speaker == speaker.id and u.kind == "turn":
                    for span in u.speech:
                        score[side, span.start // 640 : -(-span.end // 640)] = 1.0
        return score


def test_true_words_tell_feedback(benchmark):
    told, plain = OracleWordsDetector("energy"), ActivityRules("energy")
    assert told.name == "energy + rules + true words"
    heard = evaluate(benchmark, told, questions=False).onset["backchannel"].value
    assert heard >= evaluate(benchmark, plain, questions=False).onset["backchannel"].value
    case = next(iter(benchmark.cases.values()))
    start, end = case.dialogue.length // 3, 2 * case.dialogue.length // 3
    clip = told.about(case.dialogue, start, end)
    for name, speaker in zip("AB", case.dialogue.speakers, strict=True):
        words = [w for u in case.dialogue.utterances if u.speaker == speaker.id for w in u.words]
        inside = [w for w in words if start <= (w.start + w.end) // 2 < end]
        assert [w.text for w in clip.words[name]] == [w.text for w in inside]
        assert all(0 <= w.start < w.end <= end - start for w in clip.words[name])
    assert all(e.end <= end - start for e in clip(case.audio(start, end)))


def test_questions_are_balanced_and_true(benchmark):
    for kind in ASKED:
        asked = [q for q in benchmark.questions if q.event == kind]
        yes = [q for q in asked if q.answer]
        assert len(yes) * 2 == len(asked) > 0
        assert sorted(q.end - q.start for q in yes) == sorted(
            q.end - q.start for q in asked if not q.answer
        )
        for q in asked:
            events = [e for e in benchmark.cases[q.dialogue].dialogue.events if e.type == kind]
            inside = [e for e in events if e.start >= q.start and e.end <= q.end]
            touching = [e for e in events if e.start < q.end and e.end >= q.start]
            assert bool(inside) if q.answer else not touching
            assert 0 <= q.start < q.end <= benchmark.cases[q.dialogue].dialogue.length


def test_the_same_seed_asks_the_same(folder, tmp_path):
    make(from_corpus(spoken(limit=4)), tmp_path / "b", name="b", questions=64, seed=3)
    for name in ("questions.jsonl", "dialogues.jsonl", "benchmark.json"):
        assert (folder / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_truth_follows_the_kinds_of_the_record():
    item = next(iter(Corpus.open(spoken(limit=4))))
    events, rules = true_events(item.dialogue)
    said = {(u.start, u.end) for u in item.dialogue.utterances if u.kind == "backchannel"}
    found = {(e.start, e.end) for e in events if e.type == "backchannel"}
    assert found <= said
    assert rules.backchannel == "record"
    plain = msgspec.structs.replace(
        item.dialogue,
        utterances=tuple(msgspec.structs.replace(u, kind="turn") for u in item.dialogue.utterances),
    )
    assert true_events(plain)[1].backchannel != "record"


def test_a_record_on_another_clock_is_the_same_conversation():
    item = next(iter(Corpus.open(spoken(limit=4))))
    moved = at_rate(item.dialogue, 8000)
    assert moved.rate == 8000
    assert moved.seconds == pytest.approx(item.dialogue.seconds, abs=0.001)
    for a, b in zip(item.dialogue.utterances, moved.utterances, strict=True):
        assert b.start / 8000 == pytest.approx(a.start / item.dialogue.rate, abs=1e-3)
        assert len(b.words) == len(a.words)


def test_one_channel_holds_the_sum(tmp_path, benchmark):
    make(from_corpus(spoken(limit=4)), tmp_path / "m", name="m", mono=True, questions=8, seed=3)
    mono = Benchmark(tmp_path / "m")
    name = next(iter(mono.cases))
    both = benchmark.cases[name].audio()
    one = mono.cases[name].audio()
    assert one.shape[0] == 1
    assert np.corrcoef(one[0], both.sum(axis=0))[0, 1] > 0.999


@pytest.mark.parametrize("name", [n for n in CONDITIONS if n != "clean"])
def test_conditions_keep_the_time_and_change_the_sound(name):
    rng = np.random.default_rng(1)
    tracks = np.zeros((2, 3 * RATE), np.float32)
    tracks[0, RATE : 2 * RATE] = 0.1 * rng.normal(0, 1, RATE)
    made = condition(name)
    heard = made(tracks, 0, "d")
    assert heard.shape == tracks.shape
    assert not np.allclose(heard, tracks, atol=1e-4)
    np.testing.assert_array_equal(heard, made(tracks, 0, "d"))
    loud = np.abs(heard[0]).reshape(-1, RATE // 10).mean(axis=1)
    assert loud[10:20].mean() > loud[:9].mean()


def test_of_two_assignments_with_as_many_hits_the_straight_one_counts():
    """Where channels do not say who is who, a tie goes to the speakers in their own order."""
    dialogue = Dialogue("d", RATE, 10 * RATE, (Speaker("x"), Speaker("y")), ())
    true = (
        Event("backchannel", "x", RATE, 2 * RATE),
        Event("gap", "x", 5 * RATE, 6 * RATE),
    )
    case = SimpleNamespace(dialogue=msgspec.structs.replace(dialogue, events=true))
    far = SimpleNamespace(manifest=SimpleNamespace(channels=2, condition="far"))
    found = (
        Event("backchannel", "A", RATE, 2 * RATE),  # as it is, if A is x
        Event("gap", "B", 5 * RATE, 6 * RATE),  # as it is, if B is x
    )
    assert "far" in UNNAMED
    straight = match_events(far, case, found)
    assert (straight["backchannel"].hits, straight["gap"].hits) == (1, 0)
    more = (*found, Event("pause", "B", 8 * RATE, 9 * RATE))
    true = (*true, Event("pause", "x", 8 * RATE, 9 * RATE))
    case = SimpleNamespace(dialogue=msgspec.structs.replace(dialogue, events=true))
    crossed = match_events(far, case, more)
    assert (crossed["backchannel"].hits, crossed["gap"].hits, crossed["pause"].hits) == (0, 1, 1)
    clean = SimpleNamespace(manifest=SimpleNamespace(channels=2, condition="clean"))
    assert match_events(clean, case, more)["pause"].hits == 0


def test_unknown_conditions_and_folders_are_refused(tmp_path):
    with pytest.raises(InputError, match="no condition"):
        condition("underwater")
    with pytest.raises(InputError, match="no benchmark"):
        Benchmark(tmp_path)
    with pytest.raises(InputError, match="no dialogues"):
        make([], tmp_path / "x", name="x")


def test_stretches_in_which_nobody_comes_in(benchmark):
    case = next(iter(benchmark.cases.values()))
    ids = [s.id for s in case.dialogue.speakers]
    for silent, start, end in single_speaker_stretches(case.dialogue):
        assert end - start == 3 * RATE
        assert not any(
            u.speaker == ids[silent] and u.start < end and u.end > start
            for u in case.dialogue.utterances
        )


def test_how_long_talk_lasts_tells_bids_from_feedback(benchmark):
    found = evaluate_floor_bids(benchmark, duration_scorer("energy"), "energy")
    assert found.false_alarms.value <= 0.1
    assert found.recall.value >= 0.5


def test_a_recording_with_its_annotation(tmp_path):
    import soundfile

    item = next(iter(Corpus.open(spoken(limit=4))))
    rate = item.dialogue.rate
    soundfile.write(tmp_path / "a.wav", item.audio()[:, : 15 * rate].T, rate)
    from interactspeech.formats import write

    write(item.dialogue, tmp_path / "a.TextGrid", "textgrid")
    record, sound = annotated_recording(str(tmp_path / "a.wav"), str(tmp_path / "a.TextGrid"))
    assert sound.shape == (2, 15 * RATE)
    assert record.rate == RATE
    make([(record, sound)], tmp_path / "b", name="b", questions=8)
    kept = next(iter(Benchmark(tmp_path / "b").cases.values())).audio()
    assert np.corrcoef(kept[0], sound[0])[0, 1] > 0.999
    assert record.seconds == pytest.approx(15, abs=0.01)
    assert all(u.end <= record.length for u in record.utterances)
    with pytest.raises(InputError):
        annotated_recording(str(tmp_path / "a.wav"), str(tmp_path / "none.TextGrid"))


def test_the_commands(tmp_path):
    run = CliRunner().invoke
    out = tmp_path / "b"
    made = run(command, ["make", str(spoken(limit=4)), "-o", str(out), "--questions", "16"])
    assert made.exit_code == 0, made.output
    measured = run(command, ["run", str(out), "--detector", "majority", "--json"])
    assert measured.exit_code == 0, measured.output
    (result,) = json.loads(measured.stdout)
    assert result["accuracy"]["mean"]["value"] == 0.5
    shown = run(command, ["run", str(out), "--detector", "majority", "-q"])
    assert "Task A" in shown.output
    assert run(command, ["bids", str(out), "--json"]).exit_code == 0
