"""Full-Duplex-Bench (Lin et al. 2025, arXiv 2503.04721, v1.5: 2507.23159): its measures.

Each measure is given twice: **published**, as the benchmark's code computes it (read at commit
d7336bd, April 2026), and **corrected**, where that code parts from its own definition:

| | published | corrected |
|---|---|---|
| latency | a negative one counts as 0 | it keeps its sign |
| an item whose words or marks are missing | the script ends, pairs the item with another's marks, or repeats the TOR of the item before | named, and left out |
| backchannel, segments | detected on 24 kHz samples taken for 16 kHz: times are 1.5 as long | on the sound as it is |
| backchannel, TOR | the last segment that is looked at decides | a turn anywhere is one |
| backchannel, frequency | counts every segment up to the first long one | counts backchannels |
| backchannel, JSD | SciPy's distance in nats; 1 where there is none (it cannot exceed .833) | the divergence in bits, which 1 bounds |
| stop latency | every overlap, also those in which the system comes in | from the user's onset over the system's talk, until it stops |
| response latency | after every stretch of the user's talk | after the stimulus alone |

All times are seconds. Definitions of a turn: framework of the benchmark, section 3.
"""  # noqa: E501

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal

import msgspec
import numpy as np

from interactspeech._typing import Float64Array
from interactspeech.evaluation.duplex.timed_words import TimedWord
from interactspeech.signal.intervals import joined

#: Output shorter than this (seconds), of at most so many words, takes no turn.
TURN_SECONDS: Final = 1.0
TURN_WORDS: Final = 3
#: A stretch longer than this is a turn whatever is said; a backchannel has at most two words.
LONG_SECONDS: Final = 3.0
BACKCHANNEL_WORDS: Final = 2
#: Width of the histogram's bins, and what stands for nothing in it.
BIN_SECONDS: Final = 0.2
_NOTHING: Final = 1e-10
#: Silences up to these are filled before v1.5's latencies are taken (user, system).
USER_MERGE: Final = 0.6
SYSTEM_MERGE: Final = 0.5

Variant = Literal["published", "corrected"]
Stretch = tuple[float, float]


class TurnTaken(msgspec.Struct, frozen=True):
    """Whether a system's output takes the turn, and when.

    Attributes:
        tor: 1 if it does, else 0.
        latency: from the reference to the first word; None where no turn is taken.
    """

    tor: int
    latency: float | None = None


def turn_taken(
    words: Sequence[TimedWord], reference: float | None = None, variant: Variant = "published"
) -> TurnTaken:
    """TOR and latency of the tasks pause handling, smooth turn-taking and user interruption.

    Args:
        words: of the output, in order; after an interruption those that follow it alone.
        reference: where the user's turn ends; no latency without it.
        variant: see the module.
    """
    if not words:
        return TurnTaken(0)
    length = words[-1].known_end - words[0].start
    if length < TURN_SECONDS and len(words) <= TURN_WORDS:
        return TurnTaken(0)
    if reference is None:
        return TurnTaken(1)
    latency = words[0].start - reference
    return TurnTaken(1, max(latency, 0.0) if variant == "published" else latency)


class BackchannelScore(msgspec.Struct, frozen=True):
    """The backchannel task on one item.

    Attributes:
        tor: 1 if the system takes the turn.
        frequency: counted stretches a second of output.
        jsd: distance (published) or divergence (corrected) from when people give backchannels; None
            where people's distribution is not known.
        counted: the stretches that count.
    """

    tor: int
    frequency: float
    jsd: float | None
    counted: tuple[Stretch, ...]


def backchannels(
    segments: Sequence[Stretch],
    words: Sequence[TimedWord],
    length: float,
    human: Sequence[float] | None = None,
    variant: Variant = "published",
) -> BackchannelScore:
    """TOR, frequency and JSD of the backchannel task.

    Args:
        segments: where a voice activity detector hears the output. The published code gives its
            detector 24 kHz samples as 16 kHz: pass what it heard, or `slowed` segments.
        words: of the output.
        length: of the output.
        human: when people gave backchannels on this item, a share a bin of 0.2 s.
        variant: see the module.
    """
    tor, counted = 0, []
    for start, end in segments:
        if end - start > LONG_SECONDS:
            tor = 1
            if variant == "published":
                break
            continue
        said = _words_in(words, start, end, variant)
        short = end - start < 1.0 and said <= BACKCHANNEL_WORDS
        if variant == "published":
            tor = 0 if said <= TURN_WORDS and short else 1
            counted.append((start, end))
        elif short:
            counted.append((start, end))
        else:
            tor = 1
    jsd = None if human is None else _jsd(counted, length, human, variant)
    frequency = len(counted) / length if length > 0 else math.nan
    return BackchannelScore(tor, frequency, jsd, tuple(counted))


def slowed(segments: Sequence[Stretch], rate: int) -> list[Stretch]:
    """Segments as a detector for 16 kHz dates them when it is given samples of another rate."""
    return [(start * rate / 16_000, end * rate / 16_000) for start, end in segments]


