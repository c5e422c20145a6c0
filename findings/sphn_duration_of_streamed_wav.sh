#!/usr/bin/env bash
# sphn 0.2.1 (the reader of moshi-finetune): durations() gives a WAV that was written to a pipe, whose
# header holds the placeholder 0xFFFFFFFF, 268,435 s. A loader that draws starts from it reads silence.
#
# Guess before running: 3 s, as libsndfile says, or None, as for a file that it cannot measure.
# Seen: 268435.46 s for three seconds at 8 kHz; read() of the same file gives the three seconds, and
# libsndfile measures the file itself and finds its 24,000 samples.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    sphn==0.2.1 numpy==2.2.6 soundfile==0.13.1
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import pathlib

import numpy as np
import soundfile
import sphn

rate = 8000
tone = (0.3 * np.sin(2 * np.pi * 300 * np.arange(3 * rate) / rate)).astype("float32")
soundfile.write("known.wav", tone, rate)
header = pathlib.Path("known.wav").read_bytes()
at = header.index(b"data") + 4
changed = bytearray(header)
changed[4:8] = changed[at : at + 4] = b"\xff" * 4
pathlib.Path("streamed.wav").write_bytes(changed)
streamed = sphn.durations(["streamed.wav"])[0], sphn.read("streamed.wav")[0].shape[1]
print("sphn, known size:        ", sphn.durations(["known.wav"])[0])
print("sphn, placeholder:       ", streamed)
print("libsndfile, placeholder: ", soundfile.info("streamed.wav").frames)
seen = sphn.durations(["known.wav"])[0] == 3.0 and round(streamed[0]) == 268_435
seen = seen and streamed[1] == 24_000
raise SystemExit(not (seen and soundfile.info("streamed.wav").frames == 24_000))
PY
