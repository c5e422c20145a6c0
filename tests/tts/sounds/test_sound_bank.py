"""A bank of recordings: what is used, what is refused and why, and which voice gets what."""

import numpy as np
import pytest
import soundfile

from interactspeech.errors import InputError
from interactspeech.seeds import generator
from interactspeech.signal.pitch import median_pitch
from interactspeech.tts.sounds import FirstOf, SoundBank, VoicePortrait, VoiceSounds

RATE = 16_000


def tone(hertz, seconds=0.5, level=0.3):
    time = np.arange(round(seconds * RATE)) / RATE
    wave = sum(np.sin(2 * np.pi * k * hertz * time) / k for k in range(1, 8))
    return (level * wave / np.abs(wave).max()).astype(np.float32)


def write(folder, name, samples, rate=RATE, **options):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, **options)


def table(folder, *rows, head="file,kind,licence,speaker,sex,pitch"):
    (folder / "sounds.csv").write_text("\n".join([head, *rows, ""]), "utf-8")


def voice(pitch, sex=""):
    return VoicePortrait(24_000, pitch, 0.003, np.zeros(513, np.float32), (), sex)


@pytest.fixture
def bank(tmp_path):
    write(tmp_path, "ann/laugh.wav", tone(300))
    write(tmp_path, "bob/laugh.flac", tone(160))
    write(
        tmp_path, "breath.wav", 0.05 * generator(0, "b").standard_normal(4_800).astype(np.float32)
    )
    table(
        tmp_path,
        "ann/laugh.wav,laugh,CC0-1.0,ann,female,200",
        "bob/laugh.flac,Laugh,CC-BY-4.0,bob,m,105",
        "breath.wav,breath,CC0-1.0,,,",
    )
    return SoundBank(tmp_path)


def test_a_voice_gets_the_sounds_of_the_nearest_speaker_at_its_level(bank):
    assert not bank.losses
    high = bank.make("laugh", voice(230.0, "female"), generator(1, "x"), 2.0)
    low = bank.make("laugh", voice(95.0, "male"), generator(1, "x"), 2.0)
    assert (high.origin, high.licence) == ("ann/laugh.wav", "CC0-1.0")
    assert (low.origin, low.licence) == ("bob/laugh.flac", "CC-BY-4.0")
    assert high.rate == 24_000
    # Moved by the interval between the speaker's pitch and the voice's.
    assert median_pitch(high.samples, 24_000) == pytest.approx(300 * 230 / 200, rel=0.02)
    level = 10 * np.log10(np.square(high.samples).mean() / 0.003)
    assert -11.0 < level < 1.0
    # By three semitones at most.
    far = bank.make("laugh", voice(400.0, "female"), generator(1, "x"), 2.0)
    assert median_pitch(far.samples, 24_000) == pytest.approx(300 * 2 ** (3 / 12), rel=0.02)


def test_what_the_bank_lacks_comes_of_the_voice(bank):
    found = voice(120.0)
    assert bank.make("cough", found, generator(1, "x"), 2.0) is None
    assert bank.make("laugh", found, generator(1, "x"), 0.2) is None  # too long for the place
    both = FirstOf(bank, VoiceSounds())
    assert both.make("cough", found, generator(1, "x"), 2.0).origin == "voice"
    assert both.make("breath", found, generator(1, "x"), 2.0).origin == "breath.wav"


def test_silence_at_the_edges_is_left_out(tmp_path):
    write(
        tmp_path, "a.wav", np.concatenate([np.zeros(8_000, np.float32), tone(200), np.zeros(900)])
    )
    table(tmp_path, "a.wav,laugh,CC0-1.0")
    assert len(SoundBank(tmp_path).sounds[0].samples) == pytest.approx(8_000, abs=320)


