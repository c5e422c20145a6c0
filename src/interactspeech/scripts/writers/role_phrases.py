"""What people in roles say: interruptions of each kind that need no understanding, failed attempts,
asides, and what is said when two start together.

Lists, drawn through `RecentPhrases`, so that none becomes a refrain in a dialogue.
"""

from __future__ import annotations

from typing import Final

from interactspeech.records.script import AsideKind

#: Kind -> what an inserted turn says, where the speaker resumes after it.
INSERTED: Final[dict[str, tuple[str, ...]]] = {
    "disagree": (
        "No, hang on, I don't see it like that.",
        "Hmm, I don't think so.",
        "I'm not so sure.",
        "Well, I don't know.",
        "No, no, wait.",
        "Not necessarily.",
        "I wouldn't say that.",
        "Oh, come on.",
        "Is that so?",
    ),
    "refuse": (
        "No, no, absolutely not.",
        "I'd rather not, to be honest.",
        "I don't want to.",
        "No way.",
        "No, sorry.",
    ),
    "floor-taking": (
        "Can I just say one thing?",
        "Let me stop you there for a second.",
        "Look, I was going to say something about that.",
        "Actually, that reminds me of something. But finish first.",
        "There's one thing I have to say here.",
        "Well, if I may come in on that.",
    ),
    "new-idea": (
        "Oh! I've just had a thought. No, you finish.",
        "Ooh, wait, I know what we could do. But go on.",
        "You know what just came to me? Never mind, later.",
        "Oh, before I forget, I have an idea about that.",
        "That gives me an idea, actually.",
    ),
    "answer": (
        "Well, let me think. Sorry, go on.",
        "Um, that depends. Sorry, carry on.",
        "Oh, good question. Sorry, finish it.",
        "I can tell you that. But go on.",
        "Let me see. Go on.",
    ),
    "stop": (
        "Wait, wait.",
        "Wait, wait, wait. Slow down.",
        "Hold on, hold on.",
        "Stop, stop. One thing at a time.",
        "Whoa, whoa, not so fast.",
        "Hang on, just a second.",
    ),
    "cannot-hear": (
        "Sorry, you're breaking up.",
        "Can you speak up a bit?",
        "Hello? I lost you for a second.",
        "I can't hear you very well.",
        "Sorry, it's loud here, what was that?",
        "The line's bad, could you repeat that?",
    ),
    "change-mind": (
        "Actually, no, wait. No, it's fine, leave it.",
        "Oh, on second thoughts, hmm. No, carry on.",
        "Actually, can I change that? No, you know what, keep it.",
        "Hang on, maybe I want something else. No, go ahead.",
        "Actually, let me think about that again.",
        "Wait, I've changed my mind. Or, no, let's see.",
    ),
    "agree": (
        "Oh, I know, I know.",
        "Exactly, exactly.",
        "Yes, that's just it.",
        "I know what you mean.",
        "Yeah, yeah, totally.",
        "That's what I always say.",
    ),
}
#: Kind -> the words with which the speaker resumes after `INSERTED`; a way of `phrases.resumption`.
RESUMED_AS: Final[dict[str, str]] = {
    "disagree": "objected",
    "refuse": "refused",
    "floor-taking": "claimed",
    "new-idea": "agree",
    "answer": "agree",
    "stop": "asked",
    "cannot-hear": "asked",
    "change-mind": "distraction",
}
#: Kind -> what somebody says who fails to take the floor for it.
ATTEMPTS: Final[dict[str, tuple[str, ...]]] = {
    "clarify": ("sorry, what", "wait, what", "but how", "what do you", "sorry, can I"),
    "correct": ("no, wait", "well, actually", "no, I think it", "that's not"),
    "disagree": ("no but", "yeah but", "but that's", "come on", "I don't think"),
    "urge": ("careful", "quick", "watch out", "look out"),
    "new-idea": ("oh, what if", "we could", "how about", "oh, maybe"),
    "off-topic": ("is that", "by the way", "did you hear"),
    "refuse": ("no, I", "I can't", "no no", "I won't"),
    "distraction": ("sorry, one second", "hang on, the door", "just a moment"),
    "agree": ("oh, I know", "exactly, and I", "me too, I", "same here"),
    "impatience": ("yeah yeah, but", "okay, and", "so what", "right, but what"),
    "answer": ("yes, I", "no, we", "well, I", "um, it's"),
    "floor-taking": ("but I", "well I", "can I just", "so I", "and then I", "let me"),
    "stop": ("wait, wait", "hold on", "hang on", "stop, stop"),
    "cannot-hear": ("sorry, what", "pardon", "say again", "hello"),
    "change-mind": ("actually, no", "wait, maybe", "on second thoughts", "no, make it"),
}
#: Kind -> attempts at giving another day or number than the one said.
OTHER_VALUES: Final[dict[str, tuple[str, ...]]] = {
    "correct": ("no, {}", "not {heard}, {}", "{}, you mean", "{heard}, not {}", "{}, isn't it"),
    "change-mind": ("make it {}", "or {}, maybe", "actually, {}", "not {heard}, {}"),
}
#: After an early answer, most of the time nothing.
AFTER_ANSWERS: Final = ("", "", "", "", " Sorry, go on.", " Sorry.", " What were you going to say?")
#: Before a competitive interruption, seldom.
APOLOGIES: Final = ("Sorry to interrupt, but", "Sorry to cut in, but", "I'm sorry, but")
#: Who began at the same time and yields, to the other who has the turn.
YIELDING: Final = (
    "Oh, sorry, go ahead.",
    "Sorry, you go first.",
    "No, no, after you.",
    "Sorry, you were saying?",
    "Oh, go on.",
)
#: With what a second speaker starts who yields at once.
STARTS: Final = ("and I", "well, the", "so I", "but we", "and then", "I mean")
#: The same, of who goes on about what they have just said.
MORE: Final = ("and {}", "I mean, {}", "well, {}", "so {}", "{}, you know", "or {}", "because {}")
#: What is said together with the other's last words.
CHORAL: Final = ("bye", "bye-bye", "thank you", "thanks, bye", "see you")

