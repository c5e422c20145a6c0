"""Files as they are found in the tests of other libraries (bench/read_fixtures.py reads them)."""

from pathlib import Path

import pytest
from timing_files import eaf, grid, put, read, told

from interactspeech import formats
from interactspeech.errors import InputError


def test_boundaries_that_were_rounded_apart_do_not_overlap(tmp_path):
    text = grid(ann=[(0, 1372.6225001, "so"), (1372.6225, 1373.2, "yes")])
    dialogue, report = read(put(tmp_path, "c.TextGrid", text))
    assert sum(end - start for _, start, end, _ in told(dialogue)) == 1_373_200
    assert not report.notes
    with pytest.raises(InputError, match="inside the one before it"):
        formats.read(put(tmp_path, "d.TextGrid", grid(ann=[(0, 1.3, "so"), (1.2, 2, "yes")])))


@pytest.mark.parametrize("words", ["word", "words", '""word""', "'Words'"])
@pytest.mark.parametrize("phrases", ["phrase", "phrases", "sentence", "utterance"])
def test_words_and_phrases_are_layers_of_one_speaker(tmp_path, words, phrases):
    text = grid(
        WORDS=[(0, 1, "so"), (1, 2, "we"), (2, 3, "")], PHRASES=[(0, 2, "so we"), (2, 3, "")]
    )
    text = text.replace("WORDS", words).replace("PHRASES", phrases)
    dialogue, report = read(put(tmp_path, "c.TextGrid", text))
    assert told(dialogue) == [("speaker", 0, 2000, "so we")]
    assert not report.notes


@pytest.mark.parametrize("other", ["tonicVowel", "syllable", "pitch_errors", "Breaks", "mute"])
def test_tiers_of_phonetics_are_nobodys_talk(tmp_path, other):
    text = grid(**{other: [(0, 1, "V"), (1, 3, "x")], "words": [(0, 1, "so"), (1, 3, "we")]})
    dialogue, report = read(put(tmp_path, "c.TextGrid", text))
    assert told(dialogue) == [("speaker", 0, 3000, "so we")]
    assert report.counts() == {"note": {"unused-tier": 1}}


def test_points_beside_talk_are_no_loss(tmp_path):
    points = '"TextTier"\n"tones"\n0\n2\n1\n0.5\n"H*"\n'.replace("tones", "")
    text = grid(ann=[(0, 2, "so")]).replace("<exists>\n1\n", f"<exists>\n2\n{points}")
    dialogue, report = read(put(tmp_path, "c.TextGrid", text))
    assert told(dialogue) == [("ann", 0, 2000, "so")]
    assert report.counts() == {"note": {"unused-tier": 1}}


def test_an_export_of_elan_without_a_header(tmp_path):
    rows = [
        ("Ann (Utterance)", "ann", 0, 1.5, "So we go"), ("Ann (Chunk)", "ann", 0, 0.7, "So"),
        ("Ann (Chunk)", "ann", 0.7, 1.5, "we go"), ("marker", "", 0, 9, "greeting"),
        ("Bob (Utterance)", "bob", 1.6, 2.6, 'He said "yes".'),
    ]  # fmt: skip
    lines = [
        "\t".join(f'"{cell}"' for cell in (tier, who, f"{a:.3f}", f"{b:.3f}", f"{b - a:.3f}",
                                            text.replace('"', '""')))
        for tier, who, a, b, text in rows
    ]  # fmt: skip
    dialogue, report = read(put(tmp_path, "c.tsv", "\n".join(lines) + "\n"))
    assert told(dialogue) == [("ann", 0, 1500, "So we go"), ("bob", 1600, 2600, 'He said "yes".')]
    assert report.counts() == {"note": {"unused-tier": 2}}


