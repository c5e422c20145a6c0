"""Bad input: an error that names file and line or tier, or a repair that is reported."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactspeech import formats
from interactspeech.errors import InputError

LONG = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 3
tiers? <exists>
size = 1
item []:
    item [1]:
        class = "IntervalTier"
        name = "A"
        xmin = 0
        xmax = 3
        intervals: size = 2
        intervals [1]:
            xmin = 0
            xmax = 1
            text = "hello ""there"" you"
        intervals [2]:
            xmin = 1
            xmax = 3
            text = ""
"""
EAF = """<?xml version="1.0"?>
<ANNOTATION_DOCUMENT><HEADER TIME_UNITS="milliseconds"/>
<TIME_ORDER><TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="0"/>
<TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="1500"/></TIME_ORDER>
<TIER TIER_ID="A" LINGUISTIC_TYPE_REF="x"><ANNOTATION>
<ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
<ANNOTATION_VALUE>hello</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
</ANNOTATION_DOCUMENT>
"""
RTTM = "SPEAKER x 1 0.5 1.0 <NA> <NA> A <NA> <NA>\n"
SEG = '[{"session_id": "x", "speaker": "A", "start_time": 0.5, "end_time": 1.5, "words": "hi"}]'
VTT = "WEBVTT\n\n00:00.500 --> 00:01.500\n<v A>hi\n"
CHA = "@Participants:\tCHI Target_Child, MOT Mother\n*CHI:\thi . \x15500_1500\x15\n"
WORDS = (
    '<nite:root xmlns:nite="x"><w nite:id="m.A.words0" starttime="0.5" endtime="1.5">hi</w>'
    "</nite:root>"
)
INFO = '{"processed_dialogue": "A: hi", "speakerA_time": [[0, 5]], "speakerB_time": []}'
GOOD = {
    "x.rttm": RTTM,
    "x.ctm": "x A 0.5 1.0 hi\n",
    "x.stm": "x 1 A 0.5 1.5 hi\n",
    "x.uem": "x 1 0 2\n",
    "x.TextGrid": LONG,
    "x.eaf": EAF,
    "x.seglst.json": SEG,
    "x.vtt": VTT,
    "x.cha": CHA,
    "m.A.words.xml": WORDS,
    "information.json": INFO,
}

