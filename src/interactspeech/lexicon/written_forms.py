"""Spellings of numbers that vary, brought to the one that the rules of `numbers` know.

"9.30am" becomes "9:30am", "€1.234,56" becomes "€1234.56", "1h20" becomes "1 hour 20 minutes",
"US $5" becomes "US$5", "Python3" becomes "Python 3". Nothing is dropped: each form keeps its digits
and its sign.
"""

from __future__ import annotations

# ruff: noqa: E501 -- a pattern is read in one line
import re
from collections.abc import Callable

from interactspeech.lexicon.number_words import cardinal, ordinal, spelled
from interactspeech.lexicon.units import PER, UNIT_PATTERN, unit_words

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


def _stone(found: _Match) -> str:
    """Tell a weight ("12st") from a day ("21st"): suffixes of ordinals agree with their last digit."""
    digits = found["number"]
    is_ordinal = digits[-1] == "1" and digits[-2:] != "11"
    return found.group() if is_ordinal else _plural(digits, "stone").removesuffix("s")


def _plan(found: _Match) -> str:
    """A plan or a form of the tax office: "401(k)", "501(c)(3)"."""
    number = cardinal(int(found["number"][0])) + f" oh {cardinal(int(found['number'][2]))}"
    last = f" {cardinal(int(found['last']))}" if found["last"] else ""
    return f"{number} {found['letter'].upper()}{last}"


def _airliner(found: _Match) -> str:
    """An airliner as it is called: "747" is seven forty-seven, "A380" is A three eighty."""
    first, rest = found["number"][0], int(found["number"][1:])
    series = found.groupdict().get("series")
    name = f"{found['what']}{cardinal(int(first))} {'oh ' * (rest < 10)}{cardinal(rest)}"
    return f"{name} {cardinal(int(series))}" if series else name


def _angle(found: _Match) -> str:
    """An angle in degrees and minutes, with its side before it or without one."""
    side = found.groupdict().get("before")
    parts = [_TWO_SIDES[side.lower()]] if side else []
    parts.append(f"{found['degrees']} degrees")
    if found["minutes"]:
        parts.append(_plural(found["minutes"], "minute"))
    if found["seconds"]:
        parts.append(_plural(found["seconds"], "second"))
    return " ".join(parts)


def _dose(found: _Match) -> str:
    """A dose for a weight and a time: "10 mg/kg/day"."""
    unit = unit_words(found["unit"], one=found["number"] == "1")
    times = {"d": "day", "h": "hour", "hr": "hour", "wk": "week", "min": "minute"}
    per = (
        f"per {unit_words(found['weight'], one=True)} per {times.get(found['time'], found['time'])}"
    )
    return f"{found['number']} {unit} {per}"


def _pace(found: _Match) -> str:
    """A runner's pace: "5:30/km"."""
    whole = _plural(found[1], "minute")
    if int(found[2]):
        whole += " " + _plural(str(int(found[2])), "second")
    return f"{whole} a {'kilometre' if found[3] == 'km' else 'mile'}"


def _hashtag(found: _Match) -> str:
    """A tag that begins with a number: "#100DaysOfCode"."""
    return f"hashtag {found[1]}" + re.sub(r"([A-Z])", r" \1", found[2])


#: Units of which a range may have two: "20 Hz-20 kHz".
_SI = "Hz|kHz|MHz|GHz|mg|g|kg|mm|cm|m|km|ml|L|KB|MB|GB|TB|W|kW|mV|V|ms|s"
_THOUSANDS = {"10": "tens", "100": "hundreds", "1000": "thousands", "10000": "tens of thousands",
              "100000": "hundreds of thousands", "1000000": "millions"}  # fmt: skip
