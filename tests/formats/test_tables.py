"""Delimited tables and timed transcripts: columns by name, units, quotes, corpora's own layouts."""

import gzip
from pathlib import Path

import pytest

from interactspeech import formats
from interactspeech.errors import InputError

WANTED = [("A", 0, 1500, "hi, there"), ("B", 1600, 2000, "yes")]


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def told(path: Path, **options: object) -> list[tuple[str, int, int, str]]:
    (dialogue,) = formats.read(path, **({"rate": 1000} | options))
    return [(u.speaker, u.start, u.end, u.text) for u in dialogue.utterances]


@pytest.mark.parametrize(
    "text",
    [
        'start,end,speaker,text\n0,1.5,A,"hi, there"\n1.6,2.0,B,yes\n',
        'Start Time;Duration;Speaker ID;Transcript\n0;1.5;A;"hi, there"\n1.6;0.4;B;yes\n',
        "Tier\tBegin Time - ss.msec\tEnd Time - ss.msec\tAnnotation\nA\t0.0\t1.5\thi, there\nB\t1.6\t2\tyes\n",  # noqa: E501
        'start_ms,end_ms,who,utterance\n0,1500,A,"hi, there"\n1600,2000,B,yes\n',
        'start,end,speaker,text\n0,1500,A,"hi, there"\n1600,2000,B,yes\n',
        'onset,offset,participant,content\n00:00:00.000,00:00:01.500,A,"hi, there"\n0:01.6,0:02,B,yes\n',  # noqa: E501
        "tmin\ttier\ttext\ttmax\n0\tA\thi, there\t1.5\n1.5\tA\t\t1.6\n1.6\tB\tyes\t2\n",
    ],
)  # fmt: skip
def test_columns_are_known_by_name(tmp_path, text):
    name = "t.tsv" if "\t" in text else "t.csv"
    assert told(put(tmp_path, name, text)) == WANTED


def test_columns_and_units_can_be_named(tmp_path):
    path = put(tmp_path, "t.csv", 'a,b,c,d\n0,24000,A,"hi, there"\n25600,32000,B,yes\n')
    columns = {"start": "a", "end": "b", "speaker": "c", "text": "d"}
    assert told(path, columns=columns, unit="ms", rate=1000)[0][2] == 24_000_000 // 1000
    (dialogue,) = formats.read(path, columns=columns, unit="samples", rate=16_000)
    assert [(u.start, u.end) for u in dialogue.utterances] == [(0, 24_000), (25_600, 32_000)]
    with pytest.raises(InputError, match="milliseconds or samples"):
        formats.read(put(tmp_path, "u.csv", "start,end,speaker\n0,24000,A\n0,64000,B\n"))


def test_parquet(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    columns = {"start": [0.0, 1.6], "end": [1.5, 2.0], "speaker": ["A", "B"],
               "text": ["hi, there", "yes"]}  # fmt: skip
    parquet.write_table(pa.table(columns), tmp_path / "t.parquet")
    assert told(tmp_path / "t.parquet") == WANTED


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("start,end,speaker,text\n0,1,A,so\n1,2,B,so, then\n", "bad-row", 3),
        ("start,end,speaker,text\n0,1,A,so\n1,2,B\n", "bad-row", 3),
        ('start,end,speaker,text\n0,1,A,so\n1,2,B,"yes\n2,3,A,then\n', "bad-quotes", 3),
        ('start,end,speaker,text\n0,1,A,"so" yes\n', "bad-quotes", 2),
        ("start,end,speaker,text\n0,x,A,so\n", "bad-time", 2),
        ("start,end,speaker,text\n2,1,A,so\n", "reversed-time", 2),
        ("name,age\nann,3\n", "unknown-format", None),
    ],
)
def test_rows_that_are_none_are_errors_with_their_line(tmp_path, text, reason, line):
    with pytest.raises(InputError) as caught:
        formats.read(put(tmp_path, "t.csv", text))
    assert (caught.value.reason, caught.value.line) == (reason, line)


def test_word_tables_of_switchboard_of_both_sides(tmp_path):
    put(tmp_path, "sw2005A-ms98-a-word.text",
        "sw2005A-ms98-a-0001 0.0 0.9 [silence]\nsw2005A-ms98-a-0001 0.9 1.2 hi\n"
        "sw2005A-ms98-a-0002 1.2 1.5 [laughter-yeah]\nsw2005A-ms98-a-0003 1.5 2 [laughter]\n")  # fmt: skip  # noqa: E501
    put(tmp_path, "sw2005B-ms98-a-word.text", "sw2005B-ms98-a-0001 2.0 2.5 mhm\n")
    (dialogue,) = formats.read(tmp_path, rate=1000)
    assert dialogue.id == "sw2005"
    assert [(u.speaker, u.start, u.end, u.text) for u in dialogue.utterances] == [
        ("A", 900, 1500, "hi yeah"), ("B", 2000, 2500, "mhm"),
    ]  # fmt: skip
    assert [e.type for e in dialogue.events] == ["laugh"]


def test_mrda_packed_and_with_words_without_times(tmp_path):
    line = (
        "0.2,1.9,Bdb001-c3_0000200_0001900,A,0.2+0.4+yeah|XXXX+XXXX+{we}|0.9+1.9+<had>,z,"
        "Bdb001-c3,me011,z,,,,,\n"
    )
    (tmp_path / "Bdb001.dadb.gz").write_bytes(gzip.compress(line.encode()))
    (dialogue,) = formats.read(tmp_path / "Bdb001.dadb.gz", rate=1000)
    (first, second) = dialogue.utterances
    assert (first.text, first.times, second.text) == ("yeah we", "estimated", "had")
    assert [s.id for s in dialogue.speakers] == ["me011"]


