"""Bytes of containers, whole, cut, and with lengths that are open or wrong."""

from __future__ import annotations

import io
import struct
import tempfile
from pathlib import Path

import av
import numpy as np
import soundfile
from recordings import smooth_noise

SECONDS, RATE = 3.0, 16_000
SOUND = smooth_noise(SECONDS, RATE, 2)


def written(kind: str, sound: np.ndarray = SOUND, subtype: str | None = None) -> bytes:
    file = io.BytesIO()
    endian = "BIG" if kind in {"AIFF", "AU"} else None
    options = {"endian": endian} if endian else {}
    soundfile.write(file, sound, RATE, format=kind, subtype=subtype, **options)
    return file.getvalue()


def muxed(
    kind: str, codec: str, sound: np.ndarray = SOUND, options: dict[str, str] | None = None,
    rate: int = RATE,
) -> bytes:  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a"
        with av.open(str(path), "w", format=kind, options=options or {}) as out:
            stream = out.add_stream(codec, rate=rate)
            stream.layout = "stereo"
            convert = av.AudioResampler(format=stream.format.name, layout="stereo", rate=rate)
            for start in range(0, len(sound), 960):
                part = np.ascontiguousarray(sound[start : start + 960].T)
                frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
                frame.sample_rate, frame.pts = RATE, start
                for one in convert.resample(frame):
                    out.mux(stream.encode(one))
            for one in convert.resample(None):
                out.mux(stream.encode(one))
            out.mux(stream.encode())
        return path.read_bytes()


def patched(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def wav_sizes(data: bytes, riff: int, size: int) -> bytes:
    at = data.index(b"data") + 4
    return patched(patched(data, at, struct.pack("<I", size)), 4, struct.pack("<I", riff))


def rf64(size: int | None = None, *, declared: int = 0xFFFFFFFF) -> bytes:
    wav = written("WAV")
    body = wav[wav.index(b"data") + 8 :]
    size = len(body) if size is None else size
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, (len(wav) + 28) % 2**64, size, 0, 0)
    fmt = wav[12 : wav.index(b"data")]
    head = b"RF64" + struct.pack("<I", 0xFFFFFFFF) + b"WAVE" + ds64 + fmt
    return head + b"data" + struct.pack("<I", declared) + body


def mp3(*, header: bool, mode: str = "CONSTANT") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, SOUND, RATE, format="MP3", bitrate_mode=mode)
    data = file.getvalue()
    if header:
        return data
    size = next(
        at for at in range(4, len(data)) if data[at : at + 2] == data[:2] and b"LAME" in data[:at]
    )
    return data[size:]


def flac_total(data: bytes, total: int) -> bytes:
    packed = int.from_bytes(data[18:26], "big") >> 36 << 36 | total
    return patched(data, 18, packed.to_bytes(8, "big"))


def sphere(count: int | None, sound: np.ndarray = SOUND, coding: str = "pcm") -> bytes:
    lines = ["NIST_1A", "   1024", "channel_count -i 2", f"sample_rate -i {RATE}",
             "sample_n_bytes -i 2", "sample_byte_format -s2 01",
             f"sample_coding -s{len(coding)} {coding}"]  # fmt: skip
    if count is not None:
        lines.append(f"sample_count -i {count}")
    head = "\n".join([*lines, "end_head", ""]).encode()
    return head.ljust(1024) + (sound * 32767).astype("<i2").tobytes()


def voc(*blocks: bytes, end: bool = True) -> bytes:
    return (
        b"Creative Voice File\x1a" + struct.pack("<HHH", 26, 0x010A, 0x1129) + b"".join(blocks)
        + (b"\0" if end else b"")
    )  # fmt: skip


def voc_block(size: int | None = None) -> bytes:
    body = struct.pack("<IBBHI", RATE, 16, 2, 4, 0) + (SOUND * 32767).astype("<i2").tobytes()
    size = len(body) if size is None else size
    return b"\x09" + size.to_bytes(3, "little") + body


def without_eos(ogg: bytes) -> bytes:
    """An Ogg file whose last page does not end the stream, with the right checksum."""
    at = ogg.rindex(b"OggS")
    page = bytearray(ogg[at:])
    page[5] &= ~4
    page[22:26] = bytes(4)
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 1 << 31 else 0)) & 0xFFFFFFFF
    page[22:26] = struct.pack("<I", value)
    return ogg[:at] + bytes(page)


WAV, AIFF, AU, W64, FLAC = (written(kind) for kind in ("WAV", "AIFF", "AU", "W64", "FLAC"))
VORBIS, OPUS = written("OGG"), written("OGG", subtype="OPUS")
CAF = written("CAF")
PCM = len(SOUND) * 4
NOISE = np.random.default_rng(1).bytes(50_000)


def cut(data: bytes) -> bytes:
    return data[: len(data) * 2 // 3]


def w64_size(size: int) -> bytes:
    return patched(W64, W64.index(b"data\xf3\xac") + 16, struct.pack("<Q", size))


def aiff_sizes(frames: int, chunk: int) -> bytes:
    data = patched(AIFF, AIFF.index(b"COMM") + 10, struct.pack(">I", frames))
    return patched(data, data.index(b"SSND") + 4, struct.pack(">I", chunk))


def caf_size(size: int) -> bytes:
    return patched(CAF, CAF.index(b"data") + 4, struct.pack(">q", size))


def lying_mp3(frames: int) -> bytes:
    data = mp3(header=True)
    at = min(data.find(name) for name in (b"Xing", b"Info") if name in data)
    return patched(data, at + 8, struct.pack(">I", frames))


def picture() -> bytes:
    body = b"APIC" + struct.pack(">I", 60_000) + b"\0\0" + b"\xff\xfb\x90\x64" * 15_000
    size = len(body)
    coded = bytes((size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127))
    return b"ID3\x03\0\0" + coded + body


def wav_of(chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def chunk(name: bytes, body: bytes, pad: bool = True) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2 and pad)


FORMAT = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 2, RATE, 4 * RATE, 4, 16))
SAMPLES = written("WAV")[-4 * int(SECONDS * RATE) :]


def late(kind: str, codec: str, *, video: bool) -> bytes:
    """A file whose sound, of a second, begins at 2 s."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a"
        with av.open(str(path), "w", format=kind) as out:
            if video:
                picture = out.add_stream("mpeg4", rate=10)
                picture.width = picture.height = 64
                picture.pix_fmt = "yuv420p"
            stream = out.add_stream(codec, rate=RATE)
            stream.layout = "mono"
            if video:
                for number in range(30):
                    frame = av.VideoFrame(64, 64, "yuv420p")
                    frame.pts = number
                    out.mux(picture.encode(frame))
                out.mux(picture.encode())
            for start in range(0, RATE, 1000):
                part = np.full((1, 1000), start, np.int16)
                frame = av.AudioFrame.from_ndarray(part, format="s16", layout="mono")
                frame.sample_rate, frame.pts = RATE, 2 * RATE + start
                out.mux(stream.encode(frame))
            out.mux(stream.encode())
        return path.read_bytes()
