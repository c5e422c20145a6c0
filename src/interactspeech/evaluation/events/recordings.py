"""Annotated real recordings, for a benchmark."""

from __future__ import annotations

import glob
from pathlib import Path

import msgspec
import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.errors import InputError
from interactspeech.evaluation.events.benchmark import RATE, at_rate
from interactspeech.formats import read
from interactspeech.formats.clipping import cut
from interactspeech.records import Dialogue, Span, Utterance
from interactspeech.signal.intervals import union
from interactspeech.signal.recording import Recording

#: Words this close are one stretch of speech: annotators' segments are longer than what is audible.
_WORD_BRIDGE = 0.12


def annotated_recording(audio: str, annotation: str) -> tuple[Dialogue, Float32Array]:
    """A recording and its record, both at 16 kHz; the record ends where the recording does.

    Where the annotation has words with times of their own, they say who is audible when.

    Args:
        audio: a file.
        annotation: files of one conversation (a quoted pattern), or ``ID@FOLDER`` for one
            conversation among those of a folder.

    Raises:
        InputError: the annotation is missing, or holds several conversations.
    """
    with Recording.open(audio, rate=RATE) as recording:
        sound = recording.read(0, recording.samples)
    wanted, _, folder = annotation.partition("@")
    paths = [folder] if folder else sorted(glob.glob(annotation)) or [annotation]  # noqa: PTH207
    found = read(paths)
    if folder:
        found = [dialogue for dialogue in found if dialogue.id == wanted]
    if len(found) != 1:
        raise InputError(
            f"{len(found)} conversations in the annotation, expected 1",
            annotation,
            remedy="name one as ID@FOLDER",
            reason="no-annotation",
        )
    dialogue = found[0]
    length = sound.shape[1] * dialogue.rate // RATE
    if length < dialogue.length:
        dialogue = cut(dialogue, 0, length)
    dialogue = msgspec.structs.replace(
        dialogue,
        id=Path(audio).stem,
        length=max(length, dialogue.length),
        utterances=tuple(_audible(u, dialogue.rate) for u in dialogue.utterances),
        events=(),
        rule_sets={},
    )
    return at_rate(dialogue, RATE), np.asarray(sound, np.float32)


def _audible(utterance: Utterance, rate: int) -> Utterance:
    if not utterance.words or utterance.times not in ("human", "aligned", "engine"):
        return utterance
    rows = np.array([(w.start, w.end) for w in utterance.words], np.int64)
    spans = union(rows, max(1, round(_WORD_BRIDGE * rate)))
    return msgspec.structs.replace(
        utterance,
        start=int(spans[0, 0]),
        end=int(spans[-1, 1]),
        speech=tuple(Span(int(a), int(b)) for a, b in spans),
    )
