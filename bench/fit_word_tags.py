"""Fit the word classes of `interactspeech.lexicon.word_tags`: what words are, as a tagger hears them in meetings.

    python bench/fit_word_tags.py --ami DIR --mrda DIR [--write]

hibari's part-of-speech tagger (extra tts) tags the dialogue acts of AMI and ICSI/MRDA (CC BY 4.0). A word
is an adjective, a verb or a past if that is its tag often enough; of words in no list a noun is
assumed. Printed: how often the lists, which see no context, are right about the tagger's nouns,
adjectives and pasts in meetings that are left out. --write stores the lists of all meetings.
"""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import msgspec
from meeting_acts import meetings_given

from interactspeech.lexicon.words import FUNCTION_WORDS, bare
from interactspeech.models.phonemes import _reader
from interactspeech.training.acts.meetings import MeetingAct

DATA = Path(__file__).parents[1] / "src/interactspeech/lexicon/data/word_tags-1.json"
CLASSES = {
    "adjective": {"JJ", "JJR", "JJS"},
    "noun": {"NN", "NNS", "NNP", "NNPS"},
    "verb": {"VB", "VBP", "VBZ", "VBG"},
    "past": {"VBD", "VBN"},
    "adverb": {"RB", "RBR", "RBS"},
}
#: Share of a word's tags that makes it one of a class, and the share of nouns that it must not
#: reach: a verb that is a noun now and then is one after "the".
SHARE, NOUN = 0.4, {"adjective": 0.35, "verb": 0.08, "past": 0.35, "adverb": 0.35}
#: Times that a word must have been said.
SEEN = 3


def tagged(acts: Iterable[MeetingAct], counts: dict[str, Counter[str]]) -> None:
    """Add the classes of the words of acts of three words or more."""
    tagger = _reader(british=False)[0].tagger
    for act in acts:
        words: list[str] = []
        for token in act.tokens:
            word = token.rstrip(".?")
            if bare(word) and not word.endswith("-"):
                words.append(word)
        if len(words) < 3:
            continue
        for word, tag in zip(words, tagger([*words, "."]), strict=False):
            name = next((name for name, tags in CLASSES.items() if tag in tags), "other")
            counts[word.lower()][name] += 1


def common_words() -> frozenset[str]:
    """Words of hibari's dictionary that are no names."""
    import hibari

    path = Path(hibari.__file__).parent / "assets" / "lexicon_us_gold.json.gz"
    return frozenset(
        word for word in json.loads(gzip.decompress(path.read_bytes())) if word.islower()
    )


def is_common(word: str, common: frozenset[str]) -> bool:
    """Whether a word is in the dictionary, or a form of one that is."""
    bases = [word, word[:-1], word[:-2], word[:-3], f"{word[:-3]}e", f"{word[:-3]}y", word[:-4]]
    return word in common or (
        word.endswith(("s", "ed", "ing")) and any(len(b) > 2 and b in common for b in bases)
    )


def lists(counts: dict[str, Counter[str]]) -> dict[str, list[str]]:
    """Words of each class."""
    found: dict[str, list[str]] = {name: [] for name in ("adjective", "verb", "past", "adverb")}
    common = common_words()
    for word, each in counts.items():
        total = each.total()
        if total < SEEN or word in FUNCTION_WORDS or not is_common(word, common):
            continue
        for name, mine in found.items():
            if each[name] / total >= SHARE and each["noun"] / total < NOUN[name]:
                mine.append(word)
    return {name: sorted(mine) for name, mine in found.items()}


def scores(found: dict[str, list[str]], counts: dict[str, Counter[str]]) -> str:
    """How often the class of a word is its class in running words."""
    of = {word: name for name, mine in found.items() for word in mine}
    right = total = 0
    for word, each in counts.items():
        if word in FUNCTION_WORDS or not word.isalpha():
            continue
        right += each[of.get(word, "noun")]
        total += each.total() - each["other"]
    return f"{100 * right / total:.1f} % of {total:,} words"


def main() -> None:
    halves: list[dict[str, Counter[str]]] = [defaultdict(Counter), defaultdict(Counter)]
    meetings, write = meetings_given(__doc__)
    for number, (_, acts) in enumerate(meetings):
        tagged(acts, halves[number % 2])
    for mine, others in (halves, halves[::-1]):
        print("of meetings left out:", scores(lists(mine), others))
    for word, each in halves[1].items():
        halves[0][word].update(each)
    found = lists(halves[0])
    print({name: len(mine) for name, mine in found.items()})
    if write:
        DATA.parent.mkdir(exist_ok=True)
        table = {name: " ".join(mine) for name, mine in found.items()}
        DATA.write_bytes(msgspec.json.format(msgspec.json.encode(table), indent=1) + b"\n")


if __name__ == "__main__":
    main()
