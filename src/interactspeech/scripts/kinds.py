"""The catalogue of interruptions: kinds with usual style and outcome, source, and ways to do them.

Names of styles follow TurnBench (2026): competitive (takes the floor against the speaker) or
cooperative (helps what the speaker is doing). Kinds follow the literature that each names; those
without a name in it are ours, and are needed to describe service calls.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from interactspeech.records.script import Style

#: What usually comes of it: the interrupter has the floor for more than a word ("taken"), says a
#: word or two and the speaker goes on ("returned"), or gives up ("failed").
Outcome = Literal["taken", "returned", "failed"]
#: How the offline writer does it: the next turn itself cuts in; a turn is added and the speaker
#: resumes; an attempt that fails; the attempt made again; both talk to the end of the turn.
Way = Literal["direct", "inserted", "attempt", "repeated", "overlap"]


class InterruptionKind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reason to interrupt.

    Attributes:
        name: as it stands in a mark, ``[interrupt clarify]``.
        style: the style that is usual for this kind; a mark may name another.
        meaning: what the interrupter wants.
        example: a script of two lines that shows it.
        outcome: what usually comes of it.
        source: who describes it.
        ways: in which the offline writer does it, with roles (`write_with_roles`).
    """

    name: str
    style: Style
    meaning: str
    example: str
    outcome: Outcome = "taken"
    source: str = "ours"
    ways: tuple[Way, ...] = ("inserted", "attempt", "repeated")


