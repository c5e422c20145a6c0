"""Do the words of a short stretch of talk sound like feedback? A small network, deaf to level.

The listener's network hears how talk sits in a conversation; it does not tell "yeah" from "but I".
This one hears nothing but the stretch itself: log-mel frames from a little before it to a little
after, at one level, so that what is left is which sounds follow each other. What it was fitted on,
and how well it does on voices left out, is on docs/bench/feedback_sound.md.
"""

from __future__ import annotations

from typing import Final

from interactspeech._typing import Float32Array
from interactspeech.listener.levelled_frames import LEAST, levelled, network

#: Frames of 10 ms before and after a stretch that are heard with it.
MARGIN: Final = 5


def level_frames(frames: Float32Array, start: int, end: int) -> Float32Array:
    """The frames of a stretch and its margin at one level, as the network takes them.

    Args:
        frames: log10 of mel powers (`signal.log_mel`), shape ``(n, 40)``.
        start: first frame of the stretch.
        end: one past its last.

    Returns:
        Shape ``(m, 40)``: units of 10 dB about the level of the stretch.
    """
    return levelled(frames, slice(start, end), slice(max(start - MARGIN, 0), end + MARGIN))


def sound_log_odds(frames: Float32Array, start: int, end: int) -> float:
    """Log-odds that a stretch of talk is feedback, by its sound; 0 where it is too short to say.

    Args:
        frames: of its channel, shape ``(n, 40)``.
        start: first frame of the stretch.
        end: one past its last.
    """
    if end - start < LEAST:
        return 0.0
    found = network("feedback-sound-1").run(
        None, {"frames": level_frames(frames, start, end)[None]}
    )
    return float(found[0][0, 0])


__all__ = ["MARGIN", "level_frames", "sound_log_odds"]
