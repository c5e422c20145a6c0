"""Conditions under which a run fails: ``yield.rate < 0.9 or not (agent.talk_share <= 70%)``.

```
condition := clause ("or" clause)*          clause := factor ("and" factor)*
factor    := "not" factor | "(" condition ")" | figure operator number
figure    := name ("." name)*               operator := > >= < <= == !=
```
A name with blanks stands in double quotes; a number may be a percentage. Nothing of it is ever
evaluated as code. What a figure is, is the report's matter: it is looked up by the names between
the dots. Where it cannot be told (nothing was measured, or too little), the comparison is unknown,
and logic is Kleene's: ``unknown or true`` is true.

A condition that is met fails the run (`Verdict.FAIL`); one that cannot be told makes it neither
pass nor fail.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from interactspeech.errors import UsageError

_OPERATORS: Final[dict[str, Callable[[float, float], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?%?(?![\w.]))
    |(?P<operator>>=|<=|==|!=|>|<)
    |(?P<bracket>[()])|(?P<quoted>"[^"]*")|(?P<name>[^\W\d][\w-]*)|(?P<dot>\.))""",
    re.VERBOSE,
)
_LONGEST, _DEEPEST = 1000, 20

#: Names between the dots of a figure.
FigureName = tuple[str, ...]


class Verdict(IntEnum):
    """What a run ends with; also its exit code."""

    PASS = 0
    FAIL = 1
    CANNOT_TELL = 2


@dataclass(frozen=True)
class ToldFigure:
    """A figure as a condition needs it.

    Attributes:
        value: None where it cannot be told.
        said: it in words, whether it can be told or not.
    """

    value: float | None
    said: str


#: Looks a figure up. It raises `UsageError` where a report can have no figure of that name.
FigureLookup = Callable[[FigureName], ToldFigure]


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

    @property
    def verdict(self) -> Verdict:
        """What it makes of the run."""
        return {True: Verdict.FAIL, False: Verdict.PASS, None: Verdict.CANNOT_TELL}[self.met]

    def __str__(self) -> str:
        said = {True: "FAILED", False: "passed", None: "cannot tell"}[self.met]
        return f"{said}: {self.text}: {self.because}"


class FailCondition:
    """A parsed condition.

    Args:
        text: see the module's docstring.
        allow: called with the name of each figure; raises `UsageError` for one that no report has.
        example: a condition, for error messages.

    Raises:
        UsageError: it is none; the message says where.
    """

    def __init__(
        self,
        text: str,
        allow: Callable[[FigureName], Any] | None = None,
        *,
        example: str = "yield.rate < 0.9",
    ) -> None:
        self.text = text
        self._remedy = f"write it as {example}"
        if len(text) > _LONGEST:
            raise UsageError(f"a condition of {len(text)} characters", remedy="split it")
        self._tokens = self._split(text)
        self._place = 0
        self._depth = 0
        self._allow = allow
        self._root = self._either()
        if self._place < len(self._tokens):
            self._fail("'and', 'or' or the end")

    def check(self, look: FigureLookup) -> ConditionResult:
        """Compare with figures.

        Args:
            look: looks each figure up.

        Raises:
            UsageError: by `look`.
        """
        said: dict[FigureName, str] = {}
        met = self._root(look, said)
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
        names = [self._name()]
        while self._take("."):
            names.append(self._name())
        figure = tuple(names)
        if self._allow is not None:
            self._allow(figure)
        kind, sign, _ = self._next("a comparison")
        if kind != "operator":
            self._fail("one of > >= < <= == !=", back=True)
        kind, number, _ = self._next("a number")
        if kind != "number":
            self._fail("a number", back=True)
        limit = float(number[:-1]) / 100 if number.endswith("%") else float(number)
        return _compared(figure, sign, limit)

    def _name(self) -> str:
        kind, name, _ = self._next("a figure")
        if kind not in ("name", "quoted"):
            self._fail("a figure", back=True)
        return name.strip('"')

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
            f"condition {self.text!r}: character {at}: {wanted} is wanted", remedy=self._remedy
        )

    def _split(self, text: str) -> list[tuple[str, str, int]]:
        found, at = [], 0
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None:
                place = len(text) - len(text[at:].lstrip())
                raise UsageError(
                    f"condition {text!r}: character {place + 1}: {text[place]!r} has no meaning "
                    "here",
                    remedy=self._remedy,
                )
            kind = str(match.lastgroup)
            found.append((kind, match[kind], match.start(kind)))
            at = match.end()
        return found


_Node = Callable[[FigureLookup, dict[FigureName, str]], bool | None]


def _compared(figure: FigureName, sign: str, limit: float) -> _Node:
    def node(look: FigureLookup, said: dict[FigureName, str]) -> bool | None:
        found = look(figure)
        said[figure] = found.said
        return None if found.value is None else _OPERATORS[sign](found.value, limit)

    return node


def _either(parts: Sequence[_Node]) -> _Node:
    def node(look: FigureLookup, said: dict[FigureName, str]) -> bool | None:
        found = [part(look, said) for part in parts]
        return True if True in found else None if None in found else False

    return node


def _every(parts: Sequence[_Node]) -> _Node:
    def node(look: FigureLookup, said: dict[FigureName, str]) -> bool | None:
        found = [part(look, said) for part in parts]
        return False if False in found else None if None in found else True

    return node


def _negated(part: _Node) -> _Node:
    def node(look: FigureLookup, said: dict[FigureName, str]) -> bool | None:
        found = part(look, said)
        return None if found is None else not found

    return node


__all__ = [
    "ConditionResult",
    "FailCondition",
    "FigureLookup",
    "FigureName",
    "ToldFigure",
    "Verdict",
]
