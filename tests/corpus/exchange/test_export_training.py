"""Exports for training stacks, each opened by the library of that ecosystem."""

import bisect
import gzip
import io
import itertools
import json

import numpy as np
import pytest
import soundfile

from interactspeech.corpus.exchange import ExportOptions, chosen, export
from interactspeech.signal.flac import to_int16

#: These libraries' readers leave the closing of their files to the garbage collector.
FILES_LEFT_OPEN = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


def out(corpus, tmp_path, name, **options):
    done = export(chosen(corpus), tmp_path / name, name, ExportOptions(**options))
    assert (done.ledger.kept, done.ledger.dropped) == (len(corpus), {})
    return tmp_path / name


def own(item, speaker):
    """A speaker's samples as they are stored."""
    channel = {track.speaker: track.channel for track in item.dialogue.tracks}[speaker]
    return to_int16(item.audio())[channel]


def jsonl(path):
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in text.decode().splitlines()]


def load_moshi(folder, start, seconds):
    """What moshi-finetune does: stereo by the list's relative path, alignments found by bisection.

    Re-stated from its documented behaviour: row 0 is the model's audio; of the words, sorted by
    start, those that begin in the window are taken, on its clock, and the model's are kept.
    """
    for line in jsonl(folder / "data.jsonl"):
        path = folder / line["path"]
        audio, rate = soundfile.read(path, dtype="int16", always_2d=True)
        assert audio.shape[1] == 2
        assert line["duration"] == len(audio) / rate
        words = json.loads(path.with_suffix(".json").read_text("utf-8"))["alignments"]
        low = bisect.bisect_left(words, start, key=lambda word: word[1][0])
        high = bisect.bisect_left(words, start + seconds, key=lambda word: word[1][0])
        inside = [(w, (a - start, b - start)) for w, (a, b), who in words[low:high]
                  if who == "SPEAKER_MAIN"]  # fmt: skip
        yield path.stem, audio.T, rate, words, inside


@pytest.mark.parametrize("choice", ["A", "B", "alternate"])
def test_moshi(built, tmp_path, choice):
    folder = out(built, tmp_path, "moshi", model_speaker=choice)
    found = list(load_moshi(folder, 2.0, 5.0))
    assert len(found) == len(built)
    for number, (name, audio, rate, words, inside) in enumerate(found):
        item = built[name]
        model, user = [s.id for s in item.dialogue.speakers]
        if choice == "B" or (choice == "alternate" and number % 2):
            model, user = user, model
        assert np.array_equal(audio[0], own(item, model))
        assert np.array_equal(audio[1], own(item, user))
        starts = [times[0] for _, times, _ in words]
        assert starts == sorted(starts)
        there = {(w.text, w.start, w.end, u.speaker == model)
                 for u in item.dialogue.utterances for w in u.words}  # fmt: skip
        back = {(text, round(a * rate), round(b * rate), who == "SPEAKER_MAIN")
                for text, (a, b), who in words}  # fmt: skip
        assert back == there
        assert all(b > a for _, (a, b), _ in words)
        expected = [w.text for u in item.dialogue.utterances if u.speaker == model
                    for w in u.words if 2.0 <= w.start / rate < 7.0]  # fmt: skip
        assert sorted(text for text, _ in inside) == sorted(expected)


@pytest.fixture(scope="module")
def lhotse():
    import lhotse

    return lhotse


def same_cut(cut, item):
    dialogue = item.dialogue
    assert cut.num_samples == dialogue.length
    assert len(cut.supervisions) == len(dialogue.utterances)
    for supervision, utterance in zip(cut.supervisions, dialogue.utterances, strict=True):
        assert round(supervision.start * dialogue.rate) == utterance.start
        assert round(supervision.end * dialogue.rate) == utterance.end
        assert supervision.text == utterance.text
        words = (supervision.alignment or {}).get("word", [])
        assert [
            (w.symbol, round(w.start * dialogue.rate), round(w.end * dialogue.rate)) for w in words
        ] == [(w.text, w.start, w.end) for w in utterance.words]
    assert [e["start"] for e in cut.custom["events"]] == [e.start for e in dialogue.events]
    assert cut.custom["provenance"]["licence"] == dialogue.provenance.licence


@FILES_LEFT_OPEN
@pytest.mark.parametrize("kind", ["lhotse", "lhotse-shar"])
def test_lhotse(built, tmp_path, lhotse, kind):
    folder = out(built, tmp_path, kind)
    if kind == "lhotse":
        cuts = lhotse.CutSet.from_file(folder / "cuts.jsonl.gz").with_recording_path_prefix(folder)
        recordings = lhotse.RecordingSet.from_file(folder / "recordings.jsonl.gz")
        supervisions = lhotse.SupervisionSet.from_file(folder / "supervisions.jsonl.gz")
        lhotse.qa.validate_recordings_and_supervisions(
            recordings.with_path_prefix(folder), supervisions, read_data=True
        )
    else:
        cuts = lhotse.CutSet.from_shar(in_dir=folder / "shar")
    lhotse.validate(cuts, read_data=True)
    seen = 0
    for cut in cuts:
        item = built[cut.id]
        assert type(cut).__name__ == "MultiCut"
        same_cut(cut, item)
        assert np.array_equal(to_int16(cut.load_audio()), to_int16(item.audio()))
        seen += 1
    assert seen == len(built)