def test_coraal(tmp_path):
    text = (
        "Line\tSpkr\tStTime\tContent\tEnTime\n1\tA\t0.1\tso [right] <laugh>\t1.2\n"
        "2\tB\t1.2\t(pause 0.30)\t1.5\n3\tB\t1.5\t/unintelligible/\t2.0\n"
    )
    assert told(put(tmp_path, "c.txt", text)) == [
        ("A", 100, 1200, "so right"),
        ("B", 1500, 2000, ""),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[00:01] Agent: Good morning.\n[00:03] Bob: Hi, I\nhave it\n",
        "00:01 Agent: Good morning.\n00:03 Bob: Hi, I have it\n",
        "Agent [00:00:01]: Good morning.\nBob (00:00:03): Hi, I have it\n",
        "Agent  0:01\nGood morning.\n\nBob  0:03\nHi, I have it\n",
    ],
)
def test_transcripts_with_times(tmp_path, text):
    assert told(put(tmp_path, "call.txt", text)) == [
        ("Agent", 1000, 1600, "Good morning."), ("Bob", 3000, 4200, "Hi, I have it"),
    ]  # fmt: skip


def test_transcripts_with_ends(tmp_path):
    path = put(tmp_path, "call.txt", "[00:01.0 - 00:02.5] Agent: Good morning.\n")
    assert told(path) == [("Agent", 1000, 2500, "Good morning.")]


def test_texts_of_other_kinds_in_a_folder_are_passed_over_and_named(tmp_path):
    put(tmp_path, "README.txt", "Nothing here.\n")
    put(tmp_path, "c.rttm", "SPEAKER c 1 0 1 <NA> <NA> A <NA> <NA>\n")
    report = formats.Report()
    assert len(formats.read(tmp_path, report=report)) == 1
    assert report.counts() == {"note": {"passed-over": 1}}


def test_real_tables_of_mrda(shared_data):
    report = formats.Report()
    found = formats.read(shared_data / "timing" / "mrda", report=report)
    assert len(found) == len(list((shared_data / "timing" / "mrda").glob("*.gz")))
    assert not report.lost


ELAN_WITH_TWO_FORMS = (
    "A\tA\t00:00:00.000\t0\t00:00:01.500\t1500\t00:00:01.500\t1500\thi, there\n"
    "B\tB\t00:00:01.600\t1600\t00:00:02.000\t2000\t00:00:00.400\t400\tyes\n"
)


@pytest.mark.parametrize(
    "text",
    [
        'sep=;\nstart;end;speaker;text\n0,0;1,5;A;"hi, there"\n1,6;2,0;B;yes\n',
        '"sep=,"\nstart,end,speaker,text\n0,1.5,A,"hi, there"\n1.6,2.0,B,yes\n',
        "start\tend\tspk_id\ttranscript_text\n0,0\t1,5\tA\thi, there\n1,6\t2,0\tB\tyes\n",
        'start_us,end_us,speaker,text\n0,1500000,A,"hi, there"\n1600000,2000000,B,yes\n',
        ELAN_WITH_TWO_FORMS,
        "A\t\t0\t1500\t1500\thi, there\nB\t\t1600\t2000\t400\tyes\n",
    ],
)
def test_spellings_of_spreadsheets_and_elan(tmp_path, text):
    name = "t.tsv" if "\t" in text else "t.csv"
    assert told(put(tmp_path, name, text)) == WANTED


def test_minutes_are_minutes(tmp_path):
    path = put(tmp_path, "t.csv", "start_min,end_min,speaker\n0.5,1,A\n")
    assert told(path) == [("A", 30_000, 60_000, "")]


def test_timecodes_with_frames_are_refused_by_a_sentence_about_frames(tmp_path):
    path = put(tmp_path, "t.csv", "Start Time,End Time,Speaker\n00:00:00:12,00:00:01:12,A\n")
    with pytest.raises(InputError, match="counts frames"):
        formats.read(path)


def test_columns_that_may_hold_the_speaker_or_the_text_are_named(tmp_path):
    report = formats.Report()
    path = put(tmp_path, "t.csv", "start,end,sprecher,words said\n0,1,A,so\n")
    formats.read(path, report=report)
    (note,) = report.notes
    assert note.reason == "unused-column"
    assert "'sprecher', 'words said'" in note.message


def test_a_segmentation_by_sound_is_speech_where_someone_speaks(tmp_path):
    text = (
        "labels\tstart\tstop\nnoEnergy\t0\t0.5\nmale\t0.5\t2\nmusic\t2\t3\nfemale\t3\t4\n"
        "noise\t4\t5.5\n"
    )
    path = put(tmp_path, "t.csv", text)
    assert told(path) == [("speaker", 500, 2000, ""), ("speaker", 3000, 4000, "")]


def test_labels_of_audacity_are_recognised_in_the_refusal_and_read_by_it(tmp_path):
    path = put(tmp_path, "t.txt", "0.000000\t1.500000\tA\n1.600000\t2.000000\tB\n")
    with pytest.raises(InputError, match="Audacity") as refused:
        formats.read(path)
    assert "--columns start=1,end=2,speaker=3" in refused.value.remedy
    found = told(path, columns={"start": "1", "end": "2", "speaker": "3"})
    assert found == [("A", 0, 1500, ""), ("B", 1600, 2000, "")]
