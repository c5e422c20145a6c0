"""From a recording to a labelled dialogue: speech activity and turn-taking events."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
import numpy as np

from interactspeech._typing import AnyArray, Float32Array, Float64Array, Int64Array
from interactspeech.diarization import Diarizer
from interactspeech.errors import InputError, MissingResourceError
from interactspeech.listener.backchannel_classifier import BackchannelClassifier, listener_rules
from interactspeech.listener.diarized_source import DownmixedSource, split_by_diarization
from interactspeech.listener.model import HALF, Listener, ListenerMode
from interactspeech.listener.output import ListenerOutput, finite, run_listener, speech_activity
from interactspeech.listener.word_decision import (
    SpokenWords,
    WordDecision,
    WordSource,
    spoken_words,
    words_and_sound_rules,
)
from interactspeech.records import (
    Dialogue,
    Event,
    Provenance,
    Span,
    Speaker,
    TimesOrigin,
    Track,
    Utterance,
)
from interactspeech.signal.channel_relation import channel_relation
from interactspeech.signal.log_mel import RATE
from interactspeech.signal.pages import AudioSource, InMemoryAudio
from interactspeech.signal.recording import Recording
from interactspeech.signal.samples import ByteEncoding, as_array, as_floats
from interactspeech.turntaking import DEFAULT, RuleSet, Timeline
from interactspeech.turntaking.annotator import analyse
from interactspeech.turntaking.timeline import WordTrack
from interactspeech.turntaking.units import Units
from interactspeech.turntaking.utterance_words import spread_words

#: How the speakers are on the channels of the input: "two", a channel each; "mono", both on one;
#: "auto", as the sound says: two channels that carry the same, or that two microphones in one room
#: recorded, count as one (`signal.channel_relation`).
ChannelLayout = Literal["auto", "two", "mono"]

_log = logging.getLogger(__name__)
_Found = TypeVar("_Found")

#: Samples that are read at once.
_BLOCK = 5 * RATE
#: A word outside all speech belongs to an utterance at most so many samples away (.4 s).
_NEAR = 2 * RATE // 5


def detect(
    audio: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | AnyArray,
    rate: int | None = None,
    *,
    layout: ChannelLayout = "auto",
    listener: Listener | None = None,
    diarizer: Diarizer | Literal["auto"] | None = "auto",
    rules: RuleSet = DEFAULT,
    words: WordSource | None = None,
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
            before the listener runs; "auto": the offline one. None: the listener itself separates
            the voices, which it does badly. Not used where each speaker has a channel.
        rules: thresholds of the events. The listener decides what a backchannel is.
        words: what the speakers say, which then decides about backchannels beside the sound
            (`listener.word_decision`): a recogniser (`models.recognition`), the words of "A" and
            "B" in samples at 16 kHz, or the path of a timed transcript.
        encoding: of samples that are bytes ("u8", "mulaw", "alaw"); floats in [-1, 1] and signed
            integers need none.
        on_note: called with what is unusual about a file (bytes that are not read, a length that
            its header leaves open); by default that is logged as a warning.
        id: of the dialogue; the file's name by default.

    Returns:
        A record at 16 kHz with speakers "A" and "B", utterances (with words, if asked for), and
        events of origin "model", each with a probability. Silence gives no events.

    Raises:
        InputError: no audio, more than two channels, a file that cannot be read, or one channel for
            both speakers while the diarizer cannot be had (reason "one-channel").
    """
    listener = listener or Listener.load()

    def heard(source: AudioSource, blocks: Iterator[Float32Array], mode: ListenerMode,
              separator: Diarizer | None, name: str) -> Dialogue:  # fmt: skip
        output = _run(listener, source, blocks, mode, separator)
        said = None
        if words is not None:
            channels = (0, 1) if mode == "two_channel" else (0, 0)
            one = source if mode == "two_channel" else DownmixedSource(source)
            said = spoken_words(words, speech_activity(output, listener.card), one, channels)
        return dialogue_from_output(
            output, listener, rules=rules, id=id or name, words=said,
            times="human" if isinstance(words, Mapping | Path) else "recognised",
        )  # fmt: skip

    return _with_source(audio, rate, layout, diarizer, encoding, on_note, heard)


