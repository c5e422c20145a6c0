"""What trainers' formats hold comes back: whole records, or words and audio to the sample."""

import gzip
import io
import json
import os
import tarfile

import msgspec
import numpy as np
import pytest
from made_dialogues import dialogue

from interactspeech.corpus import Corpus, verify
from interactspeech.corpus.exchange import ExportOptions, chosen, export, import_corpus, nemo
from interactspeech.signal.flac import encode_flac, to_int16
from interactspeech.signal.sound_bytes import encode_sound

FORMATS = ["lhotse-shar", "nemo-duplex", "huggingface", "moshi", "nemo"]


def there_and_back(corpus, tmp_path, name, **options):
    export(chosen(corpus), tmp_path / "out", name, ExportOptions(**options))
    assert import_corpus(tmp_path / "out", tmp_path / "back", name).dropped == {}
    back = Corpus.open(tmp_path / "back")
    assert list(verify(back.root)) == []
    assert sorted(item.id for item in back) == sorted(item.id for item in corpus)
    return back


@pytest.mark.parametrize("name", ["lhotse-shar", "nemo-duplex", "huggingface"])
@pytest.mark.parametrize("model", ["A", "B"])
def test_whole_records(built, tmp_path, name, model):
    back = there_and_back(built, tmp_path, name, model_speaker=model)
    for item in built:
        found = back[item.id]
        assert msgspec.to_builtins(found.dialogue) == msgspec.to_builtins(item.dialogue)
        assert np.array_equal(to_int16(found.audio()), to_int16(item.audio()))
        if name != "nemo-duplex":
            assert found.flac() == item.flac()


def words(dialogue, names=None):
    return sorted(
        (w.start, w.end, w.text, w.fragment, (names or {}).get(u.speaker, u.speaker))
        for u in dialogue.utterances
        for w in u.words
    )


@pytest.mark.parametrize("model", ["A", "B", "alternate"])
def test_moshi(built, tmp_path, model):
    back = there_and_back(built, tmp_path, "moshi", model_speaker=model)
    for number, item in enumerate(built):
        swapped = model == "B" or (model == "alternate" and number % 2)
        names = {"A": "B", "B": "A"} if swapped else {}
        found = back[item.id]
        assert words(found.dialogue) == words(item.dialogue, names)
        audio = to_int16(item.audio())
        assert np.array_equal(to_int16(found.audio()), audio[::-1] if swapped else audio)
        assert found.dialogue.provenance == msgspec.structs.replace(
            item.dialogue.provenance, script=""
        )
        assert found.dialogue.length == item.dialogue.length


def test_nemo(built, tmp_path):
    back = there_and_back(built, tmp_path, "nemo")
    for item in built:
        found = back[item.id]
        assert words(found.dialogue) == words(item.dialogue)
        assert found.audio().shape == (1, item.dialogue.length)
        both = to_int16(item.audio()).astype(int).sum(axis=0)
        if abs(both).max() <= 32767:
            assert np.array_equal(to_int16(found.audio())[0], both)


NOT_STATED = object()


def nemo_row(folder, **fields):
    """A manifest as NeMo's diarization scripts write it: 80,389 samples at 8 kHz, and an RTTM."""
    rate, length = 8000, 80_389  # 10.048625 s
    noise = np.random.default_rng(1).normal(0, 0.1, length).astype(np.float32)
    (folder / "call.wav").write_bytes(encode_sound(noise, rate, "WAV", "PCM_16"))
    (folder / "call.rttm").write_text(
        "SPEAKER call 1 1.00 2.00 <NA> <NA> ann <NA> <NA>\n"
        "SPEAKER call 1 3.50 2.00 <NA> <NA> bob <NA> <NA>\n"
    )
    row = {"audio_filepath": "call.wav", "offset": 0, "label": "infer", "text": "-",
           "num_speakers": None, "rttm_filepath": "call.rttm", "uem_filepath": None}  # fmt: skip
    row |= fields
    row = {key: value for key, value in row.items() if value is not NOT_STATED}
    (folder / "manifest.jsonl").write_text(json.dumps(row) + "\n")
    return nemo.read(folder)


@pytest.mark.parametrize(
    "duration", [None, NOT_STATED, 10.05, 10.04, 10.0, 10, 10.048625, 10.0486, "10.05"]
)
@pytest.mark.parametrize("offset", [0, None, NOT_STATED, 0.0])
def test_a_nemo_manifest_of_a_whole_recording(tmp_path, duration, offset):
    ((record, sound),) = nemo_row(tmp_path, duration=duration, offset=offset)
    assert (record.id, record.length, sound.shape) == ("call", 80_389, (1, 80_389))
    assert [(u.speaker, u.start, u.end) for u in record.utterances] == [
        ("ann", 8000, 24_000), ("bob", 28_000, 44_000),
    ]  # fmt: skip


