"""The plan: plain data that says which piece of which speech is heard when, and how loud.

Rendering is a pure function of a plan and the speech; the record of the dialogue is made from the
plan alone. All numbers but gains are samples at `Plan.rate`.
"""

from __future__ import annotations

import msgspec

from interactspeech.records import Event, Span, Utterance


class PlannedClip(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    r"""A piece of one speech on one track.

    ```
    gain   ┌──────────────┐___
          /                   \__  decay: `depth` dB lower at the end, then fade out
         /fade_in     decay─┘     \
        at                         at + len(source)
    ```

    Attributes:
        line: id of the line that was spoken.
        channel: of the track (from 0).
        source: the samples of the speech that are used.
        at: first sample in the dialogue.
        gain: factor on the samples.
        fade_in, fade_out: lengths of the raised-cosine ramps at the edges; 0 for a bare edge.
        decay: length of the decay at the end, fade included: the voice trails off.
        depth: by how many dB the voice has sunk at the end of the decay.
        swell: further gain that changes: points of (sample of the clip, dB), between which the
            factor moves in a straight line; outside of them the nearest point's.
    """

    line: str
    channel: int
    source: Span
    at: int
    gain: float = 1.0
    fade_in: int = 0
    fade_out: int = 0
    decay: int = 0
    depth: float = 0.0
    swell: tuple[tuple[int, float], ...] = ()

    @property
    def end(self) -> int:
        """One past the last sample in the dialogue."""
        return self.at + len(self.source)


class PlanLoss(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something of the script that found no place, and why (a key to count by)."""

    line: str
    reason: str


class Plan(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Everything about a dialogue's timing.

    Attributes:
        id: of the script, and of the dialogue.
        rate: samples a second.
        length: of the dialogue.
        speakers: ids; the index is the channel.
        clips: sorted by channel and time; those of one channel do not overlap.
        utterances: what the record will say, sorted by start.
        events: with origin "planned", sorted by start.
        lost: what found no place.
        preset: the settings' name.
        seed: of the corpus.
        timing: id of the timing model.
    """

    id: str
    rate: int
    length: int
    speakers: tuple[str, ...]
    clips: tuple[PlannedClip, ...]
    utterances: tuple[Utterance, ...]
    events: tuple[Event, ...]
    lost: tuple[PlanLoss, ...] = ()
    preset: str = "human"
    seed: int = 0
    timing: str = ""

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.length / self.rate
