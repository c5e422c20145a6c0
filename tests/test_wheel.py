"""What a wheel holds: every file of the package, nothing else, and one version."""

import json
import os
import subprocess
import sys
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

import interactspeech

ROOT = Path(__file__).parents[1]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, built as a user builds it, without an index."""
    folder = tmp_path_factory.mktemp("wheel")
    words = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(folder)]
    subprocess.run([*PIP, *words, str(ROOT)], check=True, capture_output=True)
    (found,) = folder.glob("interactspeech-*.whl")
    return found


def test_it_holds_the_package_and_nothing_else(wheel: Path) -> None:
    source = ROOT / "src"
    expected = {
        path.relative_to(source).as_posix()
        for path in (source / "interactspeech").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert any(name.endswith(".onnx") for name in expected)
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == expected


def test_its_metadata_are_those_of_the_project(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (one for one in archive.namelist() if one.endswith(".dist-info/METADATA"))
        metadata = HeaderParser().parsestr(archive.read(name).decode("utf-8"))
        assert any(one.endswith("licenses/LICENSE") for one in archive.namelist())
    assert metadata["Version"] == interactspeech.__version__
    assert wheel.name.split("-")[1] == interactspeech.__version__
    assert {"tts", "listen", "train"} <= set(metadata.get_all("Provides-Extra"))


def test_the_installed_package_says_the_same_version(wheel: Path, tmp_path: Path) -> None:
    install = ["install", "--no-deps", "--no-index", "--target", str(tmp_path / "site"), str(wheel)]
    subprocess.run([*PIP, *install], check=True, capture_output=True)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}

    def said(*words: str) -> str:
        return subprocess.run(
            [sys.executable, *words], cwd=tmp_path, env=environment, check=True,
            capture_output=True, text=True,
        ).stdout  # fmt: skip

    code = (
        "import interactspeech as i, importlib.metadata as m;"
        "print(i.__file__, i.__version__, m.version('interactspeech'))"
    )
    place, *versions = said("-c", code).split()
    assert place.startswith(str(tmp_path))
    assert versions == [interactspeech.__version__] * 2
    assert interactspeech.__version__ in said("-m", "interactspeech", "--version")
    first = json.loads(said("-m", "interactspeech", "doctor", "--json"))[0]
    assert (first["what"], first["detail"]) == ("interactspeech", interactspeech.__version__)
