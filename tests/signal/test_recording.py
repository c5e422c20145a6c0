"""Recordings read piece by piece: the samples of the whole, and a clear error for bad files."""

import itertools
import os
import random
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from recordings import smooth_noise as noise

from interactspeech.errors import InputError
from interactspeech.signal.decoders import open_audio
from interactspeech.signal.recording import Recording, RecordingTrack


def write_media(path: Path, samples: np.ndarray, rate: int, *, video: bool = False) -> Path:
    """An M4A, or a video with this sound."""
    with av.open(str(path), "w") as out:
        audio = out.add_stream("aac", rate=rate)
        audio.layout = "stereo" if samples.shape[1] == 2 else "mono"
        if video:
            picture = out.add_stream("mpeg4", rate=5)
            picture.width, picture.height, picture.pix_fmt = 32, 32, "yuv420p"
            for _ in range(int(len(samples) / rate * 5)):
                frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
                out.mux(picture.encode(frame))
            out.mux(picture.encode())
        for start in range(0, len(samples), 1024):
            part = np.ascontiguousarray(samples[start : start + 1024].T)
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout=audio.layout.name)
            frame.sample_rate = rate
            frame.pts = start
            out.mux(audio.encode(frame))
        out.mux(audio.encode())
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("audio")
    made = {}
    for name, rate, channels, options in (
        ("wav", 44_100, 2, {"subtype": "PCM_16"}), ("float.wav", 8_000, 1, {"subtype": "FLOAT"}),
        ("flac", 16_000, 2, {}), ("mp3", 22_050, 2, {}), ("ogg", 48_000, 2, {}),
        ("opus.ogg", 48_000, 1, {"subtype": "OPUS"}), ("aiff", 11_025, 1, {}),
    ):  # fmt: skip
        made[name] = folder / f"a.{name}"
        soundfile.write(made[name], noise(12.4, rate, channels), rate, **options)
    made["m4a"] = write_media(folder / "a.m4a", noise(12.4, 44_100, 2), 44_100)
    made["mp4"] = write_media(folder / "a.mp4", noise(12.4, 48_000, 1), 48_000, video=True)
    return made


KINDS = ("wav", "float.wav", "flac", "mp3", "ogg", "opus.ogg", "aiff", "m4a", "mp4")


#: Where a decoder's arithmetic depends on what it decoded before: MP3's in the last bit; AAC fills
#: bands with noise that it draws anew.
INEXACT = {"mp3": 1e-6, "m4a": 0.05, "mp4": 0.05}


def same(read: np.ndarray, expected: np.ndarray, kind: str) -> None:
    assert read.shape == expected.shape
    assert np.abs(read - expected).max(initial=0.0) <= INEXACT.get(kind, 0.0)


