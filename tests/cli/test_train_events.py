"""`interactspeech train events --start`."""

import pytest
from click.testing import CliRunner
from spoken import spoken

from interactspeech.cli import cli
from interactspeech.errors import InputError
from interactspeech.listener import Listener

pytest.importorskip("torch")


def train(corpus, *more):
    arguments = ["train", "events", corpus, "--threads", 1, "--batches", 2, "--size", 2, *more]
    return CliRunner().invoke(cli, [str(one) for one in arguments])


def test_the_listener_that_ships_is_adapted(tmp_path):
    corpus = spoken(limit=3)
    result = train(corpus, "-o", tmp_path / "run", "--start", "shipped", "--seconds", 3)
    assert result.exit_code == 0, result.output
    found, shipped = Listener.load(tmp_path / "run" / "listener.onnx"), Listener.load()
    assert set(found.card.modes) == set(shipped.card.modes)
    assert found.card.settings("two_channel").silero == shipped.card.settings("two_channel").silero
    (run, *before) = found.card.about["runs"]
    assert run["settings"]["conditions"]["mono"] == 0.0
    assert [one["run"] for one in before] == [one["run"] for one in shipped.card.about["runs"]]


@pytest.mark.parametrize("start", ["missing.onnx", "missing", "README.onnx"])
def test_a_start_that_is_none_is_named_before_anything_is_made(start, tmp_path):
    (tmp_path / "README.onnx").write_text("no graph")
    result = train(spoken(limit=3), "-o", tmp_path / "run", "--start", tmp_path / start)
    assert isinstance(result.exception, InputError)
    assert start.removesuffix(".onnx") in str(result.exception)
    assert not (tmp_path / "run").exists()
