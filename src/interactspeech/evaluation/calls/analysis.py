"""One call: its speakers, incidents, findings and timeline, as plain data without its sound."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from interactspeech._typing import Float32Array, Int64Array
from interactspeech.errors import InputError
from interactspeech.evaluation.calls import trust
from interactspeech.evaluation.calls.incidents import (
    CallIncident,
    both_talk_seconds,
    find_incidents,
    labelled_by_people,
    talk_seconds,
)
from interactspeech.evaluation.calls.settings import ReportSettings
from interactspeech.evaluation.calls.trust import TrustFinding
from interactspeech.evaluation.calls.voices import voice_print
from interactspeech.listener.detection import dialogue_from_output
from interactspeech.listener.diarized_source import DownmixedSource, split_by_diarization
from interactspeech.listener.model import Listener
from interactspeech.listener.output import run_listener, speech_activity
from interactspeech.listener.word_decision import spoken_words
from interactspeech.mining import annotation
from interactspeech.mining.labelling import compose_dialogue
from interactspeech.mining.models import MiningModels
from interactspeech.mining.redaction import without_names
from interactspeech.mining.settings import MineSettings
from interactspeech.mining.source import RecordingSource
from interactspeech.records import Dialogue, EventOrigin
from interactspeech.signal.channel_relation import ChannelRelation, channel_relation
from interactspeech.signal.intervals import difference, intervals, union
from interactspeech.signal.log_mel import RATE
from interactspeech.signal.recording import Recording

#: Samples that are read at once.
_BLOCK = 10 * RATE
#: Bins of the loudness that the page draws, at most, for each channel.
_BINS = 6000
#: Seconds around music and tones in which incidents are left out.
_NEAR = 0.5


class CallSpeaker(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A speaker of a call.

    Attributes:
        name: as the report calls them; the key over all calls.
        channel: of the sound, from 1.
        role: where metadata say.
        talk: seconds of talk.
        words: how many were said, and `word_seconds` the talk they were said in; 0 where no words
            are known.
        voice: as `voices.voice_print` gives it; "" where it was not asked for.
        spans: talk, in hundredths of a second, for the timeline: start and length, alternating,
            each start from the end before.
    """

    name: str
    channel: int
    role: str = ""
    talk: float = 0.0
    words: int = 0
    word_seconds: float = 0.0
    voice: str = ""
    spans: tuple[int, ...] = ()


