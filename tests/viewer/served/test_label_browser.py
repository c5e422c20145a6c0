"""The labelling page in a real browser: what a person does, sees and keeps."""

from pathlib import Path
from typing import Any

import pytest
from axe import serious
from label_server import ServedPage, recording, served

pytestmark = pytest.mark.slow

SAVED = "document.getElementById('saved').textContent === 'saved'"
LABELS = "[...document.querySelectorAll('#labels button')].map((b) => b.textContent)"


@pytest.fixture
def page(tmp_path: Path) -> Any:
    call = recording(tmp_path / "call.wav")
    arguments = ["label", str(call), "-o", str(tmp_path / "labels"), "--suggest", "rules"]
    with served(arguments) as running:
        yield running


def show(tab: Any, page: ServedPage, name: str = "me") -> None:
    tab.call("Page.navigate", url="about:blank")
    tab.wait("location.href === 'about:blank'")
    tab.problems.clear()  # of pages before: their last question may find no server
    tab.addresses.clear()
    tab.call("Page.navigate", url=page.links[name])
    tab.wait("Boolean(document.getElementById('name')?.textContent)")


def logged(page: ServedPage, name: str = "me") -> dict[str, Any]:
    answer = page.ask("api/dialogue?id=call", name=name)
    return {one["id"]: one["item"] for one in answer["edited"]}


def test_keys_alone_label_a_call_from_start_to_end(tab: Any, page: ServedPage) -> None:
    show(tab, page)
    tab.press("j", "1")  # the first stretch of speech on the first track is a backchannel
    tab.wait(f"{LABELS}.length === 1 && {SAVED}")
    tab.press("ArrowDown", "j", "2")  # on the second track, an interruption
    tab.wait(f"{LABELS}.length === 2 && {SAVED}")
    tab.press("c", "G", "s")  # certain; the end 100 ms later, the start 10 ms earlier
    tab.wait(SAVED)
    first, second = sorted(logged(page).values(), key=lambda item: item["type"])
    assert (first["type"], first["speaker"]) == ("backchannel", "A")
    assert (second["type"], second["speaker"], second["confidence"]) == ("interruption", "B", 1)
    span = next(
        s
        for s in page.ask("api/dialogue?id=call")["speech"][1]
        if abs(s[0] - second["start"]) < 200
    )
    assert second["start"] == span[0] - 80
    assert second["end"] == span[1] + 800
    tab.press("t")
    tab.call("Input.insertText", text="loud")
    tab.press("Escape", "n", "p")
    tab.wait(SAVED)
    assert sorted(i.get("note", "") for i in logged(page).values()) == ["", "loud"]
    tab.press("[", "z", "z", "z", "z", "z", "z", "z")
    tab.wait(f"{LABELS}.length === 0 && {SAVED}")
    tab.press("Z", "Z", "Z", "Z", "Z", "Z", "Z")
    tab.wait(f"{LABELS}.length === 2 && {SAVED}")
    tab.press("x")
    tab.press("e")
    tab.wait(SAVED)
    assert logged(page)["done"] == {"kind": "done"}
    assert not tab.problems


def test_undo_goes_on_after_a_reload(tab: Any, page: ServedPage) -> None:
    show(tab, page)
    tab.press("j", "1", "j", "3")
    tab.wait(f"{LABELS}.length === 2 && {SAVED}")
    show(tab, page)
    tab.wait(f"{LABELS}.length === 2")
    tab.press("z")
    tab.wait(f"{LABELS}.length === 1 && {SAVED}")
    show(tab, page)
    tab.press("Z")
    tab.wait(f"{LABELS}.length === 2 && {SAVED}")
    tab.press("z", "z")
    tab.wait(f"{LABELS}.length === 0 && {SAVED}")


def test_the_mouse_selects_moves_and_trims(tab: Any, page: ServedPage) -> None:
    show(tab, page)
    box = tab.box("timeline")
    left, width = box["left"] + 116, box["width"] - 116
    tab.run("document.getElementById('snap').click()")
    x = [left + width * at / 6 for at in range(7)]  # six seconds fill the view

    top = box["top"]
    tab.drag(x[1], top + 60, x[2], shift=True)
    tab.press("8")
    tab.wait(f"{LABELS}.length === 1 && {SAVED}")
    item = next(iter(logged(page).values()))
    assert item["type"] == "laugh"
    assert item["start"] == pytest.approx(8000, abs=60)
    assert item["end"] == pytest.approx(16000, abs=60)
    lane = top + 26 + 80 + 38 + 10
    tab.run("new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")
    tab.drag((x[1] + x[2]) / 2, lane, (x[2] + x[3]) / 2)
    tab.wait(SAVED)
    item = next(iter(logged(page).values()))
    assert item["start"] == pytest.approx(16000, abs=90)
    assert item["end"] - item["start"] == pytest.approx(8000, abs=60)
    tab.drag(x[3], lane, x[4])  # its end
    tab.wait(SAVED)
    item = next(iter(logged(page).values()))
    assert item["end"] == pytest.approx(32000, abs=120)
    assert not tab.problems


