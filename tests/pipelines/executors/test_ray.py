"""The Ray executor on a cluster of this machine: the local executor's promises, and its bytes."""

import os
import signal
import subprocess
import sys
import threading
import time
from itertools import count
from pathlib import Path

import pytest
from run_stages import (
    Broken,
    Buggy,
    Chatty,
    Deadly,
    Greedy,
    Slow,
    Square,
    Troubled,
    Unsendable,
)

from interactspeech.errors import InputError, MissingExtraError
from interactspeech.pipelines.building import BuildSettings, build
from interactspeech.pipelines.executors.ray import run
from interactspeech.pipelines.executors.stage import TaskError, WorkerDiedError
from interactspeech.pipelines.executors.worker import WorkerStartError

# Starting Ray alone takes longer than all other tests of this folder.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ray")]

SUPPORT = Path(__file__).parents[2] / "support"
FAKE = BuildSettings(seed=3, voices=("fake",), limit=12, shard=2)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module", autouse=True)
def cluster(cache):
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'interactspeech[ray]'")
    with pytest.MonkeyPatch.context() as patch:
        # What Ray starts, and its workers, inherit these; the mark finds this cluster's workers.
        patch.setenv("PYTHONPATH", str(SUPPORT), prepend=os.pathsep)
        patch.setenv("INTERACTSPEECH_CACHE", str(cache))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        import ray

        ray.init(
            address="local",
            num_cpus=2,
            include_dashboard=False,
            object_store_memory=100 * 1024 * 1024,
            log_to_driver=False,
        )
        yield
        ray.shutdown()


def bytes_of(corpus):
    return {
        str(path.relative_to(corpus)): path.read_bytes()
        for path in sorted(corpus.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def workers_of(cache):
    """Process ids of this cluster's actors that are doing a task."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            ours = str(cache).encode() in (folder / "environ").read_bytes()
            if ours and b"_Actor.perform" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def test_every_task_is_done_once_in_order_by_two_processes():
    seen = []
    outcomes = list(run(range(20), Square(), workers=2, on_report=seen.append))
    assert [outcome.result() for outcome in outcomes] == [n * n for n in range(20)]
    by_process = {}
    for _, pid, nth in seen:
        by_process.setdefault(pid, []).append(nth)
    assert len(seen) == 20
    assert os.getpid() not in by_process
    for counts in by_process.values():
        assert counts == list(range(1, len(counts) + 1))  # opened once, reports in order


def test_unordered_outcomes_come_as_they_are_ready():
    stage = Slow((6.0, 0.0, 0.0))
    assert next(iter(run([0, 1, 2], stage, workers=2, ordered=False))).task == 1
    assert [one.task for one in run([0, 1], Slow((0.5, 0.0)), workers=2)] == [0, 1]


def test_more_workers_than_room_wait_for_it():
    assert [one.task for one in run(range(6), Square(), workers=5)] == list(range(6))


def test_errors_carry_the_task_and_the_rest_goes_on(tmp_path):
    retried = []
    tasks = [("ok", 1), ("input", 2), ("bug", 3), ("die-once", 4), ("die", 5), ("ok", 6)]
    outcomes = list(run(tasks, Troubled(str(tmp_path)), workers=2, on_retry=retried.append))
    assert [one.task for one in outcomes] == tasks
    assert [one.ok for one in outcomes] == [True, False, False, True, False, True]
    assert [one.attempts for one in outcomes] == [1, 1, 1, 2, 2, 1]
    wrong, bug, died = (outcomes[k].error for k in (1, 2, 4))
    assert isinstance(wrong, InputError)
    assert wrong.reason == "bad-line"
    assert isinstance(bug, TaskError)
    assert "ZeroDivisionError: a bug" in str(bug)
    assert "run_stages.py" in bug.detail
    assert isinstance(died, WorkerDiedError)
    assert "worker process" in str(died)
    assert (tmp_path / "die-5").read_text() == "xx"
    assert sorted(error.task for error in retried) == [("die", 5), ("die-once", 4)]


def test_what_does_not_pickle_is_an_error_of_its_task():
    bad, good = run([0, 1], Unsendable(), workers=1)
    assert isinstance(bad.error, TaskError)
    assert good.result() == 1
    bad, good = run([threading.Lock(), 1], Unsendable(), workers=1)
    assert isinstance(bad.error, TaskError)
    assert good.result() == 1


def test_a_stage_that_cannot_be_opened_ends_the_run_with_its_own_error():
    with pytest.raises(MissingExtraError, match="tts"):
        list(run(range(3), Broken(), workers=2))
    with pytest.raises(WorkerStartError, match="cannot load"):
        list(run(range(3), Buggy(), workers=2))
    with pytest.raises(WorkerStartError, match="die while they start"):
        list(run(range(3), Deadly(), workers=1))


def test_a_cluster_without_room_is_named_not_waited_for_without_end():
    with pytest.raises(WorkerStartError, match=r"gpus=64\.0"):
        list(run(range(3), Greedy(), workers=1, patience=1.0))


def test_few_tasks_are_taken_ahead():
    taken = count()

    def tasks():
        while True:
            yield next(taken)

    outcomes = run(tasks(), Square(), workers=2)
    assert [next(outcomes).task for _ in range(3)] == [0, 1, 2]
    outcomes.close()
    assert next(taken) < 2 * 16 + 5


def test_all_reports_arrive_in_order():
    seen = []
    assert len(list(run(range(3), Chatty(), workers=2, on_report=seen.append))) == 3
    assert [k for task, k, _ in seen if task == 1] == list(range(2000))
    assert len(seen) == 6000


def test_closing_the_iterator_ends_the_workers_at_once(tmp_path, cache):
    outcomes = run(
        [("ok", 0), ("sleep", 1), ("sleep", 2)], Troubled(str(tmp_path)), workers=2, ordered=False
    )
    assert next(outcomes).task == ("ok", 0)
    began = time.monotonic()
    outcomes.close()
    assert time.monotonic() - began < 10  # the tasks sleep for a minute
    while workers_of(cache):
        assert time.monotonic() - began < 20
        time.sleep(0.1)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes in /proc")
def test_a_build_that_loses_a_worker_has_the_bytes_of_a_local_one(tmp_path, cache, caplog):
    alone = build(["@demo"], tmp_path / "alone", FAKE)
    killed = []

    def kill(shown):
        if not killed and shown.done >= 3 and (found := workers_of(cache)):
            os.kill(found[0], signal.SIGKILL)
            killed.append(found[0])

    with caplog.at_level("INFO", "interactspeech"):
        made = build(["@demo"], tmp_path / "ray", FAKE, workers=2, executor="ray", progress=kill)
    assert killed
    assert caplog.messages, "no task was lost with its worker"
    assert "trying once more" in caplog.messages[0]
    assert made.ledger == alone.ledger
    assert bytes_of(tmp_path / "ray") == bytes_of(tmp_path / "alone")


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes in /proc")
def test_ctrl_c_ends_the_command_and_its_cluster(tmp_path):
    mark = tmp_path / "cache"
    command = [sys.executable, "-m", "interactspeech", "build", "@demo", "-o", str(tmp_path / "c")]
    process = subprocess.Popen(
        [*command, "--voices", "fake", "--executor", "ray", "--workers", "1", "--hours", "50"],
        env={**os.environ, "INTERACTSPEECH_CACHE": str(mark)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not workers_of(mark):
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.2)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal's Ctrl-C does
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()  # where it did not end, it must not live on into other tests
        process.communicate()
    assert process.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors
    while workers_of(mark):
        assert time.monotonic() < deadline
        time.sleep(0.2)
