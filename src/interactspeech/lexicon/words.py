"""Word lists as text."""

from __future__ import annotations

from collections.abc import Container, Sequence
from functools import lru_cache

from interactspeech.lexicon.feedback import FEEDBACK_TURNS
from interactspeech.lexicon.token_cache import by_token


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


# Word lists and what follows from them: function words, content words, open units, feedback.
#
# A closed class needs a list, not a model: these lists decide where a unit is open and which words
# carry content, at a few microseconds a turn.


DETERMINERS = words(
    """
    a an the my your his her its our their this that these those some any every each no
    another both either
    """
)
PREPOSITIONS = words(
    """
    of in on at to for from with without by about into onto over under after before between
    through during against near behind beside beyond across around along towards until since
    inside outside than as like off up down out
    """
)
CONJUNCTIONS = words(
    """
    and but or so because if when while that which who whose whether although though unless
    where why how what then
    """
)
AUXILIARIES = words(
    """
    is are was were be been being am do does did have has had will would can could shall
    should may might must isn't aren't wasn't weren't don't doesn't didn't haven't hasn't
    hadn't won't wouldn't can't couldn't shouldn't i'm you're he's she's it's we're they're
    i've you've we've they've i'd you'd he'd she'd we'd they'd i'll you'll he'll she'll we'll
    they'll that's there's what's who's let's gonna wanna gotta
    """
)
PRONOUNS = words(
    """
    i you he she it we they me him us them myself yourself himself herself itself ourselves
    themselves someone somebody something anyone anybody anything everyone everybody
    everything nobody nothing one ones mine yours ours theirs hers
    """
)
ADVERBS = words(
    """
    not very really quite just also too only even still already always never often usually
    actually probably maybe perhaps almost rather pretty more most less least much many few
    several such so here there now then again ever yet soon later well all else away back
    """
)
#: Verbs that want something after them.
OPEN_VERBS = words(
    """
    want wanted need needed like liked love hate think thought know knew say said tell told
    ask asked get got take took make made give gave see saw find found put keep kept let help
    helped going trying looking getting taking making thinking saying telling working having
    doing try tried start started use used buy bought bring brought send sent show showed call
    called believe hope guess mean means remember forgot feel felt seems looks sounds became
    become suggest recommend prefer book reserve
    """
)
INTERJECTIONS = words(
    """
    oh ah um uh er hmm mm hm well yes yeah yep no nope okay ok right sure please thanks thank
    hi hello hey bye goodbye sorry wow haha alright indeed absolutely exactly certainly
    """
)
FUNCTION_WORDS = (
    DETERMINERS | PREPOSITIONS | CONJUNCTIONS | AUXILIARIES | PRONOUNS | ADVERBS | INTERJECTIONS
)
#: Words too light to give anything away, though they are no function words.
_LIGHT = words(
    """
    go goes went gone going come comes came coming get gets got getting do doing done make
    made thing things way lot kind sort bit know think say said see look good great nice fine
    time want need like let take put give mean really sir madam mister missus miss day today
    """
)
#: Function words that say as much as a content word.
_TELLING = words("without never nobody nothing against instead since until")
#: The third persons, by what they stand for.
THIRD = (
    words("he him his he's he'd he'll"),
    words("she her hers she's she'd she'll"),
    words("they them their they're they've they'd they'll"),
)
#: What listeners say; a turn of nothing else is no interruption.
_EDGES = " \t.,;:?!\"'()-"


def _bare(token: str) -> str:
    """The word in lower case, without punctuation at its edges."""
    return token.strip(_EDGES).lower()


bare = by_token(_bare)


def _stem(token: str) -> str:
    """A rough stem of a content word, or "" for a function word or a light one.

    Plain suffix stripping is enough, because both sides of a comparison go through it.
    """
    word = bare(token)
    if word in _TELLING:
        return word
    if not word or word in FUNCTION_WORDS or word in _LIGHT:
        return ""
    word = word.removesuffix("'s").removesuffix("'")
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    for suffix in ("ing", "edly", "ed", "es", "s", "ly", "er", "est", "e"):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word[: -len(suffix)]
            break
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return word


stem = by_token(_stem)


@lru_cache(maxsize=512)
def content(text: str) -> frozenset[str]:
    """Stems of the content words of a text; compounds with hyphens count as their parts."""
    if "-" in text:
        text = text.replace("-", " ")
    return frozenset(filter(None, map(stem, text.split())))


def leaks_unsaid(reply: str, unsaid: str, known: Container[str]) -> frozenset[str]:
    """Content words of a reply that only the unsaid words hold: the check of ignorance.

    Args:
        reply: the interrupting turn.
        unsaid: planned words that were never said.
        known: stems of everything said before in the dialogue, the cut turn's said part included.
    """
    found = content(reply) & content(unsaid)
    return frozenset(word for word in found if word not in known) if found else found


def is_feedback(text: str) -> bool:
    """Whether a turn says nothing but "yeah", "oh right", "I see"."""
    return all(bare(token) in FEEDBACK_TURNS for token in text.split())


#: How open a unit is after a word: the class's weight for a cut there.
_OPEN: dict[str, float] = {
    **dict.fromkeys(ADVERBS, 0.6),
    **dict.fromkeys(OPEN_VERBS, 1.0),
    **dict.fromkeys(PRONOUNS, 0.7),
    **dict.fromkeys(AUXILIARIES, 1.0),
    **dict.fromkeys(DETERMINERS, 0.7),
    **dict.fromkeys(PREPOSITIONS, 1.2),
    **dict.fromkeys(CONJUNCTIONS, 1.5),
}
for _closed in (
    "too",
    "here",
    "there",
    "now",
    "again",
    "ever",
    "yet",
    "soon",
    "later",
    "well",
    "away",
    "back",
    "me",
    "him",
    "us",
    "them",
    "one",
    "ones",
    "mine",
    "yours",
    "ours",
    "else",
    "up",
    "down",
    "out",
    "off",
    "over",
    "around",
    "it",
    "much",
    "something",
    "anything",
    "everything",
    "nothing",
    "myself",
    "yourself",
    "himself",
    "herself",
):
    _OPEN.pop(_closed, None)


def _openness(token: str) -> float:
    """How sure a listener is that more must come after this word: 0 for a possible end."""
    if not token[-1].isalpha():
        return 0.0
    return _OPEN.get(token.lower(), 0.0)


openness = by_token(_openness)


def sentences(tokens: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Half-open ranges of tokens of the sentences of a turn."""
    return _sentences(tuple(tokens))


@lru_cache(maxsize=1024)
def _sentences(tokens: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    start = 0
    for index, token in enumerate(tokens):
        if token[-1] in ".?!" and (token[-3:] != "..." or index == len(tokens) - 1):
            found.append((start, index + 1))
            start = index + 1
    if start < len(tokens):
        found.append((start, len(tokens)))
    return tuple(found)
