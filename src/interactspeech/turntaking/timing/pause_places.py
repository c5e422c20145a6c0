"""Where people pause inside a turn, for how long, and how long the last word is before a pause.

A pause is a silence of 0.2 to 3 s between two words of one speaker who keeps the floor. People make
six of ten *inside* a sentence, after "and", "the" or "um", with the last word drawn out; speech
engines fall silent at punctuation, where the voice has fallen. What is drawn here:

```
  So we take the [0.45 s] early train. [0.7 s] And then um [0.6 s] we walk ...
            boundary of words          boundary of sentences
```

For each boundary between two words the model holds a relative risk: the share of such boundaries
among people's pauses over their share among all boundaries. Given a rate of pauses for each word,
the probability of a pause at a boundary is the rate times its risk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Literal

import msgspec
import numpy as np

from interactspeech._typing import Float64Array
from interactspeech.lexicon.word_classes import WordClass, ends_sentence, word_class
from interactspeech.turntaking.distribution import Distribution, encode_by_field, normal_cdf

#: Whether the sentence (more exactly: the dialogue act) goes on after the pause.
PausePlace = Literal["inside an act", "between acts"]
PAUSE_PLACES: tuple[PausePlace, ...] = ("inside an act", "between acts")

#: No boundary gets a pause more often than this.
MOST = 0.92
#: The highest rate of pauses for each word that a dialogue gets.
MOST_PER_WORD = 0.4


@dataclass(frozen=True, slots=True)
class Hold:
    """A pause to be made.

    Attributes:
        token: index of the word after it.
        seconds: its length.
        stretch: length of the word before it over that word's usual length.
        place: inside a sentence, or between two.
    """

    token: int
    seconds: float
    stretch: float
    place: PausePlace

    def lasting(self, seconds: float) -> Hold:
        """The same pause with another length."""
        return replace(self, seconds=seconds)


class PausePlaces(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A model of the places and lengths of pauses, and of the words before them.

    Attributes:
        id: name and version.
        source: what the numbers come from.
        risk: place -> ``"last class|next class"`` -> relative risk of a pause there, over all
            boundaries between words inside turns; 0 where none was observed.
        length: place -> class of the word before -> distribution of lengths, seconds.
        stretch: place -> class of the word before -> distribution of its relative length.
        inside: share of the pauses that lie inside an act.
    """

    id: str
    source: str
    risk: dict[PausePlace, dict[str, float]]
    length: dict[PausePlace, dict[WordClass, Distribution]]
    stretch: dict[PausePlace, dict[WordClass, Distribution]]
    inside: float = 0.606

    def __post_init__(self) -> None:
        for place in PAUSE_PLACES:
            if not self.length.get(place) or not self.risk.get(place):
                raise ValueError(f"there is nothing about pauses {place}")
            if min(self.risk[place].values()) < 0:
                raise ValueError("a relative risk is not negative")

    @classmethod
    def human(cls) -> PausePlaces:
        """The shipped model: 122,257 pauses of 1,155 Switchboard calls, over boundaries of our
        scripts.
        """
        return _human()

    def encode(self) -> bytes:
        """The model as JSON in UTF-8, one field a line."""
        return encode_by_field(self)

    def risks(self, tokens: Sequence[str]) -> Float64Array:
        """The relative risk of a pause before each token; 0 before the first. Shape ``(n,)``."""
        found = np.zeros(len(tokens))
        for k in range(1, len(tokens)):
            last, following = word_class(tokens[k - 1]), word_class(tokens[k])
            found[k] = self.risk[place_of(tokens[k - 1])].get(f"{last}|{following}", 0.0)
        return found

    def rates(self, turns: Sequence[Sequence[str]], wanted: float) -> dict[PausePlace, float]:
        """The rates for `draw` at which the turns of a dialogue have `wanted` pauses on average.

        Texts differ in how many places they have where people pause, and in how many of them lie
        between sentences: with one rate for all, a dialogue of long sentences would get more pauses
        than its speakers make, and one of single sentences none but inside them. What finds no
        place between sentences is made inside. No rate is above `MOST_PER_WORD`, so that a dialogue
        of short turns is not riddled with pauses.

        Args:
            turns: tokens of each turn.
            wanted: pauses in all turns together.
        """
        risks: dict[PausePlace, list[float]] = {place: [] for place in PAUSE_PLACES}
        for tokens in turns:
            for last, risk in zip(tokens, self.risks(tokens)[1:].tolist(), strict=False):
                risks[place_of(last)].append(risk)
        between = (1.0 - self.inside) * wanted
        found: dict[PausePlace, float] = {}
        found["between acts"], made = _rate_for(np.asarray(risks["between acts"]), between)
        found["inside an act"], _ = _rate_for(np.asarray(risks["inside an act"]), wanted - made)
        return found

    def draw(
        self,
        tokens: Sequence[str],
        per_word: float | Mapping[PausePlace, float],
        rng: np.random.Generator,
        *,
        taken: Sequence[int] = (),
        effect: float = 0.0,
        between: float = 0.0,
    ) -> list[Hold]:
        """The pauses of a turn.

        Args:
            tokens: what is said, in the spelling of scripts (punctuation tells where sentences
                end).
            per_word: expected pauses for each word, on average over all talk; or such a rate for
                each place (`rates`).
            rng: where the randomness comes from; two draws a boundary, whatever happens.
            taken: tokens before which there is a pause already; none is drawn beside them.
            effect: the dyad's tendency to long pauses, a normal score.
            between: share of the variance of lengths that lies between dyads.
        """
        count = len(tokens)
        if count < 2:
            return []
        uniform = rng.random(count)
        scores = np.sqrt(between) * effect + np.sqrt(1.0 - between) * rng.standard_normal(count)
        stretches = rng.random(count)
        each: float | Float64Array
        if isinstance(per_word, Mapping):
            each = np.array([0.0, *(per_word[place_of(last)] for last in tokens[:-1])])
        else:
            each = per_word
        chance = np.minimum(each * self.risks(tokens), MOST)
        found: list[Hold] = []
        blocked = set(taken) | {t + 1 for t in taken} | {t - 1 for t in taken}
        for k in np.flatnonzero(uniform < chance).tolist():
            close = (
                found and k - found[-1].token < 2 and word_class(tokens[k - 1]) != "filled pause"
            )
            if k in blocked or close:
                continue
            found.append(self._hold(tokens, k, float(scores[k]), float(stretches[k])))
        return found

    def at(
        self,
        tokens: Sequence[str],
        token: int,
        rng: np.random.Generator,
        *,
        effect: float = 0.0,
        between: float = 0.0,
    ) -> Hold:
        """A pause before `token`, whatever the risk of one there; see `draw`."""
        score = np.sqrt(between) * effect + np.sqrt(1.0 - between) * rng.standard_normal()
        return self._hold(tokens, token, float(score), float(rng.random()))

    def length_after(self, last: str, score: float) -> float:
        """Seconds of a pause after the token `last`, at a normal score."""
        table = self.length[place_of(last)]
        return float(_for(table, word_class(last)).quantile(normal_cdf(score)))

    def _hold(self, tokens: Sequence[str], token: int, score: float, stretch: float) -> Hold:
        place, last = place_of(tokens[token - 1]), word_class(tokens[token - 1])
        return Hold(
            token,
            self.length_after(tokens[token - 1], score),
            float(_for(self.stretch[place], last).quantile(stretch)),
            place,
        )


def place_of(last: str) -> PausePlace:
    """Where a pause after the token `last` lies."""
    return "between acts" if ends_sentence(last) else "inside an act"


def _rate_for(risks: Float64Array, wanted: float) -> tuple[float, float]:
    """The rate at which boundaries of these risks have `wanted` pauses, and how many they have."""
    low, high = 0.0, MOST_PER_WORD
    for _ in range(30):
        middle = (low + high) / 2
        enough = np.minimum(middle * risks, MOST).sum() >= wanted
        low, high = (low, middle) if enough else (middle, high)
    return high, float(np.minimum(high * risks, MOST).sum())


def _for(table: Mapping[WordClass, Distribution], kind: WordClass) -> Distribution:
    found = table.get(kind)
    return found if found is not None else next(iter(table.values()))


@cache
def _human() -> PausePlaces:
    data = resources.files("interactspeech.turntaking.timing").joinpath("data", "pauses-1.json")
    return msgspec.json.decode(data.read_bytes(), type=PausePlaces)
