#!/usr/bin/env bash
# pylangacq 0.23.0 drops what a listener says inside a speaker's line of a CHAT transcript, without a trace.
#
# Guess before running: &*BOB:mhm (CHAT's "interposed word", its way to write a backchannel) becomes a word
# of BOB's, or at least a token of the line.
# Seen: the tokens are "so we left okay ." and BOB has not said anything; filled pauses (&-um) and what was
# said and repeated (<we> [/] we) are gone too. The separator for tags and vocatives, U+2021, stays as a word.
# The raw tier still has all of it.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pylangacq==0.23.0
"$folder/venv/bin/python" - <<'PY'
import pylangacq

text = """@UTF8
@Begin
@Languages:\teng
@Participants:\tANN Adult, BOB Adult
@ID:\teng|x|ANN|||||Adult|||
@ID:\teng|x|BOB|||||Adult|||
*ANN:\t&-um so <we> [/] we left &*BOB:mhm okay .
*ANN:\tBob ‡ come .
@End
"""
reader = pylangacq.CHAT.from_strs([text])
lines = [(u.participant, [token.word for token in u.tokens]) for u in reader.utterances()]
for line in lines:
    print(*line)
raise SystemExit(
    lines
    != [("ANN", ["so", "we", "left", "okay", "."]), ("ANN", ["Bob", "‡", "come", "."])]
)
PY
