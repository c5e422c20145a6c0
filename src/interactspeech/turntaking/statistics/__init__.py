"""Statistics of conversations: samples, distances to people's timing, pictures, and a test of
whether generated timing can be distinguished from human timing.
"""

from interactspeech.turntaking.statistics.batches import collect
from interactspeech.turntaking.statistics.collection import (
    MEASURES,
    RATES,
    SHARES,
    Conversation,
    Statistics,
    conversation,
    without_backchannels,
)
from interactspeech.turntaking.statistics.comparison import (
    Comparison,
    Distances,
    MeasureRow,
    ValueRow,
    compare,
    distances,
    wasserstein_distance,
)
from interactspeech.turntaking.statistics.plots import save_plots
from interactspeech.turntaking.statistics.reference import ReferenceStatistics, human
from interactspeech.turntaking.statistics.windows import discriminability, window_features

__all__ = [
    "MEASURES",
    "RATES",
    "SHARES",
    "Comparison",
    "Conversation",
    "Distances",
    "MeasureRow",
    "ReferenceStatistics",
    "Statistics",
    "ValueRow",
    "collect",
    "compare",
    "conversation",
    "discriminability",
    "distances",
    "human",
    "save_plots",
    "wasserstein_distance",
    "window_features",
    "without_backchannels",
]
