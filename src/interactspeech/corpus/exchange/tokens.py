"""Codes of a neural codec with words aligned to its frames: written once, read by many trainings.

```
000000.tar, ...   <key>.npy   int16 of shape (2, codebooks, frames): the agent's side, the user's
                  <key>.json  frames, words and events on the clock of frames, provenance
CODEC             the codec: name, rate, hop, codebooks, cardinality (JSON without an ending)
```
Frame t holds samples ``[t * hop, (t + 1) * hop)``; a word has the frames ``[first, last)`` that it
touches. The tars are WebDataset's; `read_tokens` gives pieces of one length without the library.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from interactspeech._typing import Int16Array
from interactspeech.corpus.exchange.data_files import UNUSABLE, explained, parse
from interactspeech.corpus.exchange.interface import (
    ExportedDialogue,
    ExportOptions,
    provenance,
    require_any,
)
from interactspeech.corpus.exchange.tars import TarExporter
from interactspeech.corpus.tar import MAX_AUDIO_MEMBER, member_name
from interactspeech.errors import InputError, UsageError
from interactspeech.models.codecs import AudioCodec, load_codec
from interactspeech.records import Dialogue
from interactspeech.signal.resampling import resample_samples

#: The file that describes the codec.
CODEC = "CODEC"


def frames_of(dialogue: Dialogue, hop: int, rate: int) -> dict[str, Any]:
    """Words and events of a record on a clock of frames.

    Args:
        dialogue: the record.
        hop: samples a frame.
        rate: samples a second of the frames' clock.
    """

    def first(time: int) -> int:
        return time * rate // (dialogue.rate * hop)

    def last(time: int) -> int:
        return -(-time * rate // (dialogue.rate * hop))

    words = sorted(
        (first(word.start), last(word.end), utterance.speaker, word.text)
        for utterance in dialogue.utterances
        for word in utterance.words
    )
    return {
        "frames": last(dialogue.length),
        "words": [[text, start, end, who] for start, end, who, text in words],
        "events": [
            [one.type, one.speaker, first(one.start), last(one.end), one.origin]
            for one in dialogue.events
        ],
    }


class TokensExporter(TarExporter):
    """Tars of codes and frames; `ExportOptions.codec` says by which codec."""

    def __init__(self, folder: Path, options: ExportOptions) -> None:
        super().__init__(folder, options)
        if not options.codec:
            raise UsageError(
                "tokens are made by a codec, and none is named",
                remedy="name one: --codec mimi:FOLDER",
            )
        self._codec: AudioCodec = load_codec(options.codec)
        if options.rate not in {None, self._codec.rate}:
            raise UsageError(
                f"the codec wants {self._codec.rate} samples a second, not {options.rate}",
                remedy="leave --rate out",
            )
        about = {
            "name": self._codec.name, "rate": self._codec.rate, "hop": self._codec.hop,
            "codebooks": self._codec.codebooks, "cardinality": self._codec.cardinality,
        }  # fmt: skip
        (folder / CODEC).write_text(json.dumps(about) + "\n", "utf-8")

    def add(self, piece: ExportedDialogue) -> None:
        """Write one dialogue."""
        dialogue, codec = piece.dialogue, self._codec
        agent, user = piece.sides(self.options.model_speaker, self.options.model_role)
        channels = piece.channels()
        samples = resample_samples(piece.audio(), dialogue.rate, codec.rate)
        plain = frames_of(dialogue, codec.hop, codec.rate)
        n = plain["frames"] * codec.hop
        codes = []
        for speaker in (agent, user):
            sound = np.zeros(n, np.float32)
            own = samples[channels[speaker.id], :n]
            sound[: len(own)] = own
            codes.append(codec.encode(sound))
        plain |= {"agent": agent.id, "user": user.id, "provenance": provenance(dialogue)}
        starts = [start for _, start, _, who in plain["words"] if who == agent.id]
        if crowded := len(starts) - len(set(starts)):
            self.notes["words-in-one-frame"] += crowded
        name = member_name(piece.item.id, "json")
        data = io.BytesIO()
        np.save(data, np.stack(codes), allow_pickle=False)
        self._put(
            {
                f"{name.removesuffix('json')}npy": data.getvalue(),
                name: json.dumps(plain, ensure_ascii=False).encode(),
            }
        )


@dataclass(frozen=True, eq=False)
class TokenPiece:
    """A piece of a dialogue as codes.

    Attributes:
        id: of the dialogue.
        start: frame of the dialogue at which it begins.
        codes: int16 of shape ``(2, codebooks, frames)``: the agent's, the user's; -1 behind the
            dialogue's end.
        words: (text, first frame, one past the last, agent's or not) of the words that begin in it,
            on its own clock.
        frames: how many frames are the dialogue's.
    """

    id: str
    start: int
    codes: Int16Array
    words: tuple[tuple[str, int, int, bool], ...]
    frames: int


def read_tokens(path: Path | str, frames: int) -> Iterator[TokenPiece]:
    """The pieces of an export of tokens, in order.

    Args:
        path: the export's folder, or one of its tars.
        frames: of a piece.

    Raises:
        InputError: there is no tar, or it is not one of codes.
        UsageError: `frames` is not positive.
    """
    if frames < 1:
        raise UsageError(f"pieces of {frames} frames")
    folder = Path(path)
    found = [folder] if folder.is_file() else sorted(folder.glob("*.tar"))
    for one in require_any(found, folder, "tar of codes"):
        yield from _pieces(one, frames)


def _pieces(path: Path, frames: int) -> Iterator[TokenPiece]:
    waiting: tuple[str, Int16Array] | None = None
    with tarfile.open(path, "r|") as tar:
        for member in tar:
            key, _, kind = member.name.rpartition(".")
            opened = tar.extractfile(member)
            if opened is None or member.size > MAX_AUDIO_MEMBER:
                raise InputError(f"member {member.name[:80]!a} is no file of codes", path,
                                 reason="unsafe-member")  # fmt: skip
            data = opened.read()
            try:
                if kind == "npy":
                    waiting = key, np.load(io.BytesIO(data), allow_pickle=False)
                elif kind == "json" and waiting is not None and waiting[0] == key:
                    plain = parse(data)
                    agent = plain["agent"]
                    words = [(t, a, b, who == agent) for t, a, b, who in plain["words"]]
                    name = str(plain["provenance"]["id"])
                    yield from _cut(name, waiting[1], words, frames)
                else:
                    raise InputError(
                        f"member {member.name[:80]!a} has no codes before it", path,
                        reason="bad-record",
                    )  # fmt: skip
            except UNUSABLE as error:
                raise InputError(
                    f"member {member.name[:80]!a} cannot be used: it {explained(error)}", path,
                    reason="bad-record",
                ) from None  # fmt: skip


def _cut(
    name: str, codes: Int16Array, words: list[tuple[str, int, int, bool]], frames: int
) -> Iterator[TokenPiece]:
    for start in range(0, codes.shape[-1], frames):
        part = codes[..., start : start + frames]
        here = part.shape[-1]
        padded = np.full((*codes.shape[:-1], frames), -1, np.int16)
        padded[..., :here] = part
        own = tuple(
            (text, first - start, last - start, main)
            for text, first, last, main in words
            if start <= first < start + frames
        )
        yield TokenPiece(name, start, padded, own, here)
