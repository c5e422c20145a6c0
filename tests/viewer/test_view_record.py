"""What the page is told about a dialogue."""

from collections.abc import Callable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.records import Dialogue, Event, Samples, Span, Speaker, Utterance
from interactspeech.viewer.record import OVERLAPPED, activity, page_record, simultaneous, strip
from interactspeech.viewer.summary import PageSummary, event_counts

Make = Callable[..., tuple[Dialogue, Samples]]


def test_words_in_overlap_are_marked(make_dialogue: Make) -> None:
    dialogue, _ = make_dialogue()
    utterances = page_record(dialogue, None, {})["utterances"]
    flags = {word[0]: bool(word[3] & OVERLAPPED) for u in utterances for word in u["words"]}
    # "Along" ends before the listener begins; "Wait," begins before the first turn is over.
    assert flags == {"Along": False, "the": True, "mm-hm": True, "Wait,": True, "where?": False}


def test_a_rule_s_event_finds_the_utterance_it_begins(make_dialogue: Make) -> None:
    dialogue, _ = make_dialogue()
    events = page_record(dialogue, None, {})["events"]
    assert [(e["type"], e["origin"], e["utterance"]) for e in events] == [
        ("backchannel", "planned", "u2"),
        ("backchannel", "rule", "u2"),
        ("interruption", "rule", "u3"),
        ("pause", "rule", ""),
    ]
    assert ["overlap", "0.100 s (800 samples)"] in events[2]["attributes"]


def test_an_event_both_planned_and_found_counts_once(make_dialogue: Make) -> None:
    dialogue, _ = make_dialogue()
    assert event_counts(dialogue) == {"backchannel": 1, "interruption": 1, "pause": 1}


def test_without_figures_the_events_are_counted(make_dialogue: Make) -> None:
    summary = PageSummary()
    for name in ("a", "b"):
        summary.add(name, make_dialogue(name)[0])
    data = summary.as_json("Two", None)
    assert {f["label"]: f["value"] for f in data["figures"]}["Backchannels"] == 2
    assert data["seconds"] == 12
    assert data["words"] == 10
    assert data["licences"] == [("CC0-1.0", 2)]


def test_the_strip_shows_who_talks(make_dialogue: Make) -> None:
    dialogue, _ = make_dialogue()
    # Half a second a column: A from 0.5 to 2.0 s; B from 0.8 to 1.1, 1.9 to 2.6 and 3.0 to 4.0 s.
    assert strip(dialogue, 12) == "033322220000"


def test_speakers_of_any_name_stay_apart() -> None:
    names = ("__proto__", "constructor", "\u202e")
    dialogue = Dialogue(
        id="d", rate=100, length=500, speakers=tuple(Speaker(name) for name in names),
        utterances=tuple(
            Utterance(f"u{i}", name, 100 * i, 100 * i + 50, (Span(100 * i, 100 * i + 50),))
            for i, name in enumerate(names)
        ),
        events=(Event("gap", "constructor", 50, 100, partner="__proto__"),),
    )  # fmt: skip
    record = page_record(dialogue, None, {})
    assert [u["speaker"] for u in record["utterances"]] == [0, 1, 2]
    assert (record["events"][0]["speaker"], record["events"][0]["partner"]) == (1, 0)
    assert [s["channel"] for s in record["speakers"]] == [0, 1, 2]


SPANS = st.lists(st.tuples(st.integers(0, 90), st.integers(1, 20)), max_size=8)


@given(st.lists(SPANS, min_size=1, max_size=4))
def test_simultaneous_talk_is_where_two_or_more_talk(talk: list[list[tuple[int, int]]]) -> None:
    utterances = []
    grid = np.zeros((len(talk), 120), bool)
    for i, spans in enumerate(talk):
        for start, length in spans:
            end = start + length
            grid[i, start:end] = True
            utterances.append(
                Utterance(f"u{len(utterances)}", str(i), start, end, (Span(start, end),))
            )
    dialogue = Dialogue(
        "d", 10, 120, tuple(Speaker(str(i)) for i in range(len(talk))), tuple(utterances)
    )
    for i, spans in enumerate(activity(dialogue)):
        assert spans == _runs(grid[i])
    assert simultaneous(dialogue) == _runs(grid.sum(axis=0) > 1)


def _runs(row: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], row.astype(int), [0]))))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
