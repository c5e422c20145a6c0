"""Bots of Pipecat and LiveKit Agents as systems to play to.

Where the frameworks are installed, real bots are played to: a Pipecat pipeline behind its websocket
server, a LiveKit session. Without them, stand-ins with the interface that the adapters use.
"""

import asyncio
import importlib
import importlib.util
import sys
import threading
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from interactspeech.errors import InputError, MissingExtraError, UsageError
from interactspeech.evaluation.duplex.adapters import of_pcm, system_named, to_pcm
from interactspeech.evaluation.duplex.live import RATE

#: The frameworks warn of their own interfaces.
pytestmark = pytest.mark.filterwarnings("ignore")

#: The user talks from 0.2 to 1.0 s, and again, over the bot, from 2.2 to 3.0 s.
FIRST, SECOND, SECONDS = (0.2, 1.0), (2.2, 3.0), 4.0
LOUD = 0.05


def user() -> np.ndarray:
    track = np.zeros(round(SECONDS * RATE), np.float32)
    for start, end in (FIRST, SECOND):
        n = round((end - start) * RATE)
        track[round(start * RATE) :][:n] = 0.3 * np.sin(np.arange(n) / 5)
    return track


def tone(seconds: float, rate: int) -> np.ndarray:
    return (0.2 * np.sin(np.arange(round(seconds * rate)) * 1600 / rate)).astype(np.float32)


class Barge:
    """What the bots here do: answer when the user falls silent, yield when the user talks."""

    def __init__(self) -> None:
        self.talking, self.level = False, 0.0

    def hear(self, samples: np.ndarray) -> str:
        self.level = float(np.abs(samples).max(initial=0.0))
        before, self.talking = self.talking, self.level > LOUD
        return {(False, True): "starts", (True, False): "ends"}.get((before, self.talking), "")


def talk_of(track: np.ndarray) -> tuple[float, float]:
    """First and last second with sound."""
    heard = np.flatnonzero(np.abs(track) > 0.02) / RATE
    return float(heard[0]), float(heard[-1])


def check(track: np.ndarray, log: list[Any], late: float) -> None:
    """The bot began after the user's first talk, and stopped when the user talked again."""
    loud = np.abs(track) > 0.02
    between = loud[round(1.6 * RATE) : round(2.2 * RATE)]
    begins, _ = talk_of(track)
    assert FIRST[1] - 0.05 < begins < FIRST[1] + late
    assert between.mean() > 0.8
    assert not loud[round((SECOND[0] + late) * RATE) : round(SECOND[1] * RATE)].any()
    yields = [e.time for e in log if e.event == "yield"]
    assert any(SECOND[0] - 0.05 < t < SECOND[0] + late for t in yields)


# -- Pipecat ---------------------------------------------------------------------------------------


def pipecat_messages() -> Any:
    """Pipecat's messages, or the same made here from its published definition."""
    try:
        return importlib.import_module("pipecat.frames.protobufs.frames_pb2")
    except ImportError:
        pass
    protobuf = pytest.importorskip("google.protobuf")
    del protobuf
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(
        name="stand_in.proto", package="pipecat", syntax="proto3"
    )
    kinds = {"bytes": 12, "uint32": 13, "uint64": 4, "string": 9}
    layouts = {
        "TextFrame": [("id", "uint64"), ("name", "string"), ("text", "string")],
        "AudioRawFrame": [("id", "uint64"), ("name", "string"), ("audio", "bytes"),
                          ("sample_rate", "uint32"), ("num_channels", "uint32")],
        "TranscriptionFrame": [("id", "uint64"), ("name", "string"), ("text", "string")],
        "MessageFrame": [("data", "string")],
        "InterruptionFrame": [("id", "uint64"), ("name", "string")],
    }  # fmt: skip
    for name, fields in layouts.items():
        message = file.message_type.add(name=name)
        for number, (field, kind) in enumerate(fields, 1):
            message.field.add(name=field, number=number, type=kinds[kind], label=1)
    frame = file.message_type.add(name="Frame")
    frame.oneof_decl.add(name="frame")
    for number, (field, layout) in enumerate(
        [("text", "TextFrame"), ("audio", "AudioRawFrame"), ("transcription", "TranscriptionFrame"),
         ("message", "MessageFrame"), ("interruption", "InterruptionFrame")], 1,
    ):  # fmt: skip
        frame.field.add(name=field, number=number, type=11, label=1, oneof_index=0,
                        type_name=f".pipecat.{layout}")  # fmt: skip
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    made = types.ModuleType("pipecat.frames.protobufs.frames_pb2")
    made.Frame = message_factory.GetMessageClass(pool.FindMessageTypeByName("pipecat.Frame"))
    return made


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> Any:
    found = pipecat_messages()
    if found.__spec__ is None:
        for name in ("pipecat", "pipecat.frames", "pipecat.frames.protobufs"):
            monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
        monkeypatch.setitem(sys.modules, found.__name__, found)
        sys.modules["pipecat.frames.protobufs"].frames_pb2 = found
    module = "interactspeech.evaluation.duplex.pipecat_system"
    monkeypatch.delitem(sys.modules, module, raising=False)
    return found


