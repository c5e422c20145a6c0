#!/usr/bin/env bash
# The "collar" of a diarization error rate is half as wide in pyannote.metrics 4.2.0 as in spy-der 0.4.1:
# collar=.25 takes out .125 s on either side of a boundary in one, .25 s on either side in the other.
#
# Guess before running: one meaning (NIST's: so many seconds on each side), one figure.
# Seen: a change of speakers found .2 s late, 4 s of talk, collar .25: 2.1 % by pyannote.metrics, 0 % by
# spy-der. Only with collar=.5 does pyannote.metrics score the 3 s that spy-der scores with .25.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyannote.metrics==4.2.0 spy-der==0.4.1
"$folder/venv/bin/python" - <<'PY'
import spyder
from pyannote.core import Annotation, Segment, Timeline
from pyannote.metrics.diarization import DiarizationErrorRate

reference, hypothesis = Annotation(), Annotation()
reference[Segment(0, 2)], reference[Segment(2, 4)] = "a", "b"
hypothesis[Segment(0, 2.2)], hypothesis[Segment(2.2, 4)] = "a", "b"
extent = Timeline([Segment(0, 4)])
seen = {}
for collar in (0.25, 0.5):
    one = DiarizationErrorRate(collar=collar)(reference, hypothesis, uem=extent, detailed=True)
    other = spyder.DER(
        [("a", 0, 2), ("b", 2, 4)], [("a", 0, 2.2), ("b", 2.2, 4)], collar=collar
    )
    seen[collar] = (round(one["total"], 3), round(other.duration, 3))
    print(
        f"collar {collar}: scored seconds {one['total']:.2f} (pyannote.metrics) {other.duration:.2f}"
        f" (spy-der); DER {one['diarization error rate']:.3f} and {other.der:.3f}"
    )
raise SystemExit(seen != {0.25: (3.5, 3.0), 0.5: (3.0, 2.0)})
PY
