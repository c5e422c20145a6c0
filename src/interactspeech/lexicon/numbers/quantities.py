"""Numbers that count or measure: with scales, units and powers, sizes, and bare ones."""

from __future__ import annotations

# ruff: noqa: E501 -- a pattern is read in one line
import re

from interactspeech.lexicon.number_words import cardinal, ordinal, spelled, year
from interactspeech.lexicon.numbers.codes import CALLING
from interactspeech.lexicon.numbers.matching import (
    MINUS,
    NUMBER,
    OPTIONAL_UNIT,
    SCALE_WORD,
    SCALES,
    Match,
    Rules,
    closes_quotation,
    count_words,
    minus_words,
    number_words,
    only_digits,
    plain_or_year,
    rule,
    says_size,
    text_before,
    whole_and_part,
)
from interactspeech.lexicon.units import HYPHENED_UNIT, UNIT_PATTERN, unit_words

_NUMBERED_THING = re.compile(
    r"\b(?:apartment|flat|unit|room|seat|gate|row|suite|block|section|part|form|figure|table|line|bus"
    r"|number|class|grade|platform|exit|question)\s$",
    re.IGNORECASE,
)
_EMERGENCY = frozenset({"911", "999", "112", "101", "111", "311", "411", "988", "000"})


def _power(found: Match) -> str:
    base = number_words(found["whole"], found["part"])
    power, minus = int(found["power"]), "minus " * bool(found["less"])
    if not minus and power in (2, 3) and not found["ten"]:
        unit = f" {unit_words(found['unit'], one=False)}" if found["unit"] else ""
        return f"{minus_words(found)}{base} {'squared' if power == 2 else 'cubed'}{unit}"
    unit = f" {unit_words(found['unit'], one=False)}" if found["unit"] else ""
    return f"{minus_words(found)}{base} to the {minus}{cardinal(power)}{unit}"


def _scientific(found: Match) -> str:
    minus = "minus " if found["less"] == "-" else ""
    base = number_words(found["whole"], found["part"])
    return f"{minus_words(found)}{base} times ten to the {minus}{cardinal(int(found['power']))}"


def _number(found: Match) -> str:
    whole, part, unit = only_digits(found["whole"]), found["part"], found["unit"]
    minus, scale = minus_words(found), found["scale"]
    if scale in ("M", "B") and _NUMBERED_THING.search(text_before(found)):
        return f"{minus}{spelled(found.group())}"
    one = (whole in ("1", "01") and not part and not scale) or (bool(unit) and says_size(found))
    suffix = f" {unit_words(unit, one=one)}" if unit else ""
    if scale:
        return f"{minus}{number_words(whole, part)} {SCALES[scale.strip().lower()]}{suffix}"
    if part or not whole:
        return f"{minus}{number_words(whole, part)}{suffix}"
    called = whole in _EMERGENCY and CALLING.search(text_before(found))
    if (len(whole) > 1 and whole[0] == "0") or (called and not unit):
        return minus + spelled(whole) + suffix
    grouped = "," in found["whole"]
    if not suffix and not grouped and len(whole) >= 7 and not whole.endswith("000"):
        return minus + spelled(whole)
    if not suffix and not grouped and not minus and len(whole) == 4:
        return plain_or_year(whole)
    return minus + count_words(whole) + suffix


def _size(found: Match) -> str:
    parts = [
        year(int(part))
        if len(part) == 4 and part.isdigit()
        else number_words(*whole_and_part(part))
        for part in re.split(r"\s?[x\u00d7]\s?", found["sizes"])
    ]
    unit = found["unit"]
    return " by ".join(parts) + (f" {unit_words(unit, one=False)}" if unit else "")


def _height(found: Match) -> str:
    feet, inches = int(found["feet"]), found["inches"] or found["more"]
    if inches:
        return f"{cardinal(feet)} foot {cardinal(int(inches))}"
    return f"{cardinal(feet)} {'foot' if feet == 1 else 'feet'}"


