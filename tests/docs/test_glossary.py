"""The names that the glossary gives for those of 0.1.0 exist; every type of event is defined."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from interactspeech.records.event_types import EVENT_TYPES

PAGE = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text("utf-8")
OLD = PAGE.partition("## Names of 0.1.0")[2]
NOW = sorted(
    {
        name.removeprefix("interactspeech.")
        for row in re.findall(r"^\| `[^|]*\| ([^|]*) \|$", OLD, re.MULTILINE)
        for name in re.findall(r"`([\w.]+)`", row)
    }
)


@pytest.mark.parametrize("name", NOW)
def test_new_names_exist(name: str) -> None:
    try:
        import_module(f"interactspeech.{name}")
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        assert hasattr(import_module(f"interactspeech.{module}"), attribute)


def test_terms_are_defined_once() -> None:
    terms = re.findall(r"^\| \*\*([^*]+)\*\*", PAGE, re.MULTILINE)
    assert len(terms) > 50
    assert len(terms) == len(set(terms))


def test_every_event_that_rules_find_is_defined() -> None:
    for name, info in EVENT_TYPES.items():
        if info.annotated:
            assert f"**{name.replace('_', ' ')}" in PAGE, name
