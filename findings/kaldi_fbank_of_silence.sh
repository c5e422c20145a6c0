#!/usr/bin/env bash
# kaldi-native-fbank 1.23.0: filter-bank features of one sound differ from call to call where it is
# digitally silent: dither is on by default, but .00003, not Kaldi's 1.0.
#
# Guess before running: dither is either 1.0 as in Kaldi (and drowns samples in -1..1), or 0.
# Seen: 3e-05. In samples scaled to -1..1 it stands where a recording's own noise would; in two-track
# files, in which a listener's channel is exactly zero most of the time, those frames are random: two
# runs over one second of zeros differ by more than 1 in log energy. dither = 0 makes them equal.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check kaldi-native-fbank==1.23.0 numpy==2.2.6
"$folder/venv/bin/python" - <<'PY'
import kaldi_native_fbank
import numpy as np


def features(dither=None):
    options = kaldi_native_fbank.FbankOptions()
    if dither is not None:
        options.frame_opts.dither = dither
    bank = kaldi_native_fbank.OnlineFbank(options)
    bank.accept_waveform(16_000, [0.0] * 16_000)
    bank.input_finished()
    return np.array([bank.get_frame(index) for index in range(bank.num_frames_ready)])


default = kaldi_native_fbank.FbankOptions().frame_opts.dither
apart = float(np.abs(features() - features()).max())
still = float(np.abs(features(0.0) - features(0.0)).max())
print(f"default dither {default:.1e}; two runs over silence differ by up to {apart:.2f}, without by {still}")
raise SystemExit(not (abs(default - 3e-5) < 1e-9 and apart > 1 and still == 0))
PY
