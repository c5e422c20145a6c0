"""Files that are odd but valid, as common tools write them, and what they say."""

import pytest
from timing_files import eaf, grid, put, read, told

from interactspeech import formats
from interactspeech.errors import InputError, UsageError

# Who and when.

NAMES = ("NA", "<NA>", "null", "unknown", "N/A")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("c.rttm", "SPEAKER c {0} {1} 1 <NA> <NA> {2} <NA> <NA>\n"),
        ("c.ctm", "c {0} {1} 1 hi 0.9 lex {2}\n"),
        ("c.stm", "c {0} {2} {1} {3} hi\n"),
        ("c.csv", "{0},{1},{3},{2}\n"),
    ],
)
def test_unknown_speakers_are_their_channels(tmp_path, file, line, name):
    text = "channel,start,end,speaker\n" if file.endswith("csv") else ""
    text += "".join(line.format(c, s, name, s + 1) for c, s in (("A", 0), ("B", 0.5), ("A", 3)))
    dialogue, _ = read(put(tmp_path, file, text))
    assert [t[:3] for t in told(dialogue)] == [
        ("A", 0, 1000), ("B", 500, 1500), ("A", 3000, 4000),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["rttm", "stm", "ctm", "seglst", "textgrid", "elan", "webvtt"])
@pytest.mark.parametrize("name", ["NA", "unknown", "null"])
def test_a_person_called_na_comes_back(tmp_path, kind, name):
    (made,) = formats.read(put(tmp_path, "c.ctm", f"c {name} 0 1 hi\nc B 2 1 yes\n"))
    assert {s.id for s in made.speakers} == {name, "B"}
    ending = formats.FORMATS[kind].endings[0]
    formats.write(made, tmp_path / f"back{ending}", kind)
    (back,) = formats.read(tmp_path / f"back{ending}", kind)
    assert {s.id for s in back.speakers} == {name, "B"}


def test_one_label_on_two_channels_is_two_speakers(tmp_path):
    line = "SPEAKER c {0} {1} 1 <NA> <NA> spk0 <NA> <NA>\n"
    dialogue, report = read(put(tmp_path, "c.rttm", line.format(1, 0) + line.format(2, 0.5)))
    assert [t[0] for t in told(dialogue)] == ["spk0-1", "spk0-2"]
    assert "label-on-two-channels" in report.counts()["note"]


TALK = {"t1": 0, "t2": 1500, "t3": 1600, "t4": 2600, "t5": 0, "t6": 9000}
ANN = ('TIER_ID="ann" PARTICIPANT="ann"', "ALIGNABLE", [("t1", "t2", "so")])
BOB = ('TIER_ID="bob" PARTICIPANT="bob"', "ALIGNABLE", [("t3", "t4", "yes")])


@pytest.mark.parametrize(
    "other", ['TIER_ID="part one"', 'TIER_ID="gaze" PARTICIPANT="bob"', 'TIER_ID="ann gestures"']
)
def test_elan_tiers_that_hold_no_talk_are_not_used_and_named(tmp_path, other):
    text = eaf([(other, "ALIGNABLE", [("t5", "t6", "greeting")]), ANN, BOB], TALK)
    dialogue, report = read(put(tmp_path, "c.eaf", text))
    assert told(dialogue) == [("ann", 0, 1500, "so"), ("bob", 1600, 2600, "yes")]
    assert [n.reason for n in report.notes] == ["unused-tier"]


