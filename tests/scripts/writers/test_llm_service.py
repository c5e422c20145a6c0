"""A service that does not answer, answers late, or costs too much; runs that are killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter

import msgspec
import pytest
from llm_server import LLMServer, Reply, good

from interactspeech.errors import InputError, MissingExtraError
from interactspeech.records import Script
from interactspeech.scripts import demo_dialogues
from interactspeech.scripts.writers.llm import (
    Cache,
    LLMSettings,
    LLMWriter,
    Prices,
    Service,
    Spending,
)
from interactspeech.scripts.writers.llm.client import Recorded

SETTINGS = LLMSettings(interruptions=3.0)


@pytest.fixture(autouse=True)
def _no_key(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def writer_at(server, cache=None, spending=None, **service):
    return LLMWriter(
        Service("test-model", server.url, **service),
        SETTINGS,
        seed=1,
        cache=Cache(cache),
        spending=spending,
    )


def many():
    """More dialogues than are in work at a time, all of them short."""
    return [
        msgspec.structs.replace(plain, id=f"{plain.id}-{n}", turns=plain.turns[2:6])
        for n in range(4)
        for plain in demo_dialogues()
    ]


def reasons(outcomes):
    return Counter(one.reason for one in outcomes if isinstance(one, InputError))


def prompts(requests):
    return Counter(msgspec.json.encode(request.body["messages"]) for request in requests)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(status=429), "llm-rate-limit"),
        (Reply(status=500), "llm-server-error"),
        (Reply(status=503), "llm-server-error"),
        (Reply(delay=5.0), "llm-timeout"),
        (Reply(drop=True), "llm-disconnected"),
        (Reply(body=b"<html>busy</html>"), "llm-bad-response"),
        (Reply(body=b'{"choices": []}'), "llm-bad-response"),
        (Reply(body=b"3"), "llm-bad-response"),
        (Reply(status=400), "llm-bad-request"),
    ],
)
def test_no_answer_is_one_named_loss_and_the_rest_goes_on(reply, reason):
    mark = demo_dialogues()[0].turns[0].text
    unlucky = lambda request: mark in str(request.data)  # noqa: E731
    with LLMServer(lambda r: reply if unlucky(r) else good(r)) as server:
        writer = writer_at(server, retries=1, timeout=0.5)
        lost, *kept = writer.write(demo_dialogues()[:4])
    assert lost.reason == reason, lost
    assert "demo-001" in lost.problem
    assert all(isinstance(one, Script) for one in kept)
    tries = sum(map(unlucky, server.requests))
    if reply.status == 400:
        assert tries == 4  # structured in two ways, plain, bare
    elif not reply.body:
        assert tries == 2


@pytest.mark.parametrize("bad", [Reply(status=429), Reply(status=500), Reply(drop=True)])
def test_a_passing_failure_is_retried_and_nothing_is_lost(bad):
    failed: set[bytes] = set()

    def respond(request):
        key = msgspec.json.encode(request.body["messages"])
        if key in failed or request.number % 3:
            return good(request)
        failed.add(key)
        return bad

    with LLMServer(respond) as server:
        writer = writer_at(server)
        outcomes = list(writer.write(demo_dialogues()[:6]))
    assert not reasons(outcomes)
    assert writer.client.retried == len(failed) > 3


def test_a_service_without_structured_output_gets_plain_requests():
    def respond(request):
        return Reply(status=400) if "response_format" in request.body else good(request)

    with LLMServer(respond) as server:
        outcomes = list(writer_at(server, concurrency=1).write(demo_dialogues()[:3]))
    assert not reasons(outcomes)
    asked = [request.body.get("response_format", {}).get("type") for request in server.requests]
    assert asked[:3] == ["json_schema", "json_object", None]
    assert not any(asked[3:])


def test_a_format_that_a_server_calls_its_own_error() -> None:
    """As llama-cpp-python's server does: 500 for a kind of structured output it does not know."""
    problem = (
        b'{"error": {"message": "body.response_format.type: Input should be \'json_object\'"}}'
    )

    def respond(request):
        if request.body["response_format"]["type"] == "json_schema":
            return Reply(status=500, body=problem)
        assert "properties" in request.body["response_format"]["schema"]
        return good(request)

    with LLMServer(respond) as server:
        outcomes = list(writer_at(server, concurrency=1, retries=0).write(demo_dialogues()[:3]))
    assert not reasons(outcomes)
    kinds = [request.body["response_format"]["type"] for request in server.requests]
    assert kinds.count("json_schema") == 1