def _inches(found: Match) -> str:
    if closes_quotation(found):
        return number_words(found["whole"], found["part"]) + '"'
    one = (found["whole"] == "1" and not found["part"]) or says_size(found)
    return f"{number_words(found['whole'], found['part'])} inch{'' if one else 'es'}"


def _hyphened(found: Match) -> str:
    """A size between a number and a thing: "a 5-km run"."""
    number = number_words(found["whole"], found["part"])
    return f"{minus_words(found)}{number}-{unit_words(found['unit'], one=True)}"


def powers() -> Rules:
    """Powers, and numbers times powers of ten."""
    return (
        rule(rf"(?<![\w.]){MINUS}{NUMBER}\s?[x\u00d7*]\s?10\^(?P<less>-)?(?P<power>\d{{1,3}})", _scientific),
        rule(rf"(?<![\w.]){MINUS}{NUMBER}e(?P<less>[-+])?(?P<power>\d{{1,3}})(?!\w)", _scientific, re.IGNORECASE),
        rule(rf"(?<![\w.]){MINUS}{NUMBER}\^(?P<less>-)?(?P<power>\d{{1,3}})(?P<ten>(?<=\d\d))?{OPTIONAL_UNIT}(?!\w)", _power),
    )  # fmt: skip


def ordinals() -> Rules:
    """Ordinals in figures (10th, 1,000th)."""
    return (
        rule(r"(?<![\w.])(?P<number>\d{1,3}(?:,\d{3})+|\d{1,6})\s?(?:st|nd|rd|th)\b", lambda m: ordinal(int(only_digits(m["number"]))), re.IGNORECASE),
    )  # fmt: skip


def sizes() -> Rules:
    """Heights, inches, sizes by sizes, and how many times."""
    return (
        rule(r"(?<![\w.'])(?P<feet>\d)'(?:\s?(?P<inches>1[01]|\d)(?:\"|'')|(?P<more>1[01]|\d)(?!\d))?(?=[\s.,?!]|$)", _height),
        rule(r"(?<![\w.\"])(?P<whole>\d{1,3})(?:\.(?P<part>\d{1,3}))?\"(?=\s|$|[.,;?!)])", _inches),
        rule(rf"(?<![\w.,]){MINUS}{NUMBER}-(?P<unit>{HYPHENED_UNIT})\b\.?(?=\s[a-z]|-[a-z])", _hyphened),
        rule(rf"(?<![\w.])(?P<sizes>\d{{1,5}}(?:\.\d+)?(?:\s?[x\u00d7]\s?\d{{1,5}}(?:\.\d+)?){{1,2}}){OPTIONAL_UNIT}(?!\w)", _size),
        rule(rf"(?<![\w.]){MINUS}{NUMBER}\s?[x\u00d7](?![\w])", lambda m: f"{minus_words(m)}{number_words(m['whole'], m['part'])} times", re.IGNORECASE),
    )  # fmt: skip


def amounts() -> Rules:
    """A number with a scale or a unit."""
    return (
        rule(rf"(?<![\w.]){MINUS}{NUMBER}{SCALE_WORD}(?P<unit>{UNIT_PATTERN})", _number),
        rule(rf"(?<![\w.]){MINUS}{NUMBER}{SCALE_WORD.removesuffix('?')}(?P<unit>)", _number),
    )  # fmt: skip


def bare_numbers() -> Rules:
    """What is left: powers of letters, and numbers without anything."""
    return (
        rule(r"(?<=[A-Za-z])\^(?P<power>[23])(?!\d)", lambda m: " squared" if m["power"] == "2" else " cubed"),
        rule(rf"(?<![\w.]){MINUS}{NUMBER}(?P<scale>)(?P<unit>)", _number),
        rule(r"(?P<whole>\d+)(?P<part>)(?P<unit>)(?P<scale>)", _number),
    )  # fmt: skip
