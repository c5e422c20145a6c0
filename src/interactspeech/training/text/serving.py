"""A model of this machine behind an OpenAI-compatible endpoint: small, honest, for one user.

What it serves: ``GET /v1/models``, ``POST /v1/chat/completions`` (messages, temperature, top_p,
max_tokens or max_completion_tokens, seed). What it cannot do (streams, several choices, structured
output) it refuses by status 400, so that no client believes it was done. For many users at a time
serve the merged model with vLLM.
"""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import msgspec

from interactspeech.training.text.generation import Model, ModelRequest

#: Bytes of a request at most.
MAX_BODY = 4 * 1024 * 1024
#: Tokens of an answer at most, whatever is asked for.
MAX_TOKENS = 4096


class ChatRequest(msgspec.Struct):
    """The part of a chat completion's request that is used; further fields are ignored."""

    model: str
    messages: list[dict[str, str]]
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    seed: int | None = None
    n: int | None = None
    stream: bool | None = None
    response_format: dict[str, Any] | None = None


class BadQuestionError(Exception):
    """A request that is refused, with the status to answer."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status, self.problem = status, problem


class Server:
    """``with Server(model) as server:`` serves at `server.url` until the block ends.

    Args:
        model: answers one request at a time.
        name: that clients ask for; `model.name` if empty.
        host, port: where to listen; port 0 takes a free one.
    """

    def __init__(
        self, model: Model, *, name: str = "", host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.model, self.name = model, name or model.name
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.path.rstrip("/") != "/v1/models":
                    self._send(404, _error("there is nothing here"))
                    return
                listed = {"id": outer.name, "object": "model", "created": 0, "owned_by": "local"}
                self._send(200, {"object": "list", "data": [listed]})

            def do_POST(self) -> None:
                try:
                    self._send(200, outer.complete(self._body()))
                except BadQuestionError as bad:
                    self._send(bad.status, _error(bad.problem))

            def _body(self) -> bytes:
                length = self.headers.get("content-length", "")
                if not length.isdigit():
                    self.close_connection = True
                    raise BadQuestionError(411, "content-length is missing")
                if int(length) > MAX_BODY:
                    self.close_connection = True
                    raise BadQuestionError(413, f"a request of more than {MAX_BODY:,} bytes")
                body = self.rfile.read(int(length))
                if self.path.rstrip("/") != "/v1/chat/completions":
                    raise BadQuestionError(404, "there is nothing here")
                return body

            def _send(self, status: int, value: dict[str, Any]) -> None:
                data = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- its own name
                del format, args

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        self.url = f"http://{host}:{self._server.server_address[1]}/v1"

    def complete(self, body: bytes) -> dict[str, Any]:
        """The answer to one request.

        Raises:
            BadQuestionError: it cannot be answered as asked.
        """
        try:
            question = msgspec.json.decode(body, type=ChatRequest)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadQuestionError(400, f"not a chat completion's request: {error}") from None
        if question.model != self.name:
            raise BadQuestionError(404, f"no model {question.model!r}; there is {self.name!r}")
        if question.stream or (question.n or 1) != 1:
            raise BadQuestionError(400, "streams and several choices are not supported")
        if (question.response_format or {"type": "text"}).get("type") != "text":
            raise BadQuestionError(400, "structured output (response_format) is not supported")
        roles = [message.get("role", "") for message in question.messages]
        if not roles or any(
            role not in {"system", "user", "assistant"} or "content" not in message
            for role, message in zip(roles, question.messages, strict=True)
        ):
            raise BadQuestionError(400, "messages need a role and a text as content")
        most = question.max_completion_tokens or question.max_tokens or 256
        ask = ModelRequest(
            question.messages,
            ("served",),
            max(1, min(most, MAX_TOKENS)),
            1.0 if question.temperature is None else question.temperature,
            1.0 if question.top_p is None else question.top_p,
            time.time_ns() if question.seed is None else question.seed,
        )
        with self._lock:
            text = self.model.answer([ask])[0]
        return {
            "id": "chatcmpl-local",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": self.name,
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "message": {"role": "assistant", "content": text},
                }
            ],
        }

    def serve(self) -> None:
        """Serve until the process is interrupted."""
        self._server.serve_forever()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


def _error(problem: str) -> dict[str, Any]:
    return {"error": {"message": problem, "type": "invalid_request_error"}}
