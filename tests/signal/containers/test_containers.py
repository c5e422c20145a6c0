"""Containers and their promises: what each does with a length that is open, wrong or not kept.

The table `MATRIX` is the one of docs/recordings.md, row by row.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from container_bytes import (
    AIFF,
    AU,
    CAF,
    FLAC,
    FORMAT,
    NOISE,
    OPUS,
    PCM,
    RATE,
    SAMPLES,
    SECONDS,
    SOUND,
    VORBIS,
    W64,
    WAV,
    aiff_sizes,
    caf_size,
    chunk,
    cut,
    flac_total,
    late,
    lying_mp3,
    mp3,
    muxed,
    patched,
    picture,
    rf64,
    sphere,
    voc,
    voc_block,
    w64_size,
    wav_of,
    wav_sizes,
    without_eos,
    written,
)

from interactspeech.errors import InputError
from interactspeech.signal.containers import inspect
from interactspeech.signal.decoders import open_audio
from interactspeech.signal.recording import Recording

DOCS = Path(__file__).parents[3] / "docs" / "recordings.md"
#: (container, situation) -> bytes, seconds that are read (None: refused as truncated), and a word
#: of the note ("" for none).
CASES: dict[tuple[str, str], tuple[Callable[[], bytes], float | None, str]] = {
    ("WAV", "known"): (lambda: WAV, 3, ""),
    ("WAV", "unknown"): (lambda: wav_sizes(WAV, 0, 0), 3, "leaves the length open"),
    **{
        ("WAV", f"placeholder {size:x}"): (
            lambda size=size: wav_sizes(WAV, size, size), 3, "leaves the length open"
        )
        for size in (0x7FFFFFFF, 0x7FFFF000, 0x7FFFFF00, 0x7FFFFFFF - 36, 0x7FFF0000, 0x80000000,
                     0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFF00, 0xFFFFFFFF - 44, 0x40000000)
    },
    ("WAV", "truncated"): (lambda: cut(WAV), None, ""),
    ("WAV", "chained"): (lambda: WAV + WAV, 6, "2 files one after the other"),
    ("WAV", "chained placeholders"): (
        lambda: wav_sizes(WAV, 0xFFFFFFFF, 0xFFFFFFFF) * 3, 9, "3 files one after the other"
    ),
    ("WAV", "half promised"): (lambda: wav_sizes(WAV, 36 + PCM // 2, PCM // 2), 3, "goes on"),
    ("WAV", "extra bytes"): (lambda: WAV + NOISE, 3, "50,000 bytes behind"),
    ("WAV", "chunk behind"): (lambda: WAV + b"LIST" + struct.pack("<I", 400) + bytes(400), 3, ""),
    ("WAV", "ID3 tag behind"): (lambda: WAV + b"TAG" + bytes(125), 3, "an ID3v1 tag"),
    ("WAV", "IMA ADPCM"): (lambda: written("WAV", subtype="IMA_ADPCM"), 3, ""),
    ("WAV", "MS ADPCM"): (lambda: written("WAV", subtype="MS_ADPCM"), 3, ""),
    ("WAV", "MS ADPCM, odd byte rate"): (
        lambda: patched(written("WAV", subtype="MS_ADPCM"), 28, struct.pack("<I", 99_999)), 3, ""
    ),
    ("WAV", "IMA ADPCM, unknown"): (
        lambda: wav_sizes(written("WAV", subtype="IMA_ADPCM"), 0, 0), 3, "leaves the length open"
    ),
    ("WAV", "IMA ADPCM, truncated"): (lambda: cut(written("WAV", subtype="IMA_ADPCM")), None, ""),
    ("WAV", "mu-law, placeholder"): (
        lambda: wav_sizes(written("WAV", subtype="ULAW"), 0x7FFFFFF0, 0x7FFFFFF0), 3, "open"
    ),
    ("RF64", "known"): (rf64, 3, ""),
    ("RF64", "unknown"): (lambda: rf64(0), 3, "leaves the length open"),
    ("RF64", "placeholder"): (lambda: rf64(2**64 - 1), 3, "leaves the length open"),
    ("RF64", "truncated"): (lambda: cut(rf64()), None, ""),
    ("RF64", "chained"): (lambda: rf64() + rf64(), 6, "2 files"),
    ("RF64", "extra bytes"): (lambda: rf64() + NOISE, 3, "50,000 bytes behind"),
    ("W64", "known"): (lambda: W64, 3, ""),
    ("W64", "unknown"): (lambda: w64_size(24), 3, "leaves the length open"),
    ("W64", "placeholder"): (lambda: w64_size(2**63 - 1), 3, "leaves the length open"),
    ("W64", "truncated"): (lambda: cut(W64), None, ""),
    ("W64", "extra bytes"): (lambda: W64 + NOISE, 3, "bytes behind"),
    ("AIFF", "known"): (lambda: AIFF, 3, ""),
    ("AIFF", "unknown"): (lambda: aiff_sizes(0, 0), 3, "leaves the length open"),
    ("AIFF", "placeholder"): (lambda: aiff_sizes(0xFFFFFFFF, 0xFFFFFFFF), 3, "open"),
    ("AIFF", "no frames"): (lambda: aiff_sizes(0, PCM + 8), 3, "leaves the length open"),
    ("AIFF", "truncated"): (lambda: cut(AIFF), None, ""),
    ("AIFF", "extra bytes"): (lambda: AIFF + NOISE, 3, "bytes behind"),
    ("AU", "known"): (lambda: AU, 3, ""),
    ("AU", "unknown"): (lambda: patched(AU, 8, b"\xff" * 4), 3, "leaves the length open"),
    ("AU", "placeholder"): (lambda: patched(AU, 8, b"\x7f\xff\xf0\0"), 3, "open"),
    ("AU", "truncated"): (lambda: cut(AU), None, ""),
    ("AU", "half promised"): (lambda: patched(AU, 8, struct.pack(">I", PCM // 2)), 3, "goes on"),
    ("AU", "extra bytes"): (lambda: AU + NOISE, 3, "50,000 bytes behind"),
    ("SPHERE", "known"): (lambda: sphere(len(SOUND)), 3, ""),
    ("SPHERE", "unknown"): (lambda: sphere(None), 3, "leaves the length open"),
    ("SPHERE", "truncated"): (lambda: cut(sphere(len(SOUND))), None, ""),
    ("SPHERE", "half promised"): (lambda: sphere(len(SOUND) // 2), 3, "goes on"),
    ("SPHERE", "extra bytes"): (lambda: sphere(len(SOUND)) + NOISE, 3, "50,000 bytes behind"),
    ("VOC", "known"): (lambda: voc(voc_block()), 3, ""),
    ("VOC", "unknown"): (lambda: voc(voc_block(0), end=False), 3, "leaves the length open"),
    ("VOC", "truncated"): (lambda: cut(voc(voc_block())), None, ""),
    ("VOC", "extra bytes"): (lambda: voc(voc_block()) + NOISE, 3, "50,000 bytes behind"),
    ("CAF", "known"): (lambda: CAF, 3, ""),
    ("CAF", "unknown"): (lambda: caf_size(-1), 3, "leaves the length open"),
    ("CAF", "truncated"): (lambda: cut(CAF), None, ""),
    ("FLAC", "known"): (lambda: FLAC, 3, ""),
    ("FLAC", "unknown"): (lambda: flac_total(FLAC, 0), 3, "leaves the length open"),
    ("FLAC", "placeholder"): (lambda: flac_total(FLAC, 2**36 - 1), 3, "leaves the length open"),
    ("FLAC", "truncated"): (lambda: cut(FLAC), None, ""),
    ("FLAC", "unknown, last frame incomplete"): (lambda: flac_total(FLAC, 0)[:-100], 2.8, "open"),
    ("FLAC", "half promised"): (lambda: flac_total(FLAC, len(SOUND) // 2), 3, "all are read"),
    ("FLAC", "chained"): (lambda: FLAC + FLAC, 6, "2 streams one after the other"),
    ("FLAC", "extra bytes"): (lambda: FLAC + b"TAG" + bytes(125), 3, "an ID3v1 tag"),
    ("Ogg", "known"): (lambda: VORBIS, 3, ""),
    ("Ogg", "Opus, known"): (lambda: OPUS, 3, ""),
    ("Ogg", "unknown"): (lambda: without_eos(VORBIS), 3, "does not end the stream"),
    ("Ogg", "Opus, no end of stream"): (lambda: without_eos(OPUS), 3, "does not end the stream"),
    ("Ogg", "truncated"): (lambda: cut(VORBIS), None, ""),
    ("Ogg", "Opus, truncated"): (lambda: cut(OPUS), None, ""),
    ("Ogg", "chained"): (lambda: VORBIS + VORBIS, 6, "2 streams one after the other"),
    ("Ogg", "Opus, chained without ends"): (lambda: without_eos(OPUS) * 3, 9, "3 streams"),
    ("Ogg", "extra bytes"): (lambda: VORBIS + NOISE, 3, "50,000 bytes behind"),
    ("MP3", "known"): (lambda: mp3(header=True), 3, ""),
    ("MP3", "VBR, known"): (lambda: mp3(header=True, mode="VARIABLE"), 3, ""),
    ("MP3", "estimated"): (lambda: mp3(header=False), 3, "no header counts its frames"),
    ("MP3", "VBR, estimated"): (lambda: mp3(header=False, mode="VARIABLE"), 3, "no header counts"),
    ("MP3", "header lies"): (lambda: lying_mp3(10), 3, "all are read"),
    ("MP3", "truncated"): (lambda: cut(mp3(header=True)), None, ""),
    ("MP3", "no header, last frame incomplete"): (
        lambda: mp3(header=False)[:-50], 3, "last frame is incomplete"
    ),
    ("MP3", "chained"): (lambda: mp3(header=True) * 2, 6, "all are read"),
    ("MP3", "cover art"): (lambda: picture() + mp3(header=False), 3, "no header counts"),
    ("MP3", "extra bytes"): (lambda: mp3(header=True) + b"TAG" + bytes(125), 3, ""),
    ("MP4", "known"): (lambda: muxed("mp4", "aac"), 3, ""),
    ("MP4", "unknown"): (
        lambda: muxed("mp4", "aac", options={"movflags": "frag_keyframe+empty_moov"}), 3, ""
    ),
    ("MP4", "truncated"): (
        lambda: cut(muxed("mp4", "aac", options={"movflags": "faststart"})), None, ""
    ),
    ("MP4", "fragments, truncated"): (
        lambda: cut(muxed("mp4", "aac", options={"movflags": "frag_keyframe+empty_moov"})), None, ""
    ),
    ("MP4", "extra bytes"): (lambda: muxed("mp4", "aac") + b"\0\0\0\1" + NOISE, 3, "bytes behind"),
    ("WebM", "known"): (lambda: muxed("webm", "libopus", rate=48_000), 3, ""),
    ("WebM", "unknown"): (
        lambda: muxed("webm", "libopus", options={"live": "1"}, rate=48_000), 3, ""
    ),
    ("W64", "chained"): (lambda: W64 * 2, 6, "2 files one after the other"),
    ("AIFF", "chained"): (lambda: AIFF * 2, 6, "2 files one after the other"),
    ("AU", "chained"): (lambda: AU * 2, 6, "2 files one after the other"),
    ("SPHERE", "chained"): (lambda: sphere(len(SOUND)) * 2, 6, "2 files one after the other"),
    ("SPHERE", "placeholder"): (lambda: sphere(0x7FFFFFFF), 3, "leaves the length open"),
    ("VOC", "chained"): (lambda: voc(voc_block()) * 2, 6, "2 files one after the other"),
    ("VOC", "placeholder"): (lambda: voc(voc_block(0xFFFFFF), end=False), 3, "length open"),
    ("CAF", "placeholder"): (lambda: caf_size(2**62), 3, "leaves the length open"),
    ("CAF", "chained"): (lambda: CAF * 3, 9, "3 files one after the other"),
    ("CAF", "extra bytes"): (lambda: CAF + NOISE, 3, "50,000 bytes behind"),
    ("MP3", "unknown"): (lambda: lying_mp3(0), 3, "all are read"),
    ("MP3", "placeholder"): (lambda: lying_mp3(0xFFFFFFFF), 3, "all are read"),
    ("MP4", "chained"): (lambda: muxed("mp4", "aac") * 2, 3, "another MP4"),
    ("WebM", "extra bytes"): (
        lambda: muxed("webm", "libopus", rate=48_000) + NOISE, 3, "50,000 bytes behind"
    ),
    ("WebM", "truncated"): (lambda: cut(muxed("webm", "libopus", rate=48_000)), None, ""),
}  # fmt: skip


def named(case: tuple[str, str]) -> str:
    return "-".join(case).replace(" ", "_")


@pytest.mark.parametrize("case", CASES, ids=map(named, CASES))
def test_every_container_by_its_promise(case: tuple[str, str], tmp_path: Path) -> None:
    make, seconds, note = CASES[case]
    path = tmp_path / "a.bin"
    path.write_bytes(make())
    if seconds is None:
        with pytest.raises(InputError) as error, Recording.open(path) as recording:
            recording.read(0, recording.samples)
        assert error.value.reason == "truncated-audio", str(error.value)
        return
    with Recording.open(path) as recording:
        sound = recording.read(0, recording.samples)
        lossy = case[0] in {"MP3", "MP4", "WebM"}
        assert (
            seconds - 0.01 <= recording.seconds <= seconds + (0.12 * seconds / 3 if lossy else 0.08)
        )
        notes = " | ".join(recording.notes)
        assert (note in notes) if note else not notes, notes
        assert all(str(path) in one for one in recording.notes)
    # It is the sound that was written, up to a codec's delay.
    rate = recording.rate
    n = int(2.4 * rate)
    written_at = SOUND[:, 0] if rate == RATE else np.interp(
        np.arange(n + rate) * RATE / rate, np.arange(len(SOUND)), SOUND[:, 0]
    )  # fmt: skip
    lags = rate // 5 if lossy else 1
    found, expected = sound[0, : n + lags - 1], written_at[:n]
    cross = np.fft.irfft(
        np.fft.rfft(found, 2 * n + lags) * np.conj(np.fft.rfft(expected, 2 * n + lags))
    )
    best = cross[:lags].max() / np.linalg.norm(found) / np.linalg.norm(expected)
    assert best > 0.9, best
    if seconds > 3:  # and the sound again
        assert np.abs(sound[:, int(5.0 * rate) : int(5.5 * rate)]).max() > 0.1


@pytest.mark.parametrize("case", [c for c in CASES if CASES[c][1] is not None], ids=named)
def test_pieces_are_those_of_the_whole(case: tuple[str, str], tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(CASES[case][0]())
    first, second = open_audio(path), open_audio(path)
    whole = first.read(0, first.samples)
    for start, stop in ((second.samples // 2, second.samples), (100, 9_000), (0, 50)):
        piece = second.read(start, stop)
        tolerance = 0.05 if case[0] in {"MP4", "WebM"} else 1e-5
        assert np.abs(piece - whole[start:stop]).max() <= tolerance
    first.close()
    second.close()


def test_the_matrix_in_the_docs_is_what_happens() -> None:
    """Each row of the docs' table names what the cases above hold."""
    rows = re.findall(r"^\| ([\w\d]+) \|(.+)\|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    columns = (
        "known",
        "unknown",
        "placeholder",
        "estimated",
        "truncated",
        "chained",
        "extra bytes",
    )
    table = {name: dict(zip(columns, cells.split("|"), strict=True)) for name, cells in rows
             if cells.count("|") == len(columns) - 1}  # fmt: skip
    assert {container for container, _ in CASES} <= table.keys()
    for (container, situation), (_, seconds, note) in CASES.items():
        column = next((c for c in columns if situation.split(" ")[0] == c.split(" ")[0]), None)
        if column is None or situation == "unknown, last frame incomplete":
            continue
        expected = "refused" if seconds is None else "note" if note else "read"
        assert table[container][column].split(",")[0].strip() == expected, (container, situation)


