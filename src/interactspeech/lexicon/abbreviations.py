"""Written abbreviations, titles and Roman numerals as they are spoken in English."""

from __future__ import annotations

# ruff: noqa: E501 -- a pattern is read in one line
import re
from collections.abc import Callable

from interactspeech.lexicon.number_words import cardinal, ordinal

#: Titles before a name, with or without their full stop.
_TITLES = {
    "Mr": "Mister", "Mrs": "Missus", "Ms": "Miz", "Dr": "Doctor", "Prof": "Professor",
    "St": "Saint", "Mt": "Mount", "Ft": "Fort", "Sgt": "Sergeant", "Capt": "Captain",
    "Lt": "Lieutenant", "Col": "Colonel", "Gen": "General", "Sen": "Senator", "Gov": "Governor",
    "Maj": "Major", "Cpl": "Corporal", "Supt": "Superintendent", "Fr": "Father", "Adm": "Admiral",
    "Mme": "Madame", "Det": "Detective", "Insp": "Inspector", "Atty": "Attorney",
    "Rev": "Reverend", "Hon": "Honorable", "Rep": "Representative", "Pres": "President",
}  # fmt: skip
#: Those that need expansion without a full stop too; voices read Mr, Mrs and Ms as they are.
_PLAIN = "Dr|Prof|Sgt|Capt|St|Mt"
_TITLE = re.compile(
    rf"\b(?:({'|'.join(_TITLES)})\s?\.\s?(?=[A-Z\"']|(?:&|and)\s?(?:Mr|Mrs|Ms|Dr|Prof)\b)|({_PLAIN})\s(?=[A-Z][a-z]))"
)
#: Streets: behind a capitalised name or an ordinal.
_STREETS = {
    "St": "Street", "Rd": "Road", "Ave": "Avenue", "Av": "Avenue", "Blvd": "Boulevard",
    "Dr": "Drive", "Ln": "Lane", "Sq": "Square", "Hwy": "Highway", "Pkwy": "Parkway",
    "Ct": "Court", "Pl": "Place",
}  # fmt: skip
_STREET = re.compile(
    r"(?:(?<=[a-z] )|(?<=\dst )|(?<=\dnd )|(?<=\drd )|(?<=\dth ))"
    r"(St|Rd|Ave|Av|Blvd|Dr|Ln|Sq|Hwy|Pkwy|Ct|Pl)\b"
    r"(?:\.(?=\s+[a-z\d(]|\s+(?:NW|NE|SW|SE)\b|\s*[,;:?!)])|(\.)(?=\s*$|\s+[A-Z])|(?=\s+[a-z]|\s+(?:NW|NE|SW|SE|[NSEW])\b|\s*[,;:?!.)]|\s*$))"
)
_NAME_BEFORE = re.compile(r"(?:\b[A-Z][\w']*|\d(?:st|nd|rd|th)) $")
_ENDS = {
    "Jr": "Junior", "Sr": "Senior", "Inc": "Incorporated", "Corp": "Corporation", "Ltd": "Limited",
    "Bros": "Brothers", "Co": "Company",
}  # fmt: skip
_END = re.compile(rf"(?<=[a-z,&] )({'|'.join(_ENDS)})(?:\.(?=\s*[a-z,;:?!])|(\.)(?=\s*$|\s+[A-Z]))")
_DAYS = {"Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday",
         "Thu": "Thursday", "Thur": "Thursday", "Thurs": "Thursday", "Fri": "Friday",
         "Sat": "Saturday", "Sun": "Sunday"}  # fmt: skip
