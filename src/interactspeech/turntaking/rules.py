"""The rule set: every threshold and word list behind a label, under one versioned name.

Published tool chains disagree about the same recordings because their thresholds are hidden; here
they travel with the labels (`Dialogue.rule_sets`). Thresholds are whole milliseconds. They are
turned into samples so that every comparison is exact at any rate: a silence of n samples is shorter
than t ms exactly when ``n < ceil(t * rate / 1000)``, and at most t ms when
``n <= floor(t * rate / 1000)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from interactspeech.errors import InputError, UsageError
from interactspeech.lexicon.feedback import (
    ACKNOWLEDGEMENTS,
    CONTINUERS,
    FILLERS,
    INCOMPLETE,
    REACTIONS,
)
from interactspeech.lexicon.language import LANGUAGE
from interactspeech.records.dialogue import Attribute


class RuleSet(msgspec.Struct, frozen=True, omit_defaults=False, forbid_unknown_fields=True):
    """Thresholds in milliseconds, and word lists; docs/framework.md has a table of them.

    Attributes:
        id: names the rule set in `Event.rules`; another value of any field wants another id.
        bridge_ms: own silences shorter than this are inside an IPU (0.200: Nguyen et al. 2022;
            Heldner & Edlund 2010 use 0.180).
        turn_pause_ms: joint silences up to this do not end a turn.
        overlap_pause_ms: an own silence up to this that lies wholly inside one stretch of talk of
            another does not end the unit: a hesitation while both compete.
        terminal_ms: an onset at most this long before the end of the other's unit is a terminal
            overlap, a longer one an interruption.
        min_pause_ms, min_gap_ms: shortest pause and gap that is an event.
        backchannel_max_ms: the longest backchannel, whatever decides about them.
        isolation_ms: own silence that the default decision requires on either side of a
            backchannel.
        hold_silence_ms, hold_before_ms, hold_after_ms: Ekstedt & Skantze 2022 (VAP): silence of at
            least the first, one speaker alone for the second before and the third after it (alone:
            talking, or in an own pause of up to turn_pause).
        horizon_ms: features of a backchannel candidate look this far ahead (and back) and no
            further, so that an annotator can run on a live conversation.
        backchannel: the decision about backchannels: "default", or the name of another.
        language: of the word lists (ISO 639-1).
        continuers, acknowledgements, reactions: phrases of the feedback lexicon, by kind.
        fillers: words that fill a pause.
        incomplete: words that a complete unit does not end with.
    """

    id: str = "interactspeech-1"
    bridge_ms: int = 200
    turn_pause_ms: int = 1000
    overlap_pause_ms: int = 500
    terminal_ms: int = 250
    min_pause_ms: int = 200
    min_gap_ms: int = 200
    backchannel_max_ms: int = 1000
    isolation_ms: int = 500
    hold_silence_ms: int = 250
    hold_before_ms: int = 1000
    hold_after_ms: int = 1000
    horizon_ms: int = 2000
    backchannel: str = "default"
    language: str = LANGUAGE
    continuers: tuple[str, ...] = CONTINUERS
    acknowledgements: tuple[str, ...] = ACKNOWLEDGEMENTS
    reactions: tuple[str, ...] = REACTIONS
    fillers: tuple[str, ...] = FILLERS
    incomplete: tuple[str, ...] = INCOMPLETE

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if name.endswith("_ms") and getattr(self, name) < 0:
                raise ValueError(f"rule set {self.id!r}: {name} is negative")
        if not self.id:
            raise ValueError("a rule set needs an id")

    def to_dict(self) -> dict[str, Attribute | list[str]]:
        """The parameters by name, as `Dialogue.rule_sets` stores them (without the id)."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__ if name != "id"}
        return {name: list(v) if isinstance(v, tuple) else v for name, v in fields.items()}

    @classmethod
    def from_dict(cls, id: str, parameters: dict[str, Any]) -> RuleSet:  # noqa: A002
        """The rule set that `to_dict` wrote.

        Raises:
            InputError: an unknown parameter, or a value of the wrong type.
        """
        try:
            return msgspec.convert({"id": id, **parameters}, cls)
        except (msgspec.ValidationError, TypeError) as error:
            raise InputError(f"rule set {id!r}: {error}", reason="bad-rules") from None

    def at(self, rate: int) -> Thresholds:
        """The thresholds in samples of a clock."""

        def at_least(ms: int) -> int:
            return -(-ms * rate // 1000)

        def up_to(ms: int) -> int:
            return ms * rate // 1000

        return Thresholds(
            bridge=max(1, at_least(self.bridge_ms)),
            turn_pause=up_to(self.turn_pause_ms),
            overlap_pause=up_to(self.overlap_pause_ms),
            terminal=up_to(self.terminal_ms),
            min_pause=at_least(self.min_pause_ms),
            min_gap=at_least(self.min_gap_ms),
            backchannel_max=up_to(self.backchannel_max_ms),
            isolation=at_least(self.isolation_ms),
            hold_silence=max(1, at_least(self.hold_silence_ms)),
            hold_before=at_least(self.hold_before_ms),
            hold_after=at_least(self.hold_after_ms),
            horizon=up_to(self.horizon_ms),
        )


@dataclass(frozen=True)
class Thresholds:
    """The thresholds of a `RuleSet` in samples. "Up to" values are inclusive upper bounds
    (`turn_pause`, `overlap_pause`, `terminal`, `backchannel_max`, `horizon`), the others are
    inclusive lower bounds.
    """

    bridge: int
    turn_pause: int
    overlap_pause: int
    terminal: int
    min_pause: int
    min_gap: int
    backchannel_max: int
    isolation: int
    hold_silence: int
    hold_before: int
    hold_after: int
    horizon: int

    @property
    def longest_pause(self) -> int:
        """The longest own silence in a unit: a pause, a backchannel, and a pause again.

        The default decision never asks for more; it bounds what an online annotator waits for.
        """
        return 2 * self.turn_pause + self.backchannel_max


#: The rules of docs/framework.md.
DEFAULT = RuleSet()

#: By name. `heldner_edlund` differs in the bridge only (Heldner & Edlund 2010).
RULE_SETS: dict[str, RuleSet] = {
    "interactspeech": DEFAULT,
    "heldner_edlund": RuleSet(id="heldner-edlund-2010", bridge_ms=180),
}


def rule_set(name: str) -> RuleSet:
    """The named rule set: "interactspeech" or "heldner_edlund".

    Raises:
        InputError: there is none of that name.
    """
    try:
        return RULE_SETS[name]
    except KeyError:
        raise UsageError(
            f"no rule set {name!r}", remedy=f"one of {sorted(RULE_SETS)}", reason="unknown-rules"
        ) from None
