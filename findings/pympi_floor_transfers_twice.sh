#!/usr/bin/env bash
# pympi-ling 1.71 has two functions for gaps and overlaps between speakers, and they disagree by 2 ms a
# gap and about whether there is an overlap at all.
#
# Guess before running: get_gaps_and_overlaps2 is the faster form of get_gaps_and_overlaps; same answers.
# Seen: for one gap from 1400 to 1500 ms the first gives 1401-1499, the second 1400-1500; where one starts
# at the very millisecond at which the other ends, the first adds an overlap of no length (3000-3000).
# The labels differ too (G21_B_A, G21). Mean floor transfer offsets depend on which is called.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pympi-ling==1.71
"$folder/venv/bin/python" - <<'PY'
import pympi

talk = pympi.Elan.Eaf(author="")
for tier, spans in {"A": [(0, 1000), (1500, 3000)], "B": [(900, 1400), (3000, 4000)]}.items():
    talk.add_tier(tier)
    for start, end in spans:
        talk.add_annotation(tier, start, end, "")
one = list(talk.get_gaps_and_overlaps("A", "B"))
two = list(talk.get_gaps_and_overlaps2("A", "B"))
print(one, two, sep="\n")
raise SystemExit(
    not (
        one == [(900, 1000, "O12_A_B"), (1401, 1499, "G21_B_A"), (3000, 3000, "O12_A_B")]
        and two == [(900, 1000, "O12"), (1400, 1500, "G21")]
    )
)
PY
