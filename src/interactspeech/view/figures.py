"""The figures at the top of the page: a corpus's timing beside people's."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Final

from interactspeech.corpus import Corpus
from interactspeech.dialogue import Dialogue
from interactspeech.dynamics.statistics import (
    MEASURES,
    RATES,
    SHARES,
    MeasureRow,
    collect,
    compare,
    human,
)
from interactspeech.errors import InputError
from interactspeech.view.summary import Figure

#: What the page shows: row of the comparison -> label and unit.
SHOWN: Final = {
    "backchannels": ("Backchannels", "/min"),
    "interruptions": ("Interruptions", "/min"),
    "pauses": ("Pauses", "/min"),
    "fto": ("Floor transfer, median", "s"),
    "pause": ("Pause, median", "s"),
    "overlapped_changes": ("Turns begun in overlap", "%"),
    "overlap": ("Both talk", "% of time"),
}


def timing_figures(dialogues: Iterable[Dialogue]) -> list[Figure]:
    """Timing of `dialogues`, measured by the default rules, beside people's (framework.md §6).

    What the dialogues have none of (no pause, say) is left out.
    """
    compared = compare(collect(dialogues))
    meanings = {**RATES, **MEASURES, **SHARES}
    found = []
    for name, (label, unit) in SHOWN.items():
        row = compared[name]
        if isinstance(row, MeasureRow):
            value, people = row.median, row.other_median
        else:
            value, people = row.value, row.other
        scale = 100 if unit.startswith("%") else 1
        if math.isfinite(value):
            note = f"{meanings[name]}; people: {human().source}"
            person = scale * people if math.isfinite(people) else None
            found.append(Figure(label, scale * value, person, unit, note))
    return found


def corpus_figures(corpus: Corpus, where: str = "", limit: int | None = None) -> list[Figure]:
    """Timing of a corpus, or of the dialogues in it that fit `where` (see `Corpus.query`)."""
    return timing_figures(_records(corpus, where, limit))


def _records(corpus: Corpus, where: str, limit: int | None) -> Iterator[Dialogue]:
    for row in corpus.query(where, ("id",), limit=limit):
        try:
            yield corpus[row["id"]].dialogue
        except InputError:
            continue  # who shows the corpus names it: a figure leaves out what cannot be read
