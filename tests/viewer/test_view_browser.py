"""The page in a real browser: what a person sees, hears and presses."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from interactspeech.records import Dialogue, Samples
from interactspeech.viewer import write_page

pytestmark = pytest.mark.slow

Make = Callable[..., tuple[Dialogue, Samples]]
CLOCK = "Number(document.getElementById('timeline').getAttribute('aria-valuenow'))"


@pytest.fixture(scope="module")
def page(make_dialogue: Make, tmp_path_factory: pytest.TempPathFactory) -> Path:
    items = [make_dialogue("walk"), make_dialogue("second")]
    return write_page(items, tmp_path_factory.mktemp("view") / "page", title="Two").path


@pytest.mark.parametrize("name", ["page", "page.html"])
def test_hostile_text_is_text(
    tab: Any, make_dialogue: Make, hostile: str, tmp_path: Path, name: str
) -> None:
    page = write_page([make_dialogue("d", hostile)], tmp_path / name, title=hostile)
    tab.open(page.path)
    assert tab.run("document.getElementById('title').textContent") == hostile
    assert tab.run("document.title.includes('onerror')")
    assert hostile in tab.run("document.getElementById('turns').textContent")
    tab.key("n")
    tab.key("n")  # the interruption's details hold a hostile attribute
    assert hostile in tab.run("document.getElementById('event').textContent")
    assert hostile in tab.run("document.getElementById('about').textContent")
    assert tab.run("document.querySelectorAll('img').length") == 0
    assert tab.run("typeof window.hacked") == "undefined"
    assert not tab.problems


def test_scripts_that_are_not_the_pages_own_do_not_run(tab: Any, page: Path) -> None:
    tab.open(page)
    tab.run(
        "(() => { const s = document.createElement('script'); s.textContent = 'window.hacked = 1';"
        "document.body.append(s); document.body.setAttribute('onclick', 'window.hacked = 1');"
        "document.body.click(); })()"
    )
    assert tab.run("typeof window.hacked") == "undefined"


def test_it_plays_seeks_and_mutes_without_leaving_the_disk(tab: Any, page: Path) -> None:
    tab.open(page)
    assert tab.run(CLOCK) == 0
    tab.key(" ")
    tab.wait(f"{CLOCK} > 0.7")
    assert tab.run("document.getElementById('play').getAttribute('aria-label')") == "Pause"
    tab.wait("document.querySelector('.w.now')?.textContent === 'the'")
    tab.key("2")  # Bob alone, from the same place
    before = tab.run(CLOCK)
    tab.wait(f"{CLOCK} > {before + 0.3}")
    chosen = "document.querySelector('#hear [aria-checked=true]').textContent"
    assert tab.run(chosen) == "Bob"
    tab.key("b")
    assert tab.run(chosen) == "Everybody"
    tab.key(" ")
    tab.run("[...document.querySelectorAll('.w')].find((w) => w.textContent === 'where?').click()")
    tab.wait(f"Math.abs({CLOCK} - 3.0) < 0.02")
    assert not tab.problems
    assert tab.addresses
    assert all(address.startswith(("file:", "data:")) for address in tab.addresses)


def test_the_timeline_answers_the_mouse(tab: Any, page: Path) -> None:
    tab.open(page)
    box = tab.box("timeline")
    middle = box["left"] + 116 + (box["width"] - 116) / 2
    tab.click(middle, box["top"] + 60)
    tab.wait(f"Math.abs({CLOCK} - 3.0) < 0.05")  # six seconds fill the view
    picture = "document.getElementById('base').toDataURL()"
    whole = tab.run(picture)
    tab.call(
        "Input.dispatchMouseEvent", type="mouseWheel", x=middle, y=box["top"] + 60, deltaX=0,
        deltaY=-400,
    )  # fmt: skip
    tab.wait(f"{picture} !== {whole!r}")
    tab.click(middle, box["top"] + 60)
    tab.wait(f"Math.abs({CLOCK} - 3.0) < 0.05")  # zoomed around the pointer
    tab.key("0")
    tab.wait(f"new Promise((r) => setTimeout(() => r({picture}.length > 1000), 50))")
    assert not tab.problems


def test_events_are_stepped_through_filtered_and_explained(tab: Any, page: Path) -> None:
    tab.open(page)
    event = "document.getElementById('event').textContent"
    tab.key("n")
    assert "backchannelplannedrule" in tab.run(event)  # two that agree are one step
    tab.key("n")
    text = tab.run(event)
    assert "interruption" in text
    assert "Bob cuts in on Alice" in text
    assert "0.100 s (800 samples)" in text
    summary = "document.querySelector('#all-events summary').textContent"
    assert "3 shown events" in tab.run(summary)
    tab.run("[...document.querySelectorAll('#types .chip')][0].click()")  # the backchannels
    assert "2 shown events" in tab.run(summary)


def test_unsaid_words_and_backchannels_stand_where_they_belong(tab: Any, page: Path) -> None:
    tab.open(page)
    first = "document.querySelector('#turns li')"
    assert tab.run(f"{first}.querySelector('.unsaid').textContent") == "harbour wall"
    assert tab.run(f"{first}.querySelector('.aside').textContent") == "mm-hm"
    assert tab.run("document.querySelectorAll('#turns li').length") == 2


def test_another_dialogue_is_loaded_when_it_is_picked(tab: Any, page: Path) -> None:
    tab.open(page)
    assert not any("0002-second" in address for address in tab.addresses)
    tab.key("j")
    tab.wait("document.getElementById('name').textContent === 'second'")
    assert any("data/0002-second.js" in address for address in tab.addresses)


def test_an_hour_is_drawn_and_played(tab: Any, make_dialogue: Make, tmp_path: Path) -> None:
    short, sound = make_dialogue("hour")
    n = 3600 * short.rate
    audio = np.zeros((2, n), np.float32)
    audio[:, : sound.shape[1]] = sound
    page = write_page([(msgspec.structs.replace(short, length=n), audio)], tmp_path / "page")
    tab.open(page.path)
    tab.key("0")
    tab.key("End")
    tab.wait(f"{CLOCK} === 3600")
    tab.key("Home")
    tab.key(" ")
    tab.wait(f"{CLOCK} > 0.2")
    assert not tab.problems
