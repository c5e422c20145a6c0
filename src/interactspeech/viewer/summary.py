"""The figures at the top of the page: a corpus's timing beside human timing."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from interactspeech.corpus import Corpus
from interactspeech.errors import InputError
from interactspeech.records import ORIGIN_PREFERENCE, Dialogue
from interactspeech.turntaking.statistics import (
    MEASURES,
    RATES,
    SHARES,
    MeasureRow,
    collect,
    compare,
    human,
)
from interactspeech.viewer.record import strip, voice_name

#: What the page shows: row of the comparison -> label and unit.
SHOWN: Final = {
    "backchannels": ("Backchannels", "/min"),
    "interruptions": ("Interruptions that take the floor", "/min"),
    "failed": ("Interruptions that fail", "/min"),
    "pauses": ("Pauses", "/min"),
    "filled_pauses": ("Filled pauses", "/min"),
    "silences_within": ("Silences, then the same speaker", "/min"),
    "fto": ("Floor transfer, median", "s"),
    "silence_within": ("Silence, then the same speaker, median", "s"),
    "overlapped_changes": ("Turns begun in overlap", "%"),
    "overlap": ("Both talk", "% of time"),
}


def timing_figures(dialogues: Iterable[Dialogue]) -> list[SummaryFigure]:
    """Timing of `dialogues` beside people's, measured as `interactspeech stats` does.

    A measure without a value (the median pause where there is no pause) is left out.
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
            found.append(SummaryFigure(label, scale * value, person, unit, note))
    return found


def corpus_figures(
    corpus: Corpus, where: str = "", limit: int | None = None
) -> list[SummaryFigure]:
    """Timing of a corpus, or of the dialogues in it that fit `where` (see `Corpus.query`)."""
    return timing_figures(_records(corpus, where, limit))


def _records(corpus: Corpus, where: str, limit: int | None) -> Iterator[Dialogue]:
    for row in corpus.query(where, ("id",), limit=limit):
        try:
            yield corpus[row["id"]].dialogue
        except InputError:
            continue  # the page names it: a figure leaves out what cannot be read


class SummaryFigure(msgspec.Struct, frozen=True, omit_defaults=True):
    """One number of the corpus, beside the same number of people, where it is known.

    Attributes:
        label: what is measured ("backchannels").
        value: of the corpus.
        human: of human conversation, by the same definition.
        unit: "/min", "s", "%", ...
        note: where the human number comes from, or how the measure is defined.
    """

    label: str
    value: float
    human: float | None = None
    unit: str = ""
    note: str = ""


def event_counts(dialogue: Dialogue) -> Counter[str]:
    """Events of each type. An event that is both planned and found by rule counts once."""
    by_origin = Counter((event.type, event.origin) for event in dialogue.events)
    counts: Counter[str] = Counter()
    for origin in ORIGIN_PREFERENCE:
        for (kind, source), n in by_origin.items():
            if source == origin and kind not in counts:
                counts[kind] = n
    return counts


class PageSummary:
    """Adds up dialogues; keeps a small entry for each and none of its words."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self._seconds = 0.0
        self._words = 0
        self._counts: Counter[str] = Counter()
        self._licences: Counter[str] = Counter()

    def add(self, key: str, dialogue: Dialogue) -> None:
        """Count `dialogue`, which the page knows as `key`."""
        counts = event_counts(dialogue)
        words = sum(len(utterance.words) for utterance in dialogue.utterances)
        licence = dialogue.provenance.licence
        self._seconds += dialogue.seconds
        self._words += words
        self._counts += counts
        self._licences[licence] += 1
        self.entries.append(
            {
                "key": key,
                "id": dialogue.id,
                "seconds": dialogue.seconds,
                "speakers": [
                    {"name": speaker.name or speaker.id, "voice": voice_name(speaker)}
                    for speaker in dialogue.speakers
                ],
                "counts": sorted(counts.items()),
                "words": words,
                "corpus": dialogue.provenance.corpus,
                "licence": licence,
                "strip": strip(dialogue),
            }
        )

    def as_json(self, title: str, figures: Sequence[SummaryFigure] | None) -> dict[str, Any]:
        """The page's summary; without `figures`, it counts the events in the records."""
        if figures is None:
            figures = [
                SummaryFigure(f"{kind}s".replace("_", " ").capitalize(), float(n))
                for kind, n in self._counts.most_common()
            ]
        return {
            "title": title,
            "seconds": self._seconds,
            "words": self._words,
            "licences": sorted(self._licences.items()),
            "figures": msgspec.to_builtins(figures),
            "dialogues": self.entries,
        }
