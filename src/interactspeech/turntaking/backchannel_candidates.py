"""Backchannel candidates: the features that distinguish feedback from a turn.

Every IPU of every speaker is a candidate. Its features look at most `horizon` ahead and back, so
that the same decision can be taken on a live conversation.

```
   partner X   ##################      resumes ->    ########
   candidate Y        since <-#####    after ->
                              s    e
```
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from interactspeech._typing import BoolArray, Int64Array
from interactspeech.lexicon.feedback import feedback_kind
from interactspeech.turntaking.activity import Layer1
from interactspeech.turntaking.rules import RuleSet
from interactspeech.turntaking.timeline import Timeline

#: Values of `Candidates.feedback` above 0.
FEEDBACK_KINDS: Final = ("continuer", "acknowledgement", "reaction")

_NEVER: Final = np.iinfo(np.int64).max // 4


@dataclass(frozen=True, eq=False)
class Candidates:
    """IPUs and their features; one row an IPU, by speaker, then by time.

    All arrays have shape ``(n,)``; times and lengths are samples. "Capped" lengths are at most
    `horizon`, which also stands for "not within the horizon".

    The **partner** is the other who holds the floor when the candidate starts: whose last talk
    (IPUs that look like feedback themselves left out) started before it, is still going on or ended
    at most `turn_pause` ago, and later than the candidate's own speaker's last talk. Of several,
    a speaker who is talking takes precedence over one who pauses, then the one who has talked
    longest or paused last.

    Attributes:
        timeline, layer1, rules: what they were computed from.
        horizon: the cap.
        speaker: index of the speaker.
        start, end: of the IPU.
        before, after: own silence on either side, capped.
        first_word, last_word: the IPU's words in `timeline.words`, as a half-open range of indexes
            (a word belongs to the IPU that holds its middle).
        feedback: what its words are: -1 not known, 0 not (all) feedback, 1 continuer,
            2 acknowledgement, 3 reaction.
        isolated: no longer than `backchannel_max`, with own silence of `isolation` on either side.
        partner: index of the partner, -1 if no other speaker holds the floor. The columns below
            hold for a candidate with a partner; for one without they are 0 (`resumes`: the cap).
        partner_talking: the partner talks when the candidate starts.
        since: how long the partner has talked (or paused) at the start, capped.
        left: how much longer the partner's IPU goes on after the start (0 if pausing), capped.
        partner_talking_at_end: the partner talks when the candidate ends.
        resumes: from the candidate's end to the partner's next onset, capped; 0 if talking then.
        next_length: what the partner then says: length of that IPU (what is left of it after the
            candidate's end) within the horizon.
        goes_on: the partner talks at the end, or goes on within `turn_pause` and before the
            candidate's speaker says anything else.
    """

    timeline: Timeline
    layer1: Layer1
    rules: RuleSet
    horizon: int
    speaker: Int64Array
    start: Int64Array
    end: Int64Array
    before: Int64Array
    after: Int64Array
    first_word: Int64Array
    last_word: Int64Array
    feedback: Int64Array
    isolated: BoolArray
    partner: Int64Array
    partner_talking: BoolArray
    since: Int64Array
    left: Int64Array
    partner_talking_at_end: BoolArray
    resumes: Int64Array
    next_length: Int64Array
    goes_on: BoolArray

    def __len__(self) -> int:
        return len(self.start)

    @property
    def length(self) -> Int64Array:
        """Length of each IPU."""
        return self.end - self.start

    def words(self, i: int) -> tuple[str, ...]:
        """The words of one candidate, as written; () where none are known."""
        name = self.timeline.speakers[int(self.speaker[i])]
        track = self.timeline.words.get(name)
        if track is None:
            return ()
        return track.texts[int(self.first_word[i]) : int(self.last_word[i])]


#: Decides for each candidate whether it is a backchannel: shape ``(n,)``. A decision must depend on
#: the candidate's own row and words only, so that it is the same on a live conversation.
Decision = Callable[[Candidates], BoolArray]


def default_decision(candidates: Candidates) -> BoolArray:
    """The framework's default rule: short and isolated, of feedback words where words are known,
    while another speaker holds the floor and goes on.
    """
    c = candidates
    decided: BoolArray = c.isolated & (c.feedback != 0) & (c.partner >= 0) & c.goes_on
    return decided


def candidates(timeline: Timeline, layer: Layer1, rules: RuleSet) -> Candidates:
    """The candidates of a conversation."""
    t = rules.at(timeline.rate)
    count = [len(unit) for unit in layer.ipus]
    rows = np.concatenate([np.zeros((0, 2), np.int64), *layer.ipus])
    speaker = np.repeat(np.arange(len(count)), count)
    start, end = rows[:, 0], rows[:, 1]
    before, after = own_silences(speaker, start, end)
    first, last, feedback = _words(timeline, layer, rules)
    isolated = (end - start <= t.backchannel_max) & (before >= t.isolation) & (after >= t.isolation)
    like = isolated & (feedback != 0)

    n = len(rows)
    partner = np.full(n, -1)
    p_start, p_end = np.zeros(n, np.int64), np.zeros(n, np.int64)
    edges = np.concatenate(([0], np.cumsum(count)))
    slices = [slice(a, b) for a, b in pairwise(edges.tolist())]
    talk = [rows[s][~like[s]] for s in slices]
    for y, mine in enumerate(slices):
        onset = start[mine]
        own_end = _last_before(talk[y], onset)[1]
        for x in range(len(count)):
            if x == y or len(talk[x]) == 0:
                continue
            x_start, x_end = _last_before(talk[x], onset)
            holds = (x_end >= onset - t.turn_pause) & ((x_end > onset) | (x_end > own_end))
            better = holds & (partner[mine] < 0)
            rival = holds & (partner[mine] >= 0)
            talking, was_talking = x_end > onset, p_end[mine] > onset
            better |= rival & talking & (~was_talking | (x_start < p_start[mine]))
            better |= rival & ~talking & ~was_talking & (x_end > p_end[mine])
            partner[mine] = np.where(better, x, partner[mine])
            p_start[mine] = np.where(better, x_start, p_start[mine])
            p_end[mine] = np.where(better, x_end, p_end[mine])

    # The partner's next IPU: the first that ends after the candidate's end.
    n_start, n_end = np.full(n, _NEVER), np.full(n, _NEVER)
    for x, unit in enumerate(layer.ipus):
        mine = partner == x
        if not mine.any():
            continue
        padded = np.append(unit, [[_NEVER, _NEVER]], axis=0)
        following = padded[np.searchsorted(unit[:, 1], end[mine], side="right")]
        n_start[mine], n_end[mine] = following[:, 0], following[:, 1]

    held = partner >= 0
    h = t.horizon
    talking = held & (p_end > start)
    resumes = np.where(held, np.maximum(n_start - end, 0), _NEVER)
    goes_on = (resumes <= t.turn_pause) & (resumes < after)
    next_length = np.minimum(n_end, end + h) - np.maximum(n_start, end)
    return Candidates(
        timeline=timeline,
        layer1=layer,
        rules=rules,
        horizon=h,
        speaker=speaker,
        start=start,
        end=end,
        before=np.minimum(before, h),
        after=np.minimum(after, h),
        first_word=first,
        last_word=last,
        feedback=feedback,
        isolated=isolated,
        partner=partner,
        partner_talking=talking,
        since=np.where(held, np.minimum(start - np.where(talking, p_start, p_end), h), 0),
        left=np.where(talking, np.minimum(p_end - start, h), 0),
        partner_talking_at_end=held & (n_start < end),
        resumes=np.minimum(resumes, h),
        next_length=np.where(held, np.maximum(next_length, 0), 0),
        goes_on=goes_on,
    )


def own_silences(
    speaker: Int64Array, start: Int64Array, end: Int64Array
) -> tuple[Int64Array, Int64Array]:
    """Silence of the same speaker before and after each IPU (rows by speaker, then time); without
    bound before the first and after the last.
    """
    between = np.where(speaker[1:] == speaker[:-1], start[1:] - end[:-1], _NEVER)
    return np.append([_NEVER], between)[: len(start)], np.append(between, [_NEVER])[: len(start)]


def _last_before(units: Int64Array, onset: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Start and end of the last of `units` that starts before each onset; -_NEVER for none."""
    padded = np.concatenate(([[-_NEVER, -_NEVER]], units))
    found = padded[np.searchsorted(units[:, 0], onset, side="left")]
    return found[:, 0], found[:, 1]


def _words(
    timeline: Timeline, layer: Layer1, rules: RuleSet
) -> tuple[Int64Array, Int64Array, Int64Array]:
    """For each IPU: the range of its words, and what they are (see `Candidates.feedback`)."""
    first, last, feedback = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], []
    lists = (rules.continuers, rules.acknowledgements, rules.reactions)
    for name, unit in zip(layer.speakers, layer.ipus, strict=True):
        track = timeline.words.get(name)
        code = np.full(len(unit), -1)
        if track is None or len(track) == 0:
            a = b = np.zeros(len(unit), np.int64)
        else:
            middle = track.times.sum(axis=1)  # doubled, so that it stays whole
            a = np.searchsorted(middle, 2 * unit[:, 0], side="left")
            b = np.searchsorted(middle, 2 * unit[:, 1], side="left")
        if track is not None and any(lists):  # without phrases no word says anything
            for i in np.flatnonzero(b > a):
                found = feedback_kind(track.texts[a[i] : b[i]], *lists)
                code[i] = FEEDBACK_KINDS.index(found) + 1 if found else 0
        first.append(a)
        last.append(b)
        feedback.append(code)
    return (
        np.concatenate(first),
        np.concatenate(last),
        np.concatenate([np.zeros(0, np.int64), *feedback]),
    )
