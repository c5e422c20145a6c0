"""A short run of the soak: commands that write, killed at random and run again."""

import json
import subprocess
import sys
from pathlib import Path

SOAK = Path(__file__).parents[2] / "bench" / "soak.py"


def test_what_is_killed_and_run_again_is_as_if_nothing_had_happened(tmp_path, monkeypatch):
    monkeypatch.setenv("INTERACTSPEECH_CACHE", str(tmp_path / "cache"))
    words = [sys.executable, str(SOAK), "--seconds", "20", "--folder", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    assert found["kills"] > 0