class CallAnalysis(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What was found in one call.

    Attributes:
        id: unique in a report.
        files: its files, as they were named.
        seconds: its length.
        measured_by: what found the events, in words: a listener's or a rule set's name.
        times_of_words: where they come from ("" without words).
        speakers: in the order of the channels.
        incidents: in order of time.
        findings: what is wrong with the sound.
        left_out: kind of incident -> how many lie in music or tones, and are in no figure.
        both, silent: seconds in which all talk, and in which nobody does between the first and the
            last word.
        loudness: of each channel for the timeline: base64 of int8, 127 full scale.
        bleeps: seconds that are masked in the sound.
        notes: what is unusual about the files.
        date: ISO date of the call, where one is known.
        sound: whether excerpts can be cut from the files.
    """

    id: str
    files: tuple[str, ...]
    seconds: float
    measured_by: str
    times_of_words: str = ""
    speakers: tuple[CallSpeaker, ...] = ()
    incidents: tuple[CallIncident, ...] = ()
    findings: tuple[TrustFinding, ...] = ()
    left_out: dict[str, int] = {}
    both: float = 0.0
    silent: float = 0.0
    loudness: tuple[str, ...] = ()
    bleeps: tuple[tuple[float, float], ...] = ()
    notes: tuple[str, ...] = ()
    date: str = ""
    fingerprint: str = ""

    @property
    def withheld(self) -> dict[str, tuple[str, ...]]:
        """Kind of incident -> the findings because of which it is not measured."""
        return {str(kind): why for kind, why in trust.withheld(self.findings).items()}


@dataclass
class CallModels:
    """The models of a run, loaded when they are first needed.

    Attributes:
        settings: of the report.
    """

    settings: ReportSettings
    _loaded: dict[str, Any] = field(default_factory=dict)

    @property
    def listener(self) -> Listener:
        """The listener that ships."""
        if "listener" not in self._loaded:
            self._loaded["listener"] = Listener.load()
        found: Listener = self._loaded["listener"]
        return found

    @property
    def mining(self) -> MiningModels:
        """Voice activity, recogniser and diarizer, as mining uses them."""
        if "mining" not in self._loaded:
            self._loaded["mining"] = MiningModels(
                MineSettings(
                    words=self.settings.words, diarizer=self.settings.diarizer, speakers=2,
                    language=self.settings.language, checks=False,
                )
            )  # fmt: skip
        found: MiningModels = self._loaded["mining"]
        return found


@dataclass(frozen=True)
class _MeasuredCall:
    """A labelled dialogue on the recording's clock, and who is on which channel."""

    dialogue: Dialogue
    channels: dict[str, int]
    origin: EventOrigin
    by: str
    notes: tuple[str, ...] = ()


def analyse_call(
    source: RecordingSource, settings: ReportSettings, models: CallModels
) -> CallAnalysis:
    """Measure one call; memory is bounded by pages of it.

    Args:
        source: its files, and annotation that came with them.
        settings: what to measure by.
        models: loaded once for many calls.

    Raises:
        InputError: the recording, or what is annotated about it, cannot be used.
        MissingExtraError: a detector or a recogniser is not installed.
    """
    tracks = [piece.track() for piece in source.pieces]
    with Recording.open(tracks, tolerance=settings.tolerance) as recording:
        if recording.channels > 2 and not source.annotation:
            raise InputError(
                f"has {recording.channels} channels, and a call has two", source.path,
                remedy="name the two that hold the speakers in a manifest", reason="many-channels",
            )  # fmt: skip
        loudness, rms = _loudness(recording)
        dead = [c for c, level in enumerate(rms) if level < trust.DEAD]
        if len(dead) == recording.channels:
            raise InputError(
                "nothing is detected on any channel", source.path, reason="silent-channel"
            )
        findings = [_dead(channel, recording.channels) for channel in dead]
        relation = _relation(recording, source, settings, dead)
        shares = recording.channels == 1 or (relation is not None and relation.kind != "separate")
        findings += trust.look_at_channels(relation, recording.channels)
        measured = _measure(recording, source, settings, models, mixed=shares)
        mono = list(measured.channels.values())
        own = len(set(mono)) == len(mono) and not shares
        talk = (
            {
                measured.channels[s.id]: _talk(measured.dialogue, s.id)
                for s in measured.dialogue.speakers
            }
            if own
            else {}
        )
        findings += _talkers(measured.dialogue, source.path, dead)
        noises, masks = trust.find_noises(recording, talk)
        if own and not dead:
            findings += trust.find_copies(recording)
            spoken = {c: difference(rows, masks[c]) for c, rows in talk.items()}
            findings += _placed(recording, source, measured, spoken)
        prints = _voices(recording, source, settings, talk)
        findings += noises + trust.find_lost_packets(recording, talk)
        notes = (*recording.notes, *measured.notes)
        rate, seconds = recording.rate, recording.seconds
    dialogue, bleeps = _redacted(measured.dialogue, source, settings)
    mask = union(np.concatenate([np.zeros((0, 2), np.int64), *masks.values()]))
    names = _names(source, settings, measured)
    incidents, left_out = _outside(
        find_incidents(dialogue, names, settings.limits(), origin=measured.origin), mask, rate
    )
    both, silent = both_talk_seconds(dialogue)
    return CallAnalysis(
        id=source.id,
        files=tuple(piece.path for piece in source.pieces),
        seconds=round(seconds, 3),
        measured_by=measured.by,
        times_of_words=next((u.times for u in dialogue.utterances if u.words), ""),
        speakers=_speakers(dialogue, measured.channels, names, masks if own else {}, prints),
        incidents=tuple(incidents),
        findings=tuple(findings),
        left_out=left_out,
        both=round(both, 3),
        silent=round(silent, 3),
        loudness=loudness,
        bleeps=bleeps,
        notes=tuple(notes),
    )


def _loudness(recording: Recording) -> tuple[tuple[str, ...], list[float]]:
    """The envelope that the page draws, and the level of each channel (root mean square)."""
    size = max(recording.rate // 50, -(-recording.samples // _BINS))
    rows: list[Float32Array] = []
    power, total = np.zeros(recording.channels), 0
    # Blocks of whole bins, about ten seconds each.
    step = size * max(1, 10 * recording.rate // size)
    for _, block in recording.blocks(step):
        bins = -(-block.shape[1] // size)
        padded = np.zeros((len(block), bins * size), np.float32)
        padded[:, : block.shape[1]] = np.abs(block)
        rows.append(padded.reshape(len(block), bins, size).max(axis=2))
        power += np.square(block, dtype=np.float64).sum(axis=1)
        total += block.shape[1]
    peaks = np.concatenate(rows, axis=1)
    loudest = float(peaks.max(initial=0.0)) or 1.0
    drawn = np.rint(peaks * (127 / loudest)).astype(np.int8)
    return (
        tuple(base64.b64encode(row.tobytes()).decode("ascii") for row in drawn),
        np.sqrt(power / max(total, 1)).tolist(),
    )


def _dead(channel: int, channels: int) -> TrustFinding:
    which = f"channel {channel + 1}" if channels > 1 else "it"
    return TrustFinding(
        "dead-channel", f"nothing is to be heard on {which}", trust.SPOILS["dead-channel"],
        channel + 1, remedy="check the recorder: one side of the call is missing",
    )  # fmt: skip


def _relation(
    recording: Recording, source: RecordingSource, settings: ReportSettings, dead: list[int]
) -> ChannelRelation | None:
    """What two channels are to each other; None where nothing has to be asked."""
    asked = source.channels if source.channels != "auto" else settings.channels
    if recording.channels != 2 or dead:
        return None
    found = channel_relation(recording)
    if found.kind == "same":  # no annotation and no wish makes one sound two
        return found
    if asked == "mix":
        return ChannelRelation("shared")
    return ChannelRelation("separate") if asked == "speakers" else found


def _measure(
    recording: Recording,
    source: RecordingSource,
    settings: ReportSettings,
    models: CallModels,
    *,
    mixed: bool,
) -> _MeasuredCall:
    chosen = settings.source
    if chosen == "auto":
        chosen = "annotation" if source.annotation else "listener"
    if chosen == "annotation":
        if not source.annotation:
            raise InputError(
                "no annotation lies beside it", source.path,
                remedy="name some (--annotation), or let the listener find the events",
                reason="no-annotation",
            )  # fmt: skip
        return _annotated(recording, source, settings)
    if chosen == "rules":
        return _ruled(recording, source, settings, models, mixed=mixed)
    return _heard(source, settings, models, recording, mixed=mixed)


def _annotated(
    recording: Recording, source: RecordingSource, settings: ReportSettings
) -> _MeasuredCall:
    given = annotation.read(source, recording.rate, recording.samples)
    by_name = {who: place for place, who in enumerate(source.speakers)}
    if recording.channels > 1 and set(given.spans) <= set(by_name):
        channels = by_name
    else:
        channels = annotation.loudest_channels(recording, given.spans)
    dialogue = compose_dialogue(
        source.id, recording.rate, recording.samples, given.spans, given.words,
        times=given.times, names=given.names, rules=_own_rules(settings),
    )  # fmt: skip
    dialogue = msgspec.structs.replace(
        dialogue,
        length=max([dialogue.length, *(event.end for event in given.events)]),
        events=dialogue.events + given.events,
    )
    labelled = ", ".join(kind.replace("_", " ") for kind in labelled_by_people(dialogue))
    by_hand = f" (by hand: {labelled})" if labelled else ""
    return _MeasuredCall(
        dialogue, {who: channels[who] for who in given.spans}, "rule",
        f"annotation ({Path(source.annotation[0]).name}){by_hand}, "
        f"rule set {_rules_of(dialogue)}",
        _lost_labels(given, source.annotation[0]),
    )  # fmt: skip


def _lost_labels(given: annotation.Annotation, path: str) -> tuple[str, ...]:
    """What is said about people's labels that are not counted."""
    said = [
        f"{path}: {count} {'label' if count == 1 else 'labels'} of {given.names.get(who) or who} "
        "left out, who never talks there"
        for who, count in sorted(given.silent_labels.items())
    ]
    if given.late_labels:
        many = "label" if given.late_labels == 1 else "labels"
        said.append(f"{path}: {given.late_labels} {many} left out that begin after the audio")
    return tuple(said)


def _own_rules(settings: ReportSettings) -> Any:
    rules = settings.rules()
    from interactspeech.turntaking import DEFAULT

    return None if rules == DEFAULT else rules


def _rules_of(dialogue: Dialogue) -> str:
    return ", ".join(dialogue.rule_sets)


def _ruled(
    recording: Recording,
    source: RecordingSource,
    settings: ReportSettings,
    models: CallModels,
    *,
    mixed: bool,
) -> _MeasuredCall:
    from interactspeech.mining.models import SpeakerActivity

    tracks = [piece.track() for piece in source.pieces]
    with Recording.open(tracks, tolerance=settings.tolerance, mix=mixed) as sound:
        if mixed:
            spans, how = models.mining.diarize(sound)
        else:
            spans, how = models.mining.channels(sound), "voice activity"
        voices = [
            SpeakerActivity(name, "", 0 if mixed else place, rows)
            for place, (name, rows) in enumerate(zip("AB", spans[:2], strict=False))
        ]
        if settings.words != "none":
            voices = models.mining.words(sound, voices)
    dialogue = compose_dialogue(
        source.id, recording.rate, recording.samples,
        {voice.id: voice.activity() for voice in voices},
        {voice.id: voice.said() for voice in voices}, rules=_own_rules(settings),
    )  # fmt: skip
    words = f", words by {settings.words}" if settings.words != "none" else ""
    return _MeasuredCall(
        dialogue, {voice.id: voice.channel for voice in voices}, "rule",
        f"{how}{words}, rule set {_rules_of(dialogue)}",
    )  # fmt: skip


def _heard(
    source: RecordingSource,
    settings: ReportSettings,
    models: CallModels,
    native: Recording,
    *,
    mixed: bool,
) -> _MeasuredCall:
    tracks = [piece.track() for piece in source.pieces]
    listener = models.listener
    with Recording.open(tracks, RATE, tolerance=settings.tolerance) as sound:
        blocks: Iterator[Float32Array] = (block for _, block in sound.blocks(_BLOCK))
        if mixed:
            from interactspeech.diarization import diarizer

            blocks = split_by_diarization(sound, diarizer(settings.diarizer), block=_BLOCK)
        output = run_listener(listener, blocks, "diarized" if mixed else "two_channel")
        said = None
        if settings.words != "none":
            said = spoken_words(
                models.mining.recogniser(),
                speech_activity(output, listener.card),
                DownmixedSource(sound) if mixed else sound,
                (0, 0) if mixed else (0, 1),
            )
    dialogue = dialogue_from_output(
        output, listener, rules=settings.rules(), id=source.id, words=said
    )
    dialogue = _on_clock(dialogue, native.rate, native.samples)
    channels = dict.fromkeys("AB", 0) if mixed else {"A": 0, "B": 1}
    by = f"listener {listener.card.id}, rule set {_rules_of(dialogue)}"
    if mixed:
        by += f", speakers told apart by the diarizer {settings.diarizer!r}"
    if said is not None:
        by += f", words by {settings.words}"
    return _MeasuredCall(dialogue, channels, "model", by)


def _on_clock(dialogue: Dialogue, rate: int, length: int) -> Dialogue:
    """A dialogue at 16 kHz on the clock of its recording, which may be longer."""
    moved = annotation.scaled(dialogue, rate)
    return msgspec.structs.replace(moved, length=max(length, moved.length))


def _talk(dialogue: Dialogue, speaker: str) -> Int64Array:
    return union(
        intervals([(s.start, s.end) for u in dialogue.utterances if u.speaker == speaker
                   for s in u.speech])
    )  # fmt: skip


def _talkers(dialogue: Dialogue, path: str, dead: Sequence[int]) -> list[TrustFinding]:
    """What to say where fewer than two talk."""
    talk = talk_seconds(dialogue)
    talking = [who for who, seconds in talk.items() if seconds > 0]
    if not talking:
        raise InputError("holds no speech", path, reason="no-speech")
    if len(talking) > 1 or dead:
        return []
    return [
        TrustFinding(
            "one-speaker", "only one speaker talks: nothing between two can be measured",
            trust.SPOILS["one-speaker"],
            remedy="check that the other side was recorded",
        )
    ]  # fmt: skip


def _placed(
    recording: Recording,
    source: RecordingSource,
    measured: _MeasuredCall,
    talk: dict[int, Int64Array],
) -> list[TrustFinding]:
    """Whether the channels fit each other in time, and annotation the channels."""
    if len(talk) != 2 or recording.channels != 2:
        return []
    rows = [talk[channel] for channel in sorted(talk)]
    if measured.by.startswith("annotation"):
        named = dict(enumerate(source.speakers))
        given = {channel: who for who, channel in measured.channels.items()}
        heard = trust.audible_spans(recording)
        if named and set(named.values()) == set(given.values()):
            rows = [_talk(measured.dialogue, named[place]) for place in sorted(named)]
        swap = trust.find_swap(rows, heard, recording.rate, recording.samples)
        if swap is not None:
            return [swap]
    shift = trust.find_shift(rows[0], rows[1], recording.rate, recording.samples)
    return [] if shift is None else [shift]


def _voices(
    recording: Recording,
    source: RecordingSource,
    settings: ReportSettings,
    talk: dict[int, Int64Array],
) -> dict[int, str]:
    """Channel -> voice, where names go by channel and a folder of calls may hold swapped ones."""
    if len(talk) != 2 or not (settings.names or source.speakers):
        return {}
    one, other = sorted(talk)
    return {
        channel: voice_print(recording, talk[channel], talk[rest], channel)
        for channel, rest in ((one, other), (other, one))
    }


def _names(
    source: RecordingSource, settings: ReportSettings, measured: _MeasuredCall
) -> dict[str, str]:
    """Id of a speaker in the dialogue -> as the report calls them.

    Names that were asked for go by channel; on one channel, by who talks first.
    """
    speakers = measured.dialogue.speakers
    given = settings.names or source.speakers
    shared = len(set(measured.channels.values())) < len(speakers)
    first = {
        s.id: min((u.start for u in measured.dialogue.utterances if u.speaker == s.id), default=0)
        for s in speakers
    }
    order = sorted(
        (s.id for s in speakers),
        key=lambda who: (first[who], who) if shared else (measured.channels[who], who),
    )
    names = {}
    for place, who in enumerate(order):
        number = place if shared else measured.channels[who]
        named = next((s.name for s in speakers if s.id == who), "") or who
        if settings.redact and not settings.names:
            named = chr(ord("A") + place)
        names[who] = given[number] if number < len(given) else named
    if len(set(names.values())) < len(names):
        names = {who: f"{name} ({who})" for who, name in names.items()}
    return names


def _redacted(
    dialogue: Dialogue, source: RecordingSource, settings: ReportSettings
) -> tuple[Dialogue, tuple[tuple[float, float], ...]]:
    if not settings.redact:
        return dialogue, ()
    if not any(u.words for u in dialogue.utterances):
        raise InputError(
            "has no words, so names and numbers cannot be found in it", source.path,
            remedy="recognise words (--words), or do without --redact", reason="no-words",
        )  # fmt: skip
    masked, spans = without_names(dialogue)
    rate = dialogue.rate
    return masked, tuple((round(a / rate, 3), round(b / rate, 3)) for a, b in spans)


def _outside(
    incidents: Sequence[CallIncident], mask: Int64Array, rate: int
) -> tuple[list[CallIncident], dict[str, int]]:
    """The incidents that touch no music or tone, and how many of each kind do."""
    if not len(mask):
        return list(incidents), {}
    low, high = mask[:, 0] / rate - _NEAR, mask[:, 1] / rate + _NEAR
    kept, left = [], dict[str, int]()
    for one in incidents:
        if np.any((low < one.end) & (high > one.start)):
            left[one.kind] = left.get(one.kind, 0) + 1
        else:
            kept.append(one)
    return kept, left


def _speakers(
    dialogue: Dialogue, channels: dict[str, int], names: dict[str, str],
    masks: dict[int, Int64Array],
    prints: dict[int, str],
) -> tuple[CallSpeaker, ...]:  # fmt: skip
    made = []
    for speaker in sorted(dialogue.speakers, key=lambda s: (channels[s.id], s.id)):
        rows = _talk(dialogue, speaker.id)
        mask = masks.get(channels[speaker.id])
        if mask is not None and len(mask):
            rows = difference(rows, mask)
        mine = [u for u in dialogue.utterances if u.speaker == speaker.id and u.words]
        made.append(
            CallSpeaker(
                names[speaker.id],
                channels[speaker.id] + 1,
                speaker.role,
                round(float((rows[:, 1] - rows[:, 0]).sum()) / dialogue.rate, 3),
                sum(len(u.words) for u in mine),
                round(sum(len(s) for u in mine for s in u.speech) / dialogue.rate, 3),
                prints.get(channels[speaker.id], ""),
                _packed(rows, dialogue.rate),
            )
        )
    return tuple(made)


def _packed(rows: Int64Array, rate: int) -> tuple[int, ...]:
    """Spans in hundredths of a second: distance from the end before, length, ..."""
    ticks = np.rint(rows * (100 / rate)).astype(np.int64)
    flat = ticks.ravel()
    return tuple((flat - np.concatenate(([0], flat[:-1]))).tolist())
