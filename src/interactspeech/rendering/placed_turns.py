"""Lines with their places: what the planner has decided before it is written down."""

from __future__ import annotations

from dataclasses import dataclass

from interactspeech.rendering.overlays import Place
from interactspeech.rendering.spoken_lines import LineMark, SpokenLine
from interactspeech.rendering.transitions import Kind
from interactspeech.rendering.turn_timing import TurnTiming


@dataclass(frozen=True)
class PlacedTurn:
    """A turn with its place."""

    line: SpokenLine
    layout: TurnTiming
    start: int
    kind: Kind

    @property
    def end(self) -> int:
        """One past the last sample."""
        return self.start + self.layout.duration


@dataclass(frozen=True)
class PlacedOverlay:
    """A backchannel or an attempt with its place, inside the turn of another."""

    line: SpokenLine
    start: int
    during: SpokenLine
    mark: LineMark
    place: Place
