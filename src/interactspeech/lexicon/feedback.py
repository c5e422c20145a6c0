"""The feedback lexicon by kind, fillers, and words that a complete unit does not end with.

The feedback phrases are those that Switchboard's and AMI's annotators marked as backchannels most
often, in the spelling variants that transcripts use. A rule set carries its own copy, so a
project can change them and the labels will say so.

Other lists of feedback words are here too, each with the reason why it differs: `FEEDBACK_TURNS`,
`SHORT_FEEDBACK` and `FIRST_WORD_CLASSES`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from interactspeech.lexicon.token_cache import by_token

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

#: Words of which a turn of a script consists that says nothing else: it is neither cut off nor an
#: interruption. Thanks are such a turn though they are no backchannel, and a turn of reactions
#: beyond these ("oh my goodness") may be cut off. Scripts of a seed depend on this list.
FEEDBACK_TURNS: frozenset[str] = frozenset(
    (
        *("yeah", "yes", "yep", "uh-huh", "uhuh", "mm-hm", "mhm", "mm", "hm", "hmm", "um-hum"),
        *("right", "okay", "ok", "oh", "wow", "sure", "really", "exactly", "absolutely", "great"),
        *("good", "nice", "i", "see", "alright", "fine", "of", "course", "thanks", "thank", "you"),
        *("true", "huh"),
    )
)

#: Words of utterances that a synthesiser speaks at the pace of feedback, letters only: feedback,
#: hesitations, and the answers "no" and "nope", which are as short. Audio of a seed depends on it.
SHORT_FEEDBACK: frozenset[str] = frozenset(
    (
        *("mm", "mmm", "hm", "hmm", "mhm", "mmhm", "mmhmm", "uhhuh", "uhuh", "umhm", "uh", "um"),
        *(
            "er",
            "ah",
            "oh",
            "huh",
            "yeah",
            "yes",
            "yep",
            "yup",
            "no",
            "nope",
            "okay",
            "ok",
            "right",
        ),
        *("sure", "wow", "really", "alright", "good", "great", "nice", "cool", "true", "exactly"),
        *("absolutely", "i", "see"),
    )
)

#: Classes of the first word of a candidate, for the decision fitted on AMI's dialogue acts
#: (`turntaking.backchannel_decision`): the classes are features of the fitted model, fillers and
#: answers among them.
FIRST_WORD_CLASSES: dict[str, tuple[str, ...]] = {
    "mm_hm": ("mm-hm", "mm-hmm", "mhm", "mmhmm", "mmhm", "uh-huh", "um-hum", "um-hm", "um-hmm"),
    "mm": ("mm", "mmm", "hm", "hmm", "hum"),
    "yeah": ("yeah", "yea", "ya"),
    "yes": ("yes", "yep", "yup"),
    "okay": ("okay", "ok", "'kay", "kay"),
    "right": ("right", "alright"),
    "fine": ("sure", "fine", "true", "exactly", "absolutely", "definitely", "good", "great"),
    "oh": ("oh", "ah", "ooh", "aha", "wow", "really", "huh", "gosh"),
    "filler": ("uh", "um", "uhm", "er", "erm"),
    "no": ("no", "nope", "nah", "uh-uh"),
}

#: Feedback in every kind of talk: the thirteen words of framework.md's list, in the spellings that
#: transcripts use. In talk of an unfamiliar kind they say more than a fitted decision does.
COMMON_FEEDBACK: frozenset[str] = frozenset(
    (
        *FIRST_WORD_CLASSES["mm_hm"],
        *FIRST_WORD_CLASSES["mm"],
        *FIRST_WORD_CLASSES["yeah"],
        *FIRST_WORD_CLASSES["yes"],
        *FIRST_WORD_CLASSES["okay"],
        *FIRST_WORD_CLASSES["right"],
        *("oh", "sure"),
    )
)

FILLERS: tuple[str, ...] = ("um", "uh", "uhm", "erm", "er", "ehm", "eh", "hmm")

#: A unit whose last word is one of these is incomplete: determiners, prepositions, conjunctions and
#: pronouns that need something after them.
INCOMPLETE: tuple[str, ...] = (
    *("a", "an", "the", "my", "your", "his", "their", "our", "its", "this", "these", "those"),
    *("and", "but", "or", "because", "if", "when", "while", "although", "unless", "than", "as"),
    *("of", "to", "from", "with", "for", "at", "by", "into", "onto", "about", "without"),
    *("i", "we", "they", "he", "she", "i'm", "we're", "they're", "i'd", "i'll", "we'll", "i've"),
    *("is", "are", "was", "were", "am", "be", "been", "very", "which", "who", "whose", "where"),
)

_EDGE = re.compile(r"^[^\w']+|[^\w']+$")


def _bare_word(word: str) -> str:
    """A word as the lists spell it: lower case, no punctuation at its edges, letters that are
    spelled out together ("o_k", as ICSI's transcripts have it).

    >>> bare_word("Mm-hm,"), bare_word("That's"), bare_word("I-")
    ('mm-hm', "that's", 'i')
    """
    return _EDGE.sub("", word.replace("\u2019", "'").replace("_", "").lower())


bare_word = by_token(_bare_word)


def feedback_kind(
    words: Sequence[str],
    continuers: Sequence[str] = CONTINUERS,
    acknowledgements: Sequence[str] = ACKNOWLEDGEMENTS,
    reactions: Sequence[str] = REACTIONS,
) -> str:
    """The kind of feedback that `words` are made of, or "" if a word belongs to no phrase.

    The kind is the strongest in it: a reaction before an acknowledgement before a continuer.

    >>> feedback_kind(["Oh,", "yeah."]), feedback_kind(["uh-huh"]), feedback_kind(["yeah", "but"])
    ('reaction', 'continuer', '')
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
