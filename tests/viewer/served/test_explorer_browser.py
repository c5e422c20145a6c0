"""The explorer in a real browser: it finds, shows, fits a phone, and axe-core finds nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe import serious
from label_server import ServedPage, served

from interactspeech.corpus import CorpusWriter
from interactspeech.records import Dialogue, Samples

pytestmark = pytest.mark.slow

ITEMS = "[...document.querySelectorAll('#items li')].map((i) => i.textContent)"


@pytest.fixture
def page(make_dialogue: Callable[..., tuple[Dialogue, Samples]], tmp_path: Path) -> Any:
    with CorpusWriter(tmp_path / "talks", {}) as writer:
        with writer.shard(0) as shard:
            for n in range(4):
                shard.add(*make_dialogue(f"d{n:02d}", "rutabaga" if n == 2 else ""))
            shard.finish()
        writer.finish(1)
    with served(["view", str(tmp_path / "talks"), "--serve"]) as running:
        yield running


def show(tab: Any, page: ServedPage) -> None:
    tab.call("Page.navigate", url="about:blank")
    tab.wait("location.href === 'about:blank'")
    tab.problems.clear()
    tab.call("Page.navigate", url=page.links["explorer"])
    tab.wait(f"{ITEMS}.length === 4 && Boolean(document.getElementById('name')?.textContent)")


def test_what_is_said_is_found_and_shown(tab: Any, page: ServedPage) -> None:
    show(tab, page)
    tab.run("document.getElementById('text').focus()")
    tab.call("Input.insertText", text="RUTABAGA")
    tab.wait(f"{ITEMS}.length === 1")
    assert "d02" in tab.run(f"{ITEMS}[0]")
    assert not tab.problems


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (390, True)])
def test_axe_finds_nothing_serious(tab: Any, page: ServedPage, width: int, dark: bool) -> None:
    tab.size(width, 844, dark=dark)
    show(tab, page)
    assert tab.run("document.documentElement.scrollWidth") <= width
    assert serious(tab) == []
    tab.run("document.getElementById('overview-panel').open = true")
    tab.wait("Boolean(document.querySelector('#charts *'))")
    assert serious(tab) == []
    tab.size(1440, 900)
