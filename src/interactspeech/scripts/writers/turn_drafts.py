"""A turn that is being written, its words and marks; and the script of finished turns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import itemgetter

from interactspeech.records import Part, PlainDialogue, Script, Turn, Words
from interactspeech.scripts.writers.turn_analysis import AnalysedTurn

#: Tokens between two marks of a turn, at least.
CLEAR = 4


@dataclass(slots=True)
class TurnDraft:
    """A turn under construction.

    Attributes:
        speaker: who has it.
        tokens: its words; replaced by another list where they change, never changed in place.
        written: as the source has it, or "".
        cut: the token before which it is cut; 0 where it is not.
        marks: parts, each with the token before which it stands.
        added: by an inserted interruption: not interrupted again.
        short: the interruption itself: no feedback in it.
    """

    speaker: str
    tokens: list[str]
    written: str = ""
    cut: int = 0
    marks: list[tuple[int, Part]] = field(default_factory=list)
    added: bool = False
    short: bool = False
    _analysed: AnalysedTurn | None = field(default=None, repr=False, compare=False)

    @property
    def analysed(self) -> AnalysedTurn:
        """The turn's words as they are now; tokens are replaced and never changed in their list."""
        found = self._analysed
        if found is None or found.tokens is not self.tokens:
            found = self._analysed = AnalysedTurn(self.tokens)
        return found

    @property
    def end(self) -> int:
        """Tokens that are said."""
        return self.cut or len(self.tokens)

    def clear(self, at: int, distance: int = CLEAR) -> bool:
        """Whether no mark stands within `distance` tokens of `at`."""
        for index, _ in self.marks:  # noqa: SIM110 - asked of every place; twice as fast as any()
            if -distance < at - index < distance:
                return False
        return True


def finished_turn(draft: TurnDraft) -> Turn:
    """The turn as a script has it: words, with the marks where they stand."""
    tokens = draft.tokens
    if not draft.marks:
        return Turn(draft.speaker, (Words(" ".join(tokens)),), draft.written)
    parts: list[Part] = []
    at = 0
    for index, part in sorted(draft.marks, key=itemgetter(0)):
        if index > at:
            parts.append(Words(" ".join(tokens[at:index])))
        parts.append(part)
        at = index
    if at < len(tokens):
        parts.append(Words(" ".join(tokens[at:])))
    return Turn(draft.speaker, tuple(parts), draft.written)


def finished_script(plain: PlainDialogue, turns: Iterable[Turn], writer: str) -> Script:
    """The script that a writer has made of a dialogue: its turns, and where it is from.

    Args:
        plain: the dialogue.
        turns: what has become of it.
        writer: for `Script.writer`.
    """
    return Script(
        id=plain.id,
        turns=tuple(turns),
        names=plain.names,
        corpus=plain.corpus,
        source_id=plain.source_id,
        licence=plain.licence,
        split=plain.split,
        writer=writer,
        file=plain.file,
        line=plain.line,
    )
