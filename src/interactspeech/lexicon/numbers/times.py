"""Times of the day: "3:30 pm", "14:00", "9-5pm"."""

from __future__ import annotations

# ruff: noqa: E501 -- a pattern is read in one line
import re

from interactspeech.lexicon.number_words import cardinal, spelled
from interactspeech.lexicon.numbers.dates import ENDS_SENTENCE
from interactspeech.lexicon.numbers.matching import HYPHEN, Match, Rules, rule

_HALF = r"(?P<half>[ap])\.?\s?m\b\.?"


def _half(found: Match) -> str:
    """Say " PM", with the full stop of a sentence that ends in "p.m."."""
    if not found["half"]:
        return ""
    after = found.string[found.end() : found.end() + 60]
    stop = "." if found.group().endswith(".") and ENDS_SENTENCE.match(after) else ""
    return f" {found['half'].upper()}M{stop}"


def _clock(hour: int, minute: int, half: str) -> str:
    if minute == 0:
        if half:
            return cardinal(hour) + half
        if hour == 0:
            return "midnight"
        return f"{cardinal(hour)} hundred" if hour > 12 else f"{cardinal(hour)} o'clock"
    first = "zero" if hour == 0 else cardinal(hour)
    return f"{first} {'oh ' if minute < 10 else ''}{cardinal(minute)}{half}"


def _time(found: Match) -> str:
    hour, minute = int(found["hour"]), int(found["minute"])
    spoken = _clock(hour, minute, "" if found["second"] else _half(found))
    if found["second"]:
        second = int(found["second"])
        if minute == 0:
            spoken = f"{cardinal(hour)} hundred hours" if hour > 12 else f"{cardinal(hour)} o'clock"
        spoken += f" and {cardinal(second)} second{'s' * (second != 1)}"
        if found["thousandth"]:
            spoken = spoken.removesuffix("s").removesuffix(" second")
            spoken += f" point {spelled(found['thousandth'])} seconds"
        spoken += _half(found)
    return spoken


def _hour(found: Match) -> str:
    return cardinal(int(found["hour"])) + _half(found)


def _hours(found: Match) -> str:
    """A range of hours: "9-5pm", "9:30am - 5pm"."""
    first = _clock(int(found["hour1"]), int(found["minute1"] or 0), " ")
    if found["half1"]:
        first = f"{first.strip()} {found['half1'].upper()}M"
    last = f"{_clock(int(found['hour']), int(found['minute'] or 0), ' ').strip()}{_half(found)}"
    return f"{first.strip()} to {last}"


def times() -> Rules:
    """Times of the day, and ranges of them."""
    return (
        rule(r"(?<=:\d\d)\s?-\s?(?=\d{1,2}:\d\d)", lambda _: " to "),
        rule(rf"(?<![\w.:])(?P<hour1>1[0-2]|0?[1-9])(?::(?P<minute1>[0-5]\d))?\s?(?:(?P<half1>[ap])\.?\s?m\b\.?)?{HYPHEN}(?P<hour>1[0-2]|0?[1-9])(?::(?P<minute>[0-5]\d))?\s?{_HALF}", _hours, re.IGNORECASE),
        rule(r"(?<![\w.:])(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:\.(?P<thousandth>\d{1,6}))?)?"
             rf"(?:\s?{_HALF}(?=[^\w]|$)|(?P<clock>\s?o'?\s?clock\b))?(?!\w|:\d)", _time, re.IGNORECASE),
        rule(rf"(?<![\w.])(?P<hour>1[0-2]|0?[1-9])\s?{_HALF}", _hour, re.IGNORECASE),
    )  # fmt: skip
