"""Samples of every type as floats, or refused by name."""

import numpy as np
import pytest
import soundfile

from interactspeech.errors import InputError
from interactspeech.signal.samples import as_array, as_floats

SOUND = np.linspace(-0.99, 0.99, 2000, dtype=np.float32)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_floats_are_kept(kind: type) -> None:
    assert np.allclose(as_floats(SOUND.astype(kind)), SOUND, atol=1e-3)
    assert as_floats(SOUND.astype(kind)).dtype == np.float32


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int32])
def test_integers_are_scaled_by_their_type(kind: type) -> None:
    full = np.iinfo(kind).max
    codes = (SOUND.astype(np.float64) * full).astype(kind)
    assert np.allclose(as_floats(codes), SOUND, atol=2 / full)
    assert as_floats(np.array([np.iinfo(kind).min], kind))[0] == -1.0


@pytest.mark.parametrize(("encoding", "subtype"), [("mulaw", "ULAW"), ("alaw", "ALAW")])
def test_codes_of_telephones_are_those_of_libsndfile(encoding, subtype, tmp_path) -> None:
    codes = np.arange(256, dtype=np.uint8)
    (tmp_path / "a.raw").write_bytes(codes.tobytes())
    expected, _ = soundfile.read(
        tmp_path / "a.raw", format="RAW", subtype=subtype, channels=1, samplerate=8000,
        dtype="float32",
    )  # fmt: skip
    assert np.array_equal(as_floats(codes, encoding), expected)


def test_bytes_of_8_bits() -> None:
    found = as_floats(np.array([[0, 128, 255]], np.uint8), "u8")
    assert found.tolist() == [[-1.0, 0.0, 127 / 128]]


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        (np.zeros(9, np.uint8), "mulaw"), (np.zeros(9, np.uint16), "uint16"),
        (np.zeros(9, np.int64), "int64"), (np.zeros(9, bool), "bool"),
        (np.zeros(9, complex), "complex"), (np.zeros(9, object), "object"),
        (np.array(["a"]), "<U1"), (SOUND * 32768, "32768"),
        ((SOUND * 32768).astype(np.float64), "32768"),
    ],
)  # fmt: skip
def test_what_is_no_sound_is_refused(samples, said: str) -> None:
    with pytest.raises(InputError, match=said) as error:
        as_floats(samples)
    assert error.value.reason == "bad-samples"


def test_an_encoding_is_for_bytes() -> None:
    with pytest.raises(InputError, match="bytes have one"):
        as_floats(SOUND, "mulaw")


def test_what_is_not_finite_is_for_the_caller() -> None:
    found = as_floats(np.array([np.nan, np.inf, 0.5]))
    assert np.isnan(found[0])
    assert found[2] == 0.5


class Tensor:
    """What another library's array is to NumPy."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        if self.values.size == 0:
            raise TypeError("can't convert a tensor of another device")
        return self.values


def test_arrays_of_other_libraries_are_arrays() -> None:
    values = np.zeros((2, 3), np.int16)
    assert as_array(values) is values
    found = as_array(Tensor(values))
    assert found is not None
    assert found.dtype == np.int16
    assert as_array("call.wav") is None
    assert as_array([1, 2]) is None


@pytest.mark.parametrize(
    ("sound", "said"),
    [
        (b"\0\0", "frombuffer"),
        (bytearray(2), "frombuffer"),
        (Tensor(np.zeros(0)), "another device"),
    ],
)
def test_bytes_and_tensors_elsewhere_are_refused(sound: object, said: str) -> None:
    with pytest.raises(InputError, match=said) as refused:
        as_array(sound)
    assert refused.value.reason == "bad-samples"
