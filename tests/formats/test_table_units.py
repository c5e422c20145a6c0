"""Tables: units of whole numbers, names of columns, rows that are none, files of known corpora."""

import pytest
from parsed import parsed, stretches

from interactspeech.errors import InputError
from interactspeech.formats import table
from interactspeech.formats.selection import Selection
from interactspeech.formats.table_columns import known_columns


def rows(text, *, name="call.csv", **options):
    return parsed(table, text, name=name, **options)


@pytest.mark.parametrize(
    ("header", "length"), [("start,end,speaker", None), ("start,duration,speaker", True)]
)
@pytest.mark.parametrize(
    ("typical", "unit"), [(59, "s"), (60, "ms"), (15_000, "ms"), (15_001, None)]
)
def test_whole_numbers_are_seconds_or_milliseconds_by_the_length_of_a_row(
    header, length, typical, unit
):
    lines = [f"{at},{typical if length else at + typical},a" for at in (100_000, 200_000, 300_000)]
    text = "\n".join([header, *lines])
    if unit is None:
        with pytest.raises(InputError, match="milliseconds or samples") as caught:
            rows(text)
        assert caught.value.reason == "unknown-unit"
        return
    sheets, report = rows(text, rate=1000)
    scale = 1000 if unit == "s" else 1
    first = sheets["call"].segments[0]
    assert (first.start, first.end) == (100_000 * scale, (100_000 + typical) * scale)
    assert report.counts() == ({"note": {"time-unit": 1}} if unit == "ms" else {})


def test_the_typical_length_is_the_median():
    text = "start,end,speaker\n0,10,a\n100,110,a\n200,90000,a\n"
    sheets, _ = rows(text, rate=1000)
    assert sheets["call"].segments[0].end == 10_000


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [("1.5", 1.5), ("0:01.5", 1.5), ("1:00:01,25", 3601.25), ("02:03", 123.0), ("1e1", 10.0)],
)
def test_times_in_any_spelling_are_seconds(cell, seconds):
    sheets, _ = rows(f'start,end,speaker\n"{cell}",9999.0,a\n', rate=1000)
    assert sheets["call"].segments[0].start == round(1000 * seconds)


@pytest.mark.parametrize(
    ("names", "unit"),
    [("start_ms,end_ms", 1), ("Start (ms),End (ms)", 1), ("startTimeSec,endTimeSec", 1000),
     ("start_s,end_s", 1000), ("start samples,end samples", 0.5), ("start_seconds,end", 1000)],
)  # fmt: skip
def test_units_in_the_names_of_columns(names, unit):
    sheets, report = rows(f"{names},who\n100,400,a\n", rate=1000 if unit != 0.5 else 500)
    factor = unit if unit != 0.5 else 1
    assert stretches(sheets["call"].segments) == [("a", 100 * factor, 400 * factor, "")]
    assert not report.notes


def test_onset_and_offset_are_start_and_end_and_offset_alone_is_a_start():
    sheets, _ = rows("onset,offset,speaker\n1.0,2.0,a\n")
    assert stretches(sheets["call"].segments) == [("a", 1000, 2000, "")]
    sheets, _ = rows("offset,duration,speaker\n1.0,2.0,a\n")
    assert stretches(sheets["call"].segments) == [("a", 1000, 3000, "")]


def test_conversations_words_channels_and_what_is_missing():
    text = (
        "file,start,end,speaker,channel,word\n"
        "a/call.wav,0.0,0.5,ann,1,so\nother.flac,0.0,0.5,,2,we\ncall.wav,0.5,,ann,1,go\n"
        "call.wav,,1.5,ann,1,go\n"
    )
    sheets, report = rows(text)
    assert stretches(sheets["call"].words) == [("ann", 0, 500, "so")]
    assert stretches(sheets["other"].words) == [("2", 0, 500, "we")]
    assert sheets["call"].speech_from_words
    assert report.counts()["loss"] == {"untimed-utterance": 2}
    ends = [note.message for note in report.notes if note.severity == "loss"]
    assert ["no end" in ends[0], "no start" in ends[1]] == [True, True]
    alone, _ = rows("start,end,text\n0.0,0.5,so\n")
    assert stretches(alone["call"].segments) == [("speaker", 0, 500, "so")]
    assert alone["call"].alone
    with pytest.raises(InputError, match="names no speaker"):
        rows("start,end,speaker\n0.0,0.5,\n")


