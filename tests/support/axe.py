"""Accessibility of a page that is shown, by axe-core."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest


def serious(tab: Any) -> list[str]:
    """What axe-core calls serious or critical on the page that is shown."""
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or not found.submodule_search_locations:
        pytest.skip("no axe-core here (pip install --no-deps axe-playwright-python)")
    script = Path(next(iter(found.submodule_search_locations))) / "axe.min.js"
    tab.run(f"{script.read_text('utf-8')};0")
    violations = tab.run(
        "axe.run(document).then((r) => r.violations.map((v) => `${v.impact} ${v.id}`))"
    )
    return [one for one in violations if one.startswith(("serious", "critical"))]
