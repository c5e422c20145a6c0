"""Written numbers to spoken words: times, prices, dates, phone numbers, reference codes.

Maintained libraries were weighed: num2words is LGPL; inflect (MIT) takes over a second to import
and a tenth of a millisecond a number, and knows no times, prices or codes. English needs little.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["_", "_", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"))
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
}
_DENOMINATORS = {2: "half", 3: "third", 4: "quarter"}
#: Units after a number, as they are said.
_UNITS = {
    "%": "percent",
    "km": "kilometres",
    "kg": "kilograms",
    "cm": "centimetres",
    "mm": "millimetres",
    "mph": "miles an hour",
    "lbs": "pounds",
    "lb": "pounds",
    "hrs": "hours",
    "mins": "minutes",
    "min": "minutes",
    "ft": "feet",
    "°c": "degrees",
    "°f": "degrees",
    "°": "degrees",
    "hz": "hertz",
    "khz": "kilohertz",
    "mhz": "megahertz",
    "ghz": "gigahertz",
    "kb": "kilobytes",
    "mb": "megabytes",
    "gb": "gigabytes",
    "tb": "terabytes",
    "kw": "kilowatts",
    "ml": "millilitres",
    "x": "times",
}
_UNIT = "|".join(sorted((name for name in _UNITS if name.isalpha()), key=len, reverse=True))
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def cardinal(number: int) -> str:
    """A number in words, as people say it.

    >>> cardinal(1234)
    'one thousand two hundred thirty-four'
    """
    if number < 20:
        return _SMALL[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens] + (f"-{_SMALL[ones]}" if ones else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{_SMALL[hundreds]} hundred" + (f" {cardinal(rest)}" if rest else "")
    for scale, name in _SCALES:
        if number >= scale:
            count, rest = divmod(number, scale)
            return f"{cardinal(count)} {name}" + (f" {cardinal(rest)}" if rest else "")
    raise AssertionError(number)


def ordinal(number: int) -> str:
    """The ordinal in words: ``ordinal(21) == "twenty-first"``."""
    words = cardinal(number)
    at = max(words.rfind(" "), words.rfind("-")) + 1
    last = words[at:]
    if last in _ORDINALS:
        last = _ORDINALS[last]
    else:
        last = last[:-1] + "ieth" if last.endswith("y") else last + "th"
    return words[:at] + last


def year(number: int) -> str:
    """A year in words: ``year(1905) == "nineteen oh five"``."""
    century, rest = divmod(number, 100)
    if number % 1000 < 10:
        return cardinal(number)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def spelled(code: str) -> str:
    """A code sign by sign: ``spelled("MUL04") == "M U L zero four"``."""
    return " ".join(
        _SMALL[int(sign)] if sign in "0123456789" else sign.upper()
        for sign in code
        if sign.isalnum()
    )


def _telephone(found: re.Match[str]) -> str:
    groups = re.findall(r"\d+", found.group())
    plus = "plus " if found.group().lstrip().startswith("+") else ""
    return plus + ", ".join(spelled(group) for group in groups)


def _time(found: re.Match[str]) -> str:
    hour, minute = int(found["hour"]), int(found["minute"])
    half = _half_of_day(found)
    clock = " o'clock" if found["clock"] else ""
    if minute == 0:
        if half:
            return cardinal(hour) + half
        if hour == 0:
            return "midnight"
        if hour > 12:
            return f"{cardinal(hour)} hundred"
        return f"{cardinal(hour)} o'clock"
    spoken = f"{'zero' if hour == 0 else cardinal(hour)} {'oh ' if minute < 10 else ''}"
    return spoken + cardinal(minute) + half + clock * (not half and minute == 0)


def _half_of_day(found: re.Match[str]) -> str:
    """Say " PM", with the full stop of a sentence that ends in "p.m."."""
    if not found["half"]:
        return ""
    after = found.string[found.end() :]
    stop = "." if found.group().endswith(".") and _SENTENCE.match(after) else ""
    return f" {found['half'].upper()}M{stop}"


def _hour(found: re.Match[str]) -> str:
    return cardinal(int(found["hour"])) + _half_of_day(found)


def _price(found: re.Match[str]) -> str:
    one, many, cent, cents = _CURRENCIES[found["sign"]]
    whole = found["whole"].replace(",", "").replace(" ", "")
    part, scale = found["part"], found["scale"]
    if scale:
        names = {"k": "thousand", "m": "million", "bn": "billion"}
        amount = _decimal(whole, part) if part else cardinal(int(whole))
        return f"{amount} {names.get(scale.lower(), scale.lower())} {many}"
    if part and len(part) != 2:
        return f"{_decimal(whole, part)} {many}"
    number, small = int(whole), int(part or 0)
    spoken = f"{cardinal(number)} {one if number == 1 else many}" if number or not small else ""
    if small:
        spoken += " and " * bool(spoken) + f"{cardinal(small)} {cent if small == 1 else cents}"
    return spoken


def _decimal(whole: str, part: str) -> str:
    return f"{cardinal(int(whole or 0))} point {spelled(part)}"


def _number(found: re.Match[str]) -> str:
    whole = found["whole"].replace(",", "").replace(" ", "")
    part, unit = found["part"], found["unit"]
    suffix = f" {_UNITS[unit.lower()]}" if unit else ""
    if part:
        return _decimal(whole, part) + suffix
    if len(whole) > 1 and whole[0] == "0":
        return spelled(whole) + suffix
    if suffix == "" and "," not in found["whole"] and len(whole) >= 7 and not whole.endswith("000"):
        return spelled(whole)
    number = int(whole)
    if len(whole) > 15:
        return spelled(whole)
    if suffix == "" and len(found["whole"]) == 4 and (1100 <= number < 2100):
        return year(number)
    return cardinal(number) + suffix


def _fraction(found: re.Match[str]) -> str:
    top, bottom = int(found["top"]), int(found["bottom"])
    name = _DENOMINATORS.get(bottom)
    if name is None or top >= bottom:
        return f"{cardinal(top)} {cardinal(bottom)}"  # 24/7, 9/11
    if top == 1:
        return f"a {name}" if bottom == 2 else f"one {name}"
    return f"{cardinal(top)} {name}s"


def _slashed(found: re.Match[str]) -> str:
    """Part by part, for "3/4" is March to some and April to others."""
    last = found["year"]
    spoken = year(int(last)) if len(last) == 4 else cardinal(int(last))
    return f"{cardinal(int(found['one']))} {cardinal(int(found['two']))} {spoken}"


def _iso(found: re.Match[str]) -> str:
    month = _MONTHS[int(found["month"]) - 1]
    return f"{month} {ordinal(int(found['day']))} {year(int(found['year']))}"


def _decade(found: re.Match[str]) -> str:
    words = year(int(found["year"])) if len(found["year"]) == 4 else cardinal(int(found["year"]))
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


_AMOUNT = r"(?P<whole>\d{1,3}(?:,\s?\d{3})+(?!\d)|\d+)(?:\.(?P<part>\d+))?"

#: In the order in which they are tried; the first that matches a place reads it.
_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (
        re.compile(
            r"(?<![\w.:])(?P<hour>[01]?\d|2[0-4])[:](?P<minute>[0-5]\d)(?::[0-5]\d)?"
            r"(?:\s?(?P<half>[ap])\.?\s?m\b\.?(?=[^\w]|$)|(?P<clock>\s?o'?\s?clock\b))?(?![\w:])",
            re.IGNORECASE,
        ),
        _time,
    ),
    (
        re.compile(
            r"(?<![\w.])(?P<hour>1[0-2]|0?[1-9])\s?(?P<half>[ap])\.?\s?m\b\.?", re.IGNORECASE
        ),
        _hour,
    ),
    (
        re.compile(
            rf"(?P<sign>[$£€])\s?{_AMOUNT}(?:\s?(?P<scale>k|m|bn|million|billion|thousand)\b)?",
            re.IGNORECASE,
        ),
        _price,
    ),
    (
        re.compile(
            r"(?<![\w-])(?P<year>[12]\d{3})-(?P<month>0[1-9]|1[0-2])-(?P<day>[0-2]\d|3[01])(?![\w-])"
        ),
        _iso,
    ),
    (
        re.compile(
            r"(?<![\w./])(?P<one>\d{1,2})/(?P<two>\d{1,2})/(?P<year>[12]\d{3}|\d\d)(?![\w/])"
        ),
        _slashed,
    ),
    (
        # With the country's code.
        re.compile(r"(?<!\w)\+\d{1,3}(?:[\s-]\(?\d{2,7}\)?){2,5}(?![\w.]\d|\w)"),
        lambda found: _telephone(found),  # noqa: PLW0108 -- hyphens of others are not joined yet
    ),
    (
        re.compile(
            r"(?<![\w.])(?:\+\s?|\()?\d{2,5}\)?(?:\s?[-\u2013]\s?|\s)\d{3,7}"
            r"(?:(?:\s?[-\u2013]\s?|\s)\d{2,6})*(?![\w.]\d|\w)"
        ),
        _telephone,
    ),
    (re.compile(r"(?<!\w)'?(?P<year>1[1-9]\d0|20\d0|[2-9]0)'?s\b"), _decade),
    (
        re.compile(r"(?<![\w.])(?P<number>\d{1,4})\s?(?:st|nd|rd|th)\b", re.IGNORECASE),
        lambda found: ordinal(int(found["number"])),
    ),
    (re.compile(r"(?<![\w./])(?P<top>\d{1,2})/(?P<bottom>\d{1,2})(?![\w/]|\.\d)"), _fraction),
    (
        # Codes: letters and digits in one word (MUL0484, CB21AB, 7B).
        re.compile(
            rf"(?<![\w'])(?<!\d\.)(?=[A-Za-z]*\d)(?=\d*[A-Za-z])(?!\d+(?:{_UNIT})\b)"
            r"[A-Za-z0-9]{2,14}(?!\w)",
            re.IGNORECASE,
        ),
        lambda found: spelled(found.group()),
    ),
    (
        re.compile(
            rf"(?<![\w.])-?{_AMOUNT}(?:\s?(?P<unit>%|°[CF]?|(?:{_UNIT})\b))?",
            re.IGNORECASE,
        ),
        _number,
    ),
    (re.compile(r"(?P<whole>\d+)(?P<part>)(?P<unit>)"), _number),
)
_ONE = re.compile(r"\d")
_SENTENCE = re.compile(r"\s*$|\s+[A-Z]")
#: Cents that a tokenizer tore off ("$2980. 00"); digits that only a hyphen joins ("123-01").
_TORN = re.compile(r"(?<=[$£€])(\s?\d[\d,\s]*)\.\s(\d\d)\b")
_JOINED = re.compile(r"(?<=\d)\s?-\s?(?=\d)")
_RANGE = re.compile(
    r"(?<![\w.-])(\d{1,3})\s?[-\u2013]\s?(\d{1,3})(?=\s?(?:%|[a-z]|[.,?!]|$))(?!\s?-)"
)


def spell_numbers(text: str) -> str:
    """The text with every digit turned into words.

    >>> spell_numbers("Ref MUL0484, 3:30 pm on the 10th.")
    'Ref M U L zero four eight four, three thirty PM on the tenth.'
    >>> spell_numbers("That's $12.50.")
    "That's twelve dollars and fifty cents."
    """
    if not _ONE.search(text):
        return text
    text = _RANGE.sub(r"\1 to \2", _TORN.sub(r"\1.\2", text))
    for pattern, read in _RULES:
        if not _ONE.search(text):
            break
        text = pattern.sub(read, text)
        if read is _telephone:
            text = _JOINED.sub(", ", text)
    return text
