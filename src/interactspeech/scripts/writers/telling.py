"""A source's own summary, told by one of the two speakers: a turn as long as people's.

Some corpora say themselves what a dialogue comes to: DialogSum's summaries, SODA's narratives, the
goals of Schema-Guided Dialogue. One of the two tells the other, at the end, before they say
goodbye: "So I want a pan, and you recommend a big one, and I pay for it by cash." Nothing is
invented: the sentences are the source's, in the first and second person (`lexicon.person`), joined
by the words that stood between them or by "and". One that cannot be told for sure is left out, and
what the source says stays in the record.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import msgspec

from interactspeech.lexicon.normalization import normalize_text, unspeakable
from interactspeech.lexicon.person import in_first_person, persons
from interactspeech.lexicon.words import bare, words
from interactspeech.records import PlainDialogue, PlainTurn
from interactspeech.scripts.writers.folding import asks
from interactspeech.scripts.writers.phrases import lower_initial

#: How far turns are made longer; see `OfflineWriterSettings.telling`.
TellingName = Literal["off", "fold", "narrative"]

#: Sentences that are told, and words of what is.
_MOST_SENTENCES, _FEWEST_WORDS, _MOST_WORDS = 8, 8, 90
#: Words of the longest turn that one is told in.
_LONGEST_TURN = 200
#: What no one says: markup, and marks of the notation.
_WRITTEN = re.compile(r"[\[\]{}<>*_|#@\\()]|https?:|www\.")
_CLOSING = words(
    """
    thank thanks you bye bye-bye goodbye good-bye see later soon tomorrow then have a nice great
    good day time evening night weekend one take care welcome you're no problem my pleasure okay
    ok so much very alright all right enjoy too and that's it is need everything for your help
    not at well sure yes yeah that will be great great, it's i'll i the
    """
)
_LAST_WORDS = words(
    "thank thanks bye bye-bye goodbye good-bye see welcome care pleasure enjoy have"
)
_SENTENCE = re.compile(
    r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!\bMr\.)(?<!\bMs\.)(?<!\bDr\.)(?<!\bMrs\.)(?<!\bSt\.)(?<!\bNo\.)"
    r"\s+(?=[A-Z#\"'])"
)
_NAME = re.compile(r"\b(?:(?:Mr|Mrs|Ms|Miss|Dr)\.? )?[A-Z][a-z]+(?: [A-Z][a-z]+)*\b")
#: Opening words that lean on the sentence before.
_OPENERS = words("due according people everyone everybody instead finally first")
_LEANS = words("then so but however therefore finally also afterwards besides moreover because")
_ROLES = re.compile(
    r"\b(?:[Mm]om|[Mm]um|[Dd]ad|[Mm]ommy|[Dd]addy)\b|"
    r"\b[Tt]he (?:\w+ )?(?:doctor|teacher|waiter|waitress|customer|clerk|patient|man|woman|boss|"
    r"manager|interviewer|interviewee|student|officer|driver|guest|assistant|salesman|salesperson)\b"
)


@dataclass(frozen=True)
class ToldSummary:
    """A summary as one of the two tells it.

    Attributes:
        speaker: who tells it.
        text: what is said, ready to be spoken.
        source: the sentences of the summary that it is made of, as the source has them.
        clauses: how many sentences that is.
    """

    speaker: str
    text: str
    source: str
    clauses: int


def with_telling(plain: PlainDialogue) -> PlainDialogue:
    """The dialogue with its own summary told at the end, before goodbyes.

    A dialogue without a summary, or whose summary cannot be told (`tell`), stays as it is.
    """
    place = _place(plain)
    if place is None:
        return plain
    at, closes = place
    turn = plain.turns[at]
    told = tell(plain, turn.speaker)
    if told is None or len(told.text.split()) + len(turn.text.split()) > _LONGEST_TURN:
        return plain
    here, source = turn.written or turn.text, f"[summary: {told.source}]"
    said = turn.text if turn.text[-1] in ".?!" else f"{turn.text}."
    parts = (told.text, said) if closes else (said, told.text)
    written = (source, here) if closes else (here, source)
    new = PlainTurn(turn.speaker, " ".join(parts), " ".join(written))
    return msgspec.structs.replace(plain, turns=(*plain.turns[:at], new, *plain.turns[at + 1 :]))


def tell(plain: PlainDialogue, speaker: str) -> ToldSummary | None:
    """The dialogue's summary in a speaker's words; None if it has none, or none can be told.

    None of it is told where a name of the summary may be one of the two speakers and the turns do
    not say whose it is.
    """
    summary = _named(plain)
    if summary is None:
        return None
    told: list[str] = []
    source: list[str] = []
    skipped = False
    for written in _SENTENCE.split(summary)[:_MOST_SENTENCES]:
        opening = bare(written.split(" ", 1)[0])
        said = in_first_person(written, speaker)
        if said is None or written.endswith("?") or (skipped and opening in _LEANS):
            skipped = True
            continue
        skipped = False
        told.append(said.rstrip(" .!"))
        source.append(written)
    count = sum(len(sentence.split()) for sentence in told)
    if not told or not _FEWEST_WORDS <= count <= _MOST_WORDS:
        return None
    text = "So " + _lower(told[0])
    for sentence in told[1:]:
        text += _joined(sentence)
    spoken = normalize_text(text + ".")
    if _WRITTEN.search(text) or _WRITTEN.search(spoken) or unspeakable(spoken):
        return None
    return ToldSummary(speaker, spoken, " ".join(source), len(told))


def _joined(sentence: str) -> str:
    """A sentence after another, with the word between them that it begins with, or "and"."""
    first, _, rest = sentence.partition(" ")
    opening = first.strip(",").lower()
    if opening in {"and", "so", "but", "because"}:
        return f", {opening} {rest}"
    if opening == "however":
        return f", but {rest}"
    return f", and {_lower(sentence)}"


def _lower(sentence: str) -> str:
    first, _, rest = sentence.partition(" ")
    lowered = first.lower() if bare(first) in _OPENERS else lower_initial(first)
    return f"{lowered} {rest}".strip()


def _place(plain: PlainDialogue) -> tuple[int, bool] | None:
    """The turn in which a summary is told, and whether before its words: in the first goodbye, or
    after the last words; None if those ask something.
    """
    at = len(plain.turns) - 1
    if at < 1 or asks(plain.turns[at].text.split()):
        return None
    first = at + 1
    while first > 1 and _closes(plain.turns[first - 1].text):
        first -= 1
    # A goodbye that answers a question stays where it is.
    while first <= at and asks(plain.turns[first - 1].text.split()):
        first += 1
    return (first, True) if first <= at else (at, False)


def _closes(text: str) -> bool:
    said = [bare(token) for token in text.split()]
    return (
        len(said) <= 14
        and "?" not in text
        and _CLOSING.issuperset(said)
        and bool(_LAST_WORDS.intersection(said))
    )


def _named(plain: PlainDialogue) -> str | None:
    """The summary with the speakers' names as ``#A#``; None where a name may be theirs."""
    summary = " ".join(plain.summary.split())
    if not summary:
        return None
    two = sorted({turn.speaker for turn in plain.turns})
    unknown = False
    # Where a summary already names both, whoever else it names is somebody else.
    both = len(persons(summary)) == len(two)
    names = dict.fromkeys(found[0] for found in _NAME.finditer(summary))
    for name in sorted(names, key=lambda name: (-len(name), name)):
        if both or bare(name) in _LEANS or name.split()[0] in _NO_NAMES:
            continue
        whose = _whose(plain, name)
        if whose:
            summary = re.sub(rf"\b{re.escape(name)}(?!\w)", f"#{whose}#", summary)
        else:
            unknown = True
    found = persons(summary)
    if re.search(r"#\w+# [A-Z]", summary):
        return None  # part of a longer name
    if not found or (len(found) < len(two) and (unknown or _ROLES.search(summary))):
        return None
    return summary


