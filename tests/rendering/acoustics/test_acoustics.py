"""Scenes: pure, on time, as loud and as noisy as they say; codecs are the real ones."""

import io
import sys

import av
import msgspec
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from interactspeech.errors import InputError, MissingExtraError
from interactspeech.records.scene import Channel, Noise, Room, Scene
from interactspeech.rendering import acoustics
from interactspeech.rendering.acoustics.codecs import coded, g711
from interactspeech.rendering.acoustics.noise import _pink, _street, noise
from interactspeech.signal.spectra import band_gain, fast_length, filtered, speech_power
from interactspeech.tts import engine

RATE = 24_000
BOX = Room(
    size=(5.0, 4.0, 2.6),
    rt60=0.3,
    talkers=((1.6, 2.0, 1.2), (3.4, 2.0, 1.2)),
    microphones=((2.2, 2.0, 1.0), (2.8, 2.0, 1.0)),
)


@pytest.fixture(scope="module")
def tracks():
    """Two people who hum in turn."""
    text = "We could take the early train on Friday and have lunch at the harbour."
    parts = [engine("fake").speak(text, voice).samples for voice in ("alto", "bass")]
    made = np.zeros((2, sum(map(len, parts)) + RATE), np.float32)
    made[0, 1000 : 1000 + len(parts[0])] = parts[0]
    made[1, len(parts[0]) + 9000 : len(parts[0]) + 9000 + len(parts[1])] = parts[1]
    return made


def lag(clean, heard, reach=2400):
    """Samples by which `heard` is late, by cross-correlation."""
    size = fast_length(len(clean) + 2 * reach)
    cross = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(clean, size)), size)
    around = np.concatenate([cross[-reach:], cross[:reach]])
    return int(around.argmax()) - reach


def decibels(power):
    return 10 * np.log10(power)


def test_drawn_once_drawn_always():
    for preset in ("light", "heavy"):
        scenes = [acoustics.draw(preset, 1, f"d{k}") for k in range(50)]
        assert scenes == [acoustics.draw(preset, 1, f"d{k}") for k in range(50)]
        assert scenes != [acoustics.draw(preset, 2, f"d{k}") for k in range(50)]
        assert len({msgspec.json.encode(scene) for scene in scenes}) > 40
        for scene in scenes:  # a record holds it
            assert msgspec.json.decode(msgspec.json.encode(scene), type=Scene) == scene
    assert acoustics.draw("off", 1, "d") == Scene()
    with pytest.raises(InputError, match=r"off, light, heavy") as caught:
        acoustics.draw("medium", 1, "d")
    assert caught.value.reason == "usage"


def test_light_needs_no_room_and_draws_what_it_says():
    scenes = [acoustics.draw("light", 3, f"d{k}") for k in range(400)]
    assert not any(scene.rooms for scene in scenes)
    assert 0.33 < np.mean([scene.channels[0].codec != "pcm" for scene in scenes]) < 0.47
    found = [one for scene in scenes for channel in scene.channels for one in channel.noises]
    assert 0.75 < len(found) / 800 < 0.85
    assert all(20 <= one.snr <= 40 for one in found)
    assert {one.kind for one in found} == {"pink", "hum", "street"}
    heavy = [acoustics.draw("heavy", 3, f"d{k}") for k in range(400)]
    rooms = np.bincount([len(scene.rooms) for scene in heavy]) / 400
    assert rooms[0] > 0.1
    assert rooms[1] > 0.1
    assert rooms[2] > 0.3
    assert {channel.codec for scene in heavy for channel in scene.channels} == {
        "pcm", "ulaw", "alaw", "gsm", "opus"
    }  # fmt: skip


def test_off_is_the_clean_tracks(tracks):
    made = acoustics.apply(tracks, RATE, Scene())
    assert np.array_equal(made, tracks)
    assert made is not tracks


