"""From a recording to a labelled dialogue: who talks, and what happens between them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from interactspeech.diarization import Diarizer
from interactspeech.errors import InputError
from interactspeech.listener.backchannel_classifier import BackchannelClassifier, rules_of
from interactspeech.listener.diarized_source import apart
from interactspeech.listener.model import HALF, Listener
from interactspeech.listener.output import ListenerOutput, activity, finite, listen
from interactspeech.records import Dialogue, Event, Provenance, Span, Speaker, Track, Utterance
from interactspeech.signal.log_mel import RATE
from interactspeech.signal.pages import AudioSource, InMemoryAudio
from interactspeech.signal.recording import Recording
from interactspeech.turntaking import DEFAULT, RuleSet, Timeline
from interactspeech.turntaking.annotator import analyse
from interactspeech.turntaking.timeline import IntArray
from interactspeech.turntaking.units import Units

FloatArray = npt.NDArray[np.float32]

#: "two": a speaker a channel; "mono": both on one; "auto": by the number of channels, and one where
#: two hold the same.
Layout = Literal["auto", "two", "mono"]

#: Samples that are read and heard at once; and from the beginning, to see how many speak there.
_BLOCK = 10 * RATE
_FIRST = 30 * RATE


def detect(
    audio: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | npt.NDArray[np.floating],
    rate: int | None = None,
    *,
    layout: Layout = "auto",
    listener: Listener | None = None,
    diarizer: Diarizer | None = None,
    rules: RuleSet = DEFAULT,
    id: str | None = None,  # noqa: A002
) -> Dialogue:
    """Interruptions, backchannels, gaps, pauses and the other events of a recording.

    ```python
    for event in interactspeech.detect("call.wav").events:
        print(event.type, event.speaker, event.start / 16_000, event.probability)
    ```

    Args:
        audio: a file of one or two channels, two files of one channel each, or samples of shape
            ``(n,)``, ``(1, n)`` or ``(2, n)``; any rate.
        rate: of samples; a file has its own.
        layout: whether a channel holds one speaker or two.
        listener: `Listener.load`'s by default.
        diarizer: who tells voices on one channel apart (`interactspeech.diarization`); the
            listener itself where it is None. Nobody is needed for a speaker a channel.
        rules: thresholds of the events. The listener decides what a backchannel is.
        id: of the dialogue; the file's name by default.

    Returns:
        A record at 16 kHz with speakers "A" and "B", utterances without words, and events of
        origin "model", each with a probability. What nobody says gives no events.

    Raises:
        InputError: no audio, more than two channels, or a file that cannot be read.
    """
    listener = listener or Listener.load()
    heard, name = hear(audio, rate, layout=layout, listener=listener, diarizer=diarizer)
    return interpret(heard, listener, rules=rules, id=id or name)


def hear(
    audio: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | npt.NDArray[np.floating],
    rate: int | None = None,
    *,
    layout: Layout = "auto",
    listener: Listener,
    diarizer: Diarizer | None = None,
) -> tuple[ListenerOutput, str]:
    """The listener's probabilities for a recording (see `detect`), and a name for it."""
    if isinstance(audio, np.ndarray):
        samples = _samples(audio, rate)
        mono = _is_mono(layout, len(samples), samples[:, :_FIRST])
        if mono and diarizer is not None:
            return _parted(InMemoryAudio(samples, RATE), listener, diarizer), "recording"
        return listen(listener, _blocks(samples, mono=mono), mono=mono), "recording"
    paths = [audio] if isinstance(audio, str | os.PathLike) else list(audio)
    with Recording.open(paths, rate=RATE) as recording:
        if recording.channels > 2:
            raise InputError(
                f"has {recording.channels} channels",
                Path(paths[0]),
                remedy="give the two that hold the speakers, as files of one channel each",
                reason="too-many-channels",
            )
        first = recording.read(0, min(_FIRST, recording.samples))
        mono = _is_mono(layout, recording.channels, first)
        if mono and diarizer is not None:
            return _parted(recording, listener, diarizer), Path(paths[0]).stem
        blocks = (block for _, block in recording.blocks(_BLOCK))
        folded = (b.mean(axis=0, keepdims=True) if mono and len(b) == 2 else b for b in blocks)
        sides = (np.repeat(b, 2, axis=0) if not mono and len(b) == 1 else b for b in folded)
        return listen(listener, sides, mono=mono), Path(paths[0]).stem


def _parted(source: AudioSource, listener: Listener, diarizer: Diarizer) -> ListenerOutput:
    """One channel, parted by a diarizer and heard as two."""
    return listen(listener, apart(source, diarizer, block=_BLOCK), mono=False, parted=True)


def interpret(
    heard: ListenerOutput,
    listener: Listener,
    *,
    rules: RuleSet = DEFAULT,
    id: str = "recording",  # noqa: A002
) -> Dialogue:
    """The record that follows from what was heard."""
    card = listener.card
    timeline = activity(heard, card)
    judge = BackchannelClassifier(heard, card)
    named = rules_of(card, rules)
    table, units = analyse(timeline, named, backchannel=judge)
    feedback = judge.probability(units.candidates)
    certainty = _Certainty(heard, units, feedback)
    events = tuple(
        msgspec.structs.replace(event, origin="model", probability=certainty.of(event))
        for event in table.events()
    )
    speakers = ("A", "B")
    return Dialogue(
        id=_identity(id),
        rate=RATE,
        length=heard.samples,
        speakers=tuple(Speaker(name) for name in speakers),
        utterances=tuple(_utterances(timeline, units)),
        events=events,
        rule_sets={named.id: named.to_dict()},
        tracks=tuple(
            Track(name, id, 0 if heard.mono or heard.parted else channel)
            for channel, name in enumerate(speakers)
        ),
        provenance=Provenance(generator=card.id),
    )


