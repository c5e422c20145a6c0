"""The client of an OpenAI-compatible service: requests, recorded answers, and a budget."""

from __future__ import annotations

import asyncio
import hashlib
import math
import os
import re
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from interactspeech.errors import InputError, MissingExtraError
from interactspeech.scripts.writers.llm.answers import Answer
from interactspeech.scripts.writers.llm.stages import WritingStage


class Prices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a million tokens cost, in the currency of the budget."""

    prompt: float = 0.0
    answer: float = 0.0

    def of(self, prompt: int, answer: int) -> float:
        """The price of so many tokens."""
        return (prompt * self.prompt + answer * self.answer) / 1e6


class Spending(msgspec.Struct, forbid_unknown_fields=True):
    """What a run has spent, compared with its limits.

    A request is let through only if its worst case still fits beside those in flight, so a limit is
    never passed by more than a service passes `max_tokens`.

    Attributes:
        money, tokens: the limits.
        asked: requests that were answered by the service; `recorded`: by the cache.
    """

    prices: Prices = Prices()
    money: float = math.inf
    tokens: float = math.inf
    asked: int = 0
    recorded: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0
    _held_prompt: int = 0
    _held_answer: int = 0

    @property
    def cost(self) -> float:
        """What was spent, in the currency of the prices."""
        return self.prices.of(self.prompt_tokens, self.answer_tokens)

    def hold(self, prompt: int, answer: int) -> bool:
        """Reserve a request's worst case; False where it does not fit any more."""
        prompts = self.prompt_tokens + self._held_prompt + prompt
        answers = self.answer_tokens + self._held_answer + answer
        if prompts + answers > self.tokens or self.prices.of(prompts, answers) > self.money:
            return False
        self._held_prompt += prompt
        self._held_answer += answer
        return True

    def release(self, prompt: int, answer: int) -> None:
        """Give a reservation back."""
        self._held_prompt -= prompt
        self._held_answer -= answer

    def spend(self, prompt: int, answer: int) -> None:
        """Count a request that was answered."""
        self.asked += 1
        self.prompt_tokens += prompt
        self.answer_tokens += answer


# What was asked and answered, on disk: a run that is killed goes on without asking twice.
#
# An entry is named by the hash of what was asked (model, messages, parameters) and appears under
# its name whole or not at all.


