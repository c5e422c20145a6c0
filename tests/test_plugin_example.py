"""examples/plugin as a user has it: built into a wheel, installed, and used from the command line.

Nothing in the package names it: what the commands below find, they find by entry points.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

import interactspeech

EXAMPLE = Path(__file__).parents[1] / "examples" / "plugin"
PLAY = {
    "play": "station",
    "scene": 1,
    "lines": [
        {"role": "Ann", "says": "Could you tell me when the next train leaves?"},
        {"role": "Bob", "says": "It leaves at ten past nine from platform four."},
        {"role": "Ann", "says": "Great, I will wait there then."},
        {"role": "Bob", "says": "Have a good trip, and mind the gap."},
    ],
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder with the installed package."""
    work = tmp_path_factory.mktemp("plugin")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(work)]
    subprocess.run([*pip, *build, str(EXAMPLE)], check=True, capture_output=True)
    (wheel,) = work.glob("beeps-*.whl")
    install = ["install", "--no-deps", "--no-index", "--target", str(work / "site"), str(wheel)]
    subprocess.run([*pip, *install], check=True, capture_output=True)
    return work / "site"


@pytest.fixture(scope="module")
def run(site, tmp_path_factory):
    """Runs Python with the package installed, in one folder for all tests."""
    work = tmp_path_factory.mktemp("work")
    (work / "play.jsonl").write_text(json.dumps(PLAY) + "\n", "utf-8")
    source = Path(interactspeech.__file__).parents[1]
    env = {**os.environ, "PYTHONPATH": f"{source}{os.pathsep}{site}", "OMP_NUM_THREADS": "1"}

    def run(*words):
        options = ["-c"] if len(words) == 1 else ["-m", "interactspeech"]
        done = subprocess.run(
            [sys.executable, *options, *map(str, words)],
            cwd=work, env=env, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
        return done.stdout

    run.folder = work
    return run


@pytest.fixture(scope="module")
def corpus(run):
    """A corpus of the text reader's dialogue in the engine's voices, checked by the gate."""
    run("build", "play.jsonl", "--voices", "beep", "--gate", "quick", "--seed", "1", "-o", "corpus",
        "--quiet")  # fmt: skip
    return run.folder / "corpus"


def test_the_text_corpus_is_known_by_its_shape(run):
    run("script", "play.jsonl", "-o", "script.jsonl", "--seed", "1")
    (line,) = (run.folder / "script.jsonl").read_text("utf-8").splitlines()
    script = json.loads(line)
    assert (script["id"], script["corpus"]) == ("plays-station-1", "plays")
    assert script["licence"] == "CC0-1.0"
    run("script", "play.jsonl", "--format", "plays", "-o", "named.jsonl", "--seed", "1")


def test_a_folder_is_searched_for_the_endings_of_the_text_corpus(run):
    (run.folder / "plays").mkdir()
    (run.folder / "plays" / "station.play").write_text(json.dumps(PLAY) + "\n", "utf-8")
    (run.folder / "plays" / "notes.doc").write_text("A: no dialogue", "utf-8")
    run("script", "plays", "-o", "found.jsonl", "--seed", "1")
    (line,) = (run.folder / "found.jsonl").read_text("utf-8").splitlines()
    found = json.loads(line)
    assert (found["id"], found["file"]) == ("plays-station-1", "plays/station.play")


def test_the_engine_speaks_and_is_listed(run, corpus):
    voices = json.loads(run("voices", "list", "beep", "--json"))
    assert [voice["voice"] for voice in voices] == ["high", "low"]
    (record,) = _records(corpus)
    assert {speaker.voice.engine for speaker in record.speakers} == {"beep"}


def test_the_engine_brings_its_limits_and_similarities(run):
    run(
        "from interactspeech.tts import engine\n"
        "from interactspeech.tts.quality_gate.limits import limits_of\n"
        "from interactspeech.tts.voice_similarity import likeness\n"
        "limits = limits_of('beep')\n"
        "assert (limits.engine, limits.limits.level) == ('beep', (-26.0, -20.0)), limits\n"
        "assert limits.pace('low').letter == 0.055\n"
        "assert likeness(*engine('beep').voices()) == 0.12\n"
    )


def test_the_timing_format_goes_out_and_comes_in(run, corpus):
    run("export", "audacity", corpus, "-o", "labels", "-q")
    (labels,) = (run.folder / "labels").glob("*.labels.txt")
    record = _records(corpus)[0]
    assert len(labels.read_text("utf-8").splitlines()) == len(record.utterances)
    (row,) = run("annotate", labels, "--json", "-q").splitlines()
    assert any(event["type"] == "turn" for event in json.loads(row)["events"])
    run("import", "audacity", "labels", "-o", "imported", "--rate", str(record.rate), "-q")
    (again,) = _records(run.folder / "imported")
    assert [(u.speaker, u.start, u.end) for u in again.utterances] == [
        (u.speaker, u.start, u.end) for u in record.utterances
    ]


def test_the_exchange_format_goes_out_and_comes_in_and_its_layout_is_mined(run, corpus):
    run("export", "turn-csv", corpus, "-o", "turns", "-q")
    run("import", "turn-csv", "turns", "-o", "back", "-q")
    (record,), (again,) = _records(corpus), _records(run.folder / "back")
    assert [(u.speaker, u.start, u.end) for u in again.utterances] == [
        (u.speaker, u.start, u.end) for u in record.utterances
    ]
    assert again.length == record.length
    run("mine", "turns", "-o", "mined", "--words", "beeps", "--no-checks", "--workers", "1", "-q")
    (clip,) = _records(run.folder / "mined")
    assert clip.provenance.corpus == "turn-csv"
    assert clip.provenance.licence == "CC0-1.0"


def test_diarizer_and_recogniser_hear_one_channel(run, corpus):
    run("export", "turn-csv", corpus, "-o", "stereo", "-q")
    (wav,) = (run.folder / "stereo").glob("*.wav")
    samples, rate = soundfile.read(wav)
    (run.folder / "mono").mkdir()
    soundfile.write(run.folder / "mono" / "call.wav", np.sum(samples, axis=1), rate)
    run("mine", "mono", "-o", "heard", "--words", "beeps", "--diarizer", "pitch", "--no-checks",
        "--workers", "1", "-q")  # fmt: skip
    (clip,) = _records(run.folder / "heard")
    # Where one voice follows the other without a silence, a sliver of it lies over the border;
    # where both talk at once, the diarizer hears one voice and gives it the other's word too.
    said: dict[str, Counter[str]] = {}
    for utterance in clip.utterances:
        long = [w.text for w in utterance.words if w.end - w.start > 0.04 * clip.rate]
        said.setdefault(utterance.speaker, Counter()).update(long)
    low, high = sorted(said.values(), key=lambda words: words["peep"] / words.total())
    assert low["beep"] >= 0.9 * low.total()
    assert high["peep"] >= 0.9 * high.total()
    # Whose voice is low in the corpus has the stretches of the low one here.
    (record,) = _records(corpus)
    (deep,) = (speaker.id for speaker in record.speakers if speaker.voice.name == "low")
    first = min(record.utterances, key=lambda u: u.start)
    opens = min(clip.utterances, key=lambda u: u.start)
    assert (said[opens.speaker] is low) == (first.speaker == deep)
    assert low.total() >= 10
    assert high.total() >= 5


def test_detect_takes_a_diarizer_by_name(run, corpus):
    run("export", "turn-csv", corpus, "-o", "sound", "-q")
    (wav,) = (run.folder / "sound").glob("*.wav")
    samples, rate = soundfile.read(wav)
    soundfile.write(run.folder / "one.wav", np.sum(samples, axis=1), rate)
    for words in (["--diarize", "pitch", "one.wav"], ["one.wav", "--diarize=pitch"]):
        record = json.loads(run("detect", *words, "--json", "-q"))
        assert {u["speaker"] for u in record["utterances"]} == {"A", "B"}


def test_the_aligner_is_asked(run):
    found = run("evaluate", "words", "beep", "--aligner", "even", "--count", "3", "--json")
    assert json.loads(found)["beep"]["aligner"] == "even"
    assert json.loads(found)["beep"]["unaligned"] == 0


def test_doctor_lists_what_is_installed(run):
    found = {one["what"]: one for one in json.loads(run("doctor", "--json"))}
    others = ("aligner 'even'", "diarizer 'pitch'", "recogniser 'beeps'", "format 'audacity'")
    for what in (*others, "exchange format 'turn-csv'", "layout 'turn-csv'", "text corpus 'plays'"):
        assert found[what]["state"] == "ok"
        assert found[what]["detail"] == "of beeps 0.1"
    assert found["engine 'beep'"]["state"] == "ok"


def _records(root):
    from interactspeech.corpus import Corpus

    return [item.dialogue for item in Corpus.open(root)]
