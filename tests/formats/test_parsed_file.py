"""Ticks, spans, packed stretches and the lines of a file."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parsed import stretches

from interactspeech.errors import InputError
from interactspeech.formats import Report
from interactspeech.formats.clock import Clock
from interactspeech.formats.parsed_file import (
    AnnotationMark,
    EventMark,
    InputFile,
    PackedStretches,
    ParsedFile,
    add_stretch,
    add_word,
    join_spans,
    name_speakers,
    parse_json,
    timed,
)
from interactspeech.records import Span, Utterance, Word


def source(text, name="x.txt", **options):
    return InputFile(name, text.encode(), Clock(1000), Report(), **options)


@pytest.mark.parametrize(
    ("rate", "digits"),
    [(1000, 6), (16_000, 6), (44_100, 6), (400_000, 6), (500_000, 6), (1_000_000, 6),
     (400_001, 7), (999_999, 7), (10_000_000, 8), (1_000_000_000, 10)],
)  # fmt: skip
def test_as_many_decimals_as_bring_the_tick_back(rate, digits):
    assert Clock(rate).digits == digits


@settings(max_examples=60)
@given(st.integers(1, 10**9), st.integers(0, 10**12), st.integers(0, 10**12))
def test_ticks_come_back_also_as_the_sum_of_onset_and_duration(rate, first, second):
    clock = Clock(rate)
    first, second = first % (100 * rate), second % (100 * rate)
    assert clock.ticks(clock.text(first)) == first
    total = float(clock.text(first)) + float(clock.text(second))
    assert clock.ticks(total) == first + second


def test_clocks_and_times_out_of_range_are_errors():
    for rate in (0, -1, 1_000_000_001):
        with pytest.raises(ValueError, match="ticks a second"):
            Clock(rate)
    assert Clock(1).ticks(" 1e9 ") == 10**9
    assert Clock(1).ticks(0) == Clock(1).ticks("-0.0") == 0
    for bad, why in (
        (1e9 + 1, "beyond"), ("nan", "finite"), (-0.001, "negative"), ("1_0", "not a time"),
        ("1,5", "decimal point"), ("x", "not a time"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=why):
            Clock(1000).ticks(bad)
    with pytest.raises(ValueError, match=r"time in seconds$"):  # no comma, no hint
        Clock(1000).ticks("x")


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 5)), max_size=10))
def test_joined_spans_cover_the_same_ticks_and_do_not_touch(drawn):
    spans = [(start, start + length) for start, length in drawn]
    joined = join_spans(spans)
    covered = {tick for start, end in spans for tick in range(start, end)}
    assert {tick for start, end in joined for tick in range(start, end)} == covered
    assert all(a[1] < b[0] for a, b in itertools.pairwise(joined))


ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 20), st.integers(0, 6)), max_size=10
)


@given(ROWS)
def test_packed_stretches_are_the_marks_that_were_put_in(rows):
    packed = PackedStretches()
    for line, (who, start, length) in enumerate(rows):
        assert packed.add(who, "1", start, start + length, line)
    assert len(packed) == len(rows)
    assert [(m.speaker, m.start, m.end, m.line, m.channel) for m in packed.marks()] == [
        (who, start, start + length, line, "1") for line, (who, start, length) in enumerate(rows)
    ]


@given(ROWS)
def test_spans_of_packed_stretches_are_joined_or_need_a_report(rows):
    packed = PackedStretches()
    for line, (who, start, length) in enumerate(rows):
        packed.add(who, "1", start, start + length, line)
    own = {
        who: sorted((start, start + length) for name, start, length in rows if name == who)
        for who in dict.fromkeys(name for name, _, _ in rows)
    }
    odd = any(
        start == end or any(a < end and start < b for a, b in spans[:place])
        for spans in own.values()
        for place, (start, end) in enumerate(spans)
    )
    spans = packed.spans()
    if odd:
        assert spans is None
    else:
        assert spans == {who: list(join_spans(found)) for who, found in own.items()}


def test_a_second_channel_and_a_257th_speaker_do_not_fit():
    packed = PackedStretches()
    assert packed.add("a", "1", 0, 1, 1)
    assert not packed.add("a", "2", 2, 3, 2)
    assert len(packed) == 1
    many = PackedStretches()
    assert all(many.add(f"s{k}", "1", k, k + 1, k) for k in range(256))
    assert not many.add("s256", "1", 256, 257, 256)
    assert many.add("s255", "1", 300, 301, 257)
    assert many.marks()[-1].speaker == "s255"


def test_packed_stretches_come_before_others_when_they_are_unpacked():
    sheet = ParsedFile("x", "rttm", "x", 1000)
    sheet.packed = PackedStretches()
    sheet.packed.add("a", "1", 0, 1, 1)
    sheet.segments.append(AnnotationMark("b", 5, 6))
    assert sheet.names() == ["a", "b"]
    sheet.unpack()
    assert stretches(sheet.segments) == [("a", 0, 1, ""), ("b", 5, 6, "")]
    assert sheet.packed is None


@pytest.mark.parametrize(
    "text", ["", "\n", "a", "a\n", "\n\na\n\n b \n", "a\r\nb\r\n", "a\x0cb\n\nc"]
)
def test_lines_are_numbered_and_blank_ones_left_out(text):
    expected = [
        (number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()
    ]
    assert list(source(text).lines()) == expected


def test_a_stretch_may_have_no_length_but_not_a_negative_one():
    assert source("").stretch("1", "1", 3, "it") == (1000, 1000)
    with pytest.raises(InputError, match="ends at 1 before it starts at 2") as caught:
        source("").stretch("2", "1", 3, "it")
    assert (caught.value.reason, caught.value.line) == ("reversed-time", 3)


def test_bad_lines_give_the_file_up_or_are_counted():
    error = InputError("wrong", "x.txt", 3, reason="bad-line")
    with pytest.raises(InputError, match="skip bad lines"):
        source("").bad(error)
    kept = InputError("wrong", "x.txt", 3, remedy="do it", reason="bad-line")
    with pytest.raises(InputError, match="do it"):
        source("").bad(kept)
    lenient = source("", skip_bad=True)
    lenient.bad(InputError("wrong", "x.txt", 3, reason="bad-line"))
    (note,) = lenient.report.notes
    assert (note.severity, note.reason, note.line) == ("loss", "bad-line", 3)


def added(label, add, **options):
    sheet, report = ParsedFile("x", "f", "x", 1000), Report()
    add(sheet, AnnotationMark("ann", 100, 200, label, 7, **options), report)
    return sheet, report


@pytest.mark.parametrize("add", [add_stretch, add_word])
def test_labels_become_what_they_say(add):
    sheet, report = added("<eps>", add)
    assert (sheet.reach, sheet.segments, sheet.words, report.notes) == (200, [], [], [])
    sheet, _ = added("[laughter]", add, channel="2")
    assert sheet.events == [EventMark("laugh", "ann", 100, 200, channel="2")]
    sheet, _ = added("[breath]", add)
    assert [event.type for event in sheet.events] == ["breath"]
    sheet, report = added("[noise]", add)
    assert (sheet.segments, sheet.words) == ([], [])
    assert [(note.reason, note.line) for note in report.notes] == [("non-speech", 7)]
    empty = ParsedFile("x", "f", "x", 1000)
    add(empty, AnnotationMark("ann", 100, 100, "[laughter]"), Report())
    assert empty.events == []


def test_speech_without_words_has_no_text_and_words_lose_their_marks():
    assert added("<speech>", add_stretch)[0].segments[0].text == ""
    assert added("xxx", add_stretch)[0].segments[0].text == ""
    assert added("[unintelligible]", add_stretch)[0].segments[0].text == "[unintelligible]"
    assert added("xxx", add_word)[0].words[0].text == ""
    word = added("[yea-]", add_word)[0].words[0]
    assert (word.text, word.fragment) == ("yea", True)
    assert added("yeah", add_word, fragment=True)[0].words[0].fragment
    assert not added("yeah", add_word)[0].words[0].fragment
    assert added("-", add_word)[0].words[0].text == "-"


def test_the_reach_is_the_latest_end_of_silence():
    sheet = ParsedFile("x", "f", "x", 1000)
    for end in (300, 100):
        add_stretch(sheet, AnnotationMark("ann", 50, end, ""), Report())
    assert sheet.reach == 300


def test_unknown_speakers_are_their_channels_and_one_label_on_two_is_two():
    sheet, report = ParsedFile("x", "f", "x", 1000), Report()
    sheet.segments = [
        AnnotationMark("<NA>", 0, 1, channel="B"),
        AnnotationMark("ann", 2, 3, channel="1"),
        AnnotationMark("NA", 4, 5, channel="NA"),
    ]
    sheet.words = [AnnotationMark("ann", 6, 7, "hi", channel="2")]
    name_speakers(sheet, report)
    assert [m.speaker for m in (*sheet.segments, *sheet.words)] == ["B", "ann-1", "NA", "ann-2"]
    assert [(n.reason, n.message.split()[0]) for n in report.notes] == [
        ("unknown-speaker", "1"),
        ("label-on-two-channels", "speaker"),
    ]
    assert "channels 1, 2" in report.notes[1].message


def test_word_times_that_are_guesses_do_not_count():
    def utterance(times, *words):
        return Utterance("u", "a", 0, 1, (Span(0, 1),), words, times=times)

    so = Word("so", 0, 1)

    assert timed(utterance("human", so))
    assert timed(utterance("engine", so))
    assert not timed(utterance("estimated", so))
    assert not timed(utterance("none", so))
    assert not timed(utterance("human"))


def test_what_is_no_json_is_named_with_its_place():
    assert parse_json(source('{"a": [1]}')) == {"a": [1]}
    with pytest.raises(InputError, match="is not JSON") as caught:
        parse_json(source('{"a":\n [1'))
    assert (caught.value.reason, caught.value.line) == ("bad-json", 2)
    with pytest.raises(InputError, match="too deep"):
        parse_json(source("[" * 200_000))


def test_packed_spans_that_touch_are_joined_with_the_last_one():
    packed = PackedStretches()
    for line, (start, end) in enumerate([(0, 1), (3, 5), (5, 7), (7, 8), (9, 10)]):
        packed.add("a", "1", start, end, line)
    assert packed.spans() == {"a": [(0, 1), (3, 8), (9, 10)]}
