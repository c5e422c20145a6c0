"""Mutation testing: change the code on purpose, one small thing at a time, and see the tests fail.

    python tools/mutants.py turntaking.activity turntaking.units --tests tests/turntaking

Each mutant changes one comparison, operator, number or truth value of a module, in memory; no file
is touched. The tests run in a forked process. A mutant that no test notices is printed: it is
either equivalent (the change makes no difference that can be seen), or a test is missing. Sites are
taken in random order, so a run that is ended by `--seconds` is a sample of all.
"""

from __future__ import annotations

import argparse
import ast
import importlib.abc
import importlib.machinery
import importlib.util
import os
import random
import signal
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src" / "interactspeech"
#: A run of the tests that takes longer has hung, which counts as noticed.
LONGEST_RUN = 180

COMPARISONS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


def sites(tree: ast.Module) -> list[ast.AST]:
    """The nodes that can be changed; annotations and messages of errors are left out."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        aside = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        if isinstance(node, ast.Raise):
            aside.append(node)
        for part in filter(None, aside):
            skipped |= {id(inner) for inner in ast.walk(part)}
    return [node for node in ast.walk(tree) if id(node) not in skipped and _changes(node)]


def _changes(node: ast.AST) -> bool:
    if isinstance(node, ast.Compare):
        return type(node.ops[0]) in COMPARISONS
    if isinstance(node, ast.BinOp | ast.AugAssign):
        return type(node.op) in OPERATORS
    return isinstance(node, ast.BoolOp) or (
        isinstance(node, ast.Constant) and type(node.value) in {int, bool}
    )


def mutate(node: ast.AST) -> None:
    """Change a node in place."""
    if isinstance(node, ast.Compare):
        node.ops[0] = COMPARISONS[type(node.ops[0])]()
    elif isinstance(node, ast.BinOp | ast.AugAssign):
        node.op = OPERATORS[type(node.op)]()
    elif isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    elif isinstance(node, ast.Constant):
        node.value = not node.value if isinstance(node.value, bool) else node.value + 1


class Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
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
        exec(compile(self.tree, str(self.path), "exec"), module.__dict__)  # noqa: S102


def noticed(tests: list[str], mutant: Mutated | None) -> bool:
    """Whether the tests fail, in a process of their own, with the mutant in place."""
    child = os.fork()
    if child == 0:
        signal.alarm(LONGEST_RUN)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        if mutant is not None:
            sys.meta_path.insert(0, mutant)
        os._exit(int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests])))
    return os.waitpid(child, 0)[1] != 0


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("modules", nargs="+", help="dotted, below interactspeech")
    parser.add_argument("--tests", nargs="+", required=True)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests" / "support")]
    os.chdir(ROOT)
    if noticed(given.tests, None):
        raise SystemExit("the tests fail without any mutant")
    paths = {name: SOURCES / f"{name.replace('.', '/')}.py" for name in given.modules}
    todo = [
        (name, index)
        for name, path in paths.items()
        for index in range(len(sites(ast.parse(path.read_text("utf-8")))))
    ]
    random.Random(given.seed).shuffle(todo)  # noqa: S311
    started, killed, survivors = time.monotonic(), 0, []
    for name, index in todo:
        if time.monotonic() - started > given.seconds:
            break
        tree = ast.parse(paths[name].read_text("utf-8"))
        node = sites(tree)[index]
        before = ast.unparse(node)
        mutate(node)
        if noticed(given.tests, Mutated(f"interactspeech.{name}", paths[name], tree)):
            killed += 1
        else:
            survivors.append(name)
            line = getattr(node, "lineno", 0)
            print(f"survived: {name}:{line}: {before} -> {ast.unparse(node)}", flush=True)  # noqa: T201
    tried = killed + len(survivors)
    print(f"{killed} of {tried} mutants noticed; {len(todo)} sites in all")  # noqa: T201


if __name__ == "__main__":
    main()