def listener_output(
    audio: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | AnyArray,
    rate: int | None = None,
    *,
    layout: ChannelLayout = "auto",
    listener: Listener,
    diarizer: Diarizer | Literal["auto"] | None = "auto",
    encoding: ByteEncoding | None = None,
    on_note: Callable[[str], None] | None = None,
) -> tuple[ListenerOutput, str]:
    """The listener's probabilities for a recording (see `detect`), and a name for it."""

    def heard(source: AudioSource, blocks: Iterator[Float32Array], mode: ListenerMode,
              separator: Diarizer | None, name: str) -> tuple[ListenerOutput, str]:  # fmt: skip
        return _run(listener, source, blocks, mode, separator), name

    return _with_source(audio, rate, layout, diarizer, encoding, on_note, heard)


def _with_source(
    audio: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | AnyArray,
    rate: int | None,
    layout: ChannelLayout,
    diarizer: Diarizer | Literal["auto"] | None,
    encoding: ByteEncoding | None,
    on_note: Callable[[str], None] | None,
    use: Callable[
        [AudioSource, Iterator[Float32Array], ListenerMode, Diarizer | None, str], _Found
    ],
) -> _Found:
    """What `use` makes of the sound at 16 kHz, its blocks, the mode and the diarizer for it, and a
    name.
    """
    note = on_note or _log.warning
    sound = as_array(audio)
    if sound is not None:
        samples = _samples(sound, rate, encoding)
        source = InMemoryAudio(samples, RATE)
        mode, separator = _mode(layout, source, diarizer, "samples", note)
        blocks = (samples[:, i : i + _BLOCK] for i in range(0, samples.shape[1], _BLOCK))
        return use(source, blocks, mode, separator, "recording")
    paths = _paths(audio)
    with Recording.open(paths, rate=RATE) as recording:
        if recording.channels > 2:
            raise InputError(
                f"has {recording.channels} channels",
                Path(paths[0]),
                remedy="give the two that hold the speakers, as files of one channel each",
                reason="too-many-channels",
            )
        for line in recording.notes:
            note(line)
        mode, separator = _mode(layout, recording, diarizer, str(paths[0]), note)
        blocks = (block for _, block in recording.blocks(_BLOCK))
        return use(recording, blocks, mode, separator, Path(paths[0]).stem)


def _paths(audio: object) -> list[str | os.PathLike[str]]:
    """The paths of a recording's files, one or several."""
    if isinstance(audio, str | os.PathLike):
        return [audio]
    paths = list(audio) if isinstance(audio, Iterable) else []
    if not paths or not all(isinstance(path, str | os.PathLike) for path in paths):
        raise InputError(
            f"a {type(audio).__name__} is no recording",
            remedy="give a path, a path for each speaker, or an array of samples (numpy.asarray)",
            reason="bad-samples",
        )
    return paths


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
    words: SpokenWords | None = None,
    times: TimesOrigin = "recognised",
) -> Dialogue:
    """The dialogue that follows from the listener's probabilities.

    Args:
        output: of the recording.
        listener: whose.
        rules: thresholds of the events.
        id: of the dialogue.
        words: of the speakers "A" and "B", in samples at 16 kHz, where they are known.
        times: where the words' times come from.
    """
    card = listener.card
    timeline = speech_activity(output, card)
    classifier: BackchannelClassifier | WordDecision = BackchannelClassifier(output, card, listener)
    named = listener_rules(card, rules)
    if words is not None:
        said = {name: WordTrack.of(list(rows)) for name, rows in words.items() if rows}
        timeline = replace(timeline, words=said)
        classifier = WordDecision(classifier.probability, rules)
        named = words_and_sound_rules(named)
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
        utterances=tuple(_utterances(timeline, units, words or {}, times)),
        events=events,
        rule_sets={named.id: named.to_dict()},
        tracks=tuple(
            Track(name, id, channel if output.mode == "two_channel" else 0)
            for channel, name in enumerate(speakers)
        ),
        provenance=Provenance(generator=card.id),
    )


