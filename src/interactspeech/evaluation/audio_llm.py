"""Evaluation of audio LLMs on the event benchmark, by yes-or-no questions without a judge.

The model stands behind an OpenAI-compatible chat endpoint that takes audio (``input_audio``), as
vLLM serves Qwen2.5-Omni and others. Every answer is stored as it comes, so that a run that was
stopped goes on, and so that what was measured can be read.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.errors import InputError, MissingExtraError
from interactspeech.evaluation.events.benchmark import ASKED, RATE, Asked, Benchmark, Question
from interactspeech.evaluation.scripts import Share
from interactspeech.records import Event
from interactspeech.signal.sound_bytes import encode_sound

#: What one answer may cost.
_TOKENS = 64


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was answered to one question; `error` says why there is no text."""

    question: str
    text: str = ""
    error: str = ""


class EventScore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of event.

    Attributes:
        right: questions answered right; what is unanswered is wrong.
        hard: of the questions whose true answer is no although the clip holds what is easily
            taken for the event.
        yes: questions answered yes; half of them should be.
    """

    right: Share
    hard: Share
    yes: Share


class AudioReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a model did.

    Attributes:
        model: its name at the endpoint.
        right: over all questions; chance is a half.
        events: kind of event -> score.
        formed: answers in the form that was asked for.
        unanswered: why -> questions.
        onset_error: median of the absolute error in seconds, where it was asked for and given.
    """

    model: str
    right: Share
    events: dict[str, EventScore]
    formed: Share
    unanswered: dict[str, int]
    onset_error: float | None = None


def score_replies(
    benchmark: Benchmark, questions: Sequence[Question], replies: Sequence[Reply], model: str = ""
) -> AudioReport:
    """Compare answers with what is true.

    Args:
        benchmark: that the questions are of.
        questions: that were asked.
        replies: in any order; a question without one is unanswered.
        model: named in the report.
    """
    given = {reply.question: reply for reply in replies}
    rows: dict[str, list[tuple[Question, str]]] = {}
    unanswered: Counter[str] = Counter()
    errors: list[float] = []
    formed = 0
    for question in questions:
        reply = given.get(question.id, Reply(question.id, error="not asked"))
        reading = read_answer(reply.text)
        if reply.error:
            unanswered[reply.error] += 1
        elif not reading.answer:
            unanswered["neither yes nor no"] += 1
        formed += reading.formed and not reply.error
        rows.setdefault(question.event, []).append((question, reading.answer))
        if question.answer and reading.answer == "yes" and reading.onset is not None:
            true = solution(benchmark, question).onset
            if true is not None:
                errors.append(abs(reading.onset - true))
    events: dict[str, EventScore] = {one: _score(rows[one]) for one in ASKED if one in rows}
    return AudioReport(
        model,
        Share(sum(one.right.count for one in events.values()), len(questions)),
        events,
        Share(formed, len(questions)),
        dict(sorted(unanswered.items())),
        statistics.median(errors) if errors else None,
    )


def _score(rows: list[tuple[Question, str]]) -> EventScore:
    hard = [answer for question, answer in rows if question.hard]
    right = sum(answer == ("yes" if question.answer else "no") for question, answer in rows)
    return EventScore(
        Share(right, len(rows)),
        Share(hard.count("no"), len(hard)),
        Share(sum(answer == "yes" for _, answer in rows), len(rows)),
    )


def clip_wav(benchmark: Benchmark, question: Question) -> bytes:
    """A question's clip as a 16-bit WAV file of one channel at 16 kHz, as audio LLMs hear it."""
    samples = benchmark.cases[question.dialogue].audio(question.start, question.end)
    return encode_sound(mix_down(samples), RATE, "WAV", "PCM_16")


def mix_down(samples: Float32Array) -> Float32Array:
    """All channels on one; quieter only where they would clip together."""
    one: Float32Array = samples.sum(axis=0)
    return one / max(1.0, float(np.abs(one).max(initial=0.0)))


