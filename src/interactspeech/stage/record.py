"""The record of a planned dialogue: made from the plan alone, so it is exact."""

from __future__ import annotations

from collections.abc import Mapping

from interactspeech.dialogue import Dialogue, Provenance, Scene, Script, Speaker, Track, Voice
from interactspeech.stage.plans import Plan

#: Name of the audio inside a record's folder or archive member.
AUDIO = "audio.flac"


def record(
    plan: Plan,
    *,
    voices: Mapping[str, Voice] | None = None,
    names: Mapping[str, str] | None = None,
    provenance: Provenance | None = None,
    scene: Scene | None = None,
    audio: str = AUDIO,
) -> Dialogue:
    """The dialogue that a plan describes, with its planned events.

    Args:
        plan: what was planned.
        voices: speaker id -> voice.
        names: speaker id -> name in the source.
        provenance: where text, seed and licence come from; see `provenance_of`.
        scene: what makes the audio of the rendered tracks.
        audio: what the tracks' audio will be called; "" leaves the tracks out.
    """
    voices, names = voices or {}, names or {}
    return Dialogue(
        id=plan.id,
        rate=plan.rate,
        length=plan.length,
        speakers=tuple(
            Speaker(id=speaker, name=names.get(speaker, ""), voice=voices.get(speaker))
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


def provenance_of(
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
