"""Spellings of numbers that vary, brought to the one that the rules of `numbers` know.

"9.30am" becomes "9:30am", "€1.234,56" becomes "€1234.56", "1h20" becomes "1 hour 20 minutes",
"US $5" becomes "US$5", "Python3" becomes "Python 3". Nothing is dropped: each form keeps its digits
and its sign.
"""

from __future__ import annotations

# ruff: noqa: E501 -- a pattern is read in one line
import re
from collections.abc import Callable

from interactspeech.lexicon.number_words import cardinal, ordinal
from interactspeech.lexicon.units import UNIT_PATTERN

_Match = re.Match[str]
_MONTHS = {
    "Jan": "January", "Feb": "February", "Mar": "March", "Apr": "April", "Jun": "June",
    "Jul": "July", "Aug": "August", "Sep": "September", "Sept": "September", "Oct": "October",
    "Nov": "November", "Dec": "December",
}  # fmt: skip
_SHORT_MONTH = "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
_ANY_MONTH = (
    "January|February|March|April|May|June|July|August|September|October|November|December|"
    + _SHORT_MONTH
)
_DAYS = {"mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday",
         "fri": "Friday", "sat": "Saturday", "sun": "Sunday"}  # fmt: skip
_DAY = "Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun"
_MONEY = "$£€¥₹₩₽₺₿₫₴₦₱₪฿"
_TWO_SIDES = {"n": "north", "s": "south", "e": "east", "w": "west"}

Form = tuple[re.Pattern[str], str | Callable[[_Match], str]]


def _form(pattern: str, read: str | Callable[[_Match], str], flags: int = 0) -> Form:
    return re.compile(pattern, flags), read


def _plural(count: str, one: str) -> str:
    return f"{count} {one}{'' if count.lstrip('0') == '1' else 's'}"


def _duration(found: _Match) -> str:
    named = zip(("hour", "minute", "second"), ("h", "m", "s"), strict=True)
    return " ".join(_plural(found[sign], one) for one, sign in named if found.groupdict().get(sign))


def _military(found: _Match) -> str:
    hour, minute = found["hour"], int(found["minute"])
    first = f"oh {cardinal(int(hour))}" if hour[0] == "0" and hour != "00" else cardinal(int(hour))
    return f"{first} {'hundred' if not minute else 'oh ' * (minute < 10) + cardinal(minute)} "


def _place(found: _Match) -> str:
    """An angle on a map: "40° 30' N"."""
    parts = [f"{found['degrees']} degrees"]
    if found["minutes"]:
        parts.append(_plural(found["minutes"], "minute"))
    if found["seconds"]:
        parts.append(_plural(found["seconds"], "second"))
    return " ".join([*parts, _TWO_SIDES[found["side"].lower()]])


def _month_days(found: _Match) -> str:
    first, last = (ordinal(int(found[name])) for name in ("first", "last"))
    return f"{_MONTHS.get(found['month'], found['month'])} {first} to {last}"


def _days_month(found: _Match) -> str:
    first, last = (ordinal(int(found[name])) for name in ("first", "last"))
    return f"the {first} to {last} of {_MONTHS.get(found['month'], found['month'])}"


def _pence(found: _Match) -> str:
    number = int(found["number"])
    return f"{cardinal(number)} {'penny' if number == 1 else 'pence'}"


def _joined(found: _Match) -> str:
    """Digits in groups of three, which stand apart."""
    return found[1] + "".join(found[2].split())


def _lines(found: _Match) -> str:
    """A size of pictures: "1080p"."""
    digits = found["number"]
    if len(digits) == 4:
        return f"{cardinal(int(digits[:2]))} {cardinal(int(digits[2:]))} P"
    return f"{cardinal(int(digits[0]))} {cardinal(int(digits[1:]))} P"


