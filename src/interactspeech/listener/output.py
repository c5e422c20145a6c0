"""The listener's probabilities for a whole recording, and the speech activity that follows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from interactspeech._typing import Float32Array, FloatingArray, Int64Array
from interactspeech.listener.activity_mix import ActivityMixer
from interactspeech.listener.levelled_feedback import RecordedMel
from interactspeech.listener.model import (
    ACTIVE,
    FEEDBACK,
    FUTURE,
    HALF,
    Listener,
    ListenerCard,
    ListenerMode,
)
from interactspeech.signal.intervals import runs, union
from interactspeech.signal.log_mel import RATE, STEP, LogMel
from interactspeech.turntaking import Timeline

#: Steps that are fed to the graph at once (10 s), which bounds memory.
_CHUNK = 250
#: Half steps (120 ms): speech begins at most so long before its probability reaches the upper
#: threshold, so that a stream can report an onset soon.
MAX_RISE = 6


@dataclass(frozen=True, eq=False)
class ListenerOutput:
    """Probabilities aligned with the audio: the lookahead is taken out.

    Attributes:
        samples: length of the recording at 16 kHz.
        mode: how the speakers were on the channels.
        active: of speech, shape ``(2, halves)``, one each 20 ms.
        feedback: that the present speech, or the speech that has just ended, is a backchannel,
            shape ``(2, steps)``, one each 40 ms.
        future: of speech in four bins from now on, shape ``(2, steps, 4)``.
        mel: the log-mel steps that were heard, ``steps + lookahead``, where the mode decides about
            feedback by levelled sound.
    """

    samples: int
    mode: ListenerMode
    active: Float32Array
    feedback: Float32Array
    future: Float32Array
    mel: RecordedMel | None = None

    @classmethod
    def of(
        cls, found: Float32Array, samples: int, listener: Listener, mode: ListenerMode
    ) -> ListenerOutput:
        """Align the network's raw output, ``(2, steps + lookahead, 7)``, with the audio."""
        late = listener.card.settings(mode).lookahead
        return cls(
            samples=samples,
            mode=mode,
            active=found[:, late:, ACTIVE].reshape(2, -1),
            feedback=np.ascontiguousarray(found[:, late:, FEEDBACK]),
            future=np.ascontiguousarray(found[:, : found.shape[1] - late, FUTURE]),
        )


def run_listener(
    listener: Listener, blocks: Iterable[Float32Array], mode: ListenerMode = "two_channel"
) -> ListenerOutput:
    """Run the listener over a whole recording, block by block.

    Args:
        listener: the model.
        blocks: 16 kHz, one after the other, each of shape ``(2, n)``, or ``(1, n)`` where the mode
            is "mixed". What is not finite counts as silence.
        mode: how the speakers are on the channels.
    """
    channels = 1 if mode == "mixed" else 2
    log_mel = LogMel(channels)
    state = listener.initial_state()
    share = listener.card.settings(mode).silero if mode == "two_channel" else None
    mixer = ActivityMixer(share) if share is not None else None
    parts: list[Float32Array] = []
    waiting: list[Float32Array] = []
    keep = mode == "two_channel" and listener.card.settings(mode).feedback is not None
    kept = RecordedMel() if keep else None
    samples = 0

    def flush() -> None:
        nonlocal state
        if waiting:
            mel = np.concatenate(waiting, axis=1)
            waiting.clear()
            if kept is not None:
                kept.add(mel)
            for first in range(0, mel.shape[1], _CHUNK):
                piece = mel[:, first : first + _CHUNK]
                if channels == 1:
                    piece = np.repeat(piece, 2, axis=0)
                found, state = listener.predict(piece, state, mode)
                parts.append(found)

    for block in blocks:
        samples += block.shape[1]
        sound = finite(block)
        waiting.append(log_mel(sound))
        if mixer is not None:
            mixer.hear(sound)
        if sum(w.shape[1] for w in waiting) >= _CHUNK:
            flush()
    rest = -samples % STEP + listener.card.settings(mode).lookahead * STEP
    silence = np.zeros((channels, rest), np.float32)
    waiting.append(log_mel(silence))
    flush()
    output = ListenerOutput.of(np.concatenate(parts, axis=1), samples, listener, mode)
    output = replace(output, mel=kept)
    if mixer is None:
        return output
    mixer.hear(silence)
    return replace(output, active=mixer.mix(output.active))


def finite(block: FloatingArray) -> Float32Array:
    """Samples as float32 between -8 and 8 (beyond is no sound), with 0 for NaN and infinity; the
    block itself where it is so already.
    """
    sound = np.asarray(block, np.float32)
    if max(sound.max(initial=0.0), -sound.min(initial=0.0)) <= 8.0:  # not so if any is NaN
        return sound
    return np.clip(np.nan_to_num(sound, nan=0.0, posinf=0.0, neginf=0.0), -8.0, 8.0)


def speech_activity(output: ListenerOutput, card: ListenerCard) -> Timeline:
    """Speech activity at 16 kHz of the speakers "A" and "B"."""
    settings = card.settings(output.mode)
    spans = {
        name: np.minimum(
            smooth_segments(
                hysteresis(output.active[side], settings.on, settings.off) * HALF,
                card.shortest,
                card.bridge,
                card.tail,
            ),
            output.samples,
        )
        for side, name in enumerate("AB")
    }
    spans = {name: rows[rows[:, 1] > rows[:, 0]] for name, rows in spans.items()}
    return Timeline(RATE, output.samples, spans)


def hysteresis(chance: Float32Array, on: float, off: float) -> Int64Array:
    """Half-open intervals that reach `on` and last while the probability is above `off`.

    Speech begins where the probability first passed `off` on the way to `on`, at most `MAX_RISE`
    before.

    Args:
        chance: shape ``(n,)``.
        on: upper threshold.
        off: lower threshold, at most `on`.

    Returns:
        Shape ``(m, 2)``, indexes.
    """
    edges = runs(chance > off)
    sure = np.flatnonzero(chance >= on)
    place = np.searchsorted(sure, edges[:, 0])
    first = np.append(sure, len(chance))[place]  # where each interval, if it does, reaches `on`
    reached = first < edges[:, 1]
    edges[:, 0] = np.maximum(edges[:, 0], first - MAX_RISE)
    return edges[reached]


def smooth_segments(spans: Int64Array, shortest: int, bridge: int, tail: int = 0) -> Int64Array:
    """Extend segments (16 kHz samples) by `tail` ms, fill silences below `bridge` ms, then drop
    segments below `shortest` ms.
    """
    joined = union(spans + np.array([0, tail * RATE // 1000]), bridge * RATE // 1000)
    return joined[joined[:, 1] - joined[:, 0] >= shortest * RATE // 1000]
