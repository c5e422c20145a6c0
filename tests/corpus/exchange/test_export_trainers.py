"""Exports at a trainer's rate, with its frames, sides by role, sheets, and after a kill."""

import csv
import itertools
import json

import msgspec
import numpy as np
import pytest
import soundfile
from kill_points import files
from made_dialogues import dialogue

from interactspeech.corpus import Corpus, CorpusWriter
from interactspeech.corpus.exchange import (
    ExportOptions,
    check,
    chosen,
    exchange_format,
    export,
    export_names,
)
from interactspeech.corpus.exchange import exporting as exporting_module
from interactspeech.corpus.exchange.interface import ExportedDialogue
from interactspeech.corpus.exchange.journal import ExportJournal
from interactspeech.corpus.exchange.vap import windows
from interactspeech.corpus.split import split
from interactspeech.errors import InputError
from interactspeech.pipelines import exchanging
from interactspeech.records import Dialogue, Event, Span, Speaker, Track, Utterance, Word
from interactspeech.records.clock import at_rate

FRAME = 0.08


def stored(root, made):
    with CorpusWriter(root, {}) as writer:
        with writer.shard(0) as shard:
            for record, samples in made:
                shard.add(record, samples)
            shard.finish()
        writer.finish(1)
    return Corpus.open(root)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return stored(tmp_path_factory.mktemp("made") / "corpus", [dialogue(k) for k in range(6)])


def clicks(rate, starts, ends=None, *, length=4.0, words=None, role=("", "")):
    """A dialogue of speaker A with a click at the start of each word, times in seconds."""
    n = round(length * rate)
    samples = np.zeros((2, n), np.float32)
    ends = ends or [start + 0.05 for start in starts]
    marks = []
    for index, (start, end) in enumerate(zip(starts, ends, strict=True)):
        first, last = round(start * rate), round(end * rate)
        samples[0, first:last] = 0.5 * np.sin(2 * np.pi * 900 * np.arange(last - first) / rate + 1)
        marks.append(Word((words or "abcdefghij")[index], first, last))
    told = Utterance(
        "u", "A", marks[0].start, marks[-1].end, (Span(marks[0].start, marks[-1].end),),
        tuple(marks), times="engine",
    )  # fmt: skip
    speakers = tuple(Speaker(name, role=one) for name, one in zip("AB", role, strict=True))
    tracks = tuple(Track(name, "x.flac", place) for place, name in enumerate("AB"))
    return Dialogue("clicks", rate, n, speakers, (told,), tracks=tracks), samples


def words_of(folder):
    (path,) = sorted((folder / "data_stereo").glob("*.json"))
    return json.loads(path.read_text("utf-8"))["alignments"]


@pytest.mark.parametrize("rate", [8000, 11_025, 16_000, 22_050, 44_100, 48_000])
def test_moshi_leaves_at_the_models_rate_and_sound_stays_under_its_words(tmp_path, rate):
    starts = [0.5, 1.234567, 2.0, 3.3]
    corpus = stored(tmp_path / "corpus", [clicks(rate, starts)])
    export(chosen(corpus), tmp_path / "out", "moshi")
    audio, found = soundfile.read(tmp_path / "out/data_stereo/clicks.wav", always_2d=True)
    assert found == 24_000
    assert len(audio) == 4 * 24_000
    assert [row["duration"] for row in lists(tmp_path / "out")] == [4.0]
    for (_, (start, end), _), expected in zip(words_of(tmp_path / "out"), starts, strict=True):
        assert abs(start - expected) <= 0.501 / rate + 0.501 / found
        quiet = audio[round((start - 0.05) * found) : round((start - 0.002) * found), 0]
        loud = audio[round(start * found) : round(end * found), 0]
        assert np.abs(quiet).max() < 0.02
        onset = np.argmax(np.abs(audio[round((start - 0.02) * found) :, 0]) > 0.2) / found - 0.02
        assert abs(onset) < 0.002  # sphn: 64 ms late from 8 kHz
        assert np.sqrt(np.mean(loud**2)) > 0.3


def lists(folder):
    return [json.loads(line) for line in (folder / "data.jsonl").read_text("utf-8").splitlines()]


