"""Lines with their places: what the planner has decided before it is written down."""

from __future__ import annotations

from dataclasses import dataclass

from interactspeech.stage.layout import Layout
from interactspeech.stage.lines import Line, Mark
from interactspeech.stage.listening import Place
from interactspeech.stage.transitions import Kind


@dataclass(frozen=True)
class Placing:
    """A turn with its place."""

    line: Line
    layout: Layout
    start: int
    kind: Kind

    @property
    def end(self) -> int:
        """One past the last sample."""
        return self.start + self.layout.duration


@dataclass(frozen=True)
class Other:
    """A backchannel or an attempt with its place, inside the turn of another."""

    line: Line
    start: int
    during: Line
    mark: Mark
    place: Place
