"""Outlines, speech and stretches of sound, of any number of channels and without loading it all."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from interactspeech.errors import InputError
from interactspeech.pipelines.serving import label_source
from interactspeech.viewer.peaks import measure_peaks
from interactspeech.viewer.record import channel_of
from interactspeech.viewer.served.sound import (
    OutlineCache,
    measure_outline,
    wav_bytes,
    wav_size,
    zero_crossing,
)

RATE = 8000


@pytest.fixture
def meeting(tmp_path: Path) -> Path:
    """Four channels that talk one after the other, a second each, for 25 s."""
    sound = np.random.default_rng(0).normal(0, 0.0005, (25 * RATE, 4)).astype(np.float32)
    for second in range(0, 24, 2):
        at = second * RATE
        sound[at : at + RATE, second // 2 % 4] += 0.4 * np.sin(np.arange(RATE) * 0.15)
    path = tmp_path / "meeting.wav"
    soundfile.write(path, sound, RATE)
    return path


def test_a_meeting_has_a_track_for_every_channel(meeting: Path) -> None:
    source = label_source([meeting])
    dialogue = source.dialogue("meeting")
    assert [speaker.id for speaker in dialogue.speakers] == ["A", "B", "C", "D"]
    assert channel_of(dialogue) == {"A": 0, "B": 1, "C": 2, "D": 3}
    sound = source.sound("meeting")
    outline = measure_outline(sound)
    for channel, spans in enumerate(outline.speech):
        starts = np.rint(spans[:, 0] / RATE).astype(int).tolist()
        assert starts == list(range(2 * channel, 24, 8))
        assert np.abs(spans[:, 1] - spans[:, 0] - RATE).max() < 0.03 * RATE


def test_an_outline_in_blocks_is_that_of_the_whole(meeting: Path, tmp_path: Path) -> None:
    sound = label_source([meeting]).sound("meeting")
    whole = measure_peaks(sound.read(0, sound.samples))
    cache = OutlineCache(tmp_path / "cache")
    for outline in (measure_outline(sound), cache.get("f", sound), cache.get("f", sound)):
        assert outline.peaks.bin == whole.bin
        for name in ("low", "high", "rms"):
            assert np.array_equal(getattr(outline.peaks, name), getattr(whole, name))
    (file,) = (tmp_path / "cache").iterdir()
    file.write_bytes(file.read_bytes()[:100])  # half of one is made again
    assert np.array_equal(cache.get("f", sound).peaks.low, whole.low)


def test_tracks_are_heard_alone_in_stereo_and_spread(meeting: Path) -> None:
    sound = label_source([meeting]).sound("meeting")

    def heard(*channels: int) -> np.ndarray:
        size = wav_size(sound, min(2, len(channels)))
        data = b"".join(wav_bytes(sound, channels, 0, size))
        assert len(data) == size
        return soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)[0]

    original = sound.read(0, sound.samples)
    assert np.abs(heard(2)[:, 0] - original[2]).max() < 1e-4
    assert np.abs(heard(1, 3).T - original[[1, 3]]).max() < 1e-4
    everybody = heard(0, 1, 2, 3)
    assert everybody.shape == (sound.samples, 2)
    first, last = everybody[:RATE], everybody[6 * RATE : 7 * RATE]
    assert np.abs(first[:, 0]).max() > 10 * np.abs(first[:, 1]).max()
    assert np.abs(last[:, 1]).max() > 10 * np.abs(last[:, 0]).max()


def test_a_boundary_moves_to_the_nearest_zero_crossing(meeting: Path) -> None:
    sound = label_source([meeting]).sound("meeting")
    wave = sound.read(0, RATE)[0]
    for at in (100, 517, 3999):
        found = zero_crossing(sound, 0, at)
        assert np.signbit(wave[found]) != np.signbit(wave[found - 1])
        assert abs(found - at) <= 22  # half a period of the tone
    assert zero_crossing(sound, 9, 100) == 100
    assert zero_crossing(sound, 0, 0) <= 40


def test_speakers_of_one_channel_and_those_that_do_not_fit(meeting: Path, tmp_path: Path) -> None:
    mono = tmp_path / "mono.wav"
    soundfile.write(mono, np.zeros(RATE), RATE)
    dialogue = label_source([mono], speakers=2).dialogue("mono")
    assert channel_of(dialogue) == {"A": 0, "B": 0}
    lost: list[InputError] = []
    with pytest.raises(InputError, match="no recording"):
        label_source([meeting], speakers=2, on_lost=lost.append)
    assert "4 channels for 2 speakers" in str(lost[0])
    (tmp_path / "bad.wav").write_bytes(b"RIFF nothing")
    source = label_source([tmp_path / "bad.wav", mono], on_lost=lost.append)
    assert list(source.fingerprints()) == ["mono"]
    assert "bad.wav" in str(lost[-1])
