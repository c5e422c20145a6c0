"""Codes of a codec with words aligned to its frames, written and read."""

import io
import json
import tarfile

import numpy as np
import pytest
from kill_points import files
from made_dialogues import dialogue

from interactspeech.corpus import Corpus, CorpusWriter
from interactspeech.corpus.exchange import ExportOptions, chosen, export
from interactspeech.corpus.exchange.tokens import read_tokens
from interactspeech.errors import InputError, UsageError
from interactspeech.models import codecs

HOP = 160


class LevelCodec:
    """A stand-in: the first codebook is the frame's level, the second its number."""

    name, rate, hop, codebooks, cardinality = "level:x", 8000, HOP, 2, 1024

    def encode(self, samples):
        frames = samples.reshape(-1, self.hop)
        levels = np.round(1000 * np.sqrt(np.mean(frames**2, axis=1)))
        return np.stack([levels, np.arange(len(frames)) % 1024]).astype(np.int16)


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    monkeypatch.setitem(codecs.CODECS._loaded, "mimi", lambda _: LevelCodec())
    with CorpusWriter(tmp_path / "corpus", {}) as writer:
        with writer.shard(0) as shard:
            for k in range(3):
                shard.add(*dialogue(k))
            shard.finish()
        writer.finish(1)
    return Corpus.open(tmp_path / "corpus")


