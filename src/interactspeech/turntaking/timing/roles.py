"""The timing of somebody in a role, where it is not as the dyad's people do."""

from __future__ import annotations

from typing import Annotated

import msgspec

from interactspeech.settings import NonNegative, Settings


class RoleTiming(Settings, frozen=True, forbid_unknown_fields=True):
    """When somebody in a role begins and stops to talk, where that is not as the dyad's people do.

    Attributes:
        latency: seconds from the other's end to the onset of an own turn that cuts nobody off: mean
            and standard deviation; such turns never begin before the other's end. None: people's
            offsets, which overlap in 34 % of the changes.
        shortest_latency: no latency is shorter (s).
        yields_within: who is cut off falls silent within so many seconds; None: people's times
            (median .51, 95th percentile 1.29).
        through_feedback: whether somebody talks on through a listener's feedback without a pause;
            people make one in half of the cases.
        pauses: factor on people's rate of pauses inside a turn.
    """

    latency: tuple[NonNegative, NonNegative] | None = None
    shortest_latency: NonNegative = 0.2
    yields_within: Annotated[float, msgspec.Meta(gt=0, le=5)] | None = None
    through_feedback: bool = False
    pauses: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
