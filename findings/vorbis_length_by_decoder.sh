#!/usr/bin/env bash
# One Ogg Vorbis file, two lengths: what libsndfile writes (soundfile 0.14.0) has a different number of
# samples when FFmpeg decodes it (PyAV 18.1.0), more at low rates, fewer at high ones.
#
# Guess before running: the last page's position says where the sound ends, so both decoders agree, as
# they do for MP3, FLAC and Opus.
# Seen, for 1.5 s of silence and 1.8 s of a tone: 26,624 instead of 26,400 samples at 8 kHz (28 ms of extra silence), and 145,402
# instead of 145,530 at 44.1 kHz (2.9 ms of sound lost). Onsets inside are the same.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check soundfile==0.14.0 av==18.1.0 numpy==2.2.6
cd "$folder"
venv/bin/python - <<'PY'
import av
import numpy as np
import soundfile

seen = {}
for rate in (8_000, 44_100):
    time = np.arange(round(3.3 * rate)) / rate
    tone = 0.3 * np.sin(2 * np.pi * 300 * time) * (time > 1.5)
    soundfile.write("tone.ogg", tone.astype("float32"), rate, subtype="VORBIS")
    with av.open("tone.ogg") as container:
        decoded = sum(frame.samples for frame in container.decode(audio=0))
    seen[rate] = (len(time), soundfile.info("tone.ogg").frames, decoded)
    print(f"{rate} Hz: written {seen[rate][0]}, libsndfile {seen[rate][1]}, FFmpeg {seen[rate][2]}")
raise SystemExit(seen != {8_000: (26400, 26400, 26624), 44_100: (145530, 145530, 145402)})
PY
