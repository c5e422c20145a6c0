"""The index's rows as Arrow tables."""

import io
import subprocess
import sys

import pyarrow as pa
import pytest
from pyarrow import parquet

from interactspeech.corpus.index import arrow_table, schema


def rows():
    """Three rows with text beyond ASCII, empty lists and what may be missing."""
    made = []
    for number in range(3):
        one = {}
        for field in schema():
            if pa.types.is_string(field.type):
                one[field.name] = None if number == 1 else f"{field.name} ü {number}"
            elif pa.types.is_list(field.type):
                one[field.name] = [None, ["A", "Bö"], []][number]
            elif pa.types.is_fixed_size_binary(field.type):
                one[field.name] = bytes(range(number, number + 32))
            elif pa.types.is_floating(field.type):
                one[field.name] = 0.1 + number
            else:
                one[field.name] = None if field.name == "seed" and number else 7 * number - 3
        made.append(one)
    del made[2]["licence"]
    return made


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_table_and_its_file_are_what_arrow_makes_of_the_rows(count):
    metadata = {b"a": b"1"}
    found = arrow_table(rows()[:count], metadata)
    found.validate(full=True)
    expected = pa.Table.from_pylist(rows()[:count], schema=schema().with_metadata(metadata))
    assert found.equals(expected, check_metadata=True)
    files = [io.BytesIO() for _ in range(2)]
    for file, table in zip(files, (found, expected), strict=True):
        parquet.write_table(table, file, compression="zstd")
    assert files[0].getvalue() == files[1].getvalue()


def test_a_number_beyond_its_column_is_an_error():
    with pytest.raises(OverflowError):
        arrow_table([rows()[0] | {"length": 2**63}], {})


def test_pandas_is_not_loaded():
    code = (
        "import sys; from interactspeech.corpus.index import arrow_table; arrow_table([{}], {});"
        "sys.exit('pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
