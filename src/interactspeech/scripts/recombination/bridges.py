"""What people say to get from one subject to the next, and from one scene to another.

Chat goes on with a word about what was said and a word that announces something new; to an
assistant one says that there is one thing more; scenes (a shop, a doctor's room) cannot follow each
other in one place, so there two people who rehearse them say so. Pieces are combined, so that no
sentence becomes a refrain.
"""

from __future__ import annotations

import re

from interactspeech.lexicon.words import words
from interactspeech.records import PlainTurn
from interactspeech.scripts.recombination.parts import Kind
from interactspeech.scripts.writers.draws import Draws

_FIRST = re.compile(r"[^.?!]+[.?!]*")
_I = re.compile(r"I\b")
_HEARD = (
    "Right.", "I see.", "Okay.", "Yeah.", "Mm, yeah.", "Oh, okay.", "Well, okay.", "Hmm, okay.",
    "All right.", "Mm-hm.", "Right, right.", "Yeah, okay.", "Oh, right.", "Oh, I see.", "Well.", "",
)  # fmt: skip
_ASKED = (
    "By the way,", "Oh, before I forget,", "Anyway,", "Actually, can I ask you something?",
    "Oh, I wanted to ask you,", "Something else,", "On a different note,", "So, tell me,",
    "Changing the subject,", "While I think of it,", "Oh, and I've been meaning to ask,",
    "Now, something different.", "Oh, one more thing,", "Hey, so,", "Let me ask you something.",
    "Oh, I have a question.", "Can I ask you something?",
)  # fmt: skip
_TOLD = (
    "Anyway,", "By the way,", "You know what?", "Oh, listen.", "Changing the subject,", "Oh, and",
    "Something else.", "On a different note,", "So,", "Oh, I almost forgot.", "Hey, you know,",
    "Oh, before I forget.", "Well, anyway.", "Here's something else.", "Hey, listen.",
)  # fmt: skip
_ANNOUNCED = (
    "Can we talk about something else?", "Do you have a minute?",
    "Oh, I wanted to talk to you about something.", "Listen, there's something else.",
    "Are you in a hurry?", "Got a second for something else?",
)  # fmt: skip
_GRANTED = {
    "Do you have a minute?": ("Sure, what is it?", "Of course.", "Yeah, what's up?"),
    "Are you in a hurry?": ("No, not really.", "No, why?", "Not at all."),
    "Got a second for something else?": ("Sure.", "Yeah, go ahead.", "Of course."),
    "Listen, there's something else.": ("What is it?", "Okay, tell me.", "Go on."),
    "Oh, I wanted to talk to you about something.": ("Okay, what?", "Sure, go ahead.", "What?"),
}
_GO_AHEAD = ("Sure, go ahead.", "Of course.", "Yeah, sure.", "Sure.", "Okay, what is it?", "Yes?")
_MORE = (
    "One more thing.", "There is something else.", "Also,", "I need something else too.",
    "Okay, next thing.", "And another thing.", "While we're at it,", "Can we do one more?",
    "Now something else.", "I have another one for you.",
)  # fmt: skip
_SERVED = ("Okay.", "Anything else?", "Sure.", "Done.")
_DONE = (
    "Okay, that went well.", "Good, that was better.", "That was fun.", "Okay, good.",
    "I think we have that one.", "Great, that's that scene.", "Not bad at all.",
    "Okay, that one works.", "You're getting good at this.", "Right, end of that one.",
    "I nearly lost my place there.", "Nice. I liked that one.",
)  # fmt: skip
_NEXT = (
    "Shall we do the next one?", "Let's try another scene.", "Want to do one more?",
    "Let's practise the next one.", "Ready for another one?", "Next scene?",
    "Let's go on to the next one.", "Should we read another?", "One more?",
)  # fmt: skip
_MINE = (
    "Sure, I'll start.", "Okay, I'll begin.", "Yes, let me start.", "All right, I go first.",
    "Okay. My turn to start.", "Sure. I have the first line.", "Let's. I'll begin this time.",
)  # fmt: skip
_YOURS = (
    "Sure, you start.", "Okay, go ahead.", "Yes, you begin.", "All right, you first.",
    "Okay, your line.", "Sure. You have the first line.", "Let's. You go first this time.",
)  # fmt: skip


