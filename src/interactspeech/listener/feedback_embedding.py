"""Is a short stretch of talk feedback? An embedding that others trained hears it whole.

`feedback_sound` learnt its sounds from made talk alone. The embedding that `feedback_onset` asks
while talk goes on (Google's, trained on millions of real recordings) is asked here three times of a
stretch that is over:

```
 stretch   |##################|
 moments           ^     ^     ^     at 45 %, 75 % and shortly after its end
                   3 x 96 numbers, log of its length -> log-odds of feedback, linear
```

It was fitted on attempts to take the floor and on feedback as people say them
(docs/bench/attempts.md); each hears what the other misses, so the decision adds both.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Final

import msgspec
import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.listener.feedback_onset import LONGEST, embedding
from interactspeech.listener.levelled_frames import LEAST

#: Shares of a stretch at which it is heard, and frames after its end at which it is once more.
MOMENTS: Final = (0.45, 0.75)
AFTER: Final = 6


class EmbeddingWeights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A linear score.

    Attributes:
        id: names it.
        about: what it was fitted on.
        weights: of the three embeddings, 96 numbers each, and of the log of the seconds (at most
            one) and a hundredth.
        intercept: log-odds before that.
    """

    id: str
    about: str
    weights: tuple[float, ...]
    intercept: float


def stretch_features(frames: Float32Array, start: int, end: int) -> Float32Array:
    """What the score is linear in, shape ``(289,)``.

    Args:
        frames: log10 of mel powers (`signal.log_mel`) of its channel, shape ``(n, 40)``.
        start: first frame of the stretch.
        end: one past its last.
    """
    length = end - start
    moments = [start + round(share * length) for share in MOMENTS] + [end + AFTER]
    heard = [
        embedding(frames, start, max(start + LEAST, min(len(frames), moment)))
        for moment in moments
    ]  # fmt: skip
    seconds = np.log(min(length, LONGEST) / 100 + 0.01)
    return np.concatenate((*heard, np.array([seconds], np.float32)))


def embedding_log_odds(frames: Float32Array, start: int, end: int) -> float:
    """Log-odds that a stretch of talk is feedback; 0 where it is too short to say.

    Args:
        frames: log10 of mel powers of its channel, shape ``(n, 40)``.
        start: first frame of the stretch.
        end: one past its last.
    """
    if end - start < LEAST:
        return 0.0
    weights = embedding_weights()
    return float(stretch_features(frames, start, end) @ _vector()) + weights.intercept


@lru_cache(maxsize=1)
def embedding_weights() -> EmbeddingWeights:
    """The weights that ship."""
    data = files("interactspeech.listener").joinpath("data", "feedback-embedding-1.json")
    return msgspec.json.decode(data.read_bytes(), type=EmbeddingWeights)


@lru_cache(maxsize=1)
def _vector() -> Float32Array:
    return np.array(embedding_weights().weights, np.float32)


__all__ = [
    "AFTER",
    "MOMENTS",
    "EmbeddingWeights",
    "embedding_log_odds",
    "embedding_weights",
    "stretch_features",
]
