"""Rooms, noise, crosstalk and telephone channels: clean tracks in, recorded tracks out.

Two pure functions: `draw` makes a scene from (preset, seed, dialogue id), and `apply` makes sound
from clean tracks and a scene. Times do not change: the delay of the direct path is removed, and
filters have zero delay.
"""

from interactspeech.rendering.acoustics.scene_sampling import PRESETS, Preset, draw
from interactspeech.rendering.acoustics.scenes import apply

__all__ = ["PRESETS", "Preset", "apply", "draw"]
