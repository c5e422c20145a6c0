"""The examples run: the server with a real client, the strategy inside real Pipecat where it is."""

import asyncio
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import soxr
from spoken import spoken

from interactspeech.corpus import Corpus

EXAMPLES = Path(__file__).parents[2] / "examples"


def example(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def sound():
    item = next(iter(Corpus.open(spoken())))
    return soxr.resample(item.audio()[:, : 12 * item.dialogue.rate].T, item.dialogue.rate, 16_000).T


def test_the_server_hears_a_client(sound):
    websockets = pytest.importorskip("websockets.asyncio.server")
    from websockets.asyncio.client import connect

    module = example("listen_websocket")
    steps = np.rint(sound.T * 32767).astype("<i2")

    async def talk():
        async with websockets.serve(module.converse, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with connect(f"ws://127.0.0.1:{port}") as client:
                await client.send(json.dumps({"rate": 16_000}))
                for i in range(0, len(steps), 1600):
                    await client.send(steps[i : i + 1600].tobytes())
                await client.send("end")
                return [json.loads(message) async for message in client]

    lines = asyncio.run(talk())
    events = [line["event"]["type"] for line in lines if "event" in line]
    assert "turn" in events
    assert any(True in line["frame"]["talking"] for line in lines if "frame" in line)


def test_a_client_that_says_nonsense_is_told(sound):
    websockets = pytest.importorskip("websockets.asyncio.server")
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosedError

    module = example("listen_websocket")
    assert sound.shape[0] == 2

    async def talk():
        async with websockets.serve(module.converse, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with connect(f"ws://127.0.0.1:{port}") as client:
                await client.send("hello")
                await client.recv()

    with pytest.raises(ConnectionClosedError):
        asyncio.run(talk())


@pytest.mark.filterwarnings("ignore")
def test_pipecat_is_told_when_the_user_wants_the_floor(sound):
    pytest.importorskip("pipecat")
    from interactspeech.listener.adapters import pipecat as module

    async def play():
        strategy = module.ListenerUserTurnStartStrategy()
        started = []

        async def note(*_):
            started.append(True)

        strategy.add_event_handler("on_user_turn_started", note)
        for i in range(0, sound.shape[1], 320):
            user = np.rint(sound[0, i : i + 320] * 32767).astype("<i2").tobytes()
            await strategy.process_frame(module.InputAudioRawFrame(user, 16_000, 1))
        return started

    assert asyncio.run(play())
