"""What other libraries would send is forbidden before they are loaded; users may allow it."""

import json
import os
import subprocess
import sys

import pytest

from interactspeech import _SILENCED as SILENCED
from interactspeech.cli.doctor import _machine


def run(code: str, **given: str) -> str:
    environment = {k: v for k, v in os.environ.items() if k not in {*SILENCED, "HF_HUB_OFFLINE"}}
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, env=environment | given, check=True, capture_output=True, text=True
    )
    return done.stdout


SHOW = "import json, os, interactspeech; print(json.dumps(dict(os.environ)))"


def test_the_variables_are_set_on_import() -> None:
    found = json.loads(run(SHOW))
    assert {name: found[name] for name in SILENCED} == {k: v for k, (v, _) in SILENCED.items()}


def test_what_the_user_set_stays(monkeypatch) -> None:
    found = json.loads(run(SHOW, RAY_USAGE_STATS_ENABLED="1"))
    assert found["RAY_USAGE_STATS_ENABLED"] == "1"
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "1")
    (told,) = [one for one in _machine() if one.what == "telemetry"]
    assert told.state == "optional"
    assert "RAY_USAGE_STATS_ENABLED (ray)" in told.detail


def test_the_hub_sends_nothing() -> None:
    """trl tells the hub of each trainer that is made, through this function."""
    pytest.importorskip("huggingface_hub")
    code = """
import interactspeech, threading
from huggingface_hub import constants
from huggingface_hub.utils import send_telemetry
assert constants.HF_HUB_DISABLE_TELEMETRY
before = threading.active_count()
send_telemetry(topic="x", library_name="x")
assert threading.active_count() == before
"""
    run(code)


def test_ray_collects_nothing() -> None:
    pytest.importorskip("ray")
    code = (
        "import interactspeech; from ray._common.usage import usage_lib; "
        "assert not usage_lib.usage_stats_enabled()"
    )
    run(code)
