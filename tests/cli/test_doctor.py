"""`interactspeech doctor` knows every extra of the package."""

import re
import tomllib
from pathlib import Path

from interactspeech.cli.doctor import EXTRAS

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))[
    "project"
]
#: Only for those who work on the package.
OURS = {"dev", "docs"}


def test_the_extras_are_those_of_the_project() -> None:
    extras = PROJECT["optional-dependencies"]
    assert set(EXTRAS) == set(extras) - OURS


def test_the_packages_of_an_extra_are_in_it() -> None:
    for extra, (packages, _) in EXTRAS.items():
        stated = {re.split(r"[\[<>=]", one)[0] for one in PROJECT["optional-dependencies"][extra]}
        assert set(packages) <= stated, extra
