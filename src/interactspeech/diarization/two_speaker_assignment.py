"""Assignment of pieces of speech to two speakers at most, by voices, windows and neighbours.

Segmentation separates two similar voices in seven windows of ten; what it calls one speaker may be
both, but what it calls two speakers nearly always is. The voices themselves tell more, as soon as
it is known how they sound. So talk is cut into short pieces, and the assignment is looked for that
explains all of them best at once:

- *voices*: a piece's embedding is its person's voice, the weaker the shorter the piece, plus noise.
  Each person's voice is unknown and integrated out (the two-covariance model that PLDA and VBx rest
  on: Brümmer & de Villiers, Odyssey 2010; Landini et al., Computer Speech & Language 2022). That a
  second person is there has its price, and must explain more the longer one has listened: most
  who talk alone stay one.
- *windows*: where a window finds two speakers, they are the two persons; where it finds one, that
  is a hint.
- *time*: talk that goes on without a break is likely to go on by the same person.

The best assignment is found from several beginnings, by changing pieces as long as that helps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from interactspeech._typing import Float64Array, FloatingArray, Int64Array
from interactspeech.diarization.segmentation import FRAME_SECONDS, LOCAL, Windows

PERSONS = 2
#: Seconds of speech, and the cosine of the embedding of so much to that of its voice. CAM++ on
#: 1,300 stretches by eleven voices of hibari.
_SECONDS = np.array([0.2, 0.325, 0.5, 0.7, 1.0, 1.6, 2.5])
_LIKENESS = np.array([0.25, 0.37, 0.5, 0.62, 0.75, 0.87, 0.95])
#: Free dimensions of an embedding, and how much of a second voice's price is asked. These and
#: the next were chosen on dialogues by voices and of texts that no benchmark holds.
_DIMENSIONS, _PRICE = 60.0, 0.35
#: Log odds of the evidence of a window that finds two speakers, and of one that finds one.
_TWO, _ONE = 2.0, 0.5
#: Log odds that talk without a break goes on by the same person; seconds of no break.
_GOES_ON, _BREAK = 1.5, 0.05
#: Seconds of talk for which a window counts a speaker; of a piece whose window has full weight.
_HEARD, _FULL = 0.15, 0.5
#: A piece is in a window with so much of it, and has a speaker there from this probability on.
_INSIDE, _ACTIVE = 0.6, 0.4
#: That there are two is taken on trust for so many seconds of talk; beyond, they must explain so
#: many nats a second more than one does. One voice is never quite the same: in half a minute of it,
#: two explain 0.24 nats more a second (one time in twenty 1.4); of two voices 4.7 (1.9).
_TRUSTED, _DOUBT = 8.0, 1.25
#: Pieces are changed in so many groups one after the other; rounds at most.
_GROUPS, _ROUNDS = 64, 30


@dataclass(frozen=True, eq=False)
class WindowEvidence:
    """What windows say of pieces, a row for each piece in each window.

    Attributes:
        window, piece, speaker: numbers, ``(n,)``; the speaker is the window's own, of `LOCAL`.
        weight: how much the row counts, ``(n,)``; at most one for all rows of a piece.
        windows: how many there are.
    """

    window: Int64Array
    piece: Int64Array
    speaker: Int64Array
    weight: Float64Array
    windows: int


def window_evidence(windows: Windows, pieces: Int64Array) -> WindowEvidence:
    """What each window says of the pieces that lie in it."""
    rows: list[tuple[int, int, int]] = []
    length = windows.scores.shape[1]
    for number, start in enumerate(windows.starts.tolist()):
        total = np.zeros((length + 1, LOCAL))
        np.cumsum(windows.scores[number], axis=0, dtype=np.float64, out=total[1:])
        first = int(np.searchsorted(pieces[:, 1], start, side="right"))
        last = int(np.searchsorted(pieces[:, 0], start + length))
        for piece in range(first, last):
            a, b = pieces[piece].tolist()
            low, high = max(a - start, 0), min(b - start, length)
            if high - low >= _INSIDE * (b - a):
                mean = (total[high] - total[low]) / (high - low)
                if mean.max() > _ACTIVE:
                    rows.append((number, piece, int(mean.argmax())))
    window, piece_of, speaker = np.array(rows, np.int64).reshape(-1, 3).T
    cover = np.maximum(np.bincount(piece_of, minlength=len(pieces)), 1)
    seconds = (pieces[:, 1] - pieces[:, 0]) * FRAME_SECONDS
    weight = np.clip(seconds / _FULL, 0.2, 1.0) / cover
    return WindowEvidence(window, piece_of, speaker, weight[piece_of], len(windows.starts))


class TwoSpeakerAssignment:
    """Finds the best assignment of pieces to two persons.

    Args:
        pieces: frames, ``(n, 2)``, in order of time; of one person each.
        voices: their embeddings, ``(n, size)``, of length one; zeros where there is none.
        said: what windows say of them.
    """

    def __init__(self, pieces: Int64Array, voices: FloatingArray, said: WindowEvidence) -> None:
        self._seconds = (pieces[:, 1] - pieces[:, 0]) * FRAME_SECONDS
        self._voices = np.asarray(voices, np.float64)
        like = np.interp(self._seconds, _SECONDS, _LIKENESS) * self._voices.any(axis=1)
        # x = like * voice + noise of variance (1 - like^2) / size: weights of the sufficient sums.
        self._vector = self._voices * (like / (1 - like**2))[:, None]
        self._weight = like**2 / (1 - like**2)
        self._said = said
        gap = (pieces[1:, 0] - pieces[:-1, 1]) * FRAME_SECONDS
        self._bond = np.where(gap < _BREAK, _GOES_ON, 0.0)

    def solve(self) -> Int64Array:
        """The person of each piece, 0 or 1, ``(n,)``; all are 0 where only one voice is found."""
        count = len(self._seconds)
        if not count:
            return np.zeros(0, np.int64)
        found = [self._improved(first) for first in self._beginnings()]
        best = max(found, key=self.score)
        asked = _DOUBT * max(float(self._seconds.sum()) - _TRUSTED, 0.0)
        if self.score(best) - self.score(np.zeros_like(best)) < asked:
            return np.zeros_like(best)
        return best if best.sum() * 2 <= count else 1 - best

    def score(self, persons: Int64Array) -> float:
        """How well an assignment explains everything, in nats up to a constant."""
        own = self._of_windows(persons)[np.arange(len(persons)), persons].sum()
        bonds = self._bond[persons[1:] == persons[:-1]].sum()
        voices = sum(
            float(_evidence(self._vector[who].sum(axis=0), self._weight[who].sum()))
            for who in (persons == person for person in range(PERSONS))
        )
        return float(voices + own + bonds)

    def _beginnings(self) -> Iterator[Int64Array]:
        """One person; the main direction in which voices differ; the least alike of long pieces;
        what the first windows with two speakers say.
        """
        voices = self._voices
        yield np.zeros(len(voices), np.int64)
        share = self._seconds * voices.any(axis=1)
        if not share.any():
            return
        centred = voices - (share @ voices) / share.sum()
        main = np.linalg.eigh(centred.T @ (centred * share[:, None]))[1][:, -1]
        yield (centred @ main > 0).astype(np.int64)
        longest = np.argsort(-share, kind="stable")[:12]
        alike = voices[longest] @ voices[longest].T
        one, other = np.tril_indices(len(longest), -1)
        for i in np.argsort(alike[one, other], kind="stable")[:6].tolist():
            difference = voices[longest[other[i]]] - voices[longest[one[i]]]
            yield (voices @ difference > 0).astype(np.int64)
        said, used = self._said, 0
        for window in np.unique(said.window).tolist():
            rows = said.window == window
            sums = np.zeros((LOCAL, voices.shape[1]))
            np.add.at(sums, said.speaker[rows], self._vector[said.piece[rows]])
            talk = np.bincount(said.speaker[rows], self._seconds[said.piece[rows]], LOCAL)
            one_, other_ = np.argsort(-talk, kind="stable")[:PERSONS].tolist()
            if talk[other_] > 0:
                centres = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
                yield (voices @ (centres[other_] - centres[one_]) > 0).astype(np.int64)
                used += 1
            if used == 4:
                return

    def _improved(self, persons: Int64Array) -> Int64Array:
        """Change pieces as long as that helps, long ones first."""
        persons = persons.copy()
        count = len(persons)
        order = np.argsort(-self._seconds, kind="stable")
        # Neighbours in time never change together: each would leave for where the other was.
        groups = [
            part[part % 2 == odd]
            for part in np.array_split(order, min(count, _GROUPS))
            for odd in range(2)
        ]
        for _ in range(_ROUNDS):
            changed = False
            said = self._of_windows(persons)
            prefer = said[:, 1] - said[:, 0]
            sums = np.stack([self._vector[persons == p].sum(axis=0) for p in range(PERSONS)])
            weights = np.array([self._weight[persons == p].sum() for p in range(PERSONS)])
            for group in groups:
                own = persons[group]
                sign = 1 - 2 * own
                vector, weight = self._vector[group], self._weight[group]
                now = _evidence(sums, weights).sum()
                less = _evidence(sums[own] - vector, weights[own] - weight)
                more = _evidence(sums[1 - own] + vector, weights[1 - own] + weight)
                gain = less + more - now + sign * prefer[group] + self._bonded(persons, group)
                flip = gain > 1e-9
                if not flip.any():
                    continue
                changed = True
                for p in range(PERSONS):
                    leaves = flip & (own == p)
                    sums[p] -= vector[leaves].sum(axis=0)
                    sums[1 - p] += vector[leaves].sum(axis=0)
                    weights[p] -= weight[leaves].sum()
                    weights[1 - p] += weight[leaves].sum()
                persons[group[flip]] = 1 - own[flip]
            if not changed:
                break
        return persons

    def _bonded(self, persons: Int64Array, group: Int64Array) -> Float64Array:
        """What neighbours in time have against each piece's staying with its person."""
        gain = np.zeros(len(group))
        after, before = group < len(persons) - 1, group > 0
        for there, step, bond in ((after, 1, 0), (before, -1, -1)):
            who = group[there]
            differs = persons[who + step] != persons[who]
            gain[there] += self._bond[who + bond] * np.where(differs, 1.0, -1.0)
        return gain

    def _of_windows(self, persons: Int64Array) -> Float64Array:
        """Log odds of each piece for either person, by windows, ``(n, 2)``.

        Which of a window's speakers is which person is what fits most of the assigned talk.
        """
        said = self._said
        talk = np.zeros((said.windows, LOCAL, PERSONS))
        np.add.at(talk, (said.window, said.speaker, persons[said.piece]), self._seconds[said.piece])
        total = talk.sum(axis=2)
        several = (total > _HEARD).sum(axis=1) >= PERSONS
        who = talk.argmax(axis=2)
        most = np.argsort(-total, axis=1, kind="stable")[:, :PERSONS]
        rows = np.arange(said.windows)
        one, other = talk[rows, most[:, 0]], talk[rows, most[:, 1]]
        swapped = (one[:, 0] + other[:, 1] < one[:, 1] + other[:, 0]).astype(np.int64)
        who[rows[several], most[several, 0]] = swapped[several]
        who[rows[several], most[several, 1]] = 1 - swapped[several]
        strength = np.where(several, _TWO, _ONE)[said.window] * said.weight
        found = np.zeros((len(persons), PERSONS))
        np.add.at(found, (said.piece, who[said.window, said.speaker]), strength)
        return found


def _evidence(sums: Float64Array, weights: Float64Array | float) -> Float64Array:
    """Log evidence that pieces are one person's, the voice integrated out; ``(...)``.

    Args:
        sums: of the pieces' embeddings, each times like / (1 - like^2); ``(..., size)``.
        weights: of like^2 / (1 - like^2), ``(...)``.
    """
    total = np.maximum(weights, 0.0)
    fit = (sums * sums).sum(axis=-1) / (1.0 + total)
    return np.asarray(0.5 * _DIMENSIONS * (fit - _PRICE * np.log1p(total)))
