"""Sounds that are no words in a build: same seed same bytes, banks with their licences, losses."""

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from interactspeech.cli import cli
from interactspeech.corpus import Corpus
from interactspeech.corpus.exchange.interface import provenance
from interactspeech.corpus.exchange.licences import restricted
from interactspeech.errors import InputError, UsageError
from interactspeech.pipelines.building import BuildSettings, build
from interactspeech.pipelines.building.dialogue_builder import DialogueBuilder
from interactspeech.records.script import SOUND_KINDS
from interactspeech.tts import Synthesizer, select_voices

QUIET = BuildSettings(seed=3, voices=("fake",), limit=4)
LOUD = msgspec.structs.replace(QUIET, sounds=6.0)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERACTSPEECH_CACHE", str(tmp_path_factory.mktemp("cache")))


KINDS = {*SOUND_KINDS, "speech_laugh"}


def tars(corpus: Path) -> dict[str, bytes]:
    return {str(p.relative_to(corpus)): p.read_bytes() for p in sorted(corpus.rglob("*.tar"))}


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    folder = tmp_path / "bank"
    folder.mkdir()
    time = np.arange(6_000) / 16_000
    laugh = 0.3 * np.sin(2 * np.pi * 300 * time) * np.sin(2 * np.pi * 4.5 * time) ** 2
    soundfile.write(folder / "laugh.wav", laugh, 16_000)
    soundfile.write(folder / "stereo.wav", np.stack([laugh, laugh], 1), 16_000)
    (folder / "sounds.csv").write_text(
        "file,kind,licence\nlaugh.wav,laugh,CC-BY-NC-4.0\nstereo.wav,laugh,CC0-1.0\n"
        "laugh.wav,laugh,\n"
    )
    return folder


def test_the_bytes_do_not_depend_on_workers_and_words_not_on_sounds(tmp_path: Path) -> None:
    one = build(["@demo"], tmp_path / "one", LOUD)
    two = build(["@demo"], tmp_path / "two", LOUD, workers=2)
    none = build(["@demo"], tmp_path / "none", QUIET)
    assert tars(one.path) == tars(two.path)
    found = 0
    for with_them, without in zip(one.corpus(), none.corpus(), strict=True):
        assert with_them.dialogue.utterances == without.dialogue.utterances
        sounds = [e for e in with_them.dialogue.events if e.type in KINDS]
        assert not [e for e in without.dialogue.events if e.type in KINDS]
        rest = [e for e in with_them.dialogue.events if e not in sounds]
        assert rest == list(without.dialogue.events)
        found += len(sounds)
    assert found > 10
    assert sum(row["breaths"] for row in Corpus.open(one.path).query("breaths > 0")) > 0


def test_clean_tracks_with_sounds_can_be_made_again(tmp_path: Path) -> None:
    made = build(["@demo"], tmp_path / "made", LOUD)
    builder = DialogueBuilder(LOUD, select_voices(("fake",)), Synthesizer(None))
    item = next(iter(made.corpus()))
    assert np.array_equal(builder.rebuild_clean_tracks(item.dialogue), item.audio())


def test_a_bank_is_used_named_and_its_bad_rows_are_counted(tmp_path: Path, bank: Path) -> None:
    result = CliRunner().invoke(
        cli,
        ["build", "@demo", "-o", str(tmp_path / "out"), "--voices", "fake", "--limit", "4",
         "--workers", "1", "--sounds", "6", "--sound-bank", str(bank), "--json"],
    )  # fmt: skip
    assert result.exit_code == 1, result.output
    told = json.loads(result.stdout)
    assert told["dialogues"] == 4
    counts = {reason: dropped["count"] for reason, dropped in told["dropped"].items()}
    assert counts == {"bad-sound": 1, "no-licence": 1}
    assert "stereo.wav" in result.stdout
    held = 0
    for item in Corpus.open(tmp_path / "out"):
        laughs = [e for e in item.dialogue.events if e.type == "laugh"]
        for event in laughs:
            if event.attributes["source"] == "laugh.wav":
                assert event.attributes["licence"] == "CC-BY-NC-4.0"
                assert restricted(item.dialogue) == "CC-BY-NC-4.0"
                assert provenance(item.dialogue)["sounds"] == ["CC-BY-NC-4.0"]
                held += 1
    assert held


@pytest.mark.parametrize("given", ["some", "-1", "nan", "inf", "21"])
def test_a_rate_that_is_none_is_refused(tmp_path: Path, given: str) -> None:
    command = ["build", "@demo", "-o", str(tmp_path / "x"), "--voices", "fake", "--sounds", given]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 2
    assert "people, none, or a factor" in result.output


def test_a_bank_that_is_none_is_an_error_and_so_is_a_bad_factor(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        cli,
        ["build", "@demo", "-o", str(tmp_path / "x"), "--voices", "fake", "--sound-bank",
         str(tmp_path), "--sounds", "people"],
    )  # fmt: skip
    assert isinstance(result.exception, InputError)
    assert result.exception.reason == "no-sounds"
    with pytest.raises(UsageError):
        BuildSettings(sounds=-1.0)
