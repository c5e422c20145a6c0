"""What a system does after an overlap, in Full-Duplex-Bench v1.5's classes, by rules.

```
 user     ......|overlap: "could you also suggest restaurants?"|
 system   #####################|      |new segment ...
          continuing             stop   first words: what do they do?
```

| class | the system |
|---|---|
| `respond` | addresses what was said over it |
| `resume` | goes on with what it was saying, without a stop or after one |
| `uncertain` | says that it did not hear or understand |
| `unknown` | says nothing more, or something that is none of these |

The benchmark asks a model with a rubric by which a system that rightly keeps talking has "no new
segment" and is unknown (its pull request #16: a model judged 47.5 % of 300 such items right). Here
talk that goes on over the whole overlap, or for two seconds, is `resume`, unless its words turn to
the overlap. Decided by timing and words alone, in this order; the same input gives the same class,
and `Behaviour.why` says which rule it was. Rules and phrases are this package's, for English.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from interactspeech.evaluation.duplex.timed_words import TimedWord
from interactspeech.lexicon.feedback import bare_word
from interactspeech.lexicon.words import FUNCTION_WORDS

BehaviourClass = Literal["respond", "resume", "uncertain", "unknown"]
#: The benchmark's tags.
TAGS: Final[dict[str, BehaviourClass]] = {
    "C_RESPOND": "respond",
    "C_RESUME": "resume",
    "C_UNCERTAIN_HANDLING": "uncertain",
    "C_UNKNOWN": "unknown",
}

#: A silence of the system from this length on separates segments (v1.5 fills shorter ones).
SEGMENT_GAP: Final = 0.5
#: Talk that goes on for so long over an overlap was not stopped by it.
TALKS_ON: Final = 2.0
#: A word that begins so much before the overlap's end is said over it (recognisers' times).
_SLACK: Final = 0.15
#: So many words of the first new segment are looked at.
_OPENING: Final = 14

_UNCERTAIN: Final = tuple(
    tuple(phrase.split())
    for phrase in (
        "didn't catch", "did not catch", "didn't hear", "did not hear", "couldn't hear",
        "could not hear", "can't hear", "cannot hear", "didn't get that", "didn't quite",
        "repeat that", "repeat it", "say that again", "say it again", "say again", "come again",
        "could you repeat", "can you repeat", "please repeat", "pardon", "what was that",
        "what did you say", "not sure i heard", "not sure what you said", "trouble hearing",
        "trouble understanding", "didn't understand", "did not understand", "couldn't understand",
        "missed that", "missed what you said", "are you still there", "one more time",
        "could you clarify", "can you clarify", "speak up", "unclear what you",
    )
)  # fmt: skip
_RESUMING: Final = tuple(
    tuple(phrase.split())
    for phrase in (
        "anyway", "as i was saying", "as i said", "to continue", "continuing", "back to",
        "where was i", "going back", "like i was saying", "so as i", "moving on", "next",
        "another", "additionally", "also", "finally", "in addition", "besides", "and",
    )
)  # fmt: skip
_RESPONDING: Final = tuple(
    tuple(phrase.split())
    for phrase in (
        "sure", "of course", "certainly", "absolutely", "no problem", "got it", "yes", "yeah",
        "no", "okay", "ok", "oh", "sorry", "good question", "great question", "thanks",
        "thank you", "you're welcome", "go ahead", "i see", "right", "alright", "all right",
        "good point", "happy to", "let's", "i'm glad", "glad", "understood", "my apologies",
        "apologies", "hello", "hi",
    )
)  # fmt: skip


class Behaviour(msgspec.Struct, frozen=True):
    """The class of a system's behaviour.

    Attributes:
        behaviour: the class.
        why: the rule that decided.
        segment: the words that it was decided by.
    """

    behaviour: BehaviourClass
    why: str
    segment: str = ""


def classify_behaviour(
    output: Sequence[TimedWord],
    overlap: tuple[float, float],
    overlap_words: Sequence[str] = (),
    clean_output: Sequence[TimedWord] = (),
) -> Behaviour:
    """The class of what a system says after an overlap begins.

    Args:
        output: the system's words, with the overlap in the user's track.
        overlap: when the user, or somebody, talks over it; seconds.
        overlap_words: what is said there.
        clean_output: the system's words without the overlap, where they are known.
    """
    onset, done = overlap
    words = sorted(output, key=lambda w: (w.start, w.known_end))
    segments = _segments(words)
    going_on = next((s for s in segments if s[0].start < onset < s[-1].known_end), None)
    if not any(w.start >= onset for w in words) and going_on is None:
        return Behaviour("unknown", "no speech after the overlap begins")
    before = [w for w in words if w.start < onset]
    if going_on is not None:
        after = [w for w in going_on if w.start >= onset]
        uncertain = _phrase(after, _UNCERTAIN)
        if uncertain is not None:
            return Behaviour("uncertain", "asks back without a stop", _text(after))
        last = going_on[-1].known_end
        if last >= min(done - _SLACK, onset + TALKS_ON):
            turned = [w for w in after if w.start >= done]
            if not _addresses(turned, overlap_words, before, clean_output):
                return Behaviour("resume", "talks on over the overlap", _text(after))
            return Behaviour("respond", "talks on, and turns to the overlap", _text(turned))
    later = [s for s in segments if s[0].start >= onset]
    if not later:
        return Behaviour("unknown", "stops, and says nothing more", "")
    first = [w for s in later for w in s][:_OPENING]
    return _by_words(first, overlap_words, before, clean_output)


def _by_words(
    first: Sequence[TimedWord],
    overlap_words: Sequence[str],
    before: Sequence[TimedWord],
    clean_output: Sequence[TimedWord],
) -> Behaviour:
    text = _text(first)
    asked = _content(overlap_words)
    known = _content([w.text for w in before]) | _content([w.text for w in clean_output])
    said = _content([w.text for w in first])
    shared, old = said & (asked - known), said & known
    if _phrase(first, _UNCERTAIN) is not None and len(shared) < 2:
        return Behaviour("uncertain", "asks back", text)
    if _run_of(first, clean_output) >= 4:
        return Behaviour("resume", "says what it says without the overlap", text)
    if _run_of(first, before) >= 4:
        return Behaviour("resume", "repeats what it was saying", text)
    if _opens(first, _RESUMING[:10]):
        return Behaviour("resume", "opens as one who goes on", text)
    if shared:
        return Behaviour("respond", "takes up words of the overlap", text)
    if _opens(first, _RESPONDING):
        return Behaviour("respond", "opens as one who answers", text)
    if _opens(first, _RESUMING) or len(old) >= max(2, len(said) // 2):
        return Behaviour("resume", "goes on about the same", text)
    if said & asked:
        return Behaviour("respond", "takes up words of the overlap", text)
    return Behaviour("unknown", "neither goes on, nor answers, nor asks back", text)


def _segments(words: Sequence[TimedWord]) -> list[list[TimedWord]]:
    found: list[list[TimedWord]] = []
    reach = 0.0
    for word in words:
        if found and word.start - reach < SEGMENT_GAP:
            found[-1].append(word)
        else:
            found.append([word])
        reach = max(reach, word.known_end)
    return found


def _text(words: Sequence[TimedWord]) -> str:
    return " ".join(w.text.strip() for w in words)


def _tokens(words: Sequence[str]) -> list[str]:
    return [bare for text in words for token in text.split() if (bare := bare_word(token))]


def _content(words: Sequence[str]) -> set[str]:
    """Content words by their stems: a plural or another form of a verb is the same word."""
    return {_stem(t) for t in _tokens(words) if t not in FUNCTION_WORDS and len(t) > 2}


def _stem(word: str) -> str:
    for end in ("ing", "ies", "ed", "es", "s"):
        if word.endswith(end) and len(word) - len(end) >= 3:
            return word[: -len(end)] + ("y" if end == "ies" else "")
    return word


def _phrase(
    words: Sequence[TimedWord], phrases: Sequence[tuple[str, ...]]
) -> tuple[str, ...] | None:
    tokens = _tokens([w.text for w in words][:_OPENING])
    for phrase in phrases:
        size = len(phrase)
        if any(tuple(tokens[i : i + size]) == phrase for i in range(len(tokens) - size + 1)):
            return phrase
    return None


def _opens(words: Sequence[TimedWord], phrases: Sequence[tuple[str, ...]]) -> bool:
    tokens = _tokens([w.text for w in words])
    while tokens and tokens[0] in {"um", "uh", "well", "so", "hmm"}:
        tokens = tokens[1:]
    return any(tuple(tokens[: len(phrase)]) == phrase for phrase in phrases)


def _run_of(words: Sequence[TimedWord], known: Sequence[TimedWord]) -> int:
    """Length of the longest run of words that stands in what is known."""
    mine, theirs = (_tokens([w.text for w in side]) for side in (words, known))
    best = 0
    lengths = [0] * (len(theirs) + 1)
    for token in mine:
        row = [0] * (len(theirs) + 1)
        for j, other in enumerate(theirs, 1):
            if token == other:
                row[j] = lengths[j - 1] + 1
                best = max(best, row[j])
        lengths = row
    return best


def _addresses(
    words: Sequence[TimedWord],
    overlap_words: Sequence[str],
    before: Sequence[TimedWord],
    clean_output: Sequence[TimedWord],
) -> bool:
    """Whether talk that went on turns to the overlap: two of its content words, new ones."""
    known = _content([w.text for w in before]) | _content([w.text for w in clean_output])
    new = _content(overlap_words) - known
    return len(_content([w.text for w in words][: 2 * _OPENING]) & new) >= 2


__all__ = ["TAGS", "Behaviour", "BehaviourClass", "classify_behaviour"]
