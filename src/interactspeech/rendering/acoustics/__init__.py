"""Rooms, noise, bleed and telephone channels: clean tracks in, what a microphone heard out.

Two pure functions: `draw` makes a scene from (preset, seed, dialogue), `apply` makes sound of clean
tracks and a scene. Times stay: the delay of the direct path is taken off, filters have none.
"""

from interactspeech.rendering.acoustics.scene_sampling import PRESETS, Preset, draw
from interactspeech.rendering.acoustics.scenes import apply

__all__ = ["PRESETS", "Preset", "apply", "draw"]
