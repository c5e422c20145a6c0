import numpy as np
import pytest
import soundfile
from spoken import spoken

from interactspeech.corpus import Corpus
from interactspeech.errors import InputError
from interactspeech.listener import Listener, detect, listener_output, speech_activity
from interactspeech.records import decode, encode
from interactspeech.signal.log_mel import RATE


@pytest.fixture(scope="module")
def item():
    return next(iter(Corpus.open(spoken())))


@pytest.fixture(scope="module")
def found(item):
    return detect(item.audio(), item.dialogue.rate)


def facts(dialogue):
    return [(e.type, e.speaker, e.start, e.end) for e in dialogue.events]


def test_it_finds_who_talks_when(item, found):
    """Nine tenths of 20 ms frames of clean speech."""
    rate = item.dialogue.rate
    for speaker, name in zip(item.dialogue.speakers, "AB", strict=True):
        grid = np.arange(0, item.dialogue.length / rate, 0.02)
        true, ours = (
            np.any([(grid >= s.start / r) & (grid < s.end / r) for u in d.utterances
                    if u.speaker == who for s in u.speech], axis=0)
            for d, r, who in ((item.dialogue, rate, speaker.id), (found, RATE, name))
        )  # fmt: skip
        assert np.mean(true == ours) > 0.9


def test_events_are_the_models_and_say_how_sure(found):
    assert found.events
    assert {e.origin for e in found.events} == {"model"}
    assert all(e.probability is not None for e in found.events)
    assert {e.rules for e in found.events} == set(found.rule_sets)
    assert decode(encode(found)) == found


def test_swapping_the_channels_swaps_the_speakers_and_nothing_else(item, found):
    other = detect(item.audio()[::-1], item.dialogue.rate)
    names = {"A": "B", "B": "A"}
    swapped = sorted((t, names[s], a, b) for t, s, a, b in facts(other))
    assert swapped == sorted(facts(found))


def test_a_file_gives_what_its_samples_give(item, tmp_path):
    sound = item.audio()[:, : 20 * item.dialogue.rate]
    soundfile.write(tmp_path / "a call.wav", sound.T, item.dialogue.rate, subtype="FLOAT")
    from_file = detect(tmp_path / "a call.wav")
    assert from_file.id == "a_call"
    ours, theirs = facts(from_file), facts(detect(sound, item.dialogue.rate))
    assert len(set(ours) & set(theirs)) >= 0.9 * len(theirs)  # files are resampled in pieces


def test_two_files_are_two_speakers(item, tmp_path):
    sound = item.audio()[:, : 20 * item.dialogue.rate]
    for name, channel in zip("xy", sound, strict=True):
        soundfile.write(tmp_path / f"{name}.wav", channel, item.dialogue.rate, subtype="FLOAT")
    soundfile.write(tmp_path / "both.wav", sound.T, item.dialogue.rate, subtype="FLOAT")
    pair = detect([tmp_path / "x.wav", tmp_path / "y.wav"])
    assert facts(pair) == facts(detect(tmp_path / "both.wav"))


def test_one_channel_and_two_equal_ones_are_both_speakers_on_one(item):
    mix = item.audio().sum(axis=0)[: 15 * item.dialogue.rate]
    one = detect(mix, item.dialogue.rate)
    two = detect(np.stack((mix, mix)), item.dialogue.rate)
    assert facts(one) == facts(two)
    assert {track.channel for track in one.tracks} == {0}


