"""CTM line by line: channels, speakers, types of tokens, and what is written."""

import pytest
from parsed import parsed, stretches

from interactspeech.errors import InputError
from interactspeech.formats import Report, ctm
from interactspeech.records import Dialogue, Span, Speaker, Utterance, Word


def words_of(text):
    sheets, report = parsed(ctm, text)
    return sheets["call"].words, report


def test_the_words_say_when_the_speaker_is_audible():
    sheets, _ = parsed(ctm, "call A 1.5 0.25 hello\n")
    sheet = sheets["call"]
    assert stretches(sheet.words) == [("A", 1500, 1750, "hello")]
    assert sheet.words[0].channel == "A"
    assert (sheet.speech_from_words, sheet.times) == (True, "recognised")


@pytest.mark.parametrize(
    ("end", "speaker"),
    [("", "A"), (" 0.9", "A"), (" 0.9 lex", "A"), (" 0.9 lex ann", "ann"), (" 0.9 lex <NA>", "A"),
     (" 0.9 lex ann extra", "ann")],
)  # fmt: skip
def test_the_eighth_field_names_the_speaker(end, speaker):
    words, _ = words_of(f"call A 1 1 hello{end}\n")
    assert stretches(words) == [(speaker, 1000, 2000, "hello")]
    assert not words[0].fragment


@pytest.mark.parametrize("kind", ["lex", "fp", "un-lex", "for-lex", "LEX", "frag", "FRAG"])
def test_these_types_are_words(kind):
    words, report = words_of(f"call A 1 1 hello 0.9 {kind}\n")
    assert stretches(words) == [("A", 1000, 2000, "hello")]
    assert words[0].fragment is (kind.lower() == "frag")
    assert not report.notes


@pytest.mark.parametrize("kind", ["non-lex", "misc", "noscore", "NON-LEX"])
@pytest.mark.parametrize("label", ["hello", "[hello]", "cough", "[noise]"])
def test_these_types_are_no_words(kind, label):
    sheets, report = parsed(ctm, f"call A 1 1 yes\ncall A 3 1 {label} 0.9 {kind}\n")
    assert stretches(sheets["call"].words) == [("A", 1000, 2000, "yes")]
    assert not sheets["call"].events
    (note,) = report.notes
    assert (note.severity, note.reason, note.line) == ("note", "non-speech", 2)


@pytest.mark.parametrize("label", ["laugh", "[laugh]", "{laugh}", "<laugh>", "(laugh)", "&=laugh"])
def test_a_laugh_of_such_a_type_is_an_event(label):
    sheets, report = parsed(ctm, f"call A 1 1 yes\ncall A 3 1 {label} 0.9 non-lex\n")
    assert [(e.type, e.start, e.end) for e in sheets["call"].events] == [("laugh", 3000, 4000)]
    assert not report.notes


def test_too_few_fields_and_alternatives_are_errors():
    with pytest.raises(InputError, match="not a CTM line"):
        parsed(ctm, "call A 1 1\n")
    for mark in ("<ALT_BEGIN>", "<ALT>", "<ALT_END>"):
        with pytest.raises(InputError, match="alternatives"):
            parsed(ctm, f"call A 1 1 yes\ncall A * * {mark}\n")


@pytest.mark.parametrize(
    ("start", "duration", "what"),
    [("x", "1", "start"), ("1", "-1", "duration"), ("9e8", "9e8", "end")],
)
def test_bad_times_are_named(start, duration, what):
    with pytest.raises(InputError, match=f":2: {what}: ") as caught:
        parsed(ctm, f"call A 1 1 yes\ncall A {start} {duration} yes\n")
    assert (caught.value.reason, caught.value.line) == ("bad-time", 2)


def said(name, speaker, start, text, times="human"):
    words = tuple(
        Word(word, start + 500 * k, start + 500 * k + 400) for k, word in enumerate(text.split())
    )
    return Utterance(
        name, speaker, start, words[-1].end, (Span(start, words[-1].end),), words, times=times
    )


def test_words_are_written_in_order_and_utterances_without_times_are_lost():
    dialogue = Dialogue(
        "call", 1000, 9000,
        (Speaker("B b"), Speaker("A")),
        (said("u0", "B b", 0, "so we"), said("u1", "A", 200, "mm-hm"),
         said("u2", "A", 3000, "no times", "estimated")),
    )  # fmt: skip
    report = Report()
    assert ctm.serialise(dialogue, report).splitlines() == [
        "call A 0.200000 0.400000 mm-hm",
        "call B_b 0.000000 0.400000 so",
        "call B_b 0.500000 0.400000 we",
    ]
    assert report.counts() == {"loss": {"no-word-times": 1}, "repair": {"blank-in-field": 1}}
    assert "1 utterance(s)" in report.notes[-1].message
    whole = Report()
    ctm.serialise(
        Dialogue("call", 1000, 9000, (Speaker("A"),), (said("u1", "A", 200, "so"),)), whole
    )
    assert not whole.notes


def test_nothing_to_write_is_an_error():
    untimed = Dialogue(
        "call", 1000, 9000, (Speaker("A"),), (said("u2", "A", 3000, "no times", "estimated"),)
    )
    with pytest.raises(InputError, match="no words with times"):
        ctm.serialise(untimed, Report())
