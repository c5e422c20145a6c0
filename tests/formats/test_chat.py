"""CHAT records line by line: participants, continued lines, words with and without bullets."""

import pytest
from parsed import parsed, stretches

from interactspeech.errors import InputError
from interactspeech.formats import chat

HEAD = "@UTF8\n@Begin\n@Participants:\tMOT Mary Smith Mother, CHI Target_Child, INV Investigator\n"


def read(*lines, head=HEAD):
    sheets, report = parsed(chat, head + "".join(f"{line}\n" for line in lines), name="talk.cha")
    return sheets["talk"], report


def test_participants_who_are_heard_are_the_speakers_with_their_names():
    sheet, _ = read("*MOT:\thello . \x150_500\x15", "*CHI:\thi . \x15600_900\x15")
    assert sheet.speakers == {"MOT": "Mary Smith Mother", "CHI": "Target_Child"}
    assert not sheet.alone
    alone, _ = read("*CHI:\thi . \x15600_900\x15")
    assert alone.speakers == {"CHI": "Target_Child"}
    assert alone.alone


def test_a_header_may_hold_colons_and_empty_entries():
    sheet, _ = read(
        "*MOT:\thi . \x150_500\x15", head="@Participants:\tMOT Mary: the_mother, , CHI Child\n"
    )
    assert sheet.speakers == {"MOT": "Mary: the_mother"}


def test_lines_go_on_after_a_tab_and_the_line_is_that_of_their_beginning():
    sheet, _ = read(
        "*MOT:\thello", "\tthere", "\tyou . \x15100_500\x15", "*CHI:\thi . \x15600_900\x15"
    )
    assert stretches(sheet.segments) == [
        ("MOT", 100, 500, "hello there you"), ("CHI", 600, 900, "hi"),
    ]  # fmt: skip
    assert [mark.line for mark in sheet.segments] == [4, 7]


def test_an_utterance_of_several_bullets_reaches_from_the_first_to_the_last():
    sheet, _ = read('*MOT:\thello \x15%snd:"a b"_100_300\x15 there . \x15400_900\x15')
    assert stretches(sheet.segments) == [("MOT", 100, 900, "hello there")]


def test_utterances_without_a_bullet_are_counted_once_each():
    sheet, report = read(
        "*MOT:\thello . \x150_500\x15", "*MOT:\tno time .", "*CHI:\tnor here .",
        "*CHI:\t&=coughs . \x15600_900\x15",
    )  # fmt: skip
    assert len(sheet.segments) == 1
    assert report.counts() == {"loss": {"untimed-utterance": 1}, "note": {"non-speech": 1}}
    assert report.notes[-1].message.startswith("2 utterance(s)")


def test_what_is_said_but_not_known_is_speech_and_what_is_done_is_not():
    sheet, _ = read(
        "*MOT:\txxx . \x150_100\x15", "*MOT:\t0 . \x15200_300\x15", "*MOT:\t. \x15400_500\x15",
        "*MOT:\t\x15600_700\x15", "*MOT:\t&=laughs . \x15800_900\x15",
        "*MOT:\t&=laughs . \x151000_1000\x15", "*MOT:\thi &=laughs . \x151100_1200\x15",
    )  # fmt: skip
    assert stretches(sheet.segments) == [
        ("MOT", 0, 100, ""), ("MOT", 600, 700, ""), ("MOT", 1100, 1200, "hi"),
    ]  # fmt: skip
    assert [(e.type, e.start, e.end) for e in sheet.events] == [("laugh", 800, 900)]


def test_words_of_the_wor_line_and_those_between_them():
    sheet, _ = read(
        "*MOT:\twe go home now . \x150_900\x15",
        "%wor:\twe \x150_200\x15 go home \x15400_600\x15 now .",
    )
    assert stretches(sheet.words) == [
        ("MOT", 0, 200, "we"), ("MOT", 200, 200, "go"), ("MOT", 400, 600, "home"),
        ("MOT", 600, 600, "now"),
    ]  # fmt: skip
    assert [mark.estimated for mark in sheet.words] == [False, True, False, True]
    assert {mark.line for mark in sheet.words} == {5}


def test_a_wor_line_belongs_to_the_utterance_before_it():
    sheet, _ = read(
        "*MOT:\twe go . \x150_900\x15", "%mor:\tpro|we v|go .",
        "%wor:\twe \x150_200\x15 go \x15200_900\x15",
        "*CHI:\tno time .", "%wor:\tno \x15950_990\x15",
    )  # fmt: skip
    assert [mark.text for mark in sheet.words] == ["we", "go"]


def test_interposed_words_are_lost_with_their_place():
    _, report = read("*MOT:\tso we &*CHI:mhm go . \x150_900\x15")
    (note,) = report.notes
    assert (note.severity, note.reason, note.line) == ("loss", "untimed-utterance", 4)
    assert "'mhm' of 'CHI'" in note.message


@pytest.mark.parametrize(
    ("line", "says"),
    [("*MOT hello \x150_5\x15", "begins with"), ("*:\thello \x150_5\x15", "begins with"),
     ("*DAD:\thello \x150_5\x15", "not among"), ("*MOT:\thi \x15500_100\x15", "before it starts")],
)  # fmt: skip
def test_bad_main_lines_are_errors(line, says):
    with pytest.raises(InputError, match=says) as caught:
        read("*MOT:\thello . \x150_500\x15", line)
    assert caught.value.line == 5


def test_a_transcript_without_times_is_empty_unless_somebody_laughs():
    with pytest.raises(InputError, match="no utterance with a time"):
        read("*MOT:\thello .")
    sheet, _ = read("*MOT:\t&=laughs . \x150_500\x15")
    assert sheet.speakers == {"MOT": "Mary Smith Mother"}
