"""A served page in a process of its own, which can be killed and started again."""

import contextlib
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any


class ServedPage:
    """Runs a command that serves a page, and asks it."""

    def __init__(self, arguments: list[str], port: int | None = None) -> None:
        self.arguments, self.port = arguments, port
        self.links: dict[str, str] = {}
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> "ServedPage":
        port = ["--port", str(self.port or 0)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "interactspeech", *self.arguments, *port],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        assert self.process.stdout
        seen = []
        for line in self.process.stdout:
            seen.append(line)
            name, _, link = line.strip().partition(": ")
            if link.startswith("http"):
                self.links[name] = link
            elif self.links:
                break
        assert self.links, "".join(seen)
        self.port = int(next(iter(self.links.values())).split("/")[2].rpartition(":")[2])
        return self

    def kill(self) -> None:
        """SIGKILL: no handler runs, nothing is flushed."""
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)
        assert self.process.stdout
        self.process.stdout.close()

    def stop(self) -> None:
        assert self.process
        self.process.terminate()
        self.process.wait(20)
        assert self.process.stdout
        self.process.stdout.close()

    def ask(self, path: str, body: Any = None, name: str = "me", **headers: str) -> Any:
        """An answer of the page of `name`; HTTP errors as (status, answer)."""
        link = self.links[name]
        base, _, key = link.partition("?key=")
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            base + path, data,
            {"x-key": key, "x-interactspeech": "1", "content-type": "application/json", **headers},
        )  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)


@contextlib.contextmanager
def served(arguments: list[str]) -> Any:
    page = ServedPage(arguments).start()
    try:
        yield page
    finally:
        if page.process and page.process.poll() is None:
            page.stop()


def edit(key: str, dialogue: str, item: str, base: int = 0, **fields: Any) -> dict[str, Any]:
    """A transaction of one edit; without fields it deletes."""
    value = {"kind": "event", "speaker": "A", "start": 10, "end": 500, "type": "laugh", **fields}
    return {"key": key, "dialogue": dialogue,
            "edits": [{"id": item, "base": base, "item": value if fields else None}]}  # fmt: skip


def wait_for(condition: Any, seconds: float = 10) -> Any:
    until = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < until, "never true"
        time.sleep(0.02)
    return value


def recording(path: Path, seconds: float = 6, rate: int = 8000) -> Path:
    """Two channels that talk in turn, a second each, with a word into the other's talk."""
    import numpy as np
    import soundfile

    n = int(seconds * rate)
    sound = np.random.default_rng(0).normal(0, 0.001, (n, 2)).astype(np.float32)
    tone = (0.3 * np.sin(2 * np.pi * 200 * np.arange(rate) / rate)).astype(np.float32)
    for second in range(0, int(seconds) - 1, 2):
        at = second * rate + rate // 4
        sound[at : at + rate, (second // 2) % 2] += tone[: n - at]
        sound[at + rate // 2 : at + rate // 2 + rate // 3, 1 - (second // 2) % 2] += tone[
            : rate // 3
        ]
    soundfile.write(path, sound, rate)
    return path


def kill_trial(folder: Path, kills: int, seed: int) -> dict[str, int]:
    """Label with two clients while the server is killed at random moments; what became of it."""
    from interactspeech.labels import LabelLog

    rng = random.Random(seed)
    call = recording(folder / "call.wav")
    page = ServedPage(["label", str(call), "-o", str(folder / "labels")]).start()
    acknowledged: dict[str, int] = {}
    sent = [0]
    over = threading.Event()

    def client(name: str) -> None:
        number = 0
        while not over.is_set():
            number += 1
            wanted = edit(f"{name}-{number}", "call", f"{name}-{number}", start=number % 4000,
                          end=4000 + number % 900)  # fmt: skip
            sent[0] += 1
            while not over.is_set():  # as the page does: until it is acknowledged
                try:
                    answer = page.ask("api/edits", wanted)
                except (OSError, ValueError, http.client.HTTPException):
                    time.sleep(0.01)
                    continue
                if isinstance(answer, dict) and "number" in answer:
                    acknowledged[wanted["key"]] = wanted["edits"][0]["item"]["end"]
                    break

    clients = [threading.Thread(target=client, args=(name,)) for name in ("a", "b")]
    for one in clients:
        one.start()
    lost = 0
    try:
        for _ in range(kills):
            before = len(acknowledged)
            wait_for(lambda before=before: len(acknowledged) > before, 60)  # it is at work again
            time.sleep(rng.uniform(0, 0.4))
            page.kill()
            kept = LabelLog.open(folder / "labels" / "logs" / "me.log", "me", read_only=True)
            ends = {key: item.end for key, item in kept.labels("call").items()}
            lost += sum(ends.get(key) != end for key, end in list(acknowledged.items()))
            page.start()
    finally:
        over.set()
        for one in clients:
            one.join()
        page.stop()
    torn = folder / "labels" / "logs" / "me.log.torn"
    return {"kills": kills, "sent": sent[0], "acknowledged": len(acknowledged), "lost": lost,
            "torn": torn.read_bytes().count(b"\n") if torn.exists() else 0}  # fmt: skip
