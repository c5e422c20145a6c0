"""Human timing: a model of it, drawn dyad by dyad; its fitting; conversation timing from it."""

from interactspeech.turntaking.distribution import Distribution
from interactspeech.turntaking.timing.fitting import fit
from interactspeech.turntaking.timing.model import After, Dyad, Place, TimingModel
from interactspeech.turntaking.timing.simulation import simulate

__all__ = ["After", "Distribution", "Dyad", "Place", "TimingModel", "fit", "simulate"]
