"""Numbers of a text in words, by the rules of all kinds in the order in which they are tried."""

from __future__ import annotations

# ruff: noqa: E501 -- a pattern is read in one line
import re
from functools import lru_cache

from interactspeech.lexicon.numbers.codes import codes, telephones, versions
from interactspeech.lexicon.numbers.dates import DateOrder, dates, decades
from interactspeech.lexicon.numbers.fractions import fractions, mixed_fractions
from interactspeech.lexicon.numbers.matching import Rules
from interactspeech.lexicon.numbers.prices import prices
from interactspeech.lexicon.numbers.quantities import amounts, bare_numbers, ordinals, powers, sizes
from interactspeech.lexicon.numbers.ranges import ranges, scores
from interactspeech.lexicon.numbers.signs import plain_signs
from interactspeech.lexicon.numbers.times import times
from interactspeech.lexicon.written_forms import DIGITS, one_spelling

_ONE = re.compile(r"\d")
#: Cents that a tokenizer tore off ("$2980. 00").
_TORN = re.compile(r"(?<=[$£€])(\s?\d[\d,\s]{0,20})\.\s(\d\d)\b")


@lru_cache(maxsize=4)
def _rules_in_order(order: DateOrder) -> Rules:
    """Kinds of numbers in the order in which they are tried: what one reads, the next do not see."""
    return (
        *dates(order), *times(), *scores(), *prices(), *versions(), *powers(), *mixed_fractions(),
        *ranges(), *telephones(), *decades(), *ordinals(), *fractions(order), *sizes(), *amounts(),
        *codes(), *bare_numbers(),
    )  # fmt: skip


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
    for pattern, read in _rules_in_order(dates):
        text = pattern.sub(read, text)
        if not _ONE.search(text):
            break
    return text
