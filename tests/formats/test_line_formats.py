"""STM, UEM, SegLST, WebVTT and transcripts with times: what each line or segment becomes."""

import json

import pytest
from parsed import parsed, stretches

from interactspeech.errors import InputError
from interactspeech.formats import Report, seglst, stm, transcript, uem, webvtt
from interactspeech.records import Dialogue, Span, Speaker, Utterance, Word

TALK = Dialogue(
    "call",
    1000,
    90_000,
    (Speaker("ann b"), Speaker("NA")),
    (
        Utterance(
            "u0",
            "ann b",
            2000,
            4500,
            (Span(2000, 3000), Span(3500, 4500)),
            (Word("so", 2000, 2500), Word("we", 3500, 4500)),
            times="human",
        ),
        Utterance("u1", "NA", 500, 2500, (Span(500, 2500),)),
    ),
)


# STM


@pytest.mark.parametrize(
    ("rest", "text"),
    [
        ("hello there", "hello there"),
        ("<o,f0,male> hello", "hello"),
        ("<O> hello", "hello"),
        ("<o> <o> hello", "<o> hello"),
        ("", ""),
        ("<o,f0,male>", ""),
        ("<speech>", ""),
    ],
)
def test_stm_labels_before_the_text_are_taken_off_once(rest, text):
    sheets, report = parsed(stm, f"call 1 ann 1.5 3.25 {rest}\n")
    assert stretches(sheets["call"].segments) == [("ann", 1500, 3250, text)]
    assert sheets["call"].segments[0].channel == "1"
    assert not report.notes


def test_stm_lines_outside_scoring_are_counted():
    lines = "call 1 ann 0 1 hi\ncall 1 inter_segment_gap 1 2\ncall 1 EXCLUDED_REGION 2 3 x\n"
    sheets, report = parsed(stm, lines + "call 1 ann 3 4 ignore_time_segment_in_scoring\n;; no\n")
    assert len(sheets["call"].segments) == 1
    assert report.counts() == {"note": {"unscored": 3}}
    assert [note.line for note in report.notes] == [2, 3, 4]


def test_stm_speakers_that_are_not_known_are_channels_or_errors():
    sheets, _ = parsed(stm, "call A <NA> 0 1 hi\n")
    assert stretches(sheets["call"].segments) == [("A", 0, 1000, "hi")]
    sheets, _ = parsed(stm, "call NA NA 0 1 hi\n")
    assert stretches(sheets["call"].segments) == [("NA", 0, 1000, "hi")]
    for bad, reason in (("call <NA> NA 0 1 hi", "unknown-speaker"), ("call A ann 0", "bad-line")):
        with pytest.raises(InputError) as caught:
            parsed(stm, f"call A ann 0 1 hi\n{bad}\n")
        assert (caught.value.reason, caught.value.line) == (reason, 2)


def test_stm_is_written_in_order_of_time():
    report = Report()
    assert stm.serialise(TALK, report).splitlines() == [
        "call NA NA 0.500000 2.500000 <speech>",
        "call 1 ann_b 2.000000 3.000000 so",
        "call 1 ann_b 3.500000 4.500000 we",
    ]
    assert report.counts() == {"repair": {"blank-in-field": 1}}


# UEM


def test_uem_regions_are_sorted_joined_and_those_of_no_length_are_none():
    text = "b 1 5 6\na 1 3 4\na 1 0 2\na 1 1.5 3\n;; no\n# no\na 1 9 9\n"
    sheets, _ = parsed(uem, text)
    assert {name: sheet.regions for name, sheet in sheets.items()} == {
        "b": [(5000, 6000)],
        "a": [(0, 4000)],
    }
    for bad, reason in (("a 1 0", "bad-line"), ("a 1 2 1", "reversed-time")):
        with pytest.raises(InputError) as caught:
            parsed(uem, f"a 1 0 1\n{bad}\n")
        assert (caught.value.reason, caught.value.line) == (reason, 2)
        kept, report = parsed(uem, f"{bad}\na 1 0 1\n", skip_bad=True)
        assert kept["a"].regions == [(0, 1000)]
        assert report.counts() == {"loss": {reason: 1}}
    with pytest.raises(InputError, match="no region"):
        parsed(uem, "a 1 9 9\n")
    assert uem.serialise(TALK, Report()) == "call 1 0.000000 90.000000\n"


# SegLST


def segments(*rows):
    return parsed(seglst, json.dumps(list(rows)), name="file.json")


