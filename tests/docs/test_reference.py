"""The API reference is built from docstrings; a warning, or a reference to nothing, is an error."""

import ast
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import interactspeech

PACKAGE = Path(interactspeech.__file__).parent
REFERENCE = re.compile(r"(?<!`)`(interactspeech(?:\.\w+)+)`(?!`)")


def docstrings():
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                text = ast.get_docstring(node)
                if text:
                    yield path.relative_to(PACKAGE), text


def leads_somewhere(name: str) -> bool:
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            if not hasattr(found, part) and part not in getattr(found, "__annotations__", {}):
                return False
            found = getattr(found, part, None)
        return True
    return False


def test_references_in_docstrings_lead_somewhere():
    names = {(str(path), name) for path, text in docstrings() for name in REFERENCE.findall(text)}
    assert len(names) > 20
    assert not sorted(f"{path}: {name}" for path, name in names if not leads_somewhere(name))


def test_the_reference_is_built_without_a_warning(tmp_path):
    pytest.importorskip("pdoc")
    tool = PACKAGE.parents[1] / "tools" / "make_reference.py"
    done = subprocess.run(
        [sys.executable, str(tool), str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Warn" not in done.stderr, done.stderr[-3000:]
    page = (tmp_path / "interactspeech.html").read_text("utf-8")
    for name in interactspeech.__all__:
        assert f'id="{name}"' in page, name
