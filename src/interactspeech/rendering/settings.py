"""Settings of the planner: everything that the timing model does not hold. Seconds and shares."""

from __future__ import annotations

from typing import Literal

import msgspec

from interactspeech.settings import Settings
from interactspeech.turntaking.timing.roles import RoleTiming

Transitions = Literal["human", "original"]


#: dB of a backchannel's mean level against that of all backchannels, by its first word: of 40 cases
#: in real two-channel calls, mm-hm lay about 15 dB below the speaker's own talk, right .4 below and
#: uh-huh 1.2 above, and the 10th to 90th percentile of all from 15 below to 2.6 above. Level must
#: not tell feedback from a bid for the floor.
_BACKCHANNEL_WORDS = {"mm-hm": -9.0, "mm": -9.0, "hm": -7.0, "uh-huh": 4.0, "right": 2.5}


class DeliveryParams(Settings, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How turn-taking events change the delivery: `(mean, standard deviation)` pairs.

    Directions are people's, by the sources named. Sizes are ours, because the papers report
    classifiers and significance, not sizes: about one standard deviation of a speaker's own
    variation, clearly above the just noticeable difference (1 dB, half a semitone) and within the
    speaker's range.

    - Competitive interruptions are loud and high until the overlap is resolved, then normal (French
      and Local 1983, Journal of Pragmatics 7; Kurtić, Brown and Wells 2009, Interspeech, and 2013,
      Speech Communication 55: level and pitch are the best prosodic cues of competition); speakers
      who start while another talks raise level and pitch (Shriberg, Stolcke and Baron 2001,
      Eurospeech). Cooperative ones are soft. Interrupting turns differ from others in level, pitch
      and rate (Gravano and Hirschberg 2012, Interspeech).
    - A speaker who keeps the floor against a failed interruption gets louder while it lasts (French
      and Local 1983: the return of competition).
    - A filled pause lasts .44 s (lower quartile), .66 s (median) for "um", .30 s (median) for "uh"
      in 2,850 of AMI's; a word before one is two to three times as long (AMI: .43 s against .12;
      Liberman 2012 on Switchboard's "and": .40 against .18). Engines shorten both.
    - Backchannels are soft and vary (Edlund, Heldner and Pelcé 2009, Nordic Prosody).

    Attributes:
        competitive_onset, cooperative_onset: level of an interrupting turn's onset, dB.
        competitive_rise, cooperative_rise: pitch of an interrupting turn's onset, semitones.
        competitive_speed: rate of a competitive interruption, as a factor on the speaker's own.
        attempt_level: level of a failed competitive interruption, dB; cooperative ones take
            `cooperative_onset`.
        resist: level, in dB, added to a turn during a failed competitive interruption.
        fade: seconds in which an onset returns to normal once the other speaker is silent.
        backchannel_level, backchannel_pitch: spread of backchannels, dB and semitones.
        listener_level: spread of the listeners' habits, dB.
        backchannel_words: first word -> dB against other backchannels.
        backchannel_slope: movement of their pitch, beside what the voice does by itself, semitones:
            backchannels have a greater pitch slope than the same words with other functions, and
            mostly rise (Benus, Gravano and Hirschberg 2007, ICPhS).
        falling_words: first words whose slope is the other way: they take note of news and do not
            ask for more.
        question_end: rise at the end of a question for yes or no, beside what the voice does by
            itself, semitones (docs/bench/ends.md).
        speaker_speed: spread of the speakers' rates, as a share.
        drift_level, drift_pitch, drift_speed: spread of a speaker's slow drift over the dialogue,
            in dB, in semitones, as a share.
        drift_memory: correlation of the drift in consecutive turns of a speaker.
        um, uh: log-normal duration of filled pauses: median in seconds, sigma.
        before_filler: factor on the duration of the word before a filled pause.
    """

    competitive_onset: tuple[float, float] = (2.5, 3.0)
    cooperative_onset: tuple[float, float] = (-1.5, 2.5)
    competitive_rise: tuple[float, float] = (1.8, 0.4)
    cooperative_rise: tuple[float, float] = (-0.3, 0.2)
    competitive_speed: tuple[float, float] = (1.06, 0.03)
    attempt_level: tuple[float, float] = (1.0, 3.5)
    resist: float = 2.0
    fade: float = 0.6
    backchannel_level: float = 4.0
    listener_level: float = 2.5
    backchannel_words: dict[str, float] = msgspec.field(
        default_factory=lambda: dict(_BACKCHANNEL_WORDS)
    )
    backchannel_pitch: float = 0.6
    backchannel_slope: tuple[float, float] = (2.0, 1.2)
    falling_words: tuple[str, ...] = ("oh", "wow", "really", "no", "great", "good", "nice")
    question_end: tuple[float, float] = (3.0, 2.0)
    speaker_speed: float = 0.05
    drift_level: float = 0.8
    drift_pitch: float = 0.35
    drift_speed: float = 0.025
    drift_memory: float = 0.7
    um: tuple[float, float] = (0.5, 0.35)
    uh: tuple[float, float] = (0.36, 0.4)
    before_filler: tuple[float, float] = (1.3, 0.15)


class PlanSettings(Settings, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How a plan is made. The defaults are the preset ``human``.

    Attributes:
        name: of the preset; goes into the plan.
        transitions: "human" draws every floor-transfer offset from the dyad; "original" uses the
            paper's two constants.
        retime: replace the source's own silences by drawn pauses, and pause where the script asks.
        pauses: held pauses, times the dyad's rate of pauses; the rest of people's pauses come with
            backchannels.
        interruptions: times the dyad's rate of interruptions. Changes of speaker that no mark asks
            for may overlap so far that they are interruptions by the rules, as people's do; only so
            many of them do that all together keep this rate. None: as many as people's offsets
            bring.
        overlays: whether backchannels and failed interruptions are placed.
        edge_silence: before the first and after the last sound, seconds.
        fragment_share: share of cuts that fall inside the next word instead of at a word's end.
        isolation: the listener's own silence on both sides of a backchannel, seconds (the rule's
            value, so that the annotator can find planned backchannels).
        max_shift: number of tokens that a backchannel may move from its mark to reach a silence.
        terminal: an onset in the last `terminal` seconds of a turn is a smooth change.
        own_silence: shortest silence between two utterances of one speaker, seconds.
        backchannel_level: of backchannels relative to the same speaker's turns, dB; listeners speak
            softly.
        speaker_spread: standard deviation of the speakers' levels, dB.
        level: of speech, dB below full scale (RMS while speaking, loudness-weighted).
        delivery: how turn-taking events change level, pitch and rate; None: they do not.
        roles: role of a speaker -> timing that departs from the dyad's (see `RoleTiming`).
    """

    name: str = "human"
    transitions: Transitions = "human"
    retime: bool = True
    pauses: float = 1.06
    interruptions: float | None = 1.0
    overlays: bool = True
    edge_silence: float = 0.25
    fragment_share: float = 0.1
    isolation: float = 0.5
    max_shift: int = 6
    terminal: float = 0.25
    own_silence: float = 0.25
    backchannel_level: float = -3.0
    speaker_spread: float = 1.0
    level: float = -26.0
    delivery: DeliveryParams | None = DeliveryParams()
    roles: dict[str, RoleTiming] = msgspec.field(default_factory=dict)


HUMAN = PlanSettings()
#: The paper's demos: overlap of 10,000 samples at 22,050 Hz, every other offset 0, the source's
#: own silences, no backchannels, no cuts inside words.
ORIGINAL = PlanSettings(
    name="original",
    transitions="original",
    retime=False,
    overlays=False,
    edge_silence=0.0,
    fragment_share=0.0,
    own_silence=0.0,
    speaker_spread=0.0,
    delivery=None,
)
PRESETS = {preset.name: preset for preset in (HUMAN, ORIGINAL)}
