"""Written numbers to spoken English: times, prices, dates, ranges, units, fractions, codes.

Readings are those of speech in the United States (no "and" within a number) unless a form is
British, such as pence. Of two readings of a date in figures (03/04/2021), `DateOrder` decides.

Maintained libraries were weighed (2026): num2words is LGPL and reads bare numbers only; inflect
(MIT) likewise, and takes a second to import. NeMo's text processing (Apache-2.0) covers much of
this through Pynini grammars: 60 MB compiled, no wheels for Windows, and seconds to start.
WeTextProcessing (Apache-2.0) needs Pynini too and its English is younger than its Chinese. A list of
rules that are tried in order costs microseconds a turn, and tests/lexicon/readings.tsv holds it to
what people say.
"""

from __future__ import annotations

# ruff: noqa: E501 -- a pattern is read in one line
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from interactspeech.lexicon.number_words import cardinal, ordinal, spelled, year
from interactspeech.lexicon.units import HYPHENED_UNIT, UNIT_PATTERN, unit_words
from interactspeech.lexicon.written_forms import DIGITS, SIGNS, one_spelling

#: Which comes first in a date in figures that can be read in both ways: month or day.
DateOrder = Literal["mdy", "dmy"]

_Match = re.Match[str]
_CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
    "¥": ("yen", "yen", "", ""),
    "₹": ("rupee", "rupees", "paisa", "paise"),
    "₩": ("won", "won", "", ""), "₽": ("ruble", "rubles", "kopek", "kopeks"),
    "₺": ("lira", "lira", "kurus", "kurus"), "₿": ("bitcoin", "bitcoins", "", ""),
    "₫": ("dong", "dong", "", ""), "₴": ("hryvnia", "hryvnias", "kopiyka", "kopiykas"),
    "₦": ("naira", "naira", "kobo", "kobo"), "₱": ("peso", "pesos", "centavo", "centavos"),
    "₪": ("shekel", "shekels", "agora", "agorot"), "฿": ("baht", "baht", "satang", "satang"),
    "USD": ("US dollar", "US dollars", "cent", "cents"),
    "EUR": ("euro", "euros", "cent", "cents"),
    "GBP": ("pound", "pounds", "penny", "pence"),
    "CAD": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "AUD": ("Australian dollar", "Australian dollars", "cent", "cents"),
    "JPY": ("yen", "yen", "", ""), "CHF": ("Swiss franc", "Swiss francs", "centime", "centimes"),
    "NZD": ("New Zealand dollar", "New Zealand dollars", "cent", "cents"),
    "HKD": ("Hong Kong dollar", "Hong Kong dollars", "cent", "cents"),
    "SGD": ("Singapore dollar", "Singapore dollars", "cent", "cents"),
    "CNY": ("yuan", "yuan", "", ""), "SEK": ("Swedish krona", "Swedish kronor", "", ""),
    "NOK": ("Norwegian krone", "Norwegian kroner", "", ""),
    "DKK": ("Danish krone", "Danish kroner", "", ""), "PLN": ("zloty", "zlotys", "", ""),
    "zł": ("zloty", "zlotys", "", ""), "MXN": ("Mexican peso", "Mexican pesos", "", ""),
    "BRL": ("real", "reais", "", ""), "KRW": ("won", "won", "", ""),
    "ZAR": ("rand", "rand", "cent", "cents"), "BTC": ("bitcoin", "bitcoins", "", ""),
    "RUB": ("ruble", "rubles", "", ""), "TRY": ("lira", "lira", "", ""),
    "INR": ("rupee", "rupees", "paisa", "paise"), "Rs": ("rupee", "rupees", "paisa", "paise"),
}  # fmt: skip
_DOLLARS = {"US": "US", "CA": "Canadian", "C": "Canadian", "AU": "Australian", "A": "Australian",
            "NZ": "New Zealand", "HK": "Hong Kong", "S": "Singapore", "NT": "Taiwan",
            "MX": "Mexican"}  # fmt: skip
