"""An OpenAI-compatible server on this machine: it answers well, badly, or not at all."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from interactspeech.scripts.writers.llm.answers import BadAnswerError
from interactspeech.scripts.writers.llm.draft import can_cut, find
from interactspeech.scripts.writers.llm.memory import opening

OPENINGS = (
    "Wait, what was that?",
    "Hang on, which one is it?",
    "No, that can't be it.",
    "But you did that already!",
    "Oh, me too, always.",
    "You what? Since when?",
    "Let me in here for a second.",
    "Is that really what they did?",
)


@dataclass
class Request:
    """What was asked: the stage, its data, and how many bad answers went before."""

    stage: str
    data: dict[str, Any]
    body: dict[str, Any]
    mended: int
    number: int


@dataclass
class Reply:
    """What the server does."""

    text: str = ""
    finish: str = "stop"
    refusal: str | None = None
    status: int = 200
    delay: float = 0.0
    drop: bool = False
    body: bytes | None = None


def good(request: Request) -> Reply:
    """An answer that passes every check."""
    return Reply(json.dumps(_GOOD[request.stage](request)))


def _places(request: Request) -> dict[str, Any]:
    turns = {turn["n"]: turn["words"].split() for turn in request.data["turns"]}
    found: list[dict[str, Any]] = []
    free = list(request.data["open"])
    for wanted in request.data["interruptions"]:
        number = free.pop(0)
        tokens = turns[number]
        for at in range(len(tokens) - 2, 2, -1):
            for quoted in (4, 6, 3):
                after = " ".join(tokens[max(0, at - quoted) : at])
                if can_cut(tokens, at) and _finds(tokens, after, at):
                    found.append(
                        {"interruption": wanted["interruption"], "turn": number, "after": after}
                    )
                    break
            else:
                continue
            break
    return {"places": found}


def _finds(tokens: list[str], after: str, at: int) -> bool:
    try:
        return find(tokens, after) == at
    except BadAnswerError:
        return False


def _interrupt(request: Request) -> dict[str, Any]:
    data = request.data
    fresh = [one for one in OPENINGS if opening(one) not in data["recent"]]
    choice = (fresh or list(OPENINGS))[request.mended % len(fresh or OPENINGS)]
    words = choice if data["outcome"] == "taken" else "but I"
    return {"speaker": data["speaker"], "words": words}


def _complete(request: Request) -> dict[str, Any]:
    words = f"Anyway, what I meant was, {request.data['unsaid']}"
    return {"speaker": request.data["speaker"], "words": words}


def _listen(request: Request) -> dict[str, Any]:
    marks: list[dict[str, Any]] = []
    left = dict(request.data["wanted"])
    for turn in request.data["turns"]:
        tokens = turn["words"].split()
        if len(tokens) < 8 or not _finds(tokens, " ".join(tokens[2:5]), 5):
            continue
        what = next((name for name, count in left.items() if count), None)
        if what is None:
            break
        left[what] -= 1
        text = {
            "backchannel": "mm-hm",
            "hesitation": "um,",
            "repair": tokens[5].strip(",.?!") + ",",
        }
        marks.append(
            {
                "turn": turn["n"],
                "after": " ".join(tokens[2:5]),
                "what": what,
                "text": text[what],
            }
        )
    return {"marks": marks}


def _fold(request: Request) -> dict[str, Any]:
    """The open turns of one or two words, if no neighbour was taken."""
    turns: list[int] = []
    said = {turn["n"]: turn["words"].split() for turn in request.data["turns"]}
    for number in request.data["open"]:
        if len(said[number]) <= 2 and number - 1 not in turns:
            turns.append(number)
    return {"turns": [{"turn": number} for number in turns]}


def _tell(request: Request) -> dict[str, Any]:
    return {"speaker": request.data["speaker"], "words": f"So {request.data['summary']}"}


def _mend(_: Request) -> dict[str, Any]:
    return {"verdict": "good", "script": ""}


_GOOD: dict[str, Callable[[Request], dict[str, Any]]] = {
    "fold": _fold,
    "tell": _tell,
    "places": _places,
    "interrupt": _interrupt,
    "complete": _complete,
    "listen": _listen,
    "mend": _mend,
}

_BLOCK = re.compile(r"^=== data (\w+)\n(.*)\n=== end \1$", re.MULTILINE)
_TASK = re.compile(r"^Task: (\w+)\.", re.MULTILINE)


@dataclass
class LLMServer:
    """``with LLMServer(respond) as server:`` serves at `server.url`.

    Attributes:
        requests: all that came, in order.
        answered: those whose answer was sent with status 200.
        most: requests in flight at a time; `flying`: now.
    """

    respond: Callable[[Request], Reply] = good
    requests: list[Request] = field(default_factory=list)
    answered: list[Request] = field(default_factory=list)
    most: int = 0
    flying: int = 0
    url: str = ""

    def __enter__(self) -> Self:
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, backlog=256)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        self._ready.set()
        await self._end.wait()
        server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        body = json.loads(await reader.readexactly(int(length[1]) if length else 0))
        first = body["messages"][1]["content"]
        task, block = _TASK.search(first), _BLOCK.search(first)
        assert task is not None
        assert block is not None
        mended = sum(message["role"] == "assistant" for message in body["messages"])
        request = Request(task[1], json.loads(block[2]), body, mended, len(self.requests))
        self.requests.append(request)
        self.flying += 1
        self.most = max(self.most, self.flying)
        try:
            reply = self.respond(request)
            await asyncio.sleep(reply.delay)
        finally:
            self.flying -= 1
        if reply.drop:
            return False
        payload = reply.body or json.dumps(_completion(reply, body)).encode()
        head_out = (
            f"HTTP/1.1 {reply.status} X\r\ncontent-type: application/json\r\n"
            f"content-length: {len(payload)}\r\nretry-after-ms: 5\r\n\r\n"
        )
        writer.write(head_out.encode() + payload)
        await writer.drain()
        if reply.status == 200:
            self.answered.append(request)
        return True


def _completion(reply: Reply, body: dict[str, Any]) -> dict[str, Any]:
    if reply.status != 200:
        return {"error": {"message": f"status {reply.status}", "type": "test"}}
    message = {"role": "assistant", "content": reply.text, "refusal": reply.refusal}
    sent = sum(len(one["content"]) for one in body["messages"]) // 4
    used = len(reply.text) // 4
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": reply.finish}],
        "usage": {
            "prompt_tokens": sent,
            "completion_tokens": used,
            "total_tokens": sent + used,
        },
    }
