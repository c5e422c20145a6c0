"""A bill of materials and a list of licences of what is installed beside this package.

    python tools/bill_of_materials.py OUT [--extra tts --extra listen]

Writes ``OUT/sbom.cdx.json`` (CycloneDX 1.6) and ``OUT/licences.md``: this package, and what it
needs directly or through others, as `importlib.metadata` knows the environment. With ``--extra``
the packages of those extras too. cyclonedx-bom makes the same of a whole environment; this asks for
no further package, and leaves out what only the developers need. The weights that the package can
fetch are components as well, with their SHA-256, sources and licences.

The exit code is 1 where a package states no licence, or one that is not known to fit Apache-2.0.
"""

import argparse
import json
import re
import sys
import uuid
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PACKAGE = "interactspeech"
#: Classifier -> SPDX.
_CLASSIFIERS = {
    "Apache Software License": "Apache-2.0", "MIT License": "MIT",
    "BSD License": "BSD-3-Clause", "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0", "The Unlicense (Unlicense)": "Unlicense",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.1-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication": "CC0-1.0",
}  # fmt: skip
_TEXTS = {
    "apache 2.0": "Apache-2.0", "apache-2.0": "Apache-2.0", "apache license 2.0": "Apache-2.0",
    "apache": "Apache-2.0", "apache software license": "Apache-2.0", "apache license": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0", "apache 2": "Apache-2.0", "mit": "MIT",
    "mit license": "MIT", "bsd": "BSD-3-Clause", "bsd license": "BSD-3-Clause",
    "new bsd": "BSD-3-Clause", "bsd-3-clause": "BSD-3-Clause", "bsd 3-clause": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause", "3-clause bsd license": "BSD-3-Clause", "isc": "ISC",
    "bsd-2-clause": "BSD-2-Clause", "mpl-2.0": "MPL-2.0", "psf": "PSF-2.0", "zlib": "Zlib",
    "lgpl-2.1-or-later": "LGPL-2.1-or-later", "unlicense": "Unlicense",
    "apache 2.0 license": "Apache-2.0",
}  # fmt: skip
#: Words of SPDX expressions that need no second look in a work under Apache-2.0 which imports them.
_FITS = frozenset(
    ("Apache-2.0", "MIT", "MIT-0", "MIT-CMU", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "ISC",
     "MPL-2.0", "PSF-2.0", "Python-2.0", "Unlicense", "CC0-1.0", "Zlib", "BSL-1.0",
     "LGPL-2.1-or-later", "LGPL-2.1-only", "LGPL-3.0-only", "HPND", "GPL-3.0-or-later", "Libpng",
     "libtiff", "CNRI-Python", "NCSA", "FTL", "Bitstream-Vera", "GCC-exception-3.1",
     "LLVM-exception")
)  # fmt: skip
#: GPL parts that are allowed: compilers' run-time libraries, which have an exception for it.
_RUNTIME = re.compile(r"GPL-3\.0-or-later(?! WITH GCC-exception)")


def needed(extras: tuple[str, ...]) -> dict[str, metadata.Distribution]:
    """Name -> distribution of what the package needs here, itself first."""
    found: dict[str, metadata.Distribution] = {}
    waiting: list[tuple[str, tuple[str, ...]]] = [(PACKAGE, extras)]
    seen: set[tuple[str, tuple[str, ...]]] = set()
    while waiting:
        name, wanted = waiting.pop()
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        try:
            there = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # of another platform, or not installed: it is not delivered
        found.setdefault(canonicalize_name(name), there)
        for line in there.requires or ():
            one = Requirement(line)
            if one.marker is None or any(
                one.marker.evaluate({"extra": extra}) for extra in (*wanted, "")
            ):
                waiting.append((canonicalize_name(one.name), tuple(sorted(one.extras))))
    return found