def test_words_in_one_frame_are_told_and_can_be_joined(tmp_path):
    starts = [0.50, 0.57, 1.00, 1.05, 1.06, 2.0]  # frames 6 7, 12 13 13, 25
    ends = [0.52, 0.60, 1.02, 1.055, 1.09, 2.1]
    corpus = stored(tmp_path / "corpus", [clicks(24_000, starts, ends)])
    kept = export(chosen(corpus), tmp_path / "keep", "moshi")
    assert kept.notes == {"words-in-one-frame": 1}
    assert [word for word, _, _ in words_of(tmp_path / "keep")] == list("abcdef")
    joined = export(chosen(corpus), tmp_path / "join", "moshi", ExportOptions(same_frame="join"))
    assert joined.notes == {"joined-words": 1}
    assert [word for word, _, _ in words_of(tmp_path / "join")] == ["a", "b", "c", "d e", "f"]
    frames = [int(times[0] / FRAME) for _, times, _ in words_of(tmp_path / "join")]
    assert len(set(frames)) == len(frames)
    assert words_of(tmp_path / "join")[3][1] == [1.05, 1.09]


def test_the_other_sides_words_take_no_frame(tmp_path):
    record, samples = clicks(24_000, [0.5], [0.55])
    other = Utterance(
        "v", "B", 12_000, 13_000, (Span(12_000, 13_000),), (Word("y", 12_000, 13_000),)
    )
    record = msgspec.structs.replace(record, utterances=(*record.utterances, other))
    done = export(
        chosen(stored(tmp_path / "corpus", [(record, samples)])), tmp_path / "out", "moshi"
    )
    assert not done.notes


def test_sides_by_role(tmp_path):
    agent = clicks(24_000, [0.5], role=("user", "agent"))
    none = clicks(24_000, [0.5])
    both = clicks(24_000, [0.5], role=("agent", "agent"))
    named = [(msgspec.structs.replace(record, id=f"c{n}"), samples)
             for n, (record, samples) in enumerate([agent, none, both])]  # fmt: skip
    corpus = stored(tmp_path / "corpus", named)
    options = ExportOptions(model_role="agent")
    before = check(chosen(corpus), exchange_format("moshi"), options)
    assert (before.found["no-role"], before.left_out) == (2, 2)
    for name in ("moshi", "nemo-duplex", "chat"):
        done = export(chosen(corpus), tmp_path / name, name, options)
        lost = {reason: losses.count for reason, losses in done.ledger.dropped.items()}
        assert lost == {"no-role": 2} | ({"one-sided": 1} if name == "chat" else {})
    audio, _ = soundfile.read(tmp_path / "moshi/data_stereo/c0.wav")
    assert not audio[:, 0].any()
    assert audio[:, 1].any()
    assert words_of(tmp_path / "moshi")[0][2] == "SPEAKER_OTHER"
    with pytest.raises(InputError, match="2 speakers have the role"):
        ExportedDialogue(corpus["c2"], 0).sides("A", "agent")


def test_what_will_not_fit_is_named_before_anything_is_written(tmp_path, call):
    two, samples = dialogue(0)
    three = msgspec.structs.replace(two, id="three", speakers=(*two.speakers, Speaker("C")))
    source = msgspec.structs.replace(two.provenance, licence="CC-BY-NC-4.0")
    held = msgspec.structs.replace(two, id="held", provenance=source)
    mute = msgspec.structs.replace(two, id="mute", utterances=tuple(
        msgspec.structs.replace(u, words=(), unsaid=()) for u in two.utterances))  # fmt: skip
    other = at_rate(two, 16_000)
    other = msgspec.structs.replace(other, id="other")
    wide = np.zeros((2, other.length), np.float32)
    silent = msgspec.structs.replace(two, id="silent", tracks=())
    corpus = stored(tmp_path / "corpus", [
        (two, samples), (three, samples), (held, samples), (mute, samples), (other, wide),
        (silent, None),
    ])  # fmt: skip
    seen = check(chosen(corpus), exchange_format("moshi"), ExportOptions())
    assert seen.found == {
        "not-two-speakers": 1, "restricted-licence": 1, "no-words": 1, "no-audio": 1,
        "resampled": 3,
    }  # fmt: skip
    assert seen.examples["not-two-speakers"] == "three"
    assert "rates in the corpus: 8,000 Hz: 5, 16,000 Hz: 1" in seen.lines()
    found = call("export", "moshi", corpus.root, "-o", tmp_path / "out")
    assert found.exit_code == 1
    text = found.stderr
    assert "1 of 6 dialogues left out: the format wants two speakers; the first: three" in text
    assert text.index("before writing") < text.index("not-two-speakers")
    assert check(chosen(corpus), exchange_format("lhotse"), ExportOptions()).found["several-rates"]
    nothing = ExportOptions(rate=16_000)
    assert not check(chosen(corpus), exchange_format("lhotse"), nothing).found["several-rates"]


