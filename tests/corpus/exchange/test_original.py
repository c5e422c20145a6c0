import json
import shutil
from itertools import pairwise

import msgspec
import numpy as np
import pytest
import soundfile
from made_dialogues import dialogue

from interactspeech.corpus import (
    Corpus,
    original_folders,
    read_original,
    verify,
    write_original,
)
from interactspeech.corpus.exchange import export, import_corpus
from interactspeech.errors import InputError
from interactspeech.records import Speaker


@pytest.fixture(scope="module")
def demo(shared_data):
    return shared_data / "benchmarks" / "interactspeech_demo"


def test_the_releases_own_dialogues_come_in_with_turns_unsaid_words_and_audio(demo):
    first, second = original_folders(demo)
    record, samples = read_original(first)
    assert record.id == "SODA_PROCESSED--train--1004451"
    assert (record.rate, record.length) == (22_050, 661_728)
    assert samples.shape == (2, 661_728)
    assert len(record.utterances) == 8
    cut = [utterance for utterance in record.utterances if utterance.unsaid]
    assert [u.speaker for u in cut] == ["B", "B"]
    assert cut[1].text.endswith("like we're on a")
    assert cut[1].unsaid[:2] == ("runway,", "making")
    assert {u.times for u in record.utterances} == {"estimated"}
    # Every interruption of the release overlaps by 10,000 samples (0.4535 s), all else by none.
    turns = record.utterances
    overlaps = [a.end - b.start for a, b in pairwise(turns)]
    assert overlaps == [10_000 if a.unsaid else 0 for a in turns[:-1]]
    assert [(e.type, e.speaker, e.end - e.start, e.origin) for e in record.events] == [
        ("interruption", "A", 10_000, "planned")
    ] * 2
    for speaker, channel in zip("ab", samples, strict=True):
        wav, _ = soundfile.read(first / f"dialogue_speaker{speaker}.wav", dtype="float32")
        assert np.array_equal(channel, wav)
    other, _ = read_original(second)
    assert [u.speaker for u in other.utterances if u.unsaid] == ["A"]
    assert [(t.speaker, t.channel) for t in record.tracks] == [("A", 0), ("B", 1)]
    # Each track is audible where its speaker talks, and nowhere else.
    for utterance in record.utterances:
        channel = samples["AB".index(utterance.speaker)]
        assert np.abs(channel[utterance.start : utterance.end]).max() > 0.05


def test_the_release_survives_import_and_export(demo, tmp_path):
    for folder in original_folders(demo):
        out = tmp_path / folder.name
        write_original(*read_original(folder), out)
        assert json.loads((out / "information.json").read_text("utf-8")) == json.loads(
            (folder / "information.json").read_text("utf-8")
        )
        for name in ("dialogue_speakera.wav", "dialogue_speakerb.wav"):
            ours, theirs = soundfile.info(out / name), soundfile.info(folder / name)
            assert (ours.samplerate, ours.frames, ours.subtype) == (22_050, theirs.frames, "FLOAT")
            assert np.array_equal(soundfile.read(out / name)[0], soundfile.read(folder / name)[0])


def test_a_corpus_is_imported_and_exported_again(demo, tmp_path):
    ledger = import_corpus(demo, tmp_path / "corpus", "original", shard=1)
    assert (ledger.kept, ledger.lost) == (2, 0)
    assert list(verify(tmp_path / "corpus")) == []
    corpus = Corpus.open(tmp_path / "corpus")
    assert corpus.shards == 2
    assert export(corpus, tmp_path / "out", "original").ledger.kept == 2
    for folder in original_folders(demo):
        again, samples = read_original(tmp_path / "out" / folder.name)
        record, before = read_original(folder)
        assert again == record
        # 16 bits are what the store keeps of the release's floats.
        assert np.abs(samples - before).max() <= 0.5 / 32768


def test_equal_audio_gives_equal_files(tmp_path):
    for out in ("one", "two"):
        write_original(*dialogue(1), tmp_path / out)
    for name in ("information.json", "dialogue_speakera.wav", "dialogue_speakerb.wav"):
        data = [(tmp_path / out / name).read_bytes() for out in ("one", "two")]
        assert data[0] == data[1]
        # The time of writing (libsndfile's PEAK chunk) is not in it.
        if name.endswith("wav"):
            at = data[0].index(b"PEAK")
            assert data[0][at + 12 : at + 16] == bytes(4)


def test_our_dialogues_are_exported_at_the_releases_rate(tmp_path):
    record, samples = dialogue(2, seconds=1.0)
    write_original(record, samples, tmp_path / record.id)
    again, out = read_original(tmp_path / record.id)
    assert (again.rate, again.length) == (22_050, 22_050)
    assert [u.unsaid for u in again.utterances] == [("never", "said"), ()]
    assert [u.text for u in again.utterances] == ["well yes", "well yes"]
    for before, after in zip(record.utterances, again.utterances, strict=True):
        assert after.start == before.start * 22_050 // 8_000
        assert after.end == before.end * 22_050 // 8_000
    energy = [np.sqrt((x**2).mean()) for x in (samples, out)]
    assert energy[1] == pytest.approx(energy[0], rel=0.05)


def test_what_the_layout_cannot_hold_is_counted_and_the_rest_goes_on(tmp_path):
    from interactspeech.corpus import CorpusWriter

    record, samples = dialogue(1)
    three = msgspec.structs.replace(
        record, id="three", speakers=(*record.speakers, Speaker("C")), tracks=()
    )
    with CorpusWriter(tmp_path / "corpus", {}) as writer:
        with writer.shard(0) as shard:
            shard.add(three, samples)
            shard.add(record, samples)
            shard.finish()
        writer.finish(1)
    ledger = export(Corpus.open(tmp_path / "corpus"), tmp_path / "out", "original").ledger
    assert (ledger.kept, ledger.lost) == (1, 1)
    assert [path.name for path in original_folders(tmp_path / "out")] == [record.id]


def test_broken_folders_are_counted_and_the_rest_is_imported(demo, tmp_path):
    source = tmp_path / "in"
    for name in ("good", "no-audio", "no-json", "short", "stereo"):
        shutil.copytree(original_folders(demo)[0], source / name)
    for folder in source.iterdir():
        folder.chmod(0o755)
        for file in folder.iterdir():
            file.chmod(0o644)
    (source / "no-audio" / "dialogue_speakerb.wav").unlink()
    (source / "no-json" / "information.json").write_text("{")
    (source / "short" / "dialogue_speakera.wav").write_bytes(b"RIFF")
    soundfile.write(source / "stereo" / "dialogue_speakera.wav", np.zeros((99, 2)), 22_050)
    ledger = import_corpus(source, tmp_path / "corpus", "original")
    assert (ledger.kept, ledger.lost) == (1, 4)
    assert [item.id for item in Corpus.open(tmp_path / "corpus")] == ["good"]
    named = {loss.file for reason in ledger.dropped.values() for loss in reason.examples}
    assert str(source / "no-audio" / "dialogue_speakerb.wav") in named
    again = import_corpus(source, tmp_path / "corpus", "original")
    assert again == ledger  # a second run knows what the first one lost


def test_a_folder_without_dialogues(tmp_path):
    with pytest.raises(InputError, match=r"no folder with an information\.json"):
        original_folders(tmp_path)
