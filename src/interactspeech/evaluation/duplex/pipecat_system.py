"""A Pipecat bot behind its websocket transport, as a system to play stimuli to.

```
 this package ── InputAudioRawFrame, 16 kHz ──►  transport.input() ─► ... ─► transport.output()
              ◄── OutputAudioRawFrame, InterruptionFrame, RTVI messages ──
```

The bot's transport is Pipecat's own, with its `ProtobufFrameSerializer` (a websocket server, or one
in FastAPI); messages are made and read by Pipecat's protocol. An interruption frame empties what is
queued here, as Pipecat's clients do, and is the decision to yield; RTVI's messages of the bot's
talk are its log. Tried with pipecat-ai 1.14 (BSD-2), which has to be installed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.errors import MissingExtraError
from interactspeech.evaluation.duplex.adapters import (
    PlaybackQueue,
    WebsocketSystem,
    of_pcm,
    to_pcm,
)
from interactspeech.evaluation.duplex.live import RATE
from interactspeech.evaluation.duplex.stimulus import SystemEvent
from interactspeech.signal.resampling import resample_samples

try:
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    from pipecat.frames.protobufs import frames_pb2
except ImportError:
    raise MissingExtraError("pipecat-ai", "pipecat", "Playing to a Pipecat bot") from None

#: RTVI's messages that say what the bot does, and as which event they are logged.
_SAID: Final = {"bot-started-speaking": "answer", "bot-stopped-speaking": "done"}
_READY: Final = {
    "label": "rtvi-ai",
    "type": "client-ready",
    "id": "1",
    "data": {"version": "1.0.0", "about": {"library": "interactspeech"}},
}


class PipecatSystem(WebsocketSystem):
    """A bot behind Pipecat's websocket transport; a connection an item.

    Args:
        address: ``ws://`` or ``wss://``.
    """

    def _greeting(self) -> Sequence[str | bytes]:
        return [_framed("message", data=json.dumps(_READY))]

    def _message(self, frame: Float32Array) -> bytes | str:
        return _framed("audio", audio=to_pcm(frame), sample_rate=RATE, num_channels=1)

    def _took(self, message: bytes | str, now: float, queue: PlaybackQueue) -> None:
        if isinstance(message, str):
            return
        frame = frames_pb2.Frame()
        try:
            frame.ParseFromString(message)
        except DecodeError:
            return
        kind = frame.WhichOneof("frame")
        if kind == "audio":
            queue.put(_sound(frame.audio), math.ceil(now * RATE))
        elif kind == "interruption":
            queue.clear(round(now * RATE))
            self._events.append(SystemEvent(round(now, 6), "yield"))
        elif kind == "message":
            event = _SAID.get(_type(frame.message.data))
            if event is not None:
                self._events.append(SystemEvent(round(now, 6), event))


def _framed(kind: str, **fields: Any) -> bytes:
    frame = frames_pb2.Frame()
    part = getattr(frame, kind)
    for name, value in fields.items():
        setattr(part, name, value)
    data: bytes = frame.SerializeToString()
    return data


def _sound(audio: Any) -> Float32Array:
    """A frame of sound as mono samples at `RATE`."""
    channels = max(1, int(audio.num_channels))
    samples = of_pcm(audio.audio)
    mono = samples[: len(samples) // channels * channels].reshape(-1, channels).mean(axis=1)
    rate = int(audio.sample_rate) or RATE
    return np.asarray(resample_samples(mono.astype(np.float32), rate, RATE), np.float32)


def _type(data: str) -> str:
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        return ""
    return str(message.get("type", "")) if isinstance(message, dict) else ""


__all__ = ["PipecatSystem"]