class BridgePhrases:
    """Draws phrases without repetition in a dialogue, while there are unused ones."""

    def __init__(self, draws: Draws) -> None:
        self._draws = draws
        self._used: set[str] = set()

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self._draws.chance(probability)

    def choose(self, phrases: tuple[str, ...]) -> str:
        """One of the phrases."""
        chosen = self._draws.choose([one for one in phrases if one not in self._used] or phrases)
        self._used.add(chosen)
        return chosen


def bridge_turns(
    kind: Kind, last: PlainTurn, first: PlainTurn, speakers: tuple[str, str], draws: BridgePhrases
) -> list[PlainTurn]:
    """Turns between two parts, the next part's first turn among them.

    Args:
        kind: of both parts.
        last: of the part before, no question where `kind` is "talk".
        first: of the part that follows, its speaker already that of the new dialogue.
        speakers: of the new dialogue.
        draws: phrases of the new dialogue.
    """
    starter = first.speaker
    other = speakers[1] if starter == speakers[0] else speakers[0]
    if kind == "scene":
        return _rehearsal(last, first, other, draws)
    if kind == "assistant":
        opening = draws.choose(_MORE)
        if last.speaker == starter:
            return [PlainTurn(other, draws.choose(_SERVED)), _led(opening, first)]
        return [_led(opening, first)]
    heard = draws.choose(_HEARD)
    if last.speaker == starter:
        # The other has the last word on the old subject.
        return [PlainTurn(other, heard or "Right."), _led(_opening(first.text, draws), first)]
    if draws.chance(0.25):
        asked = draws.choose(_ANNOUNCED)
        granted = draws.choose(_GRANTED.get(asked, _GO_AHEAD))
        return [PlainTurn(starter, f"{heard} {asked}".strip()), PlainTurn(other, granted), first]
    return [_led(f"{heard} {_opening(first.text, draws)}".strip(), first)]


def _opening(text: str, draws: BridgePhrases) -> str:
    asks = _FIRST.match(text)
    openings: tuple[str, ...] = _ASKED if asks and asks[0].endswith("?") else _TOLD
    if text.split(" ", 1)[0] not in _LOWERED:
        # In the middle of a sentence the first word would have to lose its capital, or keep it.
        openings = tuple(one for one in openings if not one.endswith((",", "and")))
    return draws.choose(openings)


def _rehearsal(
    last: PlainTurn, first: PlainTurn, other: str, draws: BridgePhrases
) -> list[PlainTurn]:
    proposal = f"{draws.choose(_DONE)} {draws.choose(_NEXT)}"
    if last.speaker == first.speaker:
        return [PlainTurn(other, proposal), _led(draws.choose(_MINE), first)]
    return [
        PlainTurn(first.speaker, proposal),
        PlainTurn(other, draws.choose(_YOURS)),
        first,
    ]


def _led(opening: str, first: PlainTurn) -> PlainTurn:
    """The turn with `opening` before it."""
    text = first.text
    if opening.endswith((",", " and")) and text.split(" ", 1)[0] in _LOWERED:
        text = text if _I.match(text) else text[0].lower() + text[1:]
    return PlainTurn(first.speaker, f"{opening} {text}", "")


#: Words at the beginning of a sentence that are no names.
_LOWERED = words(
    """
    Do Does Did Have Has Had Are Is Was Were What Which How Why Who Where When Would Could Can
    Should Shall Will May The A An My Your His Her Our Their We You He She They It This That
    These Those There Let If Since Because As At In On For After Before Yesterday Today Tomorrow
    Some Many Most People Everybody Everyone Nobody Somebody One Two Three Not No Yes Don't
    Didn't Doesn't Isn't Aren't Haven't Hasn't Won't Wouldn't Couldn't Can't Shouldn't What's
    How's Where's Who's When's I I'm I've I'd I'll That's It's There's He's She's We're You're
    They're We've You've They've We'll You'll Let's
    """
)
