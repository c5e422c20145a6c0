"""The benchmark of a GPU: it skips itself where there is none, and its code runs on small sizes."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench" / "gpu.py"


def run(*arguments):
    command = [sys.executable, str(BENCH), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_without_a_gpu_nothing_is_measured():
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    done = run()
    assert done.returncode == 0
    assert "nothing is measured" in done.stdout
    assert "|" not in done.stdout
    assert run("--device", "cuda").returncode == 2


def test_small_sizes_run_and_are_not_written():
    for name in ("torch", "peft", "transformers"):
        pytest.importorskip(name)
    done = run("--tiny", "--device", "cpu", "--only", "listener,lora")
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("| 2 ")]
    assert len(rows) == 3  # one of the listener, two of LoRA: activations kept and recomputed
    assert run("--tiny", "--device", "cpu", "--write").returncode == 2