@pytest.mark.parametrize("kind", KINDS)
@settings(
    max_examples=6, deadline=None, suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking would decode for minutes
)  # fmt: skip
@given(data=st.data())
def test_pieces_in_any_order_are_those_of_the_whole(files, kind: str, data) -> None:
    rate = data.draw(st.sampled_from([None, 16_000, 24_000]))
    with Recording.open(files[kind], rate) as one, Recording.open(files[kind], rate) as other:
        whole = one.read(0, one.samples)
        for _ in range(3):
            start = data.draw(st.integers(0, other.samples))
            stop = data.draw(st.integers(start, other.samples))
            same(other.read(start, stop), whole[:, start:stop], kind)
        length = data.draw(st.integers(20_000, 200_000))
        hop = data.draw(st.sampled_from([None, length // 2, length * 2]))
        for start, block in other.blocks(length, hop):
            same(block, whole[:, start : start + length], kind)


@pytest.mark.parametrize("kind", KINDS)
def test_the_whole_is_what_was_written(files, kind: str) -> None:
    with Recording.open(files[kind]) as recording:
        written = noise(12.4, recording.rate, recording.channels).T
        read = recording.read(0, recording.samples)
        assert abs(recording.seconds - 12.4) < 0.1  # encoders pad
        n = min(read.shape[1], written.shape[1])
        exact = kind in {"wav", "float.wav", "flac", "aiff"}
        error = np.abs(read[:, :n] - written[:, :n]).mean()
        assert error < (1e-4 if exact else 0.02), "the sound is another, or has moved"


def test_resampling_equals_that_of_the_whole_at_once(files) -> None:
    import soxr

    with Recording.open(files["wav"], 16_000) as recording:
        read = recording.read(0, recording.samples)
    whole = soxr.resample(soundfile.read(files["wav"], dtype="float32")[0], 44_100, 16_000).T
    assert read.shape == whole.shape
    assert np.abs(read - whole).max() < 1e-6


def test_one_file_per_speaker_side_by_side(tmp_path) -> None:
    a, b = noise(2.0, 16_000, seed=1), noise(2.4, 8_000, seed=2)
    soundfile.write(tmp_path / "a.wav", a, 16_000, subtype="FLOAT")
    soundfile.write(tmp_path / "b.wav", b, 8_000, subtype="FLOAT")
    with Recording.open([tmp_path / "a.wav", tmp_path / "b.wav"]) as both:
        assert (both.channels, both.rate, both.samples, both.padded) == (2, 16_000, 38_400, 6_400)
        read = both.read(0, both.samples)
        assert np.array_equal(read[0, :32_000], a[:, 0])
        assert not read[0, 32_000:].any()
        assert np.abs(read[1]).max() > 0.1
    with pytest.raises(InputError, match=r"2\.00 s long and b\.wav") as error:
        Recording.open([tmp_path / "a.wav", tmp_path / "b.wav"], tolerance=0.1)
    assert error.value.reason == "unequal-lengths"


def test_one_channel_of_a_file_and_the_mix_of_all(tmp_path) -> None:
    both = noise(1.5, 16_000, 2)
    soundfile.write(tmp_path / "a.wav", both, 16_000, subtype="FLOAT")
    with Recording.open(RecordingTrack(tmp_path / "a.wav", 1)) as right:
        assert np.array_equal(right.read(0, right.samples), both[:, 1:].T)
    with Recording.open(tmp_path / "a.wav", mix=True) as mixed:
        assert mixed.channels == 1
        assert np.allclose(mixed.read(0, 100), both[:100].mean(axis=1), atol=1e-7)
        assert mixed.levels().products.shape == (2, 2)
    with pytest.raises(InputError, match="none of number 2") as error:
        Recording.open(RecordingTrack(tmp_path / "a.wav", 2))
    assert error.value.reason == "no-such-channel"


def test_levels_tell_twins_from_strangers_and_silence(tmp_path) -> None:
    left, right = noise(31.0, 8_000, 2).T
    soundfile.write(
        tmp_path / "a.wav",
        np.stack([left, left / 2, right, 0 * left], axis=1),
        8_000,
        subtype="FLOAT",
    )
    with Recording.open(tmp_path / "a.wav") as recording:
        for levels in (recording.levels(), recording.levels(sample=2)):
            assert levels.correlation(0, 1) == pytest.approx(1.0)
            assert abs(levels.correlation(0, 2)) < 0.1
            assert levels.likeness(0, 1) == pytest.approx(1.0)
            assert abs(levels.likeness(0, 2)) < 0.2
            assert levels.likeness(0, 3) == 0.0
            assert levels.correlation(0, 3) == 0.0
            assert levels.rms[1] == pytest.approx(levels.rms[0] / 2)
            assert levels.peak[3] == 0.0
        assert recording.levels().samples == recording.samples
        assert recording.levels(sample=2).samples == 11 * 8_000  # the first chunk and the last


def corrupted(files, tmp_path: Path, what: str) -> Path:
    path = tmp_path / "bad.wav"
    if what == "missing":
        return path
    if what == "folder":
        path.mkdir()
    elif what == "empty":
        path.touch()
    elif what == "no samples":
        soundfile.write(path, np.zeros((0, 1)), 8_000)
    elif what == "text":
        path.write_text("A: Hello?\nB: Hi.\n" * 100)
    elif what == "nan":
        samples = noise(12.0, 8_000)
        samples[90_000] = np.nan
        soundfile.write(path, samples, 8_000, subtype="FLOAT")
    elif what == "page of html":
        path = path.with_suffix(".mp3")
        path.write_text("<!doctype html><title>404</title>" * 50)
    else:
        kind = what.split()[1]
        data = files[kind].read_bytes()
        path = tmp_path / f"bad.{kind}"
        path.write_bytes(data[: len(data) * 2 // 3])
    return path


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("missing", "missing-file"), ("folder", "unreadable"), ("empty", "empty-audio"),
        ("no samples", "empty-audio"), ("text", "not-audio"), ("page of html", "not-audio"),
        ("nan", "not-finite"),
        *((f"truncated {k}", "truncated-audio") for k in ("wav", "flac", "mp3", "ogg", "m4a")),
    ],
)  # fmt: skip
def test_bad_files_are_named(files, tmp_path, what: str, reason: str) -> None:
    path = corrupted(files, tmp_path, what)
    with pytest.raises(InputError) as error, Recording.open(path) as recording:
        for _ in recording.blocks(16_000):
            pass
    assert error.value.reason == reason
    assert error.value.path == path


def test_a_wrong_ending_does_not_matter(files, tmp_path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(files["mp3"].read_bytes())
    with Recording.open(path) as recording, Recording.open(files["mp3"]) as right:
        assert np.array_equal(recording.read(0, 1000), right.read(0, 1000))


def test_a_header_of_unknown_length_claims_nothing(files, tmp_path) -> None:
    data = bytearray(files["wav"].read_bytes())
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"  # as ffmpeg leaves them in a pipe
    path = tmp_path / "piped.wav"
    path.write_bytes(data)
    with Recording.open(path) as recording:
        assert abs(recording.seconds - 12.4) < 1e-3


def test_a_playlist_is_not_followed(tmp_path) -> None:
    secret = tmp_path / "secret.wav"
    soundfile.write(secret, noise(1.0, 8_000), 8_000)
    for text in ("#EXTM3U\n#EXTINF:1,\nsecret.wav\n#EXT-X-ENDLIST\n",
                 "ffconcat version 1.0\nfile secret.wav\n"):  # fmt: skip
        path = tmp_path / "list.m4a"
        path.write_text(text)
        with pytest.raises(InputError) as error:
            open_audio(path)
        assert error.value.reason == "not-audio"


def test_a_file_that_vanishes_is_told_from_a_damaged_one(files, tmp_path) -> None:
    path = tmp_path / "a.mp3"
    data = files["mp3"].read_bytes()
    path.write_bytes(data)
    with Recording.open(path) as recording:
        os.truncate(path, len(data) // 4)
        path.unlink()
        with pytest.raises(InputError, match="vanished") as error:
            recording.read(0, recording.samples)
    assert error.value.reason == "vanished-file"


def test_without_pyav_the_remedy_is_told(files, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    monkeypatch.delitem(sys.modules, "interactspeech.signal.media_decoder", raising=False)
    with pytest.raises(InputError, match=r"'\.\[media\]'") as error:
        open_audio(files["m4a"])
    assert error.value.reason == "no-decoder"
    assert open_audio(files["mp3"]).kind == "MP3"


@pytest.mark.parametrize("kind", KINDS)
def test_damage_of_any_kind_is_an_error_with_a_name(files, tmp_path, kind: str) -> None:
    chance = random.Random(kind)
    whole = files[kind].read_bytes()
    path = tmp_path / "damaged"
    for _ in range(12):
        data = bytearray(whole)
        if chance.random() < 0.3:
            del data[chance.randrange(len(data)) :]
        for _ in range(chance.choice([1, 5, 50])):
            if data:
                reach = min(len(data), chance.choice([60, 500, len(data)]) or 1)
                data[chance.randrange(reach)] = chance.randrange(256)
        path.write_bytes(data)
        try:
            with Recording.open(path) as recording:
                for _, block in itertools.islice(recording.blocks(5 * recording.rate), 5):
                    assert np.isfinite(block).all()
        except InputError as error:
            assert error.reason in {  # noqa: PT017 - both are right
                "not-audio", "truncated-audio", "empty-audio", "not-finite"
            }  # fmt: skip


def test_a_header_that_asks_for_too_much_is_refused(files, tmp_path) -> None:
    data = bytearray(files["wav"].read_bytes())
    data[24:28] = (2_000_000_000).to_bytes(4, "little")
    path = tmp_path / "fast.wav"
    path.write_bytes(data)
    with pytest.raises(InputError, match="claims 2 channels at 2000000000 Hz"):
        Recording.open(path)


LONG = r"""
import re, sys
from pathlib import Path
import soxr
from interactspeech.signal.recording import Recording
def peak():  # not from getrusage: there a new process begins with its parent's
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])
with Recording.open(sys.argv[1], 16_000) as recording:
    recording.read(0, 160_000)
    before = peak()
    seconds = sum(block.shape[1] for _, block in recording.blocks(160_000)) / 16_000
    print(round(seconds), peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="read from /proc")
def test_memory_does_not_grow_with_the_recording(tmp_path) -> None:
    path = tmp_path / "long.wav"
    block = noise(60.0, 8_000, 2)
    with soundfile.SoundFile(path, "w", 8_000, 2) as out:
        for _ in range(60):
            out.write(block)
    found = subprocess.run(
        [sys.executable, "-c", LONG, str(path)], capture_output=True, text=True, check=True
    )
    seconds, kilobytes = map(int, found.stdout.split())
    assert seconds == 3600
    assert kilobytes < 30_000, "an hour of two channels at 16 kHz is 460 MB"
