"""What interrupters say about what was just said: phrases with slots, by kind.

```
A: We left it with the neighbour who [interrupt clarify] waters the plants.
B: Which neighbour?          <- "Which {n}?", where a thing was mentioned as known
```

Phrases are looked up by what the speaker has said (`mentions`, `claims`): a thing, one that is
known or new, an amount, a name, a claim that can be agreed with or denied. Slots: `{np}` the phrase
as the other says it, `{this}` the same pointed at ("that lamp" for "a lamp"), `{n}` without its
determiner, `{unit}` what is counted, `{echo}`, `{denial}` and `{newsmark}` of a claim,
`{adjective}`, `{is}`, `{it}`, `{that}` in agreement with the phrase; with a capital where a
sentence begins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from interactspeech.lexicon.word_tags import word_tag
from interactspeech.lexicon.words import bare, leaks_unsaid, sentences, stem, words
from interactspeech.scripts.writers import cut_points
from interactspeech.scripts.writers.claims import Claim, last_claim
from interactspeech.scripts.writers.draws import Draws
from interactspeech.scripts.writers.mentions import Mention, latest_mention
from interactspeech.scripts.writers.phrases import RecentPhrases, lower_initial

#: What was said, and phrases can be about.
Slot = Literal[
    "thing", "known thing", "new thing", "amount", "name", "claim", "denied", "shared claim",
    "shared denial", "adjective", "and", "topic",
]  # fmt: skip
Phrases = dict[Slot, tuple[str, ...]]

#: Share of phrases that take up what was said, where one can.
TAKEN_UP: Final = 0.85
_ANY: tuple[Slot, ...] = ("thing", "amount", "name")
_ANY_OR_TOPIC: tuple[Slot, ...] = (*_ANY, "topic")

_ABOUT = (
    "Can I say something about {this}?", "About {this}, one thing.",
    "On {this}, let me just say this.", "Speaking of {this}, I was going to say something.",
    "Just a word about {this}.", "{This}, yes, I wanted to come to that.",
    "Well, since you mention {this}.", "Let me come in on {this}.",
    "{This}, can I say something about {it}?", "One thing about {this}.",
)  # fmt: skip
_THOUGHTS = (
    "Oh, {np}! That gives me an idea.", "Ooh, {np}, I've just had a thought.",
    "{This}, that reminds me of something.", "Talking of {this}, I've got an idea.",
    "What if we forgot {this}? No, go on.", "Oh, and with {this}, I know what we could do.",
)  # fmt: skip
_URGED = (
    "Okay, okay, {np}, and then?", "Yes, {np}, I got that.", "Yeah, yeah, {np}. So?",
    "What about {np}?", "Right, {np}. Go on.", "{Np}, yes, and?", "And what about {np}?",
    "You were telling me about {np}. So what happened?",
)  # fmt: skip
_LOST = (
    "Sorry, I lost you after {np}.", "{Np} and then what? You're breaking up.",
    "I only heard {np}, sorry.", "Something about {np}, and then you were gone.",
    "Sorry, {np} and what?", "You said {np}, and then it cut out.", "What was that about {np}?",
)  # fmt: skip
_HALTED = (
    "Wait, wait. {Np}?", "Stop, stop. {Np}?", "Whoa, whoa, {np}?", "Hold on, hold on, {np}?",
    "{Np}? Wait, not so fast.", "Slow down. {Np}?",
)  # fmt: skip

#: Kind -> what was said -> turns that take it up, after which the speaker resumes.
INSERTED: Final[dict[str, Phrases]] = {
    "clarify": {
        "thing": (
            "{Np}?", "{Np}?", "Sorry, {np}?", "Wait, {np}?", "Hang on, {np}?", "You mean {np}?",
            "What, {np}?", "{Np}, did you say?", "Did you say {np}?", "{Np}? What do you mean?",
        ),
        "known thing": (
            "Which {n}?", "Which {n}?", "Sorry, which {n}?", "What {n}?", "Hang on, which {n}?",
            "Which {n} do you mean?", "Wait, which {n} {is} {that}?",
        ),
        "new thing": ("What kind of {n}?", "Sorry, what kind of {n}?", "What {n}?", "{Np}? Why?"),
        "amount": (
            "{Np}?", "Did you say {np}?", "How many {unit}?", "Sorry, how many {unit}?",
            "Sorry, {np}?", "{Np}, really?", "{Np}? Are you sure?", "Only {np}?",
        ),
        "name": (
            "{Np}?", "Sorry, {np}?", "Did you say {np}?", "Wait, {np}?", "You mean {np}?",
            "{Np}, did you say?",
        ),
        "claim": (
            "Wait, {newsmark}?", "Sorry, {newsmark}?", "{Newsmark}?", "Oh, {newsmark}?",
            "{Newsmark}, really?",
        ),
    },
    "disagree": {
        "claim": (
            "No, {denial}.", "But {denial}.", "{Denial}!", "Well, {denial}, really.",
            "Oh, come on, {denial}.", "I'd say {denial}.", "That's not true, {denial}.",
        ),
        "denied": (
            "Yes, {denial}.", "But {denial}.", "{Denial}!", "Oh, come on, {denial}.",
            "Of course {denial}.", "That's not true, {denial}.",
        ),
        "adjective": (
            "{Denial} that {adjective}.", "Well, {denial} so {adjective}.", "{Adjective}? No.",
            "I wouldn't call that {adjective}.", "Not that {adjective}.",
        ),
        "thing": (
            "What's wrong with {this}?", "I don't agree about {this}.", "Not {np}, no.",
            "That's not how I see {this}.", "{Np}? Come on.", "{Np}? Really?", "But why {np}?",
            "What do you mean, {np}?", "I'm not so sure about {this}.",
        ),
    },
    "refuse": {
        "thing": (
            "No, not {np}.", "Not {np}, sorry.", "Anything but {np}.", "{Np}? No way.",
            "No, leave {np} out of it.",
        ),
        "amount": ("No, not {np}.", "{Np}? No way.", "Not {np}, sorry."),
        "name": ("No, not {np}.", "{Np}? No way."),
    },
    "floor-taking": dict.fromkeys(_ANY_OR_TOPIC, _ABOUT),
    "new-idea": dict.fromkeys(_ANY_OR_TOPIC, _THOUGHTS),
    "impatience": {
        **dict.fromkeys(_ANY, _URGED),
        "topic": ("What about {np}?", "And {np}?", "So what about {np}?", "And what about {np}?"),
        "and": ("{And}?", "{And} what?", "{And}? Go on."),
    },
    "stop": {
        **dict.fromkeys(_ANY, _HALTED),
        "claim": ("Wait, wait, {newsmark}?", "Hold on, {newsmark}?"),
    },
    "cannot-hear": dict.fromkeys(_ANY, _LOST),
    "change-mind": {
        "thing": (
            "Actually, not {np}. No, it's fine, go on.",
            "Hang on, maybe not {np}. Or, yes, go ahead.",
            "On second thoughts, forget {np}. No, keep {it}.", "Do I want {np}? Yes, okay.",
            "Actually, could we change {np}? No, leave {it}.",
        ),
        "amount": (
            "Actually, not {np}. No, it's fine, go on.",
            "Hang on, maybe not {np}. Or, yes, go ahead.",
            "Could it be more than {np}? No, never mind.",
        ),
    },
    "answer": dict.fromkeys(
        _ANY, ("{Np}? Well, that depends.", "{Np}? Let me think. Sorry, go on.",
               "Um, {np}, let me see.", "{Np}? Good question. Sorry, finish it.")
    ),
    "agree": {
        "shared claim": ("Yeah, {echo}.", "Yes, {echo}.", "{Echo}, {echo}.", "Oh, {echo}, yes."),
        "shared denial": ("No, {echo}.", "{Echo}, no.", "No, you're right, {echo}."),
        "adjective": ("So {adjective}.", "{Adjective}, exactly.", "Oh, very {adjective}.",
                      "Yeah, really {adjective}."),
        "thing": ("{Np}, exactly.", "Oh, {np}, yes.", "{Np}, I know.", "Yes, {np}."),
        "name": ("{Np}, exactly.", "Oh, {np}, yes.", "Yes, {np}."),
    },
}  # fmt: skip

_ASKED = ("sorry, {np}", "wait, {np}", "{np}", "you mean {np}", "hang on, {np}")
#: Kind -> what was said -> what somebody says who fails to take the floor for it.
ATTEMPTS: Final[dict[str, Phrases]] = {
    "": {
        **dict.fromkeys(
            _ANY_OR_TOPIC,
            ("but {np}", "well, {np}", "so {np}", "and {np}", "{np}, that's", "I think {np}",
             "about {np}", "maybe {np}"),
        ),
        "claim": ("{newsmark}", "but {denial}", "if {echo}", "well, {echo}"),
    },
    "clarify": {
        "thing": _ASKED,
        "known thing": ("which {n}", "sorry, which {n}", "what {n}"),
        "new thing": ("what kind of {n}", "what {n}"),
        "amount": ("how many {unit}", "{np}", "sorry, {np}", "did you say {np}"),
        "name": ("sorry, {np}", "{np}", "did you say {np}"),
        "claim": ("{newsmark}", "wait, {newsmark}", "oh, {newsmark}"),
    },
    "correct": {
        "thing": ("well, {np}, actually", "no, {np} {is}n't", "but {np} {is}n't"),
        "claim": ("no, {denial}", "well, {denial}"),
        "denied": ("yes, {denial}", "well, {denial}"),
    },
    "disagree": {
        "claim": ("no, {denial}", "but {denial}", "{denial}"),
        "denied": ("yes, {denial}", "but {denial}", "{denial}"),
        "adjective": ("not that {adjective}", "{adjective}, no"),
        "thing": (
            "but {np}", "no, not {np}", "what's wrong with {this}", "come on, {np}", "why {np}",
        ),
    },
    "refuse": dict.fromkeys(_ANY, ("no, not {np}", "not {np}", "{np}, no")),
    "new-idea": dict.fromkeys(
        _ANY_OR_TOPIC, ("oh, {np}", "what about {np}", "what if {np}", "ooh, {np}")
    ),
    "agree": {
        "shared claim": ("{echo}", "yeah, {echo}", "yes, {echo}"),
        "shared denial": ("no, {echo}", "{echo}"),
        "adjective": ("so {adjective}", "yeah, {adjective}", "very {adjective}"),
        "thing": ("oh, {np}, yes", "exactly, {np}", "{np}, I know"),
        "name": ("oh, {np}, yes", "exactly, {np}"),
    },
    "impatience": dict.fromkeys(
        _ANY, ("okay, {np}, and", "yes, {np}, but", "yeah, yeah, {np}", "so {np}", "right, {np}")
    ),
    "floor-taking": {
        **dict.fromkeys(
            _ANY_OR_TOPIC,
            ("but {np}", "well, {np}", "so {np}", "and {np}", "about {np}", "{np}, that's",
             "on {np}, I", "I think {np}", "maybe {np}"),
        ),
        "claim": ("but {echo}", "well, {newsmark}", "if {echo}", "when {echo}, I"),
    },
    "answer": dict.fromkeys(_ANY, ("{np}, well", "um, {np}", "{np}, let me")),
    "stop": dict.fromkeys(_ANY, ("wait, {np}", "hold on, {np}", "wait, wait, {np}", "stop, {np}")),
    "cannot-hear": dict.fromkeys(
        _ANY, ("sorry, {np} and what", "{np} and then", "sorry, what about {np}")
    ),
    "change-mind": dict.fromkeys(
        ("thing", "amount"), ("actually, not {np}", "wait, maybe not {np}", "or not {np}")
    ),
}  # fmt: skip

#: How something is asked for -> how it is refused.
_REFUSED: Final[dict[tuple[str, ...], tuple[str, ...]]] = {
    ("can i", "could i", "may i"): ("No, you can't", "You can't, I'm afraid", "No, please don't"),
    ("can you", "could you", "would you", "will you", "give me", "lend me"): (
        "No, I can't", "I can't, sorry", "No, I won't", "I'd rather not",
    ),
    ("let me", "i'll"): ("No, don't", "Please don't", "No, you won't", "No, leave it"),
    ("let's", "we should", "we could", "why don't"): (
        "No, let's not", "I don't want to", "No, we can't", "Not with me",
    ),
    ("you should", "you could", "you have to", "i want you"): (
        "No, I won't", "I don't want to", "I can't", "I'm not going to",
    ),
    ("do you want",): ("No, I don't", "Not really, no", "No, thanks"),
    ("i'd like",): ("No, you can't", "You can't, I'm afraid", "Sorry, that won't work"),
}  # fmt: skip
#: Adjectives of which there is no more and less, and those that describe nothing by themselves.
_UNGRADED = words(
    """
    able same available other whole main ready alone real right wrong fine ok okay open due dead
    male female first last next own single double final full enough such true false welcome like
    sure certain possible impossible separate different daily annual equal closed new old
    """
)
#: Tokens of the turn before in which a topic is looked for.
_EARLIER = 30
#: Words of an early start, at least.
_FEWEST = 2
_TIED = words("and but so because or then")


@dataclass(frozen=True, slots=True)
class Heard:
    """What a listener can take up before a token: the latest mention, the claim, the last word; the
    topic is what the speaker mentioned a turn before, where nothing was mentioned since; the last
    dozen words say how something was asked for.
    """

    mention: Mention | None
    claim: Claim | None
    last: str
    topic: Mention | None = None
    said: Sequence[str] = ()

    def slots(self) -> list[Slot]:
        """What there are phrases for."""
        found: list[Slot] = []
        if self.mention is not None:
            uncounted = self.mention.noun in {"percent", "o'clock"}
            found.append("name" if uncounted else self.mention.kind)
            if self.mention.kind == "thing" and self.mention.definite:
                found.append("known thing")
            elif self.mention.determiner in {"a", "an", "some"}:
                found.append("new thing")
        elif self.topic is not None:
            found.append("topic")
        if self.claim is not None:
            found.append("denied" if self.claim.negative else "claim")
            if self.claim.subject not in {"you", "I"}:
                found.append("shared denial" if self.claim.negative else "shared claim")
            if _is_graded(self.claim.adjective) and not self.claim.negative:
                found.append("adjective")
        if self.last in _TIED:
            found.append("and")
        return found


def hear(tokens: Sequence[str], at: int, earlier: Sequence[str] = ()) -> Heard:
    """What was said before token `at`.

    Args:
        tokens: of the turn.
        at: what stands from here on has not been said.
        earlier: tokens of the speaker's turn before, said to its end.
    """
    found = latest_mention(tokens, at)
    topic = None if found or not earlier else latest_mention(earlier, len(earlier), _EARLIER)
    if topic is not None and not _is_topic(topic):
        topic = None
    return Heard(
        found, last_claim(tokens, at), bare(tokens[at - 1]), topic, tokens[max(0, at - 12) : at]
    )


def taken_up(
    table: dict[str, Phrases], kind: str, heard: Heard, memory: RecentPhrases, draws: Draws
) -> str:
    """A phrase of a kind about what was heard, of `INSERTED` or `ATTEMPTS`; "" where none is."""
    offered = table.get(kind, {})
    pools = [offered[slot] for slot in heard.slots() if slot in offered]
    if kind == "refuse":
        request = cut_points.request_made(heard.said)
        pools += [said for asked, said in _REFUSED.items() if request in asked] * 2
    if not pools or not draws.chance(TAKEN_UP):
        return ""
    pool = draws.choose(pools)
    if pool[0][-1].isalpha() and table is INSERTED:
        pool = tuple(f"{phrase}." for phrase in pool)
    elif table is ATTEMPTS:
        pool = tuple(_lower(phrase) for phrase in pool)
    return filled(memory.fresh(pool, draws), heard)


def takes_up(table: dict[str, Phrases], kind: str) -> bool:
    """Whether a kind has phrases about anything that can be heard (see `taken_up`)."""
    return bool(table.get(kind)) or kind == "refuse"


def has_phrase(table: dict[str, Phrases], kind: str, heard: Heard) -> bool:
    """Whether a kind has phrases about what was heard, or has none about anything."""
    offered = table.get(kind)
    return not offered or not offered.keys().isdisjoint(heard.slots())


def filled(phrase: str, heard: Heard) -> str:
    """A phrase with its slots filled."""
    mention, claim = heard.mention or heard.topic, heard.claim
    values: dict[str, str] = {"and": heard.last}
    if mention is not None:
        values |= {
            "np": mention.text, "this": mention.pointed, "n": mention.noun, "unit": mention.noun,
            "is": "are" if mention.plural else "is",
            "it": "them" if mention.plural else "it",
            "that": "those" if mention.plural else "that",
        }  # fmt: skip
    if claim is not None:
        values |= {
            "echo": claim.echo(), "denial": claim.denial(), "newsmark": claim.newsmark(),
            "adjective": claim.adjective,
        }  # fmt: skip
    values |= {name.capitalize(): _capital(value) for name, value in values.items()}
    return phrase.format_map(values)


def early_start(reply: Sequence[str], length: float) -> str:
    """The first words of a turn as an attempt to begin it before its time.

    >>> early_start("But if the old one breaks, we have to walk.".split(), 0.5)
    'but if the old'

    Args:
        reply: tokens of the turn that its speaker will say next.
        length: how much of it, in [0, 1).
    """
    found: list[str] = []
    for token in reply[: 2 + int(4 * length)]:
        found.append(token.strip(".?!;:,\"'"))
        if not token[-1].isalpha():
            break
    if len(found) == len(reply) or len(found) < _FEWEST:
        return ""
    first = found[0] if word_tag(found[0]) == "noun" else lower_initial(found[0].lower())
    return " ".join([_i(first), *found[1:]])


def start_of_next(
    tokens: Sequence[str],
    at: int,
    reply: Sequence[str],
    known: Callable[[], frozenset[str]],
    draws: Draws,
) -> tuple[str, str]:
    """Kind and words of an attempt by the next turn's first words; two empty texts where its words
    answer or take up what was not said yet.

    Args:
        tokens: of the turn that is talked over.
        at: place of the attempt.
        reply: the next turn, of who tries to speak.
        known: gives the stems of everything said before the turn; seldom asked.
        draws: randomness.
    """
    start, end = sentences(list(tokens))[-1]
    kind = cut_points.reply_kind(tokens[start:end], reply) if len(reply) > 2 else ""
    if not kind or kind == "answer":
        return "", ""
    text = early_start(reply, draws.uniform())
    leaked = leaks_unsaid(text, " ".join(tokens[at:]), frozenset(map(stem, tokens[:at])))
    if not text or (leaked and leaked - known()):
        return "", ""
    return kind, text


def _i(word: str) -> str:
    return word.capitalize() if word == "i" or word.startswith("i'") else word


def _lower(phrase: str) -> str:
    first, _, rest = phrase.partition(" ")
    return f"{lower_initial(first)} {rest}" if rest else lower_initial(first)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_OWNED = frozenset({"the", "your", "my", "his", "her", "their"})


def _is_topic(mention: Mention) -> bool:
    """Whether one can come back to what was mentioned: the one, mine, a name."""
    return mention.kind == "name" or mention.determiner in _OWNED


def _is_graded(adjective: str) -> bool:
    return bool(adjective) and adjective not in _UNGRADED and not adjective.endswith(("er", "est"))