_SCALES = {
    "k": "thousand", "thousand": "thousand", "m": "million", "mn": "million", "mm": "million",
    "mil": "million", "million": "million", "b": "billion", "bn": "billion", "billion": "billion",
    "t": "trillion", "tn": "trillion", "trn": "trillion", "trillion": "trillion",
    "lakh": "lakh", "crore": "crore",
}  # fmt: skip
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_SHORT_MONTHS = {name[:3]: name for name in _MONTHS} | {"Sept": "September"}
_MONTH = (
    "(?P<month>"
    + "|".join(_MONTHS)
    + r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\b\.?)"
)
_WHOLE = r"(?:\d{1,3}(?:,\s?\d{3})+(?!\d)|\d{1,2}(?:,\d\d)+,\d{3}(?!\d)|\d+)"
_AMOUNT = rf"(?P<whole>{_WHOLE})?(?:\.(?P<part>\d+))?"
_FULL = rf"(?=\.?\d)(?P<whole>{_WHOLE})?(?:\.(?P<part>\d+))?"
_SCALE = r"(?:\s?(?P<scale>(?i:k|mn|mm|mil|bn|trn|tn|million|billion|trillion|thousand|lakh|crore)|[mMbBtT])\b)?"
#: A hyphen that is a minus: nothing is joined to its left.
_MINUS = r"(?P<minus>(?<![\w.,)\]%°/$£€'-])-(?=[.\d$£€¥₹₩₽₺₿₱₪]|(?:US|A|C|NZ|HK)\$))?"
_CODES = "USD|EUR|GBP|CAD|AUD|JPY|CHF|INR|NZD|HKD|SGD|CNY|SEK|NOK|DKK|PLN|MXN|BRL|KRW|ZAR|BTC|RUB"
_PREFIX = rf"(?:(?P<land>\b(?:US|CA|AU|NZ|HK|NT|MX|C|A|S))?(?P<sign>\$)|(?P<other>R\$|[£€¥₹₩₽₺₿₫₴₦₱₪฿])|(?P<code>\b(?:{_CODES}|zł)|\bRs\.?))"
_SUFFIX = rf"(?P<other>[€£¥₹₩₽₺₿₫₴₦₱₪฿])|(?P<sign>\$)(?!\d)|(?P<code>{_CODES}|zł)\b"
#: The currency said again in words: "$5 million dollars".
_AGAIN = r"(?P<again>\s(?:US\s)?(?:dollars?|euros?|pounds?|yen)\b)?"
_PHONE_WORD = re.compile(
    r"\b(?:call|phone|telephone|tel|dial|ring|text|fax|number|mobile|cell)\b\W*(?:\w+\W+){0,3}$",
    re.IGNORECASE,
)
_BEFORE_YEAR = re.compile(
    r"(?:\b(?:in|since|by|until|till|from|before|after|during|of|year|spring|summer|autumn|fall"
    r"|winter|early|late|around|circa|" + "|".join(_MONTHS) + r")|,)\s*$",
    re.IGNORECASE,
)
_SCORE_WORD = re.compile(
    r"\b(?:vote[sd]?|w[io]n|lost|lose|beat|score|scored|led|lead|leading|tied|up|down)\b\D{0,20}$",
    re.IGNORECASE,
)
_DAY = re.compile(
    r"\b(?:on|by|since|until|till|before|after|dated|due|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,?)\s*$",
    re.IGNORECASE,
)


def _before(found: _Match) -> str:
    """The end of what stands before a match; not all of it, which would be copied each time."""
    return found.string[max(0, found.start() - 60) : found.start()]


_BETWEEN = re.compile(r"\bbetween\s$", re.IGNORECASE)
_AN = re.compile(r"(?<!\w)an?\s$", re.IGNORECASE)
#: Behind an amount that says the size of something: "a $20 bill", "a 6 ft man", "the 100 m race".
_THING = re.compile(
    r"\s(?!(?:of|or|and|to|in|is|was|are|for|from|at|on|by|a|an|the|that|which|per|more|less|off"
    r"|away|long|wide|tall|high|deep|thick|old|apart|later|ago|each|every|if|so|but|as|with)\b)"
    r"(?:[a-z]|\d|[A-Z][A-Za-z])"
)
_RACE = re.compile(r"\s(?:race|dash|sprint|run|walk|relay|drive|journey|hike|radius)\b")
#: Before a mark out of ten.
_MARK = re.compile(
    r"\b(?:got|gets?|rat(?:e[ds]?|ing)|scor(?:e[ds]?|ing)|gave|gives?|mark|marks|solid|quiz|test|exam)"
    r"\b[^.?!\d]{0,20}$",
    re.IGNORECASE,
)
_NUMBERED_THING = re.compile(
    r"\b(?:apartment|flat|unit|room|seat|gate|row|suite|block|section|part|form|figure|table|line|bus"
    r"|number|class|grade|platform|exit|question)\s$",
    re.IGNORECASE,
)
_EMERGENCY = frozenset({"911", "999", "112", "101", "111", "311", "411", "988", "000"})
_WAITING = re.compile(
    r"\b(?:wait|waited|for|took|takes|take|every|within|lasts?|lasted|after|another)\s$",
    re.IGNORECASE,
)


def _sizes(found: _Match) -> bool:
    """Whether the amount says the size of a thing, in the singular: "a $20 bill"."""
    after = found.string[found.end() : found.end() + 20]
    return bool(_RACE.match(after) or (_AN.search(_before(found)) and _THING.match(after)))


def _joint(found: _Match) -> str:
    return " and " if _BETWEEN.search(_before(found)) else " to "


def _digits(text: str | None) -> str:
    return re.sub(r"\D", "", text or "")


def number_words(whole: str | None, part: str | None = None) -> str:
    """A number as it is counted: ``number_words("1,234", "5")``."""
    digits = _digits(whole)
    if part:
        before = f"{_count(digits)} " if digits else ""
        return f"{before}point {spelled(part)}"
    return _count(digits)


def _count(digits: str) -> str:
    return cardinal(int(digits)) if len(digits) <= 15 else spelled(digits)


def _telephone(found: _Match) -> str:
    groups = re.findall(r"\d+", found.group())
    plus = "plus " if found.group().lstrip().startswith("+") else ""
    return plus + ", ".join(spelled(group) for group in groups)


def _spaced_telephone(found: _Match) -> str:
    groups = re.findall(r"\d+", found.group())
    before = _before(found)
    called = bool(_PHONE_WORD.search(before[-60:]))
    hyphen = re.search(r"[-\u2013(+]", found.group())
    if not called and not hyphen:
        if (
            len(groups[0]) == 4
            and 1000 <= int(groups[0]) <= 2100
            and _BEFORE_YEAR.search(before[-20:])
        ):
            return f"{year(int(groups[0]))} {' '.join(_count(group) for group in groups[1:])}"
        if len(groups[0]) < 4 and groups[0][0] != "0" and all(len(g) == 3 for g in groups[1:]):
            return _count("".join(groups))  # 10 000
    return _telephone(found)


