"""How often people interrupt, listen aloud and pause in a build: presets, and what each brings.

`people` is the default. The others are for training sets that want more of something; each says by
how much, and `interactspeech evaluate rates TEXT... --rates NAME` measures what comes of it. None
changes how an interruption or a pause looks, only how many there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from interactspeech.rendering import HUMAN, PlanSettings
from interactspeech.scripts.writers.offline import DEFAULT, OfflineWriterSettings

RatesName = Literal["people", "interruptions", "feedback", "dense"]


@dataclass(frozen=True)
class RatePreset:
    """Settings that make a corpus denser or not.

    Attributes:
        about: what there is more of, and by how much.
        writer: of the offline writer.
        interruptions, pauses: see `PlanSettings`.
    """

    about: str
    writer: OfflineWriterSettings = DEFAULT
    interruptions: float | None = HUMAN.interruptions
    pauses: float = HUMAN.pauses

    def plan(self, settings: PlanSettings = HUMAN) -> PlanSettings:
        """`settings` with the rates of this preset."""
        return msgspec.structs.replace(
            settings, interruptions=self.interruptions, pauses=self.pauses
        )


def _written(
    interruptions: float = 1.0, attempts: float = 1.0, backchannels: float = 1.0
) -> OfflineWriterSettings:
    """The default writer with multiples of its rates."""
    return msgspec.structs.replace(
        DEFAULT,
        interruptions=DEFAULT.interruptions * interruptions,
        attempts=DEFAULT.attempts * attempts,
        backchannels=DEFAULT.backchannels * backchannels,
        max_interruptions=DEFAULT.max_interruptions if interruptions <= 1 else 8,
    )


RATE_PRESETS: Final = MappingProxyType(
    {
        "people": RatePreset("as often as people (1,155 telephone calls)"),
        "interruptions": RatePreset(
            "1.7 times as many interruptions that take the floor, twice as many that fail",
            _written(interruptions=2.6, attempts=2.0),
            interruptions=2.0,
        ),
        "feedback": RatePreset("1.3 times as many backchannels", _written(backchannels=1.6)),
        "dense": RatePreset(
            "interruptions and backchannels both",
            _written(interruptions=2.6, attempts=2.0, backchannels=1.6),
            interruptions=2.0,
        ),
    }
)
