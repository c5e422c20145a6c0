"""Imports with audio: exact round trips, and other people's files that cannot be trusted."""

import gzip
import io
import json
import tarfile

import msgspec
import numpy as np
import pytest
import soundfile
from made_dialogues import dialogue

from interactspeech import formats
from interactspeech.corpus import Corpus, CorpusWriter, verify
from interactspeech.corpus.exchange import (
    ExportOptions,
    chosen,
    export,
    import_corpus,
    lhotse,
    lhotse_shar,
    nemo,
)
from interactspeech.corpus.exchange.exporting import exported_format
from interactspeech.errors import InputError
from interactspeech.records import encode
from interactspeech.signal.flac import to_int16


@pytest.fixture
def odd(tmp_path):
    """Ids and names that could mislead a writer of files."""
    root = tmp_path / "odd"
    with CorpusWriter(root, {}) as writer:
        with writer.shard(0) as shard:
            for number, name in enumerate(["a.b..c", "-rf", "CON", "x" * 60, "_", "a.b.json"]):
                record, samples = dialogue(number)
                shard.add(msgspec.structs.replace(record, id=name), samples)
            shard.finish()
        writer.finish(1)
    return Corpus.open(root)


def same(back, corpus):
    assert list(verify(back.root)) == []
    assert sorted(item.id for item in back) == sorted(item.id for item in corpus)
    for item in corpus:
        found = back[item.id]
        one, other = (msgspec.to_builtins(i.dialogue) for i in (item, found))
        assert one == other
        assert np.array_equal(to_int16(item.audio()), to_int16(found.audio()))


@pytest.mark.parametrize("audio_format", ["flac", "wav"])
@pytest.mark.parametrize("which", ["built", "odd"])
def test_webdataset_round_trip(which, audio_format, tmp_path, request):
    corpus = request.getfixturevalue(which)
    out = tmp_path / "out"
    export(chosen(corpus), out, "webdataset", ExportOptions(audio_format=audio_format))
    ledger = import_corpus(out, tmp_path / "back", "webdataset")
    assert ledger.dropped == {}
    back = Corpus.open(tmp_path / "back")
    same(back, corpus)
    if audio_format == "flac":
        assert all(back[item.id].flac() == item.flac() for item in corpus)


@pytest.mark.parametrize("which", ["built", "odd"])
def test_lhotse_round_trip(which, tmp_path, request):
    corpus = request.getfixturevalue(which)
    export(chosen(corpus), tmp_path / "out", "lhotse")
    assert import_corpus(tmp_path / "out", tmp_path / "back", "lhotse").dropped == {}
    same(Corpus.open(tmp_path / "back"), corpus)


@pytest.mark.parametrize(
    "name", ["moshi", "lhotse-shar", "nemo", "huggingface", "rttm", "original"]
)
def test_odd_ids_stay_in_the_folder(odd, tmp_path, name):
    before = {path.name for path in tmp_path.iterdir()}
    assert export(chosen(odd), tmp_path / "out", name).ledger.dropped == {}
    assert {path.name for path in tmp_path.iterdir()} - before == {"out"}


