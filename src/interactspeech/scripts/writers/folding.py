"""Turns that only acknowledge become backchannels inside one longer turn of the other.

Written dialogue bounces: who writes gives every "I see." a line. People say such things while the
other goes on, and their turns are three times as long. Folding moves no word and drops none: the
acknowledgement is spoken as a backchannel between the two turns that it stood between, which become
one.

```
A: It broke down on Monday.                A: It broke down on Monday. [B: oh no] And now I take
B: Oh no!                            ->       the bus.
A: And now I take the bus.
```
"""

from __future__ import annotations

from collections.abc import Sequence

from interactspeech.lexicon.feedback import feedback_kind
from interactspeech.lexicon.words import bare, sentences, words

#: Words of the longest acknowledgement: of one sentence, and of several.
_LONGEST, _LONGEST_OF_SEVERAL = 5, 8
#: What acknowledges besides the feedback lexicon: assessments that ask and offer nothing.
_ASSESSMENTS = frozenset(
    {
        *("good idea", "a good idea", "that's a good idea", "great idea", "that's a great idea"),
        *("sounds good", "sounds great", "that sounds good", "that sounds great", "sounds nice"),
        *("that sounds nice", "that sounds interesting", "sounds interesting", "sounds like fun"),
        *("i agree", "i agree with you", "you're right", "you are right", "that's for sure"),
        *("me too", "same here", "i know what you mean", "i know the feeling", "i think so"),
        *("i think so too", "i guess so", "i suppose so", "that's too bad", "too bad"),
        *("that's terrible", "that's awful", "how awful", "how terrible", "what a pity", "what a"),
        *("what a shame", "that's a shame", "that's a pity", "how nice", "how lovely", "lovely"),
        *("i'm sorry to hear that", "sorry to hear that", "i'm glad to hear that", "no kidding"),
        *("you don't say", "i can imagine", "i bet", "it sure is", "it certainly is", "is that so"),
        *("that's amazing", "amazing", "that's wonderful", "excellent", "perfect", "fantastic"),
        *("that's very kind of you", "very good", "that's fine", "that's okay", "all right then"),
        *("i got it", "i see what you mean", "good for you", "congratulations", "certainly"),
        *("no doubt", "it is", "so do i", "so am i", "neither do i", "not bad", "great job"),
    }
)


def fold_groups(turns: Sequence[tuple[str, Sequence[str]]]) -> list[list[int]]:
    """Which turns become one: groups of indices, in order; every turn is in one group.

    A group of several is a turn, an acknowledgement, the turn in which the first speaker goes on,
    and so forth in turn. A turn stays by itself when it answers a question, asks one (but for
    "Really?" and "Did you?"), or stands where the other does not go on.

    Args:
        turns: speaker and tokens of each turn.

    >>> fold_groups([("A", ["It", "broke."]), ("B", ["Oh", "no!"]), ("A", ["Now", "I", "walk."])])
    [[0, 1, 2]]
    """
    groups: list[list[int]] = []
    index = 0
    while index < len(turns):
        speaker, tokens = turns[index]
        last = groups[-1][-1] if groups else -1
        folds = (
            0 < index < len(turns) - 1
            and turns[last][0] == turns[index + 1][0] != speaker
            and 0 < len(tokens) <= _LONGEST_OF_SEVERAL
            and bool(turns[last][1])
            and bool(turns[index + 1][1])
            and not asks(turns[last][1])
            and acknowledges(tokens)
        )
        if folds:
            groups[-1] += [index, index + 1]
            index += 2
        else:
            groups.append([index])
            index += 1
    return groups


def unanswered(
    turns: Sequence[tuple[str, Sequence[str]]], groups: Sequence[Sequence[int]]
) -> list[int]:
    """Questions that folding took the answer from: turns that end in a question, which another
    answered in a turn of their own, and no longer does.

    `fold_groups` leaves none; a rewriting step of your own may.

    Args:
        turns: as for `fold_groups`.
        groups: which turns become one.

    >>> unanswered([("A", ["Why?"]), ("B", ["Yes."]), ("A", ["So."])], [[0, 1, 2]])
    [0]
    """
    last = {group[-1] for group in groups}
    return [
        index
        for index, (speaker, tokens) in enumerate(turns[:-1])
        if asks(tokens)
        and not acknowledges(tokens)
        and turns[index + 1][0] != speaker
        and index not in last
    ]


def asks(tokens: Sequence[str]) -> bool:
    """Whether a turn ends in a question.

    >>> asks(["Why?"]), asks(['"Why?"']), asks(["Why?", "Well."]), asks([])
    (True, True, False, False)
    """
    return bool(tokens) and tokens[-1].rstrip("\"')").endswith("?")


def acknowledges(tokens: Sequence[str]) -> bool:
    """Whether a turn says nothing but that it was heard, and what the listener thinks of it.

    >>> acknowledges(["Oh,", "I", "see."]), acknowledges(["Really?"]), acknowledges(["Why?"])
    (True, True, False)
    >>> acknowledges("Oh, really? That's too bad.".split()), acknowledges("Did you?".split())
    (True, True)
    """
    if not 0 < len(tokens) <= _LONGEST_OF_SEVERAL:
        return False
    parts = [tokens[start:stop] for start, stop in sentences(tokens)]
    return all(map(_acknowledges, parts)) and (len(parts) > 1 or len(tokens) <= _LONGEST)


def _acknowledges(tokens: Sequence[str]) -> bool:
    """The same, for one sentence."""
    if len(tokens) > _LONGEST:
        return False
    spoken = [word for token in tokens if (word := bare(token))]
    if not spoken:
        return False
    if any("?" in token for token in tokens) and spoken[-1] not in _ASKING_BACK:
        return _echoes(spoken)
    if feedback_kind(spoken):
        return True
    # "Oh, that's too bad": feedback words, then an assessment.
    return any(
        " ".join(spoken[start:]) in _ASSESSMENTS
        and (start == 0 or bool(feedback_kind(spoken[:start])))
        for start in range(len(spoken))
    )


#: Last words of acknowledgements that are spoken as questions.
_ASKING_BACK = words("really right so yeah")
_ECHOED = words(
    """
    do did is was were are have had does has don't didn't isn't wasn't weren't aren't haven't
    hadn't doesn't hasn't
    """
)
_ECHOERS = words("you he she it they there we that")


def _echoes(spoken: Sequence[str]) -> bool:
    """Whether a question only gives back what was said: "Did you?", "Oh, you do?"."""
    *before, first, second = ("", "", *spoken)
    pair = {first, second}
    return bool(pair & _ECHOED and pair & _ECHOERS) and (
        not any(before) or bool(feedback_kind([word for word in before if word]))
    )


def as_backchannel(tokens: Sequence[str]) -> str:
    """An acknowledging turn as scripts write a backchannel: no capital but "I", no final mark.

    >>> as_backchannel(["Oh,", "I", "see."]), as_backchannel(["Really?"])
    ('oh, I see', 'really')
    """
    text = " ".join(tokens).strip(' .,!?;:"…')
    first = text.split(" ", 1)[0]
    if first == "I" or first.startswith("I'"):
        return text
    return text[:1].lower() + text[1:]
