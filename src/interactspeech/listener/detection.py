"""From a recording to a labelled dialogue: speech activity and turn-taking events."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from interactspeech._typing import AnyArray, Float32Array, Float64Array, Int64Array
from interactspeech.diarization import Diarizer
from interactspeech.errors import InputError
from interactspeech.listener.backchannel_classifier import BackchannelClassifier, listener_rules
from interactspeech.listener.diarized_source import split_by_diarization
from interactspeech.listener.model import HALF, Listener, ListenerMode
from interactspeech.listener.output import ListenerOutput, finite, run_listener, speech_activity
from interactspeech.records import Dialogue, Event, Provenance, Span, Speaker, Track, Utterance
from interactspeech.signal.log_mel import RATE
from interactspeech.signal.pages import AudioSource, InMemoryAudio
from interactspeech.signal.recording import Recording
from interactspeech.signal.samples import ByteEncoding, as_floats
from interactspeech.turntaking import DEFAULT, RuleSet, Timeline
from interactspeech.turntaking.annotator import analyse
from interactspeech.turntaking.units import Units

#: How the speakers are on the channels of the input: "two", a channel each; "mono", both on one;
#: "auto", by the number of channels, where two identical ones count as one.
ChannelLayout = Literal["auto", "two", "mono"]

_log = logging.getLogger(__name__)

#: Samples that are read at once; and those at the beginning by which "auto" compares two channels.
_BLOCK = 10 * RATE
_FIRST = 30 * RATE


def detect(
    audio: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | AnyArray,
    rate: int | None = None,
    *,
    layout: ChannelLayout = "auto",
    listener: Listener | None = None,
    diarizer: Diarizer | None = None,
    rules: RuleSet = DEFAULT,
    encoding: ByteEncoding | None = None,
    on_note: Callable[[str], None] | None = None,
    id: str | None = None,  # noqa: A002
) -> Dialogue:
    """Interruptions, backchannels, gaps, pauses and the other events of a recording.

    ```python
    for event in interactspeech.listener.detect("call.wav").events:
        print(event.type, event.speaker, event.start / 16_000, event.probability)
    ```

    Args:
        audio: a file of one or two channels, two files of one channel each, or samples of shape
            ``(n,)``, ``(1, n)`` or ``(2, n)``; any rate.
        rate: of samples; a file has its own.
        layout: whether a channel holds one speaker or two.
        listener: `Listener.load`'s by default.
        diarizer: splits one channel into one for each speaker (`interactspeech.diarization`)
            before the listener runs; without it the listener itself separates the voices. Not used
            where each speaker has a channel.
        rules: thresholds of the events. The listener decides what a backchannel is.
        encoding: of samples that are bytes ("u8", "mulaw", "alaw"); floats in [-1, 1] and signed
            integers need none.
        on_note: called with what is unusual about a file (bytes that are not read, a length that
            its header leaves open); by default that is logged as a warning.
        id: of the dialogue; the file's name by default.

    Returns:
        A record at 16 kHz with speakers "A" and "B", utterances without words, and events of
        origin "model", each with a probability. Silence gives no events.

    Raises:
        InputError: no audio, more than two channels, or a file that cannot be read.
    """
    listener = listener or Listener.load()
    output, name = listener_output(
        audio, rate, layout=layout, listener=listener, diarizer=diarizer, encoding=encoding,
        on_note=on_note,
    )  # fmt: skip
    return dialogue_from_output(output, listener, rules=rules, id=id or name)


def listener_output(
    audio: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | AnyArray,
    rate: int | None = None,
    *,
    layout: ChannelLayout = "auto",
    listener: Listener,
    diarizer: Diarizer | None = None,
    encoding: ByteEncoding | None = None,
    on_note: Callable[[str], None] | None = None,
) -> tuple[ListenerOutput, str]:
    """The listener's probabilities for a recording (see `detect`), and a name for it."""
    if isinstance(audio, np.ndarray):
        samples = _samples(audio, rate, encoding)
        mode = _mode(layout, len(samples), samples[:, :_FIRST], diarizer)
        blocks = (samples[:, i : i + _BLOCK] for i in range(0, samples.shape[1], _BLOCK))
        return _run(listener, InMemoryAudio(samples, RATE), blocks, mode, diarizer), "recording"
    paths = [audio] if isinstance(audio, str | os.PathLike) else list(audio)
    with Recording.open(paths, rate=RATE) as recording:
        if recording.channels > 2:
            raise InputError(
                f"has {recording.channels} channels",
                Path(paths[0]),
                remedy="give the two that hold the speakers, as files of one channel each",
                reason="too-many-channels",
            )
        for note in recording.notes:
            (on_note or _log.warning)(note)
        first = recording.read(0, min(_FIRST, recording.samples))
        mode = _mode(layout, recording.channels, first, diarizer)
        blocks = (block for _, block in recording.blocks(_BLOCK))
        return _run(listener, recording, blocks, mode, diarizer), Path(paths[0]).stem


def _run(
    listener: Listener,
    source: AudioSource,
    blocks: Iterator[Float32Array],
    mode: ListenerMode,
    diarizer: Diarizer | None,
) -> ListenerOutput:
    """Run the listener on the blocks of a source, mixed or split as the mode wants them."""
    if diarizer is not None and mode == "diarized":
        blocks = split_by_diarization(source, diarizer, block=_BLOCK)
    elif mode == "mixed":
        blocks = (block.mean(axis=0, keepdims=True) for block in blocks)
    return run_listener(listener, blocks, mode)


