"""Places where a module can be changed by one small thing, and the change made there.

Changes: a comparison (`<` to `<=`, `==` to `!=`, `in`, `is`), an operator, `and` to `or`, a dropped
`not`, a condition turned round, an integer plus one, a float times 1.5, a truth value, `min` to
`max`, `break` to `continue`. These are the usual ones of mutation testing (Offutt et al. 1996,
"An experimental determination of sufficient mutant operators", ACM TOSEM 5, 99-118).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src" / "interactspeech"

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
EXTREMES = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum"}

#: What is left out, since no test of behaviour could or should notice it.
LEFT_OUT = {
    "annotations": "types are checked by mypy",
    "the arguments of `raise`": "numbers in messages; whether it is raised hangs on the condition "
    "before it, which is changed",
    "`assert`": "states what the code before it made sure of",
    "`dataclass(...)` and other decorators of classes": "`frozen` and `slots` guard against misuse "
    "by a developer; no result depends on them",
    "`strict=` of `zip`": "an assertion that lengths agree; no result depends on it",
    "`lru_cache(...)`": "the size of a cache changes the time, not the result",
    "calls of a logger and of `warnings.warn`": "`stacklevel` and the like",
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: where it is, in words that survive edits elsewhere, and what it does."""

    #: Dotted, below the package.
    module: str
    #: The outermost function or method around the place; empty for the body of the module.
    function: str
    line: int
    #: The source of that line, stripped.
    source: str
    before: str
    after: str
    #: Number among equal changes of that line.
    nth: int

    @property
    def key(self) -> tuple[str, str, str, str, str, int]:
        """What makes it the same mutant after other lines were edited."""
        return (self.module, self.function, self.source, self.before, self.after, self.nth)

    def __str__(self) -> str:
        path = f"src/interactspeech/{self.module.replace('.', '/')}.py"
        return f"{path}:{self.line}: {self.before} -> {self.after}   [{self.source}]"

    def as_json(self) -> dict[str, Any]:
        """For a file of results."""
        return asdict(self)


def path_of(module: str) -> Path:
    """The file of a module."""
    return SOURCES / f"{module.replace('.', '/')}.py"


def modules_of(name: str) -> list[str]:
    """A module, or all of a room."""
    folder = SOURCES / name.replace(".", "/")
    if not folder.is_dir():
        return [name]
    files = sorted(folder.rglob("*.py"))
    return [
        ".".join(path.relative_to(SOURCES).with_suffix("").parts)
        for path in files
        if path.name != "__init__.py"
    ]


@cache
def mutants(module: str) -> tuple[Mutant, ...]:
    """Every change of a module, in the order of the source."""
    text = path_of(module).read_text("utf-8")
    return tuple(_described(module, text))


def place_of(mutant: Mutant) -> int | None:
    """Index of the change in `mutants`; None where the source has it no longer."""
    keys = [found.key for found in mutants(mutant.module)]
    return keys.index(mutant.key) if mutant.key in keys else None


def mutated(module: str, place: int) -> ast.Module:
    """The module's tree with the change of that index."""
    tree = ast.parse(path_of(module).read_text("utf-8"))
    sites: list[Site] = []
    _walk(tree, "", inside=False, found=sites)
    sites[place].change()
    return tree


#: Makes a change, and gives what takes it back.
Change = Callable[[], Callable[[], None]]


@dataclass(frozen=True, slots=True)
class Site:
    """A place in a tree: the function around it, the part that changes, the change."""

    function: str
    line: int
    shown: Callable[[], ast.AST]
    change: Change


def _described(module: str, text: str) -> Iterator[Mutant]:
    lines = text.splitlines()
    seen: dict[tuple[str, ...], int] = {}
    sites: list[Site] = []
    _walk(ast.parse(text), "", inside=False, found=sites)
    for site in sites:
        before = ast.unparse(site.shown())
        undo = site.change()
        after = ast.unparse(site.shown())
        undo()
        source = lines[site.line - 1].strip()
        key = (site.function, source, before, after)
        seen[key] = seen.get(key, -1) + 1
        yield Mutant(module, site.function, site.line, source, before, after, seen[key])