@pytest.mark.parametrize("rate", [8000, 11_025, 22_050, 44_100, 48_000, 96_000])
def test_any_rate_is_heard(item, rate):
    import soxr

    sound = soxr.resample(item.audio()[:, : 10 * item.dialogue.rate].T, item.dialogue.rate, rate).T
    found = detect(sound, rate)
    assert found.rate == RATE
    assert found.length == pytest.approx(10 * RATE, abs=RATE // 100)
    assert sum(e.type == "turn" for e in found.events) >= 1


@pytest.mark.parametrize("samples", [0, 1, 100, 639, 640, 1600, 16_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_length_of_silence_has_no_events(samples, channels):
    found = detect(np.zeros((channels, samples), np.float32), RATE)
    assert found.length == samples
    assert not found.events


def test_noise_hum_and_clicks_are_no_speech():
    rng = np.random.default_rng(4)
    time = np.arange(20 * RATE) / RATE
    noise = rng.normal(0, 0.02, (2, len(time)))
    hum = 0.1 * np.sin(2 * np.pi * 50 * time) + 0.05 * np.sin(2 * np.pi * 150 * time)
    clicks = (rng.random(len(time)) < 3 / RATE) * 0.8
    for sound in (noise, noise + hum, noise + clicks):
        output, _ = listener_output(sound, RATE, listener=Listener.load())
        assert output.active.mean() < 0.1


def test_a_dead_channel_is_a_silent_speaker(item):
    sound = item.audio().copy()
    sound[1] = 0.0
    found = detect(sound, item.dialogue.rate)
    assert {e.speaker for e in found.events} == {"A"}
    assert not [e for e in found.events if e.type in {"overlap", "gap", "interruption"}]


def test_nan_and_clipping_are_survived(item):
    sound = item.audio()[:, : 10 * item.dialogue.rate].copy()
    sound[0, 1000:1500] = np.nan
    sound[1, ::7000] = np.inf
    assert detect(sound, item.dialogue.rate).events
    assert detect(np.clip(50 * item.audio(), -1, 1), item.dialogue.rate).events


def test_types_of_samples_are_one_sound(item):
    sound = item.audio()[:, : 10 * item.dialogue.rate]
    codes = np.clip(np.rint(sound * 32768), -32768, 32767).astype(np.int16)
    expected = facts(detect(codes / np.float32(32768), item.dialogue.rate))
    assert expected
    assert facts(detect(codes, item.dialogue.rate)) == expected
    assert facts(detect(codes / 32768.0, item.dialogue.rate)) == expected
    with pytest.raises(InputError, match="32768"):
        detect(codes.astype(np.float32), item.dialogue.rate)
    with pytest.raises(InputError, match="encoding"):
        detect(np.zeros((2, 100), np.uint8), RATE)


def test_what_is_unusual_about_a_file_is_told(item, tmp_path, caplog):
    sound = item.audio()[:, : 5 * item.dialogue.rate]
    path = tmp_path / "two.wav"
    soundfile.write(path, sound.T, item.dialogue.rate)
    path.write_bytes(path.read_bytes() * 2)
    notes: list[str] = []
    assert detect(path, on_note=notes.append).seconds == pytest.approx(10.0, abs=0.01)
    assert "2 files one after the other" in notes[0]
    assert not caplog.records
    detect(path)
    assert "2 files" in caplog.text


def test_what_cannot_be_heard_is_said(tmp_path):
    with pytest.raises(InputError, match="rate"):
        detect(np.zeros((2, 100), np.float32))
    with pytest.raises(InputError, match=r"\(3, 100\)"):
        detect(np.zeros((3, 100), np.float32), RATE)
    with pytest.raises(InputError, match="floats"):
        detect(np.zeros((2, 100), np.uint16), RATE)
    with pytest.raises(InputError, match="one channel"):
        detect(np.zeros(100, np.float32), RATE, layout="two")
    soundfile.write(tmp_path / "four.wav", np.zeros((100, 4)), RATE)
    with pytest.raises(InputError, match="4 channels"):
        detect(tmp_path / "four.wav")
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(InputError):
        detect(tmp_path / "text.wav")


def test_a_broken_listener_is_named(tmp_path):
    (tmp_path / "x.onnx").write_bytes(b"no graph")
    with pytest.raises(InputError, match=r"x\.json"):
        Listener.load(tmp_path / "x.onnx")
    (tmp_path / "x.json").write_text(
        '{"id": "x", "width": 8, "modes": {"two_channel": {"lookahead": 0}}}'
    )
    with pytest.raises(InputError, match="no listener"):
        Listener.load(tmp_path / "x.onnx")


def test_activity_never_leaves_the_recording(item):
    sound = item.audio()[:, : 3 * item.dialogue.rate + 17]
    output, _ = listener_output(sound, item.dialogue.rate, listener=Listener.load())
    timeline = speech_activity(output, Listener.load().card)
    for rows in timeline.activity.values():
        assert rows.size == 0 or (rows.min() >= 0 and rows.max() <= output.samples)


def test_one_channel_is_diarized_or_refused(item, monkeypatch):
    from interactspeech.errors import MissingExtraError
    from interactspeech.listener import detection

    mixed = item.audio()[:, : 6 * item.dialogue.rate].mean(axis=0)

    def absent():
        raise MissingExtraError("onnxruntime", "vad", "Diarization")

    monkeypatch.setattr(detection, "_loaded_diarizer", absent)
    with pytest.raises(InputError, match=r"one channel.*Diarization needs") as error:
        detect(mixed, item.dialogue.rate)
    assert error.value.reason == "one-channel"
    assert "no-diarize" in error.value.remedy
    with pytest.raises(InputError, match="one channel"):
        detect(np.stack([mixed, mixed]), item.dialogue.rate)
    assert detect(mixed, item.dialogue.rate, diarizer=None).events

    class OneSpeaker:
        asked = 0

        def diarize(self, source, speakers=None):
            assert speakers == 2
            from interactspeech.diarization import Diarization

            OneSpeaker.asked += 1
            spans = (np.array([[0, source.samples]]), np.zeros((0, 2), np.int64))
            sure = (np.ones(1, np.float32), np.zeros(0, np.float32))
            return Diarization(source.rate, source.samples, spans, sure, "one")

    monkeypatch.setattr(detection, "_loaded_diarizer", OneSpeaker)
    found = detect(mixed, item.dialogue.rate)
    assert OneSpeaker.asked == 1
    assert {e.speaker for e in found.events} == {"A"}


def test_one_channel_twice_100_ms_apart_is_one_channel(item):
    rate = item.dialogue.rate
    mixed = item.audio()[:, : 20 * rate].mean(axis=0)
    late = np.concatenate((np.zeros(rate // 10), mixed))[: len(mixed)]
    notes: list[str] = []
    two = detect(np.stack([mixed, late]), rate, diarizer=None, on_note=notes.append)
    assert "100 ms apart" in notes[0]
    assert two.provenance.generator == detect(mixed, rate, diarizer=None).provenance.generator
    assert {t.channel for t in two.tracks} == {0}


def test_a_channel_that_starts_late_is_a_speaker_who_starts_late(item):
    sound = item.audio().copy()
    half = sound.shape[1] // 2
    sound[1, :half] = 0.0
    found = detect(sound, item.dialogue.rate)
    begin = half * RATE // item.dialogue.rate
    assert {t.channel for t in found.tracks} == {0, 1}
    assert all(u.start >= begin - RATE // 10 for u in found.utterances if u.speaker == "B")
    whole = detect(item.audio(), item.dialogue.rate)
    later = [e for e in whole.events if e.start > begin + 8 * RATE]
    starts = {(e.type, e.speaker, e.start) for e in found.events}
    near = [e for e in later if (e.type, e.speaker, e.start) in starts]
    assert len(near) >= 0.8 * len(later)


def test_8_and_16_bit_integers_are_scaled_by_their_type(item):
    sound = item.audio()[:, : 10 * item.dialogue.rate]
    loud = sound / np.abs(sound).max()
    full = facts(detect(loud.astype(np.float32), item.dialogue.rate))
    coarse = np.clip(np.rint(loud * 127), -128, 127).astype(np.int8)
    kinds = [kind for kind, *_ in facts(detect(coarse, item.dialogue.rate))]
    assert abs(len(kinds) - len(full)) <= 0.3 * len(full)


@pytest.mark.parametrize("audio", [None, [1.0, 2.0], [], 5, [b"a.wav"]])
def test_what_is_no_recording_is_refused_in_our_words(audio):
    with pytest.raises(InputError, match="is no recording") as refused:
        detect(audio, RATE)
    assert refused.value.reason == "bad-samples"


@pytest.mark.parametrize("rate", [None, 0, "16000"])
def test_a_rate_that_is_none_is_refused(rate):
    with pytest.raises(InputError) as refused:
        detect(np.zeros((2, 800), np.float32), rate)
    assert refused.value.reason == "bad-rate"


def test_channels_in_columns_are_refused_with_the_remedy():
    with pytest.raises(InputError, match=r"samples\.T"):
        detect(np.zeros((800, 2), np.float32), RATE)
