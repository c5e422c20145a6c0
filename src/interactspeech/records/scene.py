"""The acoustic scene of a dialogue: everything that made what is heard of the clean tracks.

A scene is plain data. `interactspeech.rendering.acoustics` draws scenes and applies them; together
with the clean tracks a scene gives the same sound again, sample for sample.
"""

from __future__ import annotations

from typing import Literal

import msgspec

#: A point in a room, metres.
Point = tuple[float, float, float]

NoiseKind = Literal["pink", "hum", "street", "babble", "file"]

#: ``pcm`` is none; ``ulaw`` and ``alaw`` are ITU-T G.711, ``gsm`` is GSM 06.10, ``amr`` is AMR at
#: 12.2 kbit/s, all at 8 kHz; ``opus`` is RFC 6716 at 16 kHz.
Codec = Literal["pcm", "ulaw", "alaw", "gsm", "amr", "opus"]


class Noise(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A noise on one channel.

    Attributes:
        kind: what it is; ``babble`` is made of the dialogue's own voices.
        snr: level of the channel's own speech over it, dB.
        seed: of what is random in it.
        file: its name in the noise folder, for ``file``.
    """

    kind: NoiseKind
    snr: float
    seed: int = 0
    file: str = ""


class Room(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A shoebox with talkers and microphones in it.

    Attributes:
        size: length, width, height, metres.
        rt60: reverberation time, seconds.
        talkers: places of the speakers who are in it, by index of the track; None for who is not.
        microphones: places of the microphones of the same tracks.
    """

    size: Point
    rt60: float
    talkers: tuple[Point | None, ...]
    microphones: tuple[Point | None, ...]


class Channel(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What happens to one track.

    Attributes:
        room: index in `Scene.rooms`, or -1: a microphone at the mouth.
        bleed: level of crosstalk: the others in this channel against their own channels, dB; None
            for none. (In a room, everyone in it is picked up as well.)
        bleed_delay: seconds by which they come late.
        noises: on this channel.
        band: hertz between which the channel passes; (0, 0) for everything.
        codec: what it went through.
        gain: dB on everything, before the codec.
    """

    room: int = -1
    bleed: float | None = None
    bleed_delay: float = 0.0
    noises: tuple[Noise, ...] = ()
    band: tuple[float, float] = (0.0, 0.0)
    codec: Codec = "pcm"
    gain: float = 0.0


class Scene(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where a dialogue takes place and how it is recorded: one channel a track.

    Attributes:
        preset: what it was drawn from ("light", "heavy"; "" for one's own).
        channels: by index of the track; tracks beyond the last stay as they are.
        rooms: that channels point to.
    """

    preset: str = ""
    channels: tuple[Channel, ...] = ()
    rooms: tuple[Room, ...] = ()

    def __post_init__(self) -> None:
        for channel in self.channels:
            if not -1 <= channel.room < len(self.rooms):
                raise ValueError(f"a channel is in room {channel.room} of {len(self.rooms)}")
