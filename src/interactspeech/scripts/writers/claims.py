"""What a speaker has just claimed, and how the other says it back: "it is", "did you".

A claim is the last pronoun with a verb before a place. Its auxiliary, or "do" for a verb without
one, is all that agreeing, denying and being surprised need of it (Jefferson 1981: newsmarks;
Pomerantz 1984: second assessments).

>>> claim = last_claim("Well, I took the late train because".split(), 6)
>>> claim.echo(), claim.denial(), claim.newsmark()
('you did', "you didn't", 'did you')
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from interactspeech.lexicon.token_cache import by_token
from interactspeech.lexicon.word_tags import word_tag
from interactspeech.lexicon.words import bare, words

#: Tokens before a place in which the claim is looked for.
_BACK = 12
#: Subject as the speaker says it -> as the other does.
_SUBJECTS = {
    "i": "you", "we": "you", "you": "I", "he": "he", "she": "she", "it": "it", "they": "they",
    "that": "it", "this": "it", "there": "there",
}  # fmt: skip
_CONTRACTED = {
    "i'm": ("i", "am"), "you're": ("you", "are"), "we're": ("we", "are"),
    "they're": ("they", "are"), "he's": ("he", "is"), "she's": ("she", "is"), "it's": ("it", "is"),
    "that's": ("that", "is"), "there's": ("there", "is"), "i've": ("i", "have"),
    "you've": ("you", "have"), "we've": ("we", "have"), "they've": ("they", "have"),
    "i'll": ("i", "will"), "you'll": ("you", "will"), "we'll": ("we", "will"),
    "they'll": ("they", "will"), "he'll": ("he", "will"), "she'll": ("she", "will"),
    "it'll": ("it", "will"),
}  # fmt: skip
NEGATIVE = {
    "is": "isn't", "are": "aren't", "was": "wasn't", "were": "weren't", "do": "don't",
    "does": "doesn't", "did": "didn't", "have": "haven't", "has": "hasn't", "had": "hadn't",
    "will": "won't", "would": "wouldn't", "can": "can't", "could": "couldn't",
    "should": "shouldn't", "must": "mustn't",
}  # fmt: skip
_POSITIVE = {negative: positive for positive, negative in NEGATIVE.items()}
_AUXILIARIES = frozenset((*NEGATIVE, "am"))
_BETWEEN = words(
    "really just also always often usually actually probably already still never only not"
)
_DENYING = words("not never")
_INSIDE = _BETWEEN | _DENYING
_LINKING = words("is are was were am")
#: Degree words between a verb and its adjective.
_DEGREES = words("so very really too pretty quite completely totally rather a bit just such still")
#: After these "have", "do" and "need" are verbs of their own.
_OBJECTS = words("a an the my your his her our their this that these those some any no it to got")
#: What comes before a pronoun that claims nothing: a question, a condition, a wish.
_NO_CLAIM = words(
    """
    if whether when what where who how why which do does did is are was were can could would will
    should shall have has had until unless while that than as before after once much many all
    """
)
#: Claims about the talk, which nobody denies: "I mean", "I said".
_TALK = words(
    """
    mean think guess suppose believe hope wish know said say tell told want like need wonder see
    remember thought feel ask asked call heard understand imagine agree promise sorry afraid glad
    pleased sure
    """
)
#: What "we" do who plan together: the other is one of them.
_JOINT = words("can could should will would must")


class Claim(msgspec.Struct, frozen=True):
    """A subject, as the other says it, with the auxiliary that belongs to it.

    Attributes:
        subject: "you" for "I".
        own: the subject as the speaker says it.
        auxiliary: without "not".
        negative: whether the speaker denied something.
        adjective: what the subject is said to be, or "".
    """

    subject: str
    own: str
    auxiliary: str
    negative: bool = False
    adjective: str = ""

    def echo(self) -> str:
        """The claim said back: "it is", "they didn't"."""
        return self._said(self.subject, negative=self.negative)

    def denial(self) -> str:
        """The opposite: "it isn't"."""
        return self._said(self.subject, negative=not self.negative)

    def newsmark(self) -> str:
        """The claim as a short question, in which no "not" stands first: "did you"."""
        form = agreeing(self.subject, self.auxiliary)
        if not self.negative:
            return f"{form} {self.subject}"
        return "am I not" if form == "am" else f"{NEGATIVE[form]} {self.subject}"

    def reaffirmed(self) -> str:
        """The claim as the speaker says it again: "I did", "it isn't"."""
        return self._said(self.own, negative=self.negative)

    def _said(self, subject: str, *, negative: bool) -> str:
        form = agreeing(subject, self.auxiliary)
        if not negative:
            return f"{subject} {form}"
        return "I'm not" if form == "am" else f"{subject} {NEGATIVE[form]}"


def last_claim(tokens: Sequence[str], at: int) -> Claim | None:
    """The last claim of the sentence before token `at`; None where none is sure.

    Args:
        tokens: of the turn.
        at: what stands from here on has not been said.
    """
    if _asks(tokens, at):
        return None
    start = max(0, at - _BACK)
    for index in range(at - 2, start - 1, -1):
        token = tokens[index]
        if token[-1] in ".?!":
            return None
        if _may_claim(token) and (made := _claim(tokens, index, at)) is not None:
            return made
    return None


@by_token
def _may_claim(token: str) -> bool:
    """Whether a claim may begin with a token: a subject, or one with its verb."""
    word = bare(token)
    return word in _CONTRACTED or word in _SUBJECTS


def _asks(tokens: Sequence[str], at: int) -> bool:
    """Whether the sentence with the place is a question."""
    for token in tokens[at - 1 :]:
        if token[-1] in ".?!":
            return token[-1] == "?"
    return False


def _claim(tokens: Sequence[str], index: int, at: int) -> Claim | None:
    word = bare(tokens[index])
    subject, auxiliary = _CONTRACTED.get(word, (word, ""))
    if subject not in _SUBJECTS or (index and _opens_no_claim(tokens, index)):
        return None
    if word in {"that", "this"} and not auxiliary and index and tokens[index - 1][-1].isalpha():
        return None  # "the one that was": no subject of its own
    place = index + 1
    negative = False
    while place < at and bare(tokens[place]) in _BETWEEN:
        negative |= bare(tokens[place]) in _DENYING
        place += 1
    verb = bare(tokens[place]) if place < at else ""
    if not auxiliary:
        auxiliary, denied, place = _auxiliary(tokens, subject, verb, place, at)
        negative |= denied
        if not auxiliary:
            return None
    elif auxiliary == "is" and verb in {"been", "got", "had", "gone", "become"}:
        auxiliary = "has"
    while place < at and bare(tokens[place]) in _INSIDE:
        negative |= bare(tokens[place]) in _DENYING
        place += 1
    if place >= at or bare(tokens[place]) in _TALK:
        return None  # nothing was said of the subject yet
    said = _SUBJECTS[subject]
    if subject == "we" and auxiliary in _JOINT:
        said = "we"
    adjective = _adjective(tokens, place, at) if auxiliary in _LINKING else ""
    own = {"i": "I", "that": "it", "this": "it"}.get(subject, subject)
    return Claim(said, own, auxiliary, negative, adjective)


def _opens_no_claim(tokens: Sequence[str], index: int) -> bool:
    """Whether the clause asks, wishes or describes a noun: "the room we had"."""
    before = tokens[index - 1]
    return before[-1].isalpha() and (bare(before) in _NO_CLAIM or word_tag(before) == "noun")


def _auxiliary(
    tokens: Sequence[str], subject: str, verb: str, place: int, at: int
) -> tuple[str, bool, int]:
    """Auxiliary, whether it denies, and the token after it; "" where the verb is not sure."""
    if verb in _POSITIVE:
        return _POSITIVE[verb], True, place + 1
    following = bare(tokens[place + 1]) if place + 1 < at else ""
    if verb in {"have", "has", "had", "do", "does", "did"}:
        if not following:
            return "", False, place
        if following in _OBJECTS or verb in {"do", "does", "did"}:
            return {"have": "do", "has": "does", "had": "did"}.get(verb, verb), False, place + 1
        return verb, False, place + 1
    if verb in _AUXILIARIES:
        return verb, False, place + 1
    if not verb or verb in _TALK or subject in {"there", "that", "this"}:
        return "", False, place
    tag = word_tag(verb)
    if tag == "past" or verb in _SIMPLE_PASTS:
        return "did", False, place
    third = subject in {"he", "she", "it"}
    if third and verb.endswith("s") and not verb.endswith("ss") and tag in {"verb", "noun"}:
        return "does", False, place
    base = tag == "verb" and not verb.endswith(("ing", "s"))
    if not third and (base or verb in _SIMPLE_PRESENTS):
        return "do", False, place
    return "", False, place


#: Verbs that are light words elsewhere.
_SIMPLE_PASTS = words(
    "went came got took made put gave found kept let saw used called tried started"
)
_SIMPLE_PRESENTS = words("go come get take make give find keep use try work live love hate")


def _adjective(tokens: Sequence[str], place: int, at: int) -> str:
    """The adjective that ends the phrase after "is", with nothing after it that it describes."""
    while place < at and bare(tokens[place]) in _DEGREES:
        place += 1
    if place >= at or word_tag(tokens[place]) != "adjective":
        return ""
    if tokens[place][-1].isalpha() and (
        place + 1 >= at or word_tag(tokens[place + 1]) != "function word"
    ):
        return ""
    return bare(tokens[place])


def agreeing(subject: str, auxiliary: str) -> str:
    """The form of "to be" that goes with a subject."""
    if subject in {"you", "we"}:
        return {"am": "are", "was": "were"}.get(auxiliary, auxiliary)
    if subject == "I":
        return {"are": "am", "were": "was"}.get(auxiliary, auxiliary)
    return auxiliary
