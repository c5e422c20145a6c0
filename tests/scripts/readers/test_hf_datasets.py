"""Data sets of a hub: a local folder stands in for one, through the real library."""

import json

import pytest

from interactspeech.errors import InputError
from interactspeech.scripts import read, read_all

ROWS = [
    {"dialogue": ["Did you eat?", "Not yet.", "Let's go."], "speakers": ["Ann", "Bob", "Ann"],
     "narrative": "Ann and Bob go out to eat.", "original_index": 1},
    {"dialogue": ["Is it raining?", "It was."], "speakers": ["Cleo", "Dan"],
     "narrative": "They talk about the weather.", "original_index": 2},
]  # fmt: skip


@pytest.fixture
def dataset(tmp_path, monkeypatch):
    pytest.importorskip("datasets")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = tmp_path / "soda"
    folder.mkdir()
    for split, rows in (("train", ROWS), ("test", ROWS[:1])):
        (folder / f"{split}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


@pytest.mark.filterwarnings("default")  # the library's own
def test_rows_are_dialogues(dataset):
    found = list(read(f"hf:{dataset}@train"))
    assert [item.turns[0].text for item in found] == ["Did you eat?", "Is it raining?"]
    assert {item.corpus for item in found} == {"soda"}
    assert all(item.file.startswith("hf:") for item in found)


@pytest.mark.filterwarnings("default")
def test_all_splits_come_one_after_the_other_under_unique_ids(dataset):
    found = list(read_all([f"hf:{dataset}"]))
    assert len({item.id for item in found}) == 3


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", ["hf:", "hf:no/such/data/set@train"])
def test_what_cannot_be_had_is_said(name, monkeypatch):
    pytest.importorskip("datasets")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (error,) = read(name)
    assert isinstance(error, InputError)
    assert error.reason == "hub"
