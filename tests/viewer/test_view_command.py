"""`interactspeech view`, and the figures beside people's."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from interactspeech.cli.view import command
from interactspeech.corpus import CorpusWriter
from interactspeech.errors import InputError
from interactspeech.records import Dialogue, Samples
from interactspeech.viewer.summary import timing_figures

Make = Callable[..., tuple[Dialogue, Samples]]


@pytest.fixture
def corpus(make_dialogue: Make, tmp_path: Path) -> Path:
    root = tmp_path / "talks"
    with CorpusWriter(root, {}) as writer:
        with writer.shard(0) as shard:
            for name in ("a", "b", "c"):
                dialogue, audio = make_dialogue(name)
                shard.add(dialogue, audio)
            shard.finish()
        writer.finish(1)
    return root


def test_it_writes_a_page_and_says_where(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "page"
    result = CliRunner().invoke(command, [str(corpus), "-o", str(out)])
    assert result.exit_code == 0, result.output
    assert result.output == f"3 dialogues: {out / 'index.html'}\n"
    text = (out / "data" / "corpus.js").read_text("utf-8")
    shown = json.loads(text.removeprefix("interactspeech.start(").removesuffix(");\n"))
    assert shown["title"] == "talks"
    first = shown["figures"][0]
    assert (first["label"], first["human"]) == ("Backchannels", 4.659)
    assert first["value"] == pytest.approx(10)


def test_it_shows_what_one_asks_for(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "one.html"
    arguments = [str(corpus), "-o", str(out), "--where", "id <> 'a'", "--limit", "1"]
    result = CliRunner().invoke(command, [*arguments, "--title", "Mine"])
    assert result.exit_code == 0, result.output
    text = out.read_text("utf-8")
    assert 'id="data-0001-b"' in text
    assert 'id="data-0002' not in text
    assert "<title>Mine</title>" in text


def test_a_damaged_dialogue_is_named_and_the_rest_is_shown(corpus: Path, tmp_path: Path) -> None:
    tar = next(corpus.rglob("*.tar"))
    data = tar.read_bytes()
    at = data.index(b"fLaC", data.index(b"b.json"))
    tar.write_bytes(data[:at] + b"XXXX" + data[at + 4 :])
    result = CliRunner().invoke(command, [str(corpus), "-o", str(tmp_path / "page")])
    assert result.exit_code == 1
    assert "left out: " in result.output
    assert "'b'" in result.output
    assert "2 dialogues: " in result.output


def test_a_query_nobody_fits_is_an_error(corpus: Path, tmp_path: Path) -> None:
    arguments = [str(corpus), "-o", str(tmp_path / "page"), "--where", "seconds > 1e6"]
    result = CliRunner().invoke(command, arguments)
    assert isinstance(result.exception, InputError)
    assert "no dialogue to show" in str(result.exception)


def test_figures_stand_beside_people_s(make_dialogue: Make) -> None:
    figures = {f.label: f for f in timing_figures([make_dialogue()[0]])}
    assert figures["Backchannels"].value == 10
    assert figures["Backchannels"].human == pytest.approx(4.659)
    # B talks over A from 0.8 to 1.1 s and from 1.9 to 2.0 s of six.
    assert figures["Both talk"].value == pytest.approx(100 * 0.4 / 6)
    assert "Switchboard" in figures["Both talk"].note


def test_what_there_is_nothing_of_has_no_figure(make_dialogue: Make) -> None:
    dialogue = msgspec.structs.replace(make_dialogue()[0], utterances=(), events=())
    labels = {figure.label for figure in timing_figures([dialogue])}
    assert "Pause, median" not in labels
    assert "Backchannels" in labels