_ALL = (
    InterruptionKind(
        "clarify",
        "cooperative",
        "asks about something just said, because the rest makes no sense without it",
        "A: So I left it with the neighbour who [interrupt clarify] waters the plants.\n"
        "B: Hang on, which neighbour?",
        "returned",
        "Li 2001: clarification",
        ("direct", "inserted", "attempt", "repeated"),
    ),
    InterruptionKind(
        "correct",
        "competitive",
        "sets right something the speaker has just got wrong",
        "A: We met in March, when you were [interrupt correct] working at the bank.\n"
        "B: No, it was May.",
        "returned",
        "Schegloff, Jefferson and Sacks 1977: other-correction",
        ("inserted", "attempt"),
    ),
    InterruptionKind(
        "disagree",
        "competitive",
        "objects before the speaker can build on it",
        "A: Everybody knows that cats are [interrupt disagree] far easier than dogs.\n"
        "B: Come on, that's not fair.",
        "taken",
        "Murata 1994; Li 2001: disagreement",
        ("direct", "inserted", "attempt", "repeated"),
    ),
    InterruptionKind(
        "urge",
        "competitive",
        "something will not wait: a danger, a deadline, the moment passing",
        "A: If you look over on the left, the old [interrupt urge] theatre is still there.\n"
        "B: Careful! There's a bike.",
        "returned",
        "ours",
        ("direct", "inserted", "attempt"),
    ),
    InterruptionKind(
        "new-idea",
        "competitive",
        "has thought of something and must say it now",
        "A: Then on Sunday we could just [interrupt new-idea] stay in and tidy up.\n"
        "B: Oh! What about the market?",
        "taken",
        "Murata 1994: topic-changing",
        ("direct", "inserted", "attempt", "repeated"),
    ),
    InterruptionKind(
        "complete",
        "cooperative",
        "finishes the speaker's sentence for them, having guessed where it goes",
        "A: And when I opened the box it was completely [interrupt complete] shattered.\nB: Empty?",
        "returned",
        "Sacks 1992; Lerner 1991: collaborative completion",
        ("inserted", "attempt"),
    ),
    InterruptionKind(
        "help-word",
        "cooperative",
        "offers a word that the speaker is looking for",
        "A: It's one of those, um, you turn the [interrupt help-word] crank and it opens.\n"
        "B: A handle?",
        "returned",
        "Goodwin and Goodwin 1986: word search; Li 2001: assistance",
        ("inserted", "attempt"),
    ),
    InterruptionKind(
        "off-topic",
        "competitive",
        "turns to something else altogether",
        "A: The second chapter is really about [interrupt off-topic] the war years.\n"
        "B: Sorry, is that your phone?",
        "returned",
        "Li 2001: tangentialization; Murata 1994",
        ("inserted", "attempt"),
    ),
    InterruptionKind(
        "refuse",
        "competitive",
        "stops a request, an offer or a line of talk",
        "A: I only need about two hundred, and I [interrupt refuse] will pay you back on Friday.\n"
        "B: No. Absolutely not.",
        "taken",
        "ours, for service calls",
        ("direct", "inserted", "attempt", "repeated"),
    ),
    InterruptionKind(
        "distraction",
        "competitive",
        "somebody or something outside the conversation calls",
        "A: The trick is to keep the heat very [interrupt distraction] low the whole time.\n"
        "B: Sorry, one second, there's someone at the door.",
        "returned",
        "ours, for calls from home",
        ("inserted", "attempt"),
    ),
    InterruptionKind(
        "agree",
        "cooperative",
        "agrees so strongly that the agreement takes the floor",
        "A: It's the kind of place where you can [interrupt agree] sit all afternoon.\n"
        "B: Oh, I love it there.",
        "returned",
        "Li 2001: agreement; Tannen 1984: cooperative overlap",
        ("inserted", "attempt"),
    ),
    InterruptionKind(
        "impatience",
        "competitive",
        "has heard enough and wants the point",
        "A: Well, first I went upstairs, and then I [interrupt impatience] came down again.\n"
        "B: Just tell me what happened.",
        "returned",
        "Goldberg 1990: power-oriented; ours",
        ("inserted", "attempt", "repeated"),
    ),
    InterruptionKind(
        "answer",
        "cooperative",
        "answers a question as soon as it is clear where it leads",
        "A: And do you want that with or [interrupt answer] without the insurance?\n"
        "B: Oh, just the basic one.",
        "taken",
        "Stivers et al. 2009 and Jefferson 1984: early answers",
        ("direct", "inserted", "attempt"),
    ),
    InterruptionKind(
        "floor-taking",
        "competitive",
        "takes the floor for a point of their own, for no reason named above",
        "A: My sister used to live there, and she always [interrupt floor-taking] said it rained.\n"
        "B: I went there once, years ago.",
        "taken",
        "Murata 1994; Li 2001: floor taking",
        ("direct", "inserted", "attempt", "repeated"),
    ),
    InterruptionKind(
        "stop",
        "competitive",
        "wants the speaker to stop or to wait, and says so: 'wait, wait'",
        "A: Then you press the green button and [interrupt stop] hold it down.\n"
        "B: Wait, wait. Not so fast.",
        "returned",
        "ours; Full-Duplex-Bench v1.5 has it as a user's interruption",
        ("inserted", "attempt", "repeated"),
    ),
    InterruptionKind(
        "cannot-hear",
        "cooperative",
        "has not heard, and says so before more is lost",
        "A: Your reference number is four seven [interrupt cannot-hear] nine two.\n"
        "B: Sorry, you're breaking up.",
        "returned",
        "Schegloff, Jefferson and Sacks 1977: open-class repair initiation (Drew 1997)",
        ("inserted", "attempt", "repeated"),
    ),
    InterruptionKind(
        "repair",
        "cooperative",
        "gives the right word for one that the speaker has just got wrong; the speaker takes it",
        "A: So we meet on Thursday at [interrupt repair] the station.\nB: Friday.",
        "returned",
        "Schegloff, Jefferson and Sacks 1977: other-repair; McHoul 1990: in lessons",
        ("inserted", "attempt"),
    ),
    InterruptionKind(
        "change-mind",
        "competitive",
        "takes back or changes what they asked for, while it is being dealt with",
        "A: So that's two tickets for the evening [interrupt change-mind] performance on Friday.\n"
        "B: Actually, no, make it three.",
        "returned",
        "ours; HumDial-FDBench and tau-bench have users who change their mind",
        ("inserted", "attempt"),
    ),
    InterruptionKind(
        "choral",
        "cooperative",
        "says the same thing at the same time: thanks and goodbyes, greetings",
        "A: All right, see you then, thank [overlap choral] you, bye.\nB: Thank you, bye-bye.",
        "returned",
        "Lerner 2002: choral co-production; Schegloff and Sacks 1973: closings",
        ("overlap", "attempt"),
    ),
    InterruptionKind(
        "simultaneous-start",
        "competitive",
        "begins at the same time as another, and one of the two yields",
        "A: Well, the thing is [interrupt simultaneous-start] that nobody asked.\n"
        "B: Sorry, you go first.",
        "failed",
        "Jefferson 1984; Schegloff 2000: simultaneous start; Beattie 1982",
        ("inserted", "attempt"),
    ),
)

#: Name -> kind of interruption.
KINDS: dict[str, InterruptionKind] = {kind.name: kind for kind in _ALL}
#: Kinds that lead away from the topic.
DISTRACTING_KINDS = frozenset({"distraction", "off-topic", "urge"})
#: Kinds that need both speakers' words at one place; a mark of their own says so, and a mix of
#: reasons to interrupt leaves them out.
STRUCTURAL_KINDS = frozenset({"choral", "simultaneous-start"})
