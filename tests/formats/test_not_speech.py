"""Labels, codes and tokens that are no speech, or speech without words, as tools have them."""

import pytest
from timing_files import grid, put, read, told


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
