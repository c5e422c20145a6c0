"""The commands from end to end with a tiny model: train, merge, generate, script, evaluate."""

import json
import sys

import msgspec
import pytest
from click.testing import CliRunner

from interactspeech.cli import cli
from interactspeech.cli.train import _without
from interactspeech.errors import InputError
from interactspeech.scripts import format_script
from interactspeech.training.text.lora import CONFIGS, config_file
from interactspeech.training.text.settings import read_card

pytest.importorskip("trl")


def _run(*words, code: int | None = 0):
    result = CliRunner().invoke(cli, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert code is None or result.exit_code == code, result.output
    return result


@pytest.fixture(scope="module")
def corpus(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("corpus") / "scripts.jsonl"
    path.write_bytes(b"\n".join(map(msgspec.json.encode, trained.scripts)) + b"\n")
    return path


def test_from_scripts_to_an_adapter_to_scripts(trained, corpus, tmp_path):
    adapter = tmp_path / "adapter"
    words = ["train", "text", "--corpus", corpus, "-o", adapter, "--base", trained.base.path]
    result = _run(*words, "--steps", 6, "--max-length", 256, "--batch", 4, "--json")
    done = json.loads(result.stdout)
    assert done["steps"] == 6
    assert done["base_unchanged"] is True
    assert read_card(adapter).settings.steps == 6
    _run("train", "merge", adapter, "-o", tmp_path / "model")
    text = tmp_path / "chat.txt"
    text.write_text(
        "A: So I went down to the harbour because my sister wanted to see the boats come in.\n"
        "B: Did she like it there with all those people around?\n"
    )
    # A model of a few thousand weights fails mostly; what it fails at is listed, all is counted.
    found = _run(
        "generate", tmp_path / "model", text, "-o", tmp_path / "one.jsonl", "--at-least", 1,
        "--tries", 2, "--json", code=None,
    )  # fmt: skip
    counts = json.loads(found.stdout)
    assert counts["kept"] + sum(counts["dropped"].values()) == 1
    assert found.exit_code == 1 - counts["kept"]
    assert counts["asked"]["place"] >= 1
    # With nothing to interrupt it has nothing to fail at.
    found = _run(
        "script", text, "-o", tmp_path / "two.jsonl", "--llm", f"local:{adapter}",
        "--interruptions", 0, "--backchannels", 0, "--json",
    )  # fmt: skip
    assert json.loads(found.stdout)["kept"] == 1
    found = _run("evaluate", "text", tmp_path / "two.jsonl", "--perplexity", adapter, "--json")
    report = json.loads(found.stdout)["scripts"]
    assert report["valid"] == {"count": 1, "of": 1}
    assert report["perplexity"] > 1


def test_single_stage_is_asked_once_for_the_whole(trained, tmp_path):
    text = tmp_path / "chat.txt"
    text.write_text("A: So we take the early train and then we walk to the harbour.\nB: Good.\n")
    found = _run(
        "generate", trained.adapter, text, "-o", tmp_path / "one.jsonl", "--single-stage",
        "--tries", 1, "--json", code=1,
    )  # fmt: skip
    assert json.loads(found.stdout)["asked"] == {"rewrite": 1}


def test_a_dry_run_estimates_and_trains_nothing(trained, corpus, tmp_path):
    found = _run(
        "train", "text", "--corpus", corpus, "-o", tmp_path / "a", "--base", trained.base.path,
        "--dry-run", "--epochs", 2,
    )  # fmt: skip
    assert "an estimate from operation counts" in found.output
    assert not (tmp_path / "a").exists()
    found = _run(
        "train", "text", "--corpus", corpus, "-o", tmp_path / "a", "--base", trained.base.path,
        "--dry-run", "--epochs", 2, "--json",
    )  # fmt: skip
    cost = json.loads(found.stdout.splitlines()[-1])
    assert cost["operations"] == pytest.approx(4 * cost["parameters"] * cost["tokens"] * 2)
    with pytest.raises(InputError, match="QLoRA needs a GPU"):
        _run("train", "text", "--corpus", corpus, "-o", tmp_path / "a", "--qlora", "--cpu")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--tasks", "sing"], "any of place"),
        (["--processes", "2"], "--processes needs --launch"),
    ],
)
def test_wrong_usage_is_code_two(corpus, tmp_path, words, says):
    result = _run("train", "text", "--corpus", corpus, "-o", tmp_path / "a", *words, code=2)
    assert says in result.output


def test_a_corpus_without_scripts_says_what_to_do(tmp_path):
    file = tmp_path / "chat.txt"
    file.write_text("A: Hello there.\nB: Hi.\n")
    with pytest.raises(InputError, match="interactspeech script INPUT"):
        _run("train", "text", "--corpus", file, "-o", tmp_path / "a")


def test_launching_passes_everything_on_but_itself(monkeypatch, corpus, trained, tmp_path):
    called = []
    monkeypatch.setattr("subprocess.call", lambda words: called.append(words) or 0)
    words = [
        "train", "text", "--corpus", str(corpus), "-o", str(tmp_path / "a"), "--base",
        trained.base.path, "--launch", "fsdp", "--processes", "4", "--bf16",
    ]  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["interactspeech", *words])
    _run(*words)
    (run,) = called
    assert run[1:3] == ["-m", "accelerate.commands.launch"]
    assert run[run.index("--num_processes") + 1] == "4"
    assert "--launch" not in run
    assert run[-1] == "--bf16"
    assert _without(["--launch=ddp", "x"], ("--launch",)) == ["x"]


def test_the_configurations_are_what_accelerate_reads():
    from accelerate.commands.config.config_args import load_config_from_file

    for name in CONFIGS:
        config = load_config_from_file(str(config_file(name)))
        assert config.num_processes == 2
        wanted = {"ddp": "MULTI_GPU", "fsdp": "FSDP"}.get(name, "DEEPSPEED")
        assert config.distributed_type == wanted
    with pytest.raises(InputError, match="no accelerate configuration"):
        config_file("nothing")


def test_ratings_and_scripts_in_the_notation_are_measured(trained, tmp_path):
    notation = tmp_path / "scripts.txt"
    notation.write_text("\n".join(map(format_script, trained.scripts[:5])))
    found = _run("evaluate", "text", notation)
    assert "interrupter ignorant of the unsaid" in found.output
    ratings = tmp_path / "r.csv"
    ratings.write_text(
        "item,rater,rating\n" + "".join(f"s{n},a,yes\ns{n},b,no\n" for n in range(4))
    )
    assert "kappa" in _run("evaluate", "text", "--ratings", ratings).output
    assert "name scripts" in _run("evaluate", "text", code=2).output
    assert "need --judge" in _run("evaluate", "text", notation, "--cache", tmp_path, code=2).output