def test_a_nemo_manifest_of_a_part(tmp_path):
    ((record, sound),) = nemo_row(tmp_path, offset=2.0, duration=3.0)
    assert (record.id, record.length, sound.shape) == ("call-16000-40000", 24_000, (1, 24_000))
    assert [(u.speaker, u.start, u.end) for u in record.utterances] == [
        ("ann", 0, 8000), ("bob", 12_000, 24_000),
    ]  # fmt: skip
    ((rest, sound),) = nemo_row(tmp_path, offset=2.0, duration=None)
    assert rest.length == sound.shape[1] == 64_389
    ((first, _),) = nemo_row(tmp_path, duration=2.0)
    assert (first.id, first.length) == ("call-0-16000", 16_000)


@pytest.mark.parametrize(
    "fields",
    [{"duration": 12.0}, {"offset": 11.0, "duration": 1}, {"offset": -1.0, "duration": 2.0},
     {"duration": float("nan")}, {"duration": "long"}, {"duration": 0.0}, {"offset": []}],
)  # fmt: skip
def test_lengths_of_a_nemo_manifest_that_cannot_be(tmp_path, fields):
    (error,) = nemo_row(tmp_path, **fields)
    assert error.reason in {"bad-cut", "bad-record"}
    assert "Error" not in str(error)
    assert error.line == 1


