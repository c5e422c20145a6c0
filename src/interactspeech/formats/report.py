"""What happened to the files on the way in and out: repairs made, and input that was lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from interactspeech.errors import InputError
from interactspeech.records import Dialogue

#: Of so many conversations a report says who speaks in them.
LISTED_CONVERSATIONS = 5

Severity = Literal["repair", "loss", "warning", "note"]


@dataclass(frozen=True)
class Note:
    """One thing to know about a file.

    Attributes:
        severity: ``repair``: the input was corrected, and all of its text and time is used;
            ``loss``: something is left out; ``warning``: all is used, but it is probably not what
            it seems; ``note``: nothing is wrong, but a choice was made that the user may want to
            know.
        reason: a short stable key under which it is counted (``"same-speaker-overlap"``).
        message: one sentence.
        path, line: the place, where there is one.
    """

    severity: Severity
    reason: str
    message: str
    path: Path | str | None = None
    line: int | None = None

    def __str__(self) -> str:
        place = str(self.path) if self.path is not None else ""
        if self.line is not None:
            place += f":{self.line}" if place else f"line {self.line}"
        return f"{place}: {self.message}" if place else self.message


@dataclass
class Report:
    """The ledger of one reading or writing: every repair and every loss, with its place."""

    notes: list[Note] = field(default_factory=list)
    #: Whole files or conversations that could not be used.
    errors: list[InputError] = field(default_factory=list)
    #: For the first few conversations, what became a speaker: ``ann (3 stretches, 4.2 s)``.
    speakers: dict[str, list[str]] = field(default_factory=dict)
    #: How many conversations were read from annotation files.
    conversations: int = 0

    def repair(
        self, reason: str, message: str, path: Path | str | None = None, line: int | None = None
    ) -> None:
        """Record that input was corrected without loss of text or time."""
        self.notes.append(Note("repair", reason, message, path, line))

    def loss(
        self, reason: str, message: str, path: Path | str | None = None, line: int | None = None
    ) -> None:
        """Record that a piece of the input is left out."""
        self.notes.append(Note("loss", reason, message, path, line))

    def note(
        self, reason: str, message: str, path: Path | str | None = None, line: int | None = None
    ) -> None:
        """Record a choice that was made."""
        self.notes.append(Note("note", reason, message, path, line))

    def warn(
        self, reason: str, message: str, path: Path | str | None = None, line: int | None = None
    ) -> None:
        """Record that the input is probably not what it seems."""
        self.notes.append(Note("warning", reason, message, path, line))

    def read(self, dialogue: Dialogue) -> None:
        """Count a conversation, and say of the first few what became a speaker in them."""
        self.conversations += 1
        if len(self.speakers) >= LISTED_CONVERSATIONS:
            return
        lines = []
        for speaker in dialogue.speakers:
            own = [s for u in dialogue.utterances if u.speaker == speaker.id for s in u.speech]
            seconds = sum(map(len, own)) / dialogue.rate
            plural = "" if len(own) == 1 else "es"
            lines.append(f"{speaker.id} ({len(own)} stretch{plural}, {seconds:.1f} s)")
        self.speakers[dialogue.id] = lines

    def fail(self, error: InputError) -> None:
        """Record that a whole file or conversation is left out."""
        self.errors.append(error)

    @property
    def lost(self) -> bool:
        """True if anything is left out."""
        return bool(self.errors) or any(note.severity == "loss" for note in self.notes)

    def counts(self) -> dict[str, dict[str, int]]:
        """``{"failed": {reason: n}, "loss": ..., "repair": ..., "note": ...}``, without empties."""
        found: dict[str, Counter[str]] = {}
        for error in self.errors:
            found.setdefault("failed", Counter())[error.reason] += 1
        for note in self.notes:
            found.setdefault(note.severity, Counter())[note.reason] += 1
        return {kind: dict(sorted(counts.items())) for kind, counts in found.items()}
