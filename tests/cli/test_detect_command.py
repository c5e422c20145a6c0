"""`detect --diarize`, with and without the name of a diarizer."""

import pytest
from click.testing import CliRunner

from interactspeech.cli import cli
from interactspeech.cli.detect import command


@pytest.mark.parametrize(
    ("words", "diarize", "audio"),
    [
        (["a.wav"], None, ("a.wav",)),
        (["--diarize", "a.wav"], "offline", ("a.wav",)),
        (["a.wav", "--diarize"], "offline", ("a.wav",)),
        (["--diarize", "-q", "a.wav"], "offline", ("a.wav",)),
        (["--diarize", "sortformer", "a.wav"], "sortformer", ("a.wav",)),
        (["a.wav", "--diarize=pyannote"], "pyannote", ("a.wav",)),
        (["--", "--diarize", "offline"], None, ("--diarize", "offline")),
    ],
)
def test_the_name_may_be_left_out(words, diarize, audio):
    with command.make_context("detect", list(words)) as context:
        assert context.params["diarize"] == diarize
        assert context.params["audio"] == audio


def test_an_unknown_diarizer_is_named(tmp_path):
    result = CliRunner().invoke(cli, ["detect", "--diarize=nothing", str(tmp_path / "a.wav")])
    assert result.exit_code != 0
    assert "nothing" in result.output