BAD = [
    # file, content, reason, line, a piece of the message
    ("x.rttm", RTTM + "SPEAKER x 1 nan 1 <NA> <NA> A <NA> <NA>\n", "bad-time", 2, "not a finite"),
    ("x.rttm", RTTM + "SPEAKER x 1 -1 1 <NA> <NA> A <NA> <NA>\n", "bad-time", 2, "negative"),
    ("x.rttm", RTTM + "SPEAKER x 1 1 -1 <NA> <NA> A <NA> <NA>\n", "bad-time", 2, "negative"),
    ("x.rttm", RTTM + "SPEAKER x 1 1,5 1 <NA> <NA> A <NA> <NA>\n", "bad-time", 2, "comma"),
    ("x.rttm", RTTM + "SPEAKER x 1 1_5 1 <NA> <NA> A <NA> <NA>\n", "bad-time", 2, "not a time"),
    ("x.rttm", RTTM + "SPEAKER x 1 1 1e300 <NA> <NA> A <NA>\n", "bad-time", 2, "beyond"),
    ("x.rttm", RTTM + "SPEAKER x 1 1\n", "bad-line", 2, "not an RTTM line"),
    ("x.rttm", "SPEAKER x NA 1 1 <NA> <NA> <NA> <NA>\n", "unknown-speaker", 1, "neither"),
    ("x.rttm", "\n  \n", "empty-file", None, "is empty"),
    ("x.rttm", "# nothing\n", "empty-file", None, "no SPEAKER line"),
    ("x.ctm", "x A 0 1\n", "bad-line", 1, "not a CTM line"),
    ("x.ctm", "x A 0 inf hi\n", "bad-time", 1, "not a finite"),
    ("x.ctm", "x A * * <ALT_BEGIN>\n", "bad-line", 1, "alternatives"),
    ("x.stm", "x 1 A 2 1 hi\n", "reversed-time", 1, "ends at 1 before"),
    ("x.stm", "x 1 A 2\n", "bad-line", 1, "not an STM line"),
    ("x.uem", "x 1 5 1\n", "reversed-time", 1, "before it starts"),
    ("x.uem", "x 1\n", "bad-line", 1, "not a UEM line"),
    ("x.TextGrid", LONG[:300], "truncated", None, ""),
    ("x.TextGrid", LONG[: LONG.index("hello") + 3], "truncated", 18, "no closing quote"),
    ("x.TextGrid", LONG.replace("xmax = 1\n", "xmax = nan\n"), "bad-time", 17, "tier 'A'"),
    ("x.TextGrid", LONG.replace("xmin = 1\n", "xmin = 0.5\n"), "overlapping-intervals", 21, "tier"),
    ("x.TextGrid", LONG.replace("xmax = 1\n", "xmax = 1,0\n"), "bad-time", 17, "comma"),
    ("x.TextGrid", LONG.replace("IntervalTier", "TextTier"), "bad-line", None, ""),
    ("x.TextGrid", LONG.replace("IntervalTier", "OtherTier"), "wrong-tier", 10, "unknown kind"),
    ("x.TextGrid", LONG.replace('"TextGrid"', '"PitchTier"'), "bad-format", 2, "PitchTier"),
    ("x.TextGrid", "ooBinaryFile\x08TextGrid", "bad-format", None, "binary"),
    ("x.eaf", EAF[:-30], "bad-xml", None, "not well-formed"),
    ("x.eaf", EAF.replace('"ts2">', '"ts9">'), "bad-time", 6, "tier 'A'"),
    ("x.eaf", EAF.replace('"0"/>', '"3000"/>'), "reversed-time", 6, "before it starts"),
    ("x.eaf", EAF.replace('"1500"', '"NaN"'), "bad-time", 4, "no time in milliseconds"),
    ("x.eaf", EAF.replace("milliseconds", "PAL-frames"), "bad-format", 2, "PAL-frames"),
    ("x.eaf", EAF.replace("ALIGNABLE", "REF"), "wrong-tier", None, "no tier with aligned"),
    ("x.eaf", "<a/>", "bad-format", 1, "no ELAN file"),
    ("x.seglst.json", SEG[:-5], "bad-json", 1, "not JSON"),
    ("x.seglst.json", SEG.replace("1.5", "NaN"), "bad-time", None, "segment 0"),
    ("x.seglst.json", SEG.replace("1.5", "0.1"), "reversed-time", None, "segment 0"),
    ("x.seglst.json", SEG.replace('"A"', "null"), "unknown-speaker", None, "segment 0"),
    ("x.seglst.json", "[]", "empty-file", None, "no segment"),
    ("x.seglst.json", '{"a": 1}', "bad-format", None, "no list"),
    ("x.seglst.json", "[" * 100_000, "bad-json", None, ""),
    ("x.vtt", VTT.replace("<v A>", ""), "unknown-speaker", 3, "who speaks"),
    ("x.vtt", VTT.replace("00:01.500", "00:00.100"), "reversed-time", 3, "before it starts"),
    ("x.vtt", VTT.replace("00:01.500", "1.5"), "bad-time", 3, "no WebVTT time"),
    ("x.vtt", VTT[3:], "bad-format", 1, "WEBVTT"),
    ("x.vtt", "WEBVTT\n", "empty-file", None, "no cue"),
    ("x.cha", CHA.replace("*CHI", "*XXX"), "unknown-speaker", 2, "not among"),
    ("x.cha", CHA.replace("500_1500", "1500_500"), "reversed-time", 2, "before it starts"),
    ("x.cha", CHA.replace("\x15500_1500\x15", ""), "empty-file", None, "no utterance with a time"),
    ("m.A.words.xml", WORDS.replace(' endtime="1.5"', ""), "bad-time", 1, "no times"),
    ("m.A.words.xml", WORDS.replace("1.5", "0.1"), "reversed-time", 1, "before it starts"),
    ("m.A.words.xml", WORDS[:-3], "bad-xml", 1, "not well-formed"),
    ("information.json", INFO.replace("[0, 5]", "[5, 0]"), "reversed-time", None, "speakerA_time"),
    ("information.json", INFO.replace("[0, 5]", "[0, 5.5]"), "bad-time", None, "whole samples"),
    ("information.json", INFO.replace("A: hi", "C: hi"), "unknown-speaker", None, "'A:' or 'B:'"),
    ("information.json", INFO.replace("[0, 5]", "[0, 5], [6, 8]"), "bad-format", None, "2 turns"),
    ("x.json", '{"id": "x"}', "unknown-format", None, "neither"),
    ("x.json", '{"id": "x", "rate": 0, "length": 1, "speakers": []}', "bad-record", None, ""),
    ("x.doc", "hello", "unknown-format", None, "'.doc'"),
]  # fmt: skip


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(("name", "content", "reason", "line", "piece"), BAD)
def test_bad_input_is_an_error_with_its_place(tmp_path, name, content, reason, line, piece):
    path = put(tmp_path, name, content)
    with pytest.raises(InputError) as caught:
        formats.read(path)
    error = caught.value
    assert error.reason == reason, str(error)
    assert piece in str(error)
    assert name in str(error)
    if line is not None:
        assert error.line == line, str(error)