_DAY = re.compile(
    r"\b(Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\.(?=\s*[,;\d]|\s+[a-z])"
    r"|(?<=and )(Sat|Sun|Fri)\b"
)
_DAYS_RANGE = re.compile(
    r"\b(Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\b\.?\s?[-\u2013]\s?"
    r"(Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\b(?:\.(?!\s*$))?"
)
#: Behind a Roman numeral: "the XIX century".
_CENTURY = re.compile(r"\b(X{0,2}(?:IX|IV|V?I{0,3}))(?:th)?(?=\s[Cc]entur)")
#: Behind digits, or digits and a scale: "$100K/yr".
_AMOUNT = r"(?:(?<=\d)|(?<=\d[kKMB]))"
_SHORT: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, flags), spoken)
    for pattern, spoken, flags in (
        (r"\bI'II\b", "I'll", 0),
        (r"\bCo\.,?\s+(?=Ltd)", "Company ", 0),
        (r"\be\.\s?g\.,?", "for example,", re.IGNORECASE),
        (r"\bi\.\s?e\.,?", "that is,", re.IGNORECASE),
        (r"\betc\b\.(?=\s*$|\s+[A-Z])", "et cetera.", 0),
        (r"\betc\b\.?", "et cetera", re.IGNORECASE),
        (r"\bvs\b\.?", "versus", re.IGNORECASE),
        (r"\b(?<!')v\.(?=\s[A-Z])", "versus", 0),
        (r"\beg\b\.?,?(?=\s[a-z])", "for example,", 0),
        (r"\ba\.?k\.?a\b\.?", "also known as", re.IGNORECASE),
        (r"\band/or\b", "and or", re.IGNORECASE),
        (r"\bs/he\b", "he or she", 0),
        (r"\bcf\.", "compare", 0),
        (r"\bapprox\b\.?", "approximately", re.IGNORECASE),
        (r"\bincl\b\.?", "including", re.IGNORECASE),
        (r"\bexcl\b\.?", "excluding", re.IGNORECASE),
        (r"\bavg\b\.?(?=\s)", "average", re.IGNORECASE),
        (r"\bmax\.(?=\s*\d|\s+[a-z])", "maximum", 0),
        (r"\bmin\.(?=\s+(?:of|wage|order|age|temp|requirement|stay|spend)\b)", "minimum", 0),
        (r"\bdept\b\.?(?=\s+[a-z]|[,;:?!])|\bdept\b", "department", re.IGNORECASE),
        (r"\bgovt\b\.?(?=\s+[a-z]|[,;:?!])|\bgovt\b", "government", re.IGNORECASE),
        (r"\bappt\b\.?(?=\s+[a-z]|[,;:?!])|\bappt\b", "appointment", re.IGNORECASE),
        (r"\bmisc\b\.?(?=\s+[a-z])", "miscellaneous", re.IGNORECASE),
        (r"\best\.(?=\s*\d)", "established", 0),
        (r"\b(?:ca|c)\.\s?(?=\d{3})", "circa ", 0),
        (r"\bca\.\s?(?=\d)", "circa ", 0),
        (r"\b[Mm]in\.\s?(?=\d)", "minimum ", 0),
        (r"\b[Mm]ax\.\s?(?=\d)", "maximum ", 0),
        (r"\b[Tt]emp\.\s?(?=-?\d|[a-z])", "temperature ", 0),
        (r"\b[Aa]sst\.\s?(?=[A-Za-z])", "assistant ", 0),
        (r"\b[Aa]ttn\b[.:]?\s?(?=[A-Z])", "attention ", 0),
        (r"\bSte\b\.?\s?(?=#?\d)", "Suite ", 0),
        (r"\b[Ff]l\.\s?(?=\d)", "floor ", 0),
        (r"\b[Bb]ldg\b\.?\s?(?=\d)", "building ", 0),
        (r"\b[Rr]m\b\.?\s?(?=\d)", "room ", 0),
        (r"\b[Ll]vl\b\.?\s?(?=\d)", "level ", 0),
        (r"\b[Ss]ec\.\s?(?=\d)(?<!\d\ssec\. )", "section ", 0),
        (r"\b[Pp]gs\.?\s?(?=\d)", "pages ", 0),
        (r"\b[Pp]g\.?\s?(?=\d)", "page ", 0),
        (r"\b[Nn]r\.\s?(?=\d)", "number ", 0),
        (r"\bMk\b\.?\s?(?=\d|[IVX]+\b)", "Mark ", 0),
        (r"\b(?:zip|ZIP|Zip)(?:\s[Cc]ode)?(?=\s\d{5}\b)", "ZIP", 0),
        (r"\bWW\s?(?=(?:II?|[12])\b)", "World War ", 0),
        (r"\b[Aa]pt\b\.?\s?(?=#?\d)", "apartment ", 0),
        (r"\b[Ee]xt\b\.?\s?(?=\d)", "extension ", 0),
        (r"\b[Tt]el\b\.?:?\s?(?=[+(\d])", "telephone ", 0),
        (r"\b[Vv]ol\b\.?\s?(?=\d|[IVX]+\b)", "volume ", 0),
        (r"\b[Ff]ig\b\.?\s?(?=\d)", "figure ", 0),
        (r"\b[Cc]h\.\s?(?=\d)", "chapter ", 0),
        (r"\bpp\.\s?(?=\d)", "pages ", 0),
        (r"\b[Pp]t\.\s?(?=\d)", "part ", 0),
        (r"\b[Aa]rt\.\s?(?=\d)", "article ", 0),
        (r"\bHwy\b\.?\s?(?=\d)", "highway ", 0),
        (r"\bAve\.(?=\s(?:of|and)\b)", "Avenue", 0),
        (r"(?:(?<=\ban )|(?<=\bor )|(?<=nd a )|(?<=got )|(?<=\bto ))([A-D])-(?=[\s.,;:?!)]|$)", r"\1 minus", 0),
        (r"\bp\.\s?(?=\d)", "page ", 0),
        (r"\b[Nn]os\.\s?(?=\d)", "numbers ", 0),
        (r"\b[Vv]er\.\s?(?=\d)", "version ", 0),
        (r"\bNo\.\s?(?=\d)", "number ", 0),
        (r"\bno\.(?=\d)|^no\.\s(?=\d)|\bno\.\s?(?=\d)(?<=\w\sno\. )", "number ", 0),
        (r"(?<=[a-z]\s)No\s(?=\d)|\bNo\s(?=\d+\s*(?:[.,;?!]|$))", "number ", 0),
        (r"\b[Nn]o\.(?=\sof\b)", "number", 0),
        (r"(?<![\w#])([A-G])#(?=\s|$|[.,?!])", r"\1 sharp", 0),
        (r"#\s?(?=\d)", "number ", 0),
        (r"(?<![\w/])w/o\b\s?", "without ", re.IGNORECASE),
        (r"(?<![\w/])w/(?=\s|[a-z\d])\s?", "with ", re.IGNORECASE),
        (r"(?<![\w/])b/c\b", "because", re.IGNORECASE),
        (r"(?<![\w/])c/o\b", "care of", re.IGNORECASE),
        (r"(?<![\w/])n/a\b", "not applicable", re.IGNORECASE),
        (r"\s?&\s?", " and ", 0),
        (r"(?<=\w)\s?@\s?(?=[$£€\d])", " at ", 0),
        (r"\s?@\s(?=\w)", " at ", 0),
        (r"(?<=\d)\s?\+(?!\s?\d)", " plus", 0),
        (r"(?<=[A-Za-z])\+\+", " plus plus", 0),
        (r"\b([A-C])\+(?!\w)", r"\1 plus", 0),
        (r"\s?=\s?", " equals ", 0),
        (rf"{_AMOUNT}\s?/\s?(?:hr|hour|h)\b", " an hour", 0),
        (rf"{_AMOUNT}\s?/\s?(?:mo|month)\b", " a month", 0),
        (rf"{_AMOUNT}\s?/\s?(?:yr|year)\b", " a year", 0),
        (rf"{_AMOUNT}\s?/\s?(?:wk|week)\b", " a week", 0),
        (rf"{_AMOUNT}\s?/\s?(?:min)\b", " a minute", 0),
        (rf"{_AMOUNT}\s?/\s?(?:lb)\b", " a pound", 0),
        (rf"{_AMOUNT}\s?/\s?(?:kg)\b", " a kilogram", 0),
        (rf"{_AMOUNT}\s?/\s?(?:gal)\b", " a gallon", 0),
        (rf"{_AMOUNT}(x?)\s?/\s?(?=(?:day|week|month|year|hour|minute|night|person|mile|minute|piece|gallon|head|pound)\b)", r"\1 a ", 0),
    )
)  # fmt: skip


