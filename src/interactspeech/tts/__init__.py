"""Speech engines behind one base class, casting, the speech cache, weights and word times."""

from interactspeech.models.weights import WeightError, WeightStore, cache_dir
from interactspeech.tts.cache import SpeechCache
from interactspeech.tts.casting import cast, held_out_voices
from interactspeech.tts.interface import NEUTRAL, Engine, Style
from interactspeech.tts.registry import engine, engine_names, select_voices
from interactspeech.tts.synthesizer import Synthesizer

__all__ = [
    "NEUTRAL",
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
