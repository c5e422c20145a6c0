"""What cannot work is told in a sentence, before anything large is fetched."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from interactspeech.errors import InputError, MissingExtraError
from interactspeech.records import PlainDialogue
from interactspeech.scripts import demo_dialogues, format_script, write_offline
from interactspeech.training.text import base_models as bases
from interactspeech.training.text.dataset import read_scripts

PLAIN = [one for one in demo_dialogues() if isinstance(one, PlainDialogue)]

pytest.importorskip("huggingface_hub")


@pytest.fixture
def hub(monkeypatch):
    """A hub that answers with a status and an error code of its choice."""
    answers = {"status": 403, "code": "GatedRepo"}
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(answers["status"])
            self.send_header("x-error-code", answers["code"])
            self.send_header("x-error-message", "no")
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def do_HEAD(self):
            self.do_GET()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.is_offline_mode", lambda: False)
    answers["asked"] = asked
    yield answers
    server.shutdown()
    server.server_close()


def test_a_gated_model_says_where_to_accept_and_how_to_log_in(hub):
    with pytest.raises(InputError, match=r"accept it at https://huggingface.co/meta-llama/Meta"):
        bases.find_base("meta-llama/Meta-Llama-3-8B-Instruct")
    # Asked about, never fetched.
    assert hub["asked"]
    assert not any("resolve" in path for path in hub["asked"])


def test_a_model_that_is_not_there_says_so(hub):
    hub.update(status=404, code="RepoNotFound")
    with pytest.raises(InputError, match="has no model") as caught:
        bases.find_base("nobody/nothing")
    assert caught.value.reason == "no-model"


def test_a_hub_that_is_broken_or_away_says_so(hub, monkeypatch):
    hub.update(status=500, code="")
    with pytest.raises(InputError, match="the hub cannot be") as caught:
        bases.find_base("some/model")
    assert caught.value.reason == "no-hub"
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(InputError, match="the hub cannot be") as caught:
        bases.find_base("some/model")
    assert "smollm2-135m" in str(caught.value)


@pytest.mark.parametrize("name", ["nothing-here", "a/b/c", "/no/such/folder", "./x/y"])
def test_a_name_that_is_no_model_says_what_may_be_named(name):
    with pytest.raises(InputError, match="neither a file") as caught:
        bases.find_base(name)
    assert caught.value.reason == "no-model"


def test_a_folder_that_is_no_model(tmp_path):
    with pytest.raises(InputError, match=r"config\.json is missing"):
        bases.find_base(str(tmp_path))
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "no-such-model"}))
    with pytest.raises(InputError, match="not a language model"):
        bases.parameters(bases.find_base(str(tmp_path)))


def test_no_gpu_and_too_little_memory_are_told_from_the_configuration_alone():
    with pytest.raises(InputError, match=r"no GPU, and 8\.0 billion") as caught:
        bases.check_room(8_030_261_248, train=True, device="cpu", bits=32)
    assert caught.value.reason == "no-gpu"
    assert "--allow-cpu" in str(caught.value)
    with pytest.raises(InputError, match="too little memory: about") as caught:
        bases.check_room(
            8_030_261_248, train=True, device="cpu", bits=32, allow_cpu=True, free=16 * 10**9
        )
    assert caught.value.reason == "memory"
    with pytest.raises(InputError, match="--qlora"):
        bases.check_room(8_030_261_248, train=True, device="cuda", bits=16, free=16 * 10**9)
    bases.check_room(8_030_261_248, train=True, device="cuda", bits=4, free=16 * 10**9)
    bases.check_room(135_000_000, train=True, device="cpu", bits=32, free=8 * 10**9)


def test_a_missing_package_names_the_extra(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "peft" else name)
    with pytest.raises(MissingExtraError, match=r"pip install '\.\[finetune\]'"):
        bases.require_training()


def test_plain_dialogues_are_no_scripts(tmp_path):
    file = tmp_path / "chat.txt"
    file.write_text("A: Hello there.\nB: Hi.\n")
    (error,) = read_scripts([file])
    assert error.reason == "no-scripts"
    assert "interactspeech script" in str(error)


def test_scripts_are_read_from_lines_notation_and_what_is_bad_is_listed(tmp_path):
    import msgspec

    good = [write_offline(plain, 0) for plain in PLAIN[:3]]
    lines = tmp_path / "scripts.jsonl"
    data = [msgspec.json.encode(script) for script in good]
    leaky = (
        b'{"id":"x","turns":[{"speaker":"A","parts":[{"type":"words","text":"I went with my"},'
        b'{"type":"interrupt"},{"type":"words","text":"lovely giraffe."}]},{"speaker":"B","parts":'
        b'[{"type":"words","text":"A giraffe?"}]}]}'
    )
    lines.write_bytes(b"\n".join([data[0], b'{"id": 3}', leaky, *data[1:]]) + b"\n")
    found = list(read_scripts([lines]))
    assert [item for item in found if not isinstance(item, InputError)] == good
    losses = [item for item in found if isinstance(item, InputError)]
    assert [loss.reason for loss in losses] == ["bad-script", "check-ignorance"]
    assert losses[0].line == 2
    notation = tmp_path / "scripts.txt"
    notation.write_text("\n".join(map(format_script, good)))
    again = [item for item in read_scripts([notation]) if not isinstance(item, InputError)]
    assert [script.turns for script in again] == [
        tuple(msgspec.structs.replace(turn, written="") for turn in script.turns) for script in good
    ]
