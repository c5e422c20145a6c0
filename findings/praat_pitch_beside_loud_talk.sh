#!/usr/bin/env bash
# Praat's pitch (parselmouth 0.4.7, Praat 6.4): whether a frame is voiced depends on the loudest sample
# of the whole file. A soft "mm-hm" has a pitch in a file of its own and none beside a loud laugh.
#
# Guess before running: pitch is a matter of the 40 ms around a frame; what is said two seconds later
# changes nothing.
# Seen: a voice of 2 % of full scale is voiced throughout, alone or beside one of 30 %; beside one of
# 90 % (33 dB above) not one of its frames is. The silence threshold (.03) counts from the file's peak.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    praat-parselmouth==0.4.7 numpy==2.2.6
"$folder/venv/bin/python" - <<'PY'
import numpy as np
import parselmouth

rate = 16_000
time = np.arange(2 * rate) / rate
voice = sum(np.sin(2 * np.pi * 150 * k * time) / k for k in range(1, 12)) / 2


def voiced(loud):
    """Share of the soft voice's frames with a pitch, where another of level `loud` comes after."""
    sound = np.concatenate([0.02 * voice, np.zeros(rate // 4), loud * voice])
    pitch = parselmouth.Sound(sound, rate).to_pitch()
    return float((pitch.selected_array["frequency"][(pitch.xs() > 0.1) & (pitch.xs() < 1.9)] > 0).mean())


shares = [voiced(loud) for loud in (0.02, 0.3, 0.9)]
print("voiced share of the soft voice beside one of .02, .3 and .9:", shares)
raise SystemExit(shares != [1.0, 1.0, 0.0])
PY