@FILES_LEFT_OPEN
def test_nemo_duplex(built, tmp_path, lhotse):
    folder = out(built, tmp_path, "nemo-duplex", model_speaker="B")
    seen = 0
    for cut in lhotse.CutSet.from_shar(in_dir=folder / "shar"):
        lhotse.validate(cut, read_data=True)
        lhotse.validate(cut.target_audio, read_data=True)
        item = built[cut.id]
        same_cut(cut, item)
        user, agent = (s.id for s in item.dialogue.speakers)
        assert np.array_equal(to_int16(cut.load_audio())[0], own(item, user))
        assert np.array_equal(to_int16(cut.load_target_audio())[0], own(item, agent))
        roles = {"user": user, "agent": agent}
        assert [roles[s.speaker] for s in cut.supervisions] == [
            u.speaker for u in item.dialogue.utterances
        ]
        seen += 1
    assert seen == len(built)


def test_nemo_manifest(built, tmp_path):
    from interactspeech import formats

    folder = out(built, tmp_path, "nemo")
    for line in jsonl(folder / "manifest.jsonl"):
        audio, rate = soundfile.read(folder / line["audio_filepath"], dtype="int16")
        item = built[line["provenance"]["id"]]
        assert line["duration"] == len(audio) / rate
        assert line["num_speakers"] == 2
        both = own(item, "A").astype(int) + own(item, "B")
        if np.abs(both).max() <= 32767:
            assert np.array_equal(audio, both)
        else:
            assert np.abs(audio / 32767 - both / np.abs(both).max()).max() < 1e-4
        (words,) = formats.read(folder / line["ctm_filepath"], rate=rate)
        assert sorted((w.start, w.end) for u in words.utterances for w in u.words) == sorted(
            (w.start, w.end) for u in item.dialogue.utterances for w in u.words
        )
        (turns,) = formats.read(folder / line["rttm_filepath"], rate=rate)
        assert sum(len(s) for u in turns.utterances for s in u.speech) == sum(
            len(s) for u in item.dialogue.utterances for s in u.speech
        )


def test_huggingface(built, tmp_path):
    datasets = pytest.importorskip("datasets")
    folder = out(built, tmp_path, "huggingface")
    data = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))["train"]
    assert isinstance(data.features["audio"], datasets.Audio)
    data = data.cast_column("audio", datasets.Audio(decode=False))
    assert len(data) == len(built)
    for row in data:
        item = built[row["id"]]
        dialogue = item.dialogue
        assert row["audio"]["bytes"] == item.flac()
        audio, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]))
        assert (len(audio), rate) == (row["length"], row["rate"])
        assert [
            (w["text"], w["start"], w["end"], w["fragment"])
            for u in row["utterances"]
            for w in u["words"]
        ] == [(w.text, w.start, w.end, w.fragment) for u in dialogue.utterances for w in u.words]
        assert [
            (e["type"], e["speaker"], e["start"], e["end"], json.loads(e["attributes"]))
            for e in row["events"]
        ] == [(e.type, e.speaker, e.start, e.end, e.attributes) for e in dialogue.events]
        assert (row["licence"], row["seed"]) == ("CC0-1.0", 5)
    card = (folder / "README.md").read_text("utf-8")
    head = datasets.load.DatasetCard.load(folder / "README.md").data
    assert (head.license, head.language) == ("cc0-1.0", ["en"])
    assert f"{len(built)} dialogues" in card
    assert "| `demo` | `CC0-1.0` | 4 |" in card


@pytest.mark.parametrize("audio_format", ["flac", "wav"])
@FILES_LEFT_OPEN
def test_webdataset(built, tmp_path, audio_format):
    webdataset = pytest.importorskip("webdataset")
    folder = out(built, tmp_path, "webdataset", audio_format=audio_format)
    found = list(webdataset.WebDataset(str(folder / "000000.tar"), shardshuffle=False))
    assert [json.loads(one["json"])["id"] for one in found] == [item.id for item in built]
    for one, item in zip(found, built, strict=True):
        audio, _ = soundfile.read(io.BytesIO(one[audio_format]), dtype="int16", always_2d=True)
        assert np.array_equal(audio.T, to_int16(item.audio()))


def test_chat(built, tmp_path):
    datasets = pytest.importorskip("datasets")
    folder = out(built, tmp_path, "chat", model_speaker="B")
    path = str(folder / "chat.jsonl")
    data = datasets.load_dataset(
        "json", data_files=path, cache_dir=str(tmp_path / "cache"), split="train"
    )
    for row in data:
        roles = [message["role"] for message in row["messages"]]
        assert all(one != other for one, other in itertools.pairwise(roles))
        said = {role: " ".join(m["content"] for m in row["messages"] if m["role"] == role)
                for role in ("user", "assistant")}  # fmt: skip
        dialogue = built[row["id"]].dialogue
        for role, who in (("user", "A"), ("assistant", "B")):
            turns = [u for u in dialogue.utterances if u.speaker == who and u.kind == "turn"]
            turns.sort(key=lambda u: u.start)
            assert said[role] == " ".join(u.text for u in turns if u.text)
        assert row["licence"] == "CC0-1.0"


def test_ms_swift(built, tmp_path):
    folder = out(built, tmp_path, "ms-swift")
    for line in jsonl(folder / "swift.jsonl"):
        assert line["messages"][0]["content"].count("<audio>") == len(line["audios"]) == 1
        assert line["messages"][1] == {"role": "assistant", "content": line["solution"]}
        item = built[line["id"]]
        audio, rate = soundfile.read(folder / line["audios"][0], dtype="int16")
        assert np.array_equal(audio[:, 0], own(item, "A"))
        answer = json.loads(line["solution"])
        wanted = [e for e in item.dialogue.events
                  if (e.type, e.origin) == ("interruption", "planned")]  # fmt: skip
        got = [e for e in answer if e["type"] == "interruption"]
        assert len(got) == len(wanted)
        for one, event in zip(got, sorted(wanted, key=lambda e: e.start), strict=True):
            assert one["speaker"] == event.speaker
            assert abs(one["start"] - event.start / rate) <= 0.0005
