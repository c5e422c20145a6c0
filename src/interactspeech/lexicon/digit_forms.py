"""One spelling of numbers for comparing texts: every number becomes its digits, one a word.

Speech is written as "4471b", "four thousand four hundred seventy-one B" and "forty-four seventy-one
b" by whoever transcribes it; here all three are ``4 4 7 1 b``. A number word that stands alone is a
digit too, so that "to two" and "to 2" are alike, and magnitudes are written out ("2 million").
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_UNITS = {
    word: value
    for value, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
         "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
         "nineteen"]
    )
}  # fmt: skip
_TENS = {
    word: 10 * value
    for value, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2
    )
}
_MAGNITUDES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_ORDINALS = {
    "first": "one", "second": "two", "third": "three", "fifth": "five", "eighth": "eight",
    "ninth": "nine", "twelfth": "twelve", "hundredth": "hundred",
    **{f"{word}th": word for word in ("four", "six", "seven", "ten", "eleven", "thirteen",
                                      "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
                                      "nineteen", "thousand", "million")},
    **{f"{word.removesuffix('y')}ieth": word for word in _TENS},
}  # fmt: skip
#: Stands for "-th" behind the digits of an ordinal.
ORDINAL = "th"
_MIXED = re.compile(r"\d+|[^\W\d_]+")
_ORDINAL_DIGITS = re.compile(r"(\d+)(?:st|nd|rd|th)")


def digit_words(words: Sequence[str]) -> list[str]:
    """Words in lower case with numbers as digits.

    >>> digit_words("four thousand four hundred seventy one b".split())
    ['4', '4', '7', '1', 'b']
    >>> digit_words(["4471b"]) == digit_words("forty four seventy one b".split())
    True
    >>> digit_words("the twenty first of two thousand and five".split())
    ['the', '2', '1', 'th', 'of', '2', '0', '0', '5']
    """
    plain = [part for word in words for part in _parts(word)]
    done: list[str] = []
    place = 0
    while place < len(plain):
        digits, ordinal, after = _number(plain, place)
        if after == place:
            done.append(plain[place])
            place += 1
            continue
        done += [*digits, *([ORDINAL] if ordinal else [])]
        place = after
    return done


def _parts(word: str) -> list[str]:
    """A word without digits as it is; of one that mixes both, runs of digits, and letters apart."""
    if not any(sign.isdigit() for sign in word):
        return [word]
    if found := _ORDINAL_DIGITS.fullmatch(word):
        return [found[1], ORDINAL]
    parts: list[str] = []
    for part in _MIXED.findall(word):
        parts += [part] if part[0].isdigit() else list(part)
    return parts


def _number(words: list[str], place: int) -> tuple[str, bool, int]:
    """Digits of the number that begins at `place`, whether it is an ordinal, and where it ends."""
    start = place
    total, last = 0, 10**15
    while True:
        value, literal, ordinal, after = _hundreds(words, place)
        if after == place:
            break
        name = words[after] if after < len(words) else ""
        magnitude = _MAGNITUDES.get(_ORDINALS.get(name, name), 0)
        if magnitude >= last and total:
            break  # another number begins here
        if magnitude and not ordinal:
            total += value * magnitude
            last, place = magnitude, after + 1
            if name in _ORDINALS:
                return str(total), True, place
            if place < len(words) and words[place] == "and":
                _, _, _, further = _hundreds(words, place + 1)
                place += further > place + 1
            continue
        if total and literal.startswith("0"):
            break
        return (str(total + value) if total else literal), ordinal, after
    return (str(total), False, place) if place > start and total else ("", False, start)


def _hundreds(words: list[str], place: int) -> tuple[int, str, bool, int]:
    """A number below a thousand (or digits): value, digits, whether an ordinal, where it ends."""
    value, literal, ordinal, after = _small(words, place)
    if ordinal or after == place or after >= len(words):
        return value, literal, ordinal, after
    name = words[after]
    if _ORDINALS.get(name, name) != "hundred" or not 0 < value < 100:
        return value, literal, ordinal, after
    value, after = 100 * value, after + 1
    if name in _ORDINALS:
        return value, str(value), True, after
    further = after + (after < len(words) and words[after] == "and")
    more, digits, ordinal, end = _small(words, further)
    if end > further and 0 < more < 100 and not digits.startswith("0") and not _is(words, end):
        return value + more, str(value + more), ordinal, end
    return value, str(value), False, after


def _is(words: list[str], place: int) -> bool:
    """Whether "hundred" stands there: what is before it begins another number."""
    return place < len(words) and words[place] in ("hundred", "hundredth")


def _small(words: list[str], place: int) -> tuple[int, str, bool, int]:
    """A number below a hundred, or one in digits."""
    if place >= len(words):
        return 0, "", False, place
    word = words[place]
    if word.isdecimal() and word.isascii():
        ordinal = words[place + 1 : place + 2] == [ORDINAL]
        return int(word[:15]), word, ordinal, place + 1 + ordinal
    follower = words[place + 1] if place + 1 < len(words) else ""
    if word in ("a", "an") and (follower == "hundred" or follower in _MAGNITUDES):
        return 1, "1", False, place + 1
    if word in ("oh", "o"):
        before = words[place - 1] if place else ""
        if _is_number(before) and _is_number(follower):
            return 0, "0", False, place + 1
        return 0, "", False, place
    base, ordinal = _ORDINALS.get(word, word), word in _ORDINALS
    if base in _UNITS:
        return _UNITS[base], str(_UNITS[base]), ordinal, place + 1
    if base not in _TENS:
        return 0, "", False, place
    unit = _ORDINALS.get(follower, follower)
    if not ordinal and 0 < _UNITS.get(unit, 0) < 10:
        value = _TENS[base] + _UNITS[unit]
        return value, str(value), follower in _ORDINALS, place + 2
    return _TENS[base], str(_TENS[base]), ordinal, place + 1


def _is_number(word: str) -> bool:
    return word.isdecimal() or word in _UNITS or word in _TENS or word in ("oh", "o")
