"""What speech recognisers write as JSON (read): words or segments with times and speakers.

Each service has a form of its own, told apart by its keys (`_FORMS`):

- segments: Whisper, WhisperX, faster-whisper, pyannote's service, and any list of objects with
  ``start``, ``end`` and, if known, ``speaker``, ``text``, ``words``; as a list, under ``segments``,
  ``chunks``, ``diarization`` or the like, or one a line (JSON lines);
- AssemblyAI (milliseconds), Deepgram, AWS Transcribe, Google Speech-to-Text, Azure batch
  transcription (ticks of 100 ns), Rev AI, Speechmatics: their documentation of responses, 2026.

The best alternative is taken. Where no entry of a file names a speaker or a channel, the file is
one speaker's; where some do, the others are counted as lost. Words without times (WhisperX cannot
place "2014.") keep their place and are estimated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from statistics import median
from typing import Any

from interactspeech.errors import InputError
from interactspeech.formats.non_speech import is_unknown
from interactspeech.formats.parsed_file import (
    AnnotationMark,
    InputFile,
    ParsedFile,
    add_stretch,
    add_word,
    name_speakers,
    parse_json,
)

Json = Mapping[str, Any]
#: A time as it stands in the file, and seconds of one unit of it.
Time = Any


@dataclass
class _ResponseWord:
    text: str
    start: Time
    end: Time
    speaker: str = ""
    channel: str = ""


@dataclass
class _ResponseStretch:
    """A stretch that the recogniser made, or a run of words, which has no times of its own."""

    speaker: str = ""
    channel: str = ""
    start: Time = None
    end: Time = None
    text: str = ""
    words: list[_ResponseWord] = field(default_factory=list)
    is_run: bool = False

    @property
    def timed(self) -> bool:
        """Whether any of its words has a time."""
        return any(word.start is not None for word in self.words)


_Read = Callable[[Any], Iterator[_ResponseStretch]]
_SEGMENT_LISTS = ("segments", "utterances", "diarization", "chunks", "turns", "output", "result")
_TEXTS = ("text", "transcript", "sentence", "words", "word")
_SPEAKERS = ("speaker", "speaker_id", "speaker_label", "speaker_name")
#: Whole numbers whose segments are typically longer than this are milliseconds.
_MOST_SECONDS = 60
_GOOGLE_TIME = re.compile(r"^(\d+(?:\.\d+)?)s$")
_ISO_TIME = re.compile(r"^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?$")


def is_recogniser(value: Any) -> bool:
    """True if a JSON value has the form of a recogniser's response."""
    if isinstance(value, dict) and {"rate", "length", "speakers"} <= value.keys():
        return False  # a record of our own
    return any(fits(value) for fits, _, _ in _FORMS.values())


def is_lines(data: bytes) -> bool:
    """True if the first line of JSON lines is a segment."""
    try:
        first = json.loads(data.lstrip().split(b"\n", 1)[0])
    except (ValueError, RecursionError):
        return False
    return _is_segment(first)


def parse(source: InputFile) -> Iterable[ParsedFile]:
    """The parsed file of one response."""
    lines = source.path.name.lower().removesuffix(".gz").endswith(".jsonl")
    found = _lines(source) if lines else parse_json(source)
    form = next((form for form in _FORMS.values() if form[0](found)), None)
    if form is None:
        raise source.error(
            "has no form of a speech recogniser's that is known", reason="bad-format"
        )
    _, read, unit = form
    sheet = ParsedFile(source.path.stem, "recogniser", source.path, source.clock.rate)
    sheet.times = "recognised"
    try:
        said = list(read(found))
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        raise source.error(
            f"lacks something that responses of this form have ({type(error).__name__}: {error})",
            reason="bad-format",
        ) from None
    if not said:
        raise source.error("has no words and no segments", reason="empty-file")
    if read is _segments and unit == 1.0:
        unit = _unit(source, said)
    sheet.speech_from_words = all(one.is_run for one in said)
    _name(source, said)
    for number, one in enumerate(said):
        if one.speaker or one.channel:
            try:
                _add(source, sheet, f"entry {number}", one, unit)
            except InputError as error:
                source.bad(error)
    name_speakers(sheet, source.report)
    sheet.alone = len(sheet.names()) == 1
    return [sheet]


