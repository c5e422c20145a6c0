#!/usr/bin/env bash
# auditok 0.5.2: split() cuts continuous sound every five seconds by default, without a gap between
# the parts; a count of its regions is no count of stretches of talk.
#
# Guess before running: one region for twelve seconds of unbroken sound between silences.
# Seen: three regions, 1-6, 6-11 and 11-13.3 s (max_dur is 5 unless set; the last part keeps up to
# .3 s of the silence after it). With max_dur=None there is one.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check auditok==0.5.2 numpy==2.2.6
"$folder/venv/bin/python" - <<'PY'
import auditok
import numpy as np

rate = 16_000
noise = (np.random.default_rng(0).normal(size=12 * rate) * 3000).astype("<i2")
silence = np.zeros(rate, "<i2")
sound = np.concatenate([silence, noise, silence]).tobytes()
form = {"sr": rate, "sw": 2, "ch": 1}
parts = [(round(part.start, 2), round(part.end, 2)) for part in auditok.split(sound, **form)]
whole = [(round(p.start, 2), round(p.end, 2)) for p in auditok.split(sound, max_dur=None, **form)]
print("by default:   ", parts)
print("max_dur=None: ", whole)
raise SystemExit(not (parts == [(1.0, 6.0), (6.0, 11.0), (11.0, 13.3)] and len(whole) == 1))
PY
