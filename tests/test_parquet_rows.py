"""Rows of Parquet files: as they are, and none that stands for more text than a row may hold."""

import pyarrow as pa
import pytest
from pyarrow import parquet

from interactspeech import formats, parquet_rows
from interactspeech.errors import InputError
from interactspeech.scripts import read

ROWS = [
    {"id": f"d{n}", "n": n,
     "turns": [{"speaker": "A", "text": f"Hello {n}."}, {"speaker": "B", "text": None}],
     "tags": ["x"] * n, "blob": b"\xff"}
    for n in range(5)
]  # fmt: skip


def test_rows_are_those_of_the_file(tmp_path, monkeypatch):
    parquet.write_table(pa.Table.from_pylist(ROWS), tmp_path / "a.parquet")
    assert list(parquet_rows.rows(tmp_path / "a.parquet", "a")) == ROWS
    monkeypatch.setattr(parquet_rows, "MAX_ROW", 60)  # one at a time
    assert list(parquet_rows.rows(tmp_path / "a.parquet", "a")) == ROWS
    assert list(parquet_rows.rows(tmp_path / "a.parquet", "a", ["n"])) == [
        {"n": n} for n in range(5)
    ]


@pytest.mark.parametrize("nested", [False, True])
def test_a_dictionary_that_stands_for_gigabytes_is_refused(tmp_path, nested, monkeypatch):
    monkeypatch.setattr(parquet_rows, "MAX_ROW", 1_000_000)
    count = 20_000
    long = pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), ["A" * 100_000])
    if nested:
        turns = pa.StructArray.from_arrays([long, long], ["speaker", "text"])
        table = pa.table({"turns": pa.ListArray.from_arrays([0, count], turns)})
    else:
        table = pa.table({"dialogue": long, "text": long})
    path = tmp_path / "a.parquet"
    parquet.write_table(table, path)
    assert path.stat().st_size < 200_000
    before = pa.total_allocated_bytes()
    if nested:
        (error,) = read(path)
        assert isinstance(error, InputError)
        assert error.reason == "too-large"
    else:  # two values of 0.1 MB are no row too large
        assert len(list(zip(range(1000), parquet_rows.rows(path, path), strict=False))) == 1000
    assert pa.total_allocated_bytes() - before < 10_000_000


def test_a_cell_of_a_table_of_times_has_a_limit(tmp_path):
    path = tmp_path / "a.parquet"
    table = pa.table({"start": [0.0], "end": [1.0], "speaker": ["A"], "text": ["x" * 200_000]})
    parquet.write_table(table, path)
    with pytest.raises(InputError, match="characters"):
        formats.read(path)
