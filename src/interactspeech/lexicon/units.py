"""Units of measure after a number, by the signs they are written with: singular and plural."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Sign -> (singular, plural). Signs of one letter, and those whose case matters, match as they are;
#: others in any case.
UNITS: dict[str, tuple[str, str]] = {
    "%": ("percent", "percent"), "‰": ("per mille", "per mille"),
    "°C": ("degree Celsius", "degrees Celsius"), "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
    "°": ("degree", "degrees"),
    "km": ("kilometre", "kilometres"), "cm": ("centimetre", "centimetres"),
    "mm": ("millimetre", "millimetres"), "m": ("metre", "metres"),
    "km^2": ("square kilometre", "square kilometres"), "m^2": ("square metre", "square metres"),
    "cm^2": ("square centimetre", "square centimetres"), "m^3": ("cubic metre", "cubic metres"),
    "cm^3": ("cubic centimetre", "cubic centimetres"), "ft^2": ("square foot", "square feet"),
    "sqm": ("square metre", "square metres"), "sq m": ("square metre", "square metres"),
    "sq ft": ("square foot", "square feet"), "sqft": ("square foot", "square feet"),
    "mi": ("mile", "miles"), "ft": ("foot", "feet"), "yd": ("yard", "yards"),
    "yds": ("yard", "yards"),
    "kg": ("kilogram", "kilograms"), "kgs": ("kilogram", "kilograms"), "g": ("gram", "grams"),
    "mg": ("milligram", "milligrams"), "mcg": ("microgram", "micrograms"),
    "µg": ("microgram", "micrograms"), "μg": ("microgram", "micrograms"),
    "lb": ("pound", "pounds"), "lbs": ("pound", "pounds"), "oz": ("ounce", "ounces"),
    "l": ("litre", "litres"), "L": ("litre", "litres"), "ml": ("millilitre", "millilitres"),
    "cl": ("centilitre", "centilitres"), "gal": ("gallon", "gallons"), "qt": ("quart", "quarts"),
    "tbsp": ("tablespoon", "tablespoons"), "tsp": ("teaspoon", "teaspoons"),
    "tbsps": ("tablespoon", "tablespoons"), "tsps": ("teaspoon", "teaspoons"),
    "kcal": ("kilocalorie", "kilocalories"), "cal": ("calorie", "calories"),
    "mph": ("mile an hour", "miles an hour"), "kph": ("kilometre an hour", "kilometres an hour"),
    "km/h": ("kilometre an hour", "kilometres an hour"),
    "kmh": ("kilometre an hour", "kilometres an hour"),
    "m/s": ("metre a second", "metres a second"), "mpg": ("mile a gallon", "miles a gallon"),
    "h": ("hour", "hours"), "hr": ("hour", "hours"), "hrs": ("hour", "hours"),
    "min": ("minute", "minutes"), "mins": ("minute", "minutes"), "sec": ("second", "seconds"),
    "secs": ("second", "seconds"), "s": ("second", "seconds"),
    "ms": ("millisecond", "milliseconds"),
    "yr": ("year", "years"), "yrs": ("year", "years"), "wk": ("week", "weeks"),
    "wks": ("week", "weeks"), "mos": ("month", "months"),
    "kWh": ("kilowatt hour", "kilowatt hours"), "kW": ("kilowatt", "kilowatts"),
    "MW": ("megawatt", "megawatts"), "GW": ("gigawatt", "gigawatts"), "W": ("watt", "watts"),
    "V": ("volt", "volts"), "mAh": ("milliamp hour", "milliamp hours"),
    "Hz": ("hertz", "hertz"), "kHz": ("kilohertz", "kilohertz"), "MHz": ("megahertz", "megahertz"),
    "GHz": ("gigahertz", "gigahertz"), "dB": ("decibel", "decibels"),
    "KB": ("kilobyte", "kilobytes"), "MB": ("megabyte", "megabytes"),
    "GB": ("gigabyte", "gigabytes"), "TB": ("terabyte", "terabytes"),
    "Mbps": ("megabit a second", "megabits a second"),
    "Gbps": ("gigabit a second", "gigabits a second"),
    "kbps": ("kilobit a second", "kilobits a second"),
    "px": ("pixel", "pixels"), "fps": ("frame a second", "frames a second"),
    "rpm": ("revolution a minute", "revolutions a minute"),
    "bpm": ("beat a minute", "beats a minute"),
    "ppm": ("part per million", "parts per million"),
    "psi": ("pound per square inch", "pounds per square inch"),
    "kPa": ("kilopascal", "kilopascals"), "hPa": ("hectopascal", "hectopascals"),
    "ha": ("hectare", "hectares"), "in": ("inch", "inches"), "mo": ("month", "months"),
    "J": ("joule", "joules"), "kJ": ("kilojoule", "kilojoules"), "MJ": ("megajoule", "megajoules"),
    "kV": ("kilovolt", "kilovolts"), "mV": ("millivolt", "millivolts"),
    "mA": ("milliamp", "milliamps"), "Ah": ("amp hour", "amp hours"),
    "µF": ("microfarad", "microfarads"), "μF": ("microfarad", "microfarads"),
    "nF": ("nanofarad", "nanofarads"), "pF": ("picofarad", "picofarads"),
    "Wh": ("watt hour", "watt hours"),
    "MWh": ("megawatt hour", "megawatt hours"), "mW": ("milliwatt", "milliwatts"),
    "Ω": ("ohm", "ohms"), "kΩ": ("kilohm", "kilohms"), "Nm": ("newton metre", "newton metres"),
    "Pa": ("pascal", "pascals"), "MPa": ("megapascal", "megapascals"),
    "mbar": ("millibar", "millibars"),
    "mmHg": ("millimetre of mercury", "millimetres of mercury"),
    "mm Hg": ("millimetre of mercury", "millimetres of mercury"),
    "mi/h": ("mile an hour", "miles an hour"), "ft/s": ("foot a second", "feet a second"),
    "hp": ("horsepower", "horsepower"), "bhp": ("brake horsepower", "brake horsepower"),
    "cc": ("cubic centimetre", "cubic centimetres"), "cu ft": ("cubic foot", "cubic feet"),
    "fl oz": ("fluid ounce", "fluid ounces"), "pt": ("pint", "pints"), "pts": ("point", "points"),
    "dl": ("decilitre", "decilitres"), "kl": ("kilolitre", "kilolitres"),
    "µm": ("micrometre", "micrometres"), "μm": ("micrometre", "micrometres"),
    "nm": ("nanometre", "nanometres"), "dm": ("decimetre", "decimetres"),
    "mmol": ("millimole", "millimoles"), "mol": ("mole", "moles"), "ng": ("nanogram", "nanograms"),
    "ns": ("nanosecond", "nanoseconds"), "µs": ("microsecond", "microseconds"),
    "μs": ("microsecond", "microseconds"), "IU": ("international unit", "international units"),
    "Kb": ("kilobit", "kilobits"), "Mb": ("megabit", "megabits"), "Gb": ("gigabit", "gigabits"),
    "PB": ("petabyte", "petabytes"), "kB": ("kilobyte", "kilobytes"),
    "MP": ("megapixel", "megapixels"), "dpi": ("dot per inch", "dots per inch"),
    "mi^2": ("square mile", "square miles"), "sq mi": ("square mile", "square miles"),
    "in^2": ("square inch", "square inches"), "sq in": ("square inch", "square inches"),
    "ft^3": ("cubic foot", "cubic feet"), "yds^2": ("square yard", "square yards"),
    "kt": ("knot", "knots"), "kts": ("knot", "knots"),
}  # fmt: skip
_FOLDED: dict[str, tuple[str, str]] = {}
for _sign, _names in UNITS.items():
    if len(_sign) > 1:
        _FOLDED.setdefault(_sign.lower(), _names)
#: What stands behind a slash: a rate ("km/h", "mg/dL", "3 hrs/day"), with "a" for times and
#: "per" for others.
PER: dict[str, str] = {
    "h": "an hour", "hr": "an hour", "hour": "an hour", "s": "a second", "sec": "a second",
    "min": "a minute", "d": "a day", "day": "a day", "wk": "a week", "week": "a week",
    "mo": "a month", "month": "a month", "yr": "a year", "year": "a year", "night": "a night",
    "s^2": "per second squared", "l": "per litre", "dl": "per decilitre", "ml": "per millilitre",
    "kg": "per kilogram", "g": "per gram", "lb": "per pound", "m": "per metre",
    "m^2": "per square metre", "m^3": "per cubic metre", "cm^3": "per cubic centimetre",
    "ft": "per foot", "gal": "per gallon", "mol": "per mole", "person": "per person",
    "mile": "per mile", "km": "per kilometre",
}  # fmt: skip
#: Signs that are words, names or abbreviations of other things when they stand apart.
_GLUED_ONLY = frozenset({"in", "mo", "pt", "pts", "J", "MP", "Pa", "dm", "kt", "mol"})
#: Signs of that kind that are units apart too, at the end of a clause or before a small letter.
_APART_BEFORE_SMALL = frozenset(
    {"s", "h", "V", "W", "ha", "mi", "cal", "l", "gal", "pt", "pts", "mo"}
)


def _pattern() -> str:
    def either(signs: Iterable[str]) -> str:
        return "|".join(re.escape(sign) for sign in sorted(signs, key=lambda s: (-len(s), s)))

    special = _GLUED_ONLY | _APART_BEFORE_SMALL
    loose = {s for s in UNITS if len(s) > 1 and s[0].isalpha()} - special
    per = rf"(?:\s?/\s?(?i:{either(PER)})(?![\w^]))?"
    small = rf"\s(?:{either(_APART_BEFORE_SMALL)})(?=\s*$|\s?[.,;:?!)]|\s[a-z])"
    inches = (
        r"\sin(?=\.?\s(?:long|wide|tall|high|deep|thick|across|square|by|x)\b|\.\s*$"
        r"|\.?\sof\s(?:rain|snow|water|ice|mercury)\b)"
    )
    letters = (
        rf"(?:\s?(?:(?i:{either(loose)})|{either(('m', 'g', 'L', 'Ω'))})|{small}|{inches}"
        rf"|{either(special)}){per}"
    )
    return (
        rf"\s?(?:%|‰)(?:\s?/\s?(?i:{either(PER)})(?![\w^]))?|\s?°\s?[CF]\b|\s?°"
        rf"|{letters}(?![\w/^])(?:\.(?=\s+[a-z\d(]))?"
    )


#: A unit behind a number, with the space before it and an abbreviation's full stop behind it.
UNIT_PATTERN = _pattern()
#: A unit behind a number and a hyphen: "a 5-km run".
HYPHENED_UNIT = "|".join(
    re.escape(sign)
    for sign in sorted(UNITS, key=lambda s: (-len(s), s))
    if sign[0].isalpha() and sign.isascii() and "^" not in sign and sign not in ("s", "h", "l", "J")
)


def unit_words(sign: str, *, one: bool) -> str:
    """The unit in words: ``unit_words("kg", one=False) == "kilograms"``."""
    sign, slash, per = sign.strip().rstrip(".").partition("/")
    whole = f"{sign}/{per}"
    if slash and (whole in UNITS or whole.lower() in _FOLDED):
        sign, slash = whole, ""
    sign = sign.strip()
    if sign.startswith("°"):
        sign = sign.replace(" ", "")
    names = UNITS.get(sign) or _FOLDED[sign.lower()]
    words = names[0] if one else names[1]
    return f"{words} {PER[per.strip().lower()]}" if slash else words
