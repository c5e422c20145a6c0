"""moshi-finetune: a stereo WAV (left: the model, right: the user) and word times a dialogue.

The format knows words only, so on the way in utterances are made of words, as for every timing
format without them (words closer than 0.2 s are one utterance).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path, PurePosixPath

import msgspec
import numpy as np

from interactspeech.corpus.exchange.data_files import (
    ListExporter,
    entries,
    inside,
    parse,
    sound,
    wav,
)
from interactspeech.corpus.exchange.interface import (
    ExportedDialogue,
    ExportOptions,
    Found,
    provenance,
    provenance_of,
)
from interactspeech.errors import InputError
from interactspeech.formats.assembly import assemble, fit_id
from interactspeech.formats.parsed_file import AnnotationMark, ParsedFile, word_of
from interactspeech.formats.report import Report
from interactspeech.records import Speaker, Track

MAIN, OTHER = "SPEAKER_MAIN", "SPEAKER_OTHER"
#: Speaker of a record that was read -> label of the format, in the order of the channels.
SIDES = {"A": MAIN, "B": OTHER}
_MAX_JSON = 256 * 1024**2


#: A word on its way out: start and end in samples, text, label of its side.
_Placed = tuple[int, int, str, str]
#: Samples a second of Mimi, and its frames a second: a token of text has one frame.
MODEL_RATE, FRAMES_PER_SECOND = 24_000, 12.5


class MoshiExporter(ListExporter):
    """``data.jsonl``, and in ``data_stereo/`` a WAV and a JSON file a dialogue."""

    file = "data.jsonl"

    def __init__(self, folder: Path, options: ExportOptions) -> None:
        super().__init__(folder, options)
        (folder / "data_stereo").mkdir(exist_ok=True)

    def add(self, piece: ExportedDialogue) -> None:
        """Write one dialogue."""
        dialogue = piece.dialogue
        rate = dialogue.rate
        model, user = piece.sides(self.options.model_speaker, self.options.model_role)
        pcm = piece.pcm()
        stereo = np.stack([pcm[model.id], pcm[user.id]], axis=1)
        words: list[_Placed] = []
        for speaker, label in ((model.id, MAIN), (user.id, OTHER)):
            own = sorted(
                (word.start, word.end, word.text, label)
                for utterance in dialogue.utterances
                if utterance.speaker == speaker
                for word in utterance.words
            )
            one_frame = crowded(own, rate)
            if label == MAIN and one_frame:
                name = "joined-words" if self.options.same_frame == "join" else "words-in-one-frame"
                self.notes[name] += len(one_frame)
            words += _joined(own, one_frame) if self.options.same_frame == "join" else own
        words.sort()
        content = {
            "alignments": [
                [text, [start / rate, end / rate], who] for start, end, text, who in words
            ],
            "provenance": provenance(dialogue),
        }
        name = f"data_stereo/{dialogue.id}"
        (self.folder / f"{name}.wav").write_bytes(wav(stereo, rate))
        (self.folder / f"{name}.json").write_bytes(msgspec.json.encode(content))
        self._lines.write({"path": f"{name}.wav", "duration": dialogue.seconds})


def crowded(words: list[_Placed], rate: int) -> list[int]:
    """Places of the words whose frame the speaker's next word begins in too.

    moshi-finetune's interleaver (commit 2acc879) fills one frame after the other and takes up every
    word that begins before the frame's end, the next in place of the last: these are lost. Frames
    count from the recording's start, as they do while ``duration_sec`` is a multiple of 80 ms.
    """
    frames = [int(start * FRAMES_PER_SECOND / rate) for start, *_ in words]
    return [place for place, (one, after) in enumerate(pairwise(frames)) if one == after]


def _joined(words: list[_Placed], places: list[int]) -> list[_Placed]:
    """Words, those at `places` in one entry with the word after them."""
    with_next = set(places)
    found: list[_Placed] = []
    for place, (start, end, text, who) in enumerate(words):
        if place - 1 in with_next:
            begin, _, before, _ = found.pop()
            found.append((begin, end, f"{before} {text}", who))
        else:
            found.append((start, end, text, who))
    return found


def read(path: Path, rate: int | None = None) -> Iterator[Found | InputError]:
    """Dialogues with their audio; what cannot be used, as its error."""
    del rate  # the audio has its own
    return entries(path, _dialogue)


def _dialogue(line: bytes, folder: Path) -> Found:
    name = parse(line)["path"]
    audio = inside(folder, name)
    samples, rate = sound(audio)
    beside = inside(folder, str(PurePosixPath(str(name).replace("\\", "/")).with_suffix(".json")))
    if beside.stat().st_size > _MAX_JSON:
        raise InputError("is too large for word times", beside, reason="too-large")
    content = parse(beside.read_bytes())
    sheet = ParsedFile(
        audio.stem, "moshi", beside, rate, speech_from_words=True, times="engine",
        speakers=dict.fromkeys(SIDES, ""), length=samples.shape[1],
    )  # fmt: skip
    labels = {label: speaker for speaker, label in SIDES.items()}
    for text, (start, end), label in content["alignments"]:
        _, fragment = word_of(str(text))  # "upst-": the format keeps the text as it is
        span = round(start * rate), round(end * rate)
        sheet.words.append(AnnotationMark(labels.get(label, "B"), *span, str(text), None, fragment))
    made = assemble(fit_id(audio.stem), [sheet], Report())
    stated = content.get("provenance") or {}
    made = msgspec.structs.replace(
        made,
        speakers=tuple(Speaker(speaker) for speaker in SIDES),
        tracks=tuple(Track(speaker, "", channel) for channel, speaker in enumerate(SIDES)),
        provenance=provenance_of(stated),
    )
    return made, samples
