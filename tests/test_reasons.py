"""Every reason that the package gives is in `Reason`, and docs/errors.md has a row for each."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from interactspeech.reasons import FAMILIES, Reason

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "interactspeech"
#: Methods of reports whose first argument is a reason.
REPORTING = {"loss": 0, "repair": 0, "note": 0}


def constants(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from constants(node.body)
        yield from constants(node.orelse)
    elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        yield f"{node.values[0].value}*"  # a family: "check-" and something


def given(tree: ast.Module, *, reports: bool) -> Iterator[str]:
    """Reasons in calls: the keyword, or the place of a parameter of that name in this module."""
    place = dict(REPORTING) if reports else {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
            if "reason" in names:
                place[node.name] = names.index("reason") - (names[0] in {"self", "cls"})
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg == "reason":
                    yield from constants(keyword.value)
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in place and len(node.args) > place[name]:
                yield from constants(node.args[place[name]])


def test_reasons_in_the_code_are_listed() -> None:
    known = {*Reason, *(f"{family}-*" for family in FAMILIES)}
    unlisted = {
        f"{path.relative_to(PACKAGE)}: {reason}"
        for path in PACKAGE.rglob("*.py")
        for reason in given(
            ast.parse(path.read_text("utf-8")), reports=path.parent.name in {"formats", "cli"}
        )
        if reason and reason not in known
    }
    assert not unlisted, "add them to reasons.py and docs/errors.md"


def test_listed_reasons_are_in_the_code() -> None:
    text = "\n".join(
        path.read_text("utf-8") for path in PACKAGE.rglob("*.py") if path.name != "reasons.py"
    )
    assert not [reason for reason in Reason if f'"{reason}"' not in text]


def test_the_page_has_a_row_for_each_reason() -> None:
    page = (ROOT / "docs" / "errors.md").read_text("utf-8")
    table = page.partition("\n## Reasons\n")[2]
    rows = re.findall(r"^\| `([a-z-]+)` \| ([^|]+) \| ([^|]+) \|$", table, re.MULTILINE)
    assert [reason for reason, _, _ in rows] == sorted(Reason)
    assert all(meaning.strip() and remedy.strip() for _, meaning, remedy in rows)
    assert all(f"`{family}-" in table for family in FAMILIES)


def test_a_reason_is_its_key() -> None:
    assert Reason.NO_AUDIO == "no-audio"
    assert all(reason.name == reason.upper().replace("-", "_") for reason in Reason)
