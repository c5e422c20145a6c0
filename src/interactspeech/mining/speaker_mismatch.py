"""Speaker mismatch: segments whose voice does not fit their speaker label, by embeddings.

Labels go wrong where it matters most: a diarizer swaps two speakers after an overlap, a call is
handed to a colleague, an agent's audio leaks into the caller's channel. So pieces of what each
speaker says, those beside overlaps first, are compared with the mean of that speaker's pieces and
with the means of the others. Where speakers have channels of their own, what a channel carries in
an overlap has to be its own speaker, too.

Of a speaker of whom there are many pieces, the middle of each is listened to first, .7 s, all of
one length and so in batches. Where that leaves a doubt, the whole piece decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from interactspeech._typing import Float32Array, Int64Array
from interactspeech.models.embeddings import SpeakerEncoder
from interactspeech.signal import pages
from interactspeech.signal.intervals import difference, intersection, union
from interactspeech.signal.pages import RATE, AudioSource

#: Seconds of a piece, at least and at most.
_LEAST, _MOST = 0.9, 2.5
#: One piece of each speaker is listened to in so many seconds of recording.
EVERY = 15.0
#: A piece is beside an overlap if it is so near to it, in seconds.
_NEAR = 3.0
#: Cosine with the speaker's mean below which it is another speaker. Pieces of two seconds in AMI's
#: mixed headsets: pairs of one speaker are below 0.29 in 5 %, and a mean is nearer than a piece.
_STRANGE = 0.22
#: By how much nearer a piece is to another speaker's mean, to be that speaker's.
_SWAPPED = 0.12
#: Of a speaker of more pieces than this, middles of so many seconds are listened to first.
WHOLE, _MIDDLE = 8, 0.7
#: A middle leaves a doubt below this cosine with the speaker's mean, and where it is not so much
#: nearer to it than to another's: 10 of 185 middles of eight speakers on four recordings.
_SURE, _SURELY_NEARER = 0.45, 0.1
#: Sounds that are embedded at once.
_BATCH = 8
#: Cosine of two speakers' means from which they are one person.
_ONE_PERSON = 0.75


@dataclass(frozen=True)
class LabelledSpeaker:
    """One labelled speaker.

    Attributes:
        channel: of the recording, on which the speaker is.
        spans: ``(n, 2)`` samples at the recording's rate, sorted and disjoint.
    """

    channel: int
    spans: Int64Array


@dataclass(frozen=True)
class SpeakerMismatch:
    """A stretch in which voices and labels disagree.

    Attributes:
        start, end: samples at the recording's rate.
        reason: "other-voice": a speaker whom the labels do not have there; "swapped-voices": one
            speaker's voice under another's label; "one-voice": two labels for one person.
        speaker: index of the talker concerned.
    """

    start: int
    end: int
    reason: str
    speaker: int


def find_speaker_mismatches(
    source: AudioSource,
    talkers: Sequence[LabelledSpeaker],
    encoder: SpeakerEncoder | None = None,
    every: float = EVERY,
    whole: int = WHOLE,
) -> list[SpeakerMismatch]:
    """Find segments of a recording whose voice does not fit the label, in order of time.

    Args:
        source: the recording.
        talkers: its labelled speakers.
        encoder: gives the embeddings; loaded if None.
        every: seconds of recording from which one piece of each speaker is listened to, one beside
            an overlap if there is one.
        whole: of a speaker of more pieces than this, their middles are listened to first.

    Raises:
        MissingExtraError: the embeddings' package is not installed.
    """
    if len(talkers) < 2:
        return []
    encoder = encoder or SpeakerEncoder()
    pieces = [_chosen(talkers, i, source, every) for i in range(len(talkers))]
    looked = [_middles(p, source.rate) if len(p) > whole else p for p in pieces]
    channels = [talker.channel for talker in talkers]
    embedded = _embedded(source, channels, looked, encoder)
    means = [_mean(vectors, mine) for vectors, mine in zip(embedded, looked, strict=True)]
    known = {i: mean for i, mean in enumerate(means) if mean is not None}
    found = [
        SpeakerMismatch(0, source.samples, "one-voice", i)
        for i, j in combinations(known, 2)
        if float(known[i] @ known[j]) >= _ONE_PERSON
    ]
    for i, mean in known.items():
        others = [other for j, other in known.items() if j != i]
        all_means = np.stack([mean, *others]).T
        own, other = _alike(embedded[i], all_means)
        doubtful = (own < _SURE) | (own - other < _SURELY_NEARER)
        if looked[i] is not pieces[i] and doubtful.any():
            (again,) = _embedded(source, channels[i : i + 1], [pieces[i][doubtful]], encoder)
            own[doubtful], other[doubtful] = _alike(again, all_means)
        reasons = np.where(
            other - own > _SWAPPED, "swapped-voices", np.where(own < _STRANGE, "other-voice", "")
        )
        found += _stretches(pieces[i], reasons.tolist(), source.samples, i)
    return sorted(found, key=lambda one: (one.start, one.end, one.reason))


def _chosen(
    talkers: Sequence[LabelledSpeaker], who: int, source: AudioSource, every: float
) -> Int64Array:
    """Pieces of a speaker to listen to, ``(n, 2)`` samples, in order of time."""
    rate = source.rate
    mine = talkers[who].spans
    others = union(np.concatenate([t.spans for i, t in enumerate(talkers) if i != who]))
    overlaps = intersection(mine, others)
    alone = _cut(difference(mine, others), rate)
    beside = _distance(alone, overlaps) <= _NEAR * rate
    bucket = alone[:, 0] // round(every * rate)
    length = alone[:, 1] - alone[:, 0]
    best: dict[int, int] = {}
    for i in np.lexsort((-length, ~beside, bucket)).tolist():
        best.setdefault(int(bucket[i]), i)
    chosen = [alone[sorted(best.values())]]
    if all(t.channel != talkers[who].channel for i, t in enumerate(talkers) if i != who):
        both = _cut(overlaps, rate)  # its own channel: even there it has to be the speaker
        chosen.append(both[:: max(1, len(both) // 20)])
    pieces = np.concatenate(chosen)
    return pieces[np.argsort(pieces[:, 0], kind="stable")]


def _middles(pieces: Int64Array, rate: int) -> Int64Array:
    """`_MIDDLE` seconds in the middle of each piece."""
    length = round(_MIDDLE * rate)
    starts = (pieces[:, 0] + pieces[:, 1] - length) // 2
    return np.stack((starts, starts + length), axis=1)


def _embedded(
    source: AudioSource,
    channels: Sequence[int],
    pieces: Sequence[Int64Array],
    encoder: SpeakerEncoder,
) -> list[Float32Array]:
    """The embeddings of each speaker's pieces, ``(n, 192)``; 0 where there is digital silence.

    The recording is read once, whoever talks.
    """
    found = [np.zeros((len(mine), 192), np.float32) for mine in pieces]
    order = sorted(
        (start, end, who, i)
        for who, mine in enumerate(pieces)
        for i, (start, end) in enumerate(mine.tolist())
    )
    for first in range(0, len(order), _BATCH):
        places, sounds = [], []
        for start, end, who, i in order[first : first + _BATCH]:
            sound = source.read(start, end)[channels[who]]
            if sound.any():
                places.append((who, i))
                sounds.append(pages.at_rate(sound[None], source.rate)[0])
        for (who, i), vector in zip(places, encoder.embed_many(sounds, RATE), strict=True):
            found[who][i] = vector
    return found


def _alike(vectors: Float32Array, means: Float32Array) -> tuple[Float32Array, Float32Array]:
    """Cosines with the first of `means`, and the highest with the others; -1 if there are none."""
    found = vectors @ means
    return found[:, 0].copy(), found[:, 1:].max(axis=1, initial=-1.0)


def _mean(vectors: Float32Array, pieces: Int64Array) -> Float32Array | None:
    """A speaker's mean: that of the pieces which agree with most of the others."""
    real = np.abs(vectors).sum(axis=1) > 0
    if not real.any():
        return None
    vectors, length = vectors[real], (pieces[real, 1] - pieces[real, 0]).astype(np.float32)
    alike = vectors @ vectors.T
    typical = np.median(alike, axis=1)
    kept = typical >= np.median(typical) - 0.1
    mean = (vectors[kept] * length[kept, None]).sum(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)


