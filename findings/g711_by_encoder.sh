#!/usr/bin/env bash
# G.711 is a table of 256 values, and yet libsndfile (soundfile 0.14.0) and FFmpeg (av 18.1.0) encode 16-bit samples
# differently: mu-law 851 of the 65,536 values, A-law 849. Both decode alike.
#
# Guess before running: the same byte for every sample; the standard gives the decision values.
# Seen: beside borders that are drawn elsewhere (-31,611 becomes -31,100 by one and -32,124 by the other, the next step),
# what is next to silence differs: of -3 ... -1 FFmpeg makes -8 in mu-law, libsndfile 0. Noise of one unit, which dithered
# digital silence is, comes back as silence from one, and as noise with an offset from the other: a channel is "dead" by
# one encoder and "open" by the other, and copies of one call on two channels differ.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check soundfile==0.14.0 av==18.1.0 numpy==2.2.6
cd "$folder"
venv/bin/python - <<'PY'
import io

import av
import numpy as np
import soundfile

samples = np.arange(-32768, 32768, dtype=np.int16)


def libsndfile(subtype):
    out = io.BytesIO()
    soundfile.write(out, samples, 8000, format="RAW", subtype=subtype)
    return np.frombuffer(out.getvalue(), np.uint8)


def ffmpeg(codec):
    context = av.CodecContext.create(codec, "w")
    context.sample_rate, context.layout, context.format = 8000, "mono", "s16"
    out = b""
    for at in range(0, len(samples), 1024):
        frame = av.AudioFrame.from_ndarray(samples[None, at : at + 1024], format="s16", layout="mono")
        frame.sample_rate, frame.pts = 8000, at
        out += b"".join(bytes(packet) for packet in context.encode(frame))
    return np.frombuffer(out + b"".join(bytes(packet) for packet in context.encode(None)), np.uint8)


def table(subtype):
    every = io.BytesIO(bytes(range(256)))
    return soundfile.read(every, format="RAW", subtype=subtype, samplerate=8000, channels=1, dtype="int16")[0]


def table_of_ffmpeg(codec):
    context = av.CodecContext.create(codec, "r")
    context.sample_rate, context.layout = 8000, "mono"
    return context.decode(av.Packet(bytes(range(256))))[0].to_ndarray().ravel()


print("soundfile", soundfile.__version__, soundfile.__libsndfile_version__, "av", av.__version__)
seen = {}
for subtype, codec in (("ULAW", "pcm_mulaw"), ("ALAW", "pcm_alaw")):
    one, other, values = libsndfile(subtype), ffmpeg(codec), table(subtype)
    same = bool(np.array_equal(values, table_of_ffmpeg(codec)))
    near = slice(32768 - 4, 32768 + 1)
    seen[subtype] = (int((one != other).sum()), same, values[one[near]].tolist(), values[other[near]].tolist())
    print(subtype, "bytes that differ:", seen[subtype][0], "decoded alike:", same)
    print("  -4 ... 0 by libsndfile", seen[subtype][2], "by FFmpeg", seen[subtype][3])
assert seen["ULAW"] == (851, True, [-8, 0, 0, 0, 0], [-8, -8, -8, -8, 0]), seen
assert seen["ALAW"][:2] == (849, True), seen
PY
