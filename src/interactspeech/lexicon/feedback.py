"""Words that decide: the feedback lexicon by kind, fillers, and words that end nothing.

The feedback phrases are those that Switchboard's and AMI's annotators marked as backchannels most
often, in the spelling variants that transcripts use. A rule set carries its own copy, so a
project can change them and the labels will say so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

#: "Go on, I am listening."
CONTINUERS: tuple[str, ...] = (
    *("mm-hm", "mm-hmm", "mhm", "mmhmm", "mmhm", "mm", "mmm", "hm", "hmm", "hum"),
    *("uh-huh", "uhuh", "uhhuh", "um-hum", "um-hm", "umhum", "mm-mm"),
)

#: "I have heard and agree, or understand."
ACKNOWLEDGEMENTS: tuple[str, ...] = (
    *("yeah", "yep", "yup", "yes", "yea", "ya", "right", "okay", "ok", "'kay", "kay", "sure"),
    *("all right", "alright", "i see", "i know", "that's right", "that's true", "exactly"),
    *("absolutely", "definitely", "of course", "true", "got it", "fine", "fair enough"),
    *("is that right", "yeah i know", "i understand", "makes sense"),
)

#: "That moves me."
REACTIONS: tuple[str, ...] = (
    *("oh", "ah", "aha", "ooh", "wow", "really", "huh", "gosh", "oh my", "oh my god", "my god"),
    *("oh my goodness", "my goodness", "oh gosh", "oh my gosh", "oh boy", "boy", "goodness"),
    *("great", "cool", "nice", "good", "wonderful", "no way", "oh no", "oh dear", "interesting"),
    *("that's great", "that's good", "that's nice", "that's cool", "that's funny", "well"),
)

FILLERS: tuple[str, ...] = ("um", "uh", "uhm", "erm", "er", "ehm", "eh", "hmm")

#: A unit whose last word is one of these was not meant to end there: determiners, prepositions,
#: conjunctions and pronouns that want something after them.
INCOMPLETE: tuple[str, ...] = (
    *("a", "an", "the", "my", "your", "his", "their", "our", "its", "this", "these", "those"),
    *("and", "but", "or", "because", "if", "when", "while", "although", "unless", "than", "as"),
    *("of", "to", "from", "with", "for", "at", "by", "into", "onto", "about", "without"),
    *("i", "we", "they", "he", "she", "i'm", "we're", "they're", "i'd", "i'll", "we'll", "i've"),
    *("is", "are", "was", "were", "am", "be", "been", "very", "which", "who", "whose", "where"),
)

_EDGE = re.compile(r"^[^\w']+|[^\w']+$")


@lru_cache(maxsize=65536)
def bare_word(word: str) -> str:
    """A word as the lists spell it: lower case, no punctuation at its edges.

    >>> normal("Mm-hm,"), normal("That's"), normal("I-")
    ('mm-hm', "that's", 'i')
    """
    return _EDGE.sub("", word.replace("\u2019", "'").lower())


def feedback_kind(
    words: Sequence[str],
    continuers: Sequence[str] = CONTINUERS,
    acknowledgements: Sequence[str] = ACKNOWLEDGEMENTS,
    reactions: Sequence[str] = REACTIONS,
) -> str:
    """The kind of feedback that `words` are made of, or "" if a word belongs to no phrase.

    The kind is the strongest in it: a reaction before an acknowledgement before a continuer.

    >>> kind(["Oh,", "yeah."]), kind(["uh-huh"]), kind(["that's", "right"]), kind(["yeah", "but"])
    ('reaction', 'continuer', 'acknowledgement', '')
    """
    return _kind(
        tuple(n for w in words if (n := bare_word(w))),
        _phrases(tuple(continuers), tuple(acknowledgements), tuple(reactions)),
    )


_KINDS = ("continuer", "acknowledgement", "reaction")


class _PhraseTable(dict[tuple[str, ...], int]):
    """Phrase -> index in `_KINDS`; hashed by identity, so that it can key a cache."""

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return self is other


@lru_cache(maxsize=64)
def _phrases(*kinds: tuple[str, ...]) -> _PhraseTable:
    return _PhraseTable(
        {
            tuple(phrase.split()): strength
            for strength, phrases in enumerate(kinds)
            for phrase in phrases
        }
    )


@lru_cache(maxsize=65536)
def _kind(words: tuple[str, ...], phrases: _PhraseTable) -> str:
    # strength[i]: the strongest kind in the best cover of the first i words; -1 for none.
    if not words:
        return ""
    longest = max(map(len, phrases), default=0)
    strength = [0] + [-1] * len(words)
    for end in range(1, len(words) + 1):
        for start in range(max(0, end - longest), end):
            found = phrases.get(words[start:end])
            if found is not None and strength[start] >= 0:
                strength[end] = max(strength[end], strength[start], found)
    return _KINDS[strength[-1]] if strength[-1] >= 0 else ""
