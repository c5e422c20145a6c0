"""Files that say the same twice, and who talks all the time."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.formats import Report
from interactspeech.formats.duplicates import (
    _common,
    _share,
    drop_duplicates,
    warn_of_odd_talk,
)
from interactspeech.formats.parsed_file import AnnotationMark, ParsedFile, join_spans
from interactspeech.records import Dialogue, Span, Speaker, Utterance

SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 6)), max_size=6).map(
    lambda rows: join_spans([(start, start + length) for start, length in rows])
)


def ticks(spans):
    return {tick for start, end in spans for tick in range(start, end)}


@given(SPANS, SPANS)
def test_common_time_is_that_of_the_ticks(first, second):
    both, joint = ticks(first) & ticks(second), ticks(first) | ticks(second)
    assert _common(first, second) == len(both)
    assert _share(first, second) == pytest.approx(len(both) / len(joint) if joint else 0.0)


def sheet(name, speakers, *, words=(), text="", regions=None):
    """A file of a format; `speakers`: name -> spans."""
    made = ParsedFile("call", name, Path(f"call.{name}"), 1000, regions=regions)
    for speaker, spans in speakers.items():
        target = made.words if speaker in words else made.segments
        target += [AnnotationMark(speaker, *span, text) for span in spans]
    return made


TWO = {"a": [(0, 10), (20, 30)], "b": [(10, 20)]}


def kept(*sheets):
    report = Report()
    found = drop_duplicates("call", sheets, report)
    return [one.format for one in found], report


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ({"x": [(0, 10), (20, 30)], "y": [(10, 20)]}, ["stm"]),
        ({"x": [(0, 10), (20, 25)], "y": [(10, 20)]}, ["stm"]),
        ({"x": [(0, 10)], "y": [(10, 20)]}, ["stm"]),  # half of the joint time is enough
        ({"x": [(0, 9)], "y": [(10, 20)]}, ["stm", "rttm"]),
        ({"x": [(0, 10), (20, 30)]}, ["stm", "rttm"]),  # one speaker less
        ({"x": [(0, 10), (20, 30)], "y": [(10, 20)], "z": [(40, 41)]}, ["stm", "rttm"]),
        ({"x": [(0, 10), (20, 30)], "y": [(0, 10), (20, 30)]}, ["stm", "rttm"]),
        ({}, ["stm", "rttm"]),
    ],
)
def test_a_file_that_says_the_same_as_a_richer_one_goes(other, found):
    rich = sheet("stm", TWO, text="so")
    names, report = kept(rich, sheet("rttm", other))
    assert names == found
    assert report.counts() == ({} if len(found) == 2 else {"warning": {"described-twice": 1}})
    # Their order does not matter, and what stays keeps its place.
    names, _ = kept(sheet("rttm", other), rich)
    assert sorted(names) == sorted(found)


def test_layers_and_regions_and_files_of_one_format_are_no_duplicates():
    rich = sheet("ctm", TWO, words=("a", "b"))
    assert kept(rich, sheet("rttm", TWO))[0] == ["ctm", "rttm"]  # words here, stretches there
    assert kept(sheet("stm", TWO, text="so"), sheet("stm", TWO))[0] == ["stm", "stm"]
    assert kept(sheet("stm", TWO), sheet("uem", TWO, regions=[(0, 9)]))[0] == ["stm", "uem"]
    mixed = sheet("seglst", TWO, words=("a",))
    assert kept(mixed, sheet("rttm", TWO))[0] == ["seglst"]


def test_words_then_text_then_stretches_make_a_file_rich():
    worded = sheet("ctm", {"x": TWO["a"], "y": TWO["b"]}, words=("x", "y"))
    assert kept(sheet("stm", TWO, text="so"), worded)[0] == ["ctm"]
    assert kept(sheet("rttm", TWO), sheet("stm", {"x": TWO["a"], "y": TWO["b"]}, text="so"))[0] == [
        "stm"
    ]
    more = {"x": [(0, 5), (5, 10), (20, 30)], "y": TWO["b"]}
    assert kept(sheet("rttm", TWO), sheet("elan", more))[0] == ["elan"]


def talk(first, second, length=10_000):
    utterances = [("A", *span) for span in first] + [("B", *span) for span in second]
    return Dialogue(
        "call",
        1000,
        length,
        (Speaker("A"), Speaker("B")),
        tuple(
            Utterance(f"u{k}", who, a, b, (Span(a, b),)) for k, (who, a, b) in enumerate(utterances)
        ),
    )


@pytest.mark.parametrize(
    ("first", "second", "length", "warned"),
    [
        ([(0, 9001)], [(0, 1000)], 10_000, ["A"]),
        ([(0, 9000)], [(0, 1000)], 10_000, []),
        ([(0, 9500)], [(9100, 9900)], 10_000, []),  # half of the other's talk is not most of it
        ([(0, 9501)], [(9100, 9900)], 10_000, ["A"]),
        ([(0, 9500)], [], 10_000, []),
        ([(0, 4999)], [(0, 1000)], 4999, []),  # too short to say
        ([(0, 5000)], [(0, 1000)], 5000, ["A"]),
        ([(0, 5000), (5000, 9500)], [(0, 9400)], 10_000, ["A", "B"]),
    ],
)
def test_who_talks_all_the_time_upon_the_others_is_warned_about(first, second, length, warned):
    report = Report()
    warn_of_odd_talk(talk(first, second, length), report, Path("x.rttm"))
    assert [note.message.split("'")[3] for note in report.notes] == warned
    assert all(note.path == "x.rttm" and "%" in note.message for note in report.notes)


def test_who_is_alone_may_talk_all_the_time():
    alone = Dialogue(
        "call", 1000, 9000, (Speaker("A"),), (Utterance("u", "A", 0, 9000, (Span(0, 9000),)),)
    )
    report = Report()
    warn_of_odd_talk(alone, report, "x")
    assert not report.notes
