"""A judge behind a local endpoint: what it is shown, and what is done with its answers."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

pytest.importorskip("openai")

from interactspeech.evaluation.script_judge import judge
from interactspeech.evaluation.scripts import Share
from interactspeech.scripts import parse_script
from interactspeech.scripts.writers.llm import Cache, Client, Service, Spending

SCRIPTS = [
    parse_script(
        f"A: I left the cat with the neighbour who said he [interrupt] waters the {plant}.\n"
        "B: Hang on, which neighbour?\nA: The one with the beard.\nB: Oh.",
        plant,
    )
    for plant in ("roses", "lilies", "tulips", "oaks")
]
YES = '{"natural": "yes", "consistent": "yes", "specific": "no"}'


@pytest.fixture
def service():
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            seen.append(json.loads(body["messages"][1]["content"]))
            plant = seen[-1]["never_said"]
            text = {"lilies": "I like it.", "oaks": YES.replace("no", "maybe")}
            answer = next((text[key] for key in text if key in plant), YES)
            choice = {"index": 0, "finish_reason": "stop"}
            choice["message"] = {"role": "assistant", "content": answer}
            data = json.dumps(
                {
                    "id": "x",
                    "object": "chat.completion",
                    "created": 0,
                    "model": "j",
                    "choices": [choice],
                }
            ).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1", seen
    server.shutdown()
    server.server_close()


def test_a_judge_sees_what_a_listener_would_and_its_word_is_counted(service, tmp_path):
    url, seen = service

    def ask():
        return judge(SCRIPTS, Client(Service("j", url), Cache(tmp_path), Spending()), "j")

    found = ask()
    assert found.yes == {
        "natural": Share(2, 2),
        "consistent": Share(2, 2),
        "specific": Share(0, 2),
    }
    assert found.all_yes == Share(0, 2)
    assert found.unanswered == {"not-json": 1, "shape": 1}
    assert len(found.ratings) == 6
    assert found.ratings[0].item == "roses#0"
    assert seen[0]["cut_off"].endswith("who said he")
    assert seen[0]["interruption"] == "B: Hang on, which neighbour?"
    asked = len(seen)
    assert ask() == found
    assert len(seen) == asked  # answers are recorded
