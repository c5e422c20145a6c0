"""Digits that are said one by one: telephone numbers, versions, addresses, codes."""

from __future__ import annotations

# ruff: noqa: E501 -- a pattern is read in one line
import re

from interactspeech.lexicon.number_words import cardinal, spelled, year
from interactspeech.lexicon.numbers.dates import MONTHS
from interactspeech.lexicon.numbers.matching import (
    MINUS,
    Match,
    Rules,
    count_words,
    minus_words,
    rule,
    text_before,
)

CALLING = re.compile(
    r"\b(?:call|phone|telephone|tel|dial|ring|text|fax|number|mobile|cell)\b\W*(?:\w+\W+){0,3}$",
    re.IGNORECASE,
)
_BEFORE_YEAR = re.compile(
    r"(?:\b(?:in|since|by|until|till|from|before|after|during|of|year|spring|summer|autumn|fall"
    r"|winter|early|late|around|circa|" + "|".join(MONTHS) + r")|,)\s*$",
    re.IGNORECASE,
)


def telephone_words(found: Match) -> str:
    """Groups of digits one by one, with a pause between groups."""
    groups = re.findall(r"\d+", found.group())
    plus = "plus " if found.group().lstrip().startswith("+") else ""
    return plus + ", ".join(spelled(group) for group in groups)


def _spaced_telephone(found: Match) -> str:
    groups = re.findall(r"\d+", found.group())
    before = text_before(found)
    called = bool(CALLING.search(before[-60:]))
    hyphen = re.search(r"[-\u2013(+]", found.group())
    if not called and not hyphen:
        if (
            len(groups[0]) == 4
            and 1000 <= int(groups[0]) <= 2100
            and _BEFORE_YEAR.search(before[-20:])
        ):
            return f"{year(int(groups[0]))} {' '.join(count_words(group) for group in groups[1:])}"
        if len(groups[0]) < 4 and groups[0][0] != "0" and all(len(g) == 3 for g in groups[1:]):
            return count_words("".join(groups))  # 10 000
    return telephone_words(found)


def _version(found: Match) -> str:
    parts = found["parts"].split(".")
    lead = "version " if found["v"] else ""
    if (
        not lead
        and len(parts) > 2
        and all(len(part) == 3 for part in parts[1:])
        and len(parts[0]) < 4
    ):
        return count_words("".join(parts))  # 1.000.000
    joint = " dot " if len(parts) == 4 else " point "
    return lead + joint.join(
        cardinal(int(part)) if len(part) < 4 else spelled(part) for part in parts
    )


def _code(found: Match) -> str:
    """Letters and digits in one word; two digits at its end are one number ("M25", "B12", "20C")."""
    text, minus = found.group().removeprefix("-"), minus_words(found)
    parts = re.fullmatch(r"([A-Z]{1,3})([1-9]\d)|([1-9]\d)([A-Za-z])", text)
    if parts is None:
        return minus + spelled(text)
    if parts[1]:
        return f"{minus}{spelled(parts[1])} {cardinal(int(parts[2]))}"
    return f"{minus}{cardinal(int(parts[3]))} {spelled(parts[4])}"


def versions() -> Rules:
    """Versions and addresses."""
    return (
        rule(r"(?<![\w.-])(?P<v>[vV]\.?\s?)?(?P<parts>\d+(?:\.\d+){2,5})(?![\w]|\.\d)", _version),
        rule(r"(?<![\w.-])(?P<v>[vV])(?P<parts>\d+\.\d+)(?!\w|\.\d)", _version),
    )  # fmt: skip


def telephones() -> Rules:
    """Telephone numbers, with the country's code and without."""
    return (
        rule(r"(?<!\w)\+\d{1,3}(?:[\s-]\(?\d{2,7}\)?){2,5}(?![\w.]\d|\w)", telephone_words),
        rule(r"(?<![\w.])(?:\+\s?|\()?\d{1,5}\)?(?:\s?[-\u2013]\s?|\s)\d{3,7}"
             r"(?:(?:\s?[-\u2013]\s?|\s)\d{2,6})*(?![\w.]\d|\w)", _spaced_telephone),
        rule(r"(?<=\d)\s?-\s?(?=\d)", lambda _: ", "),
    )  # fmt: skip


def codes() -> Rules:
    """Letters and digits in one word (MUL0484, CB21AB, 7B)."""
    return (
        rule(rf"{MINUS}(?<![\w'])(?<!\d\.)(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{{2,14}}(?!\w)", _code),
    )  # fmt: skip