@pytest.fixture
def serve() -> Iterator[Any]:
    """Runs a coroutine with a websocket server in a thread; gives the server's address."""
    stops: list[Any] = []

    def run(main: Any) -> str:
        ready, address = threading.Event(), []

        def work() -> None:
            async def session() -> None:
                stop = asyncio.Event()
                loop = asyncio.get_running_loop()
                stops.append((loop, stop, thread))
                await main(
                    lambda port: (address.append(f"ws://127.0.0.1:{port}"), ready.set()), stop
                )

            asyncio.run(session())

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        assert ready.wait(60)
        return str(address[0])

    yield run
    for loop, stop, thread in stops:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)


def test_a_server_of_pipecats_protocol(messages: Any, serve: Any) -> None:
    websockets = pytest.importorskip("websockets.asyncio.server")
    heard: list[str] = []

    async def bot(socket: Any) -> None:
        barge, tasks = Barge(), []

        async def answer() -> None:
            for chunk in np.split(tone(5, 24_000), 50):
                frame = messages.Frame()
                frame.audio.audio, frame.audio.sample_rate = to_pcm(chunk), 24_000
                frame.audio.num_channels = 1
                await socket.send(frame.SerializeToString())

        async for data in socket:
            frame = messages.Frame.FromString(data)
            heard.append(frame.WhichOneof("frame"))
            if heard[-1] == "message":
                assert "client-ready" in frame.message.data
                frame.message.data = '{"label": "rtvi-ai", "type": "bot-started-speaking"}'
                await socket.send(frame.SerializeToString())
                await socket.send(b"\xff\xff\xff")  # what is no frame is passed over
                await socket.send("text")
                continue
            assert frame.audio.sample_rate == RATE
            did = barge.hear(of_pcm(frame.audio.audio))
            if did == "ends":
                tasks.append(asyncio.create_task(answer()))
            elif did == "starts" and tasks:
                stop = messages.Frame()
                stop.interruption.id = 1
                await socket.send(stop.SerializeToString())

    async def main(ready: Any, stop: asyncio.Event) -> None:
        async with websockets.serve(bot, "127.0.0.1", 0) as server:
            ready(server.sockets[0].getsockname()[1])
            await stop.wait()

    system = system_named(f"pipecat:{serve(main)}")
    track = system.play(user())
    log = list(system.log() or ())
    check(track, log, 0.3)
    assert log[0].event == "answer"
    assert heard[0] == "message"
    assert heard.count("audio") >= 190


