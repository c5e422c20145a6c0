"""Layer 2: what talk does. Every definition of docs/framework.md, section "Layer 2", in one place.

Each function makes the events of one kind, in columns; the arithmetic is on whole arrays.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final

import numpy as np

from interactspeech._typing import BoolArray, Int64Array
from interactspeech.lexicon.feedback import bare_word
from interactspeech.records.event_types import EventType
from interactspeech.turntaking.activity import CLASSES, GAP, PAUSE, Layer1, bit_index
from interactspeech.turntaking.backchannel_candidates import FEEDBACK_KINDS, Candidates
from interactspeech.turntaking.event_table import ABSENT, Columns, EventTable
from interactspeech.turntaking.rules import Thresholds
from interactspeech.turntaking.timeline import WordTrack
from interactspeech.turntaking.units import Onsets, Units, onsets_of

ONSETS: Final = ("first", "resume", "gap", "smooth", "overlapped")
OUTCOMES: Final = ("failed", "taken")
FILLS: Final = ("silent",)
PLACEMENTS: Final = ("silence", "overlap")
TRUTH: Final = (False, True)


def events_of(units: Units, *, planned: bool = False) -> EventTable:
    """All events of layer 2.

    Args:
        units: of the conversation.
        planned: see `annotate_table`.
    """
    c = units.candidates
    t = units.thresholds
    onsets = onsets_of(units)
    wording = WordCues(units, planned=planned)
    parts = [
        _turns(units, onsets, t),
        _backchannels(c, units.backchannel),
        _interruptions(units, onsets, t, wording),
        _terminal_overlaps(units, onsets, t),
        _silent_interruptions(units, onsets, t, wording),
        _pauses(units, t, wording),
        _filled_pauses(wording),
        _gaps(units, onsets, t),
        _overlaps(c.layer1),
        *_holds_and_shifts(c.layer1, t),
    ]
    columns: dict[EventType, Columns] = {part.type: _sorted(part) for part in parts}
    return EventTable(c.timeline.rate, c.timeline.speakers, c.rules.id, columns)


def _turns(units: Units, onsets: Onsets, t: Thresholds) -> Columns:
    pick = onsets.turn
    follows, overlapped, resumes = onsets.follows, onsets.overlapped, onsets.resumes
    wait = units.start - onsets.after_end
    fto = np.where(overlapped, units.start - onsets.over_end, np.where(follows, wait, ABSENT))
    onset = np.select(
        [overlapped, resumes, follows & (wait >= t.min_gap), follows], [4, 1, 2, 3], default=0
    )
    other = np.where(overlapped, onsets.over, np.where(follows, onsets.after, -1))
    return Columns(
        "turn",
        units.speaker,
        _speaker_of(units, other),
        units.start,
        units.end,
        {
            "onset": onset,
            "fto": fto,
            "silence": np.where(resumes, units.start - onsets.own_end, ABSENT),
        },
        {"onset": ONSETS},
    ).select(pick)


def _backchannels(c: Candidates, decided: BoolArray) -> Columns:
    return Columns(
        "backchannel",
        c.speaker,
        c.partner,
        c.start,
        c.end,
        {
            "kind": np.where(c.feedback > 0, c.feedback - 1, ABSENT),
            "placement": c.partner_talking.astype(np.int64),
        },
        {"kind": FEEDBACK_KINDS, "placement": PLACEMENTS},
    ).select(decided)


def _cut_in(units: Units, onsets: Onsets) -> tuple[Int64Array, Int64Array]:
    """Where each unit that begins over another's ends its contest, and who the other is."""
    return np.minimum(units.end, onsets.over_end), _speaker_of(units, onsets.over)


def _interruptions(units: Units, onsets: Onsets, t: Thresholds, wording: WordCues) -> Columns:
    pick = onsets.overlapped & (onsets.over_end - units.start > t.terminal)
    end, other = _cut_in(units, onsets)
    complete = np.full(len(end), ABSENT)
    taken = np.flatnonzero(pick & onsets.taken)
    complete[taken] = wording.complete(units.last[units.of_row[onsets.over[taken]]])
    return Columns(
        "interruption",
        units.speaker,
        other,
        units.start,
        end,
        {
            "outcome": onsets.taken.astype(np.int64),
            "overlap": end - units.start,
            "floor_transfer": np.where(onsets.taken, end, ABSENT),
            "complete": complete,
        },
        {"outcome": OUTCOMES, "complete": TRUTH},
    ).select(pick)


def _terminal_overlaps(units: Units, onsets: Onsets, t: Thresholds) -> Columns:
    end, other = _cut_in(units, onsets)
    return Columns(
        "terminal_overlap",
        units.speaker,
        other,
        units.start,
        end,
        {
            "outcome": onsets.taken.astype(np.int64),
            "fto": np.where(onsets.taken, units.start - onsets.over_end, ABSENT),
        },
        {"outcome": OUTCOMES},
    ).select(onsets.overlapped & (onsets.over_end - units.start <= t.terminal))


