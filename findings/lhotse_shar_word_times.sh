#!/usr/bin/env bash
# lhotse 1.33.0: a cut that begins inside its recording, written to Shar and read again, has its sound, its start
# and its supervisions moved to 0, but the word times of the alignment stay on the old recording's clock.
#
# Guess before running: word times move with what they belong to, or a warning says that they cannot.
# Seen: for a cut from 3 to 8 s with the word "hi" at 4 s, the cut read back starts at 0, its supervision at 1 s,
# and "hi" still at 4 s, now 3 s late. No warning; validate() passes. Before Shar the same numbers are right,
# since alignments count from the recording's start and supervisions from the cut's.
# (urllib3 is installed besides: lhotse imports it when it is loaded and does not declare it.)
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check lhotse==1.33.0 soundfile==0.14.0 numpy==2.2.6 urllib3==2.7.0
cd "$folder"
mkdir shar
venv/bin/python - <<'PY'
import numpy as np
import soundfile
from lhotse import CutSet, MonoCut, Recording, SupervisionSegment, validate
from lhotse.supervision import AlignmentItem

soundfile.write("call.wav", np.zeros(160_000), 16_000)
talk = SupervisionSegment(
    id="talk", recording_id="call", start=4.0, duration=2.0, text="hi",
    alignment={"word": [AlignmentItem("hi", 4.0, 0.5)]},
)
whole = MonoCut(
    id="whole", start=0, duration=10, channel=0, supervisions=[talk],
    recording=Recording.from_file("call.wav", recording_id="call"),
)
part = whole.truncate(offset=3, duration=5)
CutSet.from_cuts([part]).to_shar("shar", {"recording": "wav"})
back = next(iter(CutSet.from_shar(in_dir="shar")))
validate(back)
seen = []
for name, cut in (("written", part), ("read back", back)):
    (supervision,) = cut.supervisions
    seen.append((cut.start, supervision.start, supervision.alignment["word"][0].start))
    print(f"{name}: cut starts at {cut.start}, its supervision at {supervision.start} in it, 'hi' at {seen[-1][2]}")
raise SystemExit(seen != [(3.0, 1.0, 4.0), (0, 1.0, 4.0)])
PY
