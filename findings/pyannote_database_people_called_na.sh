#!/usr/bin/env bash
# pyannote.database 6.1.1: load_rttm loses the names of speakers who are called NA, null, None or nan, and
# gives them all one label, a float.
#
# Guess before running: only <NA>, RTTM's own sign for "unknown", is special; a speaker column is text.
# Seen: "NA" and "null" (initials, or labels of a data base) both become nan, so two people become one, and
# sorting or printing labels meets a float among strings.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyannote.database==6.1.1
cd "$folder"
cat > call.rttm <<'RTTM'
SPEAKER call 1 0.0 1.0 <NA> <NA> NA <NA> <NA>
SPEAKER call 1 2.0 1.0 <NA> <NA> null <NA> <NA>
SPEAKER call 1 4.0 1.0 <NA> <NA> Bob <NA> <NA>
RTTM
venv/bin/python - <<'PY'
from pyannote.database.util import load_rttm

labels = [label for _, _, label in load_rttm("call.rttm")["call"].itertracks(yield_label=True)]
print(labels)
raise SystemExit(not (labels[0] != labels[0] and labels[1] != labels[1] and labels[2] == "Bob"))
PY