def _lines(source: InputFile) -> list[Any]:
    found = []
    for number, line in source.lines():
        try:
            found.append(json.loads(line))
        except (ValueError, RecursionError):
            source.bad(source.error("is not JSON", number, reason="bad-json"))
    return found


def _unit(source: InputFile, said: list[_ResponseStretch]) -> float:
    """Seconds of a unit of times that nothing names: whole numbers may be milliseconds."""
    lengths = []
    for one in said:
        if not isinstance(one.start, int) or not isinstance(one.end, int):
            return 1.0
        lengths.append(one.end - one.start)
    typical = median(lengths)
    if typical <= _MOST_SECONDS:
        return 1.0
    source.report.note(
        "time-unit",
        "times are whole numbers and read as milliseconds (a segment's typical length is "
        f"{typical:g})", source.path,
    )  # fmt: skip
    return 1e-3


def _name(source: InputFile, said: list[_ResponseStretch]) -> None:
    """One speaker where the file names none; where it names some, entries without are lost."""
    for one in said:
        one.speaker = "" if is_unknown(one.speaker) else one.speaker
        one.channel = "" if is_unknown(one.channel) else one.channel
    nameless = [one for one in said if not (one.speaker or one.channel)]
    if len(nameless) == len(said):
        for one in said:
            one.speaker = "speaker"
    elif nameless:
        source.report.loss(
            "unknown-speaker", f"{len(nameless)} entries name no speaker: left out", source.path
        )


def _add(
    source: InputFile, sheet: ParsedFile, where: str, said: _ResponseStretch, unit: float
) -> None:
    last = 0
    if not said.is_run and (said.start is None or said.end is None) and not said.timed:
        # The last chunk of a pipeline often lacks its end.
        source.report.loss(
            "untimed-utterance", f"{where} has no {'start' if said.start is None else 'end'}: "
            "left out", source.path,
        )  # fmt: skip
        return
    if said.start is not None and said.end is not None:
        first, end = source.stretch(
            _seconds(source, said.start, unit), _seconds(source, said.end, unit), None, where
        )
        last = first
        text = "" if said.timed else said.text
        mark = AnnotationMark(said.speaker, first, end, text, channel=said.channel)
        if text:
            add_stretch(sheet, mark, source.report)
        else:
            sheet.segments.append(mark)
        if not said.timed:
            return
    for word in said.words:
        if not word.text:
            continue
        if word.start is None or word.end is None:
            low = high = last
        else:
            low, high = source.stretch(
                _seconds(source, word.start, unit), _seconds(source, word.end, unit), None,
                f"{where}, word {word.text[:40]!r}",
            )  # fmt: skip
        last = high
        mark = AnnotationMark(
            said.speaker, low, high, word.text, estimated=word.start is None, channel=said.channel
        )
        add_word(sheet, mark, source.report)


def _seconds(source: InputFile, time: Time, unit: float) -> float:
    """A time in seconds, from a number, a number in text, or Google's ``"1.5s"``."""
    match time:
        case bool() | None:
            pass
        case int() | float():
            return min(time, 10**15) * unit
        case str():
            found = _GOOGLE_TIME.match(time)
            if found:
                return float(found[1])
            iso = _ISO_TIME.match(time)
            if iso and any(iso.groups()):
                hours, minutes, seconds = (float(part or 0) for part in iso.groups())
                return hours * 3600 + minutes * 60 + seconds
            try:
                return float(time) * unit
            except ValueError:
                pass
        case {"seconds": seconds, **rest}:
            return _seconds(source, seconds, 1.0) + _seconds(source, rest.get("nanos", 0), 1e-9)
        case {"nanos": nanos}:
            return _seconds(source, nanos, 1e-9)
    raise source.error(f"{str(time)[:40]!r} is no time", reason="bad-time")


# The forms.


def _is_segment(value: Any) -> bool:
    match value:
        case {"start": _, "end": _}:
            return not {"start_time", "turns", "rate"} & value.keys()
        case {"timestamp": [_, _]}:
            return True
    return False


