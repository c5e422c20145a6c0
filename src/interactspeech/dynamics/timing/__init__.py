"""Human timing: a model of it, drawn dyad by dyad; its fitting; conversation timing from it."""

from interactspeech.dynamics.distribution import Distribution
from interactspeech.dynamics.timing.fitting import fit
from interactspeech.dynamics.timing.model import After, Dyad, Place, TimingModel
from interactspeech.dynamics.timing.simulation import simulate

__all__ = ["After", "Distribution", "Dyad", "Place", "TimingModel", "fit", "simulate"]