def test_lhotse_of_others(tmp_path):
    """A manifest as people write one: no custom fields, a WAV file, cuts that cannot be used."""
    rate, tone = 16_000, np.full((16_000, 2), 0.25, np.float32)
    soundfile.write(tmp_path / "talk.wav", tone, rate, subtype="PCM_16")
    recording = {"id": "talk", "sampling_rate": rate, "num_samples": rate, "duration": 1.0,
                 "sources": [{"type": "file", "channels": [0, 1], "source": "talk.wav"}],
                 "channel_ids": [0, 1]}  # fmt: skip
    cut = {"id": "talk 1/2", "start": 0, "duration": 1.0, "channel": [0, 1], "type": "MultiCut",
           "recording": recording,
           "supervisions": [
               {"id": "s1", "recording_id": "talk", "start": 0.5, "duration": 0.25, "channel": 1,
                "text": "Yes, sure.", "speaker": "bob"},
               {"id": "s0", "recording_id": "talk", "start": 0.1, "duration": 0.3, "channel": [0],
                "text": "well", "speaker": "ann",
                "alignment": {"word": [["well", 0.1, 0.3, 0.9]]}}]}  # fmt: skip
    command = recording | {"sources": [{"type": "command", "channels": [0], "source": "touch x"}]}
    lines = [cut, cut | {"recording": command}, cut | {"start": 0.5}, ["no cut"], {"id": 7},
             cut | {"supervisions": [{"start": -1, "duration": 0}]}]  # fmt: skip
    text = "".join(json.dumps(line) + "\n" for line in lines) + "{broken\n"
    (tmp_path / "cuts.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    ledger = import_corpus(tmp_path, tmp_path / "back", "lhotse", licence="CC-BY-4.0")
    assert {k: v.count for k, v in ledger.dropped.items()} == {
        "unsafe-source": 1, "duplicate-id": 1, "bad-cut": 4,
    }  # fmt: skip
    assert not (tmp_path / "x").exists()
    (item,) = Corpus.open(tmp_path / "back")
    assert (item.id, item.dialogue.provenance.licence) == ("talk_1_2", "CC-BY-4.0")
    first, second = item.dialogue.utterances
    assert (first.speaker, first.words[0].start, first.words[0].end) == ("ann", 1600, 6400)
    assert (second.speaker, second.start, second.end) == ("bob", 8000, 12000)
    assert (second.written, second.times) == ("Yes, sure.", "none")
    assert item.audio().shape == (2, rate)


def test_tars_of_others(tmp_path):
    record, samples = dialogue(1)
    wav = io.BytesIO()
    soundfile.write(wav, to_int16(samples).T, record.rate, format="WAV", subtype="PCM_16")
    members = [
        ("../evil.json", b"{}"), ("good.json", encode(record)), ("good.wav", wav.getvalue()),
        ("lonely.flac", b"fLaC"), ("other.json", b'{"label": 3}'), ("note.txt", b"hello"),
        ("again.json", encode(record)), ("long.json", encode(dialogue(2)[0])),
        ("long.wav", wav.getvalue()),
    ]  # fmt: skip
    with tarfile.open(tmp_path / "them.tar", "w") as tar:
        link = tarfile.TarInfo("link.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    ledger = import_corpus(tmp_path / "them.tar", tmp_path / "back", "webdataset")
    counts = {key: reason.count for key, reason in ledger.dropped.items()}
    assert ledger.kept == 1
    assert counts["unsafe-member"] == 3
    assert (counts["no-record"], counts["duplicate-id"], counts["bad-audio"]) == (1, 1, 1)
    assert sum(counts.values()) == 7
    assert not (tmp_path.parent / "evil.json").exists()
    (item,) = Corpus.open(tmp_path / "back")
    assert np.array_equal(to_int16(item.audio()), to_int16(samples))
    (tmp_path / "cut.tar").write_bytes((tmp_path / "them.tar").read_bytes()[:3000])
    assert "bad-tar" in import_corpus(tmp_path / "cut.tar", tmp_path / "b2", "webdataset").dropped


def test_nothing_to_import(tmp_path):
    (tmp_path / "empty").mkdir()
    for name, reason in (("lhotse", "no-input"), ("webdataset", "no-input"), ("what", "usage")):
        with pytest.raises(InputError) as caught:
            import_corpus(tmp_path / "empty", tmp_path / "back", name)
        assert caught.value.reason == reason
        assert not (tmp_path / "back").exists()


def manifest(folder, supervisions, **fields):
    """A manifest of one cut of a 10 s recording of two channels at 8 kHz."""
    rate = 8000
    noise = np.random.default_rng(1).normal(0, 0.1, (10 * rate, 2)).astype(np.float32)
    soundfile.write(folder / "talk.wav", noise, rate, subtype="PCM_16")
    recording = {"id": "talk", "sampling_rate": rate, "num_samples": 10 * rate, "duration": 10.0,
                 "sources": [{"type": "file", "channels": [0, 1], "source": "talk.wav"}],
                 "channel_ids": [0, 1]}  # fmt: skip
    cut = {"id": "talk", "start": 0, "duration": 10.0, "channel": [0, 1], "type": "MultiCut",
           "recording": recording, "supervisions": supervisions} | fields  # fmt: skip
    path = folder / "cuts.jsonl"
    path.write_text(json.dumps(cut) + "\n")
    return path


def said(name, channel, start, duration, words, **fields):
    """A supervision whose alignment is ``(word, start, duration)``."""
    text = " ".join(word for word, *_ in words if word and word[0] != "<")
    return {"id": f"{name}{start}", "recording_id": "talk", "start": start, "duration": duration,
            "channel": channel, "text": text, "speaker": name,
            "alignment": {"word": [list(word) for word in words]}} | fields  # fmt: skip


def heard(record):
    """Who says which word from when to when, in milliseconds."""
    return [(u.speaker, w.text, 1000 * w.start // record.rate, 1000 * w.end // record.rate)
            for u in record.utterances for w in u.words]  # fmt: skip


@pytest.mark.parametrize("silence", ["", "<eps>", "sil", None, "[SIL]"])
def test_silences_of_an_alignment_are_no_words(tmp_path, silence):
    words = [(silence, 1.0, 0.3), ("so", 1.3, 0.3), (silence, 1.6, 0.0), ("we", 1.8, 0.2),
             (silence, 2.0, 1.0)]  # fmt: skip
    path = manifest(tmp_path, [said("ann", 0, 1.0, 2.0, words)])
    ((record, _),) = lhotse.read(path)
    assert heard(record) == [("ann", "so", 1300, 1600), ("ann", "we", 1800, 2000)]
    assert record.utterances[0].times == "aligned"
    export_folder = tmp_path / "corpus"
    import_corpus(path, export_folder, "lhotse")
    export(chosen(Corpus.open(export_folder)), tmp_path / "ctm", "ctm")
    (ctm,) = (tmp_path / "ctm").rglob("*.ctm")
    lines = [line.split() for line in ctm.read_text().splitlines() if not line.startswith(";;")]
    assert [line[4] for line in lines] == ["so", "we"]


def test_a_supervision_of_silence_without_length_is_nothing(tmp_path):
    path = manifest(
        tmp_path,
        [said("ann", 0, 1.0, 0.0, [("", 1.0, 0.0)]), said("bob", 1, 2.0, 1.0, [("yes", 2.0, 0.5)])],
    )
    ((record, _),) = lhotse.read(path)
    assert heard(record) == [("bob", "yes", 2000, 2500)]
    words = [("so", 1.0, 0.0), ("then", 1.0, 0.5)]
    path = manifest(tmp_path, [said("ann", 0, 1.0, 0.0, words)])
    (error,) = lhotse.read(path)
    assert (error.reason, error.line) == ("zero-length", 1)


WORDS = [("so", 3.3, 0.3), ("we", 3.8, 0.2), ("go", 4.0, 0.5)]
ANSWER = [("yes", 5.0, 0.4)]


@pytest.mark.parametrize("fields", [{}, {"duration": None}])
def test_a_cut_of_a_part_is_that_part(tmp_path, fields):
    """Supervisions count from the cut, alignments from the recording, as the library writes it."""
    supervisions = [said("ann", 0, 0.5, 2.0, WORDS), said("bob", 1, 2.4, 1.0, ANSWER)]
    path = manifest(tmp_path, supervisions, **({"start": 2.5, "duration": 6.0} | fields))
    ((record, sound),) = lhotse.read(path)
    assert record.length == sound.shape[1] == (60_000 if fields else 48_000)
    whole, _ = soundfile.read(tmp_path / "talk.wav", dtype="float32")
    assert np.array_equal(sound, whole[20_000 : 20_000 + record.length].T)
    assert heard(record) == [("ann", "so", 800, 1100), ("ann", "we", 1300, 1500),
                             ("ann", "go", 1500, 2000), ("bob", "yes", 2500, 2900)]  # fmt: skip


def test_word_times_that_count_from_the_cut_are_taken_so(tmp_path):
    moved = [(word, start - 2.5, long) for word, start, long in WORDS]
    path = manifest(tmp_path, [said("ann", 0, 0.5, 2.0, moved)], start=2.5, duration=6.0)
    ((record, _),) = lhotse.read(path)
    assert heard(record)[0] == ("ann", "so", 800, 1100)


def test_word_times_on_no_clock_are_not_taken(tmp_path):
    """One supervision alone would fit them; the other shows that they are off."""
    words = [(word, start + 0.4, long) for word, start, long in [*WORDS, *ANSWER]]
    supervisions = [said("ann", 0, 3.0, 3.0, words[:3]), said("bob", 1, 4.9, 0.6, words[3:])]
    ((record, _),) = lhotse.read(manifest(tmp_path, supervisions))
    assert [(u.times, u.written, u.words) for u in record.utterances] == [
        ("none", "so we go", ()), ("none", "yes", ()),
    ]  # fmt: skip


@pytest.mark.parametrize("offset", [0.5, 1.7, 2.9])
@pytest.mark.parametrize("silences", [True, False])
def test_parts_that_the_library_itself_cuts(tmp_path, offset, silences):
    """`truncate` moves supervisions and not their alignments; Shar forgets the cut's start."""
    library = pytest.importorskip("lhotse")
    words = [("", 3.0, 0.3), *WORDS, ("", 4.5, 0.5)] if silences else WORDS
    supervisions = [said("ann", 0, 3.0, 2.0, words), said("bob", 1, 5.0, 0.4, ANSWER)]
    path = manifest(tmp_path, supervisions)
    cuts = library.CutSet.from_file(path).with_recording_path_prefix(tmp_path)
    part = library.CutSet.from_cuts(
        cut.truncate(offset=offset, duration=6.0, preserve_id=True) for cut in cuts
    )
    part.to_file(tmp_path / "part.jsonl")
    (tmp_path / "shar").mkdir()
    part.to_shar(tmp_path / "shar", fields={"recording": "flac"})
    expected = [("ann", word, round(1000 * (start - offset)), round(1000 * (start + long - offset)))
                for word, start, long in WORDS if word]  # fmt: skip
    expected.append(("bob", "yes", round(5000 - 1000 * offset), round(5400 - 1000 * offset)))
    for found in (lhotse.read(tmp_path / "part.jsonl"), lhotse_shar.read(tmp_path / "shar")):
        ((record, _),) = found
        assert heard(record) == expected


def test_the_shared_case_of_silence_words(shared_data):
    folder = shared_data / "cases" / "26-lhotse-silence-words"
    if not folder.is_dir():
        pytest.skip("the cases are not here")
    ((record, _),) = lhotse.read(folder)
    assert [word for _, word, *_ in heard(record)] == ["so", "we", "go"]


def test_a_word_that_an_aligner_could_not_place_is_estimated(tmp_path):
    words = [("so", 3.0, 0.4), ("we", None, None), ("go", 4.2, 0.5)]
    ((record, _),) = lhotse.read(manifest(tmp_path, [said("ann", 0, 3.0, 2.0, words)]))
    (utterance,) = record.utterances
    assert [word.text for word in utterance.words] == ["so", "we", "go"]
    assert utterance.times == "estimated"


def test_mixes_and_supervisions_without_cuts_are_refused_with_the_remedy(tmp_path):
    path = manifest(tmp_path, [said("ann", 0, 3.0, 2.0, WORDS)])
    cut = json.loads(path.read_text().splitlines()[0])
    mix = {"id": "mix", "tracks": [{"cut": cut, "offset": 0.0}] * 2, "type": "MixedCut"}
    path.write_text(json.dumps(mix) + "\n")
    (refused,) = lhotse.read(path)
    assert "a mix of 2 cuts" in str(refused)
    other = tmp_path / "other"
    other.mkdir()
    (other / "supervisions.jsonl").write_text("{}\n")
    with pytest.raises(InputError, match="lhotse cut simple"):
        lhotse.read(other)


def test_a_folder_of_lhotse_and_its_list_are_told_apart_by_annotate(tmp_path):
    path = manifest(tmp_path, [said("ann", 0, 3.0, 2.0, WORDS)])
    path.rename(tmp_path / "cuts.jsonl")
    assert exported_format(tmp_path) == "lhotse"
    with pytest.raises(InputError, match="interactspeech import lhotse"):
        formats.read(tmp_path / "cuts.jsonl")
    (tmp_path / "a.rttm").write_text("")
    assert exported_format(tmp_path) == ""


def test_nemo_calls_its_json_lines_json(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(16_000), 16_000)
    (tmp_path / "a.rttm").write_text("SPEAKER a 1 0.1 0.5 <NA> <NA> ann <NA> <NA>\n")
    row = {"audio_filepath": "a.wav", "offset": 0, "duration": None, "rttm_filepath": "a.rttm"}
    (tmp_path / "manifest.json").write_text(json.dumps(row) + "\n")
    ((record, _),) = nemo.read(tmp_path)
    assert [(u.speaker, u.start, u.end) for u in record.utterances] == [("ann", 1600, 9600)]
    with pytest.raises(InputError, match="interactspeech import nemo"):
        formats.read(tmp_path / "manifest.json")