def row(start=0.0, end=1.0, **more):
    return {"session_id": "call", "speaker": "ann", "start_time": start, "end_time": end} | more


def test_seglst_speakers_numbers_channels_and_sessions():
    sheets, report = segments(
        row(words="hi"),
        row(speaker=3),
        row(speaker="", channel=2),
        row(session_id=""),
        row(session_id=7, speaker="NA", channel="NA"),
    )
    assert stretches(sheets["call"].segments) == [
        ("ann", 0, 1000, "hi"),
        ("3", 0, 1000, ""),
        ("2", 0, 1000, ""),
    ]
    assert stretches(sheets["file"].segments) == [("ann", 0, 1000, "")]
    assert stretches(sheets["7"].segments) == [("NA", 0, 1000, "")]
    assert report.counts() == {"note": {"unknown-speaker": 1}}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (3, "bad-line"),
        ({"speaker": "a", "start_time": 0}, "bad-line"),
        (row(speaker=True), "unknown-speaker"),
        (row(speaker=1.5), "unknown-speaker"),
        (row(speaker=None), "unknown-speaker"),
        (row(words=3), "bad-line"),
        (row(2, 1), "reversed-time"),
        (row(words="a b", word_times=[[0, 1]]), "bad-line"),
        (row(words="a", word_times=[[0]]), "bad-line"),
        (row(words="a", word_times=["0 1"]), "bad-line"),
        (row(words="a", word_times=[[1, 0]]), "reversed-time"),
    ],
)
def test_seglst_segments_that_are_none_are_named_by_their_number(bad, reason):
    with pytest.raises(InputError, match="segment 1") as caught:
        segments(row(), bad)
    assert caught.value.reason == reason
    sheets, report = parsed(seglst, json.dumps([row(), bad]), name="file.json", skip_bad=True)
    assert len(sheets["call"].segments) == 1
    assert report.counts() == {"loss": {reason: 1}}


def test_seglst_word_times_and_stretches_of_one_utterance():
    sheets, _ = segments(
        row(2, 3, words="so", word_times=[[2, 2.5]], utterance="u"),
        row(0.5, 1, words="we", utterance="u"),
        row(4, 5, words="go", utterance="u"),
        row(4, 5, words="no", utterance="u", speaker="bob"),
        row(6, 7, words="on", utterance=""),
    )
    assert stretches(sheets["call"].words) == [("ann", 2000, 2500, "so")]
    assert stretches(sheets["call"].segments) == [
        ("ann", 500, 5000, "we go"),
        ("bob", 4000, 5000, "no"),
        ("ann", 6000, 7000, "on"),
    ]
    assert sheets["call"].segments[0].speech == ((500, 1000), (2000, 3000), (4000, 5000))


def test_what_looks_like_segments():
    assert seglst.is_seglst([row()])
    assert seglst.is_seglst([{"start_time": 0, "end_time": 1, "words": ""}, 3])
    for other in (
        [],
        {},
        [3],
        [{"start_time": 0, "end_time": 1}],
        [{"start_time": 0, "speaker": "a"}],
    ):
        assert not seglst.is_seglst(other)
    for text, reason in (("{}", "bad-format"), ("[]", "empty-file")):
        with pytest.raises(InputError) as caught:
            parsed(seglst, text)
        assert caught.value.reason == reason


def test_seglst_is_written_with_the_words_of_each_stretch():
    found = json.loads(seglst.serialise(TALK, Report()))
    assert found == [
        {
            "session_id": "call",
            "speaker": "NA",
            "start_time": 0.5,
            "end_time": 2.5,
            "words": "",
            "channel": "NA",
        },
        {
            "session_id": "call",
            "speaker": "ann b",
            "start_time": 2.0,
            "end_time": 3.0,
            "words": "so",
            "word_times": [[2.0, 2.5]],
            "utterance": "u0",
        },
        {
            "session_id": "call",
            "speaker": "ann b",
            "start_time": 3.5,
            "end_time": 4.5,
            "words": "we",
            "word_times": [[3.5, 4.5]],
            "utterance": "u0",
        },
    ]
    untimed = Utterance("u", "ann b", 0, 9, (Span(0, 3), Span(5, 9)), written="so we")
    dialogue = Dialogue("call", 1000, 90, (Speaker("ann b"),), (untimed,))
    assert [one["words"] for one in json.loads(seglst.serialise(dialogue, Report()))] == [
        "so we",
        "",
    ]


# WebVTT