BAD = {
    "no licence": ("a.wav,laugh,", tone(200), {}, "no-licence", "licence"),
    "silence": ("a.wav,laugh,CC0-1.0", np.zeros(8_000, np.float32), {}, "bad-sound", "silent"),
    "faint": ("a.wav,laugh,CC0-1.0", tone(200, level=2e-4), {}, "bad-sound", "silent"),
    "clipped": (
        "a.wav,laugh,CC0-1.0", np.clip(6 * tone(200), -1, 1), {}, "bad-sound", "clipped",
    ),
    "clipped below full scale": (
        "a.wav,laugh,CC0-1.0", np.clip(6 * tone(200), -0.99, 0.99), {}, "bad-sound", "clipped",
    ),
    "stereo": (
        "a.wav,laugh,CC0-1.0", np.stack([tone(200), tone(200)], 1), {}, "bad-sound", "2 channels",
    ),
    "unknown kind": ("a.wav,giggle,CC0-1.0", tone(200), {}, "bad-sound", "giggle"),
    "too long": ("a.wav,laugh,CC0-1.0", tone(200, 11.0), {}, "bad-sound", "lasts"),
    "no file": ("b.wav,laugh,CC0-1.0", tone(200), {}, "missing-file", "b.wav"),
    "no name": (",laugh,CC0-1.0", tone(200), {}, "bad-sound", "names no file"),
    "outside": ("../a.wav,laugh,CC0-1.0", tone(200), {}, "unsafe-path", "outside"),
    "pitch": ("a.wav,laugh,CC0-1.0,ann,,high", tone(200), {}, "bad-sound", "high"),
    "sex": ("a.wav,laugh,CC0-1.0,ann,old,200", tone(200), {}, "bad-sound", "old"),
    "not finite": (
        "a.wav,laugh,CC0-1.0", np.where(np.arange(8_000) == 9, np.nan, tone(200)),
        {"subtype": "FLOAT"}, "bad-sound", "no numbers",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_row_is_named_with_line_and_remedy_and_the_rest_is_used(tmp_path, name):
    row, samples, options, reason, words = BAD[name]
    write(tmp_path, "good.wav", tone(180))
    write(tmp_path, "a.wav", samples, **options)
    table(tmp_path, "good.wav,laugh,CC0-1.0", row)
    bank = SoundBank(tmp_path)
    assert [sound.file for sound in bank.sounds] == ["good.wav"]
    (loss,) = bank.losses
    assert loss.reason == reason
    assert words in str(loss)
    assert loss.line == 3
    assert str(loss.path).endswith("sounds.csv")
    assert loss.remedy
    # Where nothing is left, the first problem is the bank's.
    table(tmp_path, row)
    with pytest.raises(InputError, match=words) as error:
        SoundBank(tmp_path)
    assert error.value.reason == reason


def test_a_file_that_is_no_sound_and_a_full_scale_peak_that_is_not_held(tmp_path):
    (tmp_path / "text.wav").write_text("ha ha")
    peak = tone(200)
    peak[4_000] = 1.0
    write(tmp_path, "peak.wav", peak)
    table(tmp_path, "text.wav,laugh,CC0-1.0", "peak.wav,laugh,CC0-1.0")
    bank = SoundBank(tmp_path)
    assert [loss.reason for loss in bank.losses] == ["bad-sound"]
    assert [sound.file for sound in bank.sounds] == ["peak.wav"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [(None, "no-sounds"), ("file,kind\na.wav,laugh\n", "no-sounds"), ("", "no-sounds"),
     ("file,kind,licence\n", "no-sounds"), (b"\xff\xfe\x00a", "unreadable")],
)  # fmt: skip
def test_a_table_that_is_none(tmp_path, text, reason):
    if text is not None:
        (tmp_path / "sounds.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=r"sounds\.csv") as error:
        SoundBank(tmp_path)
    assert error.value.reason == reason


def test_a_digest_changes_with_what_is_heard_and_said(tmp_path, bank):
    before = bank.digest()
    assert SoundBank(tmp_path).digest() == before
    write(tmp_path, "breath.wav", tone(210))
    assert SoundBank(tmp_path).digest() != before
