#!/usr/bin/env bash
# krippendorff 0.9.0: alpha() takes codes of categories for numbers on a scale. Numbering the same
# labels otherwise (backchannel 0, pause 1, interruption 2 ... or in another order) changes agreement.
#
# Guess before running: alpha of category codes is nominal, the same under every numbering.
# Seen: .76 and .94 for one pair of annotators with two numberings of three labels; nominal .88 both
# times, which has to be asked for (level_of_measurement="nominal").
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check krippendorff==0.9.0 numpy==2.2.6
"$folder/venv/bin/python" - <<'PY'
import krippendorff

one = ["backchannel"] * 4 + ["pause"] * 4 + ["interruption"] * 4
two = [*one[:11], "backchannel"]


def alpha(order, **given):
    codes = [[order.index(label) for label in labels] for labels in (one, two)]
    return round(float(krippendorff.alpha(codes, **given)), 3)


orders = ["backchannel", "pause", "interruption"], ["backchannel", "interruption", "pause"]
default = [alpha(order) for order in orders]
nominal = [alpha(order, level_of_measurement="nominal") for order in orders]
print("by default:", default, " nominal:", nominal)
raise SystemExit(not (default[0] < nominal[0] == nominal[1] < default[1]))
PY