def test_suggestions_are_accepted_and_refused(tab: Any, page: ServedPage) -> None:
    show(tab, page)
    total = len(page.ask("api/dialogue?id=call")["suggestions"])
    assert total > 2
    tab.press("n", "y", "u")
    left = f"document.getElementById('proposals').textContent.startsWith('{total - 2} of')"
    tab.wait(f"{left} && {SAVED}")
    kinds = sorted(item["kind"] for item in logged(page).values())
    assert kinds == ["event", "verdict", "verdict"]
    tab.press("z")
    tab.wait(f"document.getElementById('proposals').textContent.startsWith('{total - 1} of')")


def test_words_are_added_and_corrected(tab: Any, page: ServedPage) -> None:
    show(tab, page)
    tab.press("j", "w")
    tab.call("Input.insertText", text="mm-hm")
    tab.press("Enter")
    tab.run("document.querySelector('#word-form button').click()")
    tab.wait(f"document.getElementById('edit-text').value === 'mm-hm' && {SAVED}")
    word = next(iter(logged(page).values()))
    assert (word["kind"], word["text"], word["speaker"]) == ("word", "mm-hm", "A")


def test_a_killed_server_loses_nothing_and_the_tab_goes_on(tab: Any, page: ServedPage) -> None:
    show(tab, page)
    tab.press("j", "1")
    tab.wait(f"{LABELS}.length === 1 && {SAVED}")
    page.kill()
    tab.press("j", "2")
    tab.wait("document.getElementById('saved').textContent.includes('not saved')")
    page.start()
    tab.wait(f"{LABELS}.length === 2 && {SAVED}")
    assert len(logged(page)) == 2


def test_another_tabs_edit_is_shown_and_a_conflict_is_told(tab: Any, page: ServedPage) -> None:
    show(tab, page)
    tab.press("j", "1")
    tab.wait(f"{LABELS}.length === 1 && {SAVED}")
    ((key, item),) = logged(page).items()
    other = {**item, "type": "laugh"}
    page.ask("api/edits", {"key": "k", "dialogue": "call",
                           "edits": [{"id": key, "base": 1, "item": other}]})  # fmt: skip
    tab.press("2")  # before this tab has heard of it
    tab.wait("!document.getElementById('conflicts').hidden")
    text = tab.run("document.getElementById('conflicts').textContent")
    assert "theirs is laugh" in text
    assert "yours was interruption" in text
    tab.run("[...document.querySelectorAll('#conflicts button')][1].click()")
    tab.wait(SAVED)
    assert logged(page)[key]["type"] == "interruption"
    page.ask("api/edits", {"key": "k2", "dialogue": "call", "edits": [
        {"id": "new", "base": 0, "item": {**item, "type": "sigh"}}]})  # fmt: skip
    tab.wait(f"{LABELS}.length === 2")


def test_hostile_text_is_text(tab: Any, tmp_path: Path, hostile: str) -> None:
    call = recording(tmp_path / "call.wav")
    with served(["label", str(call), "-o", str(tmp_path / "labels")]) as page:
        for key, item in {
            "w": {"kind": "word", "speaker": "A", "start": 10, "end": 900, "text": hostile[:200]},
            "e": {"kind": "event", "speaker": "A", "start": 10, "end": 900, "type": "laugh",
                  "note": hostile},
        }.items():  # fmt: skip
            edits = [{"id": key, "base": 0, "item": item}]
            answer = page.ask("api/edits", {"key": key, "dialogue": "call", "edits": edits})
            assert "number" in answer
        show(tab, page)
        tab.press("n")
        assert tab.run("document.getElementById('edit-note').value").startswith("</script>")
        assert hostile in tab.run("document.getElementById('labels').textContent")
        assert tab.run("document.querySelectorAll('img').length") == 0
        assert tab.run("typeof window.hacked") == "undefined"
        tab.run(
            "(() => { const s = document.createElement('script');"
            "s.textContent = 'window.hacked=1'; document.body.append(s); })()"
        )
        assert tab.run("typeof window.hacked") == "undefined"


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_serious(tab: Any, page: ServedPage, dark: bool) -> None:
    tab.size(1280, 900, dark=dark)
    show(tab, page)
    tab.press("j", "1", "c")
    tab.wait(f"{LABELS}.length === 1 && {SAVED}")
    assert serious(tab) == []
    tab.press("n")
    assert serious(tab) == []
    tab.press("?")
    assert serious(tab) == []


def test_a_phone_shows_names_of_lanes_and_nothing_sticks_out(tab: Any, page: ServedPage) -> None:
    tab.size(390, 844)
    show(tab, page)
    assert tab.run("document.documentElement.scrollWidth") <= 390
    # The name of the first lane stands at its left, on the canvas.
    dark = (
        "(() => { const c = document.getElementById('base'), r = c.width / c.clientWidth;"
        "const d = c.getContext('2d').getImageData(4 * r, 147 * r, 36 * r, 14 * r).data;"
        "let n = 0; for (let i = 0; i < d.length; i += 4) n += d[i + 3] > 99 && d[i] < 140;"
        "return n; })()"
    )
    tab.wait(f"{dark} > 20")
    tab.size(1440, 900)
