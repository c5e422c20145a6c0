"""The LLM writer: stages as data, any OpenAI-compatible service, every answer checked."""

from interactspeech.scripts.writers.llm.client import (
    Cache,
    Client,
    Prices,
    Service,
    Spending,
    StoppedError,
)
from interactspeech.scripts.writers.llm.mix import MIX
from interactspeech.scripts.writers.llm.writer import LLMSettings, LLMWriter

__all__ = [
    "MIX",
    "Cache",
    "Client",
    "LLMSettings",
    "LLMWriter",
    "Prices",
    "Service",
    "Spending",
    "StoppedError",
]