def _segment_list(value: Any, depth: int = 0) -> list[Any] | None:
    """The list of segments in a value, directly or under one of the usual keys."""
    if isinstance(value, list) and value and _is_segment(value[0]):
        return value
    if isinstance(value, dict) and depth < 3:
        for key in _SEGMENT_LISTS:
            if (found := _segment_list(value.get(key), depth + 1)) is not None:
                return found
    return None


def _first(value: Json, keys: Iterable[str]) -> str:
    """The first of some keys that holds text or a number, as text."""
    for key in keys:
        found = value.get(key)
        if isinstance(found, str | int) and not isinstance(found, bool) and found != "":
            return str(found)
    return ""


def _segments(value: Any) -> Iterator[_ResponseStretch]:
    for segment in _segment_list(value) or ():
        start, end = segment.get("timestamp") or (segment["start"], segment["end"])
        said = _ResponseStretch(
            _first(segment, _SPEAKERS), _first(segment, ("channel",)), start, end,
            _first(segment, _TEXTS).strip(),
        )  # fmt: skip
        words = segment.get("words")
        if isinstance(words, list):
            said.words = [
                _ResponseWord(_first(word, ("word", "text", "content", "punctuated_word")).strip(),
                      word.get("start"), word.get("end"), _first(word, _SPEAKERS))
                for word in words
            ]  # fmt: skip
        other = {word.speaker for word in said.words if word.speaker} - {said.speaker}
        if not other:
            yield said
            continue
        # WhisperX: a segment whose words are different people's.
        for word in said.words:
            word.speaker = word.speaker or said.speaker
        yield from _runs(said.words)


def _runs(words: Iterable[_ResponseWord]) -> Iterator[_ResponseStretch]:
    for (speaker, channel), own in groupby(words, key=lambda word: (word.speaker, word.channel)):
        yield _ResponseStretch(speaker, channel, words=list(own), is_run=True)


def _is_assembly(value: Any) -> bool:
    match value:
        case {"audio_duration": _, "words": _} | {"audio_duration": _, "utterances": _}:
            return True
        case {"utterances": [{"start": int(), "end": int(), "words": [{"start": int()}, *_]}, *_]}:
            return "results" not in value
    return False


def _assembly(value: Json) -> Iterator[_ResponseStretch]:
    if value.get("utterances"):
        yield from _segments(value["utterances"])
        return
    yield from _runs(
        _ResponseWord(word["text"], word["start"], word["end"], _first(word, _SPEAKERS),
              _first(word, ("channel",)))
        for word in value.get("words") or ()
    )  # fmt: skip


def _is_deepgram(value: Any) -> bool:
    match value:
        case {"results": {"channels": [{"alternatives": _}, *_]}}:
            return True
    return False


def _deepgram(value: Json) -> Iterator[_ResponseStretch]:
    channels = value["results"]["channels"]
    for place, channel in enumerate(channels):
        best = channel["alternatives"][:1]
        yield from _runs(
            _ResponseWord(word.get("punctuated_word") or word["word"], word["start"], word["end"],
                  _first(word, _SPEAKERS), str(place) if len(channels) > 1 else "")
            for one in best for word in one.get("words") or ()
        )  # fmt: skip


def _is_aws(value: Any) -> bool:
    match value:
        case {"results": {"items": [{"alternatives": _}, *_]}}:
            return True
    return False


def _aws(value: Json) -> Iterator[_ResponseStretch]:
    results = value["results"]
    by_channel = (results.get("channel_labels") or {}).get("channels")
    by_speaker = {
        item["start_time"]: item.get("speaker_label") or segment.get("speaker_label", "")
        for segment in (results.get("speaker_labels") or {}).get("segments", ())
        for item in segment.get("items", ())
    }
    sources = (
        [(channel.get("channel_label", ""), channel["items"]) for channel in by_channel]
        if by_channel else [("", results["items"])]
    )  # fmt: skip
    for channel, items in sources:
        words: list[_ResponseWord] = []
        for item in items:
            text = item["alternatives"][0]["content"]
            if item.get("type") == "punctuation" or "start_time" not in item:
                _append(words, text)
                continue
            speaker = item.get("speaker_label") or by_speaker.get(item["start_time"], "")
            words.append(
                _ResponseWord(text, item["start_time"], item["end_time"], speaker, channel)
            )
        yield from _runs(words)


