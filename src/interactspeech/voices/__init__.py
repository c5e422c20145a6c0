"""Speech engines behind one base class, casting, the speech cache, weights and word times."""

from interactspeech.voices.base import PLAIN, Engine, Style
from interactspeech.voices.registry import engine, engine_names, select_voices

__all__ = ["PLAIN", "Engine", "Style", "engine", "engine_names", "select_voices"]
