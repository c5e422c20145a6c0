"""The listener: hears who talks, and whether talk is feedback or a bid for the floor.

It needs onnxruntime and nothing to train with. `detect` takes recordings, `Stream` live sound.
"""

from interactspeech.listener.backchannel_classifier import BackchannelClassifier, rules_of
from interactspeech.listener.detection import Layout, detect, hear, interpret
from interactspeech.listener.model import Listener, ListenerCard
from interactspeech.listener.output import ListenerOutput, activity, listen
from interactspeech.listener.streaming import FrameState, Stream, StreamUpdate

__all__ = [
    "BackchannelClassifier",
    "FrameState",
    "Layout",
    "Listener",
    "ListenerCard",
    "ListenerOutput",
    "Stream",
    "StreamUpdate",
    "activity",
    "detect",
    "hear",
    "interpret",
    "listen",
    "rules_of",
]
