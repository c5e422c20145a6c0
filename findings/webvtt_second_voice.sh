#!/usr/bin/env bash
# webvtt-py 0.6.0: a cue in which two people talk has one voice, the first; the second speaker's
# words are in the cue's text as if the first had said them.
#
# Guess before running: a list of voices, or None where there is more than one.
# Seen: voice is "Ann", and the text "So we could go.\nYeah." holds what Bob says. WebVTT allows any
# number of voice spans in a cue; only raw_text still tells them apart.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check webvtt-py==0.6.0
"$folder/venv/bin/python" - <<'PY'
import io

import webvtt

cues = webvtt.from_buffer(
    io.StringIO("WEBVTT\n\n00:00.000 --> 00:03.000\n<v Ann>So we could go.\n<v Bob>Yeah.\n")
)
(cue,) = cues
print("voice:", repr(cue.voice), "text:", repr(cue.text))
raise SystemExit(not (cue.voice == "Ann" and cue.text == "So we could go.\nYeah."))
PY
