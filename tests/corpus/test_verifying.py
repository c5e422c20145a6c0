"""A flipped bit anywhere is found and named; nothing untrusted is used."""

import io
import random
import shutil
import tarfile

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_dialogues import dialogue

from interactspeech.corpus import Corpus, CorpusWriter, ShardWriter, StoreError, read_shard, verify
from interactspeech.corpus.tar import members
from interactspeech.errors import InputError
from interactspeech.records import encode
from interactspeech.signal.flac import encode_flac


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    root = tmp_path_factory.mktemp("verify") / "corpus"
    with CorpusWriter(root, {}) as writer:
        for number in range(3):
            with writer.shard(number) as shard:
                for k in range(4):
                    shard.add(*dialogue(number * 4 + k, seconds=0.1))
                shard.finish()
        writer.finish(3)
    return root


@pytest.fixture
def root(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "corpus")


def flip(path, offset, bit=0):
    data = bytearray(path.read_bytes())
    data[offset] ^= 1 << bit
    path.write_bytes(bytes(data))


def test_a_whole_corpus_has_no_problems(whole):
    assert list(verify(whole)) == []


def test_a_flipped_bit_in_audio_names_shard_and_dialogue(root):
    (row,) = Corpus.open(root).query("id = 'made-00006'")
    flip(root / "shards/000001.tar", row["audio_offset"] + row["audio_size"] // 2)
    problems = list(verify(root))
    assert {problem.file for problem in problems} == {"shards/000001.tar"}
    assert {problem.id for problem in problems} == {"", "made-00006"}
    assert any("SHA-256" in problem.problem for problem in problems)
    assert list(verify(root, audio=False)) != []


def test_any_flipped_bit_anywhere_is_found(whole, tmp_path):
    chance = random.Random(3)
    files = [path for path in sorted(whole.rglob("*")) if path.is_file() and path.name != ".lock"]
    for n in range(60):
        root = shutil.copytree(whole, tmp_path / str(n))
        path = root / chance.choice(files).relative_to(whole)
        flip(path, chance.randrange(path.stat().st_size), chance.randrange(8))
        assert _found(root), path


def _found(root):
    try:
        return list(verify(root))
    except StoreError as error:  # a manifest that is no manifest
        return [str(error)]


@pytest.mark.parametrize(
    ("damage", "file", "words"),
    [
        (lambda r: (r / "shards/000001.tar").unlink(), "shards/000001.tar", "cannot be read"),
        (lambda r: (r / "shards/000002.parquet").unlink(), "index.parquet", "missing: 2"),
        (lambda r: (r / "index.parquet").unlink(), "index.parquet", "unfinished"),
        (lambda r: (r / "index.lookup").unlink(), "index.lookup", "cannot be read"),
        (
            lambda r: (r / "shards/000000.tar").write_bytes(b"\0" * 300),
            "shards/000000.tar",
            "bytes, was finished with",
        ),
        (
            lambda r: shutil.copy(r / "shards/000000.parquet", r / "shards/000001.parquet"),
            "shards/000001.parquet",
            "does not belong to this shard",
        ),
        (
            lambda r: (r / "shards/000001.parquet").write_bytes(b"PAR1 nonsense"),
            "shards/000001.parquet",
            "damaged",
        ),
    ],
)
def test_damage_is_named(root, damage, file, words):
    damage(root)
    assert any(p.file == file and words in p.problem for p in verify(root)), list(verify(root))


def test_a_folder_that_is_no_corpus(tmp_path):
    with pytest.raises(StoreError, match="is no corpus"):
        list(verify(tmp_path))


@pytest.mark.parametrize("data", [b"", b"nonsense", b"\x93NUMPY" + bytes(200)])
def test_a_broken_lookup_does_not_open(root, data):
    (root / "index.lookup").write_bytes(data)
    with pytest.raises(InputError, match="not a lookup"):
        Corpus.open(root)


def test_a_lookup_of_another_corpus_does_not_open(root):
    data = (root / "index.lookup").read_bytes()
    (root / "index.lookup").write_bytes(data[:-40])
    with pytest.raises(InputError, match="11 entries for an index of 12 rows"):
        Corpus.open(root)


def test_the_rest_of_a_corpus_stays_readable(root):
    (root / "shards/000001.tar").write_bytes(b"")
    corpus = Corpus.open(root)
    assert corpus["made-00000"].audio().shape[0] == 2
    with pytest.raises(InputError, match=r"000001\.tar"):
        corpus["made-00004"]


def _tar(tmp_path, *infos, data=b"{}"):
    path = tmp_path / "other.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for info in infos:
            info.size = len(data) if info.isreg() else 0
            tar.addfile(info, io.BytesIO(data) if info.isreg() else None)
    return path


def _info(name, kind=tarfile.REGTYPE, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    ("infos", "words"),
    [
        ([_info("../../etc/passwd.json")], "not named like"),
        ([_info("/abs.json")], "not named like"),
        ([_info("a/b.json")], "not named like"),
        ([_info("a.json", tarfile.SYMTYPE, "/etc/passwd")], "a symbolic link"),
        ([_info("a.flac", tarfile.LNKTYPE, "b.flac")], "a hard link"),
        ([_info("a.json", tarfile.DIRTYPE)], "a folder"),
        ([_info("a.json", tarfile.CHRTYPE)], "of type"),
        ([_info("a.json", tarfile.FIFOTYPE)], "of type"),
        ([_info("a.py")], "not named like"),
        ([_info("\u0430.json")], "pax"),  # a Cyrillic letter that looks like an a
        ([_info("x" * 200 + ".json")], "pax"),
        ([_info("made-00001.json"), _info("made-00001.json")], "there twice"),
    ],
)
def test_other_peoples_tars_are_refused_by_name(tmp_path, infos, words):
    with pytest.raises(InputError, match=words) as caught:
        list(read_shard(_tar(tmp_path, *infos, data=encode(dialogue(1)[0]))))
    assert caught.value.reason == "unsafe-member"


def test_a_member_that_claims_terabytes_is_refused_before_it_is_read(tmp_path):
    header = _info("a.json")
    header.size = 8 * 1024**4
    path = tmp_path / "huge.tar"
    path.write_bytes(header.tobuf(tarfile.GNU_FORMAT) + bytes(10240))
    with pytest.raises(InputError, match="claims 8,796"):
        list(read_shard(path))


def test_a_record_under_another_name_is_refused(tmp_path):
    path = _tar(tmp_path, _info("other.json"), data=encode(dialogue(1)[0]))
    with pytest.raises(InputError, match="holds the record of 'made-00001'"):
        list(read_shard(path))


@given(st.binary(max_size=3000))
def test_random_bytes_are_never_a_crash(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "random.tar"
    path.write_bytes(data)
    try:
        with path.open("rb") as file:
            list(members(file, path))
    except InputError:
        pass


@given(st.integers(0, 511), st.integers(0, 255))
def test_a_damaged_header_is_an_error_or_harmless(tmp_path_factory, offset, value):
    path = tmp_path_factory.getbasetemp() / "header.tar"
    header = bytearray(_info("a.json").tobuf(tarfile.USTAR_FORMAT))
    changed = header[offset] != value
    header[offset] = value
    path.write_bytes(bytes(header) + bytes(1024))
    with path.open("rb") as file:
        try:
            found = list(members(file, path))
        except InputError:
            return
        # The header's own checksum covers every byte but its own spelling.
        assert [m.name for m in found] == ["a.json"]
        assert not changed or 148 <= offset < 156


def test_audio_that_disagrees_with_its_record_is_found(tmp_path, monkeypatch):
    record, samples = dialogue(1, seconds=0.1)
    monkeypatch.setattr(
        "interactspeech.corpus.shard.encode_flac", lambda s, r: encode_flac(s[:, :-7], r)
    )
    with CorpusWriter(tmp_path, {}) as writer:
        with writer.shard(0) as shard:
            shard.add(record, samples)
            shard.finish()
        writer.finish(1)
    (problem,) = verify(tmp_path)
    assert str(problem) == (
        "shards/000000.tar: made-00001: audio of 793 samples at 8000 Hz for a record of 800 at 8000"
    )
    (fast,) = verify(tmp_path, audio=False)
    assert fast == problem


def test_a_record_that_breaks_an_invariant_is_found(tmp_path, monkeypatch):
    record, samples = dialogue(1, seconds=0.1)
    monkeypatch.setattr(
        "interactspeech.corpus.shard.encode",
        lambda d: encode(d).replace(b'"length":800', b'"length":8'),
    )
    with ShardWriter(tmp_path, 0) as shard:
        shard.add(msgspec.structs.replace(record), samples)
        shard.finish()
    (tmp_path / "build.json").write_text('{"fingerprint":"","configuration":{}}')
    problems = [p for p in verify(tmp_path) if p.id]
    assert "after the dialogue's end 8" in problems[0].problem
