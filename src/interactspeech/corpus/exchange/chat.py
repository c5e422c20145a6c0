"""JSON lines for fine-tuning: chat from the words alone, and ms-swift's with audio."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from interactspeech.corpus.exchange.data_files import JsonLinesExporter, ListExporter, wav
from interactspeech.corpus.exchange.interface import (
    ExportedDialogue,
    ExportOptions,
    ModelSpeaker,
    provenance,
)
from interactspeech.errors import InputError
from interactspeech.records import ORIGIN_PREFERENCE, Dialogue, Event, EventType

#: What an event detector is asked for: the events that decide who holds the floor.
ASKED: tuple[EventType, ...] = (
    *("interruption", "backchannel", "silent_interruption", "terminal_overlap", "pause", "gap"),
)
PROMPT = (
    "<audio>List the events of this two-speaker conversation as JSON, in order of time: type (one "
    f"of {', '.join(ASKED)}), speaker, start and end in seconds."
)


def messages(piece: ExportedDialogue, choice: ModelSpeaker, role: str = "") -> list[dict[str, str]]:
    """Turns as chat messages: the model's side is the assistant.

    What one side says before the other takes a turn is one message. Backchannels, attempts and
    what was never said are left out: text has no room for their timing.

    Raises:
        InputError: there are not two speakers, or one of them says nothing.
    """
    model, _ = piece.sides(choice, role)
    found: list[dict[str, str]] = []
    for utterance in sorted(piece.dialogue.utterances, key=lambda one: one.start):
        text = utterance.text or utterance.written
        if utterance.kind != "turn" or not text:
            continue
        role = "assistant" if utterance.speaker == model.id else "user"
        if found and found[-1]["role"] == role:
            found[-1]["content"] += f" {text}"
        else:
            found.append({"role": role, "content": text})
    if len({message["role"] for message in found}) < 2:
        raise InputError(
            f"dialogue {piece.item.id!r}: not both speakers have a turn with words",
            reason="one-sided",
        )
    return found


def asked_events(dialogue: Dialogue) -> list[dict[str, Any]]:
    """The events of the types in `ASKED`, by time, in seconds with three decimals."""
    kept: list[Event] = []
    for kind in ASKED:
        of_kind = [event for event in dialogue.events if event.type == kind]
        origin = next((o for o in ORIGIN_PREFERENCE if any(e.origin == o for e in of_kind)), None)
        kept += [event for event in of_kind if event.origin == origin]
    kept.sort(key=lambda event: (event.start, event.end, event.type, event.speaker))
    rate = dialogue.rate
    return [
        {
            "type": event.type,
            "speaker": event.speaker,
            "start": round(event.start / rate, 3),
            "end": round(event.end / rate, 3),
        }
        for event in kept
    ]


class ChatExporter(JsonLinesExporter):
    """``chat.jsonl``: `messages`, the dialogue's id and where it comes from."""

    file = "chat.jsonl"

    def rows(self, piece: ExportedDialogue) -> list[dict[str, Any]]:
        """One: the messages."""
        found = messages(piece, self.options.model_speaker, self.options.model_role)
        return [{"messages": found}]


class SwiftExporter(ListExporter):
    """``swift.jsonl``: question, `audios`, answer and `solution`; ``audio/`` as stereo WAV."""

    file = "swift.jsonl"

    def __init__(self, folder: Path, options: ExportOptions) -> None:
        super().__init__(folder, options)
        (folder / "audio").mkdir(exist_ok=True)

    def add(self, piece: ExportedDialogue) -> None:
        """Write one dialogue."""
        pcm = piece.pcm()
        solution = json.dumps(asked_events(piece.dialogue), ensure_ascii=False)
        name = f"audio/{piece.item.id}.wav"
        channels = np.stack([pcm[speaker.id] for speaker in piece.dialogue.speakers], axis=1)
        (self.folder / name).write_bytes(wav(channels, piece.dialogue.rate))
        self._lines.write(
            {
                "messages": [
                    {"role": "user", "content": PROMPT},
                    {"role": "assistant", "content": solution},
                ],
                "audios": [f"{self.options.path_prefix}{name}"],
                "solution": solution,
                **provenance(piece.dialogue),
            }
        )
