#!/usr/bin/env bash
# whisper-normalizer 0.1.15 (the English normaliser that most word error rates of speech recognition
# are computed with) erases most backchannels and turns the word "oh" into the digit 0.
#
# Guess before running: hesitations ("uh", "um") go, answers such as "mm-hm" and "uh-huh" stay.
# Seen: "Mhm.", "Mm-hmm, mm-hmm." and the denial "Uh-uh." become nothing; "Uh-huh." becomes "huh";
# "Oh, no" becomes "0 no". So a recogniser that hears no backchannel at all loses nothing in the
# word error rate of a dialogue, and one that writes "0" for "oh" is right.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check whisper-normalizer==0.1.15
"$folder/venv/bin/python" - <<'PY'
from whisper_normalizer.english import EnglishTextNormalizer

normalize = EnglishTextNormalizer()
expected = {
    "Mhm.": "",
    "Mm-hmm, mm-hmm.": "",
    "Uh-uh.": "",
    "Uh-huh.": "huh",
    "Oh, no.": "0 no",
    "Okay.": "okay",
}
seen = {text: normalize(text) for text in expected}
for text, result in seen.items():
    print(f"{text!r:20} -> {result!r}")
raise SystemExit(seen != expected)
PY
