"""`interactspeech doctor` knows every extra of the package."""

import re
import tomllib
from pathlib import Path

import pytest

from interactspeech.cli import doctor
from interactspeech.cli.doctor import EXTRAS

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))[
    "project"
]
#: Only for those who work on the package.
OURS = {"dev", "docs"}


def test_the_extras_are_those_of_the_project() -> None:
    extras = PROJECT["optional-dependencies"]
    assert set(EXTRAS) == set(extras) - OURS


@pytest.mark.parametrize("extra", EXTRAS)
def test_all_packages_of_an_extra_are_looked_for(extra: str) -> None:
    stated = {re.split(r"[\[<>=]", one)[0] for one in PROJECT["optional-dependencies"][extra]}
    assert set(EXTRAS[extra][0]) == stated - {"interactspeech"}


@pytest.mark.parametrize(
    "missing", sorted({name for names, _ in EXTRAS.values() for name in names})
)
def test_an_extra_without_one_of_its_packages_is_not_ok(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_installed", lambda name: name != missing)
    for found in doctor._extras():
        concerned = missing in EXTRAS[found.what.split("'")[1]][0]
        assert (found.state == "ok") is not concerned
        assert not concerned or missing in found.detail
