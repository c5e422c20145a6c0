"""What `write_page` leaves on the disk, and what it refuses."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from interactspeech.errors import InputError
from interactspeech.records import Dialogue, Samples
from interactspeech.viewer import SummaryFigure, write_page

Make = Callable[..., tuple[Dialogue, Samples]]


def record_of(page: Path, name: str) -> dict[str, object]:
    text = (page.parent / "data" / name).read_text(encoding="utf-8")
    found = re.fullmatch(r'interactspeech\.receive\("([^"]+)", (.*)\);\n', text)
    assert found
    return json.loads(found[2])


def test_a_page_is_a_folder_that_needs_nothing_else(make_dialogue: Make, tmp_path: Path) -> None:
    page = write_page([make_dialogue("a"), make_dialogue("b")], tmp_path / "new" / "page")
    assert page.dialogues == 2
    assert page.lost == ()
    assert page.path == tmp_path / "new" / "page" / "index.html"
    assert sorted(str(p.relative_to(page.path.parent)) for p in page.path.parent.rglob("*.*")) == [
        "audio/0001-a.0.flac",
        "audio/0001-a.1.flac",
        "audio/0001-a.both.flac",
        "audio/0002-b.0.flac",
        "audio/0002-b.1.flac",
        "audio/0002-b.both.flac",
        "data/0001-a.js",
        "data/0002-b.js",
        "data/corpus.js",
        "index.html",
        "page.css",
        "page.js",
    ]
    for file in page.path.parent.glob("*.*"):
        addresses = re.findall(r"(?:https?:)?//[a-z0-9.]+[./]\w+", file.read_text("utf-8"))
        # The name of SVG's own language is no address that a browser asks for.
        assert set(addresses) <= {"http://www.w3.org/2000"}, file
    assert list(tmp_path.glob("new/.page*")) == []


def test_the_sound_is_the_corpus_s_own(make_dialogue: Make, tmp_path: Path) -> None:
    dialogue, audio = make_dialogue()
    page = write_page([(dialogue, audio)], tmp_path / "page")
    names = record_of(page.path, "0001-walk.js")["audio"]
    assert names == {
        "both": ["audio/0001-walk.both.flac"],
        "each": ["audio/0001-walk.0.flac", "audio/0001-walk.1.flac"],
    }
    both, rate = soundfile.read(page.path.parent / "audio/0001-walk.both.flac", dtype="float32")
    assert rate == dialogue.rate
    np.testing.assert_allclose(both.T, audio, atol=1 / 32768)
    bob, _ = soundfile.read(page.path.parent / "audio/0001-walk.1.flac", dtype="float32")
    np.testing.assert_array_equal(bob, both[:, 1])


def test_three_speakers_and_one_channel(make_dialogue: Make, tmp_path: Path) -> None:
    dialogue, audio = make_dialogue()
    three = np.concatenate([audio, 0.5 * audio[:1]])
    page = write_page([(dialogue, three)], tmp_path / "three")
    both, _ = soundfile.read(page.path.parent / "audio/0001-walk.both.flac")
    assert both.shape == (dialogue.length, 2)
    assert len(list(page.path.parent.glob("audio/*.flac"))) == 4

    import msgspec

    shared = msgspec.structs.replace(
        dialogue, tracks=tuple(msgspec.structs.replace(t, channel=0) for t in dialogue.tracks)
    )
    page = write_page([(shared, audio[:1])], tmp_path / "one")
    assert record_of(page.path, "0001-walk.js")["audio"] == {
        "both": ["audio/0001-walk.both.flac"],
        "each": [],
    }


def test_hostile_text_never_leaves_its_string(
    make_dialogue: Make, hostile: str, tmp_path: Path
) -> None:
    item = make_dialogue("d", hostile)
    page = write_page([item], tmp_path / "page", title=hostile)
    for file in page.path.parent.rglob("*.js"):
        if file.name != "page.js":
            assert "<" not in file.read_text("utf-8")
            assert "\u2028" not in file.read_text("utf-8")
    assert "<img" not in page.path.read_text("utf-8")
    utterances = record_of(page.path, "0001-d.js")["utterances"]
    assert utterances[0]["words"][1][0] == hostile  # type: ignore[index]

    single = write_page([item], tmp_path / "page.html", title=hostile)
    text = single.path.read_text("utf-8")
    assert "<img" not in text
    assert text.count("</script>") == 3  # the corpus, the dialogue, the program


def test_the_single_file_allows_its_own_script_and_no_other(
    make_dialogue: Make, tmp_path: Path
) -> None:
    page = write_page([make_dialogue()], tmp_path / "page.html")
    text = page.path.read_text("utf-8")
    program = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(program) == 1
    allowed = base64.b64encode(hashlib.sha256(program[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{allowed}';" in text
    assert "unsafe" not in text.partition("<style>")[0]
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]


def test_the_same_dialogues_give_the_same_bytes(make_dialogue: Make, tmp_path: Path) -> None:
    first = write_page([make_dialogue()], tmp_path / "a").path.parent
    second = write_page([make_dialogue()], tmp_path / "b").path.parent
    for file in (p for p in first.rglob("*") if p.is_file()):
        assert file.read_bytes() == (second / file.relative_to(first)).read_bytes(), file


def test_a_bad_item_is_left_out_and_named(make_dialogue: Make, tmp_path: Path) -> None:
    dialogue, audio = make_dialogue("good")
    other, _ = make_dialogue("bad")
    loud = 5 * audio
    items = [(other, audio[:, :-1]), (other, audio[:1]), (other, loud), (dialogue, audio)]
    page = write_page(items, tmp_path / "page")
    assert page.dialogues == 1
    assert [error.reason for error in page.lost] == ["bad-audio", "bad-audio", "clipping"]
    assert all("'bad'" in str(error) for error in page.lost)
    assert len(list(page.path.parent.glob("audio/*"))) == 3


def test_nothing_to_show_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no dialogue to show") as caught:
        write_page([], tmp_path / "page")
    assert caught.value.reason == "empty-page"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["page", "page.html"])
def test_a_page_replaces_a_page_but_nothing_else(
    make_dialogue: Make, tmp_path: Path, name: str
) -> None:
    out = tmp_path / name
    write_page([make_dialogue("yesterdays")], out)
    page = write_page([make_dialogue("new")], out)
    folder = out if out.is_dir() else tmp_path
    assert "yesterdays" not in "".join(p.read_text("utf-8") for p in folder.rglob("*.[hj]*"))
    assert page.dialogues == 1

    precious = tmp_path / f"precious-{name}"
    if name == "page":
        precious.mkdir()
        (precious / "index.html").write_text("my own page")
    else:
        precious.write_text("my own page")
    with pytest.raises(InputError, match="not a page that this command wrote") as caught:
        write_page([make_dialogue()], precious)
    assert caught.value.reason == "output-exists"
    kept = precious / "index.html" if precious.is_dir() else precious
    assert kept.read_text() == "my own page"


def test_a_crash_in_between_leaves_the_old_page_whole(make_dialogue: Make, tmp_path: Path) -> None:
    page = write_page([make_dialogue("old")], tmp_path / "page")

    def broken():
        yield make_dialogue("new")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_page(broken(), tmp_path / "page")
    assert record_of(page.path, "0001-old.js")["id"] == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["page"]


def test_dialogues_without_sound_are_shown_too(make_dialogue: Make, tmp_path: Path) -> None:
    dialogue, _ = make_dialogue()
    page = write_page([(dialogue, None)], tmp_path / "page")
    record = record_of(page.path, "0001-walk.js")
    assert record["audio"] == {}
    assert record["peaks"] is None


def test_the_figures_stand_beside_the_human_ones(make_dialogue: Make, tmp_path: Path) -> None:
    figures = [SummaryFigure("backchannels", 4.1, 4.66, "/min", "Switchboard")]
    page = write_page([make_dialogue()], tmp_path / "page", statistics=figures)
    text = (page.path.parent / "data" / "corpus.js").read_text("utf-8")
    corpus = json.loads(text.removeprefix("interactspeech.start(").removesuffix(");\n"))
    assert corpus["figures"] == [
        {"label": "backchannels", "value": 4.1, "human": 4.66, "unit": "/min",
         "note": "Switchboard"}
    ]  # fmt: skip
