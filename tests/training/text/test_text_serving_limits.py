"""What the endpoint answers to whom: without a model, by a stand-in that says what it was asked."""

import json
import socket
import threading
import time

import pytest

from interactspeech.training.text import serving
from interactspeech.training.text.serving import Server


class Parrot:
    name = "parrot"

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.gate = threading.Event()
        self.gate.set()

    def answer(self, asks):
        self.asked += asks
        self.gate.wait(10)
        if asks[0].messages[0]["content"] == "fail":
            raise ZeroDivisionError
        return ["hello"]


@pytest.fixture
def server():
    with Server(Parrot()) as running:
        yield running


def exchange(server, raw: bytes, wait: float = 10.0) -> tuple[int, bytes]:
    host, port = server.url[7:-3].split(":")
    with socket.create_connection((host, int(port)), timeout=wait) as line:
        line.sendall(raw)
        found = b""
        while part := line.recv(65536):
            found += part
    head, _, body = found.partition(b"\r\n\r\n")
    return (int(head.split()[1]) if head else 0), body


def post(server, value: object, **headers: str) -> tuple[int, bytes]:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    lines = {"host": "localhost", "content-type": "application/json",
             "content-length": str(len(body)), **headers}  # fmt: skip
    head = "".join(f"{key}: {text}\r\n" for key, text in lines.items() if text)
    return exchange(server, f"POST /v1/chat/completions HTTP/1.1\r\n{head}\r\n".encode() + body)


HI = {"model": "parrot", "messages": [{"role": "user", "content": "hi"}]}


def test_it_answers(server) -> None:
    status, body = post(server, HI)
    assert status == 200
    assert json.loads(body)["choices"][0]["message"]["content"] == "hello"
    for host in ("localhost", "127.0.0.1:80", "[::1]:9", "192.168.0.9"):
        assert post(server, HI, host=host)[0] == 200, host


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "localhost.evil.example"}, 421),
        ({"host": ""}, 421),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"content-type": "text/plain"}, 415),
        ({"content-length": ""}, 411),
        ({"content-length": "-1"}, 411),
        ({"content-length": "9" * 30}, 413),
        ({"transfer-encoding": "chunked"}, 411),
    ],
)
def test_requests_of_others_are_refused(server, headers, status) -> None:
    assert post(server, HI, **headers)[0] == status
    assert not server.model.asked


@pytest.mark.parametrize(
    ("line", "status"),
    [("GET /v1/models", 200), ("GET /v1/models?x=1", 200), ("GET /", 404),
     ("GET /v1/chat/completions", 405), ("POST /v1/models", 405), ("PUT /v1/models", 405),
     ("OPTIONS /v1/chat/completions", 405), ("DELETE /", 405), ("BREW /", 501)],
)  # fmt: skip
def test_paths_and_methods(server, line, status) -> None:
    assert exchange(server, f"{line} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())[0] == status


@pytest.mark.parametrize(
    "more",
    [
        {"max_tokens": 0}, {"max_tokens": -5}, {"max_tokens": serving.MAX_TOKENS + 1},
        {"max_completion_tokens": 0}, {"temperature": -0.1}, {"temperature": 2.1},
        {"top_p": 0}, {"top_p": 1.5}, {"stop": ["x"]}, {"tools": [{}]}, {"logprobs": True},
        {"frequency_penalty": 1}, {"seed": 2**70}, {"seed": 1.5},
    ],
)  # fmt: skip
def test_values_out_of_range_are_refused(server, more) -> None:
    status, body = post(server, HI | more)
    assert status == 400
    assert json.loads(body)["error"]["message"]
    assert not server.model.asked


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"\xff", b"null", b'{"model": 1}', b"[" * 100_000]
)
def test_bodies_that_are_none(server, body) -> None:
    assert post(server, body)[0] == 400


def test_a_model_that_fails_is_an_error_of_the_server(server) -> None:
    assert post(server, HI | {"messages": [{"role": "user", "content": "fail"}]})[0] == 500
    assert post(server, HI)[0] == 200


def test_slow_clients_are_hung_up_on(server, monkeypatch) -> None:
    monkeypatch.setattr(serving, "READ_SECONDS", 0.5)
    host, port = server.url[7:-3].split(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        began = time.monotonic()
        line.sendall(b"GET /v1/models HTTP/1.1\r\n")
        try:
            while time.monotonic() - began < 8:  # a byte now and then, for ever
                line.sendall(b"x")
                time.sleep(0.1)
        except OSError:
            pass
        assert time.monotonic() - began < 8
    assert post(server, HI)[0] == 200


def test_connections_are_bounded(monkeypatch) -> None:
    monkeypatch.setattr(serving, "MAX_CONNECTIONS", 3)
    with Server(Parrot()) as server:
        host, port = server.url[7:-3].split(":")
        lines = [socket.create_connection((host, int(port))) for _ in range(3)]
        end = time.monotonic() + 10
        while (status := post(server, HI)[0]) != 503 and time.monotonic() < end:
            time.sleep(0.05)
        assert status == 503
        for line in lines:
            line.close()
        while (status := post(server, HI)[0]) != 200 and time.monotonic() < end:
            time.sleep(0.05)
        assert status == 200