@pytest.mark.parametrize(("name", "content"), GOOD.items())
def test_the_good_file_beside_a_bad_one_is_still_read(tmp_path, name, content):
    good = put(tmp_path, name, content)
    bad = put(tmp_path, "zz.rttm", "SPEAKER zz 1 nan 1 <NA> <NA> A\n")
    report = formats.Report()
    (dialogue,) = formats.read([good, bad], report=report)
    assert dialogue.length > 0
    assert [error.path for error in report.errors] == [bad]
    assert report.lost
    assert report.counts() == {"failed": {"bad-time": 1}}


@pytest.mark.parametrize(("name", "content"), GOOD.items())
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_damage_is_never_a_traceback(tmp_path_factory, name, content, data):
    raw = bytearray(content.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(raw) - 1))
        if data.draw(st.booleans()):
            raw[place] = data.draw(st.integers(0, 255))
        else:
            del raw[place : place + data.draw(st.integers(1, 40))]
        if not raw:
            raw = bytearray(b" ")
    path = put(tmp_path_factory.mktemp("damage"), name, bytes(raw))
    report = formats.Report()
    for dialogue in formats.read(path, report=report):
        assert dialogue.length >= 0


def test_skipping_bad_lines_is_asked_for_and_reported(tmp_path):
    path = put(
        tmp_path, "x.rttm", RTTM + "SPEAKER x 1 nan 1 <NA> <NA> A\n" + RTTM.replace("0.5", "4")
    )
    report = formats.Report()
    (dialogue,) = formats.read(path, report=report, skip_bad=True)
    assert len(dialogue.utterances) == 2
    assert report.counts() == {"loss": {"bad-time": 1}}
    assert (report.notes[0].path, report.notes[0].line) == (path, 2)


def test_overlapping_segments_of_one_speaker_are_joined_and_reported(tmp_path):
    path = put(tmp_path, "x.rttm", RTTM + "SPEAKER x 1 1.0 2.0 <NA> <NA> A\n")
    report = formats.Report()
    (dialogue,) = formats.read(path, rate=1000, report=report)
    assert [(u.start, u.end) for u in dialogue.utterances] == [(500, 3000)]
    (note,) = report.notes
    assert (note.severity, note.reason, note.line) == ("repair", "same-speaker-overlap", 2)


def test_segments_and_words_without_length_are_reported(tmp_path):
    path = put(tmp_path, "x.rttm", RTTM + "SPEAKER x 1 1.9 0.0 <NA> <NA> A\n")
    ctm = put(tmp_path, "y.ctm", "y A 0 1 so\ny A 1 0 um\ny A 0.5 2 yes\n")
    report = formats.Report()
    _, words = formats.read([path, ctm], rate=10, report=report)
    assert [(w.text, w.start, w.end) for w in words.utterances[0].words] == [
        ("so", 0, 10), ("um", 10, 16), ("yes", 16, 25),
    ]  # fmt: skip
    assert words.utterances[0].times == "estimated"
    assert report.counts()["repair"] == {
        "overlapping-words": 1, "zero-length": 1, "zero-length-word": 1,
    }  # fmt: skip


def test_a_dialogue_that_lacks_a_file_is_left_out(tmp_path):
    put(tmp_path, "call_agent.TextGrid", LONG)
    put(tmp_path, "call_customer.TextGrid", LONG[:300])
    put(tmp_path, "other.TextGrid", LONG)
    report = formats.Report()
    (dialogue,) = formats.read(tmp_path, report=report)
    assert dialogue.id == "other"
    assert report.counts() == {"failed": {"incomplete-conversation": 1, "truncated": 1}}


