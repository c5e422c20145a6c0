"""A model of this machine behind an OpenAI-compatible endpoint: small, for one user.

What it serves: ``GET /v1/models``, ``POST /v1/chat/completions`` (messages, temperature, top_p,
max_tokens or max_completion_tokens, seed). What it cannot do (streams, several choices, structured
output, stop words, tools) it refuses by status 400, so that no client believes it was done. For
many users at a time serve the merged model with vLLM.

A page in a browser cannot use it: a request with an ``Origin`` is refused, a body must be called
JSON, and the ``Host`` must be a name of this server, so that no foreign name that is made to lead
here is answered (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import json
import socket
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import msgspec

from interactspeech.training.text.generation import Model, ModelRequest

#: Bytes of a request at most.
MAX_BODY = 4 * 1024 * 1024
#: Tokens of an answer at most; who asks for more is refused.
MAX_TOKENS = 4096
#: Connections at a time; one more is answered by status 503.
MAX_CONNECTIONS = 32
#: Seconds in which a request must have arrived, and an answer have been taken.
READ_SECONDS, WRITE_SECONDS = 30.0, 30.0

#: Fields of the protocol that change the answer, and that are not supported: name -> the values
#: that mean nothing.
_UNSUPPORTED: dict[str, tuple[Any, ...]] = {
    "stop": (None, []), "logprobs": (None, False), "top_logprobs": (None, 0),
    "tools": (None, []), "functions": (None, []), "logit_bias": (None, {}),
    "presence_penalty": (None, 0), "frequency_penalty": (None, 0), "audio": (None,),
    "modalities": (None, ["text"]), "prediction": (None,),
}  # fmt: skip


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
        self._server = _BoundedServer((host, port), _handler(self))
        self._names = _names(host)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._server.server_address[1]}/v1"

    def knows_host(self, header: str) -> bool:
        """Whether a request's ``Host`` is a name of this server, or an address without a name."""
        name = header.strip().lower()
        name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
        if name in self._names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def complete(self, body: bytes) -> dict[str, Any]:
        """The answer to one request.

        Raises:
            BadQuestionError: it cannot be answered as asked.
        """
        try:
            question = msgspec.json.decode(body, type=ChatRequest)
            fields: dict[str, Any] = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadQuestionError(400, f"not a chat completion's request: {error}") from None
        for field, without in _UNSUPPORTED.items():
            if field in fields and fields[field] not in without:
                raise BadQuestionError(400, f"{field} is not supported")
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
        given = question.max_completion_tokens, question.max_tokens
        most = next((one for one in given if one is not None), 256)
        temperature = 1.0 if question.temperature is None else question.temperature
        top_p = 1.0 if question.top_p is None else question.top_p
        for what, value, fits in (
            (f"max_tokens from 1 to {MAX_TOKENS}", most, 1 <= most <= MAX_TOKENS),
            ("temperature from 0 to 2", temperature, 0 <= temperature <= 2),
            ("top_p above 0, up to 1", top_p, 0 < top_p <= 1),
            ("a seed of 64 bits", question.seed, -(2**63) <= (question.seed or 0) < 2**63),
        ):
            if not fits:
                raise BadQuestionError(400, f"{what}, not {value}")
        seed = time.time_ns() if question.seed is None else question.seed
        ask = ModelRequest(question.messages, ("served",), most, temperature, top_p, seed)
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


class _BoundedServer(ThreadingHTTPServer):
    """Threads for so many connections, and a short answer for those beyond."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self._room = threading.BoundedSemaphore(MAX_CONNECTIONS)
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
            return
        with suppress(OSError):
            request.settimeout(1.0)
            request.sendall(_REFUSAL)
        self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        del request, client_address  # a client that went away is no event


def _names(host: str) -> frozenset[str]:
    """What the server may be called by, besides addresses."""
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    own = set() if local else {socket.gethostname().lower(), socket.getfqdn().lower()}
    return frozenset({host.lower(), "localhost", *own})


def _handler(outer: Server) -> type[BaseHTTPRequestHandler]:
    """Answers one request a connection."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = READ_SECONDS

        def handle(self) -> None:
            # A timeout of the socket counts from byte to byte; this one counts from the beginning.
            self._clock = threading.Timer(READ_SECONDS, self._hang_up)
            self._clock.daemon = True
            self._clock.start()
            try:
                super().handle()
            finally:
                self._clock.cancel()

        def _hang_up(self) -> None:
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

        def do_GET(self) -> None:
            self._answer("/v1/models", lambda: {"object": "list", "data": [self._listed()]})

        def do_POST(self) -> None:
            self._answer("/v1/chat/completions", lambda: outer.complete(self._body()))

        def _other(self) -> None:
            self._send(405, _error("only GET /v1/models and POST /v1/chat/completions"))

        do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_HEAD = _other  # noqa: N815

        def _answer(self, path: str, make: Any) -> None:
            try:
                self._check(path)
                found = make()
            except BadQuestionError as bad:
                self._send(bad.status, _error(bad.problem))
            except OSError:
                raise
            except Exception as error:  # noqa: BLE001 - a client must be told, and others served
                self._send(500, _error(f"the model failed: {type(error).__name__}"))
            else:
                self._send(200, found)

        def _check(self, path: str) -> None:
            hosts = self.headers.get_all("host") or []
            if len(hosts) != 1 or not outer.knows_host(hosts[0]):
                raise BadQuestionError(421, "the Host is none of this server's names")
            if self.headers.get("origin") is not None:
                raise BadQuestionError(403, "pages of a browser are not answered")
            found = self.path.partition("?")[0].rstrip("/")
            if found == path:
                return
            if found in {"/v1/models", "/v1/chat/completions"}:
                raise BadQuestionError(405, f"{self.command} is not for {found}")
            raise BadQuestionError(404, "there is nothing here")

        def _body(self) -> bytes:
            length = self.headers.get("content-length", "")
            if not (length.isascii() and length.isdigit()) or "transfer-encoding" in self.headers:
                raise BadQuestionError(411, "content-length is missing")
            if len(length) > 18 or int(length) > MAX_BODY:
                raise BadQuestionError(413, f"a request of more than {MAX_BODY:,} bytes")
            if self.headers.get_content_type() != "application/json":
                raise BadQuestionError(415, "the content-type must be application/json")
            body = self.rfile.read(int(length))
            self._clock.cancel()
            if len(body) < int(length):
                raise BadQuestionError(400, "the request ends before its content-length")
            return body

        def _listed(self) -> dict[str, Any]:
            return {"id": outer.name, "object": "model", "created": 0, "owned_by": "local"}

        def _send(self, status: int, value: dict[str, Any]) -> None:
            data = json.dumps(value).encode()
            self._clock.cancel()
            self.connection.settimeout(WRITE_SECONDS)
            self.close_connection = True
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.send_header("connection", "close")
            if status == 405:
                self.send_header("allow", "GET, POST")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- its own name
            del format, args

    return Handler


def _error(problem: str) -> dict[str, Any]:
    return {"error": {"message": problem, "type": "invalid_request_error"}}


_BUSY = json.dumps(_error(f"more than {MAX_CONNECTIONS} connections; try again later")).encode()
_REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n"
    b"connection: close\r\nretry-after: 1\r\ncontent-length: %d\r\n\r\n%s" % (len(_BUSY), _BUSY)
)