#: Words that are written with a digit in messages.
_CHAT = {"gr8": "great", "l8r": "later", "l8": "late", "m8": "mate", "w8": "wait", "h8": "hate",
         "b4": "before", "2nite": "tonight", "2moro": "tomorrow", "2morrow": "tomorrow",
         "str8": "straight", "4ever": "forever", "any1": "anyone", "some1": "someone",
         "every1": "everyone", "no1": "no one"}  # fmt: skip


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
    _form(r"\b(?P<before>[NSEW])\s?(?P<degrees>\d{1,3})\s?\u00b0\s?(?P<minutes>\d{1,2}(?:\.\d{1,4})?)\s?'(?:\s?(?P<seconds>\d{1,2}(?:\.\d{1,4})?)\s?\"(?!\w))?", _angle),
    _form(r"(?<![\w.])(?P<degrees>\d{1,3}(?:\.\d{1,6})?)\s?\u00b0\s?(?:(?P<minutes>\d{1,2})\s?'\s?)?(?:(?P<seconds>\d{1,2})\s?\"\s?)?(?P<side>[NSEW])\b", _place),
    _form(r"(?<![\w.])(?P<degrees>\d{1,3})\s?\u00b0\s?(?P<minutes>\d{1,2})\s?'(?:\s?(?P<seconds>\d{1,2})\s?\"(?!\w))?(?!\w)", _angle),
    _form(r"(?<![\w.])(?P<number>40[13]|457|501|529)\s?\((?P<letter>[a-zA-Z])\)(?:\s?\((?P<last>\d)\))?", _plan),
    _form(r"(?<=[\d)])\s?[-\u2212]\s?(?=\([-\u2212]?\.?\d)", " minus "),
    _form(r"(?:(?<=\d)|(?<=\u03c0)|(?<=\bpi)|(?<=\b[A-Za-z]))\s?\u2248\s?(?=[-.\d$])", " is about "),
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
    _form(r"(?<=\d)@(?=[A-Za-z])(?![\w-]{1,63}\.\w)", " at "),
    _form(r"(?<![\w/])24/7/365(?![\w/])", "twenty-four seven three sixty-five"),
    _form(r"(?<!\w)#(?=[A-Za-z]{2})", "hashtag "),
    _form(r"(?<!\w)#(\d{1,4})((?:[A-Z][a-z]{1,20}){1,8})(?!\w)", _hashtag),
    _form(r"(?<![\w/.])([ur])/(?=[A-Za-z]\w{2})", r"\1 slash "),
    _form(r"(?<=\w)\s\+\s(?=[A-Za-z]{2})(?<=[\d%)a-z]\s\+\s)", " plus "),
    _form(r"(?<![\w.?!,])\.(?=[A-Z]{2,}\b)", "dot "),
)  # fmt: skip

#: Where none of these is, no form of `SIGNS` is.
_SIGN = re.compile(
    "[+<>=*^%@#\u2032\u2033\u00ba\u02da\u00b0\u2116\u2605\u2606\u2b50\u2260\u2212\u221a\u221e\u03c0\u00a7\u00b6"
    rf"\u00a9{_MONEY}_\u2248]|\b[ur]/|(?:UTC|GMT)|\d['/\s(]|-\s?[-(]|(?<!\w)\.[A-Z]"
)

