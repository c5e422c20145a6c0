"""The listener inside voice agents: whether the user wants the floor, and whether a turn is over.

`BargeIn` is the decision, of any framework; `livekit` and `pipecat` bring it into LiveKit Agents
and Pipecat, which have to be installed to import them.
"""

from interactspeech.listener.adapters.barge_in import BargeIn, BargeInState

__all__ = ["BargeIn", "BargeInState"]
