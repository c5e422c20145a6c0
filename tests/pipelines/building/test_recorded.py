from pathlib import Path

import numpy as np
import pytest
import read_speech
import soundfile

from interactspeech.errors import InputError
from interactspeech.pipelines.building import BuildSettings, NothingBuiltError, build
from interactspeech.pipelines.building.recorded_dialogues import recorded_scripts
from interactspeech.records import Script
from interactspeech.records.script import Backchannel, Interruption
from interactspeech.tts.engines.recorded import Tree, key

SETTINGS = BuildSettings(seed=3, shard=2)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERACTSPEECH_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module", params=["librispeech", "vctk"])
def tree(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp(request.param)
    getattr(read_speech, request.param)(root)
    return f"{request.param}:{root}"


def test_a_corpus_of_recorded_speech(tree: str, tmp_path: Path) -> None:
    made = build([tree], tmp_path / "corpus", SETTINGS)
    assert made.dialogues >= 1
    root = Path(tree.partition(":")[2])
    corpus = Tree.named(tree)
    assert corpus is not None
    recorded = {key(clip.text): clip for clips in corpus.clips.values() for clip in clips}
    utterances = 0
    for item in made.corpus():
        record = item.dialogue
        assert record.provenance.licence == "CC-BY-4.0"
        assert {s.voice.engine for s in record.speakers if s.voice} == {"recorded"}
        assert {s.voice.sex for s in record.speakers if s.voice} == {"female", "male"}
        tracks = item.audio()
        channels = {track.speaker: track.channel for track in record.tracks}
        for u in record.utterances:
            assert u.times == "aligned"
            whole = " ".join([*(w.text for w in u.words if not w.fragment), *u.unsaid])
            clip = recorded[key(whole)]
            assert clip.speaker in record.provenance.id or u.kind == "backchannel"
            if u.unsaid or u.kind != "turn":
                continue
            # The track holds the very recording: they correlate where the words are.
            utterances += 1
            heard = tracks[channels[u.speaker], u.start : u.end]
            said, rate = soundfile.read(root / clip.path, dtype="float32")
            assert (
                _likeness(heard, record.rate, said, rate) > 0.6
            )  # 0 for another recording; a pause inside may differ
    assert utterances >= 4


def _likeness(heard: np.ndarray, heard_rate: int, said: np.ndarray, rate: int) -> float:
    """Largest normalised correlation of a second of `heard` with `said`."""
    import soxr

    one = soxr.resample(heard, heard_rate, 16_000)[4000:20000]
    other = soxr.resample(said, rate, 16_000)
    products = np.correlate(other, one, "valid")
    energy = np.convolve(other * other, np.ones(len(one)), "valid")
    return float(np.max(products / np.sqrt(energy * np.dot(one, one) + 1e-12)))


def test_words_are_where_they_are_said(tmp_path: Path) -> None:
    """Against the engine's own times, which the recordings do not tell."""
    from interactspeech.tts import engine
    from interactspeech.tts.engines.recorded import RecordedEngine

    root = read_speech.librispeech(tmp_path / "tree")
    recorded = RecordedEngine((f"librispeech:{root}",))
    apart = []
    for speaker, texts in read_speech.TEXTS.items():
        for text in texts[:4]:
            plain = "".join(c for c in text.lower() if c.isalpha() or c in " '")
            found = recorded.speak(plain, f"librispeech-{speaker}")
            truth = engine("hibari").speak(text, read_speech.VOICES[speaker])
            apart += [
                abs(a.start / found.rate - b.start / truth.rate)
                for a, b in zip(found.words, truth.words, strict=True)
            ]
    assert np.median(apart) < 0.03
    assert np.percentile(apart, 90) < 0.08


def test_scripts_use_each_recording_once_and_cut_or_listen(tmp_path: Path) -> None:
    tree = Tree(read_speech.librispeech(tmp_path / "tree"))
    items = [item for seed in range(30) for item in recorded_scripts([tree], seed)]
    scripts = [item for item in items if isinstance(item, Script)]
    assert scripts
    for script in scripts:
        said = [key(f"{turn.said} {turn.unsaid}") for turn in script.turns]
        assert len(set(said)) == len(said)
        assert script.voices.keys() == set(script.speakers)
    parts = [part for script in scripts for turn in script.turns for part in turn.parts]
    listeners = {part.text for part in parts if isinstance(part, Backchannel)}
    assert any(isinstance(part, Interruption) for part in parts)
    assert listeners <= {"mmhm", "yeah"}
    assert listeners
    # Only the second speaker has recorded feedback.
    for script in scripts:
        owner = script.names
        for turn in script.turns:
            for part in turn.parts:
                if isinstance(part, Backchannel):
                    assert owner[part.speaker] == "librispeech-174"
    again = [i for i in recorded_scripts([tree], 7) if isinstance(i, Script)]
    assert again == [i for i in recorded_scripts([tree], 7) if isinstance(i, Script)]


def test_bad_recordings_are_named_and_counted(tmp_path: Path) -> None:
    root = read_speech.librispeech(tmp_path / "tree")
    folder = root / "dev-clean" / "84" / "121123"
    (folder / "84-121123-0001.flac").unlink()  # a transcript without sound
    (folder / "84-121123-0002.flac").write_bytes(b"<html>not found</html>")
    with (folder / "84-121123.trans.txt").open("a") as file:
        file.write("84-121123-0009 \n")
    try:
        ledger = build([f"librispeech:{root}"], tmp_path / "corpus", SETTINGS).ledger
    except NothingBuiltError as error:
        ledger = error.ledger
    assert ledger.dropped["recording"].count >= 2
    messages = [str(loss) for loss in ledger.dropped["recording"].examples]
    assert any("84-121123-0001" in message for message in messages)
    assert any("no sound that can be read" in message for message in messages)


def test_no_folder_and_no_recordings(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        build(["librispeech:/nowhere"], tmp_path / "corpus", SETTINGS)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no recordings"):
        build([f"recorded:{tmp_path / 'empty'}"], tmp_path / "corpus", SETTINGS)


def test_plain_layout(tmp_path: Path) -> None:
    for speaker in read_speech.TEXTS:
        folder = tmp_path / "tree" / f"person{speaker}"
        folder.mkdir(parents=True)
        for index, text in enumerate(read_speech.TEXTS[speaker][:3]):
            soundfile.write(folder / f"{index}.wav", read_speech.sound(speaker, text), 16_000)
            (folder / f"{index}.txt").write_text(text, "utf-8")
    (folder / "lonely.wav").write_bytes(b"")
    tree = Tree(tmp_path / "tree")
    assert tree.layout == "plain"
    assert [len(clips) for clips in tree.clips.values()] == [3, 3]
    assert len(tree.losses) == 1
