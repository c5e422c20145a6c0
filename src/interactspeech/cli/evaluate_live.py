"""`interactspeech evaluate stimuli` and `live`: user tracks, made, and played to a system."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from interactspeech.cli.common import Command, json_option


@click.command(
    "stimuli",
    cls=Command,
    examples="""
    interactspeech evaluate stimuli -o stimuli                    # 660 items, voices of hibari
    interactspeech evaluate stimuli -o stimuli --items 30 --voices fake
    interactspeech evaluate stimuli -o sets --layout ours --layout fdb --layout turnbench
    """,
    failure="a voice is not available",
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder to write; it must be empty.",
)
@click.option(
    "--voices", default="hibari", show_default=True, metavar="VOICES", help="As for `build`."
)
@click.option(
    "--items",
    type=click.IntRange(1),
    default=660,
    show_default=True,
    metavar="N",
    help="Items of all groups together.",
)
@click.option(
    "--layout",
    "layouts",
    multiple=True,
    default=("ours",),
    show_default=True,
    type=click.Choice(["ours", "fdb", "turnbench"]),
    help="Ours, Full-Duplex-Bench's or TurnBench's; repeatable.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same bytes.")
def stimuli(output: Path, voices: str, items: int, layouts: Any, seed: int) -> None:
    """Make user tracks that ask something of a duplex model, with the truth about them.

    Interruptions of ten kinds, backchannels, vocal tics, coughs, laughs, talk to others, background
    talk and noise while the system talks; pauses inside sentences; plain turns; clean, in noise and
    over the telephone. Each item has its events, words, voice, licence and seed.
    """
    from interactspeech.evaluation.duplex.stimulus_set import StimulusSettings, write_stimuli

    counts = write_stimuli(
        StimulusSettings(voices=voices, items=items, seed=seed, layouts=tuple(layouts)), output
    )
    for group, count in counts.items():
        click.echo(f"  {group:<18} {count}")
    click.echo(f"{sum(counts.values())} items in {output}")


@click.command(
    "live",
    cls=Command,
    examples="""
    interactspeech evaluate live stimuli --system bot:prompt -o run      # a reference bot
    interactspeech evaluate live stimuli --system mypackage.agent:Agent -o run
    interactspeech evaluate live stimuli --system pipe:"./agent --pcm" -o run
    interactspeech evaluate live stimuli --system ws://localhost:8765 -o run
    interactspeech evaluate duplex run                                   # the same report again
    """,
    failure="an item could not be played or measured, or a condition of --fail-if was met",
)
@click.argument("scenario", type=click.Path(file_okay=False, path_type=Path), metavar="SCENARIO")
@click.option(
    "--system",
    "adapter",
    required=True,
    metavar="ADAPTER",
    help="bot:NAME, module:Class (virtual clock), pipe:COMMAND, ws://..., realtime:ws://..., "
    "pipecat:ws://..., livekit:module:function.",
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder of the run and its reports.",
)
@click.option(
    "--fail-if", "conditions", multiple=True, metavar="CONDITION", help="As for `duplex`."
)
@click.option(
    "--min-cases",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="As for `duplex`.",
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Play the first N items.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the intervals.")
@json_option
def live(
    scenario: Path,
    adapter: str,
    output: Path,
    conditions: tuple[str, ...],
    min_cases: int,
    limit: int | None,
    seed: int,
    as_json: bool,
) -> None:
    """Play the stimuli of SCENARIO to a system, record both sides on one clock, and measure.

    A system in this process runs on a virtual clock, as fast as it goes and with the same result
    every time. Others hear the stimuli in real time: 16 kHz mono PCM, 16 bit, in frames of 20 ms
    over a pipe (standard input and output) or a websocket (binary messages). A bot behind Pipecat's
    websocket transport is played to in its protocol (extra pipecat); a session of LiveKit Agents
    runs in this process, its sound through LiveKit's own inputs and outputs (extra livekit).

    What was recorded stays in DIR/items; the reports lie beside it, and `evaluate duplex DIR/items`
    makes the same again.
    """
    from interactspeech.evaluation.duplex.adapters import system_named
    from interactspeech.evaluation.duplex.live import run_scenario
    from interactspeech.evaluation.duplex.recording_reader import read_recordings
    from interactspeech.evaluation.duplex.reports import summary_lines, write_reports
    from interactspeech.evaluation.duplex.scores import encode_scores
    from interactspeech.evaluation.duplex.scoring import score_recordings
    from interactspeech.evaluation.duplex.thresholds import check_conditions, verdict
    from interactspeech.evaluation.fail_conditions import FailCondition
    from interactspeech.progress import Progress

    wanted = [FailCondition(text) for text in conditions]
    system = system_named(adapter)
    items = output / "items"
    with Progress(None, "playing", show=not as_json) as progress:
        lost = run_scenario(scenario, system, items, lambda _: progress.update(1), limit=limit)
    for error in lost:
        click.secho(str(error), fg="yellow", err=True)
    scores = score_recordings(read_recordings([items]), system.name, seed=seed)
    checked = check_conditions(scores, wanted, min_cases)
    write_reports(scores, output, checked)
    if as_json:
        click.echo(encode_scores(scores).decode(), nl=False)
    else:
        for line in summary_lines(scores, checked):
            click.echo(line)
    sys.exit(max(int(verdict(scores, checked)), 1) if lost else int(verdict(scores, checked)))
