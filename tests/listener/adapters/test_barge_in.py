"""The decision behind the adapters, and the adapters on stand-ins of the frameworks' interfaces.

Where LiveKit Agents or Pipecat is installed, the real ones are used.
"""

import asyncio
import importlib
import sys
import types
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soxr
from spoken import turns_end_to_end

from interactspeech.errors import InputError, MissingExtraError
from interactspeech.listener.adapters import BargeIn
from interactspeech.signal.log_mel import RATE


@pytest.fixture(scope="module")
def agent_and_user():
    """Six seconds of an agent's talk; a user's 1.6 s, which begin at 3 s."""
    parts = turns_end_to_end()
    agent = np.resize(parts[0], 6 * RATE).astype(np.float32)
    user = 1e-4 * np.random.default_rng(0).standard_normal(6 * RATE)
    user[3 * RATE : 3 * RATE + 16 * RATE // 10] += np.resize(parts[1], 16 * RATE // 10)
    return agent, user.astype(np.float32)


def int16(sound):
    return np.rint(np.clip(sound, -1, 1) * 32767).astype(np.int16)


def play(barge_in, agent, user, words=()):
    states = []
    for first in range(0, len(user), 1600):
        barge_in.hear_agent(agent[first : first + 1600], RATE)
        for at, text in words:
            if first <= at * RATE < first + 1600:
                barge_in.hear_words(text)
        states.append(barge_in.hear_user(user[first : first + 1600], RATE))
    return states


def test_talk_over_the_agent_interrupts_and_silence_does_not(agent_and_user):
    agent, user = agent_and_user
    states = play(BargeIn(false_alarms=0.3), agent, user)
    when = [s.seconds for s in states if s.interrupts]
    assert when
    assert 3.0 < when[0] < 4.7
    assert not any(s.starts for s in states)
    quiet = play(BargeIn(false_alarms=0.3), agent, np.zeros_like(user))
    assert not any(s.interrupts or s.starts for s in quiet)


def test_talk_to_a_silent_agent_starts_a_turn_and_its_end_is_told(agent_and_user):
    _, user = agent_and_user
    states = play(BargeIn(), np.zeros_like(user), user)
    assert any(s.starts for s in states)
    assert not any(s.interrupts for s in states)
    ends = {round(s.seconds, 1): s.end_of_turn for s in states}
    assert ends[2.0] == 0.0  # nobody has talked
    assert ends[6.0] > 0.5
    assert ends[6.0] > ends[5.0]


def test_words_let_a_claim_through_at_once_and_hold_feedback_back(agent_and_user):
    agent, user = agent_and_user
    claim = play(BargeIn(false_alarms=0.05), agent, user, [(3.45, "wait no")])
    plain = play(BargeIn(false_alarms=0.05), agent, user)
    nod = play(BargeIn(false_alarms=0.05), agent, user, [(3.45, "mm-hm")])

    def first(states):
        return min((s.seconds for s in states if s.interrupts), default=np.inf)

    assert first(claim) <= min(first(plain), 3.8)
    assert first(nod) == np.inf


def test_rates_and_types_are_scaled_and_others_refused(agent_and_user):
    agent, user = agent_and_user
    barge_in = BargeIn(false_alarms=0.3)
    found = False
    for first in range(0, len(user), 1600):
        at48 = soxr.resample(agent[first : first + 1600], RATE, 48_000)
        barge_in.hear_agent(int16(at48), 48_000)
        found |= barge_in.hear_user(int16(user[first : first + 1600]), RATE).interrupts
    assert found
    with pytest.raises(InputError, match="shape"):
        barge_in.hear_user(np.zeros((2, 100), np.float32), RATE)
    with pytest.raises(InputError, match="uint8"):
        barge_in.hear_user(np.zeros(100, np.uint8), RATE)


@dataclass
class _TurnDetectionEvent:
    type: str
    end_of_turn_probability: float
    last_speaking_time: float
    detection_delay: float | None = None
    inference_duration: float | None = None
    backchannel_probability: float | None = None


class _OverlappingSpeechEvent(SimpleNamespace):
    pass


@pytest.fixture
def livekit(monkeypatch):
    """The adapter, on LiveKit Agents, or on modules with the two classes that it takes from it."""
    try:
        importlib.import_module("livekit.agents.voice.turn")
    except ImportError:
        for name in ("livekit", "livekit.agents", "livekit.agents.voice",
                     "livekit.agents.inference"):  # fmt: skip
            monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
        turn = types.ModuleType("livekit.agents.voice.turn")
        turn.TurnDetectionEvent = _TurnDetectionEvent
        interruption = types.ModuleType("livekit.agents.inference.interruption")
        interruption.OverlappingSpeechEvent = _OverlappingSpeechEvent
        monkeypatch.setitem(sys.modules, turn.__name__, turn)
        monkeypatch.setitem(sys.modules, interruption.__name__, interruption)
    monkeypatch.delitem(sys.modules, "interactspeech.listener.adapters.livekit", raising=False)
    return importlib.import_module("interactspeech.listener.adapters.livekit")


def frame(sound):
    data = memoryview(int16(sound).tobytes()).cast("h")
    return SimpleNamespace(
        data=data, sample_rate=RATE, num_channels=1, samples_per_channel=len(sound)
    )


async def _frames(sound):
    for first in range(0, len(sound), 800):
        yield frame(sound[first : first + 800])


def test_livekit_is_called_back_and_told_of_the_end_of_a_turn(livekit, agent_and_user):
    agent, user = agent_and_user

    async def session() -> tuple[list[Any], Any, int]:
        ears = livekit.ListenerEars(false_alarms=0.3)
        calls: list[Any] = []

        async def interrupt(event):
            calls.append(event)

        ears.on_interruption(interrupt)
        ears.on_interruption(calls.append)
        passed = 0
        theirs = ears.agent(_frames(agent))
        async for _ in ears.user(_frames(user)):
            await anext(theirs)
            passed += 1
        stream = ears.turn_detector().stream()
        stream.push_audio(frame(user[:800]))  # heard already: not again
        before = ears.barge_in.stream
        event = await stream.predict()
        assert before is ears.barge_in.stream
        assert 0.0 <= await stream.unlikely_threshold(None) <= 1.0
        assert await stream.backchannel_threshold(None) is None
        assert await stream.supports_language("en")
        stream.end_input()
        assert (await stream.predict()).end_of_turn_probability == 1.0
        await stream.aclose()
        await asyncio.sleep(0)
        return calls, event, passed

    calls, event, passed = asyncio.run(session())
    assert passed == len(user) // 800
    assert len(calls) >= 2
    assert calls[0].is_interruption
    assert calls[0].probability > 0.5
    assert event.type == "eot_prediction"
    assert 0.0 <= event.end_of_turn_probability <= 1.0


def test_livekits_turn_detector_alone_hears_what_is_pushed(livekit, agent_and_user):
    _, user = agent_and_user

    async def session():
        detector = livekit.ListenerEars().turn_detector()
        assert detector.model
        assert detector.provider
        stream = detector.stream(conn_options=None)
        for first in range(0, len(user), 800):
            stream.push_audio(frame(user[first : first + 800]))
        stream.cancel_inference(timed_out=False)
        stream.flush("turn")
        return (await stream.predict()).end_of_turn_probability

    assert asyncio.run(session()) > 0.5


def test_livekits_protocols_are_kept(livekit):
    turn = pytest.importorskip("livekit.agents.voice.turn")
    if not hasattr(turn, "_StreamingTurnDetector"):
        pytest.skip("LiveKit Agents is not installed: its protocols cannot be asked")

    async def made():
        detector = livekit.ListenerEars().turn_detector()
        assert isinstance(detector, turn._StreamingTurnDetector)
        assert isinstance(detector.stream(), turn._StreamingTurnDetectorStream)

    asyncio.run(made())


def test_words_of_livekits_recogniser_decide(livekit, agent_and_user):
    agent, user = agent_and_user
    ears = livekit.ListenerEars(false_alarms=0.05)
    calls = []
    ears.on_interruption(calls.append)
    for first in range(0, len(user), 800):
        ears.hear_agent(frame(agent[first : first + 800]))
        ears.hear_user(frame(user[first : first + 800]))
        if first == int(3.4 * RATE):
            said = [SimpleNamespace(text="hold on a second")]
            ears.hear_event(SimpleNamespace(type="interim_transcript", alternatives=said))
            ears.hear_event(SimpleNamespace(type="start_of_speech", alternatives=[]))
        if first >= int(3.8 * RATE):
            break
    assert calls


@pytest.mark.parametrize("name", ["livekit", "pipecat"])
def test_what_is_not_installed_is_said(name, monkeypatch):
    for module in [m for m in sys.modules if m == name or m.startswith(f"{name}.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, name, None)
    adapter = f"interactspeech.listener.adapters.{name}"
    monkeypatch.delitem(sys.modules, adapter, raising=False)
    with pytest.raises(MissingExtraError, match=name):
        importlib.import_module(adapter)
