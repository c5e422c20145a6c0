"""RTTM line by line: what each type becomes, and that the quick way reads as the long one."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parsed import parsed, stretches

from interactspeech.errors import InputError
from interactspeech.formats import Report, rttm
from interactspeech.records import Dialogue, Span, Speaker, Utterance


def line(kind="SPEAKER", onset="1.5", duration="2.25", spelling="<NA>", token="<NA>", who="ann"):
    return f"{kind} call 1 {onset} {duration} {spelling} {token} {who} <NA> <NA>\n"


def test_a_stretch_ends_at_onset_plus_duration_in_both_ways_of_reading():
    # A lower-case type and a LEXEME line go the long way.
    for kind in ("SPEAKER", "speaker"):
        sheets, report = parsed(rttm, line(kind))
        assert stretches(sheets["call"].segments) == [("ann", 1500, 3750, "")]
        assert not report.notes
        (mark,) = sheets["call"].segments
        assert (mark.line, mark.channel) == (1, "1")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "<NA>"]),
            st.sampled_from(["1", "2", "<NA>"]),
            st.integers(0, 10_000),
            st.integers(0, 3_000),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_the_quick_way_reads_as_the_long_way(rows):
    def read(kind):
        text = "".join(
            f"{kind} call {channel} {start / 1000} {length / 1000} <NA> <NA> {who} <NA>\n"
            for who, channel, start, length in rows
            if who != channel
        )
        sheets, report = parsed(rttm, text or "SPEAKER x 1 0 1 <NA> <NA> a\n")
        return (
            {name: sorted(stretches(sheet.segments)) for name, sheet in sheets.items()},
            [(note.reason, note.message) for note in report.notes],
        )

    assert read("SPEAKER") == read("Speaker")


def test_sums_are_rounded_once_so_that_neighbours_touch():
    text = "".join(line(onset=str(k * 0.1), duration="0.1") for k in range(30))
    for kind in ("SPEAKER", "Speaker"):
        sheets, _ = parsed(rttm, text.replace("SPEAKER", kind), rate=44_100)
        marks = sheets["call"].segments
        assert all(
            abs(after.start - before.end) <= 1 for before, after in itertools.pairwise(marks)
        )
        (third,) = parsed(rttm, line(kind, "0.1", "0.2"), rate=10**9)[0]["call"].segments
        assert third.end == round((0.1 + 0.2) * 10**9)


def test_the_last_field_and_the_confidence_may_be_missing():
    sheets, _ = parsed(rttm, "SPEAKER call 1 0 1 <NA> <NA> ann\nspeaker call 1 2 1 <NA> <NA> bob\n")
    assert stretches(sheets["call"].segments) == [("ann", 0, 1000, ""), ("bob", 2000, 3000, "")]


def test_lexemes_are_words_and_fragments_are_marked():
    text = line("LEXEME", "1", "0.5", "hello", "lex") + line("LEXEME", "2", "0.5", "wor", "frag")
    text += line("lexeme", "3", "0.25", "there", "FRAG") + line("LEXEME", "4", "0.1", "go-", "lex")
    sheets, report = parsed(rttm, text)
    words = sheets["call"].words
    assert stretches(words) == [
        ("ann", 1000, 1500, "hello"),
        ("ann", 2000, 2500, "wor"),
        ("ann", 3000, 3250, "there"),
        ("ann", 4000, 4100, "go"),
    ]
    assert [mark.fragment for mark in words] == [False, True, True, True]
    assert not sheets["call"].segments
    assert not report.notes


def test_laughs_and_breaths_are_events_and_other_noises_are_counted():
    text = line("NON-LEX", "1", "0.5", token="laugh") + line("NON-LEX", "2", "0.5", token="Breath")
    text += line("NON-LEX", "3", "0.5", token="cough") + line("NON-LEX", "4", "0", token="laugh")
    sheets, report = parsed(rttm, text + line())
    assert [(e.type, e.speaker, e.start, e.end, e.channel) for e in sheets["call"].events] == [
        ("laugh", "ann", 1000, 1500, "1"),
        ("breath", "ann", 2000, 2500, "1"),
    ]
    assert report.counts() == {"note": {"rttm-other-type": 1}}
    assert report.notes[0].line == 3


@pytest.mark.parametrize(
    "unused",
    [
        line("SPKR-INFO", "<NA>", "<NA>"),
        line("NOSCORE"),
        line("edit"),
        line("LEXEME", "<NA>", "0.5", "hi", "lex"),
        line("LEXEME", "1", "<NA>", "hi", "lex"),
        "LEXEME call 1 1 0.5 hi lex\n",  # seven fields
        line("NON-LEX", token="other"),
    ],
)
def test_lines_without_a_use_are_counted_with_their_place(unused):
    sheets, report = parsed(rttm, line() + unused)
    assert stretches(sheets["call"].segments) == [("ann", 1500, 3750, "")]
    assert not sheets["call"].words
    assert not sheets["call"].events
    (note,) = report.notes
    assert (note.severity, note.reason, note.line) == ("note", "rttm-other-type", 2)
    assert unused.split()[0].upper() in note.message


def test_nobody_is_counted_and_gives_no_stretch():
    for kind in ("SPEAKER", "Speaker"):
        sheets, report = parsed(rttm, line() + line(kind, who="noise"))
        assert stretches(sheets["call"].segments) == [("ann", 1500, 3750, "")]
        assert report.counts() == {"note": {"non-speech": 1}}


def test_an_unknown_speaker_is_called_by_the_channel():
    for kind in ("SPEAKER", "Speaker"):
        sheets, report = parsed(rttm, f"{kind} call B 1 1 <NA> <NA> <NA> <NA>\n")
        assert stretches(sheets["call"].segments) == [("B", 1000, 2000, "")]
        assert report.counts() == {"note": {"unknown-speaker": 1}}


def test_neither_speaker_nor_channel_is_an_error_unless_both_spell_the_same():
    for kind in ("SPEAKER", "Speaker"):
        with pytest.raises(InputError, match="neither a speaker") as caught:
            parsed(rttm, f"{kind} call NA 1 1 <NA> <NA> <NA> <NA>\n")
        assert caught.value.reason == "unknown-speaker"
        sheets, _ = parsed(rttm, f"{kind} call NA 1 1 <NA> <NA> NA <NA>\n")
        assert stretches(sheets["call"].segments) == [("NA", 1000, 2000, "")]


@pytest.mark.parametrize(
    ("onset", "duration", "what"),
    [("-1", "1", "onset"), ("1", "-1", "duration"), ("1_0", "1", "onset"), ("1", "1_0", "duration"),
     ("x", "1", "onset"), ("1", "nan", "duration"), ("inf", "1", "onset"), ("1", "2e9", "duration"),
     ("9e8", "9e8", "end")],
)  # fmt: skip
def test_bad_times_are_named(onset, duration, what):
    with pytest.raises(InputError, match=f":2: {what}: ") as caught:
        parsed(rttm, line() + line(onset=onset, duration=duration))
    assert (caught.value.reason, caught.value.line) == ("bad-time", 2)


def test_times_of_more_than_a_year_are_read_too():
    for onset in ("29999999.5", "30000000", "30000001.5", "999999990"):
        sheets, _ = parsed(rttm, line(onset=onset, duration="1"))
        assert sheets["call"].segments[0].start == round(float(onset) * 1000)
    sheets, _ = parsed(rttm, line(onset="0", duration="0"))
    assert stretches(sheets["call"].segments) == [("ann", 0, 0, "")]


def test_lines_of_other_formats_are_errors():
    for bad in ("SPEAKER call 1 1 1 <NA> <NA>\n", "call A 1 1 hello\n"):
        with pytest.raises(InputError, match="not an RTTM line") as caught:
            parsed(rttm, line() + bad)
        assert caught.value.line == 2


def test_stretches_are_written_in_order_of_time_with_the_name_that_is_read_back():
    dialogue = Dialogue(
        "call", 1000, 9000,
        (Speaker("ann b"), Speaker("NA")),
        (
            Utterance("u0", "ann b", 2000, 4500, (Span(2000, 3000), Span(3500, 4500))),
            Utterance("u1", "NA", 500, 2500, (Span(500, 2500),)),
        ),
    )  # fmt: skip
    report = Report()
    text = rttm.serialise(dialogue, report)
    assert text.splitlines() == [
        "SPEAKER call NA 0.500000 2.000000 <NA> <NA> NA <NA> <NA>",
        "SPEAKER call 1 2.000000 1.000000 <NA> <NA> ann_b <NA> <NA>",
        "SPEAKER call 1 3.500000 1.000000 <NA> <NA> ann_b <NA> <NA>",
    ]
    assert report.counts() == {"repair": {"blank-in-field": 1}}
    sheets, _ = parsed(rttm, text)
    assert set(sheets["call"].names()) == {"NA", "ann_b"}
