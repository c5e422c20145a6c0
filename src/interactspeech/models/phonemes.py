"""Text to phonemes, with the spoken token that each phoneme belongs to.

The grapheme-to-phoneme conversion is that of hibari-tts (Apache-2.0), whose symbols are Kokoro's.
It rewrites a text before it reads it ("$5 at 3:30 pm" becomes "5 dollars at three thirty P.M."), so
the way back from a phoneme to the token as written is kept here: rewritten words are matched with
the tokens they came from, in order.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from itertools import accumulate
from typing import Any

import numpy as np

from interactspeech._typing import AnyArray
from interactspeech.errors import InputError, MissingExtraError

# ruff: noqa: RUF001 -- phonemes and dashes are what this page is about


#: Version of these rules; part of the engines' versions, and so of the speech cache's keys.
READING = 5

#: Symbols that make the voice pause or change its tune, and are no sound of a word.
MARKS = frozenset(';:,.!?—…"()“”')
_SENTENCE_END = frozenset(".!?…")
_CLAUSE_END = frozenset(",;:—")

#: Phonemes of one token beyond which it is not said in one breath (about 25 digits).
_LONGEST_TOKEN = 120
#: Digits in a row that people read one by one: numbers of orders, accounts and telephones.
_DIGITS = re.compile(r"(?<![\d.,])\d{7,}(?![\d,.]*\d)(?<!000)")

#: Feedback and hesitations as people say them: the dictionary spells some of these and gives others
#: no vowel at all, which the voices then swallow. Keys are lower-case letters only. Of eight ways
#: to write "mm-hm", whisper-base heard this one as such from every voice that was tried.
_SPOKEN_SYMBOLS = {
    "mm": "ˈəm",
    "mmm": "ˈəmm",
    "hm": "hˈəm",
    "hmm": "hˈəm",
    "hmmm": "hˈəmm",
    "mhm": "mˈmhˌəm",
    "mmhm": "mˈmhˌəm",
    "mmhmm": "mˈmhˌəm",
    "uhhuh": "ʌhˈʌ",
    "uhuh": "ˈʌʌ",
    "umhum": "əmhˈʌm",
    "umhm": "əmhˈʌm",
    "uhhum": "əhˈʌm",
    "shh": "ʃˈʃ",
    "pfft": "pˈəft",
}


@dataclass(frozen=True)
class Phonemes:
    """Phoneme symbols of one stretch of speech.

    Attributes:
        symbols: in Kokoro's alphabet, marks and spaces included.
        owners: for each symbol the index of its spoken token, or -1 for marks and spaces.
    """

    symbols: str
    owners: tuple[int, ...]

    def __getitem__(self, part: slice) -> Phonemes:
        return Phonemes(self.symbols[part], self.owners[part])

    def __len__(self) -> int:
        return len(self.symbols)


@lru_cache(maxsize=1)  # asked for with every piece of speech; reading the metadata is slow
def reader_version() -> str:
    """The version of the dictionary's package (hibari-tts); empty if it is not installed."""
    try:
        return version("hibari-tts")
    except PackageNotFoundError:
        return ""


@lru_cache(maxsize=4096)  # the same feedback is said many times
def phonemes(text: str, *, british: bool = False, engine: str = "") -> Phonemes:
    """The phonemes of `text`; every token with a letter or a digit owns at least one.

    Args:
        text: what is to be said.
        british: read with the British dictionary and its rules.
        engine: who asks, for the message of an error.

    Raises:
        InputError: a token is not in Latin script or has no sound (reason ``unspeakable``).
        MissingExtraError: hibari-tts is not installed.
    """
    chunks = [_plain(chunk) for chunk in text.split()]
    spoken = [any(c.isalnum() for c in chunk) for chunk in chunks]
    for chunk, written in zip(chunks, text.split(), strict=True):
        # Nobody says a word of so many letters; the dictionary would read its beginning only.
        if not readable(chunk) or len(chunk) > _LONGEST_TOKEN:
            raise unspeakable(written, engine)
    found = _read(chunks, spoken, british)
    if found is None:
        # A rewriting rule swallowed a token: read the tokens one by one, without their context.
        found = _read_apart(chunks, spoken, british)
    known = _vocabulary()
    kept = [(symbol, owner) for symbol, owner in zip(*found, strict=True) if symbol in known]
    while kept and kept[0][1] < 0 and kept[0][0] not in '"(“':  # nothing is said before a word
        del kept[0]
    owned = Counter(owner for symbol, owner in kept if symbol.isalpha())
    tokens = [written for written, is_spoken in zip(text.split(), spoken, strict=True) if is_spoken]
    for index, token in enumerate(tokens):
        if index not in owned or owned[index] > _LONGEST_TOKEN:
            raise unspeakable(token, engine)
    return Phonemes("".join(symbol for symbol, _ in kept), tuple(owner for _, owner in kept))


