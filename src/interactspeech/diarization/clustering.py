"""Agglomerative clustering of voice embeddings into persons, with cannot-link pairs.

Average linkage on the cosine of embeddings, each tracklet weighing as much as it has speech. Two
tracklets of one window are two persons, and so are clusters that hold such a pair. Tracklets with
too little speech of their own to have a voice are put in afterwards, where they fit and may be.
"""

from __future__ import annotations

import numpy as np

from interactspeech._typing import Float32Array, Int64Array

#: Cosine from which two clusters are one person, where their number is not known.
ONE_PERSON = 0.45
#: A person has at least so much of the speech, or so many seconds, where the number is not known.
_LEAST_SHARE, _LEAST_SECONDS = 0.02, 1.5


def cluster(
    embeddings: Float32Array,
    seconds: Float32Array,
    cannot_link: Int64Array,
    speakers: int | None = None,
    threshold: float = ONE_PERSON,
) -> Int64Array:
    """The cluster of each embedding, ``(n,)``, numbered from 0.

    Args:
        embeddings: shape ``(n, size)``, of length one.
        seconds: of speech behind each, ``(n,)``.
        cannot_link: pairs that are two persons, ``(m, 2)``.
        speakers: how many clusters there shall be; as many as there are voices if None.
        threshold: cosine above which clusters are joined, where `speakers` is None.
    """
    count = len(embeddings)
    if not count:
        return np.zeros(0, np.int64)
    labels = np.arange(count)
    weight = np.asarray(seconds, np.float64).copy()
    likeness = (embeddings @ embeddings.T).astype(np.float64)
    forbidden = np.zeros((count, count), np.bool_)
    forbidden[cannot_link[:, 0], cannot_link[:, 1]] = True
    forbidden[cannot_link[:, 1], cannot_link[:, 0]] = True
    np.fill_diagonal(forbidden, val=True)
    alive = np.ones(count, np.bool_)
    free = np.where(forbidden, -np.inf, likeness)
    best = free.argmax(axis=1)
    left = count
    while left > (speakers or 1):
        highest = free[np.arange(count), best]
        highest[~alive] = -np.inf
        one = int(highest.argmax())
        if highest[one] == -np.inf or (speakers is None and highest[one] < threshold):
            break
        other = int(best[one])
        total = weight[one] + weight[other]
        merged = (weight[one] * likeness[one] + weight[other] * likeness[other]) / total
        likeness[one], likeness[:, one] = merged, merged
        weight[one] = total
        forbidden[one] |= forbidden[other]
        forbidden[:, one] |= forbidden[:, other]
        alive[other] = False
        labels[labels == other] = one
        free[one] = np.where(forbidden[one] | ~alive, -np.inf, likeness[one])
        free[:, one] = free[one]
        free[other], free[:, other] = -np.inf, -np.inf
        stale = alive & ((best == one) | (best == other))
        stale[one] = True
        best[stale] = free[stale].argmax(axis=1)
        better = alive & (free[:, one] > free[np.arange(count), best])
        best[better] = one
        left -= 1
    labels = _numbered(labels)
    if speakers is not None and labels.max() + 1 > speakers:
        return _nearest(embeddings, seconds, labels, speakers)
    if speakers is None:
        return _nearest(embeddings, seconds, labels, _persons(labels, seconds))
    return labels


def _persons(labels: Int64Array, seconds: Float32Array) -> int:
    """How many clusters have enough speech to be a person."""
    speech = np.bincount(labels, seconds)
    enough = min(_LEAST_SECONDS, float(speech.max()))
    return int((speech >= max(_LEAST_SHARE * speech.sum(), enough)).sum()) or 1


def _nearest(
    embeddings: Float32Array, seconds: Float32Array, labels: Int64Array, keep: int
) -> Int64Array:
    """The `keep` largest clusters; members of the others go to the nearest of them."""
    speech = np.bincount(labels, seconds)
    if len(speech) <= keep:
        return labels
    largest = np.argsort(-speech, kind="stable")[:keep]
    centres = centroids(embeddings, seconds, labels)[largest]
    nearest = (embeddings @ centres.T).argmax(axis=1)
    place = {int(cluster): i for i, cluster in enumerate(largest)}
    return np.array(
        [place.get(int(c), int(n)) for c, n in zip(labels, nearest, strict=True)], np.int64
    )


def centroids(embeddings: Float32Array, seconds: Float32Array, labels: Int64Array) -> Float32Array:
    """Mean embedding of each cluster, of length one; shape ``(clusters, size)``."""
    out = np.zeros((int(labels.max()) + 1, embeddings.shape[1]), np.float32)
    np.add.at(out, labels, embeddings * seconds[:, None])
    return np.asarray(out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9))


def _numbered(labels: Int64Array) -> Int64Array:
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)