def test_wrong_access_stops_the_run_at_once():
    with LLMServer(lambda _: Reply(status=401)) as server:
        outcomes = list(writer_at(server, concurrency=2).write(demo_dialogues()))
    assert set(reasons(outcomes)) == {"llm-no-access"}
    assert len(outcomes) == 47  # those with nothing to add ask nothing, and are kept
    assert sum(reasons(outcomes).values()) > 35
    assert len(server.requests) <= 2


def test_a_service_that_is_gone_is_given_up():
    with LLMServer(lambda _: Reply(status=500)) as server:
        writer = writer_at(server, retries=0, give_up=10, concurrency=4)
        outcomes = list(writer.write(demo_dialogues()))
    assert len(server.requests) <= 14
    assert reasons(outcomes)["llm-unreachable"] >= 25
    assert len(outcomes) == 47


def test_the_gate_is_full_and_never_passed():
    def respond(request):
        reply = good(request)
        # Long enough for all others to come: if one waited for another, the gate would not fill.
        reply.delay = 2.0 if request.number < 64 else 0.0
        return reply

    with LLMServer(respond) as server:
        outcomes = list(writer_at(server, concurrency=64).write(many()))
    assert not reasons(outcomes)
    assert server.most == 64


def test_who_answers_first_changes_nothing():
    def shuffled(request):
        reply = good(request)
        reply.delay = 0.02 * ((request.number * 7) % 5)
        return reply

    plains = many()
    with LLMServer() as server, LLMServer(shuffled) as other:
        assert list(writer_at(server).write(plains)) == list(
            writer_at(other, concurrency=20).write(plains)
        )


def test_a_second_run_asks_nothing(tmp_path):
    with LLMServer() as server:
        first = list(writer_at(server, tmp_path).write(demo_dialogues()[:8]))
        asked = len(server.requests)
        again = writer_at(server, tmp_path)
        assert list(again.write(demo_dialogues()[:8])) == first
        assert len(server.requests) == asked
        assert again.report()["recorded"] == asked
        assert again.report()["asked"] == again.report()["tokens"] == 0
    replayed = LLMWriter(
        Service("test-model", replay=True), SETTINGS, seed=1, cache=Cache(tmp_path)
    )
    assert list(replayed.write(demo_dialogues()[:8])) == first
    assert reasons(replayed.write(demo_dialogues()[8:10])) == {"llm-not-recorded": 2}


def test_what_was_lost_to_the_network_is_made_good_without_asking_the_rest_again(tmp_path):
    mark = demo_dialogues()[2].turns[2].text
    plains = many()
    down = threading.Event()
    down.set()

    def respond(request):
        return Reply(status=500) if down.is_set() and mark in str(request.data) else good(request)

    with LLMServer(respond) as server:
        lost = list(writer_at(server, tmp_path, retries=0).write(plains))
        assert set(reasons(lost)) == {"llm-server-error"}
        down.clear()
        asked = prompts(server.answered)
        kept = list(writer_at(server, tmp_path, retries=0).write(plains))
    assert not reasons(kept)
    assert max(prompts(server.answered).values()) == max(asked.values()) == 1
    assert [a for a, b in zip(kept, lost, strict=True) if a == b] == [
        one for one in lost if isinstance(one, Script)
    ]


def test_a_damaged_record_is_asked_again(tmp_path):
    with LLMServer() as server:
        first = list(writer_at(server, tmp_path).write(demo_dialogues()[:2]))
        asked = len(server.requests)
        for path in (tmp_path / "answers").rglob("*.json"):
            path.write_bytes(b"\xff{")
        for path in (tmp_path / "memory").rglob("*.json"):
            path.write_bytes(b"\xff{")
        assert list(writer_at(server, tmp_path).write(demo_dialogues()[:2])) == first
        assert len(server.requests) == 2 * asked