#: Changed before the rules, where there are digits.
DIGITS: tuple[Form, ...] = (
    # Two things with a slash or a hyphen between them.
    _form(r"\b(FY|CY|AY)\s?'?(?=\d{2,4}\b)", r"\1 "),
    _form(rf"(?<=\d)\s?({_SI}|lbs?|oz|ft|mph)\s?/\s?(?=\d)", r" \1 or "),
    _form(r"(?<=\d:\d)\s?/\s?(?=\d{1,2}:\d)|(?<=\d:\d\d)\s?/\s?(?=\d{1,2}:\d)", " or "),
    _form(r"(?<![\w.,$£€])(\d{1,6})\s?[-\u2013]\s?(\d{1,6})\s?\$(?!\d)", r"$\1-\2"),
    _form(r"(?<!\w)'(\d\d)\s?[-\u2013]\s?(?='\d\d(?!\w))", r"'\1 to "),
    _form(r"(?<=\d0s)\s?[-\u2013]\s?(?='?[1-9]0'?s\b)|(?<=\d0's)\s?[-\u2013]\s?(?='?[1-9]0'?s\b)", " to "),
    _form(r"\b(Q[1-4]|H[12])\s?[-\u2013]\s?(?=[QH][1-4]\b)", r"\1 to "),
    _form(r"\b(noon|midnight)\s?[-\u2013]\s?(?=\d)", r"\1 to ", re.IGNORECASE),
    _form(r"(?<=\d)\s?[x\u00d7]\s?(?=\d{1,6}\s?(?:=|equals\b))", " times "),
    _form(r"(?<![\w.,])(\d{1,3}),(\d{1,2})(?=\s(?:lit(?:re|er)s?|met(?:re|er)s?|kilos?|kilograms?|kilomet(?:re|er)s?|hours?|percent|million|billion|euros?)\b)", r"\1.\2"),
    _form(r"(?<![\w.\u00b0])(?P<m>\d{1,2})'\s?(?P<s>1[2-9]|[2-5]\d)\"(?!\w)", _duration),
    _form(r"(?<![\w.])([12])m(\d\d)(?!\w)", lambda m: f"{_plural(m[1], 'metre')} {m[2]}"),
    _form(r"(?<![\w.,])(\d{1,2})w\s(\d{1,2})d(?!\w)", lambda m: f"{_plural(m[1], 'week')} {_plural(m[2], 'day')}"),
    _form(r"(?<=[Uu]nder-)([1-9]\d?)s\b|(?<=[Tt]he under )([1-9]\d?)s\b", lambda m: _many(m[1] or m[2])),
    _form(r"(?<![\w.])7([0-8])7s\b", lambda m: f"seven {'oh ' * (m[1] == '0')}{_many(m[1].replace('0', '') + '7')}"),
    _form(r"\b((?:[Yy]ear|[Ii]n|AD)\s)10([1-9]\d)(?=[.,;:?!](?!\d)|\s(?:and|when|AD|BC)\b|$)", lambda m: f"{m[1]}ten {cardinal(int(m[2]))}"),
    # Messages, and digits that are said one by one.
    _form(rf"(?<![\w.'@-])(?:{'|'.join(_CHAT)})(?![\w'@-]|\.\d)", lambda m: _CHAT[m[0]]),
    _form(r"\b((?:[Ee]nd(?:s|ing|ed)? (?:in|with)|[Ll]ast four(?: digits)?(?: are| is|:)?|(?:PIN|[Pp]in|[Pp]asscode|[Pp]assword|[Cc]ode)(?: code| number)?(?: is| was|:)?)\s)(\d{4,6})(?![\w,]|\.\d|\s?%)", lambda m: m[1] + spelled(m[2])),
    _form(r"\b((?:localhost|\d{1,3}(?:\.\d{1,3}){3})):(\d{2,5})\b(?![:.]\d)", lambda m: f"{m[1]} colon {spelled(m[2])}"),
    _form(r"\b((?:[Ee]rror|HTTP|[Ss]tatus|[Aa])(?: code)?\s)([45])0(\d)(?=\s(?:error|page|on|from|when|response|status|code|not)\b|[.,;:?!]|$)", lambda m: f"{m[1]}{cardinal(int(m[2]))} oh {cardinal(int(m[3]))}"),
    _form(r"(?P<what>\b(?:Boeing|[Tt]he|[Aa])\s)(?P<number>7[0-8]7)(?:-(?P<series>[1-9]00))?(?![\w%,]|[.:/-]\d|\s?(?:%|miles|people|dollars|km|euros|pounds))", _airliner),
    _form(r"(?P<what>(?<![\w])A)(?P<number>3[0-9]0)(?!\w)", lambda m: _airliner(m).replace("A", "A ", 1)),
    _form(r"(?<=\b[Ff]orm )1099\b|(?<![\w$])1099(?=s?\sforms?\b|-[A-Z])", "ten ninety-nine"),
    _form(r"(?<![\w.,])(10{1,6})s\b(?=\sof\b)|(?<![\w.,])(?<!the )(1000{0,3})s\b(?!\s?(?:BC|AD|CE)\b)(?<!100s)", lambda m: _THOUSANDS[m[1] or m[2]]),
    _form(r"(?i)(?<![\w.:])(?P<hour>1[0-2]|[1-9]):(?P<minute>[0-5]\d)-?ish\b", lambda m: f"{cardinal(int(m['hour']))} {'oh ' * (m['minute'][0] == '0' and m['minute'] != '00')}{cardinal(int(m['minute']))}-ish" if m["minute"] != "00" else f"{cardinal(int(m['hour']))}-ish"),
    _form(r"(?<=\b[Aa]t )(?P<hour>0\d)(?P<minute>[0-5]\d)(?!\w|[.:,-]\d)", lambda m: _military(m).strip()),
    _form(r"(?<![\w.:])(\d{1,2}):([0-5]\d)\s?(?:min\s?)?/\s?(km|mi|mile)\b", _pace),
    _form(r"(?<![\w.])802\.11", "eight oh two dot eleven "),
    _form(r"\bH\.26([45])(?!\w)", lambda m: f"H dot two six {cardinal(int(m[1]))}"),
    _form(r"(?<!\w)x(64|86)(?!\w)", lambda m: f"X {cardinal(int(m[1]))}"),
    _form(r"(?<=[A-Za-z] )x(\d{1,2})(?=\s*(?:[.,;:?!)]|$))", r"times \1"),
    _form(r"(?<![\w.])(\d{1,3}(?:,\d{3}){1,3}):(\d{1,3})(?![\w:])", r"\1 to \2"),
    # Marks, odds, doses.
    _form(r"(?<![\w/.])(\d(?:\.\d{1,2})?)\s?/\s?(4|5|10)\.0(?!\w|\.\d)", r"\1 out of \2.0"),
    _form(r"(?<![\w/.])(\d{1,3}\.\d{1,2})\s?/\s?(\d{1,3})(?![\w/]|\.\d)", r"\1 out of \2"),
    _form(r"\b((?:[Oo]dds (?:are|were|is|of)|(?:priced|backed|odds) at|at odds of)\s)(\d{1,3})/(\d{1,2})(?![\w/])", r"\1\2 to \3"),
    _form(r"(?<![\w.,])(?P<number>\d{1,5}(?:\.\d{1,3})?)\s?(?P<unit>mg|mcg|[\u00b5\u03bc]g|g|ml|mmol|IU|kcal)\s?/\s?(?P<weight>kg|lb|m\^2)\s?/\s?(?P<time>day|d|hour|hr|h|week|wk|min|dose)\b", _dose),
    _form(r"(?<![\w.,])(\d{1,2})\s?[x\u00d7]\s?(?=\d{1,5}(?:\.\d{1,3})?\s?(?:mg|mcg|g|ml|mL|kg|oz|MB|GB|TB|W)\b)", r"\1 times "),
    _form(r"(?<=\d)\s?U(?=\s(?:of|before|after|per|at|twice|once|daily|insulin)\b)", " units"),
    _form(r"\b([a-z]{3,20}s)/(m[lL]|[dl]L|kg|min|hr)\b", lambda m: f"{m[1]} {PER[m[2].lower()]}"),
    _form(r"\b(per|each|every)\s(k?m|cm|ft|in|mi)\^(2|3)(?!\d)", lambda m: f"{m[1]} {'square' if m[3] == '2' else 'cubic'} {unit_words(m[2], one=True)}"),
    _form(r"(?<=\dV)([,/]?\s?\d{1,3}(?:\.\d{1,2})?)\s?A(?!\w)", r"\1 amps"),
    _form(r"(?<![\w.,])(\d{1,3}(?:\.\d{1,2})?)\s?bps?(?!\w)", r"\1 basis points"),
    _form(r"(?<=\d)\s?bps(?!\w)", " bits per second"),
    _form(r"(?<=[\d%kKmM])\s?p\.\s?a\.?(?=\s*$)", " a year."),
    _form(r"(?<=[\d%kKmM])\s?p\.\s?a\.?(?=[\s,;)])|(?<=%)\s?pa\b", " a year"),
    _form(r"\b((?:[Cc]osts?|[Pp]a(?:y|ys|id)|[Oo]nly|[Jj]ust|[Ff]or|[Ww]orth)\s)([1-9]\d?)c\b(?!\.\d|-)", r"\1\2 cents"),
    _form(r"(?<![\w.])([1-9]\d?)c(?=\s(?:each|off|apiece|a (?:pop|piece|can|minute|litre|liter|gallon|mile|pound|cup))\b)", r"\1 cents"),
    _form(r"(?<=\d)c/(min|minute|kWh|mile|litre|liter|unit)\b", lambda m: f" cents {PER.get(m[1], 'per ' + {'kWh': 'kilowatt hour'}.get(m[1], m[1]))}"),
    _form(rf"(?<=\d)(\s?)({_SI})\s?[-\u2013]\s?(?=\d{{1,6}}(?:\.\d{{1,3}})?\s?(?!\2(?!\w))(?:{_SI})(?!\w))", r"\1\2 to "),
    _form(r"(?<=\d)\s?doz\b\.?", " dozen"),
    _form(r"(?<![\w.,])(1|\d{0,2}(?:\d/\d|\d))\s?c\.\s(?=(?:of\s)?[a-z]{3})", lambda m: f"{m[1]} {'cup' if m[1] == '1' or '/' in m[1] else 'cups'} "),
    # Weights and heights of people.
    _form(r"(?<![\w.,])(\d{1,2})\s?st\.?\s?(?=\d{1,2}\s?lbs?\b)", r"\1 stone "),
    _form(r"(?<![\w.,])(?P<number>\d{1,2})st(?!\w)", _stone),
    _form(r"(?<![\w.])([3-8])(?:ft|foot)(1[01]|\d)(?:in|\")?(?!\w)", r"""\1'\2" """.strip()),
    _form(r"(?<=\d)\s?fl\.\s?oz\b\.?(?!\s*$)|(?<=\d)\s?fl\.\s?oz\b", " fl oz"),
    _form(r"(?<![\w.,])(\d{1,3})d\s(?=\d{1,2}\s?h(?:rs?)?\b)", lambda m: _plural(m[1], "day") + " "),
    _form(r"(?<![\w.])(\d{1,2}(?:st|nd|rd|th))\s(?:c|cent)\.(?=\s|[,;)]|$)", r"\1 century"),
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
    _form(r"(?<![\w.])([3-8])\s(?:ft|foot)\s(1[01]|\d)(?=[\s.,;?!]|$)(?!\s[a-z]+s\b|\s\d/\d)", r"""\1'\2" """.strip()),
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
