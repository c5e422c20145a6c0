"""Where a listener must not give feedback: talk that wants something else of them.

A question wants an answer, a joke's last line a laugh, a command an act. "Mm-hm" after any of
them is a mistake that people hear at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from interactspeech.lexicon.words import bare, words

#: Verbs with which a command begins that wants an act here and now.
_COMMANDS = words(
    """
    open close shut stop look listen wait sit stand come go give hand pass show tell call take bring
    put turn leave get let hold help press click check enter type try say repeat read write sign
    spell choose pick send
    """
)
#: "Let me see" and "Tell you what" command nothing.
_NO_COMMAND = frozenset({("let", "me"), ("let", "us"), ("tell", "you"), ("look", "forward")})
_POLITE = words("please just now then so okay well and")
#: What says that a joke is being told; its last line wants a laugh.
_JOKES = (
    "knock knock", "walks into a bar", "walk into a bar", "did you hear the one about", "punchline",
    "why did the chicken", "here's a joke", "tell you a joke", "a good joke",
    "how many does it take",
)  # fmt: skip
#: A word of each, by which most turns are seen to tell none.
_JOKE_WORDS = words("knock bar hear punchline chicken joke take")
#: Sentences after such a beginning that still belong to the joke.
_JOKE_SENTENCES = 4
#: Words by which a sentence asks although no question mark stands there.
_TAGS = ("right", "isn't it", "don't you", "doesn't it", "aren't you", "won't you", "you know what")
_TAG_WORDS = 3


def wants_response(tokens: Sequence[str], index: int) -> str:
    """What the sentence that ends before token `index` wants instead of feedback, or "".

    >>> wants_response("Can you see it? It is red.".split(), 4)
    'answer'
    >>> wants_response("Please open the window. It is hot.".split(), 4)
    'act'
    >>> wants_response("It broke on Monday. It is old.".split(), 4)
    ''

    Args:
        tokens: of the turn.
        index: a place in it, from 1; inside a sentence, what was said of it counts.
    """
    last = tokens[index - 1]
    if last.rstrip("\"')").endswith("?"):
        return "answer"
    if last[-1].isalnum():
        return "laugh" if in_joke(tokens, index) else ""
    start = _sentence_start(tokens, index)
    said = [word for token in tokens[start:index] if (word := bare(token))]
    if " ".join(said[-_TAG_WORDS:]).endswith(_TAGS) and "," in "".join(tokens[start:index]):
        return "answer"
    if in_joke(tokens, index):
        return "laugh"
    if last[-1] in ".!" and is_command(said):
        return "act"
    return ""


def is_command(said: Sequence[str]) -> bool:
    """Whether a sentence tells the other to do something, in bare words.

    >>> is_command(["please", "sit", "down"]), is_command(["we", "sit", "down"])
    (True, False)
    """
    rest = list(said)
    while rest and rest[0] in _POLITE:
        rest = rest[1:]
    if not rest or tuple(rest[:2]) in _NO_COMMAND:
        return False
    return rest[0] in _COMMANDS or (rest[0] == "don't" and len(rest) > 2)


def may_joke(tokens: Sequence[str]) -> bool:
    """Whether a turn has a word of those with which jokes begin; `in_joke` is never true without.

    >>> may_joke("A horse walks into a bar.".split()), may_joke(["Hello."])
    (True, False)
    """
    return not _JOKE_WORDS.isdisjoint(map(bare, tokens))


def in_joke(tokens: Sequence[str], index: int) -> bool:
    """Whether a joke was begun in the turn, not more than a few sentences before `index`.

    >>> in_joke("A horse walks into a bar. The barman says hello.".split(), 6)
    True
    """
    if not may_joke(tokens[:index]):
        return False
    start = index
    for _ in range(_JOKE_SENTENCES):
        if start == 0:
            break
        start = _sentence_start(tokens, start)
    said = " ".join(map(bare, tokens[start:index]))
    return any(joke in said for joke in _JOKES)


def _sentence_start(tokens: Sequence[str], index: int) -> int:
    start = index - 1
    while start > 0 and tokens[start - 1][-1] not in ".?!":
        start -= 1
    return start
