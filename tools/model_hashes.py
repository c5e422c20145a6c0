"""The hashes of graphs and cards that ship: write, check, sign them, and check the signature.

    python tools/model_hashes.py            # check the list against the files; what CI runs
    python tools/model_hashes.py --write    # after a new model
    python tools/model_hashes.py --sign KEY           # who releases, with an SSH key
    python tools/model_hashes.py --signers FILE       # anybody: FILE is `allowed_signers`

The list is ``src/interactspeech/listener/data/SHA256SUMS``, for ``sha256sum -c``; its signature
lies beside it as ``SHA256SUMS.sig`` (``ssh-keygen -Y``, namespace ``file``).
"""

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "src" / "interactspeech" / "listener" / "data"
LIST = FOLDER / "SHA256SUMS"


def listed() -> str:
    """The list as it should be."""
    return "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(FOLDER.iterdir())
        if path.suffix in (".onnx", ".json")
    )


def main() -> int:
    """1 where the list or the signature does not fit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--sign", type=Path, metavar="KEY")
    parser.add_argument("--signers", type=Path, metavar="FILE")
    options = parser.parse_args()
    if options.write:
        LIST.write_text(listed(), "utf-8")
    if LIST.read_text("utf-8") != listed():
        print(f"{LIST} does not fit the models and cards beside it", file=sys.stderr)  # noqa: T201
        return 1
    if options.sign:
        sign = ["ssh-keygen", "-Y", "sign", "-n", "file", "-f", str(options.sign), str(LIST)]
        return subprocess.run(sign, check=False).returncode
    if options.signers:
        who = options.signers.read_text("utf-8").split()[0]
        check = ["ssh-keygen", "-Y", "verify", "-n", "file", "-f", str(options.signers),
                 "-I", who, "-s", f"{LIST}.sig"]  # fmt: skip
        return subprocess.run(check, input=LIST.read_bytes(), check=False).returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