def _stretches(
    pieces: Int64Array, reasons: list[str], length: int, speaker: int
) -> list[SpeakerMismatch]:
    """Misfitting pieces with the time to the middle between them and the next fitting ones."""
    found: list[SpeakerMismatch] = []
    for i, reason in enumerate(reasons):
        if not reason:
            continue
        start = (pieces[i - 1, 1] + pieces[i, 0]) // 2 if i else 0
        end = (pieces[i, 1] + pieces[i + 1, 0]) // 2 if i + 1 < len(pieces) else length
        start, end = min(start, pieces[i, 0]), max(end, pieces[i, 1])
        if found and found[-1].reason == reason and found[-1].end >= start:
            found[-1] = SpeakerMismatch(found[-1].start, int(end), reason, speaker)
        else:
            found.append(SpeakerMismatch(int(start), int(end), reason, speaker))
    return found


def _cut(spans: Int64Array, rate: int) -> Int64Array:
    """Pieces of `_LEAST` to `_MOST` seconds of spans."""
    rows = []
    for start, end in spans.tolist():
        parts = max(1, -(-(end - start) // round(_MOST * rate)))
        edges = np.linspace(start, end, parts + 1).astype(np.int64).tolist()
        rows += [(a, b) for a, b in pairwise(edges) if b - a >= _LEAST * rate]
    return np.array(rows, np.int64).reshape(-1, 2)


def _distance(pieces: Int64Array, overlaps: Int64Array) -> Int64Array:
    """Samples from each piece to the nearest overlap; very many where there is none."""
    far = np.full(len(pieces), np.iinfo(np.int64).max)
    if not len(overlaps) or not len(pieces):
        return far
    after = np.searchsorted(overlaps[:, 0], pieces[:, 1])
    later = np.where(
        after < len(overlaps), overlaps[np.minimum(after, len(overlaps) - 1), 0] - pieces[:, 1], far
    )
    before = np.searchsorted(overlaps[:, 1], pieces[:, 0], "right") - 1
    earlier = np.where(before >= 0, pieces[:, 0] - overlaps[np.maximum(before, 0), 1], far)
    return np.asarray(np.minimum(later, earlier))
