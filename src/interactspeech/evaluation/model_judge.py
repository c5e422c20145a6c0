"""A language model that is asked for verdicts, many at once, behind an OpenAI-compatible service.

Retries are bounded by the client, and answers are recorded, so that a second run asks nothing and
gives the same. An answer of another form counts as unanswered.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from interactspeech.errors import InputError
from interactspeech.scripts.writers.llm.answers import BadAnswerError, parse
from interactspeech.scripts.writers.llm.client import Client
from interactspeech.scripts.writers.llm.stages import WritingStage

Verdict = TypeVar("Verdict")


def ask_judge(
    client: Client,
    stage: WritingStage,
    system: str,
    data: Sequence[dict[str, Any]],
    read: Callable[[dict[str, Any]], Verdict],
) -> tuple[list[Verdict | None], dict[str, int]]:
    """Ask about each of `data`, and close the client.

    Args:
        client: of the service; bounds, records and counts the requests.
        stage: the form of the answers.
        system: what the judge is told.
        data: what it is asked about, as plain data, one question each.
        read: a verdict of an answer's object; raises `BadAnswerError` where it is none.

    Returns:
        The verdicts in order, None where there is none; and reason -> questions without one.
    """

    async def one(asked: dict[str, Any]) -> Verdict | InputError | BadAnswerError:
        messages = [
            {"role": "system", "content": system},
            {"role": "user", "content": msgspec.json.encode(asked).decode()},
        ]
        try:
            found, _ = parse(await client.ask(stage, messages), stage.schema)
            return read(found)
        except (InputError, BadAnswerError) as error:
            return error

    async def everything() -> list[Verdict | InputError | BadAnswerError]:
        try:
            return await asyncio.gather(*map(one, data))
        finally:
            await client.close()

    verdicts: list[Verdict | None] = []
    unanswered: Counter[str] = Counter()
    for answer in asyncio.run(everything()):
        if isinstance(answer, InputError | BadAnswerError):
            reason = answer.reason if isinstance(answer, InputError) else answer.check
            unanswered[str(reason)] += 1
            verdicts.append(None)
        else:
            verdicts.append(answer)
    return verdicts, dict(sorted(unanswered.items()))


__all__ = ["ask_judge"]
