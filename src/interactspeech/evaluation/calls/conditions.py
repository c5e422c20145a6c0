"""Conditions on figures of calls, for a build: ``yield_p95 > 1.0 or agent.talk_share > 70%``.

The grammar is `evaluation.fail_conditions`'; a figure is its name, or a speaker's: ``agent.name``.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from interactspeech.errors import UsageError
from interactspeech.evaluation.calls.overall import CallFigure, figure_names
from interactspeech.evaluation.fail_conditions import (
    FailCondition,
    FigureLookup,
    FigureName,
    ToldFigure,
)

#: Speaker ("" for all) and name of a figure -> the figure.
FigureTable = Mapping[tuple[str, str], CallFigure]


def call_condition(text: str) -> FailCondition:
    """A condition on figures of calls.

    Raises:
        UsageError: it is none, or names a figure that no report has.
    """

    def allow(figure: FigureName) -> None:
        known = figure_names()
        if len(figure) > 2 or figure[-1] not in known:
            close = get_close_matches(figure[-1], known, n=3)
            hint = f"; did you mean {', '.join(close)}?" if close else ""
            raise UsageError(
                f"condition {text!r}: no figure is called {'.'.join(figure)!r}{hint}",
                remedy="docs/calls.md lists them",
            )

    return FailCondition(text, allow, example="yield_p95 > 1.0")


def figure_lookup(figures: FigureTable, coverage: float = 1.0) -> FigureLookup:
    """Looks figures of a report up.

    Args:
        figures: of the report.
        coverage: least share of the calls that a figure must be measured on to be told.

    Returns:
        A function that raises `UsageError` for a speaker whom the report does not have.
    """

    def look(figure: FigureName) -> ToldFigure:
        full = ".".join(figure)
        speaker, name = ("", *figure)[-2:]
        if (speaker, name) not in figures:
            known = sorted({who for who, _ in figures if who})
            if not known:
                return ToldFigure(None, f"{full}: no call was measured")
            raise UsageError(
                f"condition: no speaker is called {speaker!r}",
                remedy=f"there are {', '.join(known)}",
            )
        found = figures[speaker, name]
        total = found.calls + found.left_out
        note = f" (withheld in {found.left_out} of {total} calls)" if found.left_out else ""
        if found.value is None:
            return ToldFigure(None, f"{full} cannot be told{note or ': nothing to measure'}")
        said = f"{full} is {found.value:g} of n={found.n:,}{note}"
        return ToldFigure(found.value if found.calls >= coverage * total else None, said)

    return look


__all__ = ["FigureTable", "call_condition", "figure_lookup"]
