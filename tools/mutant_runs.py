"""Runs tests against mutants, in forks of processes that have already imported what the tests need.

A mutant inside a function is put in place by exchanging the code of that function, in a fork of a
process that has collected the tests: nothing is imported again. A mutant of a module's body (a
constant, a default value) needs the package to be imported with it, in a fork of a process that has
imported only the libraries. Of the tests run those that call the function, quickest first, until
one fails; which they are is found out once, by running all of them with a profiler.
"""

from __future__ import annotations

import ast
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import hypothesis
import pytest
from mutant_sites import ROOT, SOURCES, Mutant, modules_of, mutated, path_of, place_of

#: A test that takes so many times its usual processor time has hung, which counts as noticed; but
#: not before so many seconds, and in any case after so many seconds of the clock.
PATIENCE, LEAST_SECONDS, LONGEST_SECONDS = 8, 6.0, 600
#: Bytes a run may take; one that wants more fails, which counts as noticed.
MOST_MEMORY = 12 << 30
_FIRST = os.getpid()


@dataclass(slots=True)
class Census:
    """What is known of the tests of a room before any mutant."""

    #: Seconds of processor time of each test that passes, its fixtures included, by node id.
    seconds: dict[str, float] = field(default_factory=dict)
    #: Seconds that the fixtures of a test take where it is the first to need them.
    fixtures: dict[str, float] = field(default_factory=dict)
    #: Tests that fail as things are; they can notice nothing.
    failing: list[str] = field(default_factory=list)
    #: Node ids by the function they call: "path function".
    callers: dict[str, set[str]] = field(default_factory=dict)
    #: Functions that are called while tests are collected: like the body of a module.
    early: set[str] = field(default_factory=set)
    #: Modules that the tests import and that are not the package's or the tests'.
    libraries: list[str] = field(default_factory=list)

    def tests_of(self, mutant: Mutant, longest: float, budget: float) -> list[str]:
        """The tests that can notice a mutant, quickest first."""
        path = str(path_of(mutant.module))
        if mutant.function and f"{path} {mutant.function}" not in self.early:
            names = self._quickest(self.callers.get(f"{path} {mutant.function}", ()))
        else:
            near = {
                name
                for place, names in self.callers.items()
                if place.startswith(f"{path} ")
                for name in names
            }
            names = self._quickest(near) + self._quickest(set(self.seconds) - near)
        chosen, spent = [], 0.0
        for name in names:
            cost = self._cost(name)
            if cost <= longest and spent + cost <= budget:
                spent += cost
                chosen.append(name)
        return chosen

    def limit(self, name: str) -> float:
        """Seconds of processor time after which a test has hung."""
        own = max(LEAST_SECONDS, PATIENCE * self.seconds[name])
        return own + 2 * self.fixtures.get(name, 0.0)

    def _quickest(self, names: Iterable[str]) -> list[str]:
        known = [name for name in names if name in self.seconds]
        return sorted(known, key=lambda name: (self._cost(name), name))

    def _cost(self, name: str) -> float:
        """Seconds of a test alone, where it has to make its fixtures."""
        return max(self.seconds[name], self.fixtures.get(name, 0.0))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a mutant."""

    noticed: bool
    #: The test that failed first; "" where the run was ended or the package could not be imported.
    by: str
    #: Tests that were to be run.
    tests: int


class Bench:
    """The tests of some folders or files, ready to be run against mutants.

    Only in the main thread, and on systems that can fork.
    """

    def __init__(self, tests: list[str], room: str) -> None:
        self.tests, self.room = tests, room
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests" / "support")]
        os.chdir(ROOT)
        # The same examples each time, none from an earlier run, none shrunk.
        hypothesis.settings.register_profile(
            "mutants",
            derandomize=True,
            database=None,
            deadline=None,
            phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        )
        hypothesis.settings.load_profile("mutants")
        self.census = Census()
        self._count()
        for name in self.census.libraries:
            try:
                importlib.import_module(name)
            except Exception:  # noqa: BLE001, S112  # a part of a library that wants its whole
                continue
        self._collected = _Collected(tests, modules_of(room))

    def _count(self) -> None:
        """Run all tests as things are, to time them and to see what they call."""
        files = {str(path_of(name)) for name in modules_of(self.room)}
        answer = _in_fork(lambda: _census(self.tests, files), 6 * LONGEST_SECONDS)
        if answer is None:
            raise SystemExit("the tests could not be run without any mutant")
        self.census.failing = answer["failing"]
        self.census.fixtures = answer["fixtures"]
        self.census.libraries = answer["libraries"]
        self.census.early = set(answer["early"])
        self.census.callers = {place: set(names) for place, names in answer["callers"].items()}
        self.census.seconds = answer["seconds"]
        for name in self.census.failing:
            self.census.seconds.pop(name, None)

    def judge(self, mutant: Mutant, longest: float, budget: float) -> Verdict | None:
        """Run the tests with a mutant in place; None where the source has it no longer.

        Args:
            mutant: the change.
            longest: seconds of the longest test that is run.
            budget: seconds of all tests that are run, quickest first.
        """
        place = place_of(mutant)
        if place is None:
            return None
        names = self.census.tests_of(mutant, longest, budget)
        if not names:
            return Verdict(noticed=False, by="", tests=0)
        limits = {name: self.census.limit(name) for name in names}
        function = f"{path_of(mutant.module)} {mutant.function}"
        if mutant.function and function not in self.census.early:
            answer = self._collected.run(limits, mutant, place)
        else:
            answer = _in_fork(lambda: _imported(self.tests, limits, mutant, place))
        if answer is None:
            return Verdict(noticed=True, by="", tests=len(names))
        if answer.get("lost") or answer.get("error"):
            raise SystemExit(f"{mutant}: {answer.get('error', 'nothing could be changed')}")
        return Verdict(noticed=answer["failed"] != "", by=answer["failed"], tests=len(names))

    def close(self) -> None:
        """End the process that waits with the collected tests."""
        self._collected.close()


def _in_fork(
    work: Callable[[], dict[str, Any]], seconds: int = LONGEST_SECONDS
) -> dict[str, Any] | None:
    """What the work answers, from a process of its own; None where it did not end well."""
    folder = Path(tempfile.mkdtemp(prefix="mutant-"))
    child = os.fork()
    if child == 0:
        code = 1
        try:
            _enter(folder, seconds)
            try:
                answer = work()
            except Exception:  # noqa: BLE001  # of this tool: a test's is caught by pytest
                answer = {"error": traceback.format_exc()}
            (folder / "answer.json").write_text(json.dumps(answer), "utf-8")
            code = 0
        finally:
            os._exit(code)
    status = os.waitpid(child, 0)[1]
    answer = (
        json.loads((folder / "answer.json").read_text("utf-8"))
        if status == 0 and (folder / "answer.json").exists()
        else None
    )
    shutil.rmtree(folder, ignore_errors=True)
    if answer and "error" in answer and os.getpid() == _FIRST:
        raise SystemExit(answer["error"])
    return answer


def _enter(folder: Path, seconds: int) -> None:
    """Make a forked process quiet, keep its files apart, and bound what it takes."""
    quiet = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(quiet, stream)
    os.environ["PYTEST_DEBUG_TEMPROOT"] = os.environ["TMPDIR"] = str(folder)
    tempfile.tempdir = str(folder)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.alarm(seconds)


class _Runner:
    """A plug-in of pytest that runs chosen tests in a chosen order and stops at a failure."""

    def __init__(self, limits: dict[str, float] | None) -> None:
        self.limits, self.stops = limits, limits is not None
        self.failed: list[str] = []
        self.seconds: dict[str, float] = {}
        self.on_test: Callable[[str], None] = str
        self.ran = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and report.nodeid not in self.failed:
            self.failed.append(report.nodeid)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if not session.testsfailed:
            self.run(session)
        return True

    def run(self, session: pytest.Session) -> None:
        self.ran = True
        items = list(session.items)
        if self.limits is not None:
            order = {name: place for place, name in enumerate(self.limits)}
            items = sorted(
                (item for item in items if item.nodeid in order), key=lambda i: order[i.nodeid]
            )
        for place, item in enumerate(items):
            following = items[place + 1] if place + 1 < len(items) else None
            self.on_test(item.nodeid)
            if self.limits is not None:
                signal.setitimer(signal.ITIMER_PROF, self.limits[item.nodeid])
            started = _processor_time()
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            self.seconds[item.nodeid] = _processor_time() - started
            if self.failed and self.stops:
                break


def _pytest(tests: list[str], *plugins: object) -> None:
    # What is imported before pytest cannot have its assertions rewritten; that is no error here.
    arguments = ["-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    arguments += ["-m", "not slow", *tests]
    pytest.main(arguments, plugins=list(plugins))


def _census(tests: list[str], files: set[str]) -> dict[str, Any]:
    """Run all tests, and note which functions of the files each of them calls."""
    runner = _Runner(None)
    callers: dict[str, set[str]] = defaultdict(set)
    spent: dict[str, float] = defaultdict(float)
    users: dict[str, list[str]] = {}
    now = [""]

    def profile(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename in files:
            callers[f"{code.co_filename} {_outermost(code.co_qualname)}"].add(now[0])

    class Fixtures:
        @pytest.hookimpl(wrapper=True)
        def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Any:
            before, now[0] = now[0], f"fixture {fixturedef.argname}"
            started = time.process_time()
            del request
            try:
                return (yield)
            finally:
                spent[now[0]] = max(spent[now[0]], time.process_time() - started)
                now[0] = before

        def pytest_collection_finish(self, session: pytest.Session) -> None:
            for item in session.items:
                users[item.nodeid] = list(getattr(item, "fixturenames", ()))

    caches: list[Any] = []

    def begins(name: str) -> None:
        """A test asks anew for what an earlier one has left in a cache."""
        now[0] = name
        if not caches:
            caches.extend(thing for thing in gc.get_objects() if _is_cache(thing))
        for cache in caches:
            cache.cache_clear()

    runner.on_test = begins
    threading.setprofile(profile)
    sys.setprofile(profile)
    _pytest(tests, runner, Fixtures())
    sys.setprofile(None)
    by_fixture: dict[str, list[str]] = defaultdict(list)
    for name, wanted in users.items():
        for fixture in wanted:
            by_fixture[f"fixture {fixture}"].append(name)
    early = [place for place, names in callers.items() if "" in names]
    return {
        "failing": runner.failed,
        "seconds": dict(runner.seconds),
        "fixtures": {
            name: sum(spent[f"fixture {fixture}"] for fixture in wanted)
            for name, wanted in users.items()
        },
        "early": early,
        "callers": {
            place: sorted({user for name in names for user in by_fixture.get(name, [name])} - {""})
            for place, names in callers.items()
        },
        "libraries": sorted(
            name
            for name, module in list(sys.modules.items())
            if getattr(module, "__file__", None)
            and not str(module.__file__).startswith(str(ROOT / "src"))
            and not str(module.__file__).startswith(str(ROOT / "tests"))
            and not name.startswith(("_pytest", "pytest", "test", "conftest", "mutant", "__"))
            and name.split(".")[0] != "interactspeech"
        ),
    }


def _is_cache(thing: object) -> bool:
    return type(thing).__name__ == "_lru_cache_wrapper" and str(
        getattr(thing, "__module__", "")
    ).startswith("interactspeech.")


def _processor_time() -> float:
    """Of this process and of those that it has waited for."""
    return sum(os.times()[:4])


def _outermost(qualname: str) -> str:
    """The function around a nested one; `Class.method` stays."""
    return qualname.partition(".<locals>")[0]


class _Collected:
    """A process that has collected the tests and forks for each mutant of a function."""

    def __init__(self, tests: list[str], modules: list[str]) -> None:
        asked, self._ask = os.pipe()
        self._answer, answers = os.pipe()
        self.process = os.fork()
        if self.process == 0:
            os.close(self._ask)
            os.close(self._answer)
            quiet = os.open(os.devnull, os.O_RDWR)
            for stream in (1, 2):
                os.dup2(quiet, stream)
            try:
                _pytest(tests, _Server(asked, answers, modules))
            finally:
                os._exit(1)
        os.close(asked)
        os.close(answers)
        self._answers = os.fdopen(self._answer, "r", encoding="utf-8")

    def run(self, limits: dict[str, float], mutant: Mutant, place: int) -> dict[str, Any] | None:
        """The answer of a run, None where it was ended."""
        message = {"limits": limits, "mutant": mutant.as_json(), "place": place}
        with os.fdopen(os.dup(self._ask), "w", encoding="utf-8") as stream:
            stream.write(json.dumps(message) + "\n")
        line = self._answers.readline()
        if not line:
            raise SystemExit("the process that holds the tests has ended")
        return json.loads(line)  # type: ignore[no-any-return]

    def close(self) -> None:
        os.close(self._ask)
        os.waitpid(self.process, 0)


class _Server:
    """A plug-in of pytest that answers questions instead of running the tests."""

    def __init__(self, asked: int, answers: int, modules: list[str]) -> None:
        self.asked, self.answers, self.modules = asked, answers, modules

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for name in self.modules:  # some are imported where they are used
            importlib.import_module(f"interactspeech.{name}")
        functions: dict[tuple[str, str], list[FunctionType]] = defaultdict(list)
        for thing in gc.get_objects():
            if isinstance(thing, FunctionType) and thing.__code__.co_filename.startswith(
                str(SOURCES)
            ):
                functions[thing.__code__.co_filename, thing.__code__.co_qualname].append(thing)
        with (
            os.fdopen(self.asked, encoding="utf-8") as questions,
            os.fdopen(self.answers, "w", encoding="utf-8") as answers,
        ):
            for line in questions:
                asked = json.loads(line)
                mutant = Mutant(**asked["mutant"])
                found = functions[str(path_of(mutant.module)), mutant.function]
                answer = _in_fork(
                    lambda a=asked, m=mutant, f=found: _exchanged(
                        session, a["limits"], m.module, a["place"], f
                    )
                )
                answers.write(json.dumps(answer) + "\n")
                answers.flush()
        return True


def _exchanged(
    session: pytest.Session,
    limits: dict[str, float],
    module: str,
    place: int,
    functions: list[FunctionType],
) -> dict[str, Any]:
    """Run tests after the functions got the changed code."""
    code = compile(mutated(module, place), str(path_of(module)), "exec", dont_inherit=True)
    exchanged = 0
    for inner in _codes(code):
        for function in functions:
            old = function.__code__
            if (inner.co_qualname, inner.co_firstlineno) == (old.co_qualname, old.co_firstlineno):
                function.__code__ = inner
                exchanged += 1
    if not exchanged:
        return {"failed": "", "lost": True}
    runner = _Runner(limits)
    session.config.pluginmanager.register(runner)
    runner.run(session)
    return {"failed": runner.failed[0] if runner.failed else ""}


def _codes(code: CodeType) -> list[CodeType]:
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return inner + [deeper for each in inner for deeper in _codes(each)]


class _Importer(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a changed tree."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self.name, self.path, self.tree = name, path, tree

    def find_spec(
        self, fullname: str, path: object, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The module of that name, and no other."""
        del path, target
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed code."""
        exec(compile(self.tree, str(self.path), "exec", dont_inherit=True), module.__dict__)  # noqa: S102


def _imported(
    tests: list[str], limits: dict[str, float], mutant: Mutant, place: int
) -> dict[str, Any]:
    """Collect and run tests with the changed module imported."""
    name = f"interactspeech.{mutant.module}"
    assert not [name for name in sys.modules if name.split(".")[0] == "interactspeech"]
    sys.meta_path.insert(0, _Importer(name, path_of(mutant.module), mutated(mutant.module, place)))
    runner = _Runner(limits)
    _pytest(tests, runner)
    if not runner.ran:
        return {"failed": "collection"}
    return {"failed": runner.failed[0] if runner.failed else "", "lost": name not in sys.modules}