def _needed(pattern: str) -> str:
    r"""Letters and signs in a row, in lower case, without which nothing matches `pattern`; "" where
    that cannot be told: what is in groups or repeated is not looked at, nor are alternatives.

    >>> _needed(r"\b[Mm]in\.\s?(?=\d)"), _needed(r"\be\.\s?g\.,?"), _needed(r"\bsec\b|s")
    ('in.', 'e.', '')
    """
    runs, depth, place = [""], 0, 0
    while place < len(pattern):
        sign = pattern[place]
        size = 2 if sign == "\\" else 1
        if sign == "[":
            size = pattern.index("]", place + 2) + 1 - place
        literal = pattern[place + size - 1] if sign == "\\" else sign
        plain = not (literal.isalpha() if sign == "\\" else sign in "[](){}.^$|+?*")
        depth += (sign == "(") - (sign == ")")
        place += size
        if sign == "|" and not depth:
            return ""
        if plain and not depth and not (place < len(pattern) and pattern[place] in "?*{"):
            runs[-1] += literal.lower()
        elif sign != "\\" or literal != "b":
            runs.append("")
    return max(runs, key=len)


#: Each of `_SHORT` with what it needs, and whether it stands beside a number: a text without digits
#: has none of those.
_SHORT_RULES = tuple(
    (
        pattern,
        spoken,
        _needed(pattern.pattern),
        "|" not in pattern.pattern
        and (
            pattern.pattern.startswith(r"(?<=\d)")
            or pattern.pattern.endswith((r"(?=\d)", r"(?=#?\d)"))
        ),
    )
    for pattern, spoken in _SHORT
)
_DIGIT = re.compile(r"\d")

