"""Speech engines behind one base class, casting, the speech cache, weights and word times."""

from interactspeech.voices.base import PLAIN, Engine, Style
from interactspeech.voices.cache import SpeechCache
from interactspeech.voices.casting import cast, held_out_voices
from interactspeech.voices.registry import engine, engine_names, select_voices
from interactspeech.voices.synthesizer import Synthesizer
from interactspeech.voices.weights import WeightError, WeightStore, cache_dir

__all__ = [
    "PLAIN",
    "Engine",
    "SpeechCache",
    "Style",
    "Synthesizer",
    "WeightError",
    "WeightStore",
    "cache_dir",
    "cast",
    "engine",
    "engine_names",
    "held_out_voices",
    "select_voices",
]
