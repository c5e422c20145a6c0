"""Speech activity of recordings with a channel a speaker: voice activity without crosstalk.

```
Silero    ..0000011111111111100000000111110...      32 ms windows, one window late
level     ____..########__#####......._###__..      10 ms frames over the noise floor
speech        ^             ^          ^  ^          Silero says that, the level says where
```

Silero decides whether there is speech; where exactly it begins and ends is read from the level, as
the detector works in windows of 32 ms and hangs on. Feedback is kept: a "mm" of 150 ms survives.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from interactspeech._typing import BoolArray, Float32Array, Int64Array
from interactspeech.mining import crosstalk
from interactspeech.models import silero
from interactspeech.signal import levels, pages
from interactspeech.signal.intervals import hysteresis, mask_of, runs, union, widened
from interactspeech.signal.pages import AudioSource

#: Seconds of a page: a whole number of the detector's windows.
PAGE_SECONDS = 128


@dataclass(frozen=True)
class ActivitySettings:
    """Every threshold of the decision, in the units of the names.

    Attributes:
        onset: probability at which speech begins.
        offset: probability below which it ends.
        min_speech_ms: shorter speech is none. Half of the shortest feedback ("mm", 150 ms).
        min_silence_ms: shorter silences inside speech are none (closures of stops).
        over_floor_db: a frame is active if it is so far above the noise floor,
        below_peak_db: and at most so far below the loud frames of its stretch.
        below_own_db: beside speech of another channel, at most so far below the channel's own talk.
        clear_db: where loud frames are less than this above the noise, silences inside speech are
            those that the detector finds.
        reach_ms: how far from the detector's boundary the level may move it, outwards.
        suppress_crosstalk: whether crosstalk from another channel is taken out.
    """

    onset: float = 0.5
    offset: float = 0.35
    min_speech_ms: int = 70
    min_silence_ms: int = 100
    over_floor_db: float = 8.0
    below_peak_db: float = 36.0
    below_own_db: float = 30.0
    clear_db: float = 34.0
    reach_ms: int = 160
    suppress_crosstalk: bool = True


@dataclass(frozen=True, eq=False)
class Activity:
    """Speech of the speakers of a recording.

    Attributes:
        rate: samples a second of the recording.
        length: of the recording, in samples.
        spans: for each speaker ``(n, 2)`` samples at `rate`, sorted and disjoint.
        confidence: for each speaker ``(n,)``: mean probability of speech in each span.
        crosstalk_spans: for each speaker ``(n, 2)``: speech that was detected and belongs to
            another channel.
    """

    rate: int
    length: int
    spans: tuple[Int64Array, ...]
    confidence: tuple[Float32Array, ...]
    crosstalk_spans: tuple[Int64Array, ...] = field(default=())


def channel_activity(source: AudioSource, settings: ActivitySettings | None = None) -> Activity:
    """Speech on each channel of a recording in which every speaker has a channel of their own.

    Args:
        source: any rate, any number of channels; read in pages of two minutes.
        settings: thresholds.

    Raises:
        MissingExtraError: the detector's package is not installed.
    """
    chosen = settings or ActivitySettings()
    chance: list[Float32Array] = []
    level: list[Float32Array] = []
    crossed = crosstalk.Crosstalk(source.channels) if chosen.suppress_crosstalk else None
    detector = silero.SpeechProbability(source.channels) if source.samples else None
    for page in pages.pages(source, PAGE_SECONDS, before=1, after=1):
        assert detector is not None
        chance.append(detector(np.asarray(page.core, np.float32)))
        level.append(levels.levels(page))
        if crossed is not None:
            crossed.add(page)
    if detector is None:
        empty = np.zeros((0, 2), np.int64)
        none = tuple(empty for _ in range(source.channels))
        return Activity(source.rate, 0, none, tuple(np.zeros(0, np.float32) for _ in none), none)
    chance.append(detector.finish())
    return _decided(
        source, np.concatenate(chance, axis=1), np.concatenate(level, axis=1), crossed, chosen
    )


def _decided(
    source: AudioSource,
    chance: Float32Array,
    level: Float32Array,
    crossed: crosstalk.Crosstalk | None,
    settings: ActivitySettings,
) -> Activity:
    count = level.shape[1]
    on_frames = np.stack([_on_frames(row, count) for row in chance])
    coarse = [hysteresis(row, settings.onset, settings.offset) for row in on_frames]
    foreign = [(np.zeros(count, np.bool_), 0.0) for _ in coarse]
    if crossed is not None and len(coarse) > 1:
        talking = [widened(mask_of(spans, count), 5) for spans in coarse]
        foreign = crosstalk.crosstalk_frames(talking, level, crossed)
    spans, sure, crosstalk_spans = [], [], []
    for c, p, l, (f, own) in zip(coarse, on_frames, level, foreign, strict=True):
        mine = _refined(c, p, l, f, own, settings)
        times = pages.scaled(mine * levels.HOP, source.rate, source.samples)
        kept = times[:, 1] > times[:, 0]
        spans.append(times[kept])
        sure.append(np.array([p[a:b].mean() for a, b in mine[kept].tolist()], np.float32))
        gone = runs(mask_of(c, count) & f)
        gone = gone[gone[:, 1] - gone[:, 0] >= 10]
        crosstalk_spans.append(pages.scaled(gone * levels.HOP, source.rate, source.samples))
    return Activity(source.rate, source.samples, tuple(spans), tuple(sure), tuple(crosstalk_spans))


def _refined(
    coarse: Int64Array,
    chance: Float32Array,
    level: Float32Array,
    foreign: BoolArray,
    own: float,
    settings: ActivitySettings,
) -> Int64Array:
    """Stretches of speech on one channel, ``(n, 2)`` in frames of 10 ms.

    Args:
        coarse: where the detector finds speech, in frames.
        chance: its probability on each frame.
        level: of each frame, in dB.
        foreign: frames that carry another channel's speech only.
        own: level of the channel's own talk, in dB.
        settings: thresholds.
    """
    count = len(level)
    floor = levels.noise_floor(level, widened(mask_of(coarse, count), 10) | foreign)
    reach = settings.reach_ms // 10
    active = np.zeros(count, np.bool_)
    for number, (start, end) in enumerate(coarse.tolist()):
        if foreign[start:end].all():
            continue
        low = max(start - reach, int(coarse[number - 1, 1]) if number else 0)
        high = min(end + reach, int(coarse[number + 1, 0]) if number + 1 < len(coarse) else count)
        peak = float(np.percentile(level[start:end][~foreign[start:end]], 95))
        beside = bool(foreign[low:high].any())
        if beside:  # between copies, what is faint is the rest of a copy
            peak = max(peak, own)
        wanted = np.maximum(floor[low:high] + settings.over_floor_db, peak - settings.below_peak_db)
        # Speech hardly above the noise: half the way between them is what can be had.
        wanted = np.minimum(wanted, (floor[low:high] + peak) / 2)
        if beside:
            wanted = np.maximum(wanted, own - settings.below_own_db)
        loud = level[low:high] >= wanted
        if peak - float(floor[start]) < settings.clear_db:
            # In noise the level says little about what is quiet: the detector fills the inside.
            sure = runs(chance[low:high] >= settings.onset)
            for a, b in sure.tolist():
                loud[min(a + 4, b) : max(b - 8, a)] = True
        active[low:high] |= _connected(loud & ~foreign[low:high], start - low, end - low)
    spans = union(runs(active), settings.min_silence_ms // 10)
    return spans[spans[:, 1] - spans[:, 0] >= settings.min_speech_ms / 10]


def _on_frames(chance: Float32Array, count: int) -> Float32Array:
    """Probabilities of windows on frames; a window is one late, so it is about the one before."""
    middle = np.arange(count) * levels.HOP + levels.HOP // 2 + silero.WINDOW
    return np.asarray(chance[np.minimum(middle // silero.WINDOW, len(chance) - 1)])


def _connected(active: BoolArray, start: int, end: int) -> BoolArray:
    """`active` inside ``[start, end)`` and what hangs together with it outside."""
    out = active.copy()
    inside = np.flatnonzero(active[start:end])
    if not len(inside):
        out[:] = False
        return out
    first, last = int(inside[0]) + start, int(inside[-1]) + start
    gap = 4  # frames: a closure may part the first sound from the rest
    quiet = runs(~active)
    before = quiet[(quiet[:, 1] <= first) & (quiet[:, 1] - quiet[:, 0] > gap)]
    after = quiet[(quiet[:, 0] > last) & (quiet[:, 1] - quiet[:, 0] > gap)]
    if len(before):
        out[: before[-1, 1]] = False
    if len(after):
        out[after[0, 0] :] = False
    return out
