"""Random crops of a corpus for training: stretches of sound with the words and events in them.

An epoch cuts every dialogue into equal parts of at least a crop's length and takes one crop at a
random place of each, in an order shuffled over the whole corpus. Of the corpus itself only the
places of its dialogues are held (40 bytes each); a crop reads one record, and decodes of the FLAC
only the stretch that it needs.

```
dialogue   |------------- 70 s --------------|
parts      |     23 s    |    23 s   |  23 s  |
crops        [-- 20 s --]  [-- 20 s --] [-- 20 s --]
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from interactspeech._typing import Int64Array
from interactspeech.corpus.lookup import RecordLocation
from interactspeech.corpus.reader import Corpus, Item
from interactspeech.errors import InputError
from interactspeech.records import Dialogue, Samples
from interactspeech.seeds import generator
from interactspeech.settings import Natural, Positive, Settings


class CropSettings(Settings, frozen=True):
    """What crops are taken.

    Attributes:
        seconds: length of a crop.
        where: SQL condition on the dialogues (see `Corpus.query`); empty: all.
        shorter: what becomes of dialogues shorter than a crop: silence is put behind them, or they
            are left out.
        seed: of the order and the places. Same seed, same crops, whatever reads them.
    """

    seconds: Positive = 20.0
    where: str = ""
    shorter: Literal["pad", "leave_out"] = "pad"
    seed: Natural = 0


class CropWord(NamedTuple):
    """A word that is heard in a crop; samples from the crop's start.

    A word that reaches over an edge keeps its times: a start below 0, an end beyond the crop.
    """

    speaker: str
    text: str
    start: int
    end: int
    fragment: bool


class CropEvent(NamedTuple):
    """An event that touches a crop; samples from the crop's start, as of `CropWord`."""

    type: str
    speaker: str
    partner: str
    start: int
    end: int
    origin: str


@dataclass(frozen=True)
class Crop:
    """A stretch of a dialogue.

    Attributes:
        id: of the dialogue.
        start: sample of the dialogue at which it begins.
        rate: samples a second.
        audio: float32 in [-1, 1), shape ``(channels, samples)``; a view of samples that lie
            interleaved in memory.
        length: samples of the dialogue in it; what follows is silence.
        speakers: ids, in the order of the record.
        channels: channel of each of `speakers`; -1 without a track.
        words: by their starts.
        events: by their starts.
    """

    id: str
    start: int
    rate: int
    audio: Samples
    length: int
    speakers: tuple[str, ...]
    channels: tuple[int, ...]
    words: tuple[CropWord, ...]
    events: tuple[CropEvent, ...]

    @property
    def seconds(self) -> float:
        """How long it is, silence behind it included."""
        return float(self.audio.shape[1] / self.rate)


