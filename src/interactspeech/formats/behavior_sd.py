"""Behavior-SD (Lee et al. 2025): ``meta_info.json`` beside ``dialogue.wav``, a folder a dialogue.

``{"soda_index", "speakers", "utterances": [{"speaker", "tts_text", "start_time", "end_time",
"uttr_type", "backchannels": [{"tts_text", "start_time", "end_time"}, ...]}, ...]}``; times in
seconds. A backchannel is listed in the utterance during which it is said, and is the other
speaker's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from interactspeech.errors import InputError
from interactspeech.formats.parsed_file import (
    AnnotationMark,
    InputFile,
    ParsedFile,
    add_stretch,
    name_speakers,
    parse_json,
)

#: Marks of its writing aids, which are no words.
_AIDS = re.compile(r"[\[(](?:interrupt\w*|MASK\d*)[\])]", re.IGNORECASE)


def is_behavior_sd(value: Any) -> bool:
    """True if a JSON value looks like a meta_info.json."""
    match value:
        case {
            "speakers": [*_],
            "utterances": [{"tts_text": _, "start_time": _, "end_time": _}, *_],
        }:
            return True
    return False


def parse(source: InputFile) -> Iterable[ParsedFile]:
    """One conversation, called as its folder."""
    found = parse_json(source)
    if not is_behavior_sd(found):
        raise source.error("has no utterances with tts_text and times", reason="bad-format")
    names = [str(name) for name in found["speakers"]]
    if len(names) != 2 or len(set(names)) != 2:
        raise source.error("does not name two speakers", reason="unknown-speaker")
    name = source.path.resolve().parent.name
    sheet = ParsedFile(name, "behavior_sd", source.path, source.clock.rate)
    sheet.speakers = {one: one for one in names}
    for number, utterance in enumerate(found["utterances"]):
        try:
            _utterance(source, f"utterance {number}", utterance, names, sheet)
        except InputError as error:
            source.bad(error)
    if not sheet.segments:
        raise source.error("has no utterance that can be used", reason="empty-file")
    name_speakers(sheet, source.report)
    yield sheet


def _utterance(
    source: InputFile, where: str, one: Any, names: list[str], sheet: ParsedFile
) -> None:
    if not isinstance(one, dict):
        raise source.error(f"{where} is no object")
    speaker = one.get("speaker")
    if speaker not in names:
        raise source.error(f"{where}: the speaker is {speaker!r}", reason="unknown-speaker")
    _stretch(source, where, one, str(speaker), sheet)
    listener = names[1 - names.index(str(speaker))]
    feedback = one.get("backchannels") or []
    if not isinstance(feedback, list):
        raise source.error(f"{where}: backchannels are no list")
    for number, each in enumerate(feedback):
        if not isinstance(each, dict):
            raise source.error(f"{where}: backchannel {number} is no object")
        _stretch(source, f"{where}, backchannel {number}", each, listener, sheet)


def _stretch(
    source: InputFile, where: str, one: dict[str, Any], speaker: str, sheet: ParsedFile
) -> None:
    missing = {"start_time", "end_time"} - one.keys()
    if missing:
        raise source.error(f"{where} has no {', '.join(sorted(missing))}")
    start, end = source.stretch(one["start_time"], one["end_time"], None, where)
    text = one.get("tts_text") or ""
    if not isinstance(text, str):
        raise source.error(f"{where}: tts_text is no text")
    mark = AnnotationMark(speaker, start, end, " ".join(_AIDS.sub(" ", text).split()))
    add_stretch(sheet, mark, source.report)
