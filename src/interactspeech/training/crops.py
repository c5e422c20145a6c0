"""Crops of a corpus as an endless stream for PyTorch, shared out between ranks and workers."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from itertools import count, islice
from typing import Any

from interactspeech.corpus.crops import Crop, Crops
from interactspeech.errors import MissingExtraError

try:
    from torch.utils.data import IterableDataset, get_worker_info
except ImportError:
    raise MissingExtraError("torch", "train", "A stream of crops") from None


class CropStream(IterableDataset[Crop]):
    """Crops in the order of their epochs, one epoch after the other.

    Each crop of an epoch goes to one worker of one rank, whatever their number. Give it to a
    DataLoader with ``collate_fn=interactspeech.corpus.collate``. Every iteration begins with the
    epoch that `crops` has then (`Crops.set_epoch`).

    Args:
        crops: what is streamed.
        epochs: end after so many; None: never.
        rank, ranks: this process and how many train together, each with as many workers.

    Raises:
        ValueError: `rank` is not in ``[0, ranks)``, or `epochs` is not positive.
    """

    def __init__(
        self, crops: Crops, epochs: int | None = None, rank: int = 0, ranks: int = 1
    ) -> None:
        if not 0 <= rank < ranks:
            raise ValueError(f"rank {rank} of {ranks}")
        if epochs is not None and epochs < 1:
            raise ValueError(f"{epochs} epochs")
        self.crops, self.epochs, self.rank, self.ranks = crops, epochs, rank, ranks

    def __iter__(self) -> Iterator[Any]:
        info = get_worker_info()
        worker, workers = (0, 1) if info is None else (info.id, info.num_workers)
        first, step = self.rank * workers + worker, self.ranks * workers
        crops = copy(self.crops)  # whose epoch is this iteration's own
        epochs = count(crops.epoch)
        for epoch in epochs if self.epochs is None else islice(epochs, self.epochs):
            crops.set_epoch(epoch)
            yield from (crops[index] for index in range(first, len(crops), step))
