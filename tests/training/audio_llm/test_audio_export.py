"""A benchmark of real questions: as data for ms-swift, and answered behind an endpoint."""

import base64
import io
import json
import subprocess
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import soundfile

from interactspeech.errors import InputError
from interactspeech.evaluation.audio_llm import (
    ask_all,
    clip_wav,
    read_answer,
    score_replies,
    solution,
)
from interactspeech.evaluation.events.benchmark import Benchmark, make
from interactspeech.training.audio_llm.swift_export import export
from interactspeech.training.audio_llm.transcripts import SIGNS, frames, question_text, stretches


@pytest.fixture(scope="module")
def benchmark(tmp_path_factory):
    """Dialogues with tones for speech: timing and events are real, the sound needs no engine."""
    import made_questions

    folder = tmp_path_factory.mktemp("bench") / "b"
    make(made_questions.dialogues(24), folder, name="b", questions=64, seed=1)
    return Benchmark(folder)


def test_questions_become_data_that_the_trainer_reads(benchmark, tmp_path):
    counts = export([benchmark], tmp_path / "swift", onset=True)
    assert counts.total() == len(benchmark.questions) > 16
    for event in {event for event, _ in counts}:
        assert counts[event, "yes"] == counts[event, "no"]
    rows = [
        json.loads(line) for line in (tmp_path / "swift" / "train.jsonl").read_text().splitlines()
    ]
    assert {row["id"] for row in rows} == {question.id for question in benchmark.questions}
    named = {question.id: question for question in benchmark.questions}
    hard = Counter(row["hard"] for row in rows if json.loads(row["solution"])["answer"] == "no")
    assert hard[True] > 0
    for row in rows:
        question = named[row["id"]]
        (message,) = row["messages"]
        assert message["role"] == "user"
        assert message["content"].startswith("<audio>")
        assert question.event in message["content"]
        true = json.loads(row["solution"])
        assert true["answer"] == ("yes" if question.answer else "no")
        assert row["licence"] == "CC0-1.0"
        samples, rate = soundfile.read(tmp_path / "swift" / row["audios"][0])
        assert rate == 16_000
        assert samples.shape == (question.end - question.start,)
        if true["answer"] == "yes":
            assert 0 <= true["onset"] <= (question.end - question.start) / 16_000
    with pytest.raises(InputError, match="not empty"):
        export([benchmark], tmp_path / "swift")


