"""Splits that leak nothing, and corpora made one."""

import hashlib
import json

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_dialogues import dialogue

from interactspeech.cli import cli
from interactspeech.corpus import Corpus, CorpusWriter, StoreError, verify
from interactspeech.corpus.merge import merge
from interactspeech.corpus.split import read_split, split
from interactspeech.errors import InputError
from interactspeech.records import Speaker, Voice
from interactspeech.seeds import generator

SHARES = {"train": 0.8, "dev": 0.1, "test": 0.1}


def write(root, talks, prefix="made", per_shard=20):
    """A corpus of records without audio: `talks` are (voice, voice, source)."""
    shards = -(-len(talks) // per_shard)
    with CorpusWriter(root, {}) as writer:
        for number in range(shards):
            with writer.shard(number) as shard:
                for k in range(number * per_shard, min((number + 1) * per_shard, len(talks))):
                    one, other, source = talks[k]
                    record, _ = dialogue(k, prefix, seconds=1.0)
                    speakers = tuple(
                        Speaker(who, voice=Voice("fake", str(voice)) if voice is not None else None)
                        for who, voice in (("A", one), ("B", other))
                    )
                    provenance = msgspec.structs.replace(record.provenance, id=str(source))
                    shard.add(
                        msgspec.structs.replace(
                            record, speakers=speakers, tracks=(), provenance=provenance
                        )
                    )
                shard.finish()
        writer.finish(shards)
    return Corpus.open(root)


def sides(corpus, found, key):
    """Voice or source -> the splits that it is in."""
    where = {}
    for name, ids in found.ids.items():
        for one in ids:
            record = corpus[one].dialogue
            voices = {f"{s.voice.engine}/{s.voice.name}" for s in record.speakers if s.voice}
            keys = voices if key == "voices" else {record.provenance.id} - {""}
            for value in keys:
                where.setdefault(value, set()).add(name)
    return where


def test_groups_lose_nothing(tmp_path):
    talks = [(f"a{k // 3}", f"b{k // 3}", k // 2) for k in range(240)]
    corpus = write(tmp_path / "c", talks)
    found = split(corpus, SHARES, seed=4)
    assert (found.dealt, found.left_out, found.unvoiced) == ("groups", [], 0)
    assert [len(ids) for ids in found.ids.values()] == [192, 24, 24]
    for key in ("voices", "sources"):
        assert all(len(names) == 1 for names in sides(corpus, found, key).values())
    again = split(corpus, SHARES, seed=4)
    assert again.ids == found.ids
    assert split(corpus, SHARES, seed=5).ids != found.ids
    assert read_split(corpus, "train") == frozenset(split(corpus, SHARES, seed=5).ids["train"])
    assert list(verify(corpus.root)) == []


def test_few_voices_are_dealt_out(tmp_path):
    random = generator(1, "pairs")
    talks = [(*map(int, random.choice(20, 2, replace=False)), k // 2) for k in range(400)]
    corpus = write(tmp_path / "c", talks)
    found = split(corpus, SHARES)
    assert found.dealt == "voices"
    for key in ("voices", "sources"):
        assert all(len(names) == 1 for names in sides(corpus, found, key).values())
    sizes = {name: len(ids) for name, ids in found.ids.items()}
    assert sizes["train"] > sizes["test"] >= 8
    assert sum(sizes.values()) + len(found.left_out) == 400
    facts = json.loads((corpus.root / "splits" / "splits.json").read_text("utf-8"))
    assert facts["left_out"] == len(found.left_out)
    assert sorted(facts["left_out_ids"]) == sorted(found.left_out)
    shared = split(corpus, SHARES, apart=("sources",))
    assert shared.left_out == []
    assert {name: len(ids) for name, ids in shared.ids.items()} == {
        "train": 320, "dev": 40, "test": 40,
    }  # fmt: skip


@settings(
    max_examples=25, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(0, 6), st.integers(0, 6), st.sampled_from(["", *range(5)])
        ),
        min_size=1,
        max_size=25,
    ),
    st.integers(0, 3),
)
def test_never_leaks(tmp_path_factory, talks, seed):
    corpus = write(tmp_path_factory.mktemp("leak") / "c", talks)
    try:
        found = split(corpus, {"train": 0.6, "test": 0.4}, seed=seed)
    except InputError as error:
        if error.reason != "cannot-split":
            raise
        return
    for key in ("voices", "sources"):
        assert all(len(names) == 1 for names in sides(corpus, found, key).values())
    dealt = [one for ids in found.ids.values() for one in ids] + found.left_out
    assert sorted(dealt) == sorted(item.id for item in corpus)
    assert found.unvoiced == sum(one is None for one, _, _ in talks)


def test_splits_that_cannot_be(tmp_path):
    corpus = write(tmp_path / "c", [(0, 1, k) for k in range(6)])
    for shares, reason in (
        (SHARES, "cannot-split"),
        ({"train": 0.5}, "usage"),
        ({"train": 1.5, "dev": -0.5}, "usage"),
        ({"../x": 1.0}, "usage"),
        ({}, "usage"),
    ):
        with pytest.raises(InputError) as caught:
            split(corpus, shares)
        assert caught.value.reason == reason
    with pytest.raises(InputError, match="corpus split"):
        read_split(corpus, "train")


def test_merge_keeps_tars(tmp_path):
    one = write(tmp_path / "one", [(0, 1, k) for k in range(5)], "one", 2)
    two = write(tmp_path / "t[w]o*", [(0, 1, k) for k in range(3)], "two", 2)
    seen = []
    assert merge([one, two], tmp_path / "both", on_shard=lambda info: seen.append(info.shard)) == 8
    assert seen == [0, 1, 2, 3, 4]
    both = Corpus.open(tmp_path / "both")
    assert list(verify(both.root)) == []
    assert [item.id for item in both] == [item.id for item in one] + [item.id for item in two]

    def sums(root):
        return [hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(root.rglob("*.tar"))]

    assert sums(both.root) == sums(one.root) + sums(two.root)
    assert {row["id"]: row["shard"] for row in both.query(columns=["id", "shard"])}[
        "two-00002"
    ] == 4
    assert merge([one, two], tmp_path / "both") == 8  # finished already: nothing to do
    with pytest.raises(StoreError, match="another configuration"):
        merge([two, one], tmp_path / "both")


def test_merge_prefixes_and_clashes(built, tmp_path):
    with pytest.raises(InputError, match="prefix") as caught:
        merge([built, built], tmp_path / "both")
    assert caught.value.reason == "duplicate-id"
    assert not (tmp_path / "both").exists()
    merge([built, built], tmp_path / "both", prefixes=["", "b-"])
    both = Corpus.open(tmp_path / "both")
    assert list(verify(both.root)) == []
    for item in built:
        for name in (item.id, f"b-{item.id}"):
            assert both[name].flac() == item.flac()
            assert both[name].dialogue.utterances == item.dialogue.utterances
    with pytest.raises(InputError, match="letters, digits"):
        merge([built, built], tmp_path / "bad", prefixes=["", "../"])
    with pytest.raises(StoreError, match="new folder"):
        merge([built], built.root)


def test_merge_refuses_a_damaged_tar(tmp_path):
    one = write(tmp_path / "one", [(0, 1, k) for k in range(5)], "one")
    tar = next(one.root.rglob("*.tar"))
    data = bytearray(tar.read_bytes())
    data[700] ^= 1
    tar.write_bytes(data)
    with pytest.raises(InputError, match="SHA-256"):
        merge([one], tmp_path / "out")
    assert not list((tmp_path / "out" / "shards").glob("*.tar"))


def test_dialogues_that_are_in_no_split_are_named(tmp_path):
    """Three splits of a corpus whose held-out dialogues have voices of their own."""
    random = generator(2, "pairs")
    pairs = [tuple(map(int, random.choice(8, 2, replace=False))) for _ in range(19)]
    talks = [(*pair, k) for k, pair in enumerate([*pairs, *[(20, 21)] * 5])]
    corpus = write(tmp_path / "c", talks)
    found = CliRunner().invoke(
        cli, ["corpus", "split", str(corpus.root), "--train", "0.6", "--dev", "0.2"]
    )
    assert found.exit_code == 0, found.output
    lists = [(corpus.root / "splits" / f"{name}.txt").read_text().split()
             for name in ("train", "dev", "test")]  # fmt: skip
    lost = {item.id for item in corpus} - {one for ids in lists for one in ids}
    assert lost
    assert all(name in found.output for name in lost)
    assert "--apart sources loses none" in found.output
