"""Which questions ask for yes or no: people end those higher than others."""

from __future__ import annotations

import re

#: Words that open a question for more than yes or no, with what may stand before them.
_OPENS = re.compile(
    r"^\W*(?:(?:so|and|but|okay|ok|um|uh|well|oh|then|now|hi|hello|right|yeah)\W+)*"
    r"(?:(?:in|on|at|for|from|to|with|by|about|since|until)\s+)?"
    r"(?:what|where|when|who|whom|whose|why|how|which)(?:'\w+)?\b",
    re.IGNORECASE,
)
#: "what about Monday?" and "how about it?" are answered by yes or no.
_OFFERS = re.compile(r"\b(?:what|how)\s+about\b|\bhow\s+come\b", re.IGNORECASE)


def is_yes_no_question(text: str) -> bool:
    """Whether the last sentence of an English text is a question for yes or no, by its form.

    >>> is_yes_no_question("I see. Is it far?"), is_yes_no_question("And how far is it?")
    (True, False)
    """
    text = text.rstrip(" \"')")
    if not text.endswith("?"):
        return False
    last = re.split(r"(?<=[.!?])\s+", text)[-1]
    if _OFFERS.search(last):
        return "come" not in last.lower()
    if re.search(r"\bor\b", last):  # "tea or coffee?" falls at its end
        return False
    return _OPENS.match(last) is None
