"""Whether words are in the language of the lexicon, which is English.

The lexicon, the normaliser and the fitted backchannel decision know English only. English talk
is full of its function words: their share of a dialogue's words is .38 at least, and .62 in the
middle, in 926 dialogues of DailyDialog and 500 of DialogSum (30 words and more). In Dutch, German,
French and Spanish sentences a few are spelled alike ("we", "was", "on", "no"): .08 to .13.
"""

from __future__ import annotations

from collections.abc import Iterable

from interactspeech.lexicon.words import FUNCTION_WORDS, bare

#: Of words, at least this share are function words where they are English.
LEAST_SHARE = 0.25
#: Fewer words say too little.
LEAST_WORDS = 30


def function_word_share(words: Iterable[str]) -> tuple[float, int]:
    """Share of words that are English function words, and the number of words with letters.

    >>> function_word_share("I don't know what it is".split())
    (0.8333333333333334, 6)
    """
    spoken = [word for word in map(bare, words) if any(sign.isalpha() for sign in word)]
    known = sum(word in FUNCTION_WORDS for word in spoken)
    return known / max(len(spoken), 1), len(spoken)


def not_english(words: Iterable[str]) -> str:
    """What to say about words that are not English, with the numbers; "" for English or too few."""
    share, count = function_word_share(words)
    if count < LEAST_WORDS or share >= LEAST_SHARE:
        return ""
    return (
        f"{share:.0%} of {count:,} words are English function words, of English talk at least "
        f"{LEAST_SHARE:.0%} are: the lexicon of feedback and the fitted backchannel decision "
        "are English, so do not trust labels that depend on words; give a rule set with "
        "phrases of the language (--rules FILE), or decide by the rule (--backchannels rule)"
    )