def _words_in(words: Sequence[TimedWord], start: float, end: float, variant: Variant) -> int:
    if variant == "corrected":
        return sum(start <= (w.start + w.known_end) / 2 < end for w in words)
    found = 0
    for word in words:
        if word.end is None and word.start < end:
            continue
        last = word.known_end
        inside = word.start >= start and last <= end
        reaches_out = word.start <= end < last
        begins_before = word.start <= start < last
        found += inside or reaches_out or begins_before
    return found


def _jsd(
    counted: Sequence[Stretch], length: float, human: Sequence[float], variant: Variant
) -> float:
    if not counted:
        return 1.0
    bins = np.zeros(int(length / BIN_SECONDS) + 1)
    for start, end in counted:
        first, last = int(start / BIN_SECONDS), int(end / BIN_SECONDS)
        bins[first : last + 1] += 1
    bins += _NOTHING
    bins /= bins.sum()
    places = np.linspace(0, 1, len(bins))
    people = np.interp(places, np.linspace(0, 1, len(human)), np.asarray(human, np.float64))
    distance = jensen_shannon_distance(bins, people)
    return distance if variant == "published" else distance**2 / math.log(2)


def jensen_shannon_distance(one: Float64Array, other: Float64Array) -> float:
    """Square root of the Jensen-Shannon divergence in nats (Endres & Schindelin 2003)."""
    p, q = one / one.sum(), other / other.sum()
    middle = (p + q) / 2

    def divergence(x: Float64Array) -> float:
        known = x > 0
        return float((x[known] * np.log(x[known] / middle[known])).sum())

    return math.sqrt(max(0.0, (divergence(p) + divergence(q)) / 2))


class OverlapTiming(msgspec.Struct, frozen=True):
    """Stop and response latencies of v1.5 on one item: intervals, each ``(from, until)``.

    Attributes:
        stop: overlaps of user and system.
        response: from the end of the user's talk to the system's next start.
    """

    stop: tuple[Stretch, ...]
    response: tuple[Stretch, ...]

    @property
    def stop_latencies(self) -> list[float]:
        """Lengths of the overlaps."""
        return [end - start for start, end in self.stop]

    @property
    def response_latencies(self) -> list[float]:
        """Lengths of the silences before the answers."""
        return [end - start for start, end in self.response]


def overlap_timing(user: Sequence[Stretch], system: Sequence[Stretch]) -> OverlapTiming:
    """As published: every overlap, and the silence after every stretch of the user's talk.

    Of several overlaps that end on one millisecond the shortest is kept, and of several silences
    that end on one the shortest; all is rounded to milliseconds.
    """
    heard, spoken = joined(user, USER_MERGE), joined(system, SYSTEM_MERGE)
    stops: dict[int, Stretch] = {}
    for start, end in _overlaps(heard, spoken):
        key = round(end * 1000)
        if key not in stops or end - start < stops[key][1] - stops[key][0]:
            stops[key] = (start, end)
    responses: dict[int, Stretch] = {}
    for _, done in heard:
        following = next((s for s, _ in spoken if s > done), None)
        if following is None:
            continue
        key = round(following * 1000)
        if key not in responses or round(done, 3) > responses[key][0]:
            responses[key] = (round(done, 3), round(following, 3))
    return OverlapTiming(
        tuple((round(s, 3), round(e, 3)) for s, e in sorted(stops.values(), key=lambda x: x[1])),
        tuple(sorted(responses.values(), key=lambda x: x[1])),
    )


def stimulus_timing(
    user: Sequence[Stretch], system: Sequence[Stretch], stimulus: Stretch
) -> OverlapTiming:
    """Corrected: how long the system talks on after the stimulus begins, and when it answers it.

    Args:
        user: the user's talk.
        system: the system's.
        stimulus: where the user speaks over the system.
    """
    heard, spoken = joined(user, USER_MERGE), joined(system, SYSTEM_MERGE)
    onset, done = stimulus
    stop = next((end for start, end in spoken if start < onset < end), None)
    # The user's turn may go on after the part that is marked.
    done = max([done, *(end for start, end in heard if start < done <= end)])
    start = next((s for s, _ in spoken if s > max(done, stop or done)), None)
    return OverlapTiming(
        ((onset, stop),) if stop is not None else (),
        ((done, start),) if start is not None else (),
    )


def _overlaps(user: Sequence[Stretch], system: Sequence[Stretch]) -> list[Stretch]:
    found, i, j = [], 0, 0
    while i < len(user) and j < len(system):
        start, end = max(user[i][0], system[j][0]), min(user[i][1], system[j][1])
        if end > start:
            found.append((start, end))
        if user[i][1] < system[j][1]:
            i += 1
        else:
            j += 1
    return found


def talk_of_words(words: Sequence[TimedWord], gap: float) -> list[Stretch]:
    """Stretches of talk by its words alone: silences up to `gap` are filled."""
    return joined([(w.start, w.known_end) for w in words], gap)


__all__ = [
    "BackchannelScore",
    "OverlapTiming",
    "Stretch",
    "TurnTaken",
    "Variant",
    "backchannels",
    "jensen_shannon_distance",
    "overlap_timing",
    "slowed",
    "stimulus_timing",
    "talk_of_words",
    "turn_taken",
]
