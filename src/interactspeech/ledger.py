"""What was kept, and what was dropped and why: counted, with examples, merged across workers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

import msgspec

from interactspeech.errors import InputError, InteractSpeechError

#: Examples kept of each reason; the counts stay exact.
MAX_EXAMPLES = 5


class Loss(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One thing that was dropped: where it stood and what was wrong with it."""

    message: str
    file: str = ""
    line: int | None = None
    remedy: str = ""

    def __str__(self) -> str:
        place = self.file + (f":{self.line}" if self.line is not None else "")
        text = f"{place}: {self.message}" if place else self.message
        return f"{text} ({self.remedy})" if self.remedy else text


class Losses(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Losses for one reason: how many, and the first few."""

    count: int = 0
    examples: list[Loss] = []


class Ledger(msgspec.Struct, forbid_unknown_fields=True):
    """What was kept and dropped.

    A ledger is plain data: workers send theirs home, a shard stores its own, and merged in the
    order of the shards they give the same bytes however the work was spread.

    Attributes:
        kept: how many things were kept.
        seconds: of audio in what was kept.
        dropped: reason -> its losses. The reasons are the keys of `InputError.reason`.
        noted: what else was counted on the way ("spoken again: length"), by name.
    """

    kept: int = 0
    seconds: float = 0.0
    dropped: dict[str, Losses] = {}
    noted: dict[str, int] = {}

    def __repr__(self) -> str:
        reasons = ", ".join(f"{name} {reason.count:,}" for name, reason in self.dropped.items())
        dropped = f" dropped={self.lost:,} ({reasons[:200]})" if reasons else ""
        return f"Ledger(kept={self.kept:,}, {self.seconds / 60:.1f} min{dropped})"

    @property
    def lost(self) -> int:
        """How many things were dropped, for whatever reason."""
        return sum(reason.count for reason in self.dropped.values())

    def keep(self, seconds: float = 0.0) -> None:
        """Count one thing that was kept."""
        self.kept += 1
        self.seconds += seconds

    def drop(self, error: InteractSpeechError | str, reason: str = "") -> None:
        """Count one thing that was dropped.

        Args:
            error: what happened; an `InputError` brings its reason, place and remedy.
            reason: the key to count under, where the error has none.
        """
        if isinstance(error, InputError):
            loss = Loss(
                error.problem, str(error.path) if error.path else "", error.line, error.remedy
            )
            reason = reason or error.reason
        else:
            loss = Loss(str(error))
        entry = self.dropped.setdefault(reason or "other", Losses())
        entry.count += 1
        if len(entry.examples) < MAX_EXAMPLES:
            entry.examples.append(loss)

    def note(self, counts: Mapping[str, int]) -> None:
        """Add to what is counted beside what was kept and dropped."""
        for name, count in counts.items():
            self.noted[name] = self.noted.get(name, 0) + count

    def add(self, other: Self) -> None:
        """Take in another ledger's counts, and its examples while there is room."""
        self.kept += other.kept
        self.seconds += other.seconds
        self.note(other.noted)
        for name, theirs in other.dropped.items():
            mine = self.dropped.setdefault(name, Losses())
            mine.count += theirs.count
            mine.examples.extend(theirs.examples[: MAX_EXAMPLES - len(mine.examples)])

    @classmethod
    def merged(cls, ledgers: Iterable[Self]) -> Self:
        """The sum of ledgers, in the order given."""
        total = cls()
        for ledger in ledgers:
            total.add(ledger)
        return total

    def to_json(self) -> dict[str, Any]:
        """The ledger as plain data: reasons sorted, ready for a file or a shard."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        plain["dropped"] = dict(sorted(plain["dropped"].items()))
        noted = dict(sorted(plain.pop("noted").items()))
        if noted:
            plain["noted"] = noted
        return plain

    @classmethod
    def from_json(cls, plain: Any) -> Self:
        """The inverse of `to_json`.

        Raises:
            InputError: not a ledger.
        """
        try:
            return msgspec.convert(plain, cls)
        except msgspec.ValidationError as error:
            raise InputError(f"not a ledger: {error}", reason="bad-ledger") from None

    def print(self, quiet: bool = False, what: str = "") -> None:
        """Print the table of losses to standard error (nothing where nothing was lost).

        Args:
            quiet: print nothing.
            what: names what was dropped ("recordings"), where a run counts several things.
        """
        if quiet or not self.dropped:
            return
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        title = f"{what} dropped: {self.lost:,} (kept: {self.kept:,})".lstrip()
        table = Table(title=title, title_justify="left")
        table.add_column("reason", no_wrap=True)
        table.add_column("count", justify="right")
        table.add_column("for example", overflow="fold")
        for name, reason in sorted(self.dropped.items(), key=lambda pair: -pair[1].count):
            # Text, not a string: what stands in an input file is never read as markup.
            example = Text(str(reason.examples[0])) if reason.examples else ""
            table.add_row(Text(name), f"{reason.count:,}", example)
        Console(stderr=True).print(table)