@pytest.mark.usefixtures("messages")
def test_a_pipeline_of_pipecat(serve: Any) -> None:
    server = pytest.importorskip("pipecat.transports.websocket.server")
    frames = importlib.import_module("pipecat.frames.frames")
    processors = importlib.import_module("pipecat.processors.frame_processor")
    serializers = importlib.import_module("pipecat.serializers.protobuf")
    pipeline = importlib.import_module("pipecat.pipeline.pipeline")
    worker = importlib.import_module("pipecat.pipeline.task")
    runner = importlib.import_module("pipecat.pipeline.runner")

    class Bot(processors.FrameProcessor):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self._barge, self._answered = Barge(), False

        async def process_frame(self, frame: Any, direction: Any) -> None:
            await super().process_frame(frame, direction)
            if not isinstance(frame, frames.InputAudioRawFrame):
                await self.push_frame(frame, direction)
                return
            did = self._barge.hear(of_pcm(frame.audio))
            if did == "ends" and not self._answered:
                self._answered = True
                for chunk in np.split(tone(5, 24_000), 250):
                    await self.push_frame(frames.TTSAudioRawFrame(to_pcm(chunk), 24_000, 1))
            elif did == "starts" and self._answered:
                await self.push_frame(frames.InterruptionFrame())

    async def main(ready: Any, stop: asyncio.Event) -> None:
        import socket

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        transport = server.SingleClientWebsocketServerTransport(
            host="127.0.0.1", port=port,
            params=server.SingleClientWebsocketServerParams(
                audio_in_enabled=True, audio_out_enabled=True,
                serializer=serializers.ProtobufFrameSerializer(),
            ),
        )  # fmt: skip
        task = worker.PipelineTask(
            pipeline.Pipeline([transport.input(), Bot(), transport.output()])
        )
        alone = runner.PipelineRunner(handle_sigint=False, handle_sigterm=False)
        running = asyncio.create_task(alone.run(task))
        for _ in range(300):
            await asyncio.sleep(0.1)
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                continue
            writer.close()
            break
        ready(port)
        await stop.wait()
        await task.cancel()
        await running

    system = system_named(f"pipecat:{serve(main)}")
    track = system.play(user())
    check(track, list(system.log() or ()), 0.6)


# -- LiveKit ---------------------------------------------------------------------------------------


class StandInInput:
    """As much of LiveKit's `AudioInput` as a source needs."""

    def __init__(self, *, label: str) -> None:
        self.label = label