def test_entities_are_refused(tmp_path):
    laughs = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10 if i else "ha"}">' for i in range(9))
    bomb = EAF.replace("<ANN", f"<!DOCTYPE x [{laughs}]>\n<ANN", 1).replace("hello", "&a8;")
    outside = EAF.replace(
        "<ANN", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>\n<ANN', 1
    ).replace("hello", "&e;")
    dtd = EAF.replace("<ANN", '<!DOCTYPE x SYSTEM "http://localhost/x.dtd">\n<ANN', 1)
    deep = "<a>" * 10_000
    for content, reason in ((bomb, "unsafe-xml"), (outside, "unsafe-xml"), (deep, "unsafe-xml")):
        with pytest.raises(InputError) as caught:
            formats.read(put(tmp_path, "x.eaf", content))
        assert caught.value.reason == reason
    # A document type alone is harmless: nothing is fetched.
    assert formats.read(put(tmp_path, "x.eaf", dtd))[0].utterances[0].text == "hello"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_encodings(tmp_path, encoding):
    text = LONG.replace("hello", "h\u00e9llo \u4f60\u597d")
    report = formats.Report()
    (dialogue,) = formats.read(put(tmp_path, "x.TextGrid", text.encode(encoding)), report=report)
    assert dialogue.utterances[0].text == 'h\u00e9llo \u4f60\u597d "there" you'
    expected = {"repair": {"no-byte-order-mark": 1}} if encoding[6:] in {"-le", "-be"} else {}
    assert report.counts() == (expected if encoding.startswith("utf-16") else {})


def test_lines_in_mixed_encodings_are_repaired_and_reported(tmp_path):
    mixed = "x 1 A 0 1 caf\u00e9\n".encode() + "x 1 A 2 3 caf\u00e9\n".encode("cp1252")
    report = formats.Report()
    (dialogue,) = formats.read(put(tmp_path, "x.stm", mixed), report=report)
    assert [u.text for u in dialogue.utterances] == ["caf\u00e9", "caf\u00e9"]
    assert [(n.reason, n.line) for n in report.notes] == [("legacy-encoding", 2)]


def test_a_file_that_belies_its_mark_is_an_error(tmp_path):
    with pytest.raises(InputError, match="not utf-16-le, as its mark says"):
        formats.read(put(tmp_path, "x.rttm", b"\xff\xfeS\x00P\x00E\x00\x00"))


def test_missing_files_formats_and_patterns_are_errors(tmp_path):
    path = put(tmp_path, "x.rttm", RTTM)
    for call, piece in (
        (lambda: formats.read(tmp_path / "absent.rttm"), "does not exist"),
        (lambda: formats.read(path, "wav"), "no format is called 'wav'"),
        (lambda: formats.read(path, group_by="(x"), "the pattern"),
        (lambda: formats.read(path, group_by="x"), "no group named 'conversation'"),
        (lambda: formats.write(formats.read(path)[0], tmp_path / "x.cha"), "cannot be written"),
        (lambda: formats.write(formats.read(path)[0], tmp_path / "x.wav"), "is a recording"),
        (lambda: formats.write(formats.read(path)[0], tmp_path / "x.ctm"), "no words with times"),
    ):
        with pytest.raises(InputError, match=piece):
            call()
    with pytest.raises(ValueError, match="ticks a second"):
        formats.read(path, rate=0)


def test_too_many_speakers_for_the_original_layout(tmp_path):
    three = "".join(RTTM.replace(" A ", f" {s} ") for s in "ABC")
    (dialogue,) = formats.read(put(tmp_path, "x.rttm", three))
    with pytest.raises(InputError, match="3 speakers"):
        formats.write(dialogue, tmp_path / "information.json")
    assert not (tmp_path / "information.json").exists()


def test_word_times_that_do_not_match_are_an_error(tmp_path):
    segment = json.loads(SEG)[0] | {"word_times": [[0.5, 1.0], [1.0, 1.5]]}
    with pytest.raises(InputError, match="word_times does not match"):
        formats.read(put(tmp_path, "x.seglst.json", json.dumps([segment])))
