"""Analysis of one recording: speech activity, words, events, candidates for clips.

```
recording ─┬─ annotation that came with it ──────────┐
           ├─ channels: the listener, or voice activity┼─► spans ─► words ─► record ─► candidates
           └─ one channel: diarization ───────────────┘                  └► what does not fit
```
The analysis is plain data, small, and holds no sound; clips are cut from it later.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from interactspeech.errors import InputError
from interactspeech.lexicon.language import LanguageCheck, base_language
from interactspeech.mining import annotation, layouts
from interactspeech.mining.labelling import compose_dialogue
from interactspeech.mining.models import (
    ExcludedSpan,
    MiningModels,
    SpeakerActivity,
    heard_feedback,
)
from interactspeech.mining.selection import RecordingCandidates, clip_candidates
from interactspeech.mining.settings import MineSettings
from interactspeech.mining.source import RecordingSource
from interactspeech.records import Dialogue, TimesOrigin
from interactspeech.signal.channel_relation import channel_relation
from interactspeech.signal.recording import Recording
from interactspeech.turntaking import RuleSet

#: Two channels whose envelopes are so alike carry the same: two microphones, or a mix on both.
_ALIKE = 0.9
#: Chunks of 10 s that are looked at to tell what the channels are.
_LOOK = 12
#: A channel below this level (root mean square, full scale 1) is silent: -80 dB.
_SILENT = 1e-4


class Analysis(msgspec.Struct, frozen=True):
    """What was found in a recording; times are samples at `rate`.

    Attributes:
        source: the recording.
        rate, length: of it.
        mix: all channels were mixed to one.
        voices: its speakers.
        times: where the words' times come from.
        how: source of the activity: "annotation", "listener" (two channels), "channels" (more), or
            the diarizer's name.
        findings: what does not fit.
        found: the candidates.
        notes: what is unusual about the files.
    """

    source: RecordingSource
    rate: int
    length: int
    mix: bool
    voices: tuple[SpeakerActivity, ...]
    times: TimesOrigin
    how: str
    findings: tuple[ExcludedSpan, ...]
    found: RecordingCandidates
    notes: tuple[str, ...] = ()
    rules: RuleSet | None = None

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.length / self.rate

    def dialogue(self) -> Dialogue:
        """The whole recording as a record."""
        return compose_dialogue(
            self.source.id,
            self.rate,
            self.length,
            {voice.id: voice.activity() for voice in self.voices},
            {voice.id: voice.said() for voice in self.voices},
            times=self.times,
            names={voice.id: voice.name for voice in self.voices},
            rules=self.rules,
            heard=heard_feedback(self.voices),
        )


def analyse(source: RecordingSource, settings: MineSettings, models: MiningModels) -> Analysis:
    """Analyse one recording; memory is bounded by pieces of it.

    Raises:
        InputError: the recording, or what is annotated about it, cannot be used.
        MissingExtraError: a detector or recogniser is not installed.
    """
    tracks = [piece.track() for piece in source.pieces]
    with Recording.open(tracks, tolerance=settings.tolerance) as recording:
        if recording.seconds < settings.min_length:
            raise InputError(
                f"is {recording.seconds:.3f} s long, clips have at least "
                f"{settings.min_length:g} s", source.path, reason="too-short",
            )  # fmt: skip
        mix = channels_of(recording, source, settings) == "mix"
    with Recording.open(tracks, tolerance=settings.tolerance, mix=mix, measure=True) as recording:
        voices, times, how = _voices(recording, source, models)
        _sound(recording, source)
        if len(voices) < 2:
            raise InputError(
                "only one speaker talks" if voices else "holds no speech", source.path,
                reason="one-speaker" if voices else "no-speech",
            )  # fmt: skip
        if not any(voice.words for voice in voices):
            voices = models.words(recording, voices)
            times = "recognised" if any(voice.words for voice in voices) else "none"
        if settings.redact and not any(voice.words for voice in voices):
            raise InputError(
                "has no words, so names and numbers cannot be found in it", source.path,
                remedy="recognise words (--words), or do without --redact", reason="no-words",
            )  # fmt: skip
        if settings.redact:  # speakers may be called by their names
            voices = [
                msgspec.structs.replace(voice, id=name, name="")
                for voice, name in zip(voices, _letters(len(voices)), strict=True)
            ]
        findings = models.findings(recording, voices) if settings.checks else ()
        analysis = Analysis(
            source, recording.rate, recording.samples, mix, tuple(voices), times, how,
            tuple(findings), RecordingCandidates((), {}, {}),
            (*recording.notes, *_language_notes(source, voices, settings)), settings.rules(),
        )  # fmt: skip
    found = _without(clip_candidates(analysis.dialogue(), settings), findings)
    return msgspec.structs.replace(analysis, found=found)


def _language_notes(
    source: RecordingSource, voices: Sequence[SpeakerActivity], settings: MineSettings
) -> tuple[str, ...]:
    """What to say where the words are not in the language of the settings."""
    check = LanguageCheck(base_language(settings.language))
    check.add(text for voice in voices for text, *_ in voice.words)
    message = check.message()
    return (f"{source.path}: {message}",) if message else ()


def channels_of(recording: Recording, source: RecordingSource, settings: MineSettings) -> str:
    """Whether every channel is a speaker ("speakers") or all hear the same ("mix").

    The source takes precedence over the settings. "auto": one channel is a mix; two are
    speakers, unless they sound alike.

    Raises:
        InputError: more than two channels whose speakers are not known; or one of them is
            silent.
    """
    levels = recording.levels(_LOOK)
    if np.any(levels.rms < _SILENT):
        levels = recording.levels()
    asked = source.channels if source.channels != "auto" else settings.channels
    if recording.channels == 1 and len(source.pieces) == 1:
        asked = "mix"
    silent = np.flatnonzero(levels.rms < _SILENT).tolist()
    if silent and (asked != "mix" or len(silent) == recording.channels):
        which = f"channel {silent[0]} of {recording.channels}"
        raise InputError(
            f"nothing is detected on {which if recording.channels > 1 else 'it'}", source.path,
            remedy="--channels mix takes the others as one" if recording.channels > 1 else "",
            reason="silent-channel",
        )  # fmt: skip
    if asked != "auto":
        return asked
    if recording.channels > 2:
        raise InputError(
            f"has {recording.channels} channels, and nothing says who is on them", source.path,
            remedy="--channels speakers if there is one speaker on each, --channels mix if not",
            reason="many-channels",
        )  # fmt: skip
    alike = levels.likeness(0, 1) > _ALIKE
    return "mix" if alike or channel_relation(recording).kind != "separate" else "speakers"


def _sound(recording: Recording, source: RecordingSource) -> None:
    """Refuse a recording of which a channel is silent throughout."""
    levels = recording.levels()
    if np.any(levels.rms < _SILENT):
        raise InputError("nothing is detected on a channel", source.path, reason="silent-channel")


def _voices(
    recording: Recording, source: RecordingSource, models: MiningModels
) -> tuple[list[SpeakerActivity], TimesOrigin, str]:
    if source.annotation:
        given = annotation.read(source, recording.rate, recording.samples)
        by_name = {who: place for place, who in enumerate(source.speakers)}
        if recording.channels > 1 and set(given.spans) <= set(by_name):
            channels = by_name
        else:
            channels = annotation.loudest_channels(recording, given.spans)
        voices = [
            SpeakerActivity(
                who,
                given.names.get(who, ""),
                channels[who],
                tuple(map(tuple, rows.tolist())),
                tuple((w.text, w.start, w.end, w.fragment) for w in given.words.get(who, ())),
            )
            for who, rows in given.spans.items()
        ]
        coarse = source.reader in layouts.LAYOUTS and layouts.LAYOUTS[source.reader].coarse
        if coarse and given.times == "estimated" and recording.channels > 1:
            return _placed(voices, models.channels(recording)), "estimated", "channels"
        return voices, given.times, "annotation"
    if recording.channels > 1:
        names = source.speakers or tuple(_letters(recording.channels))
        if recording.channels == 2:
            detected, how = models.listen(recording), "listener"
        else:
            detected, how = tuple((spans, ()) for spans in models.channels(recording)), "channels"
        return (
            [
                SpeakerActivity(_fit(names[place], place), names[place], place, spans, heard=heard)
                for place, (spans, heard) in enumerate(detected)
                if spans
            ],
            "none",
            how,
        )
    separated, engine = models.diarize(recording)
    voices = [
        SpeakerActivity(name, "", 0, spans)
        for name, spans in zip(_letters(len(separated)), separated, strict=True)
    ]
    return voices, "none", engine


def _placed(
    voices: Sequence[SpeakerActivity], detected: Sequence[tuple[tuple[int, int], ...]]
) -> list[SpeakerActivity]:
    """Speakers whose words have rough times only, placed on the detected speech.

    The words of each annotated stretch are spread over the speech on the speaker's channel inside
    it, by their length in letters.
    """
    done = []
    for voice in voices:
        spans = detected[voice.channel]
        words: list[tuple[str, int, int, bool]] = []
        for start, end in voice.spans:
            mine = [w for w in voice.words if start <= (w[1] + w[2]) // 2 < end]
            parts = [(max(a, start), min(b, end)) for a, b in spans if a < end and b > start]
            room = sum(b - a for a, b in parts)
            if not mine or not room:
                continue
            edges = np.cumsum([0, *(len(w[0]) + 1 for w in mine)])
            at = [_walk(parts, int(e * room // edges[-1])) for e in edges]
            # A word that would begin in one part and end in the next ends with the first.
            for word, low, high in zip(mine, at, at[1:], strict=False):
                last = next((b for a, b in parts if a <= low < b), high)
                if min(high, last) > low:
                    words.append((word[0], low, min(high, last), word[3]))
        if spans:
            done.append(SpeakerActivity(voice.id, voice.name, voice.channel, spans, tuple(words)))
    return done


def _walk(parts: Sequence[tuple[int, int]], distance: int) -> int:
    """The place `distance` samples into the parts laid end to end."""
    for a, b in parts:
        if distance < b - a:
            return a + distance
        distance -= b - a
    return parts[-1][1]


def _letters(count: int) -> list[str]:
    return [chr(ord("A") + i) if i < 26 else f"S{i + 1}" for i in range(count)]


def _fit(name: str, place: int) -> str:
    return name or _letters(place + 1)[-1]


def _without(found: RecordingCandidates, findings: Sequence[ExcludedSpan]) -> RecordingCandidates:
    """The candidates that hold nothing that does not fit; the others are counted by reason."""
    if not findings:
        return found
    kept = []
    dropped = {category: dict(reasons) for category, reasons in found.dropped.items()}
    for one in found.candidates:
        bad = next((f for f in findings if f.start < one.end and f.end > one.start), None)
        if bad is None:
            kept.append(one)
        else:
            reasons = dropped.setdefault(one.category, {})
            reasons[bad.reason] = reasons.get(bad.reason, 0) + 1
    return RecordingCandidates(tuple(kept), found.events, dropped)
