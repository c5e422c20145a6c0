"""Fixtures for all rooms."""

import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is slow at drawing examples; that says nothing about the code.
settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any-machine")

SHARED = Path(__file__).parents[2] / "shared"


def pytest_configure() -> None:
    """Let Ctrl-C reach what tests start, also where the tests themselves run in the background.

    A shell without job control starts background commands with SIGINT ignored, and that is
    inherited for good.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real material beside the project; tests that need it skip without it."""
    data = SHARED / "data"
    if not data.is_dir():
        pytest.skip("the shared data folder is not beside this checkout")
    return data


@pytest.fixture(scope="session")
def shared_reference() -> Path:
    """The folder of reference numbers beside the project."""
    reference = SHARED / "reference"
    if not reference.is_dir():
        pytest.skip("the shared reference folder is not beside this checkout")
    return reference
