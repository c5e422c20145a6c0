"""Behaviour classes of Full-Duplex-Bench v1.5: hand cases, and 480 constructed ones.

The constructed cases hold the class of the benchmark's pull request #16, a system that rightly
keeps talking through a backchannel, in many shapes of timing and wording.
"""

import itertools
import math

import numpy as np
import pytest

from interactspeech.evaluation.duplex.behaviour import classify_behaviour
from interactspeech.evaluation.duplex.timed_words import TimedWord

ANSWERS = (
    """There are several museums in the city. The modern art museum is close to the river and it is
    open until six. If you like science, the technical museum has a large hall with old machines.
    What kind of exhibitions do you usually enjoy? Some of them are free on Sundays.""",
    """First you chop the onions and the carrots. Then you heat some oil in a large pot, and you let
    everything simmer for twenty minutes. Salt comes last. A little cream makes it smoother, and
    fresh parsley on top looks nice. Do you have a blender at home?""",
    """A heat pump takes warmth from the air outside. It works like a refrigerator that runs
    backwards. In winter it needs more electricity, but it still gives three times as much heat.
    Older houses need larger radiators. Shall I go on with the costs?""",
)
QUESTIONS = (
    "could you also suggest some good restaurants nearby",
    "wait what about the parking there",
    "actually can we talk about fiction books instead",
    "sorry how much would tickets cost",
)
REPLIES = (
    "Sure, there are two good restaurants around the corner.",
    "Parking is behind the station and it costs two euros.",
    "Of course, fiction books are a great choice for that.",
    "The tickets cost twelve euros for adults.",
)
ASKS_BACK = (
    "Sorry, I didn't catch that. Could you repeat it?",
    "Pardon? I couldn't hear you.",
    "I'm not sure what you said, can you say that again?",
)
RESUMES = ("Anyway, as I was saying,", "So, as I said,", "To continue,")


def spoken(
    text: str, start: float, rng: np.random.Generator, pause: float = 0.0
) -> list[TimedWord]:
    """Words at a speaking pace, with a recogniser's jitter, and short pauses at sentence ends."""
    found = []
    for word in text.split():
        length = 0.09 + 0.045 * len(word)
        jitter = float(rng.normal(0, 0.02))
        found.append(TimedWord(word, round(max(0.0, start + jitter), 3), round(start + length, 3)))
        start += length + 0.03 + (pause if word.endswith((".", "?")) else 0.0)
    return found


def test_keeps_talking_through_a_backchannel() -> None:
    """At least 300 items of the class of PR #16: 95 % must be right."""
    right, total = 0, 0
    rng = np.random.default_rng(7)
    for answer, seed, pause, said in itertools.product(
        ANSWERS, range(10), (0.0, 0.2, 0.35, 0.45),
        (["mm-hm"], ["yeah", "yeah"], ["oh", "okay"], ["right"]),
    ):  # fmt: skip
        output = spoken(answer, 3.0 + 0.1 * seed, rng, pause)
        onset = float(rng.uniform(4.5, output[-1].known_end - 1.5))
        overlap = (onset, onset + float(rng.uniform(0.25, 0.9)))
        clean = spoken(answer, 3.0, rng, pause) if seed % 2 else []
        found = classify_behaviour(output, overlap, said, clean)
        total += 1
        right += found.behaviour == "resume"
    assert total == 480
    assert right / total >= 0.95


def test_other_classes_are_told_apart_too() -> None:
    """The rule is not "always resume": each class with varied timing, 95 % right together."""
    rng = np.random.default_rng(11)
    counts: dict[str, list[int]] = {}
    for seed, (answer, (question, reply)) in itertools.product(
        range(12), itertools.product(ANSWERS, zip(QUESTIONS, REPLIES, strict=True))
    ):
        output = spoken(answer, 3.0, rng)
        onset = float(rng.uniform(5.0, 9.0))
        overlap = (onset, onset + 2.2)
        cut = [w for w in output if w.start < onset + float(rng.uniform(0.2, 0.9))]
        again = overlap[1] + float(rng.uniform(0.5, 1.5))
        rest = " ".join(w.text for w in output[len(cut) : len(cut) + 12])
        clean = spoken(answer, 3.0, rng)
        for wanted, text in (
            ("respond", reply),
            ("uncertain", ASKS_BACK[seed % 3]),
            ("resume", f"{RESUMES[seed % 3]} {rest}"),
            ("resume", rest),
            ("unknown", ""),
        ):
            said = [*cut, *spoken(text, again, rng)]
            found = classify_behaviour(said, overlap, question.split(), clean)
            counts.setdefault(wanted, []).append(found.behaviour == wanted)
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