def test_a_size_that_passed_4_gb(tmp_path: Path) -> None:
    """A sparse file of 4 GB and a bit, whose data size wrapped around."""
    path = tmp_path / "long.wav"
    size = 2**32 + 64_000
    head = bytearray(wav_sizes(WAV, 64_036, 64_000)[:44])
    with path.open("wb") as file:
        file.write(head)
        file.truncate(44 + size)
    with Recording.open(path) as recording:
        assert recording.samples == size // 4
        assert "passed 4 GB" in recording.notes[0]
        assert recording.read(recording.samples - 10, recording.samples).shape == (2, 10)


@pytest.mark.parametrize("coding", ["pcm,embedded-shorten-v2.00", "ulaw,embedded-shorten-v1.09"])
def test_shorten_is_named_with_its_remedy(tmp_path: Path, coding: str) -> None:
    path = tmp_path / "a.sph"
    path.write_bytes(sphere(len(SOUND), coding=coding))
    with pytest.raises(InputError, match=r"Shorten.*sph2pipe") as error:
        open_audio(path)
    assert error.value.reason == "no-decoder"


def test_several_streams_of_sound_are_noted(tmp_path: Path) -> None:
    path = tmp_path / "two.mka"
    with av.open(str(path), "w", format="matroska") as out:
        streams = [out.add_stream("pcm_s16le", rate=RATE) for _ in range(2)]
        for stream in streams:
            stream.layout = "mono"
        for stream in streams:
            part = (SOUND[:, :1].T * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(part, format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE, 0
            out.mux(stream.encode(frame))
            out.mux(stream.encode())
    with Recording.open(path) as recording:
        assert any("2 streams of sound" in note for note in recording.notes)


@pytest.mark.parametrize(
    ("data", "length"),
    [(WAV, "header"), (wav_sizes(WAV, 0, 0), "counted"), (FLAC, "header"),
     (flac_total(FLAC, 0), "counted"), (mp3(header=True), "header"),
     (mp3(header=False), "counted"), (VORBIS * 2, "counted"), (WAV * 2, "counted")],
)  # fmt: skip
def test_where_lengths_come_from(data: bytes, length: str, tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(data)
    decoder = open_audio(path)
    assert decoder.length == length
    decoder.close()


def test_other_beginnings_are_no_audio(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    for text in (b"hello", b"\xff\xfe\xff\xff", b"{}", b"\x89PNG\r\n"):
        path.write_bytes(text * 100)
        assert inspect(path) is None


def test_a_chunk_without_its_pad_byte_before_the_data(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    odd = chunk(b"LIST", b"INFOISFTabc", pad=False)
    path.write_bytes(wav_of(FORMAT + odd + chunk(b"data", SAMPLES)))
    decoder = open_audio(path)
    assert decoder.samples == SECONDS * RATE
    whole = np.frombuffer(SAMPLES, "<i2").reshape(-1, 2) / 32768
    assert np.array_equal(decoder.read(0, decoder.samples), whole)
    decoder.close()


def test_a_second_data_chunk_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    half = len(SAMPLES) // 2
    path.write_bytes(
        wav_of(FORMAT + chunk(b"data", SAMPLES[:half]) + chunk(b"data", SAMPLES[half:]))
    )
    decoder = open_audio(path)
    assert decoder.samples == SECONDS * RATE / 2
    assert any(f"a second data chunk, of {half:,} bytes" in note for note in decoder.notes)
    decoder.close()


@pytest.mark.parametrize("name", ["a.raw", "a.ulaw", "a.sln", "a.g722"])
def test_samples_without_a_header_are_refused_with_the_remedy(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(SAMPLES)
    with pytest.raises(InputError, match=r"without a header.*ffmpeg -f") as refused:
        open_audio(path)
    assert refused.value.reason == "no-header"


def test_a_wav_may_be_called_raw(tmp_path: Path) -> None:
    path = tmp_path / "a.raw"
    path.write_bytes(written("WAV"))
    decoder = open_audio(path)
    assert (decoder.samples, decoder.channels) == (SECONDS * RATE, 2)
    decoder.close()


def test_what_an_ending_alone_says_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "a.vox"
    path.write_bytes(SAMPLES[:8000])
    decoder = open_audio(path)
    assert any("no header" in note and "8,000 Hz" in note for note in decoder.notes)
    decoder.close()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 9\n", "git lfs pull"),
        (b"\n<!DOCTYPE html><html>Not found</html>", "page or message"),
        (b"\x1f\x8b\x08" + bytes(90), "unpack it"),
        (b"PK\x03\x04" + bytes(90), "unpack it"),
    ],
)
def test_what_lies_in_the_place_of_a_recording_is_named(
    data: bytes, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(data)
    with pytest.raises(InputError, match=said) as refused:
        open_audio(path)
    assert refused.value.reason == "not-audio"


@pytest.mark.parametrize(
    ("kind", "video"), [("matroska", True), ("matroska", False), ("mov", True)]
)
def test_sound_that_begins_late_is_whole_and_said_to_be_late(
    tmp_path: Path, kind: str, video: bool
) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(late(kind, "pcm_s16le", video=video))
    decoder = open_audio(path)
    assert decoder.samples == pytest.approx(RATE, abs=RATE // 100)
    assert any("2.00 s after its picture" in note for note in decoder.notes) == video
    decoder.close()


#: Folder of the shared cases -> file, right seconds (None: refused) and the reason of a refusal.
SHARED_CASES: dict[str, list[tuple[str, tuple[float, float] | None, str]]] = {
    "01-mp3-vbr-no-xing": [("call.mp3", (12, 12.15), ""), ("quiet_first.mp3", (12, 12.15), "")],
    "02-mp3-cbr-no-xing": [("call.mp3", (12, 12.15), "")],
    "03-mp3-cover-art": [("call.mp3", (12, 12.15), "")],
    "05-wav-data-size-0": [("call.wav", (12, 12), "")],
    "06-wav-placeholder-sizes": [
        (f"{name}.wav", (12, 12), "") for name in ("7fffff00", "7fffffdb", "ffffff00")
    ],
    "07-flac-unknown-length": [("call.flac", (12, 12), "")],
    "08-ogg-chained": [("call.opus", (12, 12), "")],
    "09-ogg-without-eos": [("call.opus", (5, 5), "")],
    # Whole blocks of 1,012 and 1,017 samples, as the fact chunks say too.
    "10-wav-adpcm": [
        ("adpcm_ms.wav", (12.0175, 12.0175), ""),
        ("adpcm_ima_wav.wav", (12.076875, 12.076875), ""),
    ],
    "11-sphere-shorten": [("call.sph", None, "no-decoder"), ("pcm.sph", None, "no-decoder")],
    "12-cut-off-elsewhere": [("call.sph", None, "truncated-audio")],
    "13-wav-more-than-header": [("half.wav", (12, 12), ""), ("two.wav", (24, 24), "")],
}


@pytest.mark.parametrize("case", SHARED_CASES)
def test_the_shared_cases(shared_data: Path, case: str) -> None:
    folder = shared_data / "cases" / case
    if not folder.is_dir():
        pytest.skip("the cases are not here")
    with Recording.open(folder.parent / "base" / "b8.wav") as recording:
        undamaged = recording.read(0, recording.samples)
    for name, seconds, reason in SHARED_CASES[case]:
        if seconds is None:
            with pytest.raises(InputError) as error:
                open_audio(folder / name)
            assert error.value.reason == reason
            continue
        with Recording.open(folder / name) as recording:
            assert seconds[0] <= recording.seconds <= seconds[1], name
            found = recording.read(0, recording.samples)
            if recording.rate == 8000:
                n = min(found.shape[1], undamaged.shape[1])
                assert np.corrcoef(found[0, :n], undamaged[0, :n])[0, 1] > 0.99, name


@pytest.mark.parametrize("subtype", ["MS_ADPCM", "IMA_ADPCM"])
def test_all_blocks_of_adpcm_are_read(tmp_path: Path, subtype: str) -> None:
    """Not fewer: libsndfile's own fact chunk states half the samples of a stereo IMA file."""
    path = tmp_path / "a.wav"
    data = written("WAV", subtype=subtype)
    # The nominal rate in place of the average one, as FFmpeg writes it.
    path.write_bytes(patched(data, 28, struct.pack("<I", RATE * 2)))
    with av.open(str(path)) as file:
        decoded = sum(frame.samples for frame in file.decode(audio=0))
    with Recording.open(path) as recording:
        # To the end of the last block, or without what fills it up.
        assert recording.samples in {len(SOUND), decoded}
        assert 0 <= decoded - len(SOUND) < 2048
        assert not recording.notes
        found = recording.read(0, len(SOUND))
    assert np.corrcoef(found[0], SOUND[:, 0])[0, 1] > 0.99
    path.write_bytes(cut(path.read_bytes()))
    with pytest.raises(InputError) as error:
        open_audio(path)
    assert error.value.reason == "truncated-audio"


def test_matroska_files_one_after_the_other_are_refused_by_a_true_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.webm"
    path.write_bytes(muxed("webm", "libopus", rate=48_000) * 2)
    with pytest.raises(InputError, match="another one behind it") as error:
        open_audio(path)
    assert error.value.reason == "no-decoder"


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "AIFF", "AU", "W64", "RF64", "CAF", "VOC", "OGG"])
def test_headers_that_cannot_be_true_are_refused(tmp_path: Path, kind: str) -> None:
    """Any four bytes of a header may become the largest number, and a file may end anywhere."""
    whole = written(kind, SOUND[:600])
    path = tmp_path / "a"
    refused = 0
    for place in range(0, 80, 2):
        for data in (
            whole[:place] + b"\xff\xff\xff\xff" + whole[place + 4 :],
            whole[:place] + b"\x00\xbc\x00\xfa" + whole[place + 4 :],
            whole[: place + 1],
        ):
            path.write_bytes(data)
            try:
                open_audio(path).close()
            except InputError:
                refused += 1
    assert refused