_ROMAN = r"(?P<roman>X{0,3}(?:IX|IV|V?I{0,3}))"
_REGNAL = re.compile(
    r"\b(?P<name>(?:Kings?|Queens?|Popes?|Emperors?|Tsars?|Czars?)\s[A-Z][a-z]+|Henry|Edward|George|"
    r"James|Charles|Richard|William|Louis|Elizabeth|Mary|Catherine|Peter|Nicholas|Alexander|"
    r"Frederick|Philip|Napoleon|John Paul|Pius|Benedict|Leo|Gregory|Ramses|Ivan)\s"
    rf"{_ROMAN}\b(?!\.?[A-Za-z\d])(?!'[a-z]{{2}})"
)
_NUMBERED = re.compile(
    r"\b(?P<name>World War|Chapter|Part|Act|Scene|Volume|Section|Phase|Type|Book|Episode|Level|"
    r"Mark|Grade|Article|Title|Appendix|Stage|Class|Super Bowl|Rocky|Rambo|Godfather|Apollo|Division|"
    r"Schedule|Star Wars|Final Fantasy|volume|chapter|part|section|phase|stage)\s"
    r"(?P<roman>(?:X[LC]|L?X{0,3})(?:IX|IV|V?I{0,3}))(?=(?P<letter>[A-C])?\b)(?!'[a-z]{2})(?![\d])"
)
#: "section iii", "page xiv": small numerals of two letters and more.
_SMALL = re.compile(
    r"\b(?P<name>(?i:section|part|chapter|pages?|item|clause|paragraph|step|appendix|act|scene|note))\s"
    r"(?=[ivx]{2})(?P<roman>x{0,3}(?:ix|iv|v?i{0,3}))(?![\w'])"
)
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
#: Behind "Elizabeth I" where it is a number: the end of a clause, a possessive, "of England".
_AFTER_ONE = re.compile(r"\s*(?:[,.;:?!)]|$|'s\b|of\b|was\b|died\b|reigned\b|ruled\b)")


def roman_value(text: str) -> int:
    """The value of a Roman numeral: ``roman_value("XIV") == 14``."""
    values = [_VALUES[sign] for sign in text]
    return sum(
        -value if any(later > value for later in values[place + 1 : place + 2]) else value
        for place, value in enumerate(values)
    )


def _numeral(
    words: Callable[[int], str], *, article: str
) -> Callable[[re.Match[str]], str]:  # fmt: skip
    def read(found: re.Match[str]) -> str:
        roman = found["roman"]
        if not roman:
            return found.group()
        after = found.string[found.end() : found.end() + 12]
        sure = found["name"] == "World War"
        if roman == "I" and not sure and not _AFTER_ONE.match(after):
            return found.group()
        letter = " " * bool(found.groupdict().get("letter"))  # "Stage IIIB"
        return f"{found['name']} {article}{words(roman_value(roman))}{letter}"

    return read


_READ_REGNAL = _numeral(lambda value: ordinal(value).capitalize(), article="the ")
_READ_NUMBERED = _numeral(lambda value: cardinal(value).capitalize(), article="")


def expand_abbreviations(text: str) -> str:
    """The text with abbreviations, titles and Roman numerals as they are spoken.

    >>> expand_abbreviations("Mr.Jones met Henry VIII on Main St. w/ gifts, e.g. wine.")
    'Mister Jones met Henry the Eighth on Main Street with gifts, for example, wine.'
    """
    text = _STREET.sub(_street, text)
    text = _TITLE.sub(lambda found: _TITLES[found[1] or found[2]] + " ", text)
    digits = _DIGIT.search(text) is not None
    known = text.lower()
    for pattern, spoken, needed, beside_number in _SHORT_RULES:
        if (beside_number and not digits) or needed not in known:
            continue
        changed = pattern.sub(spoken, text)
        if changed != text:
            text, known = changed, changed.lower()
    text = _END.sub(lambda found: _ENDS[found[1]] + (found[2] or ""), text)
    text = _DAYS_RANGE.sub(lambda found: f"{_DAYS[found[1]]} to {_DAYS[found[2]]}", text)
    text = _DAY.sub(lambda found: _DAYS[found[1] or found[2]], text)
    if "I" in text or "V" in text or "X" in text:
        if "entur" in text:
            text = _CENTURY.sub(
                lambda found: ordinal(roman_value(found[1])) if found[1] else found[0], text
            )
        text = _REGNAL.sub(_READ_REGNAL, text)
        text = _NUMBERED.sub(_READ_NUMBERED, text)
    return _SMALL.sub(lambda m: f"{m['name']} {cardinal(roman_value(m['roman'].upper()))}", text)


def _street(found: re.Match[str]) -> str:
    if not _NAME_BEFORE.search(found.string[max(0, found.start() - 40) : found.start()]):
        return found.group()
    return _STREETS[found[1]] + (found[2] or "")
