"""Batches for training: sampled, augmented, stacked; the n-th depends on the seed and n only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from interactspeech._typing import Float32Array, Int8Array
from interactspeech.listener.model import BINS
from interactspeech.seeds import generator
from interactspeech.signal.log_mel import BANDS, RATE, STEP
from interactspeech.training.listener.augmentation import Augmenter, Conditions
from interactspeech.training.listener.preparation import PreparedCorpus

_SECOND = RATE / STEP


@dataclass(frozen=True, eq=False)
class Batch:
    """Of `batch` examples of `steps` steps, two sides each.

    Attributes:
        mel: ``(batch, 2, steps, 160)``.
        mixed: ``(batch,)``, 1.0 where both sides are one mixed channel.
        active: ``(batch, 2, steps, 2)``, by half steps, later by the lookahead.
        kind: ``(batch, 2, steps)``, values of `Targets.kind`; later likewise.
        future: ``(batch, 2, steps, 4)``, share of each bin of the future that is talk.
        known: ``(batch, 2, steps, 4)``, whether the bin lies inside the example.
    """

    mel: Float32Array
    mixed: Float32Array
    active: Float32Array
    kind: Int8Array
    future: Float32Array
    known: Float32Array


class Batches:
    """All batches of a training run.

    Args:
        data: prepared corpora.
        conditions: of the augmentation.
        seed: of sampling and augmentation.
        size: examples a batch.
        seconds: of an example.
        lookahead: steps by which targets of activity and feedback lag behind the sound.
        hours: use only so much of the data (for learning curves); all where it is None.
    """

    def __init__(
        self,
        data: Sequence[PreparedCorpus],
        conditions: Conditions,
        *,
        seed: int,
        size: int,
        seconds: float,
        lookahead: int,
        hours: float | None = None,
    ) -> None:
        self._conditions, self._seed, self._size = conditions, seed, size
        self._steps, self._lookahead = round(seconds * _SECOND), lookahead
        places = [(p, i, e.steps) for p in data for i, e in enumerate(p.index.entries)]
        if hours is not None:
            order = generator(seed, "hours").permutation(len(places))
            total = np.cumsum([places[i][2] for i in order]) * STEP / RATE / 3600
            places = [places[i] for i in order[: int(np.searchsorted(total, hours)) + 1]]
        self._places = places
        # Long dialogues have more to say, and every dialogue has a beginning and an end.
        weight = np.array([steps for _, _, steps in places], np.float64)
        self._weight = weight / weight.sum()

    @property
    def hours(self) -> float:
        """Of two-track speech behind the batches."""
        return sum(steps for _, _, steps in self._places) * STEP / RATE / 3600

    def __getitem__(self, n: int) -> Batch:
        rng = generator(self._seed, "batch", n)
        augment = Augmenter(self._conditions, rng)
        found = [self._example(rng, augment) for _ in range(self._size)]
        return stack(*zip(*found, strict=True), lookahead=self._lookahead)

    def _example(
        self, rng: np.random.Generator, augment: Augmenter
    ) -> tuple[Float32Array, Int8Array, Int8Array, bool]:
        prepared, i, total = self._places[int(rng.choice(len(self._places), p=self._weight))]
        wanted = int(self._steps * self._conditions.speed[1]) + 2
        # Some examples begin before the dialogue does, most inside it.
        start = int(rng.integers(0, max(1, total - self._steps // 2)))
        example = prepared.cut(i, start, min(start + wanted, total))
        other, j, length = self._places[int(rng.integers(len(self._places)))]
        begin = int(rng.integers(0, max(1, length - 250)))
        babble = other.cut(j, begin, min(begin + 250, length)).features
        if rng.random() < 0.5:  # the order of the sides carries no information
            example = type(example)(
                example.features[::-1], example.active[::-1], example.kind[::-1]
            )
        mel, goal, mixed = augment(
            example, self._steps, babble.reshape(-1, BANDS).astype(np.float32)
        )
        return mel, goal.active, goal.kind, mixed


def stack(
    mel: Sequence[Float32Array],
    active: Sequence[Int8Array],
    kind: Sequence[Int8Array],
    mixed: Sequence[bool],
    *,
    lookahead: int,
) -> Batch:
    """A batch of examples of one length, with targets moved to where the network gives them."""
    talk = np.stack(active).astype(np.float32)
    batch, sides, halves = talk.shape
    steps = halves // 2
    late = np.zeros_like(talk)
    late[..., 2 * lookahead :] = talk[..., : halves - 2 * lookahead]
    judged = np.full((batch, sides, steps), -1, np.int8)
    judged[..., lookahead:] = np.stack(kind)[..., : steps - lookahead]
    total = np.concatenate((np.zeros((batch, sides, 1)), talk.cumsum(-1, np.float64)), axis=-1)
    future = np.zeros((batch, sides, steps, len(BINS)), np.float32)
    known = np.zeros_like(future)
    now = 2 * np.arange(1, steps + 1)  # the step itself is past
    for b, (near, far) in enumerate(BINS):
        low, high = (now + round(t * 2 * _SECOND) for t in (near, far))
        inside = high <= halves
        known[..., b] = inside
        low, high = np.minimum(low, halves), np.minimum(high, halves)
        future[..., b] = (total[..., high] - total[..., low]) / np.maximum(high - low, 1)
    return Batch(
        mel=np.stack(mel),
        mixed=np.array(mixed, np.float32),
        active=late.reshape(batch, sides, steps, 2),
        kind=judged,
        future=future,
        known=known,
    )
