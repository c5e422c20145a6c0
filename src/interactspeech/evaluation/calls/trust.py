"""Whether a recording of a call can be trusted: what is wrong with its sound, and what that spoils.

```
dead-channel     nothing on a channel              one-speaker    sound, but no speech on it
same-sound       one sound on both channels        shared-room    both microphones hear both
crosstalk        a copy of the other, at once      echo           a copy of the other, later
shifted          one channel is late               swapped        the annotation is of the other
music, tone      hold music, ringing, bleeps       lost-packets   holes in the middle of speech
clipping         wave tops cut flat                duplicate      the sound of another recording
```

Each finding names what it spoils, in the words of `incidents.IncidentInfo.needs`, and figures that
need it are withheld, not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec
import numpy as np

from interactspeech._typing import BoolArray, Float32Array, Float64Array, FloatingArray, Int64Array
from interactspeech.evaluation.calls.incidents import INCIDENTS, IncidentKind
from interactspeech.mining.artifacts import find_artifacts
from interactspeech.mining.crosstalk import Crosstalk, crosstalk_frames
from interactspeech.signal import levels, pages
from interactspeech.signal.channel_relation import ChannelRelation
from interactspeech.signal.intervals import intersection, mask_of, pairs, runs, union
from interactspeech.signal.pages import RATE, AudioSource, InMemoryAudio

FindingKind = Literal[
    "dead-channel",
    "one-speaker",
    "no-speech",
    "same-sound",
    "shared-room",
    "one-channel",
    "crosstalk",
    "echo",
    "shifted",
    "swapped",
    "music",
    "tone",
    "lost-packets",
    "clipping",
    "duplicate",
]

#: What a finding spoils where it is grave; see `IncidentInfo.needs`.
SPOILS: Final[dict[FindingKind, tuple[str, ...]]] = {
    "dead-channel": ("talk", "floor", "overlap", "silence", "words"),
    "one-speaker": ("floor", "overlap"),
    "no-speech": ("talk", "floor", "overlap", "silence", "words"),
    "same-sound": ("overlap",),
    "shared-room": ("overlap",),
    "one-channel": ("overlap",),
    "crosstalk": ("overlap",),
    "echo": ("overlap",),
    "shifted": ("floor", "overlap", "silence"),
    "swapped": ("talk", "floor", "overlap", "silence", "words"),
    "music": ("floor", "overlap", "silence"),
    "tone": ("silence",),
    "lost-packets": ("silence", "overlap"),
    "clipping": (),
    "duplicate": (),
}

#: A channel below this level (root mean square, full scale 1) is dead: -80 dB.
DEAD = 1e-4
#: Seconds of a window in which copies of the other channel are looked for, and windows at most; the
#: share of a long recording that is looked at is `_LOOKED_AT`.
_WINDOW, _WINDOWS, _LOOKED_AT = 32, 12, 0.2
#: Share of the other's talk that is copied, from which there is crosstalk.
_COPIED = 0.25
#: Seconds by which a copy is late, from which it is an echo (a network's, not the air's).
_ECHO = 0.03
#: Decibels under a channel's own talk from which on a copy disturbs the figures.
GRAVE_COPY_DB = 12.0
#: A channel so much fainter than the other carries a copy, as a guess.
_FAINTER_DB = 6.0
#: Seconds of lag between channels that are tried, and that count as none.
_LAGS, _IN_TIME = 15.0, 0.5
#: Talk of each channel, seconds and stretches, below which nothing is said about lag, and below
#: which `_LITTLE_BETTER_FIT` and `_LITTLE_OVERLAPPED` stand for the limits below.
_LEAST_TALK, _LEAST_STRETCHES, _LITTLE_TALK, _LITTLE_STRETCHES = 5.0, 4, 8.0, 6
_LITTLE_BETTER_FIT, _LITTLE_OVERLAPPED = 1.0, 0.3
#: A channel is late if the fit of the turns (`_turn_fit`) is better by so much at another lag, the
#: overlap is at least `_OVERLAPPED` of the smaller share of talk and at that lag at most `_CLEARED`
#: of what it is now.
_BETTER_FIT, _OVERLAPPED, _CLEARED = 0.5, 0.15, 0.6
#: By so much the fit must be worse more than `_NEAR_LAG` s away, for the lag to be told.
_TOLD_FIT, _NEAR_LAG = 0.25, 1.5
#: What share of overlap weighs as much as all changes of the floor that follow promptly; seconds
#: from the end of one's talk to the other's onset at which most changes happen, and their spread;
#: own silences that are bridged, and seconds of talk from which it counts as a turn.
_OVERLAP_WEIGHT, _PROMPT, _SPREAD, _TURN_BRIDGE, _TURN = 3.0, 0.2, 0.35, 0.5, 1.0
#: Seconds of music and of tones from which they are named, and share of the recording from which
#: what they spoil is withheld as a whole.
_MUSIC, _TONE, _MUSICAL = 4.0, 0.5, 0.25
#: Holes: seconds at least and at most (longer ones are those of a gate, or cuts), level beside them
#: (root mean square), seconds beside that are looked at; holes, and holes a minute of sound, from
#: which packets are lost.
_HOLE, _LONG_HOLE, _BESIDE, _BESIDE_SECONDS = 0.008, 0.2, 0.008, 0.008
_HOLES, _HOLES_A_MINUTE = 4, 2.0
#: Share of the talk that is lost, from which the figures are withheld.
_LOST = 0.02
#: Share of a channel's seconds that are clipped, from which it is named.
_CLIPPED = 0.1


class TrustFinding(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Something wrong with a recording.

    Attributes:
        kind: see the module's docstring.
        message: a sentence with the figures behind it.
        spoils: what cannot be measured because of it; () where it is only said.
        channel: from 1; 0 where it concerns all.
        spans: where, in seconds; () where everywhere.
        remedy: what to do about it.
    """

    kind: FindingKind
    message: str
    spoils: tuple[str, ...] = ()
    channel: int = 0
    spans: tuple[tuple[float, float], ...] = ()
    remedy: str = ""


