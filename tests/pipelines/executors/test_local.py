import os
import pickle
import signal
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import pytest
from run_stages import Broken, Buggy, Chatty, Slow, Square, Troubled

from interactspeech.errors import InputError, MissingExtraError
from interactspeech.pipelines.executors.local import run
from interactspeech.pipelines.executors.stage import Outcome, TaskError, WorkerDiedError
from interactspeech.pipelines.executors.worker import WorkerStartError

SUPPORT = Path(__file__).parents[2] / "support"


@pytest.mark.parametrize("workers", [1, 2])
def test_every_task_is_done_once_and_in_order(workers):
    outcomes = list(run(range(20), Square(), workers=workers))
    assert [outcome.result() for outcome in outcomes] == [n * n for n in range(20)]
    assert [outcome.task for outcome in outcomes] == list(range(20))


def test_the_stage_is_opened_once_in_a_process():
    seen = []
    list(run(range(12), Square(), workers=2, on_report=seen.append))
    by_process = {}
    for _, pid, nth in seen:
        by_process.setdefault(pid, []).append(nth)
    assert len(seen) == 12
    assert os.getpid() not in by_process
    assert 1 <= len(by_process) <= 2
    for counts in by_process.values():
        # The count lives in what `open` made: it would begin again if that were made again.
        assert counts == list(range(1, len(counts) + 1))


def test_one_worker_stays_in_this_process():
    seen = []
    list(run([3], Square(), workers=1, on_report=seen.append))
    assert seen == [("pid", os.getpid(), 1)]


def test_unordered_outcomes_come_as_they_are_ready():
    stage = Slow((4.0, 0.0))
    first = next(iter(run([0, 1], stage, workers=2, ordered=False)))
    assert first.task == 1


def test_ordered_outcomes_wait_for_their_turn():
    stage = Slow((0.5, 0.0, 0.0))
    assert [one.task for one in run([0, 1, 2], stage, workers=2)] == [0, 1, 2]


@pytest.mark.parametrize("workers", [1, 2])
def test_errors_carry_the_task_and_the_rest_goes_on(workers, tmp_path):
    tasks = [("ok", 1), ("input", 2), ("bug", 3), ("ok", 4)]
    first, second, third, fourth = run(tasks, Troubled(str(tmp_path)), workers=workers)
    assert (first.result(), fourth.result()) == (1, 4)
    assert isinstance(second.error, InputError)
    assert second.error.reason == "bad-line"
    assert isinstance(third.error, TaskError)
    assert third.error.task == ("bug", 3)
    assert "ZeroDivisionError: a bug" in str(third.error)
    assert "run_stages.py" in third.error.detail
    with pytest.raises(TaskError):
        third.result()


def test_a_killed_worker_is_named_and_its_task_tried_again(tmp_path):
    retried = []
    tasks = [("ok", 0), ("die-once", 1), ("ok", 2), ("ok", 3)]
    outcomes = list(run(tasks, Troubled(str(tmp_path)), workers=2, on_retry=retried.append))
    assert [outcome.result() for outcome in outcomes] == [0, 1, 2, 3]
    assert [outcome.attempts for outcome in outcomes] == [1, 2, 1, 1]
    (died,) = retried
    assert died.task == ("die-once", 1)
    assert "SIGKILL" in str(died)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_task_that_kills_every_worker_is_reported_after_its_retry(workers, tmp_path):
    tasks = [("die", 0), ("ok", 1), ("exit", 2), ("ok", 3)]
    outcomes = list(run(tasks, Troubled(str(tmp_path)), workers=workers, isolated=True))
    assert [outcome.ok for outcome in outcomes] == [False, True, False, True]
    assert isinstance(outcomes[0].error, WorkerDiedError)
    assert outcomes[0].attempts == 2
    assert (tmp_path / "die-0").read_text() == "xx"
    assert "code 7" in str(outcomes[2].error)