#: Changed before abbreviations are expanded and signs read: those of signs.
SIGNS: tuple[Form, ...] = (
    _form("(?<=\\d)\\s?\u2032\\s?(?=\\d)|(?<=\\d)\u2032", "'"),
    _form("(?<=\\d)\u2033", '"'),
    _form(r"(?<=\d)\s?[\u00ba\u02da](?=\s?[CF]\b|[\s.,;:?!]|$)", "\u00b0"),
    _form(r"(?<![\w.])(?P<degrees>\d{1,3}(?:\.\d{1,6})?)\s?\u00b0\s?(?:(?P<minutes>\d{1,2})\s?'\s?)?(?:(?P<seconds>\d{1,2})\s?\"\s?)?(?P<side>[NSEW])\b", _place),
    _form(r"(?<=\d)\u00b0(?=[^\W\d_](?<![CF]))", "\u00b0 "),
    _form(r"\u2116\s?(?=\d)", "number "),
    _form(r"(?<=\d)\s?[\u2605\u2606\u2b50]\ufe0f?", " stars"),
    _form(r"\+\s?/\s?[-\u2212]\s?(?=[.\d$£€])", "\u00b1"),
    _form(r"(?<!\S)>=\s?|(?<=\d)\s?>=\s?(?=\d)", " \u2265"),
    _form(r"(?<!\S)<=\s?|(?<=\d)\s?<=\s?(?=\d)", " \u2264"),
    _form(r"(?<=\w)\s?(?:!=|\u2260)\s?(?=[-.\w])", " is not equal to "),
    _form(r"(?<=\d)\*\*(?=-?\d)", "^"),
    _form(r"\^\((-?\d{1,3})\)", r"^\1"),
    _form(r"(?<=\d)\*(?=\d)", " * "),
    _form(r"(?<=\d)\s/\s(?=\d)", "/"),
    _form(rf"(?<=[{_MONEY}])\s?[-\u2212](?=\.?\d)(?!\d\d?-)", "\u2212"),
    _form(rf"([{_MONEY}])\u2212(?=\.?\d)", r" -\1"),
    _form(rf"(?<!\S)[\u2012\u2013](?=[{_MONEY}]\.?\d)", "-"),
    _form(rf"(?<![\w+])\+\s?(?=[{_MONEY}]\.?\d)", "plus "),
    _form(r"(?<=[\d%\u00b0CF])\s?[-\u2013]\s?[-\u2212](?=\.?\d)", " to -"),
    _form(r"\b(UTC|GMT)\s?[-\u2212\u2013]\s?(?=\d)", r"\1 minus "),
    _form(r"\b(UTC|GMT)\s?\+\s?(?=\d)", r"\1 plus "),
    _form(r"(?<=\d)\s?-\s?(?=\d{1,4}\s?=\s?-?\d)", " minus "),
    _form(r"%(?=[\w(])", "% "),
    _form(r"(?<=[\d%])\+(?=[\s.,;:?!)]|$)", " plus"),
    _form(r"\u221a\s?(?=\d)", "the square root of "),
    _form(r"\u221e", " infinity "),
    _form(r"(?<!\w)\u03c0(?!\w)", "pi"),
    _form(r"\u00a7\u00a7\s?(?=\d)", "sections "),
    _form(r"\u00a7\s?(?=\d)", "section "),
    _form(r"\u00b6\s?(?=\d)", "paragraph "),
    _form(r"\u00a9\s?(?=\d)", "copyright "),
    _form(r"(?<=\d)['_](?=\d{3}(?:['_]\d{3})*(?![\w'\"]))", ","),
    _form(r"(?<!\w)@\s?(?=\w)", "at "),
    _form(r"(?<=\d)@(?=[A-Za-z])", " at "),
    _form(r"(?<![\w/])24/7/365(?![\w/])", "twenty-four seven three sixty-five"),
    _form(r"(?<!\w)#(?=[A-Za-z]{2})", "hashtag "),
    _form(r"(?<![\w.?!,])\.(?=[A-Z]{2,}\b)", "dot "),
)  # fmt: skip

#: Where none of these is, no form of `SIGNS` is.
_SIGN = re.compile(
    "[+<>=*^%@#\u2032\u2033\u00ba\u02da\u00b0\u2116\u2605\u2606\u2b50\u2260\u2212\u221a\u221e\u03c0\u00a7\u00b6"
    rf"\u00a9{_MONEY}_]|(?:UTC|GMT)|\d['/\s]|-\s?-|(?<!\w)\.[A-Z]"
)

