"""Where each turn begins after the one before: floor-transfer offsets, drawn and then dealt out.

A long overlap fits only where both turns talk long enough around the change: a one-word answer
cannot begin a second before the question ends. Clipping such draws would thin out the overlaps, so
all offsets of a dialogue are drawn first and then dealt to changes that can hold them; the set of
offsets stays what people's is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np

from interactspeech.rendering.settings import PlanSettings
from interactspeech.rendering.spoken_lines import SpokenLine
from interactspeech.rendering.turn_timing import TurnTiming
from interactspeech.turntaking.timing import Dyad, TimingModel

#: How a turn follows the one before: `first` follows none; `smooth` at a change of floor that
#: nobody forces; `cut` interrupts it; `overlap` begins early at the script's mark; `same` is the
#: same speaker again.
Kind = Literal["first", "smooth", "cut", "overlap", "same"]

#: Own silences shorter than this are inside an IPU (framework.md section 2).
BRIDGE = 0.2
#: Talk that stays clear of an overlap on either side, so that it is an overlap between turns.
_CLEAR = 0.12
#: Talk before a turn may be overlapped at all, by a change that nobody forces.
_ALONE = 0.3
#: What is left of a silence that must not be a pause.
_JOINED = 0.08
#: The original's overlap (10,000 samples at 22,050 Hz).
_ORIGINAL = (10_000, 22_050)


@dataclass(frozen=True, slots=True)
class Transition:
    """`offset` samples from the end of the turn before (negative: before its end)."""

    kind: Kind
    offset: int


@dataclass(frozen=True, slots=True)
class TimedTurn:
    """A turn with its layout, before it has a place."""

    line: SpokenLine
    layout: TurnTiming


def transitions(
    turns: list[TimedTurn], dyad: Dyad, rng: np.random.Generator, settings: PlanSettings
) -> list[Transition]:
    """One transition for each turn; layouts may lose pauses inside overlaps they take part in."""
    kinds = [_kind(turns, i) for i in range(len(turns))]
    if settings.transitions == "original":
        return [_original(turns, i, kind) for i, kind in enumerate(kinds)]
    found = [Transition(kind, 0) for kind in kinds]
    for i, kind in enumerate(kinds):
        if kind == "cut":
            overlap = _interrupting(turns[i - 1].layout, turns[i].layout, dyad, rng)
            found[i] = Transition(kind, -overlap)
        elif kind == "overlap":
            found[i] = Transition(kind, -_marked(turns[i - 1], turns[i].layout))
        elif kind == "same":
            pause = float(dyad.pause(rng, 1)[0])
            rate = turns[i].layout.outline.rate
            found[i] = Transition(kind, round(max(pause, settings.own_silence) * rate))
    smooth = _with_share(dyad, kinds)
    for after in ("question", "statement"):
        places = [
            i
            for i, kind in enumerate(kinds)
            if kind == "smooth" and _asks(turns[i - 1].line) == (after == "question")
        ]
        drawn = smooth.fto(rng, len(places), after)
        limits = {i: _room(turns[i - 1].layout, turns[i].layout) for i in places}
        rate = turns[0].layout.outline.rate
        for i, offset in _dealt(np.rint(drawn * rate).astype(int).tolist(), limits, rng):
            found[i] = Transition("smooth", offset)
            if offset < 0:
                _joined(turns[i - 1].layout, turns[i].layout, -offset)
    return found


_variants: dict[tuple[int, float], tuple[TimingModel, TimingModel]] = {}


def _with_share(dyad: Dyad, kinds: list[Kind]) -> Dyad:
    """The dyad, told which share of this script's changes the script itself makes overlap.

    Interruptions are part of people's offsets. The fewer of them a script has, the more of the long
    overlaps must come from the other changes for all changes together to follow people
    (`Dyad.fto`); the share is rounded to hundredths, so that few distributions are computed.
    """
    changes = sum(kind in {"smooth", "cut", "overlap"} for kind in kinds)
    forced = sum(kind in {"cut", "overlap"} for kind in kinds)
    # Above 0.4, hardly any overlap is left for the other changes to give up.
    share = round(min(forced / max(1, changes), 0.4), 2)
    model = dyad.model
    found = _variants.get((id(model), share))
    if found is None or found[0] is not model:
        variant = msgspec.structs.replace(model, interruption_share=share)
        found = _variants[id(model), share] = (model, variant)
    return msgspec.structs.replace(dyad, model=found[1])


def _dealt(
    offsets: list[int], limits: dict[int, int], rng: np.random.Generator
) -> list[tuple[int, int]]:
    """Each offset to a place that can hold it, the longest overlaps first.

    >>> rng = np.random.default_rng(1)
    >>> sorted(_dealt([-500, 200], {3: 100, 7: 900}, rng))
    [(3, 200), (7, -500)]
    """
    free = dict(limits)
    dealt: list[tuple[int, int]] = []
    for offset in sorted(offsets):
        fitting = [place for place, limit in free.items() if -offset <= limit]
        if fitting:
            place = fitting[int(rng.integers(len(fitting)))]
        else:
            place = max(free, key=lambda p: free[p])
            offset = -max(free[place], 0)  # noqa: PLW2901
        del free[place]
        dealt.append((place, offset))
    return dealt


def _room(before: TurnTiming, after: TurnTiming) -> int:
    """The longest overlap at a change that leaves both some talk of their own.

    Inside the last IPU before and the first IPU after it where the script fixes a pause there;
    other pauses give way (`_joined`).
    """
    rate = before.outline.rate
    bridge, clear = round(BRIDGE * rate), round(_CLEAR * rate)
    last, first = before.duration - round(_ALONE * rate), after.duration
    if before.fixed:
        start, end = before.runs(bridge)[-1]
        last = min(last, end - start)
    if after.fixed:
        first = after.runs(bridge)[0][1]
    return max(0, min(last, first) - clear)


def _joined(before: TurnTiming, after: TurnTiming, overlap: int) -> None:
    """Close the silences in an overlap, and in what stays clear of it on either side."""
    rate = before.outline.rate
    clear, short = round(_CLEAR * rate), round(_JOINED * rate)
    # Closing a silence moves the turn's end, and may bring another into reach.
    for _ in range(3):
        before.close(before.duration - overlap - clear, before.duration, short)
    after.close(0, overlap + clear, short)


def _interrupting(
    before: TurnTiming, after: TurnTiming, dyad: Dyad, rng: np.random.Generator
) -> int:
    """A drawn overlap, with speech going on through it on both sides.

    Bounded so that the one cut off has talked alone for a moment and the interrupter talks on after
    taking the floor.
    """
    rate = before.outline.rate
    drawn = round(float(dyad.interruption_overlap(rng, 1)[0]) * rate)
    alone, on = round(0.3 * rate), round(0.3 * rate)
    longest = min(before.duration - alone, after.duration - on)
    overlap = max(1, min(drawn, max(longest, min(before.duration, after.duration) // 3)))
    short = round(_JOINED * rate)
    # From both ends inwards: closing a silence moves what follows it.
    for _ in range(3):
        before.close(before.duration - overlap - alone, before.duration, short)
    after.close(0, overlap + on, short)
    return min(overlap, max(1, before.duration - alone // 2), max(1, after.duration - on // 2))


def _marked(before: TimedTurn, after: TurnTiming) -> int:
    """The overlap from the script's mark to the end of the turn, if the next turn outlasts it."""
    layout = before.layout
    rate = layout.outline.rate
    token = next(mark.token for mark in before.line.marks if mark.kind == "overlap")
    token = min(max(token, 1), layout.said)
    short = round(_JOINED * rate)
    start = layout.end(token - 1)
    layout.close(start - round(0.3 * rate), layout.duration, short)
    wanted = layout.duration - layout.end(token - 1)
    after.close(0, wanted + round(0.3 * rate), short)
    return max(1, min(wanted, after.duration - round(_CLEAR * rate)))


def _original(turns: list[TimedTurn], index: int, kind: Kind) -> Transition:
    if kind != "cut":
        return Transition("smooth" if kind == "overlap" else kind, 0)
    before, after = turns[index - 1].layout, turns[index].layout
    samples, rate = _ORIGINAL
    overlap = round(samples * before.outline.rate / rate)
    return Transition("cut", -min(overlap, before.duration - 1, after.duration - 1))


def _kind(turns: list[TimedTurn], index: int) -> Kind:
    if index == 0:
        return "first"
    before, turn = turns[index - 1].line, turns[index].line
    if before.speaker == turn.speaker:
        return "same"
    if before.cut:
        return "cut"
    if any(mark.kind == "overlap" for mark in before.marks):
        return "overlap"
    return "smooth"


def _asks(line: SpokenLine) -> bool:
    return line.text.rstrip("\"')” ").endswith("?")
