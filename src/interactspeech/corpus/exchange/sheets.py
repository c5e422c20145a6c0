"""The sheets that lie beside every export: what may be done with it, and how its people talk.

```
LICENCES.md     sources, voices and sounds with their licences, and what each obliges to
STATISTICS.md   pauses, gaps, overlaps, interruptions, feedback as distributions, beside people's
```
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from interactspeech.corpus.exchange.dataset_card import Totals, licence_tables
from interactspeech.corpus.exchange.licences import is_free
from interactspeech.errors import InputError
from interactspeech.records import Dialogue
from interactspeech.turntaking.backchannel_decision import feedback_decision, feedback_rules
from interactspeech.turntaking.statistics.batches import Collector
from interactspeech.turntaking.statistics.collection import MEASURES, RATES, SHARES, Statistics
from interactspeech.turntaking.statistics.comparison import distances
from interactspeech.turntaking.statistics.reference import INTERRUPTION_OVERLAP, human
from interactspeech.turntaking.timeline import Timeline

LICENCES, STATISTICS = "LICENCES.md", "STATISTICS.md"
_LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


class Sheets:
    """Collects what the sheets say, a few hundred bytes a dialogue, and writes them."""

    def __init__(self) -> None:
        self.totals = Totals()
        self._rules = feedback_rules()
        self._collector = Collector(self._rules, feedback_decision)
        self._unmeasured = 0

    def add(self, dialogue: Dialogue) -> None:
        """Count a dialogue that left."""
        self.totals.add(dialogue)
        try:
            self._collector.add(dialogue.id, Timeline.of(dialogue))
        except InputError:
            self._unmeasured += 1

    def write(self, folder: Path, held_back: int = 0) -> None:
        """Write both sheets.

        Args:
            folder: of the export.
            held_back: dialogues whose licence kept them from it.
        """
        (folder / LICENCES).write_text(licence_sheet(self.totals, held_back), "utf-8")
        measured = Statistics(self._collector.finish(), self._rules.id)
        (folder / STATISTICS).write_text(statistics_sheet(measured, self._unmeasured), "utf-8")


def licence_sheet(totals: Totals, held_back: int = 0) -> str:
    """The text of ``LICENCES.md``."""
    stated = (
        {licence for _, licence in totals.sources}
        | {licence for _, licence in totals.voices}
        | set(totals.sounds)
    )
    restricted = sorted(licence for licence in stated if not is_free(licence))
    unstated = sum(count for (_, licence), count in totals.sources.items() if not licence)
    lines = [
        "# Licences of this export",
        "",
        (
            f"{totals.dialogues:,} dialogues, {totals.seconds / 3600:.2f} hours. Each is under the "
            "licences of its source text or recording, of its voices, and of its recorded sounds, "
            "all at once. `PROVENANCE` names them for each dialogue."
        ),
        "",
        licence_tables(totals),
        "",
        "## What to heed",
        "",
    ]
    if restricted:
        named = ", ".join(f"`{one}`" for one in restricted)
        lines.append(f"- **Not free for every use**, let out because it was asked for: {named}.")
    if any("-SA" in one.upper() for one in stated):
        lines.append("- Share-alike: what is made of these dialogues and passed on may have to be "
                     "under the same licence.")  # fmt: skip
    if any("BY" in one.upper() for one in stated):
        lines.append("- Attribution: name the sources and voices above when you pass this on.")
    if unstated:
        lines.append(f"- {unstated:,} dialogues state no licence of their source: ask who made it.")
    if held_back:
        lines.append(f"- {held_back:,} dialogues were held back: their licence forbids some uses.")
    if lines[-1] == "":
        lines.append("- Nothing beyond the licences' own terms.")
    return "\n".join(lines) + "\n"


def statistics_sheet(measured: Statistics, unmeasured: int = 0) -> str:
    """The text of ``STATISTICS.md``: distributions, rates and shares, beside people's."""
    people = human()
    lines = [
        "# How people talk in this export",
        "",
        (
            f"{len(measured.conversations):,} conversations, {measured.minutes / 60:.2f} hours, "
            f"measured from the records by the rule set `{measured.rules}`; seconds. People: "
            f"{people.source}. KS is Kolmogorov and Smirnov's distance between the two "
            "distributions (0: the same, 1: apart). Where people's line is empty, no figure for "
            "them is shipped."
        ),
    ]
    if unmeasured:
        lines.append(f"{unmeasured:,} dialogues could not be measured and are not counted.")
    lines += [
        "", "## Distributions", "",
        "| what | of | n | 5 % | 25 % | 50 % | 75 % | 95 % | KS |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]  # fmt: skip
    for name, about in MEASURES.items():
        values = measured.samples(name)
        known = people.measures.get(name)
        ks = _number(distances(values, known).ks) if known is not None and values.size else ""
        own = np.quantile(values, _LEVELS).tolist() if values.size else [math.nan] * len(_LEVELS)
        lines.append(f"| {about} | here | {values.size:,} | {_cells(own)} | {ks} |")
        if known is not None:
            theirs = [float(known.quantile(np.array([level]))[0]) for level in _LEVELS]
            lines.append(f"| | people | | {_cells(theirs)} | |")
        elif name == "interruption_overlap":
            theirs = [INTERRUPTION_OVERLAP.get(level, math.nan) for level in _LEVELS]
            lines.append(f"| | people | | {_cells(theirs)} | |")
    lines += ["", "## Rates, a minute of dialogue", "", "| what | here | people |", "|---|--:|--:|"]
    for name, about in RATES.items():
        lines.append(_row(about, measured.per_minute(name), people.per_minute.get(name)))
    lines += ["", "## Shares", "", "| what | here | people |", "|---|--:|--:|"]
    for name, about in SHARES.items():
        lines.append(_row(about, measured.share(name), people.shares.get(name)))
    return "\n".join(lines) + "\n"


def _row(about: str, value: float, people: float | None) -> str:
    return f"| {about} | {_number(value)} | {'' if people is None else _number(people)} |"


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.3f}"


def _cells(values: Iterable[float]) -> str:
    return " | ".join(map(_number, values))