def _silent_interruptions(
    units: Units, onsets: Onsets, t: Thresholds, wording: WordCues
) -> Columns:
    wait = units.start - onsets.after_end
    near = np.flatnonzero(onsets.follows & (wait <= t.turn_pause))
    near = near[wording.complete(onsets.after[near]) == 0]
    return Columns(
        "silent_interruption",
        units.speaker,
        _speaker_of(units, onsets.after),
        onsets.after_end,
        units.start,
        {"fto": wait},
    ).select(near)


def _gaps(units: Units, onsets: Onsets, t: Thresholds) -> Columns:
    wait = units.start - onsets.after_end
    return Columns(
        "gap",
        units.speaker,
        _speaker_of(units, onsets.after),
        onsets.after_end,
        units.start,
        {"fto": wait},
    ).select(onsets.follows & (wait >= t.min_gap))


def _pauses(units: Units, t: Thresholds, wording: WordCues) -> Columns:
    c = units.candidates
    start, end = c.end[units.inner_before], c.start[units.inner_after]
    pick = ~units.covered & (end - start >= t.min_pause)
    before, after = units.inner_before[pick], units.inner_after[pick]
    start, end, speaker = start[pick], end[pick], c.speaker[before]
    listening = _begin_in(np.sort(c.start[units.backchannel]), start, end)
    for i in range(len(units.talk)):
        mine = speaker == i
        own = c.start[units.backchannel & (c.speaker == i)]
        listening[mine] -= _begin_in(own, start[mine], end[mine])
    return Columns(
        "pause",
        speaker,
        np.full(len(start), -1),
        start,
        end,
        {
            "fill": np.zeros(len(start), np.int64),
            "hesitation": wording.hesitation(before, after),
            "backchannels": np.where(listening > 0, listening, ABSENT),
        },
        {"fill": FILLS, "hesitation": TRUTH},
    )


def _filled_pauses(wording: WordCues) -> Columns:
    speaker, start, end = wording.filled_pauses()
    return Columns("filled_pause", speaker, np.full(len(start), -1), start, end)


def _overlaps(layer: Layer1) -> Columns:
    runs = layer.runs
    several: BoolArray = runs.active > 1
    opens = several & ~np.concatenate(([False], several[:-1]))
    closes = several & ~np.append(several[1:], [False])
    head = np.flatnonzero(opens)
    earlier = np.where(head > 0, runs.state[np.maximum(head - 1, 0)], 0)
    # The newcomer: the lowest bit that was not set before. The partner: the speaker before, or,
    # after silence, another newcomer.
    entering: Int64Array = runs.state[head] & ~earlier
    newcomer = entering & -entering
    there: Int64Array = np.where(earlier > 0, earlier, runs.state[head] & ~newcomer)
    kinds = CLASSES[3:5] + CLASSES[6:7]
    index = np.zeros(len(CLASSES), np.int64)
    index[[CLASSES.index(kind) for kind in kinds]] = np.arange(len(kinds))
    return Columns(
        "overlap",
        bit_index(newcomer),
        bit_index(np.bitwise_and(there, -there)),
        runs.start[head],
        runs.end[closes],
        {"class": index[runs.kind[head]]},
        {"class": kinds},
    )


def _holds_and_shifts(layer: Layer1, t: Thresholds) -> tuple[Columns, Columns]:
    single = layer.runs.active == 1
    start, end = layer.runs.start[single], layer.runs.end[single]
    tr = layer.transitions
    silence = tr.end - tr.start
    # Stretches in which one speaker is alone: single talk, joined across own pauses.
    apart = (tr.kind != PAUSE) | (silence > t.turn_pause)
    n = len(start)
    first, last = np.append([True], apart)[:n], np.append(apart, [True])[:n]
    stretch = np.cumsum(first) - 1
    since, until = start[first][stretch], end[last][stretch]
    pick = tr.of(PAUSE, GAP) & (silence >= t.hold_silence)
    pick &= tr.start - since[:-1] >= t.hold_before
    pick &= until[1:] - tr.end >= t.hold_after
    hold, shift = pick & (tr.kind == PAUSE), pick & (tr.kind == GAP)
    no_partner = np.full(len(tr.kind), -1)
    return (
        Columns("hold", tr.after, no_partner, tr.start, tr.end).select(hold),
        Columns("shift", tr.after, tr.before, tr.start, tr.end, {"fto": silence}).select(shift),
    )


def _speaker_of(units: Units, row: Int64Array) -> Int64Array:
    """Speaker of an IPU, -1 for row -1."""
    return np.append(units.candidates.speaker, [-1])[row]


def _begin_in(onsets: Int64Array, start: Int64Array, end: Int64Array) -> Int64Array:
    """How many of the sorted `onsets` lie in each [start, end)."""
    return np.searchsorted(onsets, end) - np.searchsorted(onsets, start)


