"""SegLST: a JSON list of segments (meeteval, CHiME):
``[{"session_id", "speaker", "start_time", "end_time", "words"}, ...]``, times in seconds.

Two keys of our own are written and understood, and ignored by others: ``utterance`` (segments with
the same one are stretches of one utterance) and ``word_times`` (``[[start, end], ...]``, one for
each word of ``words``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from interactspeech.errors import InputError
from interactspeech.formats.clock import Clock
from interactspeech.formats.non_speech import is_unknown
from interactspeech.formats.parsed_file import (
    AnnotationMark,
    InputFile,
    ParsedFile,
    add_stretch,
    add_word,
    name_speakers,
    parse_json,
    timed,
    transcript,
    word_label,
)
from interactspeech.formats.report import Report
from interactspeech.records import Dialogue, Span, Utterance


def is_seglst(value: Any) -> bool:
    """True if a JSON value looks like segments."""
    return (
        isinstance(value, list)
        and bool(value)
        and isinstance(value[0], dict)
        and {"start_time", "end_time"} <= value[0].keys()
        and not {"speaker", "session_id", "words"}.isdisjoint(value[0])
    )


def parse(source: InputFile) -> Iterable[ParsedFile]:
    """One sheet for each session."""
    found = parse_json(source)
    if not isinstance(found, list):
        raise source.error("is no list of segments", reason="bad-format")
    if not found:
        raise source.error("has no segment", reason="empty-file")
    sheets: dict[str, ParsedFile] = {}
    open_utterances: dict[tuple[str, str], AnnotationMark] = {}
    for number, segment in enumerate(found):
        try:
            _segment(source, f"segment {number}", segment, sheets, open_utterances)
        except InputError as error:
            source.bad(error)
    if not sheets:
        raise source.error("has no segment that can be used", reason="empty-file")
    for sheet in sheets.values():
        name_speakers(sheet, source.report)
    return sheets.values()


def _segment(
    source: InputFile,
    where: str,
    segment: Any,
    sheets: dict[str, ParsedFile],
    open_utterances: dict[tuple[str, str], AnnotationMark],
) -> None:
    if not isinstance(segment, dict):
        raise source.error(f"{where} is no object")
    missing = {"start_time", "end_time"} - segment.keys()
    if missing:
        raise source.error(f"{where} has no {', '.join(sorted(missing))}")
    speaker, channel = segment.get("speaker"), segment.get("channel")
    channel = "" if channel is None else str(channel)
    if isinstance(speaker, int) and not isinstance(speaker, bool):
        speaker = str(speaker)
    if not isinstance(speaker, str | None):
        raise source.error(f"{where}: the speaker is {speaker!r}", reason="unknown-speaker")
    if is_unknown(speaker) and is_unknown(channel) and speaker != channel:
        raise source.error(
            f"{where}: the speaker is {speaker!r}, and there is no channel",
            reason="unknown-speaker",
        )
    speaker = speaker or ""
    session = str(segment.get("session_id") or source.path.stem)
    start, end = source.stretch(segment["start_time"], segment["end_time"], None, where)
    words = segment.get("words") or ""
    if not isinstance(words, str):
        raise source.error(f"{where}: words is no text")
    sheet = sheets.get(session)
    if sheet is None:
        sheet = sheets[session] = ParsedFile(session, "seglst", source.path, source.clock.rate)
    times = segment.get("word_times")
    if isinstance(times, list):
        tokens = words.split()
        if len(tokens) != len(times) or not all(isinstance(t, list) and len(t) == 2 for t in times):
            raise source.error(f"{where}: word_times does not match words")
        for token, (low, high) in zip(tokens, times, strict=True):
            first, last = source.stretch(low, high, None, f"{where}, word {token!r}")
            word = AnnotationMark(speaker, first, last, token, channel=channel)
            add_word(sheet, word, source.report)
        words = ""
    mark = AnnotationMark(speaker, start, end, words, channel=channel)
    name = segment.get("utterance")
    if not isinstance(name, str) or not name:
        if words:
            add_stretch(sheet, mark, source.report)
        else:
            sheet.segments.append(mark)
        return
    whole = open_utterances.setdefault((session, f"{speaker} {name}"), mark)
    if whole is mark:
        sheet.segments.append(mark)
        return
    spans = sorted([*(whole.speech or ((whole.start, whole.end),)), (start, end)])
    whole.speech = tuple(spans)
    whole.start, whole.end = spans[0][0], max(high for _, high in spans)
    whole.text = " ".join(text for text in (whole.text, words) if text)


def serialise(dialogue: Dialogue, report: Report) -> str:
    """A segment for each stretch of speech, in order of time, one a line."""
    del report
    clock = Clock(dialogue.rate)
    rows: list[tuple[int, int, dict[str, Any]]] = []
    for utterance in dialogue.utterances:
        for place, span in enumerate(utterance.speech):
            row = {
                "session_id": dialogue.id,
                "speaker": utterance.speaker,
                "start_time": _seconds(span.start, clock),
                "end_time": _seconds(span.end, clock),
                **_words(utterance, span, place, clock),
            }
            if is_unknown(utterance.speaker):
                row["channel"] = utterance.speaker  # read as a name: see `name_speakers`
            if len(utterance.speech) > 1:
                row["utterance"] = utterance.id
            rows.append((span.start, span.end, row))
    rows.sort(key=lambda row: row[:2])
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for _, _, row in rows)
    return f"[\n{lines}\n]\n"


def _words(utterance: Utterance, span: Span, place: int, clock: Clock) -> dict[str, Any]:
    if not timed(utterance):
        return {"words": transcript(utterance) if place == 0 else ""}
    own = [word for word in utterance.words if span.start <= word.start < span.end]
    if any(len(word.text.split()) != 1 for word in own):
        return {"words": " ".join(word.text for word in own)}
    return {
        "words": " ".join(word_label(word) for word in own),
        "word_times": [[_seconds(w.start, clock), _seconds(w.end, clock)] for w in own],
    }


def _seconds(ticks: int, clock: Clock) -> float:
    return float(clock.text(ticks))
