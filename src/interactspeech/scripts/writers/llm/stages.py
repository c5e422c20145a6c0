"""The stages as data: prompt files, schemas of the answers, and the messages of a request.

The text of a dialogue reaches the service only as JSON between two lines that carry a key computed
from the data itself (against prompt injection). The JSON has no line breaks, so no dialogue can
close its block; and no prompt is a template, so no dialogue can become part of one.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec


class WritingStage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One request to the service.

    Attributes:
        name: of the stage and of its prompt file.
        answer: shape of the answer: field -> "string", "integer", or a list of one such object.
        max_tokens, temperature: parameters of the request.
    """

    name: str
    max_tokens: int
    temperature: float
    answer: dict[str, Any]

    @property
    def schema(self) -> dict[str, Any]:
        """The answer's shape as a JSON schema (strict: all fields required, no others)."""
        return _schema(self.answer)


class Stages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All stages, their prompts and the ways an interruption may begin.

    Attributes:
        version: raised whenever a prompt changes.
        openings: one is drawn for each interruption, so that they vary from the first on.
    """

    version: int
    stages: list[WritingStage]
    openings: list[str]

    def named(self, name: str) -> WritingStage:
        """The stage of that name."""
        return next(stage for stage in self.stages if stage.name == name)


@cache
def load() -> Stages:
    """The stages that ship with the package."""
    return msgspec.json.decode(_text("stages.json"), type=Stages)


@cache
def digest() -> str:
    """Identifies the text of all prompts and shapes."""
    names = ["system.md", "stages.json", *(f"{stage.name}.md" for stage in load().stages)]
    return hashlib.sha256("\0".join(map(_text, names)).encode()).hexdigest()[:16]


def messages(stage: WritingStage, data: dict[str, Any]) -> list[dict[str, str]]:
    """The messages of one request: the rules, the task, and the data in a fence."""
    block = msgspec.json.encode(data).decode()
    key = hashlib.sha256(block.encode()).hexdigest()[:16]
    task = f"{_text(f'{stage.name}.md')}\n=== data {key}\n{block}\n=== end {key}\n"
    return [{"role": "system", "content": _text("system.md")}, {"role": "user", "content": task}]


@cache
def _text(name: str) -> str:
    return (files(__package__) / "prompts" / name).read_text("utf-8")


def _schema(shape: Any) -> dict[str, Any]:
    if isinstance(shape, str):
        return {"type": shape}
    if isinstance(shape, list):
        return {"type": "array", "items": _schema(shape[0])}
    return {
        "type": "object",
        "properties": {name: _schema(field) for name, field in shape.items()},
        "required": list(shape),
        "additionalProperties": False,
    }
