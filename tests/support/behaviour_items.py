"""Constructed items for the classes of Full-Duplex-Bench v1.5: the class of its pull request #16, a
system that rightly keeps talking through a backchannel, in many shapes of timing and wording; and
the other classes.
"""

import itertools
from collections.abc import Iterator

import numpy as np

from interactspeech.evaluation.duplex.timed_words import TimedWord

Item = tuple[str, list[TimedWord], tuple[float, float], list[str], list[TimedWord]]

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


def keeps_talking() -> Iterator[Item]:
    """480 items: right class, the system's words, the overlap, its words, words without it."""
    rng = np.random.default_rng(7)
    for answer, seed, pause, said in itertools.product(
        ANSWERS, range(10), (0.0, 0.2, 0.35, 0.45),
        (["mm-hm"], ["yeah", "yeah"], ["oh", "okay"], ["right"]),
    ):  # fmt: skip
        output = spoken(answer, 3.0 + 0.1 * seed, rng, pause)
        onset = float(rng.uniform(4.5, output[-1].known_end - 1.5))
        overlap = (onset, onset + float(rng.uniform(0.25, 0.9)))
        clean = spoken(answer, 3.0, rng, pause) if seed % 2 else []
        yield "resume", output, overlap, said, clean


def other_classes() -> Iterator[Item]:
    """720 items of every class, after an interruption at which the system stops."""
    rng = np.random.default_rng(11)
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
            yield wanted, [*cut, *spoken(text, again, rng)], overlap, question.split(), clean
