"""Reference systems whose behaviour is known to the sample, to test rulers with.

| bot | when it is interrupted | through "mm-hm", tics, side talk |
|---|---|---|
| `prompt` | yields after .4 s | talks on |
| `slow` | yields after 1.5 s | talks on |
| `never` | talks on | talks on |
| `anything` | yields after .4 s | yields after .4 s |
| `feedback` | yields after .4 s | talks through backchannels only |
| `player` | decides after .4 s; its sound goes on for 2.2 s | talks on |

They know the stimulus's truth and do not listen: what they do is set, so that what a ruler says of
them can be checked. All answer .6 s after a turn ends; `eager` answers .6 s into pauses too. Their
voice is the test engine's, unless another is set.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.errors import UsageError
from interactspeech.evaluation.duplex.live import DuplexSystem
from interactspeech.evaluation.duplex.stimulus import (
    TO_IGNORE,
    StimulusKind,
    StimulusTruth,
    SystemEvent,
)
from interactspeech.settings import NonNegative, Positive, Settings
from interactspeech.signal.resampling import resample_samples
from interactspeech.tts import engine


class BotSettings(Settings, frozen=True):
    """What a bot does, in seconds.

    Attributes:
        answer_delay: from the end of a turn to its answer.
        yield_delay: from the onset of what it yields to until it decides to stop; None: never.
        yields_to: kinds of events that it yields to.
        answers: kinds of sounds that it answers when they come while it is silent.
        player_delay: how long its sound goes on after the decision.
        answer_seconds: how long an answer is.
        mistakes_pauses: whether it takes a pause that is longer than `answer_delay` for an end.
        voice: that it talks with, ``engine:voice``. The test engine's is tones with the rhythm of
            speech: a detector that knows speech does not hear it talk.
    """

    answer_delay: NonNegative = 0.6
    yield_delay: NonNegative | None = 0.4
    yields_to: tuple[StimulusKind, ...] = ("interruption",)
    answers: tuple[StimulusKind, ...] = ()
    player_delay: NonNegative = 0.0
    answer_seconds: Positive = 14.0
    mistakes_pauses: bool = False
    voice: str = "fake:tenor"


_EVERYTHING: Final[tuple[StimulusKind, ...]] = ("interruption", *sorted(TO_IGNORE))
BOTS: Final[Mapping[str, BotSettings]] = {
    "prompt": BotSettings(),
    "slow": BotSettings(yield_delay=1.5),
    "never": BotSettings(yield_delay=None),
    "anything": BotSettings(yields_to=_EVERYTHING),
    "feedback": BotSettings(yields_to=tuple(k for k in _EVERYTHING if k != "backchannel")),
    "player": BotSettings(player_delay=2.2),
    "eager": BotSettings(mistakes_pauses=True),
}


class ReferenceBot(DuplexSystem):
    """A system that does what its settings say.

    Args:
        settings: what it does.
        name: as reports call it.
    """

    def __init__(self, settings: BotSettings, name: str = "bot") -> None:
        self.settings, self.name = settings, name
        self._talk: list[tuple[int, int]] = []
        self._log: list[SystemEvent] = []
        self._position = 0
        self._rate = 0
        self._track = np.zeros(0, np.float32)

    def start(self, rate: int, truth: StimulusTruth | None) -> None:
        """Plan what to do for a stimulus.

        Raises:
            UsageError: there is no truth to go by.
        """
        if truth is None:
            raise UsageError("a reference bot needs the truth of the stimulus")
        self._rate, self._position = rate, 0
        self._talk, self._log = self._planned(truth)
        self._track = self._rendered(round(truth.seconds * rate))

    def step(self, user: Float32Array) -> Float32Array:
        """What it plays in the frame after the one that it is given."""
        start = self._position + len(user)
        self._position = start
        played = np.zeros(len(user), np.float32)
        found = self._track[start : start + len(user)]
        played[: len(found)] = found
        return played

    def log(self) -> tuple[SystemEvent, ...]:
        """What it decided, and when its sound began and ended."""
        return tuple(self._log)

    def _planned(self, truth: StimulusTruth) -> tuple[list[tuple[int, int]], list[SystemEvent]]:
        s = self.settings
        talk: list[tuple[float, float]] = []
        log: list[SystemEvent] = []
        silent_from = 0.0
        starts: list[float] = []
        for event in sorted(truth.events, key=lambda e: (e.start, e.end)):
            mistaken = (
                event.kind == "pause"
                and s.mistakes_pauses
                and event.end - event.start > s.answer_delay
            )
            if event.kind == "turn_end":
                starts.append(event.end + s.answer_delay)
            elif mistaken:
                starts.append(event.start + s.answer_delay)
            elif event.kind in s.answers:
                starts.append(event.end + s.answer_delay)
        stops = sorted(
            event.start + s.yield_delay
            for event in truth.events
            if s.yield_delay is not None and event.kind in s.yields_to
        )
        for begin in sorted(starts):
            if begin < silent_from or begin >= truth.seconds:
                continue
            planned = min(begin + s.answer_seconds, truth.seconds)
            onsets = [t for t in stops if begin < t - (s.yield_delay or 0.0) and t < planned]
            end = planned
            log.append(SystemEvent(begin, "answer"))
            if onsets:
                log.append(SystemEvent(onsets[0], "yield"))
                end = min(onsets[0] + s.player_delay, truth.seconds)
            else:
                log.append(SystemEvent(planned, "done"))
            log += [SystemEvent(begin, "play_start"), SystemEvent(end, "play_stop")]
            talk.append((begin, end))
            silent_from = end
        spans = [(round(a * self._rate), round(b * self._rate)) for a, b in talk]
        return spans, sorted(log, key=lambda e: e.time)

    def _rendered(self, length: int) -> Float32Array:
        track = np.zeros(length, np.float32)
        voice = bot_voice(self._rate, self.settings.voice)
        ramp = max(1, self._rate // 500)
        for start, end in self._talk:
            count = min(end, length) - start
            sound = np.resize(voice, count).copy()
            edge = min(ramp, count // 2)
            fade = np.linspace(0, 1, edge, dtype=np.float32)
            sound[:edge] *= fade
            sound[count - edge :] *= fade[::-1]
            track[start : start + count] = sound
        return track


@cache
def bot_voice(rate: int, voice: str = BotSettings().voice) -> Float32Array:
    """Speech without a pause, at `rate`.

    Args:
        rate: samples a second.
        voice: ``engine:voice``.

    Raises:
        InputError: there is no such voice.
    """
    text = " ".join(["there are several things that one could say about this question"] * 4)
    name, _, speaker = voice.partition(":")
    made = engine(name)
    speech = made.speak(text, made.voice(speaker))
    return np.asarray(resample_samples(speech.samples, speech.rate, rate), np.float32)


def reference_bot(name: str) -> ReferenceBot:
    """The bot called so.

    Raises:
        UsageError: there is none.
    """
    if name not in BOTS:
        raise UsageError(f"no bot is called {name!r}", remedy=f"use one of {', '.join(BOTS)}")
    return ReferenceBot(BOTS[name], name)


__all__ = ["BOTS", "BotSettings", "ReferenceBot", "bot_voice", "reference_bot"]
