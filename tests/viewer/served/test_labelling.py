"""The labelling server as a process: what it takes, what it refuses, what survives a kill."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from label_server import ServedPage, edit, kill_trial, recording, served


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPage]:
    folder = tmp_path_factory.mktemp("label")
    (folder / "calls").mkdir()
    for name in ("one", "two", "three", "four"):
        recording(folder / "calls" / f"{name}.wav")
    (folder / "calls" / "one.rttm").write_text("SPEAKER one 1 0.5 1.0 <NA> <NA> anna <NA> <NA>\n")
    with served(
        ["label", str(folder / "calls"), "-o", str(folder / "labels"), "--annotators", "anna,ben",
         "--per-dialogue", "2", "--adjudicator", "carl"]
    ) as running:  # fmt: skip
        running.labels = folder / "labels"
        yield running


def test_annotators_do_not_see_each_other_and_the_adjudicator_sees_all(page: ServedPage) -> None:
    made = page.ask("api/edits", edit("k1", "two", "e", speaker="B"), name="anna")
    assert made == {"number": 1, "revisions": {"e": 1}}
    blind = page.ask("api/dialogue?id=two", name="ben")
    assert blind["edited"] == blind["suggestions"] == []
    assert "others" not in blind
    seen = page.ask("api/dialogue?id=two", name="carl")
    assert [(one["annotator"], len(one["events"])) for one in seen["others"]] == [
        ("anna", 1), ("ben", 0),
    ]  # fmt: skip
    assert seen["suggestions"][0]["origin"] == "1 of 2: anna"
    assert [row["annotator"] for row in page.ask("api/progress", name="carl")["rows"]] == [
        "anna", "ben", "carl",
    ]  # fmt: skip
    assert len(page.ask("api/progress", name="ben")["rows"]) == 1


def test_an_annotation_beside_a_recording_is_where_the_labels_begin(page: ServedPage) -> None:
    found = page.ask("api/dialogue?id=one", name="anna")
    assert [speaker["id"] for speaker in found["record"]["speakers"]] == ["anna"]
    assert found["speech"] == [[[4000, 12000]]]


@pytest.mark.parametrize(
    "bad",
    [
        {}, [], {"key": "x"}, edit("k", "nowhere", "e", start=0),
        edit("k", "two", "e", speaker="Z"), edit("k", "two", "e", start=900, end=10),
        edit("k", "two", "e", end=10**9), edit("k", "two", "e", start=-5),
        edit("k", "two", "e", type="nonsense"), edit("k", "two", "e", kind="word", text=" "),
        edit("k", "two", "e", confidence=7), edit("k", "two", "e", more=1),
        edit("k", "two", "", start=1), edit("k", "two", "e", note="x" * 5000),
        {**edit("k", "two", "e", start=1), "edits": []}, edit("k", "two", "e", start=1.5),
    ],
)  # fmt: skip
def test_bad_edits_are_refused_and_change_nothing(page: ServedPage, bad: Any) -> None:
    status, answer = page.ask("api/edits", bad, name="ben")
    assert status == 422
    assert answer["error"]
    assert page.ask("api/dialogue?id=two", name="ben")["edited"] == []


def test_words_of_one_speaker_do_not_overlap(page: ServedPage) -> None:
    word = {"kind": "word", "text": "a", "type": ""}
    assert "number" in page.ask("api/edits", edit("w1", "three", "w1", **word), name="ben")
    status, answer = page.ask("api/edits", edit("w2", "three", "w2", **word), name="ben")
    assert (status, answer["reason"]) == (422, "bad-label")
    other = edit("w3", "three", "w3", **word, speaker="B")
    assert "number" in page.ask("api/edits", other, name="ben")


def test_nothing_outside_the_recordings_is_reached(page: ServedPage) -> None:
    for path in ("api/dialogue?id=../labels/access.json", "api/sound.wav?id=/etc/passwd",
                 "api/sound.wav?id=two&tracks=7", "api/sound.wav?id=two&tracks=x",
                 "api/dialogues?offset=-1"):  # fmt: skip
        status, _ = page.ask(path, name="anna")
        assert status == 422
    base, _, key = page.links["anna"].partition("?key=")
    for path in ("../access.json", "access.json", "%2e%2e/labels.json", "assets/label.js"):
        request = urllib.request.Request(base + path, None, {"x-key": key})
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request)
        caught.value.close()
        assert caught.value.code == 404


def test_sound_comes_in_ranges(page: ServedPage) -> None:
    base, _, key = page.links["anna"].partition("?key=")

    def get(spec: str, tracks: str = "") -> tuple[int, bytes, str]:
        headers = {"x-key": key, **({"range": spec} if spec else {})}
        request = urllib.request.Request(
            f"{base}api/sound.wav?id=two&tracks={tracks}", None, headers
        )
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read(), answer.headers.get("content-range", "")

    status, whole, _ = get("")
    assert status == 200
    assert len(whole) == 44 + 48000 * 4
    assert whole[:4] == b"RIFF"
    for start, end in (
        (0, 10),
        (40, 50),
        (45, 45),
        (1001, 70_003),
        (len(whole) - 3, len(whole) - 1),
    ):
        status, part, said = get(f"bytes={start}-{end}")
        assert status == 206
        assert part == whole[start : end + 1]
        assert said == f"bytes {start}-{end}/{len(whole)}"
    assert get("bytes=190000-")[1] == whole[190000:]
    _, one, _ = get("", "1")
    assert len(one) == 44 + 48000 * 2
    assert one[44 + 2000 : 44 + 2002] == whole[44 + 4002 : 44 + 4004]


def test_a_recording_that_changes_is_noticed_and_nothing_more_is_labelled(tmp_path: Path) -> None:
    call = recording(tmp_path / "call.wav")
    with served(["label", str(call), "-o", str(tmp_path / "labels")]) as page:
        assert "number" in page.ask("api/edits", edit("1", "call", "e", start=1))
        recording(call, seconds=7)
        status, answer = page.ask("api/edits", edit("2", "call", "f", start=1))
        assert (status, answer["reason"]) == (409, "changed-source")
        assert page.ask("api/changes?id=call&since=0")["changed"] is True


@pytest.mark.slow
def test_no_acknowledged_edit_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    found = kill_trial(tmp_path, kills=5, seed=1)
    assert found["acknowledged"] > 10
    assert found["lost"] == 0
