import pytest
from click.testing import CliRunner

from interactspeech.cli import cli
from interactspeech.corpus import Corpus
from interactspeech.pipelines.building import BuildSettings, build


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """A tiny corpus that the main job really made, on the fake voice."""
    root = tmp_path_factory.mktemp("built") / "corpus"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INTERACTSPEECH_CACHE", str(tmp_path_factory.mktemp("cache")))
        build(["@demo"], root, BuildSettings(seed=5, voices=("fake",), limit=4))
    return Corpus.open(root)


@pytest.fixture
def call():
    def run(*words):
        return CliRunner().invoke(cli, list(map(str, words)))

    return run
