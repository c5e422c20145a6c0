"""From marks to the record: words of no length, words that overlap, shares of time, segments."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactspeech.errors import InputError
from interactspeech.formats import Report
from interactspeech.formats.assembly import assemble, clean_words, estimate_words, fit_id
from interactspeech.formats.parsed_file import AnnotationMark, EventMark, ParsedFile

RATE = 1000


def sheet(segments=(), words=(), events=(), **options):
    return ParsedFile(
        "call", "f", "call.f", RATE, list(segments), list(words), list(events), **options
    )


def mark(start, end, text="", speaker="a", **options):
    return AnnotationMark(speaker, start, end, text, **options)


def cleaned(*words):
    report = Report()
    found = clean_words(list(words), sheet(), report)
    return [(w.text, w.start, w.end, w.estimated) for w in found], report


def assembled(*sheets):
    report = Report()
    return assemble("call", sheets, report), report


def said(dialogue):
    return [
        (u.speaker, u.start, u.end, [(w.text, w.start, w.end) for w in u.words])
        for u in dialogue.utterances
    ]


@given(
    st.lists(st.sampled_from(["I", "see", "wonderful", "a-b", "..."]), max_size=6),
    st.integers(0, 50),
    st.integers(0, 40),
)
def test_estimated_words_fill_their_time_by_letters(words, start, length):
    spoken = [word for word in words if word != "..."]
    found = estimate_words(" ".join(words), start, start + length)
    if not spoken or length < len(spoken):
        assert found == ()
        return
    assert [word.text for word in found] == spoken
    assert (found[0].start, found[-1].end) == (start, start + length)
    assert all(a.end == b.start for a, b in pairwise(found))
    assert all(word.end > word.start for word in found)


def test_shares_are_letters_and_one():
    (one, two, three) = estimate_words("I see wonderful", 0, 1600)
    assert [(w.start, w.end) for w in (one, two, three)] == [(0, 200), (200, 600), (600, 1600)]
    tight = estimate_words("wonderful I I", 0, 3)
    assert [(w.start, w.end) for w in tight] == [(0, 1), (1, 2), (2, 3)]


def test_words_without_a_length_get_200_ms_where_it_is_silent():
    found, report = cleaned(mark(0, 100, "so"), mark(500, 500, "we"), mark(2000, 2100, "go"))
    assert found == [("so", 0, 100, False), ("we", 500, 700, True), ("go", 2000, 2100, False)]
    assert report.counts() == {"repair": {"zero-length-word": 1}}


def test_they_get_less_where_the_next_word_comes_sooner_and_share_it():
    found, _ = cleaned(mark(500, 500, "we"), mark(600, 700, "go"))
    assert found == [("we", 500, 600, True), ("go", 600, 700, False)]
    found, _ = cleaned(mark(500, 500, "we"), mark(500, 500, "may"), mark(600, 700, "go"))
    assert found[:2] == [("we", 500, 550, True), ("may", 550, 600, True)]
    found, _ = cleaned(mark(500, 500, "we"), mark(550, 550, "may"))
    assert found == [("we", 500, 550, True), ("may", 550, 750, True)]
    found, _ = cleaned(mark(500, 500, "we"), mark(500, 500, "may"))
    assert found == [("we", 500, 700, True), ("may", 700, 900, True)]


def test_inside_another_word_they_share_its_time_by_letters():
    found, _ = cleaned(mark(0, 900, "wonderful"), mark(400, 400, "we"))
    # Ten parts for nine letters and one, three for two and one.
    assert found == [("wonderful", 0, 692, True), ("we", 692, 900, True)]
    found, _ = cleaned(mark(0, 900, "wonderful"), mark(0, 0, "we"))
    assert found == [("we", 0, 207, True), ("wonderful", 207, 900, True)]
    found, report = cleaned(mark(0, 1, "wonderful"), mark(0, 0, "we"))
    assert found == [("wonderful", 0, 1, False)]
    assert report.counts()["loss"] == {"untimed-word": 1}


def test_empty_words_without_a_length_are_dropped_and_a_tick_is_enough_for_one():
    assert cleaned(mark(0, 100, "so"), mark(500, 500, ""))[0] == [("so", 0, 100, False)]
    found, _ = cleaned(mark(500, 500, "we"), mark(501, 600, "go"))
    assert found == [("we", 500, 501, True), ("go", 501, 600, False)]


def test_overlapping_words_are_clipped_and_inner_ones_share():
    found, report = cleaned(mark(0, 500, "so"), mark(400, 800, "we"))
    assert found == [("so", 0, 500, False), ("we", 500, 800, False)]
    assert report.counts() == {"repair": {"overlapping-words": 1}}
    found, report = cleaned(mark(0, 600, "so"), mark(100, 600, "we"))
    assert found == [("so", 0, 300, True), ("we", 300, 600, True)]
    assert report.counts() == {"repair": {"overlapping-words": 1}}
    found, report = cleaned(mark(0, 500, "so"), mark(500, 800, "we"))
    assert (found[1], report.notes) == (("we", 500, 800, False), [])


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 12), st.sampled_from(["so", "we", ""])),
        min_size=1,
        max_size=8,
    )
)
def test_clean_words_are_sorted_disjoint_and_none_is_lost_in_silence(rows):
    words = [mark(start, start + length, text) for start, length, text in rows]
    found, report = cleaned(*words)
    assert all(a[2] <= b[1] for a, b in pairwise(found))
    assert all(start < end for _, start, end, _ in found)
    lost = report.counts().get("loss", {}).get("untimed-word", 0)
    texts = sum(bool(text) for _, _, text in rows)
    assert sum(bool(text) for text, *_ in found) + lost == texts


@pytest.mark.parametrize(("gap", "count"), [(0, 1), (199, 1), (200, 2), (500, 2)])
def test_words_closer_than_the_bridge_are_one_utterance(gap, count):
    dialogue, _ = assembled(sheet(words=[mark(0, 100, "so"), mark(100 + gap, 300 + gap, "we")]))
    assert len(dialogue.utterances) == count


def test_segments_that_overlap_are_joined_and_touching_ones_stay():
    dialogue, report = assembled(
        sheet([mark(0, 500, "so we"), mark(400, 900, "go"), mark(900, 1000, "now")])
    )
    assert [(u.start, u.end, u.text) for u in dialogue.utterances] == [
        (0, 900, "so we go"), (900, 1000, "now"),
    ]  # fmt: skip
    assert report.counts() == {"repair": {"same-speaker-overlap": 1}}
    inner, _ = assembled(sheet([mark(0, 900), mark(100, 200)]))
    assert [(u.start, u.end) for u in inner.utterances] == [(0, 900)]


def test_segments_of_no_length_are_a_loss_where_they_hold_text():
    _, report = assembled(sheet([mark(0, 500), mark(600, 600), mark(700, 700, "so")]))
    assert report.counts() == {"loss": {"zero-length": 1}, "repair": {"zero-length": 1}}


def test_words_lie_in_the_segment_of_their_middle_and_are_clipped_to_it():
    dialogue, report = assembled(
        sheet(
            [mark(0, 1000, "so we"), mark(1500, 2500, "go")],
            [mark(0, 400, "so"), mark(700, 1200, "we"), mark(1400, 2000, "go")],
        )
    )
    assert said(dialogue) == [
        ("a", 0, 1000, [("so", 0, 400), ("we", 700, 1000)]),
        ("a", 1500, 2500, [("go", 1500, 2000)]),
    ]
    assert report.counts() == {"repair": {"word-across-segment": 2}}


def test_words_outside_all_segments_are_utterances_of_their_own():
    dialogue, report = assembled(
        sheet(
            [mark(1000, 1050, "mm")],
            [mark(500, 950, "so"), mark(1000, 1050, "mm"), mark(1100, 1300, "we")],
        )
    )
    assert said(dialogue) == [
        ("a", 500, 950, [("so", 500, 950)]),
        ("a", 1000, 1050, [("mm", 1000, 1050)]),
        ("a", 1100, 1300, [("we", 1100, 1300)]),
    ]
    assert report.counts() == {"note": {"words-outside-segments": 1}}
    assert report.notes[0].message.startswith("2 word(s)")


def test_where_words_say_when_there_is_speech_segments_do_not():
    words = [mark(100, 300, "so"), mark(600, 800, "we")]
    segments = [mark(0, 1000, "so we")]
    dialogue, _ = assembled(sheet(segments, words, speech_from_words=True))
    assert [(s.start, s.end) for s in dialogue.utterances[0].speech] == [(100, 300), (600, 800)]
    dialogue, _ = assembled(sheet(segments, words))
    assert [(s.start, s.end) for s in dialogue.utterances[0].speech] == [(0, 1000)]
    # The words of one file, the segments of another: the segments'.
    dialogue, _ = assembled(sheet([], words, speech_from_words=True), sheet(segments))
    assert [(s.start, s.end) for s in dialogue.utterances[0].speech] == [(0, 1000)]


def test_the_text_is_kept_as_written_where_the_words_say_something_else():
    words = [mark(100, 300, "so"), mark(600, 800, "we")]
    (same,) = assembled(sheet([mark(0, 1000, "so we")], words))[0].utterances
    assert (same.written, same.times) == ("", "human")
    (other,) = assembled(sheet([mark(0, 1000, "So, we ...")], words))[0].utterances
    assert other.written == "So, we ..."
    (guess,) = assembled(sheet([mark(0, 1000, "So we ...")]))[0].utterances
    assert (guess.written, guess.times) == ("So we ...", "estimated")
    (none,) = assembled(sheet([mark(0, 1000)]))[0].utterances
    assert (none.written, none.times, none.words) == ("", "none", ())


def test_the_length_is_the_latest_of_speech_events_silence_and_what_is_stated():
    def length(**options):
        return assembled(sheet([mark(0, 500)], **options))[0].length

    assert length() == 500
    assert length(events=[EventMark("laugh", "a", 600, 700)]) == 700
    assert length(reach=900) == 900
    assert length(length=1200) == 1200
    dialogue, report = assembled(sheet([mark(0, 500)], length=400))
    assert (dialogue.length, report.counts()) == (500, {"repair": {"beyond-end": 1}})
    dialogue, report = assembled(sheet([mark(0, 500)], length=500), sheet(length=450))
    assert (dialogue.length, report.notes) == (500, [])


def test_order_names_and_partners():
    dialogue, report = assembled(
        sheet(
            [mark(0, 500, speaker="b"), mark(0, 500, speaker="a"), mark(0, 400, speaker="a")][:2],
            events=[
                EventMark("gap", "a", 600, 700, partner="nobody", rules="r"),
                EventMark("laugh", "b", 600, 650, partner="a"),
            ],
            speakers={"b": "", "a": "Ann"},
        ),
        sheet(speakers={"b": "Bob", "a": "Other"}),
    )
    assert [(s.id, s.name) for s in dialogue.speakers] == [("b", "Bob"), ("a", "Ann")]
    assert [(u.id, u.speaker) for u in dialogue.utterances] == [("u0", "b"), ("u1", "a")]
    assert [(e.type, e.partner) for e in dialogue.events] == [("laugh", "a"), ("gap", "")]
    assert dialogue.rule_sets == {"r": {}}
    assert report.counts() == {"repair": {"unknown-speaker": 1}}


def test_different_clocks_are_an_error_and_ids_are_fit():
    other = sheet([mark(0, 1)])
    other.rate = 2000
    with pytest.raises(InputError, match="different clocks"):
        assemble("call", [sheet([mark(0, 1)]), other], Report())
    assert fit_id("..a b/c") == "a_b_c"
    assert fit_id("...") == "unnamed"
