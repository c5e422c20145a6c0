import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from interactspeech.errors import InputError
from interactspeech.signal.flac import decode_flac, describe_flac, encode_flac, to_int16

audio = npst.arrays(
    np.float32,
    st.tuples(st.integers(1, 4), st.integers(1, 300)),
    elements=st.floats(-1, 1, width=32),
)


@given(audio, st.sampled_from([8000, 16000, 22050, 24000, 44100, 48000, 96000]))
def test_audio_comes_back_within_half_a_step_and_then_never_changes(samples, rate):
    data = encode_flac(samples, rate)
    back, found = decode_flac(data)
    assert (found, back.shape, back.dtype) == (rate, samples.shape, np.float32)
    # Half a step; a whole one only for what lies above the largest 16-bit value.
    limit = np.where(samples > 32767 / 32768, 1.0, 0.5) / 32768
    assert (np.abs(back - samples) <= limit).all()
    assert encode_flac(back, rate) == data == encode_flac(samples, rate)
    assert describe_flac(data) == (*samples.shape, rate)


@given(audio, st.data())
def test_a_part_is_the_part_of_the_whole(samples, data):
    end = data.draw(st.integers(0, samples.shape[1]))
    start = data.draw(st.integers(0, end))
    flac = encode_flac(samples, 16000)
    assert np.array_equal(decode_flac(flac, start, end)[0], decode_flac(flac)[0][:, start:end])


def test_rounding_is_to_the_nearest():
    samples = np.array([[0.4, 0.6, -0.4, -0.6, 32767.4, -32768.0]], np.float32) / 32768
    assert to_int16(samples).tolist() == [[0, 1, 0, -1, 32767, -32768]]
    assert to_int16(np.array([[1.0, -1.0]], np.float32)).tolist() == [[32767, -32768]]


@pytest.mark.parametrize("bad", [1.0001, -1.0001, np.inf, np.nan])
def test_clipping_is_refused(bad):
    samples = np.zeros((2, 10), np.float32)
    samples[1, 3] = bad
    with pytest.raises(InputError) as caught:
        encode_flac(samples, 16000)
    assert caught.value.reason == "clipping"


@pytest.mark.parametrize(
    ("shape", "rate"), [((9, 10), 16000), ((2, 0), 16000), ((1, 10), 0), ((1, 10), 655_351)]
)
def test_what_flac_cannot_hold_is_refused(shape, rate):
    with pytest.raises(InputError) as caught:
        encode_flac(np.zeros(shape, np.float32), rate)
    assert caught.value.reason == "bad-audio"


def test_the_input_is_left_alone():
    samples = np.full((1, 5), 0.3, np.float32)
    encode_flac(samples, 8000)
    assert (samples == np.float32(0.3)).all()


@pytest.mark.parametrize("data", [b"", b"fLaC", b"RIFF" + bytes(100), bytes(1000)])
def test_other_bytes_are_no_flac(data):
    for read in (decode_flac, describe_flac):
        with pytest.raises(InputError) as caught:
            read(data)
        assert caught.value.reason == "bad-audio"


def test_a_cut_off_file_is_an_error():
    data = encode_flac(np.random.default_rng(0).uniform(-1, 1, (2, 9000)).astype("f4"), 8000)
    with pytest.raises(InputError):
        decode_flac(data[: len(data) // 2])


def test_a_wav_file_is_not_taken_for_flac(tmp_path):
    import soundfile

    soundfile.write(tmp_path / "a.wav", np.zeros(100), 8000)
    with pytest.raises(InputError, match="a WAV file"):
        decode_flac((tmp_path / "a.wav").read_bytes())
