#!/usr/bin/env bash
# lhotse 1.33.0 takes the channel of an RTTM file, which NIST counts from 1, for its own, which counts from 0: of a
# two-channel call, the speaker on channel 1 gets the sound of the other one, without a word.
#
# Guess before running: SupervisionSet.from_rttm takes one off, so that channels 1 and 2 become 0 and 1.
# Seen: they stay 1 and 2. The cut of the first speaker is channel 1, the second one's sound (here silence); the
# second speaker's is channel 2, which the recording does not have, and loading it fails.
# (urllib3 is installed besides: lhotse imports it when it is loaded and does not declare it.)
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check lhotse==1.33.0 soundfile==0.14.0 numpy==2.2.6 urllib3==2.7.0
cd "$folder"
cat > call.rttm <<'RTTM'
SPEAKER call 1 0.50 1.00 <NA> <NA> ana <NA> <NA>
SPEAKER call 2 2.00 1.00 <NA> <NA> ben <NA> <NA>
RTTM
venv/bin/python - <<'PY'
import numpy as np
import soundfile
from lhotse import CutSet, Recording, RecordingSet, SupervisionSet

sound = np.zeros((64_000, 2))
sound[8_000:24_000, 0] = 0.1  # ana, on the first channel
sound[32_000:48_000, 1] = 0.4  # ben, on the second
soundfile.write("call.wav", sound, 16_000)
cuts = CutSet.from_manifests(
    recordings=RecordingSet.from_recordings([Recording.from_file("call.wav")]),
    supervisions=SupervisionSet.from_rttm("call.rttm"),
)
seen = {}
for cut in cuts.trim_to_supervisions():
    try:
        found = round(float(cut.load_audio().max()), 3)
    except AssertionError:
        found = "cannot be loaded"
    seen[cut.supervisions[0].speaker] = (cut.channel, found)
print("speaker: (channel, loudest sample)", seen)
raise SystemExit(seen != {"ana": (1, 0.0), "ben": (2, "cannot be loaded")})
PY