def test_tiers_and_speakers_can_be_chosen(tmp_path):
    typed = [(f'{attributes} LINGUISTIC_TYPE_REF="utt"', kind, marks)
             for attributes, kind, marks in (ANN, BOB)]  # fmt: skip
    gaze = ('TIER_ID="gaze" LINGUISTIC_TYPE_REF="codes"', "ALIGNABLE", [("t5", "t6", "at bob")])
    path = put(tmp_path, "c.eaf", eaf([*typed, gaze], TALK))
    for options, speakers in (
        ({"tiers": ["ann"]}, ["ann"]), ({"tiers": ["!ann", "!gaze"]}, ["bob"]),
        ({"tiers": ["/^b/"]}, ["bob"]), ({"tiers": ["gaze"]}, ["gaze"]),
        ({"tiers": ["participant=a*"]}, ["ann"]), ({"tiers": ["type=utt"]}, ["ann", "bob"]),
        ({"speakers": ["b*"]}, ["bob"]),
    ):  # fmt: skip
        dialogue, _ = read(path, **options)
        assert [s.id for s in dialogue.speakers] == speakers, options
    with pytest.raises(UsageError, match="there are 'ann', 'bob', 'gaze'"):
        formats.read(path, tiers=["nobody"])


def test_labelled_silence_that_is_not_known_is_warned_about(tmp_path):
    text = grid(
        ann=[(0, 2, "A"), (2, 5, "zwijgt"), (5, 10, "B")], bob=[(0, 8, "zwijgt"), (8, 10, "ja")]
    )
    _, report = read(put(tmp_path, "c.TextGrid", text))
    assert report.counts()["warning"] == {"talks-all-the-time": 2}


def test_two_files_about_one_conversation_are_used_once(tmp_path):
    put(tmp_path, "c.rttm", "".join(
        f"SPEAKER c 1 {start} 1.9 <NA> <NA> {who} <NA> <NA>\n"
        for start, who in ((0.1, "spk0"), (2.1, "spk1"), (4.1, "spk0"))
    ))  # fmt: skip
    put(tmp_path, "c.stm", "c 1 ann 0 2 so\nc 1 bob 2 4 yes\nc 1 ann 4 6 then\n")
    dialogue, report = read(tmp_path)
    assert [t[0] for t in told(dialogue)] == ["ann", "bob", "ann"]
    assert report.counts() == {"warning": {"described-twice": 1}}


def test_words_and_stretches_of_two_files_are_layers_of_one_conversation(tmp_path):
    put(tmp_path, "c.rttm", "SPEAKER c 1 0 2 <NA> <NA> ann <NA> <NA>\n")
    put(tmp_path, "c.ctm", "c ann 0.5 0.5 so\n")
    dialogue, report = read(tmp_path)
    assert told(dialogue) == [("ann", 0, 2000, "so")]
    assert not report.notes


def test_elan_text_of_reference_tiers(tmp_path):
    text = eaf(
        [
            ('TIER_ID="ref@S1" PARTICIPANT="S1"', "ALIGNABLE", [("t1", "t2", "N_01"), ("t3", "t4", "N_02")]),  # noqa: E501
            ('TIER_ID="ft@S1" PARENT_REF="ref@S1"', "REF", [("a1", "", "geh"), ("a2", "", "ja")]),
            ('TIER_ID="tx@S1" PARENT_REF="ref@S1"', "REF", [("a1", "", "so we go"), ("a2", "", "yes")]),  # noqa: E501
        ],
        TALK,
    )  # fmt: skip
    dialogue, _ = read(put(tmp_path, "c.eaf", text))
    assert told(dialogue) == [("S1", 0, 1500, "so we go"), ("S1", 1600, 2600, "yes")]
    without, report = read(put(tmp_path, "d.eaf", text.replace("tx@S1", "ps@S1")))
    assert told(without) == [("S1", 0, 1500, ""), ("S1", 1600, 2600, "")]
    assert "no-words" in report.counts()["note"]


def test_elan_words_in_a_chain_of_reference_tiers(tmp_path):
    text = eaf(
        [
            ('TIER_ID="A_ref" PARTICIPANT="A"', "ALIGNABLE", [("t1", "t2", "1"), ("t3", "t4", "2")]),  # noqa: E501
            ('TIER_ID="A_line" PARENT_REF="A_ref"', "REF", [("a1", "", ""), ("a2", "", "")]),
            ('TIER_ID="A_word-txt" PARENT_REF="A_line"', "REF",
             [("a3", "", "so"), ("a3", "", "we"), ("a4", "", "yes")]),
        ],
        TALK,
    )  # fmt: skip
    dialogue, _ = read(put(tmp_path, "c.eaf", text))
    assert told(dialogue) == [("A", 0, 1500, "so we"), ("A", 1600, 2600, "yes")]


