import json

import pytest
from click.testing import CliRunner
from llm_server import LLMServer, Reply, good

from interactspeech.cli.script import command
from interactspeech.scripts import parse_script


@pytest.fixture(autouse=True)
def _no_key(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def run(*words):
    return CliRunner().invoke(command, [str(word) for word in words])


def test_a_model_writes_and_the_record_is_kept_beside_the_output(tmp_path):
    out = tmp_path / "s.txt"
    with LLMServer() as server:
        words = ("@demo", "-o", out, "--llm", "m", "--base-url", server.url, "--limit", 4,
                 "--interruptions", 4, "--prices", 1, 2)  # fmt: skip
        result = run(*words)
        assert result.exit_code == 0, result.output
        asked = len(server.requests)
        text = out.read_text()
        again = run(*words, "--json")
        assert len(server.requests) == asked
    assert f"{asked} requests answered, 0 taken from the record" in result.output
    assert "diversity of interruptions" in result.output
    assert out.read_text() == text
    assert [parse_script(block).id for block in text.strip().split("\n\n")] == [
        "demo-001", "demo-002", "demo-003", "demo-004",
    ]  # fmt: skip
    assert json.loads(again.stdout)["llm"]["recorded"] == asked
    assert json.loads(again.stdout)["llm"]["cost"] == 0
    replayed = run("@demo", "-o", tmp_path / "t.txt", "--llm", "m", "--replay", "--limit", 4,
                   "--interruptions", 4, "--cache", tmp_path / "s.txt.answers")  # fmt: skip
    assert replayed.exit_code == 0, replayed.output
    assert (tmp_path / "t.txt").read_text() == text


def test_what_is_lost_is_listed_and_the_exit_code_says_so(tmp_path):
    def respond(request):
        opened = "grandmother's attic" in str(request.data)
        return Reply("I'm sorry, I can't help with that.") if opened else good(request)

    with LLMServer(respond) as server:
        result = run("@demo", "-o", tmp_path / "s.jsonl", "--llm", "m", "--base-url", server.url,
                     "--limit", 3)  # fmt: skip
    assert result.exit_code == 1
    assert "lost 1 x llm-refusal" in result.output
    assert "dialogue demo-001, stage" in result.output
    assert "answers caught by refusal: 2" in result.output
    assert len((tmp_path / "s.jsonl").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    "words",
    [
        ("--llm", "m", "--base-url", "http://x", "--budget", 1),
        ("--replay",),
        ("--base-url", "http://x"),
        ("--llm", "m", "--concurrency", 0),
    ],
)
def test_wrong_usage(tmp_path, words):
    assert run("@demo", "-o", tmp_path / "s.jsonl", *words).exit_code == 2


def test_scripts_by_hand_and_broken_lines_pass_by_the_model(tmp_path):
    (tmp_path / "x.txt").write_text(
        "A: The train goes to [interrupt] the coast today.\nB: Which one?\n\nA: So [bad] it\nB: Hm."
    )
    with LLMServer() as server:
        result = run(tmp_path / "x.txt", "-o", tmp_path / "o.jsonl", "--llm", "m", "--base-url",
                     server.url)  # fmt: skip
        assert server.requests == []
    assert result.exit_code == 1
    assert "unknown mark [bad]" in result.output.replace("\n", "")
    assert len((tmp_path / "o.jsonl").read_text().splitlines()) == 1
