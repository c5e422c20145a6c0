"""Deciders of when a bot yields: scores a step of 40 ms, and what the bot does by a threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from interactspeech.errors import InteractSpeechError
from interactspeech.evaluation.duplex.live import RATE, ScenarioItem
from interactspeech.evaluation.duplex.outcomes import EventOutcome, event_outcomes
from interactspeech.evaluation.events.floor_bids import BidScorer
from interactspeech.models.smart_turn import SmartTurn
from interactspeech.models.vad import Detector, speech_spans
from interactspeech.signal.intervals import difference, intervals
from interactspeech.signal.log_mel import STEP

#: That the bot talks with over which deciders are heard: speech to a detector of speech.
VOICE = "hibari:m_caleb"
#: Seconds into a silence at which smart-turn is asked.
ASKED_AFTER = 0.2


def stopped(talk: np.ndarray, at: float | None) -> np.ndarray:
    """The bot's talk if it stops at a time and starts no more."""
    if at is None:
        return talk
    end = np.iinfo(np.int64).max
    return difference(talk, intervals([(round(at * RATE), end)]))


Score = np.ndarray


def decided(
    items: Sequence[ScenarioItem],
    talk: Mapping[str, np.ndarray],
    scores: Mapping[str, Score],
    threshold: float,
) -> list[EventOutcome]:
    """Outcomes if the bot stops where a score first reaches the threshold while it talks."""
    found: list[EventOutcome] = []
    for item in items:
        first = int(talk[item.name][0, 0]) if len(talk[item.name]) else 0
        over = np.flatnonzero(scores[item.name] >= threshold)
        times = (over + 1) * STEP / RATE
        times = times[times > first / RATE]
        at = float(times[0]) if len(times) else None
        found += event_outcomes(item.name, item.truth.events, stopped(talk[item.name], at), RATE)
    return found


def smart_turn() -> SmartTurn | None:
    """The judge, where its weights can be had."""
    try:
        made = SmartTurn()
        made.complete(np.zeros(RATE, np.float32))
    except InteractSpeechError as error:
        print(f"smart-turn is left out: {error}", flush=True)
        return None
    return made


def turn_scorer(judge: SmartTurn) -> BidScorer:
    """How sure smart-turn is that what the user said over the system is a whole turn, asked once in
    each silence of the user, .2 s into it (as Pipecat does); 0 between.
    """

    def scores(samples: np.ndarray) -> np.ndarray:
        found = np.zeros((2, -(-samples.shape[1] // STEP)), np.float32)
        for _, end in speech_spans(samples[0], RATE, "silero"):
            asked = end + round(ASKED_AFTER * RATE)
            step = -(-asked // STEP)
            if step <= found.shape[1]:
                heard = samples[0, max(0, asked - 8 * RATE) : asked]
                found[0, step - 1] = judge.complete(heard)
        return found

    return scores


def talk_scorer(vad: Detector) -> BidScorer:
    """How long the user has talked, in seconds, while the system does: as `duration_scorer`, with
    the system's channel read by its level.
    """

    def scores(samples: np.ndarray) -> np.ndarray:
        steps = -(-samples.shape[1] // STEP)
        talk = np.zeros((2, steps), np.bool_)
        for side, detector in ((0, vad), (1, "energy")):
            for start, end in speech_spans(samples[side], RATE, detector):  # type: ignore[arg-type]
                talk[side, start // STEP : -(-end // STEP)] = True
        found = np.zeros((2, steps), np.float32)
        run = 0.0
        for k in range(steps):
            run = run + STEP / RATE if talk[0, k] else 0.0
            found[0, k] = run if talk[1, max(0, k - 10) : k + 1].any() else 0.0
        return found

    return scores


def kept_scores(
    work: str,
    name: str,
    items: Sequence[ScenarioItem],
    scorer: BidScorer,
    users: Mapping[str, np.ndarray],
    tracks: Mapping[str, np.ndarray],
) -> dict[str, Score]:
    """A decider's scores, kept in a folder so that a run goes on where it stopped."""
    found: dict[str, Score] = {}
    for item in items:
        place = Path(work) / name.split(",", maxsplit=1)[0] / f"{item.name}.npy"
        if work and place.exists():
            found[item.name] = np.load(place, allow_pickle=False)
            continue
        found[item.name] = scorer(np.stack((users[item.name], tracks[item.name])))[0]
        if work:
            place.parent.mkdir(parents=True, exist_ok=True)
            np.save(place, found[item.name])
    return found