@pytest.mark.parametrize(
    "name", ["lhotse", "lhotse-shar", "nemo-duplex", "huggingface", "webdataset"]
)
def test_whole_records_come_back_from_another_rate(made, tmp_path, name):
    export(chosen(made), tmp_path / "out", name, ExportOptions(rate=16_000))
    found = {}
    for one in exchange_format(name).read(tmp_path / "out"):
        assert not isinstance(one, InputError), one
        found[one[0].id] = one[0]
    for item in made:
        expected = at_rate(item.dialogue, 16_000)
        got = found[item.id]
        assert (got.rate, got.length) == (16_000, expected.length)
        assert got.utterances == expected.utterances
        assert got.events == expected.events


def test_sheets_lie_beside_every_export_and_are_no_data(made, tmp_path):
    datasets = pytest.importorskip("datasets")
    for name in set(export_names()) - {"tokens"}:
        done = export(chosen(made), tmp_path / name, name)
        if not done.ledger.kept:
            continue
        for sheet in ("LICENCES.md", "STATISTICS.md"):
            assert (tmp_path / name / sheet).is_file(), name
    text = (tmp_path / "moshi/LICENCES.md").read_text("utf-8")
    assert "`made` | `CC0-1.0` | 6" in text
    people = (tmp_path / "moshi/STATISTICS.md").read_text("utf-8")
    assert "| | people | |" in people
    assert "floor-transfer offset" in people
    # moshi-finetune takes every *jsonl below a folder; datasets what the card names.
    assert [path.name for path in (tmp_path / "moshi").rglob("*jsonl")] == ["data.jsonl"]
    data = datasets.load_dataset(str(tmp_path / "huggingface"), cache_dir=str(tmp_path / "cache"))
    assert list(data) == ["train"]
    assert len(data["train"]) == len(made)


def test_all_splits_have_their_own_sheets(made, tmp_path):
    split(made, {"train": 0.5, "validation": 0.25, "test": 0.25}, apart=["sources"], seed=2)
    exchanging.export(made, tmp_path / "out", "moshi", split="all")
    totals = []
    for name in ("train", "validation", "test"):
        text = (tmp_path / "out" / name / "LICENCES.md").read_text("utf-8")
        totals.append(int(text.splitlines()[2].split()[0]))
        assert (tmp_path / "out" / name / "STATISTICS.md").is_file()
        for row in lists(tmp_path / "out" / name):
            assert (tmp_path / "out" / name / row["path"]).is_file()
    assert sum(totals) == len(made)


@pytest.mark.parametrize("name", ["moshi", "lhotse", "lhotse-shar", "webdataset", "huggingface",
                                  "chat", "nemo", "nemo-duplex", "rttm"])  # fmt: skip
def test_a_killed_export_goes_on_and_gives_the_same_bytes(tmp_path, monkeypatch, name):
    """Die after every dialogue in turn; with two dialogues to a shard."""
    for module in ("lhotse_shar", "lhotse", "tars", "huggingface"):
        monkeypatch.setattr(f"interactspeech.corpus.exchange.{module}.PER_SHARD", 2)
    monkeypatch.setattr("interactspeech.corpus.exchange.huggingface._FILE", 1)
    monkeypatch.setattr(ExportJournal, "is_due", lambda self: bool(self._identity))
    talks = [dialogue(k) for k in range(5)]
    bad = msgspec.structs.replace(talks[1][0], speakers=(*talks[1][0].speakers, Speaker("C")))
    talks[1] = (bad, talks[1][1])
    corpus = stored(tmp_path / "corpus", talks)
    whole = exchanging.export(corpus, tmp_path / "whole", name)
    assert whole.resumed == 0
    on = []
    for last in range(5):
        target = tmp_path / f"out{last}"

        seen = []

        def on_item(*_, seen=seen, last=last):
            seen.append(1)
            if len(seen) == last + 1:
                raise KeyboardInterrupt

        same = exchanging._identity([corpus], name, ExportOptions(), "", [], [{}])
        with pytest.raises(KeyboardInterrupt):
            export(chosen(corpus), target, name, on_item=on_item, identity=same)
        assert not target.exists()
        again = export(chosen(corpus), target, name, identity=same)
        on.append(again.resumed)
        assert files(target) == files(tmp_path / "whole")
        assert again.ledger.to_json() == whole.ledger.to_json()
        assert (again.notes, again.unlicensed) == (whole.notes, whole.unlicensed)
        assert not list(tmp_path.glob(".out*"))
    assert max(on) >= 2
    assert on == sorted(on)