def _half(found: _Match) -> str:
    """Say " PM", with the full stop of a sentence that ends in "p.m."."""
    if not found["half"]:
        return ""
    after = found.string[found.end() : found.end() + 60]
    stop = "." if found.group().endswith(".") and _SENTENCE.match(after) else ""
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


def _time(found: _Match) -> str:
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


def _hour(found: _Match) -> str:
    return cardinal(int(found["hour"])) + _half(found)


def _hours(found: _Match) -> str:
    """A range of hours: "9-5pm", "9:30am - 5pm"."""
    first = _clock(int(found["hour1"]), int(found["minute1"] or 0), " ")
    if found["half1"]:
        first = f"{first.strip()} {found['half1'].upper()}M"
    last = f"{_clock(int(found['hour']), int(found['minute'] or 0), ' ').strip()}{_half(found)}"
    return f"{first.strip()} to {last}"


def _currency(found: _Match) -> tuple[str, str, str, str]:
    groups = found.groupdict()
    if groups.get("other") == "R$":
        return _CURRENCIES["BRL"]
    if groups.get("sign"):
        one, many, cent, cents = _CURRENCIES["$"]
        land = _DOLLARS[groups["land"]] + " " if groups.get("land") else ""
        return land + one, land + many, cent, cents
    return _CURRENCIES[groups.get("other") or groups["code"].rstrip(".")]


def _minus(found: _Match) -> str:
    return "minus " if found.groupdict().get("minus") else ""


def _price(found: _Match) -> str:
    one, many, cent, cents = _currency(found)
    if "US" in (found.groupdict().get("again") or "") and one == "dollar":
        one, many = "US dollar", "US dollars"
    if _sizes(found):
        many, cents = one, cent
    whole, part, scale = _digits(found["whole"]), found["part"], found["scale"]
    if scale:
        amount = number_words(whole, part)
        return f"{_minus(found)}{amount} {_SCALES[scale.lower()]} {many}"
    if part and (len(part) != 2 or not cent):
        return f"{_minus(found)}{number_words(whole, part)} {many}"
    number, small = int(whole or 0), int(part or 0)
    spoken = f"{_count(whole or '0')} {one if number == 1 else many}" if number or not small else ""
    if small:
        spoken += " and " * bool(spoken) + f"{cardinal(small)} {cent if small == 1 else cents}"
    return _minus(found) + spoken


def _price_range(found: _Match) -> str:
    _, many, _, _ = _currency(found)
    scale = f" {_SCALES[found['scale'].strip().lower()]}" if found["scale"] else ""
    first, last = (number_words(*_parts(found[name])) for name in ("first", "last"))
    return f"{first}{_joint(found)}{last}{scale} {many}"


def _parts(text: str) -> tuple[str, str]:
    whole, _, part = text.replace(" ", "").partition(".")
    return whole, part


def _comma_price(found: _Match) -> str:
    one, many, cent, cents = _currency(found)
    number, small = int(found["whole"]), int(found["part"])
    spoken = f"{cardinal(number)} {one if number == 1 else many}"
    return f"{spoken} and {cardinal(small)} {cent if small == 1 else cents}" if small else spoken


def _date(day: int, month: int, last: str) -> str:
    spoken = f"{_MONTHS[month - 1]} {ordinal(day)}"
    if not last:
        return spoken
    number = int(last)
    return f"{spoken} {year(number) if len(last) == 4 else _two(last)}"


def _two(digits: str) -> str:
    return (
        ("oh " + cardinal(int(digits)))
        if digits[0] == "0" and digits != "00"
        else cardinal(int(digits))
    )


def _iso(found: _Match) -> str:
    return _date(int(found["day"]), int(found["month"]), found["year"])


def _slashed(order: DateOrder) -> Callable[[_Match], str]:
    def read(found: _Match) -> str:
        one, two, last = int(found["one"]), int(found["two"]), found["year"]
        month, day = (one, two) if order == "mdy" else (two, one)
        if month > 12:
            month, day = day, month
        if not (1 <= month <= 12 and 1 <= day <= 31):
            end = year(int(last)) if len(last) == 4 else _two(last)
            return f"{cardinal(one)} {cardinal(two)} {end}"
        return _date(day, month, last)

    return read


def _month(name: str) -> str:
    return _SHORT_MONTHS.get(name.rstrip("."), name.rstrip("."))


def _month_day(found: _Match) -> str:
    last = found["year"] or ""
    end = f"{found['comma'] or ''} {year(int(last))}" if last else ""
    return f"{_month(found['month'])} {ordinal(int(found['day']))}{end}"


def _day_month(found: _Match) -> str:
    last = found["year"] or ""
    article = "" if re.search(r"\bthe\s$", _before(found), re.IGNORECASE) else "the "
    end = f"{found['comma'] or ''} {year(int(last))}" if last else ""
    if found["month"].endswith(".") and not last and _SENTENCE.match(found.string[found.end() :]):
        end = "."
    return f"{article}{ordinal(int(found['day']))} of {_month(found['month'])}{end}"


def _decade(found: _Match) -> str:
    words = year(int(found["year"])) if len(found["year"]) == 4 else cardinal(int(found["year"]))
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