def test_a_result_that_does_not_pickle_is_an_error_of_its_task(tmp_path):
    tasks = [("unpicklable", 0), ("ok", 1)]
    bad, good = run(tasks, Troubled(str(tmp_path)), workers=2)
    assert isinstance(bad.error, TaskError)
    assert good.result() == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_a_stage_that_cannot_be_opened_ends_the_run_with_its_own_error(workers):
    with pytest.raises(MissingExtraError, match="tts"):
        list(run(range(3), Broken(), workers=workers))


def test_a_bug_in_opening_is_told_from_a_worker_too():
    with pytest.raises(WorkerStartError, match="cannot load"):
        list(run(range(3), Buggy(), workers=2))


def test_a_stage_that_does_not_pickle_is_refused():
    class Local:
        def open(self):
            return lambda task: task

    with pytest.raises(WorkerStartError):
        list(run(range(3), Local(), workers=2))


def test_tasks_are_taken_only_as_workers_become_free():
    taken = count()

    def tasks():
        while True:
            yield next(taken)

    outcomes = run(tasks(), Square(), workers=2)
    assert [next(outcomes).task for _ in range(3)] == [0, 1, 2]
    outcomes.close()
    assert next(taken) < 2 * 16 + 5


def test_a_slow_task_does_not_let_the_others_run_ahead_without_end():
    stage = Slow((1.0, *[0.0] * 500))
    taken = []

    def tasks():
        for number in range(501):
            taken.append(number)
            yield number

    outcomes = run(tasks(), stage, workers=2)
    assert next(outcomes).task == 0
    assert len(taken) <= 2 * 16 + 2
    assert [one.task for one in outcomes] == list(range(1, 501))


def test_more_reports_than_a_pipe_holds_all_arrive():
    seen = []
    assert [one.task for one in run(range(3), Chatty(), workers=2, on_report=seen.append)] == [
        0,
        1,
        2,
    ]
    assert len(seen) == 6000
    assert [k for task, k, _ in seen if task == 1] == list(range(2000))


def test_closing_the_iterator_ends_the_workers_at_once(tmp_path):
    outcomes = run(
        [("ok", 0), ("sleep", 1), ("sleep", 2)], Troubled(str(tmp_path)), workers=2, ordered=False
    )
    assert next(outcomes).task == ("ok", 0)
    began = time.monotonic()
    outcomes.close()
    assert time.monotonic() - began < 10  # the tasks sleep for a minute


def test_outcomes_and_errors_pickle():
    for error in (TaskError(3, "no", "detail"), WorkerDiedError(3, "gone")):
        again = pickle.loads(pickle.dumps(Outcome(3, error=error)))
        assert type(again.error) is type(error)
        assert (again.error.task, str(again.error)) == (3, str(error))


def _start(tmp_path, code):
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\n"
        f"sys.path.insert(0, {str(SUPPORT)!r})\n"
        "from run_stages import Troubled\n"
        "from interactspeech.pipelines.executors import run\n"
        "if __name__ == '__main__':\n" + code
    )
    return subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _group(leader):
    """Processes of the group that are alive (zombies are not)."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == leader and fields[0] != "Z":
            found.append(stat.parent.name)
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="counts processes in /proc")
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_worker_outlives_its_parent(tmp_path, ending):
    process = _start(
        tmp_path,
        f"    stage = Troubled({str(tmp_path)!r})\n"
        "    for one in run([('sleep', 1), ('sleep', 2)], stage, workers=2):\n"
        "        print(one)\n",
    )
    try:
        deadline = time.monotonic() + 30
        while not all((tmp_path / f"sleep-{n}").exists() for n in (1, 2)):
            assert time.monotonic() < deadline, process.stderr
            time.sleep(0.05)
        if ending == signal.SIGINT:
            os.killpg(process.pid, ending)  # as a terminal's Ctrl-C does
        else:
            process.send_signal(ending)
        _, errors = process.communicate(timeout=20)
    finally:
        process.kill()  # where it did not end, it must not live on into other tests
        process.communicate()
    assert process.returncode != 0
    while _group(process.pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    # One traceback at most, the parent's own KeyboardInterrupt; the workers stay silent.
    assert errors.count("Traceback") <= (1 if ending == signal.SIGINT else 0), errors
