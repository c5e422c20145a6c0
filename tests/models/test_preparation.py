"""Prepared models are made once, made anew after a change, and never used damaged."""

import hashlib
import subprocess
import sys

import pytest

from interactspeech.models import preparation
from interactspeech.models.preparation import prepared

WEIGHTS = hashlib.sha256(b"weights").hexdigest()


@pytest.fixture
def made():
    """The recipes by which models were made."""
    return []


def ask(root, made, recipe="recipe", weights=WEIGHTS):
    def make():
        made.append(recipe)
        return b"model of " + recipe.encode()

    assert prepared(root, weights, recipe, make) == b"model of " + recipe.encode()


def kept(root):
    return sorted((root / "prepared").iterdir())


def test_a_model_is_made_once(tmp_path, made):
    for _ in range(3):
        ask(tmp_path, made)
    assert len(made) == len(kept(tmp_path)) == 1


def test_other_weights_another_recipe_or_other_code_make_another(tmp_path, made, monkeypatch):
    ask(tmp_path, made)
    ask(tmp_path, made, recipe="recipe.2")
    ask(tmp_path, made, weights=hashlib.sha256(b"others").hexdigest())
    assert len(made) == len(kept(tmp_path)) == 3
    monkeypatch.setattr(preparation, "_code", lambda: "changed")
    ask(tmp_path, made)
    assert len(made) == 4
    assert len(kept(tmp_path)) == 3  # in the place of the first


def test_what_a_killed_process_left_goes(tmp_path, made, monkeypatch):
    ask(tmp_path, made)
    (tmp_path / "prepared" / f"recipe-{WEIGHTS[:16]}-x.1.partial").write_bytes(b"half")
    monkeypatch.setattr(preparation, "_code", lambda: "changed")
    ask(tmp_path, made)
    assert len(kept(tmp_path)) == 1


def test_a_damaged_one_is_made_anew(tmp_path, made):
    ask(tmp_path, made)
    (file,) = kept(tmp_path)
    file.write_bytes(file.read_bytes()[:-1])
    ask(tmp_path, made)
    assert len(made) == 2
    assert kept(tmp_path) == [file]
    ask(tmp_path, made)
    assert len(made) == 2


def test_where_nothing_can_be_written_it_is_made_each_time(tmp_path, made):
    (tmp_path / "prepared").write_bytes(b"a file, not a folder")
    ask(tmp_path, made)
    ask(tmp_path, made)
    assert len(made) == 2


def test_a_kept_model_needs_no_onnx(tmp_path, made):
    """Importing onnx takes longer than reading a prepared model."""
    code = (
        "import sys; from pathlib import Path; sys.modules['onnx'] = None\n"
        "from interactspeech.models import campplus, onnx_passes, pyannet\n"
        "from interactspeech.models.preparation import prepared\n"
        f"prepared(Path({str(tmp_path)!r}), {WEIGHTS!r}, 'recipe', lambda: campplus.model({{}}))"
    )
    ask(tmp_path, made)
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