def _years(found: _Match) -> str:
    first, last = found["first"], found["last"]
    if len(last) == 4 and int(last) <= int(first):
        return _telephone(found)
    end = year(int(last)) if len(last) == 4 else _two(last)
    return f"{year(int(first))}{_joint(found)}{end}"


def _version(found: _Match) -> str:
    parts = found["parts"].split(".")
    lead = "version " if found["v"] else ""
    if (
        not lead
        and len(parts) > 2
        and all(len(part) == 3 for part in parts[1:])
        and len(parts[0]) < 4
    ):
        return _count("".join(parts))  # 1.000.000
    joint = " dot " if len(parts) == 4 else " point "
    return lead + joint.join(
        cardinal(int(part)) if len(part) < 4 else spelled(part) for part in parts
    )


_FIXED_FRACTIONS = {(24, 7): "twenty-four seven", (9, 11): "nine eleven", (50, 50): "fifty-fifty",
                    (7, 11): "seven eleven", (20, 20): "twenty twenty"}  # fmt: skip


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


def _fraction(order: DateOrder) -> Callable[[_Match], str]:
    def read(found: _Match) -> str:
        top, bottom = int(found["top"]), int(found["bottom"])
        month, day = (top, bottom) if order == "mdy" else (bottom, top)
        before = _before(found)
        after = found.string[found.end() : found.end() + 20]
        if (top, bottom) in _FIXED_FRACTIONS:
            return _FIXED_FRACTIONS[top, bottom]
        if month > 12:
            month, day = day, month
        if 1 <= month <= 12 and 1 <= day <= 31 and _DAY.search(before[-20:]) and not found["minus"]:
            return _date(day, month, "")
        stars = after.startswith(" star")
        if bottom in (5, 10, 20, 100) and (top == bottom or stars or _MARK.search(before)):
            return f"{_minus(found)}{cardinal(top)} out of {cardinal(bottom)}"
        if top + bottom == 100:
            return f"{cardinal(top)} {cardinal(bottom)}"
        unlikely = bottom in _FEW_FRACTIONS or (order == "dmy" and bottom <= 12 < top)
        if unlikely and 1 <= month <= 12 and 1 <= day <= 31 and not found["minus"]:
            return _date(day, month, "")
        spoken = fraction_words(top, bottom)
        if found["unit"]:
            return _minus(found) + _part_of(spoken, found["unit"])
        if spoken == "a half" and (_AN.search(before) or re.match(r"\san?\s", after)):
            spoken = "half"
        return _minus(found) + spoken

    return read


#: Numbers below a line that are days of a month rather than parts.
_FEW_FRACTIONS = frozenset(range(13, 32)) - {15, 16, 18, 20, 24}


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


#: Quotation marks; those behind digits are inches.
_OPENING = re.compile(r'(?<![\w.,?!)])"(?=\S)')
_CLOSING = re.compile(r'(?<=[^\s\d(])"')


def _mixed(found: _Match) -> str:
    top, bottom = int(found["top"]), int(found["bottom"])
    unit = found["unit"]
    quote = '"' if unit == '"' and _is_closing(found) else ""
    spoken = f"{_minus(found)}{_count(_digits(found['whole']))} and {fraction_words(top, bottom)}"
    spoken = spoken.replace(" and one ", " and a ") if bottom in (2, 3, 4) else spoken
    if unit == '"':
        return spoken + (quote or (" inch" if _sizes(found) else " inches"))
    return f"{spoken} {unit_words(unit, one=False)}" if unit else spoken


def _is_closing(found: _Match) -> bool:
    """Whether a quotation mark at the end of a match closes one that was opened before it."""
    before = found.string[: found.start()]
    return len(_OPENING.findall(before)) > len(_CLOSING.findall(before))


def _power(found: _Match) -> str:
    base = number_words(found["whole"], found["part"])
    power, minus = int(found["power"]), "minus " * bool(found["less"])
    if not minus and power in (2, 3) and not found["ten"]:
        unit = f" {unit_words(found['unit'], one=False)}" if found["unit"] else ""
        return f"{_minus(found)}{base} {'squared' if power == 2 else 'cubed'}{unit}"
    unit = f" {unit_words(found['unit'], one=False)}" if found["unit"] else ""
    return f"{_minus(found)}{base} to the {minus}{cardinal(power)}{unit}"


def _scientific(found: _Match) -> str:
    minus = "minus " if found["less"] == "-" else ""
    base = number_words(found["whole"], found["part"])
    return f"{_minus(found)}{base} times ten to the {minus}{cardinal(int(found['power']))}"


def _range(found: _Match) -> str:
    first, last, unit = found["first"], found["last"], found["unit"]
    words = [number_words(*_parts(one)) for one in (first, last)]
    if unit is None and len(_digits(last)) == 4 and "," not in last and "." not in last:
        words = [_plain(_digits(first)), _plain(_digits(last))]
    scale = f" {_SCALES[found['scale'].strip().lower()]}" if found["scale"] else ""
    suffix = f" {unit_words(unit, one=False)}" if unit else ""
    return f"{_minus(found)}{words[0]}{_joint(found)}{words[1]}{scale}{suffix}"


def _plain(digits: str) -> str:
    """A number without a unit: four digits may be a year."""
    if len(digits) == 4 and 1100 <= int(digits) < 2100:
        return year(int(digits))
    return cardinal(int(digits))


