"""Statistics of conversations: samples, distances to people's timing, pictures, and a test of
whether generated timing can be told from human.
"""

from interactspeech.dynamics.statistics.collect import (
    MEASURES,
    RATES,
    SHARES,
    Conversation,
    Statistics,
    collect,
    conversation,
    without_backchannels,
)
from interactspeech.dynamics.statistics.compare import Comparison, MeasureRow, ValueRow, compare
from interactspeech.dynamics.statistics.distances import Distances, distances
from interactspeech.dynamics.statistics.plots import save_plots
from interactspeech.dynamics.statistics.reference import Reference, human
from interactspeech.dynamics.statistics.windows import discriminability, window_features

__all__ = [
    "MEASURES",
    "RATES",
    "SHARES",
    "Comparison",
    "Conversation",
    "Distances",
    "MeasureRow",
    "Reference",
    "Statistics",
    "ValueRow",
    "collect",
    "compare",
    "conversation",
    "discriminability",
    "distances",
    "human",
    "save_plots",
    "window_features",
    "without_backchannels",
]
