"""Which tiers and speakers of a file are wanted: names and patterns that the user gives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TypedDict

from interactspeech.errors import UsageError


class InputChoices(TypedDict, total=False):
    """What of the input is used, and how tables are read; arguments of `formats.read`.

    Attributes:
        tiers, speakers: names or patterns, see `Selection`.
        columns: field of a table -> name of its column.
        unit: of a table's times: ``"s"``, ``"ms"`` or ``"samples"``.
    """

    tiers: Sequence[str]
    speakers: Sequence[str]
    columns: Mapping[str, str]
    unit: str


@dataclass
class Selection:
    """Names or patterns of tiers and of speakers; without any, everything.

    A pattern is a name, a glob (``A*``), or a regular expression between slashes (``/^A/``);
    with ``!`` before it, what it fits is left out. For tiers, ``participant=PATTERN`` and
    ``type=PATTERN`` are compared with ELAN's PARTICIPANT and LINGUISTIC_TYPE_REF.

    Attributes:
        tiers, speakers: the patterns.
        offered: the tiers and speakers that were there to be chosen.
        fitted: the patterns that fitted something.
    """

    tiers: Sequence[str] = ()
    speakers: Sequence[str] = ()
    offered: dict[str, None] = field(default_factory=dict)
    fitted: set[str] = field(default_factory=set)

    def tier(self, names: Iterable[str], participant: str = "", kind: str = "") -> bool | None:
        """Whether a tier is wanted; None where nothing was said about tiers.

        Args:
            names: what the tier may be called: its name, and its speaker's.
            participant: ELAN's PARTICIPANT.
            kind: ELAN's LINGUISTIC_TYPE_REF.
        """
        names = [name for name in names if name]
        if not self.tiers:
            return None
        self.offered.setdefault(names[0] if names else participant)
        values = {"participant": [participant], "type": [kind]}
        return self._wanted(self.tiers, names, values)

    def speaker(self, name: str) -> bool:
        """Whether a speaker is wanted."""
        if not self.speakers:
            return True
        self.offered.setdefault(name)
        return self._wanted(self.speakers, [name], {})

    def _wanted(
        self, patterns: Sequence[str], names: list[str], others: dict[str, list[str]]
    ) -> bool:
        positive = [p for p in patterns if not p.startswith("!")]
        chosen = not positive
        for pattern in patterns:
            plain = pattern.removeprefix("!")
            key, sign, rest = plain.partition("=")
            found = others.get(key.lower()) if sign else None
            fits = (
                any(_fits(rest, value) for value in found)
                if found is not None
                else any(_fits(plain, name) for name in names)
            )
            if fits:
                self.fitted.add(pattern)
                chosen = not pattern.startswith("!")
                if not chosen:
                    return False
        return chosen

    def check(self) -> None:
        """Refuse patterns that fit nothing in any file.

        Raises:
            UsageError: the message lists what there is.
        """
        wrong = [p for p in (*self.tiers, *self.speakers) if p not in self.fitted]
        if wrong and self.offered:
            there = ", ".join(map(repr, list(self.offered)[:20]))
            raise UsageError(
                f"no tier or speaker fits {', '.join(map(repr, wrong))}",
                remedy=f"there are {there}",
            )


def _fits(pattern: str, name: str) -> bool:
    if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/"):
        try:
            return re.search(pattern[1:-1], name) is not None
        except re.error as error:
            raise UsageError(f"the pattern {pattern!r} is none: {error}") from None
    return pattern == name or fnmatchcase(name, pattern)