def test_elan_time_origin_moves_all_times(tmp_path):
    media = '<MEDIA_DESCRIPTOR MEDIA_URL="c.wav" MIME_TYPE="audio/x-wav" TIME_ORIGIN="2500"/>'
    dialogue, report = read(put(tmp_path, "c.eaf", eaf([ANN, BOB], TALK, media)))
    assert told(dialogue) == [("ann", 2500, 4000, "so"), ("bob", 4100, 5100, "yes")]
    assert "media-offset" in report.counts()["note"]


def test_webvtt_of_a_stream_segment_is_moved_by_its_map(tmp_path):
    text = "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\n\n00:01.000 --> 00:02.000\n<v A>hi\n"  # noqa: E501
    dialogue, _ = read(put(tmp_path, "c.vtt", text))
    assert told(dialogue) == [("A", 11_000, 12_000, "hi")]


# Values that are partial or not known.


def test_elan_slots_without_a_time_are_spread_evenly(tmp_path):
    slots = {"t1": 0, "x": None, "y": None, "t2": 1500, "t3": 1600, "t4": 2600}
    words = ("so", "we", "go")
    inner = [(a, b, w) for a, b, w in zip(("t1", "x", "y"), ("x", "y", "t2"), words, strict=True)]
    text = eaf(
        [
            ('TIER_ID="A" PARTICIPANT="A"', "ALIGNABLE", [("t1", "t2", "so we go")]),
            ('TIER_ID="A-wd" PARENT_REF="A"', "ALIGNABLE", inner),
            ('TIER_ID="B" PARTICIPANT="B"', "ALIGNABLE", [("t3", "t4", "yes")]),
        ],
        slots,
    )
    dialogue, report = read(put(tmp_path, "c.eaf", text))
    first = dialogue.utterances[0]
    assert [(w.text, w.start, w.end) for w in first.words] == [
        ("so", 0, 500), ("we", 500, 1000), ("go", 1000, 1500),
    ]  # fmt: skip
    assert first.times == "estimated"
    assert "estimated-times" in report.counts()["note"]
    assert not report.lost


def test_an_elan_utterance_without_any_place_is_lost_and_the_rest_stays(tmp_path):
    lost = ('TIER_ID="C" PARTICIPANT="C"', "ALIGNABLE", [("n1", "n2", "lost"), ("t1", "t2", "ok")])
    text = eaf([ANN, lost], TALK | {"n1": None, "n2": None})
    dialogue, report = read(put(tmp_path, "c.eaf", text))
    assert told(dialogue) == [("ann", 0, 1500, "so"), ("C", 0, 1500, "ok")]
    assert report.counts()["loss"] == {"untimed-utterance": 1}


def test_words_without_a_length_keep_their_text_and_say_that_they_are_estimated(tmp_path):
    lines = ("s A .5 0 HE", "s A .8 0 WENT", "s B 2 0 yes", "s A 5 .3 it", "s A 5.3 0 was")
    dialogue, report = read(put(tmp_path, "s.ctm", "\n".join(lines) + "\n"))
    assert told(dialogue) == [
        ("A", 500, 700, "HE WENT"), ("A", 800, 1000, "HE WENT"), ("B", 2000, 2200, "yes"),
        ("A", 5000, 5500, "it was"),
    ] or told(dialogue) == [
        ("A", 500, 1000, "HE WENT"), ("B", 2000, 2200, "yes"), ("A", 5000, 5500, "it was"),
    ]  # fmt: skip
    assert {u.times for u in dialogue.utterances} == {"estimated"}
    assert report.counts() == {"repair": {"zero-length-word": 4}}


