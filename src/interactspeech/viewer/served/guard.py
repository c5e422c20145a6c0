"""Who may talk to the server: checks of every request before anything else sees it.

* The name in ``Host`` must be one that the server answers to: a name that somebody points at this
  machine (DNS rebinding) is none.
* Pages lie under the name of a person, ``/NAME/``, and need that person's key: once in the link,
  afterwards in a cookie that scripts cannot read and other sites cannot use.
* What changes something is a POST of JSON from the page itself: another ``Origin``, or what the
  browser marks as coming from another site, is refused.
* Answers forbid scripts of others, frames, and caching of what is private.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: Bytes of a request at most: two thousand edits are a tenth of it.
MAX_BODY = 8 << 20
#: What a page may load; in the page itself, too.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "media-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
)
HEADERS = {
    "content-security-policy": f"{POLICY}; frame-ancestors 'none'",  # in a header alone
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


class Guard:
    """ASGI middleware: see the module's docstring.

    Args:
        app: what answers.
        keys: the first part of a path -> the key that opens it.
        hosts: names, with port, that the server answers to; empty for any (behind a proxy).
        cookie: the name of its cookies, which other servers on this machine do not have.
    """

    def __init__(
        self,
        app: App,
        keys: Mapping[str, str],
        hosts: Iterable[str],
        cookie: str = "interactspeech",
    ) -> None:
        self.app, self.keys, self.cookie = app, dict(keys), cookie
        self.hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        status, problem, extra = self._judge(scope, headers)
        if status:
            await _refuse(send, status, problem)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                added = [*HEADERS.items(), *extra]
                message["headers"] = [
                    *message["headers"],
                    *(
                        (name.encode("latin-1"), value.encode("latin-1"))
                        for name, value in added
                        if name.encode("latin-1") not in present or name == "set-cookie"
                    ),
                ]
                if b"cache-control" not in present:
                    message["headers"].append((b"cache-control", b"no-store"))
            await send(message)

        await self.app(scope, _limited(receive), guarded)

    def _judge(
        self, scope: Scope, headers: Mapping[str, str]
    ) -> tuple[int, str, list[tuple[str, str]]]:
        """Status and problem of a refusal (0: none), and headers to add."""
        host = headers.get("host", "").lower()
        if self.hosts and host not in self.hosts:
            return 421, "this server does not answer to that name", []
        method = scope["method"]
        if method not in ("GET", "HEAD", "POST"):
            return 405, "only GET, HEAD and POST", []
        site = headers.get("sec-fetch-site", "none")
        page = method == "GET" and headers.get("sec-fetch-mode", "navigate") == "navigate"
        if site not in ("same-origin", "none") and not page:
            return 403, "requests from other sites are refused", []
        if method == "POST":
            origin = headers.get("origin", "")
            if origin and origin.partition("://")[2].lower() != host:
                return 403, "requests from other sites are refused", []
            if not origin and site != "same-origin" and "x-interactspeech" not in headers:
                return 403, "a change must come from the page", []
            if not headers.get("content-type", "").startswith("application/json"):
                return 415, "send JSON", []
            length = headers.get("content-length", "")
            if length.isdigit() and int(length) > MAX_BODY:
                return 413, f"more than {MAX_BODY} bytes", []
        name = scope["path"].split("/", 2)[1] if scope["path"].startswith("/") else ""
        wanted = self.keys.get(name)
        if wanted is None:
            return 404, "no such page: open the link that the command printed", []
        if _same(self._cookie(headers, name), wanted):
            return 0, "", []
        given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("key", [""])[0]
        if _same(headers.get("x-key", ""), wanted):
            return 0, "", []
        if method == "GET" and _same(given, wanted):
            crumb = f"{self.cookie}-{name}={wanted}; Path=/{name}/; HttpOnly; SameSite=Strict"
            return 0, "", [("set-cookie", crumb)]
        return 403, "the key is missing or wrong: open the link that the command printed", []

    def _cookie(self, headers: Mapping[str, str], name: str) -> str:
        try:
            found = SimpleCookie(headers.get("cookie", "")).get(f"{self.cookie}-{name}")
        except CookieError:
            return ""
        return found.value if found else ""


def _same(given: str, wanted: str) -> bool:
    return bool(given) and hmac.compare_digest(given.encode(), wanted.encode())


def _limited(receive: Receive) -> Receive:
    """A body that says nothing of its length is cut off where it is too long."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAX_BODY:
            return {"type": "http.disconnect"}
        return message

    return counted


async def _refuse(send: Send, status: int, problem: str) -> None:
    import json

    body = json.dumps({"error": problem}).encode()
    headers = {**HEADERS, "content-type": "application/json", "content-length": str(len(body)),
               "cache-control": "no-store"}  # fmt: skip
    start = {
        "type": "http.response.start",
        "status": status,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    await send(start)
    await send({"type": "http.response.body", "body": body})
