"""Features of a reply: counts of its words and pairs of words, and of the end of what was said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from interactspeech.lexicon.words import bare, content

#: Words of a reply, and of what was said before it, that count.
_REPLY_WORDS, _SAID_WORDS = 8, 3


def reply_features(said: str, unsaid: str, reply: str) -> list[str]:
    """Names of the features that are there, each once for each time.

    >>> reply_features("So we walk", "", "Wait, where?")[:4]
    ['bias', 'r:wait', 'r:where', 'first:wait']
    """
    words = [word for token in reply.split() if (word := bare(token))]
    head = words[:_REPLY_WORDS]
    before = [word for token in said.split()[-_SAID_WORDS:] if (word := bare(token))]
    found = ["bias", *(f"r:{word}" for word in head)]
    found += [f"first:{word}" for word in head[:1]]
    found += [f"r2:{one}_{other}" for one, other in pairwise(head)]
    found.append(f"length:{min(len(words), 9)}")
    found += [mark for mark, name in (("asks", "?"), ("cries", "!")) if name in reply]
    found += [f"s:{word}" for word in before[-1:]]
    if said.rstrip().endswith("?"):
        found.append("said-asks")
    elif said.rstrip()[-1:] in ".!":
        found.append("said-ends")
    else:
        found.append("said-open")
    if unsaid:
        found.append("unsaid")
        if content(reply) & content(unsaid):
            found.append("knows-unsaid")
    if content(reply) & content(said):
        found.append("takes-up")
    if words and len(set(words)) < len(words):
        found.append("repeats")
    return found


def vocabulary(rows: Iterable[list[str]], *, least: int = 4, most: int = 2000) -> dict[str, int]:
    """Feature -> column, of those that occur in `least` examples or more, the commonest first."""
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update(set(row))
    kept = sorted((name for name, n in counts.items() if n >= least), key=lambda n: (-counts[n], n))
    return {name: column for column, name in enumerate(kept[:most])}