def test_applied_once_applied_always_and_the_clean_tracks_are_left(tracks):
    before = tracks.copy()
    for number in range(6):
        scene = acoustics.draw("light", 5, f"d{number}")
        first = acoustics.apply(tracks, RATE, scene)
        assert first.dtype == np.float32
        assert first.shape == tracks.shape
        assert np.array_equal(first, acoustics.apply(tracks, RATE, scene))
        assert np.abs(first).max() <= 1.0
        sideways = np.asfortranarray(tracks)  # as files are read
        assert np.array_equal(first, acoustics.apply(sideways, RATE, scene))
    assert np.array_equal(tracks, before)


@pytest.mark.parametrize("codec", ["ulaw", "alaw", "gsm", "amr", "opus"])
def test_codecs_keep_the_time(tracks, codec):
    heard = coded(tracks[0], RATE, codec)
    # AMR's own filters turn phases below 600 Hz, by which no time is lost.
    above = [filtered(one, RATE, band_gain(600, 3400)) for one in (tracks[0], heard)]
    assert abs(lag(*above)) <= 3


def test_bands_and_telephones_keep_the_time_and_the_band():
    scene = Scene(channels=(Channel(band=(300.0, 3400.0), codec="ulaw"),))
    click = np.zeros((1, RATE), np.float32)
    click[0, 12_000] = 0.9
    heard = acoustics.apply(click, RATE, scene)[0]
    assert int(np.abs(heard).argmax()) == 12_000
    rng = np.random.default_rng(1)
    loud = filtered(
        (0.1 * rng.standard_normal(RATE)).astype(np.float32), RATE, band_gain(300, 3400)
    )
    power = np.abs(np.fft.rfft(loud)) ** 2
    inside = power[400:2800].mean()
    assert decibels(power[:200].mean() / inside) < -40
    assert decibels(power[4400:].mean() / inside) < -40
    assert abs(decibels(inside / (0.01 * RATE))) < 0.5


@pytest.mark.parametrize(("law", "subtype"), [("ulaw", "ULAW"), ("alaw", "ALAW")])
def test_g711_is_that_of_libsndfile_on_every_sample(law, subtype):
    every = np.arange(-32768, 32768).astype(np.int16)
    file = io.BytesIO()
    soundfile.write(file, every, 8000, format="WAV", subtype=subtype)
    file.seek(0)
    theirs, _ = soundfile.read(file, dtype="int16")
    ours = g711(every.astype(np.float32) / 32768, law) * 32768
    # Where a value lies exactly between two steps, implementations differ on the negative side.
    assert (ours == theirs)[1 + 128 * (law == "alaw") :: 2].all()
    assert (ours != theirs).sum() <= 128
    steps = np.abs(ours - every) / np.maximum(np.abs(every.astype(float)), 256)
    assert steps[np.abs(every.astype(int)) < 30_000].max() < 1 / 15  # 16 steps a segment


def test_noise_is_as_loud_as_it_says(tracks):
    for kind in ("pink", "hum", "street", "babble"):
        scene = Scene(channels=(Channel(noises=(Noise(kind, 12.0, 7),)),))
        added = acoustics.apply(tracks, RATE, scene)[0] - tracks[0]
        ratio = speech_power(tracks[0], RATE) / float(np.square(added).mean())
        assert abs(decibels(ratio) - 12.0) < 0.1, kind
        other = Scene(channels=(Channel(noises=(Noise(kind, 12.0, 8),)),))
        assert not np.array_equal(acoustics.apply(tracks, RATE, other)[0] - tracks[0], added)


def test_noises_have_their_colours(tracks):
    def slope(kind, low, high):
        made = noise(Noise(kind, 0.0, 3), 20 * RATE, RATE, tracks)
        power = np.abs(np.fft.rfft(made)) ** 2
        hertz = np.fft.rfftfreq(len(made), 1 / RATE)
        levels = [decibels(power[(hertz > f) & (hertz <= 1.2 * f)].mean()) for f in (low, high)]
        return (levels[1] - levels[0]) / np.log2(high / low)

    assert abs(slope("pink", 50, 6000) + 3.0) < 0.3
    assert slope("street", 150, 450) < -4.0
    hum = np.abs(np.fft.rfft(noise(Noise("hum", 0.0, 3), RATE, RATE, tracks)))
    lines = np.flatnonzero(hum > 0.01 * hum.max())
    assert set(lines % 50) == {0} or set(lines % 60) == {0}


