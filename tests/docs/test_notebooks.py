"""The notebooks in examples/ are executed: their code cells in order, what each shows included."""

import ast
import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "examples").glob("*.ipynb"))
#: Lines of code that somebody types at most, to go the whole way.
MAX_LINES = 40


def cells(notebook: Path) -> list[str]:
    found = json.loads(notebook.read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in found if cell["cell_type"] == "code"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs_and_shows_what_it_made(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INTERACTSPEECH_CACHE", str(tmp_path / "cache"))
    namespace: dict[str, object] = {"__name__": "__notebook__"}
    shown = []
    for number, cell in enumerate(cells(notebook)):
        tree = ast.parse(cell)
        last = tree.body[-1]
        if isinstance(last, ast.Expr):
            tree.body.pop()
        exec(compile(tree, f"{notebook}:{number}", "exec"), namespace)
        if isinstance(last, ast.Expr):
            value = eval(
                compile(ast.Expression(last.value), f"{notebook}:{number}", "eval"), namespace
            )
            picture = getattr(value, "_repr_html_", None)
            shown.append(picture() if picture else repr(value))
    assert any("<svg" in text and "<audio" in text for text in shown)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_short_and_holds_no_output(notebook):
    lines = [line for cell in cells(notebook) for line in cell.splitlines() if line.strip()]
    assert len(lines) < MAX_LINES
    assert '"output_type"' not in notebook.read_text("utf-8")
