"""Sounds made of a voice: lengths, levels, rhythm and pitch; the same draws, the same bytes."""

import numpy as np
import pytest

from interactspeech.records import Speech, Voice
from interactspeech.records.script import SOUND_KINDS
from interactspeech.records.sounds import SOUND_LENGTHS
from interactspeech.seeds import generator
from interactspeech.signal.pitch import pitch_track
from interactspeech.tts import engine
from interactspeech.tts.sounds import SpeakerSounds, VoiceSounds, portrait
from interactspeech.tts.sounds.interface import LEVELS
from interactspeech.tts.sounds.laughter import laughter

RATE = 24_000


def vowels(hertz, rate=RATE):
    """One open vowel that comes and goes: pulses through formants at 700 and 1200 Hz."""
    time = np.arange(round(1.5 * rate)) / rate
    tone = np.zeros(len(time))
    for k in range(1, int(4000 / hertz)):
        f = k * hertz
        gain = 1 / (1 + ((f - 700) / 120) ** 2) + 0.6 / (1 + ((f - 1200) / 150) ** 2) + 0.02
        tone += gain * np.sin(2 * np.pi * f * time + k)
    tone *= 0.05 * np.clip(np.sin(2 * np.pi * 1.5 * time) + 0.6, 0, 1)
    return Speech(tone.astype(np.float32), rate, (), "none", Voice("test", "test", sex="male"))


@pytest.fixture(params=[98.0, 205.0])
def voice(request):
    return portrait([vowels(request.param)]), request.param


def test_a_portrait_knows_pitch_power_and_vowels(voice):
    found, hertz = voice
    assert abs(12 * np.log2(found.pitch / hertz)) < 0.3
    assert found.vowels
    assert all(len(v.samples) == round(0.08 * RATE) for v in found.vowels)
    assert found.sex == "male"
    assert portrait([]) is None
    assert (
        portrait([Speech(np.zeros(9_000, np.float32), RATE, (), "none", Voice("t", "t"))]) is None
    )


@pytest.mark.parametrize("kind", SOUND_KINDS)
def test_lengths_and_levels_are_those_of_the_kind(voice, kind):
    found, _ = voice
    _, _, least, most = SOUND_LENGTHS[kind]
    for draw in range(20):
        made = VoiceSounds().make(kind, found, generator(draw, kind), 10.0)
        assert least - 1e-3 <= made.seconds <= most + 1e-3
        assert made.samples.dtype == np.float32
        assert np.isfinite(made.samples).all()
        assert (made.origin, made.licence, made.kind) == ("voice", "", kind)
        hop = RATE // 100
        frames = np.pad(made.samples, (0, -len(made.samples) % hop)).reshape(-1, hop)
        power = np.sort(np.square(frames).mean(axis=1))
        level = 10 * np.log10(power[len(power) // 2 :].mean() / found.power)
        mean, spread = LEVELS[kind]
        assert abs(level - mean) < 2 * spread + 0.5
        # No step at either end.
        assert abs(made.samples[0]) < 0.2 * np.abs(made.samples).max() + 1e-6


@pytest.mark.parametrize("kind", SOUND_KINDS)
def test_nothing_is_longer_than_there_is_room(voice, kind):
    found, _ = voice
    least = SOUND_LENGTHS[kind][2]
    assert VoiceSounds().make(kind, found, generator(1, kind), least - 0.005) is None
    made = VoiceSounds().make(kind, found, generator(1, kind), least + 0.01)
    assert made.seconds <= least + 0.01 + 1e-3


def bursts(samples):
    """Times of the energy's peaks, in seconds, smoothed over 60 ms."""
    hop = RATE // 100
    energy = np.square(samples[: len(samples) // hop * hop].reshape(-1, hop)).mean(axis=1)
    smooth = np.convolve(energy, np.hanning(7), "same")
    peaks = (smooth[1:-1] > smooth[:-2]) & (smooth[1:-1] >= smooth[2:])
    return (np.flatnonzero(peaks & (smooth[1:-1] > 0.02 * smooth.max())) + 1) / 100


def test_laughter_has_four_to_five_bursts_a_second_that_fall_in_pitch_and_level(voice):
    found, hertz = voice
    paces, falls, fades, heights = [], [], [], []
    for draw in range(40):
        made = laughter(found, 1.0, generator(draw, "laugh"))
        at = bursts(made)
        if len(at) >= 3:
            paces.append(1 / np.median(np.diff(at)))
        track, _ = pitch_track(made, RATE, high=600)
        voiced = np.flatnonzero(track > 0)
        if len(voiced) > 15:
            third = len(track) // 3
            early, late = (track[a:b][track[a:b] > 0] for a, b in ((0, third), (-third, None)))
            if len(early) > 3 and len(late) > 3:
                falls.append(12 * np.log2(np.median(late) / np.median(early)))
                heights.append(np.median(early) / hertz)
        half = len(made) // 2
        fades.append(10 * np.log10(np.square(made[half:]).mean() / np.square(made[:half]).mean()))
    assert 3.8 < np.median(paces) < 5.6
    assert len(falls) > 15  # about a third have no voice
    assert np.median(falls) < -1.0
    assert 1.1 < np.median(heights) < 1.8
    assert np.median(fades) < -1.0


def test_breath_is_noise_with_the_voices_own_formants(voice):
    found, _ = voice
    made = VoiceSounds().make("breath", found, generator(3, "breath"), 1.0).samples
    assert (pitch_track(made, RATE)[0] > 0).mean() < 0.1
    spectrum = np.square(np.abs(np.fft.rfft(made)))
    hertz = np.fft.rfftfreq(len(made), 1 / RATE)
    below = spectrum[hertz < 120].sum()
    assert below < 0.02 * spectrum.sum()
    first, valley = (
        spectrum[(hertz > a) & (hertz < b)].mean() for a, b in ((1100, 1300), (2300, 2700))
    )
    assert first > 1.5 * valley


def test_draws_alone_decide():
    found = portrait([vowels(120.0)])
    for kind in SOUND_KINDS:
        one, two, other = (
            VoiceSounds().make(kind, found, generator(seed, kind), 3.0).samples.tobytes()
            for seed in (1, 1, 2)
        )
        assert one == two != other


def test_a_voice_without_vowels_still_has_every_kind():
    rng = generator(0, "whisper")
    whisper = Speech(
        (0.05 * rng.standard_normal(RATE)).astype(np.float32), RATE, (), "none", Voice("t", "t")
    )
    found = portrait([whisper])
    assert not found.vowels
    for kind in SOUND_KINDS:
        made = VoiceSounds().make(kind, found, generator(1, kind), 3.0)
        assert np.isfinite(made.samples).all()
        assert made.samples.any()


@pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
def test_every_rate_will_do(rate):
    found = portrait([vowels(150.0, rate)])
    for kind in SOUND_KINDS:
        made = VoiceSounds().make(kind, found, generator(1, kind), 3.0)
        assert made.rate == rate
        assert np.isfinite(made.samples).all()


def test_a_speakers_sounds_are_made_of_what_the_speaker_said():
    said = [engine("fake").speak("One two three four.", "bass")]
    assert SpeakerSounds(VoiceSounds(), said).make("laugh", generator(1, "x"), 2.0) is not None
    assert SpeakerSounds(VoiceSounds(), []).make("laugh", generator(1, "x"), 2.0) is None
