"""`interactspeech evaluate duplex`: recordings of a user and a system, measured."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from interactspeech.cli.common import Command, json_option


@click.command(
    "duplex",
    cls=Command,
    examples="""
    interactspeech evaluate duplex runs/mine -o report              # our layout, or the benchmark's
    interactspeech evaluate duplex call.wav                         # user left, system right
    interactspeech evaluate duplex user.wav system.wav --activity silero
    interactspeech evaluate duplex corpus --system both             # people: either speaker
    interactspeech evaluate duplex runs/mine --fail-if "yield.rate < 0.9" --min-cases 10
    """,
    failure="an item could not be measured, or a condition of --fail-if was met",
)
@click.argument("paths", nargs=-1, required=True, metavar="DIR|FILE...")
@click.option("--name", default="system", show_default=True, help="What the system is called.")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write scores.json, measures.csv, events.csv, items.csv, junit.xml, report.html there.",
)
@click.option(
    "--listen",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="With -o: also items.html, a page on which the first N items can be seen and heard.",
)
@click.option(
    "--fail-if",
    "conditions",
    multiple=True,
    metavar="CONDITION",
    help='Fail where measures are so: "KEY < NUMBER" (<, <=, >, >=, ==, !=; and, or, not, '
    "brackets); repeatable.",
)
@click.option(
    "--min-cases",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="Cases that a condition wants; with fewer, it cannot be told (exit code 2).",
)
@click.option(
    "--user-channel",
    type=click.Choice(["0", "1"]),
    default="0",
    show_default=True,
    help="The user's channel of a file with two.",
)
@click.option(
    "--activity",
    type=click.Choice(["auto", "silero", "energy"]),
    default="auto",
    show_default=True,
    help="How talk is found: auto reads a channel whose silence is digital by "
    "its level, and others with Silero.",
)
@click.option(
    "--from-words", is_flag=True, help="Talk is where a side's words are, if they are known."
)
@click.option(
    "--check-channels/--no-check-channels",
    default=True,
    show_default=True,
    help="Refuse recordings whose channels hear each other.",
)
@click.option(
    "--system",
    "speaker",
    default="",
    metavar="ID",
    help="In records: the speaker that is the system, or both. [the second]",
)
@click.option(
    "--provider",
    default="",
    metavar="SYSTEM",
    help="Of Full-Duplex-Bench v3's result_SYSTEM.json in a folder, the one to measure.",
)
@click.option(
    "--likelihood",
    is_flag=True,
    help="Also ask the listener how expected is what follows each end of talk (extra listen).",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the intervals.")
@json_option
def command(
    paths: tuple[str, ...],
    name: str,
    output: Path | None,
    listen: int,
    conditions: tuple[str, ...],
    min_cases: int,
    user_channel: str,
    activity: Any,
    from_words: bool,
    check_channels: bool,
    speaker: str,
    provider: str,
    likelihood: bool,
    seed: int,
    as_json: bool,
) -> None:
    """Measure how a duplex model or voice agent behaves, from two-track recordings.

    Does it yield when it is interrupted, talk through "mm-hm", wait in a pause, answer in time,
    ignore talk that is not meant for it? Every measure is computed from timing, words and the truth
    about the user's track, without a judge, and stands beside people's value: those of
    Full-Duplex-Bench v1, v1.5 and v3's turn-taking (as its code computes them, and corrected),
    tau-voice, EVA v0.2, TurnBench, eot-bench, SID-Bench, VAP and dGSLM.

    Layouts: ITEM/{user.wav,system.wav,truth.json}; Full-Duplex-Bench's ITEM/{input.wav,output.wav,
    output.json,...} and v3's ITEM/{input.wav,result_SYSTEM.json,output_SYSTEM.wav}; NAME.user.wav
    beside NAME.system.wav; files with two channels; corpora and timing files (RTTM, TextGrid, ...),
    where a speaker is the system.

    Exit code 2 also says: cannot tell. Channels hear each other or look swapped, or a condition has
    too few cases.
    """
    from interactspeech.evaluation.duplex.inputs import duplex_recordings
    from interactspeech.evaluation.duplex.recordings import RecordingSettings
    from interactspeech.evaluation.duplex.reports import summary_lines, write_reports
    from interactspeech.evaluation.duplex.scores import encode_scores
    from interactspeech.evaluation.duplex.scoring import score_recordings
    from interactspeech.evaluation.duplex.thresholds import check_conditions, verdict
    from interactspeech.evaluation.fail_conditions import FailCondition

    wanted = [FailCondition(text) for text in conditions]
    settings = RecordingSettings(
        user_channel=1 if user_channel == "1" else 0,
        activity=activity,
        from_words=from_words,
        check_channels=check_channels,
        provider=provider,
    )
    scores = score_recordings(
        duplex_recordings(paths, settings, speaker=speaker),
        name,
        seed=seed,
        likelihood=likelihood,
    )
    checked = check_conditions(scores, wanted, min_cases)
    if output is not None:
        write_reports(scores, output, checked)
        if listen:
            from interactspeech.evaluation.duplex.listening import write_listening_page

            found = duplex_recordings(paths, settings, speaker=speaker)
            write_listening_page(found, scores, output / "items.html", listen)
    if as_json:
        click.echo(encode_scores(scores).decode(), nl=False)
    else:
        for line in summary_lines(scores, checked):
            click.echo(line)
    for lost in scores.lost:
        remedy = f" ({lost.remedy})" if lost.remedy else ""
        click.secho(f"{lost.item}: {lost.problem}{remedy} [{lost.reason}]", fg="yellow", err=True)
    sys.exit(int(verdict(scores, checked)))
