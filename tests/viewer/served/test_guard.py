"""Who is let in: names, keys, origins, methods, sizes."""

import asyncio
from typing import Any

import pytest

from interactspeech.viewer.served.guard import MAX_BODY, Guard

HOST = "127.0.0.1:8765"
SAME = {"origin": f"http://{HOST}", "sec-fetch-site": "same-origin",
        "content-type": "application/json"}  # fmt: skip


async def _app(_scope: Any, receive: Any, send: Any) -> None:
    size = 0
    while True:
        message = await receive()
        size += len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]})
    await send({"type": "http.response.body", "body": str(size).encode()})


def answer(
    path: str = "/anna/", method: str = "GET", query: str = "", body: bytes = b"", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    sent: list[Any] = []
    given = {"host": HOST, **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope = {
        "type": "http", "method": method, "path": path, "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }  # fmt: skip
    step = 1 << 20
    parts = [
        {"type": "http.request", "body": body[i : i + step], "more_body": i + step < len(body)}
        for i in range(0, len(body) or 1, step)
    ]

    async def receive() -> Any:
        return parts.pop(0) if parts else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    guard = Guard(_app, {"anna": "secret-a", "ben": "secret-b"}, [HOST, "localhost:8765"])
    asyncio.run(guard(scope, receive, send))
    found = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], found, sent[1]["body"]


def test_the_key_of_the_link_becomes_a_cookie() -> None:
    status, headers, _ = answer(query="key=secret-a", sec_fetch_site="cross-site",
                                sec_fetch_mode="navigate")  # fmt: skip
    assert status == 200
    cookie = headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/anna/" in cookie
    crumb = cookie.partition(";")[0]
    assert answer("/anna/api/task", cookie=crumb)[0] == 200
    assert answer("/ben/api/task", cookie=crumb)[0] == 403


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 403),
        ({"query": "key=secret-b"}, 403),
        ({"query": "key="}, 403),
        ({"query": "key=secret-a", "host": "evil.example:8765"}, 421),
        ({"query": "key=secret-a", "host": "127.0.0.1:1"}, 421),
        ({"x_key": "secret-a", "path": "/carl/"}, 404),
        ({"x_key": "secret-a", "path": "/"}, 404),
        ({"x_key": "secret-a", "method": "DELETE"}, 405),
        ({"x_key": "secret-a", "sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors"}, 403),
        ({"x_key": "secret-a", "sec_fetch_site": "same-site", "sec_fetch_mode": "cors"}, 403),
        ({"cookie": 'interactspeech-anna="\x7f'}, 403),
    ],
)
def test_others_are_refused(change: dict[str, str], status: int) -> None:
    found, headers, _ = answer(**change)
    assert found == status
    assert headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ({"content-length": str(MAX_BODY + 1)}, 413),
        ({"origin": "", "sec-fetch-site": ""}, 403),
    ],
)
def test_a_change_must_come_from_the_page(change: dict[str, str], status: int) -> None:
    headers = {name: value for name, value in {**SAME, **change}.items() if value}
    assert answer("/anna/api/edits", "POST", body=b"{}", x_key="secret-a", **headers)[0] == status


def test_a_body_without_a_length_is_cut_off() -> None:
    body = b" " * (MAX_BODY + (2 << 20))
    _, _, size = answer("/anna/api/edits", "POST", body=body, x_key="secret-a", **SAME)
    assert int(size) <= MAX_BODY


def test_answers_forbid_scripts_of_others_frames_and_caches() -> None:
    _, headers, _ = answer(x_key="secret-a")
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
