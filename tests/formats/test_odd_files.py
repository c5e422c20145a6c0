"""Files that are odd but valid, as common tools write them, and what they say."""

from pathlib import Path

import pytest

from interactspeech import formats
from interactspeech.errors import InputError, UsageError
from interactspeech.records import Dialogue


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def told(dialogue: Dialogue) -> list[tuple[str, int, int, str]]:
    """Who talks from when to when (milliseconds), and what."""
    return [
        (u.speaker, span.start, span.end, u.text) for u in dialogue.utterances for span in u.speech
    ]


def read(path: Path, **options: object) -> tuple[Dialogue, formats.Report]:
    report = formats.Report()
    found = formats.read(path, rate=1000, report=report, **options)
    assert not report.errors, report.errors
    (dialogue,) = found
    return dialogue, report


def grid(**tiers: list[tuple[float, float, str]]) -> str:
    """A TextGrid in the short form; names of tiers with `_` for a blank."""
    end = max(high for marks in tiers.values() for _, high, _ in marks)
    out = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "0", str(end), "<exists>"]
    out.append(str(len(tiers)))
    for name, marks in tiers.items():
        out += ['"IntervalTier"', f'"{name.replace("_", " ")}"', "0", str(end), str(len(marks))]
        for low, high, label in marks:
            out += [str(low), str(high), f'"{label}"']
    return "\n".join(out) + "\n"


def eaf(
    tiers: list[tuple[str, str, list[tuple[str, str, str]]]],
    slots: dict[str, int | None],
    header: str = "",
) -> str:
    """An ELAN file: (attributes, kind of annotation, [(slot or reference, slot, value)])."""
    out = ['<?xml version="1.0"?><ANNOTATION_DOCUMENT>']
    out.append(f'<HEADER TIME_UNITS="milliseconds">{header}</HEADER><TIME_ORDER>')
    for name, value in slots.items():
        timed = "" if value is None else f' TIME_VALUE="{value}"'
        out.append(f'<TIME_SLOT TIME_SLOT_ID="{name}"{timed}/>')
    out.append("</TIME_ORDER>")
    number = 0
    for attributes, kind, marks in tiers:
        out.append(f"<TIER {attributes}>")
        for first, second, value in marks:
            number += 1
            refs = (
                f'TIME_SLOT_REF1="{first}" TIME_SLOT_REF2="{second}"'
                if kind == "ALIGNABLE"
                else f'ANNOTATION_REF="{first}"'
            )
            out.append(
                f'<ANNOTATION><{kind}_ANNOTATION ANNOTATION_ID="a{number}" {refs}>'
                f"<ANNOTATION_VALUE>{value}</ANNOTATION_VALUE></{kind}_ANNOTATION></ANNOTATION>"
            )
        out.append("</TIER>")
    return "\n".join([*out, "</ANNOTATION_DOCUMENT>"])


# What is not speech.


@pytest.mark.parametrize(
    ("silence", "sound"),
    [("silent", "sounding"), ("sil", "speech"), ("<SIL>", "<speech>"), ("[silence]", "xxx"),
     ("#", "spn"), ("<p:>", "<unk>"), ("pause", "[unintelligible]"), ("(.)", "<UNIN/>")],
)  # fmt: skip
def test_labels_of_silence_are_silence_and_of_sound_are_speech_without_words(
    tmp_path, silence, sound
):
    text = grid(
        ann=[(0, 0.8, silence), (0.8, 2.4, sound), (2.4, 6, silence)],
        bob=[(0, 2.5, silence), (2.5, 2.9, sound), (2.9, 6, silence)],
    )
    dialogue, report = read(put(tmp_path, "c.TextGrid", text))
    assert told(dialogue) == [("ann", 800, 2400, ""), ("bob", 2500, 2900, "")]
    assert dialogue.length == 6000
    assert not report.lost


def test_a_word_that_is_spelled_like_a_label_is_a_word_among_words(tmp_path):
    ctm = put(
        tmp_path, "c.ctm", "c A 0 .3 silent\nc A .3 .3 night\nc A .6 .4 sil\nc A 1 .2 pause\n"
    )
    dialogue, _ = read(ctm)
    assert [u.text for u in dialogue.utterances] == ["silent night", "pause"]


def test_silence_in_ctm_is_no_word_and_counts_for_the_length(tmp_path):
    ctm = put(
        tmp_path, "c.ctm",
        "c A 0 0.3 <eps>\nc A 0.3 0.4 so\nc A 0.7 2.0 <eps>\nc A 2.7 0.4 yes\nc B 0 4 [SILENCE]\n",
    )  # fmt: skip
    dialogue, report = read(ctm)
    assert told(dialogue) == [("A", 300, 700, "so"), ("A", 2700, 3100, "yes")]
    assert dialogue.length == 4000
    assert not report.notes


def test_types_of_ctm_tokens(tmp_path):
    lines = ("c A 0 .3 we 1 lex x", "c A .3 .2 w 1 frag x", "c A .5 .2 uh 1 fp x",
             "c A 1 .5 laugh 1 non-lex x", "c A 2 .2 [noise] 1 misc x")  # fmt: skip
    dialogue, _ = read(put(tmp_path, "c.ctm", "\n".join(lines) + "\n"))
    (utterance,) = dialogue.utterances
    assert [(w.text, w.fragment) for w in utterance.words] == [
        ("we", False), ("w", True), ("uh", False),
    ]  # fmt: skip
    assert [(e.type, e.start, e.end) for e in dialogue.events] == [("laugh", 1000, 1500)]


