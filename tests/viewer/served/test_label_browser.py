"""The labelling page in a real browser: what a person does, sees and keeps."""

from pathlib import Path
from typing import Any

import pytest
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
    tab.problems.clear()
    tab.addresses.clear()
    tab.call("Page.navigate", url="about:blank")
    tab.call("Page.navigate", url=page.links[name])
    tab.wait("Boolean(document.getElementById('name')?.textContent)")


def press(tab: Any, *keys: str) -> None:
    for key in keys:
        shift = len(key) == 1 and key.isupper()
        code = {"code": f"Digit{key}"} if key.isdigit() else {}
        text = {"text": key} if len(key) == 1 else {}
        modifiers = {"modifiers": 8} if shift else {}
        for kind in ("keyDown", "keyUp"):
            extra = text if kind == "keyDown" else {}
            tab.call("Input.dispatchKeyEvent", type=kind, key=key, **code, **extra, **modifiers)


def logged(page: ServedPage, name: str = "me") -> dict[str, Any]:
    answer = page.ask("api/dialogue?id=call", name=name)
    return {one["id"]: one["item"] for one in answer["edited"]}


def test_keys_alone_label_a_call_from_start_to_end(tab: Any, page: ServedPage) -> None:
    show(tab, page)
    press(tab, "j", "1")  # the first stretch of speech on the first track is a backchannel
    tab.wait(f"{LABELS}.length === 1 && {SAVED}")
    press(tab, "ArrowDown", "j", "2")  # on the second track, an interruption
    tab.wait(f"{LABELS}.length === 2 && {SAVED}")
    press(tab, "c", "G", "s")  # certain; the end 100 ms later, the start 10 ms earlier
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
    press(tab, "t")
    tab.call("Input.insertText", text="loud")
    press(tab, "Escape", "n", "p")
    tab.wait(SAVED)
    assert sorted(i.get("note", "") for i in logged(page).values()) == ["", "loud"]
    press(tab, "[", "z", "z", "z", "z", "z", "z", "z")
    tab.wait(f"{LABELS}.length === 0 && {SAVED}")
    press(tab, "Z", "Z", "Z", "Z", "Z", "Z", "Z")
    tab.wait(f"{LABELS}.length === 2 && {SAVED}")
    press(tab, "x")
    press(tab, "e")
    tab.wait(SAVED)
    assert logged(page)["done"] == {"kind": "done"}
    assert not tab.problems


def test_undo_goes_on_after_a_reload(tab: Any, page: ServedPage) -> None:
    show(tab, page)
    press(tab, "j", "1", "j", "3")
    tab.wait(f"{LABELS}.length === 2 && {SAVED}")
    show(tab, page)
    tab.wait(f"{LABELS}.length === 2")
    press(tab, "z")
    tab.wait(f"{LABELS}.length === 1 && {SAVED}")
    show(tab, page)
    press(tab, "Z")
    tab.wait(f"{LABELS}.length === 2 && {SAVED}")
    press(tab, "z", "z")
    tab.wait(f"{LABELS}.length === 0 && {SAVED}")


def test_the_mouse_selects_moves_and_trims(tab: Any, page: ServedPage) -> None:
    show(tab, page)
    box = tab.run("document.getElementById('timeline').getBoundingClientRect().toJSON()")
    left, width = box["left"] + 116, box["width"] - 116
    tab.run("document.getElementById('snap').click()")
    x = [left + width * at / 6 for at in range(7)]  # six seconds fill the view

    def drag(x0: float, x1: float, y: float, modifiers: int = 0) -> None:
        y += box["top"]
        for kind, at in (("mousePressed", x0), ("mouseMoved", (x0 + x1) / 2), ("mouseMoved", x1),
                         ("mouseReleased", x1)):  # fmt: skip
            tab.call("Input.dispatchMouseEvent", type=kind, x=at, y=y, button="left", buttons=1,
                     clickCount=1, modifiers=modifiers)  # fmt: skip

    drag(x[1], x[2], 60, modifiers=8)
    press(tab, "8")
    tab.wait(f"{LABELS}.length === 1 && {SAVED}")
    item = next(iter(logged(page).values()))
    assert item["type"] == "laugh"
    assert item["start"] == pytest.approx(8000, abs=60)
    assert item["end"] == pytest.approx(16000, abs=60)
    lane = 26 + 80 + 38 + 10
    tab.run("new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")
    drag((x[1] + x[2]) / 2, (x[2] + x[3]) / 2, lane)
    tab.wait(SAVED)
    item = next(iter(logged(page).values()))
    assert item["start"] == pytest.approx(16000, abs=90)
    assert item["end"] - item["start"] == pytest.approx(8000, abs=60)
    drag(x[3], x[4], lane)  # its end
    tab.wait(SAVED)
    item = next(iter(logged(page).values()))
    assert item["end"] == pytest.approx(32000, abs=120)
    assert not tab.problems


def test_suggestions_are_accepted_and_refused(tab: Any, page: ServedPage) -> None:
    show(tab, page)
    total = len(page.ask("api/dialogue?id=call")["suggestions"])
    assert total > 2
    press(tab, "n", "y", "u")
    left = f"document.getElementById('proposals').textContent.startsWith('{total - 2} of')"
    tab.wait(f"{left} && {SAVED}")
    kinds = sorted(item["kind"] for item in logged(page).values())
    assert kinds == ["event", "verdict", "verdict"]
    press(tab, "z")
    tab.wait(f"document.getElementById('proposals').textContent.startsWith('{total - 1} of')")


def test_words_are_added_and_corrected(tab: Any, page: ServedPage) -> None:
    show(tab, page)
    press(tab, "j", "w")
    tab.call("Input.insertText", text="mm-hm")
    press(tab, "Enter")
    tab.run("document.querySelector('#word-form button').click()")
    tab.wait(f"document.getElementById('edit-text').value === 'mm-hm' && {SAVED}")
    word = next(iter(logged(page).values()))
    assert (word["kind"], word["text"], word["speaker"]) == ("word", "mm-hm", "A")


def test_a_killed_server_loses_nothing_and_the_tab_goes_on(tab: Any, page: ServedPage) -> None:
    show(tab, page)
    press(tab, "j", "1")
    tab.wait(f"{LABELS}.length === 1 && {SAVED}")
    page.kill()
    press(tab, "j", "2")
    tab.wait("document.getElementById('saved').textContent.includes('not saved')")
    page.start()
    tab.wait(f"{LABELS}.length === 2 && {SAVED}")
    assert len(logged(page)) == 2


def test_another_tabs_edit_is_shown_and_a_conflict_is_told(tab: Any, page: ServedPage) -> None:
    show(tab, page)
    press(tab, "j", "1")
    tab.wait(f"{LABELS}.length === 1 && {SAVED}")
    ((key, item),) = logged(page).items()
    other = {**item, "type": "laugh"}
    page.ask("api/edits", {"key": "k", "dialogue": "call",
                           "edits": [{"id": key, "base": 1, "item": other}]})  # fmt: skip
    press(tab, "2")  # before this tab has heard of it
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
        press(tab, "n")
        assert tab.run("document.getElementById('edit-note').value").startswith("</script>")
        assert hostile in tab.run("document.getElementById('labels').textContent")
        assert tab.run("document.querySelectorAll('img').length") == 0
        assert tab.run("typeof window.hacked") == "undefined"
        tab.run(
            "(() => { const s = document.createElement('script');"
            "s.textContent = 'window.hacked=1'; document.body.append(s); })()"
        )
        assert tab.run("typeof window.hacked") == "undefined"
