"""Phrases of interrupters and of speakers who resume after an interruption.

Lists are combined (openings times cores), so that no phrase becomes a refrain; an opening that was
used in the last few interruptions of a dialogue is not used again.
"""

from __future__ import annotations

from interactspeech.lexicon.token_cache import by_token
from interactspeech.lexicon.word_tags import word_tag
from interactspeech.lexicon.words import FUNCTION_WORDS, bare, sentences, words
from interactspeech.scripts.writers.draws import Draws

#: Kind of interruption -> words before a reply that cuts in.
_PREFACES: dict[str, tuple[str, ...]] = {
    "clarify": ("Wait,", "Sorry,", "Hang on,", "Hold on,", "But", "Oh, wait,", "Sorry, but", "And"),
    "disagree": ("Hang on,", "Wait,", "Hold on,", "Hey,", "Sorry,", "Oh, come on,"),
    "answer": ("Oh,", "Um,", "Yeah,", "Ah,"),
    "floor-taking": (
        "Actually,", "You know what,", "Well,", "Oh,", "Look,", "Sorry, but", "Wait,", "Listen,",
        "Hang on,", "But", "And", "So", "I mean,", "See,",
    ),
    "new-idea": ("Oh,", "Oh, wait,", "You know what,", "Ooh,", "Hang on,", "Wait,", "Hey,"),
    "refuse": ("Wait,", "Hang on,", "Whoa,", "Hey,", "Hold on,"),
}  # fmt: skip
#: Beginnings of requests to say it again, and the requests, which take up nothing that was said.
SORRY = ("Sorry,", "Wait,", "Hang on,", "Hold on,", "I'm sorry,", "Oh, sorry,", "Wait, sorry,")
ASKS_BACK = (
    "what was that?",
    "can you say that again?",
    "I didn't catch that.",
    "I missed that last bit.",
    "what did you say?",
    "could you say that once more?",
    "I couldn't hear you.",
    "I didn't get that.",
    "what did you just say?",
    "one more time?",
)
#: Kind of interruption -> inserted turns that do not depend on what was said.
INSERTED_PHRASES: dict[str, tuple[str, ...]] = {
    "agree": (
        "Oh, I know, I know.",
        "Exactly, exactly.",
        "Yes, that's just it.",
        "I know what you mean.",
        "Yeah, yeah, totally.",
        "No, I hear you.",
        "That's what I always say.",
        "Oh, tell me about it.",
    ),
    "impatience": (
        "Okay, okay, and then?",
        "Yeah, yeah, and?",
        "Right, but what's the point?",
        "So what's the problem?",
        "Just tell me.",
        "Where is this going?",
        "Yes, I got that. And?",
        "Can you get to the point?",
    ),
    "distraction": (
        "Sorry, one second. Okay, go on.",
        "Hang on, that's my phone. Sorry, go ahead.",
        "One moment, there's someone at the door. Okay, I'm back.",
        "Hold that thought a second. Okay, carry on.",
        "Sorry, could I just close the window? It's loud out there. Okay, go ahead.",
        "Oh, sorry, just a moment. Right, you were saying.",
    ),
    "off-topic": (
        "Sorry, is that your phone?",
        "Can you hear that noise as well?",
        "Is it cold in here, or is it just me?",
        "Wait, do you smell something burning?",
    ),
    "urge": (
        "Careful, you're about to knock that over!",
        "Mind your sleeve!",
        "Quick, catch that pen!",
        "Watch out, behind you!",
    ),
}
#: Completions of a sentence that needs an adjective.
ADJECTIVES = (
    "Annoying", "Boring", "Expensive", "Exciting", "Weird", "Nice", "Tired", "Embarrassing",
    "Busy", "Happy", "Difficult", "Cheap", "Strange", "Loud", "Funny", "Scary",
)  # fmt: skip
#: Completions of a sentence that needs a verb.
DEEDS = (
    "Leave", "Complain", "Quit", "Wait", "Call them", "Give up", "Say no", "Stay", "Go home",
    "Ask somebody", "Start over", "Change it",
)  # fmt: skip
#: Corrections of a day or a number: the other value, and the one that was heard.
DOUBTS = (
    "Wait, didn't you say {}?",
    "{}, you mean.",
    "You mean {}?",
    "Sorry, wasn't it {}?",
    "I thought it was {}.",
    "Hang on, {}, surely?",
    "Not {heard}, {}.",
    "{}, not {heard}.",
    "{heard}? Wasn't it {}?",
    "No, {}.",
    "{heard}? I thought {}.",
)
_RESUMES: dict[str, tuple[str, ...]] = {
    "asked": ("I said", "I was saying", "So,", "Sorry,", "I just said", "Um, I said", "Right, so"),
    "echoed": ("Yeah,", "Yes,", "That's right,", "Mm-hm,", "Right,", "Exactly,", "Yep,"),
    "which": ("Well,", "You know,", "Um,", "Oh,", "I mean", "Sorry,", "Just"),
    "agree": ("Right, so", "Yeah, so", "So", "Yeah,", "And, you know,"),
    "guessed": ("No,", "Well, no,", "No, no,", "Ha, no,"),
    "doubted": ("So,", "As I was saying,", "Anyway,", "I checked. So,", "I'm sure. So,"),
    "impatience": (
        "I'm getting there.", "All right, all right.", "Let me finish.", "Just listen.",
        "Wait for it.", "Okay, okay.", "I'm coming to that.", "Nearly there.", "Patience.",
        "Give me a second.",
    ),
    "objected": (
        "Well,", "Look,", "Hear me out.", "Let me finish.", "No, listen,", "I mean,", "But look,",
        "Still,", "I know, but", "All right, but", "That may be, but", "All I'm saying is,",
        "No, really,", "Okay, okay, but",
    ),
    "refused": (
        "Listen,", "Please.", "Come on.", "All right, but", "Just hear me out.", "But", "Look,",
        "I know, I know, but",
    ),
    "claimed": (
        "One second.", "In a minute.", "Just let me finish.", "Sure, but", "Yes, in a moment.",
        "Okay, but first,", "Hang on.", "Wait, I'm not done.", "Let me just say this first.",
    ),
    "off-topic": ("No, it's fine. So,", "No. Anyway,", "Never mind that.", "No, so"),
    "urge": ("Oh! Thanks. So,", "Got it. So,", "Oops. Okay, so", "Phew. Anyway,"),
    "distraction": (
        "No problem. So,", "That's all right. So,", "As I was saying,", "Sure. So,",
        "Anyway,", "Where was I? Oh yeah,", "Okay, so",
    ),
}  # fmt: skip


