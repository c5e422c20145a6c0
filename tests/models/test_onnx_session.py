"""One place makes sessions of onnxruntime, and nothing is written or sent when it is loaded."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from interactspeech.errors import MissingExtraError
from interactspeech.models.onnx_graph import Graph
from interactspeech.models.onnx_session import CPU, CUDA, inference_session

PACKAGE = Path(__file__).parents[2] / "src" / "interactspeech"


def doubling() -> bytes:
    graph = Graph()
    x = graph.input("x", ("n",))
    return graph.model(graph.add("Add", x, x), ("n",))


def test_a_session_runs_a_model_given_as_bytes_or_as_a_function() -> None:
    for model in (doubling(), doubling):
        session = inference_session(model, "Doubling", "tts", threads=2)
        assert session.run(None, {"x": np.ones(2, np.float32)})[0].tolist() == [2.0, 2.0]
        options = session.get_session_options()
        assert (options.intra_op_num_threads, options.inter_op_num_threads) == (2, 1)
        assert session.get_providers() == [CPU]


def test_without_onnxruntime_the_extra_is_named_and_nothing_is_fetched(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    fetched = []
    with pytest.raises(MissingExtraError, match=r"Doubling needs .*'onnxruntime'.*\[listen\]"):
        inference_session(lambda: fetched.append(1) or b"", "Doubling", "listen")
    assert not fetched


def test_without_cuda_the_extra_for_gpus_is_named(monkeypatch) -> None:
    import onnxruntime

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CPU])
    with pytest.raises(MissingExtraError, match=r"onnxruntime-gpu.*\[gpu\]"):
        inference_session(doubling, "Doubling", "tts", providers=(CUDA, CPU))


def test_one_module_imports_onnxruntime() -> None:
    importing = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if (
            isinstance(node, ast.Import)
            and any(alias.name.split(".")[0] == "onnxruntime" for alias in node.names)
        )
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "onnxruntime")
    }
    assert importing == {"models/onnx_session.py"}


@pytest.mark.parametrize(
    "code",
    [
        "from interactspeech import Listener; Listener.load()",
        "import interactspeech; import onnxruntime",  # as packages that we use do
    ],
)
def test_loading_onnxruntime_writes_nothing_into_the_home(code, tmp_path) -> None:
    """onnxruntime 1.32 puts a device identifier and a database of events there."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "ORT_"))}
    home = tmp_path / "home"
    home.mkdir()
    subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nassert 'onnxruntime' in sys.modules"],
        env=kept | {"HOME": str(home), "PYTHONPATH": str(PACKAGE.parent)},
        check=True,
        timeout=120,
    )
    assert not [path for path in home.rglob("*") if path.is_file()]
