"""What the rules for numbers share: how a rule is made, parts of patterns, what is beside a match."""

from __future__ import annotations

# ruff: noqa: E501 -- a pattern is read in one line
import re
from collections.abc import Callable

from interactspeech.lexicon.number_words import cardinal, spelled, year
from interactspeech.lexicon.units import UNIT_PATTERN

Match = re.Match[str]
#: A pattern, and what its matches are in words.
Rule = tuple[re.Pattern[str], Callable[[Match], str]]
Rules = tuple[Rule, ...]

#: Scales as they are written -> in words.
SCALES = {
    "k": "thousand", "thousand": "thousand", "m": "million", "mn": "million", "mm": "million",
    "mil": "million", "million": "million", "b": "billion", "bn": "billion", "billion": "billion",
    "t": "trillion", "tn": "trillion", "trn": "trillion", "trillion": "trillion",
    "lakh": "lakh", "crore": "crore",
}  # fmt: skip
#: Digits, with commas between groups of them (Indian groups too).
WHOLE = r"(?:\d{1,3}(?:,\s?\d{3})+(?!\d)|\d{1,2}(?:,\d\d)+,\d{3}(?!\d)|\d+)"
#: A number in figures: `whole`, `part` behind the point, or both.
NUMBER = rf"(?=\.?\d)(?P<whole>{WHOLE})?(?:\.(?P<part>\d+))?"
#: Behind an amount of money.
SCALE = r"(?:\s?(?P<scale>(?i:k|mn|mm|mil|bn|trn|tn|million|billion|trillion|thousand|lakh|crore)|[mMbBtT])\b)?"
#: A hyphen that is a minus: nothing is joined to its left.
MINUS = r"(?P<minus>(?<![\w.,)\]%°/$£€'-])-(?=[.\d$£€¥₹₩₽₺₿₱₪]|(?:US|A|C|NZ|HK)\$))?"
_BETWEEN = re.compile(r"\bbetween\s$", re.IGNORECASE)
#: Before a match.
ARTICLE = re.compile(r"(?<!\w)an?\s$", re.IGNORECASE)
#: Behind an amount that says the size of something: "a $20 bill", "a 6 ft man", "the 100 m race".
_THING = re.compile(
    r"\s(?!(?:of|or|and|to|in|is|was|are|for|from|at|on|by|a|an|the|that|which|per|more|less|off"
    r"|away|long|wide|tall|high|deep|thick|old|apart|later|ago|each|every|if|so|but|as|with)\b)"
    r"(?:[a-z]|\d|[A-Z][A-Za-z])"
)
_RACE = re.compile(r"\s(?:race|dash|sprint|run|walk|relay|drive|journey|hike|radius)\b")
#: Quotation marks; those behind digits are inches.
_OPENING = re.compile(r'(?<![\w.,?!)])"(?=\S)')
_CLOSING = re.compile(r'(?<=[^\s\d(])"')
OPTIONAL_UNIT = rf"(?P<unit>{UNIT_PATTERN})?"
#: Behind other numbers, where a letter is a scale in fewer places.
SCALE_WORD = (
    r"(?P<scale>(?<=\d)k\b|(?<=\d)[MB](?=\s[a-z]{3,}s\b)|(?<=\.\d)[MB]\b|\s?(?:bn|mn)\b|(?<=\d)mil\b"
    r"|(?<=\d\d)K\b(?!\s(?:run|race|walk|runner|marathon|TV|video))|\s?(?:million|billion|trillion)\b)?"
)
#: Between two numbers.
HYPHEN = r"\s?[-\u2013]\s?"


def rule(pattern: str, read: Callable[[Match], str], flags: int = 0) -> Rule:
    """A pattern with its reading."""
    return re.compile(pattern, flags), _apart(read)


def _apart(read: Callable[[Match], str]) -> Callable[[Match], str]:
    """Words stay apart from letters and digits beside what was read."""

    def padded(found: Match) -> str:
        words = read(found)
        before = found.string[max(0, found.start() - 1) : found.start()]
        after = found.string[found.end() : found.end() + 1]
        left = before.isalnum() and words[:1].isalnum()
        return " " * left + words + " " * (after.isalnum() and words[-1:].isalnum())

    return padded


def text_before(found: Match) -> str:
    """The end of what stands before a match; not all of it, which would be copied each time."""
    return found.string[max(0, found.start() - 60) : found.start()]


def says_size(found: Match) -> bool:
    """Whether the amount says the size of a thing, in the singular: "a $20 bill"."""
    after = found.string[found.end() : found.end() + 20]
    return bool(_RACE.match(after) or (ARTICLE.search(text_before(found)) and _THING.match(after)))


def joined_by(found: Match) -> str:
    """What is said between the two numbers of a range."""
    return " and " if _BETWEEN.search(text_before(found)) else " to "


def only_digits(text: str | None) -> str:
    """The digits of a number that is written with commas or spaces."""
    return re.sub(r"\D", "", text or "")


def number_words(whole: str | None, part: str | None = None) -> str:
    """A number as it is counted: ``number_words("1,234", "5")``."""
    digits = only_digits(whole)
    if part:
        before = f"{count_words(digits)} " if digits else ""
        return f"{before}point {spelled(part)}"
    return count_words(digits)


def count_words(digits: str) -> str:
    """Digits as a cardinal; one by one where there are more than anybody counts."""
    return cardinal(int(digits)) if len(digits) <= 15 else spelled(digits)


def minus_words(found: Match) -> str:
    """Say "minus " where the match has one."""
    return "minus " if found.groupdict().get("minus") else ""


def whole_and_part(text: str) -> tuple[str, str]:
    """Figures before and behind the point."""
    whole, _, part = text.replace(" ", "").partition(".")
    return whole, part


def closes_quotation(found: Match) -> bool:
    """Whether a quotation mark at the end of a match closes one that was opened before it."""
    before = found.string[: found.start()]
    return len(_OPENING.findall(before)) > len(_CLOSING.findall(before))


def plain_or_year(digits: str) -> str:
    """A number without a unit: four digits may be a year."""
    if len(digits) == 4 and 1100 <= int(digits) < 2100:
        return year(int(digits))
    return cardinal(int(digits))
