"""Timing of turns: pauses inside a turn, and floor-transfer offsets between turns.

Inside a turn, the source speech is cut into pieces with drawn silences between them:

```
source   [So we take the train]______[and then]____[walk to the har|bour
breaks                         token 5          token 7            └ source_end (cut, or last word)
gaps     {5: 0.62 s, 7: 0.08 s}     drawn; a break that is not in `gaps` stays as it is
timing   [So we take the train]____________[and then]_[walk to the har|
         0                                                     duration
```

Positions in a `TurnTiming` are samples from the turn's first sound.

Between turns, offsets are drawn for the whole dialogue and then assigned. A long overlap fits only
where both turns are long enough around the change: a one-word answer cannot start a second before
the question ends. Clipping such draws would thin out the overlaps; assigning each draw to a change
that can hold it keeps the distribution people's.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec
import numpy as np

from interactspeech._typing import Float64Array
from interactspeech.records.script import SILENT_MARKS
from interactspeech.rendering.script_lines import SILENCE_BEFORE_START, SpokenLine
from interactspeech.rendering.settings import PlanSettings
from interactspeech.rendering.speech_outline import Outline
from interactspeech.signal.intervals import intervals, pairs, union
from interactspeech.turntaking.timing import Dyad, TimingModel
from interactspeech.turntaking.timing.model import After
from interactspeech.turntaking.timing.pause_places import Hold

#: A silence that is not a pause is shorter than the 0.2 s that make one (framework.md section 2).
SHORT_SILENCE = (0.03, 0.17)
#: Silence of the source kept at each side of a cut.
_MARGIN = 0.025
#: Part of the next word that is heard when a cut falls inside it, and the shortest word for that.
_FRAGMENT = (0.3, 0.6)
_FRAGMENT_WORD = 0.22
#: How a turn follows the one before: `first` follows none; `smooth` is a change of speaker that no
#: mark asks for; `cut` interrupts it; `overlap` starts early, at the script's mark; `same` is the
#: same speaker again.
TransitionKind = Literal["first", "smooth", "cut", "overlap", "same"]
#: Own silences shorter than this are inside an IPU (framework.md section 2).
BRIDGE = 0.2
#: Talk that stays clear of an overlap on either side, so that it is an overlap between turns.
_CLEAR_TALK = 0.12
#: Talk before an unmarked change may overlap the turn at all.
_SOLO_TALK = 0.3
#: Length of a closed silence, which must not be a pause.
_CLOSED_SILENCE = 0.08
#: Length of a dialogue for each second of its turns: gaps are longer than overlaps.
_FOR_TURNS = 1.08
#: Share of the planned interruptions that the rules find: some overlaps turn out shorter, where a
#: turn is too short for them.
_FOUND = 0.88
#: The original's overlap (10,000 samples at 22,050 Hz).
_ORIGINAL = (10_000, 22_050)
_PAIR = 2
_SHARE_VARIANTS: dict[tuple[int, float], tuple[TimingModel, TimingModel]] = {}


@dataclass(frozen=True, slots=True)
class TimedPiece:
    """A stretch of the source ``[start, end)``, placed at `at`, with its silent margins."""

    start: int
    end: int
    at: int
    before: int  #: silent samples of the source that are played before `start`
    after: int  #: and after `end`


@dataclass
class TurnTiming:
    """The pieces of a turn's source and the silences between them.

    Attributes:
        outline: of the source.
        spoken_count: number of tokens that are spoken to their end.
        source_end: where the source stops being used.
        gaps: token -> silence before it in samples, at least 1.
        fixed: tokens whose gap must not be closed: the script's pauses, and those made for a
            backchannel.
    """

    outline: Outline
    spoken_count: int
    source_end: int
    gaps: dict[int, int] = field(default_factory=dict)
    fixed: set[int] = field(default_factory=set)
    #: The source ends inside the first token that is not said to its end.
    fragment: bool = False
    #: Silence of the source that is kept at each side of a cut, so that soft sounds survive.
    margin: int = 0
    #: Of each piece: the token it begins with, its bounds in the source, and how far it is moved.
    _first: list[int] = field(default_factory=list)
    _bounds: list[tuple[int, int]] = field(default_factory=list)
    _shifts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._breaks = {b.token: b for b in self.outline.breaks if b.token < self.spoken_count}
        self.refresh()

    @property
    def duration(self) -> int:
        """Samples from the first sound to the last."""
        return self.source_end + self._shifts[-1]

    def breaks(self) -> dict[int, int]:
        """Token -> silence of the source before it, where it has one."""
        return {token: b.end - b.start for token, b in self._breaks.items()}

    def refresh(self) -> None:
        """Recompute positions; call it after a change of `gaps`."""
        self._first, self._bounds, self._shifts = [0], [], [0]
        start = 0
        for token in sorted(self.gaps):
            left, right = self._sides(token)
            self._first.append(token)
            self._bounds.append((start, left))
            self._shifts.append(self._shifts[-1] + self.gaps[token] - (right - left))
            start = right
        self._bounds.append((start, self.source_end))

    def set_gap(self, token: int, samples: int) -> None:
        """Make the silence before `token` `samples` long."""
        self.gaps[token] = max(1, samples)
        self.refresh()

    def start(self, token: int) -> int:
        """Onset of a token."""
        piece = bisect_right(self._first, token) - 1
        return max(self.outline.starts[token], self._bounds[piece][0]) + self._shifts[piece]

    def end(self, token: int) -> int:
        """Offset of a token; earlier where the cut between two connected words is earlier."""
        piece = bisect_right(self._first, token) - 1
        return min(self.outline.ends[token], self._bounds[piece][1]) + self._shifts[piece]

    def speech_end_before(self, token: int) -> int:
        """End of speech before `token`, with or without a silence (past the last: turn's end)."""
        if token >= self.spoken_count:
            return self.duration
        piece = bisect_right(self._first, token - 1) - 1
        return self._sides(token)[0] + self._shifts[piece]

    def silence(self, token: int) -> int:
        """Length of the silence before `token`, 0 where there is none."""
        if token in self.gaps:
            return self.gaps[token]
        source_break = self._breaks.get(token)
        return source_break.end - source_break.start if source_break else 0

    def tokens_with_silence(self) -> list[int]:
        """Tokens before which there is a silence, in order."""
        return sorted(self._breaks.keys() | self.gaps.keys())

    def pieces(self) -> list[TimedPiece]:
        """The pieces, in order; gaps are the only places where the source is cut."""
        pieces: list[TimedPiece] = []
        start, at, before = 0, 0, 0
        for token in sorted(self.gaps):
            left, right = self._sides(token)
            gap = self.gaps[token]
            margin = min(self.margin, (right - left) // 2, gap // 2)
            pieces.append(TimedPiece(start, left, at, before, margin))
            start, at, before = right, at + left - start + gap, margin
        pieces.append(TimedPiece(start, self.source_end, at, before, 0))
        return pieces

    def spans(self) -> list[tuple[int, int]]:
        """Stretches of speech, split at every silence, of the source or drawn."""
        bounds = [0]
        for token in self.tokens_with_silence():
            left, right = self._sides(token)
            stop = self.speech_end_before(token)
            bounds += [stop, stop + self.gaps.get(token, right - left)]
        bounds.append(self.duration)
        return list(zip(bounds[::2], bounds[1::2], strict=True))

    def runs(self, bridge: int) -> list[tuple[int, int]]:
        """Inter-pausal units: `spans` merged across silences shorter than `bridge`."""
        return pairs(union(intervals(self.spans()), bridge))

    def close_silences(self, low: int, high: int, short: int) -> None:
        """Shorten silences that intersect ``[low, high)`` to `short`, unless they are `fixed`."""
        changed = True
        while changed:  # what follows a closed silence moves nearer, and may hold another
            changed = False
            for token in self.tokens_with_silence():
                silence = self.silence(token)
                if token in self.fixed or silence <= short:
                    continue
                stop = self.speech_end_before(token)
                if stop < high and stop + silence > low:
                    self.gaps[token] = short
                    changed = True
            if changed:
                self.refresh()

    def has_fixed_silence(self, low: int, high: int) -> bool:
        """Whether a fixed silence intersects ``[low, high)``."""
        return any(
            self.speech_end_before(token) < high
            and self.speech_end_before(token) + self.silence(token) > low
            for token in self.fixed
        )

    def _sides(self, token: int) -> tuple[int, int]:
        """End of speech before a token's silence and start after it, in the source."""
        source_break = self._breaks.get(token)
        if source_break:
            return source_break.start, source_break.end
        cut = self.outline.cuts[token]
        return cut, cut


def lay_out_turn(
    line: SpokenLine,
    source: Outline,
    holds: Sequence[Hold],
    rng: np.random.Generator,
    settings: PlanSettings,
) -> TurnTiming:
    """The timing of a turn: its pauses, and no silence as long as a pause anywhere else.

    Args:
        line: the turn.
        source: the outline of its speech.
        holds: its pauses, those of the script included.
        rng: for the lengths of the other silences, and for where a cut falls.
        settings: of the plan.
    """
    end, fragment = _source_end(line, source, rng, settings)
    margin = round(_MARGIN * source.rate)
    timing = TurnTiming(source, line.spoken_count, end, margin=margin, fragment=fragment)
    if not settings.retime:
        return timing
    rate = source.rate
    silences = timing.breaks()
    requested = {mark.token for mark in line.marks if mark.kind in SILENT_MARKS}
    for hold in holds:
        token = hold.token
        if token in requested:
            token = _silence_at_mark(token, silences)
            timing.fixed.add(token)
        timing.gaps[token] = max(1, round(hold.seconds * rate))
    free = [token for token in silences if token not in timing.gaps]
    for token, seconds in zip(free, rng.uniform(*SHORT_SILENCE, len(free)).tolist(), strict=True):
        timing.gaps[token] = max(1, round(seconds * rate))
    timing.refresh()
    return timing


def _silence_at_mark(token: int, silences: dict[int, int]) -> int:
    """Token of the source's silence at a mark, or one token beside it; else the mark's token."""
    return next((near for near in (token, token + 1, token - 1) if near in silences), token)


def _source_end(
    line: SpokenLine, source: Outline, rng: np.random.Generator, settings: PlanSettings
) -> tuple[int, bool]:
    """End of the used source, and whether it lies inside the first unsaid word."""
    if line.spoken_count >= len(line.tokens):
        return source.length, False
    inside, share = rng.random(), rng.uniform(*_FRAGMENT)
    start, end = source.starts[line.spoken_count], source.ends[line.spoken_count]
    at_break = any(pause.token == line.spoken_count for pause in source.breaks)
    long_enough = end - start >= _FRAGMENT_WORD * source.rate
    if inside < settings.fragment_share and long_enough and not at_break:
        return start + round(share * (end - start)), True
    if at_break:
        return next(p.start for p in source.breaks if p.token == line.spoken_count), False
    return source.cuts[line.spoken_count], False


@dataclass(frozen=True, slots=True)
class Transition:
    """Start of a turn: `offset` samples after the end of the turn before (negative: overlap)."""

    kind: TransitionKind
    offset: int


@dataclass(frozen=True, slots=True)
class TimedTurn:
    """A turn with its inner timing, not yet placed in the dialogue."""

    line: SpokenLine
    timing: TurnTiming


def draw_transitions(
    turns: list[TimedTurn], dyad: Dyad, rng: np.random.Generator, settings: PlanSettings
) -> list[Transition]:
    """One transition for each turn. Pauses inside the resulting overlaps are closed, in place."""
    kinds = [_transition_kind(turns, i) for i in range(len(turns))]
    if settings.transitions == "original":
        return [_original_transition(turns, i, kind) for i, kind in enumerate(kinds)]
    transitions = [Transition(kind, 0) for kind in kinds]
    for i, kind in enumerate(kinds):
        if kind == "cut":
            overlap = _interruption_overlap(turns[i - 1].timing, turns[i].timing, dyad, rng)
            transitions[i] = Transition(kind, -overlap)
        elif kind == "overlap":
            transitions[i] = Transition(kind, -_marked_overlap(turns[i - 1], turns[i].timing))
        elif kind == "same":
            pause = float(dyad.pause(rng, 1)[0])
            rate = turns[i].timing.outline.rate
            transitions[i] = Transition(kind, round(max(pause, settings.own_silence) * rate))
    company = len({turn.line.speaker for turn in turns}) > _PAIR
    smooth = dyad if company else _with_interruption_share(dyad, kinds)
    rate = turns[0].timing.outline.rate
    allowed = _unmarked_interruptions(turns, transitions, dyad, settings)
    for after in ("question", "statement"):
        places = [
            i
            for i, kind in enumerate(kinds)
            if kind == "smooth" and _is_question(turns[i - 1].line) == (after == "question")
        ]
        drawn = smooth.fto(rng, len(places), after)
        if allowed is not None:
            share = len(places) / max(1, kinds.count("smooth"))
            keep = int(allowed * share + rng.random())
            if company:
                # Scripts of company mark few interruptions: people's come early at changes.
                drawn = _with_overlaps_at_most(drawn, 0, smooth, after, rng, settings)
                early = rng.permutation(len(drawn))[:keep]
                drawn[early] = -dyad.interruption_overlap(rng, early.size)
            else:
                drawn = _with_overlaps_at_most(drawn, keep, smooth, after, rng, settings)
        limits = {i: _longest_overlap(turns[i - 1].timing, turns[i].timing) for i in places}
        if not company:
            # Who had the turn before cannot begin again while they still talk.
            silence = round(SILENCE_BEFORE_START * rate)
            for i in places:
                if any(mark.starts_together for mark in turns[i].line.marks):
                    limits[i] = -silence
        for i, offset in _assign_offsets(np.rint(drawn * rate).astype(int).tolist(), limits, rng):
            transitions[i] = Transition("smooth", offset)
            if offset < 0:
                _close_silences(turns[i - 1].timing, turns[i].timing, -offset)
    return transitions


def _unmarked_interruptions(
    turns: list[TimedTurn],
    transitions: list[Transition],
    dyad: Dyad,
    settings: PlanSettings,
) -> float | None:
    """How many changes of speaker without a mark may overlap by more than `PlanSettings.terminal`.

    By the rules, such an overlap is an interruption. People's share of the changes would be twice
    people's rate a minute where a script changes speaker twice as often as people.
    """
    if settings.interruptions is None:
        return None
    rate = turns[0].timing.outline.rate
    terminal = round(settings.terminal * rate)
    minutes = _FOR_TURNS * sum(turn.timing.duration for turn in turns) / rate / 60
    forced = sum(t.kind in {"cut", "overlap"} and -t.offset > terminal for t in transitions)
    pairs = len({turn.line.speaker for turn in turns}) / 2  # the rate is that of two people
    wanted = settings.interruptions * dyad.interruptions_per_minute * pairs * minutes / _FOUND
    return max(0.0, wanted - forced)


def _with_overlaps_at_most(
    drawn: Float64Array,
    keep: int,
    dyad: Dyad,
    after: After,
    rng: np.random.Generator,
    settings: PlanSettings,
) -> Float64Array:
    """Offsets of which at most `keep` overlap by more than `PlanSettings.terminal`.

    The others that do are drawn again until they do not, so that the rest of the distribution keeps
    its shape.
    """
    long = np.flatnonzero(drawn < -settings.terminal)
    again = rng.permutation(long)[keep:]
    drawn = drawn.copy()
    while again.size:
        drawn[again] = dyad.fto(rng, again.size, after)
        again = again[drawn[again] < -settings.terminal]
    return drawn


def _with_interruption_share(dyad: Dyad, kinds: list[TransitionKind]) -> Dyad:
    """The dyad with this script's share of changes that its marks force to overlap.

    People's offsets include interruptions. The fewer of them a script has, the more of the long
    overlaps must come from unmarked changes, so that all changes together follow people
    (`Dyad.fto`). The share is rounded to hundredths, so that few distributions are computed.
    """
    changes = sum(kind in {"smooth", "cut", "overlap"} for kind in kinds)
    forced = sum(kind in {"cut", "overlap"} for kind in kinds)
    # Above 0.4, hardly any overlap is left to take away from the other changes.
    share = round(min(forced / max(1, changes), 0.4), 2)
    model = dyad.model
    cached = _SHARE_VARIANTS.get((id(model), share))
    if cached is None or cached[0] is not model:
        variant = msgspec.structs.replace(model, interruption_share=share)
        cached = _SHARE_VARIANTS[id(model), share] = (model, variant)
    return msgspec.structs.replace(dyad, model=cached[1])


def _assign_offsets(
    offsets: list[int], limits: dict[int, int], rng: np.random.Generator
) -> list[tuple[int, int]]:
    """Assign each offset to a change that can hold it, the longest overlaps first.

    >>> rng = np.random.default_rng(1)
    >>> sorted(_assign_offsets([-500, 200], {3: 100, 7: 900}, rng))
    [(3, 200), (7, -500)]
    """
    free = dict(limits)
    assigned: list[tuple[int, int]] = []
    for offset in sorted(offsets):
        fitting = [place for place, limit in free.items() if -offset <= limit]
        if fitting:
            place = fitting[int(rng.integers(len(fitting)))]
        else:
            place = max(free, key=lambda p: free[p])
            offset = -max(free[place], 0)  # noqa: PLW2901
        del free[place]
        assigned.append((place, offset))
    return assigned


def _longest_overlap(before: TurnTiming, after: TurnTiming) -> int:
    """The longest overlap at a change that leaves both turns some talk without overlap.

    It lies inside the last IPU before and the first IPU after the change where the script fixes a
    pause there; other pauses can be closed (`_close_silences`).
    """
    rate = before.outline.rate
    bridge, clear = round(BRIDGE * rate), round(_CLEAR_TALK * rate)
    last, first = before.duration - round(_SOLO_TALK * rate), after.duration
    if before.fixed:
        start, end = before.runs(bridge)[-1]
        last = min(last, end - start)
    if after.fixed:
        first = after.runs(bridge)[0][1]
    return max(0, min(last, first) - clear)


def _close_silences(before: TurnTiming, after: TurnTiming, overlap: int) -> None:
    """Close the silences in an overlap and in the talk required on either side of it."""
    rate = before.outline.rate
    clear, short = round(_CLEAR_TALK * rate), round(_CLOSED_SILENCE * rate)
    # Closing a silence moves the turn's end, and may bring another into reach.
    for _ in range(3):
        before.close_silences(before.duration - overlap - clear, before.duration, short)
    after.close_silences(0, overlap + clear, short)


def _interruption_overlap(
    before: TurnTiming, after: TurnTiming, dyad: Dyad, rng: np.random.Generator
) -> int:
    """A drawn overlap, with both speaking throughout.

    Bounded so that the interrupted speaker has talked alone before it, and the interrupter goes on
    alone after it.
    """
    rate = before.outline.rate
    drawn = round(float(dyad.interruption_overlap(rng, 1)[0]) * rate)
    alone, on = round(0.3 * rate), round(0.3 * rate)
    longest = min(before.duration - alone, after.duration - on)
    overlap = max(1, min(drawn, max(longest, min(before.duration, after.duration) // 3)))
    short = round(_CLOSED_SILENCE * rate)
    # From both ends inwards: closing a silence moves what follows it.
    for _ in range(3):
        before.close_silences(before.duration - overlap - alone, before.duration, short)
    after.close_silences(0, overlap + on, short)
    return min(overlap, max(1, before.duration - alone // 2), max(1, after.duration - on // 2))


def _marked_overlap(before: TimedTurn, after: TurnTiming) -> int:
    """Overlap from the script's mark to the turn's end, shorter where the next turn is short."""
    timing = before.timing
    rate = timing.outline.rate
    token = next(mark.token for mark in before.line.marks if mark.kind == "overlap")
    token = min(max(token, 1), timing.spoken_count)
    short = round(_CLOSED_SILENCE * rate)
    start = timing.end(token - 1)
    timing.close_silences(start - round(0.3 * rate), timing.duration, short)
    overlap = timing.duration - timing.end(token - 1)
    after.close_silences(0, overlap + round(0.3 * rate), short)
    return max(1, min(overlap, after.duration - round(_CLEAR_TALK * rate)))


def _original_transition(turns: list[TimedTurn], index: int, kind: TransitionKind) -> Transition:
    if kind != "cut":
        return Transition("smooth" if kind == "overlap" else kind, 0)
    before, after = turns[index - 1].timing, turns[index].timing
    samples, rate = _ORIGINAL
    overlap = round(samples * before.outline.rate / rate)
    return Transition("cut", -min(overlap, before.duration - 1, after.duration - 1))


def _transition_kind(turns: list[TimedTurn], index: int) -> TransitionKind:
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


def _is_question(line: SpokenLine) -> bool:
    return line.text.rstrip("\"')” ").endswith("?")