class Recorded(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer, with the tokens it cost when it was asked."""

    text: str
    finish: str
    refusal: str
    prompt_tokens: int
    answer_tokens: int


class Cache:
    """A folder of recorded answers; without a folder nothing is recorded.

    Args:
        folder: made if it is not there.

    Raises:
        InputError: the folder cannot be made.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        if folder is not None:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InputError(
                    f"no folder for answers: {error.strerror}", folder, reason="unwritable"
                ) from None

    def get(self, key: str) -> Recorded | None:
        """The recorded answer; None where there is none, or where its file is damaged."""
        data = self.read("answers", key)
        if data is None:
            return None
        try:
            return msgspec.json.decode(data, type=Recorded)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def put(self, key: str, answer: Recorded) -> None:
        """Record an answer."""
        self.write("answers", key, msgspec.json.encode(answer))

    def read(self, kind: str, key: str) -> bytes | None:
        """The bytes of an entry, if it is there."""
        if self._folder is None:
            return None
        try:
            return self._path(kind, key).read_bytes()
        except OSError:
            return None

    def write(self, kind: str, key: str, data: bytes) -> None:
        """Store an entry under its name, whole.

        Raises:
            InputError: it cannot be written.
        """
        if self._folder is None:
            return
        path = self._path(kind, key)
        part = path.with_name(f".{key[:16]}.{os.getpid()}.{uuid.uuid4().hex[:8]}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(data)
            part.replace(path)
        except OSError as error:
            raise InputError(
                f"cannot be written: {error.strerror}", path, reason="unwritable"
            ) from None
        finally:
            with suppress(OSError):
                part.unlink()

    def _path(self, kind: str, key: str) -> Path:
        assert self._folder is not None
        return self._folder / kind / key[:2] / f"{key}.json"


def key_of(*parts: Any) -> str:
    """The key of a request: a hash of its JSON."""
    return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()


# Asking an OpenAI-compatible service: bounded, retried, recorded, counted.
#
# The official client does the HTTP and the retries (429, 5xx, time-outs, lost connections; with
# exponential back-off, or as long as the service says). This module bounds how many requests are in
# flight, looks into the cache first, holds the budget, and turns each failure into one reason.


class Service(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which service is asked, and how.

    Attributes:
        model: its name there.
        base_url: of the service ("http://localhost:8000/v1"); "" for what the environment variable
            OPENAI_BASE_URL says, or else OpenAI's own.
        concurrency: requests in flight at most.
        retries: of one request.
        timeout: seconds to wait for an answer.
        replay: use recorded answers only; never ask.
        give_up: requests that fail one after the other before the run stops asking.
        seed: sent with each request, for services that sample reproducibly.
    """

    model: str
    base_url: str = ""
    concurrency: int = 64
    retries: int = 5
    timeout: float = 120.0
    replay: bool = False
    give_up: int = 100
    seed: int = 0


class StoppedError(InputError):
    """No more requests are made in this run: the budget is used up, or access or service failed."""


class Client:
    """Asks the service. The API key comes from the environment variable OPENAI_API_KEY alone.

    Attributes:
        spending: tokens, money, counts of requests.
        retried: requests that had to be sent again, counted each time.
        stopped: why nothing more is asked; None while asking goes on.

    Raises:
        MissingExtraError: the package `openai` is not installed.
        InputError: no key is set, and no other service than OpenAI's is named.
    """

    def __init__(self, service: Service, cache: Cache, spending: Spending) -> None:
        try:
            import openai
        except ImportError:
            raise MissingExtraError("openai", "llm", "writing scripts with an LLM") from None
        self._openai: Any = openai
        self._service = service
        self._cache = cache
        self.spending = spending
        self.retried = 0
        self.stopped: StoppedError | None = None
        self._failures = 0
        self._mode = 0
        self._gate = asyncio.Semaphore(service.concurrency)
        self._asking: dict[str, asyncio.Lock] = {}
        key = os.environ.get("OPENAI_API_KEY", "")
        elsewhere = service.base_url or os.environ.get("OPENAI_BASE_URL", "")
        if not key and not elsewhere and not service.replay:
            raise InputError(
                "no API key",
                remedy="set OPENAI_API_KEY, or name another service with --base-url",
                reason="no-key",
            )
        self._client: Any = openai.AsyncOpenAI(
            api_key=key or "none",
            base_url=service.base_url or None,
            max_retries=service.retries,
            timeout=service.timeout,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def ask(self, stage: WritingStage, messages: list[dict[str, str]]) -> Answer:
        """The service's answer, recorded or fresh.

        Raises:
            StoppedError: nothing more is asked in this run.
            InputError: the service did not answer; the reason says how.
        """
        service = self._service
        key = key_of(service.model, messages, stage.temperature, stage.max_tokens, service.seed)
        # The same question twice at a time is asked once, where answers are recorded.
        lock = self._asking.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                recorded = self._cache.get(key)
                if recorded is None:
                    recorded = await self._fresh(stage, messages)
                    self._record(key, recorded)
                else:
                    self.spending.recorded += 1
        finally:
            if not lock.locked():
                self._asking.pop(key, None)
        return Answer(recorded.text, recorded.finish, recorded.refusal)

    def _record(self, key: str, recorded: Recorded) -> None:
        """Record an answer; where that fails nothing more is paid for."""
        try:
            self._cache.put(key, recorded)
        except InputError as error:
            self.stopped = StoppedError(
                f"answers cannot be recorded: {error}",
                remedy="make room, and run the same command again",
                reason="llm-no-record",
            )

    async def _fresh(self, stage: WritingStage, messages: list[dict[str, str]]) -> Recorded:
        if self._service.replay:
            raise InputError("this question was never recorded", reason="llm-not-recorded")
        async with self._gate:
            if self.stopped is not None:
                raise self.stopped
            # Three characters a token is more than English needs.
            prompt = sum(len(message["content"]) for message in messages) // 3 + 50
            if not self.spending.hold(prompt, stage.max_tokens):
                self.stopped = StoppedError("the budget is spent", reason="llm-budget")
                raise self.stopped
            try:
                recorded = await self._send(stage, messages)
            except InputError as error:
                self._failures += 1
                if self._failures >= self._service.give_up and self.stopped is None:
                    self.stopped = StoppedError(
                        f"{self._failures} requests in a row failed, the last one: {error.problem}",
                        remedy="run the same command again later; answers so far are kept",
                        reason="llm-unreachable",
                    )
                raise
            finally:
                self.spending.release(prompt, stage.max_tokens)
            self._failures = 0
            self.spending.spend(recorded.prompt_tokens, recorded.answer_tokens)
            return recorded

    async def _send(self, stage: WritingStage, messages: list[dict[str, str]]) -> Recorded:
        openai = self._openai
        while True:
            mode = self._mode
            try:
                raw = await self._client.chat.completions.with_raw_response.create(
                    model=self._service.model, messages=messages, **self._parameters(stage, mode)
                )
                self.retried += raw.retries_taken
                return _recorded(raw.parse(), messages)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                if mode == _LAST_MODE:
                    raise InputError(_short(error), reason="llm-bad-request") from None
                # Others may have found out meanwhile.
                self._mode = max(self._mode, mode + 1)
            except (
                openai.AuthenticationError,
                openai.PermissionDeniedError,
                openai.NotFoundError,
            ) as error:
                self.stopped = StoppedError(
                    _short(error),
                    remedy="check OPENAI_API_KEY, --base-url and the model's name",
                    reason="llm-no-access",
                )
                raise self.stopped from None
            except openai.APITimeoutError:
                problem = f"no answer within {self._service.timeout:g} s"
                raise InputError(problem, reason="llm-timeout") from None
            except openai.RateLimitError as error:
                raise InputError(_short(error), reason="llm-rate-limit") from None
            except openai.InternalServerError as error:
                if mode < _FREE_MODE and _FORMAT.search(str(error)):
                    # llama-cpp-python's server calls a format that it does not know its own error.
                    self._mode = max(self._mode, mode + 1)
                    continue
                raise InputError(_short(error), reason="llm-server-error") from None
            except openai.APIConnectionError as error:
                cause = error.__cause__ or error
                raise InputError(_short(cause), reason="llm-disconnected") from None
            except (openai.APIError, ValueError) as error:
                raise InputError(_short(error), reason="llm-bad-response") from None

    def _parameters(self, stage: WritingStage, mode: int) -> dict[str, Any]:
        """What is sent beside the messages; less is asked for where a service refuses it."""
        if mode == _LAST_MODE:
            return {"max_completion_tokens": stage.max_tokens}
        parameters: dict[str, Any] = {
            "temperature": stage.temperature,
            "max_tokens": stage.max_tokens,
        }
        if mode < _FREE_MODE:
            parameters["seed"] = self._service.seed
        if mode == 0:
            parameters["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": stage.name, "strict": True, "schema": stage.schema},
            }
        elif mode == 1:
            parameters["response_format"] = {"type": "json_object", "schema": stage.schema}
        return parameters


#: 0: structured output as OpenAI asks for it, and a seed; 1: as llama-cpp-python's server does;
#: 2: neither; 3: only a limit, under the name of newer models.
_FREE_MODE, _LAST_MODE = 2, 3
_FORMAT = re.compile("response_format|json_schema")


def _recorded(completion: Any, messages: list[dict[str, str]]) -> Recorded:
    choices = getattr(completion, "choices", None)
    message = getattr(choices[0], "message", None) if choices else None
    if not choices or message is None:
        raise ValueError("the service sent something other than a chat completion")
    text = message.content or ""
    usage = getattr(completion, "usage", None)
    sent = sum(len(one["content"]) for one in messages)
    return Recorded(
        text=str(text),
        finish=str(choices[0].finish_reason or "stop"),
        refusal=str(getattr(message, "refusal", None) or ""),
        # Services that do not count: about four characters a token.
        prompt_tokens=int(getattr(usage, "prompt_tokens", None) or sent // 4),
        answer_tokens=int(getattr(usage, "completion_tokens", None) or len(text) // 4),
    )


def _short(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:300]
