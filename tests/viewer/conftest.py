"""Dialogues to show, and a browser to look at them with."""

import fcntl
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interactspeech.records import (
    Dialogue,
    Event,
    Provenance,
    Samples,
    Span,
    Speaker,
    Track,
    Utterance,
    Voice,
    Word,
)

RATE = 8000
#: Closes the script that holds the data, closes a string, and brings markup that acts on its own.
HOSTILE = '</script><img src=x onerror="window.hacked=1"><!--<script>\u2028\u2029"\'`${1}&lt;\u202e'


@pytest.fixture(scope="session")
def hostile() -> str:
    """Text that breaks out of whatever shows it as anything but text."""
    return HOSTILE


def talk(spans: list[tuple[int, int]], n: int, pitch: float) -> Samples:
    """A tone where somebody talks."""
    sound = np.zeros(n, np.float32)
    for start, end in spans:
        sound[start:end] = 0.3 * np.sin(2 * np.pi * pitch * np.arange(end - start) / RATE)
    return sound


@pytest.fixture(scope="session")
def make_dialogue() -> Callable[..., tuple[Dialogue, Samples]]:
    """A dialogue of six seconds: a turn that is cut off, a backchannel into it, a reply."""

    def make(name: str = "walk", text: str = "", rate: int = RATE) -> tuple[Dialogue, Samples]:
        n = 6 * rate
        at = [round(seconds * rate) for seconds in (0.5, 0.7, 0.8, 1.1, 2.0, 2.6, 3.0, 4.0)]
        words = (Word("Along", at[0], at[1]), Word(text or "the", at[1], at[4]))
        cut = Utterance(
            "u1", "A", at[0], at[4], (Span(at[0], at[4]),), words, ("harbour", text or "wall"),
            times="engine", written=text,
        )  # fmt: skip
        listening = Utterance(
            "u2", "B", at[2], at[3], (Span(at[2], at[3]),), (Word("mm-hm", at[2], at[3]),),
            kind="backchannel",
        )  # fmt: skip
        reply = Utterance(
            "u3", "B", at[4] - 800, at[7], (Span(at[4] - 800, at[5]), Span(at[6], at[7])),
            (Word("Wait,", at[4] - 800, at[5]), Word("where?", at[6], at[7])),
        )  # fmt: skip
        events = (
            Event("backchannel", "B", at[2], at[3], partner="A", origin="planned", utterance="u2"),
            Event("backchannel", "B", at[2], at[3], partner="A", rules="r1"),
            Event(
                "interruption", "B", at[4] - 800, at[4], partner="A", rules="r1",
                attributes={"outcome": "taken", "overlap": 800, "note": text or "plain"},
            ),
            Event("pause", "B", at[5], at[6], rules="r1"),
        )  # fmt: skip
        dialogue = Dialogue(
            id=name,
            rate=rate,
            length=n,
            speakers=(
                Speaker("A", text or "Alice", voice=Voice("fake", text or "low")),
                Speaker("B", "Bob", role=text, voice=Voice("fake", "high", licence="CC0-1.0")),
            ),
            utterances=(cut, listening, reply),
            events=events,
            rule_sets={"r1": {"terminal": 0.25, "words": [text or "yeah", "right"]}},
            tracks=(Track("A", f"{name}.flac", 0), Track("B", f"{name}.flac", 1)),
            provenance=Provenance("hand", name, text or "CC0-1.0", script=f"A: Along {text}"),
        )
        spans = {s.id: [tuple(p) for p in _spans(dialogue, s.id)] for s in dialogue.speakers}
        audio = np.stack([talk(spans["A"], n, 180), talk(spans["B"], n, 240)])
        return dialogue, audio

    return make


def _spans(dialogue: Dialogue, speaker: str) -> list[tuple[int, int]]:
    return [
        (span.start, span.end)
        for utterance in dialogue.utterances
        if utterance.speaker == speaker
        for span in utterance.speech
    ]


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

    def wait(self, expression: str, seconds: float = 30) -> Any:
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


@pytest.fixture(scope="session")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """A tab of a headless Chromium."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)  # fmt: skip  # noqa: E501
    if program is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    flags = [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--mute-audio", "--autoplay-policy=no-user-gesture-required", "--window-size=1440,900",
        f"--user-data-dir={tmp_path_factory.mktemp('browser')}", "--remote-debugging-pipe",
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