#: Changed before the rules, where there are digits.
DIGITS: tuple[Form, ...] = (
    # Times and durations.
    _form(r"(?<![\w.:,$£€])(1[0-2]|0?[1-9])\.([0-5]\d)(?=\s?[ap]\.?\s?m\b)", r"\1:\2", re.IGNORECASE),
    _form(r"(?<![\w.:])(?P<hour>[01]\d|2[0-4])(?P<minute>[0-5]\d)\s?(?=(?:hours|hrs)\b)", _military),
    _form(r"(?<![\w.:])(?P<h>\d{1,3})\s?h(?:rs?)?\s?(?P<m>[0-5]?\d)(?:\s?m(?:ins?)?)?(?:\s?(?P<s>[0-5]?\d)\s?s(?:ecs?)?)?(?!\w|[.:]\d)", _duration),
    _form(r"(?<![\w.:])(?P<m>\d{1,3})\s?m(?:ins?)?\s?(?P<s>[0-5]?\d)\s?s(?:ecs?)?(?!\w)", _duration),
    _form(r"(?<![\w.:])(?P<m>\d{1,3}):(?P<s>[0-5]\d\.\d{1,3})(?!\w|[.:]\d)", _duration),
    _form(r"(?<=:\d\d)\s?mins?\b(?:\.(?=\s[a-z]))?", " minutes"),
    _form(r"(?<=:\d\d)\s?(?:h|hrs?)\b", " hours"),
    _form(r"(?<=:\d\d)\s?[-\u2013]\s?(?=\d{1,2}(?![\d:]))", " to "),
    _form(r"(?<!\w)(\d{1,4})-?ish\b", lambda m: f"{cardinal(int(m[1]))}-ish"),
    # Dates.
    _form(rf"(?<![\w/-])([12]?\d|3[01])-({_SHORT_MONTH})-(\d{{4}})(?!\w)", r"\1 \2 \3"),
    _form(rf"\b(?P<month>{_ANY_MONTH})\b\.?\s(?P<first>[12]?\d|3[01])(?:st|nd|rd|th)?\s?[-\u2013]\s?(?P<last>[12]?\d|3[01])(?:st|nd|rd|th)?(?![\w%:/$£€°]|[.,]\d|-\d|\s[a-z]+s\b)", _month_days),
    _form(rf"(?:the )?(?<![\w.,:$£€/-])(?P<first>[12]?\d|3[01])(?:st|nd|rd|th)?\s?[-\u2013]\s?(?P<last>[12]?\d|3[01])(?:st|nd|rd|th)?\s(?:of\s)?(?P<month>{_ANY_MONTH})\b\.?(?!\s?-)", _days_month),
    _form(rf"\b({_SHORT_MONTH})\b\.?,?\s(?='\d\d\b|[12]\d{{3}}\b)", lambda m: _MONTHS[m[1]] + " "),
    _form(r"(?<![\w.])([12]\d{3})\.(0[1-9]|1[0-2])\.(0[1-9]|[12]\d|3[01])(?![\w]|\.\d)", r"\1-\2-\3"),
    _form(r"(?<![\w/.,])(1[1-9]\d\d|20\d\d)/(\d\d|1[1-9]\d\d|20\d\d)(?![\w/]|\.\d)", r"\1-\2"),
    _form(r"(?<=\d{4})\s?[-\u2013]\s?(?=(?:present|now|today)\b)", " to "),
    _form(r"\b(FY|CY|AY)\s?'?(?=\d{2,4}\b)", r"\1 "),
    _form(rf"\b({_DAY})\b\.?,?\s(?=\d{{1,2}}(?:(?:st|nd|rd|th)\b|\s*(?:[.,;?!]|$)|\s(?:{_ANY_MONTH})\b)|(?:{_ANY_MONTH})\b)", lambda m: _DAYS[m[1][:3].lower()] + " "),
    # Prices.
    _form(r"\b(US|AU|CA|NZ|HK)\s(?=\$\d)", r"\1"),
    _form(r"\$\s?(\d[\d,]{0,14}(?:\.\d+)?(?:\s?(?:[kKmMbB]|bn|million|billion)\b)?)\s?(US|CA|AU|NZ|HK|SG)D\b", lambda m: f"{'S' if m[2] == 'SG' else m[2]}${m[1]}"),
    _form(r"(?<=[€])\s?(\d{1,3}(?:\.\d{3})+|\d{1,6}),(\d\d)(?![\d])", lambda m: f"{m[1].replace('.', '')}.{m[2]}"),
    _form(r"(?<![\w.,])(\d{1,3}(?:\.\d{3})+),(\d\d)(?=\s?(?:€|EUR\b))", lambda m: f"{m[1].replace('.', '')}.{m[2]}"),
    _form(r"(?<=€)\s?\d{1,3}(?:\.\d{3})+(?![\d.,])|(?<![\w.,])\d{1,3}(?:\.\d{3})+(?=\s?€)", lambda m: m[0].replace(".", "")),
    _form(r"(?<=\d),[-\u2013](?=\s|$|[.;:?!])(?<=€\d,-|\d\d,-|\d\d,\u2013)", ""),
    _form(r"(£\d{1,9}\.\d\d)p\b", r"\1"),
    _form(r"(?<![\w.,])(?P<number>240|360|480|720|1080|1440|2160)p\b", _lines),
    _form(r"(?<![\w.,-])(?P<number>\d{1,2})p\b", _pence),
    _form(r"(?<![\w.])401\s?\(?k\b\)?", "four oh one K", re.IGNORECASE),
    _form(r"\b(?:JP|CN)(?=\u00a5)", ""),
    _form(r"(\u00a3[\d,.]{1,20}(?:\s?[kKmM]|\s?bn)?)\s?GBP\b", r"\1"),
    _form(r"(\u20ac[\d,.]{1,20}(?:\s?[kKmM]|\s?bn)?)\s?EUR\b", r"\1"),
    _form(r"(?<![\w.,])(\d[\d,.]{0,20})\s?(US|AU|CA|NZ|HK)\$(?!\d)", r"\2$\1"),
    _form(rf"(?<=[{_MONEY}])\s?(\d{{1,3}})((?:[ \u202f]\d{{3}}){{1,4}})(?![\d,])", _joined),
    _form(rf"(?<![\w.,])(\d{{1,3}})((?:[ \u202f]\d{{3}}){{1,4}})(?=\s?(?:[{_MONEY}](?!\d)|(?:EUR|USD|GBP)\b))", _joined),
    _form(r"(?<![\w.,])(\d{1,4}(?:\.\d+)?)x?\s?[-\u2013]\s?(?=\d{1,4}(?:\.\d+)?x(?!\w))", r"\1 to "),
    # Ranges with the same unit, scale or sign at both numbers.
    _form(rf"([{_MONEY}])(\d{{1,6}}(?:\.\d+)?)(k|K|m|M|b|B|bn)\s?[-\u2013]\s?\1?(\d{{1,6}}(?:\.\d+)?)\3\b", r"\1\2-\1\4\3"),
    _form(r"(?<![\w.,$£€])(\d{1,6}(?:\.\d+)?)(k|K|bn|M)\s?[-\u2013]\s?(\d{1,6}(?:\.\d+)?)\2\b", r"\1-\3\2"),
    _form(r"(?<![\w.,$£€])(\d{1,6}(?:\.\d+)?)\s?(km|cm|mm|m|kg|kgs|g|mg|lbs?|oz|ml|L|ft|in|hrs?|mins?|secs?|GB|MB|mph|W|V|°C|°F|°)\s?[-\u2013]\s?(\d{1,6}(?:\.\d+)?)\s?\2(?!\w)", r"\1-\3 \2"),
    _form(r"(?<![\w.,'\"])(\d{1,3})(['\"])\s?[-\u2013]\s?(\d{1,3})\2(?!\w)", lambda m: f"{m[1]}-{m[3]} {'feet' if m[2] == chr(39) else 'inches'}"),
    # Numbers with a comma before their decimals, where a unit says that it is one number.
    _form(rf"(?<![\w.,])(\d{{1,3}}),(\d{{1,2}})(?=(?:{UNIT_PATTERN}))", r"\1.\2"),
    # Fractions.
    _form(r"(?<=\d)/(\d{1,3})(?:st|nd|rd|th)s?\b", r"/\1"),
    _form(r"(?<=\d/[2-9])\s?[-\u2013]\s?(?=\d)(?!\d+/\d+/)", " to "),
    # Sizes with a unit at each number.
    _form(r"(?<![\w.])(\d{1,5}(?:\.\d+)?)\s?(mm|cm|km|m|ft|in)\s?[x\u00d7]\s?(?=\d{1,5}(?:\.\d+)?\s?\2\b)", r"\1 \2 by "),
    _form(r"(?<![\w.])(\d{1,4})'\s?[x\u00d7]\s?(\d{1,4})'(?!\w)", r"\1 feet by \2 feet"),
    _form(r"(?<![\w.])(\d{1,4}(?:\.\d)?)\"\s?[x\u00d7]\s?(\d{1,4}(?:\.\d)?)\"(?!\w)", r"\1 by \2 inches"),
    _form(r"(?<=\d)\s?[X]\s?(?=\d)", " x "),
    _form(r"(?<![\w.])([3-8])\s?(?:ft|feet|foot)\.?,?\s?(1[01]|\d)\s?(?:inches|inch|in\b(?:\.(?=\s[a-z]))?|\")(?!\w)", r"""\1'\2" """.strip()),
    _form(r"(?<![\w.])([3-8])\s(?:ft|foot)\s(1[01]|\d)(?=[\s.,;?!]|$)(?!\s[a-z]+s\b)", r"""\1'\2" """.strip()),
    # Ages.
    _form(r"(?<=\d)\s?-?y\.?/?o\b\.?(?=\s[A-Za-z])(?<!-yo)", " years old"),
    _form(r"(?<=\d)-y\.?/?o\b\.?", "-year-old"),
    _form(r"(?<=\d)\s?y\.?/?o\b(?:\.(?!\s*$))?", " years old"),
    # Areas.
    _form(r"(?<=\d)\s?sq\.?\s(?=(?:miles?|feet|foot|met(?:re|er)s?|inch(?:es)?|yards?|kilomet)\b)", " square "),
    _form(r"(?<=\d)\s?(sq|cu)\.\s?(?=(?:ft|mi|m|in|yds?|km)\b)", r" \1 "),
    _form(r"(?<=\d)\s?deg\.?\s?(?=[CF]\b)", "\u00b0"),
    _form(r"(?<=\d)\s?deg\b(?:\.(?=\s[a-z]))?", "\u00b0"),
    _form(r"(?<=\d\sdegrees\s)(C|F)\b", lambda m: "Celsius" if m[1] == "C" else "Fahrenheit"),
    _form(r"(?<=\ddegrees\s)(C|F)\b", lambda m: "Celsius" if m[1] == "C" else "Fahrenheit"),
    # Versions.
    _form(r"(?<![\w.'-])v(?=\d{1,2}(?!\w|\.\d|\s(?:engine|rocket|motor|bomb)))", "version "),
    _form(r"(?<=\d)\.(?=x\b)", " point "),
    # Telephones.
    _form(r"(?<![\w.])(\d{3})\.(\d{3})\.(\d{4})(?!\w|\.\d)", r"\1-\2-\3"),
    _form(r"(?<![\w-])1-([2-9])00-(?=[A-Z])", lambda m: f"one, {cardinal(int(m[1]))} hundred, "),
    # Names of things with a number at their end: a word that can be said is one word.
    _form(r"(?<![\w'.])(?=[A-Za-z]*[aeiouyAEIOUY])([A-Za-z]?[a-z]{2,14})([1-9]\d{0,3})(?!\w)", r"\1 \2"),
    _form(r"(?<=under-)([1-9]\d)s\b", lambda m: _many(m[1])),
)  # fmt: skip


def _many(digits: str) -> str:
    words = cardinal(int(digits))
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


def one_spelling(text: str, forms: tuple[Form, ...]) -> str:
    """The text with every form of a table in the spelling that the rules know.

    >>> one_spelling("at 9.30am for 1h20", DIGITS)
    'at 9:30am for 1 hour 20 minutes'
    """
    if forms is SIGNS and _SIGN.search(text) is None:
        return text
    for pattern, read in forms:
        text = pattern.sub(read, text)
    return text