def _utterances(
    timeline: Timeline, units: Units, words: SpokenWords, times: TimesOrigin
) -> Iterator[Utterance]:
    """One for each unit and for each backchannel, with the speech inside, and words."""
    c = units.candidates
    rows = [
        (int(s), int(a), int(b), "turn")
        for s, a, b in zip(units.speaker, units.start, units.end, strict=True)
    ]
    rows += [
        (int(c.speaker[i]), int(c.start[i]), int(c.end[i]), "backchannel")
        for i in np.flatnonzero(units.backchannel)
    ]
    rows.sort(key=lambda row: (row[1], row[0]))
    said = {
        place: iter(
            spread_words(words.get(name, ()), [(a, b) for s, a, b, _ in rows if s == place], _NEAR)
        )
        for place, name in enumerate(timeline.speakers)
    }
    for number, (speaker, start, end, kind) in enumerate(rows):
        name = timeline.speakers[speaker]
        spans = timeline.activity[name]
        inside = spans[(spans[:, 0] < end) & (spans[:, 1] > start)]
        mine = next(said[speaker])
        yield Utterance(
            id=f"u{number}",
            speaker=name,
            start=start,
            end=end,
            speech=tuple(_without(inside, _nested(units, speaker, start, end))),
            words=mine,
            times=times if mine else "none",
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


def _is_rate(rate: object) -> bool:
    return isinstance(rate, int | float | np.number) and bool(rate >= 1)


def _samples(audio: AnyArray, rate: int | None, encoding: ByteEncoding | None) -> Float32Array:
    import soxr

    if rate is None or not _is_rate(rate):
        raise InputError("samples without a rate", remedy="give rate=", reason="bad-rate")
    sound = audio[None] if audio.ndim == 1 else audio
    if sound.ndim != 2 or not 1 <= len(sound) <= 2:
        raise InputError(
            f"samples of shape {audio.shape}, expected (n,), (1, n) or (2, n)",
            remedy="a row for each channel: samples.T" if audio.shape[-1:] in {(1,), (2,)} else "",
            reason="bad-shape",
        )
    sound = as_floats(sound, encoding)
    if rate == RATE or not sound.shape[1]:
        return np.asarray(sound, np.float32)  # pieces are made finite as they are heard
    sound = finite(sound)
    return np.asarray(soxr.resample(sound.T, rate, RATE), np.float32).reshape(-1, len(sound)).T


def _mode(
    layout: ChannelLayout,
    source: AudioSource,
    diarizer: Diarizer | Literal["auto"] | None,
    name: str,
    note: Callable[[str], None],
) -> tuple[ListenerMode, Diarizer | None]:
    """The listener's mode for an input, and what separates its speakers where they share a channel.

    Two microphones in a room are taken for one channel only where a diarizer is at hand: the
    network for two channels knows such rooms too.
    """
    if layout == "two" and source.channels == 1:
        raise InputError(
            "one channel cannot hold a speaker a channel",
            remedy="use layout mono, or give two channels",
            reason="one-channel",
        )
    if layout == "two":
        return "two_channel", None
    if layout == "auto" and source.channels == 2:
        relation = channel_relation(source)
        if relation.kind == "separate" or (relation.kind == "shared" and diarizer is None):
            return "two_channel", None
        if relation.kind == "same" and relation.delay:
            note(
                f"{name}: the second channel repeats the first, "
                f"{1000 * abs(relation.delay):.0f} ms apart: taken as one"
            )
        if relation.kind == "shared":
            separator = _offline_diarizer() if diarizer == "auto" else diarizer
            if separator is None or isinstance(separator, InputError):
                note(f"{name}: both channels hear both speakers, and there is no diarizer")
                return "two_channel", None
            note(f"{name}: both channels hear both speakers: taken as one")
            return "diarized", separator
    if diarizer is None:
        return "mixed", None
    separator = _offline_diarizer() if diarizer == "auto" else diarizer
    if isinstance(separator, InputError):
        raise InputError(
            "has one channel for both speakers, on which the listener alone hears little, and the "
            f"diarizer cannot be had: {separator}",
            None if name == "samples" else Path(name),
            remedy="give a channel a speaker, make the diarizer's weights available, or insist "
            "with diarizer=None (--no-diarize)",
            reason="one-channel",
        )
    return "diarized", separator


def _offline_diarizer() -> Diarizer | InputError:
    """The diarizer that ships, or what is missing for it."""
    try:
        return _loaded_diarizer()
    except MissingResourceError as error:
        return InputError(str(error), reason="one-channel")


@lru_cache(maxsize=1)
def _loaded_diarizer() -> Diarizer:
    from interactspeech.diarization import diarizer
    from interactspeech.models.embeddings import SpeakerEncoder

    found = diarizer("offline")
    # What is missing is known before a recording is begun.
    found.diarize(InMemoryAudio(np.zeros((1, RATE), np.float32), RATE), 2)
    SpeakerEncoder().embed(np.linspace(-0.5, 0.5, RATE, dtype=np.float32), RATE)
    return found


def _identity(name: str) -> str:
    """A dialogue id from any name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).lstrip(".") or "recording"
