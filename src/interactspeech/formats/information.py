r"""The original release's ``information.json``: turns with times in samples, and the script.

``{"original_dialog_id", "dialog_index", "processed_dialogue": "A: ...\nB: ...",
"speakerA_time": [[start, end], ...], "speakerB_time": [...]}``, beside two mono WAV files
(``dialogue_speakera.wav``, ``dialogue_speakerb.wav``) at 22,050 Hz, whose header gives clock and
length where they are there. In a line, what follows ``[interrupt]`` is planned and never said.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from interactspeech.errors import InputError
from interactspeech.formats.assembly import estimate_words, fit_id
from interactspeech.formats.clock import DECIMAL_RATE
from interactspeech.formats.parsed_file import InputFile, parse_json, spoken_words, transcript
from interactspeech.formats.report import Report
from interactspeech.records import Dialogue, Provenance, Span, Speaker, Track, Utterance
from interactspeech.records.dialogue import MAX_LENGTH

RATE = 22_050
MARK = "[interrupt]"
_KEYS = {"A": "speakerA_time", "B": "speakerB_time"}


def is_information(value: Any) -> bool:
    """True if a JSON value looks like an information.json."""
    return isinstance(value, dict) and set(_KEYS.values()) <= value.keys()


def parse(source: InputFile) -> Iterable[Dialogue]:
    """The dialogue; its id is the folder's name, as in the release."""
    found = parse_json(source)
    if not is_information(found):
        raise source.error("has no speakerA_time and speakerB_time", reason="bad-format")
    rate = RATE if source.clock.rate == DECIMAL_RATE else source.clock.rate
    rate, length, tracks = _audio(source, rate)
    lines = _lines(source, found.get("processed_dialogue", ""))
    utterances: list[Utterance] = []
    for speaker, key in _KEYS.items():
        spans = _spans(source, found[key], key)
        said = [text for who, text in lines if who == speaker]
        if lines and len(said) != len(spans):
            raise source.error(
                f"{key} has {len(spans)} turns, processed_dialogue {len(said)} of {speaker}",
                reason="bad-format",
            )
        for place, (start, end) in enumerate(spans):
            utterances.append(_utterance(speaker, start, end, said[place] if said else ""))
    utterances.sort(key=lambda u: (u.start, u.end))
    last = max((u.end for u in utterances), default=0)
    if length and last > length:
        source.report.repair(
            "beyond-end", f"a turn ends at {last}, after the audio's end {length}", source.path
        )
    name = str(found.get("original_dialog_id") or source.path.resolve().parent.name)
    yield Dialogue(
        id=fit_id(source.path.resolve().parent.name),
        rate=rate,
        length=max(length, last),
        speakers=(Speaker("A"), Speaker("B")),
        utterances=tuple(_numbered(u, place) for place, u in enumerate(utterances)),
        tracks=tracks,
        provenance=Provenance(
            corpus="interactspeech-original", id=name, script=found.get("processed_dialogue", "")
        ),
    )


def _numbered(utterance: Utterance, place: int) -> Utterance:
    return Utterance(
        f"u{place}", utterance.speaker, utterance.start, utterance.end, utterance.speech,
        utterance.words, utterance.unsaid, times=utterance.times, written=utterance.written,
    )  # fmt: skip


def _audio(source: InputFile, rate: int) -> tuple[int, int, tuple[Track, ...]]:
    """Clock, length and tracks from the WAV files beside, where they are."""
    length, tracks = 0, []
    for speaker in _KEYS:
        path = source.path.parent / f"dialogue_speaker{speaker.lower()}.wav"
        if not path.is_file():
            continue
        import soundfile

        try:
            header = soundfile.info(str(path))
        except soundfile.LibsndfileError as error:
            raise InputError(f"is no audio: {error}", path, reason="bad-audio") from None
        rate, length = int(header.samplerate), max(length, int(header.frames))
        tracks.append(Track(speaker, path.name))
    return rate, length, tuple(tracks)


def _lines(source: InputFile, text: Any) -> list[tuple[str, str]]:
    if not isinstance(text, str):
        raise source.error("processed_dialogue is no text", reason="bad-format")
    lines = []
    for line in filter(None, map(str.strip, text.splitlines())):
        who, sign, said = line.partition(":")
        if not sign or who.strip() not in _KEYS:
            raise source.error(
                f"processed_dialogue: {line[:40]!r} does not begin with 'A:' or 'B:'",
                reason="unknown-speaker",
            )
        lines.append((who.strip(), said.strip()))
    return lines


def _spans(source: InputFile, value: Any, key: str) -> list[tuple[int, int]]:
    spans = []
    for place, pair in enumerate(value if isinstance(value, list) else [value]):
        good = (
            isinstance(pair, list)
            and len(pair) == 2
            and all(isinstance(x, int) and not isinstance(x, bool) for x in pair)
        )
        if not good or not 0 <= pair[0] < pair[1] <= MAX_LENGTH:
            raise source.error(
                f"{key}[{place}] is {str(pair)[:60]}, not [start, end] in whole samples",
                reason="reversed-time" if good else "bad-time",
            )
        spans.append((pair[0], pair[1]))
    return spans


def _utterance(speaker: str, start: int, end: int, line: str) -> Utterance:
    said, _, planned = line.partition(MARK)
    said = " ".join(said.split())
    words = estimate_words(said, start, end)
    return Utterance(
        "", speaker, start, end, (Span(start, end),), words, tuple(spoken_words(planned)),
        times="estimated" if words else "none",
        written=said if said != " ".join(word.text for word in words) else "",
    )  # fmt: skip


def serialise(dialogue: Dialogue, report: Report) -> str:
    """The release's layout: a time for each utterance, its unsaid part behind the mark.

    Raises:
        InputError: there are more than two speakers, which the layout cannot hold.
    """
    if len(dialogue.speakers) > len(_KEYS):
        raise InputError(
            f"has {len(dialogue.speakers)} speakers; information.json holds two", dialogue.id,
            remedy="use RTTM or TextGrid", reason="too-many-speakers",
        )  # fmt: skip
    letters = dict(zip((s.id for s in dialogue.speakers), _KEYS, strict=False))
    own = sorted(dialogue.utterances, key=lambda u: (u.start, u.end))
    inner = sum(len(u.speech) - 1 for u in own)
    if inner:
        report.loss("inner-silence", f"{inner} silence(s) inside turns have no place", dialogue.id)
    lines = []
    for u in own:
        planned = f" {MARK} {' '.join(u.unsaid)}" if u.unsaid else ""
        lines.append(f"{letters[u.speaker]}: {' '.join(transcript(u).split())}{planned}")
    source = dialogue.provenance.id
    index = Path(dialogue.id).name.rsplit("--", 1)[-1]
    value = {
        # The release leaves it empty; `parse` then takes the folder's name.
        "original_dialog_id": "" if source == dialogue.id else source,
        "dialog_index": int(index) if index.isascii() and index.isdigit() else 0,
        "processed_dialogue": "\n".join(lines),
    } | {
        key: [[u.start, u.end] for u in own if letters[u.speaker] == letter]
        for letter, key in _KEYS.items()
    }
    return json.dumps(value, ensure_ascii=False, indent=4) + "\n"