def _walk(node: ast.AST, name: str, *, inside: bool, found: list[Site]) -> None:
    """Collect the places below a node; `name` is the path of classes and of the function."""
    for line, shown, change in _changes(node):
        found.append(Site(name if inside else "", line, shown, change))
    skipped = _skipped(node)
    defines = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    for label, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or id(child) in skipped:
                continue
            if inside or not defines:
                _walk(child, name, inside=inside, found=found)
            elif label == "body":
                path = f"{name}.{node.name}" if name else node.name
                _walk(child, path, inside=not isinstance(node, ast.ClassDef), found=found)
            else:  # decorators and default values are made where the function stands
                _walk(child, name, inside=False, found=found)


def _skipped(node: ast.AST) -> set[int]:
    parts = [getattr(node, "annotation", None), getattr(node, "returns", None)]
    if isinstance(node, ast.Raise | ast.Assert):
        parts += list(ast.iter_child_nodes(node))
    elif isinstance(node, ast.ClassDef):
        parts += node.decorator_list
    elif isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        if called == "zip":
            parts += [word for word in node.keywords if word.arg == "strict"]
        elif called in {"lru_cache", "functools.lru_cache", "warnings.warn"} or (
            called.lower().startswith(("_log.", "log.", "logger.", "_logger."))
        ):
            parts += [*node.args, *node.keywords]
    return {id(part) for part in parts if part is not None}


def _changes(node: ast.AST) -> Iterator[tuple[int, Callable[[], ast.AST], Change]]:
    """Line, what to show and the change, for each change of a node or of one of its parts."""
    for change in _own(node):
        yield getattr(node, "lineno", 1), lambda: node, change
    for label, value in ast.iter_fields(node):
        for place, child in enumerate(value if isinstance(value, list) else [value]):
            instead = _instead(child, label)
            if instead is None:
                continue
            if isinstance(value, list):
                yield child.lineno, lambda v=value, p=place: v[p], _put(value, place, instead)
            else:
                yield child.lineno, lambda at=label: getattr(node, at), _set(node, label, instead)


def _own(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            yield _put(node.ops, place, COMPARISONS[type(operator)]())
    elif isinstance(node, ast.BinOp | ast.AugAssign):
        if type(node.op) in OPERATORS and not _of_text(node):
            yield _set(node, "op", OPERATORS[type(node.op)]())
    elif isinstance(node, ast.BoolOp):
        yield _set(node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield _set(node, "value", not node.value)
        elif isinstance(node.value, int):
            yield _set(node, "value", node.value + 1)
        elif isinstance(node.value, float):
            yield _set(node, "value", node.value * 1.5 if node.value else 1.0)
    elif isinstance(node, ast.Name) and node.id in EXTREMES:
        yield _set(node, "id", EXTREMES[node.id])
    elif isinstance(node, ast.Attribute) and node.attr in EXTREMES:
        yield _set(node, "attr", EXTREMES[node.attr])


def _instead(child: object, label: str) -> ast.AST | None:
    """What stands in the place of a child: `not` dropped or added, a loop left or gone on."""
    if isinstance(child, ast.UnaryOp) and isinstance(child.op, ast.Not):
        return child.operand
    if isinstance(child, ast.Break):
        return ast.copy_location(ast.Continue(), child)
    if isinstance(child, ast.Continue):
        return ast.copy_location(ast.Break(), child)
    if (
        label in {"test", "ifs"}
        and isinstance(child, ast.expr)
        and not isinstance(child, ast.Compare | ast.BoolOp | ast.Constant)
    ):
        return ast.fix_missing_locations(ast.copy_location(ast.UnaryOp(ast.Not(), child), child))
    return None


def _of_text(node: ast.BinOp | ast.AugAssign) -> bool:
    """Whether it joins or fills strings, where the change is an error at once."""
    sides = [node.left, node.right] if isinstance(node, ast.BinOp) else [node.value]
    return any(
        isinstance(side, ast.JoinedStr)
        or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in sides
    )


def _put(items: list[Any], place: int, value: object) -> Change:
    def change() -> Callable[[], None]:
        old, items[place] = items[place], value

        def undo() -> None:
            items[place] = old

        return undo

    return change


def _set(node: ast.AST, label: str, value: object) -> Change:
    def change() -> Callable[[], None]:
        old = getattr(node, label)
        setattr(node, label, value)
        return lambda: setattr(node, label, old)

    return change
