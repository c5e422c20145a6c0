"""A turn's words, each looked at once for all the steps of a writer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from interactspeech.lexicon.words import content, sentences, stem


class AnalysedTurn:
    """Tokens of a turn and what follows from them, computed when it is first asked for.

    Args:
        tokens: of the turn; they must not change.
    """

    __slots__ = ("_content", "_sentences", "_stems", "tokens")

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self._stems: list[str] | None = None
        self._content: frozenset[str] | None = None
        self._sentences: tuple[tuple[int, int], ...] | None = None

    @property
    def stems(self) -> list[str]:
        """The stem of each token (see `lexicon.words.stem`)."""
        if self._stems is None:
            self._stems = list(map(stem, self.tokens))
        return self._stems

    @property
    def content(self) -> frozenset[str]:
        """Stems of the content words, of compounds those of their parts."""
        if self._content is None:
            self._content = content(" ".join(self.tokens))
        return self._content

    @property
    def sentences(self) -> tuple[tuple[int, int], ...]:
        """Half-open ranges of tokens."""
        if self._sentences is None:
            self._sentences = sentences(self.tokens)
        return self._sentences


class Known:
    """Stems of the content words that were said before a place of a dialogue.

    It answers whether a stem is one of them; few are asked for, so that no set of all is made.

    Args:
        first: stem -> the turn in which it was said first (`first_said`).
        turn: what was said in earlier turns is known,
        said: and these stems.
    """

    __slots__ = ("_first", "_said", "_turn")

    def __init__(self, first: Mapping[str, int], turn: int, said: Sequence[str] = ()) -> None:
        self._first = first
        self._turn = turn
        self._said = said

    def __contains__(self, stem_: object) -> bool:
        return self._first.get(stem_, self._turn) < self._turn or stem_ in self._said  # type: ignore[call-overload]


def first_said(turns: Sequence[Sequence[str]]) -> dict[str, int]:
    """Stem -> the turn in which it was said first.

    >>> first_said([["", "old", "car"], ["", "old", "bus"]])["old"]
    0

    Args:
        turns: stems of what was said in each.
    """
    found: dict[str, int] = {}
    for index in range(len(turns) - 1, -1, -1):
        found.update(dict.fromkeys(turns[index], index))
    return found