def ask_all(
    benchmark: Benchmark,
    questions: Sequence[Question],
    model: str,
    base_url: str,
    *,
    onset: bool = False,
    concurrency: int = 8,
    retries: int = 3,
    timeout: float = 300.0,
    record: Path | None = None,
    done: Callable[[int], None] | None = None,
) -> list[Reply]:
    """Ask a model; answers that are recorded are not asked for again.

    Args:
        benchmark: whose audio is sent.
        questions: to ask.
        model: its name at the endpoint.
        base_url: of the endpoint ("http://localhost:8000/v1").
        onset: ask for the time of the first event too.
        concurrency: questions in flight at most.
        retries: of one question, by the official client.
        timeout: seconds for one answer.
        record: JSON lines of replies; read, and added to.
        done: called with 1 after each answer.

    Raises:
        MissingExtraError: the package `openai` is not installed.
        InputError: the endpoint refuses the first question, or the record is damaged.
    """
    try:
        import openai
    except ImportError:
        raise MissingExtraError("openai", "llm", "asking an audio model") from None
    client: Any = openai.AsyncOpenAI(
        api_key=os.environ.get("OPENAI_API_KEY") or "none",
        base_url=base_url or None,
        max_retries=retries,
        timeout=timeout,
    )
    known = _recorded(record)
    left = [question for question in questions if question.id not in known]

    async def one(question: Question) -> Reply:
        sound = base64.b64encode(clip_wav(benchmark, question)).decode("ascii")
        parts = [
            {"type": "input_audio", "input_audio": {"data": sound, "format": "wav"}},
            {"type": "text", "text": question_text(question.event, onset=onset)},
        ]
        try:
            found = await client.chat.completions.create(
                model=model,
                messages=[{"role": "user", "content": parts}],
                temperature=0.0,
                max_tokens=_TOKENS,
            )
        except (openai.AuthenticationError, openai.NotFoundError, openai.BadRequestError) as error:
            # The next question would fare no better: no access, no such model, no audio.
            raise InputError(
                f"the endpoint refuses: {_short(error)}",
                remedy="check --base-url, the model's name, and that it takes input_audio",
                reason="llm-refused",
            ) from None
        except openai.OpenAIError as error:
            return Reply(question.id, error=type(error).__name__)
        choices = getattr(found, "choices", None)
        if not choices or choices[0].message is None:
            return Reply(question.id, error="not a chat completion")
        return Reply(question.id, str(choices[0].message.content or ""))

    async def everything() -> list[Reply]:
        gate = asyncio.Semaphore(concurrency)

        async def gated(question: Question) -> Reply:
            async with gate:
                reply = await one(question)
            if record is not None and not reply.error:
                with record.open("ab") as file:
                    file.write(msgspec.json.encode(reply) + b"\n")
            if done is not None:
                done(1)
            return reply

        try:
            # One alone first: what is refused for all is not asked for all.
            first = [await gated(question) for question in left[:1]]
            return [*first, *await asyncio.gather(*map(gated, left[1:]))]
        finally:
            await client.close()

    fresh = {reply.question: reply for reply in asyncio.run(everything())}
    return [known.get(question.id) or fresh[question.id] for question in questions]


def _recorded(record: Path | None) -> dict[str, Reply]:
    if record is None or not record.is_file():
        return {}
    found: dict[str, Reply] = {}
    for number, line in enumerate(record.read_bytes().splitlines(), 1):
        try:
            reply = msgspec.json.decode(line, type=Reply)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InputError(
                f"no reply: {error}", record, number,
                remedy="take the line out, or name another record", reason="bad-record",
            ) from None  # fmt: skip
        found[reply.question] = reply
    return found


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]


#: The definitions of the framework (framework.md, section 3) in plain words, the same for training
#: and evaluation, so that a model is judged on hearing and not on its knowledge of terms.
MEANINGS: dict[Asked, str] = {
    "backchannel": "a backchannel (short feedback such as mm-hm, yeah or right from the listener, "
    "while the other goes on)",
    "interruption": "an interruption (one begins to talk to take the floor while the other is "
    "still in the middle of saying something)",
    "gap": "a gap (a silence of at least 0.2 seconds after which the other person speaks)",
    "pause": "a pause (a silence of at least 0.2 seconds after which the same person goes on)",
}
_FORM = "Answer in this form: <answer>yes</answer> or <answer>no</answer>."
_FORM_ONSET = (
    "Answer in this form: <answer>no</answer>, or, with the second at which the first one begins, "
    "<answer>yes 3.2</answer>."
)
_ANSWER = re.compile(
    r"<answer>\s*(yes|no)\b[\s,;:@]*(?:at\s+)?(\d+(?:\.\d+)?)?\s*s?\s*</answer>", re.IGNORECASE
)
_LOOSE = re.compile(r"\b(yes|no)\b", re.IGNORECASE)


class Solution(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is true: `onset` is in seconds from the beginning of the clip, for a "yes"."""

    answer: str
    onset: float | None = None


class ParsedAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an answer says.

    Attributes:
        answer: "yes", "no", or "" where neither can be made out.
        onset: seconds, where given.
        formed: whether it has the form that was asked for, once, and nothing after it.
    """

    answer: str
    onset: float | None
    formed: bool


def question_text(event: Asked, *, onset: bool = False) -> str:
    """The question about one kind of event."""
    return (
        "You hear two people talking. Does "
        f"{MEANINGS[event]} occur in this clip? {_FORM_ONSET if onset else _FORM}"
    )


def read_answer(text: str) -> ParsedAnswer:
    """What an answer says; outside the asked form, the only "yes" or "no" in it counts.

    >>> read_answer("I think so. <answer>yes 3.2</answer>")
    Reading(answer='yes', onset=3.2, formed=True)
    >>> read_answer("No.")
    Reading(answer='no', onset=None, formed=False)
    """
    found = list(_ANSWER.finditer(text))
    if found:
        last = found[-1]
        formed = len(found) == 1 and not text[last.end() :].strip()
        onset = float(last[2]) if last[2] else None
        return ParsedAnswer(last[1].lower(), onset, formed)
    loose = {word.lower() for word in _LOOSE.findall(text)}
    return ParsedAnswer(loose.pop() if len(loose) == 1 else "", None, formed=False)


def solution(benchmark: Benchmark, question: Question) -> Solution:
    """What is true of a question's clip."""
    if not question.answer:
        return Solution("no")
    dialogue = benchmark.cases[question.dialogue].dialogue
    inside = [event.start for event in dialogue.events if _in(event, question)]
    return Solution("yes", round((min(inside) - question.start) / RATE, 3) if inside else None)


def _in(event: Event, question: Question) -> bool:
    return event.type == question.event and question.start <= event.start < question.end
