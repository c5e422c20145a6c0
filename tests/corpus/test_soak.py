"""Short runs of the soak: commands that write, disturbed at random and run again."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).parents[2] / "bench" / "soak.py"


@pytest.mark.parametrize("mode", ["kills", "faults", "slow", "signals"])
def test_what_is_disturbed_and_run_again_is_as_if_nothing_had_happened(tmp_path, monkeypatch, mode):
    monkeypatch.setenv("INTERACTSPEECH_CACHE", str(tmp_path / "cache"))
    words = [sys.executable, str(SOAK), "--mode", mode, "--trials", "11", "--folder", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    assert mode == "slow" or found[mode] > 0
