"""Dates, years and decades."""

from __future__ import annotations

# ruff: noqa: E501 -- a pattern is read in one line
import re
from collections.abc import Callable
from typing import Literal

from interactspeech.lexicon.number_words import cardinal, ordinal, year
from interactspeech.lexicon.numbers.matching import Match, Rules, rule, text_before

#: Which comes first in a date in figures that can be read in both ways: month or day.
DateOrder = Literal["mdy", "dmy"]
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_SHORT_MONTHS = {name[:3]: name for name in MONTHS} | {"Sept": "September"}
_MONTH = (
    "(?P<month>" + "|".join(MONTHS) + r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\b\.?)"
)
_WAITING = re.compile(
    r"\b(?:wait|waited|for|took|takes|take|every|within|lasts?|lasted|after|another)\s$",
    re.IGNORECASE,
)
#: The end of a sentence behind an abbreviation: days, months and time zones go on with it.
ENDS_SENTENCE = re.compile(
    r"\s*$|\s+(?!(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)|"
    + "|".join(MONTHS)
    + r"|[ECMP][SD]?T|GMT|UTC|BST|CES?T)\b)[A-Z]"
)


def date_words(day: int, month: int, last: str) -> str:
    """A date; `last` is the year as it is written, in two or four figures, or empty."""
    spoken = f"{MONTHS[month - 1]} {ordinal(day)}"
    if not last:
        return spoken
    number = int(last)
    return f"{spoken} {year(number) if len(last) == 4 else two_digits(last)}"


def two_digits(digits: str) -> str:
    """Two figures of a year: "oh five", "ninety-nine"."""
    return (
        ("oh " + cardinal(int(digits)))
        if digits[0] == "0" and digits != "00"
        else cardinal(int(digits))
    )


def _iso(found: Match) -> str:
    return date_words(int(found["day"]), int(found["month"]), found["year"])


def _slashed(order: DateOrder) -> Callable[[Match], str]:
    def read(found: Match) -> str:
        one, two, last = int(found["one"]), int(found["two"]), found["year"]
        month, day = (one, two) if order == "mdy" else (two, one)
        if month > 12:
            month, day = day, month
        if not (1 <= month <= 12 and 1 <= day <= 31):
            end = year(int(last)) if len(last) == 4 else two_digits(last)
            return f"{cardinal(one)} {cardinal(two)} {end}"
        return date_words(day, month, last)

    return read


def _month(name: str) -> str:
    return _SHORT_MONTHS.get(name.rstrip("."), name.rstrip("."))


def _month_day(found: Match) -> str:
    last = found["year"] or ""
    end = f"{found['comma'] or ''} {year(int(last))}" if last else ""
    return f"{_month(found['month'])} {ordinal(int(found['day']))}{end}"


def _day_month(found: Match) -> str:
    last = found["year"] or ""
    article = "" if re.search(r"\bthe\s$", text_before(found), re.IGNORECASE) else "the "
    end = f"{found['comma'] or ''} {year(int(last))}" if last else ""
    if (
        found["month"].endswith(".")
        and not last
        and ENDS_SENTENCE.match(found.string[found.end() :])
    ):
        end = "."
    return f"{article}{ordinal(int(found['day']))} of {_month(found['month'])}{end}"


def _decade(found: Match) -> str:
    words = year(int(found["year"])) if len(found["year"]) == 4 else cardinal(int(found["year"]))
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


def _decade_or_seconds(found: Match) -> str:
    """Seconds where something waits ("wait 30s."), years elsewhere ("after 80s music")."""
    bare = len(found["year"]) == 2 and "'" not in found.group()
    thing = re.match(r"\s[a-z]", found.string[found.end() : found.end() + 2])
    if bare and not thing and _WAITING.search(text_before(found)):
        return f"{cardinal(int(found['year']))} seconds"
    return _decade(found)


def dates(order: DateOrder) -> Rules:
    """Dates with a year, or with a month's name."""
    return (
        rule(r"(?<![\w-])(?P<year>[12]\d{3})-(?P<month>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12]\d|3[01])(?![\w-])", _iso),
        rule(r"(?<![\w./])(?P<year>[12]\d{3})/(?P<month>0?[1-9]|1[0-2])/(?P<day>[12]\d|3[01]|0?[1-9])(?![\w/])", _iso),
        rule(r"(?<![\w./])(?P<one>\d{1,2})/(?P<two>\d{1,2})/(?P<year>[12]\d{3}|\d\d)(?![\w/])", _slashed(order)),
        rule(r"(?<![\w.-])(?P<one>\d{1,2})-(?P<two>\d{1,2})-(?P<year>[12]\d{3})(?![\w-])", _slashed(order)),
        rule(r"(?<![\w.])(?P<one>0?[1-9]|[12]\d|3[01])\.(?P<two>0?[1-9]|1[0-2])\.(?P<year>[12]\d{3})(?![\w]|\.\d)", _slashed("dmy")),
        rule(rf"\b{_MONTH}\s(?P<day>[12]\d|3[01]|0?[1-9])(?:(?i:st|nd|rd|th))?(?P<comma>,)?\s(?P<year>[12]\d{{3}})\b(?!\s?[-:])", _month_day),
        rule(rf"(?<![\w.,:$£€/-])(?P<day>[12]\d|3[01]|0?[1-9])(?:(?i:st|nd|rd|th))?\s(?:of\s)?{_MONTH}(?![\w])(?:(?P<comma>,)?\s(?P<year>[12]\d{{3}})\b(?!\s?[-:]))?(?P<dot>)", _day_month),
        rule(rf"\b{_MONTH}\s(?P<day>[12]\d|3[01]|0?[1-9])(?:(?i:st|nd|rd|th))?(?P<comma>)(?P<year>)(?![\w/:%$£€°]|[.,]\d|\s?[-\u2013]\s?\d|\s[a-z]+s\b)", _month_day),
    )  # fmt: skip


def decades() -> Rules:
    """Decades and years of two digits (the 1980s, '99)."""
    return (
        rule(r"(?<!\w)'?(?P<year>1[1-9]\d0|20\d0|[2-9]0)'?s\b", _decade_or_seconds),
        rule(r"(?<![\w'])'(?P<year>\d\d)(?![\w']|[.,:]\d)", lambda m: two_digits(m["year"])),
    )  # fmt: skip
