"""Stimuli, runs on the virtual clock, systems behind a pipe and a websocket, and the commands."""

import asyncio
import base64
import json
import sys
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from interactspeech.cli.evaluate import command
from interactspeech.errors import InputError, UsageError
from interactspeech.evaluation.duplex.adapters import (
    OpenAIRealtimeSystem,
    PipeSystem,
    PlaybackQueue,
    WebsocketSystem,
    of_pcm,
    system_named,
    to_pcm,
)
from interactspeech.evaluation.duplex.live import DuplexSystem, play_to, run_scenario
from interactspeech.evaluation.duplex.recording_reader import read_recordings
from interactspeech.evaluation.duplex.recordings import DuplexRecording
from interactspeech.evaluation.duplex.scoring import score_recordings
from interactspeech.evaluation.duplex.stimulus import StimulusTruth, read_truth
from interactspeech.evaluation.duplex.stimulus_set import (
    GROUPS,
    StimulusSettings,
    group_sizes,
    make_stimuli,
    write_stimuli,
)

RATE = 16_000


@pytest.fixture(scope="module")
def stimuli(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stimuli") / "set"
    write_stimuli(StimulusSettings(voices="fake", items=10), folder)
    return folder


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(command, list(words))
    return result.exit_code, result.output


def test_a_full_set_has_660_items_and_ten_kinds_of_interruptions() -> None:
    assert group_sizes(660) == GROUPS
    assert sum(GROUPS.values()) == 660
    assert sum(group_sizes(30).values()) == 30
    assert min(group_sizes(1).values()) == 1
    few = islice(make_stimuli(StimulusSettings(voices="fake", items=60)), 11)
    made = [s.truth for s in few]  # the interruptions come first
    assert len({e.style for t in made for e in t.events if e.kind == "interruption"}) == 10
    assert {t.condition for t in made} == {"clean", "noise", "telephone"}


def test_stimuli_hold_what_their_truth_says(stimuli: Path) -> None:
    truths = [read_truth(p) for p in sorted(stimuli.rglob("truth.json"))]
    assert {t.group for t in truths} == set(GROUPS)
    for stimulus in make_stimuli(StimulusSettings(voices="fake", items=10)):
        truth = stimulus.truth
        assert truth.licence
        assert truth.voice.startswith("fake:")
        assert len(stimulus.samples) == round(truth.seconds * RATE)
        for event in truth.events:
            part = stimulus.samples[round(event.start * RATE) : round(event.end * RATE)]
            loud = float(np.abs(part).max(initial=0.0))
            if truth.condition == "clean":
                assert (loud < 1e-6) is (event.kind == "pause"), (truth.id, event)


def test_same_seed_same_bytes(stimuli: Path, tmp_path: Path) -> None:
    write_stimuli(StimulusSettings(voices="fake", items=10), tmp_path / "again")
    files = sorted(p.relative_to(stimuli) for p in stimuli.rglob("*") if p.is_file())
    for file in files:
        assert (stimuli / file).read_bytes() == (tmp_path / "again" / file).read_bytes()
    with pytest.raises(InputError, match="is not empty"):
        write_stimuli(StimulusSettings(voices="fake", items=10), tmp_path / "again")


def test_other_layouts_are_read_as_theirs(tmp_path: Path) -> None:
    layouts = ("fdb", "turnbench")
    write_stimuli(StimulusSettings(voices="fake", items=10, layouts=layouts), tmp_path / "s")
    for path in (tmp_path / "s/fdb").rglob("input.wav"):
        (path.parent / "output.wav").write_bytes(path.read_bytes())
        (path.parent / "output.json").write_text('{"text": "", "chunks": []}')
    from interactspeech.evaluation.duplex.recordings import RecordingSettings

    found = list(read_recordings([tmp_path / "s/fdb"], RecordingSettings(check_channels=False)))
    tasks = {f.task for f in found if isinstance(f, DuplexRecording)}
    assert tasks == {"pause_handling", "smooth_turn_taking", "overlap"}
    assert len(found) == 10
    gold = json.loads((tmp_path / "s/turnbench/gold.json").read_text())
    kinds = {key for one in gold["conversations"].values() for key, rows in one.items() if rows}
    assert {"eot_positive_events", "eot_negative_spans", "int_positive_events"} <= kinds


def test_a_run_is_replayed_to_the_same_bytes(stimuli: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    code, text = run("live", str(stimuli), "--system", "bot:prompt", "-o", str(out))
    assert code == 0, text
    assert "10 of 10 items scored" in text
    code, _ = run("duplex", str(out / "items"), "--name", "prompt", "-o", str(tmp_path / "again"))
    assert code == 0
    for file in (tmp_path / "again").iterdir():
        assert file.read_bytes() == (out / file.name).read_bytes()


def test_what_a_scenario_lacks_is_named(stimuli: Path, tmp_path: Path) -> None:
    code, text = run("live", str(tmp_path), "--system", "bot:never", "-o", str(tmp_path / "r"))
    assert code in {1, 2}
    assert "holds no stimuli" in text
    code, text = run("live", str(stimuli), "--system", "bot:nobody", "-o", str(tmp_path / "r"))
    assert code == 2
    assert "no bot is called" in text


class Late(DuplexSystem):
    """Plays what it heard, one frame later."""

    name = "late"

    def start(self, rate: int, truth: StimulusTruth | None) -> None:
        del rate, truth

    def step(self, user: np.ndarray) -> np.ndarray:
        return user


class Wrong(Late):
    """Gives frames of another length."""

    def step(self, user: np.ndarray) -> np.ndarray:
        return user[:-1]


def test_the_virtual_clock_is_one_frame_late() -> None:
    user = np.arange(1000, dtype=np.float32)
    assert np.array_equal(play_to(Late(), user)[320:], user[:-320])
    with pytest.raises(InputError, match="319"):
        play_to(Wrong(), user)


def test_systems_of_yours(stimuli: Path, tmp_path: Path) -> None:
    assert not run_scenario(stimuli, Late(), tmp_path / "run", limit=2)
    assert len(list((tmp_path / "run").rglob("system.wav"))) == 2
    assert not list((tmp_path / "run").rglob("log.jsonl"))
    with pytest.raises(UsageError, match="means no system"):
        system_named("nothing")
    with pytest.raises(UsageError, match="cannot be imported"):
        system_named("no_such_module:Agent")
    with pytest.raises(UsageError, match="is no DuplexSystem"):
        system_named("json:loads")


def test_a_player_plays_on_and_is_cleared() -> None:
    queue = PlaybackQueue(100)
    queue.put(np.ones(30, np.float32), 10)
    queue.put(np.ones(30, np.float32), 12)  # queued behind the first
    assert np.flatnonzero(queue.track).tolist() == list(range(10, 70))
    queue.clear(50)
    assert np.flatnonzero(queue.track).tolist() == list(range(10, 50))
    queue.put(np.ones(90, np.float32), 60)
    assert queue.track[50:60].max() == 0
    assert queue.track[60:].min() == 1


def test_pcm_goes_and_comes() -> None:
    sound = np.array([0.0, 0.5, -1.0], np.float32)
    assert np.allclose(of_pcm(to_pcm(sound)), sound, atol=1e-4)
    assert len(of_pcm(to_pcm(sound) + b"\x01")) == 3


ECHO = """
import sys
out, told = sys.stdout.buffer, False
while data := sys.stdin.buffer.read(640):
    out.write(data); out.flush()
    if not told:
        told = True
        sys.stderr.write('{"event": "answer"}\\n'); sys.stderr.flush()
"""


def test_a_program_behind_a_pipe() -> None:
    user = np.zeros(RATE, np.float32)
    user[4000:8000] = 0.5
    system = PipeSystem([sys.executable, "-c", ECHO])
    heard = system.play(user)
    loud = np.flatnonzero(heard > 0.3)
    assert len(heard) == len(user)
    assert 4000 <= loud[0] <= 4000 + RATE  # not before it was said
    assert len(loud) >= 2000
    log = system.log()
    assert log
    assert log[0].event == "answer"


def test_programs_that_fail_are_named() -> None:
    with pytest.raises(InputError, match="cannot be started"):
        PipeSystem(["/no/such/program"]).play(np.zeros(RATE // 4, np.float32))
    with pytest.raises(InputError, match="ended before"):
        PipeSystem([sys.executable, "-c", "pass"]).play(np.zeros(4 * RATE, np.float32))


@pytest.fixture
def server() -> Iterator[str]:
    """A server that sends back what it gets, and says so once."""
    websockets = pytest.importorskip("websockets.asyncio.server")
    ready, stop = threading.Event(), asyncio.Event()
    place: list[str] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def echo(socket: object) -> None:
        await socket.send('{"event": "answer"}')  # type: ignore[attr-defined]
        async for message in socket:  # type: ignore[attr-defined]
            await socket.send(message)  # type: ignore[attr-defined]

    async def serve() -> None:
        async with websockets.serve(echo, "127.0.0.1", 0) as made:
            place.append(f"ws://127.0.0.1:{made.sockets[0].getsockname()[1]}")
            loops.append(asyncio.get_running_loop())
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    yield place[0]
    loops[0].call_soon_threadsafe(stop.set)
    thread.join(10)


def test_a_server_behind_a_websocket(server: str) -> None:
    user = np.zeros(RATE, np.float32)
    user[4000:8000] = 0.5
    system = WebsocketSystem(server)
    heard = system.play(user)
    loud = np.flatnonzero(heard > 0.3)
    assert 4000 <= loud[0] <= 4000 + RATE
    log = system.log()
    assert log
    assert log[0].event == "answer"


def test_messages_of_the_realtime_kind() -> None:
    system, queue = OpenAIRealtimeSystem("wss://host/v1/realtime?model=m"), PlaybackQueue(2 * RATE)
    assert system.name == "wss://host/v1/realtime"
    sent = json.loads(system._message(np.full(320, 0.5, np.float32)))
    assert sent["type"] == "input_audio_buffer.append"
    sound = of_pcm(base64.b64decode(sent["audio"]))
    assert abs(len(sound) - 480) <= 2
    tone = np.full(24_000, 0.5, np.float32)
    delta = base64.b64encode(to_pcm(tone)).decode()
    system._took(json.dumps({"type": "response.output_audio.delta", "delta": delta}), 0.5, queue)
    system._took(json.dumps({"type": "input_audio_buffer.speech_started"}), 1.0, queue)
    for junk in (
        "{",
        "[]",
        '{"type": 3}',
        '{"type": "response.audio.delta", "delta": "?"}',
        b"\xff",
    ):
        system._took(junk, 1.2, queue)
    loud = np.flatnonzero(queue.track > 0.3)
    assert abs(loud[0] - RATE // 2) < 50
    assert loud[-1] < RATE
    log = system.log()
    assert log
    assert [(e.time, e.event) for e in log] == [(1.0, "yield")]


def test_a_server_that_is_not_there_is_named() -> None:
    pytest.importorskip("websockets")
    with pytest.raises(InputError, match=r"ws://127\.0\.0\.1:9"):
        WebsocketSystem("ws://127.0.0.1:9").play(np.zeros(100, np.float32))


def test_the_ruler_on_a_run(stimuli: Path, tmp_path: Path) -> None:
    run_scenario(stimuli, system_named("bot:anything"), tmp_path / "run")
    scores = score_recordings(read_recordings([tmp_path / "run"]), "anything")
    assert scores.measure("yield.rate").value == 1.0
    assert scores.measure("ignore.backchannel").value == 0.0
