"""Rooms: impulse responses of shoeboxes by the image-source method (Allen and Berkley 1979).

pyroomacoustics (the extra ``rooms``) computes them; a room's are computed once in a process and
kept. Time counts from the direct path of each microphone's own talker.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.errors import InputError, MissingExtraError
from interactspeech.records import Samples
from interactspeech.records.scene import Room
from interactspeech.signal.spectra import fast_length

#: Taps before a path's own sample: the filters that place paths between samples are symmetric.
_HALF = 40
_SOUND = 343.0  # metres a second


def heard_in(room: Room, tracks: Samples, rate: int) -> dict[int, Samples]:
    """What the microphones of a room hear of the talkers in it.

    Args:
        room: see `Room`.
        tracks: clean, shape ``(tracks, samples)``.
        rate: samples a second.

    Returns:
        Index of the track -> samples, as many, with the direct sound of its own talker where it was
        and as loud as it was.

    Raises:
        MissingExtraError: pyroomacoustics is not installed.
        InputError: a room is impossible (reason ``bad-room``).
    """
    responses, delays, gains = _responses(room, rate)
    talkers = [k for k, place in enumerate(room.talkers) if place is not None]
    count = tracks.shape[1]
    longest = max(len(response) for paths in responses.values() for response in paths)
    size = fast_length(count + longest)
    spectra = {k: np.fft.rfft(tracks[k], size) for k in talkers}
    found: dict[int, Samples] = {}
    for microphone, paths in responses.items():
        total = sum(
            spectra[talker] * np.fft.rfft(path, size)
            for talker, path in zip(talkers, paths, strict=True)
        )
        first = delays[microphone]
        mixed = np.fft.irfft(total, size)[first : first + count]
        found[microphone] = np.asarray(mixed * np.float32(gains[microphone]), np.float32)
    return found


Responses = dict[int, list[Float32Array]]


@lru_cache(maxsize=256)
def _responses(room: Room, rate: int) -> tuple[Responses, dict[int, int], dict[int, float]]:
    """Of each microphone: the response to each talker, its own talker's delay and 1/gain."""
    try:
        import pyroomacoustics
    except ImportError:
        raise MissingExtraError("pyroomacoustics", "rooms", "A scene with a room") from None
    try:
        absorption, order = pyroomacoustics.inverse_sabine(room.rt60, room.size)
        box = pyroomacoustics.ShoeBox(
            room.size,
            fs=rate,
            materials=pyroomacoustics.Material(absorption),
            max_order=order,
            air_absorption=False,
        )
        for place in filter(None, room.talkers):
            box.add_source(place)
        places = {k: place for k, place in enumerate(room.microphones) if place is not None}
        box.add_microphone(np.array(list(places.values())).T)
        box.compute_rir()
    except (ValueError, AssertionError) as error:
        raise InputError(f"no room can be made of {room}: {error}", reason="bad-room") from None
    responses: Responses = {}
    delays: dict[int, int] = {}
    gains: dict[int, float] = {}
    for paths, (k, place) in zip(box.rir, places.items(), strict=True):
        talker = room.talkers[k]
        if talker is None:
            raise InputError(
                f"track {k} has a microphone in {room} and no talker", reason="bad-room"
            )
        distance = float(np.linalg.norm(np.subtract(place, talker)))
        responses[k] = [np.asarray(path, np.float32) for path in paths]
        delays[k] = round(distance / _SOUND * rate) + _HALF
        gains[k] = distance  # its paths have the gain 1/distance
    return responses, delays, gains