def _sorted(c: Columns) -> Columns:
    return c.select(np.lexsort((c.partner, c.speaker, c.end, c.start)))


_BROKEN_OFF = ("-", "\u2013", "\u2014", "...", "\u2026")
_CLOSED = (".", "!", "?")


class WordCues:
    """Lexical cues at the edges of units and IPUs: completeness, hesitation, fillers.

    Args:
        units: the units.
        planned: whether `Utterance.unsaid` counts too.
    """

    def __init__(self, units: Units, *, planned: bool = False) -> None:
        self._units = units
        self._c = units.candidates
        self._planned = planned
        self._fillers = frozenset(self._c.rules.fillers)
        self._incomplete = frozenset(self._c.rules.incomplete)

    @cached_property
    def _known(self) -> bool:
        return bool(self._c.timeline.words) or self._planned

    def complete(self, rows: Int64Array) -> Int64Array:
        """For each IPU: 1 if its last words sound complete, 0 if not, `ABSENT` if that is not
        known.

        Not complete: the last word is a fragment, is written as broken off (a dash or dots at its
        end), or is one of `RuleSet.incomplete` without a full stop after it.
        """
        found = np.full(len(rows), ABSENT)
        if self._known:
            for i, row in enumerate(rows.tolist()):
                found[i] = self._complete(row)
        return found

    def hesitation(self, before: Int64Array, after: Int64Array) -> Int64Array:
        """For each pair of IPUs: 1 if the silence between is a hesitation, 0 if not, or `ABSENT`.

        A hesitation has a filler on either side, or something incomplete before it. The word after
        it is the first of those that end within the rule set's horizon.
        """
        found = np.full(len(before), ABSENT)
        if self._known:
            pairs = zip(before.tolist(), after.tolist(), strict=True)
            for i, (row, following) in enumerate(pairs):
                last, first = self._last_word(row), self._first_word(following)
                if last is not None:
                    found[i] = self._unfinished(*last) or self._filler(last[0])
                if first is not None:
                    found[i] = found[i] == 1 or self._filler(first)
        return found

    def filled_pauses(self) -> tuple[Int64Array, Int64Array, Int64Array]:
        """Speaker, start and end of each filler in a unit, as far as it lies in its IPU."""
        c = self._c
        found: list[tuple[int, int, int]] = []
        for speaker, talk in enumerate(self._units.talk):
            track = self._track(speaker)
            if track is None:
                continue
            for row in talk.row[c.last_word[talk.row] > c.first_word[talk.row]].tolist():
                for i in range(int(c.first_word[row]), int(c.last_word[row])):
                    if self._filler(track.texts[i]):
                        start = max(int(track.times[i, 0]), int(c.start[row]))
                        found.append((speaker, start, min(int(track.times[i, 1]), int(c.end[row]))))
        columns = np.array(found, np.int64).reshape(-1, 3)
        return columns[:, 0], columns[:, 1], columns[:, 2]

    def _complete(self, row: int) -> int:
        if self._planned and self._unsaid(row):
            return 0
        word = self._last_word(row)
        if word is None:
            return ABSENT
        return 0 if self._unfinished(*word) else 1

    def _unsaid(self, row: int) -> bool:
        """Whether a cut utterance of the speaker ends where the IPU does."""
        return (int(self._c.speaker[row]), int(self._c.end[row])) in self._cuts

    @cached_property
    def _cuts(self) -> frozenset[tuple[int, int]]:
        timeline = self._c.timeline
        return frozenset(
            (speaker, utterance.end)
            for speaker, name in enumerate(timeline.speakers)
            for utterance in timeline.utterances.get(name, ())
            if utterance.unsaid
        )

    def _track(self, speaker: int) -> WordTrack | None:
        return self._c.timeline.words.get(self._c.timeline.speakers[speaker])

    def _last_word(self, row: int) -> tuple[str, bool] | None:
        """The last word of an IPU, and whether it is a fragment."""
        track = self._track(int(self._c.speaker[row]))
        first, last = int(self._c.first_word[row]), int(self._c.last_word[row])
        if track is None or last <= first:
            return None
        return track.texts[last - 1], bool(track.fragment[last - 1])

    def _first_word(self, row: int) -> str | None:
        """The first word of an IPU, of those that end within the horizon after its beginning."""
        track = self._track(int(self._c.speaker[row]))
        if track is None:
            return None
        first, last = int(self._c.first_word[row]), int(self._c.last_word[row])
        soon = int(self._c.start[row]) + self._c.horizon
        return next((track.texts[i] for i in range(first, last) if track.times[i, 1] <= soon), None)

    def _unfinished(self, text: str, fragment: bool) -> bool:
        text = text.rstrip("\"'\u201d\u2019 ")
        if fragment or text.endswith(_BROKEN_OFF):
            return True
        return not text.endswith(_CLOSED) and bare_word(text) in self._incomplete

    def _filler(self, text: str) -> bool:
        return bare_word(text) in self._fillers
