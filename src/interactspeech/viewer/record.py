"""A dialogue as the page wants it: indexes for speakers, pairs for names, samples for times.

Names that come from a record never become keys of an object in the browser (a speaker may be called
``__proto__``), and nothing here is markup: the page shows all of it as text.
"""

from __future__ import annotations

import bisect
from typing import Any

from interactspeech.records import EVENT_TYPES, Dialogue, Event, Speaker, Track, Utterance
from interactspeech.signal.intervals import intervals, pairs, union
from interactspeech.viewer.peaks import Peaks

#: Attributes of events that are samples: lengths, and the place where the floor passes.
SAMPLES = frozenset({"fto", "silence", "overlap", "floor_transfer"})
#: Flags of a word.
FRAGMENT, OVERLAPPED = 1, 2

Interval = tuple[int, int]


def page_record(dialogue: Dialogue, peaks: Peaks | None, audio: dict[str, Any]) -> dict[str, Any]:
    """What the page loads when a person picks `dialogue`.

    `audio` says where the sound is: ``{"both": [address], "each": [address of a channel, ...]}``
    (`each` is empty where there is one channel only), or is empty.
    """
    index = {speaker.id: i for i, speaker in enumerate(dialogue.speakers)}
    channels = channel_of(dialogue)
    both = simultaneous(dialogue)
    utterances: dict[str, list[Utterance]] = {}
    for utterance in sorted(dialogue.utterances, key=lambda u: (u.start, u.end)):
        utterances.setdefault(utterance.speaker, []).append(utterance)
    return {
        "id": dialogue.id,
        "rate": dialogue.rate,
        "length": dialogue.length,
        "speakers": [
            {
                "id": speaker.id,
                "name": speaker.name,
                "role": speaker.role,
                "voice": voice_name(speaker),
                "channel": channels.get(speaker.id),
                "facts": _voice_facts(speaker),
            }
            for speaker in dialogue.speakers
        ],
        "utterances": [
            {
                "id": utterance.id,
                "speaker": index[utterance.speaker],
                "start": utterance.start,
                "end": utterance.end,
                "speech": [[span.start, span.end] for span in utterance.speech],
                "words": [
                    [
                        word.text,
                        word.start,
                        word.end,
                        FRAGMENT * word.fragment
                        + OVERLAPPED * _touches(word.start, word.end, both),
                    ]
                    for word in utterance.words
                ],
                "unsaid": list(utterance.unsaid),
                "kind": utterance.kind,
                "times": utterance.times,
                "written": utterance.written,
            }
            for utterance in sorted(dialogue.utterances, key=lambda u: (u.start, u.end))
        ],
        "events": [
            _event(event, index, dialogue.rate, utterances.get(event.speaker, []))
            for event in sorted(dialogue.events, key=_by_time)
        ],
        "both": [list(span) for span in both],
        "rules": [
            [name, [[key, _plain(value)] for key, value in parameters.items()]]
            for name, parameters in dialogue.rule_sets.items()
        ],
        "provenance": [
            [key, str(value)]
            for key in (
                "corpus",
                "id",
                "licence",
                "split",
                "seed",
                "generator",
                "writer",
                "timing",
                "script",
            )
            if (value := getattr(dialogue.provenance, key)) not in ("", None)
        ],
        "peaks": peaks.as_json() if peaks else None,
        "audio": audio,
    }


def channel_of(dialogue: Dialogue) -> dict[str, int]:
    """Speaker id -> channel; speakers in their order where the record names no tracks."""
    tracks = dialogue.tracks or tuple(
        Track(speaker=speaker.id, audio="", channel=i)
        for i, speaker in enumerate(dialogue.speakers)
    )
    return {track.speaker: track.channel for track in tracks}


def activity(dialogue: Dialogue) -> list[list[Interval]]:
    """For each speaker, in the record's order: disjoint, sorted intervals of speech, in samples."""
    found: dict[str, list[Interval]] = {speaker.id: [] for speaker in dialogue.speakers}
    for utterance in dialogue.utterances:
        found[utterance.speaker] += [(span.start, span.end) for span in utterance.speech]
    return [pairs(union(intervals(spans))) for spans in found.values()]


def simultaneous(dialogue: Dialogue) -> list[Interval]:
    """Disjoint, sorted intervals in which at least two speakers talk."""
    edges = sorted(
        (time, step)
        for spans in activity(dialogue)
        for start, end in spans
        for time, step in ((start, 1), (end, -1))
    )
    both: list[Interval] = []
    talking = 0
    for time, step in edges:
        if step == 1 and talking == 1:
            since = time
        if step == -1 and talking == 2:
            both.append((since, time))
        talking += step
    return pairs(union(intervals(both)))


def strip(dialogue: Dialogue, columns: int = 120) -> str:
    """Who talks when, as `columns` hexadecimal digits: bit i is set where speaker i talks.

    For the small picture in the list; speakers after the fourth are left out of it.
    """
    digits = [0] * columns
    for i, spans in enumerate(activity(dialogue)[:4]):
        for start, end in spans:
            first = start * columns // max(1, dialogue.length)
            last = -(-end * columns // max(1, dialogue.length))
            for column in range(first, min(last, columns)):
                digits[column] |= 1 << i
    return "".join(f"{digit:x}" for digit in digits)


def voice_name(speaker: Speaker) -> str:
    """How the list names a speaker's voice."""
    return speaker.voice.name if speaker.voice else ""


def _voice_facts(speaker: Speaker) -> list[list[str]]:
    voice = speaker.voice
    if voice is None:
        return []
    language = f"{voice.language}-{voice.accent}" if voice.accent else voice.language
    facts = [
        ("voice", voice.name),
        ("engine", f"{voice.engine} {voice.engine_version}".strip()),
        ("language", language),
        ("sex", voice.sex),
        ("licence", voice.licence),
        ("weights", voice.weights),
    ]
    return [[name, value] for name, value in facts if value]


def _event(event: Event, index: dict[str, int], rate: int, own: list[Utterance]) -> dict[str, Any]:
    return {
        "type": event.type,
        "speaker": index[event.speaker],
        "partner": index[event.partner] if event.partner else None,
        "start": event.start,
        "end": event.end,
        "origin": event.origin,
        "rules": event.rules,
        "probability": event.probability,
        "utterance": event.utterance or _utterance_at(event, own),
        "attributes": [
            [name, _in_seconds(value, rate) if name in SAMPLES else value]
            for name, value in event.attributes.items()
        ],
    }


def _utterance_at(event: Event, own: list[Utterance]) -> str:
    """The utterance of the event's speaker that it begins: rules see activity, not utterances."""
    if not EVENT_TYPES[event.type].utterance:
        return ""
    onset = event.end if event.type == "silent_interruption" else event.start
    at = bisect.bisect_right(own, onset, key=lambda utterance: utterance.start) - 1
    return own[at].id if at >= 0 and onset < own[at].end else ""


def _in_seconds(value: object, rate: int) -> object:
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    return f"{value / rate:.3f} s ({value:,} samples)"


def _by_time(event: Event) -> tuple[int, int, str, str]:
    return event.start, event.end, event.type, event.origin


def _plain(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _touches(start: int, end: int, spans: list[Interval]) -> bool:
    # Spans are disjoint and sorted: only the last one that begins before `end` can reach `start`.
    at = bisect.bisect_left(spans, (end, 0)) - 1
    return at >= 0 and spans[at][1] > start
