"""What a speaker has just mentioned: things, amounts and names, as the other would say them back.

No parser: a determiner, its adjectives and nouns by their usual tags, a counted noun, a word with a
capital in mid-sentence. What is not surely a phrase is not found.

>>> [one.text for one in mentions("We took my old car to the lake for two weeks with".split(), 12)]
['two weeks', 'the lake', 'your old car']
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from interactspeech.lexicon.token_cache import by_token
from interactspeech.lexicon.word_tags import is_plural, word_tag
from interactspeech.lexicon.words import FUNCTION_WORDS, bare, stem, words

#: Tokens before a place that are looked at: what is older is not "just said".
_BACK = 16
#: Content words of a phrase, at most.
_LONGEST = 3
#: Determiners as the other speaker says them.
SWAPPED = {
    "the": "the", "a": "a", "an": "an", "my": "your", "your": "my", "his": "his", "her": "her",
    "their": "their", "our": "your", "this": "this", "these": "these", "those": "those",
    "some": "some", "any": "any",
}  # fmt: skip
#: Nouns of time, about which a listener does not ask back.
TIMES = words(
    """
    morning afternoon evening night week weekend month year end beginning moment while minute
    hour second couple lot bit kind sort rest whole other
    """
)
#: Nouns that mean nothing by themselves.
_EMPTY = words(
    """
    matter truth fact point problem case future past same way idea question answer rule reason
    thing things something number part side top bottom middle one ones first second last next
    stuff sense hell course time times day days today tomorrow bunch pair piece front back
    total average most least best worst only very following pleasure regret meantime doubt hurry
    favor favour luck opinion mind sake order instance example care bickering contrary blame
    use while deal pity shame minutes seconds rain trouble help joke honor honour fault
    """
)
#: Nouns of time that stand beside a phrase, not in it.
_BESIDE = words("yesterday today tomorrow tonight ago later")
_ENDS = FUNCTION_WORDS | _BESIDE
_NUMBERS = words(
    """
    two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred
    thousand million
    """
)
_DIGITS = words("zero one two three four five six seven eight nine oh double")
#: Days and months are no persons or places.
CALENDAR = words(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june
    july august september october november december
    """
)
#: Words with capitals that name nobody, and titles, whose names are theirs.
_NO_NAMES = words(
    "god lord okay ok mister missus miss miz mr mrs ms doctor dr sir madam ma'am mom dad"
)
_IN_NO_NAME = FUNCTION_WORDS | _NO_NAMES

_GREETINGS = words("hi hello hey dear thanks you bye goodbye congratulations")

#: Words in lower case with which a phrase begins.
_BEGINNINGS = frozenset(SWAPPED) | _NUMBERS
#: Words after "a" that say how much.
_NO_SIZES = frozenset(("little", "bit", "lot", "few", "couple"))
#: Nouns about which there is nothing to ask.
_NO_THINGS = TIMES | CALENDAR | _EMPTY

MentionKind = Literal["thing", "amount", "name"]


class Mention(msgspec.Struct, frozen=True):
    """A phrase that the speaker has said.

    Attributes:
        kind: a thing with its determiner, an amount ("forty dollars"), a name.
        text: as the other speaker says it ("my car" -> "your car").
        noun: without determiner; of an amount, what is counted.
        determiner: as the other says it; of an amount, the number.
        start, end: tokens.
    """

    kind: MentionKind
    text: str
    noun: str
    determiner: str
    start: int
    end: int

    @property
    def pointed(self) -> str:
        """The phrase as one that is known by now: "that lamp" for "a lamp"."""
        if self.determiner not in {"a", "an", "some", "any"}:
            return self.text
        return f"{'those' if self.plural else 'that'} {self.noun}"

    def own(self, tokens: Sequence[str]) -> str:
        """The phrase as the speaker said it, without what closes it."""
        text = " ".join(tokens[self.start : self.end]).rstrip(",;.?!:\"')")
        return text if self.kind == "name" else text[0].lower() + text[1:]

    @property
    def plural(self) -> bool:
        """Whether it is of more than one."""
        return self.kind == "amount" or (self.kind == "thing" and is_plural(self.noun.split()[-1]))

    @property
    def definite(self) -> bool:
        """Whether the speaker takes it for known."""
        return self.determiner in {"the", "this", "these", "those"}


def mentions(tokens: Sequence[str], at: int, back: int = _BACK) -> list[Mention]:
    """Phrases of the `back` tokens before token `at`, the latest first.

    Args:
        tokens: of the turn.
        at: what stands from here on has not been said.
        back: tokens that are looked at.
    """
    found: list[Mention] = []
    index = max(0, at - back)
    while index < at:
        made = _mention(tokens, index, at)
        if made is None:
            index += 1
            continue
        found.append(made)
        index = made.end
    return found[::-1]


def latest_mention(tokens: Sequence[str], at: int, back: int = _BACK) -> Mention | None:
    """The last of `mentions`, without looking for the others."""
    for index in range(at - 1, max(0, at - back) - 1, -1):
        token = tokens[index]
        if not _opens(token):
            continue
        if token[0].isupper() and index > 1 and tokens[index - 1][0].isupper():
            continue  # inside a name, or after another word with a capital
        made = _mention(tokens, index, at)
        if made is not None:
            return made
    return None


@by_token
def _opens(token: str) -> MentionKind | None:
    """The kind of phrase that a token may begin."""
    word = bare(token)
    if token[0].islower() and token not in _BEGINNINGS:
        return None
    if word in SWAPPED:
        return "thing" if token[-1].isalpha() else None
    if word in _NUMBERS and token[-1].isalpha():
        return "amount"
    return "name" if token[0].isupper() else None