def withheld(findings: Sequence[TrustFinding]) -> dict[IncidentKind, tuple[str, ...]]:
    """Kind of incident -> kinds of findings because of which it is not measured."""
    found: dict[IncidentKind, tuple[str, ...]] = {}
    for kind, info in INCIDENTS.items():
        why = tuple(
            dict.fromkeys(one.kind for one in findings if set(one.spoils) & set(info.needs))
        )
        if why:
            found[kind] = why
    return found


def look_at_channels(relation: ChannelRelation | None, channels: int) -> list[TrustFinding]:
    """What the channels' relation says, and that both speakers share one channel."""
    if channels == 1:
        return [
            TrustFinding(
                "one-channel",
                "both speakers are on one channel: a diarizer tells them apart, and talk of both "
                "at once cannot be told from talk of one",
                SPOILS["one-channel"],
                remedy="record a channel for each speaker",
            )
        ]
    if relation is None or relation.kind == "separate":
        return []
    if relation.kind == "same":
        late = f", {1000 * abs(relation.delay):.0f} ms apart" if relation.delay else ""
        return [
            TrustFinding(
                "same-sound",
                f"both channels carry the same sound{late}: they were taken as one, and a diarizer "
                "tells the speakers apart",
                SPOILS["same-sound"],
                remedy="record a channel for each speaker: this is a mix, stored twice",
            )
        ]
    return [
        TrustFinding(
            "shared-room",
            "both channels hear both speakers equally loud: they were taken as one, and a diarizer "
            "tells the speakers apart",
            SPOILS["shared-room"],
            remedy="record a channel for each speaker",
        )
    ]


