"""Does speech sound like feedback, whatever its level? The network hears it again, levelled.

People's feedback is louder than their other talk nearly as often as softer (it spreads by about
7 dB); that of the speech the network was trained on is softer throughout, so the network takes soft
for feedback. Here it hears the last seconds again with each stretch of the speaker's talk brought
to one level, and without a memory of levels before:

```
 channel   ___#####________#####_____        heard again from 4 s before the candidate
 level        -30 dB       -18 dB             each stretch to the usual level of the last 16 s
```

Where talk hardly stands out of the noise it stays as it is, for the noise would be levelled too.
Everything is read from log-mel steps up to 0.5 s after the candidate's end, so that live sound
gives what a recording gives.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from interactspeech._typing import Float32Array, FloatingArray, Int64Array
from interactspeech.listener.feedback_embedding import embedding_log_odds
from interactspeech.listener.feedback_sound import sound_log_odds
from interactspeech.listener.model import FEEDBACK, FeedbackDecision, Listener
from interactspeech.signal.log_mel import BANDS, FLOOR, HOP, RATE, STACK, STEP

#: Log-odds of feedback are averaged between these seconds after the end of the speech.
ODDS_WINDOW: Final = (0.08, 0.4)
#: Seconds before the candidate that are heard again, and over which the usual level is taken.
CONTEXT, USUAL = 4.0, 16.0
#: Stretches are moved by at most so many dB.
MOST: Final = 15.0
#: Levelled not at all below the first, wholly from the second: dB of talk above the noise.
CLEAR: Final = (15.0, 30.0)
#: Log-odds by the sound of a stretch alone count between minus this and this.
SOUND_COUNTS: Final = 6.0
#: Frames of 10 ms on both sides of a stretch that are moved with it.
_EDGE: Final = 3
#: Steps of 40 ms that lie in one array: three minutes.
_BLOCK: Final = 4500
_SILENCE: Final = np.float32(np.log10(FLOOR))
_LN10: Final = np.float32(np.log(10.0))


class MelHistory(Protocol):
    """Log-mel steps of both channels, of which the oldest may be gone."""

    @property
    def first(self) -> int:
        """Index of the first step that is kept."""

    @property
    def steps(self) -> int:
        """One past the last step."""

    def take(self, first: int, last: int) -> Float32Array:
        """Steps ``[first, last)``, shape ``(2, n, 160)``, as float32."""


class RecordedMel:
    """The log-mel steps of a whole recording, as float16 (58 MB an hour).

    They lie in blocks of some minutes: one array would be held twice while it is put together.

    Args:
        mel: the first steps, shape ``(2, n, 160)``.
    """

    first = 0

    def __init__(self, mel: FloatingArray | None = None) -> None:
        self._blocks: list[np.ndarray[tuple[int, ...], np.dtype[np.float16]]] = []
        self.steps = 0
        if mel is not None:
            self.add(mel)

    def add(self, mel: FloatingArray) -> None:
        """Add steps, shape ``(2, n, 160)``."""
        at = 0
        while at < mel.shape[1]:
            used = self.steps % _BLOCK
            if not used:
                self._blocks.append(np.empty((2, _BLOCK, STACK * BANDS), np.float16))
            piece = mel[:, at : at + _BLOCK - used]
            self._blocks[-1][:, used : used + piece.shape[1]] = piece
            at += piece.shape[1]
            self.steps += piece.shape[1]

    def take(self, first: int, last: int) -> Float32Array:
        """Steps ``[first, last)``, as far as there are."""
        last = min(last, self.steps)
        parts = [
            self._blocks[number][:, max(first - number * _BLOCK, 0) : last - number * _BLOCK]
            for number in range(first // _BLOCK, -(-last // _BLOCK))
        ]
        if not parts:
            return np.zeros((2, 0, STACK * BANDS), np.float32)
        return np.concatenate(parts, axis=1, dtype=np.float32)


class LiveMel:
    """The last log-mel steps of a stream.

    Args:
        memory: steps that are kept at least.
    """

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._held = np.zeros((2, 2 * memory, STACK * BANDS), np.float16)
        self._count = 0
        self.first = 0

    @property
    def steps(self) -> int:
        """One past the last step."""
        return self.first + self._count

    def add(self, mel: Float32Array) -> None:
        """Add steps, shape ``(2, n, 160)``."""
        for begin in range(0, mel.shape[1], self._memory):
            piece = mel[:, begin : begin + self._memory]
            if self._count + piece.shape[1] > self._held.shape[1]:
                kept = min(self._memory, self._count)
                gone = self._count - kept
                self._held[:, :kept] = self._held[:, gone : self._count].copy()
                self.first, self._count = self.first + gone, kept
            self._held[:, self._count : self._count + piece.shape[1]] = piece
            self._count += piece.shape[1]

    def take(self, first: int, last: int) -> Float32Array:
        """Steps ``[first, last)``."""
        return self._held[:, first - self.first : last - self.first].astype(np.float32)


def needed_until(end: int, lookahead: int) -> int:
    """One past the last step of sound by which talk that ends at sample `end` is judged."""
    return round((end + ODDS_WINDOW[1] * RATE) / STEP) + lookahead


def levelled_log_odds(
    listener: Listener, mel: MelHistory, side: int, spans: Int64Array, *, until: int | None = None
) -> float:
    """The network's mean log-odds of feedback after the last of `spans`, heard levelled.

    Args:
        listener: the model; its network for two channels is asked.
        mel: the sound; what lies after its end is silence.
        side: of the speaker.
        spans: the speaker's stretches of talk, shape ``(n, 2)``, samples at 16 kHz, sorted; the
            last is the candidate, at least those of the last `USUAL` seconds before it.
        until: judge by the step before this one only, of talk that is not over.
    """
    late = listener.card.settings("two_channel").lookahead
    start, end = (int(time) for time in spans[-1])
    last = needed_until(end, late) if until is None else until
    usual_from = max(mel.first, (start - round(USUAL * RATE)) // STEP, 0)
    held = mel.take(usual_from, min(last, mel.steps))
    held = np.concatenate(
        (held, np.full((2, last - usual_from - held.shape[1], STACK * BANDS), _SILENCE)), axis=1
    )
    frames = held.reshape(2, -1, BANDS)
    places = _frames(spans, usual_from, frames.shape[1])
    powers = np.exp(frames[side] * _LN10).mean(axis=1, dtype=np.float64)
    levels = [_decibels(powers[a:b].mean()) for a, b in places]
    usual = _weighted_median(
        [(level, b - a) for level, (a, b) in zip(levels, places, strict=True)], fallback=0.0
    )
    noise = _decibels(np.percentile(powers, 10))
    first = max(usual_from, start // STEP - round(CONTEXT * RATE / STEP))
    skipped = (first - usual_from) * STACK
    heard = frames[:, skipped:].copy()
    for level, (a, b) in zip(levels, places, strict=True):
        if b <= skipped:
            continue
        clear = float(np.clip((level - noise - CLEAR[0]) / (CLEAR[1] - CLEAR[0]), 0.0, 1.0))
        gain = clear * float(np.clip(usual - level, -MOST, MOST))
        low, high = max(a - _EDGE - skipped, 0), b + _EDGE - skipped
        power = np.maximum(np.power(10.0, heard[side, low:high]) - FLOOR, 0.0)
        heard[side, low:high] = np.log10(power * 10 ** (gain / 10) + FLOOR)
    found, _ = listener.predict(
        heard.reshape(2, -1, STACK * BANDS).astype(np.float32), listener.initial_state()
    )
    chance = np.clip(found[side, :, FEEDBACK].astype(np.float64), 1e-5, 1 - 1e-5)
    odds = np.log(chance / (1 - chance))
    if until is not None:
        return float(odds[-1])
    low = min(max(round((end + ODDS_WINDOW[0] * RATE) / STEP) + late - first, 0), len(odds) - 1)
    return float(odds[low:].mean())


def feedback_evidence(
    listener: Listener,
    mel: MelHistory,
    side: int,
    spans: Int64Array,
    decision: FeedbackDecision,
    *,
    overlaps: bool,
) -> float:
    """What the sound of the last of `spans` adds to the log-odds of feedback by timing.

    Args:
        listener: the model.
        mel: the sound; what lies after its end is silence.
        side: of the speaker.
        spans: the speaker's stretches of talk, as `levelled_log_odds` takes them.
        decision: the weights of what the network hears, and of the sound by itself.
        overlaps: whether who holds the floor talks when the candidate begins.
    """
    heard = levelled_log_odds(listener, mel, side, spans)
    evidence = decision.heard * float(np.clip(heard, decision.lowest, decision.highest))
    if overlaps and decision.sound:
        evidence += decision.overlap
        start, end = (int(time) for time in spans[-1])
        sound = stretch_log_odds(mel, side, start, end)
        evidence += decision.sound * float(np.clip(sound, -SOUND_COUNTS, SOUND_COUNTS))
        if decision.embedding:
            heard = embedding_log_odds(*stretch_frames(mel, side, start, end))
            evidence += decision.embedding * float(np.clip(heard, -SOUND_COUNTS, SOUND_COUNTS))
    return evidence


def stretch_log_odds(mel: MelHistory, side: int, start: int, end: int) -> float:
    """Log-odds of feedback by the sound of one stretch (`listener.feedback_sound`).

    Args:
        mel: the sound.
        side: of the speaker.
        start: of the stretch, samples at 16 kHz.
        end: of the stretch.
    """
    frames, low, high = stretch_frames(mel, side, start, end)
    return sound_log_odds(frames, low, high)


def stretch_frames(
    mel: MelHistory, side: int, start: int, end: int
) -> tuple[Float32Array, int, int]:
    """Frames of 10 ms around a stretch, shape ``(n, 40)``, its first frame there and one past its
    last.

    Args:
        mel: the sound.
        side: of the speaker.
        start: of the stretch, samples at 16 kHz.
        end: of the stretch.
    """
    first = max(start // STEP - 2, mel.first, 0)
    last = max(min(end // STEP + 3, mel.steps), first)
    frames = mel.take(first, last)[side].reshape(-1, BANDS)
    low = min(max(start // HOP - first * STACK, 0), len(frames))
    return frames, low, max(min(end // HOP - first * STACK, len(frames)), low)


def _frames(spans: Int64Array, first: int, count: int) -> list[tuple[int, int]]:
    """Frames of the spans that lie after step `first`, at least one each."""
    rows = spans // HOP - first * STACK
    return [
        (max(int(a), 0), min(max(int(b), int(a) + 1), count))
        for a, b in rows.tolist()
        if b > 0 and a < count
    ]


def _decibels(power: float) -> float:
    return 10.0 * math.log10(power + FLOOR)


def _weighted_median(values: Sequence[tuple[float, int]], fallback: float) -> float:
    if not values:
        return fallback
    ordered = sorted(values)
    total = np.cumsum([weight for _, weight in ordered])
    return ordered[int(np.searchsorted(total, total[-1] / 2))][0]


__all__ = [
    "ODDS_WINDOW",
    "SOUND_COUNTS",
    "LiveMel",
    "MelHistory",
    "RecordedMel",
    "feedback_evidence",
    "levelled_log_odds",
    "needed_until",
    "stretch_frames",
    "stretch_log_odds",
]
