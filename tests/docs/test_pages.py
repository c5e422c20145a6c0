"""Every code block in README and docs is run: a page's blocks in order, in one empty folder.

``python`` blocks share one namespace per page. In ``console`` blocks each line that begins with
``$ interactspeech`` is run and must succeed (other commands are for the reader). A block under the
comment ``<!-- not run: why -->`` is left out.
"""

import re
import shlex
import warnings
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from interactspeech.cli import cli

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(
    r"(?P<skip><!-- not run: [^\n]+ -->\n)?^```(?P<language>python|console)\n(?P<body>.*?)^```",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    language: str
    body: str
    line: int


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(found["language"], found["body"], text[: found.start("body")].count("\n") + 1)
        for found in BLOCK.finditer(text)
        if not found["skip"]
    ]


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page.exists() and blocks(page)],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_code_blocks_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__docs__"}
    for block in blocks(page):
        if block.language == "python":
            code = "\n" * block.line + block.body  # so that a traceback names the page's line
            exec(compile(code, str(page), "exec"), namespace)
        else:
            for command in block.body.replace("\\\n", " ").splitlines():
                if command.startswith("$ interactspeech"):
                    run(shlex.split(command[2:], comments=True), f"{page}:{block.line}")


def run(words: list[str], place: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # as at a prompt; libraries warn of what is to come
        result = CliRunner().invoke(cli, words[1:])
    told = f"{place}: {shlex.join(words)}\n{result.output}"
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise AssertionError(told) from result.exception
    assert result.exit_code == 0, told


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        if page.exists()
        for target in re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not broken
