"""Parse a service's answer into the requested object, or name the problem.

| check | what the answer is |
|---|---|
| `refusal` | the service declined, in its own field, by its filter, or in words |
| `truncated` | cut off before its JSON was complete |
| `not-json` | holds no JSON object |
| `shape` | JSON of another shape than was asked for |
| `prose` | has words around its JSON; what the JSON says is used, and the case is counted |
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_FENCE = re.compile(r"^```[a-zA-Z]*\n(.*?)\n?```$", re.DOTALL)
_REFUSES = re.compile(
    r"\b(i(?:'m| am)? (?:sorry|cannot|can't|unable|not able|won't)|as an ai|against my guidelines)",
    re.IGNORECASE,
)


class BadAnswerError(Exception):
    """An answer that fails a check.

    Attributes:
        check: its name, under which the case is counted.
        problem: one sentence, for the retry and for the ledger.
    """

    def __init__(self, check: str, problem: str) -> None:
        super().__init__(f"{check}: {problem}")
        self.check, self.problem = check, problem


@dataclass(frozen=True)
class Answer:
    """Answer of a service.

    Attributes:
        text: of the message.
        finish: why the service stopped ("stop", "length", "content_filter").
        refusal: the service's own field for it.
    """

    text: str
    finish: str = "stop"
    refusal: str = ""


def parse(answer: Answer, schema: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """The object in an answer, and whether there was prose around it.

    Raises:
        BadAnswerError: `refusal`, `truncated`, `not-json` or `shape`.
    """
    if answer.refusal or answer.finish == "content_filter":
        raise BadAnswerError("refusal", answer.refusal[:200] or "stopped by the service's filter")
    text = answer.text.strip()
    fenced = _FENCE.match(text)
    if fenced:
        text = fenced[1].strip()
    begin = text.find("{")
    if begin < 0:
        if _REFUSES.search(text):
            raise BadAnswerError("refusal", text[:200])
        if answer.finish == "length":
            raise BadAnswerError("truncated", "the answer ended before its JSON began")
        raise BadAnswerError("not-json", "the answer holds no JSON object")
    try:
        value, end = json.JSONDecoder(strict=False).raw_decode(text, begin)
    except (json.JSONDecodeError, RecursionError) as error:
        if answer.finish == "length" or text.count("{") > text.count("}"):
            raise BadAnswerError("truncated", "the JSON object is not complete") from None
        raise BadAnswerError("not-json", f"the JSON does not parse: {error}"[:200]) from None
    problem = _mismatch(value, schema, "the answer")
    if problem:
        raise BadAnswerError("shape", problem)
    return value, bool(text[:begin].strip() or text[end:].strip())


_TYPES = {"string": "str", "integer": "int", "array": "list", "object": "dict"}


def _mismatch(value: Any, schema: dict[str, Any], where: str) -> str:
    """Mismatch of a value with its schema (the part of JSON Schema that stages use)."""
    kind = schema["type"]
    if type(value).__name__ != _TYPES[kind]:
        return f"{where} is not of type {kind}"
    if kind == "array":
        found = (
            _mismatch(item, schema["items"], f"{where}[{index}]")
            for index, item in enumerate(value)
        )
        return next(filter(None, found), "")
    if kind == "object":
        for name, field in schema["properties"].items():
            if name not in value:
                return f"{where} has no field {name!r}"
            problem = _mismatch(value[name], field, f"{name!r}")
            if problem:
                return problem
    return ""
