"""From a record to labels and back."""

import numpy as np

from interactspeech.formats import read, write
from interactspeech.labels import LabelItem, Revision, labelled_dialogue, suggestions_of
from interactspeech.records import Dialogue, Event, Span, Speaker, Utterance, Word, decode, encode


def dialogue() -> Dialogue:
    words = (Word("so", 100, 200), Word("well", 200, 400))
    return Dialogue(
        "d", 1000, 5000, (Speaker("A"), Speaker("B")),
        (Utterance("u1", "A", 100, 400, (Span(100, 400),), words),),
        (Event("laugh", "A", 100, 200, origin="human"), Event("pause", "A", 400, 900)),
    )  # fmt: skip


def test_an_unlabelled_record_stays_as_it_is() -> None:
    found = labelled_dialogue(dialogue(), {}, "anna")
    assert found.utterances == dialogue().utterances
    assert [(event.type, event.attributes) for event in found.events] == [
        ("laugh", {"annotator": "anna"})
    ]
    assert len(labelled_dialogue(dialogue(), {}, "anna", keep=True).events) == 2


def test_events_are_added_changed_and_deleted() -> None:
    edited = {
        "e:0": Revision(1, None),
        "x": Revision(1, LabelItem("event", "B", 150, 300, type="backchannel", confidence=0.5,
                                   note="soft")),
    }  # fmt: skip
    (event,) = labelled_dialogue(dialogue(), edited, "anna").events
    assert (event.type, event.speaker, event.partner, event.origin) == (
        "backchannel", "B", "A", "human",
    )  # fmt: skip
    assert event.attributes == {"annotator": "anna", "confidence": 0.5, "note": "soft"}


def test_words_that_change_change_their_utterance_and_new_ones_make_one() -> None:
    edited = {
        "w:u1:1": Revision(1, LabelItem("word", "A", 250, 600, text="well,", utterance="u1")),
        "n1": Revision(1, LabelItem("word", "B", 1000, 1100, text="yes")),
        "n2": Revision(1, LabelItem("word", "B", 1150, 1300, text="yes")),
        "n3": Revision(1, LabelItem("word", "B", 2000, 2100, text="no")),
    }
    found = labelled_dialogue(dialogue(), edited, "anna")
    first, second, third = found.utterances
    assert (first.text, first.end, first.times) == ("so well,", 600, "human")
    assert (second.text, second.speech) == ("yes yes", (Span(1000, 1100), Span(1150, 1300)))
    assert (third.text, third.start) == ("no", 2000)
    assert decode(encode(found)) == found


def test_labels_come_back_from_the_formats_that_hold_events(tmp_path) -> None:
    edited = {"x": Revision(1, LabelItem("event", "B", 150, 300, type="backchannel"))}
    found = labelled_dialogue(dialogue(), edited, "anna")
    for name in ("d.TextGrid", "d.eaf", "d.json"):
        write(found, tmp_path / name)
        (back,) = read(tmp_path / name, rate=1000)
        times = {(e.type, e.speaker, e.start, e.end) for e in back.events}
        assert ("backchannel", "B", 150, 300) in times


def test_suggestions_have_the_same_id_today_and_tomorrow() -> None:
    rng = np.random.default_rng(0)
    events = [Event("pause", "A", int(a), int(a) + 10) for a in rng.integers(0, 1000, 20)]
    one = suggestions_of(events)
    assert one == suggestions_of(reversed(events))
    assert len({s.id for s in one}) == len({(e.start, e.end) for e in events})