def find_copies(source: AudioSource) -> list[TrustFinding]:
    """Copies of one channel on the other: crosstalk, and echo that comes late.

    Looks at a fifth of a long recording, in windows of half a minute spread over it.

    Args:
        source: of two channels with a speaker on each.
    """
    if source.channels != 2 or not source.samples:
        return []
    seconds = source.samples / source.rate
    count = max(2, min(_WINDOWS, round(_LOOKED_AT * seconds / _WINDOW)))
    size = _WINDOW * source.rate
    if count * size >= source.samples:
        starts = list(range(0, source.samples, size))
    else:
        starts = np.linspace(0, source.samples - size, count).astype(int).tolist()
    crossed = Crosstalk(2)
    parts: list[Float32Array] = []
    for start in starts:
        window = InMemoryAudio(
            pages.at_rate(source.read(start, min(start + size, source.samples)), source.rate), RATE
        )
        for page in pages.pages(window, _WINDOW + 1):
            crossed.add(page)
            parts.append(levels.levels(page))
    level = np.concatenate(parts, axis=1)
    talking = [_audible(row) for row in level]
    found = []
    foreign = crosstalk_frames(talking, level, crossed)
    for channel, (mask, own) in enumerate(foreign):
        other = 1 - channel
        alone = talking[other] & ~_own_talk(level, channel, own)
        copied = mask & alone
        if alone.sum() < 100 or copied.sum() < _COPIED * alone.sum():
            continue
        below = own - float(np.percentile(level[channel][copied], 75)) if own else 0.0
        late = crossed.delay(channel, other)
        found.append(_copy(channel, other, late, below, float(copied.sum() / alone.sum())))
    return found


def audible_spans(source: AudioSource) -> list[Int64Array]:
    """Where each of two channels is loud, and not much fainter than the other: a cheap guess at
    who talks when, ``(n, 2)`` samples of the source.
    """
    parts = [levels.levels(page) for page in pages.pages(source, 64, before=1, after=1)]
    level = np.concatenate(parts, axis=1)
    found = []
    for channel, row in enumerate(level):
        louder = row >= np.delete(level, channel, axis=0).max(axis=0) - _FAINTER_DB
        spans = union(runs(_audible(row) & louder), 10) * levels.HOP
        found.append(pages.scaled(spans, source.rate, source.samples))
    return found


def _copy(channel: int, other: int, late: float, below: float, share: float) -> TrustFinding:
    kind: FindingKind = "echo" if late >= _ECHO else "crosstalk"
    when = f", {1000 * late:.0f} ms late" if kind == "echo" else ""
    grave = below < GRAVE_COPY_DB
    return TrustFinding(
        kind,
        f"channel {channel + 1} carries a copy of channel {other + 1}{when}, in {share:.0%} of its "
        f"talk, {below:.0f} dB under channel {channel + 1}'s own",
        SPOILS[kind] if grave else (),
        channel + 1,
        remedy="cancel the echo before recording" if kind == "echo" else "record headsets apart",
    )


def _audible(level: Float32Array) -> BoolArray:
    """Frames well above the channel's quiet ones, and within the range of its loud ones."""
    quiet, loud = np.percentile(level, [10, 95])
    return np.asarray(level > max(quiet + 12.0, loud - 45.0, -70.0))


def _own_talk(level: Float32Array, channel: int, own: float) -> BoolArray:
    """Frames in which a channel is as loud as its own talk."""
    return np.asarray(level[channel] > own - 6.0) if own else np.zeros(level.shape[1], np.bool_)


