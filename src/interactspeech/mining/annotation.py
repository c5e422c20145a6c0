"""Annotation that comes with a recording: who talks when, and what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from interactspeech import formats
from interactspeech._typing import Int64Array
from interactspeech.errors import InputError
from interactspeech.formats.assembly import fit_id
from interactspeech.mining import layouts
from interactspeech.mining.source import RecordingSource
from interactspeech.records import Dialogue, Event, TimesOrigin, Word
from interactspeech.signal.intervals import difference, union
from interactspeech.signal.recording import Recording

#: Annotation may go on so many seconds after the audio (rounding, padding); more is another file's.
_BEYOND = 2.0
#: Seconds of each speaker's talk that are listened to in order to find their channel.
_LISTEN = 60.0
#: Attributes of events that are counted in samples.
_TIMED = frozenset({"fto", "silence", "overlap", "floor_transfer"})


@dataclass(frozen=True, eq=False)
class Annotation:
    """Who talks when on a recording, in samples at its rate.

    Attributes:
        spans: speaker -> ``(n, 2)``.
        words: speaker -> words; a speaker without any is absent.
        times: where the words' times come from.
        names: speaker -> name to show.
        events: those that people labelled (origin "human"), of speakers with `spans`.
        silent_labels: how many labels are left out because their speaker never talks, by speaker.
        late_labels: how many are left out because they begin after the audio.
    """

    spans: dict[str, Int64Array]
    words: dict[str, tuple[Word, ...]]
    times: TimesOrigin
    names: dict[str, str]
    events: tuple[Event, ...] = ()
    silent_labels: Mapping[str, int] = field(default_factory=dict)
    late_labels: int = 0


def read(source: RecordingSource, rate: int, samples: int) -> Annotation:
    """What is annotated about a recording.

    Args:
        source: with `annotation`.
        rate: samples a second of the recording.
        samples: its length.

    Raises:
        InputError: the annotation cannot be read, is of something else, or ends long after the
            audio.
    """
    if source.reader == "formats":
        dialogue = _of_formats(source, rate)
    else:
        dialogue = layouts.LAYOUTS[source.reader].annotation(source, rate)
    last = max((u.end for u in dialogue.utterances), default=0)
    if last > samples + _BEYOND * rate:
        raise InputError(
            f"goes on to {last / rate:,.1f} s, the audio {source.path} ends at "
            f"{samples / rate:,.1f} s", source.annotation[0],
            remedy="is it of another recording?", reason="annotation-too-long",
        )  # fmt: skip
    spans: dict[str, Int64Array] = {}
    words: dict[str, tuple[Word, ...]] = {}
    times: set[TimesOrigin] = set()
    for speaker in dialogue.speakers:
        mine = [u for u in dialogue.utterances if u.speaker == speaker.id and u.start < samples]
        rows = [(s.start, min(s.end, samples)) for u in mine for s in u.speech if s.start < samples]
        spans[speaker.id] = union(np.array(rows, np.int64))
        said = [
            msgspec.structs.replace(w, end=min(w.end, samples))
            for u in mine for w in u.words if w.start < samples
        ]  # fmt: skip
        if said:
            words[speaker.id] = tuple(said)
            times |= {u.times for u in mine if u.words}
    spans = {who: rows for who, rows in spans.items() if len(rows)}
    if not spans:
        raise InputError("holds no speech", source.annotation[0], reason="no-speech")
    origin: TimesOrigin = "estimated" if "estimated" in times else next(iter(times), "none")
    names = {speaker.id: speaker.name for speaker in dialogue.speakers}
    by_hand = [event for event in dialogue.events if event.origin == "human"]
    silent = Counter(event.speaker for event in by_hand if event.speaker not in spans)
    talking = [event for event in by_hand if event.speaker in spans]
    labelled = tuple(
        msgspec.structs.replace(
            event,
            end=min(event.end, samples),
            utterance="",
            rules="",
            partner=event.partner if event.partner in spans else "",
        )
        for event in talking
        if event.start < samples
    )
    late = len(talking) - len(labelled)
    return Annotation(spans, words, origin, names, labelled, dict(silent), late)


def _of_formats(source: RecordingSource, rate: int) -> Dialogue:
    """The one dialogue of this recording among those of its files."""
    found = formats.read([Path(name) for name in source.annotation], rate=rate)
    named = [one for one in found if one.id in (source.id, fit_id(source.within))]
    if len(named) == 1:
        found = named
    elif len({one.id for one in found}) > 1:
        raise InputError(
            f"is about {', '.join(sorted({one.id for one in found})[:4])}, and none of them is "
            f"{source.within or source.id!r}", source.annotation[0],
            remedy="name the recording in it as the audio file, or give an id in a manifest",
            reason="other-annotation",
        )  # fmt: skip
    # Our own records keep their clock.
    return scaled(found[0], rate)


def scaled(dialogue: Dialogue, rate: int) -> Dialogue:
    """Utterances and events of a record on another clock, in which no span is empty."""
    if dialogue.rate == rate:
        return dialogue

    def at(tick: int) -> int:
        return (tick * rate + dialogue.rate // 2) // dialogue.rate

    utterances = []
    for u in dialogue.utterances:
        rows = np.array([(at(s.start), max(at(s.end), at(s.start) + 1)) for s in u.speech])
        spans = tuple(type(u.speech[0])(int(a), int(b)) for a, b in union(rows))
        words, last = [], spans[0].start
        for w in u.words:
            low, high = max(at(w.start), last), min(at(w.end), spans[-1].end)
            if low < high:
                words.append(msgspec.structs.replace(w, start=low, end=high))
                last = high
        utterances.append(
            msgspec.structs.replace(
                u, start=spans[0].start, end=spans[-1].end, speech=spans, words=tuple(words)
            )
        )
    events = tuple(
        msgspec.structs.replace(
            event, start=at(event.start), end=at(event.end),
            attributes={
                name: at(value) if name in _TIMED and isinstance(value, int) else value
                for name, value in event.attributes.items()
            },
        )
        for event in dialogue.events
    )  # fmt: skip
    ends = [u.end for u in utterances] + [event.end for event in events]
    end = max([at(dialogue.length), *ends])
    return msgspec.structs.replace(
        dialogue, rate=rate, length=end, utterances=tuple(utterances), events=events, tracks=()
    )


def loudest_channels(recording: Recording, spans: dict[str, Int64Array]) -> dict[str, int]:
    """Which channel each speaker is loudest on, where only they talk (at most a minute of it)."""
    if recording.channels == 1:
        return dict.fromkeys(spans, 0)
    found = {}
    for who, mine in spans.items():
        others = [rows for name, rows in spans.items() if name != who]
        talk = union(np.concatenate(others)) if others else np.zeros((0, 2), np.int64)
        energy = np.zeros(recording.channels)
        left = round(_LISTEN * recording.rate)
        for start, end in difference(mine, talk).tolist():
            sound = recording.read(start, min(end, start + left))
            # Per channel and relative to what the others say there would be finer; a speaker's own
            # channel is the loudest by far.
            energy += np.square(sound, dtype=np.float64).sum(axis=1)
            left -= sound.shape[1]
            if left <= 0:
                break
        found[who] = int(np.argmax(energy))
    return found