def _number(found: _Match) -> str:
    whole, part, unit = _digits(found["whole"]), found["part"], found["unit"]
    minus, scale = _minus(found), found["scale"]
    if scale in ("M", "B") and _NUMBERED_THING.search(_before(found)):
        return f"{minus}{spelled(found.group())}"
    one = (whole in ("1", "01") and not part and not scale) or (bool(unit) and _sizes(found))
    suffix = f" {unit_words(unit, one=one)}" if unit else ""
    if scale:
        return f"{minus}{number_words(whole, part)} {_SCALES[scale.strip().lower()]}{suffix}"
    if part or not whole:
        return f"{minus}{number_words(whole, part)}{suffix}"
    called = whole in _EMERGENCY and _PHONE_WORD.search(_before(found))
    if (len(whole) > 1 and whole[0] == "0") or (called and not unit):
        return minus + spelled(whole) + suffix
    grouped = "," in found["whole"]
    if not suffix and not grouped and len(whole) >= 7 and not whole.endswith("000"):
        return minus + spelled(whole)
    if not suffix and not grouped and not minus and len(whole) == 4:
        return _plain(whole)
    return minus + _count(whole) + suffix


def _size(found: _Match) -> str:
    parts = [
        year(int(part)) if len(part) == 4 and part.isdigit() else number_words(*_parts(part))
        for part in re.split(r"\s?[x\u00d7]\s?", found["sizes"])
    ]
    unit = found["unit"]
    return " by ".join(parts) + (f" {unit_words(unit, one=False)}" if unit else "")


def _height(found: _Match) -> str:
    feet, inches = int(found["feet"]), found["inches"] or found["more"]
    if inches:
        return f"{cardinal(feet)} foot {cardinal(int(inches))}"
    return f"{cardinal(feet)} {'foot' if feet == 1 else 'feet'}"


def _score(found: _Match) -> str:
    return f"{cardinal(int(found['one']))} to {cardinal(int(found['two']))}"


#: The end of a sentence behind an abbreviation: days, months and time zones go on with it.
_SENTENCE = re.compile(
    r"\s*$|\s+(?!(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)|"
    + "|".join(_MONTHS)
    + r"|[ECMP][SD]?T|GMT|UTC|BST|CES?T)\b)[A-Z]"
)
_HALF = r"(?P<half>[ap])\.?\s?m\b\.?"
_OPTIONAL_UNIT = rf"(?P<unit>{UNIT_PATTERN})?"
_SCALE_WORD = (
    r"(?P<scale>(?<=\d)k\b|(?<=\d)[MB](?=\s[a-z]{3,}s\b)|(?<=\.\d)[MB]\b|\s?(?:bn|mn)\b|(?<=\d)mil\b"
    r"|(?<=\d\d)K\b(?!\s(?:run|race|walk|runner|marathon|TV|video))|\s?(?:million|billion|trillion)\b)?"
)
_R = r"\s?[-\u2013]\s?"