def test_codes_lie_under_their_words(corpus, tmp_path):
    done = export(chosen(corpus), tmp_path / "out", "tokens", ExportOptions("B", codec="mimi:x"))
    assert done.ledger.kept == 3
    about = json.loads((tmp_path / "out/CODEC").read_text("utf-8"))
    assert about == {"name": "level:x", "rate": 8000, "hop": HOP, "codebooks": 2,
                     "cardinality": 1024}  # fmt: skip
    for piece in read_tokens(tmp_path / "out", 10_000):
        record = corpus[piece.id].dialogue
        assert piece.frames == -(-record.length // HOP)
        assert (piece.codes[:, :, piece.frames :] == -1).all()
        expected = [(w.text, w.start // HOP, -(-w.end // HOP), u.speaker == "B")
                    for u in record.utterances for w in u.words]  # fmt: skip
        assert sorted(piece.words) == sorted(expected)
        for _, first, last, agents in piece.words:
            assert piece.codes[0 if agents else 1, 0, first:last].max() > 20
        silent = record.utterances[1].start // HOP - 2  # B says nothing yet
        assert (piece.codes[0, 0, :silent] == 0).all()


def test_pieces_of_one_length_hold_every_word_once(corpus, tmp_path):
    export(chosen(corpus), tmp_path / "out", "tokens", ExportOptions(codec="mimi:x"))
    whole = {piece.id: piece for piece in read_tokens(tmp_path / "out", 10_000)}
    cut = list(read_tokens(tmp_path / "out", 7))
    assert all(piece.codes.shape == (2, 2, 7) for piece in cut)
    for name, piece in whole.items():
        own = [one for one in cut if one.id == name]
        joined = np.concatenate([one.codes[..., : one.frames] for one in own], axis=-1)
        assert np.array_equal(joined, piece.codes[..., : piece.frames])
        words = [(text, first + one.start, last + one.start, agents)
                 for one in own for text, first, last, agents in one.words]  # fmt: skip
        assert sorted(words) == sorted(piece.words)
    with pytest.raises(UsageError):
        list(read_tokens(tmp_path / "out", 0))


@pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
def test_webdataset_opens_them_and_the_bytes_are_the_same_again(corpus, tmp_path):
    webdataset = pytest.importorskip("webdataset")
    for name in ("one", "two"):
        export(chosen(corpus), tmp_path / name, "tokens", ExportOptions(codec="mimi:x"))
    assert files(tmp_path / "one") == files(tmp_path / "two")
    path = str(tmp_path / "one/000000.tar")
    rows = list(webdataset.WebDataset(path, shardshuffle=False).decode())
    assert [row["json"]["provenance"]["id"] for row in rows] == [item.id for item in corpus]
    assert all(row["npy"].dtype == np.int16 for row in rows)


def test_a_codec_at_another_rate_gets_resampled_sound(corpus, tmp_path, monkeypatch):
    class Wide(LevelCodec):
        rate, hop = 24_000, 1920

    monkeypatch.setitem(codecs.CODECS._loaded, "mimi", lambda _: Wide())
    export(chosen(corpus), tmp_path / "out", "tokens", ExportOptions(codec="mimi:x"))
    for piece in read_tokens(tmp_path / "out", 1000):
        record = corpus[piece.id].dialogue
        assert piece.frames == -(-record.length * 3 // 1920)
        assert piece.words[0][1] == 0


def test_what_cannot_be_done_is_named(corpus, tmp_path):
    with pytest.raises(UsageError, match="none is named"):
        export(chosen(corpus), tmp_path / "out", "tokens")
    with pytest.raises(UsageError, match="names no codec"):
        export(chosen(corpus), tmp_path / "out", "tokens", ExportOptions(codec="mimi"))
    with pytest.raises(UsageError, match="codec"):
        export(chosen(corpus), tmp_path / "out", "tokens", ExportOptions(codec="opus:x"))
    with pytest.raises(UsageError, match="wants 8000"):
        export(chosen(corpus), tmp_path / "out", "tokens",
               ExportOptions(codec="mimi:x", rate=16_000))  # fmt: skip
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [b"not an array", None])
def test_tars_of_others_are_read_with_care(tmp_path, content):
    data = io.BytesIO()
    if content is None:
        np.save(data, np.array([{"a": 1}], dtype=object), allow_pickle=True)  # would be unpickled
    else:
        data.write(content)
    with tarfile.open(tmp_path / "000000.tar", "w") as tar:
        info = tarfile.TarInfo("x.npy")
        info.size = len(data.getvalue())
        tar.addfile(info, io.BytesIO(data.getvalue()))
    with pytest.raises(InputError, match=r"x\.npy"):
        list(read_tokens(tmp_path, 10))
    with pytest.raises(InputError, match="tar of codes"):
        list(read_tokens(tmp_path / "none", 10))


@pytest.mark.slow
def test_mimi_encodec_and_dac_of_transformers_with_random_weights(tmp_path):
    transformers = pytest.importorskip("transformers")
    small = {"hidden_size": 16, "num_filters": 4}
    models = {
        "mimi": transformers.MimiModel(transformers.MimiConfig(
            **small, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=2, head_dim=8,
            intermediate_size=32, codebook_size=64, codebook_dim=16, num_quantizers=4,
            num_semantic_quantizers=1, upsample_groups=16,
            vector_quantization_hidden_dimension=16)),
        "encodec": transformers.EncodecModel(transformers.EncodecConfig(
            **small, codebook_size=64, codebook_dim=16, target_bandwidths=[1.5])),
        "dac": transformers.DacModel(transformers.DacConfig(
            encoder_hidden_size=8, decoder_hidden_size=32, n_codebooks=3, codebook_size=64,
            codebook_dim=4)),
    }  # fmt: skip
    for kind, model in models.items():
        model.save_pretrained(tmp_path / kind)
        codec = codecs.load_codec(f"{kind}:{tmp_path / kind}")
        sound = np.random.default_rng(0).normal(0, 0.1, codec.hop * 5 + 3).astype(np.float32)
        codes = codec.encode(sound)
        assert codes.shape == (codec.codebooks, 6), kind
        assert codes.dtype == np.int16
        assert 0 <= codes.min() <= codes.max() < codec.cardinality
        assert np.array_equal(codes, codec.encode(sound))
    assert codecs.load_codec(f"mimi:{tmp_path / 'mimi'}").hop == 1920
    with pytest.raises(InputError, match="no weights of mimi") as caught:
        codecs.load_codec(f"mimi:{tmp_path / 'nothing'}")
    assert caught.value.reason == "bad-weights"