@pytest.mark.parametrize("name", ["null", "rounded"])
def test_the_shared_case_of_nemo_manifests(shared_data, name):
    path = shared_data / "cases" / "27-nemo-manifest" / f"{name}.jsonl"
    if not path.is_file():
        pytest.skip("the cases are not here")
    ((record, _),) = nemo.read(path)
    assert record.seconds == pytest.approx(10.0485625)
    assert [u.speaker for u in record.utterances] == ["ann", "bob"]


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_files_are_counted_and_never_a_crash(built, tmp_path, name):
    export(chosen(built), tmp_path / "out", name)
    for path in sorted((tmp_path / "out").rglob("*")):
        if path.is_file() and path.suffix in {".wav", ".tar", ".parquet", ".json", ".ctm", ".gz"}:
            data = path.read_bytes()
            path.write_bytes(data[: len(data) // 2])
            break
    ledger = import_corpus(tmp_path / "out", tmp_path / "back", name)
    assert ledger.lost
    assert ledger.kept < len(built)
    assert all(entry.examples for entry in ledger.dropped.values())


def test_lists_lead_nowhere_else(built, tmp_path):
    export(chosen(built), tmp_path / "out", "moshi")
    (tmp_path / "secret.wav").write_bytes(b"RIFF")
    names = ["../secret.wav", str(tmp_path / "secret.wav"), "..\\secret.wav", "link.wav",
             "C:/secret.wav", "s3://bucket/secret.wav"]  # fmt: skip
    (tmp_path / "out/link.wav").symlink_to(tmp_path / "secret.wav")
    lines = "".join(json.dumps({"path": name, "duration": 1}) + "\n" for name in names)
    (tmp_path / "out/data.jsonl").write_text(lines)
    ledger = import_corpus(tmp_path / "out", tmp_path / "back", "moshi")
    assert ledger.kept == 0
    assert {name: entry.count for name, entry in ledger.dropped.items()} == {
        "unsafe-path": len(names)
    }


def shar(folder, members, cuts):
    folder.mkdir()
    with gzip.open(folder / "cuts.000000.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(cut) + "\n" for cut in cuts)
    with tarfile.open(folder / "recording.000000.tar", "w") as tar:
        for name, data, kind in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            info.size = len(data) if kind == tarfile.REGTYPE else 0
            tar.addfile(info, io.BytesIO(data))


@pytest.mark.parametrize(
    ("name", "kind", "reason"),
    [
        ("../../x.flac", tarfile.REGTYPE, "unsafe-member"),
        ("x.flac", tarfile.SYMTYPE, "unsafe-member"),
        ("other.flac", tarfile.REGTYPE, "bad-cut"),
        ("x.flac", tarfile.REGTYPE, "bad-audio"),
    ],
)
def test_shar_of_others(tmp_path, name, kind, reason):
    cut = {"id": "x", "start": 0, "duration": 1, "supervisions": [], "recording": {}}
    data = encode_flac(dialogue(1)[1], 8000) if reason != "bad-audio" else b"no sound"
    shar(tmp_path / "in", [(name, data, kind)], [cut])
    ledger = import_corpus(tmp_path / "in", tmp_path / "back", "lhotse-shar")
    assert {key: entry.count for key, entry in ledger.dropped.items()} == {reason: 1}


def test_cuts_without_audio_and_audio_without_cuts(tmp_path):
    cut = {"id": "x", "start": 0, "duration": 1, "supervisions": [], "recording": {}}
    shar(tmp_path / "in", [], [cut])
    ledger = import_corpus(tmp_path / "in", tmp_path / "back", "lhotse-shar")
    assert "not equally many" in str(ledger.dropped["bad-cut"].examples[0])


def test_a_data_set_of_others(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    (tmp_path / "in").mkdir()
    parquet.write_table(pa.table({"text": ["hello"]}), tmp_path / "in/a.parquet")
    rows = pa.table({"record": ["{", None, "{}"], "audio": [{"bytes": b"x"}] * 3})
    parquet.write_table(rows, tmp_path / "in/b.parquet")
    ledger = import_corpus(tmp_path / "in", tmp_path / "back", "huggingface")
    assert ledger.kept == 0
    assert ledger.dropped["unknown-shape"].count == 1
    assert ledger.lost == 4


@pytest.fixture
def exported(built, tmp_path):
    export(chosen(built), tmp_path / "out", "webdataset")
    return tmp_path / "out" / "000000.tar"


def _members(path):
    with tarfile.open(path) as tar:
        return [(one.name, one.offset, one.offset_data, one.size) for one in tar]


@pytest.mark.parametrize("damage", [b"\0" * 512, b"\xff" * 512])
def test_a_damaged_header_in_the_middle_is_counted(exported, tmp_path, damage):
    """tarfile takes it for the end of the tar, and says nothing."""
    third = [one for one in _members(exported) if one[0].endswith(".json")][2]
    with exported.open("r+b") as file:
        file.seek(third[1])
        file.write(damage)
    ledger = import_corpus(exported, tmp_path / "in", "webdataset")
    assert ledger.kept == 2
    assert ledger.dropped["bad-tar"].count == 1
    assert f"at byte {third[1]:,}" in ledger.dropped["bad-tar"].examples[0].message


def test_a_tar_that_was_cut_off_between_members_is_counted(exported, tmp_path):
    third = [one for one in _members(exported) if one[0].endswith(".json")][2]
    os.truncate(exported, third[1])
    ledger = import_corpus(exported, tmp_path / "in", "webdataset")
    assert ledger.kept == 2
    assert ledger.dropped["bad-tar"].count == 1


@pytest.mark.parametrize("missing", [512 + 10_240, 27])
def test_a_tar_with_half_an_end_mark_is_counted(exported, tmp_path, missing):
    """Whole samples may be missing before it; what is left looks like a tar otherwise."""
    third = [one for one in _members(exported) if one[0].endswith(".json")][2]
    data = exported.read_bytes()[: third[1]] + bytes(1024 + 10_240 - missing)
    exported.write_bytes(data if missing == 27 else data[: third[1] + 512])
    ledger = import_corpus(exported, tmp_path / "in", "webdataset")
    assert ledger.kept == 2
    assert ledger.dropped["bad-tar"].count == 1


def test_a_sample_that_comes_twice_is_counted(exported, tmp_path):
    members = _members(exported)
    data = exported.read_bytes()
    pair = data[members[0][1] : members[2][1]]
    exported.write_bytes(pair + data)
    ledger = import_corpus(exported, tmp_path / "in", "webdataset")
    assert (ledger.kept, ledger.dropped["duplicate-id"].count) == (len(members) // 2, 1)


def test_a_broken_flac_is_dropped_and_what_is_stored_verifies(exported, tmp_path):
    sound = next(one for one in _members(exported) if one[0].endswith(".flac"))
    with exported.open("r+b") as file:
        file.seek(sound[2] + sound[3] // 2)
        file.write(b"\0" * 200)
    ledger = import_corpus(exported, tmp_path / "in", "webdataset")
    assert ledger.dropped["bad-audio"].count == 1
    assert list(verify(tmp_path / "in")) == []


@pytest.mark.parametrize("name", ["webdataset", "lhotse-shar"])
def test_sparse_members_are_refused(tmp_path, name):
    """A member whose few bytes stand for gigabytes of zeros is no sample."""
    (tmp_path / "in").mkdir()
    with gzip.open(tmp_path / "in/cuts.000000.jsonl.gz", "wt") as file:
        file.write(json.dumps({"id": "x", "start": 0, "duration": 1, "supervisions": []}) + "\n")
    with tarfile.open(tmp_path / "in/recording.000000.tar", "w", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo("x.flac")
        info.pax_headers = {"GNU.sparse.size": str(2**33), "GNU.sparse.map": f"{2**33 - 512},512"}
        info.size = 512
        tar.addfile(info, io.BytesIO(bytes(512)))
    ledger = import_corpus(tmp_path / "in", tmp_path / "back", name)
    assert {key: entry.count for key, entry in ledger.dropped.items()} == {"unsafe-member": 1}
