"""The LLM writer: stages as data, any OpenAI-compatible service, every answer checked."""

from interactspeech.script.llm.budget import Prices, Spending
from interactspeech.script.llm.cache import Cache
from interactspeech.script.llm.client import Client, Service, StoppedError
from interactspeech.script.llm.mix import MIX
from interactspeech.script.llm.writer import LLMSettings, LLMWriter

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
