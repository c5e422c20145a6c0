"""Full-Duplex-Bench v3 (Lin et al. 2026, arXiv 2604.04847): its turn-taking part.

v3 plays recordings of disfluent people to agents that call tools. What its harness records of an
item is ``result_PROVIDER.json``, beside ``input.wav`` and, where it was kept,
``output_PROVIDER.wav``:

```json
{"user_speech_end_rel": 9.84, "input_asr_chunks": [{"text": "Well,", "timestamp": [0.5, 0.7]}],
 "asr_chunks": [{"text": "Sure", "timestamp": [11.2, 11.5]}],
 "actual_tool_calls": [{"function": "search", "timestamp_start": 12.0, "timestamp_end": 12.9}]}
```

Turn-taking needs no judge: was there an answer, how long after the user's end did it begin, did it
begin before that (an interruption), when was the first tool called. **Published** is what
``analyze_tool_latency.py`` computes (release of May 2026); **corrected** parts from it where the
code and its definition part:

| | published | corrected |
|---|---|---|
| the user's end | as its harness wrote it: the last word before the first silence longer than 2 s, so that one who thinks for so long in a request has ended there | the last word |
| input in which nothing was recognised | the user's end is 0 | left out |
| an output with a transcript and no times | no turn taken | left out |

An answer that begins before the user's end is counted among the turns taken, and is in no latency.
The share of interruptions is of the turns taken (which gives the paper's figures). Whether an answer
begins with a filler ("let me check"), and when the fact is told, is a model's judgement there. Here
is, by timing alone, whether it speaks before its tools have answered, and how long after the user's
end it says the first word that can hold their answer.
"""  # noqa: E501

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from interactspeech.errors import InputError
from interactspeech.evaluation.duplex.timed_words import (
    TimedWord,
    read_json,
    seconds,
    words_of_rows,
)

_RESULT: Final = re.compile(r"result_(.+)\.json")


class ToolUse(msgspec.Struct, frozen=True):
    """What v3's harness recorded of an item, as far as turn-taking goes; seconds.

    Attributes:
        user_end: where the user's speech ends, as the harness has it.
        input_words: of the user.
        output_words: of the agent.
        transcribed: whether there is a transcript of the agent, with times or without.
        calls: start and end of each tool call whose time is known, in order.
        called: whether the first call's time is known; the published code looks at no other.
    """

    user_end: float
    input_words: tuple[TimedWord, ...] = ()
    output_words: tuple[TimedWord, ...] = ()
    transcribed: bool = False
    calls: tuple[tuple[float, float], ...] = ()
    called: bool = False


class ToolUseTiming(msgspec.Struct, frozen=True):
    """v3's turn-taking on one item; None where nothing can be told.

    Attributes:
        turn_taken: whether the agent spoke.
        interrupted: whether it spoke before the user's end; None where it did not speak.
        latency: seconds from the user's end to its first word, where that came after it.
        tool_latency: seconds from the user's end to the first tool call, on the same items.
        early: whether it spoke before its tools had answered, on the same items with tool calls.
        answer_latency: seconds from the user's end to its first word after they had.
    """

    turn_taken: bool | None
    interrupted: bool | None = None
    latency: float | None = None
    tool_latency: float | None = None
    early: bool | None = None
    answer_latency: float | None = None


def tool_use_timing(
    run: ToolUse, variant: Literal["published", "corrected"] = "published"
) -> ToolUseTiming:
    """Turn-taking of an agent on one item.

    Args:
        run: what was recorded.
        variant: see the module.
    """
    end = run.user_end
    if variant == "corrected":
        if not run.input_words or (run.transcribed and not run.output_words):
            return ToolUseTiming(None)
        end = max(w.known_end for w in run.input_words)
    if not run.output_words:
        return ToolUseTiming(False)
    first = run.output_words[0].start
    latency = round(first - end, 3)
    if latency < 0:
        return ToolUseTiming(True, True)
    if not run.calls:
        return ToolUseTiming(True, False, latency)
    tool = round(run.calls[0][0] - end, 3) if run.called else None
    answered = max(call_end for _, call_end in run.calls)
    told = next((w.start for w in run.output_words if w.start >= answered), None)
    return ToolUseTiming(
        True, False, latency, tool, first < answered, None if told is None else told - end
    )


def providers(folder: Path) -> dict[str, Path]:
    """The results of an item: name of the system -> its file."""
    found = ((_RESULT.fullmatch(path.name), path) for path in sorted(folder.glob("result_*.json")))
    return {match[1]: path for match, path in found if match}


def result_of(folder: Path, provider: str = "") -> tuple[str, Path]:
    """The result of an item to measure: its system's name, its file.

    Args:
        folder: of the item.
        provider: the system's name; may be left out where there is one result.

    Raises:
        InputError: there is none like this, or there are several.
    """
    known = providers(folder)
    if provider in known:
        return provider, known[provider]
    if provider or not known:
        wanted = f"result_{provider or 'PROVIDER'}.json"
        raise InputError(f"{wanted} is missing", folder, reason="missing-file")
    if len(known) > 1:
        raise InputError(
            f"holds the results of {len(known)} systems",
            folder,
            remedy=f"choose one with --provider: {', '.join(known)}",
            reason="many-systems",
        )
    return next(iter(known.items()))


def read_tool_use(path: Path) -> ToolUse:
    """What a ``result_PROVIDER.json`` says about turn-taking.

    Raises:
        InputError: it is missing, damaged, or of a run that failed.
    """
    data = read_json(path)
    if not isinstance(data, dict):
        raise InputError("holds no result of an item", path, reason="bad-annotation")
    if data.get("user_speech_end_rel") is None:
        status = data.get("status", "no user_speech_end_rel")
        raise InputError(
            f"is of a run that failed: {str(status)[:80]}", path, remedy="run the item again",
            reason="missing-output",
        )  # fmt: skip
    times: list[tuple[float, float] | None] = [
        _call(call, number, path)
        for number, call in enumerate(_rows(data, "actual_tool_calls", path), 1)
    ]
    return ToolUse(
        user_end=seconds(data["user_speech_end_rel"], "user_speech_end_rel", path),
        input_words=words_of_rows(_rows(data, "input_asr_chunks", path), path),
        output_words=words_of_rows(_rows(data, "asr_chunks", path), path),
        transcribed=bool(str(data.get("transcript") or "").strip()),
        calls=tuple(call for call in times if call is not None),
        called=bool(times) and times[0] is not None,
    )


def _rows(data: dict[str, Any], key: str, path: Path) -> list[Any]:
    rows = data.get(key) or []
    if not isinstance(rows, list):
        raise InputError(f"{key} is no list", path, reason="bad-annotation")
    return rows


def _call(call: Any, number: int, path: Path) -> tuple[float, float] | None:
    if not isinstance(call, dict):
        raise InputError(f"tool call {number} is no object", path, reason="bad-annotation")
    if call.get("timestamp_start") is None:
        return None
    start = seconds(call["timestamp_start"], f"tool call {number}", path)
    end = call.get("timestamp_end")
    return start, start if end is None else seconds(end, f"tool call {number}", path)


__all__ = [
    "ToolUse",
    "ToolUseTiming",
    "providers",
    "read_tool_use",
    "result_of",
    "tool_use_timing",
]
