"""Builds with a scenario: roles in the record, the agent on the model's side, company."""

import json
from pathlib import Path

import pytest
import soundfile
from click.testing import CliRunner
from msgspec.structs import replace

import interactspeech
from interactspeech.cli import cli
from interactspeech.corpus.exchange import ExportOptions
from interactspeech.errors import UsageError
from interactspeech.pipelines.building import BuildSettings, build
from interactspeech.pipelines.building.dialogue_builder import DialogueBuilder
from interactspeech.scripts.notation import parse_script
from interactspeech.signal.samples import quantize_int16
from interactspeech.tts import Synthesizer, select_voices

SETTINGS = BuildSettings(seed=3, voices=("fake",), limit=4, gate="off", scenario="assistant")

CALL = """A: Hello, I would like to book a table for two people on Friday, if you have one.
B: How can I help you today? We have a table at seven and one at half past eight.
A: The one at seven would be good, because we want to go to the theatre after it.
B: Then I will put you down for seven, and you can tell me your name and your number.
A: It is Miller, and the number is the one that I am calling from, I think.
B: Thank you, bye.
A: Thank you, bye-bye.
"""
MEETING = "\n".join(
    f"{who}: I think that we should take the {n} one, because it is the cheapest of them all."
    for who, n in zip("ABCABC", ("first", "second", "third", "blue", "red", "old"), strict=True)
)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERACTSPEECH_CACHE", str(tmp_path_factory.mktemp("cache")))


def test_the_record_says_the_roles_and_the_agent_is_on_the_models_side(tmp_path: Path) -> None:
    (tmp_path / "call.txt").write_text(CALL)
    made = build([str(tmp_path / "call.txt")], tmp_path / "corpus", SETTINGS)
    assert build([str(tmp_path / "call.txt")], tmp_path / "again", SETTINGS).dialogues == 1
    item = next(iter(made.corpus()))
    assert {s.id: s.role for s in item.dialogue.speakers} == {"A": "user", "B": "agent"}
    assert parse_script(item.dialogue.provenance.script).roles == {"A": "user", "B": "agent"}
    assert item.dialogue.provenance.writer.endswith("assistant")
    interactspeech.export(made.path, tmp_path / "moshi", "moshi", ExportOptions(
        include_noncommercial=True))  # fmt: skip
    name = item.dialogue.id
    stereo, _ = soundfile.read(tmp_path / "moshi" / "data_stereo" / f"{name}.wav", dtype="int16")
    tracks = quantize_int16(item.audio())
    assert (stereo[:, 0] == (tracks[1] * 32768).round().astype("int16")).all()
    words = json.loads((tmp_path / "moshi" / "data_stereo" / f"{name}.json").read_text())
    first = words["alignments"][0]
    assert first[2] == "SPEAKER_OTHER"  # the user calls


def test_clean_tracks_are_built_again_from_the_record(tmp_path: Path) -> None:
    made = build(["@demo"], tmp_path / "corpus", SETTINGS)
    voices = select_voices(SETTINGS.voices)
    builder = DialogueBuilder(SETTINGS, voices, Synthesizer())
    for item in made.corpus():
        assert (builder.rebuild_clean_tracks(item.dialogue) == item.audio()).all()


def test_three_speakers_are_built_labelled_and_exported_where_that_can_be(tmp_path: Path) -> None:
    (tmp_path / "meeting.txt").write_text(MEETING)
    made = build(
        [str(tmp_path / "meeting.txt")], tmp_path / "corpus", replace(SETTINGS, scenario="")
    )
    item = next(iter(made.corpus()))
    assert item.audio().shape[0] == 3
    assert {s.role for s in item.dialogue.speakers} == {"participant"}
    options = ExportOptions(include_noncommercial=True)
    for name in ("rttm", "elan", "lhotse", "textgrid", "webdataset"):
        done = interactspeech.export(made.path, tmp_path / name, name, options)
        assert "C" in {s.id for s in item.dialogue.speakers}
        assert done
    run = CliRunner().invoke(
        cli, ["export", "moshi", str(made.path), "-o", str(tmp_path / "m"),
              "--include-noncommercial"]
    )  # fmt: skip
    assert run.exit_code != 0
    assert "3 speakers, not two" in run.output


@pytest.mark.parametrize(
    "wrong",
    [
        {"scenario": "asistant"},
        {"roles": ("agent", "nobody")},
        {"rates": "dense"},
        {"writer": "none"},
    ],
)
def test_what_does_not_go_together_is_said_at_once(wrong) -> None:
    with pytest.raises(UsageError):
        replace(SETTINGS, **wrong).__post_init__()


def test_the_commands_take_scenarios(tmp_path: Path) -> None:
    (tmp_path / "call.txt").write_text(CALL)
    run = CliRunner().invoke(
        cli, ["script", str(tmp_path / "call.txt"), "-o", str(tmp_path / "s.txt"),
              "--scenario", "service-call", "--roles", "customer,agent"]
    )  # fmt: skip
    assert run.exit_code == 0, run.output
    script = parse_script((tmp_path / "s.txt").read_text())
    assert script.roles == {"A": "customer", "B": "agent"}
    wrong = CliRunner().invoke(
        cli, ["script", str(tmp_path / "call.txt"), "-o", "-", "--scenario", "lessons"]
    )
    assert wrong.exit_code == 2
    assert "lesson" in wrong.output
    table = CliRunner().invoke(
        cli, ["evaluate", "scenarios", str(tmp_path / "call.txt"), "--scenario", "assistant"]
    )
    assert table.exit_code == 0, table.output
    assert "| assistant | user | interruptions |" in table.output
