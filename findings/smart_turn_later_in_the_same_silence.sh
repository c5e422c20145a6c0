#!/usr/bin/env bash
# smart-turn v3.2 (pipecat-ai 1.14.0): asked again later in one silence it says something else. How
# long after the last word a frame is asked about decides as much as what was said.
#
# Guess before running: a verdict on words and melody; a second of digital silence more changes little.
# Seen (hibari-tts 0.2.1, 0.1 and 1.5 s after the last sound): the whole turn "I think so." goes from
# .03 to .99, the unfinished "... take the train, but my sister" from .19 to .96.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    'hibari-tts[fast]==0.2.1' onnxruntime==1.22.1 soxr==1.0.0 numpy==2.2.6
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps pipecat-ai==1.14.0
"$folder/venv/bin/python" - 2> "$folder/log" <<'PY' || { cat "$folder/log"; exit 1; }
import importlib.metadata
import importlib.util

import hibari
import numpy as np
import onnxruntime
import soxr

listed = importlib.metadata.files("pipecat-ai")
files = {path.name: path.locate() for path in listed if "smart_turn" in str(path)}
spec = importlib.util.spec_from_file_location("features", files["_whisper_features.py"])
features = importlib.util.module_from_spec(spec)
spec.loader.exec_module(features)
session = onnxruntime.InferenceSession(str(files["smart-turn-v3.2-cpu.onnx"]))
voice = hibari.Hibari()


def complete(text, silence):
    said = soxr.resample(np.ravel(voice(text, seed=1)).astype("float32"), voice.sample_rate, 16_000)
    loud = np.flatnonzero(np.abs(said) > 0.01)
    sound = np.pad(said[loud[0] : loud[-1]], (0, round(silence * 16_000)))
    sound = np.pad(sound, (8 * 16_000 - len(sound), 0))
    made = features.compute_whisper_log_mel_features(sound)
    return float(np.ravel(session.run(None, {"input_features": made[None].astype("float32")})[0])[0])


whole = [complete("I think so.", silence) for silence in (0.1, 1.5)]
text = "I was going to say that we could take the train, but my sister"
unfinished = [complete(text, silence) for silence in (0.1, 1.5)]
for name, found in (("whole", whole), ("unfinished", unfinished)):
    print(f"{name}: .1 s {found[0]:.2f}, 1.5 s {found[1]:.2f}")
raise SystemExit(not all(early < 0.3 and late > 0.9 for early, late in (whole, unfinished)))
PY