class Crops(Sequence[Crop]):
    """The crops of a corpus as a sequence: `crops[i]` of the epoch that `set_epoch` chose.

    A map-style dataset for PyTorch's DataLoader as it stands (with `collate`); it holds no open
    files, and can be sent to other processes.

    Attributes:
        corpus, settings: what was given.
        left_out: how many dialogues give no crop: those without sound, and shorter ones where
            `settings.shorter` says so.

    Raises:
        InputError: nothing is left, or `settings.where` is no condition.
        StoreError: `corpus` is the path of no finished corpus.
    """

    def __init__(
        self, corpus: Corpus | Path | str, settings: CropSettings | None = None, **given: Any
    ) -> None:
        self.corpus = corpus if isinstance(corpus, Corpus) else Corpus.open(corpus)
        self.settings = settings or CropSettings(**given)
        rows = _rows(self.corpus, self.settings.where)
        wanted = np.maximum(np.rint(self.settings.seconds * rows["rate"]), 1).astype(np.int64)
        usable = rows["audio_size"] > 0
        if self.settings.shorter == "leave_out":
            usable &= rows["length"] >= wanted
        self.left_out = int((~usable).sum())
        self._rows = {name: values[usable] for name, values in rows.items()}
        self._wanted = wanted[usable]
        parts = np.maximum(self._rows["length"] // self._wanted, 1)
        self._ends = np.cumsum(parts)
        if not len(parts):
            raise InputError(
                f"no dialogue of {len(usable):,} gives a crop of {self.settings.seconds:g} s",
                self.corpus.root,
                remedy="choose shorter crops, shorter='pad', or another condition",
                reason="nothing-to-learn",
            )
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Choose the order and the places of an epoch, counted from 0."""
        self.epoch = epoch
        draw = generator(self.settings.seed, epoch, "crops")
        count = int(self._ends[-1])
        self._order: Int64Array = draw.permutation(count)
        self._shares = draw.random(count)

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, index: Any) -> Any:
        """The crop at a place of the epoch, or the list of them at a slice.

        Raises:
            IndexError: there are fewer.
            InputError: a record or its sound is damaged.
        """
        if isinstance(index, slice):
            return [self[one] for one in range(len(self))[index]]
        part = int(self._order[range(len(self))[index]])
        row = int(np.searchsorted(self._ends, part, "right"))
        length, wanted = int(self._rows["length"][row]), int(self._wanted[row])
        first = int(self._ends[row - 1]) if row else 0
        parts = int(self._ends[row]) - first
        size = length / parts
        start = round((part - first) * size + self._shares[part] * max(size - wanted, 0.0))
        start = max(min(start, length - wanted), 0)
        place = RecordLocation(*(int(self._rows[name][row]) for name in RecordLocation._fields))
        return _crop(self.corpus.at(place), start, wanted)

    def __iter__(self) -> Iterator[Crop]:
        """The crops of this epoch, each read when it is reached."""
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        return f"Crops({len(self):,} of {self.settings.seconds:g} s, epoch {self.epoch})"

    def __getstate__(self) -> dict[str, Any]:
        return {"corpus": self.corpus, "settings": self.settings, "epoch": self.epoch}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["corpus"], state["settings"])  # type: ignore[misc]
        self.set_epoch(state["epoch"])


def collate(crops: Sequence[Crop]) -> dict[str, Any]:
    """A batch: sound in one array, the rest in lists. For a DataLoader's `collate_fn`.

    Returns:
        ``audio`` (float32, shape ``(batch, channels, samples)``, silence behind shorter ones and in
        channels that one has not), ``length`` and ``start`` (int64), ``id``, ``rate``,
        ``speakers``, ``channels``, ``words``, ``events`` (lists).

    Raises:
        InputError: the crops have several rates.
    """
    rates = sorted({crop.rate for crop in crops})
    if len(rates) != 1:
        raise InputError(
            f"crops of several rates in one batch: {', '.join(map(str, rates))}",
            remedy="choose one: where='rate = 24000'",
            reason="bad-audio",
        )
    channels = max(crop.audio.shape[0] for crop in crops)
    samples = max(crop.audio.shape[1] for crop in crops)
    audio = np.zeros((len(crops), channels, samples), np.float32)
    for place, crop in zip(audio, crops, strict=True):
        place[: crop.audio.shape[0], : crop.audio.shape[1]] = crop.audio
    return {
        "audio": audio,
        "length": np.array([crop.length for crop in crops], np.int64),
        "start": np.array([crop.start for crop in crops], np.int64),
        "rate": rates[0],
        "id": [crop.id for crop in crops],
        "speakers": [crop.speakers for crop in crops],
        "channels": [crop.channels for crop in crops],
        "words": [crop.words for crop in crops],
        "events": [crop.events for crop in crops],
    }


def _rows(corpus: Corpus, where: str) -> dict[str, Int64Array]:
    """Columns of the index that crops need, of the dialogues that fit a condition."""
    columns = ("length", "rate", *RecordLocation._fields)
    if not where:
        table = corpus.to_arrow().select(columns)
        return {
            name: np.asarray(table.column(name).to_numpy(), np.int64)  # no copy where it is int64
            for name in columns
        }
    found = [tuple(row[name] for name in columns) for row in corpus.query(where, columns)]
    values = np.array(found, np.int64).reshape(-1, len(columns))
    return {name: np.ascontiguousarray(values[:, at]) for at, name in enumerate(columns)}


def _crop(item: Item, start: int, wanted: int) -> Crop:
    dialogue = item.dialogue
    end = min(start + wanted, dialogue.length)
    audio = item.audio(start, end)
    if end - start < wanted:
        audio = np.pad(audio, ((0, 0), (0, wanted - (end - start))))
    channel = {track.speaker: track.channel for track in dialogue.tracks}
    speakers = tuple(speaker.id for speaker in dialogue.speakers)
    return Crop(
        item.id,
        start,
        dialogue.rate,
        audio,
        end - start,
        speakers,
        tuple(channel.get(name, -1) for name in speakers),
        tuple(_words(dialogue, start, end)),
        tuple(_events(dialogue, start, end)),
    )


def _words(dialogue: Dialogue, start: int, end: int) -> list[CropWord]:
    found = [
        CropWord(said.speaker, word.text, word.start - start, word.end - start, word.fragment)
        for said in dialogue.utterances
        if said.start < end and said.end > start
        for word in said.words
        if word.start < end and word.end > start
    ]
    return sorted(found, key=lambda word: (word.start, word.end))


def _events(dialogue: Dialogue, start: int, end: int) -> list[CropEvent]:
    found = [
        CropEvent(
            event.type, event.speaker, event.partner, event.start - start, event.end - start,
            event.origin,
        )
        for event in dialogue.events
        if event.start < end and (event.end > start or event.start >= start)
    ]  # fmt: skip
    return sorted(found, key=lambda event: (event.start, event.end))