def test_the_launch_scripts_have_the_papers_settings_and_parse(benchmark, tmp_path):
    export([benchmark], tmp_path / "swift")
    paper = (tmp_path / "swift" / "paper.sh").read_text()
    for setting in (
        "--max_steps 1500", "--learning_rate 1e-6", "--per_device_train_batch_size 2",
        "--beta 0.01", "--num_generations 2", "--optim adamw", "event_exact event_formed",
    ):  # fmt: skip
        assert setting in paper
    # A stand-in for the trainer shows what it would be called with.
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "swift").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "bin" / "swift").chmod(0o755)
    path = f"{tmp_path / 'bin'}:/usr/bin:/bin"
    for name in ("paper.sh", "modern.sh"):
        done = subprocess.run(
            [str(tmp_path / "swift" / name), "--seed", "7"],
            env={"PATH": path}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        arguments = done.stdout.split()
        assert arguments[:3] == ["rlhf", "--rlhf_type", "grpo"]
        assert arguments[-2:] == ["--seed", "7"]
        assert ("event_onset" in arguments) is False


def test_transcripts_show_who_talks(benchmark):
    question = next(one for one in benchmark.questions if one.event == "gap" and one.answer)
    dialogue = benchmark.cases[question.dialogue].dialogue
    text = frames(dialogue, question.start, question.end)
    assert set(text) <= set(SIGNS)
    assert len(text) == pytest.approx((question.end - question.start) / 3200, abs=1)
    assert question_text(dialogue, question) == f"gap? {stretches(text)}"
    assert stretches("AAAAAAAX..B") == "AAX.B"
    assert "." in text


@pytest.fixture
def endpoint(benchmark):
    """An audio model that finds its question by its sound, and errs where it is told to."""
    known = {clip_wav(benchmark, one): one for one in benchmark.questions}
    assert len(known) > 0.9 * len(benchmark.questions)
    state = {"asked": [], "wrong": 0, "fail": set(), "status": 200}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            sound, text = body["messages"][0]["content"]
            data = base64.b64decode(sound["input_audio"]["data"])
            samples, rate = soundfile.read(io.BytesIO(data))
            assert rate == 16_000
            assert np.abs(samples).max() <= 1.0
            question = known[data]
            true = solution(benchmark, question)
            state["asked"].append((question.id, text["text"]))
            at = "" if true.onset is None else f" {true.onset + 0.1:.2f}"
            answer = f"<answer>{true.answer}{at}</answer>"
            if len(state["asked"]) <= state["wrong"]:
                answer = "Hmm."
            status = 500 if question.id in state["fail"] else state["status"]
            choice = {"index": 0, "finish_reason": "stop"}
            choice["message"] = {"role": "assistant", "content": answer}
            out = {
                "id": "x",
                "object": "chat.completion",
                "created": 0,
                "model": "m",
                "choices": [choice],
            }
            payload = json.dumps(out if status == 200 else {"error": {"message": "no"}}).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state["url"] = f"http://127.0.0.1:{server.server_port}/v1"
    yield state
    server.shutdown()
    server.server_close()


def test_a_model_that_hears_all_is_right_in_all(benchmark, endpoint, tmp_path):
    pytest.importorskip("openai")
    record = tmp_path / "answers.jsonl"

    def run():
        return ask_all(
            benchmark,
            benchmark.questions,
            "m",
            endpoint["url"],
            onset=True,
            record=record,
            retries=0,
        )

    report = score_replies(benchmark, benchmark.questions, run(), "m")
    assert report.right.value > 0.95  # two questions may be about the same sound
    assert report.formed.value == 1.0
    assert report.onset_error == pytest.approx(0.1, abs=0.02)
    assert not report.unanswered
    asked = len(endpoint["asked"])
    assert asked == len(benchmark.questions)
    assert all("3.2" in text for _, text in endpoint["asked"])
    run()
    assert len(endpoint["asked"]) == asked  # what is recorded is not asked again
    record.write_text('{"question": 3}\n')
    with pytest.raises(InputError, match="no reply"):
        run()


def test_what_fails_is_counted_as_wrong_and_named(benchmark, endpoint):
    pytest.importorskip("openai")
    endpoint["wrong"] = 3
    endpoint["fail"] = {benchmark.questions[10].id, benchmark.questions[20].id}
    replies = ask_all(
        benchmark, benchmark.questions, "m", endpoint["url"], retries=0, concurrency=1
    )
    report = score_replies(benchmark, benchmark.questions, replies, "m")
    assert report.unanswered == {"InternalServerError": 2, "neither yes nor no": 3}
    assert report.right.count <= len(benchmark.questions) - 5
    assert report.formed.count == len(benchmark.questions) - 5


def test_an_endpoint_without_audio_is_told_once(benchmark, endpoint):
    pytest.importorskip("openai")
    endpoint["status"] = 400
    with pytest.raises(InputError, match="takes input_audio") as caught:
        ask_all(benchmark, benchmark.questions, "m", endpoint["url"], retries=0)
    assert caught.value.reason == "llm-refused"
    assert len(endpoint["asked"]) == 1


def test_a_coin_scores_a_half(benchmark):
    from interactspeech.evaluation.audio_llm import Reply

    replies = [Reply(one.id, "<answer>yes</answer>") for one in benchmark.questions]
    report = score_replies(benchmark, benchmark.questions, replies)
    assert report.right.value == 0.5
    assert all(one.yes.value == 1.0 and one.hard.value == 0.0 for one in report.events.values())
    assert read_answer(replies[0].text).formed
