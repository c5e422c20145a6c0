"""Exit codes of the program as a process: signals, closed pipes, errors of each kind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from interactspeech.cli.common import ExitCode

RUN = [sys.executable, "-m", "interactspeech"]


def run(*words: str, **more) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*RUN, *words], capture_output=True, text=True, check=False, **more)


def inside(code: str) -> subprocess.CompletedProcess[str]:
    """`interactspeech doctor`, in which something happens while it runs."""
    program = (
        "import signal, sys\n"
        "from interactspeech.cli import doctor, main\n"
        f"def happens():\n    {code}\n    return iter(())\n"
        "doctor._machine = happens\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "sys.argv = ['interactspeech', 'doctor']\n"
        "main()\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("number", "code", "line"),
    [
        ("SIGINT", ExitCode.INTERRUPTED, "interrupted"),
        ("SIGTERM", ExitCode.TERMINATED, "terminated"),
    ],
)
def test_a_signal_has_its_code_and_one_line(number: str, code: ExitCode, line: str) -> None:
    done = inside(f"signal.raise_signal(signal.{number})")
    assert done.returncode == code
    assert done.stderr.strip() == line


def test_what_was_begun_is_cleaned_up(tmp_path: Path) -> None:
    done = inside(
        f"open({str(tmp_path / 'there')!r}, 'w').close()\n"
        f"    try: signal.raise_signal(signal.SIGTERM)\n"
        f"    finally: __import__('os').remove({str(tmp_path / 'there')!r})"
    )
    assert done.returncode == ExitCode.TERMINATED
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("from interactspeech.errors import InputError as E; raise E('no good')", ExitCode.LOST),
        ("from interactspeech.errors import StoreError as E; raise E('no good')", ExitCode.LOST),
        ("raise PermissionError(13, 'no good', 'file')", ExitCode.LOST),
        ("import errno; raise OSError(errno.ENOSPC, 'no good', 'file')", ExitCode.LOST),
    ],
)
def test_an_error_is_one_line(error: str, code: ExitCode) -> None:
    done = inside(error)
    assert done.returncode == code
    assert len(done.stderr.splitlines()) == 1
    assert "no good" in done.stderr or "no space left" in done.stderr


def test_a_mistake_of_ours_is_a_traceback() -> None:
    assert "ZeroDivisionError" in inside("1 / 0").stderr


def test_wrong_usage() -> None:
    assert run("build").returncode == ExitCode.USAGE
    assert run("build", "@demo", "-o", "x", "--voices", "kokro").returncode == ExitCode.USAGE
    assert run("nothing").returncode == ExitCode.USAGE
    assert run("--help").returncode == ExitCode.DONE


def test_a_closed_pipe_ends_quietly() -> None:
    """What `| head -0` does: the reader has gone before the first line."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*RUN, "voices", "list", "fake"],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert done.returncode == ExitCode.CLOSED_PIPE
    assert done.stderr == ""


BUILD = ("build", "@demo", "--limit", "1", "--voices", "fake", "--no-page", "--no-cache")


@pytest.mark.parametrize("how", ["2>&-", "2> >(exit)", "<&- 2>&-"])
def test_a_closed_standard_error_does_not_stop_a_build(how: str, tmp_path: Path) -> None:
    command = " ".join([*RUN, *BUILD, "-o", str(tmp_path / "corpus"), how])
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == ExitCode.DONE, done.stdout
    assert run("corpus", "verify", str(tmp_path / "corpus")).returncode == ExitCode.DONE


def test_a_build_that_is_terminated_ends_its_workers_and_leaves_nothing_half(
    tmp_path: Path,
) -> None:
    corpus = tmp_path / "corpus"
    words = [*RUN, "build", "@demo", "-o", str(corpus), "--voices", "fake", "--no-page"]
    words += ["--recombine", "--hours", "50", "--workers", "2", "--shard", "2", "--no-cache"]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, start_new_session=True, text=True)
    for _ in range(600):
        if list(corpus.glob("shards/*.parquet")):
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == ExitCode.TERMINATED
    assert errors.strip().endswith("terminated")
    for _ in range(50):  # its session ends with its last worker
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            break
        time.sleep(0.1)
    else:
        pytest.fail("workers are left")


def test_a_folder_in_which_a_build_failed_takes_the_next_one(tmp_path: Path) -> None:
    text = tmp_path / "chat.txt"
    words = ["build", str(text), "-o", str(tmp_path / "corpus"), "--voices", "fake", "--no-page"]
    text.write_text("A: Well [interupt] hello.\nB: Hi.\n")
    failed = run(*words, "--workers", "1")
    assert failed.returncode == ExitCode.LOST
    assert "no dialogue could be built" in failed.stderr
    text.write_text("A: Well, hello.\nB: Hi there.\n")
    assert run(*words, "--workers", "1").returncode == ExitCode.DONE
    assert run("corpus", "verify", str(tmp_path / "corpus")).returncode == ExitCode.DONE
    # What holds a dialogue is not taken over.
    other = run(*words, "--workers", "1", "--seed", "7")
    assert other.returncode == ExitCode.LOST
    assert "another configuration" in other.stderr
