"""Recordings of many channels through FFmpeg: read in a child, so that no crash ends the tests."""

import subprocess
import sys
from pathlib import Path

import pytest

MAKE = """
import sys, av, numpy as np
path, channels, layout, codec, rate = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4], 16000
with av.open(path, "w") as file:
    stream = file.add_stream(codec, rate=rate)
    stream.layout = layout
    steps = np.arange(rate)[:, None] // 10 * (np.arange(channels) + 1)
    packed = np.ascontiguousarray(steps.astype(np.int16).reshape(1, -1))
    frame = av.AudioFrame.from_ndarray(packed, format="s16", layout=layout)
    frame.rate, frame.pts = rate, 0
    for one in (frame, None):
        for packet in stream.encode(one):
            file.mux(packet)
"""
READ = """
import sys
from pathlib import Path
import numpy as np
from interactspeech.signal.media_decoder import MediaDecoder
decoder = MediaDecoder(Path(sys.argv[1]))
samples = decoder.read(0, decoder.samples)
steps = np.arange(16000)[:, None] // 10 * (np.arange(decoder.channels) + 1)
assert np.array_equal(np.rint(samples * 32768).astype(np.int16), steps.astype(np.int16))
print(samples.shape)
"""


@pytest.mark.parametrize(
    ("channels", "layout", "codec"),
    [(1, "mono", "flac"), (2, "stereo", "flac"), (6, "5.1", "flac"), (8, "7.1", "flac"),
     (16, "hexadecagonal", "pcm_s16le")],
)  # fmt: skip
def test_channels(tmp_path: Path, channels: int, layout: str, codec: str) -> None:
    pytest.importorskip("av")
    path = str(tmp_path / "a.mka")
    subprocess.run([sys.executable, "-c", MAKE, path, str(channels), layout, codec], check=True)
    command = [sys.executable, "-c", READ, path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"(16000, {channels})\n"), done.stderr
