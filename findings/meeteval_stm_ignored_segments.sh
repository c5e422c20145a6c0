#!/usr/bin/env bash
# meeteval 0.4.3 scores what an STM file marks as not to be scored: IGNORE_TIME_SEGMENT_IN_SCORING is
# a word of the reference, what a system says there counts as insertions, and inter_segment_gap is a
# speaker who was missed.
#
# Guess before running: as in NIST's sclite, for which the format was made, such stretches are left out,
# so a hypothesis that has every scored word right gets 0 errors.
# Seen: of three scored words all are right; 3 errors are counted, and one missed speaker.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check meeteval==0.4.3
cd "$folder"
cat > reference.stm <<'STM'
call 1 A 0.0 2.0 hello there friend
call 1 A 2.0 5.0 IGNORE_TIME_SEGMENT_IN_SCORING
call 1 inter_segment_gap 5.0 6.0
STM
cat > hypothesis.stm <<'STM'
call 1 A 0.0 2.0 hello there friend
call 1 A 2.5 4.0 not to score
STM
venv/bin/python - <<'PY'
import meeteval

result = meeteval.wer.cpwer(meeteval.io.load("reference.stm"), meeteval.io.load("hypothesis.stm"))["call"]
print(f"errors {result.errors} of {result.length} words, missed speakers {result.missed_speaker}")
raise SystemExit((result.errors, result.length, result.missed_speaker) != (3, 4, 1))
PY