#: Share of direct interruptions that begin with such words: ours, fitted on nothing.
_PREFACED = 0.25


@by_token
def _first_word(phrase: str) -> str:
    return phrase.split(" ", 1)[0]


class RecentPhrases:
    """Phrases used recently in this dialogue."""

    def __init__(self) -> None:
        self.used: list[str] = []

    def fresh(self, phrases: tuple[str, ...], draws: Draws) -> str:
        """A phrase whose first word was not used recently, if a few draws find one."""
        lately = set(map(_first_word, self.used[-4:]))
        chosen = phrases[0]
        for _ in range(4):
            chosen = draws.choose(phrases)
            if _first_word(chosen) not in lately:
                break
        self.used.append(chosen)
        return chosen


def add_preface(kind: str, reply: list[str], memory: RecentPhrases, draws: Draws) -> list[str]:
    """The reply, usually with words before it that claim the floor."""
    first = bare(reply[0])
    if (
        kind not in _PREFACES
        or first in _JOINS
        or first in {"wait", "hang", "hold", "actually", "look", "listen"}
    ):
        return reply
    if not draws.chance(_PREFACED):
        return reply
    asks = reply[sentences(reply)[0][1] - 1].endswith("?")
    words = memory.fresh(_PREFACES["clarify" if asks and kind == "floor-taking" else kind], draws)
    if words.split(" ", 1)[0].strip(",").lower() == first:
        return reply
    if first in {"yes", "yeah", "no"} and words == "Yeah,":
        return reply
    head = lower_initial(reply[0])
    if head[0].isupper() and not _is_i(head):
        # A name, or a word that may be one, begins a sentence of its own.
        if not words.endswith(","):
            return reply
        words = words[:-1] + "."
    return [*words.split(), head, *reply[1:]]