def test_cues_are_written_in_milliseconds_and_rounding_is_counted():
    report = Report()
    lines = webvtt.serialise(TALK, report).splitlines()
    assert lines[:4] == ["WEBVTT", "", "00:00:00.500 --> 00:00:02.500", "<v NA>&lt;speech&gt;"]
    assert lines[5:7] == ["00:00:02.000 --> 00:00:03.000", "<v ann b>so"]
    assert not report.notes
    fine = Dialogue(
        "call",
        16_000,
        10**9,
        (Speaker("a"),),
        (
            Utterance("u0", "a", 1, 3, (Span(1, 3),)),
            Utterance(
                "u1", "a", 16_000 * 3_725, 16_000 * 36_000, (Span(16_000 * 3_725, 16_000 * 36_000),)
            ),
        ),
    )
    lines = webvtt.serialise(fine, report).splitlines()
    assert lines[2] == "00:00:00.000 --> 00:00:00.001"  # a cue of no length is never shown
    assert lines[5] == "01:02:05.000 --> 10:00:00.000"
    (note,) = report.notes
    assert note.message == "1 of 2 cues were rounded to milliseconds"


@pytest.mark.parametrize(
    ("stamp", "milliseconds"),
    [
        ("00:01.250", 1250),
        ("01:00:01.250", 3_601_250),
        ("100:00:00.000", 360_000_000),
        ("59:59.999", 3_599_999),
    ],
)
def test_stamps_of_cues(stamp, milliseconds):
    text = f"WEBVTT\n\n{stamp} --> 200:00:00.000\n<v ann>hi\n"
    sheets, _ = parsed(webvtt, text, name="call.vtt")
    assert sheets["call"].segments[0].start == milliseconds


@pytest.mark.parametrize("stamp", ["1:00.000", "00:60.000", "60:00.000", "00:01", "00:01.2500"])
def test_stamps_that_are_none(stamp):
    text = f"WEBVTT\n\n00:00.000 --> 00:01.000\n<v ann>hi\n\n{stamp} --> 99:00:00.000\n<v ann>hi\n"
    with pytest.raises(InputError) as caught:
        parsed(webvtt, text, name="call.vtt")
    assert caught.value.line == 6


# Transcripts with times


def turns(text):
    sheets, report = parsed(transcript, text, name="call.txt")
    return stretches(sheets["call"].segments), report


def test_ends_that_are_not_said_are_the_next_start_or_300_ms_a_word():
    found, report = turns(
        "[00:01] Ann: one two three four five\n[00:02] Bob: one two\n[01:00] Ann: hm\n"
    )
    assert found == [
        ("Ann", 1000, 2000, "one two three four five"),
        ("Bob", 2000, 2600, "one two"),
        ("Ann", 60_000, 60_300, "hm"),
    ]
    assert report.counts() == {"note": {"estimated-ends": 1}}


@pytest.mark.parametrize(
    "line",
    [
        "[00:01.2 - 00:03.5] Ann: hi",
        "(0:01.2 --> 0:03.5) Ann: hi",
        "00:00:01.2 00:00:03.5 Ann: hi",
        "Ann [00:01,2 to 00:03,5]: hi",
        "[00:01.2-00:03.5] - Ann: hi",
    ],
)
def test_turns_with_both_times(line):
    found, report = turns(line + "\n")
    assert found == [("Ann", 1200, 3500, "hi")]
    assert not report.notes


def test_lines_without_a_time_go_on_and_those_before_the_first_are_counted():
    found, report = turns(
        "Title\nand date\n[00:01 - 00:04] Ann: so\nwe go\n[00:05 - 00:06] Bob: ok\n"
    )
    assert found == [("Ann", 1000, 4000, "so we go"), ("Bob", 5000, 6000, "ok")]
    (note,) = report.notes
    assert (note.reason, note.line) == ("no-turn", 1)
    assert note.message.startswith("2 line(s)")


def test_a_transcript_is_known_by_a_quarter_of_its_first_lines():
    turn = b"[00:01] Ann: hi\n"
    assert transcript.is_transcript(turn + 3 * b"more\n")
    assert not transcript.is_transcript(turn + 7 * b"more\n")
    assert transcript.is_transcript(2 * turn + 6 * b"more\n")
    assert not transcript.is_transcript(b"more\n")
    assert not transcript.is_transcript(b"")
    # The first 20 lines decide.
    assert transcript.is_transcript(5 * turn + 500 * b"more\n")
    assert not transcript.is_transcript(20 * b"more\n" + 500 * turn)
