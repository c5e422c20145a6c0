"""The thread of a turn that was cut off: how it is taken up again, and what is no interruption."""

from __future__ import annotations

from collections.abc import Sequence

from interactspeech.script.lexicon import bare, sentences
from interactspeech.script.phrases import uncapital

#: Words that an answer may say before it takes the line up, and words before the cut where it may.
_PREFACE, _BACK = 8, 14
_FEW = 4


def go_on(answer: list[str], tokens: list[str], at: int) -> str:
    """An answer that loses the thread, mended: its own opening, then the line as it was planned.

    Args:
        answer: "I said," "we take" "a bus", whose middle words are the line's; or "Right, so" and
            something else, of which the opening is kept.
        tokens: of the line.
        at: of the cut; what is taken up begins at it or before it.
    """
    said, have = [bare(token) for token in answer], [bare(token) for token in tokens]
    for index in range(min(len(said) - 1, _PREFACE)):
        for start in range(at, max(-1, at - _BACK), -1):
            if start + 1 < len(have) and said[index : index + 2] == have[start : start + 2]:
                inside = bool(index) and answer[index - 1][-1] not in ".?!"
                first = uncapital(tokens[start]) if inside else tokens[start]
                return " ".join([*answer[:index], first, *tokens[start + 1 :]])
    start, _ = next(found for found in sentences(tokens) if found[0] <= at < found[1])
    if at - start > _BACK:  # too much to say again: from the last clause, or a few words back
        commas = [n + 1 for n in range(at - _BACK, at - 1) if tokens[n][-1] in ",;"]
        start = commas[-1] if commas else at - _FEW
    opening = next((n + 1 for n in range(min(3, len(answer))) if answer[n][-1] == ","), 0)
    first = tokens[start] if not opening else uncapital(tokens[start])
    return " ".join([*answer[:opening], first, *tokens[start + 1 :]])


#: Words in a row that nobody says again by chance.
_RUN = 6


def echoed(words: str, heard: Sequence[str]) -> bool:
    """Whether an interruption holds `_RUN` words in a row of a line that was just heard.

    People quote a phrase when they ask back ("which slow train?"); a small model that has nothing
    to say copies its question.
    """
    said = [bare(word) for word in words.split()]
    runs = {tuple(said[at : at + _RUN]) for at in range(len(said) - _RUN + 1)}
    if not runs:
        return False
    for line in heard:
        have = [bare(word) for word in line.split()]
        if any(tuple(have[at : at + _RUN]) in runs for at in range(len(have) - _RUN + 1)):
            return True
    return False
