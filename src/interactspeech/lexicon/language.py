"""Whether words are in the language of the lexicon.

The lexicon that ships, the normaliser and the fitted backchannel decision know English only.
English talk is full of its function words: their share of a dialogue's words is .38 at least, and
.62 in the middle, in 926 dialogues of DailyDialog and 500 of DialogSum (30 words and more). In
Dutch, German, French and Spanish sentences a few are spelled alike ("we", "was", "on", "no"): .08
to .13.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from interactspeech.errors import UsageError
from interactspeech.lexicon.words import FUNCTION_WORDS, bare

#: Of the lexicon that ships, the normaliser, and the fitted decision (ISO 639-1).
LANGUAGE = "en"
#: Of words, at least this share are function words where they are English.
LEAST_SHARE = 0.25
#: Fewer words say too little.
LEAST_WORDS = 30
#: Words of a conversation that are looked at.
_MOST_WORDS = 500
#: Three-letter codes (ISO 639-2 and 639-3) of languages with two-letter ones, as TalkBank has them.
_THREE = {"eng": "en", "nld": "nl", "dut": "nl", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr",
          "spa": "es", "ita": "it", "por": "pt", "jpn": "ja", "zho": "zh", "chi": "zh", "cmn": "zh",
          "kor": "ko", "rus": "ru", "pol": "pl", "swe": "sv", "dan": "da", "nor": "no",
          "fin": "fi", "tur": "tr", "ara": "ar", "hin": "hi", "cat": "ca", "eus": "eu",
          "cym": "cy", "wel": "cy"}  # fmt: skip
_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*")


def base_language(tag: str) -> str:
    """The language of a BCP-47 tag, without region: "en" of "en-GB".

    Raises:
        UsageError: it is none.

    >>> base_language("en-GB"), base_language("nl"), base_language("eng")
    ('en', 'nl', 'en')
    """
    if not _TAG.fullmatch(tag):
        raise UsageError(f"{tag!r} is no language", remedy="use a tag such as en, en-GB or nl")
    base = re.split("[-_]", tag)[0].lower()
    return _THREE.get(base, base)


def function_word_share(words: Iterable[str]) -> tuple[float, int]:
    """Share of words that are English function words, and the number of words with letters.

    >>> function_word_share("I don't know what it is".split())
    (0.8333333333333334, 6)
    """
    spoken = [word for word in map(bare, words) if word.isalpha() or any(map(str.isalpha, word))]
    known = sum(word in FUNCTION_WORDS for word in spoken)
    return known / max(len(spoken), 1), len(spoken)


@dataclass
class LanguageCheck:
    """Looks at the words of conversations, one after the other, for those of another language.

    Conversations of fewer than `LEAST_WORDS` words are judged together.

    Attributes:
        language: of the lexicon.
        conversations, words, function_words: looked at.
        foreign: conversations, and their words and function words, that are not in it.
    """

    language: str = LANGUAGE
    conversations: int = 0
    foreign: list[int] = field(default_factory=lambda: [0, 0, 0])
    _short: list[int] = field(default_factory=lambda: [0, 0, 0])

    def add(self, words: Iterable[str]) -> None:
        """Look at one conversation."""
        share, count = function_word_share(islice(words, _MOST_WORDS))
        if not count:
            return
        self.conversations += 1
        found = (1, count, round(share * count))
        if count < LEAST_WORDS:
            self._put(self._short, found)
        elif (share < LEAST_SHARE) == (self.language == LANGUAGE):
            self._put(self.foreign, found)

    @staticmethod
    def _put(sums: list[int], found: tuple[int, int, int]) -> None:
        sums[:] = [a + b for a, b in zip(sums, found, strict=True)]

    def message(self, *, of_texts: bool = False) -> str:
        """What to say, with the numbers; "" where the words are in the language, or too few.

        Args:
            of_texts: the words are those of scripts that were written, not of labelled talk.
        """
        foreign = list(self.foreign)
        _, words, known = self._short
        if words >= LEAST_WORDS and (known < LEAST_SHARE * words) == (self.language == LANGUAGE):
            self._put(foreign, (self._short[0], words, known))
        count, words, known = foreign
        if not count:
            return ""
        share = (
            f"{count:,} of {self.conversations:,} conversation(s) with words: "
            f"{known / words:.0%} of {words:,} words are English function words, "
            f"of English talk at least {LEAST_SHARE:.0%} are"
        )
        if of_texts:
            return (
                f"{share}. The texts are not English, and the normaliser and the offline writer "
                "are: feedback and interruptions that were added are in English"
            )
        if self.language == LANGUAGE:
            return (
                f"{share}. The words are not English, and the lexicon (feedback, fillers, "
                "function words) and the fitted backchannel decision are: do not trust labels that "
                "depend on words; name the language (--language) and bring a lexicon of it "
                "(--lexicon FILE)"
            )
        return (
            f"{share}. The words are English, and the language is said to be "
            f"{self.language!r}: leave out --language and --lexicon, or name the right ones"
        )
