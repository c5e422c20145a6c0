"""Systems by name: in this process, behind a pipe, behind a websocket.

```
bot:prompt            a reference bot (`bots`)
module:Class          a `DuplexSystem` of yours, on the virtual clock
pipe:COMMAND          a program: PCM on its standard input and output
ws://HOST:PORT        a server: binary messages of PCM, both ways
realtime:ws://...     a server of the OpenAI realtime kind: PCM in JSON, as base64, 24 kHz
pipecat:ws://...      a bot behind Pipecat's websocket transport (`pipecat_system`)
livekit:module:name   a session of LiveKit Agents in this process (`livekit_system`)
```

PCM is mono, 16 kHz, 16 bit, little-endian. A real-time system hears a frame of 20 ms every 20 ms.
What it sends is played from when it arrives, in order, without a gap while there is some: the
player here waits for nothing else, so that a system that sends faster than real time has a queue
that goes on playing after it stops to send. It empties that queue with the text message
``{"event": "clear"}``, and may log in the same way (``{"event": "yield"}``; over a pipe a line on
standard error). Times are those of the clock here.

Of the realtime kind these messages are used, and the rest is ignored: to the server
``session.update`` (server-side turn detection) and ``input_audio_buffer.append``; from it
``response.output_audio.delta`` and ``response.audio.delta``, and
``input_audio_buffer.speech_started``, at which a client drops what is queued, as the protocol's
clients do: it is the decision to yield.
"""

from __future__ import annotations

import asyncio
import base64
import importlib
import json
import math
import os
import shlex
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.errors import InputError, MissingExtraError, UsageError
from interactspeech.evaluation.duplex.bots import reference_bot
from interactspeech.evaluation.duplex.live import FRAME, RATE, DuplexSystem
from interactspeech.evaluation.duplex.stimulus import StimulusTruth, SystemEvent
from interactspeech.records import Samples
from interactspeech.signal.resampling import resample_samples

_BYTES: Final = 2
#: Samples a second of PCM of the realtime kind.
REALTIME_RATE: Final = 24_000


def system_named(adapter: str) -> DuplexSystem:
    """The system that an adapter's name means.

    Raises:
        UsageError: it means none.
        MissingExtraError: the framework that it is for is absent.
    """
    kind, _, rest = adapter.partition(":")
    if kind == "bot":
        return reference_bot(rest)
    if kind == "pipe" and rest:
        return PipeSystem(shlex.split(rest))
    if kind == "realtime" and rest:
        return OpenAIRealtimeSystem(rest)
    if kind in {"ws", "wss"}:
        return WebsocketSystem(adapter)
    if kind == "pipecat" and rest:
        from interactspeech.evaluation.duplex.pipecat_system import PipecatSystem

        return PipecatSystem(rest)
    if kind == "livekit" and rest:
        from interactspeech.evaluation.duplex.livekit_system import livekit_system

        return livekit_system(rest)
    if rest and kind.replace(".", "").replace("_", "").isalnum():
        return _imported(kind, rest)
    raise UsageError(
        f"{adapter!r} means no system",
        remedy="give bot:NAME, module:Class, pipe:COMMAND, ws://HOST:PORT, realtime:ws://..., "
        "pipecat:ws://... or livekit:module:function",
    )


def _imported(module: str, name: str) -> DuplexSystem:
    try:
        made = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"{module}:{name} cannot be imported: {error}") from None
    system = made() if isinstance(made, type) else made
    if not isinstance(system, DuplexSystem):
        raise UsageError(
            f"{module}:{name} is no DuplexSystem",
            remedy="inherit from interactspeech.evaluation.duplex.DuplexSystem",
        )
    return system


class PlaybackQueue:
    """What a system sent, and when it is heard: a player that never waits while it has sound.

    Args:
        length: samples of the recording.
    """

    def __init__(self, length: int) -> None:
        self.track = np.zeros(length, np.float32)
        self._free = 0  # the first sample that nothing is queued for
        self._lock = threading.Lock()

    def put(self, samples: Float32Array, now: int) -> None:
        """Queue samples that arrive at sample `now` of the clock."""
        with self._lock:
            start = max(self._free, now)
            end = min(start + len(samples), len(self.track))
            if start < end:
                self.track[start:end] = samples[: end - start]
            self._free = start + len(samples)

    def clear(self, now: int) -> None:
        """Drop what is queued and not yet heard at sample `now`."""
        with self._lock:
            if self._free > now:
                self.track[max(now, 0) :] = 0.0
                self._free = now


