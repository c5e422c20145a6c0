import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.errors import InputError, MissingExtraError
from interactspeech.ledger import MAX_EXAMPLES, Ledger, Loss

losses = st.lists(
    st.tuples(st.sampled_from(["bad-line", "too-long", "emoji"]), st.text(max_size=5)), max_size=30
)


def ledger_of(found):
    ledger = Ledger()
    for reason, message in found:
        ledger.drop(InputError(message, "f", 1, reason=reason))
        ledger.keep(0.5)
    return ledger


def test_reasons_places_and_remedies_are_kept():
    ledger = Ledger()
    ledger.keep(2.5)
    ledger.keep()
    ledger.drop(InputError("no colon", "a.txt", 7, 3, "write A: ...", reason="bad-line"))
    ledger.drop(MissingExtraError("p", "tts", "speaking"), "no-voice")
    ledger.drop("something else")
    assert (ledger.kept, ledger.seconds, ledger.lost) == (2, 2.5, 3)
    (loss,) = ledger.dropped["bad-line"].examples
    assert loss == Loss("no colon", "a.txt", 7, "write A: ...")
    assert str(loss) == "a.txt:7: no colon (write A: ...)"
    assert "pip install" in str(ledger.dropped["no-voice"].examples[0])
    assert ledger.dropped["other"].count == 1


@given(st.lists(losses, max_size=6))
def test_merging_parts_is_counting_all_at_once(parts):
    together = ledger_of([loss for part in parts for loss in part])
    merged = Ledger.merged(ledger_of(part) for part in parts)
    assert merged == together
    assert merged.to_json() == together.to_json()
    assert all(len(reason.examples) <= MAX_EXAMPLES for reason in merged.dropped.values())


@given(losses)
def test_a_ledger_survives_json(found):
    ledger = ledger_of(found)
    again = Ledger.from_json(json.loads(json.dumps(ledger.to_json())))
    assert again == ledger
    again.keep()
    assert again != ledger


def test_the_order_of_reasons_does_not_show():
    one, other = ledger_of([("a", ""), ("b", "")]), ledger_of([("b", ""), ("a", "")])
    assert json.dumps(one.to_json()) == json.dumps(other.to_json())


def test_what_is_no_ledger_is_refused():
    with pytest.raises(InputError, match="not a ledger"):
        Ledger.from_json({"kept": "many"})


def test_merging_leaves_the_parts_alone():
    part = ledger_of([("a", "x")])
    total = Ledger()
    total.add(part)
    total.drop("y", "a")
    assert part.dropped["a"].count == 1
    assert len(part.dropped["a"].examples) == 1


def test_the_table_shows_counts_and_no_markup_of_the_input(capsys):
    ledger = ledger_of([("bad-line", "[red]oops[/red] [link=file:///etc]x[/link]")] * 3)
    ledger.print()
    out, shown = capsys.readouterr()
    assert out == ""
    assert "bad-line" in shown
    assert "[red]oops[/red]" in shown
    ledger.print(quiet=True)
    Ledger().print()
    assert capsys.readouterr() == ("", "")
