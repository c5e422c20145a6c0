"""What goes into a build: dialogues in order, cut into shards, with the losses beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

import msgspec

from interactspeech.errors import InputError
from interactspeech.pipelines.building.settings import LARGE_SHARD, BuildSettings, shard_size
from interactspeech.records import PlainDialogue, Script
from interactspeech.scripts import DEMO, demo_dialogues
from interactspeech.scripts.readers.hf_datasets import PREFIX

Source = PlainDialogue | Script

#: Dialogues that are read before the first shard, to learn whether the build is a small one.
_PEEK = 8 * LARGE_SHARD


class InputLoss(msgspec.Struct, frozen=True):
    """An input that could not be read, as plain data (errors do not travel in tasks)."""

    problem: str
    path: str
    line: int | None
    column: int | None
    remedy: str
    reason: str

    @classmethod
    def of(cls, error: InputError) -> InputLoss:
        """The loss that an error means."""
        path = str(error.path) if error.path is not None else ""
        return cls(error.problem, path, error.line, error.column, error.remedy, error.reason)

    def error(self) -> InputError:
        """The error again."""
        return InputError(
            self.problem, self.path or None, self.line, self.column, self.remedy, reason=self.reason
        )


class ShardTask(msgspec.Struct, frozen=True):
    """The work of one shard: its dialogues, and what was lost on the way to them."""

    shard: int
    sources: tuple[Source, ...]
    losses: tuple[InputLoss, ...] = ()

    def __str__(self) -> str:
        return f"shard {self.shard}"


def checksums(files: Iterable[str]) -> dict[str, str]:
    """Name of each input -> SHA-256 of its bytes (of the shipped dialogues, for ``@demo``).

    A data set of a hub has no bytes to sum before it is read; its name stands for it.
    """
    sums = {}
    for name in files:
        if name.startswith(PREFIX):
            sums[name] = ""
            continue
        if name == DEMO:
            sums[name] = hashlib.sha256(msgspec.json.encode(demo_dialogues())).hexdigest()
            continue
        try:
            with Path(name).open("rb") as file:
                sums[name] = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise InputError(
                f"cannot be read: {error.strerror or error}", name, reason="unreadable"
            ) from None
    return sums


def tasks(
    items: Iterator[Source | InputError], settings: BuildSettings
) -> tuple[Iterator[ShardTask], int | None]:
    """Shards of work, and how many dialogues they hold (None where nobody has counted)."""
    head = list(islice(items, _PEEK))
    known = sum(not isinstance(item, InputError) for item in head) if len(head) < _PEEK else None
    size = shard_size(settings, known)
    total = known
    if settings.limit is not None:
        total = settings.limit if known is None else min(known, settings.limit)
    return _cut(chain(head, items), size, settings.limit), total


def _cut(items: Iterator[Source | InputError], size: int, limit: int | None) -> Iterator[ShardTask]:
    shard = taken = 0
    batch: list[Source] = []
    losses: list[InputLoss] = []
    for item in items:
        if isinstance(item, InputError):
            losses.append(InputLoss.of(item))
            continue
        if limit is not None and taken >= limit:
            break
        if len(batch) == size:
            yield ShardTask(shard, tuple(batch), tuple(losses))
            shard, batch, losses = shard + 1, [], []
        batch.append(item)
        taken += 1
    if batch or losses:
        yield ShardTask(shard, tuple(batch), tuple(losses))