class StandInOutput:
    """As much of LiveKit's `AudioOutput` as a sink needs."""

    def __init__(self, *, label: str, capabilities: Any, sample_rate: int) -> None:
        self.label, self.sample_rate, self.capabilities = label, sample_rate, capabilities
        self.events: list[Any] = []

    async def capture_frame(self, frame: Any) -> None: ...
    def flush(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def on_playback_started(self, *, created_at: float) -> None:
        assert created_at > 0
        self.events.append("started")

    def on_playback_finished(self, *, playback_position: float, interrupted: bool) -> None:
        self.events.append((round(playback_position, 2), interrupted))


class StandInFrame(types.SimpleNamespace):
    pass


class StandInSession:
    """Hears its input, and talks to its output, as `Barge` does."""

    def __init__(self) -> None:
        self.input, self.output = types.SimpleNamespace(), types.SimpleNamespace()

    async def start(self, agent: Any) -> None:
        if agent is None:
            raise RuntimeError("no agent")
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        barge, out, talked = Barge(), self.output.audio, False
        while True:
            frame = await self.input.audio.__anext__()
            did = barge.hear(of_pcm(bytes(frame.data)))
            if did == "ends" and not talked:
                talked = True
                for chunk in np.split(tone(5, RATE), 50):
                    await out.capture_frame(StandInFrame(data=to_pcm(chunk)))
                out.flush()
            elif did == "starts" and talked:
                out.clear_buffer()

    async def aclose(self) -> None:
        self._task.cancel()


@pytest.fixture
def livekit(monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the real one is there; a stand-in is, if it is not."""
    if importlib.util.find_spec("livekit") is not None:
        return True
    names = ("livekit", "livekit.rtc", "livekit.agents", "livekit.agents.voice",
             "livekit.agents.voice.io")  # fmt: skip
    for name in names:
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    io = sys.modules["livekit.agents.voice.io"]
    io.AudioInput = StandInInput
    io.AudioOutput = StandInOutput
    io.AudioOutputCapabilities = lambda *, pause: pause
    sys.modules["livekit.rtc"].AudioFrame = StandInFrame
    sys.modules["livekit"].rtc = sys.modules["livekit.rtc"]
    sys.modules["livekit.agents.voice"].io = io
    module = "interactspeech.evaluation.duplex.livekit_system"
    monkeypatch.delitem(sys.modules, module, raising=False)
    return False


def session_of_livekit() -> tuple[Any, Any]:
    """A real session whose agent says tones, and is interrupted by a plain rule on the level."""
    agents = importlib.import_module("livekit.agents")
    rtc = importlib.import_module("livekit.rtc")
    session = agents.AgentSession()

    async def sound() -> Any:
        for chunk in np.split(tone(5, 24_000), 100):
            yield rtc.AudioFrame(to_pcm(chunk), 24_000, 1, len(chunk))

    class Talker(agents.Agent):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__(instructions="")

        async def on_enter(self) -> None:
            audio, barge = self.session.input.audio, Barge()

            async def hear() -> None:
                talked = False
                while True:
                    frame = await audio.__anext__()
                    did = barge.hear(of_pcm(bytes(frame.data)))
                    if did == "ends" and not talked:
                        talked = True
                        self.session.say("tones", audio=sound())
                    elif did == "starts" and talked:
                        await self.session.interrupt()

            self.hearing = asyncio.create_task(hear())

    return session, Talker()


def make_stand_in() -> tuple[Any, Any]:
    return StandInSession(), object()


async def make_none() -> tuple[Any, Any]:
    return StandInSession(), None


NOT_CALLABLE = 3


def test_a_session_of_livekit(livekit: bool) -> None:
    name = "session_of_livekit" if livekit else "make_stand_in"
    system = system_named(f"livekit:{__name__}:{name}")
    track = system.play(user())
    log = list(system.log() or ())
    check(track, log, 0.6 if livekit else 0.1)
    assert log[0].event == "answer"


def test_a_segment_that_is_played_out_is_told_and_a_pause_holds_it(livekit: bool) -> None:
    module = importlib.import_module("interactspeech.evaluation.duplex.livekit_system")

    async def segment() -> tuple[list[str], np.ndarray]:
        said: list[str] = []
        out = module._Loudspeaker(RATE, said.append)
        if livekit:
            return said, out.track
        await out.capture_frame(StandInFrame(data=to_pcm(tone(0.05, RATE))))
        out.play(0)
        out.pause()
        out.play(320)
        out.resume()
        out.flush()
        for start in range(640, 3200, 320):
            out.play(start)
        out.clear_buffer()  # nothing is open: nothing is told
        assert out.events == ["started", (0.05, False)]
        return said, out.track

    said, track = asyncio.run(segment())
    if livekit:
        pytest.skip("the stand-in tells what it was told")
    assert said == ["answer", "done"]
    assert np.abs(track[:320]).max() > 0.1
    assert not np.abs(track[320:640]).any()
    assert np.abs(track[640:1120]).max() > 0.1
    assert not np.abs(track[1120:]).any()


@pytest.mark.usefixtures("livekit")
def test_what_is_no_session_is_said() -> None:
    with pytest.raises(UsageError, match="cannot be imported"):
        system_named("livekit:no.such.module:make")
    with pytest.raises(UsageError, match="is no function"):
        system_named(f"livekit:{__name__}:NOT_CALLABLE")
    system = system_named(f"livekit:{__name__}:make_none")
    with pytest.raises((InputError, AttributeError)):
        system.play(user()[:RATE])


@pytest.mark.parametrize("name", ["livekit", "pipecat"])
def test_a_framework_that_is_absent_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [m for m in sys.modules if m == name or m.startswith(f"{name}.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(
        sys.modules, f"interactspeech.evaluation.duplex.{name}_system", raising=False
    )
    with pytest.raises(MissingExtraError, match=name):
        system_named(f"{name}:ws://localhost:1")
