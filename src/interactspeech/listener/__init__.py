"""The trained listener: who talks when, and whether speech is feedback or a bid for the floor.

It needs onnxruntime and none of the packages for training. `detect` takes recordings, `Stream` live
audio.
"""

from interactspeech.listener.backchannel_classifier import BackchannelClassifier, listener_rules
from interactspeech.listener.detection import (
    ChannelLayout,
    detect,
    dialogue_from_output,
    listener_output,
)
from interactspeech.listener.model import Listener, ListenerCard, ListenerMode, ModeSettings
from interactspeech.listener.output import ListenerOutput, run_listener, speech_activity
from interactspeech.listener.stream_updates import FrameState, StreamUpdate
from interactspeech.listener.streaming import Stream

__all__ = [
    "BackchannelClassifier",
    "ChannelLayout",
    "FrameState",
    "Listener",
    "ListenerCard",
    "ListenerMode",
    "ListenerOutput",
    "ModeSettings",
    "Stream",
    "StreamUpdate",
    "detect",
    "dialogue_from_output",
    "listener_output",
    "listener_rules",
    "run_listener",
    "speech_activity",
]
