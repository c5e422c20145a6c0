"""Swapped channels, by voice: an agent has one voice in all calls, and here the other one has it.

Only names that are given by channel can be wrong in this way, and only a voice that is the same in
most calls can show it: a voice agent's, or one person's at a support line. The weights of the
embeddings (`models.embeddings`) are not fetched for this: where they are missing, nothing is said.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from interactspeech._typing import Float32Array, Int64Array
from interactspeech.errors import InputError, MissingResourceError
from interactspeech.evaluation.calls.trust import SPOILS, TrustFinding
from interactspeech.models.catalogue import CAMPPLUS
from interactspeech.models.weights import WeightStore
from interactspeech.signal.intervals import difference
from interactspeech.signal.pages import RATE, AudioSource, at_rate

#: Pieces of a speaker that are listened to, and seconds of each at least and at most.
_PIECES, _LEAST, _MOST = 4, 1.2, 3.0
#: Calls of a name from which its voice is known; mean cosine of its calls from which it is one
#: voice; and by how much the other speaker of a call must be nearer to it.
_CALLS, _ONE_VOICE, _NEARER = 4, 0.55, 0.25


def voice_print(source: AudioSource, own: Int64Array, other: Int64Array, channel: int) -> str:
    """The voice on a channel as base64 of 192 half floats; "" where it cannot be had.

    Args:
        source: the recording.
        own: talk of the speaker, ``(n, 2)`` samples.
        other: talk of the other.
        channel: the speaker's.
    """
    encoder = _encoder()
    if encoder is None:
        return ""
    alone = difference(own, other)
    length = alone[:, 1] - alone[:, 0]
    longest = np.argsort(-length, kind="stable")[:_PIECES]
    found: list[Float32Array] = []
    for start, end in alone[np.sort(longest)].tolist():
        if end - start >= _LEAST * source.rate:
            stop = min(end, start + round(_MOST * source.rate))
            sound = at_rate(source.read(start, stop)[channel : channel + 1], source.rate)[0]
            try:
                found.append(encoder.embed(sound, RATE))
            except InputError:
                continue
    if not found:
        return ""
    return base64.b64encode(_unit(np.mean(found, axis=0)).astype("<f2").tobytes()).decode("ascii")


@lru_cache(maxsize=1)
def _encoder() -> Any:
    """The embeddings of this process, or None where their weights or packages are missing."""
    from interactspeech.models.embeddings import SpeakerEncoder

    try:
        if not WeightStore().has(CAMPPLUS):
            return None
        encoder = SpeakerEncoder()
        encoder.embed(np.linspace(-0.5, 0.5, RATE, dtype=np.float32), RATE)
    except (InputError, MissingResourceError, OSError):
        return None
    return encoder


def swapped_by_voice(
    calls: Sequence[Sequence[tuple[str, str]]],
) -> dict[int, TrustFinding]:
    """Which calls have their channels swapped, by their number.

    Args:
        calls: of each call, (name, voice as `voice_print` gives it) of its two speakers.
    """
    voices: dict[str, dict[int, Float32Array]] = defaultdict(dict)
    for number, speakers in enumerate(calls):
        if len(speakers) == 2 and all(text for _, text in speakers):
            for name, text in speakers:
                voices[name][number] = np.frombuffer(base64.b64decode(text), "<f2").astype(
                    np.float32
                )
    found: dict[int, TrustFinding] = {}
    for name, mine in voices.items():
        if len(mine) < _CALLS:
            continue
        total = np.sum(list(mine.values()), axis=0)
        near = {n: float(one @ _unit(total - one)) for n, one in mine.items()}
        if float(np.median(list(near.values()))) < _ONE_VOICE:
            continue  # another person in each call
        for number, cosine in near.items():
            [other] = [one for one, _ in calls[number] if one != name]
            theirs = float(voices[other][number] @ _unit(total - mine[number]))
            if theirs >= _ONE_VOICE and theirs > cosine + _NEARER:
                found[number] = TrustFinding(
                    "swapped",
                    f"{other} has the voice that {name} has in the other calls (cosine "
                    f"{theirs:.2f}, {name} {cosine:.2f}): the channels are swapped",
                    SPOILS["swapped"],
                    remedy="name the speakers of this call in a table (--names FILE.csv)",
                )
    return found


def _unit(vector: Float32Array) -> Float32Array:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), np.float32)
