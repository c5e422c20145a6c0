"""Endpointers on pauses inside sentences and on ends of turns, by eot-bench's sweep of policies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from interactspeech.evaluation.duplex import endpointing
from interactspeech.evaluation.duplex.live import RATE, ScenarioItem
from interactspeech.listener import Listener
from interactspeech.listener.model import FUTURE
from interactspeech.models.smart_turn import SmartTurn
from interactspeech.signal.log_mel import STEP, LogMel


def endpoints(
    items: Sequence[ScenarioItem],
    users: Mapping[str, np.ndarray],
    listener: Listener,
    judge: SmartTurn | None,
) -> list[list[str]]:
    """eot-bench's policies on pauses inside sentences and on ends of turns."""
    asked = [i for i in items if i.truth.group == "pause"]
    spans = [
        (i, e, "hold" if e.kind == "pause" else "eot")
        for i in asked
        for e in i.truth.events
        if e.kind in {"pause", "turn_end"}
    ]
    rows = []
    ways: list[tuple[str, tuple[float, ...], Endpointer]] = [
        ("listener, shift", tuple(round(0.1 * k, 1) for k in range(1, 16)), shift_scorer(listener))
    ]
    if judge is not None:
        ways.insert(0, ("smart-turn v3.2", (0.2, 0.4, 0.6, 0.8, 1.0), smart_turn_scorer(judge)))
    for name, times, scorer in ways:
        cases = []
        for item, event, kind in spans:
            begins = event.start if kind == "hold" else event.end
            length = event.end - event.start if kind == "hold" else endpointing.LONGEST_HOLD
            here = [t for t in times if t <= length]
            values = scorer(users[item.name], [begins + t for t in here])
            cases.append(
                endpointing.SilenceCase(
                    "hold" if kind == "hold" else "eot", length, tuple(here), tuple(values)
                )
            )
        rows.append([name, *costs(endpointing.policy_sweep(cases))])
        if not any(r[0] == "silence alone" for r in rows):
            rows.insert(0, ["silence alone", *costs(endpointing.silence_baseline(cases))])
        print(rows[-1], flush=True)
    return rows


def costs(points: Sequence[endpointing.PolicyPoint]) -> list[str]:
    cells = []
    for budget in endpointing.LATENCY_BUDGETS:
        best = endpointing.lowest_cutoffs(points, budget)
        cells.append(f"{best.cutoff_rate:.1%}" if best else "-")
    for budget in endpointing.CUTOFF_BUDGETS:
        best = endpointing.lowest_latency(points, budget)
        cells.append(f"{best.mean_latency:.2f} s" if best else "-")
    return cells


Endpointer = Callable[[np.ndarray, Sequence[float]], list[float]]


def smart_turn_scorer(model: SmartTurn) -> Endpointer:
    def scores(user: np.ndarray, times: Sequence[float]) -> list[float]:
        return [model.complete(user[max(0, round(t * RATE) - 8 * RATE) : round(t * RATE)])
                for t in times]  # fmt: skip

    return scores


def shift_scorer(listener: Listener) -> Endpointer:
    def scores(user: np.ndarray, times: Sequence[float]) -> list[float]:
        both = np.stack((user, np.zeros_like(user)))
        mel = LogMel(2)(np.pad(both, ((0, 0), (0, -both.shape[1] % STEP))))
        found, _ = listener.predict(mel, listener.initial_state())
        mine = found[0, :, FUTURE].astype(np.float64).sum(axis=-1)
        theirs = found[1, :, FUTURE].astype(np.float64).sum(axis=-1)
        shift = theirs / np.maximum(mine + theirs, 1e-9)
        return [
            float(shift[min(max(round(t * RATE) // STEP - 1, 0), len(shift) - 1)]) for t in times
        ]

    return scores
