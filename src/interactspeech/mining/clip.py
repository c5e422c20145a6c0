"""A clip: sound and record of a stretch of a recording, at the rate of the corpus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

import interactspeech
from interactspeech._typing import Int64Array
from interactspeech.errors import InputError
from interactspeech.mining.analysis import Analysis
from interactspeech.mining.labelling import compose_dialogue
from interactspeech.mining.models import SpeakerActivity, heard_feedback
from interactspeech.mining.redaction import redacted
from interactspeech.mining.selection import Candidate
from interactspeech.mining.settings import MineSettings, category_of
from interactspeech.records import Dialogue, Provenance, Samples, Speaker, Track, Voice, Word
from interactspeech.records.ids import fitting_id
from interactspeech.signal.intervals import union
from interactspeech.signal.recording import Recording

GENERATOR = f"interactspeech {interactspeech.__version__}"


@dataclass(frozen=True, eq=False)
class MinedClip:
    """A clip that can be stored.

    Attributes:
        dialogue: the record, with events.
        samples: float32 in [-1, 1], shape ``(channels, dialogue.length)``.
    """

    dialogue: Dialogue
    samples: Samples


def clip_rate(analysis: Analysis, settings: MineSettings) -> int:
    """Samples a second of the clips of a recording."""
    return settings.rate or analysis.rate


def clip_id(analysis: Analysis, one: Candidate) -> str:
    """Id of a clip: its recording's, shortened where it is long, and where it begins, in ms."""
    return fitting_id(analysis.source.id, f"-{one.start * 1000 // analysis.rate:08d}")


def cut(
    recording: Recording, analysis: Analysis, one: Candidate, settings: MineSettings
) -> MinedClip:
    """Cut a clip.

    Args:
        recording: opened at `clip_rate`, mixed as `analysis` says.
        analysis: of the recording.
        one: the stretch.
        settings: of the run.

    Raises:
        InputError: the sound cannot be read; or what the clip was cut for is not found in it alone
            (reason ``needs-context``: it takes what was said before to see it).
    """
    rate = recording.rate

    def at(tick: Any) -> Any:  # a number or an array of them
        return (tick * rate + analysis.rate // 2) // analysis.rate

    start = at(one.start)
    end = min(at(one.end), recording.samples)
    samples = recording.read(start, end)
    voices = [v for v in analysis.voices if any(a < one.end and b > one.start for a, b in v.spans)]
    dialogue = compose_dialogue(
        clip_id(analysis, one),
        rate,
        end - start,
        {v.id: _inside(at(v.activity()), start, end) for v in voices},
        {v.id: _words(v, one, at, start, end) for v in voices},
        times=analysis.times,
        names={v.id: v.name for v in voices},
        rules=analysis.rules,
        heard=heard_feedback(voices, lambda tick: at(tick) - start),
    )
    wanted = at(one.at) - start
    near = max(1, rate // analysis.rate + 1)  # rounding moves boundaries by a sample
    if not any(
        abs(event.start - wanted) <= near
        and category_of(event, rate, settings.long_pause) == one.category
        for event in dialogue.events
        if event.origin == "rule"
    ):
        raise InputError(
            f"the {one.category.replace('_', ' ')} at {one.at / analysis.rate:.2f} s is none "
            "without what lies outside the clip", analysis.source.path, reason="needs-context",
        )  # fmt: skip
    if settings.redact:
        dialogue, samples = redacted(dialogue, samples)
    peak = float(np.abs(samples).max(initial=0.0))
    if peak > 1.0:
        # Resampling overshoots, and float files may hold anything: the whole clip is made softer.
        samples = samples / np.float32(peak)
    return MinedClip(_stored(dialogue, analysis, one, settings), samples)


def _inside(spans: Int64Array, start: int, end: int) -> Int64Array:
    kept = np.clip(spans, start, end) - start
    return union(kept[kept[:, 1] > kept[:, 0]])


def _words(
    voice: SpeakerActivity, one: Candidate, at: Callable[[int], int], start: int, end: int
) -> tuple[Word, ...]:
    said = []
    for word in voice.said():
        if one.start <= (word.start + word.end) // 2 < one.end:
            low = max(at(word.start), start) - start
            high = min(at(word.end), end) - start
            said.append(msgspec.structs.replace(word, start=low, end=max(high, low + 1)))
    return tuple(said)


def _stored(
    dialogue: Dialogue, analysis: Analysis, one: Candidate, settings: MineSettings
) -> Dialogue:
    source = analysis.source
    channel = {voice.id: voice.channel for voice in analysis.voices}
    begin, end = one.start / analysis.rate, one.end / analysis.rate
    licence = source.licence or settings.licence
    return msgspec.structs.replace(
        dialogue,
        speakers=tuple(_person(speaker, analysis, licence) for speaker in dialogue.speakers),
        tracks=tuple(Track(s.id, "", channel[s.id]) for s in dialogue.speakers),
        provenance=Provenance(
            corpus=source.corpus or settings.corpus,
            id=f"{source.id}#t={begin:.3f},{end:.3f}",
            licence=licence,
            split=source.split,
            generator=GENERATOR,
            writer=f"mined for {one.category}, activity: {analysis.how}",
        ),
    )


def _person(speaker: Speaker, analysis: Analysis, licence: str) -> Speaker:
    """The speaker with a voice, so that splits keep one person's clips on one side."""
    source = analysis.source
    known = source.people and speaker.id in source.speakers
    name = f"{source.corpus}/{speaker.id}" if known else f"{source.id}/{speaker.id}"
    voice = Voice(engine="person", name=name, language="", licence=licence)
    return msgspec.structs.replace(speaker, voice=voice)
