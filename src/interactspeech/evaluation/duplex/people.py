"""People on the same measures, so that a number means something.

``human.json`` is made by ``bench/bench_duplex.py human``, from conversations of people:

```
measures   key of a measure -> value, n, source
points     on the plane of yielding and selectivity: a source, a rule, both shares with intervals
lengths    of IPUs, pauses, gaps and overlaps (dGSLM's events): quantile functions, seconds
```

Where only timing is known, what is an interruption and what a backchannel is decided by this
package's rules from what the one who talks over the other does, never from what the other does.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

import msgspec

from interactspeech.evaluation.events.metrics import Estimate
from interactspeech.turntaking.distribution import Distribution


class HumanValue(msgspec.Struct, frozen=True):
    """A measure on people: its value, cases, and recordings it is from."""

    value: float
    n: int
    source: str


class HumanPoint(msgspec.Struct, frozen=True):
    """People on the plane of yielding and selectivity.

    Attributes:
        source: which people, and how their events are known.
        rule: name of the `YieldRule`.
        yielded: share of interruptions yielded to.
        talked_through: share of backchannels talked through.
    """

    source: str
    rule: str
    yielded: Estimate
    talked_through: Estimate


class HumanLengths(msgspec.Struct, frozen=True):
    """Lengths of one kind of dGSLM's events of people, seconds.

    Attributes:
        source: which people.
        n: how many events.
        lengths: their quantile function.
    """

    source: str
    n: int
    lengths: Distribution


class HumanReference(msgspec.Struct, frozen=True):
    """All that is known of people."""

    measures: dict[str, HumanValue]
    points: tuple[HumanPoint, ...]
    lengths: dict[str, HumanLengths]


@cache
def human_reference() -> HumanReference:
    """What is known of people; read once."""
    text = resources.files("interactspeech.evaluation.duplex").joinpath("human.json").read_bytes()
    return msgspec.json.decode(text, type=HumanReference)


def human_values() -> Mapping[str, HumanValue]:
    """Measures on people, by key."""
    return human_reference().measures


__all__ = [
    "HumanLengths",
    "HumanPoint",
    "HumanReference",
    "HumanValue",
    "human_reference",
    "human_values",
]