def test_rows_of_praats_tables_without_text_are_silence():
    sheets, _ = rows("tmin\ttier\ttext\ttmax\n0.0\tA\t\t1.0\n1.0\tA\tso\t2.0\n", name="x.tsv")
    assert stretches(sheets["x"].segments) == [("A", 1000, 2000, "so")]
    sheets, _ = rows("start\ttier\ttext\tend\n0.0\tA\t\t1.0\n1.0\tA\tso\t2.0\n", name="x.tsv")
    assert len(sheets["x"].segments) == 2


def test_quotes_count_around_a_whole_field_of_a_tabbed_table():
    cells = ('"so ""we"" go"', '"so" we', '"')
    lines = [f"{k}.0\t{k + 1}.0\ta\t{cell}\n" for k, cell in enumerate(cells)]
    sheets, _ = rows("start\tend\tspeaker\ttext\n" + "".join(lines), name="x.tsv")
    assert [mark.text for mark in sheets["x"].segments] == ['so "we" go', '"so" we', '"']


def test_rows_with_more_or_fewer_fields_are_errors_with_their_line():
    for bad in ("0.0,1.0", "0.0,1.0,a,b"):
        with pytest.raises(InputError, match="the header 3") as caught:
            rows(f"start,end,speaker\n\n0.0,1.0,a\n{bad}\n")
        assert caught.value.line == 4
        sheets, report = rows(f"start,end,speaker\n{bad}\n0.0,1.0,a\n", skip_bad=True)
        assert len(sheets["call"].segments) == 1
        assert report.counts() == {"loss": {"bad-row": 1}}


def test_an_act_of_mrda_with_its_words():
    line = "0.5,2.5,Bdb001-c3_0000500_0002500,A,{},s,s,fe016,x"
    words = "0.5+0.9+so|XXXX+XXXX+{we}|1.5+2.0+<go>|2.0+2.5+@@|2.1+2.5+hhh"
    sheets, _ = rows(line.format(words) + "\n", name="x.dadb")
    assert stretches(sheets["Bdb001"].words) == [
        ("fe016", 500, 900, "so"), ("fe016", 900, 900, "we"), ("fe016", 1500, 2000, "go"),
    ]  # fmt: skip
    assert [mark.estimated for mark in sheets["Bdb001"].words] == [False, True, False]
    assert (sheets["Bdb001"].speech_from_words, sheets["Bdb001"].times) == (True, "aligned")
    untimed, _ = rows(line.format("XXXX+XXXX+{so}|XXXX+XXXX+{we}") + "\n", name="x.dadb")
    assert stretches(untimed["Bdb001"].segments) == [("fe016", 500, 2500, "so we")]
    for half in ("XXXX+0.9+{we}", "0.9+XXXX+{we}"):  # one time alone is none
        one, _ = rows(line.format(f"0.5+0.9+so|{half}") + "\n", name="x.dadb")
        assert stretches(one["Bdb001"].words)[1] == ("fe016", 900, 900, "we")
    empty, _ = rows(line.format("") + "\n", name="x.dadb")
    assert stretches(empty["Bdb001"].segments) == [("fe016", 500, 2500, "")]
    with pytest.raises(InputError, match="start\\+end\\+word"):
        rows(line.format("0.5+so") + "\n", name="x.dadb")


def test_switchboards_words_and_stretches():
    text = "sw2005A-ms98-a-0001 0.0 0.9 [silence]\nsw2005B-ms98-a-0002 0.9 1.25 hi there\n"
    sheets, _ = rows(text, name="sw2005A-ms98-a-word.text")
    assert stretches(sheets["sw2005"].words) == [("B", 900, 1250, "hi there")]
    assert sheets["sw2005"].reach == 900
    sheets, _ = rows(text, name="sw2005A-ms98-a-trans.text")
    assert stretches(sheets["sw2005"].segments) == [("B", 900, 1250, "hi there")]


def test_only_chosen_speakers_are_taken():
    text = "start,end,speaker\n0.0,1.0,ann\n1.0,2.0,bob\n2.0,3.0,ann\n"
    sheets, _ = rows(text, selection=Selection(tiers=("ann",)))
    assert [mark.speaker for mark in sheets["call"].segments] == ["ann", "ann"]
    both, _ = rows(text, selection=Selection(tiers=("ann", "bob")))
    assert len(both["call"].segments) == 3


@pytest.mark.parametrize("number", [3, 4])
def test_a_column_may_be_named_by_its_number(number):
    found = known_columns(["start", "end", "speaker", "remark"], {"text": str(number)})
    assert found.places["text"] == number - 1
    assert "text" not in known_columns(["start", "end", "speaker"], {"text": "4"}).places