def _utterances(timeline: Timeline, units: Units) -> Iterator[Utterance]:
    """One for each unit and for each backchannel, with the speech inside."""
    c = units.candidates
    rows = [
        (int(s), int(a), int(b), "turn")
        for s, a, b in zip(units.speaker, units.start, units.end, strict=True)
    ]
    rows += [
        (int(c.speaker[i]), int(c.start[i]), int(c.end[i]), "backchannel")
        for i in np.flatnonzero(units.backchannel)
    ]
    for number, (speaker, start, end, kind) in enumerate(sorted(rows, key=lambda r: (r[1], r[0]))):
        name = timeline.speakers[speaker]
        spans = timeline.activity[name]
        inside = spans[(spans[:, 0] < end) & (spans[:, 1] > start)]
        yield Utterance(
            id=f"u{number}",
            speaker=name,
            start=start,
            end=end,
            speech=tuple(_without(inside, _nested(units, speaker, start, end))),
            kind="backchannel" if kind == "backchannel" else "turn",
        )


def _nested(units: Units, speaker: int, start: int, end: int) -> IntArray:
    """The speaker's own backchannels inside [start, end) that are not all of it."""
    found = units.candidates
    pick = units.backchannel & (found.speaker == speaker)
    pick &= (found.start > start) & (found.end < end)
    return np.stack((found.start[pick], found.end[pick]), axis=1)


def _without(spans: IntArray, taken: IntArray) -> Iterator[Span]:
    for start, end in spans.tolist():
        if not np.any((taken[:, 0] <= start) & (taken[:, 1] >= end)):
            yield Span(start, end)


class _Certainty:
    """How sure the listener is of an event.

    A backchannel and an interruption are as probable as the judgement about their talk; everything
    else as the activity that it is made of: the mean probability over the event that its speakers
    talk, or are silent, as it says.
    """

    def __init__(
        self, heard: ListenerOutput, units: Units, feedback: npt.NDArray[np.float64]
    ) -> None:
        c = units.candidates
        self._chance = {
            (c.timeline.speakers[s], start): float(p)
            for s, start, p in zip(c.speaker.tolist(), c.start.tolist(), feedback, strict=True)
        }
        talk = np.concatenate((np.zeros((2, 1)), heard.active.astype(np.float64).cumsum(1)), axis=1)
        a, b = heard.active.astype(np.float64)
        none = np.concatenate(([0.0], ((1 - a) * (1 - b)).cumsum()))
        both = np.concatenate(([0.0], (a * b).cumsum()))
        self._sums = {"A": talk[0], "B": talk[1], "none": none, "both": both}
        self._halves = heard.active.shape[1]

    def of(self, event: Event) -> float:
        if event.type == "backchannel":
            return self._chance.get((event.speaker, event.start), 0.5)
        if event.type in {"interruption", "terminal_overlap"}:
            claim = 1.0 - self._chance.get((event.speaker, event.start), 0.5)
            return claim * self._mean("both", event)
        if event.type in {"gap", "pause", "hold", "shift"}:
            if event.attributes.get("fill") == "filled":
                return self._mean(event.speaker, event)
            return self._mean("none", event)
        if event.type == "overlap":
            return self._mean("both", event)
        return self._mean(event.speaker, event)

    def _mean(self, what: str, event: Event) -> float:
        first = min(event.start // HALF, self._halves - 1)
        last = min(max(-(-event.end // HALF), first + 1), self._halves)
        sums = self._sums[what]
        return float(np.clip((sums[last] - sums[first]) / (last - first), 0.0, 1.0))


def _samples(audio: npt.NDArray[np.floating], rate: int | None) -> FloatArray:
    import soxr

    if rate is None or rate < 1:
        raise InputError("samples without a rate", remedy="give rate=", reason="bad-rate")
    sound = audio[None] if audio.ndim == 1 else audio
    if sound.ndim != 2 or not 1 <= len(sound) <= 2:
        raise InputError(
            f"samples of shape {audio.shape}, expected (n,), (1, n) or (2, n)", reason="bad-shape"
        )
    if not np.issubdtype(sound.dtype, np.floating):
        raise InputError(
            f"samples of type {sound.dtype}, expected floats in [-1, 1]", reason="bad-shape"
        )
    if rate == RATE or not sound.shape[1]:
        return np.asarray(sound, np.float32)  # pieces are made finite as they are heard
    sound = finite(sound)
    return np.asarray(soxr.resample(sound.T, rate, RATE), np.float32).reshape(-1, len(sound)).T


def _blocks(samples: FloatArray, *, mono: bool) -> Iterator[FloatArray]:
    for start in range(0, samples.shape[1], _BLOCK):
        block = samples[:, start : start + _BLOCK]
        if mono:
            block = block.mean(axis=0, keepdims=True)
        yield np.repeat(block, 2, axis=0) if len(block) == 1 and not mono else block


def _is_mono(layout: Layout, channels: int, first: FloatArray) -> bool:
    if layout == "two" and channels == 1:
        raise InputError(
            "one channel cannot hold a speaker a channel",
            remedy="use layout mono, or give two channels",
            reason="one-channel",
        )
    if layout != "auto" or channels == 1:
        return layout == "mono" or channels == 1
    # Two channels with the same sound are one.
    sound = finite(first)
    return bool(
        np.abs(sound[0] - sound[1]).max(initial=0.0) <= 1e-3 * np.abs(sound).max(initial=0.0)
    ) and bool(np.abs(sound).max(initial=0.0) > 0)


def _identity(name: str) -> str:
    """A dialogue id from any name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).lstrip(".") or "recording"
