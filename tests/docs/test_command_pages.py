"""Every command has a page, and the page holds its help as it is printed today."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

ROOT = Path(__file__).parents[2]
_SPEC = importlib.util.spec_from_file_location(
    "make_command_pages", ROOT / "tools" / "make_command_pages.py"
)
assert _SPEC
assert _SPEC.loader
tool = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(tool)

COMMANDS = dict(tool.commands())


def test_every_command_has_a_page() -> None:
    single = {path for path, one in COMMANDS.items() if not isinstance(one, click.Group)}
    assert not [" ".join(path) for path in single if tool.page_of(path) is None]
    titles = {page.stem for page in tool.PAGES.glob("*.md")}
    assert titles <= {"_".join(path).replace("-", "_") for path in COMMANDS}


def test_pages_hold_the_help_of_today() -> None:
    stale = [page.name for page, text in tool.pages().items() if page.read_text("utf-8") != text]
    assert not stale, "run: python tools/make_command_pages.py"


@pytest.mark.parametrize("first", ["alone", "through the group"])
def test_help_does_not_depend_on_earlier_calls(first: str, tmp_path: Path) -> None:
    code = "import make_command_pages as tool\nfrom click.testing import CliRunner\n"
    if first == "alone":
        code += "for _, one in tool.commands(): CliRunner().invoke(one, ['--no-such-option'])\n"
    code += "print(all(p.read_text('utf-8') == text for p, text in tool.pages().items()))"
    environment = {
        **os.environ, "CI": "true", "COLUMNS": "53", "TERM": "dumb", "HOME": str(tmp_path),
        "FORCE_COLOR": "1", "LANGUAGE": "de", "PYTHONPATH": os.pathsep.join(sys.path),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tool.PAGES.parents[1] / "tools", env=environment,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "True\n", done.stderr


@pytest.mark.parametrize("page", sorted(tool.PAGES.glob("*.md")), ids=lambda page: page.name)
def test_tables_name_options_that_exist(page: Path) -> None:
    known = {
        name
        for path, command in COMMANDS.items()
        if tool.page_of(path) == page
        for parameter in command.params
        for name in (*parameter.opts, *parameter.secondary_opts)
    }
    written = page.read_text("utf-8").partition(tool.HEAD)[0]
    rows = re.findall(r"^\| (`-[^|]*)\|", written, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"(?<![\w-])--?[a-z][\w-]*", row)}
    assert named <= known