def licence(one: metadata.Distribution) -> str:
    """SPDX expression of what a distribution states; "" where it states none that is known."""
    about = one.metadata
    if stated := about.get("License-Expression"):
        return str(stated)
    kinds = [
        _CLASSIFIERS[kind] for line in about.get_all("Classifier") or ()
        if (kind := line.rpartition(" :: ")[2]) in _CLASSIFIERS
    ]  # fmt: skip
    if kinds:
        return " OR ".join(dict.fromkeys(kinds))
    text = (about.get("License") or "").strip()
    return _TEXTS.get(text.lower(), text if text and not _words(text) - _FITS else "")


def _words(expression: str) -> set[str]:
    return set(re.findall(r"[\w.+-]+", expression)) - {"AND", "OR", "WITH"}


def component(one: metadata.Distribution) -> dict[str, object]:
    """A component of CycloneDX."""
    name, version = canonicalize_name(one.metadata["Name"]), one.version
    purl = f"pkg:pypi/{name}@{version}"
    made: dict[str, object] = {
        "type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
    }  # fmt: skip
    if found := licence(one):
        made["licenses"] = [{"expression": found}]
    return made


def weights() -> list[dict[str, object]]:
    """Files that the package can fetch, pinned by SHA-256."""
    from interactspeech.models import catalogue
    from interactspeech.models.weights import Weight

    found = {
        one.name: one
        for value in vars(catalogue).values()
        for one in (value if isinstance(value, list | tuple) else (value,))
        if isinstance(one, Weight)
    }
    return [
        {
            "type": "machine-learning-model", "bom-ref": f"weights/{name}", "name": name,
            "hashes": [{"alg": "SHA-256", "content": one.sha256}],
        }
        for name, one in sorted(found.items())
    ]  # fmt: skip


def bill(found: dict[str, metadata.Distribution]) -> dict[str, object]:
    """The bill, the same for the same environment."""
    parts = {name: component(one) for name, one in sorted(found.items())}
    root = parts.pop(PACKAGE)
    names = {name: part["bom-ref"] for name, part in parts.items()} | {PACKAGE: root["bom-ref"]}
    links = []
    for name, one in sorted(found.items()):
        lines = (Requirement(line) for line in one.requires or ())
        inner = sorted({
            str(names[key]) for line in lines
            if (key := canonicalize_name(line.name)) in names and key != name
        })  # fmt: skip
        links.append({"ref": names[name], "dependsOn": inner})
    listed = [*parts.values(), *weights()]
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(listed, sort_keys=True))
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "serialNumber": f"urn:uuid:{serial}",
        "metadata": {"component": root | {"type": "application"}},
        "components": listed, "dependencies": links,
    }  # fmt: skip


def doubtful(found: dict[str, metadata.Distribution]) -> list[str]:
    """Packages whose licence is not stated, or not known to fit."""
    lines = []
    for name, one in sorted(found.items()):
        stated = licence(one)
        if not stated:
            text = str(one.metadata.get("License"))[:60]
            lines.append(f"{name}: states no licence that is known ({text})")
        elif _words(stated) - _FITS or _RUNTIME.search(stated):
            lines.append(f"{name}: {stated}")
    return lines


def main() -> int:
    """Write the two files; 1 where a licence wants a look."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--extra", action="append", default=[], metavar="NAME")
    options = parser.parse_args()
    found = needed(tuple(options.extra))
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "sbom.cdx.json").write_text(json.dumps(bill(found), indent=1) + "\n", "utf-8")
    rows = [
        f"| {name} | {one.version} | {licence(one) or '-'} |" for name, one in sorted(found.items())
    ]
    page = "| package | version | licence |\n|---|---|---|\n" + "\n".join(rows) + "\n"
    (options.out / "licences.md").write_text(page, "utf-8")
    print(f"{len(found)} packages: {options.out / 'sbom.cdx.json'}")  # noqa: T201
    wrong = doubtful(found)
    for line in wrong:
        print(line, file=sys.stderr)  # noqa: T201
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