#: Files with N where a time stands.
TIMES = {
    "turns.json": '{"id": "x", "turns": [{"role": "a", "start_ms": 0, "end_ms": N, "text": "x"}]}',
    "x.seglst.json": '[{"session_id": "x", "speaker": "A", "start_time": 0, "end_time": N}]',
    "x.cha": "@Participants:\tA Adult\n*A:\thi . \x150_N\x15\n",
    "x.vtt": "WEBVTT\n\n00:00.000 --> N:00:01.000\n<v A>hi\n",
    "x.csv": "start,end,speaker,text\n0,N,A,hi\n",
    "clock.csv": "start,end,speaker\n0:01,N:00:01,A\n",
    "x.rttm": "SPEAKER x 1 N 1.0 <NA> <NA> A <NA> <NA>\n",
    "x.ctm": "x A N 1.0 hi\n",
    "x.eaf": '<ANNOTATION_DOCUMENT><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="0"/>'
    '<TIME_SLOT TIME_SLOT_ID="b" TIME_VALUE="N"/></TIME_ORDER></ANNOTATION_DOCUMENT>',
    "information.json": '{"processed_dialogue": "A: hi", "speakerA_time": [[0, N]]}',
    "meta_info.json": '{"speakers": ["A", "B"], "utterances": [{"speaker": "A", "tts_text": "hi",'
    ' "start_time": 0, "end_time": N}]}',
}


@pytest.mark.parametrize(("name", "text"), TIMES.items(), ids=TIMES)
@pytest.mark.parametrize("digits", [30, 400, 5000])
def test_numbers_beyond_any_time_are_named(
    tmp_path: Path, name: str, text: str, digits: int
) -> None:
    path = put(tmp_path, name, text.replace("N", "9" * digits))
    report = formats.Report()
    formats.read(path, report=report)
    assert report.errors or report.lost
    with pytest.raises(InputError):
        formats.read(path)


@pytest.mark.parametrize(
    "line",
    [
        "SPEAKER c 1 0.0 1.0 <NA> <NA> ann lee <NA> <NA>",
        "SPEAKER my call 1 0.0 1.0 <NA> <NA> ann <NA> <NA>",
    ],
)
def test_a_blank_in_a_name_of_rttm_is_refused_and_never_cut(tmp_path, line):
    with pytest.raises(InputError, match="a blank in a name"):
        formats.read(put(tmp_path, "c.rttm", line + "\n"))


def test_rttm_with_tabs_may_have_blanks_in_names(tmp_path):
    fields = ["SPEAKER", "c", "1", "0.0", "1.0", "<NA>", "<NA>", "ann lee", "0.93", "<NA>"]
    dialogue, _ = read(put(tmp_path, "c.rttm", "\t".join(fields) + "\n"))
    assert told(dialogue) == [("ann lee", 0, 1000, "")]


def test_tiers_of_webmaus_and_sppas_are_layers_of_one_speaker(tmp_path):
    maus = grid(
        **{"ORT-MAU": [(0, 1, "so"), (1, 2, "<p:>")], "KAN-MAU": [(0, 1, "s@U"), (1, 2, "<p:>")],
           "MAU": [(0, 0.5, "s"), (0.5, 1, "@U"), (1, 2, "<p:>")]}
    )  # fmt: skip
    sppas = grid(
        IPUs=[(0, 1, "ipu_1"), (1, 2, "#")], Transcription=[(0, 1, "so"), (1, 2, "#")],
        TokensAlign=[(0, 1, "so"), (1, 2, "#")], PhonAlign=[(0, 1, "s"), (1, 2, "#")],
    )  # fmt: skip
    for text in (maus, sppas):
        dialogue, report = read(put(tmp_path, "c.TextGrid", text))
        assert told(dialogue) == [("speaker", 0, 1000, "so")]
        assert set(report.counts()) == {"note"}


def test_two_tiers_of_one_persons_talk_are_warned_about(tmp_path):
    marks = [(0, 1, "so"), (1, 3, ""), (3, 4, "yes"), (4, 9, "")]
    other = [(0, 1.5, ""), (1.5, 2.5, "hm"), (2.5, 9, "")]
    text = grid(ann=marks, ann_again=[(a, b, t and "x") for a, b, t in marks], bob=other)
    _, report = read(put(tmp_path, "c.TextGrid", text))
    assert report.counts()["warning"] == {"described-twice": 1}
    _, report = read(put(tmp_path, "d.TextGrid", grid(ann=marks, bob=other)))
    assert "warning" not in report.counts()


