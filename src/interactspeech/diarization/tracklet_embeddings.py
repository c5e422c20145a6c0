"""Voice embeddings of tracklets, which are split where the voice changes.

The segmentation network now and then takes two alike voices of a window for one. The embedding
network does not: pieces of one tracklet whose embeddings differ are two persons. So all that a
tracklet says alone is embedded, piece by piece, and the tracklet is cut into units of one voice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from interactspeech._typing import Float32Array, Int64Array
from interactspeech.diarization import clustering
from interactspeech.diarization.segmentation import LOCAL, Windows, frame_to_sample
from interactspeech.diarization.tracklets import Tracklets
from interactspeech.models import pyannet
from interactspeech.models.embeddings import SpeakerEncoder
from interactspeech.signal import pages
from interactspeech.signal.intervals import intervals, runs, union
from interactspeech.signal.pages import RATE, AudioSource

_FRAME_SECONDS = pyannet.STEP / RATE
#: Seconds of one piece of sound that is embedded, at most and at least.
_PIECE, _SHORTEST = 2.0, 0.4
#: Pieces of at least so many seconds tell whether a tracklet is one voice.
_TELLING = 0.9
#: Cosine of two pieces below which they may be two persons. Two-second pieces of AMI's mixed
#: headsets: 95 % of pairs of two persons are below 0.28, 95 % of those of one above 0.29.
_TWO_VOICES = 0.3
#: By how much more a piece must sound like another person.
_MARGIN = 0.05
#: Seconds of a window where a voice may change, and the price of a change (in cosines).
_GLANCE, _PRICE = 1.2, 0.3


@dataclass(frozen=True, eq=False)
class VoiceUnits:
    """Tracklets cut into stretches of one voice.

    Attributes:
        voices: embedding of each unit, ``(units, 192)``; zeros where there is none.
        seconds: of speech behind each, ``(units,)``.
        of: for each tracklet, the frames at which its units end, and its units.
        cannot_link: pairs of units that are two persons, ``(n, 2)``.
    """

    voices: Float32Array
    seconds: Float32Array
    of: tuple[tuple[Int64Array, Int64Array], ...]
    cannot_link: Int64Array

    def on(self, tracklet: int, frames: Int64Array) -> Int64Array:
        """The unit of a tracklet at each frame."""
        ends, units = self.of[tracklet]
        return units[np.minimum(np.searchsorted(ends, frames, side="right"), len(units) - 1)]


class TrackletEmbedder:
    """Embeds what tracklets say alone.

    Args:
        source: the recording; read in order of time.
        windows, tracklets: its segmentation.
        encoder: gives the embeddings.
    """

    def __init__(
        self, source: AudioSource, windows: Windows, tracklets: Tracklets, encoder: SpeakerEncoder
    ) -> None:
        self._source, self._tracklets, self._encoder = source, tracklets, encoder
        self._embedded: dict[tuple[int, int], Float32Array] = {}
        pieces = clean_pieces(windows, tracklets)
        self._embed(piece for mine in pieces for piece in mine)
        self._pieces = [[p for p in mine if p in self._embedded] for mine in pieces]

    def units(self) -> VoiceUnits:
        """Tracklets by the voices of their pieces; those that are clearly two persons are cut."""
        return self._united(
            [
                _split_in_two(*self._vectors(mine))
                if self._differ(mine)
                else np.zeros(len(mine), int)
                for mine in self._pieces
            ]
        )

    def again(self, units: VoiceUnits, persons: Int64Array, centres: Float32Array) -> VoiceUnits:
        """Units once more, now that it is known what the persons sound like.

        A tracklet one of whose pieces sounds like another person than the tracklet is listened to
        again in short windows that overlap: the sequence of persons that fits them best, where each
        change has a price, says where the voice changes (Viterbi's algorithm).
        """
        labels = []
        for tracklet, mine in enumerate(self._pieces):
            if not mine:
                labels.append(np.zeros(0, np.int64))
                continue
            vectors, length = self._vectors(mine)
            now = units.on(tracklet, np.array([(a + b) // 2 for a, b in mine]))
            theirs = np.maximum(persons[now], 0)
            alike = vectors @ centres.T
            own = np.take_along_axis(alike, theirs[:, None], axis=1)[:, 0]
            several = len(np.unique(theirs)) > 1
            if several or ((length >= _TELLING) & (alike.max(axis=1) - own > _MARGIN)).any():
                usual = int(np.bincount(theirs, length, len(centres)).argmax())
                self._pieces[tracklet], now = self._closer(mine, centres, usual)
            labels.append(np.unique(now, return_inverse=True)[1].astype(np.int64))
        return self._united(labels)

    def _closer(
        self, pieces: list[tuple[int, int]], centres: Float32Array, usual: int
    ) -> tuple[list[tuple[int, int]], Int64Array]:
        """A tracklet's speech cut where the voice changes, and the person of each piece."""
        found: list[tuple[int, int]] = []
        who: list[int] = []
        width, hop = round(_GLANCE / _FRAME_SECONDS), round(_GLANCE / 4 / _FRAME_SECONDS)
        for start, end in union(np.array(pieces, np.int64), 2).tolist():
            count = max(1, -(-(end - start - width) // hop) + 1)
            first = np.linspace(start, max(end - width, start), count).round().astype(int)
            windows = [(a, min(a + width, end)) for a in first.tolist()]
            self._embed(windows)
            windows = [window for window in windows if window in self._embedded]
            if not windows:
                continue
            vectors, _ = self._vectors(windows)
            alike = vectors @ centres.T
            alike[:, usual] += _MARGIN
            path = _best_path(alike, _PRICE)
            middle = [(a + b) // 2 for a, b in windows]
            changes = (np.flatnonzero(np.diff(path)) + 1).tolist()
            edges = [start, *((middle[i - 1] + middle[i]) // 2 for i in changes), end]
            for place, (low, high) in zip([0, *changes], pairwise(edges), strict=True):
                own = [v for v, m in zip(vectors, middle, strict=True) if low <= m < high]
                mean = np.mean(own or [vectors[place]], axis=0)
                self._embedded[low, high] = mean / max(float(np.linalg.norm(mean)), 1e-9)
                found.append((low, high))
                who.append(int(path[place]))
        return found, np.array(who, np.int64)

    def _vectors(self, pieces: list[tuple[int, int]]) -> tuple[Float32Array, Float32Array]:
        vectors = [self._embedded[piece] for piece in pieces]
        length = np.array([(b - a) * _FRAME_SECONDS for a, b in pieces], np.float32)
        return np.stack(vectors) if vectors else np.zeros((0, 192), np.float32), length

    def _embed(self, pieces: Iterable[tuple[int, int]]) -> None:
        for piece in sorted(set(pieces)):
            found = embedded(self._source, self._encoder, *piece, 0.9 * _SHORTEST)
            if found is not None:
                self._embedded[piece] = found

    def _differ(self, pieces: list[tuple[int, int]]) -> bool:
        telling = [
            self._embedded[p] for p in pieces if (p[1] - p[0]) * _FRAME_SECONDS >= _TELLING
        ]  # fmt: skip
        if len(telling) < 2:
            return False
        vectors = np.stack(telling)
        return bool((vectors @ vectors.T).min() < _TWO_VOICES)

    def _united(self, labels: list[Int64Array]) -> VoiceUnits:
        voices: list[Float32Array] = []
        seconds: list[float] = []
        of: list[tuple[Int64Array, Int64Array]] = []
        for mine, own in zip(self._pieces, labels, strict=True):
            if not mine:
                of.append((np.zeros(1, np.int64), np.array([len(voices)])))
                voices.append(np.zeros(192, np.float32))
                seconds.append(0.0)
                continue
            vectors, length = self._vectors(mine)
            of.append(_in_time(mine, own + len(voices)))
            voices += list(clustering.centroids(vectors, length, own))
            seconds += np.bincount(own, length).tolist()
        pairs = [
            (int(of[a][1][0]), int(of[b][1][0]))
            for a, b in self._tracklets.cannot_link().tolist()
            if len(of[a][1]) == 1 and len(of[b][1]) == 1
        ]
        return VoiceUnits(
            np.stack(voices) if voices else np.zeros((0, 192), np.float32),
            np.array(seconds, np.float32),
            tuple(of),
            np.array(pairs, np.int64).reshape(-1, 2),
        )


def embedded(
    source: AudioSource, encoder: SpeakerEncoder, first: int, last: int, least: float
) -> Float32Array | None:
    """The embedding of frames ``[first, last)``; None if shorter than `least` seconds or silent."""
    start, stop = frame_to_sample(np.array((first, last))).tolist()
    low = max(start * source.rate // RATE, 0)
    high = min(stop * source.rate // RATE, source.samples)
    sound = pages.at_rate(source.read(low, high), source.rate)[0]
    return encoder.embed(sound, RATE) if len(sound) >= least * RATE and sound.any() else None


def _best_path(alike: Float32Array, price: float) -> Int64Array:
    """The best sequence of persons, ``(windows,)``, for likenesses of ``(windows, persons)``."""
    score = alike[0].astype(np.float64)
    back = np.zeros(alike.shape, np.int64)
    stay = np.arange(alike.shape[1])
    for i in range(1, len(alike)):
        best = int(score.argmax())
        change = score[best] - price > score
        back[i] = np.where(change, best, stay)
        score = np.where(change, score[best] - price, score) + alike[i]
    path = [int(score.argmax())]
    for i in range(len(alike) - 1, 0, -1):
        path.append(int(back[i, path[-1]]))
    return np.array(path[::-1], np.int64)


def clean_pieces(windows: Windows, tracklets: Tracklets) -> list[list[tuple[int, int]]]:
    """For each tracklet the stretches (frames) in which it talks alone, none over `_PIECE`."""
    found: list[list[tuple[int, int]]] = [[] for _ in range(tracklets.count)]
    for number, start in enumerate(windows.starts.tolist()):
        active = windows.scores[number] >= 0.5
        alone = active & (active.sum(axis=1, keepdims=True) == 1)
        # Each stretch of sound is taken from the window in whose middle it is.
        low, high = _owned(windows, number)
        for speaker in range(LOCAL):
            tracklet = int(tracklets.of[number, speaker])
            if tracklet >= 0:
                mine = alone[:, speaker].copy()
                mine[:low] = False
                mine[high:] = False
                found[tracklet] += [(start + a, start + b) for a, b in runs(mine).tolist()]
    least = round(_SHORTEST / _FRAME_SECONDS)
    pieces = []
    for stretches in found:
        whole = union(intervals(stretches))
        pieces.append(
            [
                piece
                for start, end in whole.tolist()
                for piece in _cut(start, end)
                if piece[1] - piece[0] >= least
            ]
        )
    return pieces


def _cut(start: int, end: int) -> list[tuple[int, int]]:
    parts = max(1, -(-(end - start) // round(_PIECE / _FRAME_SECONDS)))
    edges = np.linspace(start, end, parts + 1).round().astype(int).tolist()
    return list(pairwise(edges))


def _owned(windows: Windows, number: int) -> tuple[int, int]:
    """Frames of a window nearer to its middle than to that of any other window."""
    length = windows.scores.shape[1]
    starts = windows.starts
    low = 0 if number == 0 else (length - int(starts[number] - starts[number - 1]) + 1) // 2
    last = number == len(starts) - 1
    high = length if last else (length + int(starts[number + 1] - starts[number]) + 1) // 2
    return max(low, 0), min(high, length)


def _split_in_two(vectors: Float32Array, length: Float32Array) -> Int64Array:
    """Voices of a tracklet's pieces; short pieces go to the nearest voice of long ones."""
    no_pairs = np.zeros((0, 2), np.int64)
    telling = np.flatnonzero(length >= _TELLING)
    labels = clustering.cluster(vectors[telling], length[telling], no_pairs)
    centres = clustering.centroids(vectors[telling], length[telling], labels)
    out = (vectors @ centres.T).argmax(axis=1).astype(np.int64)
    out[telling] = labels
    return np.unique(out, return_inverse=True)[1].astype(np.int64)


def _in_time(pieces: list[tuple[int, int]], ids: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Where units end, half-way between pieces of different voices, and which they are."""
    ends: list[int] = []
    order: list[int] = []
    for (_, end), (start, _), now, then in zip(pieces, pieces[1:], ids, ids[1:], strict=False):
        if now != then:
            ends.append((end + start) // 2)
            order.append(int(now))
    return np.array([*ends, pieces[-1][1]], np.int64), np.array([*order, int(ids[-1])], np.int64)
