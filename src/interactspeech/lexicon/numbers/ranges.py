"""Two numbers with a hyphen between: ranges, spans of years, scores."""

from __future__ import annotations

# ruff: noqa: E501 -- a pattern is read in one line
import re

from interactspeech.lexicon.number_words import cardinal, spelled, year
from interactspeech.lexicon.numbers.codes import telephone_words
from interactspeech.lexicon.numbers.dates import two_digits
from interactspeech.lexicon.numbers.matching import (
    HYPHEN,
    OPTIONAL_UNIT,
    SCALE_WORD,
    SCALES,
    Match,
    Rules,
    joined_by,
    minus_words,
    number_words,
    only_digits,
    plain_or_year,
    rule,
    text_before,
    whole_and_part,
)
from interactspeech.lexicon.units import unit_words

_SCORE_WORD = re.compile(
    r"\b(?:vote[sd]?|w[io]n|lost|lose|beat|score|scored|led|lead|leading|tied|up|down)\b\D{0,20}$",
    re.IGNORECASE,
)


def _years(found: Match) -> str:
    first, last = found["first"], found["last"]
    if len(last) == 4 and int(last) <= int(first):
        return telephone_words(found)
    end = year(int(last)) if len(last) == 4 else two_digits(last)
    return f"{year(int(first))}{joined_by(found)}{end}"


def _range(found: Match) -> str:
    first, last, unit = found["first"], found["last"], found["unit"]
    words = [number_words(*whole_and_part(one)) for one in (first, last)]
    if unit is None and len(only_digits(last)) == 4 and "," not in last and "." not in last:
        words = [plain_or_year(only_digits(first)), plain_or_year(only_digits(last))]
    scale = f" {SCALES[found['scale'].strip().lower()]}" if found["scale"] else ""
    suffix = f" {unit_words(unit, one=False)}" if unit else ""
    return f"{minus_words(found)}{words[0]}{joined_by(found)}{words[1]}{scale}{suffix}"


def _score(found: Match) -> str:
    return f"{cardinal(int(found['one']))} to {cardinal(int(found['two']))}"


def _groups(found: Match) -> str:
    """Digits in groups between hyphens: long ones as they are dictated, short ones as numbers."""
    groups = found.group().split("-")
    if max(map(len, groups)) < 3 and not any(len(g) > 1 and g[0] == "0" for g in groups):
        return ", ".join(cardinal(int(group)) for group in groups)
    return ", ".join(spelled(group) for group in groups)


def _any_range(found: Match) -> str:
    first, last = whole_and_part(found["first"]), whole_and_part(found["last"])
    low, high = (float(f"{only_digits(w) or 0}.{p or 0}") for w, p in (first, last))
    text = found["first"] + found["last"]
    if (len(found["first"]) > 1 and found["first"][0] == "0") or (
        len(found["last"]) > 1 and found["last"][0] == "0" and found["last"][1] != "."
    ):
        return ", ".join(_number_text(one) for one in (found["first"], found["last"]))
    if (low, high) == (24, 7) and not found["unit"]:
        return "twenty-four seven"
    if (low, high) == (20, 20) and not found["unit"]:
        return "twenty twenty"
    if low >= high and max(low, high) > 30 and not found["unit"] and "." not in text:
        joint = " to " if _SCORE_WORD.search(text_before(found)[-40:]) else ", "
        joint = " " if low + high == 100 and joint == ", " else joint
        if low == high == 50:
            return "fifty-fifty"
        return joint.join(
            cardinal(int(only_digits(one))) for one in (found["first"], found["last"])
        )
    return _range(found)


def _number_text(text: str) -> str:
    digits = only_digits(text)
    return (
        spelled(digits)
        if digits[0] == "0" and len(digits) > 1
        else number_words(*whole_and_part(text))
    )


def _round_range(found: Match) -> str:
    if int(found["first"]) >= int(found["last"]):
        return telephone_words(found)
    return _range(found)


def scores() -> Rules:
    """Scores and ratios (3:2)."""
    return (
        rule(r"(?<![\w.:/])(?P<one>\d{1,3}):(?P<two>\d{1,3})(?!\w|:\d)", _score),
    )  # fmt: skip


def ranges() -> Rules:
    """Ranges, to be tried before telephone numbers; three groups or more are no range."""
    return (
        rule(r"(?<![\w.,/+-])\d{1,5}(?:-\d{1,7}){2,6}(?![\w/-]|[.,]\d)", _groups),
        rule(rf"(?<![\w.,-])(?P<first>1[1-9]\d\d|20\d\d){HYPHEN}(?P<last>1[1-9]\d\d|20\d\d)(?!\d|\s?-|[.,]\d)", _years),
        rule(r"(?<![\w.,-])(?P<first>1[1-9]\d\d|20\d\d)[-\u2013](?P<last>\d\d)(?![\d\w]|\s?-|[.,]\d)", _years),
        rule(rf"(?<![\w.,-])(?P<minus>-)?(?P<first>\d{{1,3}}(?:,\d{{3}})*(?:\.\d+)?)\s?(?:%|°)?{HYPHEN}(?P<last>\d{{1,3}}(?:,\d{{3}})*(?:\.\d+)?){SCALE_WORD}{OPTIONAL_UNIT}(?![\d\w]|\s?[-\u2013]\s?\d|,\d)", _any_range),
        rule(rf"(?<![\w.,-])(?P<minus>)(?P<first>[1-9]\d{{1,3}}0){HYPHEN}(?P<last>[1-9]\d{{2,4}}0){SCALE_WORD}{OPTIONAL_UNIT}(?![\d\w]|\s?[-\u2013]\s?\d|,\d)", _round_range),
    )  # fmt: skip
