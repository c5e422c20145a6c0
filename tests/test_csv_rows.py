"""Rows of tables: what is lost has its line, and takes nothing else with it."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech import csv_rows
from interactspeech.errors import InputError
from interactspeech.evaluation.ratings import read_ratings
from interactspeech.mining.inputs import find
from interactspeech.records import PlainDialogue
from interactspeech.scripts import read


def rows(text: str, delimiter: str = ",") -> list[object]:
    found = csv_rows.rows(csv_rows.text_lines(text), "x.csv", delimiter)
    return [(row.line, row.reason) if isinstance(row, InputError) else row for row in found]


def table(text: str) -> list[object]:
    _, found = csv_rows.table(csv_rows.text_lines(text), "x.csv")
    return [(row.line, row.reason) if isinstance(row, InputError) else row for row in found]


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=12)


@given(st.lists(st.lists(CELL, min_size=2, max_size=4), max_size=6))
def test_what_python_writes_is_read(cells) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(cells)
    assert [row for _, row in rows(buffer.getvalue())] == cells


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('a,b\n1,"x\n2,y\n', [(1, ["a", "b"]), (2, "bad-quotes"), (3, ["2", "y"])]),
        ('a,b\n1,"x\n2,"y"\n', [(1, ["a", "b"]), (2, "bad-quotes"), (3, ["2", "y"])]),
        ('a,b\n1,"x\ny"\n2,z\n', [(1, ["a", "b"]), (2, ["1", "x\ny"]), (4, ["2", "z"])]),
        ('a,"b" c\nd,e\n', [(1, "bad-quotes"), (2, ["d", "e"])]),
        ("\n\na,b\r\n", [(3, ["a", "b"])]),
    ],
)
def test_a_quote_that_is_open_takes_one_row(text, wanted) -> None:
    assert rows(text) == wanted


def test_an_open_quote_does_not_take_the_file() -> None:
    found = rows('a,"b\n' + "c,d\n" * 100_000)
    assert found[0] == (1, "bad-quotes")
    assert len(found) == 100_001
    assert rows('a,"' + "x" * csv_rows.MAX_FIELD + 'xx"\nc,d\n')[1:] == [(2, ["c", "d"])]


def test_quotes_in_tab_separated_text_are_text() -> None:
    assert rows('a\t"b\nc\td"\n', "\t") == [(1, ["a", '"b']), (2, ["c", 'd"'])]


def test_rows_of_another_length_are_errors() -> None:
    assert table("a,b\n1,2,3\n4\n5,6\n") == [
        (2, "bad-row"), (3, "bad-row"), (4, {"a": "5", "b": "6"}),
    ]  # fmt: skip
    with pytest.raises(InputError, match="two columns are called 'a'"):
        csv_rows.table(csv_rows.text_lines("a,b,a\n"), "x.csv")


CHATS = "dialogue,speaker,text\n{}one,Bob,Hello.\ntwo,Ann,Hi there.\ntwo,Bob,Hello.\n"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("one,Ann,Well, hi.\n", "bad-row"),
        ("one,Ann\n", "bad-row"),
        ('one,Ann,"Hi there.\n', "bad-quotes"),
        ('one,Ann,"Hi" there.\n', "bad-quotes"),
    ],
)
def test_chats(tmp_path, row, reason) -> None:
    path = tmp_path / "a.csv"
    path.write_text(CHATS.format("one,Ann,Hm?\n" + row), "utf-8")
    errors = [one for one in read(path) if isinstance(one, InputError)]
    assert [(one.reason, one.line) for one in errors] == [(reason, 3)]
    kept = [one for one in read(path) if isinstance(one, PlainDialogue)]
    assert [(one.id, len(one.turns)) for one in kept] == [("two", 2)]  # the other lacks a turn


def test_manifests_of_recordings(tmp_path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text('id,audio\na,a.wav\nb,"b.wav\nc,c.wav\nd,d,d.wav\ne,e.wav\n', "utf-8")
    found = find([path])
    lost = [(one.reason, one.line) for one in found if isinstance(one, InputError)]
    assert lost == [("bad-quotes", 3), ("bad-row", 5)]
    assert [one.id for one in found if not isinstance(one, InputError)] == ["a", "c", "e"]
    path = tmp_path / "calls.jsonl"
    path.write_text('{"id": "a\u2028b", "audio": "a.wav"}\n{"audio": "c.wav"}\n', "utf-8")
    assert [one.id for one in find([path])] == ["a_b", "c"]


def test_ratings(tmp_path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('item,rater,rating\n1,x,good\n2,x,go,od\n3,"x,good\n4,x,bad\n', "utf-8")
    kept, lost = read_ratings([path])
    assert [one.item for one in kept] == ["1", "4"]
    assert [(one.reason, one.line) for one in lost] == [("bad-row", 3), ("bad-quotes", 4)]
