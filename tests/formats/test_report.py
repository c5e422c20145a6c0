"""The ledger of a reading: who speaks in the first conversations, what was lost and counted."""

from interactspeech.errors import InputError
from interactspeech.formats import Report
from interactspeech.formats.report import LISTED_CONVERSATIONS, Note
from interactspeech.records import Dialogue, Span, Speaker, Utterance


def call(number):
    spans, other = (Span(0, 1500), Span(2000, 3000)), (Span(4000, 4250),)
    return Dialogue(
        f"call-{number}", 1000, 9000,
        (Speaker("ann"), Speaker("bob"), Speaker("cid")),
        (Utterance("u0", "ann", 0, 3000, spans), Utterance("u1", "bob", 4000, 4250, other)),
    )  # fmt: skip


def test_the_first_five_conversations_say_who_speaks_and_all_are_counted():
    report = Report()
    for number in range(8):
        report.read(call(number))
    assert report.conversations == 8
    assert LISTED_CONVERSATIONS == 5
    assert list(report.speakers) == [f"call-{number}" for number in range(5)]
    assert report.speakers["call-0"] == [
        "ann (2 stretches, 2.5 s)", "bob (1 stretch, 0.2 s)", "cid (0 stretches, 0.0 s)",
    ]  # fmt: skip


def test_losses_and_failures_are_losses_and_repairs_are_not():
    for make, lost in (
        (lambda r: r.repair("a", "x"), False),
        (lambda r: r.note("a", "x"), False),
        (lambda r: r.warn("a", "x"), False),
        (lambda r: r.loss("a", "x"), True),
        (lambda r: r.fail(InputError("x", reason="a")), True),
    ):
        report = Report()
        assert not report.lost
        make(report)
        assert report.lost is lost


def test_counts_by_kind_and_reason():
    report = Report()
    for reason in ("b", "a", "b"):
        report.loss(reason, "x")
    report.warn("c", "x")
    report.fail(InputError("x", reason="d"))
    assert report.counts() == {"failed": {"d": 1}, "loss": {"a": 1, "b": 2}, "warning": {"c": 1}}


def test_a_note_says_its_place():
    assert str(Note("note", "a", "odd")) == "odd"
    assert str(Note("note", "a", "odd", "x.rttm")) == "x.rttm: odd"
    assert str(Note("note", "a", "odd", "x.rttm", 3)) == "x.rttm:3: odd"
    assert str(Note("note", "a", "odd", None, 3)) == "line 3: odd"
