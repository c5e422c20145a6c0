"""The default diarizer: segmentation-3.0 in windows, CAM++ voices, clustering.

All weights can be had from package indexes.

```
windows    |---10 s---|          who talks, up to three, overlaps included
              |----------|       the same, a step later
tracklets  1111111111111111      linked where neighbours agree on what they share
voices     ##    ###  ####       embeddings of what a tracklet says alone; cut where they change
persons    A                     clusters of voices; two in one window are two persons
speech     AA AAAA   AAAAA       windows laid over each other, each person's probability averaged
```

Where there are known to be two at most, voices decide more (see `two_speaker_assignment`): talk is
cut into pieces of half a second, and the assignment of all pieces to two persons is looked for that
fits best. Where two talk, both persons do.

Memory grows by a few kilobytes a window; the sound itself is read piece by piece, twice.
"""

from __future__ import annotations

import numpy as np

from interactspeech._typing import Float32Array, Int64Array
from interactspeech.diarization import clustering
from interactspeech.diarization.interface import Diarization, Diarizer, one_channel
from interactspeech.diarization.segmentation import (
    LOCAL,
    Segmenter,
    Windows,
    count_speakers,
    frame_to_sample,
    single_speaker_pieces,
    window_weights,
)
from interactspeech.diarization.tracklet_embeddings import TrackletEmbedder, VoiceUnits, embedded
from interactspeech.diarization.tracklets import Tracklets, link_windows
from interactspeech.diarization.two_speaker_assignment import (
    PERSONS,
    TwoSpeakerAssignment,
    window_evidence,
)
from interactspeech.models import pyannet
from interactspeech.models.embeddings import SpeakerEncoder
from interactspeech.models.weights import WeightStore
from interactspeech.signal import pages
from interactspeech.signal.intervals import hysteresis, union
from interactspeech.signal.pages import RATE, AudioSource

_FRAME_SECONDS = pyannet.STEP / RATE
#: Seconds of clean speech from which a voice counts when clusters are formed.
_VOICE = 0.8
#: Seconds of a piece of talk that two persons may own; and of one that has a voice, at least.
_PIECE, _LEAST = 0.6, 0.15


