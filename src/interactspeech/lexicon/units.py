"""Units of measure after a number, by the signs they are written with: singular and plural."""

from __future__ import annotations

import re

#: Sign -> (singular, plural). Signs of one letter, and those whose case matters, match as they are;
#: others in any case.
UNITS: dict[str, tuple[str, str]] = {
    "%": ("percent", "percent"),
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
    "ha": ("hectare", "hectares"),
}  # fmt: skip
_FOLDED = {sign.lower(): names for sign, names in UNITS.items() if len(sign) > 1}
#: Signs that are words, names or abbreviations of other things when they stand apart.
_GLUED_ONLY = frozenset({"s", "h", "V", "W", "ha", "mi", "cal", "l", "gal"})


def _pattern() -> str:
    loose = sorted((s for s in UNITS if len(s) > 1 and s[0].isalpha()), key=len, reverse=True)
    apart = "|".join(re.escape(s) for s in ("m", "g", "L"))
    glued = "|".join(re.escape(s) for s in sorted(_GLUED_ONLY, key=len, reverse=True))
    longer = "|".join(re.escape(s) for s in loose if s not in _GLUED_ONLY)
    return rf"\s?(?:%|°\s?[CF]\b|°)|(?:\s?(?:(?i:{longer})|{apart})|{glued})(?![\w/^])"


#: A unit behind a number, with the space before it.
UNIT_PATTERN = _pattern()


def unit_words(sign: str, *, one: bool) -> str:
    """The unit in words: ``unit_words("kg", one=False) == "kilograms"``."""
    sign = sign.strip()
    if sign.startswith("°"):
        sign = sign.replace(" ", "")
    names = UNITS.get(sign) or _FOLDED[sign.lower()]
    return names[0] if one else names[1]
