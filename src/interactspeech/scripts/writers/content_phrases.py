"""What interrupters say about what was just said: phrases with slots, by kind.

```
A: We left it with the neighbour who [interrupt clarify] waters the plants.
B: Which neighbour?          <- "Which {n}?", where a thing was mentioned as known
```

Phrases are looked up by what the speaker has said (`mentions`, `claims`): a thing, one that is
known or new, an amount, a name, a claim that can be agreed with or denied. Where there is none of
them, the word that has not come yet is asked for ("the what?"), or who interrupts comes back to
what they mentioned themselves in the turn before. Slots: `{np}` the phrase
as the other says it, `{this}` the same pointed at ("that lamp" for "a lamp"), `{n}` without its
determiner, `{unit}` what is counted, `{echo}`, `{denial}` and `{newsmark}` of a claim,
`{adjective}`, `{is}`, `{it}`, `{that}` in agreement with the phrase, `{open}`, `{own}`; with a
capital where a sentence begins.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Sequence
from functools import cache
from typing import Final, Literal

from interactspeech.lexicon.word_tags import word_tag
from interactspeech.lexicon.words import bare, leaks_unsaid, words
from interactspeech.scripts.writers import cut_points
from interactspeech.scripts.writers.claims import Claim, last_claim
from interactspeech.scripts.writers.draws import Draws
from interactspeech.scripts.writers.mentions import Mention, latest_mention
from interactspeech.scripts.writers.open_questions import open_questions
from interactspeech.scripts.writers.phrases import RecentPhrases, lower_initial
from interactspeech.scripts.writers.turn_analysis import AnalysedTurn

#: What was said, and phrases can be about.
Slot = Literal[
    "thing", "known thing", "new thing", "amount", "name", "claim", "denied", "shared claim",
    "shared denial", "adjective", "and", "topic", "open", "own",
]  # fmt: skip
Phrases = dict[Slot, tuple[str, ...]]

#: Share of phrases that take up what was said, where one can.
TAKEN_UP: Final = 0.93
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

_BACK_TO = (
    "Sorry, can I go back to {own}?", "One more thing about {own}.", "But back to {own}.",
    "Before I forget, {own}.", "Can I just finish about {own}?", "Wait, one more on {own}.",
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
        "open": ("{Open}?", "{Open}?", "Sorry, {open}?", "Wait, {open}?", "Hang on, {open}?"),
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
        "own": ("But what about {own}?", "And what about {own}, then?"),
    },
    "refuse": {
        "thing": (
            "No, not {np}.", "Not {np}, sorry.", "Anything but {np}.", "{Np}? No way.",
            "No, leave {np} out of it.",
        ),
        "amount": ("No, not {np}.", "{Np}? No way.", "Not {np}, sorry."),
        "name": ("No, not {np}.", "{Np}? No way."),
    },
    "floor-taking": {**dict.fromkeys(_ANY_OR_TOPIC, _ABOUT), "own": _BACK_TO},
    "new-idea": {
        **dict.fromkeys(_ANY_OR_TOPIC, _THOUGHTS),
        "own": (
            "Oh, {own}! I've just had a thought.", "Ooh, I know what we could do about {own}.",
            "Wait, {own}, that gives me an idea.",
        ),
    },
    "impatience": {
        **dict.fromkeys(_ANY, _URGED),
        "topic": ("What about {np}?", "And {np}?", "So what about {np}?", "And what about {np}?"),
        "and": ("{And}?", "{And} what?", "{And}? Go on."),
        "own": ("Yes, but what about {own}?", "And {own}?"),
    },
    "stop": {
        **dict.fromkeys(_ANY, _HALTED),
        "claim": ("Wait, wait, {newsmark}?", "Hold on, {newsmark}?"),
        "open": ("Wait, wait. {Open}?", "Hold on, {open}?", "Whoa, whoa, {open}?"),
    },
    "cannot-hear": {
        **dict.fromkeys(_ANY, _LOST),
        "open": (
            "Sorry, {open}? You broke up.", "{Open}? It cut out.", "Sorry, {open}?",
            "{Open}? I lost you there.",
        ),
    },
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
        "own": (
            "Actually, about {own}. No, it's fine, go on.",
            "Hang on, what I said about {own}. Or, yes, go ahead.",
            "Wait, maybe not {own}. No, leave it.",
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
        "own": ("but {own}", "and {own}", "about {own}"),
    },
    "clarify": {
        "thing": _ASKED,
        "known thing": ("which {n}", "sorry, which {n}", "what {n}"),
        "new thing": ("what kind of {n}", "what {n}"),
        "amount": ("how many {unit}", "{np}", "sorry, {np}", "did you say {np}"),
        "name": ("sorry, {np}", "{np}", "did you say {np}"),
        "claim": ("{newsmark}", "wait, {newsmark}", "oh, {newsmark}"),
        "open": ("{open}", "sorry, {open}", "wait, {open}"),
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
        "own": ("but {own}", "and what about {own}", "but then {own}"),
    },
    "refuse": dict.fromkeys(_ANY, ("no, not {np}", "not {np}", "{np}, no")),
    "new-idea": {
        **dict.fromkeys(
            _ANY_OR_TOPIC, ("oh, {np}", "what about {np}", "what if {np}", "ooh, {np}")
        ),
        "own": ("oh, {own}", "wait, {own}", "ooh, and {own}"),
    },
    "agree": {
        "shared claim": ("{echo}", "yeah, {echo}", "yes, {echo}"),
        "shared denial": ("no, {echo}", "{echo}"),
        "adjective": ("so {adjective}", "yeah, {adjective}", "very {adjective}"),
        "thing": ("oh, {np}, yes", "exactly, {np}", "{np}, I know"),
        "name": ("oh, {np}, yes", "exactly, {np}"),
    },
    "impatience": {
        **dict.fromkeys(
            _ANY,
            ("okay, {np}, and", "yes, {np}, but", "yeah, yeah, {np}", "so {np}", "right, {np}"),
        ),
        "own": ("yes, but {own}", "and {own}"),
    },
    "floor-taking": {
        **dict.fromkeys(
            _ANY_OR_TOPIC,
            ("but {np}", "well, {np}", "so {np}", "and {np}", "about {np}", "{np}, that's",
             "on {np}, I", "I think {np}", "maybe {np}"),
        ),
        "claim": ("but {echo}", "well, {newsmark}", "if {echo}", "when {echo}, I"),
        "own": ("but {own}", "and {own}, I", "about {own}", "so {own}", "well, {own}"),
    },
    "answer": dict.fromkeys(_ANY, ("{np}, well", "um, {np}", "{np}, let me")),
    "stop": {
        **dict.fromkeys(_ANY, ("wait, {np}", "hold on, {np}", "wait, wait, {np}", "stop, {np}")),
        "claim": ("wait, {newsmark}", "hold on, {newsmark}"),
        "open": ("wait, {open}", "hold on, {open}", "stop, {open}"),
    },
    "cannot-hear": {
        **dict.fromkeys(
            _ANY, ("sorry, {np} and what", "{np} and then", "sorry, what about {np}")
        ),
        "open": ("sorry, {open}", "{open}", "{open}, sorry"),
    },
    "change-mind": {
        **dict.fromkeys(
            ("thing", "amount"), ("actually, not {np}", "wait, maybe not {np}", "or not {np}")
        ),
        "own": ("actually, not {own}", "wait, maybe not {own}"),
    },
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


_CLAIMED: frozenset[Slot] = frozenset(
    ("claim", "denied", "shared claim", "shared denial", "adjective")
)
_TOLD: frozenset[Slot] = frozenset(("thing", "known thing", "new thing", "amount", "name", "topic"))


class Heard:
    """What a listener can take up before a token of a turn; looked for when it is asked for.

    Args:
        tokens: of the turn.
        at: what stands from here on has not been said.
        earlier: tokens of the speaker's turn before, said to its end.
        listener: tokens of the turn that the listener had between them.
    """

    def __init__(
        self,
        tokens: Sequence[str],
        at: int,
        earlier: Sequence[str] = (),
        listener: Sequence[str] = (),
    ) -> None:
        self._tokens = tokens
        self._at = at
        self._earlier = earlier
        self._listener = listener
        self._mention: Mention | Literal["unheard"] | None = "unheard"
        self._claim: Claim | Literal["unheard"] | None = "unheard"

    @property
    def mention(self) -> Mention | None:
        """The latest mention of the turn."""
        if self._mention == "unheard":
            self._mention = latest_mention(self._tokens, self._at)
        return self._mention

    @property
    def topic(self) -> Mention | None:
        """What the speaker mentioned a turn before, where nothing was mentioned since."""
        if self.mention is not None or not self._earlier:
            return None
        found = latest_mention(self._earlier, len(self._earlier), _EARLIER)
        return found if found is not None and _is_topic(found) else None

    @property
    def claim(self) -> Claim | None:
        """The latest claim of the sentence."""
        if self._claim == "unheard":
            self._claim = last_claim(self._tokens, self._at)
        return self._claim

    @property
    def own(self) -> str:
        """What the listener mentioned in their own turn, as they said it; or ""."""
        if not self._listener or self._listener[-1].endswith("?"):
            return ""
        found = latest_mention(self._listener, len(self._listener), _EARLIER)
        return found.own(self._listener) if found is not None and _is_topic(found) else ""

    @property
    def open(self) -> tuple[str, ...]:
        """Questions for the word that has not come yet."""
        return open_questions(self._tokens, self._at)

    @property
    def last(self) -> str:
        """The last word."""
        return bare(self._tokens[self._at - 1])

    @property
    def said(self) -> Sequence[str]:
        """The last dozen words, which say how something was asked for."""
        return self._tokens[max(0, self._at - 12) : self._at]

    def slots(self, offered: Collection[Slot]) -> list[Slot]:
        """What there are phrases for, of what a kind has phrases about."""
        found: list[Slot] = []
        if not _TOLD.isdisjoint(offered):
            found += self._mentioned()
        if not _CLAIMED.isdisjoint(offered):
            found += self._claimed()
        if self.last in _TIED:
            found.append("and")
        found = [slot for slot in found if slot in offered]
        if not found and "open" in offered and self.open:
            return ["open"]
        return ["own"] if not found and "own" in offered and self.own else found

    def _mentioned(self) -> list[Slot]:
        mention = self.mention
        if mention is None:
            return ["topic"] if self.topic is not None else []
        uncounted = mention.noun in {"percent", "o'clock"}
        found: list[Slot] = ["name" if uncounted else mention.kind]
        if mention.kind == "thing" and mention.definite:
            found.append("known thing")
        elif mention.determiner in {"a", "an", "some"}:
            found.append("new thing")
        return found

    def _claimed(self) -> list[Slot]:
        claim = self.claim
        if claim is None:
            return []
        found: list[Slot] = ["denied" if claim.negative else "claim"]
        if claim.subject not in {"you", "I"}:
            found.append("shared denial" if claim.negative else "shared claim")
        if _is_graded(claim.adjective) and not claim.negative:
            found.append("adjective")
        return found


def taken_up(
    table: dict[str, Phrases], kind: str, heard: Heard, memory: RecentPhrases, draws: Draws
) -> str:
    """A phrase of a kind about what was heard, of `INSERTED` or `ATTEMPTS`; "" where none is."""
    offered = table.get(kind, {})
    pools = [offered[slot] for slot in heard.slots(offered)]
    if kind == "refuse":
        request = cut_points.request_made(heard.said)
        pools += [said for asked, said in _REFUSED.items() if request in asked] * 2
    if not pools or not draws.chance(TAKEN_UP):
        return ""
    phrase = memory.fresh(_spoken(draws.choose(pools), table is ATTEMPTS), draws)
    return filled(phrase, heard, draws)


@cache
def _spoken(pool: tuple[str, ...], attempts: bool) -> tuple[str, ...]:
    """Phrases as they are said: an attempt begins in lower case, what ends in a word ends there."""
    if attempts:
        return tuple(map(_lower, pool))
    return tuple(f"{phrase}." for phrase in pool) if pool[0][-1].isalpha() else pool


def takes_up(table: dict[str, Phrases], kind: str) -> bool:
    """Whether a kind has phrases about anything that can be heard (see `taken_up`)."""
    return bool(table.get(kind)) or kind == "refuse"


def has_phrase(table: dict[str, Phrases], kind: str, heard: Heard) -> bool:
    """Whether a kind has phrases about what was heard, or has none about anything."""
    offered = table.get(kind)
    return not offered or bool(heard.slots(offered))


def filled(phrase: str, heard: Heard, draws: Draws) -> str:
    """A phrase with its slots filled."""
    return phrase.format_map(_SlotValues(heard, draws)) if "{" in phrase else phrase


class _SlotValues(dict[str, str]):
    """What stands in the slots of a phrase, for those that it has."""

    def __init__(self, heard: Heard, draws: Draws) -> None:
        super().__init__()
        self._heard = heard
        self._draws = draws

    def __missing__(self, name: str) -> str:
        value = self._value(name.lower())
        return _capital(value) if name[0].isupper() else value

    def _value(self, name: str) -> str:
        if name in {"and", "own"}:
            return self._heard.last if name == "and" else self._heard.own
        if name == "open":
            return self._draws.choose(self._heard.open)
        claim = self._heard.claim if name in _OF_CLAIMS else None
        if claim is not None:
            return _OF_CLAIMS[name](claim)
        mention = self._heard.mention or self._heard.topic
        if mention is None or name in _OF_CLAIMS:
            raise KeyError(name)
        if name in _AGREEING:
            return _AGREEING[name][mention.plural]
        return {"np": mention.text, "this": mention.pointed}.get(name, mention.noun)


#: Slots filled by a claim, and by whether the mention is of more than one.
_OF_CLAIMS: Final[dict[str, Callable[[Claim], str]]] = {
    "echo": Claim.echo,
    "denial": Claim.denial,
    "newsmark": Claim.newsmark,
    "adjective": lambda claim: claim.adjective,
}
_AGREEING: Final = {"is": ("is", "are"), "it": ("it", "them"), "that": ("that", "those")}


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
    turn: AnalysedTurn,
    at: int,
    reply: Sequence[str],
    known: Container[str],
    draws: Draws,
) -> tuple[str, str]:
    """Kind and words of an attempt by the next turn's first words; two empty texts where its words
    answer or take up what was not said yet.

    Args:
        turn: that is talked over.
        at: place of the attempt.
        reply: the next turn, of who tries to speak.
        known: stems of everything said before the turn.
        draws: randomness.
    """
    start, end = turn.sentences[-1]
    kind = cut_points.reply_kind(turn.tokens[start:end], reply) if len(reply) > 2 else ""
    if not kind or kind == "answer":
        return "", ""
    text = early_start(reply, draws.uniform())
    leaked = leaks_unsaid(text, " ".join(turn.tokens[at:]), known) if text else frozenset()
    if not text or not leaked.issubset(turn.stems[:at]):
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
