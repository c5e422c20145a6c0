"""A websocket server around the listener: 16-bit stereo sound in, JSON lines out.

    pip install 'interactspeech[listen]' websockets
    python examples/listen_websocket.py [PORT]

A client sends, first, ``{"rate": 16000}``; then binary messages of interleaved little-endian 16-bit
samples (left, right); then the text ``end``. It gets ``{"frame": ...}`` when a speaker starts or
stops, or makes a bid for the floor, and ``{"event": ...}`` for each event when it is decided.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
from websockets.asyncio.server import ServerConnection, serve

from interactspeech import Stream
from interactspeech.errors import InputError
from interactspeech.listener import StreamUpdate

LARGEST = 1 << 20  # bytes of a message: five seconds at 48 kHz


async def converse(socket: ServerConnection) -> None:
    try:
        opening = json.loads(await socket.recv())
        stream = Stream(int(opening["rate"]))
    except (ValueError, KeyError, TypeError, InputError) as error:
        await socket.close(1003, f'say {{"rate": ...}} first: {error}'[:120])
        return
    messages = Messages()
    async for message in socket:
        if isinstance(message, str):
            break
        samples = np.frombuffer(message[: len(message) // 4 * 4], "<i2").reshape(-1, 2)
        for line in messages.lines(stream(samples.T.astype(np.float32) / 32768)):
            await socket.send(line)
    for line in messages.lines(stream.finish()):
        await socket.send(line)


class Messages:
    """Selects the frames in which something changes."""

    def __init__(self) -> None:
        self._last: Any = None

    def lines(self, update: StreamUpdate) -> Iterator[str]:
        for frame in update.frames:
            state = (frame.talking, tuple(bid > 0.8 for bid in frame.floor_bid))
            if state != self._last:
                self._last = state
                yield json.dumps({"frame": msgspec.to_builtins(frame)})
        for event in update.events:
            yield json.dumps({"event": msgspec.to_builtins(event)})


async def main(port: int) -> None:
    async with serve(converse, "127.0.0.1", port, max_size=LARGEST) as server:
        print(f"listening at ws://127.0.0.1:{port}", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8765))