def _mention(tokens: Sequence[str], index: int, at: int) -> Mention | None:
    kind = _opens(tokens[index])
    if kind is None:
        return None
    if kind == "thing":
        return _thing(tokens, index, at)
    if kind == "amount":
        return _amount(tokens, index, at)
    return _name(tokens, index, at) if index and tokens[index - 1][-1] not in '.?!:"' else None


@by_token
def _without_mark(token: str) -> str:
    return token.rstrip(",;.?!:\"')")


@by_token
def _ends_thing(token: str) -> bool:
    """Whether a token is no part of a phrase with a determiner."""
    return bare(token) in _ENDS or not _is_word(_without_mark(token).lower())


def _thing(tokens: Sequence[str], index: int, at: int) -> Mention | None:
    """A determiner with adjectives and nouns; the last word is a noun, and the phrase is over."""
    kept: list[str] = []
    last = 0
    for place in range(index + 1, min(index + 1 + _LONGEST, at)):
        token = tokens[place]
        if _ends_thing(token):
            break
        tag = word_tag(token)
        if tag in {"verb", "past", "adverb"} and (last or tag != "past"):
            break
        if last and tag == "noun" and (is_plural(kept[-1]) or _may_be_verb(tokens, place, at)):
            break
        kept.append(_without_mark(token))
        if tag == "noun":
            last = len(kept)
        if not token[-1].isalpha():
            break
    kept = kept[:last]
    end = index + 1 + last
    if not kept or _goes_on(tokens, end, at) or tokens[end - 1].endswith("-"):
        return None
    noun = bare(kept[-1])
    if noun in _NO_THINGS or bare(kept[0]) in _EMPTY or not stem(kept[-1]):
        return None
    determiner = SWAPPED[bare(tokens[index])]
    if is_plural(noun) and determiner in {"a", "an", "this"}:
        return None  # "if this tears": a verb
    if bare(kept[0]) in _NUMBERS and determiner in {"some", "any"}:
        return None
    if (index and bare(tokens[index - 1]) == "of" and kept[0][0].isupper()) or kept[0] in _NO_SIZES:
        return None  # the end of a name; "a little", which is no size
    return Mention("thing", " ".join([determiner, *kept]), " ".join(kept), determiner, index, end)


def _is_word(word: str) -> bool:
    """Letters only, and no fragment."""
    return word[-1:] != "-" and word.replace("-", "").replace("'", "").isalpha()


def _may_be_verb(tokens: Sequence[str], index: int, at: int) -> bool:
    """Whether a word after a noun may be its verb: "the hotel offers a"."""
    return (
        bare(tokens[index]).endswith("s") and index + 1 < at and bare(tokens[index + 1]) in SWAPPED
    )


def _goes_on(tokens: Sequence[str], end: int, at: int) -> bool:
    """Whether a phrase that ends before token `end` may go on, or ends in an owner."""
    if tokens[end - 1].rstrip(",;.?!").endswith(("'s", "s'")):
        return True
    if not tokens[end - 1][-1].isalpha():
        return False
    if end >= at:
        return True
    following, tag = bare(tokens[end]), word_tag(tokens[end])
    if following in {"and", "or"}:  # "the tea or coffee"
        return end + 1 < at and word_tag(tokens[end + 1]) in {"noun", "adjective"}
    if _may_be_verb(tokens, end, at):
        return False
    if tag == "verb" and not following.endswith(("s", "ing")) and not is_plural(tokens[end - 1]):
        return True  # "the bubble wrap"
    return following == "of" or tag in {"noun", "adjective"} or following[-1:] == "-"


def _amount(tokens: Sequence[str], index: int, at: int) -> Mention | None:
    """A number and the noun that it counts."""
    end = index
    while end < at and bare(tokens[end]) in _NUMBERS and tokens[end][-1].isalpha():
        end += 1
    digits = sum(bare(token) in _DIGITS for token in tokens[index:end])
    if end >= at or digits > 1 or end - index > 4 or (index and bare(tokens[index - 1]) in _DIGITS):
        return None
    unit = bare(tokens[end])
    counted = unit in {"percent", "o'clock"} or (
        is_plural(unit) and word_tag(tokens[end]) == "noun" and unit != "thousands"
    )
    if not counted or _goes_on(tokens, end + 1, at):
        return None
    number = " ".join(map(bare, tokens[index:end]))
    return Mention("amount", f"{number} {unit}", unit, number, index, end + 1)


def _name(tokens: Sequence[str], index: int, at: int) -> Mention | None:
    """Words with capitals in mid-sentence."""
    kept: list[str] = []
    for place in range(index, min(index + 3, at)):
        token = tokens[place]
        word = bare(token)
        if not token[0].isupper() or word in _IN_NO_NAME or word[:2] == "i'":
            break
        if not _is_word(word):
            break
        kept.append(_without_mark(token))
        if not token[-1].isalpha():
            break
    end = index + len(kept)
    before = bare(tokens[index - 1])
    if not kept or bare(kept[0]) in CALENDAR or before in SWAPPED or before in _NO_NAMES:
        return None
    if before in _GREETINGS or (tokens[index - 1][-1] == "," and tokens[end - 1][-1] in ",.?!"):
        return None  # who is spoken to
    if tokens[end - 1].rstrip(",;.?!").endswith("'s") or _goes_on(tokens, end, at):
        return None
    text = " ".join(kept)
    return Mention("name", text, text, "", index, end)
