"""Rows for a classifier of barge-ins by text: what the agent said and meant to say, what came in.

A row is one thing that the user says after the agent began to talk:

```
{"said": "So we take the early train and then",    the agent's words up to the user's first sound
 "unsaid": "walk to the harbour.",                 the agent's words after it, said or only planned
 "user": "Wait, which train?",
 "user_words": [["Wait,", 0.31], ["which", 0.5], ...],   each with its end, seconds after the onset
 "label": "interruption", "style": "competitive", "in_overlap": true, "onset": 12.3, ...}
```
Labels are what the record knows of the utterance: ``backchannel``, ``failed_interruption``,
``interruption`` (a turn that begins while the agent talks, before its last word), ``turn`` (after
it). A cut-off agent stops because of the user; that is why words that came after the onset count as
unsaid: a classifier that runs live knows its agent's whole plan, and where the agent is in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from interactspeech.corpus.exchange.data_files import JsonLinesExporter
from interactspeech.corpus.exchange.interface import (
    ExportedDialogue,
)
from interactspeech.errors import InputError
from interactspeech.records import Dialogue, Utterance

_LABELS = {"backchannel": "backchannel", "attempt": "failed_interruption"}


def rows(dialogue: Dialogue, agent: str, user: str) -> Iterator[dict[str, Any]]:
    """The rows of a dialogue, in order of time.

    Args:
        dialogue: with words.
        agent: id of the speaker who may be cut off.
        user: id of the other.
    """
    rate = dialogue.rate
    styles = {
        event.utterance: str(event.attributes.get("style", ""))
        for event in dialogue.events
        if event.type == "interruption" and event.origin == "planned" and event.utterance
    }
    turns = sorted(
        (one for one in dialogue.utterances if one.speaker == agent and one.kind == "turn"),
        key=lambda one: one.start,
    )
    for told in sorted(dialogue.utterances, key=lambda one: one.start):
        if told.speaker != user or not told.words:
            continue
        line = next((one for one in reversed(turns) if one.start < told.start), None)
        if line is None or not line.words:
            continue
        said = [word.text for word in line.words if word.end <= told.start]
        after = [word.text for word in line.words if word.end > told.start]
        if line.unsaid and line.words[-1].fragment and after:
            after.pop()  # the whole word is the first of what was never said
        yield {
            "said": " ".join(said),
            "unsaid": " ".join([*after, *line.unsaid]),
            "user": told.text,
            "user_words": [
                [word.text, round((word.end - told.start) / rate, 3)] for word in told.words
            ],
            "label": _label(told, line),
            "style": styles.get(told.id, ""),
            "in_overlap": told.start < line.end,
            "onset": round(told.start / rate, 3),
            "after_agent_began": round((told.start - line.start) / rate, 3),
        }


def _label(told: Utterance, line: Utterance) -> str:
    inside = told.start < line.words[-1].start or bool(line.unsaid)
    return _LABELS.get(told.kind, "interruption" if told.start < line.end and inside else "turn")


class BargeInExporter(JsonLinesExporter):
    """``barge_in.jsonl``: `rows`, with the dialogue's id, licence and source."""

    file = "barge_in.jsonl"

    def rows(self, piece: ExportedDialogue) -> list[dict[str, Any]]:
        """What the user says while or after the agent talks."""
        agent, user = piece.sides(self.options.model_speaker, self.options.model_role)
        found = list(rows(piece.dialogue, agent.id, user.id))
        if not found:
            raise InputError(
                f"dialogue {piece.item.id!r}: the user says no words after the agent began",
                reason="one-sided",
            )
        return found
