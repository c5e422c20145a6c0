"""Settings of the planner: what the timing model does not say. Seconds and shares."""

from __future__ import annotations

from typing import Literal

import msgspec

Transitions = Literal["human", "original"]


class Settings(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How a plan is made. The defaults are the preset ``human``.

    Attributes:
        name: of the preset; goes into the plan.
        transitions: "human" draws every offset from the dyad; "original" uses the paper's two
            constants.
        retime: replace the source's own silences by drawn ones, and pause where the script asks.
        others: whether listeners' backchannels and failed attempts are placed.
        edge: silence before the first and after the last sound.
        fragment: share of cuts that fall inside the next word instead of at a word's end.
        isolation: a listener's own silence on both sides of a backchannel (the rule's value, so
            that what is planned can be found again).
        move: how many tokens a backchannel may move from its mark to reach a silence.
        terminal: an onset in the last `terminal` seconds of a turn is a smooth change.
        own_silence: least silence between two utterances of one speaker.
        backchannel_level: of backchannels against the same speaker's turns, dB; listeners speak
            softly.
        speaker_spread: standard deviation of the speakers' levels, dB.
        level: of speech, dB below full scale (RMS while speaking, loudness-weighted).
    """

    name: str = "human"
    transitions: Transitions = "human"
    retime: bool = True
    others: bool = True
    edge: float = 0.25
    fragment: float = 0.1
    isolation: float = 0.5
    move: int = 6
    terminal: float = 0.25
    own_silence: float = 0.25
    backchannel_level: float = -3.0
    speaker_spread: float = 1.0
    level: float = -26.0


HUMAN = Settings()
#: The paper's demos: overlap of 10,000 samples at 22,050 Hz, every other offset 0, the source's
#: own silences, no listeners, no words cut inside.
ORIGINAL = Settings(
    name="original",
    transitions="original",
    retime=False,
    others=False,
    edge=0.0,
    fragment=0.0,
    own_silence=0.0,
    speaker_spread=0.0,
)
PRESETS = {preset.name: preset for preset in (HUMAN, ORIGINAL)}
