"""Sentences about two people, said by one of them to the other: "A asks B" becomes "I ask you".

Summaries of dialogues are in the third person. Verbs of English change with the person only in the
present and in "to be", so a list of verbs and a few rules are enough; a sentence in which a rule
does not know what is meant (whom a "she" stands for, who does what follows an "and") is not told at
all, because a wrong person makes it untrue.
"""

from __future__ import annotations

import re
from typing import Final

from interactspeech.lexicon.words import CONJUNCTIONS, FUNCTION_WORDS, PREPOSITIONS, bare, words

#: Verbs that people's doings in conversations are told with, as they are after "I".
_VERBS: Final = words(
    """
    accept accuse add admire admit advise agree allow answer apologize applaud apply appreciate
    approve argue arrange arrive ask assign assist assure attend avoid beg believe belong blame
    book borrow break bring buy call calm cancel care change chat check cheer choose claim clarify
    come comfort compare complain complete compliment concern confess confirm congratulate consider
    consult contact continue convince cook correct cover criticize cry dance deal decide declare
    decline defend demand deny describe dine disagree discover discuss dislike doubt draw drink
    drive eat emphasize encourage end enjoy enter envy exchange expect explain express fail fall
    feel fill find finish fix fly follow forget forgive get give go greet guess guide handle hate
    have hear help hesitate hold hope imagine inform inquire insist inspire intend interrupt
    interview introduce invite join joke judge keep know lack laugh lead learn leave lend let like
    list listen live look lose love make manage meet mention mind miss need negotiate notice object
    offer open oppose order organize owe pack paint pay persuade pick plan play point praise pray
    predict prefer prepare prescribe present pretend promise propose provide pull purchase put
    question quit read realize reassure recall receive recognize recommend refuse register reject
    remember remind rent repair repeat reply report request require reserve resign respond return
    reveal review ride run save say scold see seek sell send serve set share show sign sing sit
    sleep smell speak spend stand start stay stop study succeed suffer suggest support suppose
    suspect take talk teach tease tell thank think throw transfer travel treat trust try turn type
    understand urge use visit volunteer wait walk want warn wash watch wear welcome win wish wonder
    work worry write yell
    """
)
#: Forms of the third person that a rule does not give.
_IRREGULAR: Final = {
    "has": ("have", "have"), "is": ("am", "are"), "was": ("was", "were"), "does": ("do", "do"),
    "goes": ("go", "go"), "hasn't": ("haven't", "haven't"), "isn't": ("am not", "aren't"),
    "wasn't": ("wasn't", "weren't"), "doesn't": ("don't", "don't"),
}  # fmt: skip
#: Verbs that have one form for all persons.
_SAME: Final = words(
    """
    will would can could shall should may might must did had won't wouldn't can't cannot couldn't
    shouldn't didn't hadn't lost went got came saw made took found gave told said thought bought
    brought felt heard met paid put knew left kept spent sold sent forgot wrote
    """
)
#: The same with "we" before it: bases, and plural forms.
_PLURAL: Final = _VERBS | _SAME | words("are were do have aren't weren't don't haven't")
_ADVERBS: Final = words(
    """
    also then still really just never always often even finally soon later again usually actually
    both already only politely immediately eventually therefore however first originally strongly
    """
)
#: Verbs whose third person is as often a noun's plural.
_NOUNS: Final = words(
    """
    books calls cares changes checks claims covers deals demands drinks doubts draws drives ends
    exchanges falls finds fixes flies guesses guides helps hopes jokes judges lacks lists looks
    loves likes meets needs objects offers orders packs paints picks plans plays points praises
    presents promises questions reads rents repairs replies reports requests reviews rides runs
    saves sets shares shows signs sleeps smells speaks stands starts stays stops studies talks
    thanks tries turns types uses visits waits walks wants watches wishes wonders works worries
    """
)
_PERSONS: Final = words(
    """
    man woman men women boy girl boys girls friend friends boss wife husband mother father mom dad
    mum parents son daughter brother sister baby child children kids uncle aunt cousin teacher
    professor doctor nurse dentist patient student students waiter waitress customer client clerk
    guest driver officer policeman manager secretary assistant colleague roommate neighbor
    neighbour landlord tenant salesman salesperson boyfriend girlfriend classmate classmates
    people person guy lady gentleman interviewer interviewee receptionist librarian passenger host
    """
)
_THIRD_PERSONS: Final = words(
    "he she he's she's he'll she'll he'd she'd him her his hers himself herself"
)
_THEY: Final = words("they them their theirs themselves they're they'll they've they'd")
_RUNNING: Final = words("who which whose whom")
_PERSON: Final = re.compile(r"#(\w+)#('s)?")
_INVERTED: Final = words("do does did is are was were has have had")
_JOINING: Final = words("and but or")
_EDGE: Final = re.compile(r"^(\W*)(.*?)(\W*)$", re.DOTALL)


def persons(text: str) -> list[str]:
    """The speakers that a summary names as ``#A#``, in order, each once.

    >>> persons("#B# asks #A# about #B#'s car.")
    ['B', 'A']
    """
    return list(dict.fromkeys(found[1] for found in _PERSON.finditer(text)))


