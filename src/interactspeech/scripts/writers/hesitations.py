"""Hesitations: filled pauses, repeated words, silent pauses. Written dialogue has none.

People say "uh" and "um" about twice in a hundred words and repeat a word about once (Shriberg 1994
on Switchboard); half of that already sounds natural in a scripted dialogue.
"""

from __future__ import annotations

from interactspeech.lexicon.words import FUNCTION_WORDS, PRONOUNS, bare, words
from interactspeech.scripts.writers.draws import Draws
from interactspeech.scripts.writers.phrases import lower_initial

_AFTER = words(
    """
    and but so because like with the a is was to that about then or for it's i'm
    """
)
_TWICE = words("i we it's the and he she they that's you my to in a")
_NOT_FIRST = words(
    """
    hi hello hey thanks thank bye goodbye good um uh er oh well so no yes yeah okay ok please
    sure right hmm mm ah sorry wow great welcome
    """
)


def add_hesitations(
    tokens: list[str], fillers: float, repeats: float, draws: Draws
) -> tuple[list[str], list[int]]:
    """Tokens with hesitations, and the token indices before which the speaker pauses.

    Args:
        tokens: of a turn.
        fillers: expected "um"s for each word.
        repeats: expected repetitions for each word.
        draws: randomness.
    """
    count = len(tokens)
    if count < 5:
        return tokens, []
    wants_filler = draws.chance(min(0.7, fillers * count))
    wants_repeat = draws.chance(min(0.5, repeats * count))
    if not wants_filler and not wants_repeat:
        return tokens, []
    out = list(tokens)
    pauses: list[int] = []
    if wants_repeat:
        at = _choose_token(out, _TWICE, draws, first=0, twice=True)
        if at is not None:
            again = lower_initial(out[at])
            out[at : at + 1] = [f"{out[at]},", again]
    if wants_filler:
        _insert_filler(out, pauses, draws)
    return out, pauses


def _insert_filler(out: list[str], pauses: list[int], draws: Draws) -> None:
    filler = "um" if draws.chance(0.65) else "uh"
    opens = bare(out[0]) not in _NOT_FIRST and not out[-1].endswith("?")
    if opens and bare(out[0]) in FUNCTION_WORDS and draws.chance(0.4):
        out[:1] = [f"{filler.capitalize()},", lower_initial(out[0])]
        return
    at = _choose_token(out, _AFTER, draws, first=1)
    if at is None:
        return
    out[at] += ","
    out.insert(at + 1, f"{filler},")
    if draws.chance(0.35):
        pauses.append(at + 2)


def _choose_token(
    tokens: list[str], allowed: frozenset[str], draws: Draws, first: int, *, twice: bool = False
) -> int | None:
    """An index of an allowed word without punctuation, not near the end of its sentence."""
    found = [
        index
        for index in range(first, len(tokens) - 3)
        if tokens[index][-1].isalpha()
        and tokens[index + 1][-1].isalpha()
        and (twice or bare(tokens[index + 1]) not in PRONOUNS)
        and tokens[index + 2][-1] not in ".?!"
        and tokens[index].lower() in allowed
        and (index == 0 or tokens[index - 1][-1] != "," or tokens[index].lower() == "and")
    ]
    return draws.choose(found) if found else None
