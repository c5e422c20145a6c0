"""`interactspeech train audio-llm`: a folder from which ms-swift trains an audio LLM by rewards."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("audio-llm")
@click.argument("benchmarks", nargs=-1, required=True, metavar="BENCHMARK...")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR", help="A new folder.",
)  # fmt: skip
@click.option("--onset", is_flag=True, help="Ask for the time of the first event, and reward it.")
def command(benchmarks: tuple[str, ...], output: Path, onset: bool) -> None:
    r"""Write questions, clips, solutions, rewards and launch scripts for ms-swift (GRPO).

    BENCHMARK is a folder of `interactspeech evaluate events make`, made of what may be learned
    from. Then, on a machine with a GPU and ms-swift:

    \b
      interactspeech evaluate events make corpus --where "split = 'train'" -o questions
      interactspeech train audio-llm questions -o swift
      bash swift/paper.sh       # the paper's settings
      bash swift/modern.sh      # a default of today

    Measure it with interactspeech evaluate audio-llm.
    """
    from interactspeech.evaluation.events.benchmark import Benchmark
    from interactspeech.training.audio_llm.swift_export import export

    counts = export([Benchmark(folder) for folder in benchmarks], output, onset=onset)
    for (event, answer), count in sorted(counts.items()):
        click.echo(f"  {event:<14} {answer:<4} {count:,}", err=True)
    click.echo(f"written: {output} ({counts.total():,} questions)", err=True)