def test_a_segment_without_length_that_has_text_is_a_loss(tmp_path):
    _, report = read(put(tmp_path, "c.stm", "c 1 A 0 1 so\nc 1 A 2 2 gone\n"))
    assert report.counts() == {"loss": {"zero-length": 1}}


def test_words_of_ami_without_usable_times_keep_their_place(tmp_path):
    words = (
        '<nite:root xmlns:nite="x"><w nite:id="m.A.words0" starttime="0" endtime="1">So</w>'
        '<w nite:id="m.A.words1">we</w><w nite:id="m.A.words2" starttime="5" endtime="2">all</w>'
        '<w nite:id="m.A.words3" starttime="1" endtime="2">go</w></nite:root>'
    )
    dialogue, report = read(put(tmp_path, "m.A.words.xml", words))
    (utterance,) = dialogue.utterances
    assert (utterance.start, utterance.end, utterance.times) == (0, 2000, "estimated")
    assert sorted(utterance.text.split()) == ["So", "all", "go", "we"]
    assert report.counts()["repair"]["untimed-word"] == 1
    assert not report.lost


# The cases of the issue, where they are.

CASES = {
    "15-textgrid-praat-silences": [
        ("ann", 800, 2400, ""), ("bob", 2500, 2900, ""), ("ann", 3000, 5000, ""),
    ],
    "16-ctm-eps": [("A", 300, 700, "so"), ("B", 1200, 1500, "mhm"), ("A", 2700, 3100, "yes")],
    "18-cha-codes": [
        ("SPA", 0, 2500, "so we go"), ("SPA", 3600, 5000, "I want to eat ice cream"),
        ("SPB", 5100, 5600, "yes"),
    ],
    "19-eaf-marker-tier": [("ann", 0, 1500, "so"), ("bob", 1600, 2600, "yes")],
    "20-ctm-speaker-na": [
        ("A", 0, 400, "hello there"), ("A", 450, 750, "hello there"), ("B", 600, 950, "hi"),
        ("B", 1500, 1900, "yes"), ("A", 1600, 2100, "so"),
    ],
    "22-eaf-reference-tier": [("S1", 0, 1500, "so we go home"), ("S2", 1600, 2600, "yes")],
    "24-eaf-unaligned-slots": [("A", 0, 1500, "so we go"), ("B", 1600, 2600, "yes")],
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_cases_of_the_issue(shared_data, case):
    folder = shared_data / "cases" / case
    if not folder.is_dir():
        pytest.skip("the cases are not here")
    (path,) = folder.glob("call.*")
    dialogue, _ = read(path)
    assert told(dialogue) == CASES[case]


def test_all_words_of_the_case_without_lengths(shared_data):
    path = shared_data / "cases" / "25-ctm-zero-durations" / "call.ctm"
    if not path.is_file():
        pytest.skip("the cases are not here")
    dialogue, _ = read(path)
    assert sorted(w.text for u in dialogue.utterances for w in u.words) == sorted(
        ["HE", "WENT", "HOME", "yes", "indeed", "so", "it"]
    )


def test_bad_lines_are_still_errors(tmp_path):
    with pytest.raises(InputError, match="neither a speaker"):
        formats.read(put(tmp_path, "c.stm", "c <NA> NA 0 1 hi\n"))


# Folders without annotation.


def test_recordings_alone_are_named_with_their_remedy(tmp_path):
    for name in ("a.wav", "b.mp3"):
        put(tmp_path, f"calls/{name}", "RIFF")
    put(tmp_path, "calls/notes.txt", "Call Ann back.\n")
    report = formats.Report()
    assert formats.read(tmp_path / "calls", report=report) == []
    (error,) = report.errors
    assert error.reason == "audio-only"
    assert "2 recording(s) (a.wav, ...)" in str(error)
    assert "interactspeech detect" in error.remedy
    with pytest.raises(InputError, match="says not who speaks when"):
        formats.read(tmp_path / "calls" / "a.wav")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no annotation of a known format"):
        formats.read(tmp_path / "empty")
