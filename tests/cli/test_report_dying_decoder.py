"""A recording that takes its worker along costs a report itself alone, with one worker too."""

import os
import subprocess
import sys
from pathlib import Path

from recordings import write_call

from interactspeech.cli.common import ExitCode

DIES = """\
import multiprocessing, os, signal, sys
def opened(event, arguments):
    if event == "open" and str(arguments[0]).endswith("bad.wav"):
        if multiprocessing.parent_process() is not None:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(opened)
"""


def test_the_other_call_is_reported(tmp_path: Path) -> None:
    write_call(tmp_path / "calls", "good")
    write_call(tmp_path / "calls", "bad", seed=1)
    (tmp_path / "sitecustomize.py").write_text(DIES)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "interactspeech", "report", str(tmp_path / "calls"),
         "-o", str(tmp_path / "report.json"), "--workers", "1", "--no-sound"],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == ExitCode.LOST, done.stderr
    said = done.stdout + done.stderr
    assert "bad.wav" in said
    assert "SIGKILL" in said
    assert '"good"' in (tmp_path / "report.json").read_text()
