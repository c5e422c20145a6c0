"""Short answers to questions for yes or no, by the question's own words: yes, I do.

>>> choices("Do you want the room with the".split(), "Yes, please.".split())
('Yes, I do', 'I do, yes', 'I do')
>>> choices("Is it far from the old".split(), "No, not at all.".split())
("No, it isn't", "It isn't, no", "It isn't")
>>> choices("Could you tell me how to".split(), "Sure.".split())
('Yes, I can', 'Yes, of course', 'Sure, of course', 'Of course I can', 'Yeah, I can do that')
"""

from __future__ import annotations

from collections.abc import Sequence

from interactspeech.lexicon.word_tags import is_plural
from interactspeech.lexicon.words import bare, words
from interactspeech.scripts.writers.claims import NEGATIVE, agreeing

_SUBJECTS = {
    "you": "I", "i": "you", "we": "we", "it": "it", "he": "he", "she": "she", "they": "they",
    "there": "there", "that": "it", "this": "it", "these": "they", "those": "they",
}  # fmt: skip
_YES = words("yes yeah yep yup sure certainly absolutely definitely okay ok of right exactly")
_NO = words("no nope nah never not unfortunately sorry")
#: How "would you like" is answered, and "can you".
_OFFERED = (
    ("Yes, please", "Oh, yes, please", "I'd love to", "I would, yes", "Please, yes"),
    ("No, thanks", "No, thank you", "I'd rather not", "No, I wouldn't"),
)
_REQUESTED = (
    ("Yes, I can", "Yes, of course", "Sure, of course", "Of course I can", "Yeah, I can do that"),
    ("No, I can't", "I can't, sorry", "Sorry, no, I can't"),
)
_MIND = (("No, not at all", "Not at all"), ("Well, I do, actually", "I do mind, yes"))
_SUGGESTED = (
    ("Yes, let's", "Sure, let's", "Yeah, let's do that"),
    ("No, let's not", "No, not yet"),
)
_PERMITTED = (
    ("Yes, you can", "Of course you can", "Sure, you can"),
    ("No, you can't", "You can't, sorry"),
)


def polarity(reply: Sequence[str]) -> bool | None:
    """Whether a reply says yes, by its first word; None where it does not tell."""
    first = bare(reply[0]) if reply else ""
    return True if first in _YES else False if first in _NO else None


def choices(question: Sequence[str], reply: Sequence[str]) -> tuple[str, ...]:
    """Short answers to a question that are of one mind with the reply that follows it.

    Args:
        question: tokens of the question, as far as it was said.
        reply: tokens of the answer that its speaker will give.

    Returns:
        Answers without a final mark; none where the question or the reply does not tell.
    """
    yes = polarity(reply)
    if yes is None or len(question) < 3:
        return ()
    auxiliary, subject, verb = (bare(token) for token in question[:3])
    pool = _conventional(auxiliary, subject, verb)
    if pool is not None:
        return pool[0 if yes else 1]
    said = _subject(question)
    if not said or auxiliary not in NEGATIVE:
        return ()
    form = agreeing(said, auxiliary)
    if yes:
        return f"Yes, {said} {form}", f"{_capital(said)} {form}, yes", f"{_capital(said)} {form}"
    if form == "am":
        return "No, I'm not", "I'm not, no", "I'm not"
    form = NEGATIVE[form]
    return f"No, {said} {form}", f"{_capital(said)} {form}, no", f"{_capital(said)} {form}"


def _conventional(
    auxiliary: str, subject: str, verb: str
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Answers to what is no question but an offer, a request, a suggestion; yes, then no."""
    if subject == "you" and verb == "mind":
        return _MIND
    if subject == "you" and verb in {"like", "care"} and auxiliary == "would":
        return _OFFERED
    if subject == "you" and auxiliary in {"can", "could", "would", "will"}:
        return _REQUESTED
    if subject == "i" and auxiliary in {"can", "could", "may"}:
        return _PERMITTED
    if subject == "we" and auxiliary == "shall":
        return _SUGGESTED
    return None


def _subject(question: Sequence[str]) -> str:
    """The subject as the other says it: a pronoun, or one for "the" with a noun."""
    subject = bare(question[1])
    if subject in _SUBJECTS:
        return _SUBJECTS[subject]
    if subject in {"the", "your", "my"} and len(question) > 3:
        noun = bare(question[2])
        return "they" if is_plural(noun) else "it" if noun.isalpha() and noun in _THINGS else ""
    return ""


#: Nouns that are surely no persons: what shops, trains and rooms are asked about.
_THINGS = words(
    """
    room house flat apartment car bus train plane flight hotel restaurant food price rent weather
    book film movie game meeting party job work company computer phone bank office station airport
    ticket bill meal menu service address name number size colour color water bread store shop
    """
)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
