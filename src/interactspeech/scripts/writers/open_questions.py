"""Questions for the word that has not come yet: "the what?", "with who?", "you need what?".

Who did not catch what comes next says the last word again and asks for the rest: a repeat with a
question word, the commonest way to start a repair after "what?" (Schegloff, Jefferson and Sacks
1977, "The preference for self-correction in the organization of repair in conversation").

>>> open_questions("Well, we left the keys with".split(), 6)
('with who', 'with what')
>>> open_questions("And then I found my".split(), 5), open_questions("So I need".split(), 3)
(('your what',), ('you need what',))
>>> open_questions("I'd like to".split(), 3)
("you'd like to what",)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from interactspeech.lexicon.words import AUXILIARIES, OPEN_VERBS, bare, words
from interactspeech.scripts.writers.mentions import SWAPPED

_AFTER: Final[dict[str, tuple[str, ...]]] = {
    "with": ("with who", "with what"), "without": ("without what",), "to": ("to what",),
    "for": ("for what", "for who"), "from": ("from where", "from who"), "about": ("about what",),
    "of": ("of what",), "in": ("in what",), "into": ("into what",), "on": ("on what",),
    "at": ("at what",), "by": ("by what",), "than": ("than what",), "under": ("under what",),
    "behind": ("behind what",), "between": ("between what",), "against": ("against what",),
    "through": ("through what",), "before": ("before what",), "after": ("after what",),
    "until": ("until when", "until what"), "since": ("since when",), "like": ("like what",),
    "because": ("because what", "because of what"), "if": ("if what",), "unless": ("unless what",),
    "when": ("when what",), "where": ("where what",), "but": ("but what",), "and": ("and what",),
    "or": ("or what",),
}  # fmt: skip
_WITHOUT_NOUN = frozenset(("some", "any", "this", "these", "those"))
_SUBJECTS = {"i": "you", "we": "you", "you": "I", "they": "they", "i'd": "you'd"}
#: Verbs after which a clause is likelier than a thing.
_OF_SAYING = words(
    """
    think thought know knew say said tell told ask asked believe hope guess mean means remember
    forgot feel felt suggest help helped let try tried start started
    """
)


def open_questions(tokens: Sequence[str], at: int) -> tuple[str, ...]:
    """Questions for what comes at token `at`, by the word before it; none where that asks nothing.

    Args:
        tokens: of the turn.
        at: what stands from here on has not been said.
    """
    last = tokens[at - 1]
    if not last[-1].isalpha():
        return ()
    word = bare(last)
    if word == "to" and at > 1 and (asked := _asked(tokens, at - 1)):
        return (f"{asked} to what",)
    if word in _AFTER:
        return _AFTER[word]
    if word in SWAPPED and word not in _WITHOUT_NOUN:
        return (f"{SWAPPED[word]} what",)
    asked = "" if word in _OF_SAYING else _asked(tokens, at)
    return (f"{asked} what",) if asked else ()


def _asked(tokens: Sequence[str], at: int) -> str:
    """The verb before token `at` with its subject, as the other says them: "you need"; or ""."""
    verb, before = bare(tokens[at - 1]), tokens[at - 2] if at > 1 else "."
    subject = _SUBJECTS.get(bare(before), "") if before[-1].isalpha() else ""
    if verb not in OPEN_VERBS or verb.endswith("ing") or not subject:
        return ""
    return "" if at > 2 and bare(tokens[at - 3]) in AUXILIARIES else f"{subject} {verb}"
