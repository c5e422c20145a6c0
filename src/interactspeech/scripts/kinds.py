"""The catalogue of interruptions: kinds with the usual style of each.

Names of styles follow TurnBench (2026): competitive (takes the floor against the speaker) or
cooperative (helps what the speaker is doing). Kinds follow the turn-taking literature (Murata 1994;
Li 2001; Goldberg 1990) as far as those name them; the rest is needed to describe service calls.
"""

from __future__ import annotations

import msgspec

from interactspeech.records.script import Style


class InterruptionKind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reason to interrupt.

    Attributes:
        name: as it stands in a mark, ``[interrupt clarify]``.
        style: the style that is usual for this kind; a mark may name another.
        meaning: what the interrupter wants.
        example: a script of two lines that shows it.
    """

    name: str
    style: Style
    meaning: str
    example: str


_ALL = (
    InterruptionKind(
        "clarify",
        "cooperative",
        "asks about something just said, because the rest makes no sense without it",
        "A: So I left it with the neighbour who [interrupt clarify] waters the plants.\n"
        "B: Hang on, which neighbour?",
    ),
    InterruptionKind(
        "correct",
        "competitive",
        "sets right something the speaker has just got wrong",
        "A: We met in March, when you were [interrupt correct] working at the bank.\n"
        "B: No, it was May.",
    ),
    InterruptionKind(
        "disagree",
        "competitive",
        "objects before the speaker can build on it",
        "A: Everybody knows that cats are [interrupt disagree] far easier than dogs.\n"
        "B: Come on, that's not fair.",
    ),
    InterruptionKind(
        "urge",
        "competitive",
        "something will not wait: a danger, a deadline, the moment passing",
        "A: If you look over on the left, the old [interrupt urge] theatre is still there.\n"
        "B: Careful! There's a bike.",
    ),
    InterruptionKind(
        "new-idea",
        "competitive",
        "has thought of something and must say it now",
        "A: Then on Sunday we could just [interrupt new-idea] stay in and tidy up.\n"
        "B: Oh! What about the market?",
    ),
    InterruptionKind(
        "complete",
        "cooperative",
        "finishes the speaker's sentence for them, having guessed where it goes",
        "A: And when I opened the box it was completely [interrupt complete] shattered.\nB: Empty?",
    ),
    InterruptionKind(
        "help-word",
        "cooperative",
        "offers a word that the speaker is looking for",
        "A: It's one of those, um, you turn the [interrupt help-word] crank and it opens.\n"
        "B: A handle?",
    ),
    InterruptionKind(
        "off-topic",
        "competitive",
        "turns to something else altogether",
        "A: The second chapter is really about [interrupt off-topic] the war years.\n"
        "B: Sorry, is that your phone?",
    ),
    InterruptionKind(
        "refuse",
        "competitive",
        "stops a request, an offer or a line of talk",
        "A: I only need about two hundred, and I [interrupt refuse] will pay you back on Friday.\n"
        "B: No. Absolutely not.",
    ),
    InterruptionKind(
        "distraction",
        "competitive",
        "somebody or something outside the conversation calls",
        "A: The trick is to keep the heat very [interrupt distraction] low the whole time.\n"
        "B: Sorry, one second, there's someone at the door.",
    ),
    InterruptionKind(
        "agree",
        "cooperative",
        "agrees so strongly that the agreement takes the floor",
        "A: It's the kind of place where you can [interrupt agree] sit all afternoon.\n"
        "B: Oh, I love it there.",
    ),
    InterruptionKind(
        "impatience",
        "competitive",
        "has heard enough and wants the point",
        "A: Well, first I went upstairs, and then I [interrupt impatience] came down again.\n"
        "B: Just tell me what happened.",
    ),
    InterruptionKind(
        "answer",
        "cooperative",
        "answers a question as soon as it is clear where it leads",
        "A: And do you want that with or [interrupt answer] without the insurance?\n"
        "B: Oh, just the basic one.",
    ),
    InterruptionKind(
        "floor-taking",
        "competitive",
        "takes the floor for a point of their own, for no reason named above",
        "A: My sister used to live there, and she always [interrupt floor-taking] said it rained.\n"
        "B: I went there once, years ago.",
    ),
)

#: Name -> kind of interruption.
KINDS: dict[str, InterruptionKind] = {kind.name: kind for kind in _ALL}
#: Kinds that lead away from the topic.
DISTRACTING_KINDS = frozenset({"distraction", "off-topic", "urge"})