def test_bleed_is_as_loud_and_as_late_as_it_says(tracks):
    scene = Scene(channels=(Channel(bleed=-20.0, bleed_delay=0.1), Channel()))
    made = acoustics.apply(tracks, RATE, scene)
    assert np.array_equal(made[1], tracks[1])
    leaked = made[0] - tracks[0]
    assert np.allclose(leaked[2400:], 0.1 * tracks[1, :-2400], atol=1e-6)


def test_a_track_of_silence_gets_its_noise_all_the_same():
    silent = np.zeros((2, RATE), np.float32)
    scene = Scene(channels=(Channel(noises=(Noise("pink", 20.0, 1),)),) * 2)
    made = acoustics.apply(silent, RATE, scene)
    assert abs(decibels(np.square(made[0]).mean()) + 46) < 0.5
    babble = Scene(channels=(Channel(noises=(Noise("babble", 20.0, 1),)),))
    assert not acoustics.apply(silent, RATE, babble).any()


def test_speech_power_leaves_silence_out(tracks):
    alone = speech_power(tracks[0], RATE)
    longer = np.concatenate([tracks[0], np.zeros(20 * RATE, np.float32)])
    assert abs(decibels(speech_power(longer, RATE) / alone)) < 0.01
    assert speech_power(np.zeros(RATE, np.float32), RATE) == 0.0


def test_a_room_keeps_the_time_and_the_direct_sound_as_loud(tracks):
    pytest.importorskip("pyroomacoustics")
    clicks = np.zeros((2, RATE), np.float32)
    clicks[0, 3000], clicks[1, 15_000] = 0.5, 0.5
    scene = Scene(channels=(Channel(room=0), Channel(room=0)), rooms=(BOX,))
    heard = acoustics.apply(clicks, RATE, scene)
    for k, at in ((0, 3000), (1, 15_000)):
        own = np.abs(heard[k, at - 2000 : at + 4000])
        assert abs(int(own.argmax()) - 2000) <= 1
        # The path ends between two samples, so its peak is a little lower than the click.
        assert 0.3 < own.max() < 0.6
        # The other is heard, later by the longer way (1.2 m against 0.63 m) and softer.
        far = 15_000 if k == 0 else 3000
        other = np.abs(heard[k, far - 200 : far + 200])
        late = (np.hypot(1.2, 0.2) - np.hypot(0.6, 0.2)) / 343 * RATE
        assert abs(int(other.argmax()) - 200 - late) <= 2
        assert 0.35 < other.max() / own.max() < 0.75
    assert np.array_equal(heard, acoustics.apply(clicks, RATE, scene))
    voices = acoustics.apply(tracks, RATE, scene)
    assert abs(lag(tracks[0], voices[0])) <= 1
    clean, dry = (speech_power(one[0], RATE) for one in (voices, tracks))
    assert 0.0 < decibels(clean / dry) < 6.0  # what the room adds


def test_a_room_rings_as_long_as_it_says():
    pytest.importorskip("pyroomacoustics")
    click = np.zeros((1, 2 * RATE), np.float32)
    click[0, 100] = 0.5
    for seconds in (0.2, 0.4):
        room = Room((5.0, 4.0, 2.6), seconds, ((1.6, 2.1, 1.2),), ((2.4, 1.9, 1.0),))
        scene = Scene(channels=(Channel(room=0),), rooms=(room,))
        heard = acoustics.apply(click, RATE, scene)[0]
        left = np.cumsum(np.square(heard, dtype=np.float64)[::-1])[::-1]  # Schroeder 1965
        fall = decibels(np.maximum(left / left[0], 1e-12))
        five, twenty_five = (int(np.argmax(fall < -level)) for level in (5, 25))
        assert 0.6 < 3 * (twenty_five - five) / RATE / seconds < 1.6


