#!/usr/bin/env bash
# libsndfile (soundfile 0.14.0) writes IMA ADPCM files whose "fact" chunk, the place where compressed WAV files
# say how long they are, is wrong twice: 24,000 samples a channel become 24,408 in mono and 12,204 in stereo.
#
# Guess before running: fact holds the samples of a channel that were written, 24,000 both times, and reading
# gives 24,000 back.
# Seen: the length is rounded up to whole blocks, so 25 ms of sound appear at the end that nobody wrote; with
# two channels it is divided by two besides. Who trusts the chunk loses half of a stereo call.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check soundfile==0.14.0 numpy==2.2.6
cd "$folder"
venv/bin/python - <<'PY'
import struct
from pathlib import Path

import numpy as np
import soundfile

seen = {}
for channels in (1, 2):
    noise = 0.1 * np.random.default_rng(0).normal(size=(24_000, channels))
    soundfile.write("call.wav", noise, 16_000, subtype="IMA_ADPCM")
    data = Path("call.wav").read_bytes()
    place = data.index(b"fact")
    (told,) = struct.unpack("<I", data[place + 8 : place + 12])
    seen[channels] = told, soundfile.info("call.wav").frames
    print(f"{channels} channel(s): written 24000, fact says {told}, read back {seen[channels][1]}")
raise SystemExit(seen != {1: (24408, 24408), 2: (12204, 24408)})
PY
