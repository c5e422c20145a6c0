"""The plan: which part of which speech is played when, with what gain; and the record made of it.

Rendering is a pure function of a plan and the speech; the record of the dialogue is made from the
plan alone, so they cannot disagree. All numbers but gains are samples at `Plan.rate`.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from interactspeech.records import (
    Dialogue,
    Event,
    Provenance,
    Scene,
    Script,
    Span,
    Speaker,
    Track,
    Utterance,
    Voice,
)

#: Name of the audio inside a record's folder or archive member.
AUDIO = "audio.flac"


class PlannedClip(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    r"""A part of one speech on one track.

    ```
    gain   ┌──────────────┐___
          /                   \__  decay: `depth` dB lower at the end, then fade out
         /fade_in     decay─┘     \
        at                         at + len(source)
    ```

    Attributes:
        line: id of the spoken line.
        channel: of the track (from 0).
        source: the samples of the speech that are used.
        at: first sample in the dialogue.
        gain: factor on the samples.
        fade_in, fade_out: lengths of the raised-cosine ramps at the edges; 0 for none.
        decay: length of the decay at the end, fade included.
        depth: attenuation at the end of the decay, dB.
        gain_envelope: breakpoints (sample of the clip, dB) of a further gain; the factor is linear
            between them and constant outside.
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
    gain_envelope: tuple[tuple[int, float], ...] = ()

    @property
    def end(self) -> int:
        """One past the last sample in the dialogue."""
        return self.at + len(self.source)


class PlanLoss(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of the script that could not be placed, and the reason (a key to count by)."""

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
        utterances: of the record, sorted by start.
        events: with origin "planned", sorted by start.
        lost: lines that could not be placed.
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


def dialogue_from_plan(
    plan: Plan,
    *,
    voices: Mapping[str, Voice] | None = None,
    names: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
    provenance: Provenance | None = None,
    scene: Scene | None = None,
    audio: str = AUDIO,
) -> Dialogue:
    """The dialogue that a plan describes, with its planned events.

    Args:
        plan: what was planned.
        voices: speaker id -> voice.
        names: speaker id -> name in the source.
        roles: speaker id -> role.
        provenance: where text, seed and licence come from; see `plan_provenance`.
        scene: what makes the audio of the rendered tracks.
        audio: what the tracks' audio will be called; "" leaves the tracks out.
    """
    voices, names, roles = voices or {}, names or {}, roles or {}
    return Dialogue(
        id=plan.id,
        rate=plan.rate,
        length=plan.length,
        speakers=tuple(
            Speaker(
                id=speaker,
                name=names.get(speaker, ""),
                role=roles.get(speaker, ""),
                voice=voices.get(speaker),
            )
            for speaker in plan.speakers
        ),
        utterances=plan.utterances,
        events=plan.events,
        tracks=tuple(
            Track(speaker=speaker, audio=audio, channel=channel)
            for channel, speaker in enumerate(plan.speakers)
            if audio
        ),
        provenance=provenance or Provenance(seed=plan.seed, timing=plan.timing),
        scene=scene,
    )


def plan_provenance(
    script: Script, plan: Plan, *, generator: str = "", notation: str = ""
) -> Provenance:
    """Provenance from what a script and its plan know.

    Args:
        script: the source.
        plan: made from it.
        generator: this package's name and version.
        notation: the script in its notation.
    """
    timing = plan.timing if plan.preset == "human" else plan.preset
    return Provenance(
        corpus=script.corpus,
        id=script.source_id or script.id,
        licence=script.licence,
        split=script.split,
        seed=plan.seed,
        generator=generator,
        writer=script.writer,
        timing=timing,
        script=notation,
    )