@pytest.mark.slow
def test_heavy_scenes_keep_the_time():
    pytest.importorskip("pyroomacoustics")
    rng = np.random.default_rng(2)  # noise, for a hum is like itself one period later
    tracks = (0.05 * rng.standard_normal((2, 4 * RATE))).astype(np.float32)
    tracks[0, 2 * RATE :] = 0
    tracks[1, : 2 * RATE] = 0
    for number in range(25):
        scene = acoustics.draw("heavy", 1, f"d{number}")
        made = acoustics.apply(tracks, RATE, scene)
        assert np.isfinite(made).all()
        for k in range(2):
            assert abs(lag(tracks[k], made[k])) <= 2, scene


def test_recorded_noises_come_from_their_folder(tracks, tmp_path):
    rng = np.random.default_rng(1)
    folder = tmp_path / "noises"
    folder.mkdir()
    soundfile.write(folder / "fan.wav", 0.1 * rng.standard_normal(8000), 16_000)
    scene = acoustics.draw("light", 1, "d0", files=("fan.wav",))
    assert {one.file for channel in scene.channels for one in channel.noises} <= {"fan.wav"}
    wanted = Scene(channels=(Channel(noises=(Noise("file", 10.0, 1, "fan.wav"),)),))
    made = acoustics.apply(tracks, RATE, wanted, noises=folder)
    ratio = speech_power(tracks[0], RATE) / float(np.square(made[0] - tracks[0]).mean())
    assert abs(decibels(ratio) - 10) < 0.1
    soundfile.write(tmp_path / "secret.wav", np.zeros(100), 8000)
    (folder / "text.wav").write_text("no sound")
    for name, place in (
        ("fan.wav", None), ("none.wav", folder), ("text.wav", folder), ("../secret.wav", folder)
    ):  # fmt: skip
        bad = Scene(channels=(Channel(noises=(Noise("file", 10.0, 1, name),)),))
        with pytest.raises(InputError) as caught:
            acoustics.apply(tracks, RATE, bad, noises=place)
        assert caught.value.reason == "no-noise"


def test_a_room_without_its_package_says_what_to_install(tracks, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyroomacoustics", None)
    room = msgspec.structs.replace(BOX, rt60=0.31)
    scene = Scene(channels=(Channel(room=0), Channel(room=0)), rooms=(room,))
    with pytest.raises(MissingExtraError, match=r"'\.\[rooms\]'"):
        acoustics.apply(tracks, RATE, scene)


def test_an_impossible_room_is_refused(tracks):
    pytest.importorskip("pyroomacoustics")
    outside = Room((3.0, 3.0, 2.5), 0.3, ((9.0, 1.0, 1.0), None), ((1.0, 1.0, 1.0), None))
    with pytest.raises(InputError) as caught:
        acoustics.apply(tracks, RATE, Scene(channels=(Channel(room=0),), rooms=(outside,)))
    assert caught.value.reason == "bad-room"
    with pytest.raises(ValueError, match="room 1 of 0"):
        Scene(channels=(Channel(room=1),))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200_000))
def test_fast_lengths_are_fast_and_long_enough(count):
    found = fast_length(count)
    assert count <= found <= max(2, 1.2 * count)
    for prime in (2, 3, 5):
        while found % prime == 0:
            found //= prime
    assert found == 1


def test_what_a_codec_overshoots_is_cut():
    loud = np.sign(np.sin(np.arange(RATE) / 9)).astype(np.float32)[None]
    for codec in ("ulaw", "gsm", "amr", "opus"):
        made = acoustics.apply(loud, RATE, Scene(channels=(Channel(codec=codec),)))
        assert np.abs(made).max() <= 1.0


@pytest.mark.parametrize("length", [0, 1, 160, 12_345])
def test_amr_is_the_same_each_time_and_sounds_like_what_went_in(length):
    rng = np.random.default_rng(length)
    times = np.arange(length) / 24_000
    sound = 0.2 * np.sin(2 * np.pi * 900 * times) + 0.01 * rng.standard_normal(length)
    sound = sound.astype(np.float32)
    made = coded(sound, 24_000, "amr")
    assert made.shape == sound.shape
    assert np.array_equal(made, coded(sound, 24_000, "amr"))
    if length > 10_000:
        assert np.corrcoef(made[2000:], sound[2000:])[0, 1] > 0.8
        assert not np.allclose(made, sound, atol=1e-3)


