"""Parts of a text dialogue that can be joined with others: its kind, and where it can be cut.

A *part* is a run of turns that can be said without the rest: it begins where the dialogue begins,
or at a question that takes up nothing of what came before, and it ends on an answer. The *kind* of
a dialogue says how its parts may be joined (see `bridges`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from interactspeech.lexicon.words import bare, content, words
from interactspeech.records import PlainDialogue, PlainTurn

#: "assistant": a person and a machine that serves; "scene": people in roles (clerk and customer,
#: doctor and patient, strangers in the street, a telephone call); "talk": people who know each
#: other and chat.
Kind = Literal["assistant", "scene", "talk"]

_ASSISTANT = frozenset({"user", "system"})
#: Words of which one makes a dialogue a scene wherever it stands ...
_SCENE = re.compile(
    r"\b(?:sir|madam|ma'am|miss (?=[A-Z])|may i help|can i help you|help you\?|"
    r"what can i do for you|what seems to be|room service|front desk|reservations?|check out|"
    r"checking out|your (?:passport|luggage|resume|order|bill|receipt|account|appointment|"
    r"application|company|ticket|prescription)|our (?:company|hotel|products?|customers|price|"
    r"manager|guests|bank)|(?:i'd|i would) like to (?:book|order|open|cash|reserve|rent|return|"
    r"report|change|exchange|check|buy|see|speak|make|mail|send|have a)|are you ready to order|"
    r"about yourself|why do you want|your (?:strengths|weaknesses|previous|last job)|"
    r"take a seat|have a seat|the counter|fill (?:out|in)|this is [A-Z]\w+|speaking\b|hold on, "
    r"please|put you through|leave a message|blood pressure|symptoms|take this medicine|"
    r"nice to meet you|pleased to meet|welcome to|ladies and gentlemen|officer|professor|"
    r"i'm looking for a|we are looking for a|recommend (?:one|some)|what size|wear (?:a )?size|"
    r"try (?:it|them|this|one) on|to order|show you|in a (?:small|medium|large)|x-ray|claim form|"
    r"discount|agency|your clothes off|waiter|main course|miss[,.?]|sore throat|stomachache|"
    r"temperature|lie down|i(?:'m| am) calling|where can i|where is the|where's the|nearest|"
    r"how do i (?:get|know|apply|use)|qualif\w+|foreign languages|proficient|employed|"
    r"life insurance|in the studio|interview\w*|thanks for coming|go straight|turn (?:left|right)|"
    r"get off (?:at|the)|your stop|i (?:want|need) (?:to buy|some|a pair|to return)|would cost|"
    r"(?:dollars|yuan|pounds) (?:per|a|each)|the rent|keep the change|cash or|credit card|"
    r"driver's license|arrest|per cent|shipment|contract|negotiat\w+|invoice|quotation)",
    re.IGNORECASE,
)
#: ... and openings that are a scene's.
_OPENING = re.compile(
    r"(?:excuse me|hello|hi\b|hey\b|good (?:morning|afternoon|evening)|next|come in|welcome|"
    r"i'm here|is this|is that|is there a|could you tell me|can you tell me|here (?:is|you)|"
    r"here's|yes\b|how do you do|please|taxi|waiter|nurse|doctor|thank|may i|can i (?:have|get|"
    r"see|buy)|operator|look at|look,|this is|this looks|these|that|those|it's me|it is|it's|"
    r"one |two |next|we've managed|how much)",
    re.IGNORECASE,
)
_KIN = re.compile(
    r"\b(?:mom|mommy|mum|mummy|dad|daddy|son|sis|grandma|grandpa|uncle|aunt|sweetheart|honey|"
    r"darling|dear|babe|my love)\b[,.!?]|\b(?:mom|mum|mummy|dad|daddy|honey|darling)\b",
    re.IGNORECASE,
)
#: What points back to what was said.
_BACKWARDS = words(
    """
    it its it's that that's this these those they them their they're he him his he's she her
    she's there then so such same too also either else other another one ones both neither
    again still yet instead either and but or because first second third next last later
    """
)
_ASKS = words(
    "do does did have has are is were was what what's which how why who where when would could can"
)
_FAREWELL = re.compile(
    r"(?:(?:ok(?:ay)?|alright|all right|well|yes|yeah|no|oh|sure|great|fine|good|right|thanks|"
    r"thank you)[,.! ]+)*(?:good-?bye|bye(?:-bye)?|bye|see you[\w ]*|so long|take care|"
    r"have a (?:good|nice|great|wonderful|fantastic|pleasant)[\w ]*|good ?night|good luck|"
    r"thanks?(?: you)?[\w ]{0,30}|you're welcome|you are welcome|my pleasure|it's my pleasure|"
    r"not at all|no problem|don't mention it|enjoy[\w ]*|that's all[\w, ]*|no, that[\w' ]*)"
    r"(?:[,. ]+[A-Z]\w+)?[.!]*",
    re.IGNORECASE,
)
#: First turns that fit a situation, not a change of subject.
_SUDDEN = re.compile(
    r"(?:what an? |how (?!about|do|did|is|are|was|were|much|many|long|often|come)|come on|help|wow|"
    r"oh|ah\b|u[hm]+\b|h?mm+\b|er\b|sorry|let's (?:go|speed|hurry)|hurry|wait|nice to|dad|mom|mum|"
    r"stop|eat|would you hurry|isn't it|where am i|ok\b|okay|all right|don't|[A-Z]\w+[?!])",
    re.IGNORECASE,
)
_LEAD = re.compile(r"^(?:so|well|now|and|but|anyway|by the way),? ", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.?!]+[.?!]*\s*")
#: Turns of the shortest part, and of one from which a shorter one may be cut.
SHORTEST, LONG = 4, 8


@dataclass(frozen=True)
class DialoguePart:
    """Turns ``[start, end)`` of a source.

    Attributes:
        source: index of the source among all.
        opens: whether the source begins here.
        closes: whether it ends here.
    """

    source: int
    start: int
    end: int
    opens: bool
    closes: bool


def kind_of(dialogue: PlainDialogue) -> Kind:
    """The kind of a dialogue, by what is said in it."""
    if _ASSISTANT & set(dialogue.names.values()):
        return "assistant"
    if _OPENING.match(dialogue.turns[0].text):
        return "scene"
    return "scene" if any(_SCENE.search(turn.text) for turn in dialogue.turns) else "talk"


def is_kin(turns: Sequence[PlainTurn]) -> bool:
    """Whether the speakers use terms of kinship or endearment for each other."""
    return any(_KIN.search(turn.text) for turn in turns)


def dialogue_parts(source: int, dialogue: PlainDialogue, kind: Kind) -> list[DialoguePart]:
    """The whole dialogue, and its self-contained shorter parts."""
    turns = dialogue.turns
    end = len(turns) if kind == "scene" else _without_farewell(turns)
    if end < SHORTEST:
        return []
    found = [DialoguePart(source, 0, end, opens=True, closes=True)]
    if len(turns) < LONG or kind == "scene":
        return found  # a scene that is cut short is none
    starts = [0, *(k for k in range(SHORTEST, end - SHORTEST + 1) if _begins(turns, k))]
    ends = [k for k in range(SHORTEST, end) if _ends(turns, k)]
    found += [
        DialoguePart(source, start, stop, opens=start == 0, closes=stop == end)
        for start in starts
        for stop in (*ends, end)
        if stop - start >= SHORTEST and (start, stop) != (0, end)
    ]
    return found


def part_text(turns: Sequence[PlainTurn]) -> frozenset[str]:
    """Content stems of some turns."""
    return frozenset().union(*(content(turn.text) for turn in turns)) if turns else frozenset()


def _without_farewell(turns: Sequence[PlainTurn]) -> int:
    end = len(turns)
    while end > SHORTEST and _FAREWELL.fullmatch(turns[end - 1].text):
        end -= 1
    # A question that the farewell answered must not be the last word.
    while end > SHORTEST and turns[end - 1].text.rstrip().endswith("?"):
        end -= 1
    return 0 if turns[end - 1].text.rstrip().endswith("?") else end


def _begins(turns: Sequence[PlainTurn], at: int) -> bool:
    """A question about something new, after an answer."""
    if turns[at - 1].text.rstrip().endswith("?"):
        return False
    first = _SENTENCE.match(turns[at].text)
    if first is None or not first[0].rstrip().endswith("?"):
        return False
    tokens = [bare(token) for token in turns[at].text.split()]
    if tokens[0] not in _ASKS or len(tokens) < 5 or _BACKWARDS & set(tokens):
        return False
    return not part_text(turns[at : at + 1]) & part_text(turns[max(0, at - 4) : at])


def _ends(turns: Sequence[PlainTurn], at: int) -> bool:
    """After an answer, where the next turn does not go on about it at once."""
    before, last, after = turns[at - 2], turns[at - 1].text.rstrip(), turns[at].text
    if last.endswith(("?", ",", ":", "...")) or not before.text.rstrip().endswith("?"):
        return False
    return after.rstrip().endswith("?") and len(last.split()) >= 4


def can_follow(kind: Kind, turns: Sequence[PlainTurn]) -> bool:
    """Whether some turns can come after others of the same kind."""
    text = turns[0].text
    return kind != "talk" or (text.count(" ") >= 3 and not _SUDDEN.match(text))


def without_lead(text: str, names: Iterable[str]) -> str:
    """A turn's text without the greeting and the name that it begins with, and without "so"."""
    address = "|".join(re.escape(name) for name in names) or r"(?!)"
    pattern = re.compile(
        rf"^(?:(?:hi|hello|hey|good (?:morning|afternoon|evening))(?: there)?"
        rf"(?:,? (?:{address}|everyone))?[,.!]+ ?)+|^(?:(?:{address})[,.!?] )",
        re.IGNORECASE,
    )
    rest = _LEAD.sub("", pattern.sub("", text))
    return rest[:1].upper() + rest[1:] or text