def pieces(whole: Phonemes, limit: int) -> list[tuple[Phonemes, float]]:
    """`whole` in pieces of at most `limit` symbols, each with the seconds of silence after it.

    Pieces end at the end of a sentence where that is possible, else at a clause, else between two
    words. The silences are what engines put at such places inside one piece; the last one is 0.
    """
    cuts: list[tuple[Phonemes, float]] = []
    rest = whole
    while len(rest) > limit:
        place, pause = _cut(rest, limit)
        cuts.append((rest[:place], pause))
        rest = rest[place:]
        while rest.symbols.startswith(" "):
            rest = rest[1:]
    if any(owner >= 0 for owner in rest.owners):
        cuts.append((rest, 0.0))
    elif cuts:
        cuts[-1] = (cuts[-1][0], 0.0)
    return cuts


def sentences(whole: Phonemes, limit: int) -> list[tuple[Phonemes, float]]:
    """`whole` sentence by sentence, each in pieces of at most `limit` symbols."""
    found: list[tuple[Phonemes, float]] = []
    begin = 0
    for index, symbol in enumerate(whole.symbols):
        last = index + 1 == len(whole)
        if last or (symbol == " " and index and whole.symbols[index - 1] in _SENTENCE_END):
            part = whole[begin : index + 1]
            begin = index + 1
            if any(owner >= 0 for owner in part.owners):
                made = pieces(part, limit)
                found += [*made[:-1], (made[-1][0], _PAUSES[0])]
    if found:
        found[-1] = (found[-1][0], 0.0)
    return found


#: Seconds of silence between pieces cut at the end of a sentence, at a clause, between words.
_PAUSES = (0.34, 0.16, 0.0)


