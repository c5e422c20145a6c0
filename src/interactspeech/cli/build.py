"""`interactspeech build`: the main job from the command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from interactspeech.cli import common

if TYPE_CHECKING:
    from interactspeech.pipelines.building import BuildReport


def _sound_rate(_context: click.Context, _option: click.Parameter, given: str) -> float:
    """The factor on people's rates that `--sounds` names."""
    named = {"none": 0.0, "people": 1.0}
    try:
        factor = named[given] if given in named else float(given)
    except ValueError:
        factor = -1.0
    if not 0.0 <= factor <= 20.0:  # not a number fails it too
        raise click.BadParameter(f"{given!r} is not people, none, or a factor from 0 to 20")
    return factor


@click.command(
    "build",
    cls=common.Command,
    examples="""
    interactspeech build @demo -o demo --limit 4
    interactspeech build chats/*.txt -o corpus --voices hibari --hours 10
    interactspeech build dialogsum.train.jsonl -o corpus --seed 7
    interactspeech build calls.json -o corpus --scenario service-call
    interactspeech build texts/ -o corpus --voices hibari --hours 150 --recombine --no-cache
    """,
    failure="dialogues were dropped (the table says which and why), or the inputs ended before "
    "--hours was reached",
)
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "-o",
    "--output",
    required=True,
    type=common.corpus_path,
    metavar="DIR",
    help="Corpus folder to write; or a URL such as s3://bucket/folder.",
)
@click.option("--limit", type=click.IntRange(1), help="Build at most N dialogues.", metavar="N")
@click.option(
    "--hours",
    type=click.FloatRange(0, min_open=True),
    metavar="H",
    help="Stop once the corpus is H hours long.",
)
@click.option(
    "--voices",
    multiple=True,
    default=["kokoro"],
    show_default=True,
    metavar="WHICH",
    shell_complete=common.complete_voices,
    help="Voices to cast from: an engine (kokoro, hibari), or kokoro:af_heart,am_adam.",
)
@click.option(
    "--voice",
    "cast_voices",
    multiple=True,
    metavar="NAME=VOICE",
    help="Voice of everybody who is called NAME in the texts (Ana=af_bella); repeatable.",
)
@click.option(
    "--sex", "cast_sexes", multiple=True, metavar="NAME=SEX",
    help="Sex of the voice for NAME (Robin=female); repeatable. [by titles and common first "
    "names]",
)  # fmt: skip
@common.workers
@click.option(
    "--timing",
    default="human",
    show_default=True,
    metavar="MODEL",
    help="Timing model: human (meetings for more than two), meetings, original (the paper's "
    "fixed offsets), or a file written by `interactspeech fit`.",
)
@click.option(
    "--writer",
    type=click.Choice(["offline", "none"]),
    default="offline",
    show_default=True,
    help="Writer that makes plain dialogues interactive; none leaves them as they are.",
)
@common.telling_option
@click.option(
    "--rates",
    type=click.Choice(["people", "interruptions", "feedback", "dense"]),
    default="people",
    show_default=True,
    help="How often there are interruptions and backchannels: as in people's calls; interruptions: "
    "1.7 times as many that take the floor and twice as many that fail; feedback: 1.3 times as "
    "many backchannels; dense: both.",
)
@common.who_talks
@click.option(
    "--styles/--plain",
    default=True,
    show_default=True,
    help="Adapt the delivery of a line to what happens (louder when competing for the floor, ...), "
    "or say everything plainly.",
)
@click.option(
    "--held-out",
    type=click.FloatRange(0, 0.5),
    default=0.0,
    metavar="SHARE",
    help="Share of the dialogues that are spoken by voices of their own, unheard in the others.",
)
@click.option(
    "--acoustics",
    type=click.Choice(["off", "light", "heavy"]),
    default="off",
    show_default=True,
    help="Rooms, noise, crosstalk and telephones; light needs no optional package.",
)
@click.option(
    "--noises",
    type=click.Path(exists=True, file_okay=False),
    metavar="DIR",
    help="Recorded noises for --acoustics. [synthetic noise]",
)
@click.option(
    "--sounds",
    default="none",
    show_default=True,
    metavar="RATE",
    callback=_sound_rate,
    help="Laughter, breath and other sounds that are no words: at people's rates, none, or a "
    "factor on people's rates (0.5, 2); and where scripts ask for one.",
)
@click.option(
    "--sound-bank",
    type=click.Path(exists=True, file_okay=False),
    metavar="DIR",
    help="Recorded sounds, with a table sounds.csv of files, kinds and licences. "
    "[sounds made of the voices]",
)
@click.option(
    "--gate",
    type=click.Choice(["off", "quick", "sample", "full"]),
    default="quick",
    show_default=True,
    help="Quality gate: off; quick signal checks of every line; also speech recognition and other "
    "models on a sample of the dialogues; or on all (full).",
)
@click.option(
    "--gate-share",
    type=click.FloatRange(0, 1),
    default=0.05,
    show_default=True,
    metavar="SHARE",
    help="Share of the dialogues that --gate sample checks with models.",
)
@click.option(
    "--gate-limits",
    type=click.Path(exists=True, file_okay=False),
    metavar="DIR",
    help="Gate limits for your own voices, written by `interactspeech evaluate voices -o DIR`.",
)
@click.option(
    "--format",
    "input_format",
    metavar="NAME",
    help="Format of the inputs, if it is not recognised.",
)
@click.option(
    "--recombine",
    is_flag=True,
    help="When the inputs are used up, recombine their parts into new dialogues until --hours or "
    "--limit is reached.",
)
@click.option(
    "--cache/--no-cache", default=True, help="Keep synthesized speech for later builds. [on]"
)
@click.option("--shard", type=click.IntRange(1), metavar="N", help="Dialogues per shard.")
@click.option(
    "--page/--no-page", default=True, help="Write a page to see and hear the corpus. [on]"
)
@common.with_language
@common.json_option
@common.quiet_option
def command(
    inputs: tuple[str, ...],
    output: Path,
    limit: int | None,
    hours: float | None,
    voices: tuple[str, ...],
    cast_voices: tuple[str, ...],
    cast_sexes: tuple[str, ...],
    seed: int,
    workers: int,
    executor: Any,
    address: str | None,
    timing: str,
    writer: Any,
    telling: Any,
    rates: Any,
    scenario: str,
    roles: tuple[str, ...],
    places: str,
    styles: bool,
    held_out: float,
    acoustics: Any,
    noises: str | None,
    sounds: float,
    sound_bank: str | None,
    gate: Any,
    gate_share: float,
    gate_limits: str | None,
    input_format: str | None,
    recombine: bool,
    cache: bool,
    shard: int | None,
    page: bool,
    language: str,
    lexicon: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Turn text dialogues into a corpus of interactive two-track speech.

    INPUT is a file, a folder or a glob of dialogues: plain text with lines `A: ...` and `B: ...`,
    scripts in the notation, JSON, CSV, DialogSum, DailyDialog, MultiWOZ, SODA and others; or
    `@demo` for the dialogues that ship with the package; or recorded speech, whose speakers become
    the voices: `librispeech:FOLDER`, `vctk:FOLDER`, `recorded:FOLDER`.

    After an interruption or a crash, run the same command again: it continues where it stopped.
    """
    from interactspeech.pipelines.building import BuildSettings, NothingBuiltError, build

    if address is not None and executor != "ray":
        raise click.UsageError("--address names a Ray cluster: add --executor ray")
    if noises is not None and acoustics == "off":
        raise click.UsageError("--noises is for --acoustics light or heavy")
    silent = quiet or as_json
    settings = BuildSettings(
        seed=seed,
        voices=voices,
        cast_voices=cast_voices,
        cast_sexes=cast_sexes,
        timing=timing,
        writer=writer,
        telling=telling,
        rates=rates,
        scenario=scenario,
        roles=roles,
        places=places,
        styles=styles,
        held_out=held_out,
        acoustics=acoustics,
        noises=noises or "",
        sounds=sounds,
        sound_bank=sound_bank or "",
        limit=limit,
        hours=hours,
        gate=gate,
        gate_share=gate_share,
        gate_limits=gate_limits or "",
        recombine=recombine,
        language=language or common.lexicon_language(lexicon),
        lexicon=lexicon or "",
        shard=shard,
    )
    try:
        made = build(
            inputs,
            output,
            settings,
            workers=workers,
            executor=executor,
            address=address,
            input_format=input_format,
            cache=cache,
            progress=not silent,
        )
    except NothingBuiltError as error:
        error.ledger.print(quiet=as_json)
        raise
    if as_json:
        click.echo(json.dumps(_as_json(made)))
    else:
        _show(made, page=page)
    if made.ledger.lost or not made.complete:
        sys.exit(1)


def _as_json(made: BuildReport) -> dict[str, Any]:
    from interactspeech.pipelines.building.summary import timing_json

    return {
        "path": str(made.path),
        "dialogues": made.dialogues,
        "seconds": round(made.seconds, 3),
        "complete": made.complete,
        "notes": list(made.notes),
        **made.ledger.to_json(),
        "timing": timing_json(made),
    }


def _show(made: BuildReport, *, page: bool) -> None:
    from interactspeech.pipelines.building.summary import print_summary

    made.ledger.print()
    for note in made.notes:
        click.echo(f"warning: {note}", err=True)
    print_summary(made, page=page)
