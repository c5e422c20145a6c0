"""Run a served page: a port on this machine, links with keys, an orderly end."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from interactspeech.errors import MissingExtraError, UsageError
from interactspeech.viewer.served.guard import Guard

#: Where a server listens unless it is told otherwise, and how many ports after it are tried.
PORT, _TRIED = 8765, 50
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Listening:
    """Where a server answers.

    Attributes:
        links: person -> the address of their page, with its key.
        port: as it is.
    """

    links: dict[str, str]
    port: int


def serve(
    app: Any,
    keys: Mapping[str, str],
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    names: tuple[str, ...] = (),
    on_start: Callable[[Listening], None],
) -> None:
    """Serve an application until the process is told to end.

    Args:
        app: the ASGI application.
        keys: person -> key.
        host: the address to listen on. Another than this machine's own is heard by everybody who
            can reach it, and what is sent can be read on the way.
        port: the port; None takes 8765, or the next that is free.
        names: further names, with or without a port, under which the server is reached (of a proxy,
            or of the machine, where `host` is none of this machine's own addresses).
        on_start: called when the server listens.

    Raises:
        UsageError: the port is taken, or the address is none of this machine.
        MissingExtraError: uvicorn is not installed.
    """
    try:
        import uvicorn
    except ImportError:
        raise MissingExtraError("uvicorn", "serve", "a page that is served") from None

    listener = _socket(host, port)
    with listener:
        found = listener.getsockname()[1]
        hosts = [*LOOPBACK, host, *names] if host in LOOPBACK else [host, *names]
        if host in ("0.0.0.0", "::", ""):  # noqa: S104  (only compared)
            hosts = [*LOOPBACK, socket.gethostname(), *_addresses(), *names]
        allowed = {_with_port(one, found) for one in hosts} | {one for one in names if ":" in one}
        guarded = Guard(app, keys, allowed, cookie=f"interactspeech-{found}")
        shown = host if host not in ("0.0.0.0", "::", "") else socket.gethostname()  # noqa: S104
        place = _with_port(shown, found)
        links = {name: f"http://{place}/{name}/?key={key}" for name, key in keys.items()}
        config = uvicorn.Config(
            guarded, log_level="warning", access_log=False, lifespan="off", ws="none",
            server_header=False, date_header=False, timeout_graceful_shutdown=3,
        )  # fmt: skip
        on_start(Listening(links, found))
        uvicorn.Server(config).run(sockets=[listener])


def _with_port(name: str, port: int) -> str:
    if name.count(":") > 1 and not name.startswith("["):
        name = f"[{name}]"
    return name.lower() if ":" in name.rpartition("]")[2] else f"{name}:{port}".lower()


def _addresses() -> list[str]:
    try:
        return sorted({str(one[4][0]) for one in socket.getaddrinfo(socket.gethostname(), None)})
    except OSError:
        return []


def _socket(host: str, port: int | None) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    wanted = [port] if port is not None else range(PORT, PORT + _TRIED)
    problem = ""
    for one in wanted:
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, one))
            listener.listen(128)
            listener.set_inheritable(True)
        except OSError as error:
            listener.close()
            problem = str(error.strerror or error)
            continue
        return listener
    ports = f"{PORT} and on" if port is None else str(port)
    raise UsageError(
        f"cannot listen on {host}, port {ports}: {problem}",
        remedy="name another port with --port, or another address with --host",
    )
