"""Who speaks, as a vector: CAM++ speaker embeddings on onnxruntime, without torch.

Two sounds of one speaker have embeddings that point the same way, so the cosine of the angle
between them (`similarity`) says how alike the voices are. Weights are those of 3D-Speaker's
Chinese-English CAM++ (Apache-2.0), 28 MB, fetched and checked at first use.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from interactspeech._typing import Float32Array
from interactspeech.errors import InputError
from interactspeech.models import campplus, torchfile
from interactspeech.models.catalogue import CAMPPLUS
from interactspeech.models.onnx_session import inference_session
from interactspeech.models.preparation import prepared
from interactspeech.models.weights import WeightStore
from interactspeech.records import Samples
from interactspeech.signal import kaldi_fbank

#: An embedding: float32, shape ``(192,)``, of length one.
Embedding = Float32Array

#: Seconds below which there is nothing to go by.
SHORTEST = 0.1
#: Seconds that are embedded at once; of a longer sound the parts' embeddings are averaged.
LONGEST = 20.0
#: Sounds of one length that are embedded at once; more are no faster.
_BATCH = 8


class SpeakerEncoder:
    """CAM++; keep one and use it again (loading takes a second).

    Args:
        store: where the weights are; the user's cache by default.
        threads: onnxruntime threads.
    """

    def __init__(self, store: WeightStore | None = None, threads: int = 1) -> None:
        self._store = store or WeightStore()
        self._threads = threads

    def embed(self, samples: Samples, rate: int) -> Embedding:
        """The embedding of one sound; half a second is little, three seconds are plenty.

        Args:
            samples: mono, float32 in [-1, 1], shape ``(n,)``; of one speaker.
            rate: samples a second.

        Returns:
            float32, shape ``(192,)``, of length one.

        Raises:
            InputError: shorter than `SHORTEST` (reason ``too-short``), or digital silence
                (reason ``silence``).
        """
        return np.asarray(self.embed_many([samples], rate)[0])

    def embed_many(self, clips: Iterable[Samples], rate: int) -> Float32Array:
        """Embeddings of several sounds, shape ``(clips, 192)``; errors as in `embed`.

        Sounds of one length are embedded side by side, which is faster.
        """
        parts: list[tuple[int, Samples]] = []
        count = 0
        for number, clip in enumerate(clips):
            sound = _checked(clip, rate)
            pieces = max(1, round(len(sound) / (LONGEST * kaldi_fbank.RATE)))
            parts += [(number, part) for part in np.array_split(sound, pieces)]
            count += 1
        total = np.zeros((count, campplus.SIZE), np.float32)
        by_length: dict[int, list[int]] = {}
        for place, (_, part) in enumerate(parts):
            by_length.setdefault(kaldi_fbank.frames(len(part)), []).append(place)
        for places in by_length.values():
            for first in range(0, len(places), _BATCH):
                some = places[first : first + _BATCH]
                found = self._vectors([parts[place][1] for place in some])
                for place, vector in zip(some, found, strict=True):
                    total[parts[place][0]] += _unit(vector)
        return np.stack([_unit(vector) for vector in total]) if count else total

    def _vectors(self, sounds: list[Samples]) -> Float32Array:
        """Of sounds with the same number of frames."""
        energies = np.stack([kaldi_fbank.fbank(sound) for sound in sounds])
        energies -= energies.mean(axis=1, keepdims=True)
        pool, spread = campplus.pooling_matrices(energies.shape[1])
        features = np.ascontiguousarray(energies.transpose(0, 2, 1))[:, None]
        given = {"features": features, "pool": pool, "spread": spread}
        return np.asarray(self._session.run(None, given)[0])

    @cached_property
    def _session(self) -> Any:
        def model() -> bytes:
            return prepared(
                self._store.root,
                CAMPPLUS.sha256,
                "campplus",
                lambda: campplus.model(torchfile.tensors(self._store.read(CAMPPLUS))),
            )

        return inference_session(model, "Speaker embeddings", "tts", threads=self._threads)


def _checked(samples: Samples, rate: int) -> Samples:
    """A sound at 16 kHz that can be embedded.

    Raises:
        InputError: see `SpeakerEncoder.embed`.
    """
    if len(samples) < SHORTEST * rate:
        raise InputError(
            f"{len(samples) / rate:.2f} s of speech cannot tell a speaker",
            remedy=f"at least {SHORTEST} s are wanted, a second or more is better",
            reason="too-short",
        )
    sound = np.asarray(samples, np.float32)
    if not np.isfinite(sound).all() or not sound.any():
        raise InputError("the sound is silent or not a number", reason="silence")
    if rate == kaldi_fbank.RATE:
        return sound
    import soxr

    return np.asarray(soxr.resample(sound, rate, kaldi_fbank.RATE), np.float32)


def similarity(one: Embedding, other: Embedding) -> float:
    """Cosine of two embeddings, in [-1, 1]."""
    return float(one @ other)


def similarities(ones: Float32Array, others: Float32Array) -> Float32Array:
    """Cosines of all pairs: shapes ``(n, 192)`` and ``(m, 192)`` give ``(n, m)``."""
    return np.asarray(ones @ others.T, np.float32)


def equal_error_rate(same: npt.ArrayLike, different: npt.ArrayLike) -> float:
    """The share of errors at the threshold where misses and false alarms are equally frequent.

    Args:
        same: similarities of pairs of one speaker.
        different: similarities of pairs of two speakers.

    Returns:
        in [0, 1]; interpolated between the two thresholds around the crossing.
    """
    good, bad = np.sort(np.asarray(same, float)), np.sort(np.asarray(different, float))
    if not len(good) or not len(bad):
        raise ValueError("both kinds of pairs are needed")
    thresholds = np.unique(np.concatenate([good, bad, [np.inf]]))
    missed = np.searchsorted(good, thresholds, "left") / len(good)
    alarmed = 1.0 - np.searchsorted(bad, thresholds, "left") / len(bad)
    at = int(np.argmax(missed >= alarmed))
    if at == 0:
        return float((missed[0] + alarmed[0]) / 2)
    before = alarmed[at - 1] - missed[at - 1]
    after = missed[at] - alarmed[at]
    share = before / (before + after) if before + after else 0.0
    return float(missed[at - 1] + share * (missed[at] - missed[at - 1]))


def _unit(vector: Any) -> Embedding:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float32)
