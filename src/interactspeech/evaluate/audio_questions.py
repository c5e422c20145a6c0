"""Yes-or-no questions about events, as an audio LLM is asked them, and how its answers are read.

One wording for training and measuring. The definitions are the framework's (framework.md, section
3), in plain words, so that a model is judged on hearing and not on guessing what a word means.
"""

from __future__ import annotations

import re

import msgspec

from interactspeech.dialogue import Event
from interactspeech.evaluate.events.benchmark import RATE, Asked, Benchmark, Question

MEANINGS: dict[Asked, str] = {
    "backchannel": "a backchannel (short feedback such as mm-hm, yeah or right from the listener, "
    "while the other goes on)",
    "interruption": "an interruption (one begins to talk to take the floor while the other is "
    "still in the middle of saying something)",
    "gap": "a gap (a silence of at least 0.2 seconds after which the other person speaks)",
    "pause": "a pause (a silence of at least 0.2 seconds after which the same person goes on)",
}
_FORM = "Answer in this form: <answer>yes</answer> or <answer>no</answer>."
_FORM_ONSET = (
    "Answer in this form: <answer>no</answer>, or, with the second at which the first one begins, "
    "<answer>yes 3.2</answer>."
)
_ANSWER = re.compile(
    r"<answer>\s*(yes|no)\b[\s,;:@]*(?:at\s+)?(\d+(?:\.\d+)?)?\s*s?\s*</answer>", re.IGNORECASE
)
_LOOSE = re.compile(r"\b(yes|no)\b", re.IGNORECASE)


class Solution(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is true: `onset` is in seconds from the beginning of the clip, for a "yes"."""

    answer: str
    onset: float | None = None


class Reading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an answer says.

    Attributes:
        answer: "yes", "no", or "" where neither can be made out.
        onset: seconds, where given.
        formed: whether it has the form that was asked for, once, and nothing after it.
    """

    answer: str
    onset: float | None
    formed: bool


def wording(event: Asked, *, onset: bool = False) -> str:
    """The question about one kind of event."""
    return (
        "You hear two people talking. Does "
        f"{MEANINGS[event]} occur in this clip? {_FORM_ONSET if onset else _FORM}"
    )


def read_answer(text: str) -> Reading:
    """What an answer says; outside the asked form, the only "yes" or "no" in it counts.

    >>> read_answer("I think so. <answer>yes 3.2</answer>")
    Reading(answer='yes', onset=3.2, formed=True)
    >>> read_answer("No.")
    Reading(answer='no', onset=None, formed=False)
    """
    found = list(_ANSWER.finditer(text))
    if found:
        last = found[-1]
        formed = len(found) == 1 and not text[last.end() :].strip()
        onset = float(last[2]) if last[2] else None
        return Reading(last[1].lower(), onset, formed)
    loose = {word.lower() for word in _LOOSE.findall(text)}
    return Reading(loose.pop() if len(loose) == 1 else "", None, formed=False)


def solution(benchmark: Benchmark, question: Question) -> Solution:
    """What is true of a question's clip."""
    if not question.answer:
        return Solution("no")
    dialogue = benchmark.cases[question.dialogue].dialogue
    inside = [event.start for event in dialogue.events if _in(event, question)]
    return Solution("yes", round((min(inside) - question.start) / RATE, 3) if inside else None)


def _in(event: Event, question: Question) -> bool:
    return event.type == question.event and question.start <= event.start < question.end
