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

from interactspeech.corpus import Corpus, CorpusWriter, verify
from interactspeech.corpus.exchange import ExportOptions, chosen, export, import_corpus
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
