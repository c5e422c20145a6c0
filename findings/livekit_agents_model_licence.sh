#!/usr/bin/env bash
# livekit-agents 1.8.9: the package is Apache-2.0, and every install of it brings 35 MB of models under
# another licence: livekit-local-inference is required, not an extra.
#
# Guess before running: an Apache-2.0 framework whose models come by plug-ins (`[silero]`,
# `[turn-detector]`), so that the plain install holds nothing but Apache-2.0, MIT and BSD.
# Seen: Requires-Dist names livekit-local-inference without a condition; 0.2.7 says "Apache-2.0 AND
# LicenseRef-LiveKit-Model", carries a MODEL_LICENSE and the classifier "Other/Proprietary License".
# A list of licences of direct dependencies alone does not show it.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$folder" \
    livekit-agents==1.8.9 livekit-local-inference==0.2.7
python3 - "$folder" <<'PY'
import email
import pathlib
import sys
import zipfile


def metadata(pattern):
    """Headers of the one wheel like this, and the names in it."""
    (wheel,) = pathlib.Path(sys.argv[1]).glob(pattern)
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (one for one in archive.namelist() if one.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name)), archive.namelist()


agents, _ = metadata("livekit_agents-*.whl")
models, names = metadata("livekit_local_inference-*.whl")
needed = [one for one in agents.get_all("Requires-Dist") if one.startswith("livekit-local")]
print("livekit-agents:", agents["License-Expression"], "requires", needed)
print("livekit-local-inference:", models["License"])
print(" ", [one for one in models.get_all("Classifier") if one.startswith("License")])
seen = agents["License-Expression"] == "Apache-2.0" and needed == ["livekit-local-inference>=0.2.7"]
seen = seen and "LicenseRef-LiveKit-Model" in models["License"]
raise SystemExit(not (seen and any(name.endswith("MODEL_LICENSE") for name in names)))
PY