class OfflineDiarizer(Diarizer):
    """The default; see the module.

    Args:
        step: seconds from one window to the next.
        onset, offset: probability at which a person's speech begins, and below which it ends.
        threshold: cosine from which two voices are one person, where their number is not known.
        min_speech: seconds; shorter speech is none (feedback of 150 ms survives).
        min_silence: seconds; shorter own silences are filled.
        store: where the weights are.
        threads: of onnxruntime.
    """

    name = "offline 2"

    def __init__(
        self,
        *,
        step: float = 5.0,
        onset: float = 0.6,
        offset: float = 0.5,
        threshold: float = clustering.ONE_PERSON,
        min_speech: float = 0.1,
        min_silence: float = 0.1,
        store: WeightStore | None = None,
        threads: int = 1,
    ) -> None:
        self._segmenter = Segmenter(step, store, threads)
        self._encoder = SpeakerEncoder(store, threads)
        self._onset, self._offset, self._threshold = onset, offset, threshold
        self._min_speech, self._min_silence = min_speech, min_silence

    def diarize(self, source: AudioSource, speakers: int | None = None) -> Diarization:
        """See `Diarizer.diarize`; asked for two, it may find only one."""
        one_channel(source)
        windows = self._segmenter.windows(source)
        if speakers == PERSONS:
            return self._spans(self._two(windows, source), source)
        tracklets = link_windows(windows)
        finder = TrackletEmbedder(source, windows, tracklets, self._encoder)
        units = finder.units()
        persons, centres = self._persons(units, speakers)
        if len(centres) > 1:
            units = finder.again(units, persons, centres)
            persons, _ = self._persons(units, speakers or len(centres))
        return self._spans(overlap_average(windows, tracklets, units, persons), source)

    def _two(self, windows: Windows, source: AudioSource) -> Float32Array:
        """Probability that each of two persons talks in each frame, ``(2, frames)``."""
        counts = count_speakers(windows)
        pieces = single_speaker_pieces(windows, counts, _PIECE)
        voices = np.zeros((len(pieces), 192), np.float32)
        for i, piece in enumerate(pieces.tolist()):
            voice = embedded(source, self._encoder, piece[0], piece[1], _LEAST)
            if voice is not None:
                voices[i] = voice
        persons = TwoSpeakerAssignment(pieces, voices, window_evidence(windows, pieces)).solve()
        ends = (pieces[:-1, 1] + pieces[1:, 0]) // 2
        owner = np.zeros(windows.frames, np.int64)
        if len(persons):
            owner = persons[np.searchsorted(ends, np.arange(windows.frames), side="right")]
        return np.stack([np.where(owner == p, counts.one, counts.two) for p in range(PERSONS)])

    def _persons(self, units: VoiceUnits, speakers: int | None) -> tuple[Int64Array, Float32Array]:
        """The person of each unit, ``(units,)``, from 0; and the persons' embeddings."""
        voiced = np.flatnonzero(units.seconds >= _VOICE)
        if not len(voiced):
            voiced = np.flatnonzero(units.seconds > 0)
        persons = np.full(len(units.seconds), -1, np.int64)
        if not len(voiced):
            no_centres = np.zeros((0, units.voices.shape[1]), np.float32)
            return self._rest(units, persons, no_centres, speakers), no_centres
        place = np.full(len(units.seconds), -1, np.int64)
        place[voiced] = np.arange(len(voiced))
        known = place[units.cannot_link]
        known = known[(known >= 0).all(axis=1)]
        vectors, seconds = units.voices[voiced], units.seconds[voiced]
        persons[voiced] = clustering.cluster(vectors, seconds, known, speakers, self._threshold)
        centres = clustering.centroids(vectors, seconds, persons[voiced])
        return self._rest(units, persons, centres, speakers), centres

    def _rest(
        self, units: VoiceUnits, persons: Int64Array, centres: Float32Array, speakers: int | None
    ) -> Int64Array:
        """Units with hardly a voice of their own: to the most alike of those who may be."""
        beside: dict[int, set[int]] = {}
        for a, b in units.cannot_link.tolist():
            beside.setdefault(a, set()).add(b)
            beside.setdefault(b, set()).add(a)
        out = persons.copy()
        count = max(len(centres), speakers or 1)
        for unit in np.flatnonzero(persons < 0).tolist():
            taken = {int(out[other]) for other in beside.get(unit, ())} - {-1}
            free = [p for p in range(count) if p not in taken] or list(range(count))
            alike = [
                float(units.voices[unit] @ centres[p]) if p < len(centres) else 0.0 for p in free
            ]
            out[unit] = free[int(np.argmax(alike))]
        return out

    def _spans(self, chance: Float32Array, source: AudioSource) -> Diarization:
        rows, sure = [], []
        for row in chance:
            spans = hysteresis(row, self._onset, self._offset)
            spans = union(spans, self._min_silence / _FRAME_SECONDS)
            spans = spans[spans[:, 1] - spans[:, 0] >= self._min_speech / _FRAME_SECONDS]
            if len(spans):
                times = pages.scaled(
                    np.maximum(frame_to_sample(spans), 0), source.rate, source.samples
                )
                kept = times[:, 1] > times[:, 0]
                rows.append(times[kept])
                sure.append(
                    np.array([row[a:b].mean() for a, b in spans[kept].tolist()], np.float32)
                )
        order = sorted(range(len(rows)), key=lambda i: int(rows[i][0, 0]) if len(rows[i]) else 0)
        return Diarization(
            source.rate,
            source.samples,
            tuple(rows[i] for i in order),
            tuple(np.minimum(sure[i], 1.0) for i in order),
            self.name,
        )


def overlap_average(
    windows: Windows, tracklets: Tracklets, units: VoiceUnits, persons: Int64Array
) -> Float32Array:
    """Probability that each person talks in each frame, ``(persons, frames)``.

    The mean over the windows of a frame; a window's edges, where the network has context on only
    one side, weigh less. Where two speakers of a window are one person, the more probable counts.
    """
    count = int(persons.max()) + 1 if len(persons) else 0
    total = np.zeros((count, windows.frames), np.float32)
    weight = np.zeros(windows.frames, np.float32)
    length = windows.scores.shape[1]
    weights = window_weights(length)
    for number, start in enumerate(windows.starts.tolist()):
        here = slice(start, min(start + length, windows.frames))
        size = here.stop - here.start
        own = np.zeros((count, size), np.float32)
        for speaker in range(LOCAL):
            tracklet = tracklets.of[number, speaker]
            if tracklet >= 0:
                score = windows.scores[number, :size, speaker].astype(np.float32)
                who = persons[units.on(int(tracklet), np.arange(here.start, here.stop))]
                for person in np.unique(who):
                    own[person] = np.maximum(own[person], np.where(who == person, score, 0.0))
        total[:, here] += own * weights[:size]
        weight[here] += weights[:size]
    return np.asarray(total / np.maximum(weight, 1e-6), np.float32)
