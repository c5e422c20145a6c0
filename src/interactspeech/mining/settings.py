"""What is asked of mining: everything here decides the bytes of the corpus."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

import interactspeech
from interactspeech.mining.event_categories import CATEGORIES

#: How the channels of a file are taken: one speaker on each, all mixed to one and told apart by
#: voice, or as the file suggests (`analysis.channels_of`).
Channels = Literal["auto", "speakers", "mix"]


class MineSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to mine. Times are seconds.

    Attributes:
        seed: decides which of equal clips a balance keeps.
        want: categories of `wanted.CATEGORIES` that clips are cut for.
        context: speech and silence kept before and after what is wanted, where there is so much.
        least_context: a clip holds at least this much on either side (or the recording's edge).
        min_length, max_length: of a clip.
        margin: silence kept between a cut and the speech next to it, at most.
        long_pause: a silent pause is a hard negative from this length on.
        balance: clips are cut for each category at most this many times as often as for
            interruptions that take the floor; None: all that there are.
        least: but at least so often, where there are so many.
        per_event: clips for each category at most; goes before `balance`.
        channels: see `Channels`.
        tolerance: lengths of one recording's files may differ by so many seconds.
        words: "auto" recognises words where the package for it is installed, "none" never does, and
            other names are those of recognisers.
        diarizer: tells the speakers of one channel apart; "none" leaves such recordings out.
        speakers: how many there are on one channel, where that is known.
        checks: whether clips whose sound or voices do not fit are dropped.
        redact: whether names and numbers are bleeped, in sound and text.
        rate: samples a second of the clips; the recordings' own if None.
        corpus, licence: of recordings whose source does not say.
        shard: clips a shard; chosen by their number if None.
    """

    seed: int = 0
    want: tuple[str, ...] = tuple(CATEGORIES)
    context: float = 4.0
    least_context: float = 0.5
    min_length: float = 4.0
    max_length: float = 30.0
    margin: float = 0.25
    long_pause: float = 0.7
    balance: float | None = 2.0
    least: int = 20
    per_event: int | None = None
    channels: Channels = "auto"
    tolerance: float = 1.0
    words: str = "auto"
    diarizer: str = "offline"
    speakers: int | None = None
    checks: bool = True
    redact: bool = False
    rate: int | None = None
    corpus: str = ""
    licence: str = ""
    shard: int | None = None

    def __post_init__(self) -> None:
        unknown = set(self.want) - set(CATEGORIES)
        if unknown or not self.want:
            raise ValueError(f"no category is called {sorted(unknown)}; use {list(CATEGORIES)}")
        if not 0 < self.min_length <= self.max_length:
            raise ValueError(f"clips of {self.min_length} to {self.max_length} s")
        if min(self.context, self.least_context, self.margin, self.long_pause) < 0:
            raise ValueError("context, least_context, margin and long_pause are lengths")
        if self.rate is not None and not 8_000 <= self.rate <= 192_000:
            raise ValueError(f"a rate of {self.rate} samples a second")

    def configuration(self, inputs: dict[str, str]) -> dict[str, Any]:
        """What a resumed run must share with the one it goes on with, as plain JSON.

        Args:
            inputs: each file that is read -> its size and time of change.
        """
        return {
            **msgspec.to_builtins(self),
            "inputs": inputs,
            "job": "mine",
            "generator": interactspeech.__version__,
        }
