"""The judge of behaviour behind a local endpoint: what it is shown, what its answers are worth."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from duplex_items import item

from interactspeech.evaluation.duplex.behaviour_judge import judge_behaviour
from interactspeech.evaluation.duplex.recording_reader import read_recordings
from interactspeech.evaluation.duplex.recordings import DuplexRecording

pytest.importorskip("openai")

from interactspeech.scripts.writers.llm import Cache, Client, Service, Spending

ANSWERS = {
    "mm-hm": '{"behaviour": "Resume"}',
    "yeah": '{"behaviour": "unknown"}',
    "right": "It resumes.",
    "okay": '{"behaviour": "sings"}',
}


@pytest.fixture
def service() -> Iterator[tuple[str, list[dict[str, object]]]]:
    seen: list[dict[str, object]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            seen.append(json.loads(body["messages"][1]["content"]))
            message = {"role": "assistant", "content": ANSWERS[str(seen[-1]["said_over_it"])]}
            choice = {"index": 0, "finish_reason": "stop", "message": message}
            data = json.dumps({"id": "x", "object": "chat.completion", "created": 0, "model": "j",
                               "choices": [choice]}).encode()  # fmt: skip
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1", seen
    server.shutdown()
    server.server_close()


def test_the_judge_beside_the_rules(
    service: tuple[str, list[dict[str, object]]], tmp_path: Path
) -> None:
    url, seen = service
    words = [{"text": "museum", "timestamp": [2.5 + 0.3 * k, 2.7 + 0.3 * k]} for k in range(9)]
    for number, said in enumerate(ANSWERS):
        item(tmp_path / f"user_backchannel/{number}", names=("input", "output"),
             output={"chunks": words},
             metadata={"current_turn_text": said, "timestamps": [3.0, 3.4]})  # fmt: skip
    read = [r for r in read_recordings([tmp_path]) if isinstance(r, DuplexRecording)]

    def ask() -> object:
        cache = Cache(tmp_path / "answers")
        return judge_behaviour(read, Client(Service("j", url), cache, Spending()))

    found = ask()
    assert [(r.judge, r.rules) for r in found.items] == [  # type: ignore[attr-defined]
        ("resume", "resume"), ("unknown", "resume"), ("", "resume"), ("", "resume"),
    ]  # fmt: skip
    assert found.unanswered == {"not-json": 1, "shape": 1}  # type: ignore[attr-defined]
    assert found.agreement == 0.5  # type: ignore[attr-defined]
    assert seen[0]["from"] == 3.0
    asked = len(seen)
    assert ask() == found
    assert len(seen) == asked  # answers are recorded
