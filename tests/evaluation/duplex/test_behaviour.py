"""Behaviour classes of Full-Duplex-Bench v1.5: hand cases, and 1,200 constructed ones."""

import math

import numpy as np
import pytest
from behaviour_items import keeps_talking, other_classes

from interactspeech.evaluation.duplex.behaviour import classify_behaviour
from interactspeech.evaluation.duplex.timed_words import TimedWord


def test_keeps_talking_through_a_backchannel() -> None:
    """At least 300 items of the class of PR #16: 95 % must be right."""
    found = [classify_behaviour(*item).behaviour == wanted for wanted, *item in keeps_talking()]
    assert len(found) == 480
    assert np.mean(found) >= 0.95


def test_other_classes_are_told_apart_too() -> None:
    """The rule is not "always resume": each class with varied timing, 95 % right of each."""
    counts: dict[str, list[bool]] = {}
    for wanted, *item in other_classes():
        counts.setdefault(wanted, []).append(classify_behaviour(*item).behaviour == wanted)
    assert set(counts) == {"respond", "uncertain", "resume", "unknown"}
    for kind, hits in counts.items():
        assert np.mean(hits) >= 0.95, (kind, np.mean(hits))


def words(*rows: tuple[str, float, float]) -> list[TimedWord]:
    return [TimedWord(*row) for row in rows]


def test_silence_and_words_before_alone_are_unknown() -> None:
    assert classify_behaviour([], (1.0, 2.0)).behaviour == "unknown"
    assert classify_behaviour(words(("So", 0.1, 0.4)), (1.0, 2.0)).behaviour == "unknown"


def test_asking_back_without_a_stop() -> None:
    said = words(("The", 0.5, 0.9), ("museum", 0.9, 1.4), ("sorry", 1.5, 1.9), ("pardon", 1.9, 2.4))
    assert classify_behaviour(said, (1.0, 2.0), ["hello"]).behaviour == "uncertain"


def test_talk_that_stops_before_the_overlap_is_over_was_stopped() -> None:
    said = words(("The", 0.5, 0.9), ("museum", 0.9, 1.2))
    found = classify_behaviour(said, (1.0, 3.0), ["wait"])
    assert (found.behaviour, found.why) == ("unknown", "stops, and says nothing more")


@pytest.mark.parametrize(("end", "behaviour"), [(3.0, "resume"), (2.9, "unknown")])
def test_two_seconds_over_a_long_overlap_are_talking_on(end: float, behaviour: str) -> None:
    said = words(("a", 0.5, 1.2), ("b", 1.2, 2.0), ("c", 2.0, end))
    assert classify_behaviour(said, (1.0, 9.0)).behaviour == behaviour


def test_a_recogniser_that_gives_no_ends() -> None:
    said = [TimedWord("Sure,", 3.0), TimedWord("restaurants", 3.4)]
    assert classify_behaviour(said, (1.0, 2.0), ["restaurants"]).behaviour == "respond"
    assert not math.isnan(said[0].known_end)
