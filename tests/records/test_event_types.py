"""The table of event types, and that whoever lists types takes them from it."""

import re
from pathlib import Path
from typing import get_args

import pytest

from interactspeech.corpus.exchange.chat import ASKED
from interactspeech.records import EVENT_TYPES, EventType
from interactspeech.turntaking.online import delays
from interactspeech.turntaking.rules import DEFAULT

ROOT = Path(__file__).parents[2]


def test_the_table_has_a_row_for_each_name_that_records_allow():
    assert tuple(EVENT_TYPES) == get_args(EventType)
    assert all(name == info.name for name, info in EVENT_TYPES.items())


def luminance(colour):
    """Relative luminance (WCAG 2.1)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """Contrast of two colours (WCAG 2.1)."""
    low, high = sorted(luminance(colour) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("info", EVENT_TYPES.values(), ids=lambda info: info.name)
def test_colours_are_seen_on_both_pages(info):
    assert contrast(info.colour, "#ffffff") >= 3
    assert contrast(info.dark, "#15181e") >= 3


def test_colours_differ():
    assert len({info.colour for info in EVENT_TYPES.values()}) == len(EVENT_TYPES)
    assert len({info.dark for info in EVENT_TYPES.values()}) == len(EVENT_TYPES)


def test_whoever_lists_types_has_them_from_the_table():
    assert set(ASKED) <= set(EVENT_TYPES)
    annotated = {name for name, info in EVENT_TYPES.items() if info.annotated}
    assert set(delays(DEFAULT, 16_000)) == annotated


@pytest.mark.parametrize("page", ["framework.md", "record.md"])
def test_the_documentation_names_every_type(page):
    text = (ROOT / "docs" / page).read_text("utf-8")
    for info in EVENT_TYPES.values():
        name = info.column if page == "record.md" else info.name
        if page == "record.md" or info.annotated:
            assert re.search(rf"`{name}`", text), name
