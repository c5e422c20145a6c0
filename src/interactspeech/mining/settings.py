"""Settings of mining, and the categories of events that clips are cut for.

Everything here decides the bytes of the corpus. The hard negatives among the categories are what a
model that detects interruptions mistakes for one: talk that begins while another talks and takes
nothing, and silence that ends nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

import interactspeech
from interactspeech.errors import UsageError
from interactspeech.lexicon.language import LANGUAGE, base_language
from interactspeech.records import Event
from interactspeech.settings import Count, Natural, NonNegative, Positive, SampleRate, Settings
from interactspeech.turntaking import DEFAULT, RuleSet
from interactspeech.turntaking.user_lexicon import with_language


@dataclass(frozen=True)
class Category:
    """A kind of event that clips are cut for.

    Attributes:
        about: what it is, for a person.
        hard_negative: easily taken for an interruption (or for the end of a turn), and none.
    """

    about: str
    hard_negative: bool = False


CATEGORIES: dict[str, Category] = {
    "interruption": Category("takes the floor while another talks"),
    "silent_interruption": Category("takes the floor in a pause, the other was not complete"),
    "turn_change": Category("takes the floor after a silence"),
    "backchannel": Category("feedback in a silence of the speaker's"),
    "failed_interruption": Category("tries to take the floor and gives up", hard_negative=True),
    "terminal_overlap": Category("begins in the last quarter second", hard_negative=True),
    "backchannel_in_overlap": Category("feedback while the other talks", hard_negative=True),
    "long_pause": Category("a long silence, after which the speaker goes on", hard_negative=True),
    "filled_pause": Category("a pause held by a filler (needs words)", hard_negative=True),
}


def category_of(event: Event, rate: int, long_pause: float = 0.7) -> str | None:
    """The category of an event, or None.

    Args:
        event: of origin "rule" or "human".
        rate: samples a second of its times.
        long_pause: seconds from which a pause counts.
    """
    attributes = event.attributes
    if event.type == "interruption":
        return "interruption" if attributes.get("outcome") == "taken" else "failed_interruption"
    if event.type == "backchannel":
        overlap = attributes.get("placement") == "overlap"
        return "backchannel_in_overlap" if overlap else "backchannel"
    if event.is_filled_pause:
        return "filled_pause"
    if event.type == "pause":
        return "long_pause" if event.end - event.start >= long_pause * rate else None
    if event.type == "gap":
        return "turn_change"
    if event.type in ("terminal_overlap", "silent_interruption"):
        return str(event.type)
    return None


#: How the channels of a file are taken: one speaker on each, all mixed to one and separated by
#: voice, or as the file suggests (`analysis.channels_of`).
Channels = Literal["auto", "speakers", "mix"]


class MineSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """How to mine. Times are seconds.

    Attributes:
        seed: decides which of equal clips a balance keeps.
        want: names in `CATEGORIES` that clips are cut for.
        context: speech and silence kept before and after what is wanted, where there is so much.
        least_context: a clip holds at least this much on either side (or the recording's edge).
        min_length, max_length: of a clip.
        margin: silence kept between a cut and the speech next to it, at most.
        long_pause: a pause is a hard negative from this length on, in seconds.
        balance: clips are cut for each category at most this many times as often as for
            interruptions that take the floor; None: all that there are.
        least: but at least so often, where there are so many.
        per_event: clips for each category at most; takes precedence over `balance`.
        channels: see `Channels`.
        tolerance: lengths of one recording's files may differ by so many seconds.
        words: "auto" recognises words where the package for it is installed, "none" never does, and
            other names are those of recognisers.
        diarizer: separates the speakers of one channel; "none" leaves such recordings out.
        speakers: how many there are on one channel, where that is known.
        checks: whether clips whose sound or voices do not fit are dropped.
        redact: whether names and numbers are bleeped, in sound and text.
        rate: samples a second of the clips; the recordings' own if None.
        corpus, licence: of recordings whose source does not say.
        language: of the words, a BCP-47 tag. The fitted decision about feedback is English.
        lexicon: a file of word lists in place of those that ship; see `UserLexicon`.
        shard: clips a shard; chosen by their number if None.
    """

    seed: int = 0
    want: tuple[str, ...] = tuple(CATEGORIES)
    context: NonNegative = 4.0
    least_context: NonNegative = 0.5
    min_length: Positive = 4.0
    max_length: Positive = 30.0
    margin: NonNegative = 0.25
    long_pause: NonNegative = 0.7
    balance: NonNegative | None = 2.0
    least: Natural = 20
    per_event: Count | None = None
    channels: Channels = "auto"
    tolerance: NonNegative = 1.0
    words: str = "auto"
    diarizer: str = "offline"
    speakers: Annotated[int, msgspec.Meta(ge=2)] | None = None
    checks: bool = True
    redact: bool = False
    rate: SampleRate | None = None
    corpus: str = ""
    licence: str = ""
    language: str = LANGUAGE
    lexicon: str = ""
    shard: Count | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        unknown = sorted(set(self.want) - set(CATEGORIES))
        if unknown or not self.want:
            raise UsageError(
                f"MineSettings: want={unknown or ()}: no such category",
                remedy=f"use some of {', '.join(CATEGORIES)}",
            )
        base_language(self.language)
        if self.min_length > self.max_length:
            raise UsageError(
                f"MineSettings: min_length={self.min_length} above max_length={self.max_length}"
            )

    def rules(self) -> RuleSet | None:
        """The rule set that the language and the lexicon make; None for the one that ships.

        Raises:
            UsageError: the lexicon cannot be read, or is in another language.
        """
        if not self.lexicon and base_language(self.language) == LANGUAGE:
            return None
        return with_language(DEFAULT, self.language, self.lexicon or None)

    def configuration(self, inputs: dict[str, str]) -> dict[str, Any]:
        """What a resumed run must share with the one it goes on with, as plain JSON.

        Args:
            inputs: each file that is read -> its size and time of change.
        """
        rules = self.rules()
        return {
            **msgspec.to_builtins(self),
            **({} if rules is None else {"rules": rules.to_dict()}),
            "inputs": inputs,
            "job": "mine",
            "generator": interactspeech.__version__,
        }