@lru_cache(maxsize=4)
def _rules(order: DateOrder) -> tuple[tuple[re.Pattern[str], Callable[[_Match], str]], ...]:
    """In the order in which they are tried."""

    def rule(pattern: str, read: Callable[[_Match], str], flags: int = 0):  # type: ignore[no-untyped-def]  # noqa: ANN202
        return re.compile(pattern, flags), _apart(read)

    insensitive = re.IGNORECASE
    return (
        # Dates.
        rule(r"(?<![\w-])(?P<year>[12]\d{3})-(?P<month>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12]\d|3[01])(?![\w-])", _iso),
        rule(r"(?<![\w./])(?P<year>[12]\d{3})/(?P<month>0?[1-9]|1[0-2])/(?P<day>[12]\d|3[01]|0?[1-9])(?![\w/])", _iso),
        rule(r"(?<![\w./])(?P<one>\d{1,2})/(?P<two>\d{1,2})/(?P<year>[12]\d{3}|\d\d)(?![\w/])", _slashed(order)),
        rule(r"(?<![\w.-])(?P<one>\d{1,2})-(?P<two>\d{1,2})-(?P<year>[12]\d{3})(?![\w-])", _slashed(order)),
        rule(r"(?<![\w.])(?P<one>0?[1-9]|[12]\d|3[01])\.(?P<two>0?[1-9]|1[0-2])\.(?P<year>[12]\d{3})(?![\w]|\.\d)", _slashed("dmy")),
        rule(rf"\b{_MONTH}\s(?P<day>[12]\d|3[01]|0?[1-9])(?:(?i:st|nd|rd|th))?(?P<comma>,)?\s(?P<year>[12]\d{{3}})\b(?!\s?[-:])", _month_day),
        rule(rf"(?<![\w.,:$£€/-])(?P<day>[12]\d|3[01]|0?[1-9])(?:(?i:st|nd|rd|th))?\s(?:of\s)?{_MONTH}(?![\w])(?:(?P<comma>,)?\s(?P<year>[12]\d{{3}})\b(?!\s?[-:]))?(?P<dot>)", _day_month),
        rule(rf"\b{_MONTH}\s(?P<day>[12]\d|3[01]|0?[1-9])(?:(?i:st|nd|rd|th))?(?P<comma>)(?P<year>)(?![\w/:%$£€°]|[.,]\d|\s?[-\u2013]\s?\d|\s[a-z]+s\b)", _month_day),
        # Times.
        rule(r"(?<=:\d\d)\s?-\s?(?=\d{1,2}:\d\d)", lambda _: " to "),
        rule(rf"(?<![\w.:])(?P<hour1>1[0-2]|0?[1-9])(?::(?P<minute1>[0-5]\d))?\s?(?:(?P<half1>[ap])\.?\s?m\b\.?)?{_R}(?P<hour>1[0-2]|0?[1-9])(?::(?P<minute>[0-5]\d))?\s?{_HALF}", _hours, insensitive),
        rule(r"(?<![\w.:])(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:\.(?P<thousandth>\d{1,6}))?)?"
             rf"(?:\s?{_HALF}(?=[^\w]|$)|(?P<clock>\s?o'?\s?clock\b))?(?!\w|:\d)", _time, insensitive),
        rule(rf"(?<![\w.])(?P<hour>1[0-2]|0?[1-9])\s?{_HALF}", _hour, insensitive),
        rule(r"(?<![\w.:/])(?P<one>\d{1,3}):(?P<two>\d{1,3})(?!\w|:\d)", _score),
        # Prices.
        rule(rf"{_PREFIX}\s?(?P<first>\d[\d,]{{0,14}}(?:\.\d+)?)\s?[-\u2013]\s?(?:[$£€])?(?P<last>\d[\d,]{{0,14}}(?:\.\d+)?){_SCALE}(?!\d|\s?-)", _price_range),
        rule(rf"{_MINUS}{_PREFIX}\s?{_FULL}{_SCALE}{_AGAIN}", _price),
        rule(rf"(?<![\w.,])(?P<whole>\d{{1,6}}),(?P<part>\d\d)\s?(?:{_SUFFIX})", _comma_price),
        rule(rf"(?<![\w.]){_MINUS}{_FULL}{_SCALE}\s?(?:{_SUFFIX})", _price),
        rule(r"(?<![\w.])(?P<whole>\d+)\s?¢", lambda m: f"{cardinal(int(m['whole']))} cent{'s' * (m['whole'] != '1')}"),
        # Versions and addresses.
        rule(r"(?<![\w.-])(?P<v>[vV]\.?\s?)?(?P<parts>\d+(?:\.\d+){2,5})(?![\w]|\.\d)", _version),
        rule(r"(?<![\w.-])(?P<v>[vV])(?P<parts>\d+\.\d+)(?!\w|\.\d)", _version),
        # Powers.
        rule(rf"(?<![\w.]){_MINUS}{_FULL}\s?[x\u00d7*]\s?10\^(?P<less>-)?(?P<power>\d{{1,3}})", _scientific),
        rule(rf"(?<![\w.]){_MINUS}{_FULL}e(?P<less>[-+])?(?P<power>\d{{1,3}})(?!\w)", _scientific, insensitive),
        rule(rf"(?<![\w.]){_MINUS}{_FULL}\^(?P<less>-)?(?P<power>\d{{1,3}})(?P<ten>(?<=\d\d))?{_OPTIONAL_UNIT}(?!\w)", _power),
        # Fractions.
        rule(rf"(?<![\w./]){_MINUS}(?P<whole>\d{{1,4}})[\s-](?P<top>\d{{1,2}})/(?P<bottom>\d{{1,2}})(?![\w/]|\.\d)(?P<unit>\"(?!\w)|(?:{UNIT_PATTERN}))?", _mixed),
        rule(r"(?<=half|rter|ters|\wrds|hird|\wths|\w\wth)\s[x\u00d7]\s(?=\d)", lambda _: " by "),
        # Ranges, before telephone numbers; three groups or more are no range.
        rule(r"(?<![\w.,/+-])\d{1,5}(?:-\d{1,7}){2,6}(?![\w/-]|[.,]\d)", _groups),
        rule(rf"(?<![\w.,-])(?P<first>1[1-9]\d\d|20\d\d){_R}(?P<last>1[1-9]\d\d|20\d\d)(?!\d|\s?-|[.,]\d)", _years),
        rule(r"(?<![\w.,-])(?P<first>1[1-9]\d\d|20\d\d)[-\u2013](?P<last>\d\d)(?![\d\w]|\s?-|[.,]\d)", _years),
        rule(rf"(?<![\w.,-])(?P<minus>-)?(?P<first>\d{{1,3}}(?:,\d{{3}})*(?:\.\d+)?)\s?(?:%|°)?{_R}(?P<last>\d{{1,3}}(?:,\d{{3}})*(?:\.\d+)?){_SCALE_WORD}{_OPTIONAL_UNIT}(?![\d\w]|\s?[-\u2013]\s?\d|,\d)", _any_range),
        rule(rf"(?<![\w.,-])(?P<minus>)(?P<first>[1-9]\d{{1,3}}0){_R}(?P<last>[1-9]\d{{2,4}}0){_SCALE_WORD}{_OPTIONAL_UNIT}(?![\d\w]|\s?[-\u2013]\s?\d|,\d)", _round_range),
        # Telephone numbers, with the country's code and without.
        rule(r"(?<!\w)\+\d{1,3}(?:[\s-]\(?\d{2,7}\)?){2,5}(?![\w.]\d|\w)", _telephone),
        rule(r"(?<![\w.])(?:\+\s?|\()?\d{1,5}\)?(?:\s?[-\u2013]\s?|\s)\d{3,7}"
             r"(?:(?:\s?[-\u2013]\s?|\s)\d{2,6})*(?![\w.]\d|\w)", _any_telephone),
        rule(r"(?<=\d)\s?-\s?(?=\d)", lambda _: ", "),
        # The rest.
        rule(r"(?<!\w)'?(?P<year>1[1-9]\d0|20\d0|[2-9]0)'?s\b", _decade_or_seconds),
        rule(r"(?<![\w'])'(?P<year>\d\d)(?![\w']|[.,:]\d)", lambda m: _two(m["year"])),
        rule(r"(?<![\w.])(?P<number>\d{1,3}(?:,\d{3})+|\d{1,6})\s?(?:st|nd|rd|th)\b", lambda m: ordinal(int(_digits(m["number"]))), insensitive),
        rule(rf"(?<![\w./]){_MINUS}(?P<top>\d{{1,4}})/(?P<bottom>\d{{1,4}})(?![\d/]|\.\d)(?P<unit>\"(?!\w)|(?!s\b)(?:{UNIT_PATTERN}))?(?![\w/])", _fraction(order)),
        rule(r"(?<![\w.'])(?P<feet>\d)'(?:\s?(?P<inches>1[01]|\d)(?:\"|'')|(?P<more>1[01]|\d)(?!\d))?(?=[\s.,?!]|$)", _height),
        rule(r"(?<![\w.\"])(?P<whole>\d{1,3})(?:\.(?P<part>\d{1,3}))?\"(?=\s|$|[.,;?!)])", _inches),
        rule(rf"(?<![\w.,]){_MINUS}{_FULL}-(?P<unit>{HYPHENED_UNIT})\b\.?(?=\s[a-z]|-[a-z])", _hyphened),
        rule(rf"(?<![\w.])(?P<sizes>\d{{1,5}}(?:\.\d+)?(?:\s?[x\u00d7]\s?\d{{1,5}}(?:\.\d+)?){{1,2}}){_OPTIONAL_UNIT}(?!\w)", _size),
        rule(rf"(?<![\w.]){_MINUS}{_FULL}\s?[x\u00d7](?![\w])", lambda m: f"{_minus(m)}{number_words(m['whole'], m['part'])} times", insensitive),
        # A number with a scale or a unit.
        rule(rf"(?<![\w.]){_MINUS}{_FULL}{_SCALE_WORD}(?P<unit>{UNIT_PATTERN})", _number),
        rule(rf"(?<![\w.]){_MINUS}{_FULL}{_SCALE_WORD.removesuffix('?')}(?P<unit>)", _number),
        # Codes: letters and digits in one word (MUL0484, CB21AB, 7B).
        rule(rf"{_MINUS}(?<![\w'])(?<!\d\.)(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{{2,14}}(?!\w)", _code),
        rule(r"(?<=[A-Za-z])\^(?P<power>[23])(?!\d)", lambda m: " squared" if m["power"] == "2" else " cubed"),
        rule(rf"(?<![\w.]){_MINUS}{_FULL}(?P<scale>)(?P<unit>)", _number),
        rule(r"(?P<whole>\d+)(?P<part>)(?P<unit>)(?P<scale>)", _glued),
    )  # fmt: skip


