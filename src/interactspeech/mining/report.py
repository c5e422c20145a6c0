"""The report of mining: recordings and clips that were kept and dropped, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import msgspec

from interactspeech.corpus import Corpus
from interactspeech.errors import InputError
from interactspeech.ledger import Ledger, Loss, Losses
from interactspeech.mining.selection import ClipSelection, RecordingCandidates
from interactspeech.mining.settings import CATEGORIES
from interactspeech.mining.source import RecordingSource

#: Reasons for which a clip is left out on purpose; every other one is a loss, and the exit code
#: shows it.
_CHOSEN = frozenset({"needs-context"})


@dataclass(frozen=True)
class AnalysisOutcome:
    """What became of a recording.

    Attributes:
        seconds: its length; 0 if it could not be used.
        found: its candidates, or None.
        loss, reason: why it could not be used.
        resumed: an earlier run had listened to it.
        notes: what is unusual about its files.
    """

    seconds: float
    found: RecordingCandidates | None = None
    loss: Loss | None = None
    reason: str = ""
    resumed: bool = False
    notes: tuple[str, ...] = ()


class CategoryRow(msgspec.Struct):
    """One category.

    Attributes:
        events: in all recordings.
        clips: that were chosen for it.
        held: of its events in the chosen clips, those of other categories' clips included.
        dropped: reason -> events that no clip was cut for.
    """

    events: int = 0
    clips: int = 0
    held: int = 0
    dropped: dict[str, int] = {}


class Counts(msgspec.Struct):
    """Everything that was counted.

    Attributes:
        recordings: kept and dropped, with their seconds.
        clips: kept and dropped while cutting, with their seconds.
        rows: by category.
        notes: what is unusual about inputs that were used: bytes that are not read, lengths that a
            header leaves open, files that were passed over.
    """

    recordings: Ledger
    clips: Ledger
    rows: dict[str, CategoryRow]
    notes: list[str] = []

    @classmethod
    def of_losses(cls, lost: Iterable[InputError]) -> Counts:
        """Nothing yet but inputs that could not be used."""
        counts = cls(Ledger(), Ledger(), {name: CategoryRow() for name in CATEGORIES})
        for error in lost:
            counts.recordings.drop(error)
        return counts

    def add_recording(self, source: RecordingSource, done: AnalysisOutcome) -> None:
        """Count a recording."""
        if done.found is None:
            loss = done.loss or Loss("cannot be used", source.path)
            entry = Ledger(dropped={done.reason or "other": Losses(1, [loss])})
            self.recordings.add(entry)
            return
        self.recordings.keep(done.seconds)
        self.notes += done.notes
        for name, count in done.found.events.items():
            self.rows[name].events += count
        for name, reasons in done.found.dropped.items():
            for reason, count in reasons.items():
                self._drop(name, reason, count)

    def add_choice(self, choice: ClipSelection) -> None:
        """Count what was chosen."""
        for name, row in self.rows.items():
            row.clips += choice.made_for[name]
            row.held += choice.held[name]
            self._drop(name, "in-other-clip", choice.overlapping[name])
            self._drop(name, "balance", choice.surplus[name])
            self._drop(name, "duplicate", choice.duplicates[name])

    def _drop(self, name: str, reason: str, count: int) -> None:
        if count:
            row = self.rows[name]
            row.dropped[reason] = row.dropped.get(reason, 0) + count

    @property
    def lost(self) -> bool:
        """Whether an input was lost, wholly or in part."""
        return bool(self.recordings.dropped) or bool(self.clips.dropped.keys() - _CHOSEN)

    def to_json(self) -> dict[str, Any]:
        """Plain data, keys sorted."""
        return {
            "recordings": self.recordings.to_json(),
            "clips": self.clips.to_json(),
            "notes": self.notes,
            "events": {name: msgspec.to_builtins(row) for name, row in self.rows.items()},
        }

    def encode(self) -> bytes:
        """As `load` reads it."""
        return msgspec.json.format(msgspec.json.encode(self, order="deterministic")) + b"\n"

    @classmethod
    def load(cls, path: Path) -> Counts:
        """The counts that a finished run left in its corpus.

        Raises:
            InputError: the file is damaged.
        """
        try:
            return msgspec.json.decode(path.read_bytes(), type=cls)
        except (OSError, msgspec.DecodeError) as error:
            raise InputError(f"is damaged: {error}", path, reason="bad-report") from None


@dataclass(frozen=True)
class MineReport:
    """A finished run.

    Attributes:
        path: of the corpus.
        counts: what was kept and dropped, and why.
    """

    path: Path
    counts: Counts

    def corpus(self) -> Corpus:
        """The corpus, opened."""
        return Corpus.open(self.path)

    def __repr__(self) -> str:
        clips, recordings = self.counts.clips, self.counts.recordings
        lost = f", {recordings.lost:,} recordings lost" if recordings.lost else ""
        return (
            f"MineReport({str(self.path)!r}, {clips.kept:,} clips, {clips.seconds / 60:.1f} min, "
            f"from {recordings.kept:,} recordings{lost})"
        )

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>{self.corpus()._repr_html_()}"


class NothingMinedError(InputError):
    """Not one clip could be made of the inputs.

    Attributes:
        counts: why.
    """

    def __init__(self, counts: Counts) -> None:
        super().__init__(
            "no clip could be made of the inputs",
            remedy="the tables of what was dropped say why", reason="nothing-mined",
        )  # fmt: skip
        self.counts = counts
