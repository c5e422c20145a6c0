"""An OpenAI-compatible speech service on this machine that speaks, or goes wrong as they do."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import numpy as np
import soundfile

from interactspeech.tts import Style, engine


@dataclass
class Reply:
    """What the server sends; `short` bytes less than it announces."""

    body: bytes
    status: int = 200
    short: int = 0
    kind: str = "audio/wav"


#: What is asked (the JSON body), and how often before -> what is answered.
Answer = Callable[[dict[str, Any], int], Reply]


speaker = cache(engine)


def samples(asked: dict[str, Any], voice_engine: str = "hibari") -> tuple[np.ndarray, int]:
    style = Style(speed=float(asked.get("speed", 1.0)))
    speech = speaker(voice_engine).speak(asked["input"], None, style)
    return speech.samples, speech.rate


def encoded(sound: np.ndarray, rate: int, form: str = "WAV", subtype: str | None = None) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, sound, rate, format=form, subtype=subtype)
    return out.getvalue()


def good(asked: dict[str, Any], times: int) -> Reply:
    del times
    return Reply(encoded(*samples(asked)))


@dataclass
class SpeechServer:
    """Answers at `url`; `asked` holds what was asked, `most` how much of it at a time."""

    answer: Answer = good
    asked: list[dict[str, Any]] = field(default_factory=list)
    most: int = 0
    _now: int = 0

    def __enter__(self) -> Self:
        outer = self
        lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    times = sum(one == body for one in outer.asked)
                    outer.asked.append(body)
                    outer._now += 1
                    outer.most = max(outer.most, outer._now)
                try:
                    reply = outer.answer(body, times)
                finally:
                    with lock:
                        outer._now -= 1
                self.send_response(reply.status)
                self.send_header("Content-Type", reply.kind)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body[: len(reply.body) - reply.short])
                self.close_connection = True

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"