def test_without_pyav_amr_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtraError, match=r"'\.\[media\]'"):
        coded(np.zeros(800, np.float32), 8000, "amr")


def test_an_ffmpeg_without_amr_says_what_to_install(monkeypatch):
    def refused(name, _):
        raise av.codec.codec.UnknownCodecError(name)

    monkeypatch.setattr(av.CodecContext, "create", refused)
    with pytest.raises(MissingExtraError, match="OpenCORE"):
        coded(np.zeros(800, np.float32), 8000, "amr")


def test_g711_gives_samples_of_full_scale_one():
    for law in ("ulaw", "alaw"):
        assert np.abs(g711(np.array([1.0, -1.0], np.float32), law)).max() == pytest.approx(
            0.98, abs=0.01
        )
        assert np.abs(g711(np.array([0.25], np.float32), law) - 0.25).max() < 0.01


@pytest.mark.parametrize("kind", ["pink", "street"])
def test_noises_do_not_rumble_below_20_hertz(tracks, kind):
    made = noise(Noise(kind, 0.0, 3), 20 * RATE, RATE, tracks)
    power = np.abs(np.fft.rfft(made)) ** 2
    hertz = np.fft.rfftfreq(len(made), 1 / RATE)
    assert power[hertz < 15].sum() / power[(hertz > 20) & (hertz < 40)].sum() < 1e-3


def test_the_street_is_rumble_and_tyres_with_something_that_passes(tracks):
    made = noise(Noise("street", 0.0, 5), 60 * RATE, RATE, tracks)
    power = np.abs(np.fft.rfft(made)) ** 2
    hertz = np.fft.rfftfreq(len(made), 1 / RATE)
    level = {
        f: decibels(power[(hertz > f / 1.05) & (hertz < f * 1.05)].mean())
        for f in (50, 90, 1000, 4000)
    }
    # Flat up to 100 Hz, -20 dB a decade beyond, and 4 dB of tyres at 1 kHz: 0.1 and 0.06 add up.
    assert level[90] - level[50] == pytest.approx(0.0, abs=0.7)
    assert level[1000] - level[50] == pytest.approx(20 * np.log10(0.16), abs=0.7)
    assert level[4000] - level[50] == pytest.approx(
        20 * np.log10(0.025 + 0.06 * np.exp(-4.0)), abs=0.7
    )
    seconds = made[: 60 * RATE].reshape(60, RATE)
    loud = np.sqrt((seconds.astype(np.float64) ** 2).mean(axis=1))
    assert loud.max() / loud.min() > 1.8


def scenes_of(preset, count=400, **options):
    return [acoustics.draw(preset, 1, f"d{k}", **options) for k in range(count)]


def test_telephones_and_rooms_echo_late_and_headsets_leak_at_once():
    seen = {"phone": [], "near": []}
    for preset in ("light", "heavy"):
        for scene in scenes_of(preset):
            for channel in scene.channels:
                if channel.bleed is None:
                    assert channel.bleed_delay == 0.0
                    continue
                late = channel.codec != "pcm" or scene.rooms
                seen["phone" if late else "near"].append(channel.bleed_delay)
            delays = {channel.bleed_delay for channel in scene.channels}
            assert len(delays) == 1
    late, soon = np.array(seen["phone"]), np.array(seen["near"])
    assert 0.05 <= late.min() < 0.07
    assert 0.23 < late.max() <= 0.25
    assert 0.001 <= soon.min() < 0.0013
    assert 0.0037 < soon.max() <= 0.004


