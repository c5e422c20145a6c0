"""First names by sex, and the speakers of a dialogue who bear them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from interactspeech.lexicon.words import words
from interactspeech.records import PlainTurn

FEMALE = words(
    """
    Abigail Alice Amanda Amy Andrea Angela Anna Anne Barbara Becky Caroline Catherine Christine
    Claire Daisy Diana Diane Donna Dorothy Elena Elizabeth Ellen Emily Emma Erica Eva Fiona
    Hannah Harriet Heather Helen Holly Isabel Isabella Isabelle Jane Janet Jennifer Jenny
    Jessica Jill Joan Judy Julia Julie Karen Kate Katherine Kathy Katie Kelly Kimberly Laura
    Lauren Leah Lily Linda Lisa Lucy Lynn Maria Marie Martha Mary Megan Melissa Michelle Molly
    Monica Nancy Naomi Natalie Nicole Nina Olivia Pamela Patricia Paula Rachel Rebecca Ruby Ruth
    Sally Samantha Sandra Sara Sarah Sharon Sherry Sonia Sophie Stella Susan Suzy Teresa Tina
    Tracy Vanessa Vicky Wendy Zoe
    """
)
MALE = words(
    """
    Aaron Adam Alan Albert Alex Alfred Andrew Anthony Arthur Ben Bob Bobby Brian Carl Charles
    Charlie Chris Colin Daniel Dave David Dennis Derek Donald Doug Edward Eric Ethan Felix Fred
    Gary George Gordon Graham Greg Harold Harry Henry Howard Hugh Ian Isaac Jacob James Jason
    Jeff Jeremy Jerry Jim Jimmy Joe Joel John Johnny Jonathan Joseph Justin Keith Ken Kenneth
    Kevin Kyle Larry Leo Leonard Louis Luke Marcus Martin Matthew Max Michael Mike Nathan Neil
    Nicholas Nick Oliver Oscar Owen Patrick Paul Peter Philip Ralph Raymond Richard Robert Roger
    Ron Ronald Roy Sam Samuel Scott Simon Stanley Stephen Steve Steven Stuart Ted Terry Thomas
    Tim Timothy Tom Tommy Tony Victor Vincent Walter
    """
)
_ANY = "|".join(sorted(FEMALE | MALE, key=len, reverse=True))
#: A first name that is no part of a longer name ("Jackie Chan", "Saint Peter", "Robert's" may be).
_NAME = re.compile(rf"(?<![A-Z][a-z] )(?<![A-Za-z'-])(?:{_ANY})(?![A-Za-z-])")
_NAME_PART = re.compile(
    rf"[A-Z][A-Za-z]+ (?:{_ANY})(?![A-Za-z])|(?<![A-Za-z])(?:{_ANY}) [A-Z][a-z]+"
)
#: Before or after a name without being a part of it.
_NO_PART = words(
    """
    Hi Hello Hey Oh Well Yes No Okay Ok OK Thanks Sure So And But Is Does Did Was Are Has Can
    Could Would Will Good Morning Afternoon Evening Tell Ask Because If When What Why How Where
    Do Look Listen Come Sorry Please Then That This My Dear I I'm I'll I've I'd Right Yeah Maybe
    Let Call
    """
)
_ADDRESSED = re.compile(
    rf"(?:^|[.!?] )(?:(?:hi|hello|hey|well|oh|yes|no|okay|ok|thanks|thank you|good \w+|sure|yeah|"
    rf"so|sorry|listen|look|come on)[, ]+)?((?-i:{_ANY}))[,.!?]|, ((?-i:{_ANY}))[,.?!]",
    re.IGNORECASE,
)
_INTRODUCED = re.compile(
    rf"\b(?:i'm|i am|my name is|my name's|this is) ((?-i:{_ANY}))(?![A-Za-z])", re.IGNORECASE
)


def find_names(turns: Iterable[PlainTurn]) -> list[str]:
    """First names that can be replaced, in the order of their first mention."""
    order: dict[str, None] = {}
    fixed: set[str] = set()
    for turn in turns:
        for match in _NAME_PART.finditer(turn.text):
            left, right = match[0].split(" ", 1)
            if left not in _NO_PART and right not in _NO_PART:
                fixed |= {left, right}
        order |= dict.fromkeys(_NAME.findall(turn.text))
    return [name for name in order if name not in fixed]


def name_owners(turns: Iterable[PlainTurn]) -> dict[str, str]:
    """Name -> the speaker who is addressed by it, or introduces themselves by it."""
    owned: dict[str, str] = {}
    speakers = sorted({turn.speaker for turn in turns})
    if len(speakers) != 2:
        return owned
    other = {speakers[0]: speakers[1], speakers[1]: speakers[0]}
    for turn in turns:
        for match in _ADDRESSED.finditer(turn.text):
            owned.setdefault(match[1] or match[2], other[turn.speaker])
        for match in _INTRODUCED.finditer(turn.text):
            owned.setdefault(match[1], turn.speaker)
    return owned


def replace_names(text: str, new: dict[str, str]) -> str:
    """The text with names replaced, all at once."""
    return _NAME.sub(lambda match: new.get(match[0], match[0]), text)
