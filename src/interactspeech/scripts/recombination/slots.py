"""Replaceable values of a text: names, days, hours, prices, codes, places.

Each kind is replaced in a whole dialogue at once, so that what belongs together stays together:
every first name by one of the same sex, all days of the week turned by the same number of days, all
hours moved by the same number, all prices multiplied by one factor (sums and changes still come
out), equal codes to equal codes. Where a text says something that a replacement could make untrue
("the weekend", a price without its currency), that kind is left as it is.

Texts are those of a `PlainDialogue`: numbers are words already.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from interactspeech.lexicon.number_words import cardinal
from interactspeech.records import PlainTurn
from interactspeech.scripts.recombination import names
from interactspeech.scripts.writers.draws import Draws

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY = re.compile(rf"\b({'|'.join(_DAYS)})(?=s?\b)")
_FIXED_DAYS = re.compile(
    r"weekend|week days?|weekdays?|church|sunday (?:school|roast|paper)|black friday|"
    r"(?:thank|good) \w+ it's friday|tgif|workday|working day",
    re.IGNORECASE,
)
_HOURS = [cardinal(n) for n in range(1, 13)]
_MINUTES = "fifteen|thirty|forty-five|twenty|forty|ten|oh five|fifty|twenty-five|thirty-five"
_HOUR = re.compile(
    rf"\b(?:{'|'.join(_HOURS)})(?=(?: (?:{_MINUTES}))?(?: o'clock| [AP]M\b)|"
    rf" (?:{_MINUTES})(?=[.,?!]|$| (?:in the|this|tomorrow|tonight|today|sharp|on|then|train|"
    rf"flight)))|"
    rf"(?<=\bat )(?:{'|'.join(_HOURS)})(?=[.,?!]|$| (?:in the|this|tomorrow|tonight|today|"
    rf"sharp|on [A-Z]|then|every)\b)",
    re.IGNORECASE,
)
_FIXED_HOURS = re.compile(
    r"noon|midnight|twelve|lunch|breakfast|sunrise|sunset|half past|quarter|past (?:one|two|three|"
    r"four|five|six|seven|eight|nine|ten|eleven)|hour[s]? (?:later|early|earlier|late)|"
    r"o'clock news|between|from (?:one|two|three|four|five|six|seven|eight|nine|ten|eleven) to",
    re.IGNORECASE,
)
_SMALL = {cardinal(n): n for n in range(20)}
_TENS = {cardinal(n): n for n in range(20, 100, 10)}
_NUMBER_WORD = (
    rf"(?:(?:{'|'.join(sorted(_TENS, key=len, reverse=True))})(?:[- ](?:"
    rf"{'|'.join(cardinal(n) for n in range(9, 0, -1))}))?|"
    rf"{'|'.join(cardinal(n) for n in range(19, -1, -1))}|hundred|thousand|million)"
)
_NUMBER = rf"{_NUMBER_WORD}(?:(?:,? and |[ -]){_NUMBER_WORD})*"
_UNIT = r"(?:dollars?|pounds?|euros?|yuan|bucks?|quid|rmb)"
_PART = r"(?:cents?|pence|p)"
_PRICE = re.compile(
    rf"\b(?:a (?=hundred|thousand|million))?(?P<whole>{_NUMBER}) (?P<unit>{_UNIT})\b"
    rf"(?:,? and (?P<part>{_NUMBER})(?: (?P<cents>{_PART}))?\b)?",
    re.IGNORECASE,
)
_LARGE = re.compile(rf"\b{_NUMBER}\b", re.IGNORECASE)
_FIXED_PRICES = re.compile(
    r"\bcents?\b|\bpence\b|million|half|each|a (?:dollar|pound|buck)|percent|per cent|exchange|"
    r"rate|discount|change|coin|bill of|pounds (?:of|over|in weight)|kilo|lose|weigh",
    re.IGNORECASE,
)
#: All values that are multiplied come out whole.
_FACTORS = tuple(
    Fraction(*pair) for pair in ((3, 2), (2, 1), (3, 1), (1, 2), (5, 4), (4, 5), (6, 5))
)
_DIGITS = tuple(cardinal(n) for n in range(10))
_DIGIT = "zero|oh|one|two|three|four|five|six|seven|eight|nine"
_CODE = re.compile(rf"\b(?:{_DIGIT})(?:,? (?:{_DIGIT})\b){{3,}}", re.IGNORECASE)
#: Places that one may go to from anywhere without a word about them being untrue.
_CITIES = (
    "Amsterdam", "Athens", "Atlanta", "Barcelona", "Berlin", "Boston", "Brussels", "Chicago",
    "Copenhagen", "Dallas", "Denver", "Dublin", "Houston", "Lisbon", "London", "Madrid", "Miami",
    "Montreal", "Munich", "Paris", "Philadelphia", "Phoenix", "Portland", "Prague", "Rome",
    "Seattle", "Sydney", "Tokyo", "Toronto", "Vancouver", "Vienna", "Warsaw",
)  # fmt: skip
_CITY = re.compile(rf"\b(?:{'|'.join(_CITIES)})\b")
_TRAVEL = re.compile(rf"\b(?:to|from|for|via|leaving|reaching) (?:{'|'.join(_CITIES)})\b")
#: Capital letters that speak of a place: what stands there, who lives there.
_LOCAL = re.compile(
    r"museum|tower|street|avenue|park|river|bridge|stadium|university|capital|airport|palace|"
    r"weather|climate|cathedral|state|country|england|english|french|france|american|"
    r"england|japan|canada|spain|italy|germany",
    re.IGNORECASE,
)


def vary_slots(turns: Sequence[PlainTurn], taken: dict[str, str], draws: Draws) -> list[PlainTurn]:
    """The turns with other values.

    Args:
        turns: of one part.
        taken: first name -> its replacement in this dialogue; names that are met here are added.
        draws: of the dialogue.
    """
    text = "\n".join(turn.text for turn in turns)
    for name in names.find_names(turns):
        if name not in taken:
            sex = names.FEMALE if name in names.FEMALE else names.MALE
            taken[name] = draws.choose(sorted(sex - set(taken.values()) - {name}))
    text = names.replace_names(text, taken)
    for change in (_days, _hours, _prices, _codes, _cities):
        text = change(text, draws)
    return [
        turn if turn.text == line else PlainTurn(turn.speaker, line)
        for turn, line in zip(turns, text.split("\n"), strict=True)
    ]


def _days(text: str, draws: Draws) -> str:
    shift = 1 + int(draws.uniform() * 6)
    if _FIXED_DAYS.search(text):
        return text
    return _DAY.sub(lambda match: _DAYS[(_DAYS.index(match[1]) + shift) % 7], text)


def _hours(text: str, draws: Draws) -> str:
    shift = draws.choose((-2, -1, 1, 2))
    there = [_SMALL[match[0].lower()] for match in _HOUR.finditer(text)]
    # Inside one half of the day, so that morning stays morning.
    if not there or min(there) + shift < 1 or max(there) + shift > 11:
        return text
    if _FIXED_HOURS.search(text) or _CODE.search(text):
        return text

    def moved(match: re.Match[str]) -> str:
        return _like(match[0], cardinal(_SMALL[match[0].lower()] + shift))

    return _HOUR.sub(moved, text)


def _like(old: str, new: str) -> str:
    return new[0].upper() + new[1:] if old[0].isupper() else new


def _prices(text: str, draws: Draws) -> str:
    start = draws.uniform()
    prices = list(_PRICE.finditer(text))
    if not prices or _FIXED_PRICES.search(text):
        return text
    # A large number without a currency may be a price too: then all stay.
    if any(value_of(match[0]) >= 13 for match in _LARGE.finditer(_PRICE.sub(" ", text))):
        return text
    wholes = [value_of(match["whole"]) for match in prices]
    small = [value_of(match["part"] or "zero") for match in prices]
    factors = [
        factor
        for factor in _FACTORS
        if all((value * factor).denominator == 1 for value in (*wholes, *small))
        and all(value * factor < 100 for value in small)
        and all(value * factor > 1 for value in wholes)
    ]
    if not factors or min(wholes) < 2:
        return text
    factor = factors[int(start * len(factors))]

    def scaled(match: re.Match[str]) -> str:
        words = cardinal(int(value_of(match["whole"]) * factor))
        scaled = f"{_like(match[0], words)} {match['unit']}"
        if match["part"]:
            scaled += f" and {cardinal(int(value_of(match['part']) * factor))}"
            scaled += f" {match['cents']}" if match["cents"] else ""
        return scaled

    return _PRICE.sub(scaled, text)


def value_of(text: str) -> int:
    """The number that words say: the inverse of `numbers.cardinal`.

    >>> value_of("two thousand one hundred and thirty-five")
    2135
    """
    total = group = 0
    for word in re.split(r"[-\s,]+", text.lower()):
        if word in _SMALL:
            group += _SMALL[word]
        elif word in _TENS:
            group += _TENS[word]
        elif word == "hundred":
            group = max(group, 1) * 100
        elif word in {"thousand", "million"}:
            total += max(group, 1) * (1000 if word == "thousand" else 10**6)
            group = 0
    return total + group


def _codes(text: str, draws: Draws) -> str:
    known: dict[str, str] = {}

    def other(match: re.Match[str]) -> str:
        old = match[0].lower()
        if old not in known:
            known[old] = re.sub(_DIGIT, lambda _: draws.choose(_DIGITS), old)
        return _like(match[0], known[old])

    return _CODE.sub(other, text)


def _cities(text: str, draws: Draws) -> str:
    order = list(dict.fromkeys(_CITY.findall(text)))
    if not order or _LOCAL.search(text):
        return text
    if set(order) - {match[0].rsplit(" ", 1)[1] for match in _TRAVEL.finditer(text)}:
        return text
    new: dict[str, str] = {}
    for city in order:
        new[city] = draws.choose([c for c in _CITIES if c not in new.values() and c not in order])
    return _CITY.sub(lambda match: new[match[0]], text)
