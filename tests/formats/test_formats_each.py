"""What each format means, held by hand-written files and by independent readers."""

import json
from pathlib import Path

import pytest

from interactspeech import formats
from interactspeech.errors import InputError
from interactspeech.formats.nxt import read_acts
from interactspeech.records import Dialogue, Event, Provenance, Span, Speaker, Utterance, Word

#: Two speakers, silences inside an utterance, a fragment, events that overlap and one of no length.
RICH = Dialogue(
    "call-1", 16_000, 200_001,
    (Speaker("A"), Speaker("B")),
    (
        Utterance(
            "u0", "A", 11, 90_000, (Span(11, 40_001), Span(50_003, 90_000)),
            (Word("so", 11, 20_000), Word("we", 20_000, 40_001), Word("wen", 50_003, 60_000, True),
             Word('"there"', 60_500, 90_000)),
            times="human",
        ),
        Utterance("u1", "B", 41_000, 45_000, (Span(41_000, 45_000),),
                  (Word("mm-hm", 41_000, 45_000),), times="human"),
        Utterance("u2", "B", 90_000, 120_000, (Span(90_000, 120_000),)),
    ),
    (
        Event("turn", "A", 11, 90_000, partner="B", rules="r-1", attributes={"onset": "first"}),
        Event("pause", "A", 40_001, 50_003, rules="r-1", attributes={"fill": "silent"}),
        Event("backchannel", "B", 41_000, 45_000, partner="A", origin="model", probability=0.75,
              attributes={"kind": "continuer", "in_overlap": False, "note": 'a "b" = c'}),
        Event("gap", "B", 90_000, 90_000, partner="A", rules="r-1"),
        Event("interruption", "B", 80_000, 95_000, partner="A", origin="human"),
        Event("interruption", "B", 85_000, 99_000, partner="A", origin="human"),
    ),
    {"r-1": {}},
    provenance=Provenance(id="call-1"),
)  # fmt: skip