def test_a_killed_run_goes_on_without_asking_twice(tmp_path):
    count = threading.Semaphore(0)

    def respond(request):
        count.release()
        reply = good(request)
        reply.delay = 0.03
        return reply

    out = tmp_path / "out.jsonl"
    with LLMServer(respond) as server:
        words = [
            sys.executable, "-m", "interactspeech", "script", "@demo", "-o", str(out), "--llm",
            "test-model", "--base-url", server.url, "--interruptions", "3", "--concurrency", "8",
            "--json",
        ]  # fmt: skip
        process = subprocess.Popen(words, stderr=subprocess.DEVNULL, env={**os.environ})
        for _ in range(80):
            assert count.acquire(timeout=20)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        assert not out.exists()  # no half a file under its name
        time.sleep(0.2)
        flying = len(server.requests) - len(list((tmp_path / "out.jsonl.answers").rglob("*.json")))
        result = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        assert result.returncode == 0, result.stderr
    assert len(out.read_text().splitlines()) == 47
    twice = sum(times - 1 for times in prompts(server.requests).values())
    assert twice <= 8  # only what was in flight when the run died
    report = msgspec.json.decode(result.stdout)["llm"]
    assert report["recorded"] >= 80 - 8 - 1
    assert report["asked"] + report["recorded"] == len(prompts(server.requests))
    assert flying <= 9


def test_a_budget_ends_the_run_cleanly(tmp_path):
    with LLMServer() as server:
        spending = Spending(Prices(1.0, 2.0), money=0.05)
        writer = writer_at(server, tmp_path, spending, concurrency=4)
        outcomes = list(writer.write(demo_dialogues()))
        assert len(outcomes) == 47
        assert 0.03 < writer.client.spending.cost <= 0.05
        lost = reasons(outcomes)
        assert set(lost) == {"llm-budget"}
        assert 0 < lost["llm-budget"] < 47
        asked = len(server.requests)
        rest = writer_at(server, tmp_path, Spending(tokens=10**9))
        assert not reasons(rest.write(demo_dialogues()))
        assert rest.report()["recorded"] == asked
    with LLMServer() as server:
        writer = writer_at(server, spending=Spending(tokens=20_000))
        assert set(reasons(writer.write(demo_dialogues()))) == {"llm-budget"}
        assert writer.report()["tokens"] <= 20_000


def test_services_that_do_not_count_are_estimated():
    spending = Spending(Prices(2.0, 8.0))
    assert spending.hold(100, 100)
    spending.release(100, 100)
    spending.spend(1_000_000, 500_000)
    assert spending.cost == 6.0
    assert not Spending(tokens=199).hold(100, 100)


def test_a_missing_client_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(MissingExtraError, match=r"'\.\[llm\]'"):
        LLMWriter(Service("m", "http://127.0.0.1:9/v1"))


def test_no_key_is_said_before_anything_is_asked():
    with pytest.raises(InputError, match="OPENAI_API_KEY"):
        LLMWriter(Service("m"))


def test_the_key_comes_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-the-test")
    with LLMServer() as server:
        writer = writer_at(server, tmp_path)
        assert len(list(writer.write(demo_dialogues()[:1]))) == 1
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*.json"))
    assert b"sk-secret" not in stored
    assert msgspec.json.decode(
        next((tmp_path / "answers").rglob("*.json")).read_bytes(), type=Recorded
    ).finish == "stop"  # fmt: skip


def test_answers_that_cannot_be_recorded_are_not_paid_for(tmp_path):
    (tmp_path / "answers").write_text("in the way")
    with LLMServer() as server:
        outcomes = list(writer_at(server, tmp_path, concurrency=2).write(demo_dialogues()))
    assert set(reasons(outcomes)) == {"llm-no-record"}
    assert len(server.requests) <= 2
    assert len(outcomes) == 47
