"""Summary of a finished build: counts of events, timing and rates beside people's, the page."""

from __future__ import annotations

import math
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interactspeech.corpus.remote import is_remote
from interactspeech.pipelines.building.job import BuildReport
from interactspeech.records import Dialogue

if TYPE_CHECKING:
    from rich.console import Console

    from interactspeech.corpus import Corpus
    from interactspeech.turntaking.statistics import Comparison

#: Dialogues that a summary counts at most, and that the page shows at most.
_MAX_SUMMARISED, _MAX_SHOWN = 2000, 60

#: Rates a minute and shares -> their names in the table.
_VALUES = {
    "backchannels": "backchannels a minute",
    "interruptions": "interruptions that take the floor, a minute",
    "failed": "interruptions that fail, a minute",
    "pauses": "pauses a minute",
    "filled_pauses": "filled pauses a minute",
    "silences_within": "silences after which the same speaker goes on, a minute",
    "floor_changes": "changes of floor a minute",
    "overlap": "both speak, share of the time",
    "silence": "neither speaks, share of the time",
}
#: Measures that are compared with people -> their names in the table.
_MEASURES = {
    "fto": "floor-transfer offset",
    "silence_within": "silence after which the same speaker goes on",
    "backchannel": "backchannel, length",
    "backchannel_offset": "backchannel, onset after the partner's talk",
    "interruption_overlap": "overlap at an interruption",
}


def print_summary(made: BuildReport, *, page: bool) -> None:
    """Print the events, the statistics beside people's, and where to listen and look.

    Args:
        made: a finished build.
        page: whether to write a page of the first dialogues into the corpus folder.
    """
    from rich.console import Console

    corpus = made.corpus()
    dialogues = _measured_dialogues(corpus)
    console = Console()
    console.print()
    _print_events(console, dialogues)
    _print_timing(console, compare_with_people(dialogues))
    if len(corpus) > len(dialogues):
        console.print(f"(of the first {len(dialogues):,} dialogues)", style="dim")
    console.print(
        f"\n{made.dialogues:,} dialogues, {_format_length(made.seconds)}, two tracks each: "
        f"{made.path}",
        style="bold",
        highlight=False,
    )
    if page and is_remote(made.path):
        console.print("(no page in an object store)", style="dim")
    elif page:
        console.print(f"Listen and look: {_write_page(made)}", soft_wrap=True, highlight=False)
    if not made.complete:
        console.print("The inputs ended before the hours were full.", style="yellow")


def timing_json(made: BuildReport) -> dict[str, Any]:
    """The statistics of a finished build beside people's, as `stats --json` writes them."""
    return compare_with_people(_measured_dialogues(made.corpus())).to_dict()


def compare_with_people(dialogues: list[Dialogue]) -> Comparison:
    """The timing of dialogues, as `interactspeech stats` measures it, beside people's."""
    from interactspeech.turntaking.statistics import collect, compare

    return compare(collect(dialogues))


def _measured_dialogues(corpus: Corpus) -> list[Dialogue]:
    return [item.dialogue for item in islice(corpus, _MAX_SUMMARISED)]


def _print_events(console: Console, dialogues: list[Dialogue]) -> None:
    from rich.table import Table

    counts = Counter(
        (event.type, event.origin) for dialogue in dialogues for event in dialogue.events
    )
    table = Table(title="Events in the records", title_justify="left")
    for title in ("event", "planned", "found by rule"):
        table.add_column(title, justify="left" if title == "event" else "right")
    for name in sorted({kind for kind, _ in counts}):
        planned, found = counts[name, "planned"], counts[name, "rule"]
        table.add_row(
            name.replace("_", " "),
            f"{planned:,}" if planned else "",
            f"{found:,}" if found else "",
        )
    console.print(table)


def _print_timing(console: Console, comparison: Comparison) -> None:
    from rich.table import Table

    table = Table(title="Timing, beside people's (1,155 Switchboard calls)", title_justify="left")
    # Samples drawn from people's own distribution lie about 0.87 / sqrt(n) from it (the mean of
    # Kolmogorov's distribution): the column keeps a small corpus from looking like a bad one.
    for title in ("seconds", "n", "median", "people", "KS distance", "by chance"):
        table.add_column(title, justify="left" if title == "seconds" else "right")
    for row in comparison.measures:
        if row.name in _MEASURES and row.n:
            table.add_row(
                _MEASURES[row.name],
                f"{row.n:,}",
                f"{row.median:.2f}",
                f"{row.other_median:.2f}",
                f"{row.distances.ks:.2f}",
                f"{0.87 / row.n**0.5:.2f}",
            )
    console.print(table)
    table = Table(title="Rates and shares, beside people's", title_justify="left")
    for title in ("", "here", "people"):
        table.add_column(title, justify="right" if title else "left")
    values = {value.name: value for value in comparison.values}
    for name, label in _VALUES.items():
        form = ".2f" if values[name].kind == "rate" else ".1%"
        people = values[name].other
        table.add_row(
            label,
            f"{values[name].value:{form}}",
            f"{people:{form}}" if math.isfinite(people) else "",
        )
    console.print(table)


def _write_page(made: BuildReport) -> Path:
    from interactspeech.viewer import write_page
    from interactspeech.viewer.summary import corpus_figures

    corpus = made.corpus()
    items = ((item.dialogue, item.audio()) for item in islice(corpus, _MAX_SHOWN))
    page = write_page(
        items,
        made.path / "page",
        statistics=corpus_figures(corpus),
        title=made.path.resolve().name,
    )
    return page.path.resolve()


def _format_length(seconds: float) -> str:
    return f"{seconds / 3600:.1f} hours" if seconds >= 7200 else f"{seconds / 60:.1f} minutes"