_NO_NAMES = words("The A An It This That They He She After Before In On At If When While Because")


def _whose(plain: PlainDialogue, name: str) -> str:
    """The speaker whose name it is, by how the two address and introduce each other."""
    for speaker, own in plain.names.items():
        if own == name:
            return speaker
    two = sorted({turn.speaker for turn in plain.turns})
    plain_name = re.escape(name.removeprefix("Miss "))
    addressed = re.compile(
        rf"(?:^|[.!?,] |\b(?:[Hh]i|[Hh]ello|[Hh]ey|[Tt]hanks|[Tt]hank you|[Oo]k|[Oo]kay|[Mm]orning|"
        rf"[Aa]fternoon|[Ee]vening|[Dd]ear),? )"
        rf"(?:(?:Mr|Mrs|Ms|Miss|Dr)\.? |[Mm]ister |[Mm]issus |[Dd]octor )?{plain_name}(?:[.!?,]|$)"
    )
    introduced = re.compile(
        rf"\b(?:[Mm]y name is|[Mm]y name's|I'm|I am|[Tt]his is) {plain_name}\b(?! ?'s)"
    )
    found: set[str] = set()
    for turn in plain.turns:
        other = two[1] if turn.speaker == two[0] else two[0]
        if addressed.search(turn.text):
            found.add(other)
        if introduced.search(turn.text):
            found.add(turn.speaker)
    return found.pop() if len(found) == 1 else ""
