"""Fractions, and what is written like them: dates without a year, marks out of ten."""

from __future__ import annotations

# ruff: noqa: E501 -- a pattern is read in one line
import re
from collections.abc import Callable

from interactspeech.lexicon.number_words import cardinal, ordinal
from interactspeech.lexicon.numbers.dates import DateOrder, date_words
from interactspeech.lexicon.numbers.matching import (
    ARTICLE,
    MINUS,
    Match,
    Rules,
    closes_quotation,
    count_words,
    minus_words,
    only_digits,
    rule,
    says_size,
    text_before,
)
from interactspeech.lexicon.units import UNIT_PATTERN, unit_words

#: Before a date without a year.
_DAY = re.compile(
    r"\b(?:on|by|since|until|till|before|after|dated|due|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,?)\s*$",
    re.IGNORECASE,
)
#: Before a mark out of ten.
_MARK = re.compile(
    r"\b(?:got|gets?|rat(?:e[ds]?|ing)|scor(?:e[ds]?|ing)|gave|gives?|mark|marks|solid|quiz|test|exam)"
    r"\b[^.?!\d]{0,20}$",
    re.IGNORECASE,
)
_FIXED_FRACTIONS = {(24, 7): "twenty-four seven", (9, 11): "nine eleven", (50, 50): "fifty-fifty",
                    (7, 11): "seven eleven", (20, 20): "twenty twenty"}  # fmt: skip
#: Numbers below a line that are days of a month rather than parts.
_FEW_FRACTIONS = frozenset(range(13, 32)) - {15, 16, 18, 20, 24}


def fraction_words(top: int, bottom: int, *, article: bool = False) -> str:
    """A fraction in words: ``fraction_words(3, 8) == "three eighths"``."""
    if (top, bottom) in _FIXED_FRACTIONS:
        return _FIXED_FRACTIONS[top, bottom]
    if not 2 <= bottom <= 100 or top >= bottom or top == 0:
        return f"{cardinal(top)} over {cardinal(bottom)}"
    name = {2: "half", 4: "quarter"}.get(bottom) or ordinal(bottom)
    if top > 1 and bottom == 2:
        return f"{cardinal(top)} halves"
    if top == 1:
        return f"a {name}" if article or bottom == 2 else f"one {name}"
    return f"{cardinal(top)} {'halves' if bottom == 2 else name + 's'}"


def _fraction(order: DateOrder) -> Callable[[Match], str]:
    def read(found: Match) -> str:
        top, bottom = int(found["top"]), int(found["bottom"])
        month, day = (top, bottom) if order == "mdy" else (bottom, top)
        before = text_before(found)
        after = found.string[found.end() : found.end() + 20]
        if (top, bottom) in _FIXED_FRACTIONS:
            return _FIXED_FRACTIONS[top, bottom]
        if month > 12:
            month, day = day, month
        if 1 <= month <= 12 and 1 <= day <= 31 and _DAY.search(before[-20:]) and not found["minus"]:
            return date_words(day, month, "")
        stars = after.startswith(" star")
        if bottom in (5, 10, 20, 100) and (top == bottom or stars or _MARK.search(before)):
            return f"{minus_words(found)}{cardinal(top)} out of {cardinal(bottom)}"
        if top + bottom == 100:
            return f"{cardinal(top)} {cardinal(bottom)}"
        unlikely = bottom in _FEW_FRACTIONS or (order == "dmy" and bottom <= 12 < top)
        if unlikely and 1 <= month <= 12 and 1 <= day <= 31 and not found["minus"]:
            return date_words(day, month, "")
        spoken = fraction_words(top, bottom)
        if found["unit"]:
            return minus_words(found) + _part_of(spoken, found["unit"])
        if spoken == "a half" and (ARTICLE.search(before) or re.match(r"\san?\s", after)):
            spoken = "half"
        return minus_words(found) + spoken

    return read


def _part_of(spoken: str, unit: str) -> str:
    """A part of one unit: "half a pound", "three quarters of an inch"."""
    one = "inch" if unit == '"' else unit_words(unit, one=True)
    if unit.strip() in ("%", "°", "°C", "°F"):
        return f"{spoken.replace('a half', 'half')} a {one}"
    article = "an" if one[0] in "aeiou" or one.startswith("hour") else "a"
    if spoken == "a half":
        return f"half {article} {one}"
    if " over " in spoken:
        return f"{spoken} {unit_words(unit, one=False)}"
    return f"{spoken} of {article} {one}"


def _mixed(found: Match) -> str:
    top, bottom = int(found["top"]), int(found["bottom"])
    unit = found["unit"]
    quote = '"' if unit == '"' and closes_quotation(found) else ""
    spoken = f"{minus_words(found)}{count_words(only_digits(found['whole']))} and {fraction_words(top, bottom)}"
    spoken = spoken.replace(" and one ", " and a ") if bottom in (2, 3, 4) else spoken
    if unit == '"':
        return spoken + (quote or (" inch" if says_size(found) else " inches"))
    return f"{spoken} {unit_words(unit, one=False)}" if unit else spoken


def mixed_fractions() -> Rules:
    """A whole number and a fraction; what it is multiplied by."""
    return (
        rule(rf"(?<![\w./]){MINUS}(?P<whole>\d{{1,4}})[\s-](?P<top>\d{{1,2}})/(?P<bottom>\d{{1,2}})(?![\w/]|\.\d)(?P<unit>\"(?!\w)|(?:{UNIT_PATTERN}))?", _mixed),
        rule(r"(?<=half|rter|ters|\wrds|hird|\wths|\w\wth)\s[x\u00d7]\s(?=\d)", lambda _: " by "),
    )  # fmt: skip


def fractions(order: DateOrder) -> Rules:
    """Fractions, of which some are dates or marks out of ten."""
    return (
        rule(rf"(?<![\w./]){MINUS}(?P<top>\d{{1,4}})/(?P<bottom>\d{{1,4}})(?![\d/]|\.\d)(?P<unit>\"(?!\w)|(?!s\b)(?:{UNIT_PATTERN}))?(?![\w/])", _fraction(order)),
    )  # fmt: skip