def asking_back(memory: RecentPhrases, draws: Draws) -> str:
    """A request to say it again, about nothing that was said."""
    return f"{memory.fresh(SORRY, draws)} {draws.choose(ASKS_BACK)}"


#: Share of resumptions that say less than the whole clause again, where they can.
_SHORT = 0.5


def resumption(
    way: str, rest: list[str], memory: RecentPhrases, draws: Draws, short: list[str] | None = None
) -> list[str]:
    """The resumed turn: `rest` with a phrase of resumption before it.

    Args:
        way: of `_RESUMES`.
        rest: the clause again, and what follows it.
        memory: phrases that were used lately.
        draws: randomness.
        short: the last phrase before the cut again, and what follows it; said instead half of the
            time, where the opening leaves the sentence open.
    """
    opening = memory.fresh(_RESUMES[way], draws)
    if short and not opening.endswith(".") and draws.chance(_SHORT):
        rest = short
    if opening == "I said" and bare(rest[0]) in {"i", "i'm", "i've"} and draws.chance(0.5):
        opening = "So,"
    return resume_after(opening, rest)


def resume_after(opening: str, rest: list[str]) -> list[str]:
    """The resumed turn with a given opening, which ends in a full stop, or goes on."""
    rest = _without_hesitations(rest)
    if len(rest) > 1 and bare(rest[0]) in _JOINS and bare(opening.rpartition(" ")[2]) in _JOINS:
        rest = rest[1:]
    first = lower_initial(rest[0])
    if opening.endswith("."):
        first = first[0].upper() + first[1:]
    elif first[0].isupper() and not _is_i(first):
        # A name, or a word that may be one: quoted, or a sentence of its own.
        opening = opening.removesuffix(" so").removesuffix(" So,").rstrip(",.")
        opening += "," if opening.endswith(("said", "saying")) else "."
    return [*opening.split(), first, *rest[1:]]


_JOINS = frozenset({"and", "but", "so", "or"})


def _is_i(word: str) -> bool:
    return word.rstrip(",") == "I" or word.startswith("I'")


def _without_hesitations(tokens: list[str]) -> list[str]:
    """The words without hesitations and without the "and" that tied them to what went before."""
    out: list[str] = []
    for token in tokens:
        if bare(token) in {"um", "uh"}:
            if out and out[-1][-1] == "," and bare(out[-1]) in FUNCTION_WORDS:
                out[-1] = out[-1][:-1]
            continue
        if out and out[-1][-1] == "," and bare(out[-1]) == bare(token):
            out[-1] = token
        else:
            out.append(token)
    ties = len(out) > 2 and bare(out[0]) in _JOINS and bare(out[1]) not in {"as", "that"}
    return out[1:] if ties else out


def lower_initial(token: str) -> str:
    """The token inside a sentence: a word that is no noun loses its capital, names keep it."""
    if _is_i(token):
        return token
    word = bare(token)
    if word in FUNCTION_WORDS or word in _NUMBERS or word_tag(word) in _NO_NAME:
        return token[0].lower() + token[1:]
    return token


_NUMBERS = words(
    "two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty"
)
_NO_NAME = frozenset({"verb", "past", "adverb", "adjective"})
