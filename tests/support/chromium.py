"""A tab of a headless Chromium, spoken to through a pipe; for tests and benchmarks."""

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def chromium() -> str | None:
    """The program, where there is one (Debian: apt-get install chromium)."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


class Tab:
    """One tab of a browser that is spoken to through a pipe (Chrome DevTools protocol)."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers, self._rest, self._last = commands, answers, b"", 0
        self._session: dict[str, str] = {}
        self.problems: list[str] = []
        self.addresses: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": attached["sessionId"]}
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send one command and wait for its answer."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters, **self._session}
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._last:
                assert "error" not in answer, answer
                return answer["result"]
            self._note(answer)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            part = os.read(self._answers, 1 << 16)
            assert part, "the browser went away"
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def _note(self, event: dict[str, Any]) -> None:
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.addresses.append(parameters["request"]["url"])
        elif method == "Runtime.exceptionThrown" or (
            method == "Runtime.consoleAPICalled" and parameters["type"] in {"error", "warning"}
        ) or (method == "Log.entryAdded" and parameters["entry"]["level"] == "error"):  # fmt: skip
            self.problems.append(json.dumps(parameters)[:600])

    def open(self, page: Path) -> None:
        """Show a page and wait until it shows a dialogue."""
        self.problems.clear()
        self.addresses.clear()
        self.call("Page.navigate", url=page.resolve().as_uri())
        self.wait("Boolean(document.getElementById('name')?.textContent)")

    def run(self, expression: str) -> Any:
        """The value of an expression in the page (a promise is waited for)."""
        result = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait(self, expression: str, seconds: float = 60) -> Any:
        """Wait until an expression is true; its value."""
        until = time.monotonic() + seconds
        while not (value := self.run(expression)):
            assert time.monotonic() < until, f"never true: {expression}; {self.problems}"
            time.sleep(0.05)
        return value

    def key(self, key: str) -> None:
        """Press a key."""
        text = {"text": key} if len(key) == 1 else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def click(self, x: float, y: float) -> None:
        """Press and release the mouse at a place."""
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def size(self, width: int, height: int, *, dark: bool = False) -> None:
        """The window's size and the colour scheme."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def box(self, name: str) -> dict[str, float]:
        """Where an element lies, once it has stopped moving: a busy machine draws a page late."""
        place = f"document.getElementById({name!r}).getBoundingClientRect().toJSON()"
        before, found = None, self.run(place)
        while found != before:
            time.sleep(0.2)
            before, found = found, self.run(place)
        return found

    def press(self, *keys: str) -> None:
        """Press keys one after the other; a capital letter is one with Shift."""
        for key in keys:
            shift = len(key) == 1 and key.isupper()
            more = {"code": f"Digit{key}"} if key.isdigit() else {}
            more |= {"modifiers": 8} if shift else {}
            text = {"text": key} if len(key) == 1 else {}
            self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **more, **text)
            self.call("Input.dispatchKeyEvent", type="keyUp", key=key, **more)

    def drag(self, x: float, y: float, to: float, *, shift: bool = False) -> None:
        """Press the mouse at a place, move it sideways, let it go."""
        steps = [("mousePressed", x), ("mouseMoved", (x + to) / 2), ("mouseMoved", to)]
        for kind, at in [*steps, ("mouseReleased", to)]:
            self.call("Input.dispatchMouseEvent", type=kind, x=at, y=y, button="left", buttons=1,
                      clickCount=1, modifiers=8 if shift else 0)  # fmt: skip


@contextlib.contextmanager
def browser() -> Iterator[Tab]:
    """A browser with one tab and a profile of its own, ended afterwards."""
    program = chromium()
    assert program, "no Chromium on this machine"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        flags = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--mute-audio", "--autoplay-policy=no-user-gesture-required", "--window-size=1440,900",
            f"--user-data-dir={profile}", "--remote-debugging-pipe",
        ]  # fmt: skip
        (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
        # Numbers that do not collide with 3 and 4, on which the browser listens and answers.
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 20) for fd in (theirs_in, theirs_out)]

        def connect() -> None:
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        process = subprocess.Popen(
            [program, *flags],
            preexec_fn=connect,  # noqa: PLW1509
            close_fds=False,
            stderr=subprocess.DEVNULL,
        )
        for fd in (theirs_in, theirs_out, *high):
            os.close(fd)
        try:
            yield Tab(ours_out, ours_in)
        finally:
            process.terminate()
            process.wait(20)
            os.close(ours_out)
            os.close(ours_in)
