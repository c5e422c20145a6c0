"""`interactspeech evaluate audio-llm`: any audio LLM on the event benchmark."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from interactspeech.evaluation.events.benchmark import Question


@click.command("audio-llm")
@click.argument("benchmark", metavar="BENCHMARK")
@click.option("--model", required=True, help="Its name at the endpoint.")
@click.option(
    "--base-url", default="", metavar="URL", help="Of the endpoint. [OPENAI_BASE_URL, or OpenAI]"
)
@click.option("--onset", is_flag=True, help="Ask for the time of the first event too.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="The first N of each event.")
@click.option("--concurrency", type=click.IntRange(1, 128), default=8, show_default=True)
@click.option("--retries", type=click.IntRange(0, 20), default=3, show_default=True)
@click.option("--timeout", type=click.FloatRange(0, min_open=True), default=300.0, metavar="S")
@click.option(
    "--record", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Answers, as they come; those that are there are not asked for again.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(
    benchmark: str,
    model: str,
    base_url: str,
    onset: bool,
    limit: int | None,
    concurrency: int,
    retries: int,
    timeout: float,
    record: Path | None,
    as_json: bool,
) -> None:
    r"""Ask an audio LLM yes-or-no questions about events, and count what is right.

    The model stands behind an OpenAI-compatible endpoint that takes audio; vLLM serves
    Qwen2.5-Omni so. BENCHMARK is a folder of `interactspeech evaluate events make`; chance is 50 %.

    \b
    Example:
      vllm serve Qwen/Qwen2.5-Omni-7B --port 8000
      interactspeech evaluate audio-llm bench --model Qwen/Qwen2.5-Omni-7B \
          --base-url http://localhost:8000/v1 --record answers.jsonl

    Exit code: 0 every question was answered, 1 some were not, 2 wrong usage.
    """
    import msgspec

    from interactspeech.evaluation.audio_llm import ask_all, score
    from interactspeech.evaluation.events.benchmark import ASKED, Benchmark
    from interactspeech.progress import Progress

    opened = Benchmark(benchmark)
    questions = [
        question
        for event in ASKED
        for question in _some([one for one in opened.questions if one.event == event], limit)
    ]
    with Progress(len(questions), "asking", quiet=as_json) as progress:
        replies = ask_all(
            opened, questions, model, base_url, onset=onset, concurrency=concurrency,
            retries=retries, timeout=timeout, record=record, done=progress.update,
        )  # fmt: skip
    report = score(opened, questions, replies, model)
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(report)))
    else:
        click.echo(f"{model}: {report.right} right")
        for event, one in report.events.items():
            click.echo(f"  {event:<14} {one.right}; hard no {one.hard}; says yes {one.yes}")
        click.echo(f"  in the form asked for: {report.formed}")
        if report.onset_error is not None:
            click.echo(f"  onset off by {report.onset_error:.2f} s (median)")
        for why, count in report.unanswered.items():
            click.secho(f"  unanswered, {why}: {count:,}", fg="yellow", err=True)
    sys.exit(1 if report.unanswered else 0)


def _some(questions: list[Question], limit: int | None) -> list[Question]:
    """The first `limit`, as evenly from "yes" and "no" as they alternate."""
    if limit is None:
        return questions
    half = (limit + 1) // 2
    # A benchmark lists what occurs first, then what does not.
    middle = len(questions) // 2
    return [*questions[:middle][:half], *questions[middle:][: limit - half]]
