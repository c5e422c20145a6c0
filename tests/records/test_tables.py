"""Records as tables (Arrow, pandas, polars), on one line, and as a picture in a notebook."""

import pickle
import re
import sys
from html.parser import HTMLParser

import pytest
from rich.pretty import pretty_repr

from interactspeech.errors import MissingExtraError
from interactspeech.records import Dialogue, Event, Span, Speaker, Utterance, Word, decode, encode
from interactspeech.records.notebook import MAX_LINE
from interactspeech.records.tables import COLUMNS
from interactspeech.turntaking import Timeline

HOSTILE = "<script>alert(1)</script>\"'&\n\x1b[31m"


def dialogue(words: int = 3) -> Dialogue:
    said = tuple(Word(HOSTILE, 100 * i, 100 * i + 50) for i in range(words))
    end = 100 * words
    return Dialogue(
        "one", 1000, end + 500, (Speaker(HOSTILE, name=HOSTILE), Speaker("B")),
        (Utterance("u0", HOSTILE, 0, end, (Span(0, end),), said),),
        (Event("turn", HOSTILE, 0, end), Event("gap", "B", end, end + 250, probability=0.5,
                                               origin="model", attributes={"fill": "silent"})),
    )  # fmt: skip


class Elements(HTMLParser):
    """What elements and attributes a browser would see."""

    def __init__(self, text):
        super().__init__()
        self.seen, self.attributes = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_a_record_fits_on_a_line_and_is_the_same_record():
    one = dialogue(2000)
    assert len(repr(one)) <= MAX_LINE
    assert repr(one).isprintable()
    assert "2 events" in repr(one)
    assert len(pretty_repr(one)) < 300
    assert decode(encode(one)) == one
    assert pickle.loads(pickle.dumps(one)) == one
    assert len(repr(Timeline.of(one))) <= MAX_LINE


@pytest.mark.parametrize("shown", [dialogue(), Timeline.of(dialogue()), dialogue().words_table()])
def test_hostile_text_is_text_in_a_notebook(shown):
    html = shown._repr_html_()
    found = Elements(html)
    assert found.seen <= {"div", "p", "svg", "text", "rect", "title", "table", "tr", "th", "td"}
    assert not {name for name in found.attributes if name.startswith("on")}
    assert "<script" not in html


def test_a_long_dialogue_is_a_small_picture():
    html = dialogue(20_000)._repr_html_()
    assert len(html) < 300_000
    many = Dialogue(
        "many", 1000, 3_600_000, (Speaker("A"),), (),
        tuple(Event("pause", "A", 100 * i, 100 * i + 50) for i in range(30_000)),
    )  # fmt: skip
    assert many._repr_html_().count("<rect") <= 2000


def test_events_have_seconds_and_samples():
    table = dialogue().events_table().to_arrow()
    assert tuple(table.column_names) == COLUMNS["events"]
    (_, gap) = table.to_pylist()
    assert (gap["start"], gap["end"], gap["rate"]) == (300, 550, 1000)
    assert (gap["start_s"], gap["end_s"], gap["probability"]) == (0.3, 0.55, 0.5)
    assert gap["attributes"] == '{"fill": "silent"}'


def test_words_and_utterances_are_tables_too():
    one = dialogue()
    words = one.words_table().to_pandas()
    assert list(words["word"]) == [HOSTILE] * 3
    assert list(words["end_s"]) == [0.05, 0.15, 0.25]
    assert str(words["start"].dtype) == "int64"
    frame = one.utterances_table().to_polars()
    assert frame["words"].to_list() == [3]
    assert re.fullmatch(r"DialogueTable\(words, 3 rows, 12 columns\)", repr(one.words_table()))


def test_an_empty_table_has_its_columns():
    empty = Dialogue("x", 1000, 0, (Speaker("A"),))
    table = empty.words_table().to_arrow()
    assert (table.num_rows, tuple(table.column_names)) == (0, COLUMNS["words"])


@pytest.mark.parametrize(("package", "call"), [("polars", "to_polars"), ("pandas", "to_pandas")])
def test_a_missing_package_says_which_extra_it_is_in(monkeypatch, package, call):
    monkeypatch.setitem(sys.modules, package, None)
    for name in [name for name in sys.modules if name.startswith("pyarrow.pandas_compat")]:
        monkeypatch.delitem(sys.modules, name)
    table = dialogue().events_table()
    if package == "pandas":
        monkeypatch.setattr(type(table), "to_arrow", lambda _: _NoPandas())
    with pytest.raises(MissingExtraError, match="frames"):
        getattr(table, call)()


class _NoPandas:
    def to_pandas(self):
        raise ImportError("pandas")
