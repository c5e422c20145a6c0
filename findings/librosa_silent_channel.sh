#!/usr/bin/env bash
# librosa 0.11.0: effects.split() takes a channel of digital silence for one stretch of sound, from
# the first sample to the last. A listener who says nothing on a track of their own "talks" throughout.
#
# Guess before running: no interval, for nothing is louder than silence.
# Seen: one interval, all of it: the reference is the loudest frame, which is as quiet as all others.
# With half a second of sound in it the interval shrinks to that; a click of .01 is not enough.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check librosa==0.11.0 numpy==2.2.6
"$folder/venv/bin/python" - <<'PY'
import librosa
import numpy as np

silence = np.zeros(5 * 16_000, np.float32)
parts = librosa.effects.split(silence).tolist()
print("a silent channel: ", parts)
silence[40_000] = 0.01
clicked = librosa.effects.split(silence).tolist()
print("with a click:     ", clicked)
silence[32_000:40_000] = 0.3 * np.sin(np.arange(8_000) / 10)
talk = librosa.effects.split(silence).tolist()
print("with half a second", talk)
short = len(talk) == 1 and talk[0][1] - talk[0][0] < 16_000
raise SystemExit(not (parts == clicked == [[0, 80_000]] and short))
PY