def put(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def spoken(dialogue: Dialogue) -> list[tuple[str, int, int, str]]:
    return [(u.speaker, u.start, u.end, u.written or u.text) for u in dialogue.utterances]


@pytest.mark.parametrize("name", ["call-1.TextGrid", "call-1.eaf"])
def test_tiers_hold_speech_words_and_events(tmp_path, name):
    formats.write(RICH, tmp_path / name)
    (back,) = formats.read(tmp_path / name, rate=RICH.rate)
    assert back.utterances == RICH.utterances
    assert sorted(map(repr, back.events)) == sorted(map(repr, RICH.events))
    assert back.length == RICH.length
    assert [s.id for s in back.speakers] == ["A", "B"]


def test_the_record_loses_nothing(tmp_path):
    formats.write(RICH, tmp_path / "x.json")
    assert formats.read(tmp_path / "x.json") == [RICH]


def test_seglst_keeps_utterances_and_words(tmp_path):
    formats.write(RICH, tmp_path / "x.seglst.json")
    segments = json.loads((tmp_path / "x.seglst.json").read_text())
    assert segments[0] | {"utterance": ""} == {
        "session_id": "call-1", "speaker": "A", "start_time": 0.000687, "end_time": 2.500062,
        "words": "so we", "word_times": [[0.000687, 1.25], [1.25, 2.500062]], "utterance": "",
    }  # fmt: skip
    (back,) = formats.read(tmp_path / "x.seglst.json", rate=RICH.rate)
    assert back.utterances == RICH.utterances


def test_lines_of_rttm_ctm_stm_uem_and_cues(tmp_path):
    for ending in ("rttm", "ctm", "stm", "uem", "vtt"):
        formats.write(RICH, tmp_path / f"x.{ending}")
    lines = {
        ending: (tmp_path / f"x.{ending}").read_text().splitlines()
        for ending in ("rttm", "ctm", "stm", "uem", "vtt")
    }
    assert lines["rttm"][1] == "SPEAKER call-1 1 2.562500 0.250000 <NA> <NA> B <NA> <NA>"
    assert len(lines["rttm"]) == 4
    assert lines["ctm"][2] == "call-1 A 3.125188 0.624812 wen-"
    assert lines["stm"][0] == "call-1 1 A 0.000687 2.500062 so we"
    assert lines["stm"][3] == "call-1 1 B 5.625000 7.500000 <speech>"
    assert lines["uem"] == ["call-1 1 0.000000 12.500063"]
    assert lines["vtt"][2:4] == ["00:00:00.001 --> 00:00:02.500", "<v A>so we"]
    for ending in ("rttm", "ctm", "stm"):
        (back,) = formats.read(tmp_path / f"x.{ending}", rate=RICH.rate)
        assert {u.start for u in back.utterances} >= {11, 41_000}


def test_short_textgrids_are_the_same(tmp_path):
    from interactspeech.formats import Report, textgrid

    long = textgrid.serialise(RICH, Report())
    short = textgrid.serialise(RICH, Report(), short=True)
    assert len(short) < 0.5 * len(long)
    for text in (long, short):
        for encoding in ("utf-8", "utf-16"):
            (tmp_path / "call-1.TextGrid").write_bytes(text.encode(encoding))
            (back,) = formats.read(tmp_path / "call-1.TextGrid", rate=RICH.rate)
            assert back.utterances == RICH.utterances


@pytest.mark.parametrize("short", [False, True])
def test_praatio_reads_our_textgrids(tmp_path, short):
    from praatio import textgrid as praatio

    from interactspeech.formats import Report, textgrid

    path = put(tmp_path, "x.TextGrid", textgrid.serialise(RICH, Report(), short=short))
    grid = praatio.openTextgrid(str(path), includeEmptyIntervals=False, reportingMode="error")
    assert [tuple(e) for e in grid.getTier("A - words").entries][2:] == [
        (3.125188, 3.75, "wen-"),
        (3.78125, 5.625, '"there"'),
    ]
    assert grid.maxTimestamp == 12.500063
    assert "B - interruption 2" in grid.tierNames


def test_we_read_praatios_textgrids(tmp_path):
    from praatio import textgrid as praatio

    for form in ("long_textgrid", "short_textgrid"):
        grid = praatio.Textgrid(0, 5)
        grid.addTier(praatio.IntervalTier("Ann", [(0.5, 1.25, 'say "hi"')], 0, 5))
        grid.addTier(praatio.IntervalTier("Bob", [(2, 3, "yes\nwell")], 0, 5))
        grid.save(str(tmp_path / "x.TextGrid"), form, includeBlankSpaces=True)
        (back,) = formats.read(tmp_path / "x.TextGrid", rate=100)
        assert spoken(back) == [("Ann", 50, 125, 'say "hi"'), ("Bob", 200, 300, "yes well")]
        assert back.length == 500


def test_pympi_reads_our_elan_files_and_we_read_pympis(tmp_path):
    pympi = pytest.importorskip("pympi")
    formats.write(RICH, tmp_path / "x.eaf")
    eaf = pympi.Elan.Eaf(str(tmp_path / "x.eaf"))
    found = sorted(eaf.get_annotation_data_for_tier("A - words"))
    assert [row[:3] for row in found][:2] == [(1, 1250, "so"), (1250, 2500, "we")]
    assert eaf.tiers["A - words"][2]["PARENT_REF"] == "A"
    theirs = pympi.Elan.Eaf()
    theirs.add_linguistic_type("speech")
    theirs.add_tier("K-Spch", "speech", part="K")
    theirs.add_annotation("K-Spch", 100, 2500, "guten Tag")
    theirs.to_file(str(tmp_path / "y.eaf"))
    (back,) = formats.read(tmp_path / "y.eaf", rate=1000)
    assert spoken(back) == [("K", 100, 2500, "guten Tag")]


def test_elan_files_that_elan_has_saved_count_in_milliseconds(tmp_path):
    formats.write(RICH, tmp_path / "x.eaf")
    text = (tmp_path / "x.eaf").read_text()
    (tmp_path / "x.eaf").write_text(text.replace('"s11-', '"ts11-'))  # a new name for the slot
    (back,) = formats.read(tmp_path / "x.eaf", rate=RICH.rate)
    assert back.utterances[0].start == 16  # 1 ms at 16 kHz; the exact tick was 11


def test_elan_tiers_of_other_kinds(tmp_path):
    formats.write(RICH, tmp_path / "x.eaf")
    text = (tmp_path / "x.eaf").read_text()
    more = (
        '<TIER TIER_ID="A-gloss" PARENT_REF="A" LINGUISTIC_TYPE_REF="g"/>'
        '<TIER TIER_ID="A-gesture" PARTICIPANT="A" LINGUISTIC_TYPE_REF="utterance"/>'
    )
    (tmp_path / "x.eaf").write_text(text.replace("    <LINGUISTIC", f"{more}    <LINGUISTIC", 1))
    report = formats.Report()
    (back,) = formats.read(tmp_path / "x.eaf", rate=RICH.rate, report=report)
    assert back.utterances == RICH.utterances
    assert report.counts() == {"note": {"unused-tier": 2}}


def test_rttm_with_nine_fields_and_other_lines(tmp_path):
    path = put(
        tmp_path, "x.rttm",
        "SPKR-INFO call 1 <NA> <NA> <NA> unknown A <NA>\n"
        "SPEAKER call 1 0.10 0.20 <NA> <NA> A <NA>\n"
        "SPEAKER other 1 0.1 0.2 <NA> <NA> A <NA> <NA>\n;; a comment\n",
    )  # fmt: skip
    report = formats.Report()
    first, second = formats.read(path, rate=100, report=report)
    assert (first.id, second.id) == ("call", "other")
    assert spoken(first) == [("A", 10, 30, "")]
    assert report.counts() == {"note": {"rttm-other-type": 1}}


def test_touching_segments_share_their_tick(tmp_path):
    path = put(
        tmp_path, "x.rttm",
        "SPEAKER x 1 0.33335 0.33335 <NA> <NA> A\nSPEAKER x 1 0.6667 0.5 <NA> <NA> B\n",
    )  # fmt: skip
    (back,) = formats.read(path, rate=1000)
    assert back.utterances[0].end == back.utterances[1].start == 667


def test_stm_labels_and_unscored_stretches(tmp_path):
    path = put(
        tmp_path, "x.stm",
        ';; CATEGORY "0"\nx 1 A 0 1 <o,f0> hello there\n'
        "x 1 inter_segment_gap 1 2 <o,,unknown>\nx 1 B 2 3 IGNORE_TIME_SEGMENT_IN_SCORING\n"
        "x 1 B 3 4\n",
    )  # fmt: skip
    (back,) = formats.read(path, rate=10)
    assert spoken(back) == [("A", 0, 10, "hello there"), ("B", 30, 40, "")]


def test_ctm_channels_are_speakers_and_words_make_utterances(tmp_path):
    path = put(
        tmp_path, "x.ctm",
        "x A 0.0 0.2 so\nx A 0.2 0.2 we- 0.9\nx A 0.599 0.1 go\nx A 0.899 0.1 on\n"
        "x B 0.5 0.1 mm 0.9 lex Bob\n",
    )  # fmt: skip
    (back,) = formats.read(path, rate=1000)
    assert spoken(back) == [
        ("A", 0, 699, "so we go"), ("Bob", 500, 600, "mm"), ("A", 899, 999, "on"),
    ]  # fmt: skip
    assert back.utterances[0].speech == (Span(0, 400), Span(599, 699))
    assert back.utterances[0].words[1].fragment
    assert back.utterances[0].times == "recognised"


def test_rttm_and_ctm_of_one_call_are_one_dialogue(tmp_path):
    put(tmp_path, "a/x.rttm", "SPEAKER x 1 0 1 <NA> <NA> A\nSPEAKER x 1 2 1 <NA> <NA> A\n")
    put(tmp_path, "b/x.ctm", "x A 0.1 0.3 so\nx A 2.9 0.3 yes\nx A 5 1 late\n")
    report = formats.Report()
    (back,) = formats.read(tmp_path, rate=10, report=report)
    assert spoken(back) == [("A", 0, 10, "so"), ("A", 20, 30, "yes"), ("A", 50, 60, "late")]
    assert back.utterances[1].words == (Word("yes", 29, 30),)
    assert report.counts() == {
        "note": {"words-outside-segments": 1},
        "repair": {"word-across-segment": 1},
    }


def test_uem_cuts(tmp_path):
    put(tmp_path, "x.rttm", "SPEAKER x 1 0 3 <NA> <NA> A\nSPEAKER x 1 5 1 <NA> <NA> B\n")
    put(tmp_path, "x.uem", "x 1 2 4\nx 1 5.5 7\nabsent 1 0 1\n")
    report = formats.Report()
    first, second = formats.read(tmp_path, rate=10, report=report)
    assert (first.id, first.length, spoken(first)) == ("x-0", 20, [("A", 0, 10, "")])
    assert (second.id, second.length, spoken(second)) == ("x-1", 15, [("B", 0, 5, "")])
    assert report.counts() == {"note": {"uem-only": 1}}
    assert [d.length for d in formats.read(tmp_path / "x.uem", rate=10)] == [40 - 20, 15, 10]


def test_a_cut_marks_words_it_goes_through():
    from interactspeech.formats.clipping import cut

    part = cut(RICH, 30_000, 85_000)
    first = part.utterances[0]
    assert (first.start, first.end) == (0, 55_000)
    assert first.words[0] == Word("we", 0, 10_001, True)
    assert first.words[-1] == Word('"there"', 30_500, 55_000, True)
    assert {e.type for e in part.events} == {"turn", "pause", "backchannel", "interruption"}


def test_webvtt_voices_names_and_escapes(tmp_path):
    path = put(
        tmp_path, "x.vtt",
        "WEBVTT - a call\n\nNOTE 00:00.000 --> 00:01.000 is no cue\n\nintro\n"
        "00:00.500 --> 01:00:01.000 align:start\n<v.loud Ann Lee>a &lt;b&gt; <i>c</i></v>\n\n"
        "00:02.000 --> 00:03.000\nBob: yes\nwell\n\n"
        "00:04.000 --> 00:05.000\n<v Ann Lee>one<v Bob>two\n",
    )  # fmt: skip
    (back,) = formats.read(path, rate=1000)
    assert ("Bob", 2000, 3000, "yes well") in spoken(back)
    assert ("Bob", 4000, 5000, "two") in spoken(back)
    ann = next(u for u in back.utterances if u.speaker == "Ann Lee")
    assert (ann.start, ann.end, ann.written or ann.text) == (500, 3_601_000, "a <b> c one")


CHAT = (
    "@UTF8\n@Begin\n@Languages:\teng\n@Participants:\tCHI Ross Target_Child, MOT Mother\n"
    "*MOT:\tso &-um what (i)s <that that> [/] thing@c ?\n\t\x15100_900\x15\n"
    "%wor:\tso \x15100_200\x15 &-um \x15200_300\x15 what \x15300_900\x15 ?\n"
    "*CHI:\ta &+d dog &=laughs +/. \x151000_1500\x15\n*CHI:\txxx .\n@End\n"
)


def test_chat(tmp_path):
    report = formats.Report()
    (back,) = formats.read(put(tmp_path, "x.cha", CHAT), rate=1000, report=report)
    assert [(s.id, s.name) for s in back.speakers] == [
        ("CHI", "Ross Target_Child"), ("MOT", "Mother"),
    ]  # fmt: skip
    mother, child = back.utterances
    assert [(w.text, w.start, w.end) for w in mother.words] == [
        ("so", 100, 200), ("um", 200, 300), ("what", 300, 900),
    ]  # fmt: skip
    assert mother.written == "so um what is that that thing"
    assert child.text == "a d dog"
    assert report.counts() == {"loss": {"untimed-utterance": 1}}


NXT = """<?xml version="1.0" encoding="ISO-8859-1"?>
<nite:root nite:id="x" xmlns:nite="http://nite.sourceforge.net/">"""


def nxt(folder):
    words = (
        f'{NXT}<w nite:id="m1.A.words0" starttime="1" endtime="2">So</w>'
        '<w nite:id="m1.A.words1" starttime="2" endtime="2" punc="true">,</w>'
        '<w nite:id="m1.A.words2" starttime="2.5" endtime="3" trunc="true">we</w>'
        '<vocalsound nite:id="m1.A.words3" starttime="3" endtime="4" type="laugh"/>'
        '<w nite:id="m1.A.words4" starttime="9" endtime="9.5">Yeah</w></nite:root>'
    )
    segments = (
        f'{NXT}<segment nite:id="s1" transcriber_start="0.5" transcriber_end="4.5"><nite:child '
        'href="m1.A.words.xml#id(m1.A.words0)..id(m1.A.words3)"/></segment>'
        '<segment nite:id="s2" transcriber_start="8" transcriber_end="10"><nite:child '
        'href="m1.A.words.xml#id(m1.A.words4)"/></segment></nite:root>'
    )
    acts = (
        f'{NXT}<dact nite:id="d1"><nite:pointer role="da-aspect" href="da-types.xml#id(ami_da_1)"/>'
        '<nite:child href="m1.A.words.xml#id(m1.A.words4)"/></dact></nite:root>'
    )
    return [
        put(folder, "words/m1.A.words.xml", words),
        put(folder, "segments/m1.A.segments.xml", segments),
        put(folder, "dialogueActs/m1.A.dialog-act.xml", acts),
    ]


def test_nxt_layers_are_one_dialogue(tmp_path):
    paths = nxt(tmp_path)
    (back,) = formats.read(paths, rate=10)
    assert back.id == "m1"
    first, second = back.utterances
    assert (first.start, first.end) == (10, 30)  # the words', not the transcriber's
    assert first.speech == (Span(10, 20), Span(25, 30))
    assert first.words == (Word("So,", 10, 20), Word("we", 25, 30, True))
    assert (second.start, second.end, second.text) == (90, 95, "Yeah")
    assert [(e.type, e.origin, e.start, e.end) for e in back.events] == [
        ("laugh", "human", 30, 40), ("backchannel", "human", 90, 95),
    ]  # fmt: skip
    (act,) = read_acts(paths, rate=10)
    assert (act.name, act.start, act.end, act.words) == ("bck", 90, 95, ("Yeah",))
    (alone,) = formats.read(paths[1], rate=10)
    assert [(u.start, u.end) for u in alone.utterances] == [(5, 45), (80, 100)]


def test_nxt_transcriber_times_matter_only_without_words(tmp_path):
    words, segments, _ = nxt(tmp_path)
    segments.write_text(segments.read_text().replace('transcriber_end="10"', 'transcriber_end="1"'))
    assert formats.read([words, segments])[0].utterances[1].text == "Yeah"
    with pytest.raises(InputError, match="before it starts"):
        formats.read(segments)


def test_nxt_references_that_lead_nowhere(tmp_path):
    words, segments, acts = nxt(tmp_path)
    with pytest.raises(InputError, match="words file is not given"):
        formats.read(acts)
    segments.write_text(segments.read_text().replace("words4", "words9"))
    with pytest.raises(InputError, match=r"m1\.A\.words9"):
        formats.read([words, segments])


def test_the_original_release(shared_data, tmp_path):
    folder = shared_data / "benchmarks" / "interactspeech_demo"
    found = {d.id.rsplit("--", 1)[-1]: d for d in formats.read(folder)}
    demo = found["1004451"]
    assert (demo.rate, demo.length) == (22_050, 661_728)
    assert {t.audio for t in demo.tracks} == {"dialogue_speakera.wav", "dialogue_speakerb.wav"}
    cut = demo.utterances[1]
    assert (cut.speaker, cut.start, cut.end) == ("B", 40_448, 122_368)
    assert cut.text.endswith("walk around like we")
    assert cut.unsaid[:3] == ("we", "own", "the")
    # The cut turn and the interruption overlap by exactly 10,000 samples (the original's constant).
    assert cut.end - demo.utterances[2].start == 10_000
    source = json.loads(
        (folder / "SODA_PROCESSED--train--1004451" / "information.json").read_text()
    )
    formats.write(demo, tmp_path / demo.id / "information.json")
    written = json.loads((tmp_path / demo.id / "information.json").read_text())
    for key in ("speakerA_time", "speakerB_time", "processed_dialogue", "dialog_index"):
        assert written[key] == source[key]


def test_files_of_one_conversation_by_name(tmp_path):
    nine = "SPEAKER {0} 1 {1} 1 <NA> <NA> {2}\n"
    for side, start in (("left", 0), ("right", 2)):
        formats.write(
            formats.read(put(tmp_path, "t.rttm", nine.format("t", start, "talk")), rate=10)[0],
            tmp_path / f"calls/call7_{side}.TextGrid",
        )
    (back,) = formats.read(tmp_path / "calls", rate=10)
    assert (back.id, [s.id for s in back.speakers]) == ("call7", ["left", "right"])
    # The user's own pattern comes first.
    both = formats.read(tmp_path / "calls", rate=10, group_by="(?P<conversation>left|right)")
    assert [d.id for d in both] == ["left", "right"]


def test_equal_names_in_different_folders_are_different_conversations(tmp_path):
    for folder in ("north", "south"):
        put(tmp_path, f"{folder}/call.rttm", "SPEAKER call 1 0 1 <NA> <NA> A\n")
    report = formats.Report()
    found = formats.read(tmp_path, report=report)
    assert sorted(d.id for d in found) == ["north.call", "south.call"]
    assert report.counts() == {"note": {"split-by-folder": 1}}


def test_two_files_for_the_same_thing_are_an_error(tmp_path):
    put(tmp_path, "a.rttm", "SPEAKER call 1 0 1 <NA> <NA> A\n")
    put(tmp_path, "b.rttm", "SPEAKER call 1 5 1 <NA> <NA> A\n")
    report = formats.Report()
    assert formats.read(tmp_path, report=report) == []
    assert report.counts()["failed"] == {"clashing-files": 1}


def test_words_without_times_are_a_guess_that_says_so(tmp_path):
    (back,) = formats.read(
        put(tmp_path, "x.stm", "x 1 A 0 1 oh <UNIN/> I [laugh] see .\n"), rate=100
    )
    (utterance,) = back.utterances
    assert utterance.times == "estimated"
    assert [w.text for w in utterance.words] == ["oh", "I", "see"]
    assert (utterance.words[0].start, utterance.words[-1].end) == (0, 100)
    assert utterance.written == "oh <UNIN/> I [laugh] see ."
    formats.write(back, tmp_path / "y.TextGrid")
    assert "words" not in (tmp_path / "y.TextGrid").read_text()  # no guess is written as a fact
