"""Speaker segmentation of windows of 10 s, by pyannote's segmentation-3.0 on onnxruntime.

The network separates up to three speakers of a window and says for each frame which of them talk,
two at most at once, as one of seven classes ("powerset"). Speakers of different windows are not the
same by their number; `stitching` finds out who is who.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from interactspeech._typing import AnyArray, Float16Array, Float32Array, Int64Array
from interactspeech.models import pyannet, torchfile
from interactspeech.models.catalogue import SEGMENTATION
from interactspeech.models.onnx_session import inference_session
from interactspeech.models.preparation import prepared
from interactspeech.models.weights import WeightStore
from interactspeech.signal import pages
from interactspeech.signal.pages import RATE, AudioSource

#: Seconds of a window: what the network was trained on.
SECONDS = 10
#: Speakers of a window.
LOCAL = 3
#: Classes: none, one of three, two of three. Row: class; column: speaker.
POWERSET = np.array(
    [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]], np.float32
)
#: Windows that go through the network at a time.
_BATCH = 4
_PAGE_SECONDS = 60
#: Below this length (samples) the network has not one output.
_SHORTEST = 2 * pyannet.FIELD


@dataclass(frozen=True, eq=False)
class Windows:
    """Output of the network for all windows of a recording.

    Attributes:
        starts: first frame of each window on the recording's frames, ``(windows,)``.
        scores: probability that each local speaker talks, ``(windows, frames, 3)``, float16.
        frames: frames of the recording; frame i is around sample ``270 i + 495`` at 16 kHz.
    """

    starts: Int64Array
    scores: Float16Array
    frames: int


def frame_to_sample(frames: AnyArray) -> Int64Array:
    """Boundaries before frames, as samples at 16 kHz: half a step before their middles."""
    return np.asarray(frames, np.int64) * pyannet.STEP + (pyannet.FIELD - pyannet.STEP) // 2


class Segmenter:
    """The network, loaded at first use (6 MB of weights).

    Args:
        step: seconds from one window to the next.
        store: where the weights are; the user's cache by default.
        threads: onnxruntime threads.
    """

    def __init__(
        self, step: float = 5.0, store: WeightStore | None = None, threads: int = 1
    ) -> None:
        self.step = step
        self._store = store or WeightStore()
        self._threads = threads

    def windows(self, source: AudioSource) -> Windows:
        """Run the network on all windows of a recording of one channel."""
        length = pages.length_at_rate(source)
        frames = pyannet.outputs(length)
        starts: list[int] = []
        scores: list[Float16Array] = []
        if length >= _SHORTEST and frames:
            for at, sound in self._batches(source, length):
                starts += at
                scores.append(self._run(sound).astype(np.float16))
        if not starts:
            return Windows(np.zeros(0, np.int64), np.zeros((0, 0, LOCAL), np.float16), frames)
        return Windows(np.array(starts, np.int64), np.concatenate(scores), frames)

    def _batches(
        self, source: AudioSource, length: int
    ) -> Iterator[tuple[list[int], Float32Array]]:
        """Batches of windows: first frames, and samples of shape ``(n, samples)``.

        Windows begin on whole frames. The last one ends where the recording ends.
        """
        size = min(SECONDS * RATE, length)
        step = max(round(self.step * RATE / pyannet.STEP), 1) * pyannet.STEP
        last = (length - size) // pyannet.STEP * pyannet.STEP
        wanted = [*range(0, last, step), last]
        place = 0
        for page in pages.pages(source, _PAGE_SECONDS, 0, SECONDS + 1):
            here: list[int] = []
            while place < len(wanted) and wanted[place] < page.start + page.length:
                here.append(wanted[place])
                place += 1
            for i in range(0, len(here), _BATCH):
                batch = here[i : i + _BATCH]
                sound = [page.sound[0, s - page.start : s - page.start + size] for s in batch]
                yield [s // pyannet.STEP for s in batch], np.stack(sound)

    def _run(self, sound: Float32Array) -> Float32Array:
        """Probability that each of three speakers talks, ``(n, frames, 3)``."""
        classes = self._session.run(None, {"sound": sound[:, None]})[0]
        return np.asarray((np.exp(classes) @ POWERSET).transpose(1, 0, 2))

    @cached_property
    def _session(self) -> Any:
        def model() -> bytes:
            return prepared(
                self._store.root,
                SEGMENTATION.sha256,
                "pyannet",
                lambda: pyannet.model(torchfile.tensors(self._store.read(SEGMENTATION))),
            )

        return inference_session(model, "Diarization", "vad", threads=self._threads)


FRAME_SECONDS = pyannet.STEP / RATE
#: Probability from which a speaker, or a second one, counts as talking.
_TALKS = 0.5


@dataclass(frozen=True, eq=False)
class SpeakerCounts:
    """How many talk in each frame of a recording.

    Attributes:
        one: probability that at least one talks, ``(frames,)``.
        two: probability that two talk.
    """

    one: Float32Array
    two: Float32Array


def window_weights(length: int) -> Float32Array:
    """Weights of a window's frames: at its edges the network has context on one side only."""
    edge = np.minimum(np.arange(length) + 1, np.arange(length, 0, -1)) / (0.1 * max(length, 1))
    return np.asarray(np.clip(edge, 0.05, 1.0), np.float32)


def count_speakers(windows: Windows) -> SpeakerCounts:
    """The mean over the windows of each frame."""
    found = np.zeros((2, windows.frames), np.float32)
    weight = np.zeros(windows.frames, np.float32)
    length = windows.scores.shape[1]
    weights = window_weights(length)
    for number, start in enumerate(windows.starts.tolist()):
        size = min(length, windows.frames - start)
        highest = np.sort(windows.scores[number, :size].astype(np.float32), axis=1)
        found[0, start : start + size] += highest[:, -1] * weights[:size]
        found[1, start : start + size] += highest[:, -2] * weights[:size]
        weight[start : start + size] += weights[:size]
    found /= np.maximum(weight, 1e-6)
    return SpeakerCounts(found[0], found[1])


def single_speaker_pieces(windows: Windows, counts: SpeakerCounts, longest: float) -> Int64Array:
    """Pieces of talk in which one speaker talks, ``(n, 2)`` frames in order of time.

    A piece ends where talk or overlap does, where the window in whose middle it lies finds another
    speaker, and after `longest` seconds.
    """
    if not len(windows.starts):
        return np.zeros((0, 2), np.int64)
    length = windows.scores.shape[1]
    middles = windows.starts + length / 2
    frames = np.arange(windows.frames)
    window = np.searchsorted((middles[1:] + middles[:-1]) / 2, frames)
    place = np.clip(frames - windows.starts[window], 0, length - 1)
    speaker = windows.scores[window, place].argmax(axis=1) + LOCAL * window
    speaker[(counts.one < _TALKS) | (counts.two >= _TALKS)] = -1
    edges = np.flatnonzero(np.diff(np.concatenate(([-2], speaker, [-2]))))
    found: list[Int64Array] = []
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if speaker[start] >= 0:
            parts = max(1, int(np.ceil((end - start) * FRAME_SECONDS / longest)))
            cuts = np.linspace(start, end, parts + 1).round().astype(np.int64)
            found.append(np.stack((cuts[:-1], cuts[1:]), axis=1))
    return np.concatenate(found) if found else np.zeros((0, 2), np.int64)
