"""Drawing scenes: where a dialogue takes place, by preset, keyed by seed and dialogue id.

Levels of noise are ours: 20 dB and more, as headsets and telephones give in quiet places, for the
light preset; 5 to 20 dB, as distant microphones give among people, for the heavy one. Reverberation
of furnished rooms is 0.2 to 0.5 s. The telephone's band is 300 to 3,400 Hz (ITU-T G.712).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from interactspeech.errors import UsageError
from interactspeech.records.scene import Channel, Codec, Noise, NoiseKind, Point, Room, Scene
from interactspeech.seeds import generator

#: Number of different rooms, for all seeds: few enough that a process can cache their responses.
_ROOMS = 48
_TELEPHONE = (300.0, 3400.0)


class Preset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Shares and ranges of what is drawn.

    Attributes:
        telephone: share of dialogues by telephone (both channels), each with a codec of `codecs`.
        codecs: of telephone dialogues.
        together, apart: share of the other dialogues in one room, and in two; the rest have
            microphones at the mouth.
        distance: metres from mouth to microphone, in rooms.
        rt60: reverberation time, seconds.
        noisy: share of channels with noise.
        kinds: of noise.
        snr: signal-to-noise ratio, dB.
        bleeding: share of dialogues (outside one room) with crosstalk between the channels.
        bleed: level of the crosstalk, dB.
    """

    telephone: float
    codecs: tuple[Codec, ...]
    together: float
    apart: float
    distance: tuple[float, float]
    rt60: tuple[float, float]
    noisy: float
    kinds: tuple[NoiseKind, ...]
    snr: tuple[float, float]
    bleeding: float
    bleed: tuple[float, float]


PRESETS = {
    "light": Preset(
        telephone=0.4,
        codecs=("ulaw", "alaw"),
        together=0.0,
        apart=0.0,
        distance=(0.02, 0.05),
        rt60=(0.2, 0.3),
        noisy=0.8,
        kinds=("pink", "hum", "street"),
        snr=(20.0, 40.0),
        bleeding=0.3,
        bleed=(-50.0, -30.0),
    ),
    "heavy": Preset(
        telephone=0.4,
        codecs=("ulaw", "alaw", "gsm", "gsm", "opus"),
        together=0.4,
        apart=0.4,
        distance=(0.3, 1.5),
        rt60=(0.2, 0.5),
        noisy=1.0,
        kinds=("pink", "street", "babble", "babble"),
        snr=(5.0, 20.0),
        bleeding=0.6,
        bleed=(-35.0, -15.0),
    ),
}


def draw(
    preset: str | Preset,
    seed: int,
    dialogue_id: str,
    speakers: int = 2,
    *,
    files: Sequence[str] = (),
) -> Scene:
    """The scene of a dialogue; the same for the same arguments, whatever else is made.

    Args:
        preset: ``"off"``, ``"light"``, ``"heavy"``, or your own.
        seed: of the corpus.
        dialogue_id: of the dialogue.
        speakers: number of tracks.
        files: names of recorded noises in a folder; where there are some, they are drawn instead of
            made ones.

    Raises:
        InputError: there is no such preset (reason ``usage``).
    """
    name = preset if isinstance(preset, str) else ""
    if preset == "off":
        return Scene()
    if isinstance(preset, str):
        if preset not in PRESETS:
            raise UsageError(
                f"there are no acoustics called {preset!r}",
                remedy=f"there are: off, {', '.join(PRESETS)}",
            )
        preset = PRESETS[preset]
    rng = generator(seed, dialogue_id, "acoustics")
    phone = rng.random() < preset.telephone
    codec: Codec = preset.codecs[int(rng.integers(len(preset.codecs)))] if phone else "pcm"
    where = rng.random()
    rooms: tuple[Room, ...] = ()
    if where < preset.together + preset.apart:
        rooms = _rooms(preset, rng, speakers, together=where < preset.together and not phone)
    # Who talks on the telephone hears the other late, in the echo of their loudspeaker.
    leak = rng.random() < preset.bleeding and len(rooms) != 1
    delay = float(rng.uniform(0.05, 0.25)) if phone or rooms else float(rng.uniform(1e-3, 4e-3))
    channels = []
    for index in range(speakers):
        bleed = round(float(rng.uniform(*preset.bleed)), 1)
        noises = _noises(preset, rng, files)
        channels.append(
            Channel(
                room=(index if len(rooms) > 1 else 0) if rooms else -1,
                bleed=bleed if leak else None,
                bleed_delay=round(delay, 4) if leak else 0.0,
                noises=noises,
                band=_TELEPHONE if phone and codec != "opus" else (0.0, 0.0),
                codec=codec,
            )
        )
    return Scene(preset=name, channels=tuple(channels), rooms=rooms)


def _noises(preset: Preset, rng: np.random.Generator, files: Sequence[str]) -> tuple[Noise, ...]:
    noisy, kind = rng.random() < preset.noisy, preset.kinds[int(rng.integers(len(preset.kinds)))]
    snr, seed = round(float(rng.uniform(*preset.snr)), 1), int(rng.integers(2**31))
    if not noisy:
        return ()
    if files:
        return (Noise("file", snr, seed, files[seed % len(files)]),)
    return (Noise(kind, snr, seed),)


def _rooms(
    preset: Preset, rng: np.random.Generator, speakers: int, *, together: bool
) -> tuple[Room, ...]:
    numbers = rng.integers(_ROOMS, size=speakers)
    if together:
        return (_room(preset, int(numbers[0]), list(range(speakers)), speakers),)
    return tuple(_room(preset, int(numbers[k]), [k], speakers) for k in range(speakers))


def _room(preset: Preset, number: int, inside: list[int], speakers: int) -> Room:
    """A room by its number: talkers around a table, each with a microphone before them."""
    rng = generator(0, "room", number, str(preset.distance), str(preset.rt60), len(inside))
    size = (
        round(float(rng.uniform(3.2, 6.5)), 2),
        round(float(rng.uniform(2.8, 5.0)), 2),
        round(float(rng.uniform(2.4, 3.2)), 2),
    )
    middle = np.array([size[0] / 2, size[1] / 2]) + rng.uniform(-0.2, 0.2, 2)
    angle = float(rng.uniform(0, 2 * np.pi))
    radius = float(rng.uniform(0.6, 0.9))
    talkers: list[Point | None] = [None] * speakers
    microphones: list[Point | None] = [None] * speakers
    for turn, k in enumerate(inside):
        direction = angle + 2 * np.pi * turn / max(len(inside), 2)
        towards = np.array([np.cos(direction), np.sin(direction)])
        mouth = middle + radius * towards
        away = min(float(rng.uniform(*preset.distance)), 2 * radius)
        stand = mouth - away * towards
        height = float(rng.uniform(1.1, 1.3))
        talkers[k] = _point(mouth, height)
        microphones[k] = _point(stand, height - min(0.25, 0.4 * away))
    rt60 = round(float(rng.uniform(*preset.rt60)), 2)
    return Room(size=size, rt60=rt60, talkers=tuple(talkers), microphones=tuple(microphones))


def _point(place: np.ndarray[tuple[int], np.dtype[np.float64]], height: float) -> Point:
    return (round(float(place[0]), 3), round(float(place[1]), 3), round(height, 3))
