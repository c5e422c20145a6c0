"""A folder of labels: people, assignment, whose corpus it is."""

import itertools
from collections import Counter
from pathlib import Path

import pytest

from interactspeech.errors import InputError, StoreError, UsageError
from interactspeech.labels import (
    LabelEdit,
    LabelFolder,
    LabelItem,
    LabelledSource,
    LabelSettings,
    Transaction,
    progress,
)
from interactspeech.labels.folder import assign

PRINTS = {f"d{i}": f"f{i}" for i in range(6)}


def begin(root: Path, settings: LabelSettings | None = None, prints=None, name: str = "calls"):
    prints = PRINTS if prints is None else prints
    return LabelFolder.begin(root, LabelledSource(name, "corpus"), prints, settings)


def mark(folder: LabelFolder, who: str, dialogue: str) -> None:
    edit = LabelEdit("e", 0, LabelItem("event", "A", 0, 10, type="laugh"))
    folder.log(who).commit(Transaction(f"{who}-{dialogue}", dialogue, (edit,)), PRINTS[dialogue])


@pytest.mark.parametrize(("people", "each", "n"), [(3, 2, 30), (4, 2, 60), (5, 3, 50), (2, 1, 11)])
def test_work_is_shared_out_evenly(people: int, each: int, n: int) -> None:
    names = tuple(f"p{i}" for i in range(people))
    found = assign([f"d{i}" for i in range(n)], LabelSettings(names, each))
    assert all(len(set(who)) == each for who in found.values())
    load = Counter(itertools.chain(*found.values()))
    assert max(load.values()) - min(load.values()) <= each
    pairs = Counter(
        pair for who in found.values() for pair in itertools.combinations(sorted(who), 2)
    )
    if each > 1:
        assert len(pairs) == people * (people - 1) // 2
        assert max(pairs.values()) - min(pairs.values()) <= each
    assert found == assign([f"d{i}" for i in range(n)], LabelSettings(names, each))


def test_the_same_command_goes_on_and_people_may_be_added(tmp_path: Path) -> None:
    with begin(tmp_path / "l", LabelSettings(("a", "b"), 2, adjudicator="c")) as folder:
        keys, assignment = folder.access_keys(), folder.assignment
        mark(folder, "a", "d1")
    assert (tmp_path / "l" / "access.json").stat().st_mode & 0o077 == 0
    with begin(tmp_path / "l") as folder:
        assert (folder.access_keys(), folder.assignment) == (keys, assignment)
        assert folder.dialogues_of("c") == list(assignment)
        rows = {row["annotator"]: row for row in progress(folder)}
        assert (rows["a"]["assigned"], rows["a"]["begun"], rows["a"]["events"]) == (6, 1, 1)
        assert rows["b"]["begun"] == 0
    with begin(tmp_path / "l", LabelSettings(("a", "b", "d"), 2)) as folder:
        assert folder.assignment == assignment
        assert folder.access_keys()["a"] == keys["a"]
    with pytest.raises(UsageError, match="b, d labelled here"):
        begin(tmp_path / "l", LabelSettings(("a",)))


def test_a_corpus_may_grow_and_no_other_is_taken(tmp_path: Path) -> None:
    with begin(tmp_path / "l") as folder:
        mark(folder, "me", "d1")
    with begin(tmp_path / "l", prints={**PRINTS, "d9": "f9"}) as folder:
        assert "d9" in folder.assignment
    with pytest.raises(
        InputError, match=r"labels of 'calls', and this is 'talks'.*'d1'.*not in it"
    ):
        begin(tmp_path / "l", prints={"x": "y", "d0": "f0"}, name="talks")
    with pytest.raises(InputError, match="'d1', which has changed") as caught:
        begin(tmp_path / "l", prints={**PRINTS, "d1": "new"})
    assert caught.value.reason == "other-corpus"
    with begin(tmp_path / "l"):
        pass  # nobody is locked out by what was refused


def test_two_processes_do_not_write_one_folder(tmp_path: Path) -> None:
    with begin(tmp_path / "l"), pytest.raises(StoreError, match="another process"):
        begin(tmp_path / "l")


def test_other_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("mine")
    with pytest.raises(InputError, match="no labels"):
        begin(tmp_path)
    with pytest.raises(InputError, match="no folder of labels"):
        LabelFolder.open(tmp_path)
    (tmp_path / "labels.json").write_text("{")
    with pytest.raises(InputError, match="cannot be used"):
        LabelFolder.open(tmp_path)


@pytest.mark.parametrize(
    "bad",
    [
        {"annotators": ("../x",)}, {"annotators": ()}, {"annotators": ("a", "A")},
        {"annotators": ("a",), "per_dialogue": 2}, {"types": ("nonsense",)}, {"types": ()},
        {"annotators": ("a",), "adjudicator": "a"}, {"suggest": "magic"},
    ],
)  # fmt: skip
def test_settings_are_checked_where_they_are_made(bad: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        LabelSettings(**bad)