def _cut(rest: Phonemes, limit: int) -> tuple[int, float]:
    """Where to end a piece of at most `limit` symbols, and the pause to make there."""
    for marks, pause in ((_SENTENCE_END, _PAUSES[0]), (_CLAUSE_END, _PAUSES[1])):
        for place in range(limit, limit // 4, -1):
            if rest.symbols[place : place + 1] == " " and rest.symbols[place - 1] in marks:
                return place, pause
    for place in range(limit, 0, -1):
        if rest.symbols[place : place + 1] == " ":
            return place, _PAUSES[2]
    return limit, _PAUSES[2]


def _plain(chunk: str) -> str:
    """`chunk` with dots and dashes as the dictionary knows them, and no markup for phonemes."""
    if chunk in ("-", "–"):
        return "—"
    chunk = chunk.replace("...", "…").replace("--", "—").replace("](", "]")
    if "–" not in chunk or any(c.isdigit() for c in chunk):
        return chunk
    return chunk.replace("–", "—")


def readable(chunk: str) -> bool:
    """Whether all letters are Latin and all digits plain; elsewhere the dictionary guesses."""
    if chunk.isascii():
        return True
    for c in chunk:
        if c.isalpha() and not unicodedata.name(c, "").startswith(
            ("LATIN", "FEMININE", "MASCULINE")
        ):
            return False
        if c.isnumeric() and not c.isascii() and c not in "½¼¾²³":
            return False
    return True


def _read(
    chunks: list[str], spoken: list[bool], british: bool
) -> tuple[list[str], list[int]] | None:
    """Symbols and owners of the whole text, or None where a token was left without a sound."""
    reader, normalize = _reader(british)
    one_by_one = _DIGITS.sub(lambda found: " ".join(found.group()), " ".join(chunks))
    text = normalize(one_by_one)
    chunk_of_word = _match(chunks, text.split(" "), normalize)
    symbols, chunk_of = [], []
    word = 0
    for token in reader.phonemize_tokens(reader.tokenize(text)):
        chunk = chunk_of_word[min(word, len(chunk_of_word) - 1)]
        for symbol in token.phonemes or "":
            symbols.append(symbol)
            chunk_of.append(-1 if symbol == " " or symbol in MARKS else chunk)
        if token.whitespace:
            symbols.append(" ")
            chunk_of.append(-1)
            word += 1
    return _as_people_do(symbols, chunk_of, chunks, spoken)


def _read_apart(
    chunks: list[str], spoken: list[bool], british: bool
) -> tuple[list[str], list[int]]:
    """The same, each chunk read alone."""
    symbols: list[str] = []
    owners: list[int] = []
    index = -1
    for chunk, is_spoken in zip(chunks, spoken, strict=True):
        index += is_spoken
        alone = _read([chunk], [is_spoken], british) or ([], [])
        symbols += [*alone[0], " "]
        owners += [*(index if owner >= 0 else -1 for owner in alone[1]), -1]
    return symbols[:-1], owners[:-1]


def _match(chunks: list[str], words: list[str], normalize: Any) -> list[int]:
    """For each word of the rewritten text, the index of the chunk that it comes from."""
    if chunks == words:
        return list(range(len(chunks)))
    matched: list[int] = []
    for kind, a, b, c, d in SequenceMatcher(None, chunks, words, autojunk=False).get_opcodes():
        if kind == "equal":
            matched += range(a, b)
        elif a == b:  # added words ("5 million" -> "5 million dollars") belong to what precedes
            matched += [max(a - 1, 0)] * (d - c)
        elif b - a == 1:
            matched += [a] * (d - c)
        else:
            alone = [normalize(chunk).lower() for chunk in chunks[a:b]]
            matched += [a + share for share in _share(alone, [w.lower() for w in words[c:d]])]
    return matched


def _share(chunks: list[str], words: list[str]) -> list[int]:
    """Words in order to chunks in order, so that each group looks like its chunk most.

    Dynamic programming over (chunks used, words used); the sizes are those of one rewritten phrase.
    """
    best: list[dict[int, tuple[float, list[int]]]] = [{0: (0.0, [])}]
    for index, chunk in enumerate(chunks):
        row: dict[int, tuple[float, list[int]]] = {}
        for used, (score, path) in best[index].items():
            for end in range(used, len(words) + 1):
                group = " ".join(words[used:end])
                gain = SequenceMatcher(None, chunk, group).ratio() * max(len(chunk), len(group), 1)
                if end not in row or row[end][0] < score + gain:
                    row[end] = (score + gain, [*path, *[index] * (end - used)])
        best.append(row)
    return best[-1][len(words)][1]


def _as_people_do(
    symbols: list[str], chunk_of: list[int], chunks: list[str], spoken: list[bool]
) -> tuple[list[str], list[int]] | None:
    """Chunks to token indices; feedback words in the sounds of `_SPOKEN_SYMBOLS`."""
    sounded = set(chunk_of)
    if any(is_spoken and chunk not in sounded for chunk, is_spoken in enumerate(spoken)):
        return None
    # A chunk that is no token but is read aloud ("10 - 20", "5 %") goes with the token before.
    first = 0 if any(spoken) else -1
    token_of = [max(count - 1, first) for count in accumulate(spoken)]
    sounds_of = [_SPOKEN_SYMBOLS.get("".join(filter(str.isalpha, c.lower()))) for c in chunks]
    out_symbols: list[str] = []
    owners: list[int] = []
    done = -1
    for symbol, chunk in zip(symbols, chunk_of, strict=True):
        sounds = sounds_of[chunk] if chunk >= 0 else None
        if sounds is None:
            out_symbols.append(symbol)
            owners.append(token_of[chunk] if chunk >= 0 else -1)
        elif chunk != done:
            out_symbols += sounds
            owners += [token_of[chunk]] * len(sounds)
            done = chunk
    return out_symbols, owners


@lru_cache(maxsize=2)
def _reader(british: bool) -> tuple[Any, Any]:
    """The grapheme-to-phoneme converter and its normaliser (loaded once a process: 0.35 s)."""
    try:
        from hibari.g2p import G2P
        from hibari.g2p.normalize import normalize
        from hibari.g2p.token import Tok
    except ImportError:
        raise MissingExtraError("hibari-tts", "tts", "Turning text into phonemes") from None
    reader = G2P(british=british)
    reader.tagger = _VectorTagger(reader.tagger)
    reader.tokenizer.split = lru_cache(maxsize=16_384)(reader.tokenizer.split)
    reader.lexicon = _KnownWords(reader.lexicon)

    class Token(Tok):  # type: ignore[misc]
        """A token that copies itself without looking up each attribute by name."""

        __slots__ = ()

        def copy(self, **changed: Any) -> Token:
            given = changed.get
            return Token(
                given("text", self.text), self.tag, given("whitespace", self.whitespace),
                self.phonemes, given("is_head", self.is_head), self.alias,
                given("stress", self.stress), self.currency, given("num_flags", self.num_flags),
                given("prespace", self.prespace), self.rating,
            )  # fmt: skip

    def tokens(text: str) -> list[Token]:
        pairs = reader.tokenizer(text)
        tags = reader.tagger([part for part, _ in pairs])
        return [Token(part, tag, space) for (part, space), tag in zip(pairs, tags, strict=True)]

    reader._tokens = tokens  # noqa: SLF001
    return reader, normalize


class _KnownWords:
    """hibari's lexicon, which remembers how a word is said with a tag and before a sound."""

    def __init__(self, lexicon: Any) -> None:
        self._lexicon = lexicon
        self._known: dict[tuple[Any, ...], Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lexicon, name)

    def __call__(self, token: Any, context: Any) -> Any:
        key = (
            token.text, token.alias, token.tag, token.currency, token.stress, token.is_head,
            context.future_vowel, context.future_to,
        )  # fmt: skip
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= 65_536:
                self._known.clear()
            found = self._known[key] = self._lexicon(token, context)
        return found


class _VectorTagger:
    """hibari's part-of-speech tagger, whose sums over tags are made of arrays, not dictionaries.

    The weights of a feature become an array of one number a tag when it is first seen; the sums are
    made in the same order, so the tags are the same, in half of the time.
    """

    def __init__(self, tagger: Any) -> None:
        self._tagger = tagger
        # Of equal scores the tag that is last in the alphabet wins.
        self._tags = sorted(tagger.tags, reverse=True)
        self._place = {tag: place for place, tag in enumerate(self._tags)}
        self._rows: dict[str, AnyArray | None] = {}
        tagger.predict = self._predict

    def __call__(self, words: list[str]) -> list[str]:
        return list(self._tagger(words))

    def _predict(self, features: Iterable[str]) -> str:
        rows = [row for name in features if (row := self._row(name)) is not None]
        if not rows:
            return "NN"
        scores = rows[0].copy()
        for row in rows[1:]:
            scores += row
        return str(self._tags[int(scores.argmax())])

    def _row(self, name: str) -> AnyArray | None:
        if name not in self._rows:
            weights = self._tagger.weights.get(name)
            self._rows[name] = row = np.zeros(len(self._tags)) if weights else None
            if row is not None:
                for tag, weight in weights.items():
                    row[self._place[tag]] = weight
        return self._rows[name]


@lru_cache(maxsize=1)
def _vocabulary() -> dict[str, int]:
    import json
    from importlib.resources import files

    return dict(json.loads((files("hibari") / "assets" / "vocab.json").read_text("utf-8")))


def identifiers(symbols: str) -> list[int]:
    """The model's ids of `symbols`, between the two pads (0) that the models want."""
    known = _vocabulary()
    return [0, *(known[symbol] for symbol in symbols), 0]


# Kokoro's phoneme symbols in ARPABET, the alphabet of American dictionaries, flite and sphinx.


# ruff: noqa: RUF001, RUF002 -- phonemes look like letters


_ARPABET = {
    "A": "EY", "I": "AY", "O": "OW", "Q": "OW", "W": "AW", "Y": "OY",
    "a": "AE", "i": "IY", "u": "UW", "æ": "AE", "ɐ": "AH", "ɑ": "AA", "ɒ": "AA", "ɔ": "AO",
    "ə": "AH", "ɚ": "ER", "ɛ": "EH", "ɜ": "ER", "ɪ": "IH", "ʊ": "UH", "ʌ": "AH", "ᵊ": "AH",
    "ᵻ": "IH", "b": "B", "d": "D", "f": "F", "h": "HH", "j": "Y", "k": "K", "l": "L", "m": "M",
    "n": "N", "p": "P", "s": "S", "t": "T", "T": "T", "v": "V", "w": "W", "z": "Z", "ð": "DH",
    "ŋ": "NG", "ɡ": "G", "ɹ": "R", "ʃ": "SH", "ʒ": "ZH", "ʤ": "JH", "ʧ": "CH", "θ": "TH",
}  # fmt: skip


def arpabet(symbols: Iterable[str]) -> list[str]:
    """The sounds of `symbols`; stress, length and marks are left out.

    >>> arpabet("həlˈO")
    ['HH', 'AH', 'L', 'OW']
    """
    sounds: list[str] = []
    for symbol in symbols:
        sound = _ARPABET.get(symbol)
        if sound == "R" and sounds and sounds[-1] == "ER":  # "ɜɹ" is one sound here
            continue
        if sound is not None:
            sounds.append(sound)
    return sounds


def unspeakable(word: str, engine: str) -> InputError:
    """The error for a word that an engine has no sounds for."""
    return InputError(
        f"the engine {engine!r} cannot say {word!r}",
        remedy="write the word in Latin letters as it sounds, or leave it out",
        reason="unspeakable",
    )