def _apart(read: Callable[[_Match], str]) -> Callable[[_Match], str]:
    """Words stay apart from letters and digits beside what was read."""

    def padded(found: _Match) -> str:
        words = read(found)
        before = found.string[max(0, found.start() - 1) : found.start()]
        after = found.string[found.end() : found.end() + 1]
        left = before.isalnum() and words[:1].isalnum()
        return " " * left + words + " " * (after.isalnum() and words[-1:].isalnum())

    return padded


def _groups(found: _Match) -> str:
    """Digits in groups between hyphens: long ones as they are dictated, short ones as numbers."""
    groups = found.group().split("-")
    if max(map(len, groups)) < 3 and not any(len(g) > 1 and g[0] == "0" for g in groups):
        return ", ".join(cardinal(int(group)) for group in groups)
    return ", ".join(spelled(group) for group in groups)


def _code(found: _Match) -> str:
    """Letters and digits in one word; two digits at its end are one number ("M25", "B12", "20C")."""
    text, minus = found.group().removeprefix("-"), _minus(found)
    parts = re.fullmatch(r"([A-Z]{1,3})([1-9]\d)|([1-9]\d)([A-Za-z])", text)
    if parts is None:
        return minus + spelled(text)
    if parts[1]:
        return f"{minus}{spelled(parts[1])} {cardinal(int(parts[2]))}"
    return f"{minus}{cardinal(int(parts[3]))} {spelled(parts[4])}"


def _decade_or_seconds(found: _Match) -> str:
    """Seconds where something waits ("wait 30s."), years elsewhere ("after 80s music")."""
    bare = len(found["year"]) == 2 and "'" not in found.group()
    thing = re.match(r"\s[a-z]", found.string[found.end() : found.end() + 2])
    if bare and not thing and _WAITING.search(_before(found)):
        return f"{cardinal(int(found['year']))} seconds"
    return _decade(found)


def _inches(found: _Match) -> str:
    if _is_closing(found):
        return number_words(found["whole"], found["part"]) + '"'
    one = (found["whole"] == "1" and not found["part"]) or _sizes(found)
    return f"{number_words(found['whole'], found['part'])} inch{'' if one else 'es'}"


def _hyphened(found: _Match) -> str:
    """A size between a number and a thing: "a 5-km run"."""
    number = number_words(found["whole"], found["part"])
    return f"{_minus(found)}{number}-{unit_words(found['unit'], one=True)}"


