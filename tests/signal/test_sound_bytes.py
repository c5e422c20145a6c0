"""Sound in memory is coded as libsndfile codes it, and Ctrl-C is obeyed on the way."""

import io
import json
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
import soundfile

from interactspeech.seeds import generator
from interactspeech.signal import sound_bytes
from interactspeech.signal.byte_source import Stretch
from interactspeech.signal.flac import decode_flac
from interactspeech.signal.sound_bytes import (
    decode_sound,
    encode_sound,
    out_of_memory,
    signals_held,
)
from interactspeech.signal.soundfile_decoder import SoundFileDecoder

NOISE = generator(1, "sound-bytes").normal(0, 0.1, (4001, 2)).astype(np.float32)


@pytest.mark.parametrize("block", [999, 1 << 21])
@pytest.mark.parametrize("kind", [("FLAC", "PCM_16"), ("WAV", "PCM_16"), ("WAV", "GSM610")])
def test_the_bytes_are_those_that_soundfile_writes(kind, block, monkeypatch):
    monkeypatch.setattr(sound_bytes, "_BLOCK", block)
    samples = NOISE[:, 0] if kind[1] == "GSM610" else NOISE
    file = io.BytesIO()
    soundfile.write(file, samples, 8000, format=kind[0], subtype=kind[1])
    assert encode_sound(samples, 8000, *kind) == file.getvalue()
    wanted, _ = soundfile.read(io.BytesIO(file.getvalue()), dtype="float32", always_2d=True)
    found, rate = decode_sound(file.getvalue())
    assert rate == 8000
    assert np.array_equal(found, wanted)


def test_no_memory_is_no_damaged_file():
    with pytest.raises(MemoryError), out_of_memory():
        raise soundfile.LibsndfileError(17)
    with pytest.raises(soundfile.LibsndfileError), out_of_memory():
        raise soundfile.LibsndfileError(1)


def test_a_signal_waits_until_the_call_is_over():
    reached = False
    with pytest.raises(KeyboardInterrupt), signals_held():  # noqa: PT012
        signal.raise_signal(signal.SIGINT)
        reached = True
    assert reached
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_decoder_that_was_broken_off_goes_on_where_it_is_asked_to(tmp_path, monkeypatch):
    path = tmp_path / "noise.wav"
    soundfile.write(path, NOISE, 8000, subtype="FLOAT")
    decoder = SoundFileDecoder(path, Stretch(0, path.stat().st_size))
    read = soundfile.SoundFile.read

    def broken(*args, **kwargs):
        read(*args, **kwargs)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):  # noqa: PT012
        patch.setattr(soundfile.SoundFile, "read", broken)
        decoder.read(0, 1000)
    assert np.array_equal(decoder.read(0, 2000), NOISE[:2000])
    assert np.array_equal(decoder.read(2000, 4001), NOISE[2000:])
    decoder.close()


LOOP = """
    import sys, time
    import numpy as np
    from pathlib import Path
    from interactspeech.signal.byte_source import Stretch
    from interactspeech.signal.flac import decode_flac, encode_flac
    from interactspeech.signal.soundfile_decoder import SoundFileDecoder

    noise = np.random.default_rng(0).normal(0, 0.1, (2, 400_000)).astype(np.float32)
    data = encode_flac(noise.clip(-1, 1), 16000)
    path = Path(sys.argv[1])
    path.write_bytes(data)

    def stretch():
        decoder = SoundFileDecoder(path, Stretch(0, len(data)))
        decoder.read(0, decoder.samples)
        decoder.close()

    work = {"decode": lambda: decode_flac(data), "encode": lambda: encode_flac(noise, 16000),
            "stretch": stretch}[sys.argv[2]]
    work()
    while True:
        try:
            print("ready", flush=True)
            while True:
                work()
        except KeyboardInterrupt:
            print("obeyed", flush=True)
"""


@pytest.mark.parametrize("work", ["decode", "encode", "stretch"])
def test_ctrl_c_is_obeyed_whenever_it_comes(work, tmp_path):
    """20 signals at random moments for each kind of work; a swallowed one would leave it silent."""
    random = generator(1, "ctrl-c", work)
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(LOOP), str(tmp_path / "a.flac"), work],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    slowest = 0.0
    try:
        for _ in range(20):
            assert child.stdout.readline() == "ready\n"
            time.sleep(random.uniform(0, 0.1))
            began = time.monotonic()
            child.send_signal(signal.SIGINT)
            assert child.stdout.readline() == "obeyed\n"
            slowest = max(slowest, time.monotonic() - began)
    finally:
        child.kill()
        _, errors = child.communicate()
    assert errors == ""
    assert slowest < 2, json.dumps(slowest)


def test_a_header_that_claims_too_much_takes_no_memory():
    data = bytearray(encode_sound(NOISE, 8000, "FLAC", "PCM_16"))
    packed = int.from_bytes(data[18:26], "big") | ((1 << 36) - 1)
    data[18:26] = packed.to_bytes(8, "big")
    with pytest.raises(Exception, match=r"FLAC audio ends after|cannot decode"):
        decode_flac(bytes(data))
