"""Conditions on figures, for a build that is to fail: ``yield_p95 > 1.0 or agent.talk_share > .7``.

```
condition := clause ("or" clause)*          clause := factor ("and" factor)*
factor    := "not" factor | "(" condition ")" | figure operator number
figure    := [speaker "."] name             operator := > >= < <= == !=
```
Nothing of it is ever evaluated as code. Where a figure cannot be told (a finding spoils it, or
nothing was measured), the comparison is unknown, and logic is Kleene's: ``unknown or true`` is
true.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from interactspeech.errors import UsageError
from interactspeech.evaluation.calls.overall import CallFigure, figure_names

_OPERATORS: Final[dict[str, Callable[[float, float], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>-?(?:\d+\.?\d*|\.\d+)%?(?![\w.]))|(?P<operator>>=|<=|==|!=|>|<)
    |(?P<bracket>[()])|(?P<quoted>"[^"]*")|(?P<name>[^\W\d][\w-]*)|(?P<dot>\.))""",
    re.VERBOSE,
)
_LONGEST, _DEEPEST = 1000, 20

#: Speaker ("" for all) and name of a figure -> the figure.
FigureTable = Mapping[tuple[str, str], CallFigure]


@dataclass(frozen=True)
class ConditionResult:
    """What became of a condition.

    Attributes:
        text: as it was given.
        met: True, False, or None where it cannot be told.
        because: the figures behind it, in words.
    """

    text: str
    met: bool | None
    because: str


class FailCondition:
    """A parsed condition.

    Args:
        text: see the module's docstring.

    Raises:
        UsageError: it is none; the message says where.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        if len(text) > _LONGEST:
            raise UsageError(f"a condition of {len(text)} characters", remedy="split it")
        self._tokens = _tokens(text)
        self._place = 0
        self._depth = 0
        self._root = self._either()
        if self._place < len(self._tokens):
            self._fail("'and', 'or' or the end")

    def check(self, figures: FigureTable, *, coverage: float = 1.0) -> ConditionResult:
        """Compare with figures.

        Args:
            figures: of a report.
            coverage: least share of the calls that a figure must be measured on to be told.

        Raises:
            UsageError: a speaker that the report does not have.
        """
        said: dict[str, str] = {}
        met = self._root(figures, coverage, said)
        return ConditionResult(self.text, met, "; ".join(said.values()))

    def _either(self) -> _Node:
        found = [self._every()]
        while self._take("or"):
            found.append(self._every())
        return found[0] if len(found) == 1 else _either(found)

    def _every(self) -> _Node:
        found = [self._factor()]
        while self._take("and"):
            found.append(self._factor())
        return found[0] if len(found) == 1 else _every(found)

    def _factor(self) -> _Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise UsageError(f"condition {self.text!r}: nested more than {_DEEPEST} deep")
        try:
            if self._take("not"):
                return _negated(self._factor())
            if self._take("("):
                inner = self._either()
                if not self._take(")"):
                    self._fail("')'")
                return inner
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> _Node:
        kind, name, _ = self._next("a figure")
        if kind not in ("name", "quoted"):
            self._fail("a figure", back=True)
        speaker = ""
        if self._take("."):
            speaker, (kind, name, _) = name.strip('"'), self._next("a figure")
        known = figure_names()
        if kind != "name" or name not in known:
            close = get_close_matches(name, known, n=3)
            hint = f"; did you mean {', '.join(close)}?" if close else ""
            raise UsageError(
                f"condition {self.text!r}: no figure is called {name!r}{hint}",
                remedy="docs/calls.md lists them",
            )
        kind, sign, _ = self._next("a comparison")
        if kind != "operator":
            self._fail("one of > >= < <= == !=", back=True)
        kind, number, _ = self._next("a number")
        if kind != "number":
            self._fail("a number", back=True)
        limit = float(number[:-1]) / 100 if number.endswith("%") else float(number)
        return _compared(speaker, name, sign, limit)

    def _next(self, wanted: str) -> tuple[str, str, int]:
        if self._place >= len(self._tokens):
            self._fail(wanted)
        self._place += 1
        return self._tokens[self._place - 1]

    def _take(self, text: str) -> bool:
        if self._place < len(self._tokens) and self._tokens[self._place][1] == text:
            self._place += 1
            return True
        return False

    def _fail(self, wanted: str, *, back: bool = False) -> None:
        place = self._place - back
        at = self._tokens[place][2] + 1 if place < len(self._tokens) else len(self.text) + 1
        raise UsageError(
            f"condition {self.text!r}: character {at}: {wanted} is wanted",
            remedy="write it as yield_p95 > 1.0",
        )


_Node = Callable[[FigureTable, float, dict[str, str]], bool | None]


def _compared(speaker: str, name: str, sign: str, limit: float) -> _Node:
    full = f"{speaker}.{name}" if speaker else name

    def node(figures: FigureTable, coverage: float, said: dict[str, str]) -> bool | None:
        if (speaker, name) not in figures:
            known = sorted({who for who, _ in figures if who})
            if not known:
                said[full] = f"{full}: no call was measured"
                return None
            raise UsageError(
                f"condition: no speaker is called {speaker!r}",
                remedy=f"there are {', '.join(known)}",
            )
        figure = figures[speaker, name]
        total = figure.calls + figure.left_out
        note = f" (withheld in {figure.left_out} of {total} calls)" if figure.left_out else ""
        if figure.value is None:
            said[full] = f"{full} cannot be told{note or ': nothing to measure'}"
            return None
        said[full] = f"{full} is {figure.value:g} of n={figure.n:,}{note}"
        if figure.calls < coverage * total:
            return None
        return _OPERATORS[sign](figure.value, limit)

    return node


def _either(parts: list[_Node]) -> _Node:
    def node(figures: FigureTable, coverage: float, said: dict[str, str]) -> bool | None:
        found = [part(figures, coverage, said) for part in parts]
        return True if True in found else None if None in found else False

    return node


def _every(parts: list[_Node]) -> _Node:
    def node(figures: FigureTable, coverage: float, said: dict[str, str]) -> bool | None:
        found = [part(figures, coverage, said) for part in parts]
        return False if False in found else None if None in found else True

    return node


def _negated(part: _Node) -> _Node:
    def node(figures: FigureTable, coverage: float, said: dict[str, str]) -> bool | None:
        found = part(figures, coverage, said)
        return None if found is None else not found

    return node


def _tokens(text: str) -> list[tuple[str, str, int]]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            place = len(text) - len(text[at:].lstrip())
            raise UsageError(
                f"condition {text!r}: character {place + 1}: {text[place]!r} has no meaning here",
                remedy="write it as yield_p95 > 1.0",
            )
        kind = str(match.lastgroup)
        found.append((kind, match[kind], match.start(kind)))
        at = match.end()
    return found