def test_an_elan_tier_that_nobody_filled_is_no_speaker(tmp_path):
    tiers = [
        ('TIER_ID="ann"', "ALIGNABLE", [("a", "b", "so")]),
        ('TIER_ID="spare"', "ALIGNABLE", []),
    ]
    dialogue, _ = read(put(tmp_path, "c.eaf", eaf(tiers, {"a": 0, "b": 900})))
    assert [speaker.id for speaker in dialogue.speakers] == ["ann"]
    tiers[1] = ('TIER_ID="spare" PARTICIPANT="bob"', "ALIGNABLE", [])
    tiers[0] = ('TIER_ID="ann" PARTICIPANT="ann"', "ALIGNABLE", [("a", "b", "so")])
    dialogue, _ = read(put(tmp_path, "d.eaf", eaf(tiers, {"a": 0, "b": 900})))
    assert [speaker.id for speaker in dialogue.speakers] == ["ann", "bob"]


SRT = (
    "1\n00:00:00,500 --> 00:00:01,500\n{}So we <i>go</i>.\n\n"
    "2\n00:00:01,6 --> 00:00:02,600\n{}Yes.\n"
)


@pytest.mark.parametrize("form", ["{}: ", "[{}]: "])
def test_subrip_with_names(tmp_path, form):
    text = SRT.format(form.format("Ann"), form.format("Bob"))
    dialogue, _ = read(put(tmp_path, "c.srt", text))
    assert told(dialogue) == [("Ann", 500, 1500, "So we go."), ("Bob", 1600, 2600, "Yes.")]


@pytest.mark.parametrize("ending", ["srt", "vtt"])
def test_captions_of_each_side_are_one_conversation(tmp_path, ending):
    for side, at in (("left", 0), ("right", 2)):
        sign = "," if ending == "srt" else "."
        head = "" if ending == "srt" else "WEBVTT\n\n"
        cue = f"00:00:0{at}{sign}000 --> 00:00:0{at + 1}{sign}000\nhello there\n"
        put(tmp_path, f"c_{side}.{ending}", head + cue)
    dialogue, _ = read(tmp_path)
    assert told(dialogue) == [
        ("left", 0, 1000, "hello there"),
        ("right", 2000, 3000, "hello there"),
    ]
    lone = put(tmp_path / "x", f"c.{ending}", (tmp_path / f"c_left.{ending}").read_text())
    with pytest.raises(InputError, match="does not say who speaks"):
        formats.read(lone)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("c.trs", "STM"),
        ("c.exb", "ELAN"),
        ("c.xlsx", "CSV"),
        ("segments", "RTTM"),
        ("c.lab", "table"),
    ],
)
def test_formats_that_are_not_read_are_refused_with_a_way_out(tmp_path, name, remedy):
    with pytest.raises(InputError) as refused:
        formats.read(put(tmp_path, name, "x"))
    assert (refused.value.reason, remedy in refused.value.remedy) == ("unknown-format", True)


def test_alternatives_of_stm_are_one_reading(tmp_path):
    path = put(tmp_path, "c.stm", "c 1 A 0 1 yes {um / uh / @} no\nc 1 A 1 2 {@ / so} go\n")
    dialogue, _ = read(path)
    assert [u.text for u in dialogue.utterances] == ["yes um no", "go"]


@pytest.mark.parametrize("start", ["0:00:01.000", "00:00:01,000", "00:01.0", "1.000"])
def test_times_of_webvtt_as_tools_write_them(tmp_path, start):
    path = put(tmp_path, "c.vtt", f"WEBVTT\n\n{start} --> 00:02.000\n<v Ann>so\n")
    if start == "1.000":
        with pytest.raises(InputError, match="no WebVTT time"):
            formats.read(path)
    else:
        assert told(read(path)[0]) == [("Ann", 1000, 2000, "so")]


def test_times_of_day_are_warned_about_and_never_a_speakers_name(tmp_path):
    rows = "start,end,speaker,text\n14:03:05,14:03:07,A,so\n14:03:08,14:03:09,B,yes\n"
    _, report = read(put(tmp_path, "c.csv", rows))
    assert report.counts()["warning"] == {"late-start": 1}
    _, report = read(put(tmp_path, "d.csv", rows.replace("14:03", "00:03")))
    assert "warning" not in report.counts()
    with pytest.raises(InputError):
        formats.read(put(tmp_path, "c.txt", "9:05 AM Ann: So we go\n9:06 AM Bob: Yes\n"))
