"""Samples of every type as floats, or refused by name."""

import numpy as np
import pytest
import soundfile

from interactspeech.errors import InputError
from interactspeech.signal.samples import as_floats

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