#: Kind -> what is said that is not for the other speaker; words of no use to an answerer.
ASIDES: Final[dict[AsideKind, tuple[str, ...]]] = {
    "side-talk": (
        "not now, sweetie",
        "in a minute, honey",
        "I'm on the phone",
        "just put it on the table",
        "yes, you can have one",
        "no, the blue one",
        "tell him I'll call back",
        "can you close the door",
        "shh, I'm talking",
        "ask your father",
        "give me two minutes",
        "leave the cat alone",
    ),
    "self-talk": (
        "now where did I put it",
        "okay, let's see",
        "where's my pen",
        "oh, what was it again",
        "right, right, focus",
        "no, that's not it",
        "come on, load",
        "what day is it",
    ),
    "reading": (
        "terms and conditions apply",
        "please enter your four digit code",
        "press any key to continue",
        "best before the end of May",
        "two tablets with water after meals",
        "section three, personal details",
        "this page was left blank",
        "order before noon",
    ),
    "television": (
        "and now the weather for the weekend",
        "stay tuned, we'll be right back",
        "welcome back to the show",
        "and that's the final whistle",
        "the minister declined to comment",
        "only this week at your local store",
        "traffic is heavy on the ring road",
        "coming up after the break",
    ),
    "bystander": (
        "excuse me, is this seat taken",
        "mind the gap",
        "two coffees to go",
        "taxi",
        "next stop, central station",
        "did you see that",
        "hey, over here",
        "that's eight fifty, please",
    ),
    "thinking": ("hmm", "hm", "mm, let me think", "hmm, hmm", "um, hmm"),
}