def _append(words: list[_ResponseWord], mark: str) -> None:
    if words:
        words[-1].text += mark


def _of_google(value: Any) -> list[Any] | None:
    if isinstance(value, dict):
        value = value.get("response", value)
        match value:
            case {"results": [{"alternatives": [{"words": [{"word": _}, *_]}, *_]}, *_]}:
                return list(value["results"])
    return None


def _google(value: Any) -> Iterator[_ResponseStretch]:
    words: list[_ResponseWord] = []
    for result in _of_google(value) or ():
        channel = _first(result, ("channelTag",))
        for word in (result.get("alternatives") or [{}])[0].get("words") or ():
            speaker = _first(word, ("speakerLabel", "speakerTag"))
            words.append(
                _ResponseWord(word["word"], word.get("startTime", word.get("startOffset", 0)),
                      word.get("endTime", word.get("endOffset")),
                      "" if speaker == "0" else speaker, "" if channel == "0" else channel)
            )  # fmt: skip
    # With speakers, the last result holds all words once more, with their speakers.
    named = [word for word in words if word.speaker]
    yield from _runs(named or words)


def _is_azure(value: Any) -> bool:
    match value:
        case {"recognizedPhrases": [{"nBest": _}, *_]}:
            return True
    return False


def _azure(value: Json) -> Iterator[_ResponseStretch]:
    for phrase in value["recognizedPhrases"]:
        if not phrase.get("nBest"):
            continue
        start, length = (
            phrase.get(f"{name}InTicks", phrase.get(f"{name}InTicks".lower()))
            for name in ("offset", "duration")
        )
        yield _ResponseStretch(_first(phrase, ("speaker",)), _first(phrase, ("channel",)), start,
                    start + length, phrase["nBest"][0].get("display", ""))  # fmt: skip


def _is_rev(value: Any) -> bool:
    match value:
        case {"monologues": [{"elements": _}, *_]}:
            return True
    return False


def _rev(value: Json) -> Iterator[_ResponseStretch]:
    for monologue in value["monologues"]:
        words: list[_ResponseWord] = []
        speaker = _first(monologue, ("speaker",))
        for element in monologue["elements"]:
            if element.get("type") == "text":
                words.append(
                    _ResponseWord(
                        element["value"], element.get("ts"), element.get("end_ts"), speaker
                    )
                )
            else:
                _append(words, str(element.get("value", "")).strip())
        yield from _runs(words)


def _is_speechmatics(value: Any) -> bool:
    match value:
        case {"results": [{"type": _, "start_time": _, "alternatives": _}, *_]}:
            return True
    return False


def _speechmatics(value: Json) -> Iterator[_ResponseStretch]:
    words: list[_ResponseWord] = []
    for item in value["results"]:
        best = item["alternatives"][0]
        if item["type"] == "punctuation":
            _append(words, best["content"])
            continue
        speaker = _first(best, ("speaker",))
        words.append(
            _ResponseWord(best["content"], item["start_time"], item["end_time"],
                  "" if speaker == "UU" else speaker, _first(item, ("channel",)))
        )  # fmt: skip
    yield from _runs(words)


#: Name -> does a value have the form, what it says, seconds of a unit of its times. In this order.
_FORMS: dict[str, tuple[Callable[[Any], bool], _Read, float]] = {
    "AssemblyAI": (_is_assembly, _assembly, 1e-3),
    "Deepgram": (_is_deepgram, _deepgram, 1.0),
    "AWS Transcribe": (_is_aws, _aws, 1.0),
    "Speechmatics": (_is_speechmatics, _speechmatics, 1.0),
    "Google Speech-to-Text": (lambda value: _of_google(value) is not None, _google, 1.0),
    "Azure": (_is_azure, _azure, 1e-7),
    "Rev AI": (_is_rev, _rev, 1.0),
    "segments": (lambda value: _segment_list(value) is not None, _segments, 1.0),
}  # fmt: skip