def in_first_person(sentence: str, teller: str) -> str | None:
    """A sentence in which the two speakers are ``#A#`` and ``#B#``, as `teller` would say it.

    Args:
        sentence: one sentence in the third person, in its final mark.
        teller: which of the two is "I"; whoever else is marked so is "you".

    Returns:
        The sentence, or None where its person or its verbs cannot be told for sure.

    >>> in_first_person("#A# wants a pan and asks #B# for #B#'s advice.", "A")
    'I want a pan and ask you for your advice.'
    >>> in_first_person("#A# and #B# talk about it.", "B")
    'we talk about it.'
    >>> in_first_person("#A# tells #B# she is late.", "A") is None
    True
    """
    told = _PersonShift(sentence, teller)
    return told.text()


class _PersonShift:
    """One sentence on its way into the first person."""

    def __init__(self, sentence: str, teller: str) -> None:
        self.teller = teller
        self.tokens = _both(sentence).split()
        self.out: list[str] = []
        self.subject = ""  # "I", "you" or "we" where the last finite verb was that one's
        self.sure = True  # whether what follows an "and" would be the subject's, too
        self.seen: list[str] = []
        self.last = ""  # the speaker that was named last

    def text(self) -> str | None:
        """The whole sentence; None where a rule gives up."""
        at = 0
        while at < len(self.tokens):
            token = self.tokens[at]
            if _PERSON.match(token):
                step = self._person(at)
            elif bare(token) in _THIRD_PERSONS or bare(token) in _THEY:
                step = self._pronoun(at)
            else:
                step = self._word(at)
            if step is None:
                return None
            at += step
        return " ".join(self.out)

    # -- the two speakers ------------------------------------------------------------------------

    def _person(self, at: int) -> int | None:
        found = _PERSON.match(self.tokens[at])
        assert found is not None
        tail = self.tokens[at][found.end() :]
        name = found[1]
        following = self._following(at)
        # A person of another form than is known, or a question's inversion ("so does #A#").
        if bare(following) in _RUNNING or tail[:1].isalpha() or tail[:1] in {"'", "\u2019"}:
            return None
        if at and bare(self.tokens[at - 1]) in _INVERTED:
            return None
        if found[2]:
            if not self._possesses(at):
                return None  # "is" or "has"
            self.out.append({"both": "our"}.get(name, "my" if name == self.teller else "your"))
            self._saw(name)
            return 1
        if name == "both":
            return self._both_of_us(at, tail)
        is_subject = not tail and self._finite(at + 1) is not None
        same = self.last == name and self.subject == ("I" if name == self.teller else "you")
        if not is_subject and (self._begins_clause(at) or same):
            return None  # a verb that is not known; or "myself" was meant, or another
        self._saw(name)
        if name != self.teller:
            self.out.append("you" + tail)
        else:
            self.out.append(("I" if is_subject else "me") + tail)
        if not is_subject:
            return 1
        self.subject, self.sure = ("I" if name == self.teller else "you"), True
        return 1 + self._verb(at + 1)

    def _both_of_us(self, at: int, tail: str) -> int | None:
        self._saw("both")
        verb = self._plain_word(at + 1)
        is_subject = not tail and verb is not None and bare(self.tokens[verb]) in _PLURAL
        if is_subject:
            self.out.append("we")
            self.subject, self.sure = "we", True
            return 1
        if at == 0 or bare(self.tokens[at - 1]) not in PREPOSITIONS | _VERBS | {
            base + "s" for base in _VERBS
        }:
            return None
        self.out.append("us" + tail)
        return 1

    def _saw(self, name: str) -> None:
        self.last = name
        if name not in self.seen:
            self.seen.append(name)

    def _begins_clause(self, at: int) -> bool:
        """Whether a subject is due at a token."""
        before = self.tokens[at - 1] if at else ""
        return not before or before.endswith((",", ";")) or bare(before) in CONJUNCTIONS

    def _possesses(self, at: int) -> bool:
        """Whether ``#A#'s`` is a possessive: a thing follows, which itself does something."""
        following = bare(self._following(at))
        if not following or following.endswith(("ing", "ed")) or following in FUNCTION_WORDS:
            return False
        if not self._begins_clause(at):
            return True
        for token in self.tokens[at + 2 : at + 6]:
            if _PERSON.match(token) or bare(token) in CONJUNCTIONS:
                return False
            word = bare(token)
            if word in _SAME | _PLURAL or word in _IRREGULAR or _base(word) is not None:
                return True
        return False

    # -- verbs -----------------------------------------------------------------------------------

    def _plain_word(self, at: int) -> int | None:
        """Index of the next word that is no adverb."""
        while at < len(self.tokens) and (
            bare(self.tokens[at]) in _ADVERBS and self.tokens[at][-1].isalpha()
        ):
            at += 1
        return at if at < len(self.tokens) else None

    def _finite(self, at: int) -> int | None:
        """Index of the finite verb that follows a subject of one person, if one does."""
        verb = self._plain_word(at)
        if verb is None:
            return None
        word = bare(self.tokens[verb])
        known = (
            word in _SAME
            or word in _IRREGULAR
            or _base(word) is not None
            or (word.endswith("ed") and len(word) > 4)
        )
        return verb if known else None

    def _verb(self, at: int) -> int:
        """Append up to the finite verb after `at`, in the subject's form; how many tokens."""
        verb = self._finite(at)
        assert verb is not None
        self.out += self.tokens[at:verb]
        self.out.append(self._agreeing(self.tokens[verb]))
        return verb - at + 1

    def _agreeing(self, token: str) -> str:
        found = _EDGE.match(token)
        assert found is not None
        word = found[2].lower()
        if word in _IRREGULAR:
            word = _IRREGULAR[word][self.subject != "I"]
        elif (base := _base(word)) is not None:
            word = base
        return f"{found[1]}{word}{found[3]}"

    # -- other words -----------------------------------------------------------------------------

    def _word(self, at: int) -> int | None:
        token, word = self.tokens[at], bare(self.tokens[at])
        if word in {"i", "me", "my", "we", "us", "our", "you", "your"}:
            return None  # whose words these are is not known
        self.out.append(token)
        if word in _JOINING or word == "then" or token.endswith(","):
            return self._coordinated(at)
        if word in _RUNNING or word in _IRREGULAR or word in _SAME:
            self.sure = False
        return 1

    def _coordinated(self, at: int) -> int | None:
        """After "and": the subject's next verb, or something else."""
        if self.tokens[at].endswith(",") and bare(self.tokens[at]) not in _JOINING:
            return 1 if self._lists(at + 1) else None
        verb = self._plain_word(at + 1)
        if verb is None or not self.subject or self.subject == "we":
            return 1
        word = bare(self.tokens[verb])
        if word in _IRREGULAR or _base(word) is not None:
            governed = self._following(verb)
            noun = word in _NOUNS and not (
                _PERSON.match(governed) or bare(governed) in _AFTER_VERBS
            )
            if noun or not self.sure:
                return None
            return 1 + self._verb(at + 1)
        unknown = word.endswith("s") and not word.endswith("ss") and word not in FUNCTION_WORDS
        goes_on = self.tokens[verb][-1].isalnum() and bare(self._following(verb)) not in _JOINING
        return None if unknown and goes_on else 1  # perhaps a verb that is not known

    def _lists(self, at: int) -> bool:
        """Whether what follows a comma is no verb of the subject's that would have to change."""
        if at >= len(self.tokens) or not self.subject or self.subject == "we":
            return True
        word = bare(self.tokens[at])
        return word not in _IRREGULAR and (_base(word) is None or word in _NOUNS)

    def _following(self, at: int) -> str:
        return self.tokens[at + 1] if at + 1 < len(self.tokens) else ""

    # -- pronouns ----------------------------------------------------------------------------------

    def _pronoun(self, at: int) -> int | None:
        """A third person that can only be one of the speakers, or both; else None."""
        token, word = self.tokens[at], bare(self.tokens[at])
        found = _EDGE.match(token)
        assert found is not None
        if word in _THEY:
            others = any(map(_plural, self.tokens[:at]))
            if self.seen != ["both"] or others or "'" in word or self._third_persons(at):
                return None
            form = {"they": "we", "them": "us", "their": "our", "theirs": "ours"}.get(word)
            self.out.append((form or "ourselves") + found[3])
            return 1
        # "He", "him" and "his" may be anybody; "himself" is who does it.
        if word not in {"himself", "herself"} or self.subject not in {"I", "you"} or not self.sure:
            return None
        self.out.append(("myself" if self.subject == "I" else "yourself") + found[3])
        return 1

    def _third_persons(self, before: int) -> bool:
        """Whether the sentence speaks of anybody else, as far as can be seen."""
        return any(
            bare(token) in _PERSONS or (at > 0 and token[:1].isupper() and bare(token) != "i")
            for at, token in enumerate(self.tokens[:before])
            if not _PERSON.match(token)
        )


#: What may follow a verb, and seldom a noun of the same form.
_AFTER_VERBS: Final = words("to the a an that him her it them this these those his some")


def _plural(token: str) -> bool:
    """Whether a word may be a noun in the plural, which "they" may mean."""
    word = bare(token)
    known = word in FUNCTION_WORDS or word in _VERBS or _base(word) is not None
    return word.endswith("s") and not known and not _PERSON.match(token)


def _both(sentence: str) -> str:
    """Two speakers with "and" between them as one: ``#both#``."""
    return re.sub(r"(?:[Bb]oth )?#(\w+)# and #(?!\1#)(\w+)#", "#both#", sentence)


def _base(word: str) -> str | None:
    """The verb whose third person a word is; None if no verb that is known has it.

    >>> _base("asks"), _base("tries"), _base("wishes"), _base("lens")
    ('ask', 'try', 'wish', None)
    """
    if word in _IRREGULAR:
        return None
    for ending, base in (("ies", "y"), ("es", ""), ("s", "")):
        if word.endswith(ending) and word[: -len(ending)] + base in _VERBS:
            return word[: -len(ending)] + base
    return None