def test_another_export_does_not_go_on_from_a_killed_one(made, tmp_path, monkeypatch):
    monkeypatch.setattr(ExportJournal, "is_due", lambda self: bool(self._identity))
    count = []

    def stop(*_):
        count.append(1)
        if len(count) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(chosen(made), tmp_path / "out", "moshi", on_item=stop, identity="one")
    assert list(tmp_path.glob(".out*/.journal"))
    done = export(chosen(made), tmp_path / "out", "moshi", identity="other")
    assert done.resumed == 0
    assert len(lists(tmp_path / "out")) == len(made)
    assert not list(tmp_path.glob(".out*"))
    assert exporting_module.PROVENANCE in files(tmp_path / "out")


def test_a_record_on_another_clock():
    record, _ = dialogue(3)
    event = Event("interruption", "B", 5, 11, partner="A", origin="planned", attributes={
        "overlap": 6, "floor_transfer": 11, "outcome": "taken", "backchannels": 2})  # fmt: skip
    record = msgspec.structs.replace(record, events=(event,))
    up = at_rate(record, 24_000)
    assert up.length == 3 * record.length
    assert at_rate(up, 8000) == record
    moved = up.events[0]
    assert moved.attributes == {
        "overlap": 18, "floor_transfer": 33, "outcome": "taken", "backchannels": 2,
    }  # fmt: skip
    down = at_rate(record, 100)  # 90 samples are one: nothing becomes empty, nothing overlaps
    assert all(word.end > word.start for u in down.utterances for word in u.words)
    with pytest.raises(ValueError, match="positive"):
        at_rate(record, 0)


def test_stretches_that_come_to_touch_become_one():
    told = Utterance(
        "u", "A", 0, 100, (Span(0, 49), Span(50, 100)), (Word("a", 0, 1), Word("b", 1, 2))
    )
    record = Dialogue("d", 1000, 100, (Speaker("A"),), (told,))
    down = at_rate(record, 10)
    assert down.utterances[0].speech == (Span(0, 2),)
    assert [(w.start, w.end) for w in down.utterances[0].words] == [(0, 1), (1, 2)]
    assert down.length == 2


@pytest.mark.parametrize("seconds", [22.0, 41.9, 42.0, 63.7])
def test_vap_windows_reach_to_the_end_and_know_the_future(seconds):
    starts = windows(seconds)
    assert starts[0] == 0
    assert starts[-1] + 22 == pytest.approx(seconds)
    assert all(after - one <= 20 for one, after in itertools.pairwise(starts))
    assert not windows(21.9)


def test_vap_says_who_talks_in_each_window_and_behind_it(tmp_path):
    rate = 8000

    def spoken(name, speaker, *spans):
        marks = tuple(Span(round(a * rate), round(b * rate)) for a, b in spans)
        return Utterance(name, speaker, marks[0].start, marks[-1].end, marks)

    told = (spoken("a", "A", (1, 2.5), (3, 4)), spoken("b", "B", (3.5, 6)),
            spoken("c", "B", (19, 21), (24, 25)), spoken("d", "A", (39.5, 45)))  # fmt: skip
    tracks = tuple(Track(name, "x.flac", place) for place, name in enumerate("AB"))
    length = 46 * rate
    record = Dialogue("d1", rate, length, (Speaker("A"), Speaker("B")), told, tracks=tracks)
    samples = np.zeros((2, length), np.float32)
    short, sound = dialogue(0)
    corpus = stored(tmp_path / "corpus", [(record, samples), (short, sound)])
    done = export(chosen(corpus), tmp_path / "out", "vap", ExportOptions(path_prefix="here/"))
    assert {reason: one.count for reason, one in done.ledger.dropped.items()} == {"too-short": 1}
    with (tmp_path / "out/data.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(float(row["start"]), float(row["end"])) for row in rows] == [
        (0, 20), (20, 40), (24, 44)
    ]  # fmt: skip
    assert json.loads(rows[0]["vad_list"]) == [[[1, 2.5], [3, 4]], [[3.5, 6], [19, 21]]]
    assert json.loads(rows[1]["vad_list"]) == [[[19.5, 22]], [[0, 1], [4, 5]]]
    assert json.loads(rows[2]["vad_list"]) == [[[15.5, 21]], [[0, 1]]]
    assert {row["audio_path"] for row in rows} == {"here/audio/d1.wav"}
    audio, found = soundfile.read(tmp_path / "out/audio/d1.wav")
    assert (found, audio.shape) == (16_000, (46 * 16_000, 2))