def dialogue_from_output(
    output: ListenerOutput,
    listener: Listener,
    *,
    rules: RuleSet = DEFAULT,
    id: str = "recording",  # noqa: A002
) -> Dialogue:
    """The dialogue that follows from the listener's probabilities."""
    card = listener.card
    timeline = speech_activity(output, card)
    classifier = BackchannelClassifier(output, card)
    named = listener_rules(card, rules)
    table, units = analyse(timeline, named, backchannel=classifier)
    feedback = classifier.probability(units.candidates)
    confidence = _EventConfidence(output, units, feedback)
    events = tuple(
        msgspec.structs.replace(event, origin="model", probability=confidence.of(event))
        for event in table.events()
    )
    speakers = ("A", "B")
    return Dialogue(
        id=_identity(id),
        rate=RATE,
        length=output.samples,
        speakers=tuple(Speaker(name) for name in speakers),
        utterances=tuple(_utterances(timeline, units)),
        events=events,
        rule_sets={named.id: named.to_dict()},
        tracks=tuple(
            Track(name, id, channel if output.mode == "two_channel" else 0)
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


def _nested(units: Units, speaker: int, start: int, end: int) -> Int64Array:
    """The speaker's own backchannels inside [start, end) that are not all of it."""
    found = units.candidates
    pick = units.backchannel & (found.speaker == speaker)
    pick &= (found.start > start) & (found.end < end)
    return np.stack((found.start[pick], found.end[pick]), axis=1)


def _without(spans: Int64Array, taken: Int64Array) -> Iterator[Span]:
    for start, end in spans.tolist():
        if not np.any((taken[:, 0] <= start) & (taken[:, 1] >= end)):
            yield Span(start, end)


class _EventConfidence:
    """The probability of an event.

    Of a backchannel or an interruption it is that of the classification of its speech; of any other
    event the mean probability, over the event, of the activity or silence that defines it.
    """

    def __init__(self, output: ListenerOutput, units: Units, feedback: Float64Array) -> None:
        c = units.candidates
        self._chance = {
            (c.timeline.speakers[s], start): float(p)
            for s, start, p in zip(c.speaker.tolist(), c.start.tolist(), feedback, strict=True)
        }
        talk = np.concatenate(
            (np.zeros((2, 1)), output.active.astype(np.float64).cumsum(1)), axis=1
        )
        a, b = output.active.astype(np.float64)
        none = np.concatenate(([0.0], ((1 - a) * (1 - b)).cumsum()))
        both = np.concatenate(([0.0], (a * b).cumsum()))
        self._sums = {"A": talk[0], "B": talk[1], "none": none, "both": both}
        self._halves = output.active.shape[1]

    def of(self, event: Event) -> float:
        if event.type == "backchannel":
            return self._chance.get((event.speaker, event.start), 0.5)
        if event.type in {"interruption", "terminal_overlap"}:
            claim = 1.0 - self._chance.get((event.speaker, event.start), 0.5)
            return claim * self._mean("both", event)
        if event.type in {"gap", "pause", "hold", "shift"}:
            return self._mean("none", event)
        if event.type == "overlap":
            return self._mean("both", event)
        return self._mean(event.speaker, event)

    def _mean(self, what: str, event: Event) -> float:
        first = min(event.start // HALF, self._halves - 1)
        last = min(max(-(-event.end // HALF), first + 1), self._halves)
        sums = self._sums[what]
        return float(np.clip((sums[last] - sums[first]) / (last - first), 0.0, 1.0))


def _samples(audio: AnyArray, rate: int | None, encoding: ByteEncoding | None) -> Float32Array:
    import soxr

    if rate is None or rate < 1:
        raise InputError("samples without a rate", remedy="give rate=", reason="bad-rate")
    sound = audio[None] if audio.ndim == 1 else audio
    if sound.ndim != 2 or not 1 <= len(sound) <= 2:
        raise InputError(
            f"samples of shape {audio.shape}, expected (n,), (1, n) or (2, n)", reason="bad-shape"
        )
    sound = as_floats(sound, encoding)
    if rate == RATE or not sound.shape[1]:
        return np.asarray(sound, np.float32)  # pieces are made finite as they are heard
    sound = finite(sound)
    return np.asarray(soxr.resample(sound.T, rate, RATE), np.float32).reshape(-1, len(sound)).T


def _mode(
    layout: ChannelLayout, channels: int, first: Float32Array, diarizer: Diarizer | None
) -> ListenerMode:
    """The listener's mode for an input whose first samples are given, shape ``(channels, n)``."""
    if layout == "two" and channels == 1:
        raise InputError(
            "one channel cannot hold a speaker a channel",
            remedy="use layout mono, or give two channels",
            reason="one-channel",
        )
    if layout == "two" or (layout == "auto" and channels == 2 and not _identical(first)):
        return "two_channel"
    return "mixed" if diarizer is None else "diarized"


def _identical(channels: Float32Array) -> bool:
    """Whether two channels, not both silent, hold the same signal."""
    sound = finite(channels)
    peak = np.abs(sound).max(initial=0.0)
    difference = np.abs(sound[0] - sound[1]).max(initial=0.0)
    return bool(difference <= 1e-3 * peak) and bool(peak > 0)


def _identity(name: str) -> str:
    """A dialogue id from any name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).lstrip(".") or "recording"
