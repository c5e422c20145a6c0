"""The timing formats, and how a file's format is known: by its name, then by its content."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path, PurePath
from typing import Any

from interactspeech.errors import InputError
from interactspeech.formats.behavior_sd import is_behavior_sd
from interactspeech.formats.information import is_information
from interactspeech.formats.nxt import is_nxt
from interactspeech.formats.recogniser import is_lines, is_recogniser
from interactspeech.formats.record import is_record
from interactspeech.formats.seglst import is_seglst
from interactspeech.formats.table import is_labels, is_table
from interactspeech.formats.transcript import is_transcript
from interactspeech.formats.turn_records import is_turn_record, is_turn_table
from interactspeech.plugins import Registry
from interactspeech.signal.decoders import AUDIO_ENDINGS


@dataclass(frozen=True)
class TimingFormat:
    """A format: its files, its module, and what it can hold.

    Attributes:
        name: for `--from` and `--to`, `export` and `import`.
        endings: of its files, in lower case with the dot. A format that shares ``.json`` needs
            `fits`.
        about: what it holds, in a few words.
        written: what the files that are written end in; empty for a format that is only read.
        times: how exact times are in it.
        words: what it holds of words: "yes", "text" (without times) or "no".
        events: whether it holds events.
        returns: what is in a file that was written when it is read again.
        fits: for formats in JSON, whether a decoded value is one.
        module: with ``parse(file: InputFile)``, which gives the `ParsedFile` or `Dialogue` objects
            of a file; for a format that is written, ``serialise(dialogue, report)``, which gives
            text or bytes; and, where a conversation is spread over files, ``combine(sheets)``. By
            default ``interactspeech.formats.NAME``.
        exchanged: whether a corpus is exported to it and made of it. A format that says nothing of
            speech is not.
    """

    name: str
    endings: tuple[str, ...]
    about: str
    written: str = ""
    times: str = "microseconds"
    words: str = "no"
    events: bool = False
    returns: str = ""
    fits: Callable[[Any], bool] | None = None
    module: str = ""
    exchanged: bool = True

    def load(self) -> Any:
        """Its module."""
        return import_module(self.module or f"interactspeech.formats.{self.name}")


#: Timing formats by name, those of other packages after ours.
FORMATS: Registry[TimingFormat] = Registry(
    "interactspeech.timing_formats",
    "format",
    TimingFormat,
    {
        info.name: info
        for info in (
            TimingFormat(
                "rttm", (".rttm",), "who speaks when", ".rttm", returns="who speaks when"
            ),
            TimingFormat("ctm", (".ctm",), "words", ".ctm", words="yes", returns="words"),
            TimingFormat(
                "stm", (".stm",), "who says what when", ".stm", words="text",
                returns="who says what when",
            ),
            TimingFormat("uem", (".uem",), "which stretches count", ".uem", exchanged=False),
            TimingFormat(
                "textgrid", (".textgrid",), "Praat: speech, words, events", ".TextGrid",
                "exact to the sample", "yes", True, "times, words, events",
            ),
            TimingFormat(
                "elan", (".eaf",), "ELAN: speech, words, events", ".eaf",
                "milliseconds", "yes", True, "times, words, events",
            ),
            TimingFormat(
                "seglst", (".seglst", ".seglst.json", ".json"), "meeteval: speech, words",
                ".seglst.json", words="yes", returns="times, words", fits=is_seglst,
            ),
            TimingFormat(
                "webvtt", (".vtt",), "captions with voices", ".vtt", "milliseconds", "text",
                returns="who says what when",
            ),
            TimingFormat("srt", (".srt",), "SubRip: captions with names"),
            TimingFormat("chat", (".cha",), "TalkBank CHAT: utterances, words"),
            TimingFormat("nxt", (".xml",), "AMI: words, segments, dialogue acts"),
            TimingFormat(
                "table", (".csv", ".tsv", ".tab", ".parquet", ".dadb", ".txt", ".text"),
                "rows of speech or words: CSV, TSV, Parquet; CORAAL, MRDA, Switchboard",
            ),
            TimingFormat("transcript", (".txt", ".text"), "lines such as '[00:01] Agent: text'"),
            TimingFormat(
                "information", (".json",), "the original release's information.json", ".json",
                fits=is_information, exchanged=False,
            ),
            TimingFormat(
                "behavior_sd", (".json",), "Behavior-SD's meta_info.json: who says what when",
                fits=is_behavior_sd, exchanged=False,
            ),
            TimingFormat(
                "turn_records", (".json", ".parquet"), "1f/interactspeech: turns with their text",
                fits=is_turn_record, exchanged=False,
            ),
            TimingFormat(
                "recogniser", (".json", ".jsonl"),
                "JSON of Whisper, WhisperX, AssemblyAI, Deepgram, AWS, Google, Azure, Rev AI",
                words="yes", fits=is_recogniser, exchanged=False,
            ),
            TimingFormat(
                "record", (".json", ".jsonl"), "our own record: everything", ".json", "samples",
                "yes", True, "all but the audio", fits=is_record,
            ),
        )
    },
)  # fmt: skip


def ending_of(path: PurePath) -> str:
    """The ending that tells formats apart, in lower case, without ``.gz``.

    >>> ending_of(Path("x.seglst.json")), ending_of(Path("Bdb001.dadb.gz"))
    ('.seglst.json', '.dadb')
    """
    name = path.name.lower().removesuffix(".gz")
    return next((end for end in _long_endings() if name.endswith(end)), PurePath(name).suffix)


@cache
def _long_endings() -> list[str]:
    """Endings of more than one part, the longest first."""
    found = {end for info in FORMATS.values() for end in info.endings if end.count(".") > 1}
    return sorted(found, key=len, reverse=True)


def detect(path: Path, data: bytes = b"", columns: Mapping[str, str] | None = None) -> str:
    """The format of a file, from its name and, for ``.json`` and tables, its content.

    Args:
        path: the file.
        data: its content, where it is known.
        columns: names of a table's columns that the user gave.

    Raises:
        InputError: no format fits.
    """
    ending = ending_of(path)
    if is_nxt(path):
        return "nxt"
    if path.name == "information.json":
        return "information"
    if ending == ".json":
        return _of_json(path, data) if data else "record"
    if ending == ".jsonl":
        _refuse_manifest(path, data)
        return "recogniser" if is_lines(data) else "record"
    if ending == ".parquet" and is_turn_table(data):
        return "turn_records"
    by_content = [name for name in ("table", "transcript") if ending in FORMATS[name].endings]
    for info in FORMATS.values():
        if ending in info.endings and info.name not in {"nxt", "turn_records", *by_content}:
            return str(info.name)
    if by_content and (not data or is_table(data, columns or {})):
        return "table"
    if "transcript" in by_content and is_transcript(data):
        return "transcript"
    if by_content:
        raise InputError(
            "is neither a table with columns for start, end and speaker nor a transcript with "
            "times",
            path,
            remedy="its lines look like Audacity's labels: --columns start=1,end=2,speaker=3 where "
            "labels are names, --columns start=1,end=2,text=3 where they are words"
            if is_labels(data)
            else "name a table's columns (--columns start=NAME,end=NAME,...), or the format",
            reason="unknown-format",
        )
    if ending in AUDIO_ENDINGS:
        raise InputError(
            "is a recording, and says not who speaks when", path,
            remedy="find its events with `interactspeech detect`, or name its annotation (RTTM, "
            "TextGrid, ...)",
            reason="audio-only",
        )  # fmt: skip
    remedy = _REMEDIES.get(ending) or _REMEDIES.get(path.name.lower())
    raise InputError(
        f"the format is not known from the ending {ending!r}"
        if ending else "the format is not known: its name has no ending",
        path,
        remedy=remedy or f"name the format: {', '.join(FORMATS)}",
        reason="unknown-format",
    )  # fmt: skip


#: Keys in the first line of a list of dialogues with audio -> whose it is.
_MANIFESTS = {"supervisions": "lhotse", "audio_filepath": "nemo"}


def _refuse_manifest(path: Path, data: bytes) -> None:
    """Refuse a trainer's list, which `import` reads together with its audio.

    Raises:
        InputError: it is one.
    """
    try:
        first: Any = json.loads(data.lstrip().split(b"\n", 1)[0])
    except (ValueError, RecursionError):
        return
    keys = first.keys() if isinstance(first, dict) and not is_record(first) else ()
    name = next((name for key, name in _MANIFESTS.items() if key in keys), None)
    if name is not None:
        raise InputError(
            f"is a list of {name}'s, which says where audio is", path,
            remedy=f"make a corpus of it first: interactspeech import {name} "
            f"{path.parent.name or '.'} -o CORPUS",
            reason="unknown-format",
        )  # fmt: skip


#: Ending, or name, of others' files -> what to do with them.
_REMEDIES = {
    ".trs": "export it as STM (Transcriber: File, Export to STM)",
    ".exb": "export it as ELAN or Praat (EXMARaLDA Partitur-Editor: File, Export)",
    ".exs": "export it as ELAN or Praat (EXMARaLDA Partitur-Editor: File, Export)",
    ".antx": "export it as Praat's TextGrid (Annotation Pro)",
    ".its": "make an RTTM of it (LENA's .its: its segments' startTime, endTime and spkr)",
    ".xlsx": "save the sheet as CSV",
    ".xls": "save the sheet as CSV",
    ".ods": "save the sheet as CSV",
    ".docx": "save it as plain text (.txt)",
    ".pdf": "save it as plain text (.txt)",
    ".lrc": "make WebVTT of it, with ends and speakers",
    ".ass": "make WebVTT or SRT of it, with 'Name: text' in each cue",
    ".ssa": "make WebVTT or SRT of it, with 'Name: text' in each cue",
    ".sbv": "make WebVTT or SRT of it, with 'Name: text' in each cue",
    ".ttml": "make WebVTT or SRT of it, with 'Name: text' in each cue",
    ".lab": "make a TextGrid of it, or a table with columns start, end, speaker",
    ".mlf": "make a TextGrid of it, or a table with columns start, end, speaker",
    ".phn": "words are needed: use the .wrd file as a table (--columns start=1,end=2,word=3)",
    "segments": "make an RTTM or STM of Kaldi's segments, utt2spk and text",
    "utt2spk": "make an RTTM or STM of Kaldi's segments, utt2spk and text",
}


def _of_json(path: Path, data: bytes) -> str:
    try:
        value: Any = json.loads(data)
    except (ValueError, RecursionError):
        _refuse_manifest(path, data)
        # Broken: whichever reader gets it will say where.
        return "seglst" if data.lstrip()[:1] == b"[" else "record"
    for info in FORMATS.values():
        if info.fits is not None and info.fits(value):
            return str(info.name)
    _refuse_manifest(path, data)
    raise InputError(
        "is JSON, but neither SegLST, nor a recogniser's response that is known, nor "
        "information.json, nor Behavior-SD, nor a dialogue record",
        path,
        remedy="make a list of objects with start, end (seconds), speaker and text of it",
        reason="unknown-format",
    )


def module_of(name: str) -> Any:
    """The module of a format.

    Raises:
        InputError: there is none of that name.
    """
    return FORMATS[name].load()