def test_unknown_speech_among_words_is_heard_and_is_no_word(tmp_path):
    dialogue, _ = read(put(tmp_path, "c.ctm", "c A 0 .4 so\nc A .4 .3 <unk>\nc A .7 .3 yes\n"))
    assert told(dialogue) == [("A", 0, 1000, "so yes")]


def test_words_in_brackets_are_kept_and_sounds_are_not(tmp_path):
    said = (
        "[yeah.] I <yeah> (pause 0.5) know [laughs] {F uh,} ((maybe)) [phone ringing] /inaudible/"
    )
    dialogue, _ = read(put(tmp_path, "c.stm", f"c 1 A 0 4 {said}\nc 1 A 5 6 [laughter]\n"))
    (utterance,) = dialogue.utterances
    assert utterance.text == "yeah. I yeah know uh, maybe"
    assert utterance.written == said
    assert [(e.type, e.start, e.end) for e in dialogue.events] == [("laugh", 5000, 6000)]


@pytest.mark.parametrize(
    ("label", "word"),
    [
        ("<LAUGH-yeah>", "yeah"), ("[laughter-yeah]", "yeah"), ("<EXT-so>", "so"),
        ("<HES-and>", "and"), ("<CUTOFF-th=the>", "th-"), ("<ERROR-a=the>", "a"),
        ("them_1", "them"), ("th[at]-", "th-"), ("-[be]cause", "-cause"), ("%um", "um"),
        ("^Smith", "Smith"),
        ("+knowed+", "knowed"), ("A+", "A+"), ("50%", "50%"), ("(be)cause", "because"),
    ],
)  # fmt: skip
def test_marks_at_a_word_leave_the_word(tmp_path, label, word):
    dialogue, _ = read(put(tmp_path, "c.stm", f"c 1 A 0 1 {label} then\n"))
    assert told(dialogue) == [("A", 0, 1000, f"{word} then")]
    dialogue, _ = read(put(tmp_path, "d.ctm", f"d A 0 .5 {label}\nd A .5 .5 then\n"))
    first = dialogue.utterances[0].words[0]
    assert (first.text, first.fragment) == (word.removesuffix("-"), word.endswith("-"))


@pytest.mark.parametrize(
    "label",
    ["<b_aside>", "<e_aside>", "{B_TRANS}", "{E_TRANS}", "<IVER>", "[MN]", "(upbeat music)",
     "[music plays]", "(door slams)", "[dog barking]"],
)  # fmt: skip
def test_marks_of_borders_and_sounds_are_no_speech(tmp_path, label):
    dialogue, _ = read(put(tmp_path, "c.stm", f"c 1 A 0 1 {label}\nc 1 A 1 2 yes\n"))
    assert told(dialogue) == [("A", 1000, 2000, "yes")]


@pytest.mark.parametrize("label", ["[speaking in foreign language]", "(speaks Spanish)", "ipu_12"])
def test_speech_whose_words_are_not_written_is_speech(tmp_path, label):
    dialogue, _ = read(put(tmp_path, "c.stm", f"c 1 A 0 1 {label}\nc 1 A 1 2 yes\n"))
    assert told(dialogue) == [("A", 0, 1000, ""), ("A", 1000, 2000, "yes")]


CHAT = "@Participants:\tCHI Target_Child, MOT Mother\n"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("so (1.5) we go .", "so we go"), ("so (.) we (..) go (1:05.2) .", "so we go"),
        ("xx yes .", "yes"), ("xxx .", ""), ("www .", ""), ("I want ice+cream .", "I want ice cream"),  # noqa: E501
        ("&-uh I &+w want &~ga it .", "uh I w want ga it"), ("&um okay .", "um okay"),
        ("this 0is nice &=laughs +...", "this nice"), ("I go <to the> [//] to a store +/.", "I go to the to a store"),  # noqa: E501
        ("gonna [: going to] go [*] [+ gram] .", "gonna go"), ("(be)cause it(s) no:::w ?", "because its now"),  # noqa: E501
        ("dada@c N_A_S_A woof@o .", "dada N A S A woof"), ('+" she said hey [= greeting] .', "she said hey"),  # noqa: E501
        ("<yes> [>] no [<] .", "yes no"), ("\u2308really\u2309 \u230a2no\u230b2 \u2191oh\u2193 .", "really no oh"),  # noqa: E501
        ("a \u21aba-a\u21abapple ^ball .", "a apple ball"),
    ],
)  # fmt: skip
def test_codes_of_chat(tmp_path, line, text):
    dialogue, _ = read(put(tmp_path, "c.cha", f"{CHAT}*CHI:\t{line} \x1510_990\x15\n"))
    assert told(dialogue) == [("CHI", 10, 990, text)]


def test_actions_laughs_and_interposed_words_of_chat(tmp_path):
    text = (
        f"{CHAT}*CHI:\t0 [=! nods] . \x150_500\x15\n*CHI:\t&=laughs . \x15600_900\x15\n"
        "*MOT:\tso we &*CHI:mhm go . \x151000_2000\x15\n"
        "%wor:\tso \x151000_1200\x15 we go \x151500_2000\x15 .\n"
    )
    dialogue, report = read(put(tmp_path, "c.cha", text))
    assert told(dialogue) == [("MOT", 1000, 2000, "so we go")]
    assert [(e.type, e.speaker, e.start, e.end) for e in dialogue.events] == [
        ("laugh", "CHI", 600, 900)
    ]
    assert report.counts()["loss"] == {"untimed-utterance": 1}  # mhm has no time of its own


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


# Found in the test files of others' libraries (bench/read_fixtures.py reads them).


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