def find_shift(one: Int64Array, other: Int64Array, rate: int, length: int) -> TrustFinding | None:
    """Whether one channel is late: people take turns, and here they would only at another lag.

    Two things tell: how much of the talk is at once, and how many turns begin about when the
    other's end (`docs/bench/calls.md` says how many late channels are found).

    Args:
        one: talk of the speaker on channel 1, ``(n, 2)`` samples.
        other: of the speaker on channel 2.
        rate: samples a second.
        length: of the recording, in samples.
    """
    step = rate // 50  # frames of 20 ms
    frames = -(-length // step)
    masks = [mask_of(rows // step, frames) for rows in (one, other)]
    least = float(min(mask.sum() for mask in masks))
    reach = min(round(_LAGS * 50), frames // 3)
    if least < _LEAST_TALK * 50 or reach < 50 or min(len(one), len(other)) < _LEAST_STRETCHES:
        return None  # too little talk: nothing is said
    little = least < _LITTLE_TALK * 50 or min(len(one), len(other)) < _LITTLE_STRETCHES
    better, overlapped = (
        (_LITTLE_BETTER_FIT, _LITTLE_OVERLAPPED) if little else (_BETTER_FIT, _OVERLAPPED)
    )
    overlap, fit = _turn_fit(masks, reach)
    best, now = int(np.argmax(fit)), reach
    lags = (np.arange(len(fit)) - reach) / 50
    if (
        abs(lags[best]) < _IN_TIME
        or fit[best] - fit[now] < better
        or overlap[now] < overlapped * least
        or overlap[best] > _CLEARED * overlap[now]
    ):
        return None
    elsewhere = fit[np.abs(lags - lags[best]) > _NEAR_LAG]
    sure = fit[best] - elsewhere.max(initial=-np.inf) >= _TOLD_FIT
    late = 2 if lags[best] > 0 else 1
    what = (
        f"channel {late} seems to be {abs(lags[best]):.1f} s late"
        if sure
        else "one channel seems to be late; the call is too short to say which, and by how much"
    )
    return TrustFinding(
        "shifted",
        f"{what}: {overlap[now] / least:.0%} of the talk is at once, and if the channels were "
        f"moved {max(overlap[best], 0.0) / least:.0%} would be",
        SPOILS["shifted"],
        late if sure else 0,
        remedy="align the channels and measure again",
    )


def _turn_fit(masks: Sequence[BoolArray], reach: int) -> tuple[Float64Array, Float64Array]:
    """How much is said at once, and how well the turns fit, at each lag of the second channel.

    Args:
        masks: where each of the two talks, frames of 20 ms.
        reach: most frames of lag.

    Returns:
        Frames of talk of both, and the share of turns that begin about when the other's end less
        what overlaps, shape ``(2 * reach + 1,)`` each, from `-reach` on.
    """
    frames = len(masks[0])
    size = 1 << int(np.ceil(np.log2(2 * frames)))
    lags = np.arange(-reach, reach + 1) % size

    def product(first: FloatingArray, second: FloatingArray) -> Float64Array:
        """At index k: how often `second` comes k after `first`."""
        spectrum = np.fft.rfft(second, size) * np.conj(np.fft.rfft(first, size))
        return np.asarray(np.fft.irfft(spectrum, size))

    begin, stop = np.zeros((2, frames)), np.zeros((2, frames))
    for side, mask in enumerate(masks):
        for start, end in union(runs(mask), round(_TURN_BRIDGE * 50)).tolist():
            if end - start >= _TURN * 50:
                begin[side, start] += 1
                stop[side, min(end, frames - 1)] += 1
    at = np.arange(-150, 151) / 50
    prompt = (1 + ((at - _PROMPT) / _SPREAD) ** 2) ** -2
    kernel = np.zeros(size)
    kernel[np.arange(-150, 151) % size] = prompt
    kernel = np.conj(np.fft.rfft(kernel))

    def changes(first: int, second: int) -> Float64Array:
        """Changes of the floor from one to the other if the second were so much earlier."""
        found = product(stop[first], begin[second])
        return np.asarray(np.fft.irfft(np.fft.rfft(found) * kernel, size))

    overlap = product(masks[0].astype(np.float64), masks[1].astype(np.float64))[lags]
    turns = max(1.0, float(begin.sum(axis=1).min()))
    least = float(min(mask.sum() for mask in masks))
    fitting = changes(0, 1)[lags] + changes(1, 0)[-lags % size]
    return overlap, fitting / turns - _OVERLAP_WEIGHT * overlap / least


def find_swap(
    labelled: Sequence[Int64Array], heard: Sequence[Int64Array], rate: int, length: int
) -> TrustFinding | None:
    """Whether annotation belongs to the channels it names, and to their time.

    Args:
        labelled: annotated talk of the speakers of channels 1 and 2, ``(n, 2)`` samples.
        heard: what is heard on channels 1 and 2.
        rate: samples a second.
        length: of the recording, in samples.
    """
    step = rate // 50
    frames = -(-length // step)
    size = 1 << int(np.ceil(np.log2(2 * max(frames, 2))))
    marks, sounds = (
        [np.fft.rfft(_centred(mask_of(rows // step, frames)), size) for rows in side]
        for side in (labelled, heard)
    )
    reach = min(round(_LAGS * 50), max(frames // 3, 1))

    def agreement(a: int, b: int) -> Float32Array:
        product = np.fft.irfft(sounds[b] * np.conj(marks[a]), size)
        scale = np.sqrt(
            float(np.square(np.abs(marks[a])).sum()) * float(np.square(np.abs(sounds[b])).sum())
        )
        near = np.concatenate((product[size - reach :], product[: reach + 1]))
        return np.asarray(near * size / (2 * scale + 1e-9), np.float32)

    straight, crossed = agreement(0, 0) + agreement(1, 1), agreement(0, 1) + agreement(1, 0)
    now, most = float(crossed[reach]), float(straight.max())
    at_once = now > 1.5 * float(straight[reach]) and now >= 0.95 * most
    if float(crossed.max()) > 0.6 and (at_once or float(crossed.max()) > 1.3 * most):
        return TrustFinding(
            "swapped",
            "the annotation of each speaker fits the other's channel: they are swapped",
            SPOILS["swapped"],
            remedy="swap the names (--names), or the channels",
        )
    best = int(np.argmax(straight))
    lag = (best - reach) / 50
    if abs(lag) >= 0.2 and float(straight[best]) > 1.2 * float(straight[reach]):
        return TrustFinding(
            "shifted",
            f"the annotation is {abs(lag):.1f} s {'early' if lag > 0 else 'late'} against the "
            "sound",
            SPOILS["shifted"],
            remedy="align the annotation and measure again",
        )
    return None


def _centred(mask: BoolArray) -> Float32Array:
    return np.asarray(mask.astype(np.float32) - mask.mean(), np.float32)


def find_noises(
    source: AudioSource, talk: Mapping[int, Int64Array]
) -> tuple[list[TrustFinding], dict[int, Int64Array]]:
    """Music, tones and clipping; and for each channel the samples in which music or a tone plays.

    Args:
        source: the recording.
        talk: channel -> talk on it, ``(n, 2)`` samples of the source: a hum or a vowel that is
            taken for a tone inside it is none.
    """
    marks: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for one in find_artifacts(source):
        marks.setdefault((one.reason, one.channel), []).append((one.start, one.end))
    findings, masks = [], dict[int, Int64Array]()
    for channel in range(source.channels):
        music = union(np.array(marks.get(("music", channel), ()), np.int64), source.rate)
        tone = union(np.array(marks.get(("tone", channel), ()), np.int64), source.rate // 2)
        spoken = talk.get(channel, np.zeros((0, 2), np.int64))
        tone = np.array(
            [row for row in tone.tolist() if _share(row, spoken) < 0.5], np.int64
        ).reshape(-1, 2)
        masks[channel] = union(np.concatenate((music, tone)))
        for kind, rows, least in (("music", music, _MUSIC), ("tone", tone, _TONE)):
            seconds = _seconds(rows, source.rate)
            if seconds >= least:
                findings.append(_noise(kind, channel, rows, seconds, source))  # type: ignore[arg-type]
        clipped = np.array(marks.get(("clipping", channel), ()), np.int64).reshape(-1, 2)
        seconds = _seconds(clipped, source.rate)
        if seconds >= max(1.0, _CLIPPED * source.samples / source.rate):
            findings.append(
                TrustFinding(
                    "clipping", f"channel {channel + 1} is clipped in {seconds:.0f} s",
                    (), channel + 1, _times(clipped, source.rate), "lower the recording level",
                )
            )  # fmt: skip
    return findings, masks


def _noise(
    kind: FindingKind, channel: int, rows: Int64Array, seconds: float, source: AudioSource
) -> TrustFinding:
    whole = seconds >= _MUSICAL * source.samples / source.rate
    what = "music" if kind == "music" else "a tone (ringing, dialling, a bleep)"
    rest = "" if whole else "; incidents there are left out"
    return TrustFinding(
        kind,
        f"{what} on channel {channel + 1} for {seconds:.1f} s{rest}",
        SPOILS[kind] if whole else (),
        channel + 1,
        _times(rows, source.rate),
        "measure the call without it" if whole else "",
    )


def find_lost_packets(source: AudioSource, talk: Mapping[int, Int64Array]) -> list[TrustFinding]:
    """Holes of digital silence in the middle of speech, and frames that are repeated in their
    place.

    Args:
        source: the recording at its own rate: resampling would blur the edges.
        talk: channel -> talk on it, ``(n, 2)`` samples of the source.
    """
    rate, block = source.rate, 20 * source.rate
    beyond = round((_LONG_HOLE + 2 * _BESIDE_SECONDS) * rate)
    holes: dict[int, list[tuple[int, int]]] = {c: [] for c in range(source.channels)}
    for start in range(0, source.samples, block):
        sound = source.read(start, min(start + block + beyond, source.samples))
        for channel, rows in holes.items():
            for a, b in _holes(sound[channel], rate):
                if a < block and (not rows or start + a > rows[-1][1]):
                    rows.append((start + a, start + b))
    findings = []
    for channel, rows in holes.items():
        lost = np.array(rows, np.int64).reshape(-1, 2)
        minutes = source.samples / rate / 60
        if len(lost) < _HOLES or len(lost) < _HOLES_A_MINUTE * minutes:
            continue
        seconds = _seconds(lost, rate)
        spoken = _seconds(talk.get(channel, lost), rate) + seconds
        share = seconds / max(spoken, 1e-9)
        findings.append(
            TrustFinding(
                "lost-packets",
                f"channel {channel + 1} has {len(lost)} holes inside speech, {seconds:.2f} s in "
                f"all ({share:.1%} of its talk)",
                SPOILS["lost-packets"] if share >= _LOST else (),
                channel + 1,
                _times(lost, rate)[:50],
                "record before the network, or mend the network",
            )
        )
    return findings


def _holes(sound: Float32Array, rate: int) -> list[tuple[int, int]]:
    """Stretches of constant samples, or of a frame said again, with speech hard on either side."""
    shortest, longest = round(_HOLE * rate), round(_LONG_HOLE * rate)
    beside = round(_BESIDE_SECONDS * rate)
    still = np.abs(sound[1:] - sound[:-1]) <= 1e-7
    found = []
    for a, last in runs(still).tolist():
        end = last + 1  # so many pairs of equal neighbours are one sample more
        if not shortest <= end - a <= longest or a < beside or end + beside > len(sound):
            continue
        before, after = sound[a - beside : a], sound[end : end + beside]
        if abs(float(sound[a])) > 1e-3:
            continue  # a flat top is clipping
        if min(_rms(before), _rms(after)) >= _BESIDE:
            found.append((a, end))
    for milliseconds in (10, 20, 30, 40):
        width = milliseconds * rate // 1000
        if len(sound) <= 2 * width:
            continue
        same = np.abs(sound[width:] - sound[:-width]) <= 1e-7
        for start, end in runs(same).tolist():
            if end - start >= width - 1 and _rms(sound[start + width : end + width]) >= _BESIDE:
                found.append((start + width, end + width))
    return pairs(union(np.array(found, np.int64).reshape(-1, 2)))


def _rms(sound: Float32Array) -> float:
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))) if len(sound) else 0.0


def _share(row: Sequence[int], spans: Int64Array) -> float:
    inside = intersection(np.array([row], np.int64), spans)
    return float((inside[:, 1] - inside[:, 0]).sum()) / max(1, row[1] - row[0])


def _seconds(rows: Int64Array, rate: int) -> float:
    return float((rows[:, 1] - rows[:, 0]).sum()) / rate


def _times(rows: Int64Array, rate: int) -> tuple[tuple[float, float], ...]:
    return tuple((round(a / rate, 2), round(b / rate, 2)) for a, b in rows.tolist())
