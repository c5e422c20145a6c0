"""Human timing: a model of it, drawn dyad by dyad; its fitting; conversation timing from it."""

from interactspeech.dynamics.timing.distribution import Distribution
from interactspeech.dynamics.timing.model import After, Dyad, Place, TimingModel

__all__ = ["After", "Distribution", "Dyad", "Place", "TimingModel"]