def to_pcm(samples: Float32Array) -> bytes:
    """Samples as 16-bit little-endian PCM."""
    return np.clip(np.rint(samples * 32767), -32768, 32767).astype("<i2").tobytes()


def of_pcm(data: bytes) -> Float32Array:
    """16-bit little-endian PCM as samples; half a sample at the end is left out."""
    whole = data[: len(data) // _BYTES * _BYTES]
    return np.asarray(np.frombuffer(whole, "<i2") / np.float32(32768), np.float32)


class RealTimeSystem(DuplexSystem):
    """A system elsewhere, heard in real time."""

    def __init__(self) -> None:
        self._events: list[SystemEvent] = []

    def start(self, rate: int, truth: StimulusTruth | None) -> None:
        """Real-time systems are played to, not stepped."""
        del rate, truth
        self._events = []

    def step(self, user: Float32Array) -> Float32Array:
        """Real-time systems are played to, not stepped."""
        del user
        raise UsageError(f"system {self.name!r} has no virtual clock")

    def log(self) -> Sequence[SystemEvent] | None:
        """What it told; None where it told nothing."""
        return sorted(self._events, key=lambda e: e.time) or None

    def _told(self, text: str, now: float, queue: PlaybackQueue) -> None:
        try:
            event = json.loads(text).get("event")
        except (ValueError, AttributeError, RecursionError):
            return
        if event == "clear":
            queue.clear(round(now * RATE))
        if isinstance(event, str):
            self._events.append(SystemEvent(round(now, 6), event))


class PipeSystem(RealTimeSystem):
    """A program that reads PCM and writes PCM; started anew for each item.

    Args:
        command: program and arguments.
    """

    def __init__(self, command: Sequence[str]) -> None:
        super().__init__()
        self._command = list(command)
        self.name = self._command[0].rsplit("/", 1)[-1]

    def play(self, user: Samples, truth: StimulusTruth | None = None) -> Samples:
        """Play a track to the program in real time.

        Raises:
            InputError: the program cannot be started, or ended before the track did.
        """
        del truth
        self._events = []
        queue = PlaybackQueue(len(user))
        try:
            process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        except OSError as error:
            raise InputError(
                f"{self._command[0]!r} cannot be started: {error.strerror}", reason="unreadable"
            ) from None
        began = time.monotonic()
        readers = [
            threading.Thread(target=self._hear, args=(process, began, queue), daemon=True),
            threading.Thread(target=self._listen, args=(process, began, queue), daemon=True),
        ]
        for reader in readers:
            reader.start()
        try:
            for start, frame in _frames(user):
                _sleep_until(began + start / RATE + FRAME)
                assert process.stdin is not None
                process.stdin.write(to_pcm(frame))
                process.stdin.flush()
        except (BrokenPipeError, OSError):
            raise InputError(
                f"{self._command[0]!r} ended before the stimulus did", reason="truncated"
            ) from None
        finally:
            with suppress(OSError):
                if process.stdin is not None:
                    process.stdin.close()
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
            for reader in readers:
                reader.join(5)
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
        return queue.track

    def _hear(self, process: Any, began: float, queue: PlaybackQueue) -> None:
        rest = b""
        while data := process.stdout.read1(4096):
            now = time.monotonic() - began
            rest += data
            whole = len(rest) // _BYTES * _BYTES
            queue.put(of_pcm(rest[:whole]), math.ceil(now * RATE))
            rest = rest[whole:]

    def _listen(self, process: Any, began: float, queue: PlaybackQueue) -> None:
        for line in process.stderr:
            self._told(line.decode(errors="replace"), time.monotonic() - began, queue)


class WebsocketSystem(RealTimeSystem):
    """A server that takes and sends PCM in binary messages; a connection an item.

    Args:
        address: ``ws://`` or ``wss://``.
    """

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self.name = address

    def play(self, user: Samples, truth: StimulusTruth | None = None) -> Samples:
        """Play a track to the server in real time.

        Raises:
            InputError: it cannot be reached, or closes before the track ends.
            MissingExtraError: the package websockets is absent.
        """
        del truth
        self._events = []
        queue = PlaybackQueue(len(user))
        asyncio.run(self._talk(user, queue))
        return queue.track

    async def _talk(self, user: Samples, queue: PlaybackQueue) -> None:
        try:
            from websockets.asyncio.client import connect
            from websockets.exceptions import WebSocketException
        except ImportError:
            raise MissingExtraError("websockets", "live", "Playing to a websocket") from None
        try:
            async with connect(
                self._address, max_size=None, additional_headers=self._headers()
            ) as socket:
                began = time.monotonic()

                async def hear() -> None:
                    async for message in socket:
                        self._took(message, time.monotonic() - began, queue)

                hearing = asyncio.create_task(hear())
                try:
                    for hello in self._greeting():
                        await socket.send(hello)
                    for start, frame in _frames(user):
                        wait = began + start / RATE + FRAME - time.monotonic()
                        await asyncio.sleep(max(0.0, wait))
                        await socket.send(self._message(frame))
                finally:
                    hearing.cancel()
        except (OSError, WebSocketException) as error:
            raise InputError(
                f"{self._address}: {error or type(error).__name__}", reason="unreadable"
            ) from None

    def _headers(self) -> dict[str, str]:
        """Headers of the request that opens the connection."""
        return {}

    def _greeting(self) -> Sequence[str | bytes]:
        """What is sent first."""
        return ()

    def _message(self, frame: Float32Array) -> bytes | str:
        """A frame as it is sent."""
        return to_pcm(frame)

    def _took(self, message: bytes | str, now: float, queue: PlaybackQueue) -> None:
        """Take a message that came at `now`."""
        if isinstance(message, bytes):
            queue.put(of_pcm(message), math.ceil(now * RATE))
        else:
            self._told(message, now, queue)


class OpenAIRealtimeSystem(WebsocketSystem):
    """A server of the OpenAI realtime kind: JSON messages, PCM of 24 kHz as base64.

    The key, where the server wants one, is that of the environment's OPENAI_API_KEY.

    Args:
        address: ``ws://`` or ``wss://``, with the model in its query where the server wants it.
    """

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.name = address.partition("?")[0]

    def _headers(self) -> dict[str, str]:
        key = os.environ.get("OPENAI_API_KEY", "")
        return {"Authorization": f"Bearer {key}"} if key else {}

    def _greeting(self) -> Sequence[str | bytes]:
        turns = {"type": "server_vad"}
        audio = {
            "input": {
                "format": {"type": "audio/pcm", "rate": REALTIME_RATE},
                "turn_detection": turns,
            },
            "output": {"format": {"type": "audio/pcm", "rate": REALTIME_RATE}},
        }
        return [json.dumps({"type": "session.update",
                            "session": {"type": "realtime", "audio": audio}})]  # fmt: skip

    def _message(self, frame: Float32Array) -> bytes | str:
        sound = resample_samples(frame, RATE, REALTIME_RATE)
        data = base64.b64encode(to_pcm(sound)).decode("ascii")
        return json.dumps({"type": "input_audio_buffer.append", "audio": data})

    def _took(self, message: bytes | str, now: float, queue: PlaybackQueue) -> None:
        try:
            event = json.loads(message)
            kind = event.get("type", "")
            if kind in {"response.output_audio.delta", "response.audio.delta"}:
                sound = of_pcm(base64.b64decode(event.get("delta", ""), validate=True))
                queue.put(
                    np.asarray(resample_samples(sound, REALTIME_RATE, RATE), np.float32),
                    math.ceil(now * RATE),
                )
        except (ValueError, AttributeError, TypeError, RecursionError):
            return
        if kind == "input_audio_buffer.speech_started":
            queue.clear(round(now * RATE))
            self._events.append(SystemEvent(round(now, 6), "yield"))
        elif kind == "response.created":
            self._events.append(SystemEvent(round(now, 6), "answer"))
        elif kind == "response.done":
            self._events.append(SystemEvent(round(now, 6), "done"))


def _frames(user: Samples) -> list[tuple[int, Float32Array]]:
    size = round(FRAME * RATE)
    return [(start, user[start : start + size]) for start in range(0, len(user), size)]


def _sleep_until(moment: float) -> None:
    wait = moment - time.monotonic()
    if wait > 0:
        time.sleep(wait)


__all__ = [
    "OpenAIRealtimeSystem",
    "PipeSystem",
    "PlaybackQueue",
    "RealTimeSystem",
    "WebsocketSystem",
    "of_pcm",
    "system_named",
    "to_pcm",
]
