"""CANDOR (Reece et al. 2023): video calls of strangers.

```
{call}/processed/{call}.mp3                 stereo, a participant on each channel
{call}/processed/channel_map.json           {"L": participant, "R": participant}
{call}/transcription/transcribe_output.json words, as AWS Transcribe wrote them
{call}/transcription/transcript_audiophile.csv   turns: speaker, start, stop, utterance
{call}/metadata.json, survey.csv, ...
```
Words and their times are taken from the recogniser's output where it tells the channels apart, else
the turns of ``transcript_audiophile.csv``, whose times hold the pauses and are only rough.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from interactspeech import csv_rows
from interactspeech.errors import InputError
from interactspeech.formats.assembly import fit_id
from interactspeech.formats.parsed_file import AnnotationMark
from interactspeech.mining.layouts.common import any_of, dialogue, json_of, text, ticks
from interactspeech.mining.layouts.interface import RecordingLayout
from interactspeech.mining.source import RecordingSource, SourceFile
from interactspeech.records import Dialogue

_TURNS = ("transcript_audiophile.csv", "transcript_cliffhanger.csv", "transcript_backbiter.csv")

LICENCE = "CC-BY-NC-4.0"


def fits(root: Path) -> bool:
    """Whether the folder looks like CANDOR's, or one call of it."""
    return any_of(root, "transcription/transcript_*.csv", "*/transcription/transcript_*.csv",
                  "*/processed/channel_map.json")  # fmt: skip


def read(root: Path) -> Iterator[RecordingSource | InputError]:
    """One recording a call."""
    for processed in sorted(p for p in root.rglob("processed") if p.is_dir()):
        call = processed.parent
        audio = processed / f"{call.name}.mp3"
        if not audio.is_file():
            whole = sorted(processed.glob("*.mp3")) or sorted(processed.glob(f"{call.name}.mp4"))
            if not whole:
                yield InputError("holds no sound of the call", processed, reason="no-audio")
                continue
            audio = whole[0]
        try:
            speakers = _speakers(call)
        except InputError as error:
            yield error
            continue
        spoken = call / "transcription"
        there = [spoken / name for name in ("transcribe_output.json", *_TURNS)]
        yield RecordingSource(
            id=fit_id(call.name), pieces=(SourceFile(str(audio)),), speakers=speakers,
            channels="speakers" if speakers else "auto",
            annotation=tuple(str(path) for path in there if path.is_file()) if speakers else (),
            reader="candor",
            people=True, corpus="candor", licence=LICENCE,
        )  # fmt: skip


def _speakers(call: Path) -> tuple[str, ...]:
    """Participants on the left and the right channel; () where nothing says."""
    path = call / "processed" / "channel_map.json"
    if path.is_file():
        found = json_of(path)
        if isinstance(found, dict) and {"L", "R"} <= found.keys():
            return str(found["L"]), str(found["R"])
    path = call / "metadata.json"
    if path.is_file():
        found = json_of(path)
        listed = found.get("speakers") if isinstance(found, dict) else None
        sides = {
            str(one.get("channel")): str(one.get("user_id") or one.get("id"))
            for one in listed or [] if isinstance(one, dict)
        }  # fmt: skip
        if {"L", "R"} <= sides.keys():
            return sides["L"], sides["R"]
    return ()


def annotation(source: RecordingSource, rate: int) -> Dialogue:
    """Words with times, or turns without."""
    for path in source.annotation:
        if path.endswith(".json") and (words := _words(path, source.speakers, rate)):
            return dialogue(source.id, path, rate, source.speakers, words=words, times="recognised")
    turns = next((path for path in source.annotation if path.endswith(".csv")), None)
    if turns is None:
        raise InputError(
            "does not tell the channels apart, and there is no transcript_*.csv",
            source.annotation[0], reason="bad-annotation",
        )  # fmt: skip
    return dialogue(source.id, turns, rate, source.speakers,
                    segments=_turns(turns, source.speakers, rate))  # fmt: skip


def _words(path: str, speakers: tuple[str, ...], rate: int) -> list[AnnotationMark]:
    """Words of each channel; none where the output does not tell channels apart."""
    found: Any = json_of(path)
    try:
        channels = found["results"]["channel_labels"]["channels"]
        words: list[AnnotationMark] = []
        for channel in channels:
            who = speakers[int(str(channel["channel_label"]).rpartition("_")[2])]
            for item in channel["items"]:
                said = str(item["alternatives"][0]["content"])
                if item.get("type") == "punctuation":
                    if words and words[-1].speaker == who:
                        words[-1].text += said
                    continue
                start, end = (ticks(item[key], rate, path) for key in ("start_time", "end_time"))
                words.append(AnnotationMark(who, start, end, said))
    except (KeyError, IndexError, TypeError, ValueError):
        return []
    return words


def _turns(path: str, speakers: tuple[str, ...], rate: int) -> list[AnnotationMark]:
    marks = []
    for found in csv_rows.table(csv_rows.text_lines(text(path)), path)[1]:
        if isinstance(found, InputError):
            raise found
        line, row = found
        who = row.get("speaker", "").strip()
        if who not in speakers:
            raise InputError(
                f"speaker {who!r} is on no channel of the call", path, line,
                reason="unknown-speaker",
            )  # fmt: skip
        start, end = (ticks(row.get(key), rate, path, line) for key in ("start", "stop"))
        if end > start:
            marks.append(AnnotationMark(who, start, end, row.get("utterance", ""), line))
    return marks


LAYOUT = RecordingLayout(
    "candor", "CANDOR: video calls, a channel each, transcripts of AWS",
    LICENCE, fits, read, annotation, coarse=True,
)  # fmt: skip
