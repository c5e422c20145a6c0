"""The main job on the fake voice: same seed same bytes, whatever happens; nothing lost silently."""

import hashlib
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from interactspeech.cli import cli
from interactspeech.corpus import StoreError, verify
from interactspeech.errors import InputError, UsageError
from interactspeech.pipelines.building import BuildReport, BuildSettings, NothingBuiltError, build
from interactspeech.pipelines.building.job import shard_tasks
from interactspeech.records import PlainDialogue
from interactspeech.scripts import DialogueLimits, read
from interactspeech.tts import select_voices

FAKE = BuildSettings(seed=3, voices=("fake",), limit=6)

CHAT = """\
A: Did you hear about the bridge? They closed it again this morning.
B: Again? That is the third time this month, and nobody says why.
A: My neighbour works for the council, and he thinks the cables are worn out.
B: Then they should say so. I drive over it twice a day.
A: So do I. We could take the ferry together until it opens.
B: Fine, but you have to be on time for once.
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERACTSPEECH_CACHE", str(tmp_path_factory.mktemp("cache")))


def bytes_of(corpus: Path) -> dict[str, str]:
    return {
        str(path.relative_to(corpus)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(corpus.rglob("*"))
        if path.is_file() and "page" not in path.parts and not path.name.startswith(".")
    }


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> BuildReport:
    with pytest.MonkeyPatch.context() as patch:  # fixtures of a module come before `own_cache`
        patch.setenv("INTERACTSPEECH_CACHE", str(tmp_path_factory.mktemp("cache")))
        return build(["@demo"], tmp_path_factory.mktemp("small") / "corpus", FAKE)


def test_a_build_is_a_sound_corpus(small: BuildReport) -> None:
    assert small.dialogues == 6
    assert not small.ledger.lost
    assert not list(verify(small.path))
    for item in small.corpus():
        dialogue, audio = item.dialogue, item.audio()
        assert audio.shape == (2, dialogue.length)
        assert len({speaker.voice for speaker in dialogue.speakers}) == 2
        assert dialogue.provenance.seed == 3
        assert dialogue.provenance.script
        assert {event.origin for event in dialogue.events} >= {"planned", "rule"}
        for utterance in dialogue.utterances:
            heard = audio[dialogue.speakers.index(speaker_of(dialogue, utterance.speaker))]
            assert abs(heard[utterance.start : utterance.end]).max() > 0.005


def speaker_of(dialogue, name):
    return next(speaker for speaker in dialogue.speakers if speaker.id == name)


def test_workers_do_not_change_a_byte(small: BuildReport, tmp_path: Path) -> None:
    build(["@demo"], tmp_path / "two", FAKE, workers=2)
    assert bytes_of(tmp_path / "two") == bytes_of(small.path)


def test_another_seed_is_another_corpus(small: BuildReport, tmp_path: Path) -> None:
    other = BuildSettings(seed=4, voices=("fake",), limit=6)
    build(["@demo"], tmp_path / "other", other)
    here = [item.dialogue for item in small.corpus()]
    there = [item.dialogue for item in build(["@demo"], tmp_path / "other", other).corpus()]
    assert [d.id for d in here] == [d.id for d in there]
    assert all(a.length != b.length for a, b in zip(here, there, strict=True))


def test_a_finished_build_is_not_made_again(small: BuildReport) -> None:
    before = {path: path.stat().st_mtime_ns for path in small.path.rglob("*.tar")}
    again = build(["@demo"], small.path, FAKE)
    assert again.ledger == small.ledger
    assert {path: path.stat().st_mtime_ns for path in small.path.rglob("*.tar")} == before


def test_another_configuration_on_the_same_folder_is_refused(small: BuildReport) -> None:
    with pytest.raises(StoreError, match="seed"):
        build(["@demo"], small.path, BuildSettings(seed=9, voices=("fake",), limit=6))


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_killed_at_any_moment_it_goes_on_to_the_same_bytes(
    small: BuildReport, tmp_path: Path, workers: str
) -> None:
    words = ["build", "@demo", "-o", str(tmp_path / "killed"), "--seed", "3", "--voices", "fake"]
    words += ["--limit", "6", "--workers", workers, "--no-page", "--quiet"]
    dice = random.Random(int(workers))
    killed, latest = 0, 2.5
    for _ in range(8):  # bench/soak.py does it hundreds of times
        process = subprocess.Popen(
            [sys.executable, "-m", "interactspeech", *words], start_new_session=True
        )
        time.sleep(dice.uniform(0.3 * latest, latest))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            killed += 1
        process.wait()
        if process.returncode == 0 and killed:
            break
        if process.returncode == 0:  # on a calm machine it is over sooner than that
            shutil.rmtree(tmp_path / "killed")
            latest /= 2
    else:
        subprocess.run([sys.executable, "-m", "interactspeech", *words], check=True)
    assert killed > 0
    assert bytes_of(tmp_path / "killed") == bytes_of(small.path)


def test_hours_end_a_build_and_say_so_when_the_inputs_end_first(tmp_path: Path) -> None:
    enough = build(["@demo"], tmp_path / "a", BuildSettings(voices=("fake",), hours=0.05, shard=2))
    assert enough.complete
    assert 180 <= enough.seconds < 180 + 2 * 150
    short = build(["@demo"], tmp_path / "b", BuildSettings(voices=("fake",), hours=0.5, limit=2))
    assert not short.complete


def test_bad_inputs_are_named_counted_and_cost_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(CHAT)
    (tmp_path / "seven.txt").write_text("".join(f"{who}: Hello.\n" for who in "ABCDEFG"))
    (tmp_path / "one.txt").write_text("A: Is anybody there?\n")
    (tmp_path / "mark.txt").write_text("A: Well [hiccup] hello.\nB: Hi there.\n")
    (tmp_path / "word.txt").write_text("A: Now say кот to me.\nB: I would rather not.\n")
    result = CliRunner().invoke(
        cli,
        ["build", str(tmp_path), "-o", str(tmp_path / "out"), "--voices", "hibari", "--json",
         "--workers", "1"],
    )  # fmt: skip
    assert result.exit_code == 1, result.output
    told = json.loads(result.stdout)
    assert told["dialogues"] == 1
    lost = {
        Path(example["file"]).name: (reason, example)
        for reason, entry in told["dropped"].items()
        for example in entry["examples"]
    }
    assert set(lost) == {"seven.txt", "one.txt", "mark.txt", "word.txt"}
    assert lost["mark.txt"][1]["line"] == 1
    assert "'к'" in lost["word.txt"][1]["message"]
    assert lost["word.txt"][1]["line"] == 1


def test_nothing_to_build_is_an_error_with_its_reasons(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("A: Is anybody there?\n")
    with pytest.raises(NothingBuiltError) as caught:
        build([tmp_path / "one.txt"], tmp_path / "out", FAKE)
    assert caught.value.ledger.lost == 1


def test_a_missing_input_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["build", str(tmp_path / "no.txt"), "-o", str(tmp_path / "o")])
    assert "no.txt" in str(result.exception)


def test_the_original_timing_has_two_offsets_only(shared_data: Path, tmp_path: Path) -> None:
    demos = shared_data / "benchmarks" / "interactspeech_demo"
    files = sorted(demos.glob("*/information.json"))
    settings = BuildSettings(voices=("fake",), timing="original", rate=22_050)
    made = build(files, tmp_path / "original", settings)
    assert made.dialogues == len(files) == 2
    for file, item in zip(files, made.corpus(), strict=True):
        told = json.loads(file.read_text())
        theirs = sorted(
            [(start, end, "A") for start, end in told["speakerA_time"]]
            + [(start, end, "B") for start, end in told["speakerB_time"]]
        )
        ours = [(u.start, u.end, u.speaker) for u in item.dialogue.utterances]
        assert offsets(ours) == offsets(theirs)


def offsets(turns: list[tuple[int, int, str]]) -> list[int]:
    return [after[0] - before[1] for before, after in itertools.pairwise(turns)]


DUTCH = """\
A: Heb je gehoord van de brug? Die is vanmorgen weer voor een hele tijd dicht gegaan.
B: Alweer? Dat is al de derde keer deze maand, en niemand zegt waarom dat nou nodig is.
A: Mijn buurman werkt bij de gemeente, en hij denkt dat de kabels helemaal versleten zijn.
"""


def test_texts_of_another_language_are_warned_about_with_numbers(tmp_path: Path) -> None:
    (tmp_path / "nl.txt").write_text(DUTCH)
    (tmp_path / "en.txt").write_text(CHAT)
    made = build([tmp_path / "nl.txt", tmp_path / "en.txt"], tmp_path / "out", FAKE)
    (note,) = made.notes
    assert note.startswith("1 of 2 conversation(s) with words")
    found = CliRunner().invoke(
        cli, ["build", str(tmp_path / "nl.txt"), "-o", str(tmp_path / "c"), "--voices", "fake"]
    )
    assert "warning: 1 of 1 conversation(s)" in found.output


def test_a_lexicon_labels_what_is_built(tmp_path: Path) -> None:
    (tmp_path / "chat.txt").write_text(CHAT)
    (tmp_path / "mine.json").write_text('{"acknowledgements": ["righto"]}')
    settings = msgspec.structs.replace(FAKE, lexicon=str(tmp_path / "mine.json"))
    made = build([tmp_path / "chat.txt"], tmp_path / "out", settings)
    (item,) = made.corpus()
    rules = item.dialogue.rule_sets["interactspeech-1+en-mine"]
    assert (rules["acknowledgements"], rules["language"]) == (["righto"], "en")
    assert rules["continuers"]  # lists that are left out stay


def test_another_language_needs_its_own_voices_and_no_english_writer(tmp_path: Path) -> None:
    (tmp_path / "nl.txt").write_text(DUTCH)
    with pytest.raises(UsageError, match="offline writer"):
        BuildSettings(language="nl")
    with pytest.raises(UsageError, match="recombination"):
        BuildSettings(language="nl", writer="none", recombine=True)
    settings = BuildSettings(language="nl", writer="none", voices=("fake",))
    with pytest.raises(UsageError, match="speak 'en'"):
        build([tmp_path / "nl.txt"], tmp_path / "out", settings)
    (plain,) = read(tmp_path / "nl.txt", limits=DialogueLimits(language="nl-NL"))
    assert isinstance(plain, PlainDialogue)
    assert plain.turns[1].text == DUTCH.splitlines()[1].removeprefix("B: ")


def test_names_are_cast_as_they_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "chat.txt").write_text(CHAT.replace("A:", "Robin Hill:").replace("B:", "Ben:"))
    voices = [voice.name for voice in select_voices(("fake",))]
    settings = msgspec.structs.replace(FAKE, cast_voices=(f"robin={voices[1]}",))
    (item,) = build([tmp_path / "chat.txt"], tmp_path / "out", settings).corpus()
    found = {one.name: one.voice.name for one in item.dialogue.speakers if one.voice}
    assert found["Robin Hill"] == voices[1]
    settings = msgspec.structs.replace(FAKE, cast_sexes=("Ben=female", "A=male"))
    (item,) = build([tmp_path / "chat.txt"], tmp_path / "other", settings).corpus()
    sexes = {one.name: one.voice.sex for one in item.dialogue.speakers if one.voice}
    assert sexes == {"Robin Hill": "male", "Ben": "female"}


@pytest.mark.parametrize(
    "fields",
    [{"cast_voices": ("Ana",)}, {"cast_sexes": ("Ana=woman",)}, {"cast_voices": ("=af_bella",)}],
)
def test_castings_that_are_none(fields: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(UsageError):
        BuildSettings(**fields)  # type: ignore[arg-type]


def test_a_voice_that_is_not_there_is_said_before_anything_is_built(tmp_path: Path) -> None:
    settings = msgspec.structs.replace(FAKE, cast_voices=("Ana=nobody",))
    with pytest.raises(UsageError, match="nobody"):
        build(["@demo"], tmp_path / "out", settings)
    assert not (tmp_path / "out" / "shards").exists()


def test_no_more_texts_are_read_ahead_than_the_limit_asks_for():
    read_so_far = []

    def items():
        for number in range(2000):
            read_so_far.append(number)
            yield InputError("empty") if number % 5 == 4 else PlainDialogue(f"d{number}", ())

    tasks, total = shard_tasks(items(), BuildSettings(limit=40))
    assert total == 40
    assert len(read_so_far) == 49  # 40 dialogues and the losses among them
    made = list(tasks)
    assert sum(len(task.sources) for task in made) == 40
    assert len(made) == 8
    assert len(read_so_far) < 55
    read_so_far.clear()
    tasks, total = shard_tasks(items(), BuildSettings())
    assert total is None
    assert len(read_so_far) == 512