def test_heavy_draws_what_it_says():
    scenes = scenes_of("heavy", 600)
    phone = [scene.channels[0].codec != "pcm" for scene in scenes]
    assert np.mean(phone) == pytest.approx(0.4, abs=0.06)
    kinds = [len(scene.rooms) for scene, calls in zip(scenes, phone, strict=True) if not calls]
    assert np.mean([kind == 1 for kind in kinds]) == pytest.approx(0.4, abs=0.08)
    assert np.mean([kind == 2 for kind in kinds]) == pytest.approx(0.4, abs=0.08)
    for scene, calls in zip(scenes, phone, strict=True):
        assert not (calls and len(scene.rooms) == 1)
        rooms = [channel.room for channel in scene.channels]
        assert rooms == {0: [-1, -1], 1: [0, 0], 2: [0, 1]}[len(scene.rooms)]
        for channel in scene.channels:
            assert len(channel.noises) == 1
            assert 5.0 <= channel.noises[0].snr <= 20.0
            band = (300.0, 3400.0) if calls and channel.codec != "opus" else (0.0, 0.0)
            assert channel.band == band
            assert channel.bleed is None or -35.0 <= channel.bleed <= -15.0
    leaking = [scene.channels[0].bleed is not None for scene in scenes if len(scene.rooms) != 1]
    assert np.mean(leaking) == pytest.approx(0.6, abs=0.08)
    assert all(s.channels[0].bleed is None for s in scenes if len(s.rooms) == 1)


def test_talkers_sit_around_a_table_with_their_microphones_before_them():
    found = [scene for scene in scenes_of("heavy", 400) if scene.rooms]
    assert len({room for scene in found for room in scene.rooms}) > 40
    radii, heights, away = [], [], []
    for scene in found:
        for room in scene.rooms:
            inside = [k for k, talker in enumerate(room.talkers) if talker is not None]
            assert inside == [k for k, place in enumerate(room.microphones) if place is not None]
            assert 3.2 <= room.size[0] <= 6.5
            assert 2.8 <= room.size[1] <= 5.0
            assert 2.4 <= room.size[2] <= 3.2
            assert 0.2 <= room.rt60 <= 0.5
            places = [np.array(room.talkers[k][:2]) for k in inside]
            if len(places) == 2:
                # Opposite each other; the middle of the table is near the room's.
                radii.append(np.linalg.norm(places[0] - places[1]) / 2)
                middle = (places[0] + places[1]) / 2
                assert np.abs(middle - np.array(room.size[:2]) / 2).max() <= 0.2 + 1e-2
            for k in inside:
                talker, microphone = room.talkers[k], room.microphones[k]
                heights.append(talker[2])
                flat = np.linalg.norm(np.array(talker[:2]) - np.array(microphone[:2]))
                away.append(flat)
                drop = min(0.25, 0.4 * flat)
                assert talker[2] - microphone[2] == pytest.approx(drop, abs=2e-3)
                assert all(0 < x < size for x, size in zip(talker, room.size, strict=True))
                assert all(0 < x < size for x, size in zip(microphone, room.size, strict=True))
    assert 0.6 <= min(radii) < 0.65
    assert 0.85 < max(radii) <= 0.9
    assert 1.1 <= min(heights) < 1.12
    assert 1.28 < max(heights) <= 1.3
    assert 0.3 - 1e-3 <= min(away) < 0.36
    assert 1.4 < max(away) <= 1.5 + 1e-3


def test_three_talkers_sit_at_equal_angles():
    for scene in scenes_of("heavy", 100, speakers=3):
        if len(scene.rooms) == 1:
            places = [np.array(talker[:2]) for talker in scene.rooms[0].talkers]
            sides = [np.linalg.norm(places[k] - places[k - 1]) for k in range(3)]
            assert max(sides) - min(sides) < 0.01


def test_recorded_noises_are_drawn_from_all_files():
    names = ("a.wav", "b.wav", "c.wav")
    drawn = [n for s in scenes_of("heavy", 60, files=names) for c in s.channels for n in c.noises]
    assert {one.kind for one in drawn} == {"file"}
    assert {one.file for one in drawn} == set(names)


@pytest.mark.parametrize("gain", [_pink, _street])
def test_noises_begin_above_20_hertz(gain):
    low, at, above = gain(np.array([19.9, 20.0, 20.1], np.float32))
    assert low == at == 0.0
    assert above > 0.1


def test_noise_fills_the_band_to_its_end(tracks):
    size = fast_length(RATE)
    made = np.abs(np.fft.rfft(noise(Noise("pink", 0.0, 3), size, RATE, tracks)))
    assert made[-4:-1].min() > 0.01 * np.median(made[-400:])