def _any_range(found: _Match) -> str:
    first, last = _parts(found["first"]), _parts(found["last"])
    low, high = (float(f"{_digits(w) or 0}.{p or 0}") for w, p in (first, last))
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
        joint = " to " if _SCORE_WORD.search(_before(found)[-40:]) else ", "
        joint = " " if low + high == 100 and joint == ", " else joint
        if low == high == 50:
            return "fifty-fifty"
        return joint.join(cardinal(int(_digits(one))) for one in (found["first"], found["last"]))
    return _range(found)


def _number_text(text: str) -> str:
    digits = _digits(text)
    return spelled(digits) if digits[0] == "0" and len(digits) > 1 else number_words(*_parts(text))


def _round_range(found: _Match) -> str:
    if int(found["first"]) >= int(found["last"]):
        return _telephone(found)
    return _range(found)


def _any_telephone(found: _Match) -> str:
    return _spaced_telephone(found)


def _glued(found: _Match) -> str:
    """Digits that nothing else read."""
    return _number(found)


_ONE = re.compile(r"\d")
#: Cents that a tokenizer tore off ("$2980. 00").
_TORN = re.compile(r"(?<=[$£€])(\s?\d[\d,\s]{0,20})\.\s(\d\d)\b")
#: Signs beside numbers, as words.
_OPERATORS = (
    (re.compile(r"\u2212\s?(?=[.\d$£€])"), " minus "),
    (re.compile(r"±\s?(?=[.\d$£€])"), "plus or minus "),
    (re.compile(r"(?:\b(?i:about)\s)(?=[~\u2248]\s?[.\d$£€])"), ""),
    (re.compile(r"(?<![\w~])[~\u2248]\s?(?=[.\d$£€])"), "about "),
    (re.compile(r"(?<![\w+])\+\s?(?=\.?\d{1,3}(?!\d|[\s-]\(?\d))"), "plus "),
    (re.compile(r"(?<=\d)\s[\u00d7*]\s(?=\d)(?!10\^)"), " times "),
    (re.compile(r"(?<=\d)\s?÷\s?(?=\d)"), " divided by "),
    (re.compile(r"(?<=[\d%])\s\+\s?(?=[.\d$£€])|(?<=\d)\+(?=\d)"), " plus "),
    (re.compile(r"(?<=\d)\s-\s(?=\d{1,3}\s?=)"), " minus "),
    (re.compile(r"[\u2264]\s?(?=[.\d$£€])"), " at most "),
    (re.compile(r"[\u2265]\s?(?=[.\d$£€])"), " at least "),
    (re.compile(r"(?<!\S)<\s?(?=[.\d$£€])"), "less than "),
    (re.compile(r"(?<!\S)>\s?(?=[.\d$£€])"), "more than "),
)  # fmt: skip
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_RAISED = re.compile(r"(?<=\d)[⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_VULGAR = {
    "½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅖": "2/5",
    "⅗": "3/5", "⅘": "4/5", "⅙": "1/6", "⅚": "5/6", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8",
    "⅞": "7/8", "⅑": "1/9", "⅒": "1/10", "⅐": "1/7",
}  # fmt: skip
_VULGAR_SIGN = re.compile(r"(?:(\d)\s?)?([" + "".join(_VULGAR) + "])")


#: Text in which no rule for signs finds anything: nine of ten sentences of talk.
_NO_SIGNS = re.compile(r"(?:[A-Za-z\s,;:?!'\"-]|\.(?![A-Z]))*")


def plain_signs(text: str) -> str:
    """Fractions, powers, dashes and signs of Unicode beside digits, in ASCII's place for them.

    To be done before a compatibility normalisation, which turns "2½" into "21/2" and "10⁶" into
    "106".
    """
    if _NO_SIGNS.fullmatch(text):
        return text
    text = one_spelling(text, SIGNS)
    text = _VULGAR_SIGN.sub(
        lambda found: (found[1] + " " if found[1] else "") + _VULGAR[found[2]], text
    )
    text = _RAISED.sub(lambda found: "^" + found.group().translate(_SUPERSCRIPTS), text)
    text = text.replace("²", "^2").replace("³", "^3").replace("\u2044", "/")
    text = re.sub(r"(?<=\d)\s?[\u2010\u2011\u2012\u2013]\s?(?=[$£€]?\d)", "-", text)
    text = re.sub(r"(?<![\w\s])\s?[\u2010-\u2013](?=\d)|(?<=\s)[\u2012\u2013](?=\d)", "-", text)
    for pattern, words in _OPERATORS:
        text = pattern.sub(words, text)
    return re.sub(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))", ",", text)


def spell_numbers(text: str, dates: DateOrder = "mdy") -> str:
    """The text with every digit turned into words.

    Args:
        text: in English.
        dates: how 03/04/2021 is read: "mdy", as in the United States, March fourth; "dmy", April
            third.

    >>> spell_numbers("Ref MUL0484, 3:30 pm on the 10th.")
    'Ref M U L zero four eight four, three thirty PM on the tenth.'
    >>> spell_numbers("That's $12.50, or -5 degrees in 1914-1918.")
    "That's twelve dollars and fifty cents, or minus five degrees in nineteen fourteen to nineteen eighteen."
    """
    text = plain_signs(text)
    if not _ONE.search(text):
        return text
    text = one_spelling(_TORN.sub(r"\1.\2", text), DIGITS)
    for pattern, read in _rules(dates):
        text = pattern.sub(read, text)
        if not _ONE.search(text):
            break
    return text
