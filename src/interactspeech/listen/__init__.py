"""The listener: hears who talks, and whether talk is feedback or a bid for the floor.

It needs onnxruntime and nothing to train with. `detect` takes recordings, `Stream` live sound.
"""

from interactspeech.listen.detect import Layout, detect, hear, interpret
from interactspeech.listen.heard import Heard, activity, listen
from interactspeech.listen.judge import Judge, rules_of
from interactspeech.listen.listener import Card, Listener
from interactspeech.listen.stream import Moment, News, Stream

__all__ = [
    "Card",
    "Heard",
    "Judge",
    "Layout",
    "Listener",
    "Moment",
    "News",
    "Stream",
    "activity",
    "detect",
    "hear",
    "interpret",
    "listen",
    "rules_of",
]
